/* What waits behind a refused statement is based on what that one replaced. */
#include "agent/rebase.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/statement.h"

struct fixture {
	struct office office;
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
	strcpy(fixture->office.dir, "/tmp/tally-rebase-XXXXXX");
	cr_assert(mkdtemp(fixture->office.dir));
	cr_assert_eq(sign_start(NULL), 0);
	sign_pair_from_seed(seed, &fixture->pair);
	arena_init(&fixture->arena, 16 * 1024 * 1024);
	cr_assert_eq(
		outbox_open(fixture->office.dir, &fixture->office.outbox, &err),
		0, "%s", err.msg);
	cr_assert_eq(outbox_lock_sender(fixture->office.outbox, &err), 0);
}

static void close_fixture(struct fixture *fixture)
{
	char command[PATH_MAX + 8];

	outbox_close(fixture->office.outbox);
	arena_release(&fixture->arena);
	(void)snprintf(command, sizeof(command), "rm -r %s",
		       fixture->office.dir);
	cr_expect_eq(system(command), 0);
}

/* base: index of the one it replaces, or -1. */
static void save(struct fixture *fixture, int base, const char *reason)
{
	struct cell_text cell = { .value = span_of_text("1") };
	struct statement statement = { .kind = SAID_REPORT };
	struct report *report = &statement.said.report;
	struct said_text text = { "reason", span_of_text(reason) };
	size_t i = fixture->count++;
	struct err err;

	report->target = span_of_text("t");
	report->unit = span_of_text("u");
	report->period = span_of_text("2024M06");
	report->cells = &cell;
	report->cell_count = 1;
	if (base >= 0)
		statement.base = statement_base(fixture->sealed[base].salt);
	cr_assert_eq(statement_make(&statement, &text, 1, &fixture->arena,
				    &fixture->sealed[i], &err),
		     0, "%s", err.msg);
	cr_assert_eq(outbox_save(fixture->office.outbox, &fixture->sealed[i], 1,
				 7, &fixture->numbers[i], &err),
		     0, "%s", err.msg);
}

/* Seals the next one and says what became of it. */
static void send(struct fixture *fixture, uint64_t sequence, uint16_t verdict)
{
	struct seal_header header = { .sent_us = 1 };
	struct receipt receipt = { .sequence = sequence,
				   .index = sequence,
				   .recv_us = sequence,
				   .verdicts = &verdict,
				   .verdict_count = 1 };
	struct span batch;
	uint64_t got;
	struct err err;

	cr_assert_eq(outbox_seal(fixture->office.outbox, &header,
				 &fixture->pair, 1, WIRE_BATCH_BYTES_MAX,
				 &fixture->arena, &batch, &got, &err),
		     0, "%s", err.msg);
	cr_assert_eq(got, sequence);
	cr_assert_eq(outbox_receipts(fixture->office.outbox, &receipt, 1, &err),
		     0, "%s", err.msg);
}

struct look {
	struct fixture *fixture;
	uint64_t number;
	int base; /* index, or -1 */
	size_t texts;
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
	look->texts = item->sealed.text_count;
	look->base = -1;
	for (size_t i = 0; i < look->fixture->count; i++)
		if (span_equal(statement.base,
			       statement_base(look->fixture->sealed[i].salt)))
			look->base = (int)i;
	if (statement.base.len && look->base < 0)
		look->base = -2;
	return 1;
}

static int base_of(struct fixture *fixture, size_t i)
{
	struct look look = { .fixture = fixture,
			     .number = fixture->numbers[i] };

	cr_assert_geq(
		outbox_items(fixture->office.outbox, 1, visit, &look, NULL), 0);
	cr_expect_eq(look.texts, 1, "its text was lost");
	return look.base;
}

Test(rebase, what_waits_takes_the_base_of_the_refused)
{
	struct fixture fixture;
	struct err err;

	open_fixture(&fixture);
	save(&fixture, -1, "first");
	save(&fixture, 0, "refused");
	save(&fixture, 1, "waits behind it");
	save(&fixture, 2, "waits behind that");
	send(&fixture, 1, VERDICT_ADMITTED);
	send(&fixture, 2, VERDICT_VALUE_MALFORMED);
	cr_assert_eq(rebase_waiting(&fixture.office, &err), 0, "%s", err.msg);
	cr_expect_eq(base_of(&fixture, 2), 0);
	cr_expect_eq(base_of(&fixture, 3), 2, "its own base still waits");
	/* that one is refused as well */
	send(&fixture, 3, VERDICT_VALUE_MALFORMED);
	cr_assert_eq(rebase_waiting(&fixture.office, &err), 0, "%s", err.msg);
	cr_expect_eq(base_of(&fixture, 3), 0);
	close_fixture(&fixture);
}

Test(rebase, a_first_that_was_refused_leaves_no_base)
{
	struct fixture fixture;
	struct err err;

	open_fixture(&fixture);
	save(&fixture, -1, "refused");
	save(&fixture, 0, "waits");
	send(&fixture, 1, VERDICT_NOT_IN_ROSTER);
	cr_assert_eq(rebase_waiting(&fixture.office, &err), 0, "%s", err.msg);
	cr_expect_eq(base_of(&fixture, 1), -1);
	close_fixture(&fixture);
}

Test(rebase, what_stands_on_an_admitted_one_stays)
{
	struct fixture fixture;
	struct err err;

	open_fixture(&fixture);
	save(&fixture, -1, "admitted");
	save(&fixture, 0, "waits");
	send(&fixture, 1, VERDICT_ADMITTED);
	cr_assert_eq(rebase_waiting(&fixture.office, &err), 0, "%s", err.msg);
	cr_expect_eq(base_of(&fixture, 1), 0);
	close_fixture(&fixture);
}
