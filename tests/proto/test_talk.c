#include "proto/talk.h"

#include "proto/evidence.h"

#include <stdlib.h>

#include <criterion/criterion.h>

#include "proto/raw.h"
#include "proto/wire_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

TestSuite(talk, .init = wire_setup, .fini = wire_cleanup);

/* The body of the one message in buf, which must be of the type. */
static struct span body_of(enum wire_type type)
{
	enum wire_type got = 0;
	struct span body = { 0 };

	arena_reset(&arena);
	cr_assert_eq(wire_read_prefix(strbuf_span(&buf), &got, &body, NULL), 0);
	cr_assert_eq(got, type);
	return body;
}

static void fill(struct hash *hash, uint8_t with)
{
	memset(hash->bytes, with, HASH_BYTES);
}

Test(talk, hello_round_trips)
{
	struct span words[] = { span_of_text("sealed-texts"),
				span_of_text("x") };
	struct hello made = { .version_min = 1,
			      .version_max = 3,
			      .must_understand = words,
			      .must_understand_count = 2,
			      .next = UINT64_MAX,
			      .first_kept = 5,
			      .last_kept = 9,
			      .seen_size = 1ull << 63,
			      .program = span_of_text("tally-agent 0.1") };
	struct hello got;

	fill(&made.head, 1);
	fill(&made.seen_root, 2);
	fill(&made.catalogue, 3);
	cr_assert_eq(talk_encode_hello(&made, &buf, NULL), 0);
	cr_assert_eq(talk_decode_hello(body_of(WIRE_HELLO), &arena, &got, NULL),
		     0);
	cr_expect_eq(got.version_min, 1);
	cr_expect_eq(got.version_max, 3);
	cr_assert_eq(got.must_understand_count, 2);
	cr_expect(span_equal(got.must_understand[0], words[0]));
	cr_expect(span_equal(got.must_understand[1], words[1]));
	cr_expect_eq(got.next, UINT64_MAX);
	cr_expect(hash_equal(&got.head, &made.head));
	cr_expect_eq(got.first_kept, 5);
	cr_expect_eq(got.last_kept, 9);
	cr_expect_eq(got.seen_size, 1ull << 63);
	cr_expect(hash_equal(&got.seen_root, &made.seen_root));
	cr_expect(span_equal(got.program, made.program));
	cr_expect(hash_equal(&got.catalogue, &made.catalogue));
	/* Of a catalogue that an office does not have it says nothing. */
	fill(&made.catalogue, 0);
	strbuf_clear(&buf);
	cr_assert_eq(talk_encode_hello(&made, &buf, NULL), 0);
	cr_assert_eq(talk_decode_hello(body_of(WIRE_HELLO), &arena, &got, NULL),
		     0);
	cr_expect(hash_equal(&got.catalogue, &made.catalogue));
}

Test(talk, welcome_round_trips)
{
	uint8_t header[SEAL_HEADER_BYTES] = { 1, 2, 3 };
	struct welcome made = { .version = 1,
				.wanted = 8,
				.head_header = span_of(header, sizeof(header)),
				.head_signature = { { 4, 5 } },
				.credit_until = 16,
				.credit_bytes = 4 << 20,
				.ping_ms = 30000,
				.checkpoint = span_of_text("a note\n"),
				.safe = 12,
				.catalogue = 3,
				.offices = 50000,
				.now_us = 1700000000000000,
				.zone_minutes = -210,
				.simulated = true,
				.reopened = { span_of_text("one"),
					      span_of_text("two") },
				.reopened_count = 2,
				.successions = { span_of_text("three") },
				.succession_count = 1 };
	struct welcome got;

	fill(&made.head, 7);
	cr_assert_eq(talk_encode_welcome(&made, &buf, NULL), 0);
	cr_assert_eq(
		talk_decode_welcome(body_of(WIRE_WELCOME), &arena, &got, NULL),
		0);
	cr_expect_eq(got.version, 1);
	cr_expect_eq(got.wanted, 8);
	cr_expect(hash_equal(&got.head, &made.head));
	cr_expect(span_equal(got.head_header, made.head_header));
	cr_expect_arr_eq(&got.head_signature, &made.head_signature, 64);
	cr_expect_eq(got.credit_until, 16);
	cr_expect_eq(got.credit_bytes, 4 << 20);
	cr_expect_eq(got.ping_ms, 30000);
	cr_expect(span_equal(got.checkpoint, made.checkpoint));
	cr_expect_eq(got.safe, 12);
	cr_expect_eq(got.catalogue, 3);
	cr_expect_eq(got.offices, 50000);
	cr_expect_eq(got.now_us, 1700000000000000);
	cr_expect_eq(got.zone_minutes, -210);
	cr_expect(got.simulated);
	cr_assert_eq(got.succession_count, 1);
	cr_expect(span_equal(got.successions[0], made.successions[0]));
	cr_assert_eq(got.reopened_count, 2);
	cr_expect(span_equal(got.reopened[0], made.reopened[0]));
	cr_expect(span_equal(got.reopened[1], made.reopened[1]));

	/* the first of a chain: no head to show */
	made.wanted = 1;
	made.head_header = span_of(NULL, 0);
	strbuf_clear(&buf);
	cr_assert_eq(talk_encode_welcome(&made, &buf, NULL), 0);
	cr_assert_eq(
		talk_decode_welcome(body_of(WIRE_WELCOME), &arena, &got, NULL),
		0);
	cr_expect_eq(got.head_header.len, 0);
}

