#include "proto/wire.h"

#include <stdlib.h>

#include <criterion/criterion.h>

#include "proto/raw.h"
#include "proto/wire_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

TestSuite(wire, .init = wire_setup, .fini = wire_cleanup);

static int decode(struct statement *out)
{
	arena_reset(&arena);
	return wire_decode_statement(strbuf_span(&buf), &arena, out, NULL);
}

/* ---- prefix ---- */

Test(wire, prefix_says_type_and_body)
{
	uint8_t msg[WIRE_PREFIX_BYTES + 3] = { 0 };
	enum wire_type type;
	struct span body;

	wire_write_prefix(msg, WIRE_ACK);
	cr_expect_arr_eq(msg, "TLLY\x01\x04\x00\x00", WIRE_PREFIX_BYTES);
	cr_assert_eq(
		wire_read_prefix(span_of(msg, sizeof(msg)), &type, &body, NULL),
		0);
	cr_expect_eq(type, WIRE_ACK);
	cr_expect_eq(body.data, msg + WIRE_PREFIX_BYTES);
	cr_expect_eq(body.len, 3);
	cr_expect_eq(wire_read_prefix(span_of(msg, WIRE_PREFIX_BYTES), &type,
				      &body, NULL),
		     0);
	cr_expect_eq(body.len, 0);
}

Test(wire, prefix_refuses_what_is_not_ours)
{
	static const struct {
		const char *bytes;
		size_t len;
		int rc;
	} rows[] = {
		{ "", 0, ERR_INVALID },
		{ "TLLY\1\4\0", 7, ERR_INVALID },
		{ "TLLX\1\4\0\0", 8, ERR_INVALID },
		{ "tlly\1\4\0\0", 8, ERR_INVALID },
		{ "TLLY\2\4\0\0", 8, ERR_NOTFOUND },
		{ "TLLY\0\4\0\0", 8, ERR_NOTFOUND },
		{ "TLLY\1\0\0\0", 8, ERR_INVALID },
		{ "TLLY\1\x0e\0\0", 8, ERR_INVALID },
		{ "TLLY\1\4\0\1", 8, ERR_INVALID },
		{ "TLLY\1\4\x80\0", 8, ERR_INVALID },
	};
	enum wire_type type = WIRE_PONG;
	struct span body = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err;

		cr_expect_eq(
			wire_read_prefix(span_of(rows[i].bytes, rows[i].len),
					 &type, &body, &err),
			rows[i].rc, "row %zu", i);
		cr_expect_eq(type, WIRE_PONG, "row %zu", i);
	}
}

Test(wire, prefix_refuses_oversize)
{
	uint8_t *msg = calloc(1, WIRE_MESSAGE_BYTES_MAX + 1);
	enum wire_type type;
	struct span body;

	cr_assert(msg);
	wire_write_prefix(msg, WIRE_SLICE);
	cr_expect_eq(wire_read_prefix(span_of(msg, WIRE_MESSAGE_BYTES_MAX),
				      &type, &body, NULL),
		     0);
	cr_expect_eq(wire_read_prefix(span_of(msg, WIRE_MESSAGE_BYTES_MAX + 1),
				      &type, &body, NULL),
		     ERR_LIMIT);
	wire_write_prefix(msg, WIRE_BATCH);
	cr_expect_eq(
		wire_read_prefix(
			span_of(msg, WIRE_PREFIX_BYTES + WIRE_BATCH_BYTES_MAX),
			&type, &body, NULL),
		0);
	cr_expect_eq(
		wire_read_prefix(span_of(msg, WIRE_PREFIX_BYTES + 1 +
						      WIRE_BATCH_BYTES_MAX),
				 &type, &body, NULL),
		ERR_LIMIT);
	free(msg);
}

/* ---- statements: round trips ---- */

