#include "agent/sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/rebase.h"
#include "agent/slice.h"
#include "agent/socket.h"
#include "agent/wake.h"
#include "base/rt/log.h"

#define SENDER_ARENA_BYTES ((size_t)8 * 1024 * 1024)
#define SENDER_REFRESHERS_MAX 16
#define SENDER_TIDY_MS 5000 /* between writes that may wait */
#define SENDER_CLOCK_APART_US (5 * 60 * 1000000ull)
#define SENDER_SLICE_WAIT_MS 3000 /* for a slice that does not come */

struct sender {
	struct office *office;
	struct loop *loop;
	struct sender_options options;
	struct socket *socket;
	struct session *session;
	bool with_code; /* the session's keys are the code's */
	bool own_tried; /* the code was refused, and then our own keys */
	struct loop_timer timer, poll;
	struct slice_gather gather;
	struct arena arena; /* one batch */
	int wake_fd;
	struct wake_peer refreshers[SENDER_REFRESHERS_MAX];
	size_t refresher_count;
	uint64_t first_open; /* no item below it is undelivered */
	uint64_t waiting, waiting_bytes;
	bool recount, lost;
	uint64_t ready_at;
	struct sender_word told;
	bool has_told;
	struct strbuf note; /* checkpoint not yet written */
	uint64_t safe;	    /* not yet written */
	uint64_t offices;   /* as written */
	uint64_t tidied_at;
	struct err failure;
};

static void drain(struct sender *sender);

static uint64_t now_ms(void)
{
	return clock_monotonic_ms();
}

static uint64_t draw(void *arg)
{
	uint64_t value;

	(void)arg;
	random_bytes(&value, sizeof(value));
	return value;
}

static void fail(struct sender *sender, const struct err *err)
{
	if (sender->failure.code)
		return;
	sender->failure = *err;
	if (sender->options.log)
		log_err(LOG_ERROR, "failed", err);
	loop_stop(sender->loop);
}

/* ---- what the outbox knows ---- */

struct open_items {
	uint64_t first_open;
	uint64_t unreceipted; /* 0: none */
};

static int visit_open(void *arg, const struct outbox_item *item)
{
	struct open_items *open = arg;

	if (item->delivered)
		return 0;
	open->first_open = item->number;
	open->unreceipted = item->sequence;
	return 1;
}

static int read_chain(struct sender *sender, struct session_chain *out,
		      struct err *err)
{
	struct open_items open = { .first_open = sender->first_open };
	struct outbox_chain chain;
	int ret = outbox_chain(sender->office->outbox, &chain, err);

	if (!ret)
		ret = outbox_items(sender->office->outbox, sender->first_open,
				   visit_open, &open, err);
	if (ret < 0)
		return ret;
	sender->first_open = open.first_open;
	out->next = chain.next;
	out->head = chain.head;
	out->first_kept = chain.first_kept;
	out->last_kept = chain.last_kept;
	out->unreceipted = open.unreceipted ? open.unreceipted : chain.next;
	return 0;
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
	session_waiting(sender->session, now_ms(), counts.waiting,
			counts.bytes_waiting);
}

/* ---- what can be written a little later ---- */

static int tidy(struct sender *sender, struct err *err)
{
	struct outbox *outbox = sender->office->outbox;
	uint64_t offices = session_facts(sender->session)->offices;
	char text[24];
	int ret = 0;

	sender->tidied_at = now_ms();
	if (sender->note.len)
		ret = outbox_set(outbox, "checkpoint",
				 strbuf_span(&sender->note), err);
	strbuf_clear(&sender->note);
	if (!ret && sender->safe)
		ret = outbox_forget(outbox, sender->safe, err);
	sender->safe = 0;
	if (!ret && offices != sender->offices) {
		(void)snprintf(text, sizeof(text), "%llu",
			       (unsigned long long)offices);
		ret = office_set_text(sender->office, "offices", text, err);
		sender->offices = offices;
	}
	return ret;
}

