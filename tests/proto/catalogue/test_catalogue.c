/* Look-ups: who is in force, which code is whose, when a report is due. */
#include "catalogue_text.h"

static const struct text_file files[] = {
	{ "units.csv", "unit,name_zh,kind,opened,closed\n"
		       "hrss,区人社局,department,,\n"
		       "baima,白马镇,town,,\n"
		       "longmen,龙门镇,town,,2024-09-30\n"
		       "jingmin,靖民镇,town,2024-02-01,\n"
		       "stats,统计局,official,,\n" },
	{ "unit_codes.csv", "unit,scheme,code,from,until\n"
			    "jingmin,,511002106,,2020-06-29\n"
			    "jingmin,gb,511071103,2020-06-30,2022-10-30\n"
			    "jingmin,gb,511002113,2022-10-31,\n"
			    "baima,tax,511002113,,\n"
			    "baima,tax,42,,\n" },
	{ "calendar.csv", "date,day\n"
			  "2024-10-01,off\n2024-10-02,off\n2024-10-03,off\n"
			  "2024-10-04,off\n2024-10-07,off\n"
			  "2024-10-12,work\n2024-09-29,work\n" },
	{ "roster.csv", "target,unit,quota,from,until\n"
			"jobs,longmen,310,,\n"
			"jobs,baima,500,2024-07-01,2024-08-31\n"
			"jobs,baima,420,,\n"
			"jobs,baima,600,2024-10-01,\n"
			"jobs,jingmin,4780,,2024-06-30\n" },
	{ NULL, NULL },
};

static struct catalogue *catalogue;

static void setup(void)
{
	catalogue = load_small(files);
}

static void teardown(void)
{
	catalogue_free(catalogue);
}

TestSuite(catalogue, .init = setup, .fini = teardown);

Test(catalogue, finds_targets_and_units_by_id)
{
	cr_expect(catalogue_target(catalogue, span_of_text("road")) == 1);
	cr_expect(catalogue_target(catalogue, span_of_text("roads")) ==
		  CATALOGUE_NONE);
	cr_expect(catalogue_unit(catalogue, span_of_text("baima"), 0) == 1);
	cr_expect(catalogue_unit(catalogue, span_of_text("nobody"), 0) ==
		  CATALOGUE_NONE);
	cr_expect(catalogue_unit(catalogue, span_of_text(""), 0) ==
		  CATALOGUE_NONE);
}

Test(catalogue, a_code_names_a_unit_on_its_days_alone)
{
	static const struct {
		const char *code, *day, *unit;
	} rows[] = {
		{ "511002106", "2020-06-29", "jingmin" },
		{ "511002106", "2020-06-30", NULL },
		{ "511071103", "2020-06-29", NULL },
		{ "511071103", "2020-06-30", "jingmin" },
		{ "511071103", "2022-10-30", "jingmin" },
		{ "511002113", "2022-10-31", "jingmin" },
		{ "511002113", "2030-01-01", "jingmin" },
		/* The national code goes first, where it does not reach the
		 * other scheme's does. */
		{ "511002113", "2022-10-30", "baima" },
		{ "42", "2024-01-01", "baima" },
		{ "4", "2024-01-01", NULL },
		{ "421", "2024-01-01", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint32_t unit = catalogue_unit(catalogue,
					       span_of_text(rows[i].code),
					       day_of(rows[i].day));
		uint32_t want = rows[i].unit ?
					unit_named_in(catalogue, rows[i].unit) :
					CATALOGUE_NONE;

		cr_expect(unit == want, "row %zu", i);
	}
}

/* The latest from among the rows that cover the day. */
Test(catalogue, a_roster_row_is_in_force_on_its_days)
{
	static const struct {
		const char *unit, *day, *quota;
	} rows[] = {
		{ "baima", "2024-01-31", "420" },
		{ "baima", "2024-06-30", "420" },
		{ "baima", "2024-07-01", "500" },
		{ "baima", "2024-08-31", "500" },
		{ "baima", "2024-09-01", "420" },
		{ "baima", "2024-10-01", "600" },
		{ "longmen", "2024-09-30", "310" },
		{ "longmen", "2024-10-01", NULL }, /* closed */
		{ "jingmin", "2024-01-31", NULL }, /* not open yet */
		{ "jingmin", "2024-02-01", "4780" },
		{ "jingmin", "2024-07-01", NULL }, /* left the roster */
		{ "hrss", "2024-06-30", NULL },
		{ "stats", "2024-06-30", NULL },
	};
	const struct target *target = target_named_in(catalogue, "jobs");

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint32_t unit = unit_named_in(catalogue, rows[i].unit);
		int32_t day = day_of(rows[i].day);
		const struct roster_row *row =
			catalogue_roster(catalogue, target, unit, day);

		cr_expect(!row == !rows[i].quota, "row %zu", i);
		cr_expect(!row || number_is(row->quota, rows[i].quota),
			  "row %zu", i);
		cr_expect(catalogue_in_force(catalogue, target, unit, day) ==
				  (row != NULL),
			  "row %zu", i);
	}
	cr_expect(!catalogue_roster(catalogue, target, CATALOGUE_NONE, 0));
}

