/*
 * Checks across files, once all of them are read: rates that would be summed,
 * and what is told without being refused.
 */
#include "proto/catalogue/catalogue_load.h"

#include <stdlib.h>
#include <string.h>

/* Whatever the loader took fits. */
__int128 decimal_fine(struct decimal value)
{
	__int128 out = value.units;

	for (int i = value.places; i < DECIMAL_PLACES_MAX; i++)
		out *= 10;
	return out;
}

static void print_fine(__int128 value, char out[DECIMAL_TEXT_BYTES])
{
	struct decimal shown = { 0, DECIMAL_PLACES_MAX };

	while (shown.places && value % 10 == 0) {
		value /= 10;
		shown.places--;
	}
	while (shown.places && (value > INT64_MAX || value < INT64_MIN)) {
		value /= 10;
		shown.places--;
	}
	shown.units = value > INT64_MAX ? INT64_MAX :
		      value < INT64_MIN ? INT64_MIN :
					  (int64_t)value;
	decimal_print(shown, out);
}

/* ---- rates ---- */

static int compare_from(const void *left, const void *right)
{
	const struct roster_row *a = *(const struct roster_row *const *)left;
	const struct roster_row *b = *(const struct roster_row *const *)right;

	return a->from < b->from ? -1 : a->from > b->from;
}

static int32_t row_last_day(const struct roster_row *row)
{
	return row->until == DAY_NONE ? DAY_ALWAYS : row->until;
}

/* Two units of the roster at once; one that follows another is no sum. */
static bool has_two_units_at_once(struct loader *loader,
				  const struct target *target)
{
	const struct roster_row **rows =
		loader_scratch(loader, target->roster_count, sizeof(void *));
	const struct roster_row *reach = NULL;

	if (!rows)
		return false;
	for (size_t i = 0; i < target->roster_count; i++)
		rows[i] = &target->roster[i];
	qsort(rows, target->roster_count, sizeof(void *), compare_from);
	for (size_t i = 0; i < target->roster_count; i++) {
		if (reach && reach->unit != rows[i]->unit &&
		    row_last_day(reach) >= rows[i]->from)
			return true;
		if (!reach || row_last_day(rows[i]) > row_last_day(reach))
			reach = rows[i];
	}
	return false;
}

static void check_rate(struct loader *loader, uint32_t index)
{
	const struct target *target = &loader->catalogue->targets[index];
	struct row row = target_row(loader, index);

	if (target->given == GIVEN_RATE &&
	    target->authority == AUTHORITY_SUMMED && target->roster_count > 1 &&
	    has_two_units_at_once(loader, target))
		row_problem(&row, TARGET_GIVEN,
			    "the rates of several units cannot be summed; let "
			    "them give the parts, or name the official source");
}

/* ---- told, not refused ---- */

static bool is_summed_amount(const struct target *target)
{
	return target->measure == KIND_FLOW || target->measure == KIND_LEVEL ||
	       target->measure == KIND_NET || target->measure == KIND_ITEMS ||
	       (target->measure == KIND_GRADE && target->take == TAKE_COUNT);
}

/* The first roster.csv row of a target with a quota, for the message. */
static const struct csv_row *first_quota_row(struct loader *loader,
					     uint32_t target)
{
	const struct groups *groups = &loader->roster;

	for (size_t i = groups->first[target]; i < groups->first[target + 1];
	     i++) {
		struct row row = { loader, FILE_ROSTER, groups->rows[i] };

		if (row_given(&row, ROSTER_QUOTA))
			return row.csv;
	}
	return NULL;
}

/* The sum of the quotas in force on a day; rows are by unit, then from. */
static __int128 sum_quotas(const struct catalogue *catalogue,
			   const struct target *target, int32_t day)
{
	const struct roster_row *rows = target->roster;
	__int128 sum = 0;

	for (size_t i = 0; i < target->roster_count; i++) {
		const struct roster_row *row;

		if (i && rows[i].unit == rows[i - 1].unit)
			continue;
		row = catalogue_roster(catalogue, target, rows[i].unit, day);
		if (row && row->has_quota)
			sum += decimal_fine(row->quota);
	}
	return sum;
}

/* As of the window's last day, when goal and quotas are final. */
static void tell_quotas(struct loader *loader, uint32_t index)
{
	const struct catalogue *catalogue = loader->catalogue;
	const struct target *target = &catalogue->targets[index];
	const struct goal *goal = target_floor(target, target->end);
	struct row row = { loader, FILE_ROSTER,
			   first_quota_row(loader, index) };
	char quotas_text[DECIMAL_TEXT_BYTES], goal_text[DECIMAL_TEXT_BYTES];
	__int128 sum;

	if (!row.csv || !goal || !goal->has_value || !is_summed_amount(target))
		return;
	sum = sum_quotas(catalogue, target, target->end);
	if (sum == decimal_fine(goal->value))
		return;
	print_fine(sum, quotas_text);
	decimal_print(goal->value, goal_text);
	row_warning(&row, ROSTER_QUOTA,
		    "the quotas of '%s' add up to %s, its goal is %s",
		    target->id, quotas_text, goal_text);
}

