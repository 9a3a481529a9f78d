/* Registers: claims, credit, filters, readers, milestones. docs/figures.md,
 * section 6.3. */
#include "measure_fixture.h"

#define LADDER                                                \
	"ladder,step,order,name_zh\nworks,planned,1,谋划\n" \
	"works,started,2,开工\nworks,built,3,建成\n"

static void expect_items(struct fixture *fixture, const char *cutoff,
			 const char *target, const char *expected)
{
	struct evaluation *evaluation = fixture_evaluate(fixture, cutoff, NULL);
	const struct unit *units = fixture->catalogue->units;
	const struct register_item *items;
	struct err err = { 0 };
	struct strbuf text;
	size_t count;

	strbuf_init(&text, 0);
	cr_assert(!evaluation_items(evaluation,
				    catalogue_target(fixture->catalogue,
						     span_of_text(target)),
				    &items, &count, &err),
		  "%s", err.msg);
	for (size_t i = 0; i < count; i++) {
		const struct register_item *item = &items[i];

		strbuf_addf(&text, "%s by %s to %s claims %u%s%s step %u",
			    item->id,
			    item->governs == CATALOGUE_NONE ?
				    "-" :
				    units[item->governs].id,
			    units[item->credited].id, item->claims,
			    item->disputed ? " disputed" : "",
			    item->counts ? " counts" : "", item->step);
		if (*item->planned)
			strbuf_addf(&text, " by %s slip %d", item->planned,
				    item->slip);
		strbuf_add_char(&text, '\n');
	}
	cr_expect_str_eq(text.text, expected, "%s at %s:\n%s", target, cutoff,
			 text.text);
	strbuf_release(&text);
	evaluation_free(evaluation);
}

Test(register, lead_governs_and_lowest_other_unit_is_credited)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,item_list\n"
			   "t,项目,items,>=,5,b,open\n",
		.roster = "target,unit\nt,a\nt,c\nt,d\n",
		.items = "target,item,name_zh,unit\nt,listed,名单,d\n",
		.fields = "target,field,type,decimals\nt,money,decimal,1\n",
		.filters = "target,field,op,value\nt,money,>=,5\n",
		.reports = "target,unit,period,item,money\n"
			   "t,d,2024M01,X,4\nt,c,2024M01,X,6\n"
			   "t,b,2024M01,X,5\n"
			   "t,d,2024M01,Y,5\nt,c,2024M01,Y,5\n"
			   "t,b,2024M01,Z,7\n"
			   "t,b,2024M01,listed,9\nt,a,2024M01,none,\n",
	});

	expect_items(fixture, "2024-01-31", "t",
		     "X by b to c claims 3 disputed counts step 0\n"
		     "Y by c to c claims 2 counts step 0\n"
		     "Z by b to b claims 1 counts step 0\n"
		     "listed by b to d claims 1 counts step 0\n");
	FIXTURE_EXPECT(
		fixture,
		{ "2024-01-31", "t", NULL,
		  "4 >=5 0.42 -71.67 80.00 ahead green - 3/3 "
		  "shared 2 disputed 1" },
		{ "2024-01-31", "t", "a", "0 - - - - - grey no-quota 1/1" },
		{ "2024-01-31", "t", "b", "1 - - - - - grey no-quota 0/0" },
		{ "2024-01-31", "t", "c",
		  "2 - - - - - grey no-quota 1/1 shared 2 disputed 1" },
		{ "2024-01-31", "t", "d", "1 - - - - - grey no-quota 1/1" });
	fixture_free(fixture);
}

Test(register, rows_add_up_whatever_the_order)
{
	static const char *const orders[] = {
		"target,unit,period,item,money\n"
		"t,a,2024M01,X,5\nt,b,2024M01,X,6\nt,a,2024M02,X,\n",
		"target,unit,period,item,money\n"
		"t,b,2024M01,X,6\nt,a,2024M01,X,5\nt,a,2024M01,X,5\n",
	};

	for (size_t i = 0; i < 2; i++) {
		struct fixture *fixture = fixture_new((struct fixture_texts){
			.targets = "target,name_zh,kind,compare,goal,lead,"
				   "sum_field\n"
				   "t,投资,items,>=,50,lead,money\n",
			.roster = "target,unit\nt,a\nt,b\n",
			.fields = "target,field,type,decimals,factor\n"
				  "t,money,decimal,0,10\n",
			.reports = orders[i],
		});

		cr_expect_str_eq(fixture_line(fixture, "2024-01-31", "t", NULL),
				 "50 >=50 4.17 -91.67 100.00 ahead done - 2/2 "
				 "shared 1 disputed 1",
				 "row %zu", i);
		fixture_free(fixture);
	}
}

