/*
 * Inside the outbox: its tables, their records, and how they are read and
 * written. All other files of the outbox stand on this one and on nothing but
 * outbox_heads beside it. Not for others than outbox*.c.
 *
 * Integers are big-endian. Numbers of items start at 1, sequence numbers too.
 *
 *   META    "meta" -> counters and the chain's end, see outbox_meta_write
 *   ITEM    u64 number -> u64 saved_us, salt, u32 length and body, u8 count of
 *           texts, of each salt, u32 length and text
 *   STATE   u64 number -> u64 sequence, u32 n, u8 delivered, u64 index,
 *           u64 recv_us, u16 verdict
 *   WAITING u64 number -> u32 bytes that it takes in a batch, at most
 *   SALT    salt -> u64 number
 *   DOUBT   u64 number -> nothing; of one that may well be refused, until it is
 *           delivered
 *   SENT    u64 sequence -> name of the batch, u8 delivered, u64 index, then
 *           u64 number of each of its items
 *   BATCH   u64 sequence -> the batch's bytes; forgotten when they are safe
 *           (sequence: counted on over the keys that the office has had, see
 *           outbox_base; in STATE, too)
 *   HEAD    cell -> what is known of it, see outbox_heads.c
 *   VALUE   name -> anything
 */
#ifndef TALLY_STORE_OUTBOX_PARTS_H
#define TALLY_STORE_OUTBOX_PARTS_H

#include "base/bytes.h"
#include "store/db.h"
#include "store/outbox.h"

/* Of an arena for what is read on the way. */
#define OUTBOX_SCRATCH_BYTES ((size_t)64 * 1024 * 1024)
/* In a batch beside its statements: header, signature, key, tags. */
#define OUTBOX_BATCH_BYTES 512

enum outbox_table {
	OUTBOX_META,
	OUTBOX_ITEM,
	OUTBOX_STATE,
	OUTBOX_WAITING,
	OUTBOX_SALT,
	OUTBOX_DOUBT,
	OUTBOX_SENT,
	OUTBOX_BATCH,
	OUTBOX_HEAD,
	OUTBOX_VALUE,
	OUTBOX_TABLES
};

/* Names in VALUE. */
#define OUTBOX_SEEN "seen"     /* checkpoint that was verified */
#define OUTBOX_PROVED "proved" /* all batches up to it */

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

/* ERR_CORRUPT: what is not as it was written. */
int outbox_damaged(struct err *err, const char *what);
/* ERR_LOCKED unless this process holds the sender's lock. */
int outbox_check_sender(const struct outbox *outbox, struct err *err);

/* ---- keys and counters ---- */

struct u64_key outbox_key(uint64_t number);
struct span outbox_key_span(const struct u64_key *key);

int outbox_meta_read(struct db_txn *txn, struct outbox_meta *out,
		     struct err *err);
int outbox_meta_write(struct db_txn *txn, const struct outbox_meta *meta,
		      struct err *err);
/* Batches of the keys before this one: in the tables they are numbered on, in
 * each key's chain from 1. */
int outbox_base(struct db_txn *txn, uint64_t *base, struct err *err);
int outbox_set_base(struct db_txn *txn, uint64_t base, struct err *err);

/* ---- items ---- */

/* Bytes that a statement takes in a batch, at most. */
size_t outbox_bytes(const struct sealed *sealed);

/* As outbox_save, of one, in the caller's transaction (outbox.c). */
int outbox_add(struct db_txn *txn, struct outbox_meta *meta,
	       const struct outbox_item *item, struct arena *arena,
	       struct err *err);
/* content: salt, body, texts and saved_us; the rest of item is its state. */
int outbox_put_content(struct db_txn *txn, const struct outbox_item *item,
		       struct err *err);
int outbox_put_state(struct db_txn *txn, const struct outbox_item *item,
		     struct err *err);
/* Of a value of ITEM; spans are the value's, the array of texts the arena's. */
int outbox_read_content(struct span value, struct arena *arena,
			struct outbox_item *item, struct err *err);
/* Of item->number. */
int outbox_read_state(struct db_txn *txn, struct outbox_item *item,
		      struct err *err);
/* Spans are the transaction's, and die with the next put in it; the array of
 * texts is the arena's. */
int outbox_get_item(struct db_txn *txn, uint64_t number, struct arena *arena,
		    struct outbox_item *out, struct err *err);
/* The same, all of it the arena's. */
int outbox_copy_item(struct db_txn *txn, uint64_t number, struct arena *arena,
		     struct outbox_item *out, struct err *err);

/* The item is as before its receipt, which no longer holds. */
int outbox_take_back(struct db_txn *txn, struct outbox_meta *meta,
		     struct outbox_item *item, struct arena *arena,
		     struct err *err);

/* ---- batches ---- */

/* All up to this sequence number are proved to be in the journal. */
int outbox_proved_to(struct db_txn *txn, uint64_t *sequence, struct err *err);
/* And that is all that was ever sealed. */
int outbox_all_proved(struct db_txn *txn, const struct outbox_meta *meta,
		      bool *out, struct err *err);

/* What is known of a sealed batch. */
struct outbox_sent {
	struct hash name;
	bool delivered;
	uint64_t index;
	uint64_t *numbers; /* of its items; the arena's */
	size_t count;
};

int outbox_get_sent(struct db_txn *txn, uint64_t sequence, struct arena *arena,
		    struct outbox_sent *out, struct err *err);
int outbox_put_sent(struct db_txn *txn, uint64_t sequence,
		    const struct outbox_sent *sent, struct err *err);

#endif