Test(talk, ack_round_trips)
{
	uint16_t some[] = { 0, 26, 65535 };
	struct receipt receipts[] = {
		{ .sequence = 3,
		  .index = 10,
		  .recv_us = 99,
		  .verdicts = some,
		  .verdict_count = 3 },
		{ .sequence = 4, .index = 11, .recv_us = 100 },
	};
	struct ack made = { .durable = 5,
			    .receipts = receipts,
			    .receipt_count = 2,
			    .credit_until = 20,
			    .credit_bytes = 7,
			    .safe = 6,
			    .checkpoint = span_of_text("note"),
			    .catalogue = 2 };
	struct ack got;

	cr_assert_eq(talk_encode_ack(&made, &buf, NULL), 0);
	cr_assert_eq(talk_decode_ack(body_of(WIRE_ACK), &arena, &got, NULL), 0);
	cr_expect_eq(got.durable, 5);
	cr_assert_eq(got.receipt_count, 2);
	cr_expect_eq(got.receipts[0].sequence, 3);
	cr_expect_eq(got.receipts[0].index, 10);
	cr_expect_eq(got.receipts[0].recv_us, 99);
	cr_assert_eq(got.receipts[0].verdict_count, 3);
	cr_expect_arr_eq(got.receipts[0].verdicts, some, sizeof(some));
	cr_expect_eq(got.receipts[1].verdict_count, 0);
	cr_expect_eq(got.credit_until, 20);
	cr_expect_eq(got.credit_bytes, 7);
	cr_expect_eq(got.safe, 6);
	cr_expect(span_equal(got.checkpoint, made.checkpoint));
	cr_expect_eq(got.catalogue, 2);
}

Test(talk, nack_recall_and_recalled_round_trip)
{
	uint16_t verdicts[] = { 1, 2 };
	struct nack nack = { .sequence = 4,
			     .code = NACK_GAP,
			     .text = span_of_text("please go back"),
			     .retry_ms = 100,
			     .wanted = 2 },
		    nack_got;
	struct recall recall = { .from = 3, .count = 9, .key = { { 7 } } },
		      recall_got;
	struct recalled recalled = {
		.receipt = { 3, 10, 77, verdicts, 2 },
		.batch = span_of_text("bytes of a batch"),
	}, recalled_got;

	cr_assert_eq(talk_encode_nack(&nack, &buf, NULL), 0);
	cr_assert_eq(
		talk_decode_nack(body_of(WIRE_NACK), &arena, &nack_got, NULL),
		0);
	cr_expect_eq(nack_got.sequence, 4);
	cr_expect_eq(nack_got.code, NACK_GAP);
	cr_expect(span_equal(nack_got.text, nack.text));
	cr_expect_eq(nack_got.retry_ms, 100);
	cr_expect_eq(nack_got.wanted, 2);

	strbuf_clear(&buf);
	cr_assert_eq(talk_encode_recall(&recall, &buf, NULL), 0);
	cr_assert_eq(talk_decode_recall(body_of(WIRE_RECALL), &arena,
					&recall_got, NULL),
		     0);
	cr_expect_eq(recall_got.from, 3);
	cr_expect_eq(recall_got.count, 9);
	cr_expect(hash_equal(&recall_got.key, &recall.key));

	strbuf_clear(&buf);
	cr_assert_eq(talk_encode_recalled(&recalled, &buf, NULL), 0);
	cr_assert_eq(talk_decode_recalled(body_of(WIRE_RECALLED), &arena,
					  &recalled_got, NULL),
		     0);
	cr_expect_eq(recalled_got.receipt.sequence, 3);
	cr_expect_eq(recalled_got.receipt.index, 10);
	cr_expect_eq(recalled_got.receipt.recv_us, 77);
	cr_assert_eq(recalled_got.receipt.verdict_count, 2);
	cr_expect_arr_eq(recalled_got.receipt.verdicts, verdicts, 4);
	cr_expect(span_equal(recalled_got.batch, recalled.batch));
}

