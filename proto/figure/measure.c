/*
 * The evaluation object: one target after the other is made a subject and
 * judged; figures are kept as texts, the numbers behind them are not.
 */
#include "proto/figure/measure.h"

#include <assert.h>
#include <stdlib.h>

#include "proto/figure/measure_adjust.h"
#include "proto/figure/measure_evaluation.h"
#include "proto/figure/measure_filter.h"
#include "proto/figure/measure_goal.h"
#include "proto/figure/measure_light.h"
#include "proto/figure/measure_parent.h"
#include "proto/figure/measure_rank.h"
#include "proto/figure/measure_reference.h"
#include "proto/figure/measure_register.h"
#include "proto/figure/measure_review.h"

#define EVALUATION_BYTES_MAX ((size_t)1 << 33)

/* ---- life ---- */

struct named_unit {
	const char *id;
	uint32_t unit;
};

static int named_unit_order(const void *left, const void *right)
{
	const struct named_unit *a = left, *b = right;

	return strcmp(a->id, b->id);
}

/* Ids in order once, so that units are compared by number. */
static int order_units(struct evaluation *evaluation)
{
	const struct catalogue *catalogue = evaluation->basis.catalogue;
	size_t count = catalogue->unit_count;
	struct named_unit *units = arena_array(&evaluation->basis.arena,
					       count + 1, sizeof(*units));

	evaluation->basis.ranks = arena_array(&evaluation->basis.arena,
					      count + 1,
					      sizeof(*evaluation->basis.ranks));
	evaluation->basis.by_rank =
		arena_array(&evaluation->basis.arena, count + 1,
			    sizeof(*evaluation->basis.by_rank));
	if (!units || !evaluation->basis.ranks || !evaluation->basis.by_rank)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		units[i] = (struct named_unit){ catalogue->units[i].id,
						(uint32_t)i };
	qsort(units, count, sizeof(*units), named_unit_order);
	for (size_t i = 0; i < count; i++) {
		evaluation->basis.by_rank[i] = units[i].unit;
		evaluation->basis.ranks[units[i].unit] = (uint32_t)i;
	}
	return 0;
}

struct evaluation *evaluation_new(const struct evaluation_input *input,
				  struct err *err)
{
	struct evaluation *evaluation = calloc(1, sizeof(*evaluation));
	size_t targets = input->catalogue->target_count;

	if (!evaluation)
		goto fail;
	evaluation->basis.input = *input;
	evaluation->basis.catalogue = input->catalogue;
	arena_init(&evaluation->basis.arena, EVALUATION_BYTES_MAX);
	evaluation->basis.numbers = rationals_new();
	evaluation->figures = arena_array(&evaluation->basis.arena, targets + 1,
					  sizeof(const struct figure *));
	evaluation->units = arena_array(&evaluation->basis.arena, targets + 1,
					sizeof(*evaluation->units));
	if (!evaluation->basis.numbers || !evaluation->figures ||
	    !evaluation->units || order_units(evaluation))
		goto fail;
	return evaluation;
fail:
	evaluation_free(evaluation);
	(void)err_set(err, ERR_NOMEM, "no memory for an evaluation");
	return NULL;
}

void evaluation_free(struct evaluation *evaluation)
{
	if (!evaluation)
		return;
	subject_free(evaluation->subject);
	rationals_free(evaluation->basis.numbers);
	arena_release(&evaluation->basis.arena);
	free(evaluation);
}

const struct evaluation_input *
evaluation_input_of(const struct evaluation *evaluation)
{
	return &evaluation->basis.input;
}

/* ---- the subject looked at ---- */

static int look_at(struct evaluation *evaluation, uint32_t target,
		   struct err *err)
{
	struct subject *subject = evaluation->subject;
	int rc;

	if (subject && subject->index == target)
		return 0;
	subject_free(subject);
	evaluation->subject = NULL;
	rationals_reset(evaluation->basis.numbers);
	rc = subject_open(&evaluation->basis, target, DAY_NONE, &subject, err);
	if (rc)
		return rc;
	rc = aims_resolve(subject, subject_goal_day(subject), &evaluation->aims,
			  err);
	if (rc)
		subject_free(subject);
	else
		evaluation->subject = subject;
	return rc;
}

