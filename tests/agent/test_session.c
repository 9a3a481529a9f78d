/* The session machine: tables of events and what must come of them, and random
 * events under which its promises hold. The harness is the shell around it,
 * with an outbox of real batches in memory. */
#include "agent/session.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

#define BATCHES_MAX 64
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct kept {
	struct strbuf bytes; /* the Batch message */
	struct hash name;
	struct seal_header header;
	struct signature signature;
	uint8_t header_bytes[SEAL_HEADER_BYTES];
	bool receipted;
};

struct shell {
	struct session *session;
	struct sign_pair pair;
	uint64_t now_ms;
	uint64_t random; /* what the next draw gives */
	bool random_moves;

	struct kept batches[BATCHES_MAX]; /* by sequence - 1 */
	uint64_t next;			  /* the outbox's */
	uint64_t kept_from;
	uint64_t waiting, waiting_bytes;
	size_t seal_bytes; /* of a batch that is sealed */

	/* what came out since the last clear */
	unsigned connects, closes, seals, loads, receipts, restores, slices;
	unsigned evidences, proves;
	unsigned hellos, recalls, pings, pongs, refreshes, batches_sent;
	struct recall recall;
	uint64_t sent[BATCHES_MAX * 4]; /* sequences */
	size_t seal_max;

	/* the collector's side, for invariants */
	bool welcomed;
	uint64_t last_sent;
	uint64_t credit_until, credit_bytes;
	bool in_flight[BATCHES_MAX + 1];
	struct arena arena;
};

static uint64_t draw(void *arg)
{
	struct shell *shell = arg;

	if (shell->random_moves) {
		shell->random ^= shell->random << 13;
		shell->random ^= shell->random >> 7;
		shell->random ^= shell->random << 17;
	}
	return shell->random;
}

/* ---- batches ---- */

static void make_batch(struct kept *kept, const struct sign_pair *pair,
		       uint64_t sequence, const struct hash *prev,
		       size_t text_bytes)
{
	struct seal_header header = { .sequence = sequence, .prev = *prev };
	struct cell_text cell = { .value = span_of_text("118") };
	struct statement statement = { .kind = SAID_REPORT };
	struct report *report = &statement.said.report;
	struct text text = { .salt = { 7 } };
	struct text_hash text_hash = { .name = span_of_text("reason") };
	struct sealed sealed = { .salt = { 1, 2, 3, (uint8_t)sequence } };
	struct strbuf body;
	struct arena arena;
	struct batch batch;
	char *long_text = calloc(1, text_bytes + 1);

	cr_assert(long_text);
	memset(long_text, 'a', text_bytes);
	report->target = span_of_text("live.urban-jobs");
	report->unit = span_of_text("baima");
	report->period = span_of_text("2024M03");
	report->cells = &cell;
	report->cell_count = 1;
	text.text = span_of(long_text, text_bytes);
	text_hash.hash = hash_text(text.salt, text.text);
	statement.texts = &text_hash;
	statement.text_count = 1;
	strbuf_init(&body, 0);
	cr_assert_eq(wire_encode_statement(&statement, &body, NULL), 0);
	sealed.body = strbuf_span(&body);
	sealed.texts = &text;
	sealed.text_count = 1;
	header.count = 1;
	strbuf_init(&kept->bytes, 0);
	cr_assert_eq(wire_seal_batch(&header, &sealed, pair, &kept->bytes,
				     &kept->name, NULL),
		     0);
	arena_init(&arena, WIRE_ARENA_BYTES);
	cr_assert_eq(wire_decode_batch(strbuf_span(&kept->bytes), &arena,
				       &batch, NULL),
		     0);
	kept->header = batch.header;
	kept->signature = batch.signature;
	memcpy(kept->header_bytes, batch.header_bytes.data, SEAL_HEADER_BYTES);
	kept->receipted = false;
	arena_release(&arena);
	strbuf_release(&body);
	free(long_text);
}

static const struct hash *head_before(const struct shell *shell,
				      uint64_t sequence)
{
	static const struct hash zero;

	return sequence > 1 ? &shell->batches[sequence - 2].name : &zero;
}

static void seal_batch(struct shell *shell)
{
	cr_assert_leq(shell->next, BATCHES_MAX);
	make_batch(&shell->batches[shell->next - 1], &shell->pair, shell->next,
		   head_before(shell, shell->next), shell->seal_bytes);
	shell->next++;
}

static void forget_batches(struct shell *shell)
{
	for (uint64_t i = 1; i < shell->next; i++)
		strbuf_release(&shell->batches[i - 1].bytes);
	shell->next = 1;
}

/* ---- the shell ---- */

static void shell_open(struct shell *shell, uint64_t sealed, bool enrolling)
{
	struct session_config config = {
		.enrolling = enrolling,
		.offices = 8000,
		.program = "test",
		.random = draw,
		.random_arg = shell,
	};
	uint8_t seed[SIGN_SEED_BYTES] = { 42 };

	memset(shell, 0, sizeof(*shell));
	cr_assert_eq(sign_start(NULL), 0);
	sign_pair_from_seed(seed, &shell->pair);
	config.key = shell->pair.key;
	arena_init(&shell->arena, WIRE_ARENA_BYTES);
	shell->now_ms = 1000000;
	shell->next = 1;
	shell->seal_bytes = 100;
	shell->kept_from = 1;
	while (shell->next <= sealed)
		seal_batch(shell);
	shell->session = session_new(&config);
	cr_assert(shell->session);
}

static void shell_close(struct shell *shell)
{
	session_free(shell->session);
	forget_batches(shell);
	arena_release(&shell->arena);
}

static void clear(struct shell *shell)
{
	shell->connects = shell->closes = shell->seals = shell->loads = 0;
	shell->receipts = shell->restores = shell->slices = 0;
	shell->hellos = shell->recalls = shell->pings = shell->pongs = 0;
	shell->refreshes = shell->batches_sent = 0;
}