static void tell_of_which(struct loader *loader, uint32_t index)
{
	const struct target *target = &loader->catalogue->targets[index];
	const struct target *whole;
	const struct goal *part_goal, *goal;
	struct row row = target_row(loader, index);
	char part_text[DECIMAL_TEXT_BYTES], text[DECIMAL_TEXT_BYTES];

	if (target->of_which == CATALOGUE_NONE)
		return;
	whole = &loader->catalogue->targets[target->of_which];
	part_goal = target_floor(target, target->end);
	goal = target_floor(whole, whole->end);
	if (!part_goal || !goal || !part_goal->has_value || !goal->has_value ||
	    target->measure != whole->measure ||
	    decimal_compare(part_goal->value, goal->value) <= 0)
		return;
	decimal_print(part_goal->value, part_text);
	decimal_print(goal->value, text);
	row_warning(&row, TARGET_OF_WHICH,
		    "the goal %s is above that of '%s', %s, of which it is a "
		    "part",
		    part_text, whole->id, text);
}

static void tell_milestone(struct loader *loader, uint32_t index)
{
	const struct target *target = &loader->catalogue->targets[index];
	struct row row = target_row(loader, index);

	if (target->kind != KIND_MILESTONE || target->is_parent)
		return;
	for (size_t i = 0; i < target->plan_count; i++) {
		if (target->plans[i].stage)
			return;
	}
	row_warning(&row, TARGET_GOAL,
		    "no stage of '%s' has a planned day in plans.csv; it is "
		    "overdue only from the window's end",
		    target->id);
}

static bool has_curve(const struct target *target)
{
	for (size_t i = 0; i < target->plan_count; i++) {
		if (target->plans[i].unit == CATALOGUE_NONE &&
		    !target->plans[i].stage && !*target->plans[i].item)
			return true;
	}
	return false;
}

static bool has_bases(const struct target *target)
{
	bool all = target->roster_count > 0;

	for (size_t i = 0; i < target->roster_count; i++)
		all &= target->roster[i].has_base;
	return target->has_base || all;
}

/* Without a base a level is compared with its whole goal from the start. */
static void tell_level(struct loader *loader, uint32_t index)
{
	const struct target *target = &loader->catalogue->targets[index];
	const struct goal *goal = target_floor(target, target->end);
	struct row row = target_row(loader, index);

	if (target->kind != KIND_LEVEL || has_bases(target) || !goal ||
	    !(goal->has_value || goal->reference != REF_NONE) ||
	    goal->compare == COMPARE_EQ || goal->compare == COMPARE_ABOUT ||
	    has_curve(target))
		return;
	row_warning(&row, TARGET_BASE,
		    "'%s' has no base; it stays yellow or red until its goal "
		    "is met",
		    target->id);
}

/* From a base that is still above the goal. */
static bool comes_down(const struct target *target, const struct goal *goal)
{
	if (target->kind != KIND_LEVEL && target->kind != KIND_RATIO)
		return false;
	if (target->has_base && goal->has_value)
		return decimal_compare(target->base, goal->value) > 0;
	return has_bases(target);
}

static bool is_budget(const struct target *target)
{
	return target->kind == KIND_FLOW || target->kind == KIND_ITEMS;
}

/* The day before which a curve expects less than a goal that is to be undercut
 * allows; DAY_NONE: it has no curve. */
static int32_t rises_until(const struct target *target)
{
	static const struct decimal whole = { 100, 0 };
	bool cap = is_budget(target), any = false;

	for (size_t i = 0; i < target->plan_count; i++) {
		const struct plan_point *point = &target->plans[i];

		if (point->unit != CATALOGUE_NONE || point->stage ||
		    *point->item)
			continue;
		any = true;
		if (cap && point->line)
			return DAY_NONE;
		if (cap || point->has_value ||
		    decimal_compare(point->percent, whole) >= 0)
			return point->by;
	}
	return any ? target->end : DAY_NONE;
}

static int32_t first_period_end(const struct target *target)
{
	struct period first = target->has_first_period ?
				      target->first_period :
				      period_of_day(target->period,
						    target->start,
						    target->first_month);

	return period_end(first, target->first_month);
}

static bool is_judged_by_a_curve(const struct target *target,
				 const struct goal *goal)
{
	return goal &&
	       (goal->compare == COMPARE_LE || goal->compare == COMPARE_LT) &&
	       target->kind != KIND_BENCHMARK && target->kind != KIND_NET &&
	       !target->annual_only && !comes_down(target, goal);
}

/* A curve begins at 0: no more than that is expected of what has a goal to
 * undercut, and it is behind. */
static void tell_upper_edge(struct loader *loader, uint32_t index)
{
	const struct target *target = &loader->catalogue->targets[index];
	const struct goal *goal = target_floor(target, target->end);
	struct row row = target_row(loader, index);
	int32_t until = rises_until(target);
	char day[DAY_TEXT_BYTES];

	if (!is_judged_by_a_curve(target, goal) || until == DAY_NONE ||
	    until <= first_period_end(target))
		return;
	day_print(until, day);
	if (is_budget(target))
		row_warning(&row, TARGET_GOAL,
			    "by its plan nothing of '%s' may be used before "
			    "%s; without a plan its budget goes with the year",
			    target->id, day);
	else
		row_warning(&row, TARGET_GOAL,
			    "'%s' is to stay below its goal, but its plan "
			    "rises from 0 and it is behind until %s; plan "
			    "values from the first period on, or give a level "
			    "or ratio its base",
			    target->id, day);
}

void check_catalogue(struct loader *loader)
{
	size_t count = loader->catalogue->target_count;

	for (uint32_t t = 0; t < count; t++)
		check_rate(loader, t);
	/* What is told rests on cells that are right. */
	for (uint32_t t = 0; t < count && !loader->problems->errors; t++) {
		tell_quotas(loader, t);
		tell_of_which(loader, t);
		tell_milestone(loader, t);
		tell_level(loader, t);
		tell_upper_edge(loader, t);
	}
}
