/* What each cell becomes, and what stands where a cell is blank. */
#include "catalogue_text.h"

/* The one target of a row of targets.csv, with further files. */
static struct catalogue *load_target(const char *columns, const char *cells,
				     struct text_file more)
{
	char text[1000];
	struct text_file changes[6] = {
		{ "targets.csv", text },
		{ "items.csv", NULL },
		{ "fields.csv", NULL },
		{ "plans.csv", NULL },
	};

	for (size_t i = 1; i < 5 && more.name; i++) {
		if (!changes[i].name || !strcmp(changes[i].name, more.name)) {
			changes[i] = more;
			break;
		}
	}
	(void)snprintf(text, sizeof(text),
		       "target,name_zh,lead,kind,%s\na,x,hrss,%s\n", columns,
		       cells);
	return load_small(changes);
}

static const struct text_file nothing = { NULL, NULL };

Test(catalogue_load, settings_have_defaults)
{
	struct catalogue *catalogue = load_small(NULL);
	const struct settings *settings = &catalogue->settings;
	const struct target *target = catalogue->targets;

	cr_expect_str_eq(settings->title_zh, "");
	cr_expect(settings->start == day_of("2024-01-01"));
	cr_expect(settings->end == day_of("2024-12-31"));
	cr_expect(settings->resend_days == 10 && settings->slip_red == 3);
	cr_expect(number_is(settings->coverage_min, "50"));
	cr_expect(target->due_days == 10 && !target->due_working);
	cr_expect(target->close_days == 30 && !target->close_working);
	cr_expect(number_is(target->yellow_from, "10"));
	cr_expect(number_is(target->red_above, "30"));
	catalogue_free(catalogue);
}

Test(catalogue_load, settings_hold_for_targets_that_say_nothing)
{
	static const struct text_file changes[] = {
		{ "settings.csv", "key,value\n"
				  "title_zh,\"2024年, 目标\"\ntitle_en,Goals\n"
				  "end,2025/3/31\nstart,2024/4/1\n"
				  "due_days,5w\nclose_days,45\nresend_days,7\n"
				  "yellow_from,5.5\nred_above,20\nslip_red,2\n"
				  "coverage_min,66.7\n" },
		{ "targets.csv",
		  "target,name_zh,kind,goal,lead,start,end,due_days,"
		  "close_days,yellow_from,red_above\n"
		  "a,x,flow,1,hrss,,,,,,\n"
		  "b,x,flow,1,hrss,2024-01-01,2026-12-31,3,10w,1,2\n" },
		{ "items.csv", NULL },
		{ "fields.csv", NULL },
		{ "plans.csv", NULL },
		{ NULL, NULL },
	};
	struct catalogue *catalogue = load_small(changes);
	const struct settings *settings = &catalogue->settings;
	const struct target *a = &catalogue->targets[0];
	const struct target *b = &catalogue->targets[1];

	cr_expect_str_eq(settings->title_zh, "2024年, 目标");
	cr_expect_str_eq(settings->title_en, "Goals");
	cr_expect(settings->resend_days == 7 && settings->slip_red == 2);
	cr_expect(number_is(settings->coverage_min, "66.7"));
	cr_expect(a->start == day_of("2024-04-01") && a->first_month == 4);
	cr_expect(a->end == day_of("2025-03-31"));
	cr_expect(a->due_days == 5 && a->due_working);
	cr_expect(a->close_days == 45 && !a->close_working);
	cr_expect(number_is(a->yellow_from, "5.5"));
	cr_expect(number_is(a->red_above, "20"));
	cr_expect(b->start == day_of("2024-01-01") && b->first_month == 1);
	cr_expect(b->end == day_of("2026-12-31"));
	cr_expect(b->due_days == 3 && !b->due_working);
	cr_expect(b->close_days == 10 && b->close_working);
	cr_expect(number_is(b->yellow_from, "1"));
	cr_expect(number_is(b->red_above, "2"));
	catalogue_free(catalogue);
}

