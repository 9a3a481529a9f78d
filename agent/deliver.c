#include "agent/deliver.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/rotation.h"
#include "agent/sender.h"
#include "agent/wake.h"

#define REFRESH_MS 3000

int deliver_timeout(const struct options *options, uint64_t *out_ms,
		    struct err *err)
{
	const char *text = options_text(options, "timeout");
	unsigned long seconds;
	char *end;

	*out_ms = (uint64_t)DELIVER_TIMEOUT_S * 1000;
	if (!text)
		return 0;
	seconds = strtoul(text, &end, 10);
	if (*end || end == text || seconds > 86400)
		return err_set(err, ERR_INVALID,
			       "--timeout is a number of seconds, not %s",
			       text);
	*out_ms = (uint64_t)seconds * 1000;
	return 0;
}

/* What somebody waits for; of saved ones, those before first are delivered. */
struct waiting {
	struct office *office;
	bool all;
	struct saved rest;
	uint64_t until; /* by the monotonic clock, ms */
	uint64_t left;	/* by the last look that counted */
};

static int visit_first_left(void *arg, const struct outbox_item *item)
{
	struct waiting *waiting = arg;

	if (item->number > waiting->rest.last || !item->delivered) {
		waiting->rest.first = item->number;
		return 1;
	}
	return 0;
}

static int visit_left(void *arg, const struct outbox_item *item)
{
	struct waiting *waiting = arg;

	if (item->number > waiting->rest.last)
		return 1;
	waiting->left += !item->delivered;
	return 0;
}

static int count_left(struct waiting *waiting, struct err *err)
{
	struct outbox *outbox = waiting->office->outbox;
	struct outbox_counts counts;
	int ret;

	if (waiting->all) {
		ret = outbox_counts(outbox, &counts, err);
		if (!ret)
			waiting->left = counts.waiting + counts.sealed;
		return ret;
	}
	waiting->left = 0;
	ret = outbox_items(outbox, waiting->rest.first, visit_left, waiting,
			   err);
	return ret < 0 ? ret : 0;
}

/* 1: all that is waited for is delivered. */
static int look(struct waiting *waiting, struct err *err)
{
	int ret;

	if (waiting->all) {
		ret = count_left(waiting, err);
		if (!ret && waiting->office->rotation)
			ret = rotation_read(waiting->office, err);
		return ret ? ret :
			     waiting->left == 0 && !waiting->office->rotation;
	}
	ret = outbox_items(waiting->office->outbox, waiting->rest.first,
			   visit_first_left, waiting, err);
	if (ret < 0)
		return ret;
	return ret == 0 || waiting->rest.first > waiting->rest.last;
}

/* Others may go on saving: they have senders of their own, or wait as we did.
 */
static int linger(struct waiting *waiting, uint64_t now, bool *done,
		  struct err *err)
{
	int ret;

	if (waiting->all || *done)
		return 0;
	ret = look(waiting, err);
	*done = ret == 1;
	if (*done && waiting->until > now + DELIVER_LINGER_MS)
		waiting->until = now + DELIVER_LINGER_MS;
	return ret < 0 ? ret : 0;
}

/* A session of our own until all is settled, hopeless or late. */
static int run_sender(struct sender *sender, struct loop *loop,
		      struct waiting *waiting, struct delivery *out,
		      struct err *err)
{
	bool done = false;
	int ret = 0;

	while (!ret && !sender_settled(sender)) {
		const struct session *session = sender_session(sender);
		uint64_t now = clock_monotonic_ms();
		const char *text;

		out->trouble = session_trouble(session);
		out->nack_code = session_nack(session, &text);
		out->needs_person = session_needs_person(session);
		if (sender_failed(sender, err))
			return err->code;
		ret = linger(waiting, now, &done, err);
		if (ret || (done && now >= waiting->until))
			break;
		if (now >= waiting->until || out->needs_person ||
		    loop_stopped(loop))
			return err_set(err, ERR_OFFLINE, "not delivered");
		sender_hurry(sender);
		ret = loop_step(loop,
				waiting->until - now < 100 ?
					(int)(waiting->until - now) :
					100,
				err);
	}
	/* What failed last may have been the answer that settled it. */
	return ret ? ret : sender_failed(sender, err);
}

