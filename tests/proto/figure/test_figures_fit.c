/* Admitted reports that another catalogue would not take. */
#include "measure_fixture.h"

#include "proto/figure/figures_fit.h"

/* The fixture's cells as a store gives them: by the ids of the catalogue that
 * is asked with, without units that it does not know. */
static int all_by_id(void *ctx, const struct catalogue *catalogue,
		     uint32_t target, struct arena *arena,
		     struct cell_list *out, struct err *err)
{
	struct fixture *fixture = ctx;
	uint32_t own =
		catalogue_target(fixture->catalogue,
				 span_of_text(catalogue->targets[target].id));
	size_t kept = 0;
	int rc;

	if (own == CATALOGUE_NONE)
		return 0;
	rc = fixture_all(ctx, fixture->catalogue, own, arena, out, err);
	for (size_t i = 0; !rc && i < out->count; i++) {
		struct cell cell = out->cells[i];
		const char *id = fixture->catalogue->units[cell.unit].id;

		cell.unit = intern_find(&catalogue->unit_ids, span_of_text(id));
		if (cell.unit != INTERN_NONE)
			out->cells[kept++] = cell;
	}
	out->count = kept;
	return rc;
}

static void expect_misfits(struct fixture_texts in_force,
			   struct fixture_texts tried, uint64_t known_by_us,
			   const char *want)
{
	struct fixture *old = fixture_new(in_force);
	struct fixture *new = fixture_new(tried);
	const struct figures_fit fit = {
		.source = { .all = all_by_id, .ctx = old },
		.in_force = old->catalogue,
		.tried = new->catalogue,
		.known_by_us = known_by_us,
	};
	struct misfits misfits;
	struct strbuf out;

	strbuf_init(&out, 0);
	cr_expect_str_eq(old->refused.text, "");
	cr_assert(!figures_fit(&fit, &misfits, NULL));
	for (size_t i = 0; i < misfits.count; i++) {
		const struct misfit *misfit = &misfits.list[i];
		char period[PERIOD_TEXT_BYTES];

		period_print(misfit->period, period);
		strbuf_addf(&out, "%s %s %s %.*s: %s %s%s\n", misfit->target,
			    misfit->unit, period, (int)misfit->item.len,
			    (const char *)misfit->item.data,
			    verdict_name(misfit->verdict), misfit->column,
			    misfit->already ? " already" : "");
	}
	cr_expect_str_eq(out.text, want);
	strbuf_release(&out);
	misfits_release(&misfits);
	fixture_free(old);
	fixture_free(new);
}

#define HEAD "target,name_zh,kind,compare,goal,lead\n"

Test(figures_fit, nothing_changes_by_the_same_catalogue)
{
	struct fixture_texts texts = {
		.targets = "target,name_zh,kind,compare,goal,decimals,lead\n"
			   "jobs,x,flow,>=,10,2,lead\n"
			   "look,x,narrative,,,,lead\n"
			   "parks,x,items,>=,2,,lead\n",
		.roster = "target,unit\njobs,a\nparks,a\nlook,a\n",
		.fields = "target,field,type,required\nparks,area,decimal,\n"
			  "parks,begun,date,yes\nparks,labels,set,\n",
		.reports =
			"target,unit,period,item,value,area,begun,labels,text,"
			"reason\n"
			"jobs,a,2024M01,,1.50,,,,,\n"
			"jobs,a,2024M02,,NA,,,,,why\n"
			"look,a,2024M01,,,,,,words,\n"
			"parks,a,2024M01,P1,,2.5,2024-01-05,top;new,,\n"
			"parks,a,2024M02,P1,,2.75,,,,\n"
			"parks,a,2024M03,P1,,NA,,,,why\n"
			"parks,a,2024M03,none,,,,,,\n",
	};

	expect_misfits(texts, texts, UINT64_MAX, "");
}

