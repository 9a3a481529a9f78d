/* plans.csv: curves, planned days of stages, planned days of items. */
#include "proto/catalogue/catalogue_load.h"

#include <stdlib.h>
#include <string.h>

struct plan_entry {
	struct plan_point point;
	const struct csv_row *csv;
};

static bool read_by(const struct row *row, const struct target *target,
		    int32_t *by)
{
	struct span cell = row_cell(row, PLAN_BY);
	struct period period;

	if (day_parse(cell, by) == 0)
		return true;
	if (!row_period(row, PLAN_BY, &period))
		return false;
	*by = period_end(period, target->first_month);
	return true;
}

static const char *read_plan_item(const struct row *row, uint32_t index)
{
	const struct catalogue *catalogue = row->loader->catalogue;
	const struct target *source =
		target_register(catalogue, &catalogue->targets[index]);
	const char *item = row_name(row, PLAN_ITEM);

	if (*item && !row->loader->tables[FILE_ITEMS].broken &&
	    !file_says(row->loader, FILE_ITEMS, ITEM_ID, "%u:%s",
		       (uint32_t)(source - catalogue->targets), item))
		row_problem(row, PLAN_ITEM,
			    "items.csv has no item '%s' of '%s'", item,
			    source->id);
	return item;
}

/* A curve's point has a percent or a value; the day of a stage or of an item
 * has neither. */
static void check_use(const struct row *row, const struct plan_point *point)
{
	bool percent = row_given(row, PLAN_PERCENT);
	bool value = row_given(row, PLAN_VALUE);
	bool stage = row_given(row, PLAN_STAGE);

	if (stage || *point->item) {
		if (percent || value)
			row_problem(row, percent ? PLAN_PERCENT : PLAN_VALUE,
				    "the planned day of a %s has no percent "
				    "and no value; leave it blank",
				    stage ? "stage" : "listed item");
		return;
	}
	if (percent == value)
		row_problem(row, PLAN_PERCENT,
			    percent ? "give a percent or a value, not both" :
				      "give a percent of the goal or a value, "
				      "or the stage that is planned");
}

/* Most likely of another year. */
static void tell_outside(const struct row *row, const struct target *target,
			 int32_t by)
{
	char start[DAY_TEXT_BYTES], end[DAY_TEXT_BYTES];

	if (!target_has_window(target) ||
	    (by >= target->start && by <= target->end))
		return;
	day_print(target->start, start);
	day_print(target->end, end);
	row_warning(row, PLAN_BY,
		    "the day is outside the window of '%s', %s to %s",
		    target->id, start, end);
}

static bool read_point(const struct row *row, uint32_t index,
		       struct plan_point *point)
{
	static const char *const shapes[] = { "step", "line" };
	const struct target *target = &row->loader->catalogue->targets[index];
	int shape = 0;

	*point = (struct plan_point){ .unit = CATALOGUE_NONE };
	(void)row_unit(row, PLAN_UNIT, &point->unit);
	point->item = read_plan_item(row, index);
	if (target_kind_known(row->loader, target) ||
	    target->ladder != CATALOGUE_NONE)
		(void)row_step(row, PLAN_STAGE, target, &point->stage);
	point->has_percent = row_decimal(row, PLAN_PERCENT, &point->percent);
	point->has_value = row_decimal(row, PLAN_VALUE, &point->value);
	(void)row_choice(row, PLAN_SHAPE, shapes, 2, &shape);
	point->line = shape == 1;
	check_use(row, point);
	if (!read_by(row, target, &point->by))
		return false;
	tell_outside(row, target, point->by);
	return !row_repeats(row, PLAN_BY, "the plan for this day",
			    "%u:%u:%u:%d:%s", index, point->unit, point->stage,
			    point->by, point->item);
}

static bool is_curve(const struct plan_point *point)
{
	return !point->stage && !*point->item;
}

static int compare_entries(const void *left, const void *right)
{
	const struct plan_entry *a = left, *b = right;

	if (a->point.by != b->point.by)
		return a->point.by < b->point.by ? -1 : 1;
	return a->csv->number < b->csv->number ?
		       -1 :
		       a->csv->number > b->csv->number;
}

/* What was seen of a curve in percent, by day. */
struct rise {
	const struct csv_row *last;
	struct decimal percent; /* of that row */
	__int128 sum;		/* of all of them, at DECIMAL_PLACES_MAX */
	size_t count;
};

/* The first point of each unit's curve, and how it rises; the total's at
 * unit_count. */
struct curves {
	const struct csv_row **first;
	struct rise *rises;
	size_t unit_count;
};

