/* run: sends as long as it lives. sync: until all is delivered. */
#include "agent/commands.h"

#include <stdio.h>
#include <time.h>

#include "agent/deliver.h"
#include "agent/office.h"
#include "agent/sender.h"
#include "base/rt/log.h"

#define LOCK_WAIT_MS 3000 /* for a sync that is just ending */

static int open_patiently(struct office *office, struct loop *loop,
			  struct sender **sender, struct err *err)
{
	struct sender_options options = { .log = true };
	uint64_t until = clock_monotonic_ms() + LOCK_WAIT_MS;
	struct timespec pause = { .tv_nsec = 50000000 };
	int ret;

	for (;;) {
		ret = sender_open(office, loop, &options, sender, err);
		if (ret != ERR_LOCKED || clock_monotonic_ms() >= until ||
		    loop_stopped(loop))
			return ret;
		(void)nanosleep(&pause, NULL);
	}
}

static int send_for_ever(struct office *office)
{
	struct sender *sender = NULL;
	struct loop *loop;
	struct err err;
	int ret = loop_open(&loop, &err);

	if (ret)
		return office_fail(&err);
	ret = loop_watch_signals(loop, NULL, NULL, &err);
	if (!ret)
		ret = open_patiently(office, loop, &sender, &err);
	if (ret == ERR_LOCKED)
		message_print(stderr, office->language, MESSAGE_SENDER_RUNS,
			      office->dir);
	if (!ret) {
		log_line(LOG_INFO, "ready", "dir=\"%s\"", office->dir);
		ret = loop_run(loop, &err);
		if (!ret)
			ret = sender_failed(sender, &err);
	}
	sender_close(sender);
	loop_close(loop);
	if (!ret)
		log_line(LOG_INFO, "stopped", "dir=\"%s\"", office->dir);
	return ret ? office_fail(&err) : EXIT_OK;
}

int command_run(const struct options *options)
{
	struct office office;
	int code = office_open(&office, options, OFFICE_EXISTING);

	if (!code)
		code = send_for_ever(&office);
	office_close(&office);
	return code;
}

/* What is refused was delivered too; nobody should take it for admitted. */
static void tell_settled(struct office *office, uint64_t refused_before)
{
	struct outbox_counts counts;

	message_print(stderr, office->language, MESSAGE_ALL_DELIVERED);
	if (!outbox_counts(office->outbox, &counts, NULL) &&
	    counts.refused > refused_before)
		message_print(
			stderr, office->language, MESSAGE_SOME_REFUSED,
			(unsigned long long)(counts.refused - refused_before));
}

int command_sync(const struct options *options)
{
	struct outbox_counts before = { 0 };
	struct office office;
	struct err err;
	uint64_t timeout_ms;
	int code;

	if (deliver_timeout(options, &timeout_ms, &err))
		return options_usage(options, "%s", err.msg);
	code = office_open(&office, options, OFFICE_EXISTING);
	if (!code && outbox_counts(office.outbox, &before, &err))
		code = office_fail(&err);
	if (!code)
		code = deliver_told(&office, timeout_ms, NULL);
	if (!code)
		tell_settled(&office, before.refused);
	office_close(&office);
	return code;
}
