/* The session machine against a host that is a table: rows of what is said
 * and answered, and random events that must keep what a session promises. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/session.h"

#define OFFICES 4
#define ROUTES 12
#define BATCHES_MAX 4096
#define WAITING_MAX 256
#define EPOCH_US 1700000000000000u

struct office {
	struct sign_pair sign;
	struct curve_pair curve;
	struct hash key;
	uint64_t next, pending; /* durable, and with this group */
	bool revoked, suspended, one_time, admin, witness;
	uint64_t bytes_a_day;
	uint64_t index_of[BATCHES_MAX]; /* of durable batches */
};

struct waiting {
	struct session *session;
	struct office *office;
	uint64_t sequence;
};

struct heard { /* by a route */
	unsigned welcomes, acks, nacks, pongs, receipts, evidences, shown;
	unsigned pings, answers;
	uint64_t shown_size; /* the note's, in the tests: its text */
	enum nack_code code;
	uint64_t wanted, durable, credit_until;
	bool shut, gone, slow;
};

struct world {
	struct office offices[OFFICES];
	struct heard heard[ROUTES];
	struct waiting waiting[WAITING_MAX];
	size_t waiting_count;
	struct session_table *table;
	struct arena arena;
	uint64_t now_ms, entries, signed_size, unsigned_size;
	uint64_t journal_us; /* of its last entry, since EPOCH_US */
	char published[24], to_cosign[24];
	uint64_t cosigned; /* size of the last line that came */
	bool cannot_prove;
	unsigned hindrance, alarms, slices, taken, answered;
	struct hash catalogue; /* as HELLO said */
	int32_t day;
};

/* ---- the host ---- */

static struct office *by_curve(struct world *w, const uint8_t *curve)
{
	for (size_t i = 0; i < OFFICES; i++)
		if (!memcmp(w->offices[i].curve.key, curve, CURVE_KEY_BYTES))
			return &w->offices[i];
	return NULL;
}

static struct office *by_key(struct world *w, const struct hash *key)
{
	for (size_t i = 0; i < OFFICES; i++)
		if (hash_equal(&w->offices[i].key, key))
			return &w->offices[i];
	return NULL;
}

static bool who(void *ctx, const uint8_t *curve, struct session_peer *out)
{
	struct office *office = by_curve(ctx, curve);

	if (!office || office->revoked)
		return false;
	*out = (struct session_peer){ .one_time = office->one_time,
				      .admin = office->admin,
				      .key = office->key };
	out->office.key = office->sign.key;
	out->office.next = office->next;
	out->office.recv_us = office->next > 1 ? EPOCH_US : 0;
	out->office.suspended = office->suspended;
	out->office.roles = office->witness ? 1u << ROLE_WITNESS : 0;
	out->office.bytes_a_day = office->bytes_a_day;
	return true;
}

/* The tests' notes are their size. */
static struct span note_of(uint64_t size, char out[24])
{
	(void)snprintf(out, 24, "%llu", (unsigned long long)size);
	return span_of(out, size ? strlen(out) : 0);
}

static uint64_t read_note(struct span note)
{
	char text[24] = "";

	memcpy(text, note.data, note.len);
	return strtoull(text, NULL, 10);
}

static void facts(void *ctx, struct session_facts *out)
{
	struct world *w = ctx;
	uint64_t newest = w->unsigned_size ? w->unsigned_size : w->signed_size;

	*out = (struct session_facts){
		.size = w->entries,
		.safe = w->entries,
		.offices = OFFICES,
		.now_us = EPOCH_US + (uint64_t)w->day * 86400000000u,
		.recv_us = EPOCH_US + w->journal_us,
		.checkpoint = note_of(w->signed_size, w->published),
		.checkpoint_size = w->signed_size,
		.to_cosign = note_of(newest, w->to_cosign),
		.to_cosign_size = newest,
	};
}

static int prove(void *ctx, const struct prove *asked, struct arena *arena,
		 struct evidence *out)
{
	struct world *w = ctx;

	(void)arena;
	if (asked->size > w->signed_size)
		return ERR_ORDER;
	*out = (struct evidence){ .size = asked->size };
	return w->cannot_prove ? ERR_IO : 0;
}

static void cosign(void *ctx, const struct cosign *cosign,
		   const struct session_peer *peer)
{
	cr_assert(peer->office.roles & 1u << ROLE_WITNESS);
	((struct world *)ctx)->cosigned = cosign->size;
}

static unsigned hindrance(void *ctx, bool admin, size_t bytes,
			  const char **text, uint32_t *retry_ms)
{
	struct world *w = ctx;

	(void)bytes;
	*text = "not now";
	*retry_ms = 7;
	return admin ? 0 : w->hindrance;
}

