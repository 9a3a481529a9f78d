/* What is read by hand is what protobuf-c reads, and all that is plain is read
 * by hand. */
#include "proto/wire_plain.h"

#include <string.h>

#include "proto/raw.h"
#include "proto/wire_fixture.h"

#define ROUNDS 40000

TestSuite(wire_plain, .init = wire_setup, .fini = wire_cleanup);

/* A text of up to len letters, ASCII. */
static struct span some_text(uint64_t *seed, size_t len)
{
	size_t count = raw_below(seed, len + 1);
	char *text = arena_alloc(&arena, count + 1);

	for (size_t i = 0; i < count; i++)
		text[i] = (char)(1 + raw_below(seed, 127));
	return span_of(text, count);
}

/* Appends a report to buf. */
static void encode_report(uint64_t *seed)
{
	struct statement statement = { .kind = SAID_REPORT };
	struct report *report = &statement.said.report;
	uint8_t base[BASE_BYTES];

	memset(base, (int)raw_below(seed, 256), sizeof(base));
	if (raw_below(seed, 2))
		statement.base = span_of(base, sizeof(base));
	report->target = some_text(seed, 20);
	report->unit = some_text(seed, 20);
	report->period = some_text(seed, 7);
	report->item = some_text(seed, raw_below(seed, 4) ? 0 : 60);
	report->cell_count = raw_below(seed, 5);
	report->cells = arena_array(&arena, 5, sizeof(*report->cells));
	for (size_t i = 0; i < report->cell_count; i++) {
		report->cells[i].field = some_text(seed, 8);
		report->cells[i].value = some_text(seed, 200);
	}
	cr_assert_eq(wire_encode_statement(&statement, &buf, NULL), 0);
}

static void expect_same(struct span a, struct span b, const char *what)
{
	cr_expect(span_equal(a, b), "%s", what);
}

static void expect_same_report(const struct statement *a,
			       const struct statement *b)
{
	const struct report *x = &a->said.report, *y = &b->said.report;

	cr_assert_eq(a->kind, b->kind);
	cr_assert_eq(b->text_count, 0);
	expect_same(a->base, b->base, "base");
	expect_same(x->target, y->target, "target");
	expect_same(x->unit, y->unit, "unit");
	expect_same(x->period, y->period, "period");
	expect_same(x->item, y->item, "item");
	expect_same(x->status, y->status, "status");
	cr_assert_eq(x->cell_count, y->cell_count);
	for (size_t i = 0; i < x->cell_count; i++) {
		expect_same(x->cells[i].field, y->cells[i].field, "field");
		expect_same(x->cells[i].value, y->cells[i].value, "value");
	}
}

/* Flips a byte, cuts the end off, doubles a part, or leaves it alone. */
static void change(uint64_t *seed, struct strbuf *bytes)
{
	size_t at = bytes->len ? raw_below(seed, bytes->len) : 0;

	if (!bytes->len)
		return;
	switch (raw_below(seed, 4)) {
	case 0:
		bytes->text[at] = (char)raw_below(seed, 256);
		break;
	case 1:
		bytes->len = at;
		break;
	case 2:
		strbuf_add(bytes, bytes->text + at, 0);
		raw_fill(bytes, (uint32_t)raw_below(seed, 6) + 1,
			 raw_below(seed, 9), 'x');
		break;
	default:
		break;
	}
}

Test(wire_plain, every_report_of_ours_is_plain)
{
	uint64_t seed = 1;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct statement plain, unpacked;

		arena_reset(&arena);
		strbuf_clear(&buf);
		encode_report(&seed);
		cr_assert(plain_report(strbuf_span(&buf), &arena, &plain));
		cr_assert_eq(wire_unpack_statement(strbuf_span(&buf), &arena,
						   &unpacked, NULL),
			     0);
		expect_same_report(&plain, &unpacked);
	}
}

Test(wire_plain, what_is_read_by_hand_protobuf_reads_alike)
{
	uint64_t seed = 2;
	unsigned plain_count = 0, changed_count = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct statement plain, unpacked;
		struct strbuf before;

		arena_reset(&arena);
		strbuf_clear(&buf);
		encode_report(&seed);
		strbuf_init(&before, 0);
		strbuf_add(&before, buf.text, buf.len);
		change(&seed, &buf);
		change(&seed, &buf);
		if (plain_report(strbuf_span(&buf), &arena, &plain)) {
			plain_count++;
			changed_count += !span_equal(strbuf_span(&before),
						     strbuf_span(&buf));
			cr_assert_eq(wire_unpack_statement(strbuf_span(&buf),
							   &arena, &unpacked,
							   NULL),
				     0);
			expect_same_report(&plain, &unpacked);
		}
		strbuf_release(&before);
	}
	cr_expect_gt(plain_count, ROUNDS / 20);
	cr_expect_gt(changed_count, ROUNDS / 50, "changes that stay plain");
}

