#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "store/fold.h"
#include "store/stage.h"

struct rig {
	struct catalogue *catalogue;
	struct memory_tables *tables;
	struct problems problems;
	struct strbuf refused; /* "file:row: verdict column\n" */
};

static void note_refusal(void *arg, const struct fold_refusal *refusal)
{
	strbuf_addf(arg, "%s:%u: %s%s%s\n", refusal->file, refusal->row,
		    verdict_name(refusal->verdict), refusal->column ? " " : "",
		    refusal->column ? refusal->column : "");
}

static void rig_open(struct rig *rig)
{
	struct catalogue_file files[STAGE_FILES];

	for (size_t i = 0; i < STAGE_FILES; i++)
		files[i] = (struct catalogue_file){
			stage_files[i].name, span_of_text(stage_files[i].text)
		};
	problems_init(&rig->problems);
	cr_assert_eq(catalogue_load(files, STAGE_FILES, &rig->catalogue,
				    &rig->problems),
		     0);
	rig->problems.count = rig->problems.errors = 0;
	rig->tables = memory_tables_new();
	strbuf_init(&rig->refused, 0);
}

static void rig_close(struct rig *rig)
{
	catalogue_free(rig->catalogue);
	memory_tables_free(rig->tables);
	problems_release(&rig->problems);
	strbuf_release(&rig->refused);
}

static int read_texts(struct rig *rig, const char *first, const char *second)
{
	struct fold_file files[] = {
		{ "reports.csv", span_of_text(first) },
		{ "more.csv", span_of_text(second ? second : "") },
	};

	return fold_files(rig->catalogue, files, second ? 2 : 1, rig->tables,
			  note_refusal, &rig->refused, &rig->problems);
}

/* The target's cells as a text; order of units, periods, items is the key's. */
static void cells_of(struct rig *rig, const char *target, struct strbuf *out)
{
	struct table_reader reader = memory_tables_reader(rig->tables);
	struct cell_source source =
		figures_source(&(struct figures_reading){ .reader = &reader });
	uint32_t index = catalogue_target(rig->catalogue, span_of_text(target));
	struct cell_list list;
	struct arena arena;

	arena_init(&arena, STAGE_ARENA_BYTES);
	cr_assert_eq(source.all(source.ctx, rig->catalogue, index, &arena,
				&list, NULL),
		     0);
	for (size_t i = 0; i < list.count; i++) {
		const struct cell *cell = &list.cells[i];
		char period[PERIOD_TEXT_BYTES];

		period_print(cell->period, period);
		strbuf_addf(out,
			    "%s %s %.*s:", rig->catalogue->units[cell->unit].id,
			    period, (int)cell->item.len,
			    (const char *)cell->item.data);
		for (size_t v = 0; v < cell->version_count; v++)
			strbuf_addf(out, " %lld/%u",
				    cell->versions[v].value_count ?
					    (long long)cell->versions[v]
						    .values[0]
						    .number :
					    -1,
				    cell->versions[v].flags);
		for (size_t r = 0; r < cell->review_count; r++)
			strbuf_addf(out, " %zu=%.*s", cell->reviews[r].version,
				    (int)cell->reviews[r].status.len,
				    (const char *)cell->reviews[r].status.data);
		strbuf_add_text(out, "\n");
	}
	arena_release(&arena);
}

static void expect_cells(struct rig *rig, const char *target,
			 const char *expected)
{
	struct strbuf text;

	strbuf_init(&text, 0);
	cells_of(rig, target, &text);
	cr_expect_str_eq(text.text, expected);
	strbuf_release(&text);
}

Test(fold_files, rows_of_a_cell_count_in_the_order_of_the_file)
{
	struct rig rig;

	rig_open(&rig);
	cr_expect_eq(read_texts(&rig,
				"target,unit,period,value,reason\n"
				"live.jobs,baima,2024M01,5,\n"
				"live.jobs,longmen,2024M01,0,\n"
				"live.jobs,baima,2024M01,7,checked\n"
				"live.jobs,baima,2024M02,,\n"
				"live.jobs,511002001,2024M03,NA,closed\n",
				NULL),
		     0);
	expect_cells(&rig, "live.jobs",
		     "baima 2024M01 : 5/0 7/16\n"
		     "baima 2024M03 : 0/2\n"
		     "longmen 2024M01 : 0/0\n");
	cr_expect_str_eq(rig.refused.text, "");
	rig_close(&rig);
}

Test(fold_files, a_cell_goes_on_in_the_next_file)
{
	struct rig rig;

	rig_open(&rig);
	cr_expect_eq(read_texts(&rig,
				"target,unit,period,value\n\n\n\n"
				"live.jobs,baima,2024M01,5\n",
				"period,value,target,unit\n"
				"2024M01,6,live.jobs,baima\n"),
		     0);
	expect_cells(&rig, "live.jobs", "baima 2024M01 : 5/0 6/16\n");
	rig_close(&rig);
}

