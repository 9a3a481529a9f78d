/*
 * The collector's own notary without its thread: what the thread does is done
 * by events.
 */
#include "collector/notary.h"

#include <pthread.h>

#include "sim/sim.h"

int notary_threaded_start(struct notary *notary, struct err *err);
int notary_threaded_stop(struct notary *notary, struct err *err);

static int no_thread(void)
{
	return 0;
}
#define pthread_create(thread, attributes, fn, arg) \
	((void)(fn), (void)(arg), no_thread())
#define pthread_join(thread, result) no_thread()
#define notary_start notary_threaded_start
#define notary_stop notary_threaded_stop
#include "collector/notary.c"
#undef notary_start
#undef notary_stop

static struct strbuf leaves_taken;

static void sign_once(struct notary *notary)
{
	(void)pthread_mutex_lock(&notary->mutex);
	work(notary, &leaves_taken);
	(void)pthread_mutex_unlock(&notary->mutex);
}

static void sign_now(void *arg)
{
	struct notary *notary = arg;

	if (notary->settled) {
		sign_once(notary);
		sim_ready(notary->fd);
	}
	if (!is_final(notary->word.code))
		sim_after(sim_between(NOTARY_INTERVAL_MS, 2 * NOTARY_RETRY_MS) *
				  SIM_MS,
			  SIM_COLLECTOR, sign_now, notary);
}

int notary_start(struct notary *notary, struct err *err)
{
	int rc = notary_threaded_start(notary, err);

	if (rc)
		return rc;
	strbuf_init(&leaves_taken, 0);
	sim_after(sim_below(NOTARY_INTERVAL_MS * SIM_MS), SIM_COLLECTOR,
		  sign_now, notary);
	return 0;
}

int notary_stop(struct notary *notary, struct err *err)
{
	sim_cancel(notary);
	if (!sim.actors[SIM_COLLECTOR].dead && !is_final(notary->word.code))
		sign_once(notary);
	strbuf_release(&leaves_taken);
	return notary_threaded_stop(notary, err);
}
