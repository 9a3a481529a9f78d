/* Entries, with a real outbox and a small catalogue under them. */
#include "agent/entry.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/cells.h"
#include "agent/slice.h"
#include "agent/statement.h"
#include "proto/day.h"
#include "test_dir.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char units_csv[] = "unit,name_zh,kind\n"
				"baima,白马镇,town\n"
				"longmen,龙门镇,town\n"
				"hrss,人社局,department\n";
static const char codes_csv[] = "unit,scheme,code\nbaima,gb,511002101\n";
static const char targets_csv[] =
	"target,name_zh,kind,uom_zh,compare,goal,lead\n"
	"live.urban-jobs,城镇新增就业,flow,人,>=,5800,hrss\n"
	"biz.net,净增,net,户,>=,4500,hrss\n"
	"rural.look,村容村貌,narrative,,,,hrss\n";
static const char roster_csv[] = "target,unit,quota\n"
				 "live.urban-jobs,baima,420\n"
				 "live.urban-jobs,longmen,310\n"
				 "biz.net,baima,1\n"
				 "rural.look,baima,\n";
static const char settings_csv[] = "key,value\nstart,2024-01-01\n"
				   "end,2024-12-31\n";

static struct slice_file slice_files[] = {
	{ .name = { (const uint8_t *)"settings.csv", 12 } },
	{ .name = { (const uint8_t *)"units.csv", 9 } },
	{ .name = { (const uint8_t *)"unit_codes.csv", 14 } },
	{ .name = { (const uint8_t *)"targets.csv", 11 } },
	{ .name = { (const uint8_t *)"roster.csv", 10 } },
};

struct fixture {
	char dir[TEST_DIR_BYTES];
	struct outbox *outbox;
	struct slice_kept kept;
	struct catalogue *catalogue;
	struct cells cells;
	struct arena arena;
};

static void open_fixture(struct fixture *fixture)
{
	struct span units[] = { { (const uint8_t *)"baima", 5 } };
	const char *const texts[] = { settings_csv, units_csv, codes_csv,
				      targets_csv, roster_csv };
	struct slice slice = { .catalogue = 3,
			       .files = slice_files,
			       .units = units,
			       .unit_count = 1 };
	struct slice_gather gather;
	struct err err;

	memset(fixture, 0, sizeof(*fixture));
	test_dir(fixture->dir, "entry");
	cr_assert_eq(sign_start(NULL), 0);
	cr_assert_eq(outbox_open(fixture->dir, &fixture->outbox, &err), 0, "%s",
		     err.msg);
	arena_init(&fixture->arena, 64 * 1024 * 1024);
	for (size_t i = 0; i < COUNT(texts); i++)
		slice_files[i].bytes = span_of_text(texts[i]);
	/* in two messages, a file cut in the middle */
	slice_gather_init(&gather);
	slice.file_count = 2;
	slice_files[1].bytes.len = 30;
	cr_assert_eq(slice_take(&gather, fixture->outbox, &slice, &err), 0);
	cr_assert_eq(slice_read(fixture->outbox, &fixture->arena,
				&fixture->kept, &err),
		     ERR_NOTFOUND, "half a slice was kept");
	slice_files[1].bytes =
		span_of(units_csv + 30, sizeof(units_csv) - 1 - 30);
	slice.files = slice_files + 1;
	slice.file_count = 4;
	slice.last = true;
	cr_assert_eq(slice_take(&gather, fixture->outbox, &slice, &err), 0);
	cr_expect_eq(gather.complete, 3);
	slice_gather_release(&gather);
	cr_assert_eq(slice_read(fixture->outbox, &fixture->arena,
				&fixture->kept, &err),
		     0, "%s", err.msg);
	fixture->catalogue = slice_catalogue(&fixture->kept);
	cr_assert(fixture->catalogue);
	cr_assert_eq(
		cells_load(&fixture->cells, fixture->outbox, fixture->catalogue,
			   day_start_us(day_from_civil(2024, 7, 5), 480), &err),
		0);
}

static void close_fixture(struct fixture *fixture)
{
	cells_release(&fixture->cells);
	catalogue_free(fixture->catalogue);
	outbox_close(fixture->outbox);
	arena_release(&fixture->arena);
	test_dir_remove(fixture->dir);
}

struct given {
	const char *target, *unit, *period, *field, *value, *text, *reason;
};