static void fill_keys(struct statement *s, struct arena *memory)
{
	struct found *found = &s->said.found;

	found->administrators =
		arena_array(memory, 3, sizeof(*found->administrators));
	found->collectors = arena_array(memory, 2, sizeof(*found->collectors));
	found->recovery_keys =
		arena_array(memory, 2, sizeof(*found->recovery_keys));
	found->administrator_count = 3;
	found->collector_count = 2;
	found->recovery_key_count = 2;
	random_bytes(found->administrators, 3 * sizeof(struct administrator));
	random_bytes(found->collectors, 2 * sizeof(struct collector_keys));
	random_bytes(found->recovery_keys, 2 * sizeof(struct sign_key));
}

static void fill_report(struct report *report, uint64_t *seed,
			struct strbuf *store, struct arena *memory, bool review)
{
	report->target = raw_text(seed, store, 20);
	report->unit = raw_text(seed, store, 20);
	report->period = raw_text(seed, store, 10);
	report->item = raw_text(seed, store, 20);
	if (review) {
		report->status = raw_text(seed, store, 10);
		return;
	}
	report->cell_count = raw_below(seed, WIRE_CELLS_MAX + 1);
	report->cells =
		arena_array(memory, report->cell_count, sizeof(*report->cells));
	for (size_t i = 0; i < report->cell_count; i++) {
		report->cells[i].field = raw_text(seed, store, 20);
		report->cells[i].value = raw_text(seed, store, 200);
	}
}

/* A statement of the kind with everything in it that it can hold. */
static void generate(struct statement *s, enum statement_kind kind,
		     uint64_t *seed, struct strbuf *store, struct arena *memory)
{
	static const char *const names[] = { "text", "reason", "note" };

	memset(s, 0, sizeof(*s));
	s->kind = kind;
	if (raw_below(seed, 2))
		s->base = span_of(arena_copy(memory, seed, BASE_BYTES),
				  BASE_BYTES);
	s->text_count = raw_below(seed, 4);
	s->texts = arena_array(memory, 3, sizeof(*s->texts));
	for (size_t i = 0; i < s->text_count; i++) {
		s->texts[i].name = span_of_text(names[i]);
		random_bytes(&s->texts[i].hash, HASH_BYTES);
	}
	random_bytes(&s->said.revoke, sizeof(s->said.revoke));
	switch (kind) {
	case SAID_FOUND:
		memset(&s->said, 0, sizeof(s->said));
		s->said.found.name = raw_text(seed, store, 30);
		s->said.found.rules = (uint32_t)raw_random(seed);
		s->said.found.zone_minutes =
			(int32_t)raw_below(seed, 1600) - 800;
		s->said.found.simulated = raw_below(seed, 2);
		fill_keys(s, memory);
		break;
	case SAID_GRANT:
		random_bytes(&s->said.grant, sizeof(s->said.grant));
		s->said.grant.roles = (uint32_t)raw_below(seed, 16) << 1;
		s->said.grant.unit = raw_text(seed, store, 20);
		s->said.grant.unit_count = raw_below(seed, WIRE_UNITS_MAX + 1);
		s->said.grant.units = arena_array(memory, WIRE_UNITS_MAX,
						  sizeof(struct span));
		for (size_t i = 0; i < s->said.grant.unit_count; i++)
			s->said.grant.units[i] = raw_text(seed, store, 9);
		break;
	case SAID_CATALOGUE_PART:
		random_bytes(&s->said.part, sizeof(s->said.part));
		s->said.part.file = raw_text(seed, store, 20);
		s->said.part.bytes = raw_text(seed, store, 2000);
		break;
	case SAID_REPORT:
		memset(&s->said, 0, sizeof(s->said));
		fill_report(&s->said.report, seed, store, memory, false);
		break;
	case SAID_REVIEW:
		memset(&s->said, 0, sizeof(s->said));
		fill_report(&s->said.review, seed, store, memory, true);
		break;
	case SAID_ADJUST:
		memset(&s->said, 0, sizeof(s->said));
		fill_report(&s->said.adjust, seed, store, memory, false);
		s->said.adjust.item = span_of(NULL, 0);
		s->said.adjust.status = raw_text(seed, store, 30);
		break;
	case SAID_ENROL:
	case SAID_ROTATE:
		random_bytes(&s->said.enrol, sizeof(s->said.enrol));
		break;
	case SAID_RULES:
	case SAID_REVOKE:
	case SAID_COLLECTOR_KEYS:
	case SAID_CATALOGUE_COMMIT:
		random_bytes(&s->said.commit, sizeof(s->said.commit));
		break;
	case SAID_REDACT:
		memset(&s->said, 0, sizeof(s->said));
		s->said.redact.entry = raw_below(seed, UINT32_MAX);
		s->said.redact.n = (uint32_t)raw_below(seed, 10000);
		s->said.redact.text = raw_text(seed, store, 8);
		break;
	case SAID_CLOSE:
	case SAID_UNKNOWN:
		break;
	}
}

