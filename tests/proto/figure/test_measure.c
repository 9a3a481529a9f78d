/* The examples of docs/figures.md, section 9: P is 2024M06, T is 1/2. */
#include "measure_fixture.h"

/* Fifteen towns and streets, as in the example district. */
#define TOWNS                                                                          \
	"baima,白马镇,town\nchaoyang,朝阳镇,town\n"                              \
	"chengdong,城东街道,street\nchengxi,城西街道,street\n"                 \
	"haozikou,壕子口街道,street\njiaotong,交通镇,town\n"                   \
	"jingmin,靖民镇,town\nlexian,乐贤街道,street\nlingjia,凌家镇,town\n" \
	"longmen,龙门镇,town\npailou,牌楼街道,street\nquanan,全安镇,town\n"  \
	"shijia,史家镇,town\nyongan,永安镇,town\nyuxi,玉溪街道,street\n"

static const char units[] = "unit,name_zh,kind\n" TOWNS
			    "invest,投促局,department\n"
			    "bureau,某局,department\n"
			    "statistics,统计局,official\n";

static const char *const towns[] = {
	"baima",    "chaoyang", "chengdong", "chengxi", "haozikou",
	"jiaotong", "jingmin",	"lexian",    "lingjia", "longmen",
	"pailou",   "quanan",	"shijia",    "yongan",	"yuxi",
};

static const char ladders[] = "ladder,step,order,name_zh\n"
			      "deal,negotiating,1,洽谈\n"
			      "deal,signed,2,签约\n"
			      "deal,started,3,开工\n"
			      "works,under-way,1,推进中\n"
			      "works,completed,2,完工\n"
			      "campaign,applied,1,申报\n"
			      "campaign,awarded,2,获评\n"
			      "rating,A+,1,A+\n"
			      "rating,AA-,2,AA-\n"
			      "rating,AA,3,AA\n";

/* A row for each of the fifteen; where a %d is in the text, its number. */
static char *each_town(struct strbuf *out, const char *before,
		       const char *after, size_t count)
{
	for (size_t i = 0; i < count; i++)
		strbuf_addf(out, "%s%s%s\n", before, towns[i], after);
	return out->text;
}

Test(measure, register_of_projects)
{
	struct strbuf roster;
	struct fixture *fixture;

	strbuf_init(&roster, 0);
	strbuf_add_text(&roster, "target,unit\n");
	each_town(&roster, "open.projects-500m,", "", 15);
	fixture = fixture_new((struct fixture_texts){
		.units = units,
		.targets =
			"target,name_zh,kind,uom_zh,compare,goal,lead,ladder,"
			"register,sum_field,decimals\n"
			"open.projects-500m,5亿元以上引进项目数,items,个,>=,5,"
			"invest,deal,,,\n"
			"open.all,签约项目,items,个,>=,4,invest,deal,"
			"open.projects-500m,,\n"
			"open.sum,签约金额,items,亿元,>=,20,invest,deal,"
			"open.projects-500m,investment,2\n",
		.roster = roster.text,
		.ladders = ladders,
		.fields = "target,field,type,decimals\n"
			  "open.projects-500m,investment,decimal,2\n",
		.filters = "target,field,op,value\n"
			   "open.projects-500m,investment,>=,5\n"
			   "open.projects-500m,stage,>=,signed\n"
			   "open.all,stage,>=,signed\n",
		.reports = "target,unit,period,item,investment,stage,date\n"
			   "open.projects-500m,baima,2024M06,P1,5,signed,"
			   "2024-02-10\n"
			   "open.projects-500m,longmen,2024M06,P1,5.20,signed,"
			   "2024-02-10\n"
			   "open.projects-500m,longmen,2024M06,P2,4.90,signed,"
			   "2024-03-01\n",
	});
	FIXTURE_EXPECT(
		fixture,
		{ "2024-06-30", "open.projects-500m", NULL,
		  "1 >=5 2.50 30.00 20.00 behind grey coverage 2/15 "
		  "shared 1 disputed 1" },
		/* A second goal on the same projects. */
		{ "2024-06-30", "open.all", NULL,
		  "2 >=4 2.00 0.00 50.00 on grey coverage 2/15 "
		  "shared 1 disputed 1" },
		/* baima's record governs P1: 5 and 4.90. */
		{ "2024-06-30", "open.sum", NULL,
		  "9.90 >=20 10.0000 0.50 49.50 behind grey coverage 2/15 "
		  "shared 1 disputed 1" });
	/* The others have nothing new. */
	strbuf_clear(&roster);
	strbuf_add_text(&roster, "target,unit,period,item\n");
	each_town(&roster, "open.projects-500m,", ",2024M06,none", 15);
	fixture_report(fixture, roster.text);
	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "open.projects-500m", NULL,
			 "1 >=5 2.50 30.00 20.00 behind yellow - 15/15 "
			 "shared 1 disputed 1" },
		       { "2024-06-30", "open.all", NULL,
			 "2 >=4 2.00 0.00 50.00 on green - 15/15 "
			 "shared 1 disputed 1" },
		       { "2024-06-30", "open.projects-500m", "baima",
			 "1 - - - - - grey no-quota 1/1 "
			 "shared 1 disputed 1" },
		       { "2024-06-30", "open.projects-500m", "longmen",
			 "0 - - - - - grey no-quota 1/1" });
	fixture_free(fixture);
	strbuf_release(&roster);
}