static int send_ourselves(struct waiting *waiting, struct delivery *out,
			  struct err *err)
{
	struct sender_options options = { .log = false };
	struct sender *sender = NULL;
	struct loop *loop;
	int ret = loop_open(&loop, err);

	if (ret)
		return ret;
	ret = loop_watch_signals(loop, NULL, NULL, err);
	if (!ret)
		ret = sender_open(waiting->office, loop, &options, &sender,
				  err);
	if (!ret)
		ret = run_sender(sender, loop, waiting, out, err);
	sender_close(sender);
	loop_close(loop);
	return ret;
}

static void look_again_soon(void)
{
	struct timespec pause = { .tv_nsec = DELIVER_LOOK_MS * 1000000L };

	(void)nanosleep(&pause, NULL);
}

static void read_word(struct office *office, struct delivery *out)
{
	struct sender_word word;

	if (!sender_word(office, &word))
		return;
	out->trouble = word.trouble;
	out->nack_code = word.nack_code;
}

/* Another process sends: looks on until it has. */
static int look_on(struct waiting *waiting, uint64_t *hurry_at,
		   struct delivery *out, struct err *err)
{
	uint64_t now = clock_monotonic_ms();
	int ret;

	if (now >= *hurry_at) {
		wake_sender(waiting->office->dir, WAKE_HURRY);
		*hurry_at = now + DELIVER_HURRY_MS;
	}
	ret = look(waiting, err);
	if (ret == 0 && now >= waiting->until) {
		read_word(waiting->office, out);
		return err_set(err, ERR_OFFLINE, "not delivered");
	}
	return ret;
}

int deliver(struct office *office, uint64_t timeout_ms,
	    const struct saved *saved, struct delivery *out, struct err *err)
{
	struct waiting waiting = { .office = office,
				   .all = !saved || saved->first == 0,
				   .until = clock_monotonic_ms() + timeout_ms };
	uint64_t hurry_at = 0;
	int ret;

	memset(out, 0, sizeof(*out));
	if (!waiting.all)
		waiting.rest = *saved;
	for (;;) {
		ret = outbox_lock_sender(office->outbox, err);
		if (!ret)
			ret = send_ourselves(&waiting, out, err);
		if (ret != ERR_LOCKED)
			break;
		ret = look_on(&waiting, &hurry_at, out, err);
		if (ret)
			break;
		look_again_soon();
	}
	if (ret == ERR_OFFLINE) {
		if (count_left(&waiting, err))
			return err->code;
		out->left = waiting.left;
	}
	return ret == 1 ? 0 : ret;
}

int deliver_told(struct office *office, uint64_t timeout_ms,
		 const struct saved *saved)
{
	struct delivery delivery;
	struct err err;
	int ret = deliver(office, timeout_ms, saved, &delivery, &err);

	if (!ret)
		return EXIT_OK;
	if (ret != ERR_OFFLINE)
		return office_fail(&err);
	if (delivery.trouble == TROUBLE_NONE)
		delivery.trouble = TROUBLE_OFFLINE;
	if (delivery.left)
		message_print(stderr, office->language,
			      delivery.needs_person ? MESSAGE_STUCK :
						      MESSAGE_QUEUED,
			      (unsigned long long)delivery.left,
			      trouble_text(office->language, delivery.trouble,
					   delivery.nack_code));
	else
		message_print(stderr, office->language, MESSAGE_NOT_HEARD,
			      trouble_text(office->language, delivery.trouble,
					   delivery.nack_code));
	office_key_word(office, stderr, false);
	if (delivery.trouble == TROUBLE_BROKEN)
		return EXIT_BROKEN;
	return delivery.needs_person ? EXIT_FAILED : EXIT_OFFLINE;
}

bool deliver_refresh(struct office *office, uint64_t timeout_ms)
{
	struct delivery delivery;
	struct err err;

	if (timeout_ms > REFRESH_MS)
		timeout_ms = REFRESH_MS;
	return wake_refresh(office->dir, (int)timeout_ms) ||
	       !deliver(office, timeout_ms, NULL, &delivery, &err);
}
