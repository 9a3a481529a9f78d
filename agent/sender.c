#include "agent/sender.h"

#include <stdlib.h>

#include "agent/follow.h"
#include "agent/rotation.h"
#include "agent/sender_parts.h"
#include "base/rt/clock.h"
#include "base/rt/log.h"

#define SENDER_ARENA_BYTES ((size_t)8 * 1024 * 1024)
#define SENDER_TIDY_MS 5000	  /* between writes that may wait */
#define SENDER_SLICE_WAIT_MS 3000 /* for a slice that does not come */

/* After a failure nobody does what the session asks for, and it may hear more
 * before the loop stops. */
static void drop_actions(struct sender *sender)
{
	struct session_action action;

	while (session_action(sender->session, &action))
		continue;
}

static void fail(struct sender *sender, const struct err *err)
{
	drop_actions(sender);
	if (sender->failure.code)
		return;
	sender->failure = *err;
	if (sender->options.log)
		log_err(LOG_ERROR, "failed", err);
	loop_stop(sender->loop);
}

/* Tells the session what waits; it may then ask to seal. */
static void count_waiting(struct sender *sender)
{
	struct outbox_counts counts;
	struct err err;

	sender->recount = false;
	if (outbox_counts(sender->office->outbox, &counts, &err)) {
		fail(sender, &err);
		return;
	}
	sender->waiting = counts.waiting;
	sender->waiting_bytes = counts.bytes_waiting;
	if (!sender->office->enrolling && !sender->office->rotation &&
	    rotation_begun(sender->office) &&
	    rotation_read(sender->office, &err)) {
		fail(sender, &err);
		return;
	}
	/* What waits is the new key's. */
	if (sender->office->rotation)
		counts.waiting = counts.bytes_waiting = 0;
	session_waiting(sender->session, clock_monotonic_ms(), counts.waiting,
			counts.bytes_waiting);
}

/* ---- actions ---- */

static void connect_now(struct sender *sender, unsigned attempt)
{
	struct office *office = sender->office;
	char endpoint[ENDPOINT_BYTES_MAX + 1];
	struct curve_pair curve = office->keys.curve;
	unsigned endpoints;
	struct err err;
	int rc;

	if (office->rotation == ROTATION_SEALED && !sender->with_old)
		curve = office->next_keys.curve;
	if (sender->with_code)
		code_session_key(&office->code, &curve);
	endpoints = office_endpoint(office, attempt, endpoint);
	rc = follow_read(office, &err);
	/* Each key at each address. */
	if (!rc)
		sender->curve = sender->curves_tried++ / endpoints %
				follow_curves(office);
	if (!rc)
		rc = socket_connect(sender->socket, endpoint,
				    follow_curve(office, sender->curve), &curve,
				    &err);
	if (rc) {
		sender->lost = true;
		if (sender->options.log)
			log_err(LOG_WARN, "connect", &err);
	}
	sign_wipe(&curve, sizeof(curve));
}

static int perform(struct sender *sender, const struct session_action *action,
		   struct err *err)
{
	switch (action->kind) {
	case SESSION_CONNECT:
		connect_now(sender, action->attempt);
		return 0;
	case SESSION_CLOSE:
		socket_shut(sender->socket);
		return 0;
	case SESSION_SEND:
		if (socket_send(sender->socket, action->bytes, NULL))
			sender->lost = true;
		return 0;
	case SESSION_RECEIPTS:
		return sender_record(sender, action, err);
	case SESSION_WANTED:
		return sender_wanted(sender, action->sequence, err);
	case SESSION_RESTORE:
		return sender_restore(sender, action, err);
	case SESSION_FORMER:
		return sender_former_told(sender, action->recalled, err);
	case SESSION_SLICE:
		return sender_sliced(sender, action->slice, err);
	case SESSION_SUCCEEDED:
		return sender_succeeded(sender, action->bytes, err);
	case SESSION_REOPENED:
		return sender_reopened(sender, action->bytes, action->early,
				       err);
	case SESSION_CHECKPOINT:
		return sender_shown(sender, action->bytes, err);
	case SESSION_EVIDENCE:
		return sender_hear_evidence(sender, action->evidence, err);
	case SESSION_SAFE:
		sender->safe = action->safe;
		sender->forgets = true;
		return 0;
	case SESSION_REFRESHED:
		sender_answer_refreshers(sender, true);
		return 0;
	case SESSION_TELL:
		return sender_tell(sender, err);
	case SESSION_SEAL:
	case SESSION_LOAD:
		break; /* drain's */
	}
	return 0;
}

