/*
 * Inside the outbox: its tables, and what its files share. Not for others
 * than outbox*.c.
 *
 * Integers are big-endian. Numbers of items start at 1, sequence numbers too.
 *
 *   META    "meta" -> counters and the chain's end, see meta_write
 *   ITEM    u64 number -> u64 saved_us, salt, u32 length and body, u8 count of
 *           texts, of each salt, u32 length and text
 *   STATE   u64 number -> u64 sequence, u32 n, u8 delivered, u64 index,
 *           u64 recv_us, u16 verdict
 *   WAITING u64 number -> u32 bytes that it takes in a batch, at most
 *   SALT    salt -> u64 number
 *   SENT    u64 sequence -> name of the batch, u8 delivered, u64 index, then
 *           u64 number of each of its items
 *   BATCH   u64 sequence -> the batch's bytes; forgotten when they are safe
 *   HEAD    cell -> what is known of it, see outbox_heads.c
 *   VALUE   name -> anything
 */
#ifndef TALLY_STORE_OUTBOX_PARTS_H
#define TALLY_STORE_OUTBOX_PARTS_H

#include "base/bytes.h"
#include "store/db.h"
#include "store/outbox.h"

enum outbox_table {
	OUTBOX_META,
	OUTBOX_ITEM,
	OUTBOX_STATE,
	OUTBOX_WAITING,
	OUTBOX_SALT,
	OUTBOX_SENT,
	OUTBOX_BATCH,
	OUTBOX_HEAD,
	OUTBOX_VALUE,
	OUTBOX_TABLES
};

struct outbox {
	struct db *db;
	char *dir;
	int sender; /* descriptor of the sender's lock, -1: not held */
};

/* Counters; kept in every transaction, so that nobody counts items. */
struct outbox_meta {
	uint64_t next_number;
	uint64_t next_sequence;
	struct hash head;
	struct outbox_counts counts;
};

struct u64_key {
	uint8_t bytes[8];
};

struct u64_key outbox_key(uint64_t number);
struct span outbox_key_span(const struct u64_key *key);

int outbox_meta_read(struct db_txn *txn, struct outbox_meta *out,
		     struct err *err);
int outbox_meta_write(struct db_txn *txn, const struct outbox_meta *meta,
		      struct err *err);

/* Bytes that a statement takes in a batch, at most. */
size_t outbox_bytes(const struct sealed *sealed);

/* content: salt, body, texts and saved_us; the rest of item is its state. */
int outbox_put_content(struct db_txn *txn, const struct outbox_item *item,
		       struct err *err);
int outbox_put_state(struct db_txn *txn, const struct outbox_item *item,
		     struct err *err);
/* Spans are the transaction's, and die with the next put in it; the array of
 * texts is the arena's. */
int outbox_get_item(struct db_txn *txn, uint64_t number, struct arena *arena,
		    struct outbox_item *out, struct err *err);
/* The same, all of it the arena's. */
int outbox_copy_item(struct db_txn *txn, uint64_t number, struct arena *arena,
		     struct outbox_item *out, struct err *err);

/* ---- heads ---- */

/* An item was saved: its report is the head of its cell. */
int outbox_heads_saved(struct db_txn *txn, uint64_t number,
		       const struct statement *statement, struct arena *arena,
		       struct err *err);
/* An item was delivered with item->verdict. Its bytes must not be the
 * transaction's. */
int outbox_heads_delivered(struct db_txn *txn, const struct outbox_item *item,
			   struct arena *arena, struct err *err);
/* Whether two statements speak of the same cell, or both of none. */
bool outbox_heads_same(const struct statement *a, const struct statement *b);

#endif
