/*
 * The expected figure X, the gap and the completion rate: the table of
 * section 6.6 of docs/figures.md, one function a row.
 *
 * Where the document is silent:
 * - level and ratio about or equal to a goal are direct, with a base too.
 * - A curve of values begins at the base where there is one.
 * - A curve of values in proportion to a quota: quota / the target's goal.
 */
#include "proto/figure/measure_plan.h"

#include "proto/figure/measure_curve.h"
#include "proto/figure/measure_goal.h"

static const struct rational *zero(const struct view *view)
{
	return rational_of(view->subject->numbers, 0);
}

/* 100 * part / |whole|; where whole is 0: 100 if not met, else 0. */
static const struct rational *points(const struct view *view,
				     const struct rational *part,
				     const struct rational *whole, bool met)
{
	struct rationals *numbers = view->subject->numbers;

	if (!rational_sign(whole))
		return rational_of(numbers, met ? 0 : 100);
	return rational_div(
		numbers, rational_mul(numbers, rational_of(numbers, 100), part),
		rational_abs(numbers, whole));
}

static const struct rational *percent(const struct view *view,
				      const struct rational *part,
				      const struct rational *whole)
{
	struct rationals *numbers = view->subject->numbers;

	if (!rational_sign(whole))
		return NULL;
	return rational_div(
		numbers, rational_mul(numbers, rational_of(numbers, 100), part),
		whole);
}

static const struct rational *minus(const struct view *view,
				    const struct rational *a,
				    const struct rational *b)
{
	return rational_sub(view->subject->numbers, a, b);
}

static const struct rational *larger(const struct rational *a,
				     const struct rational *b)
{
	return rational_compare(a, b) < 0 ? b : a;
}

static bool wants_less(const struct aim *aim)
{
	return aim->compare == COMPARE_LE || aim->compare == COMPARE_LT;
}

static bool wants_band(const struct aim *aim)
{
	return aim->compare == COMPARE_ABOUT || aim->compare == COMPARE_EQ;
}

/* ---- the base ---- */

/* NULL: none. */
static const struct rational *base_of(const struct view *view)
{
	const struct subject *subject = view->subject;
	const struct target *target = subject->target;
	struct rationals *numbers = subject->numbers;
	const struct rational *sum = rational_of(numbers, 0);
	const struct roster_row *row;
	bool any = false;

	if (view->unit) {
		row = track_row(view->unit, subject->today);
		if (row && row->has_base)
			return rational_of_decimal(numbers, row->base);
		return target->has_base && track_only(subject, view->unit) ?
			       rational_of_decimal(numbers, target->base) :
			       NULL;
	}
	if (target->has_base)
		return rational_of_decimal(numbers, target->base);
	for (size_t i = 0; i < subject->track_count; i++) {
		const struct track *track = &subject->tracks[i];

		if (!track_in_force(subject, track, subject->today))
			continue;
		row = track_row(track, subject->today);
		if (!row || !row->has_base)
			return NULL;
		sum = rational_add(numbers, sum,
				   rational_of_decimal(numbers, row->base));
		any = true;
	}
	return any ? sum : NULL;
}

/* ---- the rows of the table ---- */

/* flow, items, net that are to grow. */
static struct gap gap_growing(const struct view *view, const struct aim *aim)
{
	const struct rational *v = view->amount.value, *a = aim->attain;
	struct gap gap = { .planned = true };

	gap.plan = plan_expected(view, aim, zero(view), a);
	gap.points = points(view, minus(view, gap.plan, v), a, false);
	gap.rate = percent(view, v, a);
	return gap;
}

/* level, ratio from a base to the goal. */
static struct gap gap_way(const struct view *view, const struct aim *aim,
			  const struct rational *base)
{
	const struct rational *v = view->amount.value;
	const struct rational *way = minus(view, aim->attain, base);
	struct gap gap = { .planned = true };

	gap.plan = plan_expected(view, aim, base, aim->attain);
	gap.points = points(view,
			    wants_less(aim) ? minus(view, v, gap.plan) :
					      minus(view, gap.plan, v),
			    way, aim_met(view, aim, &view->amount));
	gap.rate = percent(view, minus(view, v, base), way);
	return gap;
}

/* A budget. */
static struct gap gap_cap(const struct view *view, const struct aim *aim)
{
	const struct rational *v = view->amount.value, *goal = aim->value;
	struct gap gap = { .planned = true };

	gap.plan = plan_expected(view, aim, zero(view), goal);
	gap.points = points(view, minus(view, v, gap.plan), goal,
			    aim_met(view, aim, &view->amount));
	gap.used = percent(view, v, goal);
	gap.left = minus(view, goal, v);
	return gap;
}

