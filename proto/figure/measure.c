/*
 * The evaluation object: one target after the other is made a subject and
 * judged; figures are kept as texts, the numbers behind them are not.
 */
#include "proto/figure/measure.h"

#include <assert.h>
#include <stdlib.h>

#include "proto/figure/measure_rules.h"

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
static int rank_units(struct evaluation *evaluation)
{
	const struct catalogue *catalogue = evaluation->catalogue;
	size_t count = catalogue->unit_count;
	struct named_unit *units =
		arena_array(&evaluation->arena, count + 1, sizeof(*units));

	evaluation->ranks = arena_array(&evaluation->arena, count + 1,
					sizeof(*evaluation->ranks));
	evaluation->by_rank = arena_array(&evaluation->arena, count + 1,
					  sizeof(*evaluation->by_rank));
	if (!units || !evaluation->ranks || !evaluation->by_rank)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		units[i] = (struct named_unit){ catalogue->units[i].id,
						(uint32_t)i };
	qsort(units, count, sizeof(*units), named_unit_order);
	for (size_t i = 0; i < count; i++) {
		evaluation->by_rank[i] = units[i].unit;
		evaluation->ranks[units[i].unit] = (uint32_t)i;
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
	evaluation->input = *input;
	evaluation->catalogue = input->catalogue;
	arena_init(&evaluation->arena, EVALUATION_BYTES_MAX);
	evaluation->numbers = rationals_new();
	evaluation->figures = arena_array(&evaluation->arena, targets + 1,
					  sizeof(const struct figure *));
	evaluation->units = arena_array(&evaluation->arena, targets + 1,
					sizeof(*evaluation->units));
	if (!evaluation->numbers || !evaluation->figures ||
	    !evaluation->units || rank_units(evaluation))
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
	rationals_free(evaluation->numbers);
	arena_release(&evaluation->arena);
	free(evaluation);
}

const struct evaluation_input *
evaluation_input_of(const struct evaluation *evaluation)
{
	return &evaluation->input;
}

const char *measure_text(struct subject *subject, const struct rational *number,
			 unsigned places)
{
	const char *text;

	if (!number)
		return "";
	text = rational_text(number, places, &subject->evaluation->arena);
	if (!text)
		subject->failed = true;
	return text ? text : "";
}

/* ---- the subject looked at ---- */

int32_t subject_goal_day(const struct subject *subject)
{
	int32_t day = subject->evaluation->input.cutoff;

	if (subject->closed_count)
		return subject->today;
	if (day < subject->target->start)
		return subject->target->start;
	return day > subject->target->end ? subject->target->end : day;
}

static int look_at(struct evaluation *evaluation, uint32_t target,
		   struct err *err)
{
	struct subject *subject = evaluation->subject;
	int rc;

	if (subject && subject->index == target)
		return 0;
	subject_free(subject);
	evaluation->subject = NULL;
	rationals_reset(evaluation->numbers);
	rc = subject_new(evaluation, target, DAY_NONE, &subject, err);
	if (rc)
		return rc;
	rc = aims_resolve(subject, subject_goal_day(subject), &subject->aims,
			  err);
	if (rc)
		subject_free(subject);
	else
		evaluation->subject = subject;
	return rc;
}

static int check_memory(const struct subject *subject, struct err *err)
{
	if (!subject->failed && !rationals_failed(subject->numbers))
		return 0;
	return err_set(err, ERR_NOMEM, "no memory for the figure of %s",
		       subject->target->id);
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
	return rc ? rc : check_memory(subject, err);
}

/* ---- figures ---- */

static int judge_target(struct evaluation *evaluation, uint32_t target,
			struct figure *figure, struct err *err)
{
	struct view view;
	int rc = look_at(evaluation, target, err);

	if (rc)
		return rc;
	if (evaluation->subject->target->is_parent) {
		write_period(evaluation->subject, figure);
		return overall_parent(evaluation, target, figure, err);
	}
	view = view_of(evaluation->subject, NULL);
	view.aims = evaluation->subject->aims;
	return judge(&view, figure, err);
}

int evaluation_target(struct evaluation *evaluation, uint32_t target,
		      const struct figure **out, struct err *err)
{
	struct figure *figure;
	int rc;

	assert(target < evaluation->catalogue->target_count);
	if (!evaluation->figures[target]) {
		figure = arena_alloc(&evaluation->arena, sizeof(*figure));
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
static bool has_row(struct subject *subject, struct track *track)
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
	view.aims = subject->aims;
	return register_tally(&view, subject->today, COUNT_NOW,
			      register_view_step(&view))
		       .claimed > 0;
}

static int judge_unit(struct subject *subject, struct track *track,
		      struct figure *figure, struct gap *gap, struct err *err)
{
	struct view view = view_of(subject, track);
	int rc = aims_of_unit(subject, track, &subject->aims, &view.aims);

	if (rc)
		return err_set(err, rc, "no memory for a unit's goal");
	view.whole = &subject->aims;
	rc = judge(&view, figure, err);
	*gap = view.gap;
	return rc;
}

static int judge_units(struct evaluation *evaluation, uint32_t target,
		       struct unit_figures *out, struct err *err)
{
	struct subject *subject;
	struct unit_figures units = { 0 };
	struct gap *gaps;
	int rc = look_at(evaluation, target, err);

	if (rc)
		return rc;
	subject = evaluation->subject;
	units.list = arena_array(&evaluation->arena, subject->track_count + 1,
				 sizeof(*units.list));
	gaps = arena_array(&subject->arena, subject->track_count + 1,
			   sizeof(*gaps));
	if (!units.list || !gaps)
		return err_set(err, ERR_NOMEM, "no memory for unit rows");
	for (size_t i = 0;
	     !subject->target->is_parent && i < subject->track_count; i++) {
		struct track *track = &subject->tracks[i];
		struct figure *figure = &units.list[units.count];

		if (!has_row(subject, track))
			continue;
		*figure = empty_figure(target, track->unit);
		rc = judge_unit(subject, track, figure, &gaps[units.count],
				err);
		if (rc)
			return rc;
		units.count++;
	}
	rc = overall_rank(subject, units.list, gaps, units.count);
	if (rc)
		return err_set(err, rc, "no memory for ranks");
	*out = units;
	return 0;
}

int evaluation_units(struct evaluation *evaluation, uint32_t target,
		     const struct figure **out, size_t *count, struct err *err)
{
	struct unit_figures *units;

	assert(target < evaluation->catalogue->target_count);
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

/* ---- references to other targets ---- */

/* A milestone's figure needs its step; its goal is no reference. */
static int aims_for_step(struct subject *subject, struct aims *out,
			 struct err *err)
{
	for (size_t i = 0; i < subject->target->goal_count; i++)
		if (subject->target->goals[i].reference != REF_NONE)
			return 0;
	return aims_resolve(subject, subject->today, out, err);
}

static bool anybody_reported(const struct subject *subject,
			     const struct view *view)
{
	for (size_t i = 0; i < view->track_count; i++)
		if (track_reported(&view->tracks[i], subject_now(subject),
				   COUNT_NOW))
			return true;
	return false;
}

static int amount_at(struct subject *subject, int32_t end,
		     const struct rational **out, struct err *err)
{
	struct view view = view_of(subject, NULL);
	int rc = 0;

	if (!subject->closed_count || subject->today != end ||
	    !anybody_reported(subject, &view))
		return 0;
	if (subject_kind(subject) == KIND_MILESTONE)
		rc = aims_for_step(subject, &view.aims, err);
	if (!rc)
		rc = measure_amount(&view, COUNT_NOW, &view.amount);
	if (!rc)
		rc = measure_hold(&view, COUNT_NOW);
	if (rc)
		return err_set(err, rc, "no memory for a reference");
	if (!view.amount.overflow)
		*out = view.amount.value;
	return check_memory(subject, err);
}

int measure_reference(struct evaluation *evaluation, uint32_t target,
		      int32_t end, const struct rational **out, struct err *err)
{
	struct subject *subject;
	int rc;

	*out = NULL;
	if (evaluation->catalogue->targets[target].is_parent)
		return 0;
	rc = subject_new(evaluation, target, end, &subject, err);
	if (rc)
		return rc;
	rc = amount_at(subject, end, out, err);
	subject_free(subject);
	return rc;
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
				      register_passes(subject, record),
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
	view.aims = subject->aims;
	asked.day = subject->today;
	asked.only = register_heard(&view);
	if (register_records(subject, asked, &subject->arena, &records, &n))
		return err_set(err, ERR_NOMEM, "no memory for items");
	items = arena_array(&subject->arena, n + 1, sizeof(*items));
	if (!items)
		return err_set(err, ERR_NOMEM, "no memory for items");
	for (size_t i = 0; i < n; i++)
		write_item(subject, &records[i], register_view_step(&view),
			   &items[i]);
	rc = check_memory(subject, err);
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
