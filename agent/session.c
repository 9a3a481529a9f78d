#include "agent/session.h"

#include "agent/session_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct session *session_new(const struct session_config *config)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->config = *config;
	session->facts.offices = config->offices;
	session->ping_ms = SESSION_PING_MS;
	arena_init(&session->arena, WIRE_ARENA_BYTES + WIRE_MESSAGE_BYTES_MAX);
	return session;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	arena_release(&session->arena);
	free(session);
}

static void try_connect(struct session *session, uint64_t now_ms)
{
	session->give_up_at = now_ms + SESSION_GREET_MS;
	session_act(session, SESSION_CONNECT)->attempt = session->connects++;
	session_enter(session, SESSION_CONNECTING, session->trouble);
}

void session_start(struct session *session, uint64_t now_ms)
{
	session_begin(session);
	assert(session->state == SESSION_IDLE);
	try_connect(session, now_ms);
}

void session_up(struct session *session, uint64_t now_ms,
		const struct session_chain *chain)
{
	struct span rotate = span_of_text(TALK_ROTATE);
	struct hello hello = {
		.must_understand = &rotate,
		.must_understand_count = session->config.rotating,
		.version_min = TALK_VERSION,
		.version_max = TALK_VERSION,
		.next = chain->next,
		.head = chain->head,
		.first_kept = chain->first_kept,
		.last_kept = chain->last_kept,
		.seen_size = chain->seen_size,
		.seen_root = chain->seen_root,
		.program = span_of_text(session->config.program),
		.catalogue = chain->catalogue,
	};
	struct strbuf message;

	session_begin(session);
	if (session->state != SESSION_CONNECTING)
		return;
	session->chain = *chain;
	session->give_up_at = now_ms + SESSION_GREET_MS;
	strbuf_init(&message, 0);
	session_say(session, talk_encode_hello(&hello, &message, NULL),
		    &message);
	strbuf_release(&message);
	session_enter(session, SESSION_GREETING, session->trouble);
}

static bool connected(const struct session *session)
{
	return session->state != SESSION_IDLE &&
	       session->state != SESSION_BACKOFF;
}

void session_down(struct session *session, uint64_t now_ms,
		  enum session_trouble why)
{
	session_begin(session);
	if (!connected(session))
		return;
	if (why == TROUBLE_REFUSED)
		session_stop(session, now_ms, why);
	else
		session_lose(session, now_ms, why);
}

void session_message(struct session *session, uint64_t now_ms,
		     struct span message)
{
	enum wire_type type;
	struct span body;

	session_begin(session);
	if (!connected(session) || session->state == SESSION_CONNECTING)
		return; /* of a socket that is closed */
	session->heard = true;
	session->misses = 0;
	if (wire_read_prefix(message, &type, &body, NULL))
		session_lose(session, now_ms, TROUBLE_NONSENSE);
	else
		session_hear(session, now_ms, type, body);
}

static void ping(struct session *session, uint64_t now_ms)
{
	if (session->heard)
		session->attempts = 0; /* this connection has proved good */
	else if (++session->misses >= SESSION_MISSES_MAX) {
		session_lose(session, now_ms, TROUBLE_OFFLINE);
		return;
	}
	session->heard = false;
	session_ping(session, now_ms);
	session_ping_next(session, now_ms);
}

void session_hurry(struct session *session, uint64_t now_ms)
{
	bool first = now_ms >= session->hurried_until;

	session_begin(session);
	session->hurried_until = now_ms + SESSION_HURRY_MS;
	if (first && session->state == SESSION_BACKOFF &&
	    !session_needs_person(session) && session->retry_at > now_ms)
		session->retry_at = now_ms;
}

bool session_may_prove(struct session *session, uint64_t now_ms)
{
	session->prove_waits = now_ms < session->prove_from;
	return !session->prove_waits;
}

