#include "proto/period.h"

#include <criterion/criterion.h>
#include <string.h>

#include "proto/day.h"

static struct period parsed(const char *text)
{
	struct period period = { 0 };
	struct err err;

	cr_assert(period_parse(span_of_text(text), &period, &err) == 0, "%s",
		  text);
	return period;
}

static const char *shown(struct period period)
{
	static char text[PERIOD_TEXT_BYTES];

	period_print(period, text);
	return text;
}

static const char *shown_day(int32_t day)
{
	static char text[DAY_TEXT_BYTES];

	day_print(day, text);
	return text;
}

Test(period, reads_every_type)
{
	static const struct {
		const char *text;
		enum period_type type;
		int year, index;
		const char *label;
	} rows[] = {
		{ "2024", PERIOD_YEAR, 2024, 1, "2024" },
		{ "2024H2", PERIOD_HALF, 2024, 2, "2024H2" },
		{ "2024Q3", PERIOD_QUARTER, 2024, 3, "2024Q3" },
		{ "2024M06", PERIOD_MONTH, 2024, 6, "2024M06" },
		{ "2024M06T1", PERIOD_TEN_DAY, 2024, 16, "2024M06T1" },
		{ "2024M12T3", PERIOD_TEN_DAY, 2024, 36, "2024M12T3" },
		{ "2024W07", PERIOD_WEEK, 2024, 7, "2024W07" },
		{ "2020W53", PERIOD_WEEK, 2020, 53, "2020W53" },
		{ "2024-06-30", PERIOD_DAY, 2024, 182, "2024-06-30" },
		{ "2024/6/30", PERIOD_DAY, 2024, 182, "2024-06-30" },
		{ "2024-06", PERIOD_MONTH, 2024, 6, "2024M06" },
		{ "2024年6月", PERIOD_MONTH, 2024, 6, "2024M06" },
		{ "2024年06月", PERIOD_MONTH, 2024, 6, "2024M06" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct period period = parsed(rows[i].text);

		cr_expect(period.type == rows[i].type &&
				  period.year == rows[i].year &&
				  period.index == rows[i].index,
			  "row %zu", i);
		cr_expect_str_eq(shown(period), rows[i].label, "row %zu", i);
	}
}

Test(period, refuses_what_is_no_period)
{
	static const char *const texts[] = {
		"",	     "24",	     "2024M13",
		"2024M00",   "2024M6",	     "2024M06T0",
		"2024M06T4", "2024H0",	     "2024H3",
		"2024Q5",    "2024Q",	     "2024W00",
		"2024W54",   "2024W53",	     "2024W7",
		"2024-13",   "2024-6",	     "2024年13月",
		"2024年0月", "2024年6",	     "2024-02-30",
		"2024m06",   "2024M06 ",     "2024M06T1x",
		"0024M06",   "1899",	     "Q12024",
		"2024-06-",  "2024年6月1日",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct period period = { 7, 7, 7 };
		struct err err = { 0 };

		cr_expect(period_parse(span_of_text(texts[i]), &period, &err) ==
				  ERR_INVALID,
			  "row %zu", i);
		cr_expect(period.type == 7 && err.msg[0], "row %zu", i);
	}
}

Test(period, explains_what_excel_made_of_a_month)
{
	static const char *const texts[] = { "Jun-24", "24-Jun", "June-2024" };

	for (size_t i = 0; i < 3; i++) {
		struct period period;
		struct err err;

		cr_expect(period_parse(span_of_text(texts[i]), &period, &err) ==
			  ERR_INVALID);
		cr_expect(strstr(err.msg, "Excel") &&
				  strstr(err.msg, "2024M06"),
			  "row %zu: %s", i, err.msg);
	}
}

Test(period, has_first_and_last_days)
{
	static const struct {
		const char *period;
		int first_month;
		const char *begin, *end;
	} rows[] = {
		{ "2024", 1, "2024-01-01", "2024-12-31" },
		{ "2024", 4, "2024-04-01", "2025-03-31" },
		{ "2023", 12, "2023-12-01", "2024-11-30" },
		{ "2024H1", 4, "2024-01-01", "2024-06-30" },
		{ "2024H2", 1, "2024-07-01", "2024-12-31" },
		{ "2024Q1", 4, "2024-01-01", "2024-03-31" },
		{ "2024Q4", 1, "2024-10-01", "2024-12-31" },
		{ "2024M02", 1, "2024-02-01", "2024-02-29" },
		{ "2023M02", 1, "2023-02-01", "2023-02-28" },
		{ "2024M12", 1, "2024-12-01", "2024-12-31" },
		{ "2024M02T1", 1, "2024-02-01", "2024-02-10" },
		{ "2024M02T2", 1, "2024-02-11", "2024-02-20" },
		{ "2024M02T3", 1, "2024-02-21", "2024-02-29" },
		{ "2024M12T3", 1, "2024-12-21", "2024-12-31" },
		{ "2024W01", 1, "2024-01-01", "2024-01-07" },
		{ "2020W53", 1, "2020-12-28", "2021-01-03" },
		{ "2021W01", 1, "2021-01-04", "2021-01-10" },
		{ "2025W01", 1, "2024-12-30", "2025-01-05" },
		{ "2024-12-31", 1, "2024-12-31", "2024-12-31" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct period period = parsed(rows[i].period);

		cr_expect_str_eq(
			shown_day(period_begin(period, rows[i].first_month)),
			rows[i].begin, "row %zu", i);
		cr_expect_str_eq(
			shown_day(period_end(period, rows[i].first_month)),
			rows[i].end, "row %zu", i);
	}
}

Test(period, weeks_around_new_year_belong_to_their_thursday)
{
	static const struct {
		int year, month, day;
		const char *week;
	} rows[] = {
		{ 2021, 1, 1, "2020W53" },   { 2021, 1, 3, "2020W53" },
		{ 2021, 1, 4, "2021W01" },   { 2024, 12, 29, "2024W52" },
		{ 2024, 12, 30, "2025W01" }, { 2023, 1, 1, "2022W52" },
		{ 2026, 12, 31, "2026W53" }, { 2027, 1, 1, "2026W53" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int32_t day = day_from_civil(rows[i].year, rows[i].month,
					     rows[i].day);

		cr_expect_str_eq(shown(period_of_day(PERIOD_WEEK, day, 1)),
				 rows[i].week, "row %zu", i);
	}
}

/* Every period begins the day after the one before it ended. */
Test(period, next_and_previous_leave_no_gap)
{
	static const int first_months[] = { 1, 4, 12 };

	for (int type = PERIOD_DAY; type <= PERIOD_YEAR; type++) {
		for (size_t f = 0; f < 3; f++) {
			int first = first_months[f];
			int32_t day = day_from_civil(2019, 2, 11);
			struct period at = period_of_day((enum period_type)type,
							 day, first);

			for (int i = 0; i < 900; i++) {
				struct period next = period_next(at, first);

				cr_assert(period_begin(next, first) ==
						  period_end(at, first) + 1,
					  "%s", shown(at));
				cr_assert(period_compare(
						  period_previous(next, first),
						  at) == 0);
				cr_assert(period_compare(at, next) < 0);
				cr_assert(period_compare(parsed(shown(at)),
							 at) == 0);
				at = next;
			}
		}
	}
}

Test(period, contains_each_day_it_is_asked_for)
{
	for (int32_t day = day_from_civil(2019, 1, 1);
	     day < day_from_civil(2026, 1, 1); day++) {
		for (int type = PERIOD_DAY; type <= PERIOD_YEAR; type++) {
			struct period period =
				period_of_day((enum period_type)type, day, 4);

			cr_assert(period_begin(period, 4) <= day &&
				  day <= period_end(period, 4));
		}
	}
}

Test(period, a_year_earlier_is_the_same_place)
{
	static const struct {
		const char *period, *before;
	} rows[] = {
		{ "2024", "2023" },
		{ "2024H1", "2023H1" },
		{ "2024Q4", "2023Q4" },
		{ "2024M01", "2023M01" },
		{ "2024M06T2", "2023M06T2" },
		{ "2024W07", "2023W07" },
		{ "2020W53", "2019W52" },
		{ "2024-02-29", "2023-02-28" },
		{ "2025-02-28", "2024-02-28" },
		{ "2024-12-31", "2023-12-31" },
		{ "2024-03-01", "2023-03-01" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_expect_str_eq(
			shown(period_year_before(parsed(rows[i].period))),
			rows[i].before, "row %zu", i);
}

Test(period, parents_are_the_next_larger_periods)
{
	static const struct {
		const char *period;
		int first_month;
		const char *parent;
	} rows[] = {
		{ "2024-06-30", 1, "2024M06" }, { "2024W05", 1, "2024M02" },
		{ "2024M06T3", 1, "2024M06" },	{ "2024M06", 1, "2024Q2" },
		{ "2024Q2", 1, "2024H1" },	{ "2024H1", 1, "2024" },
		{ "2024H1", 7, "2023" },	{ "2024", 1, "2024" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_expect_str_eq(shown(period_parent(parsed(rows[i].period),
						     rows[i].first_month)),
				 rows[i].parent, "row %zu", i);
}

Test(period, contains_whole_periods_only)
{
	cr_expect(period_contains(parsed("2024Q1"), parsed("2024M03"), 1));
	cr_expect(!period_contains(parsed("2024Q1"), parsed("2024M04"), 1));
	cr_expect(period_contains(parsed("2024"), parsed("2025Q1"), 4));
	cr_expect(!period_contains(parsed("2024"), parsed("2024Q1"), 4));
	cr_expect(!period_contains(parsed("2024M01"), parsed("2024W05"), 1));
	cr_expect(period_contains(parsed("2024M01"), parsed("2024M01"), 1));
}

Test(period, closes_when_its_end_has_come_lag_included)
{
	static const struct {
		const char *period, *cutoff;
		int lag;
		bool closed;
	} rows[] = {
		{ "2024M06", "2024-06-30", 0, true },
		{ "2024M06", "2024-06-29", 0, false },
		{ "2024M06", "2024-07-31", 1, true },
		{ "2024M06", "2024-07-30", 1, true },
		{ "2024M06", "2024-07-29", 1, false },
		{ "2024M02", "2024-03-31", 1, true },
		{ "2024M02", "2024-03-30", 1, true },
		{ "2024", "2025-03-31", 3, true },
		{ "2024", "2025-03-30", 3, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int32_t cutoff;

		cr_assert(day_parse(span_of_text(rows[i].cutoff), &cutoff) ==
			  0);
		cr_expect(period_closed(parsed(rows[i].period), 1, cutoff,
					rows[i].lag) == rows[i].closed,
			  "row %zu", i);
	}
}

Test(period, orders_by_type_then_time)
{
	cr_expect(period_compare(parsed("2025-01-01"), parsed("2024")) < 0);
	cr_expect(period_compare(parsed("2024M02"), parsed("2024M10")) < 0);
	cr_expect(period_compare(parsed("2024M12"), parsed("2025M01")) < 0);
	cr_expect(period_compare(parsed("2024Q2"), parsed("2024Q2")) == 0);
}

Test(period, types_have_the_names_of_the_files)
{
	cr_expect_str_eq(period_type_name(PERIOD_DAY), "day");
	cr_expect_str_eq(period_type_name(PERIOD_TEN_DAY), "ten-day");
	cr_expect_str_eq(period_type_name(PERIOD_YEAR), "year");
}
