#include "collector/session.h"

#include <assert.h>
#include <string.h>

#include "collector/session_state.h"

/* ---- hello ---- */

static void alarm_people(struct session *session, enum session_alarm alarm,
			 const struct session_peer *peer)
{
	static const char *const events[] = {
		[ALARM_KEY_TWICE] = "key-in-two-places",
		[ALARM_JOURNAL_SHORTER] = "journal-shorter-than-seen",
	};
	struct session_table *table = session->table;

	if (session_may_alarm(table, &peer->key, alarm))
		table->host.alarm(table->host.ctx, events[alarm], peer);
}

/* Two places fence each other again and again while both live. One that comes
 * back after its connection broke fences nobody but itself. */
static void fence(struct session *session, struct session *other,
		  const struct session_peer *peer)
{
	struct session_table *table = session->table;

	session_end(other, NACK_FENCED,
		    "a newer session of the same key has begun");
	if (other->gone)
		return;
	table->counters.fenced++;
	if (table->now_ms - other->opened_ms < SESSION_FLAP_MS)
		session->flaps = other->flaps + 1;
	if (session->flaps >= SESSION_FLAPS_MAX)
		alarm_people(session, ALARM_KEY_TWICE, peer);
}

static void fence_others(struct session *session,
			 const struct session_peer *peer)
{
	struct session *other =
		session_first_of(session->table, session->curve);

	for (; other; other = other->next_curve)
		if (other != session && other->state == SESSION_OPEN &&
		    !memcmp(other->curve, session->curve, CURVE_KEY_BYTES))
			fence(session, other, peer);
}

static bool understood(const struct hello *hello)
{
	for (size_t i = 0; i < hello->must_understand_count; i++)
		if (!span_equal(hello->must_understand[i],
				span_of_text(TALK_ROTATE)))
			return false;
	return true;
}

/* Its last batch may be newer than what it was just shown, acknowledged to
 * another session of its key: it waits for the checkpoint that covers it. Of
 * what is older a PING asks, after SESSION_SHOW_MS. How old it is, the journal
 * says: the clock may have gone on since. */
static void expect_signed(struct session *session,
			  const struct session_peer *peer,
			  const struct session_facts *facts)
{
	uint64_t ago_us = facts->recv_us - peer->office.recv_us;

	if (!peer->one_time && peer->office.recv_us &&
	    facts->checkpoint_size < facts->size &&
	    ago_us < SESSION_SHOW_MS * 1000ull)
		session->acked = facts->size;
}

static void receive_hello(struct session *session,
			  const struct session_peer *peer, struct span body,
			  struct arena *arena)
{
	struct session_table *table = session->table;
	struct session_facts facts;
	struct hello hello;
	struct err err = { 0 };

	if (talk_decode_hello(body, arena, &hello, &err)) {
		table->counters.malformed++;
		session_end(session, NACK_MALFORMED, err.msg);
		return;
	}
	if (hello.version_min > TALK_VERSION ||
	    hello.version_max < TALK_VERSION || !understood(&hello)) {
		session_end(session, NACK_VERSION,
			    "this collector speaks version 1 without such "
			    "extensions");
		return;
	}
	if (session->state == SESSION_NEW) {
		if (table->open_count >= table->options.sessions_max) {
			session_end(session, NACK_BUSY,
				    "as many sessions as allowed");
			return;
		}
		fence_others(session, peer);
		session->state = SESSION_OPEN;
		session->opened_ms = table->now_ms;
		table->open_count++;
	}
	session->rotating = hello.must_understand_count && !peer->one_time;
	session->fresh_from = hello.next;
	session->refused_from = 0;
	table->host.facts(table->host.ctx, &facts);
	if (hello.seen_size > facts.size)
		alarm_people(session, ALARM_JOURNAL_SHORTER, peer);
	session_say_welcome(session, peer);
	expect_signed(session, peer, &facts);
	if (session->state == SESSION_OPEN && !peer->one_time &&
	    !session->rotating)
		table->host.slice(table->host.ctx, session->route,
				  &hello.catalogue);
}

/* ---- messages ---- */

static void receive_recall(struct session *session,
			   const struct session_peer *peer, struct span body,
			   struct arena *arena)
{
	struct session_table *table = session->table;
	struct recall recall;
	struct err err = { 0 };

	if (peer->one_time || session->rotating ||
	    talk_decode_recall(body, arena, &recall, &err)) {
		table->counters.malformed++;
		session_end(session, NACK_MALFORMED,
			    err.msg[0] ? err.msg : "nothing to recall");
		return;
	}
	table->host.recall(table->host.ctx, session->route, &peer->key,
			   &recall);
}

static void unexpected(struct session *session, const char *text)
{
	session->table->counters.malformed++;
	session_end(session, NACK_MALFORMED, text);
}