static struct fixture *jobs(int last)
{
	struct strbuf reports;
	struct fixture *fixture;

	strbuf_init(&reports, 0);
	strbuf_add_text(&reports, "target,unit,period,value\n");
	each_town(&reports, "live.urban-jobs,", ",2024M06,100", 14);
	strbuf_addf(&reports, "live.urban-jobs,yuxi,2024M06,%d\n", last);
	fixture = fixture_new((struct fixture_texts){
		.units = units,
		.targets = "target,name_zh,kind,uom_zh,compare,goal,lead\n"
			   "live.urban-jobs,城镇新增就业,flow,人,>=,5800,"
			   "bureau\n",
		.roster = "target,unit,quota\n"
			  "live.urban-jobs,baima,420\n"
			  "live.urban-jobs,longmen,310\n"
			  "live.urban-jobs,chaoyang,\n"
			  "live.urban-jobs,chengdong,\n"
			  "live.urban-jobs,chengxi,\n"
			  "live.urban-jobs,haozikou,\n"
			  "live.urban-jobs,jiaotong,\n"
			  "live.urban-jobs,jingmin,\n"
			  "live.urban-jobs,lexian,\n"
			  "live.urban-jobs,lingjia,\n"
			  "live.urban-jobs,pailou,\n"
			  "live.urban-jobs,quanan,\n"
			  "live.urban-jobs,shijia,\n"
			  "live.urban-jobs,yongan,\n"
			  "live.urban-jobs,yuxi,\n",
		.goals = "target,goal,compare,value,from,approval\n"
			 "live.urban-jobs,main,>=,6000,2024-07-01,区委常委会\n",
		.reports = reports.text,
	});
	strbuf_release(&reports);
	return fixture;
}

Test(measure, flow_of_fifteen)
{
	struct fixture *fixture = jobs(1405);

	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "live.urban-jobs", NULL,
			 "2805 >=5800 2900.00 1.64 48.36 behind green - "
			 "15/15 allocated 730" },
		       { "2024-06-30", "live.urban-jobs", "baima",
			 "100 >=420 210.00 26.19 23.81 behind yellow - 1/1" });
	fixture_free(fixture);
	fixture = jobs(919);
	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "live.urban-jobs", NULL,
			 "2319 >=5800 2900.00 10.02 39.98 behind yellow - "
			 "15/15 allocated 730" });
	fixture_free(fixture);
}

Test(measure, revised_goal_counts_from_its_day)
{
	struct fixture *fixture = jobs(1405);

	fixture_report(fixture, "target,unit,period,value\n"
				"live.urban-jobs,yuxi,2024M07,1600\n");
	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "live.urban-jobs", NULL,
			 "2805 >=5800 2900.00 1.64 48.36 behind green - "
			 "15/15 allocated 730" },
		       { "2024-07-31", "live.urban-jobs", NULL,
			 "3000 >=6000 3500.00 8.33 50.00 behind grey coverage "
			 "1/15 allocated 730" });
	fixture_free(fixture);
}