static struct figure empty_figure(uint32_t target, uint32_t unit)
{
	return (struct figure){
		.target = target,
		.unit = unit,
		.value = "",
		.goal = "",
		.plan = "",
		.gap = "",
		.rate = "",
		.used = "",
		.left = "",
		.items = "",
		.allocated = "",
		.as_reported = "",
		.last = "",
		.slip = -1,
		.stretch = -1,
		.met = -1,
	};
}

static void write_period(const struct subject *subject, struct figure *figure)
{
	if (!subject->closed_count)
		return;
	figure->has_period = true;
	figure->period = subject_now(subject)->period;
}

static int judge(struct view *view, struct figure *figure, struct err *err)
{
	struct subject *subject = view->subject;
	int rc = 0;

	write_period(subject, figure);
	if (subject_kind(subject) == KIND_NARRATIVE) {
		review_judge(view, figure);
		light_write_last(view, figure);
	} else {
		rc = light_judge(view, figure, err);
	}
	return rc ? rc : subject_check_memory(subject, err);
}

/* Judges the view once more, with the adjustments that count in it: the view as
 * it was before it was judged. */
static int judge_adjusted(struct view view, struct figure *figure,
			  struct err *err)
{
	struct subject *subject = view.subject;
	struct figure with = empty_figure(figure->target, figure->unit);
	const struct adjusting *list;
	size_t count;
	int rc = adjust_list(&view, &list, &count);

	if (rc)
		return err_set(err, rc, "no memory for adjustments");
	if (!count)
		return 0;
	subject->adjusting = true;
	rc = judge(&view, &with, err);
	subject->adjusting = false;
	if (rc)
		return rc;
	figure->adjusted = adjust_show(subject, &with, list, count);
	return figure->adjusted ?
		       0 :
		       err_set(err, ERR_NOMEM, "no memory for adjustments");
}

/* ---- figures ---- */

static int judge_parent(struct evaluation *evaluation, uint32_t target,
			struct figure *figure, struct err *err)
{
	const struct catalogue *catalogue = evaluation->basis.catalogue;
	struct parent parent = { 0 };

	for (uint32_t i = 0; i < catalogue->target_count; i++) {
		const struct figure *part;
		int rc;

		if (catalogue->targets[i].part_of != target)
			continue;
		/* Not deep: a part has no parts. */
		rc = evaluation_target(evaluation, i, &part, err);
		if (rc)
			return rc;
		parent_take(&parent, part);
	}
	if (parent_finish(&parent, &evaluation->basis.arena, figure))
		return err_set(err, ERR_NOMEM, "no memory for a figure");
	return 0;
}

static int judge_target(struct evaluation *evaluation, uint32_t target,
			struct figure *figure, struct err *err)
{
	struct view view, before;
	int rc = look_at(evaluation, target, err);

	if (rc)
		return rc;
	if (evaluation->subject->target->is_parent) {
		write_period(evaluation->subject, figure);
		return judge_parent(evaluation, target, figure, err);
	}
	view = view_of(evaluation->subject, NULL);
	view_aim_at(&view, &evaluation->aims);
	before = view;
	rc = judge(&view, figure, err);
	return rc ? rc : judge_adjusted(before, figure, err);
}

int evaluation_target(struct evaluation *evaluation, uint32_t target,
		      const struct figure **out, struct err *err)
{
	struct figure *figure;
	int rc;

	assert(target < evaluation->basis.catalogue->target_count);
	if (!evaluation->figures[target]) {
		figure = arena_alloc(&evaluation->basis.arena, sizeof(*figure));
		if (!figure)
			return err_set(err, ERR_NOMEM,
				       "no memory for a figure");
		*figure = empty_figure(target, CATALOGUE_NONE);
		rc = judge_target(evaluation, target, figure, err);
		if (rc)
			return rc;
		evaluation->figures[target] = figure;
	}
	*out = evaluation->figures[target];
	return 0;
}

/* Has the unit a row of its own: on the roster by now, or something said by
 * it or credited to it? */
