/* Every check of the loader, with the place that it names. */
#include "catalogue_text.h"

struct wrong {
	const char *place; /* file:row:column of the first problem */
	const char *says;  /* part of its text */
	struct text_file files[3];
};

/* The first problem of the kind asked for, as file:row:column. */
static void first_place(const struct problems *problems, bool warning,
			char place[200], const char **text)
{
	place[0] = '\0';
	*text = "";
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->list[i];

		if (problem->warning != warning)
			continue;
		(void)snprintf(place, 200, "%s:%u:%s", problem->file,
			       problem->row, problem->column);
		*text = problem->text;
		return;
	}
}

/* One mistake, one problem: nothing cascades. */
static void expect_one(size_t i, const struct text_file *changes,
		       const char *at, const char *says, bool warning)
{
	struct catalogue_file files[TEXT_FILES_MAX];
	size_t file_count = small_with(changes, files);
	struct catalogue *catalogue = NULL;
	struct problems problems;
	const char *text;
	char place[200];
	int rc;

	problems_init(&problems);
	rc = catalogue_load(files, file_count, &catalogue, &problems);
	first_place(&problems, warning, place, &text);
	cr_expect(rc == (warning ? 0 : ERR_INVALID), "row %zu: %d", i, rc);
	cr_expect(!catalogue == !warning, "row %zu", i);
	cr_expect_str_eq(place, at, "row %zu: %s: %s", i, place, text);
	cr_expect(strstr(text, says) != NULL, "row %zu: '%s' is not in '%s'", i,
		  says, text);
	cr_expect(problems.count == 1, "row %zu: %zu", i, problems.count);
	if (problems.count != 1)
		print_problems(&problems);
	catalogue_free(catalogue);
	problems_release(&problems);
}

static void expect_each(const struct wrong *rows, size_t count, bool warning)
{
	for (size_t i = 0; i < count; i++)
		expect_one(i, rows[i].files, rows[i].place, rows[i].says,
			   warning);
}

#define EXPECT_ERRORS(rows) \
	expect_each(rows, sizeof(rows) / sizeof(*(rows)), false)
#define EXPECT_WARNINGS(rows) \
	expect_each(rows, sizeof(rows) / sizeof(*(rows)), true)

struct lone {
	const char *place, *says;
	const char *targets; /* targets.csv */
	struct text_file more;
};

/* As expect_each, targets.csv being all there is of targets. */
static void expect_lone(const struct lone *rows, size_t count, bool warning)
{
	for (size_t i = 0; i < count; i++) {
		struct text_file changes[6] = {
			{ "targets.csv", rows[i].targets },
			{ "items.csv", NULL },
			{ "fields.csv", NULL },
			{ "plans.csv", NULL },
		};

		for (size_t c = 0; c < 5 && rows[i].more.name; c++) {
			if (!changes[c].name ||
			    !strcmp(changes[c].name, rows[i].more.name)) {
				changes[c] = rows[i].more;
				break;
			}
		}
		expect_one(i, changes, rows[i].place, rows[i].says, warning);
	}
}

#define EXPECT_LONE_ERRORS(rows) \
	expect_lone(rows, sizeof(rows) / sizeof(*(rows)), false)
#define EXPECT_LONE_WARNINGS(rows) \
	expect_lone(rows, sizeof(rows) / sizeof(*(rows)), true)

Test(catalogue_check, the_small_catalogue_has_no_problem)
{
	struct catalogue_file files[TEXT_FILES_MAX];
	size_t count = small_with(NULL, files);
	struct catalogue *catalogue = NULL;
	struct problems problems;

	problems_init(&problems);
	cr_expect(catalogue_load(files, count, &catalogue, &problems) == 0);
	cr_expect(problems.count == 0);
	print_problems(&problems);
	problems_release(&problems);
	catalogue_free(catalogue);
}

