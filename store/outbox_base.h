/*
 * What an item stands on is settled when it is sealed, not when it was typed:
 * only then is it known what became of the statement that it replaces. Inside
 * the outbox.
 */
#ifndef TALLY_STORE_OUTBOX_BASE_H
#define TALLY_STORE_OUTBOX_BASE_H

#include "store/db.h"
#include "store/outbox.h"

/* The first catalogue of ours that is saved and not delivered; 0: none. */
int outbox_base_catalogue(struct db_txn *txn, struct arena *arena,
			  uint64_t *number, struct err *err);

/* Numbers of items that must wait, ascending. */
struct outbox_held {
	uint64_t *numbers;
	size_t count;
};

/*
 * 1: the item can be sealed. 0: not yet, as it stands on a doubtful one of ours
 * whose verdict is not known, on one that must wait itself (held: of those
 * before it), or is of a catalogue behind another (catalogue, as above). *body,
 * in the arena: its bytes where they are others now, because what it replaces
 * was refused and never became a version; else empty. scratch is for what is
 * read on the way.
 */
int outbox_base_settle(struct db_txn *txn, uint64_t number, uint64_t catalogue,
		       const struct outbox_held *held, struct arena *scratch,
		       struct arena *arena, struct span *body, struct err *err);

#endif
