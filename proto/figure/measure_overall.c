/*
 * Parents of parts, the counts of the first screen, ranks and standings of
 * units. Sections 7 (parents) and 8 of docs/catalogue.md.
 *
 * Where the document is silent:
 * - Why a parent is red or yellow is why its first such part is.
 * - Parts that are grey as stretches are counted among the parts to be met.
 * - A unit answers for rows in which it is due.
 */
#include "proto/figure/measure_rules.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- parents ---- */

/* red, yellow, grey, green, done: the worst first. */
static int light_order(enum light light)
{
	switch (light) {
	case LIGHT_RED:
		return 0;
	case LIGHT_YELLOW:
		return 1;
	case LIGHT_GREY:
		return 2;
	case LIGHT_GREEN:
		return 3;
	case LIGHT_DONE:
		return 4;
	}
	return 5;
}

struct parts {
	uint32_t count, met, unknown, left_out, due, reported;
	const struct figure *worst;
};

static void parts_take(struct parts *parts, const struct figure *part)
{
	const struct figure *worst = parts->worst;

	parts->count++;
	parts->met += part->met == 1 || part->light == LIGHT_DONE;
	parts->unknown += part->met < 0;
	parts->due += part->due;
	parts->reported += part->reported;
	if (part->light == LIGHT_GREY && part->why == WHY_STRETCH) {
		parts->left_out++;
		return;
	}
	if (!worst || light_order(part->light) < light_order(worst->light) ||
	    (part->light == LIGHT_GREY && worst->light == LIGHT_GREY &&
	     why_is_silent(part->why) && !why_is_silent(worst->why)))
		parts->worst = part;
}

static const char *count_text(struct evaluation *evaluation, uint32_t count)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", count);

	return arena_text(&evaluation->arena, text, (size_t)len);
}

int overall_parent(struct evaluation *evaluation, uint32_t target,
		   struct figure *figure, struct err *err)
{
	const struct catalogue *catalogue = evaluation->catalogue;
	struct parts parts = { 0 };

	for (uint32_t i = 0; i < catalogue->target_count; i++) {
		const struct figure *part;
		int rc;

		if (catalogue->targets[i].part_of != target)
			continue;
		rc = evaluation_target(evaluation, i, &part, err);
		if (rc)
			return rc;
		parts_take(&parts, part);
	}
	figure->value = count_text(evaluation, parts.met);
	figure->goal = count_text(evaluation, parts.count);
	if (!figure->value || !figure->goal)
		return err_set(err, ERR_NOMEM, "no memory for a figure");
	figure->due = parts.due;
	figure->reported = parts.reported;
	if (parts.worst) {
		figure->light = parts.worst->light;
		figure->why = parts.worst->why;
	} else {
		figure->why = parts.count ? WHY_STRETCH : WHY_NO_GOAL;
	}
	if (parts.met == parts.count)
		figure->met = 1;
	else if (!parts.unknown)
		figure->met = 0;
	return 0;
}

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
	return rational_text(rational_of_quotient(evaluation->numbers,
						  100 * (int64_t)part, whole),
			     MEASURE_SHARE_PLACES, &evaluation->arena);
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

static const char *time_text(struct evaluation *evaluation)
{
	const struct settings *settings = &evaluation->catalogue->settings;
	struct rationals *numbers = evaluation->numbers;
	const struct rational *share;

	if (settings->start == DAY_NONE || settings->end == DAY_NONE)
		return "";
	share = plan_share(numbers, settings->start, settings->end,
			   evaluation->input.cutoff);
	return rational_text(
		rational_mul(numbers, share, rational_of(numbers, 100)),
		MEASURE_SHARE_PLACES, &evaluation->arena);
}

int evaluation_overall(struct evaluation *evaluation, struct overall *out,
		       struct err *err)
{
	const struct catalogue *catalogue = evaluation->catalogue;
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
	overall.time = time_text(evaluation);
	if (finish_counts(evaluation, &overall.all) ||
	    finish_counts(evaluation, &overall.measured) ||
	    finish_counts(evaluation, &overall.milestone) ||
	    finish_counts(evaluation, &overall.narrative) || !overall.time ||
	    rationals_failed(evaluation->numbers))
		return err_set(err, ERR_NOMEM,
			       "no memory for the first screen");
	*out = overall;
	return 0;
}

/* ---- ranks of units on one target ---- */

struct ranked {
	const struct rational *by; /* smaller is better */
	struct figure *figure;
};

static int ranked_order(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	return rational_compare(a->by, b->by);
}

int overall_rank(struct subject *subject, struct figure *figures,
		 const struct gap *gaps, size_t count)
{
	struct rationals *numbers = subject->numbers;
	struct ranked *ranked =
		arena_array(&subject->arena, count + 1, sizeof(*ranked));
	bool by_rate = false;
	size_t n = 0;

	if (!ranked)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		by_rate = by_rate || (figures[i].light != LIGHT_GREY &&
				      gaps[i].rate != NULL);
	for (size_t i = 0; i < count; i++) {
		const struct rational *by = by_rate ? gaps[i].rate :
						      gaps[i].points;

		if (!by || figures[i].light == LIGHT_GREY)
			continue;
		if (by_rate)
			by = rational_sub(numbers, rational_of(numbers, 0), by);
		ranked[n++] = (struct ranked){ by, &figures[i] };
	}
	qsort(ranked, n, sizeof(*ranked), ranked_order);
	for (size_t i = 0; i < n; i++)
		ranked[i].figure->rank =
			i && !rational_compare(ranked[i].by, ranked[i - 1].by) ?
				ranked[i - 1].figure->rank :
				(uint32_t)i + 1;
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
	return rationals_failed(evaluation->numbers) ? ERR_NOMEM : 0;
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
	const struct catalogue *catalogue = evaluation->catalogue;
	size_t units = catalogue->unit_count, n = 0;
	struct standing *by_unit =
		arena_array(&evaluation->arena, units + 1, sizeof(*by_unit));
	struct standing *list =
		arena_array(&evaluation->arena, units + 1, sizeof(*list));
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
		uint32_t unit = evaluation->by_rank[i];

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