static struct entry entry_of(const struct given *given, struct cell_text *cell)
{
	struct entry entry = { .report = { .cells = cell } };

	entry.report.target = span_of_text(given->target);
	entry.report.unit = span_of_text(given->unit);
	entry.report.period = span_of_text(given->period);
	*cell = (struct cell_text){ span_of_text(given->field),
				    span_of_text(given->value) };
	entry.report.cell_count = given->value[0] != '\0';
	entry.text = span_of_text(given->text ? given->text : "");
	entry.reason = span_of_text(given->reason ? given->reason : "");
	return entry;
}

static bool is(struct span span, const char *text)
{
	return span_equal(span, span_of_text(text));
}

Test(entry, canonical_form)
{
	static const struct row {
		struct given given;
		const char *unit, *period, *value;
	} rows[] = {
		{ { "live.urban-jobs", "baima", "2024-06", "", "1,234.50" },
		  "baima",
		  "2024M06",
		  "1234.5" },
		{ { "live.urban-jobs", "511002101", "2024年6月", "value",
		    "１２" },
		  "baima",
		  "2024M06",
		  "12" },
		{ { "live.urban-jobs", "baima", "2024M06", "value", "many" },
		  "baima",
		  "2024M06",
		  "many" },
		{ { "live.urban-jobs", "baima", "2024M06", "value", "NA" },
		  "baima",
		  "2024M06",
		  "NA" },
		{ { "no.such", "511002101", "Jun-24", "value", "1.0" },
		  "511002101",
		  "Jun-24",
		  "1.0" },
	};
	struct fixture fixture;

	open_fixture(&fixture);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cell_text cell;
		struct entry entry = entry_of(&rows[i].given, &cell);

		cr_assert_eq(entry_canonical(&entry, fixture.catalogue,
					     &fixture.arena, NULL),
			     0);
		cr_expect(is(entry.report.unit, rows[i].unit), "row %zu", i);
		cr_expect(is(entry.report.period, rows[i].period), "row %zu",
			  i);
		cr_expect(is(cell.value, rows[i].value), "row %zu: %.*s", i,
			  (int)cell.value.len, (const char *)cell.value.data);
	}
	close_fixture(&fixture);
}

Test(entry, checks_as_the_collector_would)
{
	static const struct row {
		struct given given;
		enum verdict verdict;
	} rows[] = {
		{ { "live.urban-jobs", "baima", "2024M06", "value", "118" },
		  VERDICT_ADMITTED },
		{ { "live.urban-jobs", "baima", "2024M06", "", "118" },
		  VERDICT_ADMITTED },
		{ { "live.urban-jobs", "baima", "2024M06", "", "0" },
		  VERDICT_ADMITTED },
		{ { "live.jobs", "baima", "2024M06", "value", "118" },
		  VERDICT_TARGET_UNKNOWN },
		{ { "live.urban-jobs", "neverland", "2024M06", "value", "1" },
		  VERDICT_UNIT_UNKNOWN },
		{ { "biz.net", "longmen", "2024M06", "opened", "1" },
		  VERDICT_NOT_IN_ROSTER },
		{ { "live.urban-jobs", "baima", "2024M09", "value", "118" },
		  VERDICT_PERIOD_FUTURE },
		{ { "live.urban-jobs", "baima", "2023M06", "value", "118" },
		  VERDICT_PERIOD_OUTSIDE_WINDOW },
		{ { "live.urban-jobs", "baima", "2024Q2", "value", "118" },
		  VERDICT_PERIOD_MALFORMED },
		{ { "live.urban-jobs", "baima", "2024M06", "value", "many" },
		  VERDICT_VALUE_MALFORMED },
		{ { "live.urban-jobs", "baima", "2024M06", "value", "1.5" },
		  VERDICT_TOO_MANY_DECIMALS },
		{ { "live.urban-jobs", "baima", "2024M06", "colour", "1" },
		  VERDICT_FIELD_UNKNOWN },
		{ { "biz.net", "baima", "2024M06", "opened", "1" },
		  VERDICT_FIELD_MISSING },
		{ { "live.urban-jobs", "baima", "2024M06", "value", "NA" },
		  VERDICT_REASON_MISSING },
		{ { "live.urban-jobs", "baima", "2024M06", "value", "NA", "",
		    "no such project here" },
		  VERDICT_ADMITTED },
		{ { "rural.look", "baima", "2024M06", "", "",
		    "three villages cleaned" },
		  VERDICT_ADMITTED },
	};
	struct fixture fixture;

	open_fixture(&fixture);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cell_text cell;
		struct entry entry = entry_of(&rows[i].given, &cell);
		enum verdict verdict;
		const char *column;

		cr_assert_eq(entry_canonical(&entry, fixture.catalogue,
					     &fixture.arena, NULL),
			     0);
		verdict = entry_check(&entry, &fixture.cells, 480,
				      &fixture.arena, &column);
		cr_expect_eq(verdict, rows[i].verdict, "row %zu: %s not %s", i,
			     verdict_name(verdict),
			     verdict_name(rows[i].verdict));
	}
	close_fixture(&fixture);
}

