/* Tasks, the counts of the first screen, ranks, standings, and the lines of
 * JSON: docs/figures.md, section 8. */
#include "measure_fixture.h"

static struct fixture *year(void)
{
	return fixture_new((struct fixture_texts){
		.targets =
			"target,name_zh,kind,measure,compare,goal,lead,part_of,"
			"ladder,first_period\n"
			"jobs,就业,flow,,>=,1200,lead,,,\n"
			"roads,道路,milestone,,>=,built,lead,,works,\n"
			"all,全部,benchmark,,,,lead,,,\n"
			"one,其一,flow,,>=,10,lead,all,,\n"
			"two,其二,flow,,>=,10,lead,all,,\n"
			"watched,监测,level,,none,,lead,,,\n"
			"pending,待下达,flow,,pending,,lead,,,\n"
			"silent,无报,flow,,>=,100,lead,,,\n"
			"text,治理,narrative,,,,lead,,,\n"
			"later,以后,flow,,>=,100,lead,,,2024M12\n"
			"cap,天数,flow,,<=,19,lead,,,\n"
			"done,已完成,flow,,>=,5,lead,,,\n",
		.roster = "target,unit,quota\njobs,a,400\njobs,b,400\n"
			  "jobs,c,300\njobs,d,\n",
		.goals = "target,goal,tier,compare,value\n"
			 "done,hope,stretch,>=,9\n",
		.ladders = "ladder,step,order,name_zh\n"
			   "works,started,1,开工\nworks,built,2,建成\n",
		.reports = "target,unit,period,value,stage,text,review\n"
			   "jobs,a,2024M06,150,,,\njobs,b,2024M06,150,,,\n"
			   "jobs,c,2024M06,200,,,\njobs,d,2024M06,50,,,\n"
			   "roads,lead,2024M06,,started,,\n"
			   "one,lead,2024M06,10,,,\ntwo,lead,2024M06,4,,,\n"
			   "watched,lead,2024M06,7,,,\n"
			   "text,lead,2024M06,,,有进展,\n"
			   "text,lead,2024M06,,,,green\n"
			   "cap,lead,2024M06,12,,,\n"
			   "done,lead,2024M06,7,,,\n",
	});
}

static char *lines(struct fixture *fixture, bool all)
{
	struct evaluation *evaluation =
		fixture_evaluate(fixture, "2024-06-30", NULL);
	struct err err = { 0 };

	strbuf_clear(&fixture->shown);
	cr_assert(!evaluation_json(evaluation, all, &fixture->shown, &err),
		  "%s", err.msg);
	evaluation_free(evaluation);
	return fixture->shown.text;
}

Test(json, one_line_a_task_in_order)
{
	static const char expected[] =
		"{\"target\": \"jobs\", \"kind\": \"flow\", \"value\": "
		"\"550\", \"goal\": \">=1200\", "
		"\"plan\": \"600.00\", \"light\": \"green\", \"reported\": 4, "
		"\"due\": 4, "
		"\"cutoff\": \"2024-06-30\", \"period\": \"2024M06\", \"met\": "
		"false, "
		"\"pace\": \"behind\", \"gap\": \"4.17\", \"rate\": \"45.83\", "
		"\"why\": null, \"allocated\": \"1100\"}\n"
		"{\"target\": \"roads\", \"kind\": \"milestone\", \"value\": "
		"\"0\", \"goal\": \">=built\", "
		"\"plan\": \"2024-12-31\", \"light\": \"green\", \"reported\": "
		"1, \"due\": 1, "
		"\"cutoff\": \"2024-06-30\", \"period\": \"2024M06\", \"met\": "
		"false, "
		"\"pace\": \"on\", \"gap\": null, \"rate\": \"0.00\", \"why\": "
		"null, \"slip\": 0, \"items\": \"0/1\"}\n"
		"{\"target\": \"all\", \"kind\": \"benchmark\", \"value\": "
		"\"1\", \"goal\": \"2\", "
		"\"plan\": null, \"light\": \"yellow\", \"reported\": 2, "
		"\"due\": 2, "
		"\"cutoff\": \"2024-06-30\", \"period\": \"2024M06\", \"met\": "
		"false, "
		"\"pace\": null, \"gap\": null, \"rate\": null, \"why\": "
		"null}\n"
		"{\"target\": \"pending\", \"kind\": \"flow\", \"value\": "
		"null, \"goal\": \"pending\", "
		"\"plan\": null, \"light\": \"grey\", \"reported\": 0, "
		"\"due\": 1, "
		"\"cutoff\": \"2024-06-30\", \"period\": \"2024M06\", \"met\": "
		"null, "
		"\"pace\": null, \"gap\": null, \"rate\": null, \"why\": "
		"\"goal-pending\"}\n"
		"{\"target\": \"silent\", \"kind\": \"flow\", \"value\": null, "
		"\"goal\": \">=100\", "
		"\"plan\": \"50.00\", \"light\": \"grey\", \"reported\": 0, "
		"\"due\": 1, "
		"\"cutoff\": \"2024-06-30\", \"period\": \"2024M06\", \"met\": "
		"null, "
		"\"pace\": null, \"gap\": null, \"rate\": null, \"why\": "
		"\"no-report\"}\n"
		"{\"target\": \"text\", \"kind\": \"narrative\", \"value\": "
		"null, \"goal\": null, "
		"\"plan\": null, \"light\": \"green\", \"reported\": 1, "
		"\"due\": 1, "
		"\"cutoff\": \"2024-06-30\", \"period\": \"2024M06\", \"met\": "
		"null, "
		"\"pace\": null, \"gap\": null, \"rate\": null, \"why\": "
		"null}\n"
		"{\"target\": \"later\", \"kind\": \"flow\", \"value\": null, "
		"\"goal\": \">=100\", "
		"\"plan\": null, \"light\": \"grey\", \"reported\": 0, "
		"\"due\": 0, "
		"\"cutoff\": \"2024-06-30\", \"period\": null, \"met\": null, "
		"\"pace\": null, \"gap\": null, \"rate\": null, \"why\": "
		"\"not-due\"}\n"
		"{\"target\": \"cap\", \"kind\": \"flow\", \"value\": \"12\", "
		"\"goal\": \"<=19\", "
		"\"plan\": \"9.50\", \"light\": \"yellow\", \"reported\": 1, "
		"\"due\": 1, "
		"\"cutoff\": \"2024-06-30\", \"period\": \"2024M06\", \"met\": "
		"true, "
		"\"pace\": \"behind\", \"gap\": \"13.16\", \"rate\": null, "
		"\"why\": null, \"used\": \"63.16\", \"left\": \"7\"}\n"
		"{\"target\": \"done\", \"kind\": \"flow\", \"value\": \"7\", "
		"\"goal\": \">=5\", "
		"\"plan\": \"2.50\", \"light\": \"done\", \"reported\": 1, "
		"\"due\": 1, "
		"\"cutoff\": \"2024-06-30\", \"period\": \"2024M06\", \"met\": "
		"true, "
		"\"pace\": \"ahead\", \"gap\": \"-90.00\", \"rate\": "
		"\"140.00\", \"why\": null, \"stretch\": false}\n";
	struct fixture *fixture = year();

	cr_expect_str_eq(lines(fixture, false), expected, "%s",
			 fixture->shown.text);
	fixture_free(fixture);
}

