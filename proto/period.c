#include "proto/period.h"

#include <stdio.h>

#include "proto/day.h"

#define MONTHS 12
#define TEN_DAYS_PER_MONTH 3
#define QUOTED_BYTES_MAX 60

const char *period_type_name(enum period_type type)
{
	switch (type) {
	case PERIOD_DAY:
		return "day";
	case PERIOD_WEEK:
		return "week";
	case PERIOD_TEN_DAY:
		return "ten-day";
	case PERIOD_MONTH:
		return "month";
	case PERIOD_QUARTER:
		return "quarter";
	case PERIOD_HALF:
		return "half";
	case PERIOD_YEAR:
		return "year";
	}
	return "";
}

static struct period make(enum period_type type, int year, int index)
{
	return (struct period){ (uint8_t)type, (uint16_t)year,
				(uint16_t)index };
}

/* The Monday of ISO week 1, which is the week with 4 January. */
static int32_t first_monday(int iso_year)
{
	int32_t fourth = day_from_civil(iso_year, 1, 4);

	return fourth - day_weekday(fourth);
}

static int iso_weeks(int iso_year)
{
	return (first_monday(iso_year + 1) - first_monday(iso_year)) / 7;
}

/* ---- parsing ---- */

struct scan {
	struct span text;
	size_t at;
};

/* Exactly min..max digits, or -1. */
static int scan_number(struct scan *scan, int min, int max)
{
	int digits = 0, value = 0;

	while (digits < max && scan->at < scan->text.len &&
	       scan->text.data[scan->at] >= '0' &&
	       scan->text.data[scan->at] <= '9') {
		value = value * 10 + (scan->text.data[scan->at++] - '0');
		digits++;
	}
	return digits < min ? -1 : value;
}

static bool scan_text(struct scan *scan, const char *text)
{
	struct span want = span_of_text(text);

	if (scan->text.len - scan->at < want.len ||
	    memcmp(scan->text.data + scan->at, want.data, want.len) != 0)
		return false;
	scan->at += want.len;
	return true;
}

/* An index of the given digits within 1..max that ends the text, or -1. */
static int scan_last(struct scan *scan, int min, int digits, int max)
{
	int value = scan_number(scan, min, digits);

	if (scan->at != scan->text.len || value < 1 || value > max)
		return -1;
	return value;
}

static bool parse_month(struct scan *scan, int year, struct period *out)
{
	int month = scan_number(scan, 2, 2), part;

	if (month < 1 || month > MONTHS)
		return false;
	if (scan->at == scan->text.len) {
		*out = make(PERIOD_MONTH, year, month);
		return true;
	}
	if (!scan_text(scan, "T"))
		return false;
	part = scan_last(scan, 1, 1, TEN_DAYS_PER_MONTH);
	if (part < 0)
		return false;
	*out = make(PERIOD_TEN_DAY, year,
		    (month - 1) * TEN_DAYS_PER_MONTH + part);
	return true;
}

/* 2024-06, and 2024年6月 with or without a leading zero. */
static bool parse_excel_month(struct scan *scan, int year, struct period *out)
{
	int month;

	if (scan_text(scan, "-")) {
		month = scan_last(scan, 2, 2, MONTHS);
	} else if (scan_text(scan, "年")) {
		month = scan_number(scan, 1, 2);
		if (!scan_text(scan, "月") || scan->at != scan->text.len ||
		    month > MONTHS)
			return false;
	} else {
		return false;
	}
	if (month < 1)
		return false;
	*out = make(PERIOD_MONTH, year, month);
	return true;
}

static bool parse_label(struct span text, struct period *out)
{
	struct scan scan = { text, 0 };
	int year = scan_number(&scan, 4, 4), index;

	if (year < DAY_YEAR_MIN)
		return false;
	if (scan.at == text.len) {
		*out = make(PERIOD_YEAR, year, 1);
		return true;
	}
	if (scan_text(&scan, "M"))
		return parse_month(&scan, year, out);
	if (scan_text(&scan, "H")) {
		index = scan_last(&scan, 1, 1, 2);
		*out = make(PERIOD_HALF, year, index);
		return index > 0;
	}
	if (scan_text(&scan, "Q")) {
		index = scan_last(&scan, 1, 1, 4);
		*out = make(PERIOD_QUARTER, year, index);
		return index > 0;
	}
	if (scan_text(&scan, "W")) {
		index = scan_last(&scan, 2, 2, iso_weeks(year));
		*out = make(PERIOD_WEEK, year, index);
		return index > 0;
	}
	return parse_excel_month(&scan, year, out);
}

