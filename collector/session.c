#include "collector/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "collector/session_state.h"
#include "proto/day.h"

struct session_table *session_table_new(const struct session_options *options,
					const struct session_host *host)
{
	struct session_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->options = *options;
	table->host = *host;
	table->routes = calloc(SESSION_BUCKETS, sizeof(struct session *));
	table->curves = calloc(SESSION_BUCKETS, sizeof(struct session *));
	intern_init(&table->keys);
	strbuf_init(&table->out, WIRE_MESSAGE_BYTES_MAX);
	if (!table->routes || !table->curves) {
		session_table_free(table);
		return NULL;
	}
	return table;
}

void session_table_free(struct session_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; table->routes && i < SESSION_BUCKETS; i++)
		while (table->routes[i]) {
			struct session *next = table->routes[i]->next_route;

			free(table->routes[i]);
			table->routes[i] = next;
		}
	free(table->routes);
	free(table->curves);
	free(table->uses);
	intern_release(&table->keys);
	strbuf_release(&table->out);
	free(table);
}

/* ---- finding sessions ---- */

static size_t route_bucket(uint32_t route)
{
	return (route * 2654435761u) & (SESSION_BUCKETS - 1);
}

/* Keys are points on a curve, as good as random. */
static size_t curve_bucket(const uint8_t curve[CURVE_KEY_BYTES])
{
	return ((size_t)curve[0] | (size_t)curve[1] << 8 |
		(size_t)curve[2] << 16) &
	       (SESSION_BUCKETS - 1);
}

static struct session *find_route(const struct session_table *table,
				  uint32_t route)
{
	struct session *session = table->routes[route_bucket(route)];

	while (session && session->route != route)
		session = session->next_route;
	return session;
}

static struct session *add_session(struct session_table *table,
				   const struct session_message *message)
{
	struct session **route = &table->routes[route_bucket(message->route)];
	struct session **curve = &table->curves[curve_bucket(message->curve)];
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->table = table;
	session->route = message->route;
	memcpy(session->curve, message->curve, CURVE_KEY_BYTES);
	session->opened_ms = table->now_ms;
	session->next_route = *route;
	*route = session;
	session->next_curve = *curve;
	*curve = session;
	table->count++;
	return session;
}

static void remove_session(struct session *session)
{
	struct session_table *table = session->table;
	struct session **at = &table->routes[route_bucket(session->route)];

	assert(!session->touched && session->state != SESSION_OPEN);
	while (*at != session)
		at = &(*at)->next_route;
	*at = session->next_route;
	at = &table->curves[curve_bucket(session->curve)];
	while (*at != session)
		at = &(*at)->next_curve;
	*at = session->next_curve;
	table->count--;
	free(session);
}

const uint8_t *session_open_curve(const struct session_table *table,
				  uint32_t route)
{
	const struct session *session = find_route(table, route);

	return session && session->state == SESSION_OPEN ? session->curve :
							   NULL;
}

size_t session_count(const struct session_table *table)
{
	return table->open_count;
}

const struct session_counters *
session_counters(const struct session_table *table)
{
	return &table->counters;
}

/* ---- daily allowances ---- */

/* What the key has used today, by the receipt clock; NULL without memory. */
static struct session_use *use_of(struct session_table *table,
				  const struct hash *key, int32_t day)
{
	uint32_t number =
		intern_put(&table->keys, span_of(key->bytes, HASH_BYTES));
	struct session_use *use;

	if (number == INTERN_NONE)
		return NULL;
	if (number >= table->uses_size) {
		uint32_t size = table->uses_size ? 2 * table->uses_size : 64;

		use = realloc(table->uses, size * sizeof(*use));
		if (!use)
			return NULL;
		memset(use + table->uses_size, 0,
		       (size - table->uses_size) * sizeof(*use));
		table->uses = use;
		table->uses_size = size;
	}
	use = &table->uses[number];
	if (use->day != day)
		*use = (struct session_use){ .day = day };
	return use;
}

static uint32_t until_midnight_ms(const struct session_facts *facts,
				  int32_t day)
{
	uint64_t ms =
		(day_start_us(day + 1, facts->zone_minutes) - facts->now_us) /
		1000;

	/* The receipt clock may be simulated, or set. */
	return ms < SESSION_RETRY_MS_MAX ? (uint32_t)ms + 1 :
					   SESSION_RETRY_MS_MAX;
}

/* ---- hello ---- */

/* Two places fence each other again and again while both live. One that comes
 * back after its connection broke fences nobody but itself. */
