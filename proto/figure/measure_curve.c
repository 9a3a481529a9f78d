/*
 * What plans.csv says: the share of the window, curves, planned days of
 * stages and items. Sections 6.1 (tau) and 6.6 (curve, slip) of
 * docs/figures.md.
 *
 * Where the document is silent:
 * - Of several rows for one stage and item the latest day counts.
 * - For milestones a row with an item alone dates the goal's stage.
 * - A stage is overdue by the month ends from its day to E, both included: due
 *   on 30 June and not reached then, it is overdue by one.
 * - A unit's linear plan is also bounded by its opening and closing.
 */
#include "proto/figure/measure_curve.h"

#include <assert.h>
#include <stdlib.h>

/* ---- the axis of time ---- */

static const struct rational *tau(struct rationals *numbers, int32_t day)
{
	struct civil civil = day_to_civil(day);

	return rational_add(
		numbers, rational_of(numbers, 12 * civil.year + civil.month),
		rational_of_quotient(numbers, civil.day,
				     day_month_days(civil.year, civil.month)));
}

/* Where day lies between two others, 0..1 between them. */
static const struct rational *share(struct rationals *numbers, int32_t from,
				    int32_t to, int32_t day)
{
	const struct rational *begin = tau(numbers, from);

	return rational_div(numbers,
			    rational_sub(numbers, tau(numbers, day), begin),
			    rational_sub(numbers, tau(numbers, to), begin));
}

const struct rational *plan_share(struct rationals *numbers, int32_t start,
				  int32_t end, int32_t day)
{
	if (day < start)
		return rational_of(numbers, 0);
	if (day >= end)
		return rational_of(numbers, 1);
	return share(numbers, start - 1, end, day);
}

int plan_month_ends(int32_t by, int32_t day)
{
	struct civil first = day_to_civil(by), last = day_to_civil(day);
	int count = 12 * (last.year - first.year) + last.month - first.month;

	if (last.day == day_month_days(last.year, last.month))
		count++;
	return count > 0 ? count : 0;
}

/* ---- the linear plan ---- */

static const struct rational *view_share(const struct view *view)
{
	const struct subject *subject = view->subject;
	int32_t start = subject->target->start, end = subject->target->end;
	int32_t first = DAY_ALWAYS, last = DAY_NONE;
	const struct unit *unit;

	if (view->unit && view->unit->row_count) {
		for (size_t i = 0; i < view->unit->row_count; i++) {
			const struct roster_row *row = &view->unit->rows[i];
			int32_t until = row->until == DAY_NONE ? DAY_ALWAYS :
								 row->until;

			/* DAY_NONE is before every day. */
			if (row->from < first)
				first = row->from;
			if (until > last)
				last = until;
		}
		unit = &subject->catalogue->units[view->unit->unit];
		if (unit->opened > first)
			first = unit->opened;
		if (unit->closed != DAY_NONE && unit->closed < last)
			last = unit->closed;
		if (first > start)
			start = first;
		if (last < end)
			end = last;
	}
	if (start > end)
		return rational_of(subject->numbers, 1);
	return plan_share(subject->numbers, start, end, subject->today);
}

/* ---- curves ---- */

static bool is_curve(const struct plan_point *point)
{
	return point->stage == 0 && !*point->item &&
	       (point->has_percent || point->has_value);
}

/* Whose rows make the curve: the unit's own, else the general ones. */
static bool curve_owner(const struct view *view, uint32_t *out)
{
	const struct target *target = view->subject->target;
	bool general = false;

	for (size_t i = 0; i < target->plan_count; i++) {
		const struct plan_point *point = &target->plans[i];

		if (!is_curve(point))
			continue;
		if (view->unit && point->unit == view->unit->unit) {
			*out = point->unit;
			return true;
		}
		general = general || point->unit == CATALOGUE_NONE;
	}
	*out = CATALOGUE_NONE;
	return general;
}

bool plan_has_curve(const struct view *view)
{
	uint32_t owner;
	int64_t items;

	return plan_items(view, &items) || curve_owner(view, &owner);
}

