/* The ten lines of docs/figures.md, section 7, one test each and more. */
#include "measure_fixture.h"

#define LADDER                                                \
	"ladder,step,order,name_zh\nworks,planned,1,谋划\n" \
	"works,started,2,开工\nworks,built,3,建成\n"

Test(light, line_1_waits_for_a_period_a_goal_a_quota)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,first_period,"
			   "lag_months\n"
			   "first,无一月数,flow,>=,100,lead,2024M02,\n"
			   "lag,滞后,flow,>=,100,lead,,1\n"
			   "watched,监测,flow,none,,lead,,\n"
			   "pending,待下达,flow,pending,,lead,,\n"
			   "shared,分解,flow,>=,100,lead,,\n",
		.roster = "target,unit,quota\nshared,a,60\nshared,b,\n",
		.reports = "target,unit,period,value\n"
			   "lag,lead,2024M01,5\nwatched,lead,2024M01,5\n"
			   "pending,lead,2024M01,5\n"
			   "shared,a,2024M01,5\nshared,b,2024M01,5\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-01-31", "first", NULL,
			 "- >=100 - - - - grey not-due 0/0" },
		       { "2024-02-28", "first", NULL,
			 "- >=100 - - - - grey not-due 0/0" },
		       { "2024-02-29", "first", NULL,
			 "- >=100 16.67 - - - grey no-report 0/1" },
		       { "2024-02-28", "lag", NULL,
			 "- >=100 - - - - grey not-due 0/0" },
		       /* A month end stays a month end. */
		       { "2024-02-29", "lag", NULL,
			 "5 >=100 8.33 3.33 5.00 behind green - 1/1" },
		       { "2024-01-31", "watched", NULL,
			 "5 - - - - - grey no-goal 1/1" },
		       { "2024-01-31", "pending", NULL,
			 "5 pending - - - - grey goal-pending 1/1" },
		       { "2024-01-31", "pending", "lead",
			 "5 pending - - - - grey goal-pending 1/1" },
		       { "2024-01-31", "shared", "a",
			 "5 >=60 5.00 0.00 8.33 on green - 1/1" },
		       { "2024-01-31", "shared", "b",
			 "5 - - - - - grey no-quota 1/1" });
	fixture_free(fixture);
}

Test(light, line_2_violation_comes_before_silence)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,hold\n"
			   "every,常年,level,>=,90,lead,every\n"
			   "cap,天数,flow,<=,10,lead,\n"
			   "strict,天数,flow,<,10,lead,\n",
		.goals = "target,goal,tier,compare,value,from,approval\n"
			 "cap,main,,<=,20,2024-04-01,批文\n",
		.reports = "target,unit,period,value\n"
			   "every,lead,2024M01,91\nevery,lead,2024M02,89\n"
			   "every,lead,2024M03,95\n"
			   "cap,lead,2024M01,11\n"
			   "strict,lead,2024M01,10\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-01-31", "every", NULL,
			 "91 >=90 - -1.11 101.11 - green - 1/1" },
		       { "2024-02-29", "every", NULL,
			 "89 >=90 - 1.11 98.89 - red violated 1/1" },
		       { "2024-03-31", "every", NULL,
			 "95 >=90 - -5.56 105.56 - red violated 1/1" },
		       /* Though nobody has reported for February. */
		       { "2024-02-29", "cap", NULL,
			 "11 <=10 1.67 93.33 - behind red violated 0/1 "
			 "used 110.00 left -1" },
		       /* Against the goal in force at E. */
		       { "2024-04-30", "cap", NULL,
			 "11 <=20 6.67 21.67 - behind grey coverage 0/1 "
			 "used 55.00 left 9" },
		       { "2024-01-31", "strict", NULL,
			 "10 <10 0.83 91.67 - behind red violated 1/1 "
			 "used 100.00 left 0" });
	fixture_report(fixture, "target,unit,period,value\n"
				"every,lead,2024M02,90\n");
	FIXTURE_EXPECT(fixture, { "2024-03-31", "every", NULL,
				  "95 >=90 - -5.56 105.56 - green - 1/1" });
	fixture_free(fixture);
}