static struct statement save(struct fixture *fixture, const char *value,
			     struct sealed *sealed)
{
	struct given given = { "live.urban-jobs", "baima", "2024M06", "value",
			       value };
	struct statement statement;
	struct cell_text cell;
	struct entry entry = entry_of(&given, &cell);
	struct err err;

	cr_assert_eq(entry_make(&entry, &fixture->cells, &fixture->arena,
				sealed, &err),
		     0, "%s", err.msg);
	cr_assert_eq(wire_decode_statement(sealed->body, &fixture->arena,
					   &statement, &err),
		     0, "%s", err.msg);
	return statement;
}

Test(entry, versions_of_a_cell_chain_to_each_other)
{
	struct sealed sealed[3], later;
	struct statement statement;
	struct fixture fixture;
	struct cells cells;
	struct err err;

	open_fixture(&fixture);
	statement = save(&fixture, "1", &sealed[0]);
	cr_expect_eq(statement.base.len, 0, "a first has no base");
	for (int i = 1; i < 3; i++) {
		statement = save(&fixture, "2", &sealed[i]);
		cr_expect(span_equal(statement.base,
				     statement_base(sealed[i - 1].salt)));
	}
	/* and the next process chains to what was saved */
	cr_assert_eq(outbox_save(fixture.outbox, sealed, 3, 1, NULL, &err), 0,
		     "%s", err.msg);
	cr_assert_eq(
		cells_load(&cells, fixture.outbox, fixture.catalogue, 1, &err),
		0);
	cells_release(&fixture.cells);
	fixture.cells = cells;
	statement = save(&fixture, "3", &later);
	cr_expect(span_equal(statement.base, statement_base(sealed[2].salt)));
	close_fixture(&fixture);
}

Test(entry, texts_stand_beside_the_body)
{
	struct given given = { "rural.look", "baima",	   "2024M06", "",
			       "",	     "村里修了路", "late" };
	struct statement statement;
	struct fixture fixture;
	struct cell_text cell;
	struct entry entry = entry_of(&given, &cell);
	struct sealed sealed;
	struct err err;

	open_fixture(&fixture);
	cr_assert_eq(entry_make(&entry, &fixture.cells, &fixture.arena, &sealed,
				&err),
		     0);
	cr_assert_eq(wire_decode_statement(sealed.body, &fixture.arena,
					   &statement, &err),
		     0);
	cr_assert_eq(sealed.text_count, 2);
	cr_assert_eq(statement.text_count, 2);
	for (size_t i = 0; i < 2; i++) {
		struct hash hash =
			hash_text(sealed.texts[i].salt, sealed.texts[i].text);

		cr_expect(hash_equal(&hash, &statement.texts[i].hash));
	}
	cr_expect(is(statement.texts[0].name, "text"));
	cr_expect(is(statement.texts[1].name, "reason"));
	cr_expect_null(memmem(sealed.body.data, sealed.body.len, "late", 4));
	close_fixture(&fixture);
}

Test(entry, shape_is_checked_without_a_catalogue)
{
	char long_name[WIRE_NAME_BYTES_MAX + 2];
	struct row {
		struct given given;
		int ret;
	} rows[] = {
		{ { "t", "u", "2024M06", "value", "1" }, 0 },
		{ { "", "u", "2024M06", "value", "1" }, ERR_INVALID },
		{ { "t", "", "2024M06", "value", "1" }, ERR_INVALID },
		{ { "t", "u", "Jun-24", "value", "1" }, ERR_INVALID },
		{ { "t", "u", "", "value", "1" }, ERR_INVALID },
		{ { long_name, "u", "2024M06", "value", "1" }, ERR_LIMIT },
		{ { "t", "u", "2024M06", long_name, "1" }, ERR_LIMIT },
	};

	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cell_text cell;
		struct entry entry = entry_of(&rows[i].given, &cell);
		struct err err = { 0 };

		cr_expect_eq(entry_shape(&entry, &err), rows[i].ret,
			     "row %zu: %s", i, err.msg);
	}
}

