/* Parts of units over time, who is in force, and what is known when:
 * docs/figures.md, sections 6.1 to 6.3. */
#include "measure_fixture.h"

#include "proto/decimal.h"

/* No reports are enough to overflow 128 bits; here a sum may be smaller. */
int __real_decimal_sum(__int128 *sum, __int128 units);
int __wrap_decimal_sum(__int128 *sum, __int128 units);

static __int128 most; /* 0: as it is */

int __wrap_decimal_sum(__int128 *sum, __int128 units)
{
	if (most && *sum + units > most)
		return ERR_OVERFLOW;
	return __real_decimal_sum(sum, units);
}

Test(parts, entry_of_the_period_is_summed)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,entry,base\n"
			   "period,本期,flow,none,,lead,period,\n"
			   "ytd,累计,flow,none,,lead,ytd,\n"
			   "level,时点,level,none,,lead,period,\n"
			   "max,最大,flow,none,,lead,,\n",
		.fields = "target,field,time,over_units\n"
			  "max,value,max,max\n",
		.roster = "target,unit\nperiod,a\nperiod,b\nytd,a\nytd,b\n"
			  "level,a\nlevel,b\nmax,a\nmax,b\n",
		.reports = "target,unit,period,value,reason\n"
			   "period,a,2024M01,5,\nperiod,a,2024M02,NA,停\n"
			   "period,a,2024M03,7,\nperiod,b,2024M03,1,\n"
			   "ytd,a,2024M01,5,\nytd,a,2024M02,NA,停\n"
			   "ytd,b,2024M03,1,\n"
			   "level,a,2024M01,5,\nlevel,a,2024M02,NA,停\n"
			   "level,b,2024M03,1,\n"
			   "max,a,2024M01,9,\nmax,a,2024M02,3,\n"
			   "max,b,2024M01,8,\n",
	});

	FIXTURE_EXPECT(
		fixture,
		{ "2024-03-31", "period", NULL,
		  "13 - - - - - grey no-goal 2/2" },
		{ "2024-03-31", "ytd", NULL, "6 - - - - - grey no-goal 1/2" },
		{ "2024-03-31", "level", NULL, "1 - - - - - grey no-goal 1/2" },
		{ "2024-03-31", "max", NULL, "9 - - - - - grey no-goal 0/2" });
	fixture_free(fixture);
}

Test(parts, those_who_left_stay_in_sums_and_leave_stocks)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.units = "unit,name_zh,kind,closed\na,甲,town,\n"
			 "b,乙,town,2024-05-31\nlead,局,department,\n",
		.targets = "target,name_zh,kind,compare,goal,lead\n"
			   "flow,流量,flow,none,,lead\n"
			   "stock,存量,level,none,,lead\n",
		.roster = "target,unit\nflow,a\nflow,b\nstock,a\nstock,b\n",
		.reports = "target,unit,period,value\n"
			   "flow,a,2024M05,10\nflow,b,2024M05,5\n"
			   "stock,a,2024M05,10\nstock,b,2024M05,5\n",
	});

	FIXTURE_EXPECT(
		fixture,
		{ "2024-05-31", "stock", NULL,
		  "15 - - - - - grey no-goal 2/2" },
		{ "2024-06-30", "flow", NULL, "15 - - - - - grey no-goal 0/1" },
		{ "2024-06-30", "stock", NULL,
		  "10 - - - - - grey no-goal 0/1" },
		{ "2024-06-30", "flow", "b",
		  "5 - - - - - grey no-goal 0/0 stale 2024M05" },
		{ "2024-06-30", "stock", "b", "- - - - - - grey no-goal 0/0" });
	fixture_free(fixture);
}

Test(parts, growth_with_bases_and_dens)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,decimals,compare,goal,lead,"
			   "base\n"
			   "fixed,比2020年,growth,1,none,,lead,200\n"
			   "roster,比去年,growth,1,none,,lead,\n"
			   "quotient,人均,growth,1,none,,lead,\n",
		.roster = "target,unit,base\nroster,a,100\nroster,b,300\n",
		.fields = "target,field\nquotient,current_den\n"
			  "quotient,base_den\n",
		.reports = "target,unit,period,current,base,current_den,"
			   "base_den\n"
			   "fixed,lead,2024M01,250,,,\n"
			   "roster,a,2024M01,110,,,\n"
			   "roster,b,2024M01,300,,,\n"
			   "quotient,lead,2024M01,300,100,150,100\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-01-31", "fixed", NULL,
			 "25.0 - - - - - grey no-goal 1/1" },
		       { "2024-01-31", "roster", NULL,
			 "2.5 - - - - - grey no-goal 2/2" },
		       { "2024-01-31", "roster", "a",
			 "10.0 - - - - - grey no-goal 1/1" },
		       { "2024-01-31", "quotient", NULL,
			 "100.0 - - - - - grey no-goal 1/1" });
	fixture_free(fixture);
}

