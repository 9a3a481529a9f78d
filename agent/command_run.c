/* run: sends as long as it lives. sync: until all is delivered. */
#include "agent/commands.h"

#include <stdio.h>
#include <time.h>

#include "agent/deliver.h"
#include "agent/office.h"
#include "agent/outcome.h"
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

int command_sync(const struct options *options)
{
	struct office office;
	struct err err;
	uint64_t timeout_ms;
	int code;

	if (deliver_timeout(options, &timeout_ms, &err))
		return options_usage(options, "%s", err.msg);
	code = office_open(&office, options, OFFICE_EXISTING);
	if (!code)
		code = outcome_sync(&office, timeout_ms,
				    options_given(options, "json"));
	office_close(&office);
	return code;
}
