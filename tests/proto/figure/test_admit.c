#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/figure/admit.h"

#define ZONE_MINUTES 480
#define CELLS_MAX 8

/* ---- a catalogue with every kind ---- */

static const struct {
	const char *name, *text;
} texts[] = {
	{ "settings.csv", "key,value\n"
			  "start,2024-01-01\nend,2024-12-31\n"
			  "due_days,10\nclose_days,30\nresend_days,10\n" },
	{ "units.csv", "unit,name_zh,kind,closed\n"
		       "hrss,人社局,department,\n"
		       "statistics,统计局,department,\n"
		       "baima,白马镇,town,\n"
		       "longmen,龙门镇,town,\n"
		       "shijia,史家镇,town,\n"
		       "gone,已撤镇,town,2024-03-31\n" },
	{ "unit_codes.csv", "unit,scheme,code,from,until\n"
			    "baima,gb,511002101,,2024-06-30\n" },
	{ "targets.csv",
	  "target,name_zh,kind,measure,decimals,period,given,compare,goal,base,"
	  "take,sum_field,hold,subset,ladder,item_list,register,part_of,lead,"
	  "authority,source\n"
	  "jobs,就业,flow,,,,,>=,5800,,,,,,,,,,hrss,,\n"
	  "roads,公路,flow,,2,,,>=,21.22,,,,,,,,,,hrss,,\n"
	  "quarterly,季报,flow,,,quarter,,>=,10,,,,,,,,,,hrss,,\n"
	  "firms,企业,level,,,,,>,20,17,,,,,,,,,hrss,,\n"
	  "market,主体,net,,,,,>=,4500,,,,,,,,,,hrss,,\n"
	  "invest,投资,growth,,1,,,>=,20,,,,,,,,,,hrss,,\n"
	  "tap,供水,ratio,,2,,,>=,90,,,,,yes,,,,,hrss,,\n"
	  "share,占比,ratio,,2,,,>=,90,,,,,,,,,,hrss,,\n"
	  "approval,审批,limit,,,,,<=,50,,,,,,,,,,hrss,,\n"
	  "relapse,返贫,guard,,,,,,,,,,,,,,,,hrss,,\n"
	  "water,断面,guard,,,,,,,,,,,,,,,,hrss,,\n"
	  "towns,目标镇,milestone,,,,,,completed,,,,,,works,,,,hrss,,\n"
	  "works,项目,milestone,,,,,,completed,,,,,,works,,,,hrss,,\n"
	  "deals,引进,items,,,,,>=,5,,,,,,works,,,,hrss,,\n"
	  "deals-sum,引进额,items,,,,,>=,50,,,investment,,,,,deals,,hrss,,\n"
	  "rating,评级,grade,,,,,>=,1,,,,,,marks,open,,,hrss,,\n"
	  "party,党建,narrative,,,,,,,,,,,,,,,,hrss,,\n"
	  "cover,参保,benchmark,,,,,,,,,,,,,,,,hrss,,\n"
	  "pension,养老,benchmark,ratio,,,,>=,95,,,,,yes,,,,cover,hrss,,\n"
	  "gdp,增速,growth,,1,,rate,>=,8,,,,,,,,,,hrss,official,"
	  "statistics\n" },
	{ "roster.csv", "target,unit,from,until\n"
			"jobs,baima,,\njobs,longmen,,\njobs,gone,,\n"
			"roads,baima,,\ntap,baima,,\nrelapse,baima,,\n"
			"water,baima,,\ntowns,baima,,\ntowns,longmen,,\n"
			"works,baima,,\nworks,longmen,,\n"
			"deals,baima,,\ndeals,longmen,,\n"
			"jobs,shijia,2024-07-01,\n" },
	{ "ladders.csv", "ladder,step,order,name_zh\n"
			 "works,started,1,开工\nworks,under-way,2,推进\n"
			 "works,completed,3,完工\n"
			 "marks,A,1,A\nmarks,AA,2,AA\n" },
	{ "items.csv", "target,item,name_zh,unit\n"
		       "works,road-1,一号路,baima\nworks,road-2,二号路,\n"
		       "water,section-1,断面一,\n" },
	{ "fields.csv", "target,field,type,decimals,required,factor\n"
			"deals,investment,decimal,2,yes,\n"
			"deals,sectors,set,,,\n"
			"deals,opening,date,,,\n"
			"jobs,women,decimal,0,,\n"
			"share,num,decimal,0,,0.0001\n" },
	{ "filters.csv", "target,field,op,value\n"
			 "rating,grade,>=,AA\n" },
};