/* What a line has for a key, as it stands there; "" if it lacks the key. */
static void value_in(const char *line, const char *key, char out[64])
{
	char name[64];
	const char *at;
	size_t len;

	(void)snprintf(name, sizeof(name), "\"%s\": ", key);
	at = strstr(line, name);
	*out = '\0';
	if (!at)
		return;
	at += strlen(name);
	len = strcspn(at, ",}\n");
	(void)snprintf(out, 64, "%.*s", (int)len, at);
}

Test(json, all_has_parts_units_and_the_overall_line)
{
	static const struct {
		const char *target, *unit, *last, *light;
	} rows[] = {
		{ "jobs", "", "", "green" },
		{ "jobs", "a", "2024M06", "yellow" },
		{ "jobs", "b", "2024M06", "yellow" },
		{ "jobs", "c", "2024M06", "green" },
		{ "jobs", "d", "2024M06", "grey" },
		{ "roads", "", "", "green" },
		{ "roads", "lead", "2024M06", "green" },
		{ "all", "", "", "yellow" },
		{ "one", "", "", "done" },
		{ "one", "lead", "2024M06", "done" },
		{ "two", "", "", "yellow" },
		{ "two", "lead", "2024M06", "yellow" },
		{ "watched", "", "", "grey" },
		{ "watched", "lead", "2024M06", "grey" },
		{ "pending", "", "", "grey" },
		{ "pending", "lead", "null", "grey" },
	};
	static const char overall[] =
		"{\"overall\": {\"tasks\": 9, \"accountable\": 7, "
		"\"good\": 4, \"good_share\": \"57.1\", \"done\": 1, "
		"\"done_share\": \"11.1\", \"green\": 3, "
		"\"yellow\": 2, \"red\": 0, \"grey\": 3, "
		"\"silent\": 1, \"waiting\": 2, \"time\": \"50.0\"}}\n";
	struct fixture *fixture = year();
	char *text = lines(fixture, true), *line = text;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[64], value[64], whole[512];
		const char *keys[] = { "target", "unit", "last", "light" };
		const char *values[] = { rows[i].target, rows[i].unit,
					 rows[i].last, rows[i].light };

		(void)snprintf(whole, sizeof(whole), "%.*s",
			       (int)strcspn(line, "\n"), line);
		for (size_t k = 0; k < 4; k++) {
			bool plain = !*values[k] || !strcmp(values[k], "null");

			(void)snprintf(want, sizeof(want),
				       plain ? "%s" : "\"%s\"", values[k]);
			value_in(whole, keys[k], value);
			cr_expect_str_eq(value, want, "row %zu: %s", i, whole);
		}
		line += strcspn(line, "\n") + 1;
	}
	cr_assert_geq(strlen(text), strlen(overall));
	cr_expect_str_eq(text + strlen(text) - strlen(overall), overall, "%s",
			 text + strlen(text) - strlen(overall));
	fixture_free(fixture);
}