static int submit(void *ctx, struct session *session, const struct batch *batch,
		  struct span bytes, bool fresh, enum admission *out,
		  struct err *err)
{
	struct world *w = ctx;
	struct office *office = by_key(w, &batch->header.key);
	uint64_t sequence = batch->header.sequence;

	(void)bytes;
	(void)fresh;
	(void)err;
	cr_assert_not_null(office);
	cr_assert_lt(w->waiting_count, WAITING_MAX);
	if (sequence < office->pending) {
		*out = ADMIT_DUPLICATE;
	} else if (sequence > office->pending) {
		*out = ADMIT_AHEAD;
	} else {
		*out = ADMIT_TAKE;
		office->pending++;
		w->waiting[w->waiting_count++] =
			(struct waiting){ session, office, sequence };
	}
	return 0;
}

static int receipt(void *ctx, const struct hash *key, uint64_t sequence,
		   struct arena *arena, struct receipt *out)
{
	struct office *office = by_key(ctx, key);

	if (sequence >= office->next)
		return ERR_NOTFOUND;
	*out = (struct receipt){ .sequence = sequence,
				 .index = office->index_of[sequence],
				 .verdicts = arena_alloc(arena, 2),
				 .verdict_count = 1 };
	return 0;
}

static void hear_ack(struct world *w, uint32_t route, struct span body)
{
	const uint8_t *curve = session_open_curve(w->table, route);
	struct heard *heard = &w->heard[route];
	struct office *office;
	struct ack ack;

	cr_assert_not_null(curve, "an ACK to a session that is not open");
	office = by_curve(w, curve);
	cr_assert_eq(talk_decode_ack(body, &w->arena, &ack, NULL), 0);
	heard->acks++;
	if (ack.checkpoint.len) {
		heard->shown++;
		heard->shown_size = read_note(ack.checkpoint);
	}
	heard->receipts += (unsigned)ack.receipt_count;
	heard->durable = ack.durable;
	heard->credit_until = ack.credit_until;
	for (size_t i = 0; i < ack.receipt_count; i++) {
		const struct receipt *r = &ack.receipts[i];

		cr_assert_lt(r->sequence, office->next, "not durable");
		cr_assert_eq(r->index, office->index_of[r->sequence]);
	}
}

static int send_message(void *ctx, uint32_t route, struct span msg)
{
	struct world *w = ctx;
	struct heard *heard = &w->heard[route];
	struct welcome welcome;
	struct nack nack;
	enum wire_type type;
	struct span body;

	if (heard->gone)
		return ERR_OFFLINE;
	if (heard->slow)
		return ERR_LIMIT;
	cr_assert_not(heard->shut, "said to who was shut");
	cr_assert_eq(wire_read_prefix(msg, &type, &body, NULL), 0);
	if (type == WIRE_WELCOME) {
		cr_assert_eq(
			talk_decode_welcome(body, &w->arena, &welcome, NULL),
			0);
		heard->welcomes++;
		if (welcome.checkpoint.len) {
			heard->shown++;
			heard->shown_size = read_note(welcome.checkpoint);
		}
		heard->wanted = welcome.wanted;
		heard->credit_until = welcome.credit_until;
	} else if (type == WIRE_NACK) {
		cr_assert_eq(talk_decode_nack(body, &w->arena, &nack, NULL), 0);
		heard->nacks++;
		heard->code = nack.code;
		heard->wanted = nack.wanted;
	} else if (type == WIRE_ACK) {
		hear_ack(w, route, body);
	} else if (type == WIRE_EVIDENCE) {
		heard->evidences++;
	} else if (type == WIRE_PING) {
		heard->pings++;
	} else {
		cr_assert_eq(type, WIRE_PONG);
		heard->pongs++;
	}
	return 0;
}

static void shut(void *ctx, uint32_t route)
{
	((struct world *)ctx)->heard[route].shut = true;
}

static void closed(void *ctx, uint32_t route)
{
	(void)ctx;
	(void)route;
}

static void slice(void *ctx, uint32_t route, const struct hash *catalogue)
{
	struct world *w = ctx;

	cr_assert_not_null(session_open_curve(w->table, route));
	w->slices++;
	if (catalogue)
		w->catalogue = *catalogue;
}

static void heard(void *ctx, uint32_t route)
{
	((struct world *)ctx)->heard[route].answers++;
}

static void pong(void *ctx, uint32_t route)
{
	session_pong(((struct world *)ctx)->table, route);
}

static void recall(void *ctx, uint32_t route, const struct hash *key,
		   const struct recall *asked)
{
	(void)ctx;
	(void)route;
	(void)key;
	(void)asked;
}