Test(catalogue_check, files_and_columns)
{
	static const struct wrong rows[] = {
		{ "targets.csv:0:", "missing", { { "targets.csv", NULL } } },
		{ "units.csv:0:", "missing", { { "units.csv", NULL } } },
		{ "units.csv:0:",
		  "no rows",
		  { { "units.csv", "unit,name_zh,kind\n" },
		    { "targets.csv", NULL } } },
		{ "target.csv:0:",
		  "no file of this name",
		  { { "target.csv", "a\n" } } },
		{ "units.csv:3:",
		  "never closed",
		  { { "units.csv", "unit,name_zh,kind\nhrss,局,department\n"
				   "\"baima,x,town\n" } } },
		{ "settings.csv:1:valu",
		  "there are: key, value",
		  { { "settings.csv", "key,value,valu\nstart,2024-01-01,\n"
				      "end,2024-12-31,\n" } } },
		{ "calendar.csv:1:day",
		  "column is missing",
		  { { "calendar.csv", "date\n" } } },
		{ "items.csv:0:",
		  "neither UTF-8 nor GB18030",
		  { { "items.csv", "\xff\xff\n" } } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct catalogue_file files[TEXT_FILES_MAX];
		size_t count = small_with(rows[i].files, files);
		struct catalogue *catalogue = NULL;
		struct problems problems;
		const char *text;
		char place[200];

		problems_init(&problems);
		cr_expect(catalogue_load(files, count, &catalogue, &problems) ==
				  ERR_INVALID,
			  "row %zu", i);
		first_place(&problems, false, place, &text);
		cr_expect_str_eq(place, rows[i].place, "row %zu: %s: %s", i,
				 place, text);
		cr_expect(strstr(text, rows[i].says) != NULL, "row %zu: %s", i,
			  text);
		problems_release(&problems);
	}
}

Test(catalogue_check, settings_and_calendar)
{
	static const struct wrong rows[] = {
		{ "settings.csv:4:key",
		  "not one of",
		  { { "settings.csv", "key,value\nstart,2024-01-01\n"
				      "end,2024-12-31\ncolour,red\n" } } },
		{ "settings.csv:4:key",
		  "in row 2",
		  { { "settings.csv",
		      "key,value\nstart,2024-01-01\n"
		      "end,2024-12-31\nstart,2024-01-01\n" } } },
		{ "settings.csv:2:value",
		  "ends before it begins",
		  { { "settings.csv",
		      "key,value\nend,2023-12-31\nstart,2024-01-01\n" } } },
		{ "settings.csv:4:value",
		  "5w",
		  { { "settings.csv", "key,value\nstart,2024-01-01\n"
				      "end,2024-12-31\ndue_days,ten\n" } } },
		{ "settings.csv:4:value",
		  "0 to 100",
		  { { "settings.csv",
		      "key,value\nstart,2024-01-01\n"
		      "end,2024-12-31\ncoverage_min,101\n" } } },
		{ "settings.csv:4:value",
		  "not a day",
		  { { "settings.csv", "key,value\n\nend,2024-12-31\n"
				      "start,2024-02-30\n" },
		    { "targets.csv",
		      "target,name_zh,kind,goal,ladder,lead,start\n"
		      "jobs,x,flow,1,,hrss,2024-01-01\n"
		      "road,x,milestone,completed,works,hrss,2024-01-01\n"
		      "parks,x,items,2,works,hrss,2024-01-01\n" } } },
		{ "calendar.csv:2:day",
		  "off, work",
		  { { "calendar.csv", "date,day\n2024-10-01,holiday\n" } } },
		{ "calendar.csv:3:date",
		  "already, in row 2",
		  { { "calendar.csv",
		      "date,day\n2024-10-01,off\n2024/10/1,work\n" } } },
		{ "calendar.csv:2:date",
		  "not a day",
		  { { "calendar.csv", "date,day\n2024-10-32,off\n" } } },
		{ "calendar.csv:2:day",
		  "blank",
		  { { "calendar.csv", "date,day\n2024-10-01,\n" } } },
	};

	EXPECT_ERRORS(rows);
}

#define UNITS                                                        \
	"hrss,区人社局,department,,,\nbaima,白马镇,town,,,\n" \
	"longmen,龙门镇,town,,,\nstats,统计局,official,,,\n"

#define UNITS_CSV(more)                                                       \
	{                                                                     \
		"units.csv",                                                  \
			"unit,name_zh,kind,parent,opened,closed\n" UNITS more \
	}
#define CODES_CSV(rows)                                                \
	{                                                              \
		"unit_codes.csv", "unit,scheme,code,from,until\n" rows \
	}

Test(catalogue_check, units_and_codes)
{
	static const struct wrong rows[] = {
		{ "units.csv:6:unit",
		  "in row 3",
		  { UNITS_CSV("baima,x,town,,,\n") } },
		{ "units.csv:6:unit",
		  "small letters",
		  { UNITS_CSV("Baima,x,town,,,\n") } },
		{ "units.csv:6:unit",
		  "small letters",
		  { UNITS_CSV("a.b,x,town,,,\n") } },
		{ "units.csv:6:unit",
		  "small letters",
		  { UNITS_CSV("a2345678901234567890123456789012345678901,x,"
			      "town,,,\n") } },
		{ "units.csv:6:unit", "blank", { UNITS_CSV(",x,town,,,\n") } },
		{ "units.csv:6:name_zh",
		  "blank",
		  { UNITS_CSV("east,,town,,,\n") } },
		{ "units.csv:6:kind",
		  "not one of: region, street",
		  { UNITS_CSV("east,x,city,,,\n") } },
		{ "units.csv:6:parent",
		  "no unit 'nobody'",
		  { UNITS_CSV("east,x,town,nobody,,\n") } },
		{ "units.csv:6:parent",
		  "circle",
		  { UNITS_CSV("east,x,town,west,,\nwest,x,town,east,,\n") } },
		{ "units.csv:6:closed",
		  "closed before",
		  { UNITS_CSV("east,x,town,,2024-05-01,2024-04-30\n") } },
		{ "units.csv:6:opened",
		  "not a day",
		  { UNITS_CSV("east,x,town,,May,\n") } },
		{ "unit_codes.csv:2:unit",
		  "no unit 'nobody'",
		  { CODES_CSV("nobody,,511002100,,\n") } },
		{ "unit_codes.csv:2:code",
		  "digits alone",
		  { CODES_CSV("baima,,5.11E+11,,\n") } },
		{ "unit_codes.csv:2:until",
		  "ends before",
		  { CODES_CSV("baima,,511,2024-05-01,2024-04-30\n") } },
		{ "unit_codes.csv:3:code",
		  "another unit on the same days",
		  { CODES_CSV("baima,,511,,2024-05-01\n"
			      "longmen,gb,511,2024-05-01,\n") } },
		{ "unit_codes.csv:4:code",
		  "in row 2",
		  { CODES_CSV("baima,,511,2020-01-01,\n"
			      "baima,,511,2021-01-01,2022-12-31\n"
			      "longmen,,511,2023-05-01,\n") } },
		{ "unit_codes.csv:4:code",
		  "in row 3",
		  { CODES_CSV("baima,,511,2020-01-01,2025-01-01\n"
			      "longmen,,511,2026-01-01,2027-01-01\n"
			      "stats,,511,2026-06-01,\n") } },
	};

	EXPECT_ERRORS(rows);
}

Test(catalogue_check, a_code_may_pass_from_unit_to_unit)
{
	static const struct text_file files[] = {
		CODES_CSV("baima,,511,,2024-04-30\nlongmen,,511,2024-05-01,\n"
			  "baima,other,511,,\nbaima,,511,,2024-04-30\n"),
		{ NULL, NULL },
	};

	catalogue_free(load_small(files));
}

#define LADDERS                                                         \
	"works,started,1,x\nworks,under-way,2,x\nworks,completed,3,x\n" \
	"rating,A,1,A\nrating,AA,2,AA\n"
#define LADDERS_CSV(more)                                                 \
	{                                                                 \
		"ladders.csv", "ladder,step,order,name_zh\n" LADDERS more \
	}
#define SERIES_CSV(rows)                                       \
	{                                                      \
		"references.csv", "series,period,value\n" rows \
	}

Test(catalogue_check, ladders_items_and_series)
{
	static const struct wrong rows[] = {
		{ "ladders.csv:7:step",
		  "in row 2",
		  { LADDERS_CSV("works,started,4,x\n") } },
		{ "ladders.csv:7:order",
		  "4 is expected",
		  { LADDERS_CSV("works,in-use,5,x\n") } },
		{ "ladders.csv:7:order",
		  "without a gap",
		  { LADDERS_CSV("works,in-use,3,x\n") } },
		{ "ladders.csv:7:order",
		  "whole number",
		  { LADDERS_CSV("deal,x,first,x\n") } },
		{ "ladders.csv:7:step",
		  ";",
		  { LADDERS_CSV("deal,a;b,1,x\n") } },
		{ "ladders.csv:7:step",
		  "；",
		  { LADDERS_CSV("deal,a；b,1,x\n") } },
		{ "ladders.csv:7:name_zh",
		  "blank",
		  { LADDERS_CSV("deal,a,1,\n") } },
		{ "items.csv:4:item",
		  "in row 2",
		  { { "items.csv", "target,item,name_zh\nroad,east,x\n"
				   "road,west,x\nroad,east,x\n" } } },
		{ "items.csv:4:item",
		  "none",
		  { { "items.csv", "target,item,name_zh\nroad,east,x\n"
				   "road,west,x\nroad,none,x\n" } } },
		{ "items.csv:4:target",
		  "no target 'roads'",
		  { { "items.csv", "target,item,name_zh\nroad,east,x\n"
				   "road,west,x\nroads,north,x\n" } } },
		{ "items.csv:2:unit",
		  "no unit 'nobody'",
		  { { "items.csv",
		      "target,item,name_zh,unit\nroad,east,x,nobody\n" } } },
		{ "items.csv:2:item",
		  "longer than 60 bytes",
		  { { "items.csv",
		      "target,item,name_zh\nroad,东段东段东段东段东段东段东段"
		      "东段东段东段东段,x\nroad,east,x\n" } } },
		{ "references.csv:3:period",
		  "in row 2",
		  { SERIES_CSV("city,2024M01,68\ncity,2024-01,69\n") } },
		{ "references.csv:2:period",
		  "Excel",
		  { SERIES_CSV("city,Jun-24,68\n") } },
		{ "references.csv:2:value",
		  "not a number",
		  { SERIES_CSV("city,2024M01,many\n") } },
		{ "references.csv:2:value",
		  "blank",
		  { SERIES_CSV("city,2024M01,\n") } },
	};

	EXPECT_ERRORS(rows);
}

#define T "target,name_zh,lead,kind,"

Test(catalogue_check, cells_of_targets)
{
	static const struct lone rows[] = {
		{ "targets.csv:3:target", "in row 2",
		  T "goal\njobs,x,hrss,flow,1\njobs,x,hrss,flow,1\n" },
		{ "targets.csv:2:target", "small letters",
		  T "goal\nJobs,x,hrss,flow,1\n" },
		{ "targets.csv:2:target", "blank",
		  T "goal\n,x,hrss,flow,1\njobs,x,hrss,flow,1\n" },
		{ "targets.csv:2:name_zh", "blank",
		  T "goal\njobs,,hrss,flow,1\n" },
		{ "targets.csv:2:lead", "blank", T "goal\njobs,x,,flow,1\n" },
		{ "targets.csv:2:lead", "no unit",
		  T "goal\njobs,x,nobody,flow,1\n" },
		{ "targets.csv:2:kind", "not one of: flow, level",
		  T "goal\njobs,x,hrss,sum,1\n" },
		{ "targets.csv:2:decimals", "0 to 9",
		  T "goal,decimals\njobs,x,hrss,flow,1,10\n" },
		{ "targets.csv:2:scale", "above 0",
		  T "goal,scale\njobs,x,hrss,growth,1,0\n" },
		{ "targets.csv:2:period", "ten-day",
		  T "goal,period\njobs,x,hrss,flow,1,monthly\n" },
		{ "targets.csv:2:entry", "ytd, period",
		  T "goal,entry\njobs,x,hrss,flow,1,all\n" },
		{ "targets.csv:2:given", "only growth and ratio",
		  T "goal,given\njobs,x,hrss,flow,1,rate\n" },
		{ "targets.csv:2:first_period", "no month",
		  T "goal,first_period\njobs,x,hrss,flow,1,2024Q1\n" },
		{ "targets.csv:2:first_period", "outside the window",
		  T "goal,first_period\njobs,x,hrss,flow,1,2023M12\n" },
		{ "targets.csv:2:lag_months", "whole number",
		  T "goal,lag_months\njobs,x,hrss,flow,1,-1\n" },
		{ "targets.csv:2:due_days", "number of days",
		  T "goal,due_days\njobs,x,hrss,flow,1,5d\n" },
		{ "targets.csv:2:close_days", "number of days",
		  T "goal,close_days\njobs,x,hrss,flow,1,w\n" },
		{ "targets.csv:2:annual_only", "no, yes",
		  T "goal,annual_only\njobs,x,hrss,flow,1,true\n" },
		{ "targets.csv:2:annual_only", "not for guard",
		  T "annual_only\njobs,x,hrss,guard,yes\n" },
		{ "targets.csv:2:annual_only", "not for narrative",
		  T "annual_only\njobs,x,hrss,narrative,yes\n" },
		{ "targets.csv:2:compare", "not one of",
		  T "compare,goal\njobs,x,hrss,flow,=>,1\n" },
		{ "targets.csv:2:compare", "width",
		  T "compare,goal\njobs,x,hrss,flow,about,1\n" },
		{ "targets.csv:2:goal", "not a number",
		  T "goal\njobs,x,hrss,flow,many\n" },
		{ "targets.csv:2:goal", "Excel",
		  T "goal\njobs,x,hrss,flow,5.11E+11\n" },
		{ "targets.csv:2:goal", "no value",
		  T "compare,goal\njobs,x,hrss,flow,>=,\n" },
		{ "targets.csv:2:goal", "leave it blank",
		  T "compare,goal\njobs,x,hrss,flow,none,5\n" },
		{ "targets.csv:2:goal", "leave it blank",
		  T "compare,goal\njobs,x,hrss,flow,pending,5\n" },
		{ "targets.csv:2:take", "limit takes mean or worst",
		  T "goal,take\njobs,x,hrss,limit,1,count\n" },
		{ "targets.csv:2:take", "not for kind flow",
		  T "goal,take\njobs,x,hrss,flow,1,worst\n" },
		{ "targets.csv:2:hold", "level and guard",
		  T "goal,hold\njobs,x,hrss,flow,1,mean\n" },
		{ "targets.csv:2:subset", "ratio alone",
		  T "goal,subset\njobs,x,hrss,flow,1,yes\n" },
		{ "targets.csv:2:ladder", "no ladder 'stairs'",
		  T "goal,ladder\njobs,x,hrss,flow,1,stairs\n" },
		{ "targets.csv:2:item_list", "open, closed",
		  T "goal,item_list\njobs,x,hrss,items,1,shut\n" },
		{ "targets.csv:2:item_list", "items.csv has none",
		  T "goal,item_list\njobs,x,hrss,items,1,closed\n" },
		{ "targets.csv:2:see", "no target 'b'",
		  T "goal,see\njobs,x,hrss,flow,1,jobs;b\n" },
		{ "targets.csv:2:of_which", "names itself",
		  T "goal,of_which\njobs,x,hrss,flow,1,jobs\n" },
		{ "targets.csv:2:part_of", "no target",
		  T "goal,part_of\njobs,x,hrss,flow,1,work\n" },
		{ "targets.csv:2:cooperating", "no unit 'nobody'",
		  T "goal,cooperating\njobs,x,hrss,flow,1,baima；nobody\n" },
		{ "targets.csv:2:authority", "summed, official, survey",
		  T "goal,authority\njobs,x,hrss,flow,1,own\n" },
		{ "targets.csv:2:source", "no unit",
		  T "goal,source\njobs,x,hrss,flow,1,nobody\n" },
		{ "targets.csv:2:approve", "no, yes",
		  T "goal,approve\njobs,x,hrss,flow,1,maybe\n" },
		{ "targets.csv:2:yellow_from", "negative",
		  T "goal,yellow_from\njobs,x,hrss,flow,1,-1\n" },
		{ "targets.csv:2:red_above", "not a number",
		  T "goal,red_above\njobs,x,hrss,flow,1,red\n" },
		{ "targets.csv:2:base", "not a number",
		  T "goal,base\njobs,x,hrss,level,1,x\n" },
	};

	EXPECT_LONE_ERRORS(rows);
}

Test(catalogue_check, a_kind_that_is_misspelt_is_told_once)
{
	static const struct wrong rows[] = {
		{ "targets.csv:2:kind",
		  "not one of",
		  { { "targets.csv",
		      T "goal,ladder,take,measure,annual_only,sum_field\n"
			"road,x,hrss,stone,completed,works,worst,flow,yes,a\n"
			"parks,x,hrss,items,2,works,,,,\n" },
		    { "filters.csv",
		      "target,field,op,value\nroad,stage,>=,x\n" } } },
	};

	EXPECT_ERRORS(rows);
}

/* Whatever does not depend on the kind is told together with it. */
Test(catalogue_check, a_kind_that_is_misspelt_hides_no_other_mistake)
{
	static const struct text_file changes[] = {
		{ "targets.csv",
		  T "compare,goal,entry,given,take,hold,subset,annual_only\n"
		    "jobs,x,hrss,flwo,=>,58oo,yearly,half,most,ever,maybe,"
		    "perhaps\n"
		    "parks,x,hrss,itmes,none,2,,,,,,\n"
		    "road,x,hrss,milestone,>=,completed,,,,,,\n"
		    "safe,x,hrss,gaurd,,,,,,,,\n" },
		{ "items.csv", NULL },
		{ "fields.csv", NULL },
		{ "goals.csv", "target,goal,compare,value,from,width,ref\n"
			       "jobs,a,=<,1,,,\njobs,b,>=,x,May,1,\n"
			       "jobs,c,about,,,,\n" },
		{ "plans.csv", "target,by,percent,value\n"
			       "jobs,2024-13-01,1,\njobs,2024-06-30,1,2\n" },
		{ "filters.csv", "target,field,op,value\n"
				 "parks,x,~,y\n" },
		{ NULL, NULL },
	};
	static const char *const places[] = {
		"targets.csv:2:kind",
		"targets.csv:2:entry",
		"targets.csv:2:given",
		"targets.csv:2:take",
		"targets.csv:2:hold",
		"targets.csv:2:subset",
		"targets.csv:2:compare",
		"targets.csv:2:goal",
		"targets.csv:2:annual_only",
		"targets.csv:3:kind",
		"targets.csv:3:goal",
		"targets.csv:4:ladder",
		"targets.csv:4:goal",
		"targets.csv:5:kind",
		"goals.csv:2:compare",
		"goals.csv:3:from",
		"goals.csv:3:value",
		"goals.csv:3:width",
		"goals.csv:4:value",
		"goals.csv:4:width",
		"plans.csv:2:by",
		"plans.csv:3:percent",
		"filters.csv:2:op",
	};
	struct catalogue_file files[TEXT_FILES_MAX];
	size_t count = small_with(changes, files);
	struct catalogue *catalogue = NULL;
	struct problems problems;
	struct strbuf text;

	problems_init(&problems);
	strbuf_init(&text, 0);
	cr_expect_eq(catalogue_load(files, count, &catalogue, &problems),
		     ERR_INVALID);
	problems_write(&problems, false, &text);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		cr_expect(strstr(text.text, places[i]), "%s is missing in:\n%s",
			  places[i], text.text);
	cr_expect_eq(problems.count, sizeof(places) / sizeof(*places), "%s",
		     text.text);
	strbuf_release(&text);
	problems_release(&problems);
}

Test(catalogue_check, windows)
{
	static const struct text_file no_settings = {
		"settings.csv", "key,value\ntitle_zh,x\n"
	};
	static const struct lone rows[] = {
		{ "targets.csv:2:start", "no first day",
		  T "goal,start,end\njobs,x,hrss,flow,1,,2024-12-31\n",
		  no_settings },
		{ "targets.csv:2:end", "no last day",
		  T "goal,start,end\njobs,x,hrss,flow,1,2024-01-01,\n",
		  no_settings },
		{ "targets.csv:2:end", "ends before it begins",
		  T "goal,start,end\njobs,x,hrss,flow,1,2024-04-01,"
		    "2024-03-31\n",
		  no_settings },
		{ "targets.csv:2:start", "ends before it begins",
		  T "goal,start\njobs,x,hrss,flow,1,2025-01-01\n" },
		{ "targets.csv:2:end", "not a day",
		  T "goal,end\njobs,x,hrss,flow,1,2024M12\n" },
	};

	EXPECT_LONE_ERRORS(rows);
}

Test(catalogue_check, kinds_and_links_of_targets)
{
	static const struct lone rows[] = {
		{ "targets.csv:2:goal", "no goal",
		  T "goal\njobs,x,hrss,flow,\n" },
		{ "targets.csv:2:measure", "benchmark needs",
		  T "goal\njobs,x,hrss,benchmark,1\n" },
		{ "targets.csv:2:measure", "benchmark alone",
		  T "goal,measure\njobs,x,hrss,flow,1,flow\n" },
		{ "targets.csv:2:measure", "cannot measure a guard",
		  T "goal,measure\njobs,x,hrss,benchmark,1,guard\n" },
		{ "targets.csv:2:ladder", "needs a ladder",
		  T "compare,ladder\njobs,x,hrss,grade,pending,\n" },
		{ "targets.csv:2:goal",
		  "'opened' is not a step of ladder "
		  "'works'",
		  T "goal,ladder,take\njobs,x,hrss,grade,opened,works,"
		    "worst\n" },
		{ "targets.csv:3:goal", "parts",
		  T "goal,part_of\npart,x,hrss,flow,1,whole\n"
		    "whole,x,hrss,flow,2,\n" },
		{ "targets.csv:3:part_of", "one level",
		  T "goal,part_of\nc,x,hrss,flow,1,b\nb,x,hrss,flow,,a\n"
		    "a,x,hrss,flow,,\n" },
		{ "targets.csv:2:register", "no items",
		  T "goal,register\na,x,hrss,items,1,b\nb,x,hrss,flow,1,\n" },
		{ "targets.csv:2:register", "reads those of 'c'",
		  T "goal,register\na,x,hrss,items,1,b\nb,x,hrss,items,1,c\n"
		    "c,x,hrss,items,1,\n" },
		{ "targets.csv:2:register", "only items",
		  T "goal,register\na,x,hrss,flow,1,b\nb,x,hrss,items,1,\n" },
		{ "targets.csv:2:ladder", "another ladder",
		  T "goal,register,ladder\na,x,hrss,items,1,b,works\n"
		    "b,x,hrss,items,1,,rating\n" },
		{ "targets.csv:2:register", "names itself",
		  T "goal,register\na,x,hrss,items,1,a\n" },
		{ "targets.csv:2:sum_field", "no decimal field 'area'",
		  T "goal,sum_field\na,x,hrss,items,1,area\n" },
		{ "targets.csv:2:sum_field",
		  "no decimal field 'owner'",
		  T "goal,sum_field\na,x,hrss,items,1,owner\n",
		  { "fields.csv", "target,field,type\na,owner,text\n" } },
		{ "targets.csv:2:sum_field", "only items",
		  T "goal,sum_field\na,x,hrss,flow,1,value\n" },
		{ "targets.csv:2:given",
		  "cannot be summed",
		  T "goal,given\na,x,hrss,ratio,1,rate\n",
		  { "roster.csv", "target,unit\na,baima\na,longmen\n" } },
	};

	EXPECT_LONE_ERRORS(rows);
}

Test(catalogue_check, a_rate_may_pass_from_unit_to_unit_or_be_official)
{
	static const struct text_file files[] = {
		{ "targets.csv",
		  T "goal,given,authority\na,x,hrss,ratio,1,rate,\n"
		    "b,x,hrss,ratio,1,rate,official\n" },
		{ "roster.csv", "target,unit,until,from\n"
				"a,baima,2024-06-30,\na,longmen,,2024-07-01\n"
				"b,baima,,\nb,longmen,,\n" },
		{ "items.csv", NULL },
		{ "fields.csv", NULL },
		{ "plans.csv", NULL },
		{ NULL, NULL },
	};

	catalogue_free(load_small(files));
}

#define ROSTER_CSV(rows)                                                 \
	{                                                                \
		"roster.csv", "target,unit,quota,base,from,until\n" rows \
	}
#define FIELDS_CSV(rows)                                                     \
	{                                                                    \
		"fields.csv",                                                \
			"target,field,type,decimals,factor,time,over_units," \
			"required\n" rows                                    \
	}
#define FILTERS_CSV(rows)                                     \
	{                                                     \
		"filters.csv", "target,field,op,value\n" rows \
	}

Test(catalogue_check, rosters_fields_and_filters)
{
	static const struct wrong rows[] = {
		{ "roster.csv:2:target",
		  "no target 'work'",
		  { ROSTER_CSV("work,baima,,,,\n") } },
		{ "roster.csv:2:target",
		  "blank",
		  { ROSTER_CSV(",baima,,,,\n") } },
		{ "roster.csv:2:unit",
		  "no unit 'nobody'",
		  { ROSTER_CSV("jobs,nobody,,,,\n") } },
		{ "roster.csv:3:unit",
		  "in row 2",
		  { ROSTER_CSV("jobs,baima,5800,,,\njobs,baima,1,,,\n") } },
		{ "roster.csv:2:quota",
		  "not a number",
		  { ROSTER_CSV("jobs,baima,many,,,\n") } },
		{ "roster.csv:2:base",
		  "not a number",
		  { ROSTER_CSV("jobs,baima,,1.2.3,,\n") } },
		{ "roster.csv:2:until",
		  "ends before",
		  { ROSTER_CSV("jobs,baima,,,2024-02-01,2024-01-31\n") } },
		{ "roster.csv:2:from",
		  "not a day",
		  { ROSTER_CSV("jobs,baima,,,2024M01,\n") } },
		{ "fields.csv:2:field",
		  "column that every report has",
		  { FIELDS_CSV("jobs,period,,,,,,\n") } },
		{ "fields.csv:3:field",
		  "in row 2",
		  { FIELDS_CSV("jobs,memo,,,,,,\njobs,memo,,,,,,\n") } },
		{ "fields.csv:2:type",
		  "decimal, text, date, set",
		  { FIELDS_CSV("jobs,memo,number,,,,,\n") } },
		{ "fields.csv:2:type",
		  "keeps its type",
		  { FIELDS_CSV("jobs,value,text,,,,,\n") } },
		{ "fields.csv:2:decimals",
		  "0 to 9",
		  { FIELDS_CSV("jobs,memo,,12,,,,\n") } },
		{ "fields.csv:2:factor",
		  "above 0",
		  { FIELDS_CSV("jobs,value,,,0,,,\n") } },
		{ "fields.csv:2:time",
		  "sum, last, max",
		  { FIELDS_CSV("jobs,value,,,,first,,\n") } },
		{ "fields.csv:2:over_units",
		  "sum, max",
		  { FIELDS_CSV("jobs,value,,,,,mean,\n") } },
		{ "fields.csv:2:required",
		  "no, yes",
		  { FIELDS_CSV("jobs,value,,,,,,1\n") } },
		{ "filters.csv:2:field",
		  "no field of the items",
		  { FILTERS_CSV("parks,price,>=,5\n") } },
		{ "filters.csv:2:field",
		  "no field of the items",
		  { FILTERS_CSV("parks,grade,>=,AA\n") } },
		{ "filters.csv:2:op",
		  "not one of",
		  { FILTERS_CSV("parks,area,≥,5\n") } },
		{ "filters.csv:2:op",
		  "does not go",
		  { FILTERS_CSV("parks,owner,>=,x\n") } },
		{ "filters.csv:2:op",
		  "does not go",
		  { FILTERS_CSV("parks,labels,=,x\n") } },
		{ "filters.csv:2:op",
		  "does not go",
		  { FILTERS_CSV("parks,area,any,5\n") } },
		{ "filters.csv:2:op",
		  "does not go",
		  { FILTERS_CSV("parks,unit,<,baima\n") } },
		{ "filters.csv:2:value",
		  "not a number",
		  { FILTERS_CSV("parks,area,>=,big\n") } },
		{ "filters.csv:2:value",
		  "not a step",
		  { FILTERS_CSV("parks,stage,>=,finished\n") } },
		{ "filters.csv:2:value",
		  "not a step",
		  { FILTERS_CSV("firms,grade,>=,AAA\n") } },
		{ "filters.csv:2:value",
		  "not a day",
		  { FILTERS_CSV("parks,date,>=,2024M01\n") } },
		{ "filters.csv:2:value",
		  "no unit",
		  { FILTERS_CSV("parks,unit,=,nobody\n") } },
		{ "filters.csv:2:value",
		  "blank",
		  { FILTERS_CSV("parks,area,>=,\n") } },
		{ "filters.csv:2:target",
		  "only items and grade",
		  { FILTERS_CSV("jobs,value,>=,5\n") } },
	};

	EXPECT_ERRORS(rows);
}

Test(catalogue_check, fields_of_what_takes_no_reports)
{
	static const struct lone rows[] = {
		{ "fields.csv:2:target",
		  "takes no reports",
		  T "goal,register\na,x,hrss,items,1,b\nb,x,hrss,items,1,\n",
		  { "fields.csv", "target,field\na,area\n" } },
		{ "fields.csv:2:field",
		  "both current_den",
		  T "goal\na,x,hrss,growth,1\n",
		  { "fields.csv", "target,field\na,current_den\n" } },
		{ "filters.csv:2:field",
		  "of the items of 'b'",
		  T "goal,register\na,x,hrss,items,1,b\nb,x,hrss,items,1,\n",
		  { "filters.csv", "target,field,op,value\na,area,>,1\n" } },
	};

	EXPECT_LONE_ERRORS(rows);
}

#define GOALS_CSV(rows)                                                        \
	{                                                                      \
		"goals.csv",                                                   \
			"target,goal,tier,compare,value,width,ref,ref_period," \
			"offset,from,approval\n" rows                          \
	}

Test(catalogue_check, goals)
{
	static const struct wrong rows[] = {
		{ "goals.csv:2:goal",
		  "row 2 of targets.csv",
		  { GOALS_CSV("jobs,main,,>=,6000,,,,,,\n") } },
		{ "goals.csv:3:goal",
		  "row 2 of goals.csv",
		  { GOALS_CSV("jobs,top,,>=,6000,,,,,,\n"
			      "jobs,top,,>=,6001,,,,,,\n") } },
		{ "goals.csv:2:tier",
		  "floor, stretch",
		  { GOALS_CSV("jobs,top,best,>=,6000,,,,,,\n") } },
		{ "goals.csv:2:compare",
		  "not one of",
		  { GOALS_CSV("jobs,top,,more,6000,,,,,,\n") } },
		{ "goals.csv:2:compare",
		  "blank",
		  { GOALS_CSV("jobs,top,,,6000,,,,,,\n") } },
		{ "goals.csv:2:value",
		  "no value",
		  { GOALS_CSV("jobs,top,,>=,,,,,,,\n") } },
		{ "goals.csv:2:value",
		  "not both",
		  { GOALS_CSV("jobs,top,,>=,1,,target:parks,,,,\n") } },
		{ "goals.csv:2:value",
		  "leave it blank",
		  { GOALS_CSV("jobs,top,,pending,1,,,,,,\n") } },
		{ "goals.csv:2:value",
		  "not a number",
		  { GOALS_CSV("jobs,top,,>=,completed,,,,,,\n") } },
		{ "goals.csv:2:value",
		  "not a step",
		  { GOALS_CSV("road,top,,>=,100,,,,,,\n") } },
		{ "goals.csv:2:compare",
		  "write >=",
		  { GOALS_CSV("road,top,,<=,completed,,,,,,\n") } },
		{ "goals.csv:2:width",
		  "needs a width",
		  { GOALS_CSV("jobs,top,,about,5800,,,,,,\n") } },
		{ "goals.csv:2:width",
		  "only 'about'",
		  { GOALS_CSV("jobs,top,,>=,5800,5,,,,,\n") } },
		{ "goals.csv:2:width",
		  "negative",
		  { GOALS_CSV("jobs,top,,about,5800,-5,,,,,\n") } },
		{ "goals.csv:2:ref",
		  "two rows",
		  { GOALS_CSV("jobs,top,,>=,,,series:a;series:b,,,,\n") } },
		{ "goals.csv:2:ref",
		  "series:NAME or target:ID",
		  { GOALS_CSV("jobs,top,,>=,,,city,,,,\n") } },
		{ "goals.csv:2:ref",
		  "no target 'work'",
		  { GOALS_CSV("jobs,top,,>=,,,target:work,,,,\n") } },
		{ "goals.csv:2:ref",
		  "itself",
		  { GOALS_CSV("jobs,top,,>=,,,target:jobs,,,,\n") } },
		{ "goals.csv:2:ref_period",
		  "not a period",
		  { GOALS_CSV("jobs,top,,>=,,,target:parks,last,,,\n") } },
		{ "goals.csv:2:ref_period",
		  "no ref",
		  { GOALS_CSV("jobs,top,,>=,1,,,last-year,,,\n") } },
		{ "goals.csv:2:offset",
		  "no ref",
		  { GOALS_CSV("jobs,top,,>=,1,,,,5,,\n") } },
		{ "goals.csv:2:from",
		  "not a day",
		  { GOALS_CSV("jobs,main,,>=,6000,,,,,2024M07,x\n"
			      "jobs,,,>=,6000,,,,,2024-08-01,x\n") } },
		{ "goals.csv:2:approval",
		  "names the approval",
		  { GOALS_CSV("jobs,main,,>=,6000,,,,,2024-07-01,\n") } },
		{ "goals.csv:2:approval",
		  "names the approval",
		  { GOALS_CSV("jobs,main,,none,,,,,,2024-01-01,\n") } },
		{ "goals.csv:2:target",
		  "no target",
		  { GOALS_CSV("work,main,,>=,6000,,,,,,\n") } },
	};

	EXPECT_ERRORS(rows);
}

Test(catalogue_check, goals_of_parents)
{
	static const struct lone rows[] = {
		{ "goals.csv:2:value",
		  "parts",
		  T "goal,part_of\npart,x,hrss,flow,1,whole\n"
		    "whole,x,hrss,flow,,\n",
		  { "goals.csv", "target,compare,value\nwhole,>=,2\n" } },
	};

	EXPECT_LONE_ERRORS(rows);
}

#define PLANS_CSV(rows)                                                        \
	{                                                                      \
		"plans.csv", "target,unit,item,stage,by,percent,value,shape\n" \
			     "road,,,completed,2024-12-31,,,\n" rows           \
	}

Test(catalogue_check, plans)
{
	static const struct wrong rows[] = {
		{ "plans.csv:3:percent",
		  "give a percent of the goal or",
		  { PLANS_CSV("jobs,,,,2024M06,,,\n") } },
		{ "plans.csv:3:percent",
		  "not both",
		  { PLANS_CSV("jobs,,,,2024M06,50,2900,\n") } },
		{ "plans.csv:4:value",
		  "row 3 of the same curve is in percent",
		  { PLANS_CSV("jobs,,,,2024M06,50,,\n"
			      "jobs,,,,2024M09,,4000,\n") } },
		{ "plans.csv:4:percent",
		  "row 3 of the same curve is in values",
		  { PLANS_CSV("jobs,,,,2024M06,,50,\n"
			      "jobs,,,,2024M09,70,,\n") } },
		{ "plans.csv:3:stage",
		  "not a step",
		  { PLANS_CSV("road,,,opened,2024M06,,,\n") } },
		{ "plans.csv:3:stage",
		  "has no ladder",
		  { PLANS_CSV("jobs,,,started,2024M06,,,\n") } },
		{ "plans.csv:3:item",
		  "no item 'north'",
		  { PLANS_CSV("road,,north,started,2024M06,,,\n") } },
		{ "plans.csv:3:percent",
		  "planned day of a stage",
		  { PLANS_CSV("road,,,started,2024M06,50,,\n") } },
		{ "plans.csv:3:by",
		  "not a period",
		  { PLANS_CSV("jobs,,,,June,50,,\n") } },
		{ "plans.csv:3:by",
		  "Excel",
		  { PLANS_CSV("jobs,,,,Jun-24,50,,\n") } },
		{ "plans.csv:3:by", "blank", { PLANS_CSV("jobs,,,,,50,,\n") } },
		{ "plans.csv:4:by",
		  "in row 3",
		  { PLANS_CSV("jobs,,,,2024M06,50,,\n"
			      "jobs,,,,2024-06-30,60,,\n") } },
		{ "plans.csv:3:unit",
		  "no unit",
		  { PLANS_CSV("jobs,nobody,,,2024M06,50,,\n") } },
		{ "plans.csv:3:shape",
		  "step, line",
		  { PLANS_CSV("jobs,,,,2024M06,50,,curve\n") } },
		{ "plans.csv:3:target",
		  "no target",
		  { PLANS_CSV("work,,,,2024M06,50,,\n") } },
		{ "plans.csv:3:percent",
		  "not a number",
		  { PLANS_CSV("jobs,,,,2024M06,half,,\n") } },
	};

	EXPECT_ERRORS(rows);
}

Test(catalogue_check, tells_what_it_does_not_refuse)
{
	static const struct wrong rows[] = {
		{ "roster.csv:3:quota",
		  "add up to 5700, its goal is 5800",
		  { ROSTER_CSV("jobs,baima,,,,\njobs,longmen,5700,,,\n") } },
		{ "roster.csv:2:quota",
		  "add up to 5800.5",
		  { ROSTER_CSV(
			  "jobs,baima,5000,,,\njobs,longmen,800.50,,,\n") } },
	};
	static const struct lone lone[] = {
		{ "targets.csv:2:of_which", "above that of 'b', 5",
		  T "goal,of_which\na,x,hrss,flow,6,b\nb,x,hrss,flow,5,\n" },
		{ "targets.csv:2:goal", "no stage of 'a' has a planned day",
		  T "goal,ladder\na,x,hrss,milestone,completed,works\n" },
		{ "targets.csv:2:base", "has no base",
		  T "goal\na,x,hrss,level,20\n" },
		{ "goals.csv:2:ref",
		  "no figure of series 'city' yet",
		  T "goal\na,x,hrss,flow,\n",
		  { "goals.csv", "target,compare,ref\na,>=,series:city\n" } },
		{ "goals.csv:3:from",
		  "outside the window of 'a', 2024-01-01",
		  T "goal\na,x,hrss,flow,\n",
		  { "goals.csv", "target,compare,value,from,approval\n"
				 "a,>=,5,,\na,>=,6,2025-01-01,x\n" } },
		{ "roster.csv:2:until",
		  "never counts",
		  T "goal\na,x,hrss,flow,5\n",
		  { "roster.csv", "target,unit,quota,until\n"
				  "a,baima,5,2023-12-31\na,longmen,5,\n" } },
		{ "roster.csv:2:from",
		  "never counts",
		  T "goal\na,x,hrss,flow,5\n",
		  { "roster.csv", "target,unit,quota,from\n"
				  "a,baima,9,2025-01-01\na,longmen,5,\n" } },
	};

	EXPECT_WARNINGS(rows);
	EXPECT_LONE_WARNINGS(lone);
}

/* A curve begins at 0, also under a goal that is to be undercut. */
Test(catalogue_check, tells_of_plans_that_rise_to_an_upper_edge)
{
#define PLAN(target, rows)                     \
	T "compare,goal,base\n" target,        \
	{                                      \
		"plans.csv", "target,by," rows \
	}
	static const struct lone lone[] = {
		{ "targets.csv:2:goal", "it is behind until 2024-12-31",
		  PLAN("a,x,hrss,level,<=,19,\n", "percent\na,2024,100\n") },
		{ "targets.csv:2:goal", "it is behind until 2024-12-31",
		  PLAN("a,x,hrss,level,<=,19,15\n", "percent\na,2024,100\n") },
		{ "targets.csv:2:goal", "it is behind until 2024-12-31",
		  PLAN("a,x,hrss,limit,<,19,\n",
		       "percent\na,2024M01,90\na,2024-12-31,100.0\n") },
		{ "targets.csv:2:goal", "it is behind until 2024-06-30",
		  PLAN("a,x,hrss,ratio,<=,19,\n",
		       "value\na,2024H1,21\na,2024,19\n") },
		{ "targets.csv:2:goal", "may be used before 2024-06-30",
		  PLAN("a,x,hrss,flow,<=,19,\n",
		       "percent\na,2024Q2,50\na,2024,100\n") },
	};

	EXPECT_LONE_WARNINGS(lone);
#undef PLAN
}

/* Slips that every keeper makes once: last year's days, and parts of a plan
 * where its sum is meant. */
Test(catalogue_check, tells_plans_that_make_no_sense)
{
	static const struct lone lone[] = {
		{ "plans.csv:3:by",
		  "outside the window of 'a', 2024-01-01",
		  T "goal\na,x,hrss,flow,5\n",
		  { "plans.csv", "target,by,percent\na,2024M06,50\n"
				 "a,2023M09,40\n" } },
		{ "plans.csv:3:percent",
		  "the plan falls: 30 after 40",
		  T "goal\na,x,hrss,flow,5\n",
		  { "plans.csv", "target,by,percent\na,2024M03,40\n"
				 "a,2024M06,30\n" } },
		{ "plans.csv:5:percent",
		  "add up to 100 and end at 25",
		  T "goal\na,x,hrss,flow,5\n",
		  { "plans.csv", "target,by,percent\na,2024M03,25\n"
				 "a,2024M06,25.0\na,2024M09,25\n"
				 "a,2024M12,25\n" } },
		/* a unit's curve is one of its own */
		{ "plans.csv:4:percent",
		  "the plan falls: 10 after 50",
		  T "goal\na,x,hrss,flow,5\n",
		  { "plans.csv", "target,unit,by,percent\n"
				 "a,baima,2024M03,50\na,,2024M06,60\n"
				 "a,baima,2024M09,10\n" } },
	};

	EXPECT_LONE_WARNINGS(lone);
}

Test(catalogue_check, plans_that_make_sense_are_not_told)
{
	static const char flow[] = T "goal\na,x,hrss,flow,5\n";
	static const char at_the_end[] =
		"target,by,percent,shape\na,2024,100,line\n";
	static const struct {
		const char *targets, *plans;
	} rows[] = {
		{ flow, "target,unit,by,percent\na,,2024M03,50\n"
			"a,baima,2024M06,10\na,,2024M09,50\n"
			"a,,2024M12,100\n" },
		{ flow, "target,unit,by,percent\na,,2024M12,100\n" },
		{ flow, "target,unit,by,percent\na,,2024-01-01,0\n"
			"a,,2024-12-31,100\n" },
		{ flow, "target,unit,by,value\na,,2024M03,4\n"
			"a,,2024M06,3\n" },
		{ T "compare,goal,base\na,x,hrss,level,<=,19,30\n",
		  at_the_end },
		{ T "compare,goal\na,x,hrss,level,<=,19\n",
		  "target,by,value\na,2024M01,21\na,2024,19\n" },
		{ T "compare,goal\na,x,hrss,limit,>=,19\n", at_the_end },
		{ T "compare,goal\na,x,hrss,flow,<=,19\n", at_the_end },
		{ T "compare,goal\na,x,hrss,net,<=,19\n", at_the_end },
		{ T "compare,goal,annual_only\na,x,hrss,level,<=,19,yes\n",
		  at_the_end },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct text_file changes[] = {
			{ "targets.csv", rows[i].targets },
			{ "items.csv", NULL },
			{ "fields.csv", NULL },
			{ "plans.csv", rows[i].plans },
			{ NULL, NULL },
		};
		struct catalogue_file files[TEXT_FILES_MAX];
		size_t count = small_with(changes, files);
		struct catalogue *catalogue = NULL;
		struct problems problems;

		problems_init(&problems);
		cr_expect(catalogue_load(files, count, &catalogue, &problems) ==
				  0,
			  "row %zu", i);
		cr_expect(problems.count == 0, "row %zu", i);
		print_problems(&problems);
		problems_release(&problems);
		catalogue_free(catalogue);
	}
}

Test(catalogue_check, what_adds_up_is_not_told)
{
	static const char *const targets[] = {
		T "goal,base\na,x,hrss,level,20,17\n",
		T "goal,of_which\na,x,hrss,flow,5,b\nb,x,hrss,flow,5,\n",
		T "compare,goal\na,x,hrss,level,eq,20\n",
		T "compare,goal\na,x,hrss,level,none,\n",
	};

	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		struct text_file changes[] = {
			{ "targets.csv", targets[i] },
			{ "items.csv", NULL },
			{ "fields.csv", NULL },
			{ "plans.csv", NULL },
			{ NULL, NULL },
		};
		struct catalogue_file files[TEXT_FILES_MAX];
		size_t count = small_with(changes, files);
		struct catalogue *catalogue = NULL;
		struct problems problems;

		problems_init(&problems);
		cr_expect(catalogue_load(files, count, &catalogue, &problems) ==
				  0,
			  "row %zu", i);
		cr_expect(problems.count == 0, "row %zu", i);
		print_problems(&problems);
		problems_release(&problems);
		catalogue_free(catalogue);
	}
}