static uint64_t bytes_in_flight(const struct shell *shell)
{
	uint64_t bytes = 0;

	for (uint64_t i = 1; i < shell->next; i++)
		if (shell->in_flight[i])
			bytes += shell->batches[i - 1].bytes.len;
	return bytes;
}

/* A batch goes out: its number, its place and its credit must be right. */
static void check_sent(struct shell *shell, struct span body)
{
	struct batch batch;

	arena_reset(&shell->arena);
	cr_assert_eq(wire_decode_batch(body, &shell->arena, &batch, NULL), 0);
	cr_assert(shell->welcomed, "batch before WELCOME");
	cr_assert_lt(batch.header.sequence, shell->next);
	cr_assert_lt(batch.header.sequence, shell->credit_until,
		     "number beyond the credit");
	if (shell->last_sent)
		cr_assert_leq(batch.header.sequence, shell->last_sent + 1,
			      "a number was left out");
	shell->last_sent = batch.header.sequence;
	shell->in_flight[batch.header.sequence] = true;
	cr_assert_leq(bytes_in_flight(shell), shell->credit_bytes,
		      "bytes beyond the credit");
	cr_assert_lt(shell->batches_sent, COUNT(shell->sent));
	shell->sent[shell->batches_sent++] = batch.header.sequence;
}

static void hear_sent(struct shell *shell, struct span message)
{
	enum wire_type type;
	struct span body;

	cr_assert_eq(wire_read_prefix(message, &type, &body, NULL), 0);
	if (type == WIRE_HELLO)
		shell->hellos++;
	else if (type == WIRE_PING)
		shell->pings++;
	else if (type == WIRE_PONG)
		shell->pongs++;
	else if (type == WIRE_PROVE)
		shell->proves++;
	else if (type == WIRE_BATCH)
		check_sent(shell, body);
	else if (type == WIRE_RECALL) {
		shell->recalls++;
		arena_reset(&shell->arena);
		cr_assert_eq(talk_decode_recall(body, &shell->arena,
						&shell->recall, NULL),
			     0);
	} else
		cr_assert_fail("an agent never says message type %d", type);
}

static void restore(struct shell *shell, const struct session_action *action)
{
	struct kept *kept = &shell->batches[shell->next - 1];

	cr_assert_eq(action->sequence, shell->next, "restored out of order");
	cr_assert_eq(memcmp(&action->batch->key, &shell->pair.key,
			    sizeof(shell->pair.key)),
		     0, "a foreign batch was adopted");
	shell->restores++;
	strbuf_init(&kept->bytes, 0);
	strbuf_add(&kept->bytes, action->recalled->batch.data,
		   action->recalled->batch.len);
	kept->name = action->batch->name;
	kept->receipted = true;
	shell->next++;
}

static void perform(struct shell *shell, const struct session_action *action)
{
	switch (action->kind) {
	case SESSION_CONNECT:
		shell->connects++;
		shell->welcomed = false;
		break;
	case SESSION_CLOSE:
		shell->closes++;
		shell->welcomed = false;
		break;
	case SESSION_SEND:
		hear_sent(shell, action->bytes);
		break;
	case SESSION_RECEIPTS:
		shell->receipts += (unsigned)action->receipt_count;
		for (size_t i = 0; i < action->receipt_count; i++) {
			uint64_t sequence = action->receipts[i].sequence;

			cr_assert(sequence >= 1 && sequence < shell->next,
				  "a receipt for what was never sealed");
			shell->batches[sequence - 1].receipted = true;
		}
		break;
	case SESSION_WANTED:
		for (uint64_t i = action->sequence; i < shell->next; i++)
			shell->batches[i - 1].receipted = false;
		break;
	case SESSION_RESTORE:
		restore(shell, action);
		break;
	case SESSION_SLICE:
		shell->slices++;
		break;
	case SESSION_REFRESHED:
		shell->refreshes++;
		break;
	case SESSION_EVIDENCE:
		shell->evidences++;
		break;
	case SESSION_FORMER:
	case SESSION_SUCCEEDED:
	case SESSION_REOPENED:
	case SESSION_CHECKPOINT:
	case SESSION_SAFE:
	case SESSION_TELL:
		break;
	case SESSION_SEAL:
	case SESSION_LOAD:
		cr_assert_fail("not performed here");
	}
}

static void answer(struct shell *shell, const struct session_action *action)
{
	uint64_t sequence = action->sequence;

	if (action->kind == SESSION_SEAL) {
		shell->seals++;
		shell->seal_max = action->bytes_max;
		cr_assert(shell->welcomed, "sealed before WELCOME");
		cr_assert_eq(session_state(shell->session), SESSION_READY);
		if (shell->waiting == 0 || shell->next > BATCHES_MAX) {
			session_no_batch(shell->session, shell->now_ms);
			return;
		}
		sequence = shell->next;
		seal_batch(shell);
		shell->waiting = 0;
		shell->waiting_bytes = 0;
	} else {
		shell->loads++;
		if (sequence < shell->kept_from || sequence >= shell->next) {
			session_no_batch(shell->session, shell->now_ms);
			return;
		}
	}
	session_batch(shell->session, shell->now_ms, sequence,
		      strbuf_span(&shell->batches[sequence - 1].bytes));
}

static void take_actions(struct shell *shell)
{
	struct session_action action, asked;
	bool asks;

	do {
		asks = false;
		while (session_action(shell->session, &action)) {
			cr_assert_not(asks, "a question that is not the last "
					    "action");
			if (action.kind == SESSION_SEAL ||
			    action.kind == SESSION_LOAD) {
				asked = action;
				asks = true;
			} else {
				perform(shell, &action);
			}
		}
		if (asks)
			answer(shell, &asked);
	} while (asks);
}

/* ---- events ---- */

static void start(struct shell *shell)
{
	session_start(shell->session, shell->now_ms);
	take_actions(shell);
}

