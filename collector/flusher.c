#include "collector/flusher.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/rt/clock.h"

struct flusher {
	struct db *db;
	pthread_t thread;
	int fd;
	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t wake;
	struct puts waiting;
	uint64_t waiting_applied;
	bool hurry, stop;
	struct flusher_state state;
};

/* Waits until at_ms, or less if somebody hurries or stops it. Mutex held. */
static void wait_until(struct flusher *flusher, uint64_t at_ms)
{
	struct timespec at = { .tv_sec = (time_t)(at_ms / 1000),
			       .tv_nsec = (long)(at_ms % 1000) * 1000000 };

	while (!flusher->hurry && !flusher->stop &&
	       clock_monotonic_ms() < at_ms)
		(void)pthread_cond_timedwait(&flusher->wake, &flusher->mutex,
					     &at);
}

static uint64_t pause_ms(const struct flusher_state *state)
{
	if (state->code)
		return FLUSHER_RETRY_MS;
	if (state->took_ms < FLUSHER_FAST_MS)
		return FLUSHER_INTERVAL_MS;
	return state->took_ms > FLUSHER_INTERVAL_MS ? state->took_ms :
						      FLUSHER_INTERVAL_MS;
}

/* Puts that could not be committed go before those that came since. */
static void put_back(struct flusher *flusher, struct puts *taken)
{
	struct puts newer = flusher->waiting;

	strbuf_add(&taken->bytes, newer.bytes.text, newer.bytes.len);
	taken->count += newer.count;
	flusher->waiting = *taken;
	*taken = newer;
	puts_clear(taken);
	if (flusher->waiting.bytes.failed) {
		flusher->state.code = ERR_NOMEM;
		(void)err_set(&flusher->state.err, ERR_NOMEM,
			      "no memory for what waits to be flushed");
	}
}

static bool is_final(int code)
{
	return code && code != ERR_FULL;
}

/* One commit; the mutex is held before and after, but not during it. */
static void flush(struct flusher *flusher, struct puts *taken)
{
	struct puts swap = flusher->waiting;
	uint64_t applied = flusher->waiting_applied;
	uint64_t begun_ms, took_ms;
	struct err err = { 0 };
	const uint64_t one = 1;
	int rc;

	if (!swap.count)
		return;
	flusher->waiting = *taken;
	*taken = swap;
	(void)pthread_mutex_unlock(&flusher->mutex);
	begun_ms = clock_monotonic_ms();
	rc = store_commit(flusher->db, taken, &err);
	took_ms = clock_monotonic_ms() - begun_ms;
	(void)pthread_mutex_lock(&flusher->mutex);
	flusher->state.code = rc;
	flusher->state.err = err;
	flusher->state.took_ms = took_ms;
	if (rc) {
		put_back(flusher, taken);
	} else {
		flusher->state.applied = applied;
		flusher->state.flushes++;
		puts_clear(taken);
	}
	flusher->state.waiting_bytes = flusher->waiting.bytes.len;
	/* A counter that is full is readable as well. */
	if (write(flusher->fd, &one, sizeof(one)) < 0)
		return;
}

static void *run(void *arg)
{
	struct flusher *flusher = arg;
	uint64_t checked_ms = clock_monotonic_ms();
	struct puts taken;
	bool stop = false;

	puts_init(&taken);
	(void)pthread_mutex_lock(&flusher->mutex);
	while (!stop && !is_final(flusher->state.code)) {
		wait_until(flusher,
			   clock_monotonic_ms() + pause_ms(&flusher->state));
		/* What is there when it is told to stop is flushed too. */
		stop = flusher->stop;
		flusher->hurry = false;
		flush(flusher, &taken);
		if (clock_monotonic_ms() - checked_ms <
		    FLUSHER_READERS_CHECK_MS)
			continue;
		checked_ms = clock_monotonic_ms();
		(void)db_check_readers(flusher->db);
	}
	(void)pthread_mutex_unlock(&flusher->mutex);
	puts_release(&taken);
	return NULL;
}

static void release(struct flusher *flusher)
{
	puts_release(&flusher->waiting);
	(void)pthread_cond_destroy(&flusher->wake);
	(void)pthread_mutex_destroy(&flusher->mutex);
	if (flusher->fd >= 0)
		(void)close(flusher->fd);
	free(flusher);
}

int flusher_start(struct db *db, uint64_t applied, struct flusher **out,
		  struct err *err)
{
	struct flusher *flusher = calloc(1, sizeof(*flusher));
	pthread_condattr_t monotonic;

	if (!flusher)
		return err_set(err, ERR_NOMEM, "no memory for the flusher");
	flusher->db = db;
	flusher->state.applied = applied;
	puts_init(&flusher->waiting);
	(void)pthread_mutex_init(&flusher->mutex, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&flusher->wake, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	flusher->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (flusher->fd < 0 ||
	    pthread_create(&flusher->thread, NULL, run, flusher)) {
		int rc = err_sys(err, "cannot start the flusher");

		release(flusher);
		return rc;
	}
	*out = flusher;
	return 0;
}

int flusher_add(struct flusher *flusher, struct puts *puts, uint64_t applied,
		struct err *err)
{
	int rc = 0;

	(void)pthread_mutex_lock(&flusher->mutex);
	if (!flusher->waiting.count) {
		struct puts swap = flusher->waiting;

		flusher->waiting = *puts;
		*puts = swap;
	} else {
		strbuf_add(&flusher->waiting.bytes, puts->bytes.text,
			   puts->bytes.len);
		flusher->waiting.count += puts->count;
	}
	if (flusher->waiting.bytes.failed)
		rc = err_set(err, ERR_NOMEM,
			     "no memory for what waits to be flushed");
	flusher->waiting_applied = applied;
	flusher->state.waiting_bytes = flusher->waiting.bytes.len;
	(void)pthread_mutex_unlock(&flusher->mutex);
	puts_clear(puts);
	return rc;
}

void flusher_hurry(struct flusher *flusher)
{
	(void)pthread_mutex_lock(&flusher->mutex);
	/* A full disk, or commits that are slow, set the pace. */
	if (!flusher->state.code && flusher->state.took_ms < FLUSHER_FAST_MS) {
		flusher->hurry = true;
		(void)pthread_cond_signal(&flusher->wake);
	}
	(void)pthread_mutex_unlock(&flusher->mutex);
}

void flusher_state(struct flusher *flusher, struct flusher_state *out)
{
	(void)pthread_mutex_lock(&flusher->mutex);
	*out = flusher->state;
	(void)pthread_mutex_unlock(&flusher->mutex);
}

int flusher_fd(const struct flusher *flusher)
{
	return flusher->fd;
}

void flusher_heard(struct flusher *flusher)
{
	uint64_t count;

	if (read(flusher->fd, &count, sizeof(count)) < 0)
		return;
}

int flusher_stop(struct flusher *flusher, struct err *err)
{
	int rc;

	(void)pthread_mutex_lock(&flusher->mutex);
	flusher->stop = true;
	(void)pthread_cond_signal(&flusher->wake);
	(void)pthread_mutex_unlock(&flusher->mutex);
	(void)pthread_join(flusher->thread, NULL);
	rc = flusher->state.code;
	if (rc && err)
		*err = flusher->state.err;
	release(flusher);
	return rc;
}