static void answer_refreshers(struct sender *sender, bool fresh)
{
	for (size_t i = 0; i < sender->refresher_count; i++)
		wake_answer(sender->wake_fd, &sender->refreshers[i], fresh);
	sender->refresher_count = 0;
}

/* ---- actions ---- */

static void log_refusals(const struct receipt *receipt)
{
	for (size_t i = 0; i < receipt->verdict_count; i++)
		if (receipt->verdicts[i])
			log_line(LOG_WARN, "refused",
				 "receipt=%llu.%zu verdict=%s",
				 (unsigned long long)receipt->index, i,
				 verdict_name(receipt->verdicts[i]));
}

static int record_receipts(struct sender *sender,
			   const struct session_action *action, struct err *err)
{
	bool refused = false;
	int ret = outbox_receipts(sender->office->outbox, action->receipts,
				  action->receipt_count, err);

	if (ret)
		return ret;
	sender->recount = true;
	for (size_t i = 0; i < action->receipt_count; i++) {
		const struct receipt *receipt = &action->receipts[i];

		for (size_t j = 0; j < receipt->verdict_count; j++)
			refused |= receipt->verdicts[j] != 0;
		if (!sender->options.log)
			continue;
		log_line(LOG_INFO, "delivered",
			 "sequence=%llu index=%llu statements=%zu",
			 (unsigned long long)receipt->sequence,
			 (unsigned long long)receipt->index,
			 receipt->verdict_count);
		log_refusals(receipt);
	}
	return refused ? rebase_waiting(sender->office, err) : 0;
}

/* A wrong clock here makes reports look early or late to people. */
static void compare_clocks(struct sender *sender)
{
	uint64_t theirs = session_facts(sender->session)->now_us;
	uint64_t ours = clock_now_us(&sender->office->clock);
	uint64_t apart = theirs > ours ? theirs - ours : ours - theirs;

	if (sender->options.log && theirs && apart > SENDER_CLOCK_APART_US)
		log_line(LOG_WARN, "clocks-differ", "seconds=%llu ours=%s",
			 (unsigned long long)(apart / 1000000),
			 theirs > ours ? "behind" : "ahead");
}

/* Days are the journal's, wherever the office is. */
static int learn_zone(struct sender *sender, struct err *err)
{
	int zone = session_facts(sender->session)->zone_minutes;
	char text[16];

	if (zone == sender->office->zone_minutes)
		return 0;
	(void)snprintf(text, sizeof(text), "%d", zone);
	sender->office->zone_minutes = zone;
	return office_set_text(sender->office, "zone", text, err);
}

static int tell(struct sender *sender, struct err *err)
{
	struct sender_word word = {
		.state = session_state(sender->session),
		.trouble = session_trouble(sender->session),
	};
	const char *text;
	char line[64];
	int ret;

	word.nack_code = session_nack(sender->session, &text);
	if (word.state != SESSION_READY)
		answer_refreshers(sender, false);
	/* Being about to connect is no news. */
	if (word.state != SESSION_READY && word.state != SESSION_BACKOFF &&
	    word.state != SESSION_RECALLING)
		return 0;
	if (sender->has_told && !memcmp(&word, &sender->told, sizeof(word)))
		return 0;
	if (word.state == SESSION_READY) {
		sender->ready_at = now_ms();
		compare_clocks(sender);
		ret = learn_zone(sender, err);
		if (ret)
			return ret;
	}
	sender->told = word;
	sender->has_told = true;
	if (sender->options.log)
		log_line(
			word.trouble ? LOG_WARN : LOG_INFO, "session",
			"state=\"%s\" trouble=\"%s\" text=\"%s\"",
			state_text(LANGUAGE_EN, word.state),
			trouble_text(LANGUAGE_EN, word.trouble, word.nack_code),
			word.trouble == TROUBLE_NACK ? text : "");
	(void)snprintf(line, sizeof(line), "%d %d %u", (int)word.state,
		       (int)word.trouble, word.nack_code);
	ret = office_set_text(sender->office, "session", line, err);
	return ret == ERR_FULL ? 0 : ret; /* a word is not worth a session */
}