/* All actions of an event, until the session has nothing more to ask. */
static int take_actions(struct sender *sender, struct err *err)
{
	struct session_action action, asked = { 0 };
	bool asks;
	int ret = 0;

	do {
		asks = false;
		while (session_action(sender->session, &action)) {
			if (action.kind == SESSION_SEAL ||
			    action.kind == SESSION_LOAD) {
				asked = action;
				asks = true;
			} else if (!ret) {
				ret = perform(sender, &action, err);
			}
		}
		if (!ret)
			ret = sender_settle_doubts(sender, err);
		if (asks && !ret)
			ret = sender_answer(sender, &asked, err);
	} while (asks && !ret);
	return ret;
}

/* A full disk passes: what could not be written comes again with the next
 * connection. */
static bool wait_for_room(struct sender *sender, const struct err *err)
{
	if (sender->options.log)
		log_err(LOG_ERROR, "disk-full", err);
	sender->lost = false;
	sender->recount = false;
	session_down(sender->session, clock_monotonic_ms(), TROUBLE_OFFLINE);
	return true;
}

/* ---- the loop's callbacks ---- */

static void drain(struct sender *sender)
{
	struct err err;
	uint64_t at, now_ms;
	bool again;
	int ret;

	if (sender->failure.code) {
		drop_actions(sender);
		return;
	}
	do {
		again = false;
		ret = take_actions(sender, &err);
		if (!ret && sender->lost) {
			sender->lost = false;
			session_down(sender->session, clock_monotonic_ms(),
				     TROUBLE_OFFLINE);
			again = true;
		} else if (!ret && sender->recount) {
			count_waiting(sender);
			again = true;
		} else if (!ret) {
			again = sender_ask_former(sender, &err, &ret) ||
				sender_witness(sender, &err, &ret) ||
				sender_follow_enrolment(sender, &err, &ret);
			if (!again && !ret)
				again = sender_follow_rotation(sender, &err,
							       &ret);
		}
		if (ret == ERR_FULL) {
			again = wait_for_room(sender, &err);
		} else if (ret) {
			fail(sender, &err);
			return;
		}
	} while (again);
	at = session_deadline(sender->session);
	now_ms = clock_monotonic_ms();
	if (at == UINT64_MAX)
		loop_disarm(sender->loop, &sender->timer);
	else
		loop_arm(sender->loop, &sender->timer,
			 at > now_ms ? at - now_ms : 0);
}

/* The handshake is done: who has that CURVE key is there. */
static int keep_curve(struct sender *sender, struct err *err)
{
	int ret = follow_worked(sender->office, sender->curve, err);

	/* It is the first to be tried again. */
	sender->curve = sender->curves_tried = 0;
	return ret == ERR_FULL ? 0 : ret; /* the next time */
}

static void on_up(void *arg)
{
	struct sender *sender = arg;
	struct session_chain chain;
	struct err err;

	sender->formers = true;
	strbuf_clear(&sender->told_notes);
	if (keep_curve(sender, &err) ||
	    sender_read_chain(sender, &chain, &err)) {
		fail(sender, &err);
		return;
	}
	slice_gather_release(&sender->gather);
	sender->gather.complete = 0;
	chain.catalogue = slice_files_hash(sender->office->outbox);
	session_up(sender->session, clock_monotonic_ms(), &chain);
	sender->recount = true;
	drain(sender);
}

static void on_down(void *arg, enum socket_end end)
{
	static const enum session_trouble why[] = {
		[SOCKET_LOST] = TROUBLE_OFFLINE,
		[SOCKET_REFUSED] = TROUBLE_REFUSED,
		[SOCKET_STRANGER] = TROUBLE_STRANGER,
	};
	struct sender *sender = arg;

	session_down(sender->session, clock_monotonic_ms(), why[end]);
	drain(sender);
}

static void on_message(void *arg, struct span message)
{
	struct sender *sender = arg;

	session_message(sender->session, clock_monotonic_ms(), message);
	drain(sender);
}

static void on_timer(void *arg)
{
	struct sender *sender = arg;

	session_tick(sender->session, clock_monotonic_ms());
	drain(sender);
}

static void on_wake(void *arg, unsigned events)
{
	struct sender *sender = arg;
	struct wake_peer peer;
	int call;

	(void)events;
	while ((call = wake_take(sender->wake_fd, &peer)) != 0) {
		if (call == WAKE_HURRY)
			session_hurry(sender->session, clock_monotonic_ms());
		if (call == WAKE_SAVED || call == WAKE_HURRY) {
			sender->recount = true;
			drain(sender);
			continue;
		}
		if (call != WAKE_REFRESH)
			continue;
		if (sender->refresher_count == SENDER_REFRESHERS_MAX ||
		    !session_refresh(sender->session, clock_monotonic_ms())) {
			wake_answer(sender->wake_fd, &peer, false);
			continue;
		}
		sender->refreshers[sender->refresher_count++] = peer;
		drain(sender);
	}
}

