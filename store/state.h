/*
 * The state tree: one hash over the links of all figure rows, which state
 * entries of the journal state. A link is the running hash of what made a row
 * what it is, so that two folds with one root agree in every row.
 *
 * 16-ary over rows in the order of their first appearance; a node is
 * SHA256(0x03 || up to 16 children), a row's link being the lowest child; the
 * root is the one node of the topmost level, of no rows SHA256(0x03). Only
 * nodes are kept (two bytes a row or so), and only what has changed is hashed
 * again.
 */
#ifndef TALLY_STORE_STATE_H
#define TALLY_STORE_STATE_H

#include <stdint.h>

#include "base/err.h"
#include "proto/hash.h"

#define STATE_CHILDREN 16
#define STATE_LEVELS_MAX 8 /* 16^8 rows */

struct state_level {
	struct hash *nodes;
	uint64_t *dirty; /* a bit a node */
	uint32_t count, size;
};

struct state_tree {
	struct state_level levels[STATE_LEVELS_MAX]; /* [0]: over the links */
	uint32_t rows;
};

void state_release(struct state_tree *tree);

/* The row's link has changed; row may be the next new one. ERR_NOMEM. */
int state_touch(struct state_tree *tree, uint32_t row);

/* Hashes what has changed. link gives the link of a row. */
struct hash state_root(struct state_tree *tree,
		       const struct hash *(*link)(const void *ctx,
						  uint32_t row),
		       const void *ctx);

#endif