#define TEXT_COUNT (sizeof(texts) / sizeof(texts[0]))

static struct catalogue *load(void)
{
	struct catalogue_file files[TEXT_COUNT];
	struct catalogue *catalogue = NULL;
	struct problems problems;

	for (size_t i = 0; i < TEXT_COUNT; i++)
		files[i] = (struct catalogue_file){
			.name = texts[i].name,
			.bytes = span_of_text(texts[i].text),
		};
	problems_init(&problems);
	if (catalogue_load(files, TEXT_COUNT, &catalogue, &problems))
		for (size_t i = 0; i < problems.count; i++)
			cr_log_error("%s:%u:%s: %s", problems.list[i].file,
				     problems.list[i].row,
				     problems.list[i].column,
				     problems.list[i].text);
	problems_release(&problems);
	cr_assert_not_null(catalogue);
	return catalogue;
}

/* ---- one report ---- */

struct known {
	struct cell_state state;
	bool item_seen;
};

static struct cell_state known_cell(void *ctx, uint32_t target, uint32_t unit,
				    struct period period, struct span item)
{
	const struct known *known = ctx;

	(void)target;
	(void)unit;
	(void)period;
	(void)item;
	return known->state;
}

static bool known_item(void *ctx, uint32_t target, uint32_t unit,
		       struct span item)
{
	const struct known *known = ctx;

	(void)target;
	(void)unit;
	(void)item;
	return known->item_seen;
}

struct said {
	const char *target, *unit, *period, *item;
	const char *cells; /* "field=value|field=value" */
	bool reason, text;
	const char *day; /* of receipt; NULL: in time */
};

static size_t split_cells(const char *text, struct cell_text *cells)
{
	size_t count = 0;

	while (text && *text) {
		size_t name = strcspn(text, "=");
		size_t value = strcspn(text + name + 1, "|");

		cr_assert_lt(count, CELLS_MAX);
		cells[count++] = (struct cell_text){
			.field = span_of(text, name),
			.value = span_of(text + name + 1, value),
		};
		text += name + 1 + value;
		text += *text == '|';
	}
	return count;
}

static struct admit_when when_of(const char *day)
{
	struct admit_when when = { .zone_minutes = ZONE_MINUTES };
	int32_t number;

	if (!day)
		return when;
	cr_assert_eq(day_parse(span_of_text(day), &number), 0);
	when.recv_us = day_start_us(number, ZONE_MINUTES) + 1;
	return when;
}

static struct report report_of(const struct said *said, struct cell_text *cells)
{
	return (struct report){
		.target = span_of_text(said->target),
		.unit = span_of_text(said->unit),
		.period = span_of_text(said->period),
		.item = span_of_text(said->item),
		.cells = cells,
		.cell_count = split_cells(said->cells, cells),
	};
}

static enum verdict admit(const struct catalogue *catalogue,
			  const struct said *said, struct known *known,
			  struct arena *arena, struct admitted *out,
			  const char **column)
{
	struct cell_text cells[CELLS_MAX];
	struct report report = report_of(said, cells);
	struct admit_lookup lookup = { known_cell, known_item, known };

	return admit_report(catalogue, &report, said->reason, said->text,
			    when_of(said->day), &lookup, arena, out, column);
}

/* ---- every reason, in the order in which reasons go ---- */