Test(fold_files, review_rows_judge_the_newest_version)
{
	struct rig rig;

	rig_open(&rig);
	cr_expect_eq(read_texts(&rig,
				"target,unit,period,value,review\n"
				"live.training,baima,2024M01,,approved\n"
				"live.training,baima,2024M01,5,\n"
				"live.training,baima,2024M01,,returned\n"
				"live.training,baima,2024M01,6,\n"
				"live.training,baima,2024M01,,approved\n"
				"live.training,baima,2024M01,6,approved\n"
				"live.training,baima,2024M01,,perhaps\n",
				NULL),
		     0);
	expect_cells(&rig, "live.training",
		     "baima 2024M01 : 5/0 6/16 0=returned 1=approved\n");
	cr_expect_str_eq(rig.refused.text, "reports.csv:2: nothing-to-review\n"
					   "reports.csv:7: field-unknown\n"
					   "reports.csv:8: value-malformed\n");
	rig_close(&rig);
}

Test(fold_files, registers_take_items_and_nothing_new)
{
	struct rig rig;

	rig_open(&rig);
	cr_expect_eq(read_texts(&rig,
				"target,unit,period,item,stage,date,value\n"
				"live.projects,baima,2024M01,plant,signed,"
				"2024-01-15,\n"
				"live.projects,baima,2024M02,none,,,\n"
				"live.projects,baima,2024M03,,signed,,\n"
				"live.projects,baima,2024M03,mill,lost,,\n"
				"live.projects,baima,2024M03,mill,,,4\n",
				NULL),
		     0);
	expect_cells(&rig, "live.projects",
		     "baima 2024M01 plant: 0/0\nbaima 2024M02 none: -1/8\n");
	cr_expect_str_eq(rig.refused.text,
			 "reports.csv:4: item-missing item\n"
			 "reports.csv:5: step-unknown stage\n"
			 "reports.csv:6: field-unknown value\n");
	rig_close(&rig);
}

Test(fold_files, receipt_decides_what_is_late)
{
	struct rig rig;

	rig_open(&rig);
	cr_expect_eq(
		read_texts(&rig,
			   "target,unit,period,value,received,reason\n"
			   "live.jobs,baima,2024M01,1,2024-02-10 23:59,\n"
			   "live.jobs,baima,2024M01,2,2024-02-11,\n"
			   "live.jobs,baima,2024M01,3,2024-02-11 8:05,sick\n"
			   "live.jobs,longmen,2024M01,4,2024/4/1,sick\n"
			   "live.jobs,longmen,2024M02,4,2024-01-31,\n"
			   "live.jobs,longmen,2024M01,5,,\n",
			   NULL),
		0);
	expect_cells(&rig, "live.jobs",
		     "baima 2024M01 : 1/0 3/17\nlongmen 2024M01 : 5/0\n");
	cr_expect_str_eq(rig.refused.text,
			 "reports.csv:3: reason-missing reason\n"
			 "reports.csv:5: period-closed period\n"
			 "reports.csv:6: period-future period\n");
	rig_close(&rig);
}

Test(fold_files, lists_what_is_wrong_with_the_file)
{
	static const struct {
		const char *text, *file, *column;
		uint32_t row;
	} rows[] = {
		{ "target,unit,period,valeu\n", "reports.csv", "valeu", 1 },
		{ "target,period,value\n", "reports.csv", "unit", 1 },
		{ "target,unit,period,value,received\n"
		  "live.jobs,baima,2024M01,1,yesterday\n",
		  "reports.csv", "received", 2 },
		{ "target,unit,period,value,received\n"
		  "live.jobs,baima,2024M01,1,2024-02-01 24:00\n",
		  "reports.csv", "received", 2 },
		{ "target,unit,period,value\n\"open", "reports.csv", "", 2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig rig;

		rig_open(&rig);
		cr_expect_eq(read_texts(&rig, rows[i].text, NULL), ERR_INVALID,
			     "row %zu", i);
		cr_assert_eq(rig.problems.count, 1u, "row %zu", i);
		cr_expect_eq(rig.problems.errors, 1u, "row %zu", i);
		cr_expect_str_eq(rig.problems.list[0].file, rows[i].file);
		cr_expect_str_eq(rig.problems.list[0].column, rows[i].column,
				 "row %zu", i);
		cr_expect_eq(rig.problems.list[0].row, rows[i].row, "row %zu",
			     i);
		rig_close(&rig);
	}
}
