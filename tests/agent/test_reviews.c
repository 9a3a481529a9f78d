#include "agent/reviews.h"

#include <criterion/criterion.h>
#include <string.h>

#include "proto/day.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct catalogue *catalogue;

static void setup(void)
{
	static const struct {
		const char *name, *text;
	} texts[] = {
		{ "settings.csv", "key,value\nstart,2024-01-01\n"
				  "end,2024-12-31\nresend_days,10\n"
				  "close_days,30\n" },
		{ "units.csv", "unit,name_zh,name_en,kind\n"
			       "baima,白马镇,Baima,town\n"
			       "hrss,人社局,,department\n" },
		{ "targets.csv",
		  "target,name_zh,kind,compare,goal,lead,approve,ladder\n"
		  "jobs,就业,flow,>=,100,hrss,,\n"
		  "roads,公路,flow,>=,20,hrss,yes,\n"
		  "look,村貌,narrative,,,hrss,,\n"
		  "party,党建,narrative,,,hrss,yes,\n"
		  "net,净增,net,>=,45,hrss,,\n"
		  "works,项目,milestone,,done,hrss,,works\n" },
		{ "ladders.csv", "ladder,step,order,name_zh,name_en\n"
				 "works,begun,1,开工,under way\n"
				 "works,done,2,完工,\n" },
	};
	struct catalogue_file files[COUNT(texts)];
	struct problems problems;

	for (size_t i = 0; i < COUNT(texts); i++)
		files[i] =
			(struct catalogue_file){ texts[i].name,
						 span_of_text(texts[i].text) };
	problems_init(&problems);
	cr_assert_eq(catalogue_load(files, COUNT(texts), &catalogue, &problems),
		     0, "%s", problems.count ? problems.list[0].text : "");
	problems_release(&problems);
}

static void cleanup(void)
{
	catalogue_free(catalogue);
}

TestSuite(reviews, .init = setup, .fini = cleanup);

static const struct target *target(const char *id)
{
	return &catalogue->targets[catalogue_target(catalogue,
						    span_of_text(id))];
}

Test(reviews, what_waits_for_whom)
{
	static const struct {
		const char *target, *status;
		enum review_place leading, ours, both;
	} rows[] = {
		/* nobody asks for a review of these */
		{ "jobs", "", REVIEW_PLACES, REVIEW_PLACES, REVIEW_PLACES },
		/* but whoever leads may return one all the same */
		{ "jobs", "returned", REVIEW_PLACES, REVIEW_RETURNED,
		  REVIEW_RETURNED },
		{ "jobs", "approved", REVIEW_PLACES, REVIEW_JUDGED,
		  REVIEW_JUDGED },
		{ "roads", "", REVIEW_TO_DO, REVIEW_WAITING, REVIEW_TO_DO },
		{ "roads", "approved", REVIEW_PLACES, REVIEW_JUDGED,
		  REVIEW_JUDGED },
		{ "roads", "returned", REVIEW_PLACES, REVIEW_RETURNED,
		  REVIEW_RETURNED },
		{ "look", "", REVIEW_TO_DO, REVIEW_WAITING, REVIEW_TO_DO },
		/* an approval is no light */
		{ "look", "approved", REVIEW_TO_DO, REVIEW_WAITING,
		  REVIEW_TO_DO },
		{ "party", "approved", REVIEW_TO_DO, REVIEW_WAITING,
		  REVIEW_TO_DO },
		{ "look", "yellow", REVIEW_PLACES, REVIEW_JUDGED,
		  REVIEW_JUDGED },
		{ "look", "returned", REVIEW_PLACES, REVIEW_RETURNED,
		  REVIEW_RETURNED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct target *t = target(rows[i].target);
		struct span status = span_of_text(rows[i].status);

		cr_expect_eq(review_place(t, true, false, status),
			     rows[i].leading, "row %zu", i);
		cr_expect_eq(review_place(t, false, true, status), rows[i].ours,
			     "row %zu", i);
		cr_expect_eq(review_place(t, true, true, status), rows[i].both,
			     "row %zu", i);
		cr_expect_eq(review_place(t, false, false, status),
			     REVIEW_PLACES, "row %zu", i);
	}
}

Test(reviews, until_when_it_can_be_sent_again)
{
	static const struct {
		const char *returned, *until;
	} rows[] = {
		{ NULL, "2024-07-30" }, /* not known: to the close */
		{ "2024-07-05", "2024-07-30" }, { "2024-07-20", "2024-07-30" },
		{ "2024-07-21", "2024-07-31" }, { "2024-08-15", "2024-08-25" },
	};
	struct period june;

	cr_assert_eq(period_parse(span_of_text("2024M06"), &june, NULL), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[DAY_TEXT_BYTES];
		uint64_t us = 0;
		int32_t day;

		if (rows[i].returned) {
			cr_assert_eq(
				day_parse(span_of_text(rows[i].returned), &day),
				0);
			/* one minute before midnight is still that day */
			us = day_start_us(day + 1, 480) - 60000000;
		}
		day_print(review_resend_by(catalogue, target("roads"), june, us,
					   480),
			  text);
		cr_expect_str_eq(text, rows[i].until, "row %zu", i);
	}
}

static void expect_figure(enum language language, const char *id,
			  const struct cell_text *cells, size_t count,
			  const char *wanted)
{
	struct strbuf out;

	strbuf_init(&out, 0);
	review_figure(&out, language, catalogue, target(id), cells, count);
	cr_expect_str_eq(out.text, wanted);
	strbuf_release(&out);
}

Test(reviews, figures_as_people_read_them)
{
	struct cell_text cells[2] = { { span_of_text("value"),
					span_of_text("118") } };

	expect_figure(LANGUAGE_EN, "roads", cells, 1, "118");
	cells[0].field = span_of(NULL, 0); /* as the office said it */
	expect_figure(LANGUAGE_EN, "roads", cells, 1, "118");
	cells[0].value = span_of_text("NA");
	expect_figure(LANGUAGE_EN, "roads", cells, 1, "NA");
	expect_figure(LANGUAGE_ZH, "roads", cells, 1, "不适用");
	cells[0] = (struct cell_text){ span_of_text("opened"),
				       span_of_text("36") };
	cells[1] = (struct cell_text){ span_of_text("closed"),
				       span_of_text("13") };
	expect_figure(LANGUAGE_EN, "net", cells, 2, "opened=36 closed=13");
	cells[0] = (struct cell_text){ span_of_text("stage"),
				       span_of_text("begun") };
	expect_figure(LANGUAGE_EN, "works", cells, 1, "stage=under way");
	expect_figure(LANGUAGE_ZH, "works", cells, 1, "形象进度=开工");
	cells[0].value = span_of_text("done");
	expect_figure(LANGUAGE_EN, "works", cells, 1, "stage=完工");
	/* nobody's text may command a terminal */
	cells[0] = (struct cell_text){ span_of_text("value"),
				       span_of_text("a\x1b[2J\nb\xc2\x9b") };
	expect_figure(LANGUAGE_EN, "roads", cells, 1, "a [2J b ");
}