Test(catalogue, a_roster_is_in_the_order_of_unit_ids)
{
	const struct target *target = target_named_in(catalogue, "jobs");
	static const char *const ids[] = { "baima", "baima", "baima", "jingmin",
					   "longmen" };

	cr_assert(target->roster_count == 5);
	for (size_t i = 0; i < 5; i++)
		cr_expect_str_eq(catalogue->units[target->roster[i].unit].id,
				 ids[i], "row %zu", i);
	cr_expect(target->roster[0].from == DAY_NONE);
	cr_expect(target->roster[2].from == day_of("2024-10-01"));
}

Test(catalogue, without_a_roster_the_lead_reports_alone)
{
	const struct target *target = target_named_in(catalogue, "road");
	int32_t day = day_of("2024-06-30");

	cr_expect(catalogue_source(target) == unit_named_in(catalogue, "hrss"));
	cr_expect(catalogue_in_force(catalogue, target,
				     unit_named_in(catalogue, "hrss"), day));
	cr_expect(!catalogue_in_force(catalogue, target,
				      unit_named_in(catalogue, "baima"), day));
	cr_expect(!catalogue_roster(catalogue, target,
				    unit_named_in(catalogue, "hrss"), day));
}

Test(catalogue, finds_steps_fields_and_items)
{
	const struct target *road = target_named_in(catalogue, "road");
	const struct target *jobs = target_named_in(catalogue, "jobs");
	const struct target *parks = target_named_in(catalogue, "parks");

	cr_expect(catalogue_step(catalogue, road, span_of_text("completed")) ==
		  3);
	cr_expect(catalogue_step(catalogue, road, span_of_text("AA")) == 0);
	cr_expect(catalogue_step(catalogue, jobs, span_of_text("completed")) ==
		  0);
	cr_expect(catalogue_item(road, span_of_text("west")) ==
		  &road->items[1]);
	cr_expect(!catalogue_item(road, span_of_text("north")));
	cr_expect(catalogue_field(parks, span_of_text("area"))->role ==
		  FIELD_ATTRIBUTE);
	cr_expect(!catalogue_field(jobs, span_of_text("area")));
	cr_expect(intern_find(&catalogue->field_names, span_of_text("area")) !=
		  INTERN_NONE);
	cr_expect(intern_find(&catalogue->field_names, span_of_text("price")) ==
		  INTERN_NONE);
}

struct when {
	const char *columns, *cells; /* of targets.csv, besides the needed */
	const char *period, *due, *close;
};