Test(overall, counts_apart_by_what_tasks_are)
{
	struct fixture *fixture = year();
	struct evaluation *evaluation =
		fixture_evaluate(fixture, "2024-06-30", NULL);
	struct overall overall;
	struct err err = { 0 };

	cr_assert(!evaluation_overall(evaluation, &overall, &err), "%s",
		  err.msg);
	cr_expect_eq(overall.all.tasks, 9);
	cr_expect_eq(overall.all.green_behind, 1);
	cr_expect_eq(overall.measured.tasks, 7);
	cr_expect_eq(overall.measured.accountable, 5);
	cr_expect_eq(overall.measured.good, 2);
	cr_expect_str_eq(overall.measured.good_share, "40.0");
	cr_expect_eq(overall.milestone.tasks, 1);
	cr_expect_eq(overall.milestone.green, 1);
	cr_expect_eq(overall.narrative.tasks, 1);
	cr_expect_str_eq(overall.narrative.good_share, "100.0");
	cr_expect_str_eq(overall.time, "50.0");
	evaluation_free(evaluation);
	fixture_free(fixture);
}

Test(overall, units_rank_by_completion_and_share_ranks)
{
	static const struct {
		const char *unit;
		uint32_t rank;
	} rows[] = { { "a", 2 }, { "b", 2 }, { "c", 1 }, { "d", 0 } };
	struct fixture *fixture = year();
	struct evaluation *evaluation =
		fixture_evaluate(fixture, "2024-06-30", NULL);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(fixture_figure(fixture, evaluation, "jobs",
					    rows[i].unit)
				     ->rank,
			     rows[i].rank, "row %zu", i);
	evaluation_free(evaluation);
	fixture_free(fixture);
}

Test(overall, kinds_without_a_rate_rank_by_gap)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead\n"
			   "t,时限,limit,<=,50,lead\n",
		.roster = "target,unit\nt,a\nt,b\nt,c\nt,d\n",
		.reports = "target,unit,period,cases,total\n"
			   "t,a,2024M01,10,600\nt,b,2024M01,10,400\n"
			   "t,c,2024M01,5,200\n",
	});
	static const struct {
		const char *unit;
		uint32_t rank;
	} rows[] = { { "a", 3 }, { "b", 1 }, { "c", 1 }, { "d", 0 } };
	struct evaluation *evaluation =
		fixture_evaluate(fixture, "2024-01-31", NULL);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(
			fixture_figure(fixture, evaluation, "t", rows[i].unit)
				->rank,
			rows[i].rank, "row %zu", i);
	evaluation_free(evaluation);
	fixture_free(fixture);
}

Test(overall, standings_of_units)
{
	static const struct {
		const char *unit;
		uint32_t rows, accountable, good, rank;
		const char *share;
	} rows[] = {
		{ "a", 1, 1, 0, 3, "0.0" },	{ "b", 1, 1, 0, 3, "0.0" },
		{ "c", 1, 1, 1, 1, "100.0" },	{ "d", 1, 0, 0, 0, "" },
		{ "lead", 7, 6, 3, 2, "50.0" },
	};
	struct fixture *fixture = year();
	struct evaluation *evaluation =
		fixture_evaluate(fixture, "2024-06-30", NULL);
	const struct standing *list;
	struct err err = { 0 };
	size_t count;

	cr_assert(!evaluation_standings(evaluation, &list, &count, &err), "%s",
		  err.msg);
	cr_assert_eq(count, sizeof(rows) / sizeof(rows[0]));
	for (size_t i = 0; i < count; i++) {
		cr_expect_str_eq(fixture->catalogue->units[list[i].unit].id,
				 rows[i].unit, "row %zu", i);
		cr_expect_eq(list[i].rows, rows[i].rows, "row %zu: %u", i,
			     list[i].rows);
		cr_expect_eq(list[i].accountable, rows[i].accountable,
			     "row %zu: %u", i, list[i].accountable);
		cr_expect_eq(list[i].good, rows[i].good, "row %zu: %u", i,
			     list[i].good);
		cr_expect_eq(list[i].rank, rows[i].rank, "row %zu: %u", i,
			     list[i].rank);
		cr_expect_str_eq(list[i].good_share, rows[i].share, "row %zu",
				 i);
	}
	evaluation_free(evaluation);
	fixture_free(fixture);
}

Test(overall, names_are_those_of_the_document)
{
	cr_expect_str_eq(light_name(LIGHT_DONE), "done");
	cr_expect_str_eq(light_name(LIGHT_GREY), "grey");
	cr_expect_str_eq(why_name(WHY_NONE), "");
	cr_expect_str_eq(why_name(WHY_REFERENCE_MISSING), "reference-missing");
	cr_expect_str_eq(pace_name(PACE_ON), "on");
}
