/* What is sealed stands on what the collector has: bases are settled then, not
 * when a statement was typed. */
#include "store/outbox.h"
#include "test_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

struct fixture {
	char dir[TEST_DIR_BYTES];
	struct outbox *outbox;
	struct sign_pair pair;
	struct arena arena;
	struct sealed sealed[8];
	uint64_t numbers[8];
	size_t count;
};

static void open_fixture(struct fixture *fixture)
{
	uint8_t seed[SIGN_SEED_BYTES] = { 3 };
	struct err err;

	memset(fixture, 0, sizeof(*fixture));
	test_dir(fixture->dir, "base");
	cr_assert_eq(sign_start(NULL), 0);
	sign_pair_from_seed(seed, &fixture->pair);
	arena_init(&fixture->arena, 16 * 1024 * 1024);
	cr_assert_eq(outbox_open(fixture->dir, &fixture->outbox, &err), 0, "%s",
		     err.msg);
	cr_assert_eq(outbox_lock_sender(fixture->outbox, &err), 0);
}

static void close_fixture(struct fixture *fixture)
{
	outbox_close(fixture->outbox);
	arena_release(&fixture->arena);
	test_dir_remove(fixture->dir);
}

static void save(struct fixture *fixture, const struct statement *statement,
		 bool doubts)
{
	struct sealed *sealed = &fixture->sealed[fixture->count];
	struct strbuf body;
	struct err err;

	salt_draw(sealed->salt);
	strbuf_init(&body, 0);
	cr_assert_eq(wire_encode_statement(statement, &body, &err), 0, "%s",
		     err.msg);
	sealed->body = span_of(arena_copy(&fixture->arena, body.text, body.len),
			       body.len);
	strbuf_release(&body);
	cr_assert_eq(outbox_save_doubting(fixture->outbox, sealed, &doubts, 1,
					  7, &fixture->numbers[fixture->count],
					  &err),
		     0, "%s", err.msg);
	fixture->count++;
}

static struct span base_span(const struct fixture *fixture, int base)
{
	return base < 0 ? span_of(NULL, 0) :
			  span_of(fixture->sealed[base].salt, BASE_BYTES);
}

/* base: index of the one it replaces, or -1. */
static void say_as(struct fixture *fixture, const char *period, int base,
		   bool doubts)
{
	struct cell_text cell = { .value = span_of_text("1") };
	struct statement statement = { .kind = SAID_REPORT };
	struct report *report = &statement.said.report;

	report->target = span_of_text("t");
	report->unit = span_of_text("u");
	report->period = span_of_text(period);
	report->cells = &cell;
	report->cell_count = 1;
	statement.base = base_span(fixture, base);
	save(fixture, &statement, doubts);
}

static void say(struct fixture *fixture, const char *period, int base)
{
	say_as(fixture, period, base, true);
}

static void review(struct fixture *fixture, const char *period, int base)
{
	struct statement statement = { .kind = SAID_REVIEW };

	statement.said.review.target = span_of_text("t");
	statement.said.review.unit = span_of_text("u");
	statement.said.review.period = span_of_text(period);
	statement.said.review.status = span_of_text("approved");
	statement.base = base_span(fixture, base);
	save(fixture, &statement, false);
}

static void part(struct fixture *fixture, uint8_t set)
{
	struct statement statement = { .kind = SAID_CATALOGUE_PART };

	memset(statement.said.part.set, set, SALT_BYTES);
	statement.said.part.file = span_of_text("units.csv");
	statement.said.part.bytes = span_of_text("unit\n");
	save(fixture, &statement, false);
}

static void commit(struct fixture *fixture, uint8_t set, int base)
{
	struct statement statement = { .kind = SAID_CATALOGUE_COMMIT };

	memset(statement.said.commit.set, set, SALT_BYTES);
	statement.said.commit.parts = 1;
	statement.base = base_span(fixture, base);
	save(fixture, &statement, false);
}