static void up(struct shell *shell)
{
	struct session_chain chain = {
		.next = shell->next,
		.head = *head_before(shell, shell->next),
		.first_kept =
			shell->kept_from < shell->next ? shell->kept_from : 0,
		.last_kept = shell->next - 1,
		.unreceipted = shell->next,
	};

	for (uint64_t i = shell->next - 1; i >= 1; i--)
		if (!shell->batches[i - 1].receipted)
			chain.unreceipted = i;
	memset(shell->in_flight, 0, sizeof(shell->in_flight));
	shell->last_sent = 0;
	session_up(shell->session, shell->now_ms, &chain);
	take_actions(shell);
}

static void down(struct shell *shell, bool refused)
{
	session_down(shell->session, shell->now_ms,
		     refused ? TROUBLE_REFUSED : TROUBLE_OFFLINE);
	take_actions(shell);
}

static void tick(struct shell *shell)
{
	session_tick(shell->session, shell->now_ms);
	take_actions(shell);
}

static void tick_at_deadline(struct shell *shell)
{
	uint64_t at = session_deadline(shell->session);

	cr_assert_neq(at, UINT64_MAX);
	if (at > shell->now_ms)
		shell->now_ms = at;
	tick(shell);
}

static void waiting(struct shell *shell, uint64_t count, uint64_t bytes)
{
	shell->waiting = count;
	shell->waiting_bytes = bytes;
	session_waiting(shell->session, shell->now_ms, count, bytes);
	take_actions(shell);
}

static void say(struct shell *shell, int encoded, struct strbuf *message)
{
	cr_assert_eq(encoded, 0);
	session_message(shell->session, shell->now_ms, strbuf_span(message));
	strbuf_release(message);
	take_actions(shell);
}

static void say_welcome(struct shell *shell, const struct welcome *welcome)
{
	struct strbuf message;

	/* Before the event: what it sets off is judged by it. */
	if (session_state(shell->session) == SESSION_GREETING)
		shell->welcomed = true;
	shell->credit_until = welcome->credit_until;
	shell->credit_bytes = welcome->credit_bytes;
	strbuf_init(&message, 0);
	say(shell, talk_encode_welcome(welcome, &message, NULL), &message);
}

static struct welcome welcome_of(const struct shell *shell, uint64_t wanted)
{
	struct welcome welcome = {
		.version = TALK_VERSION,
		.wanted = wanted,
		.credit_until = wanted + 100,
		.credit_bytes = 1024 * 1024,
		.ping_ms = 30000,
		.offices = 8000,
	};

	if (wanted > 1) {
		const struct kept *kept = &shell->batches[wanted - 2];

		welcome.head = kept->name;
		welcome.head_header =
			span_of(kept->header_bytes, SEAL_HEADER_BYTES);
		welcome.head_signature = kept->signature;
	}
	return welcome;
}

/* Up to READY with a collector that has everything. */
static void greet(struct shell *shell)
{
	struct welcome welcome = welcome_of(shell, shell->next);

	start(shell);
	up(shell);
	for (uint64_t i = 1; i < shell->next; i++)
		shell->batches[i - 1].receipted = true;
	say_welcome(shell, &welcome);
	cr_assert_eq(session_state(shell->session), SESSION_READY);
	clear(shell);
}

static void say_ack(struct shell *shell, uint64_t from, uint64_t count,
		    uint64_t credit_until, uint64_t credit_bytes)
{
	uint16_t verdict = 0;
	struct receipt receipts[BATCHES_MAX];
	struct ack ack = { .durable = from + count,
			   .receipts = receipts,
			   .receipt_count = count,
			   .credit_until = credit_until,
			   .credit_bytes = credit_bytes };
	struct strbuf message;

	for (uint64_t i = 0; i < count; i++) {
		receipts[i] = (struct receipt){ .sequence = from + i,
						.index = from + i,
						.recv_us = 1,
						.verdicts = &verdict,
						.verdict_count = 1 };
		if (from + i <= BATCHES_MAX)
			shell->in_flight[from + i] = false;
	}
	if (session_state(shell->session) == SESSION_READY) {
		shell->credit_until = credit_until;
		shell->credit_bytes = credit_bytes;
	}
	strbuf_init(&message, 0);
	say(shell, talk_encode_ack(&ack, &message, NULL), &message);
}

static void say_nack(struct shell *shell, enum nack_code code,
		     uint64_t sequence, uint64_t wanted, uint32_t retry_ms)
{
	struct nack nack = { .sequence = sequence,
			     .code = code,
			     .text = span_of_text("no"),
			     .retry_ms = retry_ms,
			     .wanted = wanted };
	struct strbuf message;

	memset(shell->in_flight, 0, sizeof(shell->in_flight));
	strbuf_init(&message, 0);
	say(shell, talk_encode_nack(&nack, &message, NULL), &message);
}

static void say_ping(struct shell *shell, enum wire_type type)
{
	struct strbuf message;

	strbuf_init(&message, 0);
	say(shell, talk_encode_ping(type, 1, &message, NULL), &message);
}

/* ---- sealing and sending ---- */

Test(session, seals_nothing_before_welcome)
{
	struct shell shell;
	struct welcome welcome;

	shell_open(&shell, 0, false);
	waiting(&shell, 3, 300);
	start(&shell);
	waiting(&shell, 4, 400);
	up(&shell);
	waiting(&shell, 5, 500);
	cr_expect_eq(shell.seals, 0);
	cr_expect_eq(shell.hellos, 1);
	welcome = welcome_of(&shell, 1);
	say_welcome(&shell, &welcome);
	cr_expect_eq(shell.seals, 1);
	cr_expect_eq(shell.batches_sent, 1);
	shell_close(&shell);
}

Test(session, gathers_what_waits_while_a_batch_is_under_way)
{
	struct shell shell;

	shell_open(&shell, 0, false);
	greet(&shell);
	waiting(&shell, 1, 100);
	cr_expect_eq(shell.batches_sent, 1);
	for (uint64_t i = 1; i <= 10; i++)
		waiting(&shell, i, 100 * i);
	cr_expect_eq(shell.seals, 1, "small ones wait for the acknowledgement");
	say_ack(&shell, 1, 1, 100, 1024 * 1024);
	cr_expect_eq(shell.seals, 2);
	cr_expect_eq(shell.batches_sent, 2);
	waiting(&shell, 2000, SESSION_COALESCE_BYTES);
	cr_expect_eq(shell.seals, 3, "a batch's worth goes at once");
	shell_close(&shell);
}