/* "Connected" was said by a sender that is gone. */
static int forget_last_word(struct sender *sender, struct err *err)
{
	struct sender_word word;
	char line[64];
	int ret;

	if (!sender->options.log || !sender_word(sender->office, &word) ||
	    word.state != SESSION_READY)
		return 0;
	(void)snprintf(line, sizeof(line), "%d %d 0", (int)SESSION_CONNECTING,
		       (int)TROUBLE_NONE);
	ret = office_set_text(sender->office, "session", line, err);
	return ret == ERR_FULL ? 0 : ret;
}

static int restore(struct sender *sender, const struct session_action *action,
		   struct err *err)
{
	sender->recount = true;
	if (sender->options.log)
		log_line(LOG_INFO, "recalled", "sequence=%llu",
			 (unsigned long long)action->sequence);
	return outbox_restore(sender->office->outbox, action->recalled,
			      action->batch, err);
}

static void connect_now(struct sender *sender, unsigned attempt)
{
	struct office *office = sender->office;
	char endpoint[ENDPOINT_BYTES_MAX + 1];
	struct sign_pair code_sign;
	struct curve_pair curve = office->keys.curve;
	struct err err;

	if (sender->with_code)
		code_keys(office->code.seed, &code_sign, &curve);
	office_endpoint(office, attempt, endpoint);
	if (socket_connect(sender->socket, endpoint, office->card.curve_key,
			   &curve, &err)) {
		sender->lost = true;
		if (sender->options.log)
			log_err(LOG_WARN, "connect", &err);
	}
	sign_wipe(&curve, sizeof(curve));
	sign_wipe(&code_sign, sizeof(code_sign));
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
		return record_receipts(sender, action, err);
	case SESSION_RESTORE:
		return restore(sender, action, err);
	case SESSION_SLICE:
		return slice_take(&sender->gather, sender->office->outbox,
				  action->slice, err);
	case SESSION_CHECKPOINT:
		strbuf_clear(&sender->note);
		strbuf_add(&sender->note, action->bytes.data,
			   action->bytes.len);
		return 0;
	case SESSION_SAFE:
		sender->safe = action->safe;
		return 0;
	case SESSION_REFRESHED:
		answer_refreshers(sender, true);
		return 0;
	case SESSION_TELL:
		return tell(sender, err);
	case SESSION_SEAL:
	case SESSION_LOAD:
		break; /* drain's */
	}
	return 0;
}

static int seal(struct sender *sender, const struct session_action *action,
		struct span *batch, uint64_t *sequence, struct err *err)
{
	struct office *office = sender->office;
	struct seal_header header = {
		.journal = office->journal,
		.sent_us = clock_now_us(&office->clock),
		/* No checkpoint is verified yet: the empty journal's root. */
		.seen_root = hash_span(span_of(NULL, 0)),
	};

	sender->recount = true;
	return outbox_seal(office->outbox, &header, &office->keys.sign,
			   action->count_max, action->bytes_max, &sender->arena,
			   batch, sequence, err);
}

static int answer(struct sender *sender, const struct session_action *action,
		  struct err *err)
{
	uint64_t sequence = action->sequence;
	struct span batch;
	int ret;

	arena_reset(&sender->arena);
	if (action->kind == SESSION_SEAL)
		ret = seal(sender, action, &batch, &sequence, err);
	else
		ret = outbox_batch(sender->office->outbox, sequence,
				   &sender->arena, &batch, err);
	if (ret && ret != ERR_NOTFOUND)
		return ret;
	if (ret)
		session_no_batch(sender->session, now_ms());
	else
		session_batch(sender->session, now_ms(), sequence, batch);
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
		if (asks && !ret)
			ret = answer(sender, &asked, err);
	} while (asks && !ret);
	return ret;
}

