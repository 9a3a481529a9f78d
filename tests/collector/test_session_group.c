/* What a session's group may hold, and what a key's day: the host is a script
 * that says of each batch what the test wants to become of it. */
#include "collector/session.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

#define ROUTE 7
#define TAKEN_MAX 64

struct stage {
	struct session_table *table;
	struct sign_pair pair;
	uint8_t curve[CURVE_KEY_BYTES];
	struct fold_office office;
	struct arena arena;
	enum admission admission; /* of what is submitted */
	struct session *sessions[TAKEN_MAX];
	uint64_t sequences[TAKEN_MAX];
	size_t taken;
	unsigned submitted;
	bool fresh; /* the last one was */
	unsigned hindrance;
	/* what was said since the last clear */
	unsigned acks, nacks;
	size_t receipts;
	struct nack nack;
	uint64_t wanted;
};

static bool who(void *ctx, const uint8_t curve[CURVE_KEY_BYTES],
		struct session_peer *out)
{
	const struct stage *stage = ctx;

	(void)curve;
	*out = (struct session_peer){ .office = stage->office,
				      .key = sign_key_hash(&stage->pair.key) };
	return true;
}

static void facts(void *ctx, struct session_facts *out)
{
	(void)ctx;
	*out = (struct session_facts){ .now_us = 1000000, .zone_minutes = 480 };
}

static unsigned hindrance(void *ctx, bool admin, size_t bytes,
			  const char **text, uint32_t *retry_ms)
{
	const struct stage *stage = ctx;

	(void)admin, (void)bytes;
	*text = "not now";
	*retry_ms = 1000;
	return stage->hindrance;
}

static int submit(void *ctx, struct session *session, const struct batch *batch,
		  struct span bytes, bool fresh, enum admission *out,
		  struct err *err)
{
	struct stage *stage = ctx;

	(void)bytes, (void)err;
	stage->submitted++;
	stage->fresh = fresh;
	*out = stage->admission;
	if (*out != ADMIT_TAKE)
		return 0;
	cr_assert_lt(stage->taken, TAKEN_MAX);
	stage->sessions[stage->taken] = session;
	stage->sequences[stage->taken++] = batch->header.sequence;
	return 0;
}

static int receipt(void *ctx, const struct hash *key, uint64_t sequence,
		   struct arena *arena, struct receipt *out)
{
	(void)ctx, (void)key, (void)sequence, (void)arena, (void)out;
	return ERR_NOTFOUND;
}

static int send_out(void *ctx, uint32_t route, struct span msg)
{
	struct stage *stage = ctx;
	struct welcome welcome;
	enum wire_type type;
	struct span body;
	struct ack ack;

	cr_assert_eq(route, ROUTE);
	cr_assert_eq(wire_read_prefix(msg, &type, &body, NULL), 0);
	if (type == WIRE_ACK) {
		cr_assert_eq(talk_decode_ack(body, &stage->arena, &ack, NULL),
			     0);
		stage->acks++;
		stage->receipts += ack.receipt_count;
	} else if (type == WIRE_NACK) {
		cr_assert_eq(talk_decode_nack(body, &stage->arena, &stage->nack,
					      NULL),
			     0);
		stage->nacks++;
	} else if (type == WIRE_WELCOME) {
		cr_assert_eq(talk_decode_welcome(body, &stage->arena, &welcome,
						 NULL),
			     0);
		stage->wanted = welcome.wanted;
	}
	return 0;
}

static void answered(void *ctx, const struct session_peer *peer)
{
	(void)ctx;
	(void)peer;
}

static void on_route(void *ctx, uint32_t route)
{
	(void)ctx, (void)route;
}

static void on_slice(void *ctx, uint32_t route, const struct hash *catalogue)
{
	(void)ctx, (void)route, (void)catalogue;
}