bool session_prove(struct session *session, uint64_t now_ms,
		   const struct prove *prove)
{
	struct strbuf message;

	session_begin(session);
	if (session->state != SESSION_READY || session->proof_until > now_ms)
		return false;
	session->proof_until = now_ms + SESSION_PROOF_MS;
	session->prove_from = now_ms + SESSION_PROVE_GAP_MS;
	strbuf_init(&message, 0);
	session_say(session, evidence_encode_prove(prove, &message, NULL),
		    &message);
	strbuf_release(&message);
	return true;
}

void session_recall(struct session *session, const struct recall *recall)
{
	struct strbuf message;

	session_begin(session);
	if (session->state != SESSION_READY)
		return;
	session->recalls_former = true;
	strbuf_init(&message, 0);
	session_say(session, talk_encode_recall(recall, &message, NULL),
		    &message);
	strbuf_release(&message);
}

void session_cosign(struct session *session, const struct cosign *cosign)
{
	struct strbuf message;

	session_begin(session);
	if (session->state != SESSION_READY)
		return;
	strbuf_init(&message, 0);
	session_say(session, evidence_encode_cosign(cosign, &message, NULL),
		    &message);
	strbuf_release(&message);
}

void session_distrust(struct session *session, uint64_t now_ms)
{
	session_begin(session);
	/* Whatever else has ended it: this is what people must know. */
	if (session->state != SESSION_IDLE)
		session_stop(session, now_ms, TROUBLE_BROKEN);
}

bool session_refresh(struct session *session, uint64_t now_ms)
{
	session_begin(session);
	if (session->state != SESSION_READY)
		return false;
	/* One PONG may answer several PINGs: ours must be the only one. */
	if (session->pinged) {
		session->refresh_next = true;
	} else {
		session_ping(session, now_ms);
		session->refreshing = true;
	}
	return true;
}

static void tick_ready(struct session *session, uint64_t now_ms)
{
	if (session->flight_count && now_ms >= session->stall_at) {
		session_lose(session, now_ms, TROUBLE_OFFLINE);
		return;
	}
	if (session->paused_until && now_ms >= session->paused_until) {
		session->paused_until = 0;
		session_enter(session, SESSION_READY, TROUBLE_NONE);
	}
	session_pump(session, now_ms);
}

void session_tick(struct session *session, uint64_t now_ms)
{
	session_begin(session);
	switch (session->state) {
	case SESSION_IDLE:
		return;
	case SESSION_BACKOFF:
		if (now_ms >= session->retry_at)
			try_connect(session, now_ms);
		return;
	case SESSION_CONNECTING:
	case SESSION_GREETING:
	case SESSION_CHECKING:
		if (now_ms >= session->give_up_at)
			session_lose(session, now_ms, TROUBLE_OFFLINE);
		return;
	case SESSION_RECALLING:
		if (now_ms >= session->give_up_at) {
			session_lose(session, now_ms, TROUBLE_OFFLINE);
			return;
		}
		break;
	case SESSION_READY:
		session->prove_waits = session->prove_waits &&
				       now_ms < session->prove_from;
		break;
	}
	if (now_ms >= session->ping_at)
		ping(session, now_ms);
	if (session->state == SESSION_READY)
		tick_ready(session, now_ms);
}

void session_waiting(struct session *session, uint64_t now_ms, uint64_t count,
		     uint64_t bytes)
{
	session_begin(session);
	session->waiting = count;
	session->waiting_bytes = bytes;
	session_pump(session, now_ms);
}

static void send_batch(struct session *session, uint64_t now_ms,
		       uint64_t sequence, struct span batch)
{
	struct flight *flight;
	struct strbuf message;

	if (session->flight_bytes + batch.len > session->credit_bytes) {
		session->needs_bytes = batch.len;
		return;
	}
	strbuf_init(&message, 0);
	session_say(session, talk_encode_batch(batch, &message, NULL),
		    &message);
	strbuf_release(&message);
	flight = &session->flights[session->flight_count++];
	flight->sequence = sequence;
	flight->bytes = batch.len;
	if (session->flight_count == 1)
		session->stall_at = now_ms + SESSION_STALL_MS;
	session->flight_bytes += batch.len;
	session->needs_bytes = 0;
	session->send_next = sequence + 1;
}

