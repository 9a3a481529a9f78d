#include "store/heads.h"

#include "store/stage.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The cell that all tests speak of. */
#define TARGET "live.training"
#define PERIOD "2024M01"

struct desk {
	struct stage stage;
	struct cast cast;
	struct head_ids ids;
	struct arena arena;
	uint8_t head[SALT_BYTES]; /* of the cell */
	bool has_head;
};

static void desk_open(struct desk *desk)
{
	memset(desk, 0, sizeof(*desk));
	stage_open(&desk->stage, &desk->cast);
	head_ids_init(&desk->ids);
	arena_init(&desk->arena, STAGE_ARENA_BYTES);
}

static void desk_close(struct desk *desk)
{
	head_ids_release(&desk->ids);
	arena_release(&desk->arena);
	stage_release(&desk->stage);
}

/* baima reports; its entry in the journal. */
static uint64_t reports(struct desk *desk, const char *value)
{
	struct cell_text cell = { .value = { NULL, 0 } };
	struct said said = said_report(TARGET, "baima", PERIOD, "", &cell,
				       value,
				       desk->has_head ? desk->head : NULL);

	desk->stage.now_us += STAGE_HOUR_US;
	cr_assert_eq(stage_say(&desk->stage, &desk->cast.baima, &said),
		     VERDICT_ADMITTED);
	memcpy(desk->head, said.salt, SALT_BYTES);
	desk->has_head = true;
	return fold_applied(desk->stage.fold) - 1;
}

/* hrss judges the newest version; its entry. */
static uint64_t reviews(struct desk *desk, const char *status)
{
	struct said said =
		said_review(TARGET, "baima", PERIOD, status, desk->head);

	desk->stage.now_us += STAGE_HOUR_US;
	cr_assert_eq(stage_say(&desk->stage, &desk->cast.hrss, &said),
		     VERDICT_ADMITTED);
	return fold_applied(desk->stage.fold) - 1;
}

struct reading {
	struct heads heads;
	struct head_found found;
	size_t count;
};

static int visit(void *arg, struct span key, struct span value)
{
	struct reading *reading = arg;

	(void)value;
	reading->count++;
	return head_read(&reading->heads, key, &reading->found);
}

static struct head_found read_head(struct desk *desk)
{
	struct table_reader reader = memory_tables_reader(desk->stage.tables);
	struct err err = { 0 };
	struct reading reading = { .heads = { .reader = &reader,
					      .ids = &desk->ids,
					      .arena = &desk->arena,
					      .err = &err } };
	uint32_t target;

	cr_assert_eq(head_ids_load(&desk->ids, &reader, &err), 0);
	target = intern_find(&desk->ids.targets, span_of_text(TARGET));
	cr_assert_neq(target, INTERN_NONE);
	cr_assert_eq(
		heads_scan(&reader, target, INTERN_NONE, visit, &reading, &err),
		0, "%s", err.msg);
	cr_assert_eq(reading.count, 1);
	return reading.found;
}

static void expect_text(struct span got, const char *wanted)
{
	cr_expect(span_equal(got, span_of_text(wanted)), "%.*s, not %s",
		  (int)got.len, (const char *)got.data, wanted);
}

static void expect_cell(const struct cell_text *cells, size_t count,
			const char *wanted)
{
	cr_assert_eq(count, 1);
	expect_text(cells[0].value, wanted);
}

Test(heads, a_report_that_nobody_reviewed)
{
	struct head_found found;
	struct desk desk;
	uint64_t entry;

	desk_open(&desk);
	entry = reports(&desk, "5");
	found = read_head(&desk);
	expect_text(found.head.report.target, TARGET);
	expect_text(found.head.report.unit, "baima");
	expect_text(found.head.report.period, PERIOD);
	expect_text(found.head.report.status, "");
	expect_cell(found.head.report.cells, found.head.report.cell_count, "5");
	cr_expect_arr_eq(found.head.salt, desk.head, SALT_BYTES);
	cr_expect_eq(found.head.index, entry);
	cr_expect_eq(found.head.review.index, 0);
	cr_expect_eq(found.head.before.status.len, 0);
	cr_expect(!found.head.texts);
	desk_close(&desk);
}

Test(heads, the_newest_review_of_the_newest_version)
{
	struct head_found found;
	struct desk desk;
	uint64_t version, review;

	desk_open(&desk);
	version = reports(&desk, "5");
	reviews(&desk, "approved");
	review = reviews(&desk, "returned");
	found = read_head(&desk);
	expect_text(found.head.report.status, "returned");
	cr_expect_eq(found.head.index, version);
	cr_expect_eq(found.head.review.index, review);
	cr_expect_eq(found.head.review.recv_us, desk.stage.now_us);
	cr_expect(hash_equal(&found.reviewer, &desk.cast.hrss.hash));
	cr_expect_eq(found.head.before.status.len, 0,
		     "reviews of one version are no earlier version");
	desk_close(&desk);
}

Test(heads, what_was_judged_before_is_the_newest_version_that_was)
{
	struct head_found found;
	struct desk desk;
	uint64_t returned;

	desk_open(&desk);
	reports(&desk, "5");
	reviews(&desk, "approved");
	reports(&desk, "6");
	returned = reviews(&desk, "returned");
	reports(&desk, "7"); /* corrected again before anybody looked */
	reports(&desk, "8");
	found = read_head(&desk);
	expect_text(found.head.report.status, "");
	expect_cell(found.head.report.cells, found.head.report.cell_count, "8");
	expect_text(found.head.before.status, "returned");
	expect_cell(found.head.before.cells, found.head.before.cell_count, "6");
	cr_expect_eq(found.head.before.review.index, returned);
	cr_expect(hash_equal(&found.before_reviewer, &desk.cast.hrss.hash));
	reviews(&desk, "approved");
	found = read_head(&desk);
	expect_text(found.head.report.status, "approved");
	expect_text(found.head.before.status, "returned");
	desk_close(&desk);
}

Test(heads, the_way_back_has_an_end)
{
	struct head_found found;
	struct desk desk;

	desk_open(&desk);
	reports(&desk, "5");
	reviews(&desk, "approved");
	for (int i = 0; i < HEADS_CHANGES_MAX; i++)
		reports(&desk, "6");
	expect_text(read_head(&desk).head.before.status, "approved");
	reports(&desk, "7");
	found = read_head(&desk);
	expect_text(found.head.before.status, "");
	for (int i = 0; i < HEADS_CHANGES_MAX + 5; i++)
		reviews(&desk, "approved");
	found = read_head(&desk);
	expect_text(found.head.report.status, "approved");
	expect_cell(found.head.report.cells, found.head.report.cell_count, "7");
	desk_close(&desk);
}