/* What has not been acknowledged to the peer yet begins here. */
static uint64_t durable(const struct session_peer *peer)
{
	return peer->one_time ? 1 : peer->office.next;
}

static void receive_prove(struct session *session, struct span body,
			  struct arena *arena)
{
	struct session_table *table = session->table;
	struct evidence evidence;
	struct prove prove;
	struct err err = { 0 };
	int rc = evidence_decode_prove(body, arena, &prove, &err);

	if (rc || ++session->proves > SESSION_PROVES_A_TICK) {
		unexpected(session, rc ? err.msg : "too many questions");
		return;
	}
	rc = table->host.prove(table->host.ctx, &prove, arena, &evidence);
	if (rc == ERR_ORDER)
		unexpected(session, "no such checkpoint was signed");
	else if (rc)
		session_end(session, NACK_BUSY, "proofs cannot be made now");
	else
		session_say_evidence(session, &evidence);
}

static void receive_cosign(struct session *session,
			   const struct session_peer *peer, struct span body,
			   struct arena *arena)
{
	struct session_table *table = session->table;
	struct cosign cosign;
	struct err err = { 0 };

	if (evidence_decode_cosign(body, arena, &cosign, &err))
		unexpected(session, err.msg);
	else if (session->witness) /* it may have been one just before */
		table->host.cosign(table->host.ctx, &cosign, peer);
}

/* An agent says nothing behind HELLO before it has read what WELCOME says. */
static void note_answer(struct session *session,
			const struct session_peer *peer, enum wire_type type)
{
	if (type == WIRE_HELLO || session->answered || peer->one_time ||
	    session->state != SESSION_OPEN)
		return;
	session->answered = true;
	session->table->host.answered(session->table->host.ctx, peer);
}

static int receive_type(struct session *session,
			const struct session_peer *peer, enum wire_type type,
			struct span body, struct arena *arena, struct err *err)
{
	if (session->state != SESSION_OPEN &&
	    (type == WIRE_BATCH || type == WIRE_RECALL || type == WIRE_PROVE ||
	     type == WIRE_COSIGN)) {
		unexpected(session, "HELLO comes first");
		return 0;
	}
	note_answer(session, peer, type);
	switch (type) {
	case WIRE_HELLO:
		receive_hello(session, peer, body, arena);
		return 0;
	case WIRE_BATCH:
		return session_receive_batch(session, peer, body, arena, err);
	case WIRE_RECALL:
		receive_recall(session, peer, body, arena);
		return 0;
	case WIRE_PROVE:
		receive_prove(session, body, arena);
		return 0;
	case WIRE_COSIGN:
		receive_cosign(session, peer, body, arena);
		return 0;
	case WIRE_PING:
		/* One that says nothing itself still witnesses. */
		if (session->state == SESSION_OPEN &&
		    session->table->now_ms - session->shown_ms >
			    SESSION_SHOW_MS)
			session_show(session, durable(peer));
		if (session->state == SESSION_OPEN && !peer->one_time)
			session->table->host.pong(session->table->host.ctx,
						  session->route);
		else
			session_say_pong(session);
		return 0;
	case WIRE_PONG:
		if (session->state == SESSION_OPEN)
			session->table->host.heard(session->table->host.ctx,
						   session->route);
		return 0;
	case WIRE_WELCOME:
	case WIRE_ACK:
	case WIRE_NACK:
	case WIRE_RECALLED:
	case WIRE_SLICE:
	case WIRE_EVIDENCE:
		unexpected(session, "only a collector says this");
		return 0;
	}
	return 0;
}

/* Who has come and never said HELLO makes room for the next of its key: an
 * agent says it first. */
static void end_unnamed(const struct session *session)
{
	struct session *other =
		session_first_of(session->table, session->curve);

	for (; other; other = other->next_curve)
		if (other != session && other->state == SESSION_NEW &&
		    !memcmp(other->curve, session->curve, CURVE_KEY_BYTES))
			session_end(other, NACK_FENCED,
				    "a newer connection of the same key has "
				    "come");
}

/* The session, if the message may be looked at. */
static struct session *accept_message(struct session_table *table,
				      const struct session_message *message,
				      struct session_peer *peer)
{
	struct session *session = session_find(table, message->route);

