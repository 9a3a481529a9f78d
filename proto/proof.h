/*
 * RFC 6962 proofs over the tree of merkle.h: that a leaf is in a tree
 * (inclusion, 2.1.1), and that a tree continues another (consistency, 2.1.2).
 *
 * A proof is a list of hashes, from the leaves up. Making one needs the hashes
 * of complete subtrees, asked of the caller; checking needs nothing else. Both
 * take time in the logarithm of the size.
 */
#ifndef TALLY_PROTO_PROOF_H
#define TALLY_PROTO_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/hash.h"

#define PROOF_HASHES_MAX 65

struct proof {
	struct hash hashes[PROOF_HASHES_MAX];
	size_t count;
};

/* The root over the 2^level leaves from leaf index << level on. */
struct proof_nodes {
	int (*read)(void *ctx, unsigned level, uint64_t index, struct hash *out,
		    struct err *err);
	void *ctx;
};

int proof_root(const struct proof_nodes *nodes, uint64_t size,
	       struct hash *root, struct err *err);

/* That leaf index is in the tree of size leaves; index < size. */
int proof_inclusion(const struct proof_nodes *nodes, uint64_t index,
		    uint64_t size, struct proof *out, struct err *err);
bool proof_check_inclusion(const struct proof *proof, uint64_t index,
			   const struct hash *leaf, uint64_t size,
			   const struct hash *root);

/* That the first leaves of the tree of size are those of the tree of old;
 * old <= size. Empty if old is 0 or size: then the roots say it. */
int proof_consistency(const struct proof_nodes *nodes, uint64_t old,
		      uint64_t size, struct proof *out, struct err *err);
bool proof_check_consistency(const struct proof *proof, uint64_t old,
			     const struct hash *old_root, uint64_t size,
			     const struct hash *root);

#endif