static void expect_same_report(const struct report *a, const struct report *b)
{
	cr_expect(span_equal(a->target, b->target));
	cr_expect(span_equal(a->unit, b->unit));
	cr_expect(span_equal(a->period, b->period));
	cr_expect(span_equal(a->item, b->item));
	cr_expect(span_equal(a->status, b->status));
	cr_assert_eq(a->cell_count, b->cell_count);
	for (size_t i = 0; i < a->cell_count; i++) {
		cr_expect(span_equal(a->cells[i].field, b->cells[i].field));
		cr_expect(span_equal(a->cells[i].value, b->cells[i].value));
	}
}

static void expect_same_grant(const struct grant *a, const struct grant *b)
{
	cr_expect(span_equal(a->unit, b->unit));
	cr_expect_eq(a->roles, b->roles);
	cr_expect_arr_eq(&a->code_key, &b->code_key, 32);
	cr_expect_arr_eq(a->code_curve_key, b->code_curve_key, 32);
	cr_expect_eq(a->expires_us, b->expires_us);
	cr_expect_eq(a->until_us, b->until_us);
	cr_expect_eq(a->bytes_a_day, b->bytes_a_day);
	cr_expect_eq(a->statements_a_day, b->statements_a_day);
	cr_assert_eq(a->unit_count, b->unit_count);
	for (size_t i = 0; i < a->unit_count; i++)
		cr_expect(span_equal(a->units[i], b->units[i]));
}

static void expect_same_found(const struct found *a, const struct found *b)
{
	cr_expect(span_equal(a->name, b->name));
	cr_expect_eq(a->rules, b->rules);
	cr_expect_eq(a->zone_minutes, b->zone_minutes);
	cr_expect_eq(a->simulated, b->simulated);
	cr_assert_eq(a->administrator_count, b->administrator_count);
	cr_assert_eq(a->collector_count, b->collector_count);
	cr_assert_eq(a->recovery_key_count, b->recovery_key_count);
	cr_expect_arr_eq(a->administrators, b->administrators,
			 3 * sizeof(struct administrator));
	cr_expect_arr_eq(a->collectors, b->collectors,
			 2 * sizeof(struct collector_keys));
	cr_expect_arr_eq(a->recovery_keys, b->recovery_keys, 2 * 32);
}