static void expect_review(const struct head_review *got,
			  const struct head_review *made)
{
	cr_expect_eq(got->index, made->index);
	cr_expect_eq(got->n, made->n);
	cr_expect_eq(got->recv_us, made->recv_us);
	cr_expect(span_equal(got->unit, made->unit));
	cr_expect(span_equal(got->reason, made->reason));
}

Test(talk, slice_round_trips)
{
	struct slice_file files[] = {
		{ span_of_text("targets.csv"), span_of("id\n\0\xff", 5) },
		{ span_of_text("units.csv"), span_of(NULL, 0) }
	};
	struct cell_text cells[] = {
		{ span_of_text("done"), span_of_text("5") },
		{ span_of_text("planned"), span_of_text("6") }
	};
	struct head heads[] = {
		{ .report = { .target = span_of_text("t"),
			      .unit = span_of_text("u"),
			      .period = span_of_text("2024-Q1"),
			      .item = span_of_text("项目一"),
			      .cells = cells,
			      .cell_count = 2,
			      .status = span_of_text("returned") },
		  .salt = { 1, 2, 3 },
		  .index = 31,
		  .n = 2,
		  .recv_us = 12,
		  .reason = span_of_text("补报"),
		  .text = span_of_text("修了路"),
		  .review = { .index = 40,
			      .n = 3,
			      .recv_us = 13,
			      .unit = span_of_text("hrss"),
			      .reason = span_of_text("太少了") },
		  .before = { .cells = &cells[1],
			      .cell_count = 1,
			      .status = span_of_text("approved"),
			      .review = { .index = 30,
					  .recv_us = 11,
					  .unit = span_of_text("hrss") } },
		  .texts = true },
		{ .report = { .target = span_of_text("t2") } },
	};
	struct span units[] = { span_of_text("u"), span_of_text("v") };
	struct slice made = { .catalogue = 4,
			      .files = files,
			      .file_count = 2,
			      .heads = heads,
			      .head_count = 2,
			      .units = units,
			      .unit_count = 2,
			      .roles = 1u << ROLE_REPORTER |
				       1u << ROLE_REVIEWER,
			      .last = true,
			      .same_files = true };
	struct slice got;

	cr_assert_eq(talk_encode_slice(&made, &buf, NULL), 0);
	cr_assert_eq(talk_decode_slice(body_of(WIRE_SLICE), &arena, &got, NULL),
		     0);
	cr_expect_eq(got.catalogue, 4);
	cr_expect(got.last && got.same_files);
	cr_assert_eq(got.file_count, 2);
	cr_expect(span_equal(got.files[0].name, files[0].name));
	cr_expect(span_equal(got.files[0].bytes, files[0].bytes));
	cr_expect_eq(got.files[1].bytes.len, 0);
	cr_assert_eq(got.head_count, 2);
	cr_expect(span_equal(got.heads[0].report.target, span_of_text("t")));
	cr_expect(span_equal(got.heads[0].report.unit, span_of_text("u")));
	cr_expect(
		span_equal(got.heads[0].report.period, heads[0].report.period));
	cr_expect(span_equal(got.heads[0].report.item, heads[0].report.item));
	cr_expect(
		span_equal(got.heads[0].report.status, heads[0].report.status));
	cr_assert_eq(got.heads[0].report.cell_count, 2);
	cr_expect(
		span_equal(got.heads[0].report.cells[1].field, cells[1].field));
	cr_expect(
		span_equal(got.heads[0].report.cells[1].value, cells[1].value));
	cr_expect_arr_eq(got.heads[0].salt, heads[0].salt, SALT_BYTES);
	cr_expect_eq(got.heads[0].index, 31);
	cr_expect_eq(got.heads[0].n, 2);
	cr_expect_eq(got.heads[0].recv_us, 12);
	cr_expect(span_equal(got.heads[0].reason, heads[0].reason));
	cr_expect(span_equal(got.heads[0].text, heads[0].text));
	cr_expect(got.heads[0].texts);
	expect_review(&got.heads[0].review, &heads[0].review);
	cr_assert_eq(got.heads[0].before.cell_count, 1);
	cr_expect(
		span_equal(got.heads[0].before.cells[0].value, cells[1].value));
	cr_expect(span_equal(got.heads[0].before.status,
			     span_of_text("approved")));
	expect_review(&got.heads[0].before.review, &heads[0].before.review);
	cr_expect_eq(got.heads[1].report.cell_count, 0);
	cr_expect_eq(got.heads[1].review.index, 0);
	cr_expect_eq(got.heads[1].before.status.len, 0);
	cr_expect(!got.heads[1].texts);
	cr_expect_eq(got.roles, made.roles);
	cr_assert_eq(got.unit_count, 2);
	cr_expect(span_equal(got.units[1], units[1]));
}