Test(parts, official_figures_are_the_sources_alone)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,authority,"
			   "source\n"
			   "t,外贸,flow,>=,1200,lead,official,stats\n",
		.roster = "target,unit,quota\nt,a,600\nt,b,600\n",
		.reports = "target,unit,period,value\nt,a,2024M01,99\n"
			   "t,stats,2024M01,100\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-01-31", "t", NULL,
			 "100 >=1200 100.00 0.00 8.33 on green - 1/1 "
			 "allocated 1200" },
		       { "2024-01-31", "t", "a",
			 "99 >=600 50.00 -8.17 16.50 ahead green - 1/1" },
		       { "2024-01-31", "t", "b",
			 "- >=600 50.00 - - - grey no-report 0/1" },
		       { "2024-01-31", "t", "stats",
			 "100 - - - - - grey no-quota 1/1" });
	fixture_free(fixture);
}

Test(parts, scale_and_factor_are_exact)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,decimals,compare,goal,lead,"
			   "scale\n"
			   "rate,每十万,ratio,2,none,,lead,100000\n"
			   "wan,万人,flow,4,>=,1.5,lead,\n",
		.fields = "target,field,decimals,factor\n"
			  "wan,value,0,0.0001\n",
		.reports = "target,unit,period,num,den,value\n"
			   "rate,lead,2024M12,7,300000,\n"
			   "wan,lead,2024M12,,,15000\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-12-31", "rate", NULL,
			 "2.33 - - - - - grey no-goal 1/1" },
		       { "2024-12-31", "wan", NULL,
			 "1.5000 >=1.5 1.500000 0.00 100.00 on done - 1/1" });
	fixture_free(fixture);
}

Test(parts, mean_over_the_periods)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,decimals,compare,goal,lead,"
			   "hold\n"
			   "t,均值,level,1,<=,35,lead,mean\n",
		.roster = "target,unit\nt,a\nt,b\n",
		.reports = "target,unit,period,value\n"
			   "t,a,2024M01,10.0\nt,b,2024M01,30.0\n"
			   "t,a,2024M02,10.0\nt,b,2024M02,15.0\n",
	});

	FIXTURE_EXPECT(
		fixture,
		{ "2024-02-29", "t", NULL,
		  "32.5 <=35 - -7.14 - - green - 2/2" },
		{ "2024-02-29", "t", "b", "22.5 - - - - - grey no-quota 1/1" });
	fixture_free(fixture);
}

Test(parts, largest_numbers_do_not_overflow)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,entry\n"
			   "t,大数,flow,none,,lead,period\n",
		.roster = "target,unit\nt,a\nt,b\nt,c\n",
		.reports = "target,unit,period,value\n"
			   "t,a,2024M01,999999999999999\n"
			   "t,b,2024M01,999999999999999\n"
			   "t,c,2024M01,999999999999999\n"
			   "t,a,2024M02,999999999999999\n",
	});

	FIXTURE_EXPECT(fixture, { "2024-02-29", "t", NULL,
				  "3999999999999996 - - - - - grey no-goal "
				  "1/3" });
	fixture_free(fixture);
}

