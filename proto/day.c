#include "proto/day.h"

#include <assert.h>
#include <stdio.h>

#include "base/err.h"

#define MONTHS 12
#define US_PER_MINUTE 60000000LL
#define US_PER_DAY (24 * 60 * US_PER_MINUTE)

/*
 * Days are counted in eras of 400 years that begin on 1 March, so that the
 * leap day is the last of its year (Howard Hinnant, "chrono-compatible
 * low-level date algorithms").
 */
#define ERA_DAYS 146097
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */

int32_t day_from_civil(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = (y >= 0 ? y : y - 399) / 400;
	int year_of_era = y - era * 400;
	int march_month = (month + 9) % MONTHS;
	int day_of_year = (153 * march_month + 2) / 5 + day - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 -
			 year_of_era / 100 + day_of_year;

	assert(month >= 1 && month <= MONTHS);
	return era * ERA_DAYS + day_of_era - EPOCH_DAYS;
}

struct civil day_to_civil(int32_t day)
{
	int64_t shifted = (int64_t)day + EPOCH_DAYS;
	int64_t era =
		(shifted >= 0 ? shifted : shifted - (ERA_DAYS - 1)) / ERA_DAYS;
	int day_of_era = (int)(shifted - era * ERA_DAYS);
	int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
			   day_of_era / 146096) /
			  365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 -
					year_of_era / 100);
	int march_month = (5 * day_of_year + 2) / 153;
	struct civil out;

	out.day = day_of_year - (153 * march_month + 2) / 5 + 1;
	out.month = march_month < 10 ? march_month + 3 : march_month - 9;
	out.year = (int)(era * 400) + year_of_era + (out.month <= 2 ? 1 : 0);
	return out;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int day_month_days(int year, int month)
{
	static const int days[MONTHS] = { 31, 28, 31, 30, 31, 30,
					  31, 31, 30, 31, 30, 31 };

	assert(month >= 1 && month <= MONTHS);
	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Up to digits_max digits at *at, at least digits_min; -1 if there are not. */
static int take_number(struct span text, size_t *at, size_t digits_min,
		       size_t digits_max)
{
	size_t digits = 0;
	int value = 0;

	while (digits < digits_max && *at < text.len && text.data[*at] >= '0' &&
	       text.data[*at] <= '9') {
		value = value * 10 + (text.data[*at] - '0');
		(*at)++;
		digits++;
	}
	return digits < digits_min ? -1 : value;
}

int day_parse(struct span text, int32_t *out)
{
	size_t at = 0, digits_min;
	int year = take_number(text, &at, 4, 4);
	int month, day;
	uint8_t separator;

	if (year < DAY_YEAR_MIN || at == text.len)
		return ERR_INVALID;
	separator = text.data[at++];
	if (separator != '-' && separator != '/')
		return ERR_INVALID;
	digits_min = separator == '-' ? 2 : 1;
	month = take_number(text, &at, digits_min, 2);
	if (month < 1 || month > MONTHS || at == text.len ||
	    text.data[at++] != separator)
		return ERR_INVALID;
	day = take_number(text, &at, digits_min, 2);
	if (day < 1 || day > day_month_days(year, month) || at != text.len)
		return ERR_INVALID;
	*out = day_from_civil(year, month, day);
	return 0;
}

void day_print(int32_t day, char out[DAY_TEXT_BYTES])
{
	struct civil civil = day_to_civil(day);

	(void)snprintf(out, DAY_TEXT_BYTES, "%04d-%02d-%02d",
		       civil.year % 100000, civil.month % 100, civil.day % 100);
}

int32_t day_add_months(int32_t day, int months)
{
	struct civil from;
	int count, year, month, last;

	if (!months)
		return day;
	from = day_to_civil(day);
	count = from.year * MONTHS + from.month - 1 + months;
	year = count / MONTHS;
	month = count % MONTHS + 1;
	assert(count >= 0);
	last = day_month_days(year, month);
	if (from.day == day_month_days(from.year, from.month) ||
	    from.day > last)
		return day_from_civil(year, month, last);
	return day_from_civil(year, month, from.day);
}

int day_weekday(int32_t day)
{
	/* 1970-01-01 was a Thursday. */
	int shifted = (int)(((int64_t)day + 3) % 7);

	return shifted < 0 ? shifted + 7 : shifted;
}

int32_t day_of_us(uint64_t us, int zone_minutes)
{
	int64_t offset = zone_minutes * US_PER_MINUTE;
	int64_t days = (int64_t)(us / US_PER_DAY);
	int64_t rest = (int64_t)(us % US_PER_DAY) + offset;

	if (rest < 0)
		return (int32_t)(days - 1);
	return (int32_t)(days + rest / US_PER_DAY);
}

uint64_t day_start_us(int32_t day, int zone_minutes)
{
	int64_t us = day * US_PER_DAY - zone_minutes * US_PER_MINUTE;

	return us < 0 ? 0 : (uint64_t)us;
}