static void stage_open(struct stage *stage)
{
	static const uint8_t seed[SIGN_SEED_BYTES] = { 9 };
	const struct session_options options = { .sessions_max = 4,
						 .credit_bytes = 1 << 30,
						 .ping_ms = 30000 };
	const struct session_host host = { .who = who,
					   .facts = facts,
					   .hindrance = hindrance,
					   .submit = submit,
					   .receipt = receipt,
					   .send = send_out,
					   .shut = on_route,
					   .closed = on_route,
					   .slice = on_slice,
					   .heard = on_route,
					   .pong = on_route,
					   .answered = answered,
					   .ctx = stage };

	memset(stage, 0, sizeof(*stage));
	sign_pair_from_seed(seed, &stage->pair);
	stage->office.key = stage->pair.key;
	stage->office.next = 1;
	stage->admission = ADMIT_TAKE;
	arena_init(&stage->arena, SIZE_MAX);
	stage->table = session_table_new(&options, &host);
	cr_assert(stage->table);
}

static void stage_close(struct stage *stage)
{
	session_table_free(stage->table);
	arena_release(&stage->arena);
}

static void hear(struct stage *stage, int encoded, struct strbuf *message)
{
	struct session_message from = { .route = ROUTE };

	cr_assert_eq(encoded, 0);
	from.bytes =
		span_of(arena_copy(&stage->arena, message->text, message->len),
			message->len);
	cr_assert_eq(
		session_receive(stage->table, &from, 1000, &stage->arena, NULL),
		0);
	strbuf_release(message);
}

static void hear_hello(struct stage *stage)
{
	struct hello hello = { .version_min = TALK_VERSION,
			       .version_max = TALK_VERSION,
			       .next = stage->office.next };
	struct strbuf message;

	strbuf_init(&message, 0);
	hear(stage, talk_encode_hello(&hello, &message, NULL), &message);
}

/* The chain does not matter here: admission is the script's. */
static void hear_batch(struct stage *stage, uint64_t sequence, uint32_t count)
{
	struct seal_header header = { .sequence = sequence, .count = count };
	struct statement statement = { .kind = SAID_REPORT };
	struct cell_text cell = { .value = span_of_text("118") };
	struct report *report = &statement.said.report;
	struct sealed *sealed = calloc(count, sizeof(*sealed));
	struct strbuf body, batch, message;
	struct hash name;

	cr_assert(sealed);
	report->target = span_of_text("live.urban-jobs");
	report->unit = span_of_text("baima");
	report->period = span_of_text("2024M03");
	report->cells = &cell;
	report->cell_count = 1;
	strbuf_init(&body, 0);
	cr_assert_eq(wire_encode_statement(&statement, &body, NULL), 0);
	for (uint32_t i = 0; i < count; i++) {
		sealed[i].salt[0] = (uint8_t)(i + 1);
		sealed[i].body = strbuf_span(&body);
	}
	strbuf_init(&batch, 0);
	cr_assert_eq(wire_seal_batch(&header, sealed, &stage->pair, &batch,
				     &name, NULL),
		     0);
	strbuf_init(&message, 0);
	hear(stage, talk_encode_batch(strbuf_span(&batch), &message, NULL),
	     &message);
	strbuf_release(&batch);
	strbuf_release(&body);
	free(sealed);
}

/* All that was submitted is durable now, as when a group ends early because
 * an administrator's batch must end it. */
static void apply(struct stage *stage)
{
	static uint16_t admitted[64];

	for (size_t i = 0; i < stage->taken; i++) {
		struct receipt told = { .sequence = stage->sequences[i],
					.index = i,
					.recv_us = 1,
					.verdicts = admitted,
					.verdict_count = 1 };

		session_taken(stage->sessions[i], ADMIT_TAKE, &told);
		stage->office.next = told.sequence + 1;
	}
	stage->taken = 0;
}

static void settle(struct stage *stage)
{
	apply(stage);
	session_table_settled(stage->table, &stage->arena);
}