/* What a point stands for; a general curve of values in proportion to the
 * unit's goal. */
static const struct rational *point_value(const struct view *view,
					  const struct aim *aim,
					  const struct plan_point *point,
					  const struct rational *from,
					  const struct rational *full)
{
	struct rationals *numbers = view->subject->numbers;
	const struct rational *value;
	const struct aim *whole;

	if (point->has_percent) {
		value = rational_div(
			numbers, rational_of_decimal(numbers, point->percent),
			rational_of(numbers, 100));
		return rational_add(
			numbers, from,
			rational_mul(numbers, value,
				     rational_sub(numbers, full, from)));
	}
	value = rational_of_decimal(numbers, point->value);
	if (!view->unit || point->unit != CATALOGUE_NONE || !view->whole->count)
		return value;
	if (view->aims.list == view->whole->list)
		return value; /* no quota: the goals are the target's */
	whole = &view->whole->list[0];
	if (whole->missing || !rational_sign(whole->value))
		return value;
	return rational_div(numbers, rational_mul(numbers, value, aim->value),
			    whole->value);
}

/* From the day before the window at from, over the points, to full on the
 * window's last day as a step. */
static const struct rational *curve_at(const struct view *view,
				       const struct aim *aim, uint32_t owner,
				       const struct rational *from,
				       const struct rational *full)
{
	const struct target *target = view->subject->target;
	struct rationals *numbers = view->subject->numbers;
	int32_t day = view->subject->today, before = target->start - 1;
	const struct rational *value = from;

	for (size_t i = 0; i < target->plan_count; i++) {
		const struct plan_point *point = &target->plans[i];
		const struct rational *next;

		if (!is_curve(point) || point->unit != owner)
			continue;
		next = point_value(view, aim, point, from, full);
		if (day < point->by) {
			if (!point->line || point->by <= before)
				return value;
			return rational_add(
				numbers, value,
				rational_mul(
					numbers,
					share(numbers, before, point->by, day),
					rational_sub(numbers, next, value)));
		}
		value = next;
		before = point->by;
	}
	return day >= target->end && before < target->end ? full : value;
}

const struct rational *plan_expected(const struct view *view,
				     const struct aim *aim,
				     const struct rational *from,
				     const struct rational *full)
{
	struct rationals *numbers = view->subject->numbers;
	uint32_t owner;
	int64_t items;

	if (plan_items(view, &items))
		return rational_of(numbers, items);
	if (curve_owner(view, &owner))
		return curve_at(view, aim, owner, from, full);
	return rational_add(numbers, from,
			    rational_mul(numbers, view_share(view),
					 rational_sub(numbers, full, from)));
}

/* ---- planned days of stages and items ---- */

enum scope { SCOPE_GENERAL, SCOPE_UNIT, SCOPE_ITEM };

/* What a row of plans.csv is about. */
struct place {
	uint32_t stage;
	enum scope scope;
	uint32_t unit;	  /* of SCOPE_UNIT */
	struct span item; /* of SCOPE_ITEM */
};

static struct place place_of(const struct plan_point *point)
{
	struct place place = { .stage = point->stage };

	if (*point->item) {
		place.scope = SCOPE_ITEM;
		place.item = span_of_text(point->item);
	} else if (point->unit != CATALOGUE_NONE) {
		place.scope = SCOPE_UNIT;
		place.unit = point->unit;
	}
	return place;
}

static int place_order(const struct place *a, const struct place *b)
{
	size_t len = a->item.len < b->item.len ? a->item.len : b->item.len;
	int order;

	if (a->stage != b->stage)
		return a->stage < b->stage ? -1 : 1;
	if (a->scope != b->scope)
		return a->scope < b->scope ? -1 : 1;
	if (a->unit != b->unit)
		return a->unit < b->unit ? -1 : 1;
	order = len ? memcmp(a->item.data, b->item.data, len) : 0;
	return order ? order :
		       (a->item.len > b->item.len) -
			       (a->item.len < b->item.len);
}

