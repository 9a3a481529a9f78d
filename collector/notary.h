/*
 * The notary: a thread that signs checkpoints, off the acknowledgement's path.
 * It keeps the journal's tree (store/tree.h), and before it signs it has read
 * back from the disk every leaf that the signature will cover for the first
 * time. At most one checkpoint every interval while there is traffic; what is
 * there at the end is signed, too.
 *
 * The last checkpoint that was signed is kept in a file of its own and
 * compared at start: a journal that is shorter than what was signed, or
 * another, is refused. Nothing is ever signed twice for one size, but behind a
 * break that the journal declares (collector/recovery.h).
 */
#ifndef TALLY_COLLECTOR_NOTARY_H
#define TALLY_COLLECTOR_NOTARY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/checkpoint.h"
#include "proto/hash.h"
#include "proto/sign.h"
#include "proto/succession.h"

#define NOTARY_INTERVAL_MS 1000
#define NOTARY_RETRY_MS 5000 /* while the disk is full */

struct notary_options {
	const char *journal_dir;
	const char *tree;	/* path of the tree's file */
	const char *checkpoint; /* path of the last signed note */
	const struct sign_pair *pair;
	unsigned interval_ms;
};

/* What was signed last. */
struct notary_word {
	struct checkpoint checkpoint; /* size 0: nothing yet */
	char note[NOTE_BYTES_MAX];
	size_t note_bytes;
	uint64_t signed_count; /* by this process */
	int code;	       /* of the last failure, 0 after a success */
	struct err err;
};

/*
 * What was signed last, from its file. ERR_NOTFOUND: nothing was. ERR_CORRUPT:
 * the file is damaged, or was not signed with the key that was this
 * collector's at that size.
 */
int notary_last(const char *path, const struct key_chain *chain,
		struct notary_word *out, struct err *err);

struct notary;

/*
 * Brings the tree to the journal's size entries, whose root is given, and
 * compares with what was signed last (size 0: nothing). ERR_CORRUPT: the
 * journal is shorter than what was signed, or not the one that was signed.
 */
int notary_open(const struct notary_options *options,
		const struct notary_word *last, const struct hash *journal,
		uint64_t size, const struct hash *root, struct notary **out,
		struct err *err);
int notary_start(struct notary *notary, struct err *err);

/* Entries in order, once durable; signed some time after. ERR_NOMEM. */
int notary_add(struct notary *notary, const struct hash *leaf);
void notary_settled(struct notary *notary);

void notary_word(struct notary *notary, struct notary_word *out);
/* Readable after each checkpoint and failure; notary_heard makes it quiet. */
int notary_fd(const struct notary *notary);
void notary_heard(struct notary *notary);

/* Signs what is left and ends the thread. Frees it in any case. */
int notary_stop(struct notary *notary, struct err *err);

#endif