static void expect_same(const struct statement *a, const struct statement *b)
{
	cr_assert_eq(a->kind, b->kind);
	cr_expect(span_equal(a->base, b->base));
	cr_assert_eq(a->text_count, b->text_count);
	for (size_t i = 0; i < a->text_count; i++) {
		cr_expect(span_equal(a->texts[i].name, b->texts[i].name));
		cr_expect(hash_equal(&a->texts[i].hash, &b->texts[i].hash));
	}
	switch (a->kind) {
	case SAID_FOUND:
		expect_same_found(&a->said.found, &b->said.found);
		break;
	case SAID_GRANT:
		expect_same_grant(&a->said.grant, &b->said.grant);
		break;
	case SAID_ENROL:
	case SAID_ROTATE:
		cr_expect_arr_eq(&a->said.enrol, &b->said.enrol,
				 sizeof(a->said.enrol));
		break;
	case SAID_REVOKE:
		cr_expect_arr_eq(&a->said.revoke.key, &b->said.revoke.key, 32);
		cr_expect_eq(a->said.revoke.from_sequence,
			     b->said.revoke.from_sequence);
		break;
	case SAID_RULES:
		cr_expect_eq(a->said.rules, b->said.rules);
		break;
	case SAID_COLLECTOR_KEYS:
		cr_expect_arr_eq(&a->said.collector_keys,
				 &b->said.collector_keys, 64);
		break;
	case SAID_CATALOGUE_PART:
		cr_expect_arr_eq(a->said.part.set, b->said.part.set, 16);
		cr_expect_eq(a->said.part.n, b->said.part.n);
		cr_expect(span_equal(a->said.part.file, b->said.part.file));
		cr_expect(span_equal(a->said.part.bytes, b->said.part.bytes));
		break;
	case SAID_CATALOGUE_COMMIT:
		cr_expect_arr_eq(a->said.commit.set, b->said.commit.set, 16);
		cr_expect_eq(a->said.commit.parts, b->said.commit.parts);
		cr_expect(hash_equal(&a->said.commit.sha256,
				     &b->said.commit.sha256));
		break;
	case SAID_REPORT:
		expect_same_report(&a->said.report, &b->said.report);
		break;
	case SAID_REVIEW:
		expect_same_report(&a->said.review, &b->said.review);
		break;
	case SAID_ADJUST:
		expect_same_report(&a->said.adjust, &b->said.adjust);
		break;
	case SAID_REDACT:
		cr_expect_eq(a->said.redact.entry, b->said.redact.entry);
		cr_expect_eq(a->said.redact.n, b->said.redact.n);
		cr_expect(span_equal(a->said.redact.text, b->said.redact.text));
		break;
	case SAID_CLOSE:
	case SAID_UNKNOWN:
		break;
	}
}

Test(wire, generated_statements_of_every_kind_round_trip)
{
	uint64_t seed = 20240101;

	for (int round = 0; round < 40; round++)
		for (int kind = SAID_FOUND; kind < SAID_UNKNOWN; kind++) {
			struct statement made, got;
			struct arena memory;
			struct strbuf store;

			arena_init(&memory, WIRE_ARENA_BYTES);
			/* One allocation, so that spans into it stay. */
			strbuf_init(&store, 0);
			for (size_t i = 0; i < 1 << 16; i++)
				strbuf_add_char(&store, ' ');
			strbuf_clear(&store);
			generate(&made, (enum statement_kind)kind, &seed,
				 &store, &memory);
			cr_assert(store.len < 1 << 16);
			strbuf_clear(&buf);
			cr_assert_eq(wire_encode_statement(&made, &buf, NULL),
				     0, "round %d kind %d", round, kind);
			cr_assert_eq(decode(&got), 0, "round %d kind %d", round,
				     kind);
			expect_same(&made, &got);
			strbuf_release(&store);
			arena_release(&memory);
		}
}

Test(wire, report_has_the_bytes_of_the_schema)
{
	struct cell_text cell = { span_of(NULL, 0), span_of_text("12.5") };
	struct statement made = {
		.base = span_of("\1\2\3\4\5\6\7\10", 8),
		.kind = SAID_REPORT,
		.said.report = { .target = span_of_text("t1"),
				 .unit = span_of_text("u"),
				 .period = span_of_text("2024-03"),
				 .cells = &cell,
				 .cell_count = 1 },
	};
	char hex[200];

	cr_assert_eq(wire_encode_statement(&made, &buf, NULL), 0);
	bytes_to_hex(strbuf_span(&buf), hex);
	cr_expect_str_eq(hex, "0a080102030405060708" /* base_salt */
			      "6218"		     /* report */
			      "0a027431"	     /* target */
			      "120175"		     /* unit */
			      "1a07323032342d3033"   /* period */
			      "2a06"
			      "1204"
			      "31322e35" /* cells, value */);
}

/* ---- statements: refusals ---- */

