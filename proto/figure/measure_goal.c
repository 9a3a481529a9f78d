/*
 * The goals in force, resolved to numbers, and whether a figure meets them.
 * Section 6.5 of docs/figures.md; goals of units from 6.6.
 *
 * Where the document is silent:
 * - A pending floor makes the whole goal pending, a pending stretch beside a
 *   floor is left out.
 * - Quotas are amounts: steps, milestones and guards are judged by the
 *   target's own goal in every unit.
 */
#include "proto/figure/measure_goal.h"

#include <stdlib.h>

#include "proto/figure/measure_force.h"
#include "proto/figure/measure_parts.h"
#include "proto/figure/measure_reference.h"
#include "proto/figure/measure_register.h"

static const char *sign_of(enum compare compare)
{
	switch (compare) {
	case COMPARE_EQ:
		return "=";
	case COMPARE_ABOUT:
		return "~";
	case COMPARE_GE:
	case COMPARE_GT:
	case COMPARE_LE:
	case COMPARE_LT:
	case COMPARE_NONE:
	case COMPARE_PENDING:
		return compare_name(compare);
	}
	return "";
}

static const char *aim_text(struct subject *subject, enum compare compare,
			    const char *value, const char *width)
{
	const char *sign = sign_of(compare);
	size_t bytes = strlen(sign) + strlen(value) + strlen(width) + 4;
	char *text = arena_alloc(&subject->basis->arena, bytes);

	if (!text) {
		subject->failed = true;
		return "";
	}
	strcpy(text, sign);
	strcat(text, value);
	if (*width) {
		strcat(text, "±");
		strcat(text, width);
	}
	return text;
}

static const char *number_text(struct subject *subject,
			       const struct rational *number, unsigned places)
{
	const char *text =
		rational_text_short(number, places, &subject->basis->arena);

	if (!text)
		subject->failed = true;
	return text ? text : "";
}

/* ---- references ---- */

static const struct series_point *series_at(const struct series *series,
					    struct period period)
{
	size_t low = 0, high = series->point_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order =
			period_compare(series->points[middle].period, period);