/* ---- reviews ---- */

Test(entry, versions_are_named_so_that_a_spreadsheet_leaves_them_alone)
{
	const uint8_t salt[SALT_BYTES] = { 0x12, 0x34, 0x56, 0x78, 0x90,
					   0x12, 0x34, 0xe5, 0xff };
	static const char *const others[] = {
		"",
		"v",
		"123456789012e5",
		"v123456789012e5",
		"v1234567890123400e",
		"x1234567890123400",
		"v123456789012340g",
	};
	char text[ENTRY_VERSION_BYTES];
	uint8_t back[BASE_BYTES];

	entry_version(salt, text);
	cr_expect_str_eq(text, "v12345678901234e5");
	cr_assert_eq(entry_version_parse(span_of_text(text), back), 0);
	cr_expect_arr_eq(back, salt, BASE_BYTES);
	cr_assert_eq(
		entry_version_parse(span_of_text("V12345678901234E5"), back),
		0);
	cr_expect_arr_eq(back, salt, BASE_BYTES);
	for (size_t i = 0; i < COUNT(others); i++)
		cr_expect_eq(entry_version_parse(span_of_text(others[i]), back),
			     ERR_INVALID, "row %zu", i);
}

static struct entry review_of(const char *target, const char *word)
{
	struct entry entry = { .review = true };

	entry.report.target = span_of_text(target);
	entry.report.unit = span_of_text("baima");
	entry.report.period = span_of_text("2024M06");
	entry.report.status = span_of_text(word);
	return entry;
}

Test(entry, reviews_are_checked_before_they_are_sent)
{
	static const struct row {
		const char *target, *word, *reason, *version;
		enum verdict verdict;
		const char *column;
	} rows[] = {
		{ "live.urban-jobs", "approve", "", "", VERDICT_ADMITTED, "" },
		{ "live.urban-jobs", "通过", "", "", VERDICT_ADMITTED, "" },
		{ "live.urban-jobs", "退回", "无照片", "", VERDICT_ADMITTED,
		  "" },
		{ "live.urban-jobs", "退回", "", "", VERDICT_REASON_MISSING,
		  "reason" },
		{ "live.urban-jobs", "fine", "", "", VERDICT_VALUE_MALFORMED,
		  "review" },
		{ "live.urban-jobs", "", "", "", VERDICT_VALUE_MALFORMED,
		  "review" },
		{ "live.urban-jobs", "approve", "", "v0700000000000000",
		  VERDICT_ADMITTED, "" },
		{ "live.urban-jobs", "approve", "", "v0800000000000000",
		  VERDICT_STALE, "version" },
		{ "live.urban-jobs", "approve", "", "7E+14",
		  VERDICT_VALUE_MALFORMED, "version" },
		{ "rural.look", "黄灯", "", "", VERDICT_ADMITTED, "" },
		{ "rural.look", "return", "too short", "", VERDICT_ADMITTED,
		  "" },
		/* an approval is no light */
		{ "rural.look", "approve", "", "", VERDICT_VALUE_MALFORMED,
		  "review" },
		{ "biz.net", "approve", "", "", VERDICT_NOTHING_TO_REVIEW, "" },
	};
	const uint8_t salt[SALT_BYTES] = { 7 };
	struct fixture fixture;

	open_fixture(&fixture);
	for (size_t i = 0; i < 2; i++) {
		struct entry known =
			review_of(i ? "rural.look" : "live.urban-jobs", "");

		cr_assert_eq(
			cells_put(&fixture.cells, &known.report, salt, NULL),
			0);
	}
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct entry entry = review_of(rows[i].target, rows[i].word);
		enum verdict verdict;
		const char *column;

		entry.reason = span_of_text(rows[i].reason);
		entry.version = span_of_text(rows[i].version);
		cr_assert_eq(entry_canonical(&entry, fixture.catalogue,
					     &fixture.arena, NULL),
			     0);
		verdict = entry_check_review(&entry, &fixture.cells, &column);
		cr_expect_eq(verdict, rows[i].verdict, "row %zu: %s", i,
			     verdict_name(verdict));
		if (verdict)
			cr_expect_str_eq(column, rows[i].column, "row %zu", i);
	}
	close_fixture(&fixture);
}