static const struct {
	struct said said;
	enum verdict want;
	const char *column;
} rows[] = {
	/* admitted, a row a kind */
	{ { "jobs", "baima", "2024M03", "", "value=118" }, 0, "" },
	{ { "jobs", "511002101", "2024M03", "", "value=0" }, 0, "" },
	{ { "jobs", "baima", "2024M03", "", "=118" }, 0, "" },
	{ { "jobs", "baima", "2024M03", "", "value=-5|women=2" }, 0, "" },
	{ { "firms", "hrss", "2024M03", "", "value=18" }, 0, "" },
	{ { "market", "hrss", "2024M03", "", "opened=3|closed=9" }, 0, "" },
	{ { "invest", "hrss", "2024M03", "", "current=-3|base=-9.5" }, 0, "" },
	{ { "tap", "baima", "2024M03", "", "num=10|den=10" }, 0, "" },
	{ { "share", "hrss", "2024M03", "", "num=11|den=10" }, 0, "" },
	{ { "approval", "hrss", "2024M03", "", "cases=0|total=0" }, 0, "" },
	{ { "approval", "hrss", "2024M03", "", "cases=3|total=10|worst=3.34" },
	  0,
	  "" },
	{ { "relapse", "baima", "2024M03", "", "violations=0" }, 0, "" },
	{ { "water", "baima", "2024M03", "section-1", "violations=0" }, 0, "" },
	{ { "towns", "longmen", "2024M03", "", "stage=started" }, 0, "" },
	{ { "works", "baima", "2024M03", "road-1", "stage=started" }, 0, "" },
	{ { "works", "hrss", "2024M03", "road-1", "stage=started" }, 0, "" },
	{ { "works", "longmen", "2024M03", "none", "" }, 0, "" },
	{ { "deals", "baima", "2024M03", "P1",
	    "investment=5.20|stage=started|date=2024-03-31|opening=2025-01-"
	    "01" },
	  0,
	  "" },
	{ { "deals", "baima", "2024M03", "none", "" }, 0, "" },
	{ { "deals", "baima", "2024M03", "P1", "stage=NA", true }, 0, "" },
	{ { "rating", "hrss", "2024M03", "SOE1", "grade=AA" }, 0, "" },
	{ { "rating", "hrss", "2024M03", "", "grade=A" }, 0, "" },
	{ { "party", "hrss", "2024M03", "", "", false, true }, 0, "" },
	{ { "pension", "hrss", "2024M03", "", "num=1|den=2" }, 0, "" },
	{ { "gdp", "statistics", "2024M03", "", "value=-1.5" }, 0, "" },
	{ { "jobs", "baima", "2024M03", "", "value=NA", true }, 0, "" },
	/* where it belongs */
	{ { "gone.target", "nobody", "x", "", "y=z" },
	  VERDICT_TARGET_UNKNOWN,
	  "target" },
	{ { "cover", "nobody", "x", "", "value=1" },
	  VERDICT_TARGET_TAKES_NO_REPORTS,
	  "target" },
	{ { "deals-sum", "hrss", "2024M03", "", "value=1" },
	  VERDICT_TARGET_TAKES_NO_REPORTS,
	  "target" },
	{ { "jobs", "nobody", "Jun-24", "", "value=1" },
	  VERDICT_PERIOD_MALFORMED,
	  "period" },
	{ { "jobs", "nobody", "2024Q1", "", "value=1" },
	  VERDICT_PERIOD_MALFORMED,
	  "period" },
	{ { "jobs", "nobody", "", "", "value=1" },
	  VERDICT_PERIOD_MALFORMED,
	  "period" },
	{ { "jobs", "nobody", "2025M01", "", "value=1" },
	  VERDICT_PERIOD_OUTSIDE_WINDOW,
	  "period" },
	{ { "quarterly", "nobody", "2023Q4", "", "value=1" },
	  VERDICT_PERIOD_OUTSIDE_WINDOW,
	  "period" },
	{ { "jobs", "nobody", "2024M03", "x", "value=1" },
	  VERDICT_UNIT_UNKNOWN,
	  "unit" },
	{ { "jobs", "", "2024M03", "", "value=1" },
	  VERDICT_UNIT_UNKNOWN,
	  "unit" },
	{ { "jobs", "511002101", "2024M07", "", "value=1" },
	  VERDICT_UNIT_UNKNOWN,
	  "unit" },
	{ { "jobs", "hrss", "2024M03", "x", "value=1" },
	  VERDICT_NOT_IN_ROSTER,
	  "unit" },
	{ { "jobs", "shijia", "2024M06", "", "value=1" },
	  VERDICT_NOT_IN_ROSTER,
	  "unit" },
	{ { "jobs", "shijia", "2024M07", "", "value=1" }, 0, "" },
	{ { "jobs", "gone", "2024M03", "", "value=1" }, 0, "" },
	{ { "jobs", "gone", "2024M04", "", "value=1" },
	  VERDICT_NOT_IN_ROSTER,
	  "unit" },
	{ { "gdp", "hrss", "2024M03", "", "value=1" },
	  VERDICT_NOT_IN_ROSTER,
	  "unit" },
	{ { "jobs", "baima", "2024M06", "x", "value=1", false, false,
	    "2024-05-31" },
	  VERDICT_PERIOD_FUTURE,
	  "period" },
	{ { "jobs", "baima", "2024M06", "", "value=1", false, false,
	    "2024-06-01" },
	  0,
	  "" },
	/* items */
	{ { "deals", "baima", "2024M03", "", "x=1" },
	  VERDICT_ITEM_MISSING,
	  "item" },
	{ { "works", "baima", "2024M03", "", "stage=started" },
	  VERDICT_ITEM_MISSING,
	  "item" },
	{ { "water", "baima", "2024M03", "", "violations=0" },
	  VERDICT_ITEM_MISSING,
	  "item" },
	{ { "works", "baima", "2024M03", "road-9", "x=1" },
	  VERDICT_ITEM_UNKNOWN,
	  "item" },
	{ { "deals", "baima", "2024M03", "P1;P2", "stage=started" },
	  VERDICT_ITEM_UNKNOWN,
	  "item" },
	{ { "deals", "baima", "2024M03", "P1；P2", "stage=started" },
	  VERDICT_ITEM_UNKNOWN,
	  "item" },
	{ { "works", "longmen", "2024M03", "road-1", "x=1" },
	  VERDICT_ITEM_NOT_YOURS,
	  "item" },
	{ { "works", "longmen", "2024M03", "road-2", "stage=started" }, 0, "" },
	{ { "jobs", "baima", "2024M03", "x", "x=1" },
	  VERDICT_ITEM_UNEXPECTED,
	  "item" },
	{ { "towns", "baima", "2024M03", "x", "stage=started" },
	  VERDICT_ITEM_UNEXPECTED,
	  "item" },
	{ { "relapse", "baima", "2024M03", "none", "violations=0" },
	  VERDICT_ITEM_UNEXPECTED,
	  "item" },
	{ { "deals", "baima", "2024M03", "none", "stage=started" },
	  VERDICT_ITEM_UNEXPECTED,
	  "item" },
	/* cells: a name before any value */
	{ { "jobs", "baima", "2024M03", "", "value=x|num=1" },
	  VERDICT_FIELD_UNKNOWN,
	  "num" },
	{ { "market", "hrss", "2024M03", "", "=1" },
	  VERDICT_FIELD_UNKNOWN,
	  "" },
	{ { "party", "hrss", "2024M03", "", "text=done", false, true },
	  VERDICT_FIELD_UNKNOWN,
	  "text" },
	{ { "gdp", "statistics", "2024M03", "", "current=1|base=1" },
	  VERDICT_FIELD_UNKNOWN,
	  "current" },
	{ { "jobs", "baima", "2024M03", "", "value=many" },
	  VERDICT_VALUE_MALFORMED,
	  "value" },
	{ { "jobs", "baima", "2024M03", "", "value=5.11E+11" },
	  VERDICT_VALUE_MALFORMED,
	  "value" },
	{ { "jobs", "baima", "2024M03", "", "value=1|value=1" },
	  VERDICT_VALUE_MALFORMED,
	  "value" },
	{ { "deals", "baima", "2024M03", "P1", "investment=5|date=soon" },
	  VERDICT_VALUE_MALFORMED,
	  "date" },
	{ { "jobs", "baima", "2024M03", "", "value=0.5|women=x" },
	  VERDICT_VALUE_MALFORMED,
	  "women" },
	{ { "jobs", "baima", "2024M03", "", "value=0.5" },
	  VERDICT_TOO_MANY_DECIMALS,
	  "value" },
	{ { "jobs", "baima", "2024M03", "", "value=118.0" }, 0, "" },
	{ { "roads", "baima", "2024M03", "", "value=6.391" },
	  VERDICT_TOO_MANY_DECIMALS,
	  "value" },
	{ { "jobs", "baima", "2024M03", "", "value=1234567890123456" },
	  VERDICT_OVERFLOW,
	  "value" },
	{ { "towns", "baima", "2024M03", "", "stage=flying" },
	  VERDICT_STEP_UNKNOWN,
	  "stage" },
	{ { "deals", "baima", "2024M03", "P1",
	    "investment=5|stage=started|date=2024-04-01" },
	  VERDICT_INCONSISTENT,
	  "date" },
	{ { "jobs", "baima", "2024M03", "", "value=NA" },
	  VERDICT_REASON_MISSING,
	  "reason" },
	{ { "deals", "baima", "2024M03", "P1", "stage=NA" },
	  VERDICT_REASON_MISSING,
	  "reason" },
	{ { "jobs", "baima", "2024M03", "", "" },
	  VERDICT_FIELD_MISSING,
	  "value" },
	{ { "jobs", "baima", "2024M03", "", "value=|women=1" },
	  VERDICT_FIELD_MISSING,
	  "value" },
	{ { "tap", "baima", "2024M03", "", "num=1" },
	  VERDICT_FIELD_MISSING,
	  "den" },
	{ { "tap", "baima", "2024M03", "", "num=NA|den=1", true },
	  VERDICT_FIELD_MISSING,
	  "num" },
	{ { "deals", "baima", "2024M03", "P1", "stage=started" },
	  VERDICT_FIELD_MISSING,
	  "investment" },
	{ { "party", "hrss", "2024M03", "", "" },
	  VERDICT_FIELD_MISSING,
	  "text" },
	{ { "relapse", "baima", "2024M03", "", "violations=-1" },
	  VERDICT_NEGATIVE,
	  "violations" },
	{ { "approval", "hrss", "2024M03", "", "cases=1|total=-1" },
	  VERDICT_NEGATIVE,
	  "total" },
	{ { "tap", "baima", "2024M03", "", "num=-1|den=1" },
	  VERDICT_NEGATIVE,
	  "num" },
	{ { "share", "hrss", "2024M03", "", "num=-1|den=1" }, 0, "" },
	{ { "share", "hrss", "2024M03", "", "num=1|den=-1" },
	  VERDICT_NEGATIVE,
	  "den" },
	{ { "tap", "baima", "2024M03", "", "num=105|den=100" },
	  VERDICT_ABOVE_WHOLE,
	  "num" },
	{ { "pension", "hrss", "2024M03", "", "num=0.0002|den=0.0001" },
	  VERDICT_ABOVE_WHOLE,
	  "num" },
	{ { "approval", "hrss", "2024M03", "", "cases=0|total=5" },
	  VERDICT_INCONSISTENT,
	  "cases" },
	{ { "approval", "hrss", "2024M03", "", "cases=3|total=10|worst=3.33" },
	  VERDICT_INCONSISTENT,
	  "worst" },
	/* due 2024-04-10, closed after 2024-04-30 */
	{ { "jobs", "baima", "2024M03", "", "value=1", true, false,
	    "2024-05-01" },
	  VERDICT_PERIOD_CLOSED,
	  "period" },
	{ { "jobs", "baima", "2024M03", "", "value=1", false, false,
	    "2024-05-01" },
	  VERDICT_PERIOD_CLOSED,
	  "period" },
	{ { "jobs", "baima", "2024M03", "", "value=1", false, false,
	    "2024-04-30" },
	  VERDICT_REASON_MISSING,
	  "reason" },
	{ { "jobs", "baima", "2024M03", "", "value=1", true, false,
	    "2024-04-30" },
	  0,
	  "" },
	{ { "jobs", "baima", "2024M03", "", "value=1", false, false,
	    "2024-04-10" },
	  0,
	  "" },
};

