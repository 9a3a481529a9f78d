/* Every row of the table of expected figure, gap and completion rate, the
 * curves, and plans of units: docs/figures.md, section 6.6. */
#include "measure_fixture.h"

Test(plan, every_case_of_the_table)
{
	static const struct {
		const char *kind, *compare, *goal, *base, *fields, *values,
			*line;
	} rows[] = {
		/* flow, items, net towards a goal above 0. */
		{ "flow", ">", "19", "", "value", "5",
		  "5 >19 10.00 25.00 25.00 behind yellow - 1/1" },
		{ "net", ">=", "20", "", "opened,closed", "8,3",
		  "5 >=20 10.00 25.00 25.00 behind yellow - 1/1" },
		/* A goal of 0 or less is direct. */
		{ "net", ">=", "-20", "", "opened,closed", "0,25",
		  "-25 >=-20 - 25.00 - - yellow - 1/1" },
		{ "net", ">=", "0", "", "opened,closed", "0,5",
		  "-5 >=0 - 100.00 - - red - 1/1" },
		{ "net", ">=", "0", "", "opened,closed", "5,0",
		  "5 >=0 - 0.00 - - green - 1/1" },
		/* level, ratio from a base. */
		{ "level", ">=", "20", "10", "value", "12",
		  "12 >=20 15.00 30.00 20.00 behind yellow - 1/1" },
		{ "level", "<=", "10", "20", "value", "18",
		  "18 <=10 15.00 30.00 20.00 behind yellow - 1/1" },
		{ "level", "<", "10", "20", "value", "14",
		  "14 <10 14.50 -4.55 54.55 ahead green - 1/1" },
		{ "ratio", ">=", "90", "80", "num,den", "85,100",
		  "85 >=90 85.00 0.00 50.00 on green - 1/1" },
		/* A base that meets the goal: direct. */
		{ "level", ">=", "20", "25", "value", "19",
		  "19 >=20 - 5.00 95.00 - yellow - 1/1" },
		{ "level", "<=", "20", "15", "value", "21",
		  "21 <=20 - 5.00 - - yellow - 1/1" },
		/* Budgets. */
		{ "flow", "<=", "20", "", "value", "9",
		  "9 <=20 10.00 -5.00 - ahead green - 1/1 "
		  "used 45.00 left 11" },
		{ "flow", "<=", "0", "", "value", "0",
		  "0 <=0 0.00 0.00 - on green - 1/1" },
		{ "flow", "<=", "0", "", "value", "1",
		  "1 <=0 0.00 100.00 - behind red violated 1/1" },
		{ "net", "<=", "20", "", "opened,closed", "9,0",
		  "9 <=20 - -55.00 - - green - 1/1" },
		/* Bands of amounts: p of the lower edge, not above the upper
		 * one. */
		{ "flow", "about", "20", "2", "value", "8",
		  "8 ~20±2 9.00 5.00 40.00 behind green - 1/1" },
		{ "flow", "about", "20", "2", "value", "22",
		  "22 ~20±2 9.00 0.00 110.00 on green - 1/1" },
		{ "flow", "about", "20", "2", "value", "23",
		  "23 ~20±2 9.00 5.00 115.00 behind yellow - 1/1" },
		{ "flow", "about", "20", "2", "value", "29",
		  "29 ~20±2 9.00 35.00 145.00 behind red - 1/1" },
		{ "flow", "eq", "20", "", "value", "10",
		  "10 =20 10.00 0.00 50.00 on green - 1/1" },
		/* Direct. */
		{ "growth", ">=", "-5", "", "current,base", "94,100",
		  "-6 >=-5 - 20.00 - - yellow - 1/1" },
		{ "ratio", ">=", "80", "", "num,den", "60,100",
		  "60 >=80 - 25.00 - - yellow - 1/1" },
		{ "ratio", "<=", "80", "", "num,den", "90,100",
		  "90 <=80 - 12.50 - - yellow - 1/1" },
		{ "level", ">", "20", "", "value", "20",
		  "20 >20 - 4.76 95.24 - yellow - 1/1" },
		{ "limit", "<", "50", "", "cases,total", "10,500",
		  "50 <50 - 0.00 - - yellow - 1/1" },
		{ "level", "about", "30", "0.5", "value", "31",
		  "31 ~30±0.5 - 1.67 - - yellow - 1/1" },
		{ "level", "about", "30", "0.5", "value", "29",
		  "29 ~30±0.5 - 1.67 - - yellow - 1/1" },
		{ "level", "about", "30", "1", "value", "31",
		  "31 ~30±1 - 0.00 - - green - 1/1" },
		{ "level", "eq", "0", "", "value", "3",
		  "3 =0 - 100.00 - - red - 1/1" },
		{ "guard", "eq", "0", "", "violations", "0",
		  "0 =0 - - - - grey coverage 1/1" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool band = !strcmp(rows[i].compare, "about");
		char targets[256], goals[256], reports[256];
		struct fixture *fixture;
		const char *line;

		(void)snprintf(targets, sizeof(targets),
			       "target,name_zh,kind,base,lead\n"
			       "t,任务,%s,%s,lead\n",
			       rows[i].kind, band ? "" : rows[i].base);
		(void)snprintf(goals, sizeof(goals),
			       "target,compare,value,width\nt,%s,%s,%s\n",
			       rows[i].compare, rows[i].goal,
			       band ? rows[i].base : "");
		(void)snprintf(reports, sizeof(reports),
			       "target,unit,period,%s\nt,lead,2024M06,%s\n",
			       rows[i].fields, rows[i].values);
		fixture = fixture_new((struct fixture_texts){
			.targets = targets,
			.goals = goals,
			.reports = reports,
		});
		line = fixture_line(fixture, "2024-06-30", "t", NULL);
		cr_expect_str_eq(line, rows[i].line, "row %zu: %s, not %s", i,
				 line, rows[i].line);
		cr_expect_str_eq(fixture->refused.text, "", "row %zu", i);
		fixture_free(fixture);
	}
}

Test(plan, curves_of_percents_and_values)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,base,lead\n"
			   "step,学位,flow,>=,1000,,lead\n"
			   "line,学位,flow,>=,1000,,lead\n"
			   "value,学位,flow,>=,1000,,lead\n"
			   "way,户数,level,>=,20,10,lead\n"
			   "wayv,户数,level,>=,20,10,lead\n"
			   "rise,增速,growth,>=,8,,lead\n"
			   "cap,天数,flow,<=,100,,lead\n",
		.plans = "target,by,percent,value,shape\n"
			 "step,2024M03,20,,\nstep,2024M09,70,,\n"
			 "line,2024M03,20,,line\nline,2024M09,80,,line\n"
			 "value,2024M03,,200,\nvalue,2024M09,,800,line\n"
			 "way,2024M03,50,,\n"
			 "wayv,2024M06,,14,line\n"
			 "rise,2024M03,,4,\nrise,2024M09,,6,\n"
			 "cap,2024M06,30,,\n",
		.reports = "target,unit,period,value,current,base\n"
			   "step,lead,2024M01,0,,\n",
	});
	static const struct {
		const char *target, *cutoff, *plan;
	} rows[] = {
		{ "step", "2024-02-29", "0.00" },
		{ "step", "2024-03-31", "200.00" },
		{ "step", "2024-08-31", "200.00" },
		{ "step", "2024-09-30", "700.00" },
		{ "step", "2024-11-30", "700.00" },
		{ "step", "2024-12-31", "1000.00" },
		{ "line", "2024-01-31", "66.67" },
		{ "line", "2024-03-31", "200.00" },
		{ "line", "2024-06-30", "500.00" },
		{ "line", "2024-10-31", "800.00" },
		{ "line", "2024-12-31", "1000.00" },
		{ "value", "2024-02-29", "0.00" },
		{ "value", "2024-06-30", "500.00" },
		{ "value", "2024-12-31", "1000.00" },
		{ "way", "2024-02-29", "10.00" },
		{ "way", "2024-06-30", "15.00" },
		{ "way", "2024-12-31", "20.00" },
		{ "wayv", "2024-03-31", "12.00" },
		{ "wayv", "2024-09-30", "14.00" },
		{ "rise", "2024-02-29", "0.00" },
		{ "rise", "2024-06-30", "4.00" },
		{ "rise", "2024-12-31", "8.00" },
		{ "cap", "2024-05-31", "0.00" },
		{ "cap", "2024-06-30", "30.00" },
		{ "cap", "2024-12-31", "100.00" },
	};

	fixture_report(fixture, "target,unit,period,value,current,base\n"
				"line,lead,2024M01,0,,\n"
				"value,lead,2024M01,0,,\n"
				"way,lead,2024M01,10,,\n"
				"wayv,lead,2024M01,10,,\n"
				"rise,lead,2024M01,,100,100\n"
				"cap,lead,2024M01,0,,\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evaluation *evaluation =
			fixture_evaluate(fixture, rows[i].cutoff, NULL);

		cr_expect_str_eq(fixture_figure(fixture, evaluation,
						rows[i].target, NULL)
					 ->plan,
				 rows[i].plan, "row %zu", i);
		evaluation_free(evaluation);
	}
	fixture_free(fixture);
}