Test(entry, own_reviews_that_wait_are_known)
{
	const uint8_t salt[SALT_BYTES] = { 7 };
	struct entry entry = review_of("live.urban-jobs", "returned");
	const struct known_cell *known;
	struct fixture fixture;
	struct sealed sealed;

	open_fixture(&fixture);
	cr_assert_eq(cells_put(&fixture.cells, &entry.report, salt, NULL), 0);
	entry.reason = span_of_text("no photographs");
	cr_assert_eq(entry_make(&entry, &fixture.cells, &fixture.arena, &sealed,
				NULL),
		     0);
	known = cells_find(&fixture.cells, &entry.report);
	cr_expect_null(known->status);
	cr_assert_eq(cells_load_reviews(&fixture.cells, fixture.outbox, NULL),
		     0);
	cr_expect_null(known->status);
	cr_assert_eq(outbox_save(fixture.outbox, &sealed, 1, 1, NULL, NULL), 0);
	cr_assert_eq(cells_load_reviews(&fixture.cells, fixture.outbox, NULL),
		     0);
	cr_assert(known->status);
	cr_expect_str_eq(known->status, "returned");
	cr_expect(known->review_waits);
	close_fixture(&fixture);
}

Test(entry, what_was_returned_may_be_sent_again_for_some_days)
{
	static const struct row {
		const char *returned, *today;
		enum verdict verdict;
	} rows[] = {
		/* closed on 30 July; ten days to send it again */
		{ "2024-07-20", "2024-07-30", VERDICT_ADMITTED },
		{ "2024-07-20", "2024-07-31", VERDICT_PERIOD_CLOSED },
		{ "2024-07-25", "2024-08-04", VERDICT_ADMITTED },
		{ "2024-07-25", "2024-08-05", VERDICT_PERIOD_CLOSED },
		{ NULL, "2024-08-05", VERDICT_ADMITTED }, /* not known when */
	};
	struct given given = { "live.urban-jobs",
			       "baima",
			       "2024M06",
			       "value",
			       "118",
			       "",
			       "late" };
	struct fixture fixture;

	open_fixture(&fixture);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cell_text cell;
		struct entry entry = entry_of(&given, &cell);
		struct head head = { .report = entry.report,
				     .index = 5 + i,
				     .review.index = 100 };
		const char *column;
		int32_t day;

		head.report.status = span_of_text("returned");
		if (rows[i].returned) {
			cr_assert_eq(
				day_parse(span_of_text(rows[i].returned), &day),
				0);
			head.review.recv_us = day_start_us(day, 480);
		}
		cr_assert_eq(outbox_set_heads(fixture.outbox, &head, 1, NULL),
			     0);
		cells_release(&fixture.cells);
		cr_assert_eq(day_parse(span_of_text(rows[i].today), &day), 0);
		cr_assert_eq(cells_load(&fixture.cells, fixture.outbox,
					fixture.catalogue,
					day_start_us(day, 480), NULL),
			     0);
		cr_expect_eq(entry_check(&entry, &fixture.cells, 480,
					 &fixture.arena, &column),
			     rows[i].verdict, "row %zu", i);
	}
	close_fixture(&fixture);
}

Test(statement, an_adjustment_of_another_name_is_none_of_the_first)
{
	struct report report = { .target = span_of_text("live.urban-jobs"),
				 .unit = span_of_text("baima"),
				 .period = span_of_text("2024M06"),
				 .status = span_of_text("first") };
	struct strbuf first, other;

	strbuf_init(&first, 0);
	strbuf_init(&other, 0);
	statement_place(SAID_ADJUST, &report, &first);
	report.status = span_of_text("second");
	statement_place(SAID_ADJUST, &report, &other);
	cr_expect_str_neq(first.text, other.text);
	/* A reviewer's other word is of the same review. */
	statement_place(SAID_REVIEW, &report, &first);
	report.status = span_of_text("returned");
	statement_place(SAID_REVIEW, &report, &other);
	cr_expect_str_eq(first.text, other.text);
	strbuf_release(&first);
	strbuf_release(&other);
}
