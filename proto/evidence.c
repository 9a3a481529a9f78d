#include "proto/evidence.h"

#include <string.h>

struct span evidence_hashes(const struct proof *proof, struct arena *arena)
{
	size_t bytes = proof->count * HASH_BYTES;
	void *copy = arena_copy(arena, proof->hashes, bytes);

	return copy ? span_of(copy, bytes) : span_of(NULL, 0);
}

/* False: these are no hashes, or more than a proof can have. */
static bool read_proof(struct span hashes, struct proof *out)
{
	if (hashes.len % HASH_BYTES ||
	    hashes.len / HASH_BYTES > PROOF_HASHES_MAX)
		return false;
	out->count = hashes.len / HASH_BYTES;
	if (hashes.len)
		memcpy(out->hashes, hashes.data, hashes.len);
	return true;
}

static bool answers(const struct evidence *evidence, const struct prove *prove)
{
	if (evidence->seen_size != prove->seen_size ||
	    evidence->size != prove->size ||
	    evidence->inclusion_count != prove->index_count)
		return false;
	for (size_t i = 0; i < prove->index_count; i++)
		if (evidence->inclusions[i].index != prove->indexes[i])
			return false;
	return true;
}

static bool continues(const struct evidence *evidence,
		      const struct checkpoint *seen,
		      const struct checkpoint *shown)
{
	struct proof proof;

	return seen->size == 0 ||
	       (read_proof(evidence->consistency, &proof) &&
		proof_check_consistency(&proof, seen->size, &seen->root,
					shown->size, &shown->root));
}

static bool includes(const struct inclusion *inclusion, const struct hash *leaf,
		     const struct checkpoint *shown)
{
	struct proof proof;

	return read_proof(inclusion->hashes, &proof) &&
	       proof_check_inclusion(&proof, inclusion->index, leaf,
				     shown->size, &shown->root);
}

enum evidence_result evidence_check(const struct evidence *evidence,
				    const struct prove *prove,
				    const struct checkpoint *seen,
				    const struct checkpoint *shown,
				    const struct hash *leaves, size_t *which)
{
	if (!answers(evidence, prove) || prove->size != shown->size ||
	    prove->seen_size != seen->size)
		return EVIDENCE_NO_ANSWER;
	if (!continues(evidence, seen, shown))
		return EVIDENCE_OTHER_PAST;
	for (size_t i = 0; i < prove->index_count; i++)
		if (!includes(&evidence->inclusions[i], &leaves[i], shown)) {
			*which = i;
			return EVIDENCE_MISSING;
		}
	return EVIDENCE_HOLDS;
}
