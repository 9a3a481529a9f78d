/*
 * One test for each way in which targets are usually counted wrong: what is
 * right, whatever the naive sum says.
 */
#include "measure_fixture.h"

#define ROSTER2(target) "target,unit\n" target ",a\n" target ",b\n"

static struct fixture *two_towns(const char *targets, const char *reports)
{
	return fixture_new((struct fixture_texts){
		.targets = targets,
		.roster = ROSTER2("t"),
		.reports = reports,
	});
}

Test(vectors, flow_resend_changes_nothing)
{
	struct fixture *fixture = two_towns(
		"target,name_zh,kind,compare,goal,lead\nt,任务,flow,>=,1200,"
		"lead\n",
		"target,unit,period,value\n"
		"t,a,2024M01,40\nt,a,2024M02,100\nt,a,2024M02,100\n"
		"t,b,2024M02,0\n");

	FIXTURE_EXPECT(fixture, { "2024-02-29", "t", NULL,
				  "100 >=1200 200.00 8.33 8.33 behind green - "
				  "2/2" });
	fixture_free(fixture);
}

Test(vectors, flow_correction_may_lower_it)
{
	struct fixture *fixture = two_towns(
		"target,name_zh,kind,compare,goal,lead\nt,任务,flow,>=,1200,"
		"lead\n",
		"target,unit,period,value,reason,received\n"
		"t,a,2024M02,100,,2024-03-05\n"
		"t,b,2024M02,0,,2024-03-05\n"
		"t,a,2024M02,90,审计,2024-03-20\n");
	struct evaluation *evaluation =
		fixture_evaluate(fixture, "2024-02-29", "2024-03-19");

	FIXTURE_EXPECT(fixture, { "2024-02-29", "t", NULL,
				  "90 >=1200 200.00 9.17 7.50 behind green - "
				  "2/2" });
	cr_expect_str_eq(fixture_figure(fixture, evaluation, "t", NULL)->value,
			 "100");
	evaluation_free(evaluation);
	fixture_free(fixture);
}

Test(vectors, level_is_the_last_of_each)
{
	struct fixture *fixture = two_towns(
		"target,name_zh,kind,compare,goal,lead\nt,任务,level,>=,20,"
		"lead\n",
		"target,unit,period,value\n"
		"t,a,2024M01,12\nt,a,2024M02,12\nt,b,2024M01,6\n");

	FIXTURE_EXPECT(fixture,
		       { "2024-02-29", "t", NULL,
			 "18 >=20 - 10.00 90.00 - yellow - 1/2" },
		       { "2024-03-31", "t", NULL,
			 "18 >=20 - 10.00 90.00 - grey coverage 0/2" },
		       { "2024-03-31", "t", "a",
			 "12 - - - - - grey no-quota 0/1 stale 2024M02" },
		       { "2024-03-31", "t", "b",
			 "6 - - - - - grey no-quota 0/1 stale 2024M01" });
	fixture_free(fixture);
}

Test(vectors, level_progress_starts_at_the_base)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,base,lead\n"
			   "t,高新企业,level,>,20,17,lead\n",
		.reports = "target,unit,period,value\nt,lead,2024M01,17\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-01-31", "t", NULL,
			 "17 >20 17.33 8.33 0.00 behind green - 1/1" });
	fixture_free(fixture);
}

Test(vectors, growth_sums_then_divides)
{
	struct fixture *fixture =
		two_towns("target,name_zh,kind,decimals,compare,goal,lead\n"
			  "t,增速,growth,2,>=,5.9,lead\n",
			  "target,unit,period,current,base\n"
			  "t,a,2024M01,150,100\nt,b,2024M01,909,900\n"
			  "t,a,2024M02,30,0\nt,b,2024M02,100,100\n"
			  "t,a,2024M03,30,0\nt,b,2024M03,100,0\n");

	FIXTURE_EXPECT(fixture,
		       { "2024-01-31", "t", NULL,
			 "5.90 >=5.9 - 0.00 - - green - 2/2" },
		       { "2024-02-29", "t", NULL,
			 "30.00 >=5.9 - -408.47 - - green - 2/2" },
		       { "2024-02-29", "t", "a",
			 "- >=5.9 - - - - grey not-applicable 1/1" },
		       { "2024-03-31", "t", NULL,
			 "- >=5.9 - - - - grey not-applicable 2/2" });
	fixture_free(fixture);
}