Test(admit, gives_the_first_reason_in_the_catalogues_order)
{
	struct catalogue *catalogue = load();
	struct known known = { 0 };
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct admitted out;
		const char *column = "?";
		enum verdict got = admit(catalogue, &rows[i].said, &known,
					 &arena, &out, &column);

		cr_expect_eq(got, rows[i].want, "row %zu: %s %s: %s, not %s", i,
			     rows[i].said.target, rows[i].said.cells,
			     verdict_name(got), verdict_name(rows[i].want));
		cr_expect_str_eq(column, rows[i].column, "row %zu", i);
	}
	arena_release(&arena);
	catalogue_free(catalogue);
}

/* ---- what is admitted ---- */

Test(admit, gives_typed_cells_under_their_own_names)
{
	struct catalogue *catalogue = load();
	struct known known = { 0 };
	struct said said = { "deals", "baima", "2024M03", "P1",
			     "investment=1,005.2|date=2024/3/1|stage=started|"
			     "sectors=a;b|opening=NA" };
	struct admitted out = { 0 };
	struct arena arena;

	arena_init(&arena, 1 << 20);
	cr_assert_eq(admit(catalogue, &said, &known, &arena, &out, NULL), 0);
	cr_assert_eq(out.value_count, 5);
	cr_expect(span_equal(out.item, span_of_text("P1")));
	cr_expect_eq(out.flags, 0);
	cr_expect(span_equal(out.values[0].field, span_of_text("investment")));
	cr_expect_eq(out.values[0].kind, VALUE_NUMBER);
	cr_expect_eq(out.values[0].number, 100520);
	cr_expect_eq(out.values[0].places, 2);
	cr_expect_eq(out.values[1].kind, VALUE_DAY);
	cr_expect_eq(out.values[1].number, day_from_civil(2024, 3, 1));
	cr_expect_eq(out.values[2].kind, VALUE_TEXT);
	cr_expect(span_equal(out.values[2].text, span_of_text("started")));
	cr_expect(span_equal(out.values[3].text, span_of_text("a;b")));
	cr_expect_eq(out.values[4].kind, VALUE_NA);
	arena_release(&arena);
	catalogue_free(catalogue);
}

