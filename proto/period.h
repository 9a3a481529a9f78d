/*
 * Reporting periods, as labels: type, year and index within the year. The
 * label is what is stored; its days depend, for years, on the month a
 * target's window begins with.
 *
 *   2024 2024H1 2024Q2 2024M06 2024M06T1 2024W07 2024-06-30
 *
 * Source of the grammar: docs/figures.md, "Cells".
 */
#ifndef TALLY_PROTO_PERIOD_H
#define TALLY_PROTO_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

#define PERIOD_TEXT_BYTES 16

enum period_type {
	PERIOD_DAY = 1,
	PERIOD_WEEK,
	PERIOD_TEN_DAY,
	PERIOD_MONTH,
	PERIOD_QUARTER,
	PERIOD_HALF,
	PERIOD_YEAR,
};

struct period {
	uint8_t type;	/* enum period_type */
	uint16_t year;	/* the ISO year for weeks */
	uint16_t index; /* from 1: day of the year, ISO week, ten-day 1..36,
			   month, quarter, half; 1 for a year */
};

/* Accepts also 2024-06 and 2024年6月 (months) and 2024/6/30; explains Jun-24.
 * ERR_INVALID with a text for people. */
int period_parse(struct span text, struct period *out, struct err *err);
void period_print(struct period period, char out[PERIOD_TEXT_BYTES]);

/* First and last day; first_month (1..12) is where years begin. */
int32_t period_begin(struct period period, int first_month);
int32_t period_end(struct period period, int first_month);

/* The period of a type that contains a day. */
struct period period_of_day(enum period_type type, int32_t day,
			    int first_month);
struct period period_next(struct period period, int first_month);
struct period period_previous(struct period period, int first_month);

/* The same period a year earlier. */
struct period period_year_before(struct period period);

bool period_contains(struct period outer, struct period inner, int first_month);

/* The next larger type's period around this one: day and week and ten-day and
 * month give a month's.. quarter, half, year; a year is its own. */
struct period period_parent(struct period period, int first_month);

/* By type, then year, then index: the order of figure keys. */
int period_compare(struct period a, struct period b);

/* Closed at the cut-off: the end is not after cutoff moved back lag_months. */
bool period_closed(struct period period, int first_month, int32_t cutoff,
		   int lag_months);

const char *period_type_name(enum period_type type); /* "ten-day" */

#endif
