/* How figures are asked for: what goes with what, and which days it means. */
#include <criterion/criterion.h>
#include <string.h>

#include "proto/figure/figures_ask.h"

#define ZONE_MINUTES 480

static int32_t day(const char *text)
{
	int32_t out;

	cr_assert(!day_parse(span_of_text(text), &out), "%s", text);
	return out;
}

Test(figures_ask, refuses_what_cannot_be_meant)
{
	static const struct {
		struct figures_asked asked;
		const char *word;
	} rows[] = {
		{ { .cutoff = "June" }, "June" },
		{ { .period = "2024M13" }, "2024M13" },
		{ { .known_by = "2024-06-30T25:00" }, "25:00" },
		{ { .lang = "fr" }, "fr" },
		{ { .cutoff = "2024-06-30", .period = "2024M06" }, "--period" },
		{ { .counts = true, .kept = true }, "--counts" },
		{ { .standings = true, .changes = true }, "--changes" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct figures_asking asking = { .cutoff = 77 };
		struct err err = { 0 };

		cr_expect(figures_ask(&rows[i].asked, &asking, &err) ==
				  ERR_INVALID,
			  "row %zu", i);
		cr_expect(strstr(err.msg, rows[i].word) != NULL, "row %zu: %s",
			  i, err.msg);
		cr_expect(asking.cutoff == 77, "row %zu", i);
	}
}

Test(figures_ask, one_view_at_a_time)
{
	static const struct {
		struct figures_asked asked;
		enum figures_view view;
	} rows[] = {
		{ { .all = true }, FIGURES_TABLE },
		{ { .counts = true, .json = true }, FIGURES_COUNTS },
		{ { .standings = true }, FIGURES_STANDINGS },
		{ { .kept = true }, FIGURES_KEPT },
		{ { .changes = true, .lang = "zh" }, FIGURES_CHANGES },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct figures_asking asking;

		cr_assert(!figures_ask(&rows[i].asked, &asking, NULL));
		cr_expect(asking.view == rows[i].view, "row %zu", i);
		cr_expect(asking.asked == &rows[i].asked, "row %zu", i);
	}
}

/* The year begins in April; all that is known is of 20 August. */
Test(figures_ask, the_cut_off_is_asked_for_or_follows)
{
	static const struct {
		struct figures_asked asked;
		const char *cutoff;
	} rows[] = {
		{ { .cutoff = "2024/6/30", .known_by = "2024-07-10" },
		  "2024-06-30" },
		{ { .period = "2024M06" }, "2024-06-30" },
		{ { .period = "2024" }, "2025-03-31" },
		{ { .known_by = "2024-07-10" }, "2024-07-10" },
		{ { .known_by = "2024-07-10T00:00" }, "2024-07-10" },
		{ { .known_by = NULL }, "2024-08-20" },
	};
	const struct catalogue catalogue = {
		.settings = { .start = day("2024-04-01"), .end = DAY_NONE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct figures_asking asking;

		cr_assert(!figures_ask(&rows[i].asked, &asking, NULL));
		cr_assert(!figures_ask_known_by(&asking, ZONE_MINUTES, NULL));
		cr_assert(!figures_ask_cutoff(&asking, &catalogue, ZONE_MINUTES,
					      day("2024-08-20"), NULL));
		cr_expect(asking.cutoff == day(rows[i].cutoff), "row %zu", i);
		cr_expect((asking.known_by_us == UINT64_MAX) ==
				  !rows[i].asked.known_by,
			  "row %zu", i);
	}
}

Test(figures_ask, changes_need_a_catalogue_to_try_and_kept_takes_none)
{
	const struct figures_asked changes = { .changes = true };
	const struct figures_asked kept = { .kept = true };
	const struct figures_asked table = { .all = true };

	cr_expect(figures_ask_try(&changes, true, NULL) == 0);
	cr_expect(figures_ask_try(&changes, false, NULL) == ERR_INVALID);
	cr_expect(figures_ask_try(&kept, false, NULL) == 0);
	cr_expect(figures_ask_try(&kept, true, NULL) == ERR_INVALID);
	cr_expect(figures_ask_try(&table, true, NULL) == 0);
	cr_expect(figures_ask_try(&table, false, NULL) == 0);
}