Test(vectors, growth_is_not_prorated)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead\n"
			   "t,增速,growth,>=,20,lead\n",
		.reports = "target,unit,period,current,base\n"
			   "t,lead,2024M06,110,100\n",
	});

	FIXTURE_EXPECT(fixture, { "2024-06-30", "t", NULL,
				  "10 >=20 - 50.00 - - red - 1/1" });
	fixture_free(fixture);
}

Test(vectors, ratio_sums_both_sides)
{
	struct fixture *fixture =
		two_towns("target,name_zh,kind,decimals,compare,goal,lead\n"
			  "t,覆盖率,ratio,2,>=,99,lead\n",
			  "target,unit,period,num,den\n"
			  "t,a,2024M01,50,100\nt,b,2024M01,9900,10000\n"
			  "t,a,2024M02,90,100\nt,b,2024M02,0,0\n");

	FIXTURE_EXPECT(fixture,
		       { "2024-01-31", "t", NULL,
			 "98.51 >=99 - 0.49 - - yellow - 2/2" },
		       { "2024-02-29", "t", NULL,
			 "90.00 >=99 - 9.09 - - yellow - 2/2" },
		       { "2024-02-29", "t", "b",
			 "- >=99 - - - - grey not-applicable 1/1" });
	fixture_free(fixture);
}

Test(vectors, coverage_above_the_whole_is_refused)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,subset\n"
			   "t,覆盖率,ratio,>=,99,lead,yes\n",
		.reports = "target,unit,period,num,den\n"
			   "t,lead,2024M01,105,100\n",
	});

	cr_expect_str_eq(fixture->refused.text, "2: above-whole\n");
	fixture_free(fixture);
}

Test(vectors, net_may_fall_below_zero)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead\n"
			   "t,净增,net,>=,1200,lead\n",
		.reports = "target,unit,period,opened,closed\n"
			   "t,lead,2024M01,50,80\n",
	});

	FIXTURE_EXPECT(fixture, { "2024-01-31", "t", NULL,
				  "-30 >=1200 100.00 10.83 -2.50 behind "
				  "yellow - 1/1" });
	fixture_free(fixture);
}

Test(vectors, limit_carries_cases_and_worst)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,decimals,compare,goal,lead,"
			   "take\n"
			   "mean,时限,limit,1,<=,50,lead,mean\n"
			   "worst,时限,limit,0,<=,50,lead,worst\n",
		.roster = "target,unit\nmean,a\nmean,b\nworst,a\nworst,b\n",
		.reports = "target,unit,period,cases,total,worst\n"
			   "mean,a,2024M01,1,80,80\n"
			   "mean,b,2024M01,99,3960,\n"
			   "worst,a,2024M01,1,80,80\n"
			   "worst,b,2024M01,99,3960,60\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-01-31", "mean", NULL,
			 "40.4 <=50 - -19.20 - - green - 2/2" },
		       { "2024-01-31", "worst", NULL,
			 "80 <=50 - 60.00 - - red - 2/2" },
		       { "2024-01-31", "worst", "b",
			 "60 <=50 - 20.00 - - yellow - 1/1" });
	fixture_free(fixture);
}

Test(vectors, items_count_once)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead\n"
			   "t,项目,items,>=,4,lead\n",
		.roster = "target,unit,quota\nt,a,2\nt,b,2\n",
		.fields = "target,field,type,decimals\n"
			  "t,investment,decimal,0\n",
		.filters = "target,field,op,value\nt,investment,>=,500\n",
		.reports = "target,unit,period,item,investment\n"
			   "t,a,2024M06,P1,600\nt,a,2024M06,P2,500\n"
			   "t,b,2024M06,P2,500\nt,b,2024M06,P3,490\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "t", NULL,
			 "2 >=4 2.00 0.00 50.00 on green - 2/2 allocated 4 "
			 "shared 1 disputed 0" },
		       { "2024-06-30", "t", "a",
			 "2 >=2 1.00 -50.00 100.00 ahead done - 1/1 "
			 "shared 1 disputed 0" },
		       { "2024-06-30", "t", "b",
			 "0 >=2 1.00 50.00 0.00 behind red - 1/1" });
	fixture_free(fixture);
}