static void fence(struct session *session, struct session *other,
		  const struct session_peer *peer)
{
	struct session_table *table = session->table;
	uint64_t slow = table->counters.slow;

	table->counters.fenced++;
	session_end(other, NACK_FENCED,
		    "a newer session of the same key has begun");
	if (table->counters.slow != slow)
		return; /* there was nobody to tell */
	if (table->now_ms - other->opened_ms < SESSION_FLAP_MS)
		session->flaps = other->flaps + 1;
	if (session->flaps == SESSION_FLAPS_MAX)
		table->host.alarm(table->host.ctx, "key-in-two-places", peer);
}

static void fence_others(struct session *session,
			 const struct session_peer *peer)
{
	struct session *other =
		session->table->curves[curve_bucket(session->curve)];

	for (; other; other = other->next_curve)
		if (other != session && other->state == SESSION_OPEN &&
		    !memcmp(other->curve, session->curve, CURVE_KEY_BYTES))
			fence(session, other, peer);
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
	    hello.version_max < TALK_VERSION || hello.must_understand_count) {
		session_end(session, NACK_VERSION,
			    "this collector speaks version 1 without "
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
	session->fresh_from = hello.next;
	session->refused_from = 0;
	table->host.facts(table->host.ctx, &facts);
	if (hello.seen_size > facts.safe)
		table->host.alarm(table->host.ctx, "journal-shorter-than-seen",
				  peer);
	session_say_welcome(session, peer);
	if (session->state == SESSION_OPEN && !peer->one_time)
		table->host.slice(table->host.ctx, session->route);
}

/* ---- batches ---- */

static void touch(struct session *session)
{
	if (session->touched)
		return;
	session->touched = true;
	session->next_touched = session->table->touched;
	session->table->touched = session;
}

/* A NACK after which the office waits and comes again with this number. */
static void refuse(struct session *session, uint64_t sequence,
		   enum nack_code code, const char *text, uint32_t retry_ms)
{
	struct nack nack = { .sequence = sequence,
			     .code = code,
			     .text = span_of_text(text),
			     .retry_ms = retry_ms,
			     .wanted = sequence };

	session->refused_from = sequence;
	/* What is sealed by now waits: when it comes again, its time of sealing
	 * says nothing of the office's clock. */
	if (session->fresh_from < session->granted_until)
		session->fresh_from = session->granted_until;
	session_say_nack(session, &nack);
}

/* *day is today. */
static struct session_use *use_today(struct session_table *table,
				     const struct hash *key,
				     struct session_facts *facts, int32_t *day)
{
	table->host.facts(table->host.ctx, facts);
	*day = day_of_us(facts->now_us, facts->zone_minutes);
	return use_of(table, key, *day);
}

/* A batch that was taken, once: not one that has to come again. */
static void use_allowance(struct session *session,
			  const struct session_peer *peer,
			  const struct batch *batch, size_t bytes)
{
	struct session_facts facts;
	struct session_use *use;
	int32_t day;

	if (peer->one_time)
		return;
	use = use_today(session->table, &peer->key, &facts, &day);
	if (!use)
		return; /* there was none before it either: refused */
	use->bytes += bytes;
	use->statements += batch->header.count;
}

/* The first batch of a day is, however large: a sealed batch cannot be cut
 * down, and its office would be silent for ever. */
static bool within_allowance(struct session *session,
			     const struct session_peer *peer,
			     const struct batch *batch, size_t bytes)
{
	struct session_table *table = session->table;
	const struct fold_office *office = &peer->office;
	uint64_t bytes_max = office->bytes_a_day;
	uint64_t statements_max = office->statements_a_day;
	struct session_facts facts;
	struct session_use *use;
	int32_t day;

	if (peer->one_time || batch->header.sequence < office->next)
		return true;
	use = use_today(table, &peer->key, &facts, &day);
	if (!bytes_max)
		bytes_max = FOLD_BYTES_A_DAY_DEFAULT;
	if (!statements_max)
		statements_max = FOLD_STATEMENTS_A_DAY_DEFAULT;
	if (use && (!use->bytes ||
		    (use->bytes + bytes <= bytes_max &&
		     use->statements + batch->header.count <= statements_max)))
		return true;
	refuse(session, batch->header.sequence, NACK_ALLOWANCE,
	       "today's bytes or statements of this key are used up",
	       until_midnight_ms(&facts, day));
	return false;
}

/* What admission says at once; the rest waits until the group is durable. */
static void answer_admission(struct session *session, const struct batch *batch,
			     enum admission admission)
{
	struct session_table *table = session->table;
	uint64_t sequence = batch->header.sequence;

	touch(session);
	session->key = batch->header.key;
	switch (admission) {
	case ADMIT_TAKE:
		return;
	case ADMIT_FORK:
		session->forked = true;
		return;
	case ADMIT_FORK_AGAIN:
	case ADMIT_SUSPENDED:
		table->counters.forks++;
		session->forked = true;
		return;
	case ADMIT_DUPLICATE:
		table->counters.duplicates++;
		if (session->duplicate_count < SESSION_WINDOW)
			session->duplicates[session->duplicate_count++] =
				sequence;
		return;
	case ADMIT_AHEAD:
		table->counters.gaps++;
		session->gap = true;
		session->gap_sequence = sequence;
		session->refused_from = sequence;
		return;
	case ADMIT_UNKNOWN_KEY:
	case ADMIT_REVOKED:
		session_end(session, NACK_NOT_ENROLLED,
			    admission == ADMIT_REVOKED ?
				    "this key was revoked or has expired" :
				    "this key is not enrolled");
		return;
	case ADMIT_FOREIGN:
	case ADMIT_BAD_CHAIN:
		table->counters.forged++;
		session_end(session, NACK_FORGED,
			    admission == ADMIT_FOREIGN ?
				    "the batch is of another journal" :
				    "the batch does not follow the head that "
				    "this journal has of its key");
		return;
	case ADMIT_BAD_GRANT:
		session_end(session, NACK_GRANT,
			    "the enrolment code was used, has expired, or is "
			    "not of this journal");
		return;
	}
}

/* Who may say it, and is there room for it? Ends or refuses if not. */
static bool may_come_in(struct session *session,
			const struct session_peer *peer,
			const struct batch *batch, struct span bytes)
{
	struct session_table *table = session->table;
	uint64_t sequence = batch->header.sequence;
	const char *text = "";
	uint32_t retry_ms = 0;
	unsigned code;

	if (sequence >= session->granted_until ||
	    session->group_bytes + bytes.len >
		    session->granted_bytes + WIRE_BATCH_BYTES_MAX ||
	    session->submitted == SESSION_WINDOW) {
		table->counters.malformed++;
		session_end(session, NACK_MALFORMED,
			    "more was sent than there was credit for");
		return false;
	}
	if (session->refused_from && sequence > session->refused_from) {
		table->counters.dropped++;
		return false;
	}
	session->refused_from = 0;
	if (!peer->one_time && !hash_equal(&batch->header.key, &peer->key)) {
		table->counters.forged++;
		session_end(session, NACK_FORGED,
			    "the batch is of another key than the session");
		return false;
	}
	code = table->host.hindrance(table->host.ctx, peer->admin, bytes.len,
				     &text, &retry_ms);
	if (code) {
		refuse(session, sequence, (enum nack_code)code, text, retry_ms);
		return false;
	}
	return true;
}

static int receive_batch(struct session *session,
			 const struct session_peer *peer, struct span bytes,
			 struct arena *arena, struct err *err)
{
	struct session_table *table = session->table;
	enum admission admission;
	struct err why = { 0 };
	struct batch *batch = arena_alloc(arena, sizeof(*batch));
	bool fresh;
	int rc;

	if (!batch)
		return err_set(err, ERR_NOMEM, "no memory for a batch");
	table->counters.batches++;
	rc = wire_decode_batch(bytes, arena, batch, &why);
	if (rc) {
		table->counters.malformed++;
		session_end(session, NACK_MALFORMED, why.msg);
		return 0;
	}
	if (!may_come_in(session, peer, batch, bytes))
		return 0;
	if (wire_check_batch(batch, arena, false, &why)) {
		table->counters.forged++;
		session_end(session, NACK_FORGED, why.msg);
		return 0;
	}
	if (!within_allowance(session, peer, batch, bytes.len))
		return 0;
	session->group_bytes += bytes.len;
	fresh = batch->header.sequence >= session->fresh_from;
	session->submitted++;
	rc = table->host.submit(table->host.ctx, session, batch, bytes, fresh,
				&admission, err);
	if (rc)
		return rc;
	if (admission == ADMIT_TAKE)
		use_allowance(session, peer, batch, bytes.len);
	else
		session->submitted--;
	answer_admission(session, batch, admission);
	return 0;
}

void session_taken(struct session *session, enum admission admission,
		   const struct receipt *receipt)
{
	touch(session);
	if (admission == ADMIT_FORK) {
		session->table->counters.forks++;
		session->forked = true;
		return;
	}
	session->table->counters.taken++;
	assert(session->receipt_count < SESSION_WINDOW);
	session->receipts[session->receipt_count++] = *receipt;
}

void session_disk_full(struct session *session, uint64_t sequence)
{
	if (session->state != SESSION_OPEN ||
	    (session->refused_from && session->refused_from < sequence))
		return;
	refuse(session, sequence, NACK_DISK_FULL,
	       "the collector's disk is full", 5000);
}

/* ---- the end of a group ---- */

static void settle_one(struct session *session, struct arena *arena)
{
	struct session_table *table = session->table;
	struct receipt receipts[2 * SESSION_WINDOW];
	size_t count = session->receipt_count;
	struct session_peer peer;
	bool known = table->host.who(table->host.ctx, session->curve, &peer);
	uint64_t next = known && !peer.one_time ? peer.office.next : 1;

	memcpy(receipts, session->receipts, count * sizeof(receipts[0]));
	/* An enrolment's key is not the session's: its grant is used now. */
	if (count && (!known || peer.one_time))
		next = receipts[count - 1].sequence + 1;
	for (size_t i = 0; i < session->duplicate_count; i++) {
		if (!table->host.receipt(table->host.ctx, &session->key,
					 session->duplicates[i], arena,
					 &receipts[count])) {
			count++;
		} else if (session->duplicates[i] >= next && !session->gap) {
			/* Of a batch that found no room: it must come again. */
			session->gap = true;
			session->gap_sequence = session->duplicates[i];
		}
	}
	if (count)
		session_say_ack(session, next, receipts, count);
	if (session->gap && session->state == SESSION_OPEN) {
		struct nack nack = { .sequence = session->gap_sequence,
				     .code = NACK_GAP,
				     .text = span_of_text("batches before "
							  "it are missing"),
				     .retry_ms = 1,
				     .wanted = next };

		session_say_nack(session, &nack);
	}
	if (session->forked)
		session_end(session, NACK_SUSPENDED,
			    "two batches of this key have the same number: "
			    "the key is suspended, ask for a new grant");
	else if (count && !known)
		session_close(session);
}

void session_settled(struct session_table *table, struct arena *arena)
{
	while (table->touched) {
		struct session *session = table->touched;

		table->touched = session->next_touched;
		if (session->state == SESSION_OPEN)
			settle_one(session, arena);
		session->touched = session->gap = session->forked = false;
		session->group_bytes = 0;
		session->submitted = 0;
		session->receipt_count = session->duplicate_count = 0;
	}
}

/* ---- messages ---- */

static void receive_recall(struct session *session,
			   const struct session_peer *peer, struct span body,
			   struct arena *arena)
{
	struct session_table *table = session->table;
	struct recall recall;
	struct err err = { 0 };

	if (peer->one_time || talk_decode_recall(body, arena, &recall, &err)) {
		table->counters.malformed++;
		session_end(session, NACK_MALFORMED,
			    err.msg[0] ? err.msg : "nothing to recall");
		return;
	}
	table->host.recall(table->host.ctx, session->route, &peer->key,
			   recall.from, recall.count);
}

static void unexpected(struct session *session, const char *text)
{
	session->table->counters.malformed++;
	session_end(session, NACK_MALFORMED, text);
}

static int receive_type(struct session *session,
			const struct session_peer *peer, enum wire_type type,
			struct span body, struct arena *arena, struct err *err)
{
	if (session->state != SESSION_OPEN &&
	    (type == WIRE_BATCH || type == WIRE_RECALL)) {
		unexpected(session, "HELLO comes first");
		return 0;
	}
	switch (type) {
	case WIRE_HELLO:
		receive_hello(session, peer, body, arena);
		return 0;
	case WIRE_BATCH:
		return receive_batch(session, peer, body, arena, err);
	case WIRE_RECALL:
		receive_recall(session, peer, body, arena);
		return 0;
	case WIRE_PING:
		if (session->state == SESSION_OPEN && !peer->one_time)
			session->table->host.pong(session->table->host.ctx,
						  session->route);
		else
			session_say_pong(session);
		return 0;
	case WIRE_PONG:
		return 0;
	case WIRE_WELCOME:
	case WIRE_ACK:
	case WIRE_NACK:
	case WIRE_RECALLED:
	case WIRE_SLICE:
		unexpected(session, "only a collector says this");
		return 0;
	}
	return 0;
}

/* The session, if the message may be looked at. */
static struct session *accept_message(struct session_table *table,
				      const struct session_message *message,
				      struct session_peer *peer)
{
	struct session *session = find_route(table, message->route);

	table->counters.messages++;
	table->counters.bytes += message->bytes.len;
	if (!session)
		session = add_session(table, message);
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
			remove_session(session);
		return;
	}
}

void session_tick(struct session_table *table, uint64_t now_ms)
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
						  session->route);
}

void session_pong(struct session_table *table, uint32_t route)
{
	struct session *session = find_route(table, route);

	if (session && session->state == SESSION_OPEN)
		session_say_pong(session);
}

void session_lost(struct session_table *table, uint32_t route)
{
	struct session *session = find_route(table, route);

	if (session)
		session_close(session);
}
