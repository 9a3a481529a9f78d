/*
 * What an office asks of a collector that has shown it a checkpoint, and the
 * answer: messages PROVE and EVIDENCE, the check of the one against the other,
 * and COSIGN, by which a witness puts its name under it. Every office is
 * thereby a witness: it goes on only with a journal that continues the one it
 * has seen, and that holds its own batches.
 *
 * Same rules of ownership as wire.h.
 */
#ifndef TALLY_PROTO_EVIDENCE_H
#define TALLY_PROTO_EVIDENCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "proto/checkpoint.h"
#include "proto/hash.h"
#include "proto/proof.h"

#define EVIDENCE_INDEXES_MAX 256

struct prove {
	uint64_t seen_size; /* 0: nothing verified yet */
	uint64_t size;
	uint64_t *indexes; /* rising, below size */
	size_t index_count;
};

struct inclusion {
	uint64_t index;
	struct span hashes;
};

struct evidence {
	uint64_t seen_size, size;
	struct span consistency;
	struct inclusion *inclusions;
	size_t inclusion_count;
};

/* A witness's line under the checkpoint of that size. */
struct cosign {
	uint64_t size;
	struct span line;
};

int evidence_encode_prove(const struct prove *prove, struct strbuf *out,
			  struct err *err);
int evidence_decode_prove(struct span body, struct arena *arena,
			  struct prove *out, struct err *err);
int evidence_encode(const struct evidence *evidence, struct strbuf *out,
		    struct err *err);
int evidence_decode(struct span body, struct arena *arena, struct evidence *out,
		    struct err *err);

int evidence_encode_cosign(const struct cosign *cosign, struct strbuf *out,
			   struct err *err);
int evidence_decode_cosign(struct span body, struct arena *arena,
			   struct cosign *out, struct err *err);

/* A proof's hashes in the arena; an empty span without memory. */
struct span evidence_hashes(const struct proof *proof, struct arena *arena);

enum evidence_result {
	EVIDENCE_HOLDS,
	EVIDENCE_NO_ANSWER, /* it is not what was asked for */
	/* The journal does not continue the one that was verified. */
	EVIDENCE_OTHER_PAST,
	/* An entry is not what the office was given a receipt for. */
	EVIDENCE_MISSING,
};

/*
 * The evidence against prove, asked about the checkpoint shown by one who has
 * verified seen (size 0: nothing). leaves: of the entries asked for, in their
 * order. *which: the first of them that is missing.
 */
enum evidence_result evidence_check(const struct evidence *evidence,
				    const struct prove *prove,
				    const struct checkpoint *seen,
				    const struct checkpoint *shown,
				    const struct hash *leaves, size_t *which);

#endif
