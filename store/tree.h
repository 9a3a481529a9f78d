/*
 * The journal's Merkle tree on disk: the root of each complete subtree, so
 * that proofs take time in the logarithm of the journal's size. Derived from
 * the journal: a file that is missing or does not fit is made again. Not on
 * the acknowledgement's path.
 *
 * One file that is only appended to. Header, 64 bytes: "tallytre", u32 version
 * 1, u32 0, journal id[32], u32 crc of the bytes before, zeros. Then hashes in
 * the order in which they become known: each leaf, and behind it, from the
 * lowest up, the nodes that it completes. So the node over the 2^level leaves
 * from index << level on stands at 2j - popcount(j) + level hashes from the
 * first, where j = ((index + 1) << level) - 1 is its last leaf.
 */
#ifndef TALLY_STORE_TREE_H
#define TALLY_STORE_TREE_H

#include <stdint.h>

#include "base/err.h"
#include "proto/hash.h"
#include "proto/proof.h"
#include "store/journal_disk.h"

#define TREE_FILE "tree" /* its name in a data directory */

struct tree;

/* ---- the one that appends ---- */

/* Opens or makes the file of a journal; what follows the last whole leaf is
 * cut. ERR_CORRUPT: it is no tree of this journal, tree_remove it. disk NULL:
 * the real one. */
int tree_open(const char *path, const struct journal_disk *disk,
	      const struct hash *journal, struct tree **out, struct err *err);
void tree_close(struct tree *tree);
/* Nothing there is fine. */
int tree_remove(const char *path, const struct journal_disk *disk,
		struct err *err);

uint64_t tree_size(const struct tree *tree); /* leaves */
/* Over all leaves, those not written yet too. */
struct hash tree_root(const struct tree *tree);
/* Kept in memory until tree_write. ERR_NOMEM. */
int tree_add(struct tree *tree, const struct hash *leaf, struct err *err);
/* Writes and syncs what was added. ERR_FULL: again when there is room. */
int tree_write(struct tree *tree, struct err *err);
/* Forgets all leaves from size on. */
int tree_cut(struct tree *tree, uint64_t size, struct err *err);

/* ---- those that read ---- */

/* Of the first size leaves, which have been written. Opens the file for
 * itself, read-only. ERR_NOTFOUND, ERR_CORRUPT. */
struct tree_reader;
int tree_read_open(const char *path, const struct journal_disk *disk,
		   struct tree_reader **out, struct err *err);
void tree_read_close(struct tree_reader *reader);
const struct hash *tree_read_journal(const struct tree_reader *reader);
/* Whole leaves in the file by now. */
int tree_read_size(struct tree_reader *reader, uint64_t *size, struct err *err);
/* What a proof is made of; lives as long as the reader. */
struct proof_nodes tree_read_nodes(struct tree_reader *reader);

#endif