static bool is_letter(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Jun-24, 24-Jun, June-2024: what Excel makes of 2024-06. */
static bool looks_rewritten(struct span text)
{
	size_t letters = 0, digits = 0, dashes = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (is_letter(c))
			letters++;
		else if (c >= '0' && c <= '9')
			digits++;
		else if (c == '-')
			dashes++;
		else
			return false;
	}
	return letters >= 3 && dashes == 1 && digits >= 1 && digits <= 4;
}

int period_parse(struct span text, struct period *out, struct err *err)
{
	int shown = (int)(text.len < QUOTED_BYTES_MAX ? text.len :
							QUOTED_BYTES_MAX);
	struct period period;
	int32_t day;

	if (day_parse(text, &day) == 0) {
		*out = period_of_day(PERIOD_DAY, day, 1);
		return 0;
	}
	if (parse_label(text, &period)) {
		*out = period;
		return 0;
	}
	if (looks_rewritten(text))
		return err_set(err, ERR_INVALID,
			       "'%.*s' is what Excel makes of a month like "
			       "2024-06; write 2024M06, which it leaves alone",
			       shown, (const char *)text.data);
	return err_set(err, ERR_INVALID,
		       "'%.*s' is not a period; write 2024, 2024H1, 2024Q2, "
		       "2024M06, 2024M06T1, 2024W07 or 2024-06-30",
		       shown, (const char *)text.data);
}

void period_print(struct period period, char out[PERIOD_TEXT_BYTES])
{
	unsigned year = period.year % 100000u, index = period.index % 1000u;

	switch ((enum period_type)period.type) {
	case PERIOD_DAY:
		day_print(period_begin(period, 1), out);
		return;
	case PERIOD_WEEK:
		(void)snprintf(out, PERIOD_TEXT_BYTES, "%04uW%02u", year,
			       index);
		return;
	case PERIOD_TEN_DAY:
		(void)snprintf(out, PERIOD_TEXT_BYTES, "%04uM%02uT%u", year,
			       (index - 1) / TEN_DAYS_PER_MONTH % 100 + 1,
			       (index - 1) % TEN_DAYS_PER_MONTH + 1);
		return;
	case PERIOD_MONTH:
		(void)snprintf(out, PERIOD_TEXT_BYTES, "%04uM%02u", year,
			       index);
		return;
	case PERIOD_QUARTER:
		(void)snprintf(out, PERIOD_TEXT_BYTES, "%04uQ%u", year, index);
		return;
	case PERIOD_HALF:
		(void)snprintf(out, PERIOD_TEXT_BYTES, "%04uH%u", year, index);
		return;
	case PERIOD_YEAR:
		(void)snprintf(out, PERIOD_TEXT_BYTES, "%04u", year);
		return;
	}
	out[0] = '\0';
}

/* ---- days ---- */

/* The first day of a run of months that is counted from January of year. */
static int32_t month_start(int year, int month_index)
{
	return day_from_civil(year + month_index / MONTHS,
			      month_index % MONTHS + 1, 1);
}

int32_t period_begin(struct period period, int first_month)
{
	int year = period.year, index = period.index - 1;

	switch ((enum period_type)period.type) {
	case PERIOD_DAY:
		return day_from_civil(year, 1, 1) + index;
	case PERIOD_WEEK:
		return first_monday(year) + 7 * index;
	case PERIOD_TEN_DAY:
		return month_start(year, index / TEN_DAYS_PER_MONTH) +
		       10 * (index % TEN_DAYS_PER_MONTH);
	case PERIOD_MONTH:
		return month_start(year, index);
	case PERIOD_QUARTER:
		return month_start(year, 3 * index);
	case PERIOD_HALF:
		return month_start(year, 6 * index);
	case PERIOD_YEAR:
		return month_start(year, first_month - 1);
	}
	return DAY_NONE;
}

int32_t period_end(struct period period, int first_month)
{
	int year = period.year, index = period.index - 1;

	switch ((enum period_type)period.type) {
	case PERIOD_DAY:
		return period_begin(period, first_month);
	case PERIOD_WEEK:
		return period_begin(period, first_month) + 6;
	case PERIOD_TEN_DAY:
		if (index % TEN_DAYS_PER_MONTH < TEN_DAYS_PER_MONTH - 1)
			return period_begin(period, first_month) + 9;
		return month_start(year, index / TEN_DAYS_PER_MONTH + 1) - 1;
	case PERIOD_MONTH:
		return month_start(year, index + 1) - 1;
	case PERIOD_QUARTER:
		return month_start(year, 3 * (index + 1)) - 1;
	case PERIOD_HALF:
		return month_start(year, 6 * (index + 1)) - 1;
	case PERIOD_YEAR:
		return month_start(year + 1, first_month - 1) - 1;
	}
	return DAY_NONE;
}

