#include "proto/proof.h"

#include <assert.h>

/* Largest power of two below n, as an exponent; n > 1. */
static unsigned split_level(uint64_t n)
{
	assert(n > 1);
	return 63u - (unsigned)__builtin_clzll(n - 1);
}

/* ---- making ---- */

/* Root over the leaves first .. first + count, where the tree has them under
 * one node, or at its right edge. */
static int range_root(const struct proof_nodes *nodes, uint64_t first,
		      uint64_t count, struct hash *out, struct err *err)
{
	struct hash node, root;
	int rc;

	/* The complete subtrees, smallest and rightmost first. */
	for (uint64_t left = count; left; left &= left - 1) {
		unsigned level = (unsigned)__builtin_ctzll(left);
		uint64_t begin = first + (left & (left - 1));

		assert(!(begin & ((1ull << level) - 1)));
		rc = nodes->read(nodes->ctx, level, begin >> level, &node, err);
		if (rc)
			return rc;
		root = left == count ? node : hash_node(&node, &root);
	}
	*out = root;
	return 0;
}

int proof_root(const struct proof_nodes *nodes, uint64_t size,
	       struct hash *root, struct err *err)
{
	if (size)
		return range_root(nodes, 0, size, root, err);
	*root = hash_span(span_of(NULL, 0));
	return 0;
}

/* What lies beside the way from the root down, the top first. */
struct beside {
	uint64_t first[PROOF_HASHES_MAX], count[PROOF_HASHES_MAX];
	size_t depth;
};

static void pass(struct beside *beside, uint64_t first, uint64_t count)
{
	assert(beside->depth < PROOF_HASHES_MAX);
	beside->first[beside->depth] = first;
	beside->count[beside->depth++] = count;
}

static int write_proof(const struct proof_nodes *nodes,
		       const struct beside *beside, struct proof *out,
		       struct err *err)
{
	struct proof proof = { .count = beside->depth };

	for (size_t i = 0; i < beside->depth; i++) {
		size_t at = beside->depth - 1 - i;
		int rc = range_root(nodes, beside->first[at], beside->count[at],
				    &proof.hashes[i], err);

		if (rc)
			return rc;
	}
	*out = proof;
	return 0;
}

int proof_inclusion(const struct proof_nodes *nodes, uint64_t index,
		    uint64_t size, struct proof *out, struct err *err)
{
	struct beside beside = { .depth = 0 };
	uint64_t first = 0, count = size;

	assert(index < size);
	while (count > 1) {
		uint64_t split = 1ull << split_level(count);

		if (index - first < split) {
			pass(&beside, first + split, count - split);
			count = split;
		} else {
			pass(&beside, first, split);
			first += split;
			count -= split;
		}
	}
	return write_proof(nodes, &beside, out, err);
}

int proof_consistency(const struct proof_nodes *nodes, uint64_t old,
		      uint64_t size, struct proof *out, struct err *err)
{
	struct beside beside = { .depth = 0 };
	uint64_t first = 0, count = size;

	assert(old <= size);
	if (old == 0 || old == size) {
		out->count = 0;
		return 0;
	}
	/* Down to the node that ends where the old tree ends. */
	while (old - first != count) {
		uint64_t split = 1ull << split_level(count);

		if (old - first <= split) {
			pass(&beside, first + split, count - split);
			count = split;
		} else {
			pass(&beside, first, split);
			first += split;
			count -= split;
		}
	}
	/* The old root itself needs no saying. */
	if (first)
		pass(&beside, first, count);
	return write_proof(nodes, &beside, out, err);
}

/* ---- checking (RFC 9162, 2.1.3.2 and 2.1.4.2) ---- */

bool proof_check_inclusion(const struct proof *proof, uint64_t index,
			   const struct hash *leaf, uint64_t size,
			   const struct hash *root)
{
	uint64_t at = index, last = size - 1;
	struct hash hash = *leaf;

	if (index >= size)
		return false;
	for (size_t i = 0; i < proof->count; i++) {
		const struct hash *beside = &proof->hashes[i];

		if (last == 0)
			return false;
		if (at & 1 || at == last) {
			hash = hash_node(beside, &hash);
			for (; at && !(at & 1); at >>= 1)
				last >>= 1;
		} else {
			hash = hash_node(&hash, beside);
		}
		at >>= 1;
		last >>= 1;
	}
	return last == 0 && hash_equal(&hash, root);
}

bool proof_check_consistency(const struct proof *proof, uint64_t old,
			     const struct hash *old_root, uint64_t size,
			     const struct hash *root)
{
	struct hash empty = hash_span(span_of(NULL, 0)), was, is;
	uint64_t at = old - 1, last = size - 1;
	size_t next = 0;

	if (old > size)
		return false;
	if (old == size)
		return !proof->count && hash_equal(old_root, root);
	if (old == 0)
		return !proof->count && hash_equal(old_root, &empty);
	for (; at & 1; at >>= 1)
		last >>= 1;
	/* A power of two: the old tree is a node of the new one. */
	if (at == 0)
		was = *old_root;
	else if (proof->count)
		was = proof->hashes[next++];
	else
		return false;
	is = was;
	for (; next < proof->count; next++) {
		const struct hash *beside = &proof->hashes[next];

		if (last == 0)
			return false;
		if (at & 1 || at == last) {
			was = hash_node(beside, &was);
			is = hash_node(beside, &is);
			for (; at && !(at & 1); at >>= 1)
				last >>= 1;
		} else {
			is = hash_node(&is, beside);
		}
		at >>= 1;
		last >>= 1;
	}
	return last == 0 && hash_equal(&was, old_root) && hash_equal(&is, root);
}