static void answered(void *ctx, const struct session_peer *peer)
{
	(void)peer;
	((struct world *)ctx)->answered++;
}

static void alarm_(void *ctx, const char *event,
		   const struct session_peer *peer)
{
	(void)event;
	(void)peer;
	((struct world *)ctx)->alarms++;
}

/* ---- what peers say ---- */

static struct world *world_new(void)
{
	const struct session_host host = { .who = who,
					   .facts = facts,
					   .hindrance = hindrance,
					   .submit = submit,
					   .receipt = receipt,
					   .send = send_message,
					   .shut = shut,
					   .closed = closed,
					   .slice = slice,
					   .heard = heard,
					   .pong = pong,
					   .recall = recall,
					   .prove = prove,
					   .cosign = cosign,
					   .answered = answered,
					   .alarm = alarm_ };
	const struct session_options options = { .sessions_max = 8,
						 .credit_bytes = 1u << 30,
						 .ping_ms = 1000 };
	struct world *w = calloc(1, sizeof(*w));
	struct session_host mine = host;

	cr_assert_not_null(w);
	cr_assert_eq(sign_start(NULL), 0);
	arena_init(&w->arena, SIZE_MAX);
	for (size_t i = 0; i < OFFICES; i++) {
		uint8_t seed[32];
		struct office *office = &w->offices[i];

		memset(seed, (int)i + 1, sizeof(seed));
		sign_pair_from_seed(seed, &office->sign);
		curve_pair_from_secret(seed, &office->curve);
		office->key = sign_key_hash(&office->sign.key);
		office->next = office->pending = 1;
	}
	mine.ctx = w;
	w->now_ms = 1000000;
	w->table = session_table_new(&options, &mine);
	cr_assert_not_null(w->table);
	return w;
}

static void world_free(struct world *w)
{
	session_table_free(w->table);
	arena_release(&w->arena);
	free(w);
}

static void say(struct world *w, uint32_t route, size_t office,
		struct span bytes)
{
	struct session_message message = { .route = route, .bytes = bytes };

	if (w->heard[route].shut)
		return; /* it has no connection any more */
	memcpy(message.curve, w->offices[office].curve.key, CURVE_KEY_BYTES);
	cr_assert_eq(
		session_receive(w->table, &message, w->now_ms, &w->arena, NULL),
		0);
}

static void say_hello(struct world *w, uint32_t route, size_t office)
{
	struct hello hello = { .version_min = 1,
			       .version_max = 1,
			       .next = w->offices[office].next,
			       .catalogue = { { 7 } } };
	struct strbuf out;

	strbuf_init(&out, 0);
	cr_assert_eq(talk_encode_hello(&hello, &out, NULL), 0);
	say(w, route, office, strbuf_span(&out));
	strbuf_release(&out);
}

static void say_ping_or_pong(struct world *w, uint32_t route, size_t office,
			     enum wire_type type)
{
	struct strbuf out;

	strbuf_init(&out, 0);
	cr_assert_eq(talk_encode_ping(type, 0, &out, NULL), 0);
	say(w, route, office, strbuf_span(&out));
	strbuf_release(&out);
}

static void say_ping(struct world *w, uint32_t route, size_t office)
{
	say_ping_or_pong(w, route, office, WIRE_PING);
}

static void say_prove(struct world *w, uint32_t route, size_t office,
		      uint64_t size)
{
	const struct prove asked = { .size = size };
	struct strbuf out;

	strbuf_init(&out, 0);
	cr_assert_eq(evidence_encode_prove(&asked, &out, NULL), 0);
	say(w, route, office, strbuf_span(&out));
	strbuf_release(&out);
}

/* A batch of `by` over the session of `office`; damage flips a byte. */
static void say_batch(struct world *w, uint32_t route, size_t office, size_t by,
		      uint64_t sequence, bool damage)
{
	struct statement statement = { .kind = SAID_RULES, .said.rules = 1 };
	struct seal_header header = { .sequence = sequence, .count = 1 };
	struct strbuf body, batch, out;
	struct sealed sealed = { { 1 } };
	struct hash name;

	strbuf_init(&body, 0);
	strbuf_init(&batch, 0);
	strbuf_init(&out, 0);
	cr_assert_eq(wire_encode_statement(&statement, &body, NULL), 0);
	sealed.body = strbuf_span(&body);
	cr_assert_eq(wire_seal_batch(&header, &sealed, &w->offices[by].sign,
				     &batch, &name, NULL),
		     0);
	if (damage)
		batch.text[220] ^= 1; /* in the signature */
	cr_assert_eq(talk_encode_batch(strbuf_span(&batch), &out, NULL), 0);
	say(w, route, office, strbuf_span(&out));
	strbuf_release(&body);
	strbuf_release(&batch);
	strbuf_release(&out);
}

