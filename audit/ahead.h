/*
 * A journal read ahead: while one entry is looked at, the next ones are read,
 * decoded and proven (signature, roots, texts) by all processors. They come in
 * order, and what is wrong is told at its place, as if they had been read one
 * after the other.
 */
#ifndef TALLY_AUDIT_AHEAD_H
#define TALLY_AUDIT_AHEAD_H

#include <stdint.h>

#include "base/err.h"
#include "proto/wire.h"
#include "store/journal.h"

struct ahead;

/* Valid until the next call; spans too. */
struct ahead_entry {
	struct journal_entry entry;
	struct hash leaf;	 /* the entry's in the journal's tree */
	struct hash before;	 /* its segment says: the root of all before */
	uint64_t segment;	 /* the segment's first entry */
	struct batch batch;	 /* after ahead_batch */
	const struct err *wrong; /* NULL: the batch is proven */
};

/* with_said: what batches say is decoded too (wire_decode_said). */
int ahead_open(const char *dir, bool with_said, struct ahead **out,
	       struct err *err);
void ahead_close(struct ahead *ahead);

/* 1: *out is the next entry; 0: the end; or why reading ends here, as
 * journal_read_next. */
int ahead_next(struct ahead *ahead, struct ahead_entry **out, struct err *err);
/* Is the entry's batch what was signed? As lookup_batch. */
int ahead_batch(const struct ahead_entry *entry, struct err *err);

const struct hash *ahead_id(const struct ahead *ahead);
/* As journal_read_torn_bytes. */
uint64_t ahead_torn_bytes(const struct ahead *ahead);

#endif