Test(plan, curve_of_a_rate_is_judged_by_points_of_the_goal)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,given\n"
			   "rise,增速,growth,>=,8,lead,rate\n",
		.plans = "target,by,value\nrise,2024M03,4\n",
		.reports = "target,unit,period,value\nrise,lead,2024M06,3\n"
			   "rise,lead,2024M09,5\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "rise", NULL,
			 "3 >=8 4.00 12.50 - behind yellow - 1/1" },
		       { "2024-09-30", "rise", NULL,
			 "5 >=8 4.00 -12.50 - ahead green - 1/1" });
	fixture_free(fixture);
}

Test(plan, share_of_the_window_in_days_and_years)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,period,start,"
			   "end\n"
			   "days,日报,flow,>=,3660,lead,day,,\n"
			   "fiscal,财年,flow,>=,1200,lead,,2023-07-01,"
			   "2024-06-30\n"
			   "years,三年,flow,>=,3600,lead,,2023-01-01,"
			   "2025-12-31\n",
		.reports = "target,unit,period,value\n"
			   "days,lead,2024-02-10,0\nfiscal,lead,2024M02,0\n"
			   "years,lead,2024M02,0\n",
	});
	static const struct {
		const char *target, *cutoff, *plan;
	} rows[] = {
		/* 1 + 10/29 months of 12. */
		{ "days", "2024-02-10", "410.17" },
		{ "fiscal", "2024-02-29", "800.00" },
		{ "years", "2024-02-29", "1400.00" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evaluation *evaluation =
			fixture_evaluate(fixture, rows[i].cutoff, NULL);

		cr_expect_str_eq(fixture_figure(fixture, evaluation,
						rows[i].target, NULL)
					 ->plan,
				 rows[i].plan, "row %zu", i);
		evaluation_free(evaluation);
	}
	fixture_free(fixture);
}