Test(wire, refuses_malformed_statements)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *why;
	} rows[] = {
		{ "", 0, "says nothing" },
		{ "\x0a\x00", 2, "a base but nothing said" },
		{ "\x0a\x07"
		  "1234567\x72\x00",
		  11, "base of 7 bytes" },
		{ "\x62", 1, "tag without length" },
		{ "\x62\x05\x0a", 3, "length beyond the end" },
		{ "\x62\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11,
		  "length of 2^64-1" },
		{ "\x62\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11,
		  "varint above 64 bits" },
		{ "\x62\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 12,
		  "varint of 11 bytes" },
		{ "\x02\x00", 2, "field number 0" },
		{ "\x60\x01", 2, "report as a number" },
		{ "\x65\x00\x00\x00\x00", 5, "report as 32 bits" },
		{ "\x61\x00\x00\x00\x00\x00\x00\x00\x00", 9, "as 64 bits" },
		{ "\x63\x64", 2, "report as a group" },
		{ "\x67\x00", 2, "wire type 7" },
		{ "\x66\x00", 2, "wire type 6" },
		{ "\x62\x00\x62\x00", 4, "two reports" },
		{ "\x62\x00\x6a\x00", 4, "report and review" },
		{ "\x62\x06\x0a\x01"
		  "a\x0a\x01"
		  "b",
		  8, "two targets" },
		{ "\x62\x04\x0a\x02\xff\xfe", 6, "target not UTF-8" },
		{ "\x62\x04\x0a\x02\xc0\xaf", 6, "overlong" },
		{ "\x62\x05\x0a\x03\xed\xa0\x80", 7, "surrogate" },
		{ "\x62\x06\x0a\x04\xf4\x90\x80\x80", 8, "above U+10FFFF" },
		{ "\x62\x04\x0a\x02\xe5\x86", 6, "cut letter" },
		{ "\x62\x05\x0a\x03"
		  "a\0b",
		  7, "NUL in a target" },
		{ "\x42\x06\x08\xff\xff\xff\xff\x1f", 8,
		  "rules above 32 bits" },
		{ "\x3a\x02\x0a\x00", 4, "revocation without a key" },
		{ "\x4a\x00", 2, "collector keys without keys" },
		{ "\x52\x00", 2, "catalogue part without a set" },
		{ "\x5a\x00", 2, "catalogue commit without a set" },
		{ "\x22\x00", 2, "grant without keys" },
		{ "\x2a\x00", 2, "enrolment without keys" },
		{ "\x32\x00", 2, "rotation without keys" },
		{ "\x1a\x02\x20\x02", 4, "a bool of 2" },
		{ "\x12\x06\x0a\x04text\x62\x00", 10, "text without a hash" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct statement out = { .kind = SAID_CLOSE };
		struct err err = { 0 };

		cr_expect_eq(wire_decode_statement(
				     span_of(rows[i].bytes, rows[i].len),
				     &arena, &out, &err),
			     ERR_INVALID, "row %zu: %s", i, rows[i].why);
		cr_expect(err.msg[0], "row %zu: %s", i, rows[i].why);
		cr_expect_eq(out.kind, SAID_CLOSE, "row %zu: untouched", i);
	}
}

/* A report with one field as it is given. */
static void put_report(uint32_t field, struct span bytes)
{
	struct strbuf report;

	strbuf_init(&report, 0);
	raw_bytes(&report, field, bytes);
	strbuf_clear(&buf);
	raw_bytes(&buf, SAID_REPORT, strbuf_span(&report));
	strbuf_release(&report);
}