static struct period week_of_day(int32_t day)
{
	/* A week belongs to the year of its Thursday. */
	int32_t thursday = day - day_weekday(day) + 3;
	int year = day_to_civil(thursday).year;

	return make(PERIOD_WEEK, year, (day - first_monday(year)) / 7 + 1);
}

struct period period_of_day(enum period_type type, int32_t day, int first_month)
{
	struct civil civil = day_to_civil(day);
	int part = civil.day > 20 ? 2 : civil.day > 10 ? 1 : 0;

	switch (type) {
	case PERIOD_DAY:
		return make(type, civil.year,
			    day - day_from_civil(civil.year, 1, 1) + 1);
	case PERIOD_WEEK:
		return week_of_day(day);
	case PERIOD_TEN_DAY:
		return make(type, civil.year,
			    (civil.month - 1) * TEN_DAYS_PER_MONTH + part + 1);
	case PERIOD_MONTH:
		return make(type, civil.year, civil.month);
	case PERIOD_QUARTER:
		return make(type, civil.year, (civil.month - 1) / 3 + 1);
	case PERIOD_HALF:
		return make(type, civil.year, (civil.month - 1) / 6 + 1);
	case PERIOD_YEAR:
		return make(type, civil.year - (civil.month < first_month), 1);
	}
	return make(type, 0, 0);
}

struct period period_next(struct period period, int first_month)
{
	return period_of_day((enum period_type)period.type,
			     period_end(period, first_month) + 1, first_month);
}

struct period period_previous(struct period period, int first_month)
{
	return period_of_day((enum period_type)period.type,
			     period_begin(period, first_month) - 1,
			     first_month);
}

struct period period_year_before(struct period period)
{
	int year = period.year - 1;
	struct civil civil;

	switch ((enum period_type)period.type) {
	case PERIOD_DAY:
		civil = day_to_civil(period_begin(period, 1));
		/* 29 February has 28 February a year earlier. */
		if (civil.day > day_month_days(year, civil.month))
			civil.day = day_month_days(year, civil.month);
		return period_of_day(
			PERIOD_DAY,
			day_from_civil(year, civil.month, civil.day), 1);
	case PERIOD_WEEK:
		if (period.index > iso_weeks(year))
			return make(PERIOD_WEEK, year, iso_weeks(year));
		break;
	case PERIOD_TEN_DAY:
	case PERIOD_MONTH:
	case PERIOD_QUARTER:
	case PERIOD_HALF:
	case PERIOD_YEAR:
		break;
	}
	return make((enum period_type)period.type, year, period.index);
}

bool period_contains(struct period outer, struct period inner, int first_month)
{
	return period_begin(outer, first_month) <=
		       period_begin(inner, first_month) &&
	       period_end(inner, first_month) <= period_end(outer, first_month);
}

struct period period_parent(struct period period, int first_month)
{
	enum period_type type = PERIOD_YEAR;

	switch ((enum period_type)period.type) {
	case PERIOD_DAY:
	case PERIOD_WEEK:
	case PERIOD_TEN_DAY:
		type = PERIOD_MONTH;
		break;
	case PERIOD_MONTH:
		type = PERIOD_QUARTER;
		break;
	case PERIOD_QUARTER:
		type = PERIOD_HALF;
		break;
	case PERIOD_HALF:
		type = PERIOD_YEAR;
		break;
	case PERIOD_YEAR:
		return period;
	}
	/* A week that spans two months is the later one's: periods go by
	 * their ends. */
	return period_of_day(type, period_end(period, first_month),
			     first_month);
}

int period_compare(struct period a, struct period b)
{
	if (a.type != b.type)
		return a.type < b.type ? -1 : 1;
	if (a.year != b.year)
		return a.year < b.year ? -1 : 1;
	return a.index < b.index ? -1 : a.index > b.index;
}

bool period_closed(struct period period, int first_month, int32_t cutoff,
		   int lag_months)
{
	return period_end(period, first_month) <=
	       day_add_months(cutoff, -lag_months);
}
