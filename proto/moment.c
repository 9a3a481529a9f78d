#include "proto/moment.h"

#include <stdbool.h>
#include <string.h>

#include "proto/day.h"

#define US_A_SECOND 1000000ull

static bool two_digits(const char *at, unsigned below, unsigned *out)
{
	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return false;
	*out = (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
	return *out < below;
}

/* "18:00" or "18:00:30" as seconds of the day. */
static bool parse_clock(const char *text, uint64_t *seconds)
{
	size_t len = strlen(text);
	unsigned h, m, s = 0;

	if ((len != 5 && len != 8) || text[2] != ':')
		return false;
	if (!two_digits(text, 24, &h) || !two_digits(text + 3, 60, &m))
		return false;
	if (len == 8 && (text[5] != ':' || !two_digits(text + 6, 60, &s)))
		return false;
	*seconds = (h * 60ull + m) * 60 + s;
	return true;
}

int moment_parse(const char *text, int zone_minutes, uint64_t *out_us,
		 struct err *err)
{
	size_t date_len = strcspn(text, "T ");
	uint64_t seconds;
	int32_t day;

	if (day_parse(span_of(text, date_len), &day))
		return err_set(err, ERR_INVALID,
			       "%s is not a day (2024-06-30) or a time "
			       "(2024-06-30T18:00)",
			       text);
	if (!text[date_len]) {
		*out_us = day_start_us(day + 1, zone_minutes) - 1;
		return 0;
	}
	if (!parse_clock(text + date_len + 1, &seconds))
		return err_set(err, ERR_INVALID,
			       "%s: the time of day is written 18:00 or "
			       "18:00:30",
			       text);
	*out_us = day_start_us(day, zone_minutes) + seconds * US_A_SECOND;
	return 0;
}