void session_batch(struct session *session, uint64_t now_ms, uint64_t sequence,
		   struct span batch)
{
	enum session_asked asked = session->asked;

	session_begin(session);
	session->asked = ASKED_NOTHING;
	switch (asked) {
	case ASKED_NOTHING:
		return;
	case ASKED_CHECK:
		session_checked(session, now_ms, batch);
		return;
	case ASKED_SEAL:
		assert(sequence == session->chain.next);
		session->chain.next++;
		session->chain.last_kept = sequence;
		if (session->chain.first_kept == 0)
			session->chain.first_kept = sequence;
		session->waiting = 0; /* until we are told what is left */
		session->waiting_bytes = 0;
		break;
	case ASKED_LOAD:
		assert(sequence == session->send_next);
		break;
	}
	send_batch(session, now_ms, sequence, batch);
	session_pump(session, now_ms);
}

void session_no_batch(struct session *session, uint64_t now_ms)
{
	enum session_asked asked = session->asked;

	session_begin(session);
	session->asked = ASKED_NOTHING;
	switch (asked) {
	case ASKED_NOTHING:
		break;
	case ASKED_SEAL:
		session->waiting = 0;
		session->waiting_bytes = 0;
		break;
	case ASKED_LOAD:
	case ASKED_CHECK:
		session_stop(session, now_ms, TROUBLE_LOST);
		break;
	}
}

bool session_action(struct session *session, struct session_action *out)
{
	if (session->action_taken == session->action_count)
		return false;
	*out = session->actions[session->action_taken++];
	return true;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t session_deadline(const struct session *session)
{
	uint64_t at = UINT64_MAX;

	switch (session->state) {
	case SESSION_IDLE:
		break;
	case SESSION_BACKOFF:
		return session->retry_at;
	case SESSION_CONNECTING:
	case SESSION_GREETING:
	case SESSION_CHECKING:
		return session->give_up_at;
	case SESSION_RECALLING:
		return sooner(session->give_up_at, session->ping_at);
	case SESSION_READY:
		at = session->ping_at;
		if (session->flight_count)
			at = sooner(at, session->stall_at);
		if (session->paused_until)
			at = sooner(at, session->paused_until);
		if (session->prove_waits)
			at = sooner(at, session->prove_from);
		break;
	}
	return at;
}

enum session_state session_state(const struct session *session)
{
	return session->state;
}

enum session_trouble session_trouble(const struct session *session)
{
	return session->trouble;
}

bool session_needs_person(const struct session *session)
{
	switch (session->trouble) {
	case TROUBLE_NONE:
	case TROUBLE_OFFLINE:
	case TROUBLE_NONSENSE:
	case TROUBLE_STRANGER:
	case TROUBLE_COUNT:
		return false;
	case TROUBLE_REFUSED:
	case TROUBLE_VERSION:
	case TROUBLE_FORK:
	case TROUBLE_UNSIGNED:
	case TROUBLE_LOST:
	case TROUBLE_BROKEN:
		return true;
	case TROUBLE_NACK:
		return session->state == SESSION_BACKOFF &&
		       session->nack_code != NACK_BUSY &&
		       session->nack_code != NACK_DISK_FULL &&
		       session->nack_code != NACK_ALLOWANCE;
	}
	return false;
}

bool session_settled(const struct session *session)
{
	return session->state == SESSION_READY && session->waiting == 0 &&
	       session->flight_count == 0 &&
	       session->send_next == session->chain.next &&
	       !(session->config.enrolling && session->chain.next == 1);
}

unsigned session_nack(const struct session *session, const char **text)
{
	*text = session->nack_text;
	return session->nack_code;
}

const struct session_facts *session_facts(const struct session *session)
{
	return &session->facts;
}