Test(light, line_2_spares_a_stretch)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,lead\nt,争取,flow,lead\n",
		.goals = "target,goal,tier,compare,value\n"
			 "t,main,stretch,<=,10\n",
		.reports = "target,unit,period,value\nt,lead,2024M01,11\n",
	});

	FIXTURE_EXPECT(fixture, { "2024-01-31", "t", NULL,
				  "11 <=10 0.83 101.67 - behind grey stretch "
				  "1/1 used 110.00 left -1" });
	fixture_free(fixture);
}

Test(light, line_3_no_figure_says_why)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,approve\n"
			   "silent,无报,flow,>=,100,lead,\n"
			   "na,不适用,flow,>=,100,lead,\n"
			   "waits,待审,flow,>=,100,lead,yes\n"
			   "items,项目,items,>=,5,lead,\n"
			   "zero,项目,items,>=,5,lead,\n"
			   "guard,底线,guard,,,lead,\n",
		.reports = "target,unit,period,item,value,reason\n"
			   "na,lead,2024M01,,NA,今年不涉及\n"
			   "waits,lead,2024M01,,9,\n"
			   "zero,lead,2024M01,none,,\n",
	});

	FIXTURE_EXPECT(
		fixture,
		{ "2024-01-31", "silent", NULL,
		  "- >=100 8.33 - - - grey no-report 0/1" },
		{ "2024-01-31", "na", NULL,
		  "- >=100 8.33 - - - grey not-applicable 1/1" },
		{ "2024-01-31", "waits", NULL,
		  "- >=100 8.33 - - - grey in-review 0/1 as-reported 9" },
		{ "2024-01-31", "items", NULL,
		  "- >=5 0.42 - - - grey no-report 0/1" },
		{ "2024-01-31", "zero", NULL,
		  "0 >=5 0.42 8.33 0.00 behind green - 1/1" },
		{ "2024-01-31", "guard", NULL,
		  "- =0 - - - - grey no-report 0/1" });
	fixture_free(fixture);
}

Test(light, line_4_met_is_done_however_early)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,ladder\n"
			   "flow,就业,flow,>=,100,lead,\n"
			   "items,项目,items,>,1,lead,\n"
			   "stage,开工,milestone,>=,started,lead,works\n"
			   "level,户数,level,>=,100,lead,\n"
			   "net,净增,net,>=,10,lead,\n",
		.ladders = LADDER,
		.reports = "target,unit,period,item,value,stage,date,opened,"
			   "closed\n"
			   "flow,lead,2024M01,,100,,,,\n"
			   "items,lead,2024M01,P1,,,2024-01-05,,\n"
			   "items,lead,2024M01,P2,,,2024-01-05,,\n"
			   "stage,lead,2024M01,,,built,,,\n"
			   "level,lead,2024M01,,100,,,,\n"
			   "net,lead,2024M01,,,,,11,1\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-01-31", "flow", NULL,
			 "100 >=100 8.33 -91.67 100.00 ahead done - 1/1" },
		       /* Nobody has reported since. */
		       { "2024-05-31", "flow", NULL,
			 "100 >=100 41.67 -58.33 100.00 ahead done - 0/1" },
		       { "2024-01-31", "items", NULL,
			 "2 >1 0.17 -91.67 100.00 ahead done - 1/1" },
		       { "2024-05-31", "stage", NULL,
			 "100 >=started 2024-12-31 - 100.00 on done - 0/1 "
			 "items 1/1 slip 0" },
		       /* All others can fall back. */
		       { "2024-01-31", "level", NULL,
			 "100 >=100 - 0.00 100.00 - green - 1/1" },
		       { "2024-01-31", "net", NULL,
			 "10 >=10 0.83 -91.67 100.00 ahead green - 1/1" });
	fixture_report(fixture, "target,unit,period,value\n"
				"flow,lead,2024M01,99\n");
	FIXTURE_EXPECT(fixture, { "2024-01-31", "flow", NULL,
				  "99 >=100 8.33 -90.67 99.00 ahead green - "
				  "1/1" });
	fixture_free(fixture);
}