		if (!order)
			return &series->points[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* NULL in *out: the reference is missing. */
static int refer(struct subject *subject, const struct goal *goal,
		 const struct rational **out, unsigned *places, struct err *err)
{
	const struct catalogue *catalogue = subject->catalogue;
	const struct target *target = subject->target;
	const struct series_point *point;
	struct period period;

	*out = NULL;
	*places = MEASURE_PLACES;
	if (!subject->closed_count)
		return 0;
	period = subject_now(subject)->period;
	if (goal->ref_period == REF_LAST_YEAR)
		period = period_year_before(period);
	else if (goal->ref_period == REF_FIXED)
		period = goal->ref_fixed;
	if (goal->reference == REF_TARGET) {
		*places = target->decimals;
		if (catalogue->targets[goal->ref].decimals > *places)
			*places = catalogue->targets[goal->ref].decimals;
		return reference_amount(subject->basis, goal->ref,
					period_end(period, target->first_month),
					out, err);
	}
	point = series_at(&catalogue->series[goal->ref], period);
	if (point)
		*out = rational_of_decimal(subject->numbers, point->value);
	return 0;
}

/* ---- one goal ---- */

static void aim_edges(struct subject *subject, struct aim *aim,
		      const struct rational *width)
{
	struct rationals *numbers = subject->numbers;
	const struct rational *step = measure_step(subject);

	aim->lower = rational_sub(numbers, aim->value, width);
	aim->upper = rational_add(numbers, aim->value, width);
	aim->attain = aim->value;
	if (aim->compare == COMPARE_GT)
		aim->attain = rational_add(numbers, aim->value, step);
	else if (aim->compare == COMPARE_LT)
		aim->attain = rational_sub(numbers, aim->value, step);
}

static void aim_step(struct subject *subject, const struct goal *goal,
		     struct aim *aim)
{
	const struct target *target = subject->target;
	const struct ladder *ladder;
	const char *name = "";

	if (target->ladder == CATALOGUE_NONE)
		target = subject->from;
	if (target->ladder != CATALOGUE_NONE) {
		ladder = &subject->catalogue->ladders[target->ladder];
		for (size_t i = 0; i < ladder->step_count; i++)
			if (ladder->steps[i].order == goal->step)
				name = ladder->steps[i].id;
	}
	aim->step = goal->step;
	aim->value = rational_of(subject->numbers, goal->step);
	aim_edges(subject, aim, rational_of(subject->numbers, 0));
	aim->text = aim_text(subject, goal->compare, name, "");
}

static int aim_resolve(struct subject *subject, const struct goal *goal,
		       struct aim *aim, struct err *err)
{
	struct rationals *numbers = subject->numbers;
	const struct rational *width = rational_of(numbers, 0);
	char width_text[DECIMAL_TEXT_BYTES] = "";
	unsigned places = MEASURE_PLACES;
	int rc;

	*aim = (struct aim){ .compare = goal->compare,
			     .stretch = goal->stretch };
	if (goal->step) {
		aim_step(subject, goal, aim);
		return 0;
	}
	if (goal->compare == COMPARE_ABOUT) {
		width = rational_of_decimal(numbers, goal->width);
		decimal_print(goal->width, width_text);
	}
	if (goal->reference == REF_NONE) {
		aim->value = rational_of_decimal(numbers, goal->value);
	} else {
		rc = refer(subject, goal, &aim->value, &places, err);
		if (rc)
			return rc;
		if (!aim->value) {
			aim->missing = true;
			aim->text = aim_text(subject, goal->compare, "?",
					     width_text);
			return 0;
		}
		aim->value = rational_add(
			numbers, aim->value,
			rational_of_decimal(numbers, goal->offset));
	}
	aim_edges(subject, aim, width);
	aim->text = aim_text(subject, goal->compare,
			     number_text(subject, aim->value, places),
			     width_text);
	return 0;
}

/* ---- those in force ---- */

static int add_tier(struct subject *subject, int32_t day, bool stretch,
		    struct aims *aims, struct err *err)
{
	const struct target *target = subject->target;

	for (size_t i = 0; i < target->goal_count;) {
		const struct goal *goal = force_on(target, i, day, &i);
		int rc;

		if (!goal || goal->stretch != stretch ||
		    goal->compare == COMPARE_NONE)
			continue;
		if (goal->compare == COMPARE_PENDING) {
			aims->pending = aims->pending || !stretch ||
					!aims->count;
			continue;
		}
		rc = aim_resolve(subject, goal, &aims->list[aims->count], err);
		if (rc)
			return rc;
		aims->count++;
		if (stretch && aims->only_stretch)
			aims->pending = false;
	}
	return 0;
}

int aims_resolve(struct subject *subject, int32_t day, struct aims *out,
		 struct err *err)
{
	struct aims aims = { 0 };
	int rc;

	aims.list = arena_array(&subject->arena,
				subject->target->goal_count + 1,
				sizeof(*aims.list));
	if (!aims.list)
		return err_set(err, ERR_NOMEM, "no memory for goals");
	rc = add_tier(subject, day, false, &aims, err);
	if (rc)
		return rc;
	aims.deciding = aims.count;
	aims.only_stretch = !aims.count && !aims.pending;
	rc = add_tier(subject, day, true, &aims, err);
	if (rc)
		return rc;
	if (aims.only_stretch)
		aims.deciding = aims.count;
	aims.only_stretch = aims.only_stretch && aims.count;
	*out = aims;
	return 0;
}

/* ---- goals of units ---- */

static bool by_step(const struct subject *subject)
{
	return subject_kind(subject) == KIND_GRADE &&
	       (subject->target->take == TAKE_WORST ||
		subject->target->take == TAKE_BEST);
}

/* Kinds whose goal is every unit's own. */
static bool goal_is_each(const struct subject *subject)
{
	switch (subject_kind(subject)) {
	case KIND_GROWTH:
	case KIND_RATIO:
	case KIND_LIMIT:
	case KIND_GUARD:
	case KIND_MILESTONE:
		return true;
	case KIND_GRADE:
		return by_step(subject);
	case KIND_FLOW:
	case KIND_LEVEL:
	case KIND_NET:
	case KIND_ITEMS:
	case KIND_BENCHMARK:
	case KIND_NARRATIVE:
		return false;
	}
	return false;
}

static bool takes_quota(const struct subject *subject)
{
	return subject_kind(subject) != KIND_MILESTONE &&
	       subject_kind(subject) != KIND_GUARD && !by_step(subject);
}

static enum compare compare_of_quota(enum compare compare)
{
	if (compare == COMPARE_GT)
		return COMPARE_GE;
	return compare == COMPARE_LT ? COMPARE_LE : compare;
}

static int quota_aim(struct subject *subject, const struct roster_row *row,
		     const struct aim *first, struct aims *out)
{
	struct rationals *numbers = subject->numbers;
	const struct rational *width = rational_of(numbers, 0);
	const char *width_text = "";
	struct aim *aim = arena_alloc(&subject->arena, sizeof(*aim));

	if (!aim)
		return ERR_NOMEM;
	*aim = (struct aim){ .compare = compare_of_quota(first->compare),
			     .stretch = first->stretch };
	aim->value = rational_of_decimal(numbers, row->quota);
	if (aim->compare == COMPARE_ABOUT && !first->missing) {
		width = rational_sub(numbers, first->upper, first->value);
		if (rational_sign(first->value))
			width = rational_abs(
				numbers,
				rational_div(numbers,
					     rational_mul(numbers, width,
							  aim->value),
					     first->value));
		width_text = number_text(subject, width, MEASURE_PLACES);
	}
	aim_edges(subject, aim, width);
	aim->text = aim_text(subject, aim->compare,
			     number_text(subject, aim->value, MEASURE_PLACES),
			     width_text);
	*out = (struct aims){ .list = aim,
			      .count = 1,
			      .deciding = 1,
			      .only_stretch = first->stretch };
	return 0;
}

int aims_of_unit(struct subject *subject, const struct track *track,
		 const struct aims *whole, struct aims *out)
{
	const struct roster_row *row =
		track_row(track, subject_goal_day(subject));

	if (!whole->pending && whole->deciding && row && row->has_quota &&
	    takes_quota(subject))
		return quota_aim(subject, row, &whole->list[0], out);
	*out = *whole;
	out->no_quota = !goal_is_each(subject) && !track_only(subject, track);
	return 0;
}

void view_aim_at(struct view *view, const struct aims *aims)
{
	view->aims = *aims;
	view->step = 0;
	if (aims->count)
		view->step =
			force_step(aims->list[0].compare, aims->list[0].step);
}

/* ---- met ---- */

bool aim_met(const struct view *view, const struct aim *aim,
	     const struct amount *amount)
{
	uint32_t step = force_step(aim->compare, aim->step);
	int order;

	if (subject_kind(view->subject) == KIND_MILESTONE &&
	    step != view->step) {
		struct tallied tallied = register_tally(
			view, view->subject->today, COUNT_NOW, step);

		return tallied.items && tallied.reached == tallied.items;
	}
	if (subject_kind(view->subject) == KIND_MILESTONE)
		return amount->items && amount->done == amount->items;
	order = rational_compare(amount->value, aim->value);
	switch (aim->compare) {
	case COMPARE_GE:
		return order >= 0;
	case COMPARE_GT:
		return order > 0;
	case COMPARE_LE:
		return order <= 0;
	case COMPARE_LT:
		return order < 0;
	case COMPARE_EQ:
	case COMPARE_ABOUT:
		return rational_compare(amount->value, aim->lower) >= 0 &&
		       rational_compare(amount->value, aim->upper) <= 0;
	case COMPARE_NONE:
	case COMPARE_PENDING:
		return false;
	}
	return false;
}

int aims_met(const struct view *view, bool stretches)
{
	size_t first = stretches ? view->aims.deciding : 0;
	size_t end = stretches ? view->aims.count : view->aims.deciding;
	int met = 1;

	if (first == end || !view->amount.value || view->amount.overflow ||
	    view->aims.pending || view->aims.no_quota)
		return -1;
	for (size_t i = first; i < end; i++) {
		const struct aim *aim = &view->aims.list[i];

		if (aim->missing)
			return -1;
		if (!aim_met(view, aim, &view->amount))
			met = 0;
	}
	return met;
}

bool aim_is_cap(const struct subject *subject, const struct aim *aim)
{
	enum measure_kind kind = subject->target->kind;

	return (kind == KIND_FLOW || kind == KIND_ITEMS) &&
	       (aim->compare == COMPARE_LE || aim->compare == COMPARE_LT);
}

bool view_has_cap(const struct view *view)
{
	for (size_t i = 0; i < view->aims.deciding; i++)
		if (aim_is_cap(view->subject, &view->aims.list[i]))
			return true;
	return false;
}
