/* Forms of goals, references, and goals over time: docs/figures.md, section
 * 6.5. */
#include "measure_fixture.h"

Test(goal, references_to_series)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,measure,decimals,lead\n"
			   "same,占比,benchmark,level,1,lead\n"
			   "last,占比,benchmark,level,1,lead\n"
			   "fixed,占比,benchmark,level,1,lead\n"
			   "more,占比,benchmark,level,1,lead\n"
			   "less,占比,benchmark,level,1,lead\n",
		.goals = "target,compare,ref,ref_period,offset\n"
			 "same,>=,series:s,,\n"
			 "last,>,series:s,last-year,\n"
			 "fixed,>=,series:s,2023M12,\n"
			 "more,>=,series:s,same,0.5\n"
			 "less,<,series:s,same,-2\n",
		.references = "series,period,value\ns,2023M06,60\n"
			      "s,2023M12,64.50\ns,2024M06,70.25\n",
		.reports = "target,unit,period,value\nsame,lead,2024M06,70.3\n"
			   "last,lead,2024M06,60.0\nfixed,lead,2024M06,70\n"
			   "more,lead,2024M06,70\nless,lead,2024M06,68.2\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "same", NULL,
			 "70.3 >=70.25 - -0.07 - - green - 1/1" },
		       { "2024-06-30", "last", NULL,
			 "60.0 >60 - 0.17 - - yellow - 1/1" },
		       { "2024-06-30", "fixed", NULL,
			 "70.0 >=64.5 - -8.53 - - green - 1/1" },
		       { "2024-06-30", "more", NULL,
			 "70.0 >=70.75 - 1.06 - - yellow - 1/1" },
		       { "2024-06-30", "less", NULL,
			 "68.2 <68.25 - 0.07 - - green - 1/1" },
		       { "2024-05-31", "same", NULL,
			 "- >=? - - - - grey no-report 0/1" });
	fixture_free(fixture);
}

Test(goal, reference_to_another_target)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,measure,decimals,compare,goal,"
			   "lead,period,lag_months\n"
			   "t,超过,benchmark,ratio,1,,,lead,month,\n"
			   "quarterly,超过,benchmark,ratio,1,,,lead,month,\n"
			   "other,对照,ratio,,2,none,,lead,month,\n"
			   "seasonal,对照,level,,0,none,,lead,quarter,1\n",
		.goals = "target,compare,ref,offset\n"
			 "t,>,target:other,1\n"
			 "quarterly,>=,target:seasonal,\n",
		.reports = "target,unit,period,value,num,den\n"
			   "t,lead,2024M06,,2,3\nother,lead,2024M06,,1,3\n"
			   "t,lead,2024M07,,2,3\n"
			   "quarterly,lead,2024M06,,2,3\n"
			   "quarterly,lead,2024M07,,2,3\n"
			   "seasonal,lead,2024Q2,66,,\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "t", NULL,
			 "66.7 >34.33 - -94.17 - - green - 1/1" },
		       /* It must have a report for exactly that period. */
		       { "2024-07-31", "t", NULL,
			 "66.7 >? - - - - grey reference-missing 1/1" },
		       /* Whatever the other's lag. */
		       { "2024-06-30", "quarterly", NULL,
			 "66.7 >=66 - -1.01 - - green - 1/1" },
		       { "2024-07-31", "quarterly", NULL,
			 "66.7 >=? - - - - grey reference-missing 1/1" });
	fixture_free(fixture);
}

Test(goal, pending_set_raised_and_withdrawn)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,lead\nt,任务,flow,lead\n",
		.goals = "target,goal,compare,value,from,approval\n"
			 "t,main,pending,,,\n"
			 "t,main,>=,100,2024-03-01,一号\n"
			 "t,main,>=,120,2024-06-30,二号\n"
			 "t,main,none,,2024-09-01,三号\n",
		.reports = "target,unit,period,value\nt,lead,2024M01,50\n"
			   "t,lead,2024M02,50\nt,lead,2024M03,50\n"
			   "t,lead,2024M05,50\nt,lead,2024M06,50\n"
			   "t,lead,2024M09,50\n",
	});

	FIXTURE_EXPECT(
		fixture,
		{ "2024-02-29", "t", NULL,
		  "50 pending - - - - grey goal-pending 1/1" },
		{ "2024-03-31", "t", NULL,
		  "50 >=100 25.00 -25.00 50.00 ahead green - 1/1" },
		{ "2024-05-31", "t", NULL,
		  "50 >=100 41.67 -8.33 50.00 ahead green - 1/1" },
		{ "2024-06-30", "t", NULL,
		  "50 >=120 60.00 8.33 41.67 behind green - 1/1" },
		{ "2024-09-30", "t", NULL, "50 - - - - - grey no-goal 1/1" });
	cr_expect(evaluation_is_task(fixture->catalogue, 0));
	fixture_free(fixture);
}