Test(parts, a_sum_that_does_not_fit_is_grey)
{
	struct fixture *fixture;

	most = (__int128)1000 * 1000000000; /* 1000, at nine places */
	fixture = fixture_new((struct fixture_texts){
		.targets =
			"target,name_zh,kind,compare,goal,lead,entry,sum_field"
			",hold\n"
			"time,各期,flow,>=,10,lead,period,,\n"
			"units,各地,flow,>=,10,lead,,,\n"
			"cap,限额,flow,<=,10,lead,,,\n"
			"every,逐月,flow,>=,10,lead,,,every\n"
			"items,项目,items,>=,10,lead,,size,\n"
			"guard,底线,guard,,,lead,,,\n"
			"refers,对比,flow,,,lead,,,\n"
			"fits,正好,flow,>=,1000,lead,,,\n",
		.roster = "target,unit\nunits,a\nunits,b\n",
		.fields = "target,field\nitems,size\n",
		.goals = "target,compare,ref\nrefers,>=,target:units\n",
		.reports = "target,unit,period,item,value,size,violations\n"
			   "time,lead,2024M01,,600,,\n"
			   "time,lead,2024M02,,600,,\n"
			   "units,a,2024M02,,600,,\nunits,b,2024M02,,600,,\n"
			   "cap,lead,2024M02,,1001,,\n"
			   "every,lead,2024M01,,1001,,\n"
			   "every,lead,2024M02,,11,,\n"
			   "items,lead,2024M02,P1,,600,\n"
			   "items,lead,2024M02,P2,,600,\n"
			   "guard,lead,2024M01,,,,600\n"
			   "guard,lead,2024M02,,,,600\n"
			   "refers,lead,2024M02,,10,,\n"
			   "fits,lead,2024M02,,1000,,\n",
	});
	FIXTURE_EXPECT(fixture,
		       { "2024-02-29", "time", NULL,
			 "- >=10 - - - - grey overflow 1/1" },
		       { "2024-02-29", "units", NULL,
			 "- >=10 - - - - grey overflow 2/2" },
		       { "2024-02-29", "units", "a",
			 "600 - - - - - grey no-quota 1/1" },
		       { "2024-02-29", "cap", NULL,
			 "- <=10 - - - - grey overflow 1/1" },
		       { "2024-02-29", "every", NULL,
			 "- >=10 - - - - grey overflow 1/1" },
		       { "2024-02-29", "items", NULL,
			 "- >=10 - - - - grey overflow 1/1" },
		       { "2024-02-29", "guard", NULL,
			 "- =0 - - - - red violated 1/1" },
		       { "2024-02-29", "refers", NULL,
			 "10 >=? - - - - grey reference-missing 1/1" },
		       { "2024-02-29", "fits", NULL,
			 "1000 >=1000 166.67 -83.33 100.00 ahead done - 1/1" });
	most = 0;
	fixture_free(fixture);
}

Test(parts, what_was_known_on_a_day)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,approve\n"
			   "t,就业,flow,>=,1200,lead,yes\n",
		.reports = "target,unit,period,value,review,reason,received\n"
			   "t,lead,2024M01,90,,,2024-02-03\n"
			   "t,lead,2024M01,,approved,,2024-02-05\n"
			   "t,lead,2024M01,80,,核减,2024-02-20\n"
			   "t,lead,2024M01,,approved,,2024-02-22\n",
	});
	static const struct {
		const char *known_by, *line;
	} rows[] = {
		{ "2024-02-02", "- >=1200 100.00 - - - grey no-report 0/1" },
		{ "2024-02-04",
		  "- >=1200 100.00 - - - grey in-review 0/1 as-reported 90" },
		{ "2024-02-05",
		  "90 >=1200 100.00 0.83 7.50 behind green - 1/1" },
		{ "2024-02-20", "90 >=1200 100.00 0.83 7.50 behind green - 1/1 "
				"as-reported 80" },
		{ "2024-02-22",
		  "80 >=1200 100.00 1.67 6.67 behind green - 1/1" },
		{ NULL, "80 >=1200 100.00 1.67 6.67 behind green - 1/1" },
	};

	cr_expect_str_eq(fixture->refused.text, "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evaluation *evaluation = fixture_evaluate(
			fixture, "2024-01-31", rows[i].known_by);
		const char *line = fixture_show(
			fixture,
			fixture_figure(fixture, evaluation, "t", NULL));

		cr_expect_str_eq(line, rows[i].line, "row %zu: %s", i, line);
		evaluation_free(evaluation);
	}
	fixture_free(fixture);
}

Test(parts, kept_verdict_is_that_of_the_close)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,lag_months,"
			   "close_days,period\n"
			   "plain,就业,flow,>=,1200,lead,,20,month\n"
			   "lag,研发,flow,>=,1200,lead,3,20,quarter\n"
			   "days,日报,flow,>=,1200,lead,1,20,day\n",
	});
	static const struct {
		const char *target, *period, *cutoff, *known_by;
	} rows[] = {
		{ "plain", "2024M01", "2024-01-31", "2024-02-20" },
		{ "lag", "2024Q1", "2024-06-30", "2024-07-20" },
		{ "days", "2024-01-15", "2024-02-15", "2024-03-06" },
		/* 29 February a month back is 31 January. */
		{ "days", "2024-01-30", "2024-02-29", "2024-03-20" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct period period;
		int32_t cutoff, known_by;
		char text[DAY_TEXT_BYTES];

		cr_assert(!period_parse(span_of_text(rows[i].period), &period,
					NULL));
		evaluation_kept(fixture->catalogue,
				catalogue_target(fixture->catalogue,
						 span_of_text(rows[i].target)),
				period, &cutoff, &known_by);
		day_print(cutoff, text);
		cr_expect_str_eq(text, rows[i].cutoff, "row %zu: %s", i, text);
		day_print(known_by, text);
		cr_expect_str_eq(text, rows[i].known_by, "row %zu: %s", i,
				 text);
	}
	fixture_free(fixture);
}