Test(catalogue_load, a_short_row_takes_every_default)
{
	struct catalogue *catalogue = load_target("goal", "flow,5800", nothing);
	const struct target *target = catalogue->targets;

	cr_expect_str_eq(target->name_en, "");
	cr_expect_str_eq(target->section, "");
	cr_expect_str_eq(target->see, "");
	cr_expect(target->kind == KIND_FLOW && target->measure == KIND_FLOW);
	cr_expect(target->decimals == 0 && number_is(target->scale, "1"));
	cr_expect(target->period == PERIOD_MONTH);
	cr_expect(target->entry == ENTRY_YTD && target->given == GIVEN_PARTS);
	cr_expect(!target->has_first_period && target->lag_months == 0);
	cr_expect(!target->annual_only && !target->has_base);
	cr_expect(target->sum_field == CATALOGUE_NONE);
	cr_expect(target->hold == HOLD_END && !target->subset);
	cr_expect(target->ladder == CATALOGUE_NONE);
	cr_expect(!target->closed_list && !target->unit_items);
	cr_expect(target->reads == CATALOGUE_NONE);
	cr_expect(target->part_of == CATALOGUE_NONE && !target->is_parent);
	cr_expect(target->of_which == CATALOGUE_NONE);
	cr_expect(target->authority == AUTHORITY_SUMMED && !target->approve);
	cr_expect(target->source == target->lead);
	cr_expect(target->cooperating_count == 0);
	cr_expect(target->roster_count == 0 && target->plan_count == 0);
	cr_expect(target->item_count == 0 && target->filter_count == 0);
	cr_assert(target->goal_count == 1);
	cr_expect_str_eq(target->goals->id, "main");
	cr_expect(target->goals->compare == COMPARE_GE);
	cr_expect(target->goals->has_value);
	cr_expect(number_is(target->goals->value, "5800"));
	cr_expect(target->goals->from == DAY_NONE && !target->goals->stretch);
	cr_assert(target->field_count == 1);
	cr_expect_str_eq(target->fields->id, "value");
	cr_expect(target->fields->needed);
	catalogue_free(catalogue);
}

Test(catalogue_load, a_full_row_keeps_every_cell)
{
	struct catalogue *catalogue = load_target(
		"name_en,section,note,uom_zh,uom_en,decimals,scale,period,"
		"entry,given,first_period,lag_months,annual_only,compare,goal,"
		"base,hold,subset,cooperating,authority,source,approve,see",
		"ratio,Water,三·乡村振兴,注,%,per cent,2,100000,quarter,period,"
		"rate,2024Q2,3,yes,>,９０．５%,80,every,yes,baima; longmen,"
		"survey,stats,yes,a",
		nothing);
	const struct target *target = catalogue->targets;

	cr_expect_str_eq(target->name_en, "Water");
	cr_expect_str_eq(target->section, "三·乡村振兴");
	cr_expect_str_eq(target->note, "注");
	cr_expect_str_eq(target->uom_zh, "%");
	cr_expect_str_eq(target->uom_en, "per cent");
	cr_expect(target->decimals == 2);
	cr_expect(number_is(target->scale, "100000"));
	cr_expect(target->period == PERIOD_QUARTER);
	cr_expect(target->entry == ENTRY_PERIOD && target->given == GIVEN_RATE);
	cr_expect(target->has_first_period &&
		  period_compare(target->first_period, period_of("2024Q2")) ==
			  0);
	cr_expect(target->lag_months == 3 && target->annual_only);
	cr_expect(target->goals->compare == COMPARE_GT);
	cr_expect(number_is(target->goals->value, "90.5"));
	cr_expect(target->has_base && number_is(target->base, "80"));
	cr_expect(target->hold == HOLD_EVERY && target->subset);
	cr_assert(target->cooperating_count == 2);
	cr_expect(target->cooperating[1] ==
		  unit_named_in(catalogue, "longmen"));
	cr_expect(target->authority == AUTHORITY_SURVEY && target->approve);
	cr_expect(target->source == unit_named_in(catalogue, "stats"));
	cr_expect(catalogue_source(target) == target->source);
	cr_expect_str_eq(target->see, "a");
	catalogue_free(catalogue);
}