Test(admit, leaves_the_output_alone_when_it_refuses)
{
	struct catalogue *catalogue = load();
	struct known known = { 0 };
	struct said said = { "jobs", "baima", "2024M03", "", "value=x" };
	struct admitted out = { .target = 77 };
	struct arena arena;

	arena_init(&arena, 1 << 20);
	cr_expect_eq(admit(catalogue, &said, &known, &arena, &out, NULL),
		     VERDICT_VALUE_MALFORMED);
	cr_expect_eq(out.target, 77);
	arena_release(&arena);
	catalogue_free(catalogue);
}

Test(admit, marks_late_corrected_not_applicable_withdrawn_and_nothing_new)
{
	static const struct {
		struct said said;
		bool has_head;
		uint32_t flags;
	} cases[] = {
		{ { "jobs", "baima", "2024M03", "", "value=1" }, false, 0 },
		{ { "jobs", "baima", "2024M03", "", "value=1" },
		  true,
		  VERSION_CORRECTION },
		{ { "jobs", "baima", "2024M03", "", "value=1", true, false,
		    "2024-04-11" },
		  false,
		  VERSION_LATE },
		{ { "jobs", "baima", "2024M03", "", "value=NA|women=3", true },
		  false,
		  VERSION_NA },
		{ { "market", "hrss", "2024M03", "", "opened=NA|closed=NA",
		    true },
		  false,
		  VERSION_NA },
		{ { "works", "baima", "2024M03", "road-1", "stage=NA|works=NA",
		    true },
		  false,
		  VERSION_WITHDRAWN },
		{ { "deals", "baima", "2024M03", "none", "" },
		  false,
		  VERSION_NOTHING_NEW },
	};
	struct catalogue *catalogue = load();
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct known known = { .state.has_head = cases[i].has_head,
				       .state.head_counts_as_report =
					       cases[i].has_head };
		struct admitted out = { .flags = UINT32_MAX };

		cr_expect_eq(admit(catalogue, &cases[i].said, &known, &arena,
				   &out, NULL),
			     0, "row %zu", i);
		cr_expect_eq(out.flags, cases[i].flags, "row %zu", i);
	}
	arena_release(&arena);
	catalogue_free(catalogue);
}

