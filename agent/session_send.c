/* What the session machine sends, and when it tries again. */
#include "agent/session_parts.h"

#include <assert.h>
#include <string.h>

void session_begin(struct session *session)
{
	/* A caller that leaves actions behind has lost them for good. */
	assert(session->action_taken == session->action_count);
	session->action_count = 0;
	session->action_taken = 0;
	arena_reset(&session->arena);
}

struct session_action *session_act(struct session *session,
				   enum session_action_kind kind)
{
	struct session_action *action;

	assert(session->action_count < SESSION_ACTIONS_MAX);
	action = &session->actions[session->action_count++];
	memset(action, 0, sizeof(*action));
	action->kind = kind;
	return action;
}

void session_say(struct session *session, int result,
		 const struct strbuf *message)
{
	void *copy;

	if (result || message->failed)
		return; /* no memory: as if lost on the way */
	copy = arena_copy(&session->arena, message->text, message->len);
	if (copy)
		session_act(session, SESSION_SEND)->bytes =
			span_of(copy, message->len);
}

void session_enter(struct session *session, enum session_state state,
		   enum session_trouble trouble)
{
	if (session->state == state && session->trouble == trouble)
		return;
	session->state = state;
	session->trouble = trouble;
	session_act(session, SESSION_TELL);
}

static uint64_t random_below(struct session *session, uint64_t bound)
{
	return session->config.random(session->config.random_arg) % (bound + 1);
}

/* Nothing of a connection outlives it. */
static void forget_connection(struct session *session)
{
	session->asked = ASKED_NOTHING;
	session->greeted = false;
	session->proof_until = 0;
	session->prove_from = 0;
	session->prove_waits = false;
	session->flight_count = 0;
	session->flight_bytes = 0;
	session->needs_bytes = 0;
	session->paused_until = 0;
	session->credit_until = 0;
	session->credit_bytes = 0;
	session->echoes = 0;
	session->gaps = 0;
	session->misses = 0;
	session->pinged = false;
	session->refreshing = false;
	session->refresh_next = false;
}

/*
 * The first retry is spread over the time that the collector needs to shake
 * hands with every office; then exponential with full jitter. Where somebody
 * waits, what failed before nobody did keeps him waiting no longer than one
 * who has just begun.
 */
static uint64_t retry_delay_ms(struct session *session, uint64_t now_ms)
{
	uint64_t bound;

	if (session->attempts == 0) {
		bound = session->facts.offices * 1000 /
			SESSION_HANDSHAKES_A_SECOND;
		if (bound > SESSION_RETRY_MS_MAX)
			bound = SESSION_RETRY_MS_MAX;
		return random_below(session, bound);
	}
	bound = SESSION_RETRY_MS_FIRST;
	for (unsigned i = 1; i < session->attempts; i++) {
		bound *= 2;
		if (bound >= SESSION_RETRY_MS_MAX) {
			bound = SESSION_RETRY_MS_MAX;
			break;
		}
	}
	if (now_ms < session->hurried_until &&
	    bound > SESSION_HURRY_RETRY_MS_MAX)
		bound = SESSION_HURRY_RETRY_MS_MAX;
	return random_below(session, bound);
}

void session_lose(struct session *session, uint64_t now_ms,
		  enum session_trouble trouble)
{
	forget_connection(session);
	session->retry_at = now_ms + retry_delay_ms(session, now_ms);
	session->attempts++;
	session_act(session, SESSION_CLOSE);
	session_enter(session, SESSION_BACKOFF, trouble);
}

void session_stop(struct session *session, uint64_t now_ms,
		  enum session_trouble trouble)
{
	forget_connection(session);
	session->retry_at = now_ms + SESSION_RETRY_MS_MAX * 3 / 4 +
			    random_below(session, SESSION_RETRY_MS_MAX / 2);
	session_act(session, SESSION_CLOSE);
	session_enter(session, SESSION_BACKOFF, trouble);
}

void session_ping(struct session *session, uint64_t now_ms)
{
	struct strbuf message;

	session->pinged = true;
	strbuf_init(&message, 0);
	session_say(session,
		    talk_encode_ping(WIRE_PING, now_ms * 1000, &message, NULL),
		    &message);
	strbuf_release(&message);
}

void session_ping_next(struct session *session, uint64_t now_ms)
{
	uint64_t spread = session->ping_ms / 4;

	session->ping_at = now_ms + session->ping_ms - spread +
			   random_below(session, 2 * spread);
}

static uint64_t room(const struct session *session)
{
	if (session->flight_bytes >= session->credit_bytes)
		return 0;
	return session->credit_bytes - session->flight_bytes;
}

/* Waiting statements go when nothing is under way, and otherwise are
 * gathered until they are worth a batch. */
static bool wants_seal(const struct session *session)
{
	if (session->config.enrolling)
		return session->chain.next == 1;
	if (session->waiting == 0)
		return false;
	if (session->flight_count == 0)
		return true;
	return session->waiting_bytes >= SESSION_COALESCE_BYTES &&
	       room(session) >= WIRE_BATCH_BYTES_MAX;
}

void session_pump(struct session *session, uint64_t now_ms)
{
	struct session_action *action;
	uint64_t bytes = room(session);

	if (session->state != SESSION_READY || session->asked ||
	    session->flight_count == SESSION_WINDOW_MAX ||
	    session->send_next >= session->credit_until || bytes == 0)
		return;
	if (session->paused_until > now_ms)
		return;
	session->paused_until = 0;
	if (session->send_next < session->chain.next) {
		if (session->needs_bytes > bytes)
			return;
		session->asked = ASKED_LOAD;
		action = session_act(session, SESSION_LOAD);
		action->sequence = session->send_next;
		return;
	}
	if (!wants_seal(session))
		return;
	session->asked = ASKED_SEAL;
	action = session_act(session, SESSION_SEAL);
	action->count_max = session->config.enrolling ? 1 : WIRE_STATEMENTS_MAX;
	action->bytes_max = bytes < WIRE_BATCH_BYTES_MAX ? (size_t)bytes :
							   WIRE_BATCH_BYTES_MAX;
}

void session_rewind(struct session *session, uint64_t from, uint64_t answered)
{
	session->echoes = 0;
	session->answered = answered;
	for (size_t i = 0; i < session->flight_count; i++)
		if (session->flights[i].sequence > answered)
			session->echoes++;
	session->flight_count = 0;
	session->flight_bytes = 0;
	session->needs_bytes = 0;
	session->send_next = from;
}

void session_landed(struct session *session, uint64_t now_ms, uint64_t sequence)
{
	size_t i = 0;

	while (i < session->flight_count &&
	       session->flights[i].sequence != sequence)
		i++;
	if (i == session->flight_count)
		return;
	session->flight_bytes -= session->flights[i].bytes;
	session->flight_count--;
	memmove(&session->flights[i], &session->flights[i + 1],
		(session->flight_count - i) * sizeof(session->flights[0]));
	session->stall_at = now_ms + SESSION_STALL_MS;
	session->gaps = 0;
	session->echoes = 0;
	session->attempts = 0;
}
