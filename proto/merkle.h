/*
 * The RFC 6962 tree: root over a list of leaf hashes, and the frontier, which
 * grows leaf by leaf and keeps only the right edge (at most 64 hashes).
 * The empty root is SHA256("").
 */
#ifndef TALLY_PROTO_MERKLE_H
#define TALLY_PROTO_MERKLE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/hash.h"

struct frontier {
	uint64_t size;	      /* leaves so far */
	struct hash edge[64]; /* one for each bit set in size, low first */
};

void frontier_init(struct frontier *frontier);
void frontier_add(struct frontier *frontier, const struct hash *leaf);
struct hash frontier_root(const struct frontier *frontier);

/* Root of leaves[0..count). */
struct hash merkle_root(const struct hash *leaves, size_t count);

#endif