Test(goal, floor_and_ceiling_are_both_judged)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,lead\nt,任务,level,lead\n",
		.goals = "target,goal,compare,value\nt,low,>=,10\n"
			 "t,high,<=,20\n",
		.reports = "target,unit,period,value\nt,lead,2024M01,15\n"
			   "t,lead,2024M02,9\nt,lead,2024M03,30\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-01-31", "t", NULL,
			 "15 >=10;<=20 - -25.00 - - green - 1/1" },
		       { "2024-02-29", "t", NULL,
			 "9 >=10;<=20 - 10.00 90.00 - yellow - 1/1" },
		       { "2024-03-31", "t", NULL,
			 "30 >=10;<=20 - 50.00 - - red - 1/1" });
	fixture_free(fixture);
}

Test(goal, step_beyond_follows_decimals_and_factor)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,decimals,compare,goal,lead\n"
			   "one,户数,level,0,>,20,lead\n"
			   "cents,金额,flow,2,>,20,lead\n"
			   "factor,万人,flow,4,>,1,lead\n"
			   "less,天数,level,1,<,20,lead\n",
		.fields = "target,field,decimals,factor\n"
			  "factor,value,0,0.0001\n",
		.reports = "target,unit,period,value\none,lead,2024M12,20\n"
			   "cents,lead,2024M12,20.00\n"
			   "factor,lead,2024M12,10000\n"
			   "less,lead,2024M12,20.0\n",
	});

	FIXTURE_EXPECT(
		fixture,
		{ "2024-12-31", "one", NULL,
		  "20 >20 - 4.76 95.24 - red missed 1/1" },
		{ "2024-12-31", "cents", NULL,
		  "20.00 >20 20.0100 0.05 99.95 behind red missed 1/1" },
		{ "2024-12-31", "factor", NULL,
		  "1.0000 >1 1.000100 0.01 99.99 behind red missed 1/1" },
		{ "2024-12-31", "less", NULL,
		  "20.0 <20 - 0.50 - - red missed 1/1" });
	fixture_free(fixture);
}

Test(goal, units_share_a_goal_that_is_each_ones)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,decimals\n"
			   "ratio,覆盖率,ratio,>=,90,lead,1\n"
			   "quota,覆盖率,ratio,>=,90,lead,1\n"
			   "level,户数,level,>=,90,lead,0\n"
			   "one,户数,level,>=,90,lead,0\n",
		.roster = "target,unit,quota\nratio,a,\nratio,b,\n"
			  "quota,a,80\nquota,b,\nlevel,a,\nlevel,b,\n"
			  "one,a,\n",
		.reports = "target,unit,period,num,den,value\n"
			   "ratio,a,2024M01,85,100,\n"
			   "ratio,b,2024M01,95,100,\n"
			   "quota,a,2024M01,85,100,\n"
			   "quota,b,2024M01,95,100,\n"
			   "level,a,2024M01,,,90\nlevel,b,2024M01,,,90\n"
			   "one,a,2024M01,,,90\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-01-31", "ratio", "a",
			 "85.0 >=90 - 5.56 - - yellow - 1/1" },
		       { "2024-01-31", "quota", "a",
			 "85.0 >=80 - -6.25 - - green - 1/1" },
		       { "2024-01-31", "quota", "b",
			 "95.0 >=90 - -5.56 - - green - 1/1" },
		       { "2024-01-31", "level", "a",
			 "90 - - - - - grey no-quota 1/1" },
		       { "2024-01-31", "one", "a",
			 "90 >=90 - 0.00 100.00 - green - 1/1" });
	fixture_free(fixture);
}