/* The group ends: durable, or the disk was full. */
static void settle(struct world *w, bool room)
{
	uint16_t verdict = 0;

	for (size_t i = 0; i < w->waiting_count; i++) {
		struct waiting *waiting = &w->waiting[i];
		struct office *office = waiting->office;
		struct receipt told = { .sequence = waiting->sequence,
					.verdicts = &verdict,
					.verdict_count = 1 };

		if (!room) {
			session_disk_full(waiting->session, waiting->sequence);
			continue;
		}
		cr_assert_eq(waiting->sequence, office->next);
		cr_assert_lt(office->next, BATCHES_MAX);
		told.index = office->index_of[office->next++] = ++w->entries;
		w->taken++;
		session_taken(waiting->session, ADMIT_TAKE, &told);
	}
	w->waiting_count = 0;
	for (size_t i = 0; i < OFFICES; i++)
		w->offices[i].pending = w->offices[i].next;
	session_table_settled(w->table, &w->arena);
	arena_reset(&w->arena);
}

/* ---- rows ---- */

Test(session, hello_gives_welcome_and_a_slice)
{
	struct world *w = world_new();

	say_hello(w, 1, 0);
	cr_expect_eq(w->heard[1].welcomes, 1);
	cr_expect_eq(w->heard[1].wanted, 1);
	cr_expect_gt(w->heard[1].credit_until, 1);
	cr_expect_eq(w->slices, 1);
	cr_expect_eq(session_count(w->table), 1);
	cr_expect_eq(w->answered, 0, "HELLO is no answer to WELCOME");
	say_ping(w, 1, 0);
	cr_expect_eq(w->heard[1].pongs, 1);
	say_ping(w, 1, 0);
	cr_expect_eq(w->answered, 1, "once a session");
	world_free(w);
}

Test(session, what_an_office_has_is_passed_on_and_what_it_has_read)
{
	struct hash seven = { { 7 } };
	struct world *w = world_new();

	session_probe(w->table, 1);
	say_hello(w, 1, 0);
	cr_expect(hash_equal(&w->catalogue, &seven));
	memset(&w->catalogue, 0, sizeof(w->catalogue));
	session_new_catalogue(w->table);
	cr_expect_eq(w->slices, 2);
	cr_expect_eq(w->catalogue.bytes[0], 0, "the collector asks nobody");
	session_probe(w->table, 1);
	cr_expect_eq(w->heard[1].pings, 1);
	say_ping_or_pong(w, 1, 0, WIRE_PONG);
	cr_expect_eq(w->heard[1].answers, 1);
	world_free(w);
}

Test(session, a_checkpoint_is_shown_once_to_who_waits_for_it)
{
	struct world *w = world_new();

	say_hello(w, 1, 0);
	say_hello(w, 2, 1);
	say_batch(w, 1, 0, 0, 1, false); /* entry 1 */
	settle(w, true);
	cr_expect_eq(w->heard[1].shown, 0);
	w->signed_size = 1; /* it does not cover that */
	session_signed(w->table);
	cr_expect_eq(w->heard[1].shown, 0);
	w->signed_size = 2;
	session_signed(w->table);
	session_signed(w->table);
	cr_expect_eq(w->heard[1].shown, 1);
	cr_expect_eq(w->heard[2].shown, 0, "it has nothing in the journal");
	say_ping(w, 1, 0);
	cr_expect_eq(w->heard[1].shown, 1);
	w->now_ms += SESSION_SHOW_MS + 1;
	say_ping(w, 2, 1);
	cr_expect_eq(w->heard[2].shown, 1, "but it witnesses");
	cr_expect_eq(w->heard[2].pongs, 1);
	say_hello(w, 3, 2);
	cr_expect_eq(w->heard[3].shown, 1, "with WELCOME");
	world_free(w);
}

/* It was acknowledged to a session before, and not signed when this began. */
Test(session, a_checkpoint_is_shown_to_who_came_back_before_it)
{
	struct world *w = world_new();

	say_hello(w, 1, 0);
	say_batch(w, 1, 0, 0, 1, false);
	settle(w, true);
	say_hello(w, 2, 0);
	say_hello(w, 3, 1);
	cr_expect_eq(w->heard[2].shown, 0);
	w->signed_size = 1;
	session_signed(w->table);
	session_signed(w->table);
	cr_expect_eq(w->heard[2].shown, 1);
	cr_expect_eq(w->heard[3].shown, 0, "it has nothing in the journal");
	world_free(w);
}