/* flow, items, net that are to come out within a band. */
static struct gap gap_band(const struct view *view, const struct aim *aim)
{
	const struct rational *v = view->amount.value;
	const struct rational *above = minus(view, v, aim->upper);
	struct gap gap = { 0 };

	gap.plan = plan_expected(view, aim, zero(view), aim->lower);
	gap.points = points(view, larger(minus(view, gap.plan, v), above),
			    aim->value, aim_met(view, aim, &view->amount));
	gap.rate = percent(view, v, aim->value);
	gap.planned = rational_sign(above) <= 0;
	return gap;
}

static const struct rational *rate_of_kind(const struct view *view,
					   const struct aim *aim)
{
	enum measure_kind kind = view->subject->target->kind;

	if (wants_band(aim))
		return NULL;
	if (kind == KIND_GRADE || (kind == KIND_LEVEL && !wants_less(aim)))
		return percent(view, view->amount.value, aim->attain);
	return NULL;
}

static struct gap gap_curve(const struct view *view, const struct aim *aim)
{
	const struct rational *v = view->amount.value;
	struct gap gap = { .planned = true };

	gap.plan = plan_expected(view, aim, zero(view), aim->attain);
	gap.points = points(view,
			    wants_less(aim) ? minus(view, v, gap.plan) :
					      minus(view, gap.plan, v),
			    aim->attain, aim_met(view, aim, &view->amount));
	gap.rate = rate_of_kind(view, aim);
	return gap;
}

static struct gap gap_direct(const struct view *view, const struct aim *aim)
{
	const struct rational *v = view->amount.value, *missing;
	bool met = aim_met(view, aim, &view->amount);
	struct gap gap = { .rate = rate_of_kind(view, aim) };

	if (wants_band(aim)) {
		missing = larger(minus(view, aim->lower, v),
				 minus(view, v, aim->upper));
		gap.points = points(view, missing, aim->value, met);
		return gap;
	}
	missing = wants_less(aim) ? minus(view, v, aim->attain) :
				    minus(view, aim->attain, v);
	gap.points = points(view, missing, aim->attain, met);
	return gap;
}

static struct gap gap_step(const struct view *view, const struct aim *aim)
{
	bool met = aim_met(view, aim, &view->amount);

	return (struct gap){ .points = rational_of(view->subject->numbers,
						   met ? 0 : 100) };
}

/* ---- which row applies ---- */

static bool base_meets(const struct view *view, const struct aim *aim,
		       const struct rational *base)
{
	struct amount amount = { .value = base };

	return aim_met(view, aim, &amount);
}

static struct gap gap_amounts(const struct view *view, const struct aim *aim)
{
	enum measure_kind kind = view->subject->target->kind;

	if (wants_band(aim))
		return gap_band(view, aim);
	if (wants_less(aim))
		return kind == KIND_NET ? gap_direct(view, aim) :
					  gap_cap(view, aim);
	if (rational_sign(aim->attain) > 0)
		return gap_growing(view, aim);
	return plan_has_curve(view) ? gap_curve(view, aim) :
				      gap_direct(view, aim);
}

static struct gap gap_of_kind(const struct view *view, const struct aim *aim)
{
	const struct rational *base;

	switch (view->subject->target->kind) {
	case KIND_FLOW:
	case KIND_ITEMS:
	case KIND_NET:
		return gap_amounts(view, aim);
	case KIND_LEVEL:
	case KIND_RATIO:
		base = wants_band(aim) ? NULL : base_of(view);
		if (base && !base_meets(view, aim, base))
			return gap_way(view, aim, base);
		break;
	case KIND_GROWTH:
	case KIND_LIMIT:
	case KIND_GRADE:
		break;
	case KIND_BENCHMARK:
		return gap_direct(view, aim);
	case KIND_MILESTONE:
		return (struct gap){ .rate = view->amount.value,
				     .planned = true };
	case KIND_GUARD:
	case KIND_NARRATIVE:
		return (struct gap){ 0 };
	}
	return !wants_band(aim) && plan_has_curve(view) ? gap_curve(view, aim) :
							  gap_direct(view, aim);
}

struct gap plan_gap(const struct view *view, const struct aim *aim)
{
	enum measure_kind kind = subject_kind(view->subject);

	/* Benchmarks of these kinds are judged as the kind is. */
	if (kind == KIND_MILESTONE)
		return (struct gap){ .rate = view->amount.value,
				     .planned = true };
	if (kind == KIND_GUARD)
		return (struct gap){ 0 };
	return aim->step ? gap_step(view, aim) : gap_of_kind(view, aim);
}
