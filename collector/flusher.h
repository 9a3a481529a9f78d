/*
 * The flusher: a thread that carries what the fold says into LMDB, so that
 * the acknowledgement's path never waits for LMDB. Every FLUSHER_INTERVAL_MS
 * it commits what has gathered in one transaction (while a commit takes under
 * FLUSHER_FAST_MS; it uses at most half its time otherwise).
 *
 * A full disk or map is waited out: puts gather until there is room. Any other
 * failure is final, flusher_state says so.
 */
#ifndef TALLY_COLLECTOR_FLUSHER_H
#define TALLY_COLLECTOR_FLUSHER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/db.h"
#include "store/tables.h"

#define FLUSHER_INTERVAL_MS 250
#define FLUSHER_FAST_MS 50
#define FLUSHER_RETRY_MS 1000 /* while the disk is full */
/* Above this nothing new should be taken until it is flushed. */
#define FLUSHER_WAITING_BYTES_MAX (256u * 1024 * 1024)
#define FLUSHER_READERS_CHECK_MS 60000

struct flusher;

struct flusher_state {
	uint64_t applied; /* journal entries that the store contains */
	size_t waiting_bytes;
	uint64_t took_ms; /* the last commit */
	uint64_t flushes;
	int code;	/* of the last failure, 0 after a success */
	struct err err; /* if code */
};

/* db must outlive it; the flusher's thread is its only writer. applied: what
 * the store contains now. */
int flusher_start(struct db *db, uint64_t applied, struct flusher **out,
		  struct err *err);

/* Takes over what puts holds, and clears it; applied is the journal size it
 * leads to. Never waits. */
int flusher_add(struct flusher *flusher, struct puts *puts, uint64_t applied,
		struct err *err);

/* Does not wait for the interval to pass. */
void flusher_hurry(struct flusher *flusher);

void flusher_state(struct flusher *flusher, struct flusher_state *out);

/* Readable after each flush and failure; flusher_heard makes it quiet. */
int flusher_fd(const struct flusher *flusher);
void flusher_heard(struct flusher *flusher);

/* Flushes the rest and ends the thread. Frees it in any case. */
int flusher_stop(struct flusher *flusher, struct err *err);

#endif