Test(vectors, at_least_includes_the_number_and_above_does_not)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead\n"
			   "above,突破20,level,>,20,lead\n"
			   "least,20以上,level,>=,20,lead\n",
		.reports = "target,unit,period,value\n"
			   "above,lead,2024M12,20\nleast,lead,2024M12,20\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-12-31", "above", NULL,
			 "20 >20 - 4.76 95.24 - red missed 1/1" },
		       { "2024-12-31", "least", NULL,
			 "20 >=20 - 0.00 100.00 - done - 1/1" });
	fixture_free(fixture);
}

Test(vectors, grades_are_ordered_by_the_ladder)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,ladder,take\n"
			   "t,评级,grade,>=,1,lead,rating,\n"
			   "low,评级,grade,>=,A+,lead,rating,worst\n"
			   "high,评级,grade,>=,AA,lead,rating,best\n",
		.ladders = "ladder,step,order,name_zh\n"
			   "rating,A+,1,A+\nrating,AA-,2,AA-\n"
			   "rating,AA,3,AA\n",
		.filters = "target,field,op,value\nt,grade,>=,AA\n",
		.reports = "target,unit,period,item,grade\n"
			   "t,lead,2024M06,SOE1,AA-\nt,lead,2024M06,SOE2,AA\n"
			   "low,lead,2024M06,SOE1,AA-\n"
			   "low,lead,2024M06,SOE2,AA\n"
			   "high,lead,2024M06,SOE1,AA-\n"
			   "high,lead,2024M06,SOE2,A+\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "t", NULL,
			 "1 >=1 - 0.00 100.00 - green - 1/1" },
		       { "2024-06-30", "low", NULL,
			 "AA- >=A+ - 0.00 - - green - 1/1" },
		       { "2024-06-30", "high", NULL,
			 "AA- >=AA - 100.00 - - red - 1/1" });
	fixture_free(fixture);
}

Test(vectors, guard_is_latched)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,lead,hold\n"
			   "every,断面达标,guard,lead,\n"
			   "mean,断面达标,guard,lead,mean\n",
		.items = "target,item,name_zh\nevery,X,X断面\nmean,X,X断面\n"
			 "mean,Y,Y断面\n",
		.fields = "target,field,decimals\nmean,measured,2\n"
			  "mean,limit,2\n",
	});
	static const char *const months[] = { "2024M01", "2024M02", "2024M03",
					      "2024M04" };
	char text[256];

	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(
			text, sizeof(text),
			"target,unit,period,item,violations,measured,limit\n"
			"every,lead,%s,X,%d,,\n"
			"mean,lead,%s,X,,%s,1.00\n"
			"mean,lead,%s,Y,,0.50,1.00\n",
			months[i], i == 2, months[i], i == 2 ? "1.60" : "0.80",
			months[i]);
		fixture_report(fixture, text);
	}
	FIXTURE_EXPECT(
		fixture,
		{ "2024-02-29", "every", NULL, "0 =0 - - - - green - 1/1" },
		{ "2024-04-30", "every", NULL,
		  "1 =0 - - - - red violated 1/1" },
		/* 2.4 + 0.8 + 0.8 = 4.0 of 4.0 in the mean. */
		{ "2024-03-31", "mean", NULL, "1 =0 - - - - red violated 1/1" },
		{ "2024-04-30", "mean", NULL, "0 =0 - - - - green - 1/1" });
	fixture_free(fixture);
}

Test(vectors, silence_of_one_unit_is_not_zero)
{
	struct fixture *fixture =
		two_towns("target,name_zh,kind,lead\nt,不发生,guard,lead\n",
			  "target,unit,period,violations\nt,a,2024M01,0\n");

	FIXTURE_EXPECT(
		fixture,
		{ "2024-01-31", "t", NULL, "0 =0 - - - - grey coverage 1/2" },
		{ "2024-01-31", "t", "b", "- =0 - - - - grey no-report 0/1" });
	fixture_free(fixture);
}