Test(plan, units_have_plans_of_their_own)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead\n"
			   "percent,任务,flow,>,1000,lead\n"
			   "value,任务,flow,>=,1000,lead\n"
			   "own,任务,flow,>=,1000,lead\n"
			   "joined,任务,flow,>=,1000,lead\n"
			   "band,任务,flow,,,lead\n"
			   "base,户数,level,>=,40,lead\n",
		.goals = "target,compare,value,width\nband,about,1000,50\n",
		.roster = "target,unit,quota,base,from,until\n"
			  "percent,a,500,,,\npercent,b,500,,,\n"
			  "value,a,250,,,\nvalue,b,800,,,\n"
			  "own,a,500,,,\nown,b,500,,,\n"
			  "joined,a,600,,2024-04-01,\n"
			  "joined,b,400,,,2024-08-31\n"
			  "band,a,200,,,\nband,b,800,,,\n"
			  "base,a,20,10,,\nbase,b,20,14,,\n",
		.plans = "target,unit,by,percent,value\n"
			 "percent,,2024M06,40,\n"
			 "value,,2024M06,,400\n"
			 "own,,2024M06,40,\nown,b,2024M06,80,\n",
		.reports = "target,unit,period,value\n"
			   "percent,a,2024M06,200\npercent,b,2024M06,300\n"
			   "value,a,2024M06,100\nvalue,b,2024M06,300\n"
			   "own,a,2024M06,200\nown,b,2024M06,300\n"
			   "joined,a,2024M06,200\njoined,b,2024M06,300\n"
			   "band,a,2024M06,200\nband,b,2024M06,420\n"
			   "base,a,2024M06,15\nbase,b,2024M06,16\n",
	});

	FIXTURE_EXPECT(
		fixture,
		/* A is 1001 for the whole, the quota for a unit. */
		{ "2024-06-30", "percent", NULL,
		  "500 >1000 400.40 -9.95 49.95 ahead green - 2/2 "
		  "allocated 1000" },
		{ "2024-06-30", "percent", "a",
		  "200 >=500 200.00 0.00 40.00 on green - 1/1" },
		{ "2024-06-30", "value", "a",
		  "100 >=250 100.00 0.00 40.00 on green - 1/1" },
		{ "2024-06-30", "value", "b",
		  "300 >=800 320.00 2.50 37.50 behind green - 1/1" },
		{ "2024-06-30", "own", "a",
		  "200 >=500 200.00 0.00 40.00 on green - 1/1" },
		{ "2024-06-30", "own", "b",
		  "300 >=500 400.00 20.00 60.00 behind yellow - 1/1" },
		/* From April on: 3 months of 9; until August: 6 of 8. */
		{ "2024-06-30", "joined", "a",
		  "200 >=600 200.00 0.00 33.33 on green - 1/1" },
		{ "2024-06-30", "joined", "b",
		  "300 >=400 300.00 0.00 75.00 on green - 1/1" },
		{ "2024-06-30", "band", "a",
		  "200 ~200±10 95.00 -5.00 100.00 ahead green - 1/1" },
		{ "2024-06-30", "band", "b",
		  "420 ~800±40 380.00 -5.00 52.50 ahead green - 1/1" },
		/* Bases of all units: from 24 to 40. */
		{ "2024-06-30", "base", NULL,
		  "31 >=40 32.00 6.25 43.75 behind green - 2/2 allocated 40" },
		{ "2024-06-30", "base", "a",
		  "15 >=20 15.00 0.00 50.00 on green - 1/1" },
		{ "2024-06-30", "base", "b",
		  "16 >=20 17.00 16.67 33.33 behind yellow - 1/1" });
	fixture_free(fixture);
}

Test(plan, dated_items_make_the_plan_of_a_count)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,item_list\n"
			   "t,公园,items,>=,4,lead,open\n",
		.roster = "target,unit,quota\nt,a,2\nt,b,2\n",
		.items = "target,item,name_zh,unit\n"
			 "t,P1,一,a\nt,P2,二,a\nt,P3,三,b\n",
		.plans = "target,item,by\n"
			 "t,P1,2024-03-31\nt,P2,2024-06-30\n"
			 "t,P3,2024-07-01\n",
		.reports = "target,unit,period,item,date\n"
			   "t,a,2024M06,P1,2024-06-02\n"
			   "t,b,2024M06,P3,2024-06-02\n"
			   "t,b,2024M06,old,2023-12-31\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "t", NULL,
			 "2 >=4 2.00 0.00 50.00 on green - 2/2 allocated 4" },
		       { "2024-06-30", "t", "a",
			 "1 >=2 2.00 50.00 50.00 behind red - 1/1" },
		       { "2024-06-30", "t", "b",
			 "1 >=2 0.00 -50.00 50.00 ahead green - 1/1" });
	fixture_free(fixture);
}