/* Seals all that can go, and says which: indices as digits, "" for none. */
static const char *seal(struct fixture *fixture, struct batch *batch)
{
	static char which[9];
	struct seal_header header = { .sent_us = 1 };
	struct span bytes;
	uint64_t sequence;
	size_t len = 0;
	struct err err;
	int rc = outbox_seal(fixture->outbox, &header, &fixture->pair, 100,
			     WIRE_BATCH_BYTES_MAX, &fixture->arena, &bytes,
			     &sequence, &err);

	which[0] = 0;
	if (rc == ERR_NOTFOUND)
		return which;
	cr_assert_eq(rc, 0, "%s", err.msg);
	cr_assert_eq(wire_decode_batch(bytes, &fixture->arena, batch, &err), 0,
		     "%s", err.msg);
	for (uint32_t n = 0; n < batch->header.count; n++)
		for (size_t i = 0; i < fixture->count; i++)
			if (!memcmp(batch->sealed[n].salt,
				    fixture->sealed[i].salt, SALT_BYTES))
				which[len++] = (char)('0' + i);
	which[len] = 0;
	return which;
}

/* The same verdict for all of it. */
static void receive(struct fixture *fixture, const struct batch *batch,
		    uint16_t verdict)
{
	uint16_t verdicts[8];
	struct receipt receipt = { .sequence = batch->header.sequence,
				   .index = batch->header.sequence,
				   .recv_us = 1,
				   .verdicts = verdicts,
				   .verdict_count = batch->header.count };
	struct err err;

	for (size_t i = 0; i < 8; i++)
		verdicts[i] = verdict;
	cr_assert_eq(outbox_receipts(fixture->outbox, &receipt, 1, &err), 0,
		     "%s", err.msg);
}

struct look {
	struct fixture *fixture;
	uint64_t number;
	int base;
};

static int visit(void *arg, const struct outbox_item *item)
{
	struct look *look = arg;
	struct statement statement;

	if (item->number != look->number)
		return 0;
	cr_assert_eq(wire_decode_statement(item->sealed.body,
					   &look->fixture->arena, &statement,
					   NULL),
		     0);
	look->base = statement.base.len ? -2 : -1;
	for (size_t i = 0; i < look->fixture->count; i++)
		if (span_equal(statement.base,
			       base_span(look->fixture, (int)i)))
			look->base = (int)i;
	return 1;
}

/* As it stands in the outbox: an index, -1 for none. */
static int base_of(struct fixture *fixture, size_t i)
{
	struct look look = { .fixture = fixture,
			     .number = fixture->numbers[i] };

	cr_assert_geq(outbox_items(fixture->outbox, 1, visit, &look, NULL), 0);
	return look.base;
}

Test(outbox_base, what_nobody_doubts_goes_in_one_batch)
{
	struct fixture fixture;
	struct batch batch;

	open_fixture(&fixture);
	say_as(&fixture, "2024M06", -1, false);
	say_as(&fixture, "2024M06", 0, false);
	cr_expect_str_eq(seal(&fixture, &batch), "01");
	say_as(&fixture, "2024M06", 1, false);
	cr_expect_str_eq(seal(&fixture, &batch), "2", "nor waits for these");
	close_fixture(&fixture);
}

Test(outbox_base, what_stands_on_one_that_must_wait_waits_as_well)
{
	struct fixture fixture;
	struct batch batch;

	open_fixture(&fixture);
	say(&fixture, "2024M06", -1);
	say_as(&fixture, "2024M06", 0, false);
	say_as(&fixture, "2024M06", 1, false);
	cr_expect_str_eq(seal(&fixture, &batch), "0");
	receive(&fixture, &batch, VERDICT_VALUE_MALFORMED);
	cr_expect_str_eq(seal(&fixture, &batch), "12");
	cr_expect_eq(base_of(&fixture, 1), -1);
	cr_expect_eq(base_of(&fixture, 2), 1);
	close_fixture(&fixture);
}

Test(outbox_base, what_stands_on_a_doubtful_one_waits_for_its_verdict)
{
	struct fixture fixture;
	struct batch batch;

	open_fixture(&fixture);
	say(&fixture, "2024M06", -1);
	say(&fixture, "2024M06", 0);
	say(&fixture, "2024M05", -1);
	cr_expect_str_eq(seal(&fixture, &batch), "02");
	cr_expect_str_eq(seal(&fixture, &batch), "", "under way is not known");
	receive(&fixture, &batch, VERDICT_ADMITTED);
	cr_expect_str_eq(seal(&fixture, &batch), "1");
	cr_expect_eq(base_of(&fixture, 1), 0);
	close_fixture(&fixture);
}

