/*
 * The collector's own flusher without its thread: what the thread does is
 * done by events.
 */
#include "collector/flusher.h"

#include <pthread.h>

#include "sim/sim.h"

int flusher_threaded_start(struct db *db, uint64_t applied,
			   struct flusher **out, struct err *err);
int flusher_threaded_stop(struct flusher *flusher, struct err *err);

static int no_thread(void)
{
	return 0;
}
#define pthread_create(thread, attributes, fn, arg) \
	((void)(fn), (void)(arg), no_thread())
#define pthread_join(thread, result) no_thread()
#define flusher_start flusher_threaded_start
#define flusher_stop flusher_threaded_stop
#include "collector/flusher.c"
#undef flusher_start
#undef flusher_stop

#define FLUSH_US_MAX (2 * SIM_S) /* a commit on a slow disk */

/* Once a process. */
static struct puts taken;

static void flush_once(struct flusher *flusher)
{
	(void)pthread_mutex_lock(&flusher->mutex);
	flusher->hurry = false;
	flush(flusher, &taken);
	(void)pthread_mutex_unlock(&flusher->mutex);
}

static void flush_now(void *arg)
{
	struct flusher *flusher = arg;

	flush_once(flusher);
	sim_ready(flusher->fd);
	if (!is_final(flusher->state.code))
		sim_after(sim_between(SIM_MS, FLUSH_US_MAX), SIM_COLLECTOR,
			  flush_now, flusher);
}

int flusher_start(struct db *db, uint64_t applied, struct flusher **out,
		  struct err *err)
{
	int rc = flusher_threaded_start(db, applied, out, err);

	if (rc)
		return rc;
	puts_init(&taken);
	sim_after(sim_below(FLUSH_US_MAX), SIM_COLLECTOR, flush_now, *out);
	return 0;
}

int flusher_stop(struct flusher *flusher, struct err *err)
{
	sim_cancel(flusher);
	if (!sim.actors[SIM_COLLECTOR].dead)
		flush_once(flusher);
	puts_release(&taken);
	return flusher_threaded_stop(flusher, err);
}