Test(light, line_5_asks_for_coverage)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.settings = "key,value\nstart,2024-01-01\nend,2024-12-31\n"
			    "coverage_min,66.7\n",
		.targets =
			"target,name_zh,kind,compare,goal,lead,hold,approve\n"
			"flow,就业,flow,>=,1200,lead,,\n"
			"cap,天数,flow,<=,1200,lead,,\n"
			"every,常年,level,>=,1,lead,every,\n"
			"gone,无人,flow,>=,1200,lead,,\n"
			"review,待审,flow,>=,1200,lead,,yes\n",
		.roster = "target,unit,until\nflow,a,\nflow,b,\nflow,c,\n"
			  "cap,a,\ncap,b,\ncap,c,\n"
			  "every,a,\nevery,b,\nevery,c,\n"
			  "gone,a,2024-01-31\n"
			  "review,a,\nreview,b,\nreview,c,\n",
		.reports = "target,unit,period,value,review\n"
			   "flow,a,2024M01,50,\nflow,b,2024M01,50,\n"
			   "cap,a,2024M01,50,\ncap,b,2024M01,50,\n"
			   "every,a,2024M01,50,\nevery,a,2024M02,50,\n"
			   "every,b,2024M02,50,\nevery,c,2024M02,50,\n"
			   "gone,a,2024M01,200,\n"
			   "review,a,2024M01,70,\nreview,b,2024M01,50,\n"
			   "review,c,2024M01,50,\n"
			   "review,a,2024M01,,approved\n",
	});

	FIXTURE_EXPECT(fixture,
		       /* 2 of 3 is 66.67 %. */
		       { "2024-01-31", "flow", NULL,
			 "100 >=1200 100.00 0.00 8.33 on grey coverage 2/3" },
		       { "2024-01-31", "cap", NULL,
			 "100 <=1200 100.00 0.00 - on grey coverage 2/3 "
			 "used 8.33 left 1100" },
		       { "2024-02-29", "every", NULL,
			 "150 >=1 - -14900.00 15000.00 - grey coverage 3/3" },
		       { "2024-02-29", "gone", NULL,
			 "200 >=1200 200.00 0.00 16.67 on grey coverage 0/0" },
		       { "2024-01-31", "review", NULL,
			 "70 >=1200 100.00 2.50 5.83 behind grey in-review 1/3 "
			 "as-reported 170" });
	fixture_report(fixture, "target,unit,period,value\n"
				"flow,c,2024M01,0\ncap,c,2024M01,0\n"
				"every,b,2024M01,1\nevery,c,2024M01,1\n");
	FIXTURE_EXPECT(fixture,
		       { "2024-01-31", "flow", NULL,
			 "100 >=1200 100.00 0.00 8.33 on green - 3/3" },
		       { "2024-01-31", "cap", NULL,
			 "100 <=1200 100.00 0.00 - on green - 3/3 "
			 "used 8.33 left 1100" },
		       { "2024-02-29", "every", NULL,
			 "150 >=1 - -14900.00 15000.00 - green - 3/3" });
	fixture_free(fixture);
}

Test(light, line_6_annual_figures_and_stretches)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,annual_only\n"
			   "annual,年度,level,>=,100,lead,yes\n"
			   "stretch,争创,level,,,lead,\n"
			   "both,保底力争,level,,,lead,\n",
		.goals = "target,goal,tier,compare,value\n"
			 "stretch,main,stretch,>=,100\n"
			 "both,floor,,>=,80\nboth,hope,stretch,>=,100\n",
		.reports = "target,unit,period,value\n"
			   "annual,lead,2024M06,10\nannual,lead,2024M12,100\n"
			   "stretch,lead,2024M05,99\n"
			   "stretch,lead,2024M06,100\n"
			   "stretch,lead,2024M12,100\n"
			   "both,lead,2024M06,90\nboth,lead,2024M12,100\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "annual", NULL,
			 "10 >=100 - 90.00 10.00 - grey annual-only 1/1" },
		       { "2024-12-31", "annual", NULL,
			 "100 >=100 - 0.00 100.00 - done - 1/1" },
		       { "2024-05-31", "stretch", NULL,
			 "99 >=100 - 1.00 99.00 - grey stretch 1/1" },
		       { "2024-06-30", "stretch", NULL,
			 "100 >=100 - 0.00 100.00 - green - 1/1" },
		       { "2024-12-31", "stretch", NULL,
			 "100 >=100 - 0.00 100.00 - done - 1/1" },
		       { "2024-06-30", "both", NULL,
			 "90 >=80 - -12.50 112.50 - green - 1/1 stretch 0" },
		       { "2024-12-31", "both", NULL,
			 "100 >=80 - -25.00 125.00 - done - 1/1 stretch 1" });
	fixture_free(fixture);
}