/* Quotas are summed as of the window's end. */
Test(catalogue_check, quotas_of_those_who_left_do_not_count)
{
	static const struct text_file files[] = {
		ROSTER_CSV("jobs,baima,1000,,,2024-06-30\n"
			   "jobs,baima,800,,2024-07-01,\n"
			   "jobs,longmen,5000,,,\n"),
		{ NULL, NULL },
	};
	struct catalogue_file list[TEXT_FILES_MAX];
	size_t count = small_with(files, list);
	struct catalogue *catalogue = NULL;
	struct problems problems;

	problems_init(&problems);
	cr_expect(catalogue_load(list, count, &catalogue, &problems) == 0);
	cr_expect(problems.count == 0);
	problems_release(&problems);
	catalogue_free(catalogue);
}

Test(catalogue_check, lists_everything_at_once_in_order)
{
	static const struct text_file changes[] = {
		{ "settings.csv",
		  "key,value\nstart,2024-01-01\nend,2024-12-31\nbad,1\n" },
		ROSTER_CSV("jobs,nobody,x,,,\nwork,baima,,,,\n"),
		{ "targets.csv", T "goal,period,decimals\n"
				   "road,x,hrss,flow,x,monthly,x\n"
				   "jobs,x,nobody,flow,1,,\n"
				   "parks,x,hrss,items,1,,\n" },
		{ "plans.csv", NULL },
		{ NULL, NULL },
	};
	static const char *const places[] = {
		"settings.csv:4:key",	"targets.csv:2:decimals",
		"targets.csv:2:period", "targets.csv:2:goal",
		"targets.csv:3:lead",	"roster.csv:2:unit",
		"roster.csv:2:quota",	"roster.csv:3:target",
	};
	struct catalogue_file files[TEXT_FILES_MAX];
	size_t count = small_with(changes, files);
	struct catalogue *catalogue = NULL;
	struct problems problems;

	problems_init(&problems);
	cr_expect(catalogue_load(files, count, &catalogue, &problems) ==
		  ERR_INVALID);
	cr_expect(problems.errors == 8 && problems.count == 8);
	for (size_t i = 0; i < 8 && i < problems.count; i++) {
		char place[200];

		(void)snprintf(place, sizeof(place), "%s:%u:%s",
			       problems.list[i].file, problems.list[i].row,
			       problems.list[i].column);
		cr_expect_str_eq(place, places[i], "row %zu: %s", i, place);
	}
	problems_release(&problems);
}

Test(catalogue_check, stops_listing_at_its_limit)
{
	struct strbuf text;
	struct catalogue_file files[2];
	struct catalogue *catalogue = NULL;
	struct problems problems;

	strbuf_init(&text, 0);
	strbuf_add_text(&text, "unit,name_zh,kind\n");
	for (int i = 0; i < 12000; i++)
		strbuf_addf(&text, "u%d,x,unknown\n", i);
	files[0] = (struct catalogue_file){ "units.csv", strbuf_span(&text) };
	problems_init(&problems);
	cr_expect(catalogue_load(files, 1, &catalogue, &problems) ==
		  ERR_INVALID);
	cr_expect(problems.count == CATALOGUE_PROBLEMS_MAX);
	problems_release(&problems);
	strbuf_release(&text);
}