Test(catalogue_load, kinds_bring_their_own_defaults)
{
	static const struct {
		const char *columns, *cells;
		const char *scale;
		enum entry_mode entry;
		enum take_mode take;
		enum hold_mode hold;
	} rows[] = {
		{ "goal", "level,1", "1", ENTRY_YTD, TAKE_MEAN, HOLD_END },
		{ "goal", "growth,1", "100", ENTRY_YTD, TAKE_MEAN, HOLD_END },
		{ "goal", "ratio,1", "100", ENTRY_YTD, TAKE_MEAN, HOLD_END },
		{ "goal,measure", "benchmark,1,ratio", "100", ENTRY_YTD,
		  TAKE_MEAN, HOLD_END },
		{ "goal,measure", "benchmark,1,flow", "1", ENTRY_YTD, TAKE_MEAN,
		  HOLD_END },
		{ "goal,scale", "ratio,1,1", "1", ENTRY_YTD, TAKE_MEAN,
		  HOLD_END },
		{ "goal", "limit,1", "1", ENTRY_YTD, TAKE_MEAN, HOLD_END },
		{ "goal,take", "limit,1,worst", "1", ENTRY_YTD, TAKE_WORST,
		  HOLD_END },
		{ "goal,ladder", "grade,1,rating", "1", ENTRY_YTD, TAKE_COUNT,
		  HOLD_END },
		{ "note", "guard,", "1", ENTRY_PERIOD, TAKE_MEAN, HOLD_EVERY },
		{ "hold", "guard,mean", "1", ENTRY_PERIOD, TAKE_MEAN,
		  HOLD_MEAN },
		{ "note", "narrative,", "1", ENTRY_YTD, TAKE_MEAN, HOLD_END },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct catalogue *catalogue =
			load_target(rows[i].columns, rows[i].cells, nothing);
		const struct target *target = catalogue->targets;

		cr_expect(number_is(target->scale, rows[i].scale), "row %zu",
			  i);
		cr_expect(target->entry == rows[i].entry, "row %zu", i);
		cr_expect(target->take == rows[i].take, "row %zu", i);
		cr_expect(target->hold == rows[i].hold, "row %zu", i);
		catalogue_free(catalogue);
	}
}

Test(catalogue_load, a_guard_without_a_goal_must_be_zero)
{
	struct catalogue *catalogue = load_target("note", "guard,", nothing);
	const struct goal *goal = catalogue->targets->goals;

	cr_assert(catalogue->targets->goal_count == 1);
	cr_expect(goal->compare == COMPARE_EQ && goal->has_value &&
		  goal->value.units == 0);
	catalogue_free(catalogue);
}

/* Ids of a target's fields, "*" behind those that every report needs. */
static void list_fields(const struct target *target, char out[300])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < target->field_count; i++)
		used += (size_t)snprintf(out + used, 300 - used, "%s%s%s",
					 used ? " " : "", target->fields[i].id,
					 target->fields[i].needed ? "*" : "");
}