static size_t curve_of(const struct curves *curves,
		       const struct plan_point *point)
{
	return point->unit == CATALOGUE_NONE ? curves->unit_count : point->unit;
}

/* A curve is in percent throughout, or in values. */
static void check_throughout(const struct row *row,
			     const struct plan_point *point,
			     const struct curves *curves)
{
	size_t curve = curve_of(curves, point);
	struct row first = { row->loader, FILE_PLANS, curves->first[curve] };
	int column = point->has_percent ? PLAN_PERCENT : PLAN_VALUE;

	if (!is_curve(point) || point->has_percent == point->has_value)
		return;
	if (!first.csv)
		curves->first[curve] = row->csv;
	else if (!row_given(&first, column))
		row_problem(row, column,
			    "row %u of the same curve is in %s; use one of the "
			    "two throughout",
			    first.csv->number,
			    point->has_percent ? "values" : "percent");
}

static void tell_fall(const struct row *row, const struct plan_point *point,
		      struct rise *rise)
{
	char now[DECIMAL_TEXT_BYTES], before[DECIMAL_TEXT_BYTES];

	if (rise->count && decimal_compare(point->percent, rise->percent) < 0) {
		decimal_print(point->percent, now);
		decimal_print(rise->percent, before);
		row_warning(row, PLAN_PERCENT,
			    "the plan falls: %s after %s; percent is "
			    "cumulative",
			    now, before);
	}
	rise->last = row->csv;
	rise->percent = point->percent;
	rise->sum += decimal_fine(point->percent);
	rise->count++;
}

/* A quarter each, where the sum was meant. */
static void tell_parts(struct loader *loader, const struct rise *rise)
{
	static const struct decimal whole = { 100, 0 };
	struct row row = { loader, FILE_PLANS, rise->last };
	char text[DECIMAL_TEXT_BYTES];

	if (rise->count < 2 || rise->sum != decimal_fine(whole) ||
	    decimal_compare(rise->percent, whole) >= 0)
		return;
	decimal_print(rise->percent, text);
	row_warning(&row, PLAN_PERCENT,
		    "the percent of this plan add up to 100 and end at %s; "
		    "percent is cumulative",
		    text);
}

/* Entries by day: what makes no sense of the curves in percent. */
static void tell_rises(struct loader *loader, const struct plan_entry *entries,
		       size_t count, const struct curves *curves)
{
	for (size_t i = 0; i < count; i++) {
		const struct plan_point *point = &entries[i].point;
		struct row row = { loader, FILE_PLANS, entries[i].csv };

		if (is_curve(point) && point->has_percent)
			tell_fall(&row, point,
				  &curves->rises[curve_of(curves, point)]);
	}
	for (size_t i = 0; i < count; i++) {
		struct rise *rise =
			&curves->rises[curve_of(curves, &entries[i].point)];

		tell_parts(loader, rise);
		*rise = (struct rise){ 0 };
	}
}

static void load_plans_of(struct loader *loader, uint32_t index,
			  const struct csv_row *const *rows, size_t count,
			  const struct curves *curves)
{
	struct target *target = &loader->catalogue->targets[index];
	struct plan_entry *entries =
		loader_scratch(loader, count, sizeof(*entries));
	size_t used = 0;

	target->plans = loader_keep(loader, count, sizeof(*target->plans));
	if (!entries || !target->plans)
		return;
	for (size_t i = 0; i < count; i++) {
		struct row row = { loader, FILE_PLANS, rows[i] };

		entries[used].csv = rows[i];
		if (!read_point(&row, index, &entries[used].point))
			continue;
		check_throughout(&row, &entries[used].point, curves);
		used++;
	}
	qsort(entries, used, sizeof(*entries), compare_entries);
	tell_rises(loader, entries, used, curves);
	for (size_t i = 0; i < used; i++) {
		target->plans[i] = entries[i].point;
		curves->first[curve_of(curves, &entries[i].point)] = NULL;
	}
	target->plan_count = used;
}

void load_plans(struct loader *loader)
{
	struct curves curves = { .unit_count = loader->catalogue->unit_count };
	struct groups groups;

	curves.first =
		loader_scratch(loader, curves.unit_count + 1, sizeof(void *));
	curves.rises = loader_scratch(loader, curves.unit_count + 1,
				      sizeof(*curves.rises));
	if (!curves.first || !curves.rises ||
	    !group_rows(loader, FILE_PLANS, &groups))
		return;
	for (uint32_t t = 0; t < loader->catalogue->target_count; t++)
		load_plans_of(loader, t, groups.rows + groups.first[t],
			      groups.first[t + 1] - groups.first[t], &curves);
}