static bool has_row(struct subject *subject, struct track *track,
		    const struct aims *aims)
{
	struct view view = view_of(subject, track);

	if (track->said_count || track->alone)
		return true;
	for (size_t i = 0; i < track->row_count; i++)
		if (track->rows[i].from == DAY_NONE || !subject->closed_count ||
		    track->rows[i].from <= subject->today)
			return true;
	if (track_due(subject, track, subject_goal_day(subject)))
		return true;
	if (!subject->closed_count || !subject_is_register(subject))
		return false;
	view_aim_at(&view, aims);
	return register_tally(&view, subject->today, COUNT_NOW, view.step)
		       .claimed > 0;
}

static int judge_unit(struct subject *subject, struct track *track,
		      const struct aims *whole, struct figure *figure,
		      struct gap *gap, struct err *err)
{
	struct view view = view_of(subject, track), before;
	struct aims aims;
	int rc = aims_of_unit(subject, track, whole, &aims);

	if (rc)
		return err_set(err, rc, "no memory for a unit's goal");
	view_aim_at(&view, &aims);
	view.whole = whole;
	before = view;
	rc = judge(&view, figure, err);
	*gap = view.gap;
	return rc ? rc : judge_adjusted(before, figure, err);
}

static int judge_units(struct evaluation *evaluation, uint32_t target,
		       struct unit_figures *out, struct err *err)
{
	struct subject *subject;
	struct figure *list;
	struct gap *gaps;
	size_t n = 0;
	int rc = look_at(evaluation, target, err);

	if (rc)
		return rc;
	subject = evaluation->subject;
	list = arena_array(&evaluation->basis.arena, subject->track_count + 1,
			   sizeof(*list));
	gaps = arena_array(&subject->arena, subject->track_count + 1,
			   sizeof(*gaps));
	if (!list || !gaps)
		return err_set(err, ERR_NOMEM, "no memory for unit rows");
	for (size_t i = 0;
	     !subject->target->is_parent && i < subject->track_count; i++) {
		struct track *track = &subject->tracks[i];
		struct figure *figure = &list[n];

		if (!has_row(subject, track, &evaluation->aims))
			continue;
		*figure = empty_figure(target, track->unit);
		rc = judge_unit(subject, track, &evaluation->aims, figure,
				&gaps[n], err);
		if (rc)
			return rc;
		n++;
	}
	rc = rank_units(subject, list, gaps, n);
	if (rc)
		return err_set(err, rc, "no memory for ranks");
	*out = (struct unit_figures){ list, n };
	return 0;
}

int evaluation_units(struct evaluation *evaluation, uint32_t target,
		     const struct figure **out, size_t *count, struct err *err)
{
	struct unit_figures *units;

	assert(target < evaluation->basis.catalogue->target_count);
	units = &evaluation->units[target];
	if (!units->list) {
		int rc = judge_units(evaluation, target, units, err);

		if (rc)
			return rc;
	}
	*out = units->list;
	*count = units->count;
	return 0;
}

void evaluation_adopt(struct evaluation *evaluation, uint32_t target,
		      const struct figure *whole, const struct figure *units,
		      size_t unit_count)
{
	evaluation->figures[target] = whole;
	evaluation->units[target] = (struct unit_figures){ units, unit_count };
}

/* ---- items ---- */

static const char *item_text(struct subject *subject, struct span item)
{
	const char *text =
		arena_text(&subject->arena, (const char *)item.data, item.len);

	if (!text)
		subject->failed = true;
	return text ? text : "";
}

static void write_item(struct subject *subject, const struct record *record,
		       uint32_t step, struct register_item *out)
{
	bool milestone = subject_kind(subject) == KIND_MILESTONE;
	char text[DAY_TEXT_BYTES];
	struct tallied slip = { .planned = DAY_NONE };

	*out = (struct register_item){
		.id = record->item.len ? item_text(subject, record->item) : "",
		.name_zh = record->listed ? record->listed->name_zh : "",
		.listed = record->listed != NULL,
		.governs = record->governs,
		.credited = record->credited,
		.claims = record->claims,
		.disputed = record->disputed,
		.counts = milestone ? step && record->stage >= step :
				      filter_passes(subject, record),
		.step = record->stage ? record->stage : record->grade,
		.planned = "",
		.slip = -1,
	};
	if (!milestone || !step)
		return;
	register_slip(subject, record, step, &slip);
	if (slip.overdue)
		out->slip = slip.slip;
	if (slip.planned == DAY_NONE)
		return;
	day_print(slip.planned, text);
	out->planned = item_text(subject, span_of_text(text));
}