/* How long ago is told by the journal: the clock may have gone on by weeks. */
Test(session, a_checkpoint_is_shown_to_who_came_back_after_the_clock_went_on)
{
	struct world *w = world_new();

	say_hello(w, 1, 0);
	say_batch(w, 1, 0, 0, 1, false);
	settle(w, true);
	w->day += 15;
	say_hello(w, 2, 0);
	w->signed_size = 1;
	session_signed(w->table);
	cr_expect_eq(w->heard[2].shown, 1);
	/* It is long signed what this one has. */
	w->journal_us += SESSION_SHOW_MS * 1000u;
	w->entries++;
	say_hello(w, 3, 0);
	w->signed_size = 2;
	session_signed(w->table);
	cr_expect_eq(w->heard[3].shown, 1, "with WELCOME");
	world_free(w);
}

static void say_cosign(struct world *w, uint32_t route, size_t office,
		       uint64_t size)
{
	const struct cosign cosign = { .size = size,
				       .line = span_of_text("a line\n") };
	struct strbuf message;

	strbuf_init(&message, 0);
	cr_assert_eq(evidence_encode_cosign(&cosign, &message, NULL), 0);
	say(w, route, office, strbuf_span(&message));
	strbuf_release(&message);
}

Test(session, a_witness_is_shown_what_nobody_else_is_yet)
{
	struct world *w = world_new();

	w->offices[1].witness = true;
	say_hello(w, 0, 0);
	say_hello(w, 1, 1);
	w->unsigned_size = 7;
	session_signed(w->table);
	cr_assert_eq(w->heard[0].shown, 0);
	cr_assert_eq(w->heard[1].shown_size, 7);
	say_cosign(w, 1, 1, 7);
	cr_assert_eq(w->cosigned, 7);
	w->signed_size = 7;
	session_signed(w->table);
	cr_assert_eq(w->heard[1].shown, 1, "it has seen that one");
	/* It is one no longer: shown like everybody, and not listened to. */
	w->offices[1].witness = false;
	w->unsigned_size = 8;
	say_cosign(w, 1, 1, 8);
	cr_assert_eq(w->cosigned, 7);
	session_signed(w->table);
	cr_assert_eq(w->heard[1].shown, 1);
	cr_assert_eq(w->heard[1].nacks, 0);
	world_free(w);
}

Test(session, questions_are_answered_within_measure)
{
	struct world *w = world_new();

	w->signed_size = 5;
	say_prove(w, 1, 0, 5);
	cr_expect_eq(w->heard[1].code, NACK_MALFORMED, "HELLO comes first");
	say_hello(w, 2, 1);
	for (int i = 0; i < SESSION_PROVES_A_TICK; i++)
		say_prove(w, 2, 1, 5);
	cr_expect_eq(w->heard[2].evidences, SESSION_PROVES_A_TICK);
	session_table_tick(w->table, w->now_ms += 1000);
	say_prove(w, 2, 1, 3);
	cr_expect_eq(w->heard[2].evidences, SESSION_PROVES_A_TICK + 1);
	for (int i = 0; i < SESSION_PROVES_A_TICK; i++)
		say_prove(w, 2, 1, 5);
	cr_expect_eq(w->heard[2].code, NACK_MALFORMED, "too many");
	say_hello(w, 3, 2);
	say_prove(w, 3, 2, 6);
	cr_expect_eq(w->heard[3].code, NACK_MALFORMED, "never signed");
	w->cannot_prove = true;
	say_hello(w, 4, 2);
	say_prove(w, 4, 2, 5);
	cr_expect_eq(w->heard[4].code, NACK_BUSY);
	world_free(w);
}

Test(session, nothing_is_acknowledged_before_the_group_is_settled)
{
	struct world *w = world_new();

	say_hello(w, 1, 0);
	for (uint64_t n = 1; n <= 3; n++)
		say_batch(w, 1, 0, 0, n, false);
	cr_expect_eq(w->heard[1].acks, 0);
	settle(w, true);
	cr_expect_eq(w->heard[1].acks, 1, "one for the office and group");
	cr_expect_eq(w->heard[1].receipts, 3);
	cr_expect_eq(w->heard[1].durable, 4);
	say_batch(w, 1, 0, 0, 2, false);
	settle(w, true);
	cr_expect_eq(w->heard[1].receipts, 4, "told again");
	cr_expect_eq(w->taken, 3, "but taken once");
	world_free(w);
}

Test(session, a_full_disk_is_told_and_what_follows_is_dropped)
{
	struct world *w = world_new();

	say_hello(w, 1, 0);
	for (uint64_t n = 1; n <= 3; n++)
		say_batch(w, 1, 0, 0, n, false);
	settle(w, false);
	cr_expect_eq(w->heard[1].nacks, 1);
	cr_expect_eq(w->heard[1].code, NACK_DISK_FULL);
	cr_expect_eq(w->heard[1].wanted, 1);
	say_batch(w, 1, 0, 0, 4, false);
	cr_expect_eq(w->heard[1].nacks, 1);
	for (uint64_t n = 1; n <= 3; n++)
		say_batch(w, 1, 0, 0, n, false);
	settle(w, true);
	cr_expect_eq(w->heard[1].durable, 4);
	world_free(w);
}