/* ---- enrolment: with the code's keys first, then with our own ---- */

static int new_session(struct sender *sender, bool with_code, struct err *err)
{
	struct session_config config = {
		.key = sender->office->keys.sign.key,
		.enrolling = with_code,
		.offices = sender->offices,
		.program = "tally-agent " TALLY_VERSION,
		.random = draw,
	};
	struct session *session = session_new(&config);

	if (!session)
		return err_set(err, ERR_NOMEM, "no memory for a session");
	socket_shut(sender->socket);
	session_free(sender->session);
	sender->session = session;
	sender->with_code = with_code;
	sender->lost = false;
	session_start(session, now_ms());
	return 0;
}

/*
 * The code works once. If its batch was taken but the answer got lost, the
 * code's key is refused from then on, and our own key is known; even if this
 * directory, put back from a copy, knows nothing of that batch. If neither is
 * known, the code's grant may be still to come.
 */
static bool code_is_refused(struct sender *sender, struct err *err, int *ret)
{
	struct session_chain chain;
	bool with_code = sender->with_code, sealed;

	if (session_state(sender->session) != SESSION_BACKOFF ||
	    !session_needs_person(sender->session))
		return false;
	*ret = read_chain(sender, &chain, err);
	sealed = !*ret && chain.next > 1;
	if (*ret || (with_code ? sender->own_tried && !sealed : sealed))
		return false;
	sender->own_tried = !sealed;
	*ret = new_session(sender, !with_code, err);
	return !*ret;
}

static bool follow_enrolment(struct sender *sender, struct err *err, int *ret)
{
	*ret = 0;
	if (!sender->office->enrolling)
		return false;
	if (sender->with_code && session_settled(sender->session)) {
		*ret = new_session(sender, false, err);
		return !*ret;
	}
	if (!sender->with_code &&
	    session_state(sender->session) == SESSION_READY) {
		*ret = office_drop_code(sender->office, err);
		return false;
	}
	return code_is_refused(sender, err, ret);
}

/* A full disk passes: what could not be written comes again with the next
 * connection. */
static bool wait_for_room(struct sender *sender, const struct err *err)
{
	if (sender->options.log)
		log_err(LOG_ERROR, "disk-full", err);
	sender->lost = false;
	sender->recount = false;
	session_down(sender->session, now_ms(), false);
	return true;
}

/* ---- the loop's callbacks ---- */

static void drain(struct sender *sender)
{
	struct err err;
	uint64_t at;
	bool again;
	int ret;

	if (sender->failure.code)
		return;
	do {
		again = false;
		ret = take_actions(sender, &err);
		if (!ret && sender->lost) {
			sender->lost = false;
			session_down(sender->session, now_ms(), false);
			again = true;
		} else if (!ret && sender->recount) {
			count_waiting(sender);
			again = true;
		} else if (!ret) {
			again = follow_enrolment(sender, &err, &ret);
		}
		if (ret == ERR_FULL) {
			again = wait_for_room(sender, &err);
		} else if (ret) {
			fail(sender, &err);
			return;
		}
	} while (again);
	at = session_deadline(sender->session);
	if (at == UINT64_MAX)
		loop_disarm(sender->loop, &sender->timer);
	else
		loop_arm(sender->loop, &sender->timer,
			 at > now_ms() ? at - now_ms() : 0);
}

static void on_up(void *arg)
{
	struct sender *sender = arg;
	struct session_chain chain;
	struct err err;

	if (read_chain(sender, &chain, &err)) {
		fail(sender, &err);
		return;
	}
	slice_gather_release(&sender->gather);
	sender->gather.complete = 0;
	session_up(sender->session, now_ms(), &chain);
	sender->recount = true;
	drain(sender);
}