Test(register, blanks_keep_na_clears_and_withdraws)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead\n"
			   "t,项目,items,>=,9,lead\n",
		.fields = "target,field,type,decimals\nt,money,decimal,0\n"
			  "t,kind,text,\n",
		.filters = "target,field,op,value\nt,money,>=,5\n"
			   "t,kind,=,factory\n",
		.reports = "target,unit,period,item,money,kind,reason\n"
			   "t,lead,2024M01,X,5,factory,\n"
			   "t,lead,2024M02,X,6,,\n"
			   "t,lead,2024M03,X,6,NA,不再适用\n"
			   "t,lead,2024M04,X,,factory,\n"
			   "t,lead,2024M05,X,NA,NA,退出\n"
			   "t,lead,2024M06,X,7,,\n"
			   "t,lead,2024M06,X,,factory,\n",
	});
	static const struct {
		const char *cutoff, *value;
	} rows[] = {
		{ "2024-01-31", "1" }, { "2024-02-29", "1" },
		{ "2024-03-31", "0" }, { "2024-04-30", "1" },
		{ "2024-05-31", "0" }, { "2024-06-30", "1" },
	};

	cr_expect_str_eq(fixture->refused.text, "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evaluation *evaluation =
			fixture_evaluate(fixture, rows[i].cutoff, NULL);

		cr_expect_str_eq(
			fixture_figure(fixture, evaluation, "t", NULL)->value,
			rows[i].value, "row %zu", i);
		evaluation_free(evaluation);
	}
	expect_items(fixture, "2024-05-31", "t", "");
	fixture_free(fixture);
}

Test(register, filters_of_every_type)
{
	static const struct {
		const char *field, *op, *value, *count;
	} rows[] = {
		{ "money", ">=", "5", "2" },
		{ "money", ">", "5", "1" },
		{ "money", "=", "5.0", "1" },
		{ "money", "!=", "5", "2" },
		{ "money", "<=", "5", "2" },
		{ "money", "<", "5", "1" },
		{ "sector", "=", "food", "1" },
		{ "sector", "!=", "food", "2" },
		{ "sector", "any", "food;steel", "2" },
		{ "tags", "any", "listed;other", "2" },
		{ "tags", "any", "top", "1" },
		{ "signed", ">=", "2024-03-01", "2" },
		{ "date", "<", "2024-02-01", "1" },
		{ "stage", ">=", "started", "2" },
		{ "stage", "!=", "built", "2" },
		{ "unit", "=", "a", "1" },
		{ "unit", "!=", "a", "3" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char filters[128];
		struct fixture *fixture;
		struct evaluation *evaluation;

		(void)snprintf(filters, sizeof(filters),
			       "target,field,op,value\nt,%s,%s,%s\n",
			       rows[i].field, rows[i].op, rows[i].value);
		fixture = fixture_new((struct fixture_texts){
			.targets =
				"target,name_zh,kind,compare,goal,lead,ladder\n"
				"t,项目,items,>=,9,lead,works\n",
			.roster = "target,unit\nt,a\nt,b\n",
			.ladders = LADDER,
			.fields = "target,field,type,decimals\n"
				  "t,money,decimal,1\nt,sector,text,\n"
				  "t,tags,set,\nt,signed,date,\n",
			.filters = filters,
			.reports = "target,unit,period,item,money,sector,tags,"
				   "signed,date,stage\n"
				   "t,a,2024M06,P1,5.0,food,top;listed,"
				   "2024-03-01,2024-01-31,started\n"
				   "t,b,2024M06,P2,6,steel,listed,2024-05-01,"
				   "2024-02-01,built\n"
				   "t,b,2024M06,P3,4,glass,none,2024-02-29,"
				   "2024-02-02,planned\n"
				   /* Not given fails every filter. */
				   "t,b,2024M06,P4,,,,,2024-02-02,\n",
		});
		evaluation = fixture_evaluate(fixture, "2024-06-30", NULL);
		cr_expect_str_eq(
			fixture_figure(fixture, evaluation, "t", NULL)->value,
			rows[i].count, "row %zu %s %s %s", i, rows[i].field,
			rows[i].op, rows[i].value);
		cr_expect_str_eq(fixture->refused.text, "", "row %zu", i);
		evaluation_free(evaluation);
		fixture_free(fixture);
	}
}

Test(register, milestones_of_listed_open_and_unit_items)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,ladder,"
			   "item_list\n"
			   "closed,名单,milestone,>=,built,lead,works,\n"
			   "open,开放,milestone,>=,started,lead,works,open\n"
			   "units,各镇,milestone,>=,built,lead,works,\n",
		.roster = "target,unit,until\nclosed,a,\nclosed,b,\n"
			  "open,a,\nopen,b,\n"
			  "units,a,\nunits,b,\nunits,c,2024-05-31\n",
		.ladders = LADDER,
		.items = "target,item,name_zh,unit\n"
			 "closed,X,一,a\nclosed,Y,二,b\nclosed,Z,三,\n"
			 "open,X,一,\n",
		.plans = "target,unit,item,stage,by\n"
			 "closed,,X,built,2024-06-15\n"
			 "closed,b,,built,2024-09-30\n",
		.reports = "target,unit,period,item,stage,reason\n"
			   "closed,a,2024M06,X,built,\n"
			   "closed,b,2024M06,Y,started,\n"
			   "open,a,2024M06,W,started,\n"
			   "open,b,2024M06,none,,\n"
			   "units,a,2024M05,,built,\n"
			   "units,c,2024M05,,started,\n"
			   "units,a,2024M06,,built,\n"
			   "units,b,2024M06,,planned,\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "closed", NULL,
			 "33 >=built 2024-12-31 - 33.33 on green - 2/2 "
			 "items 1/3 slip 0" },
		       { "2024-06-30", "closed", "a",
			 "100 >=built 2024-06-15 - 100.00 on done - 1/1 "
			 "items 1/1 slip 0" },
		       { "2024-06-30", "closed", "b",
			 "0 >=built 2024-09-30 - 0.00 on green - 1/1 "
			 "items 0/1 slip 0" },
		       { "2024-06-30", "open", NULL,
			 "50 >=started 2024-12-31 - 50.00 on green - 2/2 "
			 "items 1/2 slip 0" },
		       { "2024-05-31", "units", NULL,
			 "33 >=built 2024-12-31 - 33.33 on green - 2/3 "
			 "items 1/3 slip 0" },
		       { "2024-06-30", "units", NULL,
			 "50 >=built 2024-12-31 - 50.00 on green - 2/2 "
			 "items 1/2 slip 0" });
	expect_items(fixture, "2024-06-30", "closed",
		     "X by a to a claims 1 counts step 3 by 2024-06-15 slip "
		     "-1\n"
		     "Y by b to b claims 1 step 2 by 2024-09-30 slip -1\n"
		     "Z by - to lead claims 0 step 0 by 2024-12-31 slip -1\n");
	/* What is withdrawn drops out. */
	fixture_report(fixture, "target,unit,period,item,stage,reason\n"
				"closed,b,2024M06,Y,NA,取消\n"
				"units,b,2024M06,,NA,取消\n");
	FIXTURE_EXPECT(fixture,
		       { "2024-06-30", "closed", NULL,
			 "50 >=built 2024-12-31 - 50.00 on green - 2/2 "
			 "items 1/2 slip 0" },
		       { "2024-06-30", "units", NULL,
			 "100 >=built 2024-12-31 - 100.00 on done - 2/2 "
			 "items 1/1 slip 0" });
	fixture_free(fixture);
}