Test(light, stretches_of_milestones)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,lead,ladder\n"
			   "both,建成,milestone,lead,works\n"
			   "dated,争创,milestone,lead,works\n",
		.ladders = LADDER,
		.goals = "target,goal,tier,compare,value\n"
			 "both,floor,,>=,started\n"
			 "both,hope,stretch,>=,built\n"
			 "dated,main,stretch,>=,built\n",
		.plans = "target,stage,by\ndated,started,2024-05-31\n",
		.reports = "target,unit,period,stage\n"
			   "both,lead,2024M05,started\n"
			   "both,lead,2024M06,built\n"
			   "dated,lead,2024M06,planned\n"
			   "dated,lead,2024M07,built\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-05-31", "both", NULL,
			 "100 >=started 2024-12-31 - 100.00 on done - 1/1 "
			 "items 1/1 slip 0 stretch 0" },
		       { "2024-06-30", "both", NULL,
			 "100 >=started 2024-12-31 - 100.00 on done - 1/1 "
			 "items 1/1 slip 0 stretch 1" },
		       { "2024-06-30", "dated", NULL,
			 "0 >=built 2024-12-31 - 0.00 behind grey stretch 1/1 "
			 "items 0/1 slip 2" },
		       { "2024-07-31", "dated", NULL,
			 "100 >=built 2024-12-31 - 100.00 on done - 1/1 "
			 "items 1/1 slip 0" });
	fixture_free(fixture);
}

Test(light, line_7_is_final_with_the_last_period)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets =
			"target,name_zh,kind,compare,goal,lead,period,ladder,"
			"start,end\n"
			"flow,就业,flow,>=,100,lead,,,,\n"
			"cap,天数,flow,<=,100,lead,,,,\n"
			"guard,底线,guard,,,lead,quarter,,,\n"
			"stage,建成,milestone,>=,built,lead,,works,,\n"
			"fiscal,财年,flow,>=,100,lead,year,,2023-07-01,"
			"2024-06-30\n",
		.ladders = LADDER,
		.reports = "target,unit,period,value,violations,stage\n"
			   "flow,lead,2024M12,99,,\n"
			   "cap,lead,2024M12,100,,\n"
			   "guard,lead,2024Q1,,0,\nguard,lead,2024Q2,,0,\n"
			   "guard,lead,2024Q3,,0,\nguard,lead,2024Q4,,0,\n"
			   "stage,lead,2024M12,,,started\n"
			   "fiscal,lead,2023,80,,\n",
	});

	FIXTURE_EXPECT(
		fixture,
		{ "2024-12-31", "flow", NULL,
		  "99 >=100 100.00 1.00 99.00 behind red missed 1/1" },
		/* Days after the window change nothing. */
		{ "2025-06-30", "flow", NULL,
		  "99 >=100 100.00 1.00 99.00 behind red missed 1/1" },
		{ "2024-12-31", "cap", NULL,
		  "100 <=100 100.00 0.00 - on done - 1/1 "
		  "used 100.00 left 0" },
		{ "2024-12-30", "guard", NULL, "0 =0 - - - - green - 1/1" },
		{ "2024-12-31", "guard", NULL, "0 =0 - - - - done - 1/1" },
		{ "2024-12-31", "stage", NULL,
		  "0 >=built 2024-12-31 - 0.00 behind red missed 1/1 "
		  "items 0/1 slip 1" },
		{ "2024-06-29", "fiscal", NULL,
		  "- >=100 - - - - grey not-due 0/0" },
		{ "2024-06-30", "fiscal", NULL,
		  "80 >=100 100.00 20.00 80.00 behind red missed 1/1" });
	fixture_free(fixture);
}