Test(wire, names_and_values_have_their_limits)
{
	char *text = malloc(WIRE_VALUE_BYTES_MAX + 1);
	struct statement out;
	struct strbuf cell;

	cr_assert(text);
	memset(text, 'x', WIRE_VALUE_BYTES_MAX + 1);
	for (uint32_t field = 1; field <= 4; field++) {
		put_report(field, span_of(text, WIRE_NAME_BYTES_MAX));
		cr_expect_eq(decode(&out), 0, "field %u", field);
		put_report(field, span_of(text, WIRE_NAME_BYTES_MAX + 1));
		cr_expect_eq(decode(&out), ERR_LIMIT, "field %u", field);
	}
	for (size_t more = 0; more < 2; more++) {
		strbuf_init(&cell, 0);
		raw_bytes(&cell, 2, span_of(text, WIRE_VALUE_BYTES_MAX + more));
		put_report(5, strbuf_span(&cell));
		cr_expect_eq(decode(&out), more ? ERR_LIMIT : 0);
		strbuf_release(&cell);
	}
	free(text);
}

Test(wire, repeated_fields_have_their_limits)
{
	static const struct {
		uint32_t said, field;
		size_t max;
	} rows[] = {
		{ SAID_REPORT, 5, WIRE_CELLS_MAX },
		{ SAID_GRANT, 2, WIRE_UNITS_MAX },
		{ SAID_FOUND, 5, WIRE_FOUNDING_KEYS_MAX },
		{ SAID_FOUND, 6, WIRE_FOUNDING_KEYS_MAX },
		{ SAID_FOUND, 7, WIRE_FOUNDING_KEYS_MAX },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t more = 0; more < 2; more++) {
			struct statement out;
			struct strbuf inner;
			int rc;

			strbuf_init(&inner, 0);
			for (size_t k = 0; k < rows[i].max + more; k++)
				raw_bytes(&inner, rows[i].field,
					  span_of(NULL, 0));
			strbuf_clear(&buf);
			raw_bytes(&buf, rows[i].said, strbuf_span(&inner));
			rc = decode(&out);
			/* at the limit, only the missing keys are wrong */
			cr_expect(more ? rc == ERR_LIMIT : rc != ERR_LIMIT,
				  "row %zu, %zu more: %d", i, more, rc);
			cr_expect(!more || !arena.used, "row %zu", i);
			strbuf_release(&inner);
		}
}

Test(wire, packed_numbers_count_too)
{
	struct statement out;
	struct strbuf grant;

	strbuf_init(&grant, 0);
	raw_fill(&grant, 3, WIRE_ROLES_MAX, 1);
	raw_fill(&grant, 4, 32, 'k');
	raw_fill(&grant, 5, 32, 'c');
	raw_bytes(&buf, SAID_GRANT, strbuf_span(&grant));
	cr_expect_eq(decode(&out), 0);
	cr_expect_eq(out.said.grant.roles, 1 << ROLE_REPORTER);
	raw_number(&grant, 3, ROLE_ADMIN); /* one more, not packed */
	strbuf_clear(&buf);
	raw_bytes(&buf, SAID_GRANT, strbuf_span(&grant));
	cr_expect_eq(decode(&out), ERR_LIMIT);
	strbuf_release(&grant);
}

Test(wire, amplifying_input_is_refused_before_anything_is_allocated)
{
	/* Cells in a report: 2 bytes each on the wire, 60 in memory. */
	struct statement out;
	struct strbuf report;
	struct batch batch;

	strbuf_init(&report, 0);
	while (report.len < 64 * 1024)
		raw_bytes(&report, 5, span_of(NULL, 0));
	raw_bytes(&buf, SAID_REPORT, strbuf_span(&report));
	cr_expect_eq(decode(&out), ERR_LIMIT);
	cr_expect_eq(arena.used, 0);
	strbuf_release(&report);

	strbuf_clear(&buf);
	while (buf.len < WIRE_BATCH_BYTES_MAX - 2)
		raw_bytes(&buf, 4, span_of(NULL, 0));
	cr_expect_eq(wire_decode_batch(strbuf_span(&buf), &arena, &batch, NULL),
		     ERR_LIMIT);
	cr_expect_eq(arena.used, 0);
}