static void on_down(void *arg, bool refused)
{
	struct sender *sender = arg;

	session_down(sender->session, now_ms(), refused);
	drain(sender);
}

static void on_message(void *arg, struct span message)
{
	struct sender *sender = arg;

	session_message(sender->session, now_ms(), message);
	drain(sender);
}

static void on_timer(void *arg)
{
	struct sender *sender = arg;

	session_tick(sender->session, now_ms());
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
			session_hurry(sender->session, now_ms());
		if (call == WAKE_SAVED || call == WAKE_HURRY) {
			sender->recount = true;
			drain(sender);
			continue;
		}
		if (call != WAKE_REFRESH)
			continue;
		if (sender->refresher_count == SENDER_REFRESHERS_MAX ||
		    !session_refresh(sender->session, now_ms())) {
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
	if (!ret && now_ms() - sender->tidied_at > SENDER_TIDY_MS) {
		ret = tidy(sender, &err);
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

	if (ret)
		return ret;
	sender = calloc(1, sizeof(*sender));
	if (!sender)
		return err_set(err, ERR_NOMEM, "no memory to send");
	sender->office = office;
	sender->loop = loop;
	sender->options = *options;
	sender->wake_fd = -1;
	sender->first_open = 1;
	sender->offices =
		strtoull(office_get_text(office, "offices"), NULL, 10);
	sender->timer = (struct loop_timer){ .due = on_timer, .arg = sender };
	sender->poll = (struct loop_timer){ .due = on_poll, .arg = sender };
	sender->tidied_at = now_ms();
	arena_init(&sender->arena, SENDER_ARENA_BYTES);
	strbuf_init(&sender->note, 0);
	slice_gather_init(&sender->gather);
	ret = wake_open(office->dir, &sender->wake_fd, err);
	if (!ret)
		ret = loop_add_fd(loop, sender->wake_fd, LOOP_READ, on_wake,
				  sender, err);
	if (ret == ERR_FULL)
		ret = 0; /* the poll will do until there is room */
	if (!ret)
		ret = socket_open(loop, &events, sender, &sender->socket, err);
	if (!ret)
		ret = forget_last_word(sender, err);
	if (!ret)
		ret = new_session(sender, office->enrolling, err);
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
		(void)tidy(sender, NULL);
	answer_refreshers(sender, false);
	if (sender->wake_fd >= 0) {
		loop_remove_fd(sender->loop, sender->wake_fd);
		wake_close(sender->office->dir, sender->wake_fd);
	}
	socket_close(sender->socket);
	session_free(sender->session);
	slice_gather_release(&sender->gather);
	strbuf_release(&sender->note);
	arena_release(&sender->arena);
	free(sender);
}

const struct session *sender_session(const struct sender *sender)
{
	return sender->session;
}

bool sender_settled(const struct sender *sender)
{
	const struct session_facts *facts = session_facts(sender->session);

	if (sender->office->enrolling || !session_settled(sender->session) ||
	    sender->recount)
		return false;
	return facts->catalogue <= sender->gather.complete ||
	       now_ms() - sender->ready_at > SENDER_SLICE_WAIT_MS;
}

int sender_failed(const struct sender *sender, struct err *err)
{
	if (sender->failure.code)
		*err = sender->failure;
	return sender->failure.code;
}

bool sender_word(struct office *office, struct sender_word *out)
{
	const char *line = office_get_text(office, "session");
	int state, trouble;
	unsigned nack_code;

	if (sscanf(line, "%d %d %u", &state, &trouble, &nack_code) != 3 ||
	    state < 0 || state > SESSION_READY || trouble < 0 ||
	    trouble >= TROUBLE_COUNT)
		return false;
	out->state = (enum session_state)state;
	out->trouble = (enum session_trouble)trouble;
	out->nack_code = nack_code;
	return true;
}