Test(talk, ping_and_pong_round_trip)
{
	static const enum wire_type types[] = { WIRE_PING, WIRE_PONG };

	for (size_t i = 0; i < 2; i++) {
		uint64_t now;

		strbuf_clear(&buf);
		cr_assert_eq(talk_encode_ping(types[i], 42, &buf, NULL), 0);
		cr_assert_eq(
			talk_decode_ping(body_of(types[i]), &arena, &now, NULL),
			0);
		cr_expect_eq(now, 42);
	}
}

Test(talk, batch_message_is_prefix_and_batch)
{
	char *large = calloc(1, WIRE_BATCH_BYTES_MAX + 1);
	struct span batch = span_of_text("a batch as sealed");

	cr_assert(large);
	cr_assert_eq(talk_encode_batch(batch, &buf, NULL), 0);
	cr_expect(span_equal(body_of(WIRE_BATCH), batch));
	strbuf_clear(&buf);
	cr_expect_eq(talk_encode_batch(span_of(large, WIRE_BATCH_BYTES_MAX + 1),
				       &buf, NULL),
		     ERR_LIMIT);
	cr_expect_eq(buf.len, 0);
	free(large);
}

/* Any of the decoders, its output thrown away. */
static int decode_any(enum wire_type type, struct span body)
{
	union {
		struct hello hello;
		struct welcome welcome;
		struct batch batch;
		struct ack ack;
		struct nack nack;
		struct recall recall;
		struct recalled recalled;
		struct slice slice;
		uint64_t now_us;
		struct prove prove;
		struct evidence evidence;
		struct cosign cosign;
	} out;

	arena_reset(&arena);
	switch (type) {
	case WIRE_HELLO:
		return talk_decode_hello(body, &arena, &out.hello, NULL);
	case WIRE_WELCOME:
		return talk_decode_welcome(body, &arena, &out.welcome, NULL);
	case WIRE_BATCH:
		return wire_decode_batch(body, &arena, &out.batch, NULL);
	case WIRE_ACK:
		return talk_decode_ack(body, &arena, &out.ack, NULL);
	case WIRE_NACK:
		return talk_decode_nack(body, &arena, &out.nack, NULL);
	case WIRE_RECALL:
		return talk_decode_recall(body, &arena, &out.recall, NULL);
	case WIRE_RECALLED:
		return talk_decode_recalled(body, &arena, &out.recalled, NULL);
	case WIRE_SLICE:
		return talk_decode_slice(body, &arena, &out.slice, NULL);
	case WIRE_PING:
	case WIRE_PONG:
		return talk_decode_ping(body, &arena, &out.now_us, NULL);
	case WIRE_PROVE:
		return evidence_decode_prove(body, &arena, &out.prove, NULL);
	case WIRE_COSIGN:
		return evidence_decode_cosign(body, &arena, &out.cosign, NULL);
	case WIRE_EVIDENCE:
		return evidence_decode(body, &arena, &out.evidence, NULL);
	}
	return ERR_INVALID;
}