Test(wire, deep_input_stays_flat)
{
	/* A field 12 in a field 12 in a field 12 ..: no level of the schema
	 * has it below the first, so it is an unknown field of a report. */
	size_t levels = 20000, len = 0;
	uint8_t *bytes = malloc(6 * levels);
	struct statement out;
	struct batch batch;

	cr_assert(bytes);
	for (size_t i = 0; i < levels; i++) {
		struct strbuf head;

		strbuf_init(&head, 0);
		raw_varint(&head, SAID_REPORT << 3 | 2);
		raw_varint(&head, len);
		memcpy(bytes + 6 * levels - len - head.len, head.text,
		       head.len);
		len += head.len;
		strbuf_release(&head);
	}
	strbuf_add(&buf, bytes + 6 * levels - len, len);
	cr_expect_eq(decode(&out), 0);
	cr_expect_eq(out.kind, SAID_UNKNOWN);
	cr_expect_eq(wire_decode_batch(strbuf_span(&buf), &arena, &batch, NULL),
		     ERR_INVALID);
	free(bytes);
}

Test(wire, unknown_fields_make_a_statement_unknown)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{ "\x8a\x01\x00", 3 },	       /* a new kind */
		{ "\x8a\x01\x00\x62\x00", 5 }, /* beside a report */
		{ "\x62\x03\x32\x01x", 5 },    /* in a report */
		{ "\x62\x02\x30\x01", 4 },     /* a number in a report */
		{ "\x62\x05\x35\0\0\0\0", 7 }, /* 32 bits */
		{ "\x62\x09\x31\0\0\0\0\0\0\0\0", 11 }, /* 64 bits */
		{ "\x62\x04\x2a\x02\x18\x01", 6 },	/* in a cell */
		{ "\x72\x02\x30\x01", 4 },		/* in an adjustment */
		{ "\x82\x01\x02\x08\x01", 5 },		/* in a close */
	};
	struct statement out;

	for (size_t i = 0; i < COUNT(rows); i++) {
		strbuf_clear(&buf);
		raw_fill(&buf, 1, BASE_BYTES, 'b');
		strbuf_add(&buf, rows[i].bytes, rows[i].len);
		cr_assert_eq(decode(&out), 0, "row %zu", i);
		cr_expect_eq(out.kind, SAID_UNKNOWN, "row %zu", i);
		cr_expect(span_equal(out.base, span_of_text("bbbbbbbb")),
			  "row %zu", i);
	}
}

Test(wire, unknown_text_names_and_roles_make_a_statement_unknown)
{
	struct statement out;
	struct strbuf inner;

	strbuf_init(&inner, 0);
	raw_bytes(&inner, 1, span_of_text("picture"));
	raw_fill(&inner, 2, HASH_BYTES, 'h');
	raw_bytes(&buf, 2, strbuf_span(&inner));
	raw_fill(&buf, SAID_REPORT, 0, 0);
	cr_assert_eq(decode(&out), 0);
	cr_expect_eq(out.kind, SAID_UNKNOWN);
	cr_expect_eq(out.text_count, 1);
	cr_expect_eq(out.texts[0].hash.bytes[0], 'h');

	strbuf_clear(&inner);
	strbuf_clear(&buf);
	raw_fill(&inner, 4, 32, 'k');
	raw_fill(&inner, 5, 32, 'c');
	raw_number(&inner, 3, ROLE_LAST + 1);
	raw_bytes(&buf, SAID_GRANT, strbuf_span(&inner));
	cr_assert_eq(decode(&out), 0);
	cr_expect_eq(out.kind, SAID_UNKNOWN);
	strbuf_release(&inner);
}

Test(wire, unknown_fields_are_counted)
{
	struct statement out;

	for (int i = 0; i < 64; i++)
		raw_number(&buf, 100, 1);
	cr_expect_eq(decode(&out), 0);
	raw_number(&buf, 100, 1);
	cr_expect_eq(decode(&out), ERR_LIMIT);
	cr_expect_eq(arena.used, 0);
}

