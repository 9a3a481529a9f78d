/*
 * The ten lines: from a view to its figure with light and why. Section 7 of
 * docs/figures.md; the lines are numbered as there.
 *
 * Where the document is silent:
 * - Several floors: each is judged, the worst light shows, and with it the
 *   plan, gap and rate of the floor that is farthest behind.
 * - Where there is no figure but reports wait for approval: in-review.
 * - hold=every asks for no reports of periods in which nobody was due.
 * - The plan of a milestone is a day: on pace unless something is overdue. One
 *   that is only a stretch has no plan unless plans.csv gives it days.
 */
#include "proto/figure/measure_light.h"

#include <stdio.h>

#include "proto/figure/measure_amount.h"
#include "proto/figure/measure_goal.h"
#include "proto/figure/measure_guard.h"
#include "proto/figure/measure_hold.h"
#include "proto/figure/measure_plan.h"
#include "proto/figure/measure_register.h"

#define PLAN_EXTRA_PLACES 2
#define PERCENT_PLACES 2

static unsigned plan_places(const struct target *target)
{
	unsigned places = target->decimals + PLAN_EXTRA_PLACES;

	return places > DECIMAL_PLACES_MAX ? DECIMAL_PLACES_MAX : places;
}

/* ---- coverage, line 5 ---- */

static bool too_few(const struct subject *subject, uint32_t due,
		    uint32_t reported)
{
	struct decimal min = subject->catalogue->settings.coverage_min;
	__int128 power = 1;

	for (unsigned i = 0; i < min.places; i++)
		power *= 10;
	return 100 * (__int128)reported * power < (__int128)min.units * due;
}

static bool covered(const struct view *view, enum counting counting)
{
	const struct subject *subject = view->subject;
	uint32_t due, reported;

	view_coverage(view, subject_now(subject), counting, &due, &reported);
	if (!due)
		return false;
	if (subject_kind(subject) == KIND_GUARD)
		return guard_complete(view, counting);
	if (too_few(subject, due, reported))
		return false;
	if (view_has_cap(view) && reported < due)
		return false;
	if (subject->target->hold != HOLD_EVERY)
		return true;
	for (size_t i = 0; i < subject->closed_count; i++) {
		view_coverage(view, &subject->closed[i], counting, &due,
			      &reported);
		if (due && too_few(subject, due, reported))
			return false;
	}
	return true;
}

/* ---- lines 8 to 10 ---- */

struct verdict {
	enum light light;
	enum why why;
};

static struct verdict judge_milestone(const struct view *view)
{
	if (!view->tallied.overdue)
		return (struct verdict){ LIGHT_GREEN, WHY_NONE };
	if (view->tallied.slip >= view->subject->catalogue->settings.slip_red)
		return (struct verdict){ LIGHT_RED, WHY_OVERDUE };
	return (struct verdict){ LIGHT_YELLOW, WHY_OVERDUE };
}

static enum light judge_gap(const struct view *view, const struct aim *aim,
			    const struct gap *gap)
{
	const struct target *target = view->subject->target;
	struct rationals *numbers = view->subject->numbers;
	bool red = gap->points &&
		   rational_compare(
			   gap->points,
			   rational_of_decimal(numbers, target->red_above)) > 0;

	if (!gap->planned) {
		if (aim_met(view, aim, &view->amount))
			return LIGHT_GREEN;
		return red ? LIGHT_RED : LIGHT_YELLOW;
	}
	if (red)
		return LIGHT_RED;
	if (gap->points && rational_sign(gap->points) > 0 &&
	    rational_compare(
		    gap->points,
		    rational_of_decimal(numbers, target->yellow_from)) >= 0)
		return LIGHT_YELLOW;
	return LIGHT_GREEN;
}

static bool is_behind(const struct gap *gap, const struct gap *other)
{
	return gap->points &&
	       (!other->points ||
		rational_compare(gap->points, other->points) > 0);
}

/* What is met is done, however early. */
static bool grows(const struct view *view, const struct aim *aim)
{
	enum measure_kind kind = view->subject->target->kind;

	if (kind == KIND_MILESTONE)
		return true;
	return (kind == KIND_FLOW || kind == KIND_ITEMS) &&
	       (aim->compare == COMPARE_GE || aim->compare == COMPARE_GT);
}

/* The worst light of the goals that decide, and its gap in the view. */
static enum light judge_gaps(struct view *view)
{
	enum light worst = LIGHT_DONE;

	for (size_t i = 0; i < view->aims.deciding; i++) {
		const struct aim *aim = &view->aims.list[i];
		struct gap gap;
		enum light light;

		gap = plan_gap(view, aim);
		/* Line 4 is of each goal by itself. */
		light = grows(view, aim) && aim_met(view, aim, &view->amount) ?
				LIGHT_DONE :
				judge_gap(view, aim, &gap);
		if (!i || light < worst ||
		    (light == worst && is_behind(&gap, &view->gap))) {
			worst = light;
			view->gap = gap;
		}
	}
	return worst;
}