/* Batches are not in the order of what is in them. */
Test(outbox_base, the_first_batch_without_a_receipt_is_told)
{
	struct fixture fixture;
	struct batch first, second, third;
	struct outbox_chain chain;

	open_fixture(&fixture);
	cr_expect_eq(outbox_chain(fixture.outbox, &chain, NULL), 0);
	cr_expect_eq(chain.unreceipted, 1, "none is sealed");
	say(&fixture, "2024M06", -1);
	say(&fixture, "2024M06", 0);
	cr_expect_str_eq(seal(&fixture, &first), "0");
	say(&fixture, "2024M05", -1);
	cr_expect_str_eq(seal(&fixture, &second), "2", "1 waits");
	receive(&fixture, &first, VERDICT_ADMITTED);
	cr_expect_str_eq(seal(&fixture, &third), "1");
	cr_expect_eq(outbox_chain(fixture.outbox, &chain, NULL), 0);
	cr_expect_eq(chain.unreceipted, 2);
	receive(&fixture, &second, VERDICT_ADMITTED);
	cr_expect_eq(outbox_chain(fixture.outbox, &chain, NULL), 0);
	cr_expect_eq(chain.unreceipted, 3);
	receive(&fixture, &third, VERDICT_ADMITTED);
	cr_expect_eq(outbox_chain(fixture.outbox, &chain, NULL), 0);
	cr_expect_eq(chain.unreceipted, chain.next);
	close_fixture(&fixture);
}

Test(outbox_base, what_replaces_refused_ones_replaces_what_those_would_have)
{
	struct fixture fixture;
	struct batch batch;

	open_fixture(&fixture);
	say(&fixture, "2024M06", -1);
	say(&fixture, "2024M06", 0);
	say(&fixture, "2024M06", 1);
	say(&fixture, "2024M06", 2);
	cr_expect_str_eq(seal(&fixture, &batch), "0");
	receive(&fixture, &batch, VERDICT_ADMITTED);
	cr_expect_str_eq(seal(&fixture, &batch), "1");
	receive(&fixture, &batch, VERDICT_VALUE_MALFORMED);
	cr_expect_str_eq(seal(&fixture, &batch), "2");
	cr_expect_eq(base_of(&fixture, 2), 0);
	receive(&fixture, &batch, VERDICT_VALUE_MALFORMED);
	cr_expect_str_eq(seal(&fixture, &batch), "3");
	cr_expect_eq(base_of(&fixture, 3), 0);
	/* and it is what is said */
	cr_expect_eq(wire_check_batch(&batch, &fixture.arena, false, NULL), 0);
	close_fixture(&fixture);
}

Test(outbox_base, a_first_that_was_refused_leaves_no_base)
{
	struct fixture fixture;
	struct batch batch;

	open_fixture(&fixture);
	say(&fixture, "2024M06", -1);
	say(&fixture, "2024M06", 0);
	cr_expect_str_eq(seal(&fixture, &batch), "0");
	receive(&fixture, &batch, VERDICT_NOT_IN_ROSTER);
	cr_expect_str_eq(seal(&fixture, &batch), "1");
	cr_expect_eq(base_of(&fixture, 1), -1);
	close_fixture(&fixture);
}

Test(outbox_base, a_review_is_never_of_another_version)
{
	struct fixture fixture;
	struct batch batch;

	open_fixture(&fixture);
	say(&fixture, "2024M06", -1);
	say(&fixture, "2024M06", 0);
	review(&fixture, "2024M06", 1);
	cr_expect_str_eq(seal(&fixture, &batch), "0");
	receive(&fixture, &batch, VERDICT_ADMITTED);
	cr_expect_str_eq(seal(&fixture, &batch), "1");
	receive(&fixture, &batch, VERDICT_VALUE_MALFORMED);
	cr_expect_str_eq(seal(&fixture, &batch), "2");
	cr_expect_eq(base_of(&fixture, 2), 1,
		     "the collector says that it is "
		     "stale");
	close_fixture(&fixture);
}

/* A commit that is admitted ends what was gathered for others. */
Test(outbox_base, catalogues_go_one_after_the_other)
{
	struct fixture fixture;
	struct batch batch;

	open_fixture(&fixture);
	part(&fixture, 1);
	commit(&fixture, 1, -1);
	part(&fixture, 2);
	commit(&fixture, 2, 1);
	say(&fixture, "2024M06", -1);
	cr_expect_str_eq(seal(&fixture, &batch), "014");
	receive(&fixture, &batch, VERDICT_CATALOGUE_INVALID);
	cr_expect_str_eq(seal(&fixture, &batch), "23");
	cr_expect_eq(base_of(&fixture, 3), -1);
	close_fixture(&fixture);
}