Test(wire_plain, limits_are_those_of_the_scan)
{
	static const struct {
		size_t name, value, cells;
		bool plain;
	} rows[] = {
		{ WIRE_NAME_BYTES_MAX, WIRE_VALUE_BYTES_MAX, 1, true },
		{ WIRE_NAME_BYTES_MAX + 1, 1, 1, false },
		{ 1, WIRE_VALUE_BYTES_MAX + 1, 1, false },
		{ 1, 1, WIRE_CELLS_MAX, true },
		{ 1, 1, WIRE_CELLS_MAX + 1, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct statement said;
		struct strbuf report, cell;

		strbuf_init(&report, 0);
		strbuf_init(&cell, 0);
		strbuf_clear(&buf);
		arena_reset(&arena);
		raw_fill(&report, 1, rows[i].name, 't');
		raw_fill(&cell, 2, rows[i].value, '1');
		for (size_t n = 0; n < rows[i].cells; n++)
			raw_bytes(&report, 5, strbuf_span(&cell));
		raw_bytes(&buf, 12, strbuf_span(&report));
		cr_expect_eq(plain_report(strbuf_span(&buf), &arena, &said),
			     rows[i].plain, "row %zu", i);
		cr_expect_eq(wire_unpack_statement(strbuf_span(&buf), &arena,
						   &said, NULL),
			     rows[i].plain ? 0 : ERR_LIMIT, "row %zu", i);
		strbuf_release(&cell);
		strbuf_release(&report);
	}
}

/* ---- batches ---- */

static void encode_batch(uint64_t *seed, const struct sign_pair *pair)
{
	struct sealed sealed[4] = { 0 };
	struct seal_header header = {
		.sequence = 1,
		.count = (uint32_t)raw_below(seed, 4) + 1,
	};
	struct hash name;

	for (size_t i = 0; i < header.count; i++) {
		do
			sealed[i].body = some_text(seed, 200);
		while (!sealed[i].body.len);
		memset(sealed[i].salt, (int)raw_below(seed, 20) + 1,
		       SALT_BYTES);
	}
	cr_assert_eq(wire_seal_batch(&header, sealed, pair, &buf, &name, NULL),
		     0);
}

Test(wire_plain, batches_are_read_as_protobuf_reads_them)
{
	uint8_t key_seed[SIGN_SEED_BYTES] = { 7 };
	struct sign_pair pair;
	uint64_t seed = 3;
	unsigned plain_count = 0, good_count = 0;

	sign_pair_from_seed(key_seed, &pair);
	for (unsigned i = 0; i < ROUNDS / 10; i++) {
		struct batch a, b;
		struct err a_err, b_err;
		struct plain_batch plain;
		int rc;

		arena_reset(&arena);
		strbuf_clear(&buf);
		encode_batch(&seed, &pair);
		if (i % 4)
			change(&seed, &buf);
		if (!plain_batch(strbuf_span(&buf), &arena, &plain)) {
			cr_assert(i % 4, "what is sealed is plain");
			continue;
		}
		plain_count++;
		rc = wire_decode_batch(strbuf_span(&buf), &arena, &a, &a_err);
		cr_assert_eq(wire_unpack_batch(strbuf_span(&buf), &arena, &b,
					       &b_err),
			     rc);
		if (rc) {
			cr_expect_str_eq(a_err.msg, b_err.msg);
			continue;
		}
		good_count++;
		expect_same(a.header_bytes, b.header_bytes, "header");
		cr_expect(hash_equal(&a.name, &b.name));
		cr_expect_arr_eq(&a.key, &b.key, sizeof(a.key));
		for (size_t n = 0; n < a.header.count; n++) {
			cr_expect_arr_eq(a.sealed[n].salt, b.sealed[n].salt,
					 SALT_BYTES);
			expect_same(a.sealed[n].body, b.sealed[n].body, "body");
			cr_expect_eq(a.sealed[n].text_count, 0);
			cr_expect_eq(b.sealed[n].text_count, 0);
		}
	}
	cr_expect_gt(good_count, ROUNDS / 100);
	cr_expect_gt(plain_count, good_count, "some are plain and wrong");
}
