#include "proto/catalogue/catalogue.h"

#include <string.h>

#define SATURDAY 5

uint32_t catalogue_target(const struct catalogue *catalogue, struct span id)
{
	uint32_t number = intern_find(&catalogue->target_ids, id);

	return number == INTERN_NONE ? CATALOGUE_NONE : number;
}

/* ---- units ---- */

static bool covers(int32_t from, int32_t until, int32_t day)
{
	return (from == DAY_NONE || from <= day) &&
	       (until == DAY_NONE || day <= until);
}

static int compare_text(struct span text, const char *with)
{
	size_t len = strlen(with);
	size_t shorter = text.len < len ? text.len : len;
	int order = shorter ? memcmp(text.data, with, shorter) : 0;

	if (order)
		return order;
	return text.len < len ? -1 : text.len > len;
}

/* Codes are in order; the national scheme comes first. */
static uint32_t unit_of_code(const struct catalogue *catalogue,
			     struct span code, int32_t day)
{
	size_t low = 0, high = catalogue->code_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_text(code, catalogue->codes[middle].code) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < catalogue->code_count; low++) {
		const struct unit_code *at = &catalogue->codes[low];

		if (compare_text(code, at->code) != 0)
			break;
		if (covers(at->from, at->until, day))
			return at->unit;
	}
	return CATALOGUE_NONE;
}

uint32_t catalogue_unit(const struct catalogue *catalogue,
			struct span id_or_code, int32_t day)
{
	uint32_t number = intern_find(&catalogue->unit_ids, id_or_code);

	if (number != INTERN_NONE)
		return number;
	return unit_of_code(catalogue, id_or_code, day);
}

/* ---- roster ---- */

static bool is_open(const struct catalogue *catalogue, uint32_t unit,
		    int32_t day)
{
	return unit < catalogue->unit_count &&
	       covers(catalogue->units[unit].opened,
		      catalogue->units[unit].closed, day);
}

/* The unit's first row, or one of another unit. */
static size_t roster_begin(const struct catalogue *catalogue,
			   const struct target *target, uint32_t unit)
{
	const struct unit *units = catalogue->units;
	const struct roster_row *rows = target->roster;
	size_t low = 0, high = target->roster_count;
	size_t place = units[unit].place;

	/* At once where every unit has a row. */
	if (place < high && rows[place].unit == unit) {
		while (place && rows[place - 1].unit == unit)
			place--;
		return place;
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (units[rows[middle].unit].place < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct roster_row *catalogue_roster(const struct catalogue *catalogue,
					  const struct target *target,
					  uint32_t unit, int32_t day)
{
	const struct roster_row *found = NULL;
	size_t row;

	if (!is_open(catalogue, unit, day))
		return NULL;
	row = roster_begin(catalogue, target, unit);
	/* The latest from among those that cover the day. */
	for (; row < target->roster_count && target->roster[row].unit == unit;
	     row++) {
		if (covers(target->roster[row].from, target->roster[row].until,
			   day))
			found = &target->roster[row];
	}
	return found;
}

bool catalogue_in_force(const struct catalogue *catalogue,
			const struct target *target, uint32_t unit, int32_t day)
{
	if (target->roster_count)
		return catalogue_roster(catalogue, target, unit, day) != NULL;
	return unit == catalogue_source(target) &&
	       is_open(catalogue, unit, day);
}

uint32_t catalogue_source(const struct target *target)
{
	return target->authority == AUTHORITY_SUMMED ? target->lead :
						       target->source;
}

/* ---- things of a target ---- */

uint32_t catalogue_step(const struct catalogue *catalogue,
			const struct target *target, struct span step)
{
	const struct ladder *ladder;

	if (target->ladder == CATALOGUE_NONE)
		return 0;
	ladder = &catalogue->ladders[target->ladder];
	for (size_t i = 0; i < ladder->step_count; i++) {
		if (span_equal(span_of_text(ladder->steps[i].id), step))
			return ladder->steps[i].order;
	}
	return 0;
}

const struct field *catalogue_field(const struct target *target, struct span id)
{
	for (size_t i = 0; i < target->field_count; i++) {
		if (span_equal(span_of_text(target->fields[i].id), id))
			return &target->fields[i];
	}
	return NULL;
}

const struct item *catalogue_item(const struct target *target, struct span id)
{
	for (size_t i = 0; i < target->item_count; i++) {
		if (span_equal(span_of_text(target->items[i].id), id))
			return &target->items[i];
	}
	return NULL;
}

/* ---- days ---- */

bool catalogue_period_in_window(const struct target *target,
				struct period period)
{
	int32_t end;

	if (period.type != target->period)
		return false;
	if (target->has_first_period &&
	    period_compare(period, target->first_period) < 0)
		return false;
	end = period_end(period, target->first_month);
	return target->start <= end && end <= target->end;
}

/* Monday to Friday, but for the days of calendar.csv. */
static bool is_working_day(const struct catalogue *catalogue, int32_t day)
{
	size_t low = 0, high = catalogue->calendar_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (catalogue->calendar[middle].day < day)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < catalogue->calendar_count &&
	    catalogue->calendar[low].day == day)
		return catalogue->calendar[low].work;
	return day_weekday(day) < SATURDAY;
}

/* The first day does not count, the last one does. */
static int32_t add_days(const struct catalogue *catalogue, int32_t day,
			int days, bool working)
{
	if (!working)
		return day + days;
	while (days > 0)
		days -= is_working_day(catalogue, ++day);
	return day;
}

static int32_t period_moved_end(const struct target *target,
				struct period period)
{
	return day_add_months(period_end(period, target->first_month),
			      target->lag_months);
}

int32_t catalogue_due_day(const struct catalogue *catalogue,
			  const struct target *target, struct period period)
{
	return add_days(catalogue, period_moved_end(target, period),
			target->due_days, target->due_working);
}

int32_t catalogue_close_day(const struct catalogue *catalogue,
			    const struct target *target, struct period period)
{
	return add_days(catalogue, period_moved_end(target, period),
			target->close_days, target->close_working);
}
