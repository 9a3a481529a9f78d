/*
 * Parts of units over the periods of the window, and the formula over units.
 * Sections 6.2 and 6.3 of docs/figures.md, for all kinds but registers and
 * guards.
 *
 * A run absorbs what was said period by period, so that the figure at every
 * closed period's end costs one pass over the cells. Sums are integers at
 * nine places: the largest number of any catalogue, 10^10 times, fits.
 *
 * Where the document is silent: bases of a growth that the catalogue gives are
 * the target's base for the whole, else the sum of the roster's bases of the
 * units that have a current figure (one without a base brings nothing).
 */
#include "proto/figure/measure_parts.h"

#include <assert.h>

static const int64_t powers[MEASURE_PLACES + 1] = {
	1,	10,	 100,	   1000,      10000,
	100000, 1000000, 10000000, 100000000, 1000000000,
};

static __int128 scaled(const struct value *value)
{
	assert(value->places <= MEASURE_PLACES);
	return (__int128)value->number * powers[MEASURE_PLACES - value->places];
}

static void part_add(struct run *run, struct part *part, __int128 units)
{
	if (decimal_sum(&part->units, units))
		run->overflow = true;
	part->has = true;
}

/* What is added to the version's own number, section 6.8. */
static __int128 added(const struct run *run, const struct component *component,
		      const struct said *said)
{
	const struct adjustment *adjustment = said->adjusts[run->counting];
	const struct value *value = NULL;

	if (run->view->subject->adjusting && adjustment)
		value = adjustment_value(adjustment, component->id);
	return value ? scaled(value) : 0;
}

static void part_absorb(struct run *run, const struct component *component,
			const struct said *said, struct part *part)
{
	const struct version *version = said->counts[run->counting];
	const struct value *value = version_value(version, component->id);
	bool given = value && value->kind == VALUE_NUMBER &&
		     !(version->flags & VERSION_NA);
	__int128 more = given ? added(run, component, said) : 0;

	switch (component->field->time) {
	case TIME_LAST:
		part->has = given;
		part->units = given ? scaled(value) + more : 0;
		return;
	case TIME_MAX:
		if (given && (!part->has || scaled(value) > part->units))
			*part = (struct part){ true, scaled(value) };
		return;
	case TIME_SUM:
		if (!given)
			return;
		if (run->view->subject->target->entry == ENTRY_YTD)
			*part = (struct part){ true, scaled(value) + more };
		else
			part_add(run, part, scaled(value) + more);
		return;
	}
}

int run_start(struct run *run, const struct view *view, enum counting counting)
{
	*run = (struct run){ .view = view, .counting = counting };
	run->tracks = arena_array(&view->subject->arena, view->track_count + 1,
				  sizeof(*run->tracks));
	return run->tracks ? 0 : ERR_NOMEM;
}

void run_advance(struct run *run, int32_t end)
{
	const struct subject *subject = run->view->subject;

	for (size_t i = 0; i < run->view->track_count; i++) {
		const struct track *track = &run->view->tracks[i];
		struct track_parts *parts = &run->tracks[i];

		for (; parts->next < track->said_count &&
		       track->said[parts->next].end <= end;
		     parts->next++) {
			const struct said *said = &track->said[parts->next];

			for (size_t c = 0; said->counts[run->counting] &&
					   c < subject->component_count;
			     c++)
				part_absorb(run, &subject->components[c], said,
					    &parts->parts[c]);
		}
	}
}

/* ---- over units ---- */

struct totals {
	bool any;
	struct part parts[MEASURE_COMPONENTS_MAX];
	bool bases; /* the catalogue gives them */
	const struct rational *base;
};

/* The catalogue gives the bases of a growth whose reports have none. */
static bool bases_given(const struct subject *subject)
{
	if (subject_kind(subject) != KIND_GROWTH ||
	    subject->target->given == GIVEN_RATE)
		return false;
	for (size_t i = 0; i < subject->component_count; i++)
		if (subject->components[i].role == FIELD_BASE)
			return false;
	return true;
}

