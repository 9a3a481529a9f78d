/*
 * Receipts of taken batches, for acknowledging one again: those that the store
 * does not contain yet are kept in memory, for the others it is asked.
 */
#ifndef TALLY_COLLECTOR_RECEIPTS_H
#define TALLY_COLLECTOR_RECEIPTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "proto/hash.h"
#include "proto/talk.h"
#include "store/db.h"

struct recent_receipt;

struct receipts {
	struct recent_receipt *newest, *oldest; /* by journal index */
	struct recent_receipt **slots;
	size_t slots_size, count;
};

void receipts_init(struct receipts *receipts);
void receipts_release(struct receipts *receipts);

/* Indexes must grow. ERR_NOMEM. */
int receipts_add(struct receipts *receipts, const struct hash *key,
		 const struct receipt *receipt);

/* The store contains all entries below applied. */
void receipts_flushed(struct receipts *receipts, uint64_t applied);

/* Verdicts in the arena. ERR_NOTFOUND: the batch was never taken. */
int receipts_find(const struct receipts *receipts, struct db *db,
		  const struct hash *key, uint64_t sequence,
		  struct arena *arena, struct receipt *out);

#endif