Test(admit, asks_an_items_first_row_only_for_what_is_required)
{
	struct catalogue *catalogue = load();
	struct known known = { .item_seen = true };
	struct said said = { "deals", "baima", "2024M03", "P1",
			     "stage=completed" };
	struct admitted out;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	cr_expect_eq(admit(catalogue, &said, &known, &arena, &out, NULL), 0);
	said.cells = "";
	cr_expect_eq(admit(catalogue, &said, &known, &arena, &out, NULL),
		     VERDICT_FIELD_MISSING);
	arena_release(&arena);
	catalogue_free(catalogue);
}

/* ---- after the close ---- */

static uint64_t us_of(const char *day)
{
	return when_of(day).recv_us;
}

Test(admit, takes_only_corrections_after_the_close)
{
	/* the period closes on 2024-04-30 */
	static const struct {
		bool has_head, counts, returned;
		const char *returned_on, *day;
		enum verdict want;
	} cases[] = {
		{ false, false, false, NULL, "2024-05-01",
		  VERDICT_PERIOD_CLOSED },
		{ true, true, false, NULL, "2024-05-01", 0 },
		{ true, true, false, NULL, "2024-12-31", 0 },
		{ true, false, true, "2024-05-02", "2024-05-12", 0 },
		{ true, false, true, "2024-05-02", "2024-05-13",
		  VERDICT_PERIOD_CLOSED },
		{ true, false, true, "2024-04-25", "2024-05-05", 0 },
		{ true, false, true, "2024-04-25", "2024-05-06",
		  VERDICT_PERIOD_CLOSED },
	};
	struct said said = { "jobs", "baima", "2024M03", "", "value=1", true };
	struct catalogue *catalogue = load();
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct known known = { .state = {
					       .has_head = cases[i].has_head,
					       .head_counts_as_report =
						       cases[i].counts,
					       .head_returned =
						       cases[i].returned,
				       } };
		struct admitted out;

		if (cases[i].returned)
			known.state.returned_us = us_of(cases[i].returned_on);
		said.day = cases[i].day;
		cr_expect_eq(
			admit(catalogue, &said, &known, &arena, &out, NULL),
			cases[i].want, "row %zu", i);
	}
	arena_release(&arena);
	catalogue_free(catalogue);
}