static const char kinds[] =
	"target,name_zh,kind,decimals,compare,goal,base,lead,subset,take,"
	"ladder,given,period,lag_months,authority,source,part_of,measure,"
	"item_list,entry\n"
	"road,县乡道大中修,flow,2,>=,21.22,,bureau,,,,,,,,,,,,\n"
	"net,净增市场主体,net,,>=,4500,,bureau,,,,,,,,,,,,\n"
	"hitech,高新技术企业,level,,>,20,17,bureau,,,,,,,,,,,,\n"
	"arrived,到位资金,growth,1,>=,20,,bureau,,,,,,,,,,,,\n"
	"water,自来水,ratio,2,>=,90,,bureau,yes,,,,,,,,,,,\n"
	"mean,审批时限,limit,2,<=,50,,bureau,,mean,,,,,,,,,,\n"
	"worst,审批时限,limit,,<=,50,,bureau,,worst,,,,,,,,,,\n"
	"places,新增学位,flow,,>=,2310,,bureau,,,,,,,,,,,,\n"
	"towns,目标镇,milestone,,>=,completed,,bureau,,,works,,,,,,,,,\n"
	"soe,国企评级,grade,,>=,1,,bureau,,,rating,,,,,,,,open,\n"
	"soe2,国企评级,grade,,>=,1,,bureau,,,rating,,,,,,,,open,\n"
	"share,民生支出占比,benchmark,2,,,,bureau,,,,,,,,,,ratio,,\n"
	"share2,民生支出占比,benchmark,2,,,,bureau,,,,,,,,,,ratio,,\n"
	"relapse,不发生,guard,,,,,bureau,,,,,,,,,,,,\n"
	"incubator,孵化器,milestone,,,,,bureau,,,campaign,,,,,,,,,\n"
	"research,研发投入,growth,1,>=,8,,bureau,,,,rate,year,3,official,"
	"statistics,,,,\n"
	"insured,参保覆盖率,benchmark,,,,,bureau,,,,,,,,,,,,\n"
	"pension,养老,benchmark,2,,,,bureau,yes,,,,,,,,insured,ratio,,\n"
	"medical,医疗,benchmark,2,,,,bureau,yes,,,,,,,,insured,ratio,,\n"
	"cap,天数,flow,,<=,19,,bureau,,,,,,,,,,,,period\n";

static const char goals[] = "target,goal,tier,compare,value,ref,ref_period\n"
			    "share,province,,>=,,series:province,\n"
			    "share,city,,>=,,series:city,\n"
			    "share2,province,,>=,,series:province,\n"
			    "share2,city,,>=,,series:none-yet,\n"
			    "incubator,main,stretch,>=,awarded,,\n"
			    "pension,main,,>=,,series:pension-2023,last-year\n"
			    "medical,main,,>=,,series:medical-2023,last-year\n";

static const char references[] = "series,period,value\n"
				 "province,2024M06,68.0\n"
				 "city,2024M06,71.0\n"
				 "none-yet,2024M07,71.0\n"
				 "pension-2023,2023M06,95.1\n"
				 "pension-2023,2023M07,95.1\n"
				 "medical-2023,2023M06,97.2\n";

static struct fixture *kinds_fixture(void)
{
	struct strbuf roster, reports;
	struct fixture *fixture;