Test(vectors, several_references_must_all_hold)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,measure,decimals,lead\n"
			   "t,占比,benchmark,ratio,1,lead\n",
		.goals = "target,goal,compare,ref\nt,province,>=,series:p\n"
			 "t,city,>=,series:c\n",
		.references = "series,period,value\np,2024M12,68.0\n"
			      "c,2024M12,71.0\n",
		.reports =
			"target,unit,period,num,den\nt,lead,2024M12,70,100\n",
	});

	FIXTURE_EXPECT(fixture, { "2024-12-31", "t", NULL,
				  "70.0 >=68;>=71 - 1.41 - - red missed 1/1" });
	fixture_free(fixture);
}

Test(vectors, goal_stage_decides_not_the_works)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,ladder\n"
			   "t,开工,milestone,>=,started,lead,works\n",
		.ladders = "ladder,step,order,name_zh\nworks,planned,1,谋划\n"
			   "works,started,2,开工\nworks,built,3,建成\n",
		.reports = "target,unit,period,stage,works\n"
			   "t,lead,2024M06,started,10\n",
	});

	FIXTURE_EXPECT(fixture, { "2024-06-30", "t", NULL,
				  "100 >=started 2024-12-31 - 100.00 on done - "
				  "1/1 items 1/1 slip 0" });
	fixture_free(fixture);
}

Test(vectors, lengths_add_exactly)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.units = "unit,name_zh,kind\na,甲,town\nb,乙,town\nc,丙,town\n"
			 "d,丁,town\ne,戊,town\nlead,局,department\n",
		.targets = "target,name_zh,kind,decimals,compare,goal,lead\n"
			   "t,公路,flow,2,>=,21.22,lead\n",
		.roster = "target,unit\nt,a\nt,b\nt,c\nt,d\nt,e\n",
		.reports = "target,unit,period,value\n"
			   "t,a,2024M01,6.39\nt,b,2024M01,4.78\n"
			   "t,c,2024M01,7.02\nt,d,2024M01,2.63\n"
			   "t,e,2024M01,0.40\n",
	});

	FIXTURE_EXPECT(fixture, { "2024-01-31", "t", NULL,
				  "21.22 >=21.22 1.7683 -91.67 100.00 ahead "
				  "done - 5/5" });
	fixture_free(fixture);
}

Test(vectors, pace_is_by_months)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead\n"
			   "more,就业,flow,>=,5800,lead\n"
			   "less,就业,flow,>=,5800,lead\n",
		.reports = "target,unit,period,value\n"
			   "more,lead,2024M11,5317\nless,lead,2024M11,5316\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-11-30", "more", NULL,
			 "5317 >=5800 5316.67 -0.01 91.67 ahead green - 1/1" },
		       { "2024-11-30", "less", NULL,
			 "5316 >=5800 5316.67 0.01 91.66 behind green - 1/1" });
	fixture_free(fixture);
}

Test(vectors, pace_follows_the_plan)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead\n"
			   "step,学位,flow,>=,2310,lead\n"
			   "even,学位,flow,>=,2310,lead\n",
		.plans = "target,by,percent\nstep,2024M09,100\n",
		.reports = "target,unit,period,value\n"
			   "step,lead,2024M06,0\neven,lead,2024M06,0\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "step", NULL,
			 "0 >=2310 0.00 0.00 0.00 on green - 1/1" },
		       { "2024-06-30", "even", NULL,
			 "0 >=2310 1155.00 50.00 0.00 behind red - 1/1" });
	fixture_free(fixture);
}

Test(vectors, cap_is_a_budget)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead\n"
			   "t,天数,flow,<=,19,lead\n",
		.reports = "target,unit,period,value\nt,lead,2024M06,12\n",
	});

	FIXTURE_EXPECT(fixture, { "2024-06-30", "t", NULL,
				  "12 <=19 9.50 13.16 - behind yellow - 1/1 "
				  "used 63.16 left 7" });
	fixture_free(fixture);
}

Test(vectors, only_the_units_in_scope_are_due)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,ladder\n"
			   "t,目标镇,milestone,>=,built,lead,works\n",
		.roster = ROSTER2("t"),
		.ladders = "ladder,step,order,name_zh\nworks,started,1,开工\n"
			   "works,built,2,建成\n",
		.reports = "target,unit,period,stage\nt,a,2024M06,started\n",
	});

	FIXTURE_EXPECT(fixture, { "2024-06-30", "t", NULL,
				  "0 >=built 2024-12-31 - 0.00 on green - 1/2 "
				  "items 0/2 slip 0" });
	fixture_free(fixture);
}
