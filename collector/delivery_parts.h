/*
 * Delivery's inside, shared by delivery.c (who waits for what),
 * delivery_read.c (what it is sent) and delivery_journal.c (what of that is
 * in the journal alone). Nobody else includes it.
 */
#ifndef TALLY_COLLECTOR_DELIVERY_PARTS_H
#define TALLY_COLLECTOR_DELIVERY_PARTS_H

#include "base/arena.h"
#include "base/intern.h"
#include "base/strbuf.h"
#include "collector/delivery.h"
#include "collector/delivery_unread.h"
#include "store/heads.h"
#include "store/journal.h"

#define DELIVERY_BUCKETS 4096
#define DELIVERY_ARENA_BYTES (256u * 1024 * 1024)
/* Heads that get their texts in one go, and what these take. */
#define DELIVERY_TEXTS_MAX 64
#define DELIVERY_TEXTS_BYTES \
	(DELIVERY_TEXTS_MAX * 4u * WIRE_TEXT_BYTES_MAX + 65536u)

/* An open session and what it is owed. */
struct customer {
	struct customer *next;	      /* in its bucket */
	struct customer *next_queued; /* in the queue */
	bool queued, over;
	uint32_t route;
	struct hash key;
	/* numbers: units it speaks for, targets that they lead; an
	 * official's: all targets */
	uint32_t *units, *targets;
	size_t unit_count, units_size, target_count, targets_size;
	/* figure keys that others have changed, and the entry that did */
	struct intern changed;
	uint64_t *changed_at;
	uint32_t changed_size;
	bool slice_wanted, pong_wanted;
	bool held;	   /* its files wait until others have read theirs */
	struct hash files; /* that it has, by HELLO; zero: none, or others */
	uint32_t sent_version; /* whose files are under way; 0: none */
	struct unread unread;  /* slices */
	/* Figure keys that the slice owes with their texts, from texts_next
	 * on: it ends with them. */
	struct intern texts;
	uint32_t texts_next;
	/* entries the store must contain first */
	uint64_t slice_at, pong_at, recall_at;
	uint64_t pong_since_ms;
	struct hash recall_key;
	uint64_t recall_next, recall_end; /* sequence numbers */
	uint64_t retry_ms;
	unsigned retries;
};

struct interest_list {
	struct customer **customers;
	uint32_t count, size;
};

struct delivery {
	struct db *db;
	const struct fold *fold;
	const char *journal_dir;
	struct delivery_host host;
	struct journal_reader *journal; /* opened when it is needed */
	struct head_ids ids;		/* as folded */
	struct interest_list *by_unit, *by_target;
	uint32_t by_unit_size, by_target_size;
	struct customer *buckets[DELIVERY_BUCKETS];
	struct customer *first, *last; /* the queue */
	struct customer *serving;
	struct hash files; /* of the catalogue of that version */
	uint32_t files_version;
	struct unread_total unread;
	uint64_t expired_ms;  /* when the oldest of that was looked at */
	struct arena arena;   /* one customer's turn */
	struct arena texts;   /* of the heads that are sent next */
	struct arena scratch; /* one entry of the journal */
	struct strbuf out;
};

/* ---- delivery_journal.c ---- */

/* Fills in reasons and texts of at most DELIVERY_TEXTS_MAX heads, until the
 * next call; what cannot be read is logged, and its head says that nobody
 * looked. */
void delivery_add_texts(struct delivery *delivery, struct head_found *found,
			size_t count);
/* The next batch; moves recall_next. ERR_LIMIT: try again later. */
int delivery_send_recalled(struct delivery *delivery, struct customer *customer,
			   struct err *err);

/* ---- delivery_read.c ---- */

int customer_speaks_for(struct customer *customer, uint32_t unit);
int customer_leads(struct customer *customer, uint32_t target);
void customer_forget_changes(struct customer *customer);
/* Keeps those of entries from `flushed` on. */
void customer_keep_changes(struct customer *customer, uint64_t flushed);
/* One that the store contains? */
bool customer_has_change(const struct customer *customer, uint64_t flushed);
void customer_forget_texts(struct customer *customer);
bool customer_has_texts(const struct customer *customer);

uint64_t delivery_now_ms(const struct delivery *delivery);

/* 0: sent. ERR_LIMIT: not sent, try again later. */

/* What needs no look into the journal; the rest is noted in texts. */
int delivery_send_slice(struct delivery *delivery, struct customer *customer,
			struct err *err);
int delivery_send_changes(struct delivery *delivery, struct customer *customer,
			  uint64_t flushed, struct err *err);
/* Some of texts; moves texts_next. */
int delivery_send_texts(struct delivery *delivery, struct customer *customer,
			struct err *err);

#endif