Test(session_group, a_second_hello_gives_no_more_batches_than_a_group_holds)
{
	struct stage stage;

	stage_open(&stage);
	hear_hello(&stage);
	for (uint64_t i = 1; i <= 10; i++)
		hear_batch(&stage, i, 1);
	apply(&stage);
	hear_hello(&stage);
	cr_expect_eq(stage.wanted, 11);
	for (uint64_t i = 11; i <= 26; i++)
		hear_batch(&stage, i, 1);
	settle(&stage);
	cr_expect_eq(stage.submitted, SESSION_WINDOW);
	cr_expect_eq(stage.nack.code, NACK_MALFORMED);
	cr_expect_eq(session_count(stage.table), 0);
	stage_close(&stage);
}

Test(session_group, a_duplicate_of_what_found_no_room_is_asked_for_again)
{
	struct stage stage;

	stage_open(&stage);
	hear_hello(&stage);
	/* Taken from an earlier session in this group, which failed. */
	stage.admission = ADMIT_DUPLICATE;
	hear_batch(&stage, 1, 1);
	settle(&stage);
	cr_expect_eq(stage.acks, 0);
	cr_expect_eq(stage.nacks, 1);
	cr_expect_eq(stage.nack.code, NACK_GAP);
	cr_expect_eq(stage.nack.wanted, 1);
	stage.admission = ADMIT_TAKE;
	hear_batch(&stage, 1, 1);
	settle(&stage);
	cr_expect_eq(stage.receipts, 1);
	stage_close(&stage);
}

Test(session_group, a_day_is_used_by_what_is_taken_and_by_nothing_else)
{
	struct stage stage;

	stage_open(&stage);
	stage.office.statements_a_day = 2;
	hear_hello(&stage);
	stage.admission = ADMIT_AHEAD;
	for (int i = 0; i < 5; i++) {
		hear_batch(&stage, 2, 1);
		settle(&stage);
		cr_expect_eq(stage.nack.code, NACK_GAP, "time %d", i);
	}
	stage.admission = ADMIT_TAKE;
	for (uint64_t i = 1; i <= 2; i++)
		hear_batch(&stage, i, 1);
	settle(&stage);
	cr_expect_eq(stage.receipts, 2);
	hear_batch(&stage, 3, 1);
	settle(&stage);
	cr_expect_eq(stage.receipts, 2);
	cr_expect_eq(stage.nack.code, NACK_ALLOWANCE);
	stage_close(&stage);
}

Test(session_group, a_batch_above_a_days_allowance_is_taken_on_a_new_day)
{
	struct stage stage;

	stage_open(&stage);
	stage.office.statements_a_day = 2;
	hear_hello(&stage);
	hear_batch(&stage, 1, 3);
	settle(&stage);
	cr_expect_eq(stage.receipts, 1);
	hear_batch(&stage, 2, 1);
	settle(&stage);
	cr_expect_eq(stage.receipts, 1);
	cr_expect_eq(stage.nack.code, NACK_ALLOWANCE);
	stage_close(&stage);
}

/* What it says of the office's clock was true when it was sealed. */
Test(session_group, a_batch_that_had_to_wait_is_not_fresh)
{
	struct stage stage;

	stage_open(&stage);
	hear_hello(&stage);
	hear_batch(&stage, 1, 1);
	settle(&stage);
	cr_expect(stage.fresh);
	stage.hindrance = NACK_DISK_FULL;
	hear_batch(&stage, 2, 1);
	hear_batch(&stage, 3, 1);
	settle(&stage);
	cr_expect_eq(stage.submitted, 1);
	stage.hindrance = 0;
	for (uint64_t i = 2; i <= 3; i++) {
		hear_batch(&stage, i, 1);
		settle(&stage);
		cr_expect_not(stage.fresh, "batch %d", (int)i);
	}
	/* Those that it could have sealed meanwhile are through. */
	for (uint64_t i = 4; i <= 2 + SESSION_WINDOW; i++) {
		hear_batch(&stage, i, 1);
		settle(&stage);
	}
	cr_expect(stage.fresh);
	stage_close(&stage);
}