static void on_poll(void *arg)
{
	struct sender *sender = arg;
	struct outbox_counts counts;
	struct err err;
	int ret;

	loop_arm(sender->loop, &sender->poll, SENDER_POLL_MS);
	ret = outbox_counts(sender->office->outbox, &counts, &err);
	if (!ret && clock_monotonic_ms() - sender->tidied_at > SENDER_TIDY_MS) {
		ret = sender_tidy(sender, &err);
		if (ret == ERR_FULL)
			ret = 0;
	}
	if (ret) {
		fail(sender, &err);
		return;
	}
	if (counts.waiting != sender->waiting ||
	    counts.bytes_waiting != sender->waiting_bytes) {
		sender->recount = true;
		drain(sender);
	}
}

/* ---- life ---- */

int sender_open(struct office *office, struct loop *loop,
		const struct sender_options *options, struct sender **out,
		struct err *err)
{
	static const struct socket_events events = { .up = on_up,
						     .down = on_down,
						     .message = on_message };
	struct sender *sender;
	int ret = outbox_lock_sender(office->outbox, err);

	/* Whoever had the lock before may have changed them. */
	if (!ret)
		ret = rotation_read(office, err);
	if (!ret)
		ret = keys_load(office->dir, &office->keys, err);
	if (ret)
		return ret;
	sender = calloc(1, sizeof(*sender));
	if (!sender)
		return err_set(err, ERR_NOMEM, "no memory to send");
	sender->office = office;
	sender->with_old = true;
	sender->loop = loop;
	sender->options = *options;
	sender->wake_fd = -1;
	sender->offices =
		strtoull(office_get_text(office, "offices"), NULL, 10);
	sender->timer = (struct loop_timer){ .due = on_timer, .arg = sender };
	sender->poll = (struct loop_timer){ .due = on_poll, .arg = sender };
	sender->tidied_at = clock_monotonic_ms();
	arena_init(&sender->arena, SENDER_ARENA_BYTES);
	strbuf_init(&sender->seen_note, 0);
	strbuf_init(&sender->shown_note, 0);
	strbuf_init(&sender->doubted_note, 0);
	strbuf_init(&sender->told_notes, SUCCESSIONS_BYTES_MAX);
	slice_gather_init(&sender->gather);
	ret = witnesses_read(office->dir, office->settings.witnesses,
			     &sender->witnesses, err);
	if (!ret)
		ret = sender_read_seen(sender, err);
	if (!ret)
		ret = wake_open(office->dir, &sender->wake_fd, err);
	if (!ret)
		ret = loop_add_fd(loop, sender->wake_fd, LOOP_READ, on_wake,
				  sender, err);
	if (ret == ERR_FULL)
		ret = 0; /* the poll will do until there is room */
	if (!ret)
		ret = socket_open(loop, &events, sender, &sender->socket, err);
	if (!ret)
		ret = sender_new_session(sender, office->enrolling, err);
	if (ret) {
		sender_close(sender);
		return ret;
	}
	loop_arm(loop, &sender->poll, SENDER_POLL_MS);
	drain(sender);
	*out = sender;
	return 0;
}

void sender_close(struct sender *sender)
{
	if (!sender)
		return;
	loop_disarm(sender->loop, &sender->timer);
	loop_disarm(sender->loop, &sender->poll);
	if (!sender->failure.code)
		(void)sender_tidy(sender, NULL);
	sender_answer_refreshers(sender, false);
	if (sender->wake_fd >= 0) {
		loop_remove_fd(sender->loop, sender->wake_fd);
		wake_close(sender->office->dir, sender->wake_fd);
	}
	socket_close(sender->socket);
	session_free(sender->session);
	slice_gather_release(&sender->gather);
	strbuf_release(&sender->seen_note);
	strbuf_release(&sender->shown_note);
	strbuf_release(&sender->doubted_note);
	strbuf_release(&sender->told_notes);
	arena_release(&sender->arena);
	free(sender);
}

void sender_hurry(struct sender *sender)
{
	session_hurry(sender->session, clock_monotonic_ms());
	drain(sender);
}

const struct session *sender_session(const struct sender *sender)
{
	return sender->session;
}

bool sender_settled(const struct sender *sender)
{
	const struct session_facts *facts = session_facts(sender->session);

	if (sender->office->enrolling || sender->office->rotation ||
	    !session_settled(sender->session) || sender->recount)
		return false;
	return (facts->catalogue <= sender->gather.complete &&
		!sender->asking && !sender->former.count) ||
	       clock_monotonic_ms() - sender->ready_at > SENDER_SLICE_WAIT_MS;
}

int sender_failed(const struct sender *sender, struct err *err)
{
	if (sender->failure.code)
		*err = sender->failure;
	return sender->failure.code;
}