Test(figures_fit, targets_units_periods_fields_and_values)
{
	struct fixture_texts before = {
		.targets = "target,name_zh,kind,compare,goal,decimals,lead,"
			   "ladder\n"
			   "gone,x,flow,>=,10,,lead,\njobs,x,flow,>=,10,,lead,"
			   "\nlate,x,flow,>=,10,,lead,\n"
			   "fine,x,flow,>=,10,2,lead,\n"
			   "stage,x,milestone,,built,,lead,works\n",
		.roster = "target,unit\ngone,a\njobs,a\njobs,b\njobs,c\n"
			  "fine,a\nlate,a\n",
		.ladders = "ladder,step,order,name_zh\nworks,begun,1,x\n"
			   "works,built,2,x\n",
		.fields = "target,field,type\njobs,firms,decimal\n",
		.reports = "target,unit,period,value,firms,stage\n"
			   "gone,a,2024M01,1,,\n"
			   "jobs,a,2024M01,1,,\njobs,b,2024M01,1,,\n"
			   "jobs,c,2024M01,1,2,\n"
			   "late,a,2024M01,1,,\nfine,a,2024M01,1.25,,\n"
			   "stage,lead,2024M01,,,begun\n",
	};
	struct fixture_texts after = {
		.units = "unit,name_zh,kind\na,甲镇,town\nc,丙镇,town\n"
			 "lead,牵头局,department\n",
		.targets = "target,name_zh,kind,compare,goal,period,decimals,"
			   "lead,ladder\n"
			   "jobs,x,flow,>=,10,,,lead,\n"
			   "late,x,flow,>=,10,quarter,,lead,\n"
			   "fine,x,flow,>=,10,,1,lead,\n"
			   "stage,x,milestone,,built,,,lead,works\n",
		.roster = "target,unit,from\njobs,a,2024-02-01\njobs,c,\n"
			  "fine,a,\nlate,a,\n",
		.ladders = "ladder,step,order,name_zh\nworks,planned,1,x\n"
			   "works,built,2,x\n",
	};

	expect_misfits(before, after, UINT64_MAX,
		       "fine a 2024M01 : too-many-decimals value\n"
		       "gone a 2024M01 : target-unknown target\n"
		       "jobs a 2024M01 : not-in-roster unit\n"
		       "jobs b 2024M01 : unit-unknown unit\n"
		       "jobs c 2024M01 : field-unknown firms\n"
		       "late a 2024M01 : period-malformed period\n"
		       "stage lead 2024M01 : step-unknown stage\n");
}

/* A number is no text, and what an item's first row needs may be new. */
Test(figures_fit, items_from_their_first_row_on)
{
	struct fixture_texts before = {
		.targets = HEAD "parks,x,items,>=,2,lead\n",
		.roster = "target,unit\nparks,a\nparks,b\n",
		.fields = "target,field,type\nparks,area,decimal\n"
			  "parks,owner,text\n",
		.reports = "target,unit,period,item,area,owner,reason\n"
			   "parks,a,2024M01,P1,2,,\n"
			   "parks,a,2024M02,P1,,x,\n"
			   "parks,a,2024M01,P2,2,x,\n"
			   "parks,b,2024M02,P1,,x,\n",
	};
	struct fixture_texts after = before;

	after.reports = NULL;
	after.fields = "target,field,type,required\nparks,area,decimal,yes\n"
		       "parks,owner,text,\n";
	expect_misfits(before, after, UINT64_MAX,
		       "parks b 2024M02 P1: field-missing area\n");
	after.fields = "target,field,type\nparks,area,text\n"
		       "parks,owner,text\n";
	expect_misfits(before, after, UINT64_MAX,
		       "parks a 2024M01 P1: value-malformed \n"
		       "parks a 2024M01 P2: value-malformed \n");
}

/* A correction is what counts; what was returned does not; what came later is
 * not known. */
Test(figures_fit, what_counts_is_judged)
{
	struct fixture_texts before = {
		.targets = "target,name_zh,kind,compare,goal,decimals,lead\n"
			   "jobs,x,flow,>=,10,2,lead\n",
		.roster = "target,unit\njobs,a\njobs,b\njobs,c\n",
		.reports = "target,unit,period,value,review,reason,received\n"
			   "jobs,a,2024M01,1.25,,,2024-02-01\n"
			   "jobs,a,2024M01,1.20,,right,2024-02-05\n"
			   "jobs,b,2024M01,1.30,,,2024-02-01\n"
			   "jobs,b,2024M01,1.35,,right,2024-02-05\n"
			   "jobs,b,2024M01,,returned,,2024-02-06\n"
			   "jobs,c,2024M01,1.20,,,2024-02-01\n"
			   "jobs,c,2024M01,1.25,,right,2024-03-01\n",
	};
	struct fixture_texts after = before;

	after.reports = NULL;
	after.targets = "target,name_zh,kind,compare,goal,decimals,lead\n"
			"jobs,x,flow,>=,10,1,lead\n";
	expect_misfits(before, after, UINT64_MAX,
		       "jobs c 2024M01 : too-many-decimals value\n");
	expect_misfits(
		before, after,
		day_start_us(fixture_day("2024-02-03"), FIXTURE_ZONE_MINUTES),
		"jobs a 2024M01 : too-many-decimals value\n");
}