/* Where it should be by now does not depend on what was reported. */
static const struct rational *plan_without_figure(const struct view *view)
{
	struct view nothing = *view;

	if (!view->aims.deciding)
		return NULL;
	nothing.amount = (struct amount){ .value = rational_of(
						  view->subject->numbers, 0) };
	return plan_gap(&nothing, &view->aims.list[0]).plan;
}

/* ---- the lines in order ---- */

static bool only_growing(const struct view *view)
{
	for (size_t i = 0; i < view->aims.deciding; i++)
		if (!grows(view, &view->aims.list[i]))
			return false;
	return true;
}

static bool reference_missing(const struct view *view)
{
	for (size_t i = 0; i < view->aims.deciding; i++)
		if (view->aims.list[i].missing)
			return true;
	return false;
}

static struct verdict grey(enum why why)
{
	return (struct verdict){ LIGHT_GREY, why };
}

/* Line 3, why there is no figure. */
static enum why why_no_figure(const struct view *view,
			      const struct amount *approved)
{
	if (view->amount.overflow)
		return WHY_OVERFLOW;
	if (approved->value)
		return WHY_IN_REVIEW;
	if (view_ever(view, COUNT_NOW))
		return WHY_NOT_APPLICABLE;
	return view_ever(view, COUNT_APPROVED_TOO) ? WHY_IN_REVIEW :
						     WHY_NO_REPORT;
}

static struct verdict judge(struct view *view, const struct figure *figure,
			    enum light by_gap, const struct amount *approved)
{
	const struct subject *subject = view->subject;
	enum measure_kind kind = subject_kind(subject);

	if (view->aims.pending)
		return grey(WHY_GOAL_PENDING);
	if (!view->aims.deciding)
		return grey(WHY_NO_GOAL);
	if (view->aims.no_quota)
		return grey(WHY_NO_QUOTA);
	if (view->violated && !view->aims.only_stretch)
		return (struct verdict){ LIGHT_RED, WHY_VIOLATED };
	if (!view->amount.value || view->amount.overflow)
		return grey(why_no_figure(view, approved));
	if (reference_missing(view))
		return grey(WHY_REFERENCE_MISSING);
	if (only_growing(view) && figure->met == 1)
		return (struct verdict){ LIGHT_DONE, WHY_NONE };
	if (!covered(view, COUNT_NOW))
		return grey(covered(view, COUNT_APPROVED_TOO) ? WHY_IN_REVIEW :
								WHY_COVERAGE);
	if (subject->target->annual_only && !subject->final)
		return grey(WHY_ANNUAL_ONLY);
	if (view->aims.only_stretch && !figure->met)
		return grey(WHY_STRETCH);
	if (view->aims.only_stretch)
		return (struct verdict){ subject->final ? LIGHT_DONE :
							  LIGHT_GREEN,
					 WHY_NONE };
	if (subject->final)
		return figure->met ? (struct verdict){ LIGHT_DONE, WHY_NONE } :
				     (struct verdict){ LIGHT_RED, WHY_MISSED };
	if (kind == KIND_MILESTONE)
		return judge_milestone(view);
	if (kind == KIND_GUARD)
		return (struct verdict){ LIGHT_GREEN, WHY_NONE };
	return (struct verdict){ by_gap, WHY_NONE };
}

/* ---- texts ---- */

static const char *copy(struct subject *subject, const char *text)
{
	const char *out =
		arena_text(&subject->basis->arena, text, strlen(text));

	if (!out)
		subject->failed = true;
	return out ? out : "";
}

static const char *step_name(const struct subject *subject, uint32_t order)
{
	const struct target *target = subject->target;
	const struct ladder *ladder;

	if (target->ladder == CATALOGUE_NONE)
		target = subject->from;
	if (target->ladder == CATALOGUE_NONE)
		return "";
	ladder = &subject->catalogue->ladders[target->ladder];
	for (size_t i = 0; i < ladder->step_count; i++)
		if (ladder->steps[i].order == order)
			return ladder->steps[i].id;
	return "";
}

static const char *amount_text(struct view *view, const struct amount *amount)
{
	struct subject *subject = view->subject;

	if (!amount->value || amount->overflow)
		return "";
	if (amount->step)
		return step_name(subject, amount->step);
	return measure_text(subject, amount->value, subject->target->decimals);
}

static const char *goal_text(struct view *view)
{
	struct subject *subject = view->subject;
	const struct aims *aims = &view->aims;
	size_t bytes = 1;
	char *text;

	if (aims->pending)
		return "pending";
	if (aims->no_quota)
		return "";
	for (size_t i = 0; i < aims->deciding; i++)
		bytes += strlen(aims->list[i].text) + 1;
	text = arena_alloc(&subject->basis->arena, bytes);
	if (!text) {
		subject->failed = true;
		return "";
	}
	for (size_t i = 0; i < aims->deciding; i++) {
		if (i)
			strcat(text, ";");
		strcat(text, aims->list[i].text);
	}
	return text;
}

