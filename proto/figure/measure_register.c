/*
 * What a register's records come to: items, grades, milestones with their
 * slip. Section 6.3 of docs/figures.md, "Registers", and slip of 6.6; the
 * records themselves are put together in measure_record.c.
 *
 * If nothing was ever reported there is no figure, not a zero.
 */
#include "proto/figure/measure_register.h"

#include "proto/figure/measure_curve.h"
#include "proto/figure/measure_filter.h"

#define REGISTER_BYTES_MAX ((size_t)1 << 33)

/* Tallies by track, kept for later questions of the same subject. */
struct tallies {
	struct tallies *next;
	struct register_asked asked;
	uint32_t step;
	struct tallied *by_track;
};

void register_slip(const struct subject *subject, const struct record *record,
		   uint32_t step, struct tallied *tallied)
{
	int32_t planned = plan_day(subject, record, step, step);

	if (planned != DAY_NONE && planned > tallied->planned)
		tallied->planned = planned;
	for (size_t i = 0; i <= subject->stage_count; i++) {
		uint32_t stage = i < subject->stage_count ? subject->stages[i] :
							    step;
		int32_t by;
		int months;

		if (stage > step || record->stage >= stage)
			continue;
		by = plan_day(subject, record, stage, step);
		if (by == DAY_NONE || by > subject->today)
			continue;
		months = plan_month_ends(by, subject->today);
		tallied->overdue = true;
		if (months > tallied->slip)
			tallied->slip = months;
	}
}

static void tally_passing(const struct subject *subject,
			  const struct record *record, struct tallied *tallied)
{
	const struct target *target = subject->target;
	const struct value *value;
	__int128 power = 1;

	tallied->passing++;
	if (record->grade) {
		if (!tallied->lowest || record->grade < tallied->lowest)
			tallied->lowest = record->grade;
		if (record->grade > tallied->highest)
			tallied->highest = record->grade;
	}
	if (target->sum_field == CATALOGUE_NONE)
		return;
	value = record->values[target->sum_field];
	if (!value || value->kind != VALUE_NUMBER)
		return;
	for (unsigned i = value->places; i < MEASURE_PLACES; i++)
		power *= 10;
	if (decimal_sum(&tallied->sum, value->number * power))
		tallied->overflow = true;
}

static void tally_record(const struct subject *subject,
			 const struct record *record, uint32_t step,
			 struct tallied *tallied)
{
	tallied->claimed += record->governs != CATALOGUE_NONE;
	tallied->shared += record->claims > 1;
	tallied->disputed += record->disputed;
	if (subject_kind(subject) == KIND_MILESTONE) {
		tallied->items++;
		tallied->reached += step && record->stage >= step;
		if (step)
			register_slip(subject, record, step, tallied);
	} else if (filter_passes(subject, record)) {
		tally_passing(subject, record, tallied);
	}
}

