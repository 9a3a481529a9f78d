#include "proto/day.h"

#include <criterion/criterion.h>

#include "base/err.h"

static int32_t parsed(const char *text)
{
	int32_t day = DAY_NONE;

	cr_assert(day_parse(span_of_text(text), &day) == 0, "%s", text);
	return day;
}

Test(day, counts_from_1970)
{
	cr_expect(day_from_civil(1970, 1, 1) == 0);
	cr_expect(day_from_civil(1969, 12, 31) == -1);
	cr_expect(day_from_civil(2024, 3, 1) == 19783);
}

Test(day, civil_and_number_agree_on_every_day)
{
	int32_t day = day_from_civil(DAY_YEAR_MIN, 1, 1);

	for (int year = DAY_YEAR_MIN; year <= 2400; year++) {
		for (int month = 1; month <= 12; month++) {
			for (int d = 1; d <= day_month_days(year, month); d++) {
				struct civil civil = day_to_civil(day);

				cr_assert(civil.year == year &&
						  civil.month == month &&
						  civil.day == d,
					  "%d-%d-%d", year, month, d);
				cr_assert(day_from_civil(year, month, d) ==
					  day);
				day++;
			}
		}
	}
}

Test(day, knows_leap_years)
{
	cr_expect(day_month_days(2024, 2) == 29);
	cr_expect(day_month_days(2023, 2) == 28);
	cr_expect(day_month_days(1900, 2) == 28);
	cr_expect(day_month_days(2000, 2) == 29);
}

Test(day, reads_both_ways_of_writing)
{
	cr_expect(parsed("2024-06-30") == day_from_civil(2024, 6, 30));
	cr_expect(parsed("2024/6/30") == day_from_civil(2024, 6, 30));
	cr_expect(parsed("2024/06/03") == day_from_civil(2024, 6, 3));
	cr_expect(parsed("2024-02-29") == day_from_civil(2024, 2, 29));
}

Test(day, refuses_what_is_no_day)
{
	static const char *const texts[] = {
		"",	      "2024",	    "2024-06",	   "2024-6-30",
		"2024-13-01", "2024-00-10", "2023-02-29",  "2024-06-31",
		"2024-06-00", "2024/6-30",  "2024-06-30x", "24-06-30",
		"0001-01-01", "2024/6/301", "x024-06-30",  "2024.06.30",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		int32_t day = 77;

		cr_expect(day_parse(span_of_text(texts[i]), &day) ==
				  ERR_INVALID,
			  "row %zu", i);
		cr_expect(day == 77, "row %zu", i);
	}
}

Test(day, prints_what_it_read)
{
	char text[DAY_TEXT_BYTES];

	day_print(parsed("2024/6/3"), text);
	cr_expect_str_eq(text, "2024-06-03");
}

Test(day, month_ends_stay_month_ends)
{
	static const struct {
		const char *from;
		int months;
		const char *to;
	} rows[] = {
		{ "2024-06-30", -1, "2024-05-31" },
		{ "2024-02-29", 1, "2024-03-31" },
		{ "2024-03-31", -1, "2024-02-29" },
		{ "2023-03-31", -1, "2023-02-28" },
		{ "2024-01-31", 1, "2024-02-29" },
		{ "2024-01-30", 1, "2024-02-29" },
		{ "2024-12-15", 1, "2025-01-15" },
		{ "2024-01-15", -1, "2023-12-15" },
		{ "2024-03-31", -3, "2023-12-31" },
		{ "2025-03-31", -15, "2023-12-31" },
		{ "2024-02-28", 12, "2025-02-28" },
		{ "2024-02-29", 0, "2024-02-29" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[DAY_TEXT_BYTES];

		day_print(day_add_months(parsed(rows[i].from), rows[i].months),
			  text);
		cr_expect_str_eq(text, rows[i].to, "row %zu: %s", i, text);
	}
}

Test(day, weeks_begin_on_monday)
{
	cr_expect(day_weekday(parsed("2024-01-01")) == 0);
	cr_expect(day_weekday(parsed("2024-06-30")) == 6);
	cr_expect(day_weekday(parsed("1970-01-01")) == 3);
	cr_expect(day_weekday(parsed("1969-12-28")) == 6);
}

Test(day, turns_at_midnight_of_the_zone)
{
	uint64_t hour = 3600000000u;
	int32_t day = parsed("2024-07-01");
	uint64_t start = day_start_us(day, 480);

	cr_expect(day_of_us(start, 480) == day);
	cr_expect(day_of_us(start - 1, 480) == day - 1);
	cr_expect(day_of_us(start, 0) == day - 1);
	cr_expect(day_of_us(start + 8 * hour, 0) == day);
	cr_expect(day_of_us(0, -60) == -1);
	cr_expect(day_of_us(day_start_us(day, -300), -300) == day);
	cr_expect(day_start_us(0, 480) == 0);
	cr_expect(day_of_us(day_start_us(day + 1, 480) - 1, 480) == day);
}