Test(light, line_8_milestones_slip_by_month_ends)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,ladder\n"
			   "t,建成,milestone,>=,built,lead,works\n",
		.ladders = LADDER,
		.items = "target,item,name_zh,unit\nt,X,路一,\nt,Y,路二,\n",
		.plans = "target,item,stage,by\n"
			 "t,,started,2024-03-15\nt,Y,started,2024-06-30\n"
			 "t,X,built,2024-11-30\n",
		.roster = "target,unit\nt,lead\n",
	});
	static const char *const months[] = { "2024M01", "2024M02", "2024M03",
					      "2024M04", "2024M05", "2024M06" };

	for (size_t i = 0; i < 6; i++) {
		char text[128];

		(void)snprintf(text, sizeof(text),
			       "target,unit,period,item,stage\n"
			       "t,lead,%s,X,planned\nt,lead,%s,Y,planned\n",
			       months[i], months[i]);
		fixture_report(fixture, text);
	}
	FIXTURE_EXPECT(
		fixture,
		{ "2024-02-29", "t", NULL,
		  "0 >=built 2024-12-31 - 0.00 on green - 1/1 "
		  "items 0/2 slip 0" },
		{ "2024-03-31", "t", NULL,
		  "0 >=built 2024-12-31 - 0.00 behind yellow overdue 1/1 "
		  "items 0/2 slip 1" },
		{ "2024-04-30", "t", NULL,
		  "0 >=built 2024-12-31 - 0.00 behind yellow overdue 1/1 "
		  "items 0/2 slip 2" },
		{ "2024-05-31", "t", NULL,
		  "0 >=built 2024-12-31 - 0.00 behind red overdue 1/1 "
		  "items 0/2 slip 3" });
	/* X has begun; Y's own day is the last of June. */
	fixture_report(fixture, "target,unit,period,item,stage\n"
				"t,lead,2024M05,X,started\n"
				"t,lead,2024M06,X,started\n");
	FIXTURE_EXPECT(fixture,
		       { "2024-05-31", "t", NULL,
			 "0 >=built 2024-12-31 - 0.00 on green - 1/1 "
			 "items 0/2 slip 0" },
		       { "2024-06-30", "t", NULL,
			 "0 >=built 2024-12-31 - 0.00 behind yellow overdue "
			 "1/1 items 0/2 slip 1" });
	fixture_free(fixture);
}

Test(light, lines_9_and_10_keep_their_thresholds)
{
	static const struct {
		const char *kind, *value, *line;
	} rows[] = {
		/* Planned: red above 30, yellow from 10. */
		{ "flow", "201",
		  "201 >=1200 600.00 33.25 16.75 behind red - " },
		{ "flow", "240",
		  "240 >=1200 600.00 30.00 20.00 behind yellow - " },
		{ "flow", "480",
		  "480 >=1200 600.00 10.00 40.00 behind yellow - " },
		{ "flow", "481",
		  "481 >=1200 600.00 9.92 40.08 behind green - " },
		/* Direct: not met is never green. */
		{ "level", "1199", "1199 >=1200 - 0.08 99.92 - yellow - " },
		{ "level", "840", "840 >=1200 - 30.00 70.00 - yellow - " },
		{ "level", "839", "839 >=1200 - 30.08 69.92 - red - " },
		{ "level", "1200", "1200 >=1200 - 0.00 100.00 - green - " },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char targets[128], reports[128], line[128];
		struct fixture *fixture;

		(void)snprintf(targets, sizeof(targets),
			       "target,name_zh,kind,compare,goal,lead\n"
			       "t,任务,%s,>=,1200,lead\n",
			       rows[i].kind);
		(void)snprintf(reports, sizeof(reports),
			       "target,unit,period,value\n"
			       "t,lead,2024M06,%s\n",
			       rows[i].value);
		(void)snprintf(line, sizeof(line), "%s1/1", rows[i].line);
		fixture = fixture_new((struct fixture_texts){
			.targets = targets,
			.reports = reports,
		});
		cr_expect_str_eq(fixture_line(fixture, "2024-06-30", "t", NULL),
				 line, "row %zu: %s", i, fixture->shown.text);
		fixture_free(fixture);
	}
}