/* As of a day; of a unit that left, its last row. NULL: none. */
static const struct rational *unit_base(const struct view *view,
					const struct track *track, int32_t day)
{
	const struct subject *subject = view->subject;
	const struct roster_row *row = track_row(track, day);

	if (!row && track->quota_row_count)
		row = &track->quota_rows[track->quota_row_count - 1];
	if (row && row->has_base)
		return rational_of_decimal(subject->numbers, row->base);
	if (subject->target->has_base &&
	    (!view->unit || track_only(subject, track)))
		return rational_of(subject->numbers, 0);
	return NULL;
}

/* Has the unit a figure for every field that the formula needs? */
static bool is_whole(const struct run *run, size_t index, int32_t day)
{
	const struct subject *subject = run->view->subject;
	const struct track *track = &run->view->tracks[index];
	bool last = false;

	for (size_t c = 0; c < subject->component_count; c++) {
		if (!run->tracks[index].parts[c].has)
			return false;
		if (subject->components[c].field->time == TIME_LAST)
			last = true;
	}
	return !last || track_due(subject, track, day);
}

static void totals_take(const struct run *run, const struct part *from,
			struct totals *totals, bool *overflow)
{
	const struct subject *subject = run->view->subject;

	for (size_t c = 0; c < subject->component_count; c++) {
		struct part *into = &totals->parts[c];

		if (subject->components[c].max_over_units) {
			if (!totals->any || from[c].units > into->units)
				into->units = from[c].units;
		} else if (decimal_sum(&into->units, from[c].units)) {
			*overflow = true;
		}
	}
	totals->any = true;
}

static struct totals totals_of(const struct run *run, int32_t day,
			       bool *overflow)
{
	const struct view *view = run->view;
	struct rationals *numbers = view->subject->numbers;
	struct totals totals = { .bases = bases_given(view->subject) };

	totals.base = rational_of(numbers, 0);
	for (size_t i = 0; i < view->track_count; i++) {
		if (!is_whole(run, i, day))
			continue;
		if (totals.bases) {
			const struct rational *base =
				unit_base(view, &view->tracks[i], day);

			if (!base)
				continue;
			totals.base = rational_add(numbers, totals.base, base);
		}
		totals_take(run, run->tracks[i].parts, &totals, overflow);
	}
	if (totals.bases && view->subject->target->has_base &&
	    (!view->unit || !rational_sign(totals.base)))
		totals.base = rational_of_decimal(numbers,
						  view->subject->target->base);
	return totals;
}

/* ---- the formula ---- */

/* A total times the field's factor; NULL if the kind has no such field. */
static const struct rational *total(const struct subject *subject,
				    const struct totals *totals,
				    enum field_role role)
{
	struct rationals *numbers = subject->numbers;

	for (size_t c = 0; c < subject->component_count; c++) {
		const struct component *component = &subject->components[c];

		if (component->role != role)
			continue;
		return rational_mul(
			numbers,
			rational_of_sum(numbers, totals->parts[c].units,
					MEASURE_PLACES),
			rational_of_decimal(numbers, component->field->factor));
	}
	return NULL;
}

static const struct rational *times_scale(const struct subject *subject,
					  const struct rational *number)
{
	return rational_mul(
		subject->numbers, number,
		rational_of_decimal(subject->numbers, subject->target->scale));
}

static const struct rational *quotient(const struct subject *subject,
				       const struct rational *a,
				       const struct rational *b)
{
	if (!a || !b || rational_sign(b) == 0)
		return NULL;
	return rational_div(subject->numbers, a, b);
}

/* None unless the divisor is above 0. */
static const struct rational *over(const struct subject *subject,
				   const struct rational *a,
				   const struct rational *b)
{
	return b && rational_sign(b) > 0 ? quotient(subject, a, b) : NULL;
}

