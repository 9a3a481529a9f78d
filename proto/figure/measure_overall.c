/*
 * The counts of the first screen, and standings of units. Section 8 of
 * docs/figures.md.
 *
 * Where the document is silent: a unit answers for rows in which it is due.
 */
#include "proto/figure/measure_evaluation.h"

#include <stdlib.h>

#include "proto/figure/measure_curve.h"
#include "proto/figure/measure_parent.h"

#define SHARE_PLACES 1

/* ---- the first screen ---- */

bool evaluation_is_task(const struct catalogue *catalogue,
			uint32_t target_index)
{
	const struct target *target = &catalogue->targets[target_index];

	if (target->part_of != CATALOGUE_NONE)
		return false;
	if (target->is_parent || target->kind == KIND_NARRATIVE)
		return true;
	for (size_t i = 0; i < target->goal_count; i++)
		if (target->goals[i].compare != COMPARE_NONE)
			return true;
	return false;
}

static void count_light(struct light_counts *counts,
			const struct figure *figure)
{
	counts->tasks++;
	switch (figure->light) {
	case LIGHT_GREY:
		counts->grey++;
		break;
	case LIGHT_RED:
		counts->red++;
		break;
	case LIGHT_YELLOW:
		counts->yellow++;
		break;
	case LIGHT_GREEN:
		counts->green++;
		counts->green_behind += figure->pace == PACE_BEHIND;
		break;
	case LIGHT_DONE:
		counts->done++;
		break;
	}
	if (figure->light != LIGHT_GREY)
		return;
	if (why_is_silent(figure->why))
		counts->silent++;
	else
		counts->waiting++;
}

static const char *share_text(struct evaluation *evaluation, uint32_t part,
			      uint32_t whole)
{
	if (!whole)
		return "";
	return rational_text(rational_of_quotient(evaluation->basis.numbers,
						  100 * (int64_t)part, whole),
			     SHARE_PLACES, &evaluation->basis.arena);
}

static int finish_counts(struct evaluation *evaluation,
			 struct light_counts *counts)
{
	counts->good = counts->done + counts->green;
	counts->accountable = counts->tasks - counts->waiting;
	counts->good_share =
		share_text(evaluation, counts->good, counts->accountable);
	counts->done_share =
		share_text(evaluation, counts->done, counts->tasks);
	return counts->good_share && counts->done_share ? 0 : ERR_NOMEM;
}

const char *evaluation_time(struct evaluation *evaluation)
{
	const struct settings *settings =
		&evaluation->basis.catalogue->settings;
	struct rationals *numbers = evaluation->basis.numbers;
	const struct rational *share;

	if (settings->start == DAY_NONE || settings->end == DAY_NONE)
		return "";
	share = plan_share(numbers, settings->start, settings->end,
			   evaluation->basis.input.cutoff);
	return rational_text(
		rational_mul(numbers, share, rational_of(numbers, 100)),
		SHARE_PLACES, &evaluation->basis.arena);
}

int evaluation_overall(struct evaluation *evaluation, struct overall *out,
		       struct err *err)
{
	const struct catalogue *catalogue = evaluation->basis.catalogue;
	struct overall overall = { 0 };
	int rc = 0;

	for (uint32_t i = 0; i < catalogue->target_count; i++) {
		enum measure_kind kind = catalogue->targets[i].kind;
		const struct figure *figure;

		if (!evaluation_is_task(catalogue, i))
			continue;
		rc = evaluation_target(evaluation, i, &figure, err);
		if (rc)
			return rc;
		count_light(&overall.all, figure);
		count_light(kind == KIND_MILESTONE ? &overall.milestone :
			    kind == KIND_NARRATIVE ? &overall.narrative :
						     &overall.measured,
			    figure);
	}
	overall.time = evaluation_time(evaluation);
	if (finish_counts(evaluation, &overall.all) ||
	    finish_counts(evaluation, &overall.measured) ||
	    finish_counts(evaluation, &overall.milestone) ||
	    finish_counts(evaluation, &overall.narrative) || !overall.time ||
	    rationals_failed(evaluation->basis.numbers))
		return err_set(err, ERR_NOMEM,
			       "no memory for the first screen");
	*out = overall;
	return 0;
}