Test(catalogue, reports_are_due_and_close_so_many_days_after)
{
	static const struct when rows[] = {
		{ "note", "", "2024M01", "2024-02-10", "2024-03-01" },
		{ "lag_months", "1", "2024M01", "2024-03-10", "2024-03-30" },
		{ "lag_months", "3", "2024M11", "2025-03-10", "2025-03-30" },
		{ "due_days,close_days", "0,0", "2024M02", "2024-02-29",
		  "2024-02-29" },
		/* From Monday 30 September over the holiday, in which
		 * Saturday 12 October is worked. */
		{ "due_days,close_days", "1w,5w", "2024M09", "2024-10-08",
		  "2024-10-12" },
		{ "due_days,close_days", "0w,6w", "2024M09", "2024-09-30",
		  "2024-10-14" },
		/* From a Friday over a weekend, to a worked Sunday. */
		{ "due_days,close_days", "1w,2w", "2024M05", "2024-06-03",
		  "2024-06-04" },
		{ "period,due_days,close_days", "week,5w,6w", "2024W38",
		  "2024-09-27", "2024-09-29" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[400];
		const struct text_file changes[] = {
			{ "targets.csv", text },
			{ "calendar.csv", files[2].text },
			{ "items.csv", NULL },
			{ "fields.csv", NULL },
			{ "plans.csv", NULL },
			{ NULL, NULL },
		};
		struct catalogue *own;
		struct period period = period_of(rows[i].period);
		char due[DAY_TEXT_BYTES], close[DAY_TEXT_BYTES];

		(void)snprintf(text, sizeof(text),
			       "target,name_zh,lead,kind,goal,%s\n"
			       "a,x,hrss,flow,1,%s\n",
			       rows[i].columns, rows[i].cells);
		own = load_small(changes);
		day_print(catalogue_due_day(own, own->targets, period), due);
		day_print(catalogue_close_day(own, own->targets, period),
			  close);
		cr_expect_str_eq(due, rows[i].due, "row %zu: %s", i, due);
		cr_expect_str_eq(close, rows[i].close, "row %zu: %s", i, close);
		catalogue_free(own);
	}
}

Test(catalogue, a_period_belongs_to_the_window_if_its_end_does)
{
	static const struct {
		const char *columns, *cells, *period;
		bool within;
	} rows[] = {
		{ "note", "", "2024M01", true },
		{ "note", "", "2024M12", true },
		{ "note", "", "2023M12", false },
		{ "note", "", "2025M01", false },
		{ "note", "", "2024Q1", false }, /* not of the type */
		{ "first_period", "2024M02", "2024M01", false },
		{ "first_period", "2024M02", "2024M02", true },
		{ "period", "week", "2024W52", true },
		{ "period", "week", "2025W01", false },
		{ "period,start,end", "week,2021-01-01,2021-12-31", "2020W53",
		  true },
		{ "period,start,end", "year,2024-04-01,2025-03-31", "2024",
		  true },
		{ "period,start,end", "year,2024-04-01,2025-03-31", "2023",
		  false },
		{ "period,start,end", "month,2024-04-01,2025-03-31", "2025M03",
		  true },
		{ "period,start,end", "month,2024-04-01,2025-03-31", "2024M03",
		  false },
		{ "period", "ten-day", "2024M12T3", true },
		{ "period", "day", "2024-02-29", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[400];
		const struct text_file changes[] = {
			{ "targets.csv", text }, { "items.csv", NULL },
			{ "fields.csv", NULL },	 { "plans.csv", NULL },
			{ NULL, NULL },
		};
		struct catalogue *own;

		(void)snprintf(text, sizeof(text),
			       "target,name_zh,lead,kind,goal,%s\n"
			       "a,x,hrss,flow,1,%s\n",
			       rows[i].columns, rows[i].cells);
		own = load_small(changes);
		cr_expect(catalogue_period_in_window(
				  own->targets, period_of(rows[i].period)) ==
				  rows[i].within,
			  "row %zu", i);
		catalogue_free(own);
	}
}

Test(catalogue, names_are_those_of_the_files)
{
	cr_expect_str_eq(measure_kind_name(KIND_FLOW), "flow");
	cr_expect_str_eq(measure_kind_name(KIND_NARRATIVE), "narrative");
	cr_expect_str_eq(compare_name(COMPARE_GE), ">=");
	cr_expect_str_eq(compare_name(COMPARE_EQ), "eq");
	cr_expect_str_eq(compare_name(COMPARE_PENDING), "pending");
}