static const struct rational *growth(const struct subject *subject,
				     const struct totals *totals)
{
	const struct rational *current = total(subject, totals, FIELD_CURRENT);
	const struct rational *base = total(subject, totals, FIELD_BASE);
	const struct rational *current_den =
		total(subject, totals, FIELD_CURRENT_DEN);
	const struct rational *base_den =
		total(subject, totals, FIELD_BASE_DEN);
	const struct rational *ratio;

	if (totals->bases)
		base = totals->base;
	if (current_den)
		current = over(subject, current, current_den);
	if (base_den)
		base = over(subject, base, base_den);
	if (!current || !base)
		return NULL;
	ratio = over(subject, current, base);
	if (!ratio)
		return NULL;
	return times_scale(subject,
			   rational_sub(subject->numbers, ratio,
					rational_of(subject->numbers, 1)));
}

static const struct rational *limit(const struct subject *subject,
				    const struct totals *totals)
{
	const struct rational *cases = total(subject, totals, FIELD_CASES);

	if (!cases || rational_sign(cases) <= 0)
		return NULL;
	if (subject->target->take == TAKE_WORST)
		return total(subject, totals, FIELD_WORST);
	return quotient(subject, total(subject, totals, FIELD_TOTAL), cases);
}

static const struct rational *formula(const struct subject *subject,
				      const struct totals *totals)
{
	const struct rational *a, *b;

	if (subject->target->given == GIVEN_RATE)
		return total(subject, totals, FIELD_VALUE);
	switch (subject_kind(subject)) {
	case KIND_FLOW:
	case KIND_LEVEL:
		return total(subject, totals, FIELD_VALUE);
	case KIND_NET:
		a = total(subject, totals, FIELD_OPENED);
		b = total(subject, totals, FIELD_CLOSED);
		return a && b ? rational_sub(subject->numbers, a, b) : NULL;
	case KIND_GROWTH:
		return growth(subject, totals);
	case KIND_RATIO:
		a = quotient(subject, total(subject, totals, FIELD_NUM),
			     total(subject, totals, FIELD_DEN));
		return a ? times_scale(subject, a) : NULL;
	case KIND_LIMIT:
		return limit(subject, totals);
	case KIND_MILESTONE:
	case KIND_ITEMS:
	case KIND_GRADE:
	case KIND_GUARD:
	case KIND_BENCHMARK:
	case KIND_NARRATIVE:
		return NULL;
	}
	return NULL;
}

struct amount run_amount(const struct run *run, int32_t day)
{
	const struct subject *subject = run->view->subject;
	struct amount amount = { .overflow = run->overflow };
	struct totals totals = totals_of(run, day, &amount.overflow);

	if (totals.any && subject->component_count && !amount.overflow)
		amount.value = formula(subject, &totals);
	return amount;
}

static const struct rational *field_step(const struct subject *subject,
					 const struct field *field)
{
	struct rationals *numbers = subject->numbers;

	return rational_mul(numbers,
			    rational_of_sum(numbers, 1, field->decimals),
			    rational_of_decimal(numbers, field->factor));
}

const struct rational *measure_step(const struct subject *subject)
{
	const struct target *target = subject->target;
	struct rationals *numbers = subject->numbers;
	const struct rational *least = NULL, *step;

	switch (subject_kind(subject)) {
	case KIND_FLOW:
	case KIND_LEVEL:
	case KIND_NET:
		/* A net amount moves by the smaller step of its two parts. */
		for (size_t i = 0; i < subject->component_count; i++) {
			step = field_step(subject,
					  subject->components[i].field);
			if (!least || rational_compare(step, least) < 0)
				least = step;
		}
		break;
	case KIND_ITEMS:
		if (target->sum_field == CATALOGUE_NONE)
			return rational_of(numbers, 1);
		return field_step(subject,
				  &subject->from->fields[target->sum_field]);
	case KIND_MILESTONE:
	case KIND_GRADE:
	case KIND_GUARD:
		return rational_of(numbers, 1);
	case KIND_GROWTH:
	case KIND_RATIO:
	case KIND_LIMIT:
	case KIND_BENCHMARK:
	case KIND_NARRATIVE:
		break;
	}
	return least ? least : rational_of(numbers, 0);
}
