#include "store/outbox_cell.h"

#include <string.h>

#include <criterion/criterion.h>

#include "base/bytes.h"

static struct arena arena;
static struct strbuf bytes;

static void setup(void)
{
	arena_init(&arena, 1024 * 1024);
	strbuf_init(&bytes, 0);
}

static void cleanup(void)
{
	arena_release(&arena);
	strbuf_release(&bytes);
}

TestSuite(outbox_cell, .init = setup, .fini = cleanup);

static struct cell_text five = { { NULL, 0 }, { (const uint8_t *)"5", 1 } };

/* The version in entry index. */
static struct head version(uint64_t index)
{
	struct head head = { .index = index, .n = 2, .recv_us = 1000 + index };

	head.report.target = span_of_text("t");
	head.report.unit = span_of_text("u");
	head.report.period = span_of_text("2024M01");
	head.report.cells = &five;
	head.report.cell_count = 1;
	head.salt[0] = (uint8_t)index;
	return head;
}

static struct head reviewed(struct head head, uint64_t index,
			    const char *status)
{
	head.report.status = span_of_text(status);
	head.review.index = index;
	head.review.recv_us = 1000 + index;
	head.review.unit = span_of_text("hrss");
	return head;
}

static void expect(struct span got, const char *wanted)
{
	cr_expect(span_equal(got, span_of_text(wanted)), "%.*s, not %s",
		  (int)got.len, (const char *)got.data, wanted);
}

static struct cell_record write_and_read(const struct cell_record *record)
{
	struct cell_record back = { 0 };
	struct err err = { 0 };

	strbuf_clear(&bytes);
	cell_record_write(record, &bytes);
	cr_assert_eq(cell_record_read(strbuf_span(&bytes), &arena, &back, &err),
		     0, "%s", err.msg);
	return back;
}

Test(outbox_cell, reads_as_it_was_written)
{
	uint64_t numbers[] = { 4, 9 };
	struct cell_record record = { .pending = numbers, .pending_count = 2 };
	struct cell_record back = write_and_read(&record);
	struct head *head = &record.known;

	cr_expect(!back.is_known);
	record.is_known = true;
	*head = reviewed(version(7), 12, "returned");
	head->reason = span_of_text("补报");
	head->text = span_of_text("修了路");
	head->review.n = 3;
	head->review.reason = span_of_text("没有照片");
	head->before = (struct head_before){ .cells = &five,
					     .cell_count = 1,
					     .status = span_of_text("approved"),
					     .review = { .index = 6 } };
	back = write_and_read(&record);
	cr_assert(back.is_known);
	cr_assert_eq(back.pending_count, 2);
	cr_expect_eq(back.pending[1], 9);
	cr_expect_eq(back.known.index, 7);
	expect(back.known.report.status, "returned");
	expect(back.known.reason, "补报");
	expect(back.known.text, "修了路");
	cr_expect_eq(back.known.review.index, 12);
	cr_expect_eq(back.known.review.n, 3);
	cr_expect_eq(back.known.review.recv_us, 1012);
	expect(back.known.review.unit, "hrss");
	expect(back.known.review.reason, "没有照片");
	expect(back.known.before.status, "approved");
	cr_assert_eq(back.known.before.cell_count, 1);
	expect(back.known.before.cells[0].value, "5");
	cr_expect_eq(back.known.before.review.index, 6);
}

Test(outbox_cell, cut_off_anywhere_it_is_damaged)
{
	struct cell_record record = { .is_known = true }, back;
	size_t whole, without_reviews = 0;

	record.known = reviewed(version(7), 12, "returned");
	(void)write_and_read(&record);
	whole = bytes.len;
	for (size_t len = 5; len < whole; len++)
		if (!cell_record_read(span_of(bytes.text, len), &arena, &back,
				      NULL)) {
			cr_expect_eq(without_reviews, 0, "at %zu", len);
			without_reviews = len;
		}
	/* a record of before there were reviews in it */
	cr_assert_neq(without_reviews, 0);
	cr_assert_eq(cell_record_read(span_of(bytes.text, without_reviews),
				      &arena, &back, NULL),
		     0);
	expect(back.known.report.status, "returned");
	expect(back.known.report.cells[0].value, "5");
	cr_expect_eq(back.known.review.index, 0);
}

Test(outbox_cell, an_older_version_says_nothing)
{
	struct cell_record record = { 0 };
	struct head older = reviewed(version(7), 8, "returned");
	struct head newer = version(9);

	cell_record_learn(&record, &newer);
	cell_record_learn(&record, &older);
	cr_expect_eq(record.known.index, 9);
	expect(record.known.report.status, "");
	older = version(9);
	older.n = 1;
	cell_record_learn(&record, &older);
	cr_expect_eq(record.known.n, 2);
}

Test(outbox_cell, of_one_version_the_newer_review_stays)
{
	struct head_review own = { .index = 14, .recv_us = 5 };
	struct cell_record record = { 0 };
	struct head head = reviewed(version(7), 12, "returned");

	cell_record_learn(&record, &head);
	cell_record_review(&record, span_of_text("approved"), &own);
	expect(record.known.report.status, "approved");
	cr_expect_eq(record.known.review.recv_us, 5);
	cell_record_learn(&record, &head); /* sent before it */
	expect(record.known.report.status, "approved");
	head = reviewed(version(7), 14, "approved");
	cell_record_learn(&record, &head);
	expect(record.known.review.unit, "hrss");
	cell_record_review(&record, span_of_text("approved"), &own);
	expect(record.known.review.unit, "hrss");
	head = reviewed(version(7), 15, "returned");
	cell_record_learn(&record, &head);
	cell_record_review(&record, span_of_text("approved"), &own);
	expect(record.known.report.status, "returned");
}

Test(outbox_cell, texts_stay_until_somebody_has_looked_again)
{
	struct cell_record record = { 0 };
	struct head head = reviewed(version(7), 12, "returned");

	head.texts = true;
	head.reason = span_of_text("补报");
	head.text = span_of_text("修了路");
	head.review.reason = span_of_text("没有照片");
	cell_record_learn(&record, &head);
	head = reviewed(version(7), 12, "returned");
	cell_record_learn(&record, &head);
	expect(record.known.reason, "补报");
	expect(record.known.text, "修了路");
	expect(record.known.review.reason, "没有照片");
	head = reviewed(version(7), 13, "approved");
	cell_record_learn(&record, &head);
	expect(record.known.reason, "补报");
	expect(record.known.review.reason, "");
	head.texts = true; /* redacted */
	cell_record_learn(&record, &head);
	expect(record.known.reason, "");
	expect(record.known.text, "");
}

Test(outbox_cell, an_own_correction_keeps_what_was_judged)
{
	struct cell_record record = { 0 };
	struct head head = reviewed(version(7), 12, "returned");

	cell_record_learn(&record, &head);
	head = version(20);
	cell_record_learn(&record, &head);
	expect(record.known.report.status, "");
	expect(record.known.before.status, "returned");
	cr_expect_eq(record.known.before.review.index, 12);
	head = version(21);
	cell_record_learn(&record, &head);
	expect(record.known.before.status, "returned");
	head = version(22);
	head.before.status = span_of_text("approved");
	cell_record_learn(&record, &head);
	expect(record.known.before.status, "approved");
}
