/*
 * Civil days (proleptic Gregorian) as a number: 0 is 1970-01-01. No time
 * zones but a fixed offset in minutes, no clock.
 */
#ifndef TALLY_PROTO_DAY_H
#define TALLY_PROTO_DAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define DAY_NONE INT32_MIN   /* no day given */
#define DAY_ALWAYS INT32_MAX /* later than every day */
#define DAY_TEXT_BYTES 16
#define DAY_YEAR_MIN 1900
#define DAY_YEAR_MAX 9999

struct civil {
	int year, month, day; /* month and day from 1 */
};

int32_t day_from_civil(int year, int month, int day);
struct civil day_to_civil(int32_t day);
int day_month_days(int year, int month);

/* "2024-06-30" or "2024/6/30"; ERR_INVALID otherwise. */
int day_parse(struct span text, int32_t *out);
/* "2024-06-30" */
void day_print(int32_t day, char out[DAY_TEXT_BYTES]);

/* months may be negative; a month end stays a month end, and a day that the
 * month does not have becomes its last. */
int32_t day_add_months(int32_t day, int months);

/* 0 is Monday. */
int day_weekday(int32_t day);

/* The day at a place zone_minutes east of UTC; and the first microsecond of
 * a day there. */
int32_t day_of_us(uint64_t us, int zone_minutes);
uint64_t day_start_us(int32_t day, int zone_minutes);

#endif