static const char *allocated_text(struct view *view)
{
	struct subject *subject = view->subject;
	struct rationals *numbers = subject->numbers;
	const struct rational *sum = NULL;

	if (view->unit)
		return "";
	for (size_t i = 0; i < subject->track_count; i++) {
		const struct track *track = &subject->tracks[i];
		const struct roster_row *row = track_row(track, subject->today);

		if (!row || !row->has_quota ||
		    !track_in_force(subject, track, subject->today))
			continue;
		sum = rational_add(numbers, sum ? sum : rational_of(numbers, 0),
				   rational_of_decimal(numbers, row->quota));
	}
	return measure_text(subject, sum, subject->target->decimals);
}

static void write_milestone(struct view *view, struct figure *figure)
{
	char text[2 * DAY_TEXT_BYTES] = "";

	if (view->aims.pending || !view->aims.deciding || !view->tallied.items)
		return;
	/* What is only hoped for is not planned, unless days are given. */
	if (!view->aims.only_stretch || view->subject->date_count) {
		if (view->tallied.planned != DAY_NONE)
			day_print(view->tallied.planned, text);
		figure->plan = copy(view->subject, text);
		figure->slip = view->tallied.slip;
		figure->pace = view->tallied.overdue ? PACE_BEHIND : PACE_ON;
	}
	(void)snprintf(text, sizeof(text), "%u/%u", view->tallied.reached,
		       view->tallied.items);
	figure->items = copy(view->subject, text);
}

static void write_gap(struct view *view, struct figure *figure)
{
	struct subject *subject = view->subject;
	const struct gap *gap = &view->gap;

	figure->plan =
		measure_text(subject, gap->plan, plan_places(subject->target));
	figure->gap = measure_text(subject, gap->points, PERCENT_PLACES);
	figure->rate = measure_text(subject, gap->rate, PERCENT_PLACES);
	figure->used = measure_text(subject, gap->used, PERCENT_PLACES);
	figure->left =
		measure_text(subject, gap->left, subject->target->decimals);
	if (gap->plan && gap->points)
		figure->pace = rational_sign(gap->points) < 0 ? PACE_AHEAD :
			       rational_sign(gap->points) > 0 ? PACE_BEHIND :
								PACE_ON;
}

void light_write_last(struct view *view, struct figure *figure)
{
	char text[PERIOD_TEXT_BYTES];
	const struct track *track = view->unit;
	const struct said *last = NULL;

	if (!track)
		return;
	for (size_t i = track->said_count; i-- > 0 && !last;)
		if (track->said[i].counts[COUNT_NOW])
			last = &track->said[i];
	if (!last)
		return;
	period_print(last->period, text);
	figure->last = copy(view->subject, text);
	figure->stale = view->amount.value &&
			last->end < subject_now(view->subject)->said_end;
}

/* ---- all of it ---- */

/* The figure itself, as it is and as if all that waits were approved. */
static int make_amounts(struct view *view, struct amount *approved)
{
	struct subject *subject = view->subject;
	struct view other;
	int rc = amount_of(view, COUNT_NOW, &view->amount);

	if (!rc)
		rc = hold_judge(view, COUNT_NOW);
	if (subject_is_register(subject))
		view->tallied = register_tally(view, subject->today, COUNT_NOW,
					       view->step);
	if (rc || !view_waits(view))
		return rc;
	other = *view;
	return amount_of(&other, COUNT_APPROVED_TOO, approved);
}

int light_judge(struct view *view, struct figure *figure, struct err *err)
{
	struct subject *subject = view->subject;
	struct amount approved = { 0 };
	enum light by_gap = LIGHT_GREY;
	struct verdict verdict;
	int rc;

	figure->goal = goal_text(view);
	if (!subject->closed_count) {
		figure->why = WHY_NOT_DUE;
		return 0;
	}
	view_coverage(view, subject_now(subject), COUNT_NOW, &figure->due,
		      &figure->reported);
	rc = make_amounts(view, &approved);
	if (rc)
		return err_set(err, rc, "no memory for the figure of %s",
			       subject->target->id);
	figure->shared = view->tallied.shared;
	figure->disputed = view->tallied.disputed;
	figure->value = amount_text(view, &view->amount);
	figure->as_reported = amount_text(view, &approved);
	figure->allocated = allocated_text(view);
	figure->met = aims_met(view, false);
	if (!view->aims.only_stretch)
		figure->stretch = aims_met(view, true);
	if (!view->aims.pending && !view->aims.no_quota &&
	    !reference_missing(view) && !view->amount.overflow) {
		if (view->amount.value)
			by_gap = judge_gaps(view);
		else
			view->gap.plan = plan_without_figure(view);
	}
	write_gap(view, figure);
	if (subject_kind(subject) == KIND_MILESTONE)
		write_milestone(view, figure);
	light_write_last(view, figure);
	verdict = judge(view, figure, by_gap, &approved);
	figure->light = verdict.light;
	figure->why = verdict.why;
	return 0;
}
