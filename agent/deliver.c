#include "agent/deliver.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/describe.h"
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

/* A session of our own until all is settled, hopeless or late. */
static int run_sender(struct sender *sender, struct loop *loop, uint64_t until,
		      struct delivery *out, struct err *err)
{
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
		if (now >= until || out->needs_person || loop_stopped(loop))
			return err_set(err, ERR_OFFLINE, "not delivered");
		ret = loop_step(loop,
				until - now < 100 ? (int)(until - now) : 100,
				err);
	}
	return ret;
}

static int send_ourselves(struct office *office, uint64_t until,
			  struct delivery *out, struct err *err)
{
	struct sender_options options = { .log = false };
	struct sender *sender = NULL;
	struct loop *loop;
	int ret = loop_open(&loop, err);

	if (ret)
		return ret;
	ret = loop_watch_signals(loop, NULL, NULL, err);
	if (!ret)
		ret = sender_open(office, loop, &options, &sender, err);
	if (!ret)
		ret = run_sender(sender, loop, until, out, err);
	sender_close(sender);
	loop_close(loop);
	return ret;
}

static int count_left(struct office *office, uint64_t *left, struct err *err)
{
	struct outbox_counts counts;
	int ret = outbox_counts(office->outbox, &counts, err);

	if (!ret)
		*left = counts.waiting + counts.sealed;
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

int deliver(struct office *office, uint64_t timeout_ms, struct delivery *out,
	    struct err *err)
{
	uint64_t until = clock_monotonic_ms() + timeout_ms;
	bool hurried = false;
	int ret;

	memset(out, 0, sizeof(*out));
	for (;;) {
		ret = outbox_lock_sender(office->outbox, err);
		if (!ret)
			ret = send_ourselves(office, until, out, err);
		if (ret != ERR_LOCKED)
			break;
		if (!hurried)
			wake_sender(office->dir, WAKE_HURRY);
		hurried = true;
		ret = count_left(office, &out->left, err);
		if (ret || out->left == 0)
			return ret;
		if (clock_monotonic_ms() >= until) {
			read_word(office, out);
			return err_set(err, ERR_OFFLINE, "not delivered");
		}
		look_again_soon();
	}
	if (ret == ERR_OFFLINE && count_left(office, &out->left, err))
		return err->code;
	return ret;
}

int deliver_told(struct office *office, uint64_t timeout_ms)
{
	struct delivery delivery;
	struct err err;
	int ret = deliver(office, timeout_ms, &delivery, &err);

	if (!ret)
		return EXIT_OK;
	if (ret != ERR_OFFLINE)
		return office_fail(&err);
	if (delivery.trouble == TROUBLE_NONE)
		delivery.trouble = TROUBLE_OFFLINE;
	message_print(stderr, office->language,
		      delivery.needs_person ? MESSAGE_STUCK : MESSAGE_QUEUED,
		      (unsigned long long)delivery.left,
		      trouble_text(office->language, delivery.trouble,
				   delivery.nack_code));
	return delivery.needs_person ? EXIT_FAILED : EXIT_OFFLINE;
}

struct refusals {
	struct office *office;
	uint64_t last;
	uint16_t told; /* the verdict told last: parts share their fate */
	bool some;
};

static int tell_refused(void *arg, const struct outbox_item *item)
{
	struct refusals *refusals = arg;
	struct statement statement;

	if (item->number > refusals->last)
		return 1;
	if (!item->verdict || item->verdict == refusals->told)
		return 0;
	refusals->told = item->verdict;
	refusals->some = true;
	if (wire_decode_statement(item->sealed.body, &refusals->office->arena,
				  &statement, NULL))
		statement = (struct statement){ .kind = SAID_UNKNOWN };
	item_print(stderr, refusals->office, item, &statement);
	return 0;
}

int deliver_saved(struct office *office, uint64_t timeout_ms,
		  const struct saved *saved)
{
	struct refusals refusals = { .office = office, .last = saved->last };
	struct err err;
	int code = deliver_told(office, timeout_ms);

	if (code || !saved->first)
		return code;
	if (outbox_items(office->outbox, saved->first, tell_refused, &refusals,
			 &err) < 0)
		return office_fail(&err);
	if (refusals.some)
		return EXIT_REFUSED;
	message_print(stderr, office->language, MESSAGE_ALL_DELIVERED);
	return EXIT_OK;
}

void deliver_refresh(struct office *office, uint64_t timeout_ms)
{
	struct delivery delivery;
	struct err err;

	if (timeout_ms > REFRESH_MS)
		timeout_ms = REFRESH_MS;
	if (!wake_refresh(office->dir, (int)timeout_ms))
		(void)deliver(office, timeout_ms, &delivery, &err);
}