Test(light, own_thresholds_go_first)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.settings = "key,value\nstart,2024-01-01\nend,2024-12-31\n"
			    "yellow_from,5\nred_above,20\n",
		.targets = "target,name_zh,kind,compare,goal,lead,yellow_from,"
			   "red_above\n"
			   "t,任务,flow,>=,1200,lead,,\n"
			   "own,任务,flow,>=,1200,lead,0,2.5\n",
		.reports = "target,unit,period,value\n"
			   "t,lead,2024M06,540\nown,lead,2024M06,599\n"
			   "t,lead,2024M07,400\nown,lead,2024M07,600\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "t", NULL,
			 "540 >=1200 600.00 5.00 45.00 behind yellow - 1/1" },
		       { "2024-07-31", "t", NULL,
			 "400 >=1200 700.00 25.00 33.33 behind red - 1/1" },
		       { "2024-06-30", "own", NULL,
			 "599 >=1200 600.00 0.08 49.92 behind yellow - 1/1" },
		       { "2024-07-31", "own", NULL,
			 "600 >=1200 700.00 8.33 50.00 behind red - 1/1" });
	fixture_free(fixture);
}

Test(light, narrative_is_the_reviewers)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,lead\n"
			   "own,营商环境,narrative,lead\n"
			   "all,乡村治理,narrative,lead\n",
		.roster = "target,unit\nall,a\nall,b\n",
		.reports = "target,unit,period,text,review\n"
			   "own,lead,2024M02,已开展,\n"
			   "own,lead,2024M03,已开展,\n"
			   "own,lead,2024M03,,green\n"
			   "all,a,2024M02,已开展,\nall,a,2024M02,,green\n"
			   "all,a,2024M03,已开展,\nall,a,2024M03,,done\n"
			   "all,b,2024M03,已开展,\nall,b,2024M03,,red\n",
	});

	FIXTURE_EXPECT(
		fixture,
		{ "2024-01-31", "own", NULL, "- - - - - - grey no-report 0/1" },
		{ "2024-02-29", "own", NULL, "- - - - - - grey no-review 1/1" },
		{ "2024-03-31", "own", NULL, "- - - - - - green - 1/1" },
		{ "2024-01-31", "all", NULL, "- - - - - - grey no-report 0/2" },
		{ "2024-02-29", "all", NULL, "- - - - - - grey no-review 1/2" },
		{ "2024-03-31", "all", NULL, "- - - - - - red - 2/2" },
		{ "2024-03-31", "all", "a", "- - - - - - done - 1/1" });
	/* A new text is not yet reviewed. */
	fixture_report(fixture, "target,unit,period,text\n"
				"own,lead,2024M03,又有进展\n");
	FIXTURE_EXPECT(fixture, { "2024-03-31", "own", NULL,
				  "- - - - - - grey no-review 1/1" });
	fixture_free(fixture);
}

Test(light, approved_figures_stand_until_the_next_is_approved)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,approve\n"
			   "t,就业,flow,>=,1200,lead,yes\n"
			   "free,就业,flow,>=,1200,lead,\n",
		.reports = "target,unit,period,value,review\n"
			   "t,lead,2024M01,90,\nt,lead,2024M01,,approved\n"
			   "t,lead,2024M01,100,\n"
			   "free,lead,2024M01,90,\nfree,lead,2024M01,100,\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-01-31", "t", NULL,
			 "90 >=1200 100.00 0.83 7.50 behind green - 1/1 "
			 "as-reported 100" },
		       { "2024-01-31", "free", NULL,
			 "100 >=1200 100.00 0.00 8.33 on green - 1/1" });
	fixture_report(fixture, "target,unit,period,review\n"
				"t,lead,2024M01,approved\n"
				"free,lead,2024M01,returned\n");
	FIXTURE_EXPECT(fixture,
		       { "2024-01-31", "t", NULL,
			 "100 >=1200 100.00 0.00 8.33 on green - 1/1" },
		       { "2024-01-31", "free", NULL,
			 "90 >=1200 100.00 0.83 7.50 behind green - 1/1" });
	fixture_free(fixture);
}
