/*
 * Delivery: what sessions are sent that must be read from the store or the
 * journal first: the catalogue with the heads of the office's cells (SLICE),
 * heads that others have changed, by a report or by a review, and batches that
 * an office has lost (RECALLED). It works in small steps between groups, on
 * read transactions.
 *
 * Slices say what the store says, so they wait until it contains all that was
 * folded when they were asked for; so does the answer to a PING, which tells
 * an office that it knows everything admitted before.
 */
#ifndef TALLY_COLLECTOR_DELIVERY_H
#define TALLY_COLLECTOR_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "proto/hash.h"
#include "proto/sign.h"
#include "store/db.h"
#include "store/fold.h"
#include "store/tables.h"

#define DELIVERY_RECALLS_MAX 256 /* batches for one RECALL */
#define DELIVERY_STEP_MS 5	 /* about the length of a step */
#define DELIVERY_CHANGES_MAX                          \
	2000 /* heads waiting for one session: above, \
		it gets a whole slice */
#define DELIVERY_MESSAGE_BYTES (512 * 1024) /* about, of a slice */
/* Of slices that go out, all together, until they are known to be read:
 * collector/delivery_unread.h. */
#define DELIVERY_UNREAD_BYTES_MAX (256ull * 1024 * 1024)
#define DELIVERY_COUNTED_BYTES (64u * 1024) /* smaller ones are not */
#define DELIVERY_RETRY_MS 20
#define DELIVERY_RETRIES_MAX 500
/* Answered in any case after this, or the agent takes us for dead. */
#define DELIVERY_PONG_MS_MAX 10000
#define DELIVERY_IDLE_MS UINT64_MAX

struct delivery;

struct delivery_host {
	/* The CURVE key of an open session, NULL if it is not open. */
	const uint8_t *(*curve)(void *ctx, uint32_t route);
	/* false: gone, or it reads too slowly. */
	bool (*send)(void *ctx, uint32_t route, struct span msg);
	/* It could not be sent all that it has to know. */
	void (*lost)(void *ctx, uint32_t route);
	/* Everything known was sent: answer the PING. */
	void (*pong)(void *ctx, uint32_t route);
	/* Ask for a PONG, for delivery_heard. */
	void (*ping)(void *ctx, uint32_t route);
	/* A monotonic clock. */
	uint64_t (*now_ms)(void *ctx);
	void *ctx;
};

/* All must outlive it; the store contains all that is folded. */
struct delivery_options {
	struct db *db;
	const struct fold *fold;
	const char *journal_dir;
	uint64_t unread_bytes_max; /* DELIVERY_UNREAD_BYTES_MAX */
};

int delivery_new(const struct delivery_options *options,
		 const struct delivery_host *host, struct delivery **out,
		 struct err *err);
void delivery_free(struct delivery *delivery);

/* A session has opened, with the files of that hash (talk_files_hash; zero:
 * none), or, NULL, there is a new catalogue. */
int delivery_slice(struct delivery *delivery, uint32_t route,
		   const struct hash *files);
/* It has answered a PING: it has read what it was sent before that one. */
void delivery_heard(struct delivery *delivery, uint32_t route);
int delivery_pong(struct delivery *delivery, uint32_t route);
int delivery_recall(struct delivery *delivery, uint32_t route,
		    const struct hash *key, uint64_t from, uint64_t count);

/* The session is over. */
void delivery_ended(struct delivery *delivery, uint32_t route);

/* A batch of the key was folded: puts from puts_from on are what it said. */
int delivery_changed(struct delivery *delivery, const struct hash *key,
		     const struct puts *puts, size_t puts_from);

/* A text of a statement was blotted out in the journal: whoever has its cell
 * gets it again, without. */
int delivery_redacted(struct delivery *delivery, uint64_t entry, uint32_t n,
		      struct err *err);

/* What comes after a step, if nothing else happens. */
struct delivery_next {
	/* There is more to do in so many ms, 0: at once, DELIVERY_IDLE_MS:
	 * nothing. */
	uint64_t in_ms;
	bool store; /* somebody waits for the store to be flushed */
};

/* Works for a while on what the store, which contains `flushed` entries, can
 * answer. */
int delivery_step(struct delivery *delivery, uint64_t flushed,
		  struct delivery_next *next, struct err *err);

/* Is anybody waiting for anything? */
bool delivery_waits(const struct delivery *delivery);

#endif