Test(catalogue_load, kinds_have_their_own_fields)
{
	static const struct {
		const char *columns, *cells, *fields;
		struct text_file more;
	} rows[] = {
		{ "goal", "flow,1", "value*" },
		{ "goal", "level,1", "value*" },
		{ "goal", "net,1", "opened* closed*" },
		{ "goal", "growth,1", "current* base*" },
		{ "goal,base", "growth,1,5", "current*" },
		{ "goal",
		  "growth,1",
		  "current*",
		  { "roster.csv", "target,unit,base\na,baima,5\n" } },
		{ "goal",
		  "growth,1",
		  "current* base* current_den* base_den*",
		  { "fields.csv",
		    "target,field\na,current_den\na,base_den\n" } },
		{ "goal,given", "growth,1,rate", "value*" },
		{ "goal", "ratio,1", "num* den*" },
		{ "goal,given", "ratio,1,rate", "value*" },
		{ "goal", "limit,1", "cases* total* worst" },
		{ "goal,take", "limit,1,worst", "cases* total* worst*" },
		{ "note", "guard,", "violations*" },
		{ "hold", "guard,mean", "measured* limit*" },
		{ "goal,ladder", "milestone,completed,works",
		  "stage date works" },
		{ "goal", "items,1", "date" },
		{ "goal,ladder", "items,1,works", "stage date" },
		{ "goal,ladder", "grade,1,rating", "grade date" },
		{ "goal,measure", "benchmark,1,ratio", "num* den*" },
		{ "note", "narrative,", "text*" },
		{ "goal",
		  "items,1",
		  "date price area",
		  { "fields.csv", "target,field\na,price\na,area\n" } },
		{ "goal",
		  "flow,1",
		  "value* memo",
		  { "fields.csv", "target,field\na,memo\na,value\n" } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct catalogue *catalogue = load_target(
			rows[i].columns, rows[i].cells, rows[i].more);
		char fields[300];

		list_fields(catalogue->targets, fields);
		cr_expect_str_eq(fields, rows[i].fields, "row %zu: %s", i,
				 fields);
		catalogue_free(catalogue);
	}
}

Test(catalogue_load, fields_have_decimals_and_times_by_role)
{
	static const struct {
		const char *columns, *cells, *field;
		uint8_t decimals;
		enum field_time time;
		bool max_over_units;
	} rows[] = {
		{ "goal,decimals", "flow,1,2", "value", 2, TIME_SUM, false },
		{ "goal,decimals", "level,1,2", "value", 2, TIME_LAST, false },
		{ "goal,decimals", "net,1,2", "closed", 2, TIME_SUM, false },
		{ "goal,decimals,given", "growth,1,1,rate", "value", 1,
		  TIME_LAST, false },
		{ "goal,decimals", "growth,1,1", "current", 4, TIME_SUM,
		  false },
		{ "goal,decimals", "ratio,1,2", "num", 4, TIME_LAST, false },
		{ "goal,decimals", "limit,1,2", "cases", 0, TIME_SUM, false },
		{ "goal,decimals", "limit,1,2", "total", 4, TIME_SUM, false },
		{ "goal,decimals", "limit,1,2", "worst", 4, TIME_MAX, true },
		{ "decimals", "guard,2", "violations", 0, TIME_SUM, false },
		{ "decimals,hold", "guard,2,mean", "measured", 4, TIME_SUM,
		  false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct catalogue *catalogue =
			load_target(rows[i].columns, rows[i].cells, nothing);
		const struct field *field = catalogue_field(
			catalogue->targets, span_of_text(rows[i].field));

		cr_assert(field, "row %zu", i);
		cr_expect(field->decimals == rows[i].decimals, "row %zu", i);
		cr_expect(field->time == rows[i].time, "row %zu", i);
		cr_expect(field->max_over_units == rows[i].max_over_units,
			  "row %zu", i);
		cr_expect(number_is(field->factor, "1"), "row %zu", i);
		catalogue_free(catalogue);
	}
}

Test(catalogue_load, fields_csv_relabels_converts_and_adds)
{
	static const struct text_file fields = {
		"fields.csv",
		"target,field,name_zh,name_en,type,decimals,uom_zh,uom_en,"
		"factor,time,over_units,required\n"
		"a,value,人数,People,,0,人,persons,0.0001,max,max,\n"
		"a,memo,附报,,decimal,1,,,,,,\n"
		"a,when,日期,,date,,,,,,,yes\n"
	};
	struct catalogue *catalogue =
		load_target("goal,decimals,uom_zh", "flow,1,4,万人", fields);
	const struct target *target = catalogue->targets;
	const struct field *value = &target->fields[0];
	const struct field *memo = &target->fields[1];

	cr_assert(target->field_count == 3);
	cr_expect_str_eq(value->name_zh, "人数");
	cr_expect_str_eq(value->uom_zh, "人");
	cr_expect_str_eq(value->uom_en, "persons");
	cr_expect(value->role == FIELD_VALUE && value->needed);
	cr_expect(value->decimals == 0 && number_is(value->factor, "0.0001"));
	cr_expect(value->time == TIME_MAX && value->max_over_units);
	cr_expect(memo->role == FIELD_MEMO && memo->decimals == 1);
	cr_expect(!memo->needed && !memo->required);
	cr_expect(target->fields[2].type == TYPE_DATE &&
		  target->fields[2].required);
	catalogue_free(catalogue);
}

Test(catalogue_load, lists_are_open_or_closed_or_each_unit_is_an_item)
{
	static const struct text_file items = {
		"items.csv", "target,item,name_zh,name_en,unit\n"
			     "a,one,一,One,baima\na,two,二,,\n"
	};
	static const struct {
		const char *columns, *cells;
		bool listed, closed, unit_items;
	} rows[] = {
		{ "goal,ladder", "milestone,completed,works", true, true,
		  false },
		{ "goal,ladder", "milestone,completed,works", false, false,
		  true },
		{ "goal,ladder,item_list", "milestone,completed,works,open",
		  true, false, false },
		{ "goal,ladder,item_list", "milestone,completed,works,open",
		  false, false, false },
		{ "goal,ladder", "grade,1,rating", true, true, false },
		{ "goal,ladder", "grade,1,rating", false, false, false },
		{ "goal,ladder,item_list", "grade,1,rating,open", false, false,
		  false },
		{ "goal", "items,1", true, false, false },
		{ "goal", "items,1", false, false, false },
		{ "goal,item_list", "items,1,closed", true, true, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct catalogue *catalogue =
			load_target(rows[i].columns, rows[i].cells,
				    rows[i].listed ? items : nothing);
		const struct target *target = catalogue->targets;

		cr_expect(target->closed_list == rows[i].closed, "row %zu", i);
		cr_expect(target->unit_items == rows[i].unit_items, "row %zu",
			  i);
		cr_expect(target->item_count == (rows[i].listed ? 2u : 0u),
			  "row %zu", i);
		catalogue_free(catalogue);
	}
}

Test(catalogue_load, goals_are_by_id_and_day)
{
	static const struct text_file goals = {
		"goals.csv",
		"target,goal,tier,compare,value,width,ref,ref_period,offset,"
		"from,approval,note\n"
		"a,,,>=,6000,,,,,2024-07-01,区委常委会,上调\n"
		"a,band,,about,30,0.5,,,,,,\n"
		"a,top,stretch,>,7000,,,,,,,\n"
		"a,last,,>=,,,series:jobs,last-year,-1.5,,,\n"
		"a,fixed,,<,,,target:b,2023M12,,,,\n"
		"a,main,,none,,,,,,2024-10-01,文件,\n"
		"b,main,,pending,,,,,,,,\n"
	};
	static const struct text_file changes[] = {
		{ "targets.csv", "target,name_zh,kind,compare,goal,lead\n"
				 "a,x,flow,>=,5800,hrss\n"
				 "b,x,flow,,,hrss\n" },
		{ "references.csv",
		  "series,period,value,name_zh,source,published\n"
		  "city,2024M02,71,全市,统计局,2024-03-15\n"
		  "jobs,2023M02,10,,,\njobs,2023M01,5,去年就业,,\n" },
		{ "goals.csv", goals.text },
		{ "items.csv", NULL },
		{ "fields.csv", NULL },
		{ "plans.csv", NULL },
		{ NULL, NULL },
	};
	struct catalogue *catalogue = load_small(changes);
	const struct target *a = &catalogue->targets[0];
	const struct goal *goal = a->goals;
	static const char *const ids[] = { "main", "main", "main", "band",
					   "top",  "last", "fixed" };

	cr_assert(a->goal_count == 7);
	for (size_t i = 0; i < 7; i++)
		cr_expect_str_eq(goal[i].id, ids[i], "row %zu", i);
	cr_expect(goal[0].from == DAY_NONE && number_is(goal[0].value, "5800"));
	cr_expect(goal[1].from == day_of("2024-07-01"));
	cr_expect_str_eq(goal[1].approval, "区委常委会");
	cr_expect_str_eq(goal[1].note, "上调");
	cr_expect(goal[2].compare == COMPARE_NONE && !goal[2].has_value);
	cr_expect(goal[3].compare == COMPARE_ABOUT &&
		  number_is(goal[3].width, "0.5"));
	cr_expect(goal[4].stretch && goal[4].compare == COMPARE_GT);
	cr_expect(goal[5].reference == REF_SERIES &&
		  goal[5].ref_period == REF_LAST_YEAR &&
		  number_is(goal[5].offset, "-1.5"));
	cr_expect_str_eq(catalogue->series[goal[5].ref].id, "jobs");
	cr_expect(goal[6].reference == REF_TARGET && goal[6].ref == 1 &&
		  goal[6].ref_period == REF_FIXED &&
		  period_compare(goal[6].ref_fixed, period_of("2023M12")) == 0);
	cr_expect(catalogue->targets[1].goals->compare == COMPARE_PENDING);

	cr_assert(catalogue->series_count == 2);
	cr_expect_str_eq(catalogue->series[0].name_zh, "全市");
	cr_expect_str_eq(catalogue->series[0].points->source, "统计局");
	cr_expect_str_eq(catalogue->series[0].points->published, "2024-03-15");
	cr_expect_str_eq(catalogue->series[1].name_zh, "去年就业");
	cr_expect(number_is(catalogue->series[1].points[0].value, "5"));
	cr_expect(number_is(catalogue->series[1].points[1].value, "10"));
	catalogue_free(catalogue);
}

Test(catalogue_load, goals_of_stages_and_worst_grades_are_steps)
{
	static const struct {
		const char *columns, *cells;
		uint32_t step;
	} rows[] = {
		{ "goal,ladder", "milestone,completed,works", 3 },
		{ "goal,ladder,take", "grade,AA,rating,worst", 2 },
		{ "goal,ladder,take", "grade,A,rating,best", 1 },
		{ "goal,ladder,take", "grade,1,rating,count", 0 },
		{ "goal,ladder,take,measure", "benchmark,AA,rating,worst,grade",
		  2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct catalogue *catalogue =
			load_target(rows[i].columns, rows[i].cells, nothing);
		const struct goal *goal = catalogue->targets->goals;

		cr_expect(goal->step == rows[i].step, "row %zu", i);
		cr_expect(goal->has_value == !rows[i].step, "row %zu", i);
		catalogue_free(catalogue);
	}
}

Test(catalogue_load, plans_are_by_day)
{
	static const struct text_file changes[] = {
		{ "plans.csv", "target,unit,item,stage,by,percent,value,shape\n"
			       "jobs,,,,2024Q3,75,,line\n"
			       "jobs,,,,2024-03-31,20,,\n"
			       "jobs,baima,,,2024H1,,100,\n"
			       "road,,east,started,2024M02,,,\n"
			       "road,,,completed,2024,,,\n" },
		{ NULL, NULL },
	};
	struct catalogue *catalogue = load_small(changes);
	const struct plan_point *jobs =
		target_named_in(catalogue, "jobs")->plans;
	const struct plan_point *road =
		target_named_in(catalogue, "road")->plans;

	cr_expect(jobs[0].by == day_of("2024-03-31") && !jobs[0].line);
	cr_expect(jobs[0].unit == CATALOGUE_NONE && jobs[0].has_percent);
	cr_expect(jobs[1].by == day_of("2024-06-30") && jobs[1].has_value);
	cr_expect(jobs[1].unit == unit_named_in(catalogue, "baima"));
	cr_expect(jobs[2].by == day_of("2024-09-30") && jobs[2].line);
	cr_expect(number_is(jobs[2].percent, "75"));
	cr_expect(road[0].by == day_of("2024-02-29") && road[0].stage == 1);
	cr_expect_str_eq(road[0].item, "east");
	cr_expect(road[1].by == day_of("2024-12-31") && road[1].stage == 3);
	cr_expect_str_eq(road[1].item, "");
	catalogue_free(catalogue);
}

Test(catalogue_load, a_fiscal_year_ends_a_plan_by_year)
{
	static const struct text_file plans = {
		"plans.csv", "target,by,percent\na,2024,100\n"
	};
	struct catalogue *catalogue = load_target(
		"goal,start,end", "flow,1,2024-04-01,2025-03-31", plans);

	cr_expect(catalogue->targets->plans->by == day_of("2025-03-31"));
	catalogue_free(catalogue);
}

Test(catalogue_load, filters_are_typed_by_their_field)
{
	static const struct text_file changes[] = {
		{ "filters.csv", "target,field,op,value\n"
				 "parks,area,>=,5\n"
				 "parks,stage,>,started\n"
				 "parks,date,<=,2024-06-30\n"
				 "parks,unit,!=,baima\n"
				 "parks,owner,=,a;b\n"
				 "parks,labels,any,a；b; c\n"
				 "firms,grade,<,AA\n" },
		{ NULL, NULL },
	};
	struct catalogue *catalogue = load_small(changes);
	const struct target *parks = target_named_in(catalogue, "parks");
	const struct filter *filter = parks->filters;

	cr_assert(parks->filter_count == 6);
	cr_expect(filter[0].what == FILTER_ATTRIBUTE &&
		  filter[0].type == TYPE_DECIMAL && filter[0].op == FILTER_GE &&
		  number_is(filter[0].number, "5"));
	cr_expect_str_eq(filter[0].field, "area");
	cr_expect(filter[1].what == FILTER_STAGE && filter[1].order == 1 &&
		  filter[1].op == FILTER_GT);
	cr_expect(filter[2].what == FILTER_DATE && filter[2].op == FILTER_LE &&
		  filter[2].day == day_of("2024-06-30"));
	cr_expect(filter[3].what == FILTER_UNIT && filter[3].op == FILTER_NE &&
		  filter[3].unit == unit_named_in(catalogue, "baima"));
	cr_expect(filter[4].op == FILTER_EQ && filter[4].text_count == 1);
	cr_expect_str_eq(filter[4].texts[0], "a;b");
	cr_assert(filter[5].op == FILTER_ANY && filter[5].text_count == 3);
	cr_expect_str_eq(filter[5].texts[1], "b");
	cr_expect_str_eq(filter[5].texts[2], "c");
	filter = target_named_in(catalogue, "firms")->filters;
	cr_expect(filter->what == FILTER_GRADE && filter->order == 2);
	catalogue_free(catalogue);
}

Test(catalogue_load, a_reader_of_a_register_has_its_fields_and_ladder)
{
	static const struct text_file changes[] = {
		{ "targets.csv",
		  "target,name_zh,kind,goal,lead,ladder,register,sum_field\n"
		  "area,x,items,100,hrss,,parks,area\n"
		  "parks,x,items,2,hrss,works,,\n" },
		{ "filters.csv", "target,field,op,value\n"
				 "area,area,>=,5\narea,stage,>=,completed\n" },
		{ "items.csv", NULL },
		{ "plans.csv", NULL },
		{ NULL, NULL },
	};
	struct catalogue *catalogue = load_small(changes);
	const struct target *reader = &catalogue->targets[0];

	cr_expect(reader->reads == 1 && reader->field_count == 0);
	cr_expect(reader->ladder == catalogue->targets[1].ladder);
	cr_assert(reader->sum_field != CATALOGUE_NONE);
	cr_expect_str_eq(catalogue->targets[1].fields[reader->sum_field].id,
			 "area");
	cr_expect(reader->filter_count == 2 && reader->filters[1].order == 3);
	catalogue_free(catalogue);
}

Test(catalogue_load, parents_have_parts_and_no_fields)
{
	static const struct text_file changes[] = {
		{ "targets.csv",
		  "target,name_zh,kind,measure,goal,lead,part_of,of_which\n"
		  "all,x,benchmark,,,hrss,,\n"
		  "pension,x,benchmark,ratio,95,hrss,all,\n"
		  "rural,x,flow,,5,hrss,,pension\n" },
		{ "items.csv", NULL },
		{ "fields.csv", NULL },
		{ "plans.csv", NULL },
		{ NULL, NULL },
	};
	struct catalogue *catalogue = load_small(changes);
	const struct target *targets = catalogue->targets;

	cr_expect(targets[0].is_parent && targets[0].field_count == 0);
	cr_expect(targets[0].goal_count == 0);
	cr_expect(targets[1].part_of == 0 && !targets[1].is_parent);
	cr_expect(targets[1].measure == KIND_RATIO &&
		  targets[1].kind == KIND_BENCHMARK);
	cr_expect(targets[2].of_which == 1);
	catalogue_free(catalogue);
}

Test(catalogue_load, units_have_parents_kinds_and_days)
{
	static const struct text_file changes[] = {
		{ "units.csv",
		  "unit,name_zh,name_en,kind,parent,group,opened,closed\n"
		  "baima,白马镇,Baima,town,region,devzone,2020-01-01,"
		  "2030-12-31\n"
		  "region,市中区,,region,,,,\nhrss,局,,official,region,,,\n" },
		{ NULL, NULL },
	};
	struct catalogue *catalogue = load_small(changes);
	const struct unit *unit = catalogue->units;

	cr_expect(unit[0].kind == UNIT_TOWN && unit[0].parent == 1);
	cr_expect_str_eq(unit[0].name_en, "Baima");
	cr_expect_str_eq(unit[0].group, "devzone");
	cr_expect(unit[0].opened == day_of("2020-01-01") &&
		  unit[0].closed == day_of("2030-12-31"));
	cr_expect(unit[1].parent == CATALOGUE_NONE &&
		  unit[1].opened == DAY_NONE);
	cr_expect(unit[2].kind == UNIT_OFFICIAL);
	catalogue_free(catalogue);
}

/* Two hundred targets for a thousand units each, in a few seconds even where
 * everything is checked twice over. */
Test(catalogue_load, takes_large_rosters)
{
	struct catalogue_file files[4];
	struct strbuf units, targets, roster;
	struct catalogue *catalogue = NULL;
	struct problems problems;

	strbuf_init(&units, 0);
	strbuf_init(&targets, 0);
	strbuf_init(&roster, 0);
	strbuf_add_text(&units, "unit,name_zh,kind\n");
	strbuf_add_text(&targets, "target,name_zh,kind,goal,lead\n");
	strbuf_add_text(&roster, "target,unit,quota\n");
	for (int i = 0; i < 1000; i++)
		strbuf_addf(&units, "unit-%d,x,town\n", i);
	for (int t = 0; t < 200; t++) {
		strbuf_addf(&targets, "t.%d,x,flow,5000,unit-0\n", t);
		for (int i = 0; i < 1000; i++)
			strbuf_addf(&roster, "t.%d,unit-%d,5\n", t, i);
	}
	files[0] = (struct catalogue_file){ "units.csv", strbuf_span(&units) };
	files[1] =
		(struct catalogue_file){ "targets.csv", strbuf_span(&targets) };
	files[2] =
		(struct catalogue_file){ "roster.csv", strbuf_span(&roster) };
	files[3] = (struct catalogue_file){
		"settings.csv",
		span_of_text("key,value\nstart,2024-01-01\nend,2024-12-31\n")
	};
	problems_init(&problems);
	cr_assert(catalogue_load(files, 4, &catalogue, &problems) == 0);
	cr_expect(problems.count == 0);
	cr_expect(catalogue->targets[199].roster_count == 1000);
	cr_expect(catalogue_roster(catalogue, &catalogue->targets[77],
				   unit_named_in(catalogue, "unit-999"),
				   0) != NULL);
	problems_release(&problems);
	catalogue_free(catalogue);
	strbuf_release(&units);
	strbuf_release(&targets);
	strbuf_release(&roster);
}