/* By track; the same question is asked for every unit. */
static const struct tallied *
tallies_of(struct subject *subject, struct register_asked asked, uint32_t step)
{
	struct tallies *tallies = subject->tallies;
	struct record *records;
	struct arena arena;
	size_t count;

	for (; tallies; tallies = tallies->next)
		if (tallies->asked.day == asked.day &&
		    tallies->asked.counting == asked.counting &&
		    tallies->asked.only == asked.only && tallies->step == step)
			return tallies->by_track;
	tallies = arena_alloc(&subject->arena, sizeof(*tallies));
	if (!tallies)
		return NULL;
	*tallies = (struct tallies){ subject->tallies, asked, step, NULL };
	tallies->by_track = arena_array(&subject->arena,
					subject->track_count + 1,
					sizeof(*tallies->by_track));
	if (!tallies->by_track)
		return NULL;
	for (size_t i = 0; i < subject->track_count; i++)
		tallies->by_track[i].planned = DAY_NONE;
	arena_init(&arena, REGISTER_BYTES_MAX);
	if (record_list(subject, asked, &arena, &records, &count)) {
		arena_release(&arena);
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		tally_record(subject, &records[i], step,
			     &tallies->by_track
				      [subject->track_of[records[i].credited]]);
	arena_release(&arena);
	subject->tallies = tallies;
	return tallies->by_track;
}

static void tally_add(struct tallied *sum, const struct tallied *tallied)
{
	sum->claimed += tallied->claimed;
	sum->passing += tallied->passing;
	sum->overflow = sum->overflow || tallied->overflow ||
			decimal_sum(&sum->sum, tallied->sum);
	if (tallied->lowest && (!sum->lowest || tallied->lowest < sum->lowest))
		sum->lowest = tallied->lowest;
	if (tallied->highest > sum->highest)
		sum->highest = tallied->highest;
	sum->items += tallied->items;
	sum->reached += tallied->reached;
	sum->overdue = sum->overdue || tallied->overdue;
	if (tallied->slip > sum->slip)
		sum->slip = tallied->slip;
	if (tallied->planned > sum->planned)
		sum->planned = tallied->planned;
	sum->shared += tallied->shared;
	sum->disputed += tallied->disputed;
}

uint32_t register_heard(const struct view *view)
{
	if (!view->subject->source_alone)
		return CATALOGUE_NONE;
	return view->unit ? view->unit->unit :
			    catalogue_source(view->subject->from);
}

struct tallied register_tally(const struct view *view, int32_t day,
			      enum counting counting, uint32_t step)
{
	struct subject *subject = view->subject;
	struct register_asked asked = { day, counting, register_heard(view) };
	const struct tallied *by_track = tallies_of(subject, asked, step);
	struct tallied sum = { .planned = DAY_NONE };

	if (!by_track) {
		subject->failed = true;
		return sum;
	}
	if (view->unit)
		return by_track[subject->track_of[view->unit->unit]];
	for (size_t i = 0; i < subject->track_count; i++)
		tally_add(&sum, &by_track[i]);
	return sum;
}

/* Has anything been reported, by or for the view's units, up to a day? */
static bool any_said(const struct view *view, int32_t day,
		     enum counting counting, const struct tallied *tallied)
{
	if (tallied->claimed)
		return true;
	for (size_t i = 0; i < view->track_count; i++) {
		const struct track *track = &view->tracks[i];

		for (size_t j = 0;
		     j < track->said_count && track->said[j].end <= day; j++)
			if (track->said[j].counts[counting])
				return true;
	}
	return false;
}

struct amount register_amount(const struct view *view, int32_t day,
			      enum counting counting)
{
	const struct subject *subject = view->subject;
	struct rationals *numbers = subject->numbers;
	struct tallied tallied =
		register_tally(view, day, counting, view->step);
	struct amount amount = { .overflow = tallied.overflow,
				 .done = tallied.reached,
				 .items = tallied.items };
	uint32_t number = tallied.passing;

	if (amount.overflow || !any_said(view, day, counting, &tallied))
		return amount;
	if (subject_kind(subject) == KIND_MILESTONE) {
		if (tallied.items && view->step)
			amount.value = rational_of_quotient(
				numbers, 100 * (int64_t)tallied.reached,
				tallied.items);
		return amount;
	}
	if (subject->target->sum_field != CATALOGUE_NONE) {
		const struct field *field =
			&subject->from->fields[subject->target->sum_field];

		amount.value = rational_mul(
			numbers,
			rational_of_sum(numbers, tallied.sum, MEASURE_PLACES),
			rational_of_decimal(numbers, field->factor));
		return amount;
	}
	if (subject_kind(subject) == KIND_GRADE &&
	    (subject->target->take == TAKE_WORST ||
	     subject->target->take == TAKE_BEST)) {
		number = subject->target->take == TAKE_WORST ? tallied.lowest :
							       tallied.highest;
		if (!number)
			return amount;
		amount.step = number;
	}
	amount.value = rational_of(numbers, number);
	return amount;
}
