/*
 * The tables of a replay: written from the first entry to the last, then read.
 *
 * What is put waits in memory. When it is too much, all of it goes to an LMDB
 * file without a name (store_open_scratch), so that a replay of ten million
 * statements needs no more memory than its fold. Rows of TABLE_FIGURE would be
 * written there again and again: only each row's newest is, at the end, out of
 * TABLE_CHANGE and with the link that the fold has.
 */
#ifndef TALLY_STORE_SCRATCH_H
#define TALLY_STORE_SCRATCH_H

#include <stddef.h>

#include "base/err.h"
#include "store/db.h"
#include "store/fold.h"
#include "store/tables.h"

#define SCRATCH_BYTES_MAX ((size_t)32 * 1024 * 1024)

struct scratch {
	size_t bytes_max; /* of puts in memory; may be lowered before any */
	struct puts puts; /* that wait; the fold's */
	struct memory_tables *memory;
	struct db *db; /* NULL: all is in memory */
	struct db_txn *txn;
};

/* keeps: else whatever is put is dropped. */
int scratch_init(struct scratch *scratch, bool keeps, struct err *err);
void scratch_release(struct scratch *scratch);

/* To be called after each entry: what waits in puts goes where it has room. */
int scratch_settle(struct scratch *scratch, struct err *err);
/* Nothing more comes; fold has made all of it. Only of one that keeps. */
int scratch_finish(struct scratch *scratch, const struct fold *fold,
		   struct err *err);
/* After scratch_finish; values live as long as the scratch. */
struct table_reader scratch_reader(const struct scratch *scratch);

#endif