static int dates_order(const void *left, const void *right)
{
	const struct plan_point *a = *(const struct plan_point *const *)left;
	const struct plan_point *b = *(const struct plan_point *const *)right;
	struct place place_a = place_of(a), place_b = place_of(b);
	int order = place_order(&place_a, &place_b);

	return order ? order : (a->by > b->by) - (a->by < b->by);
}

int plan_prepare(struct subject *subject)
{
	const struct target *target = subject->target;

	subject->dates = arena_array(&subject->arena, target->plan_count + 1,
				     sizeof(const struct plan_point *));
	subject->stages = arena_array(&subject->arena, target->plan_count + 1,
				      sizeof(*subject->stages));
	if (!subject->dates || !subject->stages)
		return ERR_NOMEM;
	for (size_t i = 0; i < target->plan_count; i++)
		if (target->plans[i].stage || *target->plans[i].item)
			subject->dates[subject->date_count++] =
				&target->plans[i];
	qsort(subject->dates, subject->date_count,
	      sizeof(const struct plan_point *), dates_order);
	for (size_t i = 0; i < subject->date_count; i++) {
		uint32_t stage = subject->dates[i]->stage;

		if (stage &&
		    (!subject->stage_count ||
		     subject->stages[subject->stage_count - 1] != stage))
			subject->stages[subject->stage_count++] = stage;
	}
	return 0;
}

/* The latest day of the rows about a place; DAY_NONE if none. */
static int32_t find_day(const struct subject *subject,
			const struct place *place)
{
	size_t low = 0, high = subject->date_count;
	struct place last;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct place here = place_of(subject->dates[middle]);

		if (place_order(&here, place) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return DAY_NONE;
	last = place_of(subject->dates[low - 1]);
	return place_order(&last, place) ? DAY_NONE :
					   subject->dates[low - 1]->by;
}

int32_t plan_day(const struct subject *subject, const struct record *record,
		 uint32_t stage, uint32_t goal_step)
{
	struct place place = { .stage = stage,
			       .scope = SCOPE_ITEM,
			       .item = record->item };
	int32_t day = DAY_NONE;

	if (record->item.len) {
		day = find_day(subject, &place);
		place.stage = 0;
		if (stage == goal_step) {
			int32_t alone = find_day(subject, &place);

			/* Of several rows the latest day counts; DAY_NONE is
			 * before every day. */
			day = alone > day ? alone : day;
		}
	}
	if (day == DAY_NONE) {
		place = (struct place){ .stage = stage,
					.scope = SCOPE_UNIT,
					.unit = record->credited };
		day = find_day(subject, &place);
	}
	if (day == DAY_NONE) {
		place = (struct place){ .stage = stage };
		day = find_day(subject, &place);
	}
	if (day == DAY_NONE && stage == goal_step)
		day = subject->target->end;
	return day;
}

/* ---- dated items ---- */

static uint32_t unit_of_item(const struct subject *subject, const char *id)
{
	size_t low = 0, high = subject->from->item_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(subject->listed[middle]->id, id);

		if (!order)
			return subject->listed[middle]->unit;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return CATALOGUE_NONE;
}

/* Is the figure a number of items? */
static bool plan_counts(const struct target *target)
{
	if (target->kind == KIND_GRADE)
		return target->take == TAKE_COUNT;
	return target->kind == KIND_ITEMS &&
	       target->sum_field == CATALOGUE_NONE;
}

bool plan_items(const struct view *view, int64_t *out)
{
	const struct subject *subject = view->subject;
	bool any = false;

	*out = 0;
	if (!plan_counts(subject->target))
		return false;
	for (size_t i = 0; i < subject->date_count; i++) {
		const struct plan_point *point = subject->dates[i];

		if (point->stage)
			break; /* those of items alone come first */
		any = true;
		if (point->by <= subject->today &&
		    (!view->unit ||
		     unit_of_item(subject, point->item) == view->unit->unit))
			++*out;
	}
	return any;
}