int evaluation_items(struct evaluation *evaluation, uint32_t target,
		     const struct register_item **out, size_t *count,
		     struct err *err)
{
	struct subject *subject;
	struct register_item *items;
	struct register_asked asked = { .counting = COUNT_NOW };
	struct record *records;
	struct view view;
	size_t n;
	int rc = look_at(evaluation, target, err);

	if (rc)
		return rc;
	subject = evaluation->subject;
	if (!subject->closed_count || !subject_is_register(subject) ||
	    subject->target->is_parent) {
		*out = NULL;
		*count = 0;
		return 0;
	}
	view = view_of(subject, NULL);
	view_aim_at(&view, &evaluation->aims);
	asked.day = subject->today;
	asked.only = register_heard(&view);
	if (record_list(subject, asked, &subject->arena, &records, &n))
		return err_set(err, ERR_NOMEM, "no memory for items");
	items = arena_array(&subject->arena, n + 1, sizeof(*items));
	if (!items)
		return err_set(err, ERR_NOMEM, "no memory for items");
	for (size_t i = 0; i < n; i++)
		write_item(subject, &records[i], view.step, &items[i]);
	rc = subject_check_memory(subject, err);
	if (rc)
		return rc;
	*out = items;
	*count = n;
	return 0;
}

/* ---- kept verdicts ---- */

void evaluation_kept(const struct catalogue *catalogue, uint32_t target_index,
		     struct period period, int32_t *cutoff, int32_t *known_by)
{
	const struct target *target = &catalogue->targets[target_index];
	int32_t end = period_end(period, target->first_month);
	int32_t day = day_add_months(end, target->lag_months);

	/* Moving a day by months and back need not give the same day. */
	while (day_add_months(day, -target->lag_months) < end)
		day++;
	while (day_add_months(day - 1, -target->lag_months) >= end)
		day--;
	*cutoff = day;
	*known_by = catalogue_close_day(catalogue, target, period);
}

/* ---- names ---- */

const char *light_name(enum light light)
{
	switch (light) {
	case LIGHT_GREY:
		return "grey";
	case LIGHT_RED:
		return "red";
	case LIGHT_YELLOW:
		return "yellow";
	case LIGHT_GREEN:
		return "green";
	case LIGHT_DONE:
		return "done";
	}
	return "";
}

const char *why_name(enum why why)
{
	switch (why) {
	case WHY_NONE:
		return "";
	case WHY_NOT_DUE:
		return "not-due";
	case WHY_NO_GOAL:
		return "no-goal";
	case WHY_GOAL_PENDING:
		return "goal-pending";
	case WHY_NO_QUOTA:
		return "no-quota";
	case WHY_VIOLATED:
		return "violated";
	case WHY_NO_REPORT:
		return "no-report";
	case WHY_NOT_APPLICABLE:
		return "not-applicable";
	case WHY_REFERENCE_MISSING:
		return "reference-missing";
	case WHY_COVERAGE:
		return "coverage";
	case WHY_IN_REVIEW:
		return "in-review";
	case WHY_ANNUAL_ONLY:
		return "annual-only";
	case WHY_STRETCH:
		return "stretch";
	case WHY_MISSED:
		return "missed";
	case WHY_OVERDUE:
		return "overdue";
	case WHY_NO_REVIEW:
		return "no-review";
	case WHY_OVERFLOW:
		return "overflow";
	}
	return "";
}

const char *pace_name(enum pace pace)
{
	switch (pace) {
	case PACE_NONE:
		return "";
	case PACE_BEHIND:
		return "behind";
	case PACE_ON:
		return "on";
	case PACE_AHEAD:
		return "ahead";
	}
	return "";
}