/* ---- standings of units over all targets ---- */

/* What waits for a reviewer is not the unit's silence. */
static bool is_accountable(const struct figure *figure)
{
	if (figure->light != LIGHT_GREY)
		return true;
	return figure->why == WHY_NO_REPORT || figure->why == WHY_COVERAGE;
}

static int count_rows(struct evaluation *evaluation, uint32_t target,
		      struct standing *by_unit, struct err *err)
{
	const struct figure *figures;
	size_t count;
	int rc = evaluation_units(evaluation, target, &figures, &count, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < count; i++) {
		const struct figure *figure = &figures[i];
		struct standing *standing = &by_unit[figure->unit];

		if (!figure->due)
			continue;
		standing->rows++;
		standing->accountable += is_accountable(figure);
		standing->done += figure->light == LIGHT_DONE;
		standing->good += figure->light == LIGHT_DONE ||
				  figure->light == LIGHT_GREEN;
	}
	return 0;
}

static int standing_order(const void *left, const void *right)
{
	const struct standing *a = *(const struct standing *const *)left;
	const struct standing *b = *(const struct standing *const *)right;
	uint64_t first = (uint64_t)a->good * b->accountable;
	uint64_t second = (uint64_t)b->good * a->accountable;

	return (first < second) - (first > second);
}

static int rank_standings(struct evaluation *evaluation, struct standing *list,
			  size_t count)
{
	struct standing **order = calloc(count + 1, sizeof(struct standing *));
	size_t n = 0;

	if (!order)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++) {
		list[i].good_share = share_text(evaluation, list[i].good,
						list[i].accountable);
		if (list[i].accountable)
			order[n++] = &list[i];
	}
	qsort(order, n, sizeof(struct standing *), standing_order);
	for (size_t i = 0; i < n; i++)
		order[i]->rank =
			i && !standing_order(&order[i - 1], &order[i]) ?
				order[i - 1]->rank :
				(uint32_t)i + 1;
	free(order);
	for (size_t i = 0; i < count; i++)
		if (!list[i].good_share)
			return ERR_NOMEM;
	return rationals_failed(evaluation->basis.numbers) ? ERR_NOMEM : 0;
}

static bool is_judged(const struct catalogue *catalogue, uint32_t index)
{
	const struct target *target = &catalogue->targets[index];

	if (target->is_parent || target->kind == KIND_NARRATIVE)
		return false;
	return target->part_of != CATALOGUE_NONE ||
	       evaluation_is_task(catalogue, index);
}

int evaluation_standings(struct evaluation *evaluation,
			 const struct standing **out, size_t *count,
			 struct err *err)
{
	const struct catalogue *catalogue = evaluation->basis.catalogue;
	size_t units = catalogue->unit_count, n = 0;
	struct standing *by_unit = arena_array(&evaluation->basis.arena,
					       units + 1, sizeof(*by_unit));
	struct standing *list =
		arena_array(&evaluation->basis.arena, units + 1, sizeof(*list));
	int rc;

	if (!by_unit || !list)
		return err_set(err, ERR_NOMEM, "no memory for standings");
	for (uint32_t i = 0; i < catalogue->target_count; i++) {
		if (!is_judged(catalogue, i))
			continue;
		rc = count_rows(evaluation, i, by_unit, err);
		if (rc)
			return rc;
	}
	for (size_t i = 0; i < units; i++) {
		uint32_t unit = evaluation->basis.by_rank[i];

		if (!by_unit[unit].rows)
			continue;
		list[n] = by_unit[unit];
		list[n++].unit = unit;
	}
	if (rank_standings(evaluation, list, n))
		return err_set(err, ERR_NOMEM, "no memory for standings");
	*out = list;
	*count = n;
	return 0;
}