Test(register, official_register_is_the_sources)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,authority,"
			   "source\n"
			   "t,企业,items,>=,4,lead,official,stats\n",
		.roster = "target,unit\nt,a\nt,b\n",
		.reports = "target,unit,period,item,date\n"
			   "t,a,2024M06,X,2024-05-01\n"
			   "t,stats,2024M06,Y,2024-05-01\n"
			   "t,stats,2024M06,Z,2024-05-01\n",
	});

	FIXTURE_EXPECT(fixture, { "2024-06-30", "t", NULL,
				  "2 >=4 2.00 0.00 50.00 on green - 1/1" });
	fixture_free(fixture);
}

Test(register, reader_closes_by_its_own_periods)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead,register,"
			   "period\n"
			   "t,项目,items,none,,lead,,month\n"
			   "q,项目,items,>=,4,lead,t,quarter\n",
		.roster = "target,unit,quota\nt,a,\nt,b,\nq,a,2\nq,b,2\n",
		.reports = "target,unit,period,item,date\n"
			   "t,a,2024M02,X,2024-02-01\n"
			   "t,a,2024M03,Y,2024-03-01\n"
			   "t,b,2024M04,Z,2024-04-01\n",
	});

	FIXTURE_EXPECT(
		fixture,
		{ "2024-04-30", "q", NULL,
		  "2 >=4 1.00 -25.00 50.00 ahead green - 1/2 "
		  "allocated 4" },
		{ "2024-04-30", "q", "a",
		  "2 >=2 0.50 -75.00 100.00 ahead done - 1/1" },
		{ "2024-04-30", "t", NULL, "3 - - - - - grey no-goal 1/2" });
	fixture_free(fixture);
}

Test(register, cap_on_items_is_latched)
{
	struct fixture *fixture = fixture_new((struct fixture_texts){
		.targets = "target,name_zh,kind,compare,goal,lead\n"
			   "t,事故,items,<=,1,lead\n",
		.roster = "target,unit,quota\nt,a,1\nt,b,0\n",
		.reports = "target,unit,period,item,date,reason\n"
			   "t,a,2024M01,X,2024-01-01,\n"
			   "t,b,2024M01,none,,\n"
			   "t,a,2024M02,none,,\n"
			   "t,b,2024M02,Y,2024-02-01,\n"
			   "t,b,2024M03,Y,NA,撤销\n"
			   "t,a,2024M03,none,,\n",
	});

	FIXTURE_EXPECT(fixture,
		       { "2024-01-31", "t", NULL,
			 "1 <=1 0.08 91.67 - behind red - 2/2 "
			 "used 100.00 left 0 allocated 1" },
		       { "2024-03-31", "t", NULL,
			 "1 <=1 0.25 75.00 - behind red violated 2/2 "
			 "used 100.00 left 0 allocated 1" },
		       { "2024-03-31", "t", "a",
			 "1 <=1 0.25 75.00 - behind red - 1/1 "
			 "used 100.00 left 0" },
		       { "2024-03-31", "t", "b",
			 "0 <=0 0.00 0.00 - on red violated 1/1" });
	fixture_free(fixture);
}