	strbuf_init(&roster, 0);
	strbuf_init(&reports, 0);
	strbuf_add_text(&roster, "target,unit\ntowns,baima\ntowns,longmen\n"
				 "arrived,baima\narrived,longmen\n"
				 "road,baima\nroad,longmen\nroad,yuxi\n"
				 "road,shijia\nroad,quanan\n");
	each_town(&roster, "relapse,", "", 15);
	strbuf_add_text(&reports, "target,unit,period,violations\n");
	each_town(&reports, "relapse,", ",2024M06,0", 14);
	fixture = fixture_new((struct fixture_texts){
		.units = units,
		.targets = kinds,
		.roster = roster.text,
		.goals = goals,
		.plans = "target,by,percent\n"
			 "places,2024M09,100\n"
			 "soe,2024-12-31,100\n",
		.ladders = ladders,
		.filters = "target,field,op,value\n"
			   "soe,grade,>=,AA\n"
			   "soe2,grade,>=,AA\n",
		.references = references,
		.reports = reports.text,
	});
	fixture_report(
		fixture,
		"target,unit,period,item,value,opened,closed,current,base,num,"
		"den,cases,total,worst,stage,grade\n"
		"road,baima,2024M06,,6.39,,,,,,,,,,,\n"
		"road,longmen,2024M06,,4.78,,,,,,,,,,,\n"
		"road,yuxi,2024M06,,7.02,,,,,,,,,,,\n"
		"road,shijia,2024M06,,2.63,,,,,,,,,,,\n"
		"road,quanan,2024M06,,0.40,,,,,,,,,,,\n"
		"net,bureau,2024M06,,,3600,1350,,,,,,,,,\n"
		"hitech,bureau,2024M06,,18,,,,,,,,,,,\n"
		"arrived,baima,2024M06,,,,,150,100,,,,,,,\n"
		"arrived,longmen,2024M06,,,,,909,900,,,,,,,\n"
		"water,bureau,2024M06,,,,,,,7956,9000,,,,,\n"
		"mean,bureau,2024M06,,,,,,,,,100,4040,80,,\n"
		"worst,bureau,2024M06,,,,,,,,,100,4040,80,,\n"
		"places,bureau,2024M06,,0,,,,,,,,,,,\n"
		"towns,baima,2024M06,,,,,,,,,,,,completed,\n"
		"towns,longmen,2024M06,,,,,,,,,,,,under-way,\n"
		"soe,bureau,2024M06,城投,,,,,,,,,,,,AA-\n"
		"soe,bureau,2024M06,交投,,,,,,,,,,,,A+\n"
		"soe2,bureau,2024M06,城投,,,,,,,,,,,,AA-\n"
		"soe2,bureau,2024M06,交投,,,,,,,,,,,,A+\n"
		"share,bureau,2024M06,,,,,,,70,100,,,,,\n"
		"share2,bureau,2024M06,,,,,,,70,100,,,,,\n"
		"incubator,bureau,2024M06,,,,,,,,,,,,applied,\n"
		"pension,bureau,2024M06,,,,,,,966,1000,,,,,\n"
		"medical,bureau,2024M06,,,,,,,976,1000,,,,,\n"
		"cap,bureau,2024M06,,12,,,,,,,,,,,\n");
	strbuf_release(&roster);
	strbuf_release(&reports);
	return fixture;
}

Test(measure, every_kind_at_mid_year)
{
	struct fixture *fixture = kinds_fixture();
	const char *june = "2024-06-30";

	FIXTURE_EXPECT(
		fixture,
		{ june, "road", NULL,
		  "21.22 >=21.22 10.6100 -50.00 100.00 ahead done - 5/5" },
		{ june, "net", NULL,
		  "2250 >=4500 2250.00 0.00 50.00 on green - 1/1" },
		{ june, "hitech", NULL,
		  "18 >20 19.00 25.00 25.00 behind yellow - 1/1" },
		{ june, "arrived", NULL, "5.9 >=20 - 70.50 - - red - 2/2" },
		{ june, "water", NULL, "88.40 >=90 - 1.78 - - yellow - 1/1" },
		{ june, "mean", NULL, "40.40 <=50 - -19.20 - - green - 1/1" },
		{ june, "worst", NULL, "80 <=50 - 60.00 - - red - 1/1" },
		{ june, "places", NULL,
		  "0 >=2310 0.00 0.00 0.00 on green - 1/1" },
		{ june, "towns", NULL,
		  "50 >=completed 2024-12-31 - 50.00 on green - 2/2 "
		  "items 1/2 slip 0" },
		{ june, "soe", NULL, "0 >=1 0.00 0.00 0.00 on green - 1/1" },
		{ june, "soe2", NULL, "0 >=1 - 100.00 0.00 - red - 1/1" },
		{ june, "share", NULL,
		  "70.00 >=68;>=71 - 1.41 - - yellow - 1/1" },
		{ june, "share2", NULL,
		  "70.00 >=68;>=? - - - - grey reference-missing 1/1" },
		{ june, "relapse", NULL, "0 =0 - - - - grey coverage 14/15" },
		{ june, "incubator", NULL,
		  "0 >=awarded - - 0.00 - grey stretch 1/1 items 0/1" },
		{ june, "research", NULL, "- >=8 - - - - grey not-due 0/0" },
		{ "2025-03-30", "research", NULL,
		  "- >=8 - - - - grey not-due 0/0" },
		{ "2025-03-31", "research", NULL,
		  "- >=8 - - - - grey no-report 0/1" });
	fixture_free(fixture);
}