Test(session, stays_within_credit)
{
	static const struct row {
		uint64_t credit_until, credit_batches; /* of equal size */
		unsigned sent;
	} rows[] = {
		{ 1, 100, 0 }, { 2, 100, 1 }, { 4, 100, 3 },   { 100, 0, 0 },
		{ 100, 1, 1 }, { 100, 3, 3 }, { 100, 100, 5 }, /* all there are
								*/
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct shell shell;
		struct welcome welcome;

		shell_open(&shell, 5, false);
		start(&shell);
		up(&shell);
		welcome = welcome_of(&shell, 1);
		welcome.credit_until = rows[i].credit_until;
		welcome.credit_bytes =
			rows[i].credit_batches * shell.batches[0].bytes.len;
		say_welcome(&shell, &welcome);
		cr_expect_eq(shell.batches_sent, rows[i].sent, "row %zu: %u", i,
			     shell.batches_sent);
		shell_close(&shell);
	}
}

Test(session, has_at_most_a_window_under_way)
{
	struct shell shell;
	struct welcome welcome;

	shell_open(&shell, 20, false);
	start(&shell);
	up(&shell);
	welcome = welcome_of(&shell, 1);
	say_welcome(&shell, &welcome);
	cr_expect_eq(shell.batches_sent, SESSION_WINDOW_MAX);
	say_ack(&shell, 1, 3, 100, 1024 * 1024);
	cr_expect_eq(shell.batches_sent, SESSION_WINDOW_MAX + 3);
	cr_expect_eq(shell.receipts, 3);
	say_ack(&shell, 4, 8, 100, 1024 * 1024);
	cr_expect_eq(shell.batches_sent, 2 * SESSION_WINDOW_MAX + 3);
	say_ack(&shell, 12, 8, 100, 1024 * 1024);
	cr_expect_eq(shell.batches_sent, 20);
	shell_close(&shell);
}

Test(session, sends_again_what_has_no_receipt)
{
	struct shell shell;
	struct welcome welcome;

	shell_open(&shell, 3, false);
	shell.batches[0].receipted = true;
	start(&shell);
	up(&shell);
	welcome = welcome_of(&shell, 4); /* it has all three */
	say_welcome(&shell, &welcome);
	cr_assert_eq(shell.batches_sent, 2);
	cr_expect_eq(shell.sent[0], 2);
	cr_expect_eq(shell.sent[1], 3);
	cr_expect_not(session_settled(shell.session));
	say_ack(&shell, 2, 2, 100, 1024 * 1024);
	cr_expect(session_settled(shell.session));
	shell_close(&shell);
}

Test(session, enrols_with_batch_one_alone)
{
	struct shell shell;
	struct welcome welcome;

	shell_open(&shell, 0, true);
	shell.waiting = 7;
	start(&shell);
	up(&shell);
	welcome = welcome_of(&shell, 1);
	say_welcome(&shell, &welcome);
	cr_expect_eq(shell.batches_sent, 1);
	cr_expect_not(session_settled(shell.session));
	waiting(&shell, 6, SESSION_COALESCE_BYTES);
	cr_expect_eq(shell.batches_sent, 1);
	waiting(&shell, 0, 0);
	say_ack(&shell, 1, 1, 2, 1024 * 1024);
	cr_expect(session_settled(shell.session));
	cr_expect_eq(shell.seals, 1);
	shell_close(&shell);
}

/* ---- where the chains stand ---- */