	table->counters.messages++;
	table->counters.bytes += message->bytes.len;
	if (!session) {
		session = session_add(table, message);
		if (session)
			end_unnamed(session);
	}
	if (!session || session->state == SESSION_ENDED ||
	    session->state == SESSION_SHUT) {
		table->counters.dropped++;
		return NULL;
	}
	session->heard_ms = table->now_ms;
	/* The handshake's word is not enough: a key may be revoked since. */
	if (!table->host.who(table->host.ctx, session->curve, peer)) {
		session_end(session, NACK_NOT_ENROLLED,
			    "this key is unknown, revoked or has expired");
		return NULL;
	}
	session->witness = !peer->one_time &&
			   peer->office.roles & 1u << ROLE_WITNESS;
	if (!peer->one_time && peer->office.suspended) {
		session_end(session, NACK_SUSPENDED,
			    "this key is suspended, ask for a new grant");
		return NULL;
	}
	if (message->multipart) {
		unexpected(session, "a message is one frame");
		return NULL;
	}
	if (message->set_aside) {
		table->counters.set_aside++;
		session_end(session, NACK_MALFORMED,
			    "this message has stopped the collector before "
			    "and was set aside");
		return NULL;
	}
	return session;
}

int session_receive(struct session_table *table,
		    const struct session_message *message, uint64_t now_ms,
		    struct arena *arena, struct err *err)
{
	struct session_peer peer;
	struct session *session;
	enum wire_type type;
	struct span body;
	struct err why = { 0 };

	table->now_ms = now_ms;
	session = accept_message(table, message, &peer);
	if (!session)
		return 0;
	switch (wire_read_prefix(message->bytes, &type, &body, &why)) {
	case 0:
		break;
	case ERR_NOTFOUND:
		session_end(session, NACK_VERSION, why.msg);
		return 0;
	default:
		unexpected(session, why.msg);
		return 0;
	}
	return receive_type(session, &peer, type, body, arena, err);
}

/* ---- time ---- */

static void tick_one(struct session *session)
{
	struct session_table *table = session->table;
	uint64_t now_ms = table->now_ms;
	/* Three misses, and the fourth by a quarter late. */
	uint64_t silent_ms = 5ull * table->options.ping_ms;
	struct session_peer peer;

	session->proves = 0;
	switch (session->state) {
	case SESSION_NEW:
		if (now_ms - session->opened_ms > SESSION_HELLO_MS)
			session_close(session);
		return;
	case SESSION_OPEN:
		if (now_ms - session->heard_ms > silent_ms)
			session_close(session);
		else if (!table->host.who(table->host.ctx, session->curve,
					  &peer))
			session_end(session, NACK_NOT_ENROLLED,
				    "this key is revoked or has expired");
		return;
	case SESSION_ENDED:
		if (now_ms - session->ended_ms < SESSION_LINGER_MS)
			return;
		table->host.shut(table->host.ctx, session->route);
		session->state = SESSION_SHUT;
		return;
	case SESSION_SHUT:
		if (now_ms - session->ended_ms > SESSION_FORGET_MS)
			session_remove(session);
		return;
	}
}

void session_table_tick(struct session_table *table, uint64_t now_ms)
{
	assert(!table->touched);
	table->now_ms = now_ms;
	for (size_t i = 0; i < SESSION_BUCKETS; i++) {
		struct session *next, *session = table->routes[i];

		for (; session; session = next) {
			next = session->next_route;
			tick_one(session);
		}
	}
}

void session_new_catalogue(struct session_table *table)
{
	for (size_t i = 0; i < SESSION_BUCKETS; i++)
		for (struct session *session = table->routes[i]; session;
		     session = session->next_route)
			if (session->state == SESSION_OPEN)
				table->host.slice(table->host.ctx,
						  session->route, NULL);
}

/* One who has something in the journal that the checkpoint covers now, or who
 * is asked to sign each. */
static void show_signed(struct session *session, uint64_t size)
{
	struct session_table *table = session->table;
	struct session_peer peer;

	if (session->state != SESSION_OPEN)
		return;
	if (!session->witness &&
	    (session->shown_size >= size ||
	     session->acked <= session->shown_size || session->acked > size))
		return;
	if (table->host.who(table->host.ctx, session->curve, &peer))
		session_show(session, durable(&peer));
}

void session_signed(struct session_table *table)
{
	struct session_facts facts;

	table->host.facts(table->host.ctx, &facts);
	for (size_t i = 0; i < SESSION_BUCKETS; i++)
		for (struct session *session = table->routes[i]; session;
		     session = session->next_route)
			show_signed(session, facts.checkpoint_size);
}

void session_pong(struct session_table *table, uint32_t route)
{
	struct session *session = session_find(table, route);

	if (session && session->state == SESSION_OPEN)
		session_say_pong(session);
}

void session_probe(struct session_table *table, uint32_t route)
{
	struct session *session = session_find(table, route);

	if (session && session->state == SESSION_OPEN)
		session_say_ping(session);
}

void session_lost(struct session_table *table, uint32_t route)
{
	struct session *session = session_find(table, route);

	if (session)
		session_close(session);
}