Test(measure, one_violation_is_red_for_the_year)
{
	struct strbuf reports;
	struct fixture *fixture = kinds_fixture();
	static const char *const months[] = { "2024M01", "2024M02", "2024M03",
					      "2024M04", "2024M05", "2024M06" };

	strbuf_init(&reports, 0);
	strbuf_add_text(&reports, "target,unit,period,violations\n");
	for (size_t i = 0; i < 6; i++) {
		char after[16];

		(void)snprintf(after, sizeof(after), ",%s,0", months[i]);
		each_town(&reports, "relapse,", after, 15);
	}
	fixture_report(fixture, reports.text);
	FIXTURE_EXPECT(fixture, { "2024-06-30", "relapse", NULL,
				  "0 =0 - - - - green - 15/15" });
	fixture_report(fixture, "target,unit,period,violations\n"
				"relapse,yuxi,2024M03,1\n");
	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "relapse", NULL,
			 "1 =0 - - - - red violated 15/15" },
		       { "2024-06-30", "relapse", "yuxi",
			 "1 =0 - - - - red violated 1/1" },
		       { "2024-06-30", "relapse", "baima",
			 "0 =0 - - - - green - 1/1" },
		       { "2024-02-29", "relapse", NULL,
			 "0 =0 - - - - green - 15/15" });
	strbuf_release(&reports);
	fixture_free(fixture);
}

Test(measure, parent_shows_its_worst_part)
{
	struct fixture *fixture = kinds_fixture();

	FIXTURE_EXPECT(
		fixture,
		{ "2024-06-30", "insured", NULL, "2 2 - - - - green - 2/2" },
		{ "2024-06-30", "pension", NULL,
		  "96.60 >=95.1 - -1.58 - - green - 1/1" });
	/* In July one has not reported, and no figure is there for it. */
	fixture_report(fixture, "target,unit,period,num,den\n"
				"pension,bureau,2024M07,950,1000\n");
	FIXTURE_EXPECT(
		fixture,
		{ "2024-07-31", "pension", NULL,
		  "95.00 >=95.1 - 0.11 - - yellow - 1/1" },
		{ "2024-07-31", "medical", NULL,
		  "97.60 >=? - - - - grey reference-missing 0/1" },
		{ "2024-07-31", "insured", NULL, "0 2 - - - - yellow - 1/2" });
	fixture_free(fixture);
}

Test(measure, parent_with_a_silent_part_is_grey)
{
	struct fixture *fixture = kinds_fixture();

	fixture_report(fixture, "target,unit,period,review\n"
				"medical,bureau,2024M06,returned\n");
	FIXTURE_EXPECT(fixture, { "2024-06-30", "insured", NULL,
				  "1 2 - - - - grey no-report 1/2" });
	fixture_free(fixture);
}

Test(measure, exceeded_cap_stays_red)
{
	struct fixture *fixture = kinds_fixture();

	fixture_report(fixture, "target,unit,period,value\n"
				"cap,bureau,2024M07,8\n"
				"cap,bureau,2024M08,-3\n");
	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "cap", NULL,
			 "12 <=19 9.50 13.16 - behind yellow - 1/1 "
			 "used 63.16 left 7" },
		       { "2024-07-31", "cap", NULL,
			 "20 <=19 11.08 46.93 - behind red violated 1/1 "
			 "used 105.26 left -1" },
		       { "2024-08-31", "cap", NULL,
			 "17 <=19 12.67 22.81 - behind red violated 1/1 "
			 "used 89.47 left 2" });
	/* Only a correction of that month lifts it. */
	fixture_report(fixture, "target,unit,period,value\n"
				"cap,bureau,2024M07,7\n");
	FIXTURE_EXPECT(fixture, { "2024-08-31", "cap", NULL,
				  "16 <=19 12.67 17.54 - behind yellow - 1/1 "
				  "used 84.21 left 3" });
	fixture_free(fixture);
}
