/*
 * Delivery's inside, shared by delivery.c (who waits for what) and
 * delivery_read.c (what it is sent). Nobody else includes it.
 */
#ifndef TALLY_COLLECTOR_DELIVERY_PARTS_H
#define TALLY_COLLECTOR_DELIVERY_PARTS_H

#include "base/arena.h"
#include "base/intern.h"
#include "base/strbuf.h"
#include "collector/delivery.h"
#include "store/heads.h"
#include "store/journal.h"

#define DELIVERY_BUCKETS 4096
#define DELIVERY_ARENA_BYTES (256u * 1024 * 1024)

/* An open session and what it is owed. */
struct customer {
	struct customer *next;	      /* in its bucket */
	struct customer *next_queued; /* in the queue */
	bool queued, over;
	uint32_t route;
	struct hash key;
	/* numbers: units it speaks for, targets that they lead */
	uint32_t *units, *targets;
	size_t unit_count, units_size, target_count, targets_size;
	/* figure keys that others have changed, and the entry that did */
	struct intern changed;
	uint64_t *changed_at;
	uint32_t changed_size;
	bool slice_wanted, pong_wanted;
	/* entries the store must contain first */
	uint64_t slice_at, pong_at, recall_at;
	uint64_t pong_since_ms;
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
	struct arena arena;
	struct strbuf out;
};

/* ---- delivery_read.c ---- */

int customer_speaks_for(struct customer *customer, uint32_t unit);
int customer_leads(struct customer *customer, uint32_t target);
void customer_forget_changes(struct customer *customer);
/* Keeps those of entries from `flushed` on. */
void customer_keep_changes(struct customer *customer, uint64_t flushed);
/* One that the store contains? */
bool customer_has_change(const struct customer *customer, uint64_t flushed);

/* 0: sent. ERR_LIMIT: not sent, try again later. */
int delivery_send_slice(struct delivery *delivery, struct customer *customer,
			struct err *err);
int delivery_send_changes(struct delivery *delivery, struct customer *customer,
			  uint64_t flushed, struct err *err);
/* The next batch; moves recall_next. */
int delivery_send_recalled(struct delivery *delivery, struct customer *customer,
			   struct err *err);

#endif
