/*
 * The outbox's index of cells: which version of each is the newest that this
 * office knows. Inside the outbox: whoever saves or delivers an item tells it
 * here, in the same transaction. Others read it through store/outbox.h.
 */
#ifndef TALLY_STORE_OUTBOX_HEADS_H
#define TALLY_STORE_OUTBOX_HEADS_H

#include "store/db.h"
#include "store/outbox.h"

/* An item was saved: its report is the head of its cell. */
int outbox_heads_saved(struct db_txn *txn, uint64_t number,
		       const struct statement *statement, struct arena *arena,
		       struct err *err);
/* An item was delivered with item->verdict. Its bytes must not be the
 * transaction's. */
int outbox_heads_delivered(struct db_txn *txn, const struct outbox_item *item,
			   struct arena *arena, struct err *err);
/* The first item of the cell that is saved and not delivered; 0: none. */
int outbox_heads_pending(struct db_txn *txn, struct span key,
			 struct arena *arena, uint64_t *number,
			 struct err *err);
/* An item's receipt no longer holds: it is as if it had only been sent. */
int outbox_heads_taken_back(struct db_txn *txn, const struct outbox_item *item,
			    struct arena *arena, struct err *err);
/* Forgets what is known of cells from journal entries from kept on; keys go
 * into list, which is the caller's to release. */
int outbox_heads_forget(struct db_txn *txn, uint64_t kept, struct arena *list,
			struct arena *scratch, struct err *err);
/* Whether two statements speak of the same cell, or both of none. */
bool outbox_heads_same(const struct statement *a, const struct statement *b);

#endif