Test(wire, refuses_two_texts_of_one_name)
{
	struct statement out;
	struct strbuf inner;

	strbuf_init(&inner, 0);
	raw_bytes(&inner, 1, span_of_text("note"));
	raw_fill(&inner, 2, HASH_BYTES, 'h');
	raw_fill(&buf, SAID_REPORT, 0, 0);
	raw_bytes(&buf, 2, strbuf_span(&inner));
	cr_expect_eq(decode(&out), 0);
	raw_bytes(&buf, 2, strbuf_span(&inner));
	cr_expect_eq(decode(&out), ERR_INVALID);
	strbuf_release(&inner);
}

Test(wire, encoder_refuses_what_the_decoder_would)
{
	struct cell_text cells[WIRE_CELLS_MAX + 1] = { 0 };
	char name[WIRE_NAME_BYTES_MAX + 1];
	struct statement s = { .kind = SAID_REPORT };
	struct err err;

	memset(name, 'n', sizeof(name));
	s.said.report.target = span_of(name, sizeof(name));
	cr_expect_eq(wire_encode_statement(&s, &buf, &err), ERR_LIMIT);
	s.said.report.target = span_of("a\0b", 3);
	cr_expect_eq(wire_encode_statement(&s, &buf, &err), ERR_INVALID);
	s.said.report.target = span_of("\xff", 1);
	cr_expect_eq(wire_encode_statement(&s, &buf, &err), ERR_INVALID);
	s.said.report.target = span_of_text("t");
	s.said.report.cells = cells;
	s.said.report.cell_count = WIRE_CELLS_MAX + 1;
	cr_expect_eq(wire_encode_statement(&s, &buf, &err), ERR_LIMIT);
	s.said.report.cell_count = WIRE_CELLS_MAX;
	s.base = span_of("1234567", 7);
	cr_expect_eq(wire_encode_statement(&s, &buf, &err), ERR_INVALID);
	s.base = span_of(NULL, 0);
	s.kind = SAID_UNKNOWN;
	cr_expect_eq(wire_encode_statement(&s, &buf, &err), ERR_INVALID);
	cr_expect_eq(buf.len, 0);
	s.kind = SAID_REPORT;
	cr_expect_eq(wire_encode_statement(&s, &buf, &err), 0);
}

Test(wire, small_arena_is_an_error_not_a_crash)
{
	struct cell_text cells[WIRE_CELLS_MAX] = { 0 };
	struct statement s = { .kind = SAID_REPORT };
	struct statement out;
	size_t needed;

	s.said.report.cells = cells;
	s.said.report.cell_count = WIRE_CELLS_MAX;
	cr_assert_eq(wire_encode_statement(&s, &buf, NULL), 0);
	cr_assert_eq(decode(&out), 0);
	needed = arena.used;
	for (size_t cap = 0; cap < needed; cap += 16) {
		struct arena small;

		arena_init(&small, cap);
		cr_expect_eq(wire_decode_statement(strbuf_span(&buf), &small,
						   &out, NULL),
			     ERR_NOMEM, "cap %zu", cap);
		arena_release(&small);
	}
}

Test(wire, damaged_statements_never_crash)
{
	uint64_t seed = 7;
	struct strbuf store;
	struct arena memory;

	arena_init(&memory, WIRE_ARENA_BYTES);
	strbuf_init(&store, 0);
	for (size_t i = 0; i < 1 << 16; i++)
		strbuf_add_char(&store, ' ');
	for (int round = 0; round < 4000; round++) {
		int kind = SAID_FOUND + (int)raw_below(&seed, 14);
		struct statement s, out;

		strbuf_clear(&store);
		arena_reset(&memory);
		generate(&s, (enum statement_kind)kind, &seed, &store, &memory);
		strbuf_clear(&buf);
		cr_assert_eq(wire_encode_statement(&s, &buf, NULL), 0);
		for (size_t hits = raw_below(&seed, 5); hits && buf.len; hits--)
			buf.text[raw_below(&seed, buf.len)] =
				(char)raw_random(&seed);
		if (raw_below(&seed, 2))
			buf.len = raw_below(&seed, buf.len + 1);
		(void)decode(&out);
	}
	strbuf_release(&store);
	arena_release(&memory);
}