/* ---- reviews ---- */

Test(admit, reviews_what_was_reported)
{
	static const struct {
		struct said said;
		const char *status;
		bool has_head;
		enum verdict want;
	} cases[] = {
		{ { "jobs", "baima", "2024M03", "", "" }, "approved", true, 0 },
		{ { "jobs", "baima", "2024M03", "", "" }, "returned", true, 0 },
		{ { "jobs", "gone", "2024M04", "", "" }, "returned", true, 0 },
		{ { "party", "hrss", "2024M03", "", "" }, "yellow", true, 0 },
		{ { "party", "hrss", "2024M03", "", "" }, "approved", true, 0 },
		{ { "jobs", "baima", "2024M03", "", "" },
		  "yellow",
		  true,
		  VERDICT_VALUE_MALFORMED },
		{ { "jobs", "baima", "2024M03", "", "" },
		  "",
		  true,
		  VERDICT_VALUE_MALFORMED },
		{ { "jobs", "baima", "2024M03", "", "value=1" },
		  "approved",
		  true,
		  VERDICT_FIELD_UNKNOWN },
		{ { "jobs", "baima", "2024M03", "", "" },
		  "approved",
		  false,
		  VERDICT_NOTHING_TO_REVIEW },
		{ { "jobs", "nobody", "2024M03", "", "" },
		  "approved",
		  true,
		  VERDICT_UNIT_UNKNOWN },
		{ { "cover", "hrss", "2024M03", "", "" },
		  "approved",
		  true,
		  VERDICT_TARGET_TAKES_NO_REPORTS },
	};
	struct catalogue *catalogue = load();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct known known = { .state.has_head = cases[i].has_head };
		struct admit_lookup lookup = { known_cell, known_item, &known };
		struct cell_text cells[CELLS_MAX];
		struct report review = report_of(&cases[i].said, cells);
		struct admitted out = { 0 };

		review.status = span_of_text(cases[i].status);
		cr_expect_eq(admit_review(catalogue, &review,
					  when_of("2024-12-01"), &lookup, &out),
			     cases[i].want, "row %zu", i);
		if (cases[i].want)
			continue;
		cr_expect(out.flags & VERSION_REVIEW, "row %zu", i);
		cr_expect(span_equal(out.status, review.status), "row %zu", i);
	}
	catalogue_free(catalogue);
}