Test(session, goes_on_where_the_collector_is)
{
	static const struct row {
		uint64_t sealed, kept_from, wanted;
		bool foreign_head, other_head;
		enum session_state state;
		enum session_trouble trouble;
		uint64_t first_sent; /* 0: nothing */
	} rows[] = {
		{ 0, 1, 1, false, false, SESSION_READY, TROUBLE_NONE, 0 },
		{ 3, 1, 4, false, false, SESSION_READY, TROUBLE_NONE, 0 },
		{ 3, 1, 2, false, false, SESSION_READY, TROUBLE_NONE, 2 },
		{ 3, 1, 1, false, false, SESSION_READY, TROUBLE_NONE, 1 },
		{ 3, 3, 2, false, false, SESSION_BACKOFF, TROUBLE_LOST, 0 },
		{ 3, 4, 2, false, false, SESSION_BACKOFF, TROUBLE_LOST, 0 },
		{ 3, 1, 4, true, false, SESSION_BACKOFF, TROUBLE_UNSIGNED, 0 },
		{ 3, 1, 2, true, false, SESSION_BACKOFF, TROUBLE_UNSIGNED, 0 },
		{ 3, 1, 4, false, true, SESSION_BACKOFF, TROUBLE_FORK, 0 },
		{ 3, 1, 2, false, true, SESSION_BACKOFF, TROUBLE_FORK, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		static const struct hash zero;
		struct shell shell;
		struct sign_pair foreign;
		uint8_t seed[SIGN_SEED_BYTES] = { 99 };
		struct welcome welcome;
		struct kept other = { .receipted = false };

		shell_open(&shell, rows[i].sealed, false);
		shell.kept_from = rows[i].kept_from;
		for (uint64_t j = 1; j < rows[i].wanted; j++)
			shell.batches[j - 1].receipted = true;
		sign_pair_from_seed(seed, &foreign);
		start(&shell);
		up(&shell);
		welcome = welcome_of(&shell, rows[i].wanted);
		if (rows[i].foreign_head || rows[i].other_head) {
			make_batch(&other,
				   rows[i].foreign_head ? &foreign :
							  &shell.pair,
				   rows[i].wanted - 1, &zero, 5);
			welcome.head = other.name;
			welcome.head_header =
				span_of(other.header_bytes, SEAL_HEADER_BYTES);
			welcome.head_signature = other.signature;
		}
		say_welcome(&shell, &welcome);
		cr_expect_eq(session_state(shell.session), rows[i].state,
			     "row %zu: state %d", i,
			     session_state(shell.session));
		cr_expect_eq(session_trouble(shell.session), rows[i].trouble,
			     "row %zu: trouble %d", i,
			     session_trouble(shell.session));
		cr_expect_eq(shell.batches_sent ? shell.sent[0] : 0,
			     rows[i].first_sent, "row %zu", i);
		cr_expect_eq(session_needs_person(shell.session),
			     rows[i].state == SESSION_BACKOFF, "row %zu", i);
		if (other.bytes.text)
			strbuf_release(&other.bytes);
		shell_close(&shell);
	}
}

static void say_recalled(struct shell *shell, const struct kept *kept,
			 uint64_t sequence)
{
	uint16_t verdict = 0;
	struct recalled recalled = {
		.receipt = { .sequence = sequence,
			     .index = 10 + sequence,
			     .recv_us = 1,
			     .verdicts = &verdict,
			     .verdict_count = 1 },
		.batch = strbuf_span(&kept->bytes),
	};
	struct strbuf message;

	strbuf_init(&message, 0);
	say(shell, talk_encode_recalled(&recalled, &message, NULL), &message);
}

/* An office whose directory is an old copy: three batches are missing. */
static void restored_office(struct shell *shell, struct kept *missing,
			    const struct sign_pair *signer)
{
	const struct hash *prev;
	struct welcome welcome;

	shell_open(shell, 1, false);
	shell->batches[0].receipted = true;
	prev = &shell->batches[0].name;
	for (uint64_t i = 0; i < 3; i++) {
		make_batch(&missing[i], signer ? signer : &shell->pair, 2 + i,
			   prev, 10);
		prev = &missing[i].name;
	}
	start(shell);
	up(shell);
	shell->waiting = 1;
	session_waiting(shell->session, shell->now_ms, 1, 50);
	take_actions(shell);
	welcome = welcome_of(shell, 1);
	welcome.wanted = 5;
	welcome.head = missing[2].name;
	welcome.head_header =
		span_of(missing[2].header_bytes, SEAL_HEADER_BYTES);
	welcome.head_signature = missing[2].signature;
	say_welcome(shell, &welcome);
}

static void release_missing(struct kept *missing)
{
	for (size_t i = 0; i < 3; i++)
		strbuf_release(&missing[i].bytes);
}

Test(session, restored_office_recalls_before_it_seals)
{
	struct kept missing[3];
	struct shell shell;

	restored_office(&shell, missing, NULL);
	cr_expect_eq(shell.recalls, 1);
	cr_expect_eq(shell.recall.from, 2);
	cr_expect_eq(shell.recall.count, 3);
	waiting(&shell, 1, SESSION_COALESCE_BYTES);
	tick_at_deadline(&shell);
	cr_expect_eq(shell.seals, 0);
	for (uint64_t i = 0; i < 3; i++)
		say_recalled(&shell, &missing[i], 2 + i);
	cr_expect_eq(shell.restores, 3);
	cr_expect_eq(session_state(shell.session), SESSION_READY);
	cr_expect_eq(shell.batches_sent, 1, "what waited goes now");
	cr_expect_eq(shell.sent[0], 5);
	release_missing(missing);
	shell_close(&shell);
}

Test(session, adopts_nothing_that_its_own_key_did_not_sign)
{
	uint8_t seed[SIGN_SEED_BYTES] = { 77 };
	struct sign_pair foreign;
	struct kept missing[3];
	struct shell shell;

	cr_assert_eq(sign_start(NULL), 0);
	sign_pair_from_seed(seed, &foreign);
	restored_office(&shell, missing, &foreign);
	cr_expect_eq(session_trouble(shell.session), TROUBLE_UNSIGNED);
	cr_expect_eq(shell.recalls, 0);
	release_missing(missing);
	shell_close(&shell);
}

Test(session, recalled_batches_must_follow_each_other)
{
	struct kept missing[3];
	struct shell shell;

	restored_office(&shell, missing, NULL);
	say_recalled(&shell, &missing[1], 3); /* 2 is left out */
	cr_expect_eq(shell.restores, 0);
	cr_expect_eq(session_state(shell.session), SESSION_BACKOFF);
	release_missing(missing);
	shell_close(&shell);
}

/* ---- no ---- */

Test(session, nacks)
{
	static const struct row {
		enum nack_code code;
		bool closes, needs_person, sends_again;
	} rows[] = {
		{ NACK_BUSY, false, false, true },
		{ NACK_GAP, false, false, true },
		{ NACK_DISK_FULL, false, false, true },
		{ NACK_ALLOWANCE, false, false, true },
		{ NACK_FENCED, true, true, false },
		{ NACK_MALFORMED, true, true, false },
		{ NACK_FORGED, true, true, false },
		{ NACK_NOT_ENROLLED, true, true, false },
		{ NACK_SUSPENDED, true, true, false },
		{ NACK_VERSION, true, true, false },
		{ NACK_GRANT, true, true, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct shell shell;
		const char *text;

		shell_open(&shell, 0, false);
		greet(&shell);
		waiting(&shell, 1, 100);
		cr_assert_eq(shell.batches_sent, 1);
		say_nack(&shell, rows[i].code, 1, 1, 500);
		cr_expect_eq(shell.closes, rows[i].closes, "row %zu", i);
		cr_expect_eq(session_needs_person(shell.session),
			     rows[i].needs_person, "row %zu", i);
		cr_expect_eq(session_nack(shell.session, &text), rows[i].code,
			     "row %zu", i);
		cr_expect_str_eq(text, "no", "row %zu", i);
		if (rows[i].code != NACK_GAP)
			cr_expect_eq(shell.batches_sent, 1, "row %zu", i);
		if (!rows[i].closes) {
			shell.now_ms += 500;
			tick(&shell);
			cr_expect_eq(shell.batches_sent, 2, "row %zu", i);
			cr_expect_eq(shell.sent[1], 1, "row %zu", i);
			cr_expect_eq(shell.seals, 1, "row %zu", i);
		}
		shell_close(&shell);
	}
}

Test(session, goes_back_once_for_a_gap_that_is_told_many_times)
{
	struct shell shell;
	struct welcome welcome;

	shell_open(&shell, 6, false);
	start(&shell);
	up(&shell);
	welcome = welcome_of(&shell, 1);
	say_welcome(&shell, &welcome);
	cr_assert_eq(shell.batches_sent, 6);
	/* 2 got lost: 3 to 6 are each a gap */
	say_ack(&shell, 1, 1, 100, 1024 * 1024);
	for (uint64_t i = 3; i <= 6; i++)
		say_nack(&shell, NACK_GAP, i, 2, 0);
	cr_expect_eq(shell.batches_sent, 11);
	for (uint64_t i = 2; i <= 6; i++)
		cr_expect_eq(shell.sent[4 + i], i);
	/* 2 gets lost once more: that is not one of the same */
	say_nack(&shell, NACK_GAP, 3, 2, 0);
	cr_expect_eq(shell.batches_sent, 16);
	say_ack(&shell, 2, 5, 100, 1024 * 1024);
	cr_expect(session_settled(shell.session));
	shell_close(&shell);
}

/* A collector that has said no says it once, and drops what was under way. */
Test(session, hears_no_again_when_what_it_sends_again_is_refused)
{
	struct shell shell;
	struct welcome welcome;

	shell_open(&shell, 3, false);
	start(&shell);
	up(&shell);
	welcome = welcome_of(&shell, 1);
	say_welcome(&shell, &welcome);
	cr_assert_eq(shell.batches_sent, 3);
	for (unsigned i = 1; i <= 3; i++) {
		say_nack(&shell, NACK_DISK_FULL, 1, 1, 500);
		cr_expect_eq(shell.batches_sent, 3 * i, "time %u", i);
		shell.now_ms += 500;
		tick(&shell);
		cr_expect_eq(shell.batches_sent, 3 * i + 3, "time %u", i);
	}
	cr_expect_eq(shell.closes, 0);
	say_ack(&shell, 1, 3, 100, 1024 * 1024);
	cr_expect(session_settled(shell.session));
	shell_close(&shell);
}

Test(session, gaps_without_end_end_the_connection)
{
	struct shell shell;

	shell_open(&shell, 0, false);
	greet(&shell);
	waiting(&shell, 1, 100);
	for (int i = 0; i <= SESSION_GAPS_MAX; i++)
		say_nack(&shell, NACK_GAP, 1, 1, 0);
	cr_expect_eq(session_state(shell.session), SESSION_BACKOFF);
	cr_expect_eq(session_trouble(shell.session), TROUBLE_NONSENSE);
	shell_close(&shell);
}

Test(session, what_makes_no_sense_ends_the_connection)
{
	static const struct row {
		const char *name;
		uint8_t bytes[16];
		size_t len;
	} rows[] = {
		{ "empty", { 0 }, 0 },
		{ "short", { 'T', 'L', 'L' }, 3 },
		{ "magic", { 'T', 'A', 'L', 'Y', 1, 4, 0, 0 }, 8 },
		{ "major", { 'T', 'L', 'L', 'Y', 9, 4, 0, 0 }, 8 },
		{ "type", { 'T', 'L', 'L', 'Y', 1, 99, 0, 0 }, 8 },
		{ "hello", { 'T', 'L', 'L', 'Y', 1, 1, 0, 0 }, 8 },
		{ "batch", { 'T', 'L', 'L', 'Y', 1, 3, 0, 0 }, 8 },
		{ "recall", { 'T', 'L', 'L', 'Y', 1, 6, 0, 0 }, 8 },
		{ "welcome twice",
		  { 'T', 'L', 'L', 'Y', 1, 2, 0, 0, 0x08, 1, 0x10, 1 },
		  12 },
		{ "recalled", { 'T', 'L', 'L', 'Y', 1, 7, 0, 0 }, 8 },
		{ "protobuf", { 'T', 'L', 'L', 'Y', 1, 4, 0, 0, 0xff }, 9 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct shell shell;

		shell_open(&shell, 0, false);
		greet(&shell);
		session_message(shell.session, shell.now_ms,
				span_of(rows[i].bytes, rows[i].len));
		take_actions(&shell);
		cr_expect_eq(session_state(shell.session), SESSION_BACKOFF,
			     "%s", rows[i].name);
		cr_expect_eq(shell.closes, 1, "%s", rows[i].name);
		shell_close(&shell);
	}
}

/* ---- time ---- */

Test(session, retries_spread_out_and_then_back_off)
{
	/* With the largest draws the delay is the bound itself. */
	static const uint64_t bounds_ms[] = { 10000,  250,   500,    1000,
					      2000,   4000,  8000,   16000,
					      32000,  64000, 128000, 256000,
					      300000, 300000 };
	struct shell shell;

	shell_open(&shell, 0, false);
	start(&shell);
	for (size_t i = 0; i < COUNT(bounds_ms); i++) {
		shell.random = bounds_ms[i];
		down(&shell, false);
		cr_expect_eq(
			session_deadline(shell.session) - shell.now_ms,
			bounds_ms[i], "attempt %zu: %llu", i,
			(unsigned long long)(session_deadline(shell.session) -
					     shell.now_ms));
		shell.now_ms = session_deadline(shell.session) - 1;
		if (bounds_ms[i])
			tick(&shell);
		cr_expect_eq(session_state(shell.session), SESSION_BACKOFF);
		tick_at_deadline(&shell);
		cr_expect_eq(session_state(shell.session), SESSION_CONNECTING);
	}
	shell_close(&shell);
}

Test(session, a_person_in_a_hurry_does_not_wait)
{
	struct shell shell;

	shell_open(&shell, 0, false);
	start(&shell);
	shell.random = 9999;
	down(&shell, false);
	cr_assert_gt(session_deadline(shell.session), shell.now_ms);
	session_hurry(shell.session, shell.now_ms);
	take_actions(&shell);
	tick_at_deadline(&shell);
	cr_expect_eq(session_state(shell.session), SESSION_CONNECTING);
	down(&shell, true); /* refused: to hurry does not help */
	session_hurry(shell.session, shell.now_ms);
	take_actions(&shell);
	cr_expect_gt(session_deadline(shell.session),
		     shell.now_ms + SESSION_RETRY_MS_MAX / 2);
	shell_close(&shell);
}

Test(session, asks_for_evidence_and_hears_it)
{
	static const struct evidence evidence = { .size = 5 };
	const struct prove prove = { .size = 5 };
	struct strbuf message;
	struct shell shell;
	uint64_t from;

	strbuf_init(&message, 0);
	cr_assert_eq(evidence_encode(&evidence, &message, NULL), 0);
	shell_open(&shell, 0, false);
	cr_expect_not(session_prove(shell.session, shell.now_ms, &prove),
		      "not connected");
	greet(&shell);
	cr_assert(session_prove(shell.session, shell.now_ms, &prove));
	take_actions(&shell);
	cr_expect_eq(shell.proves, 1);
	cr_expect_not(session_prove(shell.session, shell.now_ms, &prove),
		      "one after the other");
	take_actions(&shell);
	session_message(shell.session, shell.now_ms, strbuf_span(&message));
	take_actions(&shell);
	cr_expect_eq(shell.evidences, 1);
	/* The next one is due after a while, and it is told when. */
	from = shell.now_ms + SESSION_PROVE_GAP_MS;
	cr_expect_neq(session_deadline(shell.session), from);
	cr_expect_not(session_may_prove(shell.session, shell.now_ms));
	cr_expect_eq(session_deadline(shell.session), from);
	session_tick(shell.session, from);
	take_actions(&shell);
	cr_expect_neq(session_deadline(shell.session), from, "it is over");
	cr_expect(session_may_prove(shell.session, from));
	session_message(shell.session, shell.now_ms, strbuf_span(&message));
	take_actions(&shell);
	cr_expect_eq(session_state(shell.session), SESSION_BACKOFF,
		     "nobody asked");
	shell_close(&shell);
	strbuf_release(&message);
}

Test(session, says_nothing_more_to_who_is_not_believed)
{
	struct shell shell;

	shell_open(&shell, 0, false);
	greet(&shell);
	session_distrust(shell.session, shell.now_ms);
	take_actions(&shell);
	cr_expect_eq(session_state(shell.session), SESSION_BACKOFF);
	cr_expect_eq(session_trouble(shell.session), TROUBLE_BROKEN);
	cr_expect(session_needs_person(shell.session));
	cr_expect_gt(session_deadline(shell.session),
		     shell.now_ms + SESSION_RETRY_MS_MAX / 2);
	shell_close(&shell);
}

Test(session, who_waits_is_not_kept_waiting_by_failures_of_before)
{
	struct shell shell;

	shell_open(&shell, 0, false);
	start(&shell);
	shell.random = 299999;
	for (int i = 0; i < 20; i++) {
		down(&shell, false);
		tick_at_deadline(&shell);
	}
	/* Asked while it connects to a collector that is not up yet. */
	cr_assert_eq(session_state(shell.session), SESSION_CONNECTING);
	for (int i = 0; i < 5; i++) {
		session_hurry(shell.session, shell.now_ms);
		take_actions(&shell);
		down(&shell, false);
		cr_expect_leq(session_deadline(shell.session),
			      shell.now_ms + SESSION_HURRY_RETRY_MS_MAX);
		tick_at_deadline(&shell);
	}
	/* Asked again and again: tries are still spread. */
	down(&shell, false);
	session_hurry(shell.session, shell.now_ms);
	take_actions(&shell);
	cr_expect_gt(session_deadline(shell.session), shell.now_ms);
	/* Nobody waits any more: back to long pauses. */
	shell.now_ms += SESSION_HURRY_MS + SESSION_HURRY_RETRY_MS_MAX;
	tick_at_deadline(&shell);
	down(&shell, false);
	cr_expect_gt(session_deadline(shell.session),
		     shell.now_ms + SESSION_HURRY_RETRY_MS_MAX);
	shell_close(&shell);
}

Test(session, gives_up_on_a_collector_that_says_nothing)
{
	struct shell shell;

	shell_open(&shell, 0, false);
	start(&shell);
	tick_at_deadline(&shell); /* never up */
	cr_expect_eq(session_state(shell.session), SESSION_BACKOFF);
	tick_at_deadline(&shell);
	up(&shell);
	cr_expect_eq(session_state(shell.session), SESSION_GREETING);
	tick_at_deadline(&shell); /* no WELCOME */
	cr_expect_eq(session_state(shell.session), SESSION_BACKOFF);
	cr_expect_eq(shell.closes, 2);
	shell_close(&shell);
}

Test(session, three_missed_pings_mean_a_new_socket)
{
	struct shell shell;

	shell_open(&shell, 0, false);
	greet(&shell);
	tick_at_deadline(&shell); /* WELCOME was heard since */
	cr_expect_eq(shell.pings, 1);
	tick_at_deadline(&shell);
	tick_at_deadline(&shell);
	cr_expect_eq(shell.pings, 3);
	cr_expect_eq(session_state(shell.session), SESSION_READY);
	tick_at_deadline(&shell);
	cr_expect_eq(session_state(shell.session), SESSION_BACKOFF);
	cr_expect_eq(shell.closes, 1);
	shell_close(&shell);
}

Test(session, any_traffic_counts_as_an_answer)
{
	struct shell shell;

	shell_open(&shell, 0, false);
	greet(&shell);
	for (int i = 0; i < 10; i++) {
		tick_at_deadline(&shell);
		say_ping(&shell, i % 2 ? WIRE_PING : WIRE_PONG);
	}
	cr_expect_eq(session_state(shell.session), SESSION_READY);
	cr_expect_eq(shell.pings, 10);
	cr_expect_eq(shell.pongs, 5);
	shell_close(&shell);
}

Test(session, pings_are_spread_by_a_quarter)
{
	struct shell shell;

	shell_open(&shell, 0, false);
	shell.random = 0;
	greet(&shell);
	cr_expect_eq(session_deadline(shell.session) - shell.now_ms, 22500);
	shell.random = 15000;
	tick_at_deadline(&shell);
	cr_expect_eq(session_deadline(shell.session) - shell.now_ms, 37500);
	shell_close(&shell);
}

Test(session, unanswered_batches_mean_a_new_socket)
{
	struct shell shell;

	shell_open(&shell, 0, false);
	greet(&shell);
	waiting(&shell, 1, 100);
	while (session_state(shell.session) == SESSION_READY) {
		tick_at_deadline(&shell);
		if (session_state(shell.session) == SESSION_READY)
			say_ping(&shell, WIRE_PONG);
	}
	cr_expect_geq(shell.now_ms, 1000000 + SESSION_STALL_MS);
	cr_expect_lt(shell.now_ms, 1000000 + 2 * SESSION_STALL_MS);
	shell_close(&shell);
}

Test(session, refreshed_when_the_ping_is_answered)
{
	struct shell shell;

	shell_open(&shell, 0, false);
	cr_expect_not(session_refresh(shell.session, 0));
	take_actions(&shell);
	greet(&shell);
	tick_at_deadline(&shell); /* an ordinary ping is under way */
	cr_expect(session_refresh(shell.session, shell.now_ms));
	take_actions(&shell);
	say_ping(&shell, WIRE_PONG);
	cr_expect_eq(shell.refreshes, 0);
	say_ping(&shell, WIRE_PONG);
	cr_expect_eq(shell.refreshes, 1);
	shell_close(&shell);
}

/* ---- whatever happens ---- */

static uint64_t dice(struct shell *shell, uint64_t sides)
{
	return draw(shell) % sides;
}

static void random_welcome(struct shell *shell)
{
	uint64_t wanted = 1 + dice(shell, shell->next + 2);
	struct welcome welcome =
		welcome_of(shell, wanted < shell->next ? wanted : shell->next);

	welcome.wanted = dice(shell, 8) ? welcome.wanted : wanted;
	welcome.credit_until = dice(shell, shell->next + 10);
	welcome.credit_bytes = dice(shell, 4000);
	say_welcome(shell, &welcome);
}

static void random_message(struct shell *shell)
{
	uint64_t from = 1 + dice(shell, shell->next + 1);
	uint8_t noise[64];

	switch (dice(shell, 8)) {
	case 0:
		random_welcome(shell);
		break;
	case 1:
	case 2:
	case 3:
		say_ack(shell, from, dice(shell, 4),
			dice(shell, shell->next + 10), dice(shell, 8000));
		break;
	case 4:
		say_nack(shell, (enum nack_code)(1 + dice(shell, 11)), from,
			 dice(shell, shell->next + 2),
			 (uint32_t)dice(shell, 1000));
		break;
	case 5:
		say_ping(shell, WIRE_PING);
		break;
	case 6:
		say_ping(shell, WIRE_PONG);
		break;
	default:
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)dice(shell, 256);
		memcpy(noise, "TLLY\1", 5);
		noise[5] = (uint8_t)(1 + dice(shell, 10));
		noise[6] = noise[7] = 0;
		session_message(shell->session, shell->now_ms,
				span_of(noise, 8 + dice(shell, 56)));
		take_actions(shell);
	}
}

static void random_event(struct shell *shell)
{
	switch (dice(shell, 10)) {
	case 0:
		shell->now_ms += dice(shell, 60000);
		tick(shell);
		break;
	case 1:
		tick_at_deadline(shell);
		break;
	case 2:
		if (shell->next < BATCHES_MAX)
			waiting(shell, dice(shell, 5), dice(shell, 200000));
		break;
	case 3:
		if (session_state(shell->session) == SESSION_CONNECTING)
			up(shell);
		break;
	case 4:
		if (!dice(shell, 4))
			down(shell, dice(shell, 2));
		break;
	case 5:
		if (session_state(shell->session) == SESSION_GREETING)
			random_welcome(shell);
		break;
	default:
		random_message(shell);
	}
}

Test(session, promises_hold_whatever_the_collector_says)
{
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct shell shell;

		shell_open(&shell, seed % 5, false);
		shell.random = seed * 0x9e3779b97f4a7c15ull;
		shell.random_moves = true;
		start(&shell);
		for (int i = 0; i < 400; i++) {
			clear(&shell);
			random_event(&shell);
		}
		shell_close(&shell);
	}
}

/* A collector that keeps to the protocol gets everything, once, in order. */
Test(session, everything_arrives_through_lost_connections)
{
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct shell shell;
		uint64_t durable = 1;
		int rounds = 0;

		shell_open(&shell, 0, false);
		shell.random = seed * 0x9e3779b97f4a7c15ull;
		shell.random_moves = true;
		start(&shell);
		while (shell.next <= 20 || !session_settled(shell.session)) {
			uint64_t old = durable;

			cr_assert_lt(rounds++, 5000, "seed %llu never ends",
				     (unsigned long long)seed);
			if (session_state(shell.session) ==
			    SESSION_CONNECTING) {
				struct welcome welcome;

				up(&shell);
				welcome = welcome_of(&shell, durable);
				say_welcome(&shell, &welcome);
			} else if (!dice(&shell, 6)) {
				down(&shell, false);
			} else if (session_state(shell.session) !=
				   SESSION_READY) {
				tick_at_deadline(&shell);
				continue;
			}
			clear(&shell);
			if (shell.next <= 20)
				waiting(&shell, 1, 100);
			for (uint64_t i = 1; i < shell.next; i++)
				if (shell.in_flight[i] && i == durable)
					durable++;
			/* the answer may be lost with the connection */
			if (session_state(shell.session) == SESSION_READY &&
			    dice(&shell, 4))
				say_ack(&shell, 1, durable - 1, durable + 10,
					1024 * 1024);
			cr_assert_geq(durable, old);
		}
		for (uint64_t i = 1; i < shell.next; i++)
			cr_expect(shell.batches[i - 1].receipted,
				  "seed %llu batch %llu",
				  (unsigned long long)seed,
				  (unsigned long long)i);
		shell_close(&shell);
	}
}