Test(session, a_gap_is_told_with_the_number_wanted)
{
	struct world *w = world_new();

	say_hello(w, 1, 0);
	say_batch(w, 1, 0, 0, 1, false);
	say_batch(w, 1, 0, 0, 3, false);
	say_batch(w, 1, 0, 0, 4, false);
	settle(w, true);
	cr_expect_eq(w->heard[1].acks, 1);
	cr_expect_eq(w->heard[1].nacks, 1);
	cr_expect_eq(w->heard[1].code, NACK_GAP);
	cr_expect_eq(w->heard[1].wanted, 2);
	world_free(w);
}

/* What ends a session, and with which word. */
Test(session, whoever_breaks_the_rules_is_told_once_and_shut)
{
	static const struct {
		const char *what;
		enum nack_code code;
	} rows[] = {
		{ "batch before hello", NACK_MALFORMED },
		{ "forged", NACK_FORGED },
		{ "of another office", NACK_FORGED },
		{ "beyond credit", NACK_MALFORMED },
		{ "no magic", NACK_MALFORMED },
		{ "multipart", NACK_MALFORMED },
		{ "set aside", NACK_MALFORMED },
		{ "an ack", NACK_MALFORMED },
		{ "revoked", NACK_NOT_ENROLLED },
		{ "suspended", NACK_SUSPENDED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *w = world_new();
		struct session_message message = { .route = 1 };
		struct strbuf out;
		struct ack ack = { .durable = 1 };

		strbuf_init(&out, 0);
		cr_assert_eq(talk_encode_ack(&ack, &out, NULL), 0);
		memcpy(message.curve, w->offices[0].curve.key, CURVE_KEY_BYTES);
		message.bytes = strbuf_span(&out);
		if (i)
			say_hello(w, 1, 0);
		switch (i) {
		case 0:
			say_batch(w, 1, 0, 0, 1, false);
			break;
		case 1:
			say_batch(w, 1, 0, 0, 1, true);
			break;
		case 2:
			say_batch(w, 1, 0, 1, 1, false);
			break;
		case 3:
			say_batch(w, 1, 0, 0, 5000, false);
			break;
		case 4:
			say(w, 1, 0, span_of_text("TLLX1234nonsense"));
			break;
		case 5:
			message.multipart = true;
			cr_assert_eq(session_receive(w->table, &message,
						     w->now_ms, &w->arena,
						     NULL),
				     0);
			break;
		case 6:
			message.set_aside = true;
			cr_assert_eq(session_receive(w->table, &message,
						     w->now_ms, &w->arena,
						     NULL),
				     0);
			break;
		case 7:
			say(w, 1, 0, message.bytes);
			break;
		case 8:
			w->offices[0].revoked = true;
			say_batch(w, 1, 0, 0, 1, false);
			break;
		case 9:
			w->offices[0].suspended = true;
			say_batch(w, 1, 0, 0, 1, false);
			break;
		default:
			break;
		}
		cr_expect_eq(w->heard[1].nacks, 1, "%s", rows[i].what);
		cr_expect_eq(w->heard[1].code, rows[i].code, "%s",
			     rows[i].what);
		cr_expect_eq(session_count(w->table), 0, "%s", rows[i].what);
		say_hello(w, 1, 0);
		say_batch(w, 1, 0, 0, 1, false);
		settle(w, true);
		cr_expect_eq(w->taken, 0, "%s: an ended session counts",
			     rows[i].what);
		cr_expect_not(w->heard[1].shut);
		w->now_ms += SESSION_LINGER_MS;
		session_table_tick(w->table, w->now_ms);
		cr_expect(w->heard[1].shut, "%s", rows[i].what);
		strbuf_release(&out);
		world_free(w);
	}
}

Test(session, the_newest_session_of_a_key_wins)
{
	struct world *w = world_new();

	say_hello(w, 1, 0);
	say_hello(w, 2, 0);
	cr_expect_eq(w->heard[1].code, NACK_FENCED);
	cr_expect_eq(w->heard[2].nacks, 0);
	say_batch(w, 1, 0, 0, 1, false);
	settle(w, true);
	cr_expect_eq(w->taken, 0);
	say_batch(w, 2, 0, 0, 1, false);
	settle(w, true);
	cr_expect_eq(w->taken, 1);
	cr_expect_eq(w->alarms, 0);
	for (uint32_t i = 3; i < 3 + SESSION_FLAPS_MAX; i++)
		say_hello(w, i, 0);
	cr_expect_eq(w->alarms, 1, "a key in two places");
	world_free(w);
}

/* A hostile office may do what alarms people as often as it likes. */
Test(session, people_are_alarmed_of_a_key_once_in_a_while)
{
	struct world *w = world_new();
	struct hello hello = { .version_min = 1,
			       .version_max = 1,
			       .next = 1,
			       .seen_size = UINT64_MAX };
	struct strbuf out;

	strbuf_init(&out, 0);
	cr_assert_eq(talk_encode_hello(&hello, &out, NULL), 0);
	for (int i = 0; i < 100; i++)
		say(w, 1, 0, strbuf_span(&out));
	cr_expect_eq(w->alarms, 1);
	say(w, 2, 1, strbuf_span(&out));
	cr_expect_eq(w->alarms, 2, "of another key all the same");
	w->now_ms += SESSION_ALARM_MS;
	say(w, 1, 0, strbuf_span(&out));
	cr_expect_eq(w->alarms, 3);
	/* A thief's noise hides no other alarm of the key. */
	for (uint32_t i = 3; i < 5 + SESSION_FLAPS_MAX; i++)
		say_hello(w, i, 0);
	cr_expect_eq(w->alarms, 4, "a key in two places");
	strbuf_release(&out);
	world_free(w);
}

/* Who may come in could else hold as many connections as there can be. */
Test(session, who_has_not_said_hello_makes_room_for_the_next_of_its_key)
{
	struct world *w = world_new();

	say_ping(w, 1, 0);
	say_ping(w, 2, 1);
	cr_expect_eq(w->heard[1].nacks, 0);
	say_ping(w, 3, 0);
	cr_expect_eq(w->heard[1].code, NACK_FENCED);
	cr_expect_eq(w->heard[2].nacks, 0, "of another key");
	say_hello(w, 3, 0);
	say_ping(w, 4, 0);
	cr_expect_eq(w->heard[3].nacks, 0, "one that has said it stays");
	world_free(w);
}

/* A sync that has ended leaves a session that only the next one of its key
 * shows to be over: no clone, no slow reader, and nobody was refused. */
Test(session, who_comes_back_when_it_was_gone_fences_nobody)
{
	struct world *w = world_new();
	const struct session_counters *counters = session_counters(w->table);

	for (uint32_t i = 0; i < 2 * SESSION_FLAPS_MAX; i++) {
		say_hello(w, i, 0);
		w->heard[i].gone = true;
	}
	cr_expect_eq(session_count(w->table), 1);
	cr_expect_eq(w->alarms + counters->fenced + counters->slow +
			     counters->refused,
		     0);
	world_free(w);

	w = world_new();
	counters = session_counters(w->table);
	say_hello(w, 1, 0);
	w->heard[1].slow = true;
	say_hello(w, 2, 0);
	cr_expect_eq(counters->fenced, 1, "it is there, and does not read");
	cr_expect_eq(counters->slow, 1);
	cr_expect_eq(counters->refused, 0);
	say_hello(w, 3, 0);
	cr_expect_eq(counters->fenced, 2);
	cr_expect_eq(counters->refused, 1);
	world_free(w);
}

Test(session, a_key_that_is_revoked_is_ended_without_a_message)
{
	struct world *w = world_new();

	say_hello(w, 1, 0);
	w->offices[0].revoked = true;
	session_table_tick(w->table, w->now_ms + 1000);
	cr_expect_eq(w->heard[1].code, NACK_NOT_ENROLLED);
	cr_expect_eq(session_count(w->table), 0);
	world_free(w);
}

Test(session, the_silent_are_ended)
{
	struct world *w = world_new();

	say_hello(w, 1, 0);
	say_hello(w, 2, 1);
	w->now_ms += 4000;
	say_ping(w, 2, 1);
	w->now_ms += 2000;
	session_table_tick(w->table, w->now_ms);
	cr_expect_null(session_open_curve(w->table, 1));
	cr_expect_not_null(session_open_curve(w->table, 2));
	world_free(w);
}

Test(session, a_days_allowance_ends_with_the_day)
{
	struct world *w = world_new();

	w->offices[0].bytes_a_day = 1000;
	say_hello(w, 1, 0);
	for (uint64_t n = 1; n <= 8; n++)
		say_batch(w, 1, 0, 0, n, false);
	settle(w, true);
	cr_expect_eq(w->heard[1].code, NACK_ALLOWANCE);
	cr_expect_eq(w->heard[1].nacks, 1);
	cr_expect_gt(w->taken, 1);
	cr_expect_lt(w->taken, 5);
	say_batch(w, 1, 0, 0, 1, false);
	settle(w, true);
	cr_expect_eq(w->heard[1].nacks, 1, "told again costs nothing");
	w->day++;
	say_batch(w, 1, 0, 0, w->offices[0].next, false);
	settle(w, true);
	cr_expect_eq(w->heard[1].nacks, 1);
	world_free(w);
}

Test(session, hindrances_are_told_and_spare_administrators)
{
	struct world *w = world_new();

	w->offices[1].admin = true;
	w->hindrance = NACK_BUSY;
	say_hello(w, 1, 0);
	say_hello(w, 2, 1);
	say_batch(w, 1, 0, 0, 1, false);
	say_batch(w, 2, 1, 1, 1, false);
	settle(w, true);
	cr_expect_eq(w->heard[1].code, NACK_BUSY);
	cr_expect_eq(w->heard[2].acks, 1);
	w->hindrance = 0;
	say_batch(w, 1, 0, 0, 1, false);
	settle(w, true);
	cr_expect_eq(w->heard[1].acks, 1);
	world_free(w);
}

Test(session, no_more_sessions_than_allowed)
{
	struct world *w = world_new();

	/* Eight places, four keys: each key has one, so fill with fences. */
	for (uint32_t i = 0; i < OFFICES; i++)
		say_hello(w, i, i);
	cr_expect_eq(session_count(w->table), OFFICES);
	say_hello(w, 5, 0);
	cr_expect_eq(session_count(w->table), OFFICES);
	world_free(w);
}

/* ---- random events ---- */

static uint32_t draw(uint64_t *state, uint32_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % below;
}

static void random_event(struct world *w, uint64_t *seed)
{
	uint32_t route = draw(seed, ROUTES);
	size_t office = route % OFFICES; /* a connection has one key */
	struct office *o = &w->offices[office];
	uint64_t ahead = draw(seed, 10) ? 0 : draw(seed, 4);
	uint8_t junk[64];

	switch (draw(seed, 16)) {
	case 0:
	case 1:
		say_hello(w, route, office);
		break;
	case 2:
		say_ping(w, route, office);
		break;
	case 3:
		settle(w, false);
		break;
	case 4:
	case 5:
		settle(w, true);
		break;
	case 6:
		if (o->next > 1)
			say_batch(w, route, office, office,
				  1 + draw(seed, (uint32_t)o->next - 1), false);
		break;
	case 7:
		for (size_t i = 0; i < sizeof(junk); i++)
			junk[i] = (uint8_t)draw(seed, 256);
		if (!draw(seed, 8))
			say(w, route, office, span_of(junk, sizeof(junk)));
		break;
	case 8:
		settle(w, true);
		w->now_ms += draw(seed, 3000);
		session_table_tick(w->table, w->now_ms);
		/* A connection that was shut is another one after that. */
		for (size_t i = 0; i < ROUTES; i++)
			if (w->heard[i].shut && !draw(seed, 4)) {
				w->now_ms += SESSION_FORGET_MS + 1;
				session_table_tick(w->table, w->now_ms);
				w->heard[i] = (struct heard){ 0 };
			}
		break;
	case 9:
		o->revoked = !draw(seed, 20);
		break;
	case 10:
		w->heard[route].gone = !draw(seed, 20);
		w->heard[route].slow = !draw(seed, 20);
		break;
	case 11:
		w->hindrance = draw(seed, 4) ? 0 : NACK_BUSY;
		break;
	default:
		say_batch(w, route, office, office, o->pending + ahead, false);
		break;
	}
}

static void check(struct world *w)
{
	size_t open = 0;

	for (size_t office = 0; office < OFFICES; office++) {
		size_t mine = 0;

		for (uint32_t route = (uint32_t)office; route < ROUTES;
		     route += OFFICES)
			mine += session_open_curve(w->table, route) != NULL;
		cr_assert_leq(mine, 1, "two open sessions of a key");
		open += mine;
	}
	cr_assert_eq(open, session_count(w->table));
}

Test(session, whatever_happens_promises_hold)
{
	unsigned taken = 0;

	for (uint64_t run = 0; run < 40; run++) {
		struct world *w = world_new();
		uint64_t seed = run;

		for (int i = 0; i < 1500 && w->waiting_count < 200; i++) {
			random_event(w, &seed);
			check(w);
		}
		settle(w, true);
		taken += w->taken;
		for (size_t i = 0; i < OFFICES; i++)
			for (uint64_t n = 2; n < w->offices[i].next; n++)
				cr_assert_gt(w->offices[i].index_of[n],
					     w->offices[i].index_of[n - 1],
					     "out of order");
		world_free(w);
	}
	cr_expect_gt(taken, 200, "too little happened: %u", taken);
}