Test(talk, every_message_refuses_unknown_and_repeated_fields)
{
	for (int type = WIRE_HELLO; type <= WIRE_COSIGN; type++) {
		strbuf_clear(&buf);
		raw_number(&buf, 90, 1);
		cr_expect_eq(
			decode_any((enum wire_type)type, strbuf_span(&buf)),
			ERR_INVALID, "type %d", type);
		cr_expect_eq(arena.used, 0, "type %d", type);
		/* field 1 twice, as a number and as bytes */
		strbuf_clear(&buf);
		raw_number(&buf, 1, 1);
		raw_number(&buf, 1, 1);
		cr_expect_eq(
			decode_any((enum wire_type)type, strbuf_span(&buf)),
			ERR_INVALID, "type %d", type);
		strbuf_clear(&buf);
		raw_fill(&buf, 1, 2, 'x');
		raw_fill(&buf, 1, 2, 'x');
		cr_expect_eq(
			decode_any((enum wire_type)type, strbuf_span(&buf)),
			ERR_INVALID, "type %d", type);
	}
}

Test(talk, amplifying_input_is_refused_before_anything_is_allocated)
{
	static const struct {
		enum wire_type type;
		uint32_t field;
	} rows[] = {
		{ WIRE_HELLO, 3 }, { WIRE_ACK, 2 },   { WIRE_SLICE, 2 },
		{ WIRE_SLICE, 3 }, { WIRE_SLICE, 4 }, { WIRE_BATCH, 4 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		strbuf_clear(&buf);
		while (buf.len < 64 * 1024)
			raw_fill(&buf, rows[i].field, 0, 0);
		cr_expect_eq(decode_any(rows[i].type, strbuf_span(&buf)),
			     ERR_LIMIT, "row %zu", i);
		cr_expect_eq(arena.used, 0, "row %zu", i);
	}
}

Test(talk, parts_of_all_levels_are_counted_together)
{
	struct strbuf head;

	strbuf_init(&head, 0);
	for (int i = 0; i < WIRE_CELLS_MAX; i++)
		raw_fill(&head, 9, 0, 0);
	for (int i = 0; i < 4096; i++)
		raw_bytes(&buf, 3, strbuf_span(&head));
	cr_expect(buf.len < WIRE_MESSAGE_BYTES_MAX);
	cr_expect_eq(decode_any(WIRE_SLICE, strbuf_span(&buf)), ERR_LIMIT);
	cr_expect_eq(arena.used, 0);
	strbuf_release(&head);
}

Test(talk, most_wasteful_messages_fit_the_arena)
{
	struct strbuf head;

	/* heads with as many empty cells as the parts allow */
	strbuf_init(&head, 0);
	raw_fill(&head, 5, SALT_BYTES, 's');
	for (int i = 0; i < 8; i++)
		raw_fill(&head, 9, 0, 0);
	for (int i = 0; i < TALK_HEADS_MAX; i++)
		raw_bytes(&buf, 3, strbuf_span(&head));
	cr_expect_eq(decode_any(WIRE_SLICE, strbuf_span(&buf)), 0);

	/* and with as much about their reviews */
	strbuf_clear(&buf);
	strbuf_clear(&head);
	raw_fill(&head, 5, SALT_BYTES, 's');
	raw_bytes(&head, 13, span_of("\x08\x01", 2));
	raw_bytes(&head, 14, span_of("\x1a\x02\x08\x01", 4));
	for (int i = 0; i < 5; i++)
		raw_fill(&head, 9, 0, 0);
	for (int i = 0; i < TALK_HEADS_MAX; i++)
		raw_bytes(&buf, 3, strbuf_span(&head));
	cr_expect_eq(decode_any(WIRE_SLICE, strbuf_span(&buf)), 0);
	strbuf_release(&head);

	/* as many verdicts as fit, packed */
	strbuf_init(&head, 0);
	raw_fill(&head, 4, WIRE_VERDICTS_MAX, 0);
	strbuf_clear(&buf);
	for (int i = 0; i < 104; i++)
		raw_bytes(&buf, 2, strbuf_span(&head));
	cr_expect(buf.len < WIRE_MESSAGE_BYTES_MAX);
	cr_expect_eq(decode_any(WIRE_ACK, strbuf_span(&buf)), 0);

	/* and one by one, which costs protobuf-c far more */
	strbuf_clear(&head);
	for (int i = 0; i < 9000; i++)
		raw_number(&head, 4, 0);
	strbuf_clear(&buf);
	for (int i = 0; i < 4; i++)
		raw_bytes(&buf, 2, strbuf_span(&head));
	cr_expect_eq(decode_any(WIRE_ACK, strbuf_span(&buf)), 0);
	raw_bytes(&buf, 2, strbuf_span(&head));
	cr_expect_eq(decode_any(WIRE_ACK, strbuf_span(&buf)), ERR_LIMIT);
	strbuf_release(&head);
}

Test(talk, refuses_values_that_cannot_be)
{
	static const struct {
		enum wire_type type;
		const char *bytes;
		size_t len;
		const char *why;
	} rows[] = {
		{ WIRE_HELLO, "", 0, "no head" },
		{ WIRE_WELCOME, "", 0, "no head" },
		{ WIRE_NACK, "", 0, "no code" },
		{ WIRE_NACK, "\x10\x0c", 2, "code 12" },
		{ WIRE_NACK, "\x10\x01\x1a\x01\xff", 5, "text not UTF-8" },
		{ WIRE_RECALL, "", 0, "none asked for" },
		{ WIRE_RECALL, "\x08\x01", 2, "none asked for" },
		{ WIRE_RECALL, "\x10\x01", 2, "from 0" },
		{ WIRE_RECALL,
		  "\x08\x02\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13,
		  "beyond all numbers" },
		{ WIRE_RECALLED, "\x2a\x03\x80\x80\x04", 5, "verdict 65536" },
		{ WIRE_ACK, "\x12\x05\x22\x03\x80\x80\x04", 7,
		  "verdict 65536" },
		{ WIRE_ACK, "\x12\x03\x22\x01\x80", 5, "verdict cut off" },
		{ WIRE_SLICE, "\x1a\x00", 2, "head without a salt" },
		{ WIRE_SLICE, "\x1a\x02\x6a\x00", 4,
		  "review that stands nowhere" },
		{ WIRE_PING, "\x0a\x00", 2, "bytes for a number" },
		{ WIRE_PONG, "\x0d\x00\x00\x00\x00", 5, "32 bits" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		cr_expect_eq(decode_any(rows[i].type,
					span_of(rows[i].bytes, rows[i].len)),
			     ERR_INVALID, "row %zu: %s", i, rows[i].why);
}

Test(talk, damaged_messages_never_crash)
{
	uint64_t seed = 99;
	uint16_t verdicts[200] = { 1, 2, 3 };
	struct receipt receipt = { 3, 10, 77, verdicts, 200 };
	struct ack ack = { .receipts = &receipt, .receipt_count = 1 };
	struct head head = { .report.target = span_of_text("target") };
	struct slice slice = { .heads = &head, .head_count = 1 };
	struct hello hello = { .next = 1, .program = span_of_text("p") };
	struct welcome welcome = { .wanted = 1 };

	for (int round = 0; round < 4000; round++) {
		enum wire_type type;

		strbuf_clear(&buf);
		switch (raw_below(&seed, 4)) {
		case 0:
			type = WIRE_ACK;
			cr_assert_eq(talk_encode_ack(&ack, &buf, NULL), 0);
			break;
		case 1:
			type = WIRE_SLICE;
			cr_assert_eq(talk_encode_slice(&slice, &buf, NULL), 0);
			break;
		case 2:
			type = WIRE_HELLO;
			cr_assert_eq(talk_encode_hello(&hello, &buf, NULL), 0);
			break;
		default:
			type = WIRE_WELCOME;
			cr_assert_eq(talk_encode_welcome(&welcome, &buf, NULL),
				     0);
			break;
		}
		for (size_t hits = 1 + raw_below(&seed, 5); hits; hits--)
			buf.text[8 + raw_below(&seed, buf.len - 8)] =
				(char)raw_random(&seed);
		buf.len = 8 + raw_below(&seed, buf.len - 7);
		if (!raw_below(&seed, 8))
			type = 1 + (enum wire_type)raw_below(&seed, WIRE_PONG);
		(void)decode_any(type, span_of(buf.text + 8, buf.len - 8));
	}
}

Test(talk, encoder_refuses_what_the_decoder_would)
{
	struct nack nack = { .code = NACK_BUSY };
	char text[TALK_TEXT_BYTES_MAX + 1];
	struct slice_file file = { .name = span_of_text("f") };
	struct slice slice = { .files = &file, .file_count = 1 };
	char *large = calloc(1, WIRE_MESSAGE_BYTES_MAX);

	cr_assert(large);
	memset(text, 'x', sizeof(text));
	nack.text = span_of(text, sizeof(text));
	cr_expect_eq(talk_encode_nack(&nack, &buf, NULL), ERR_LIMIT);
	file.bytes = span_of(large, WIRE_MESSAGE_BYTES_MAX);
	cr_expect_eq(talk_encode_slice(&slice, &buf, NULL), ERR_LIMIT);
	cr_expect_eq(buf.len, 0);
	free(large);
}
