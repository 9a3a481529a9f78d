/*
 * Guards: violations that must not be, and whether everybody has said so.
 * Section 6.3 of docs/figures.md, "guard".
 *
 * Where the document is silent:
 * - A listed item without a unit needs a report from any unit that is due; a
 *   due unit to which no listed item belongs needs none.
 * - Where a unit's measured or limit is missing for a section, the section
 *   cannot exceed.
 * - If nothing was ever reported there is no figure, not a zero.
 */
#include "proto/figure/measure_guard.h"

#include <stdlib.h>

struct section {
	bool any;
	__int128 violations, measured, limit;
};

static const struct field *field_of(const struct subject *subject,
				    enum field_role role)
{
	const struct target *target = subject->target;

	for (size_t i = 0; i < target->field_count; i++)
		if (target->fields[i].role == role)
			return &target->fields[i];
	return NULL;
}

/* A field's number in a version at nine places, without factor. */
static bool number_of(const struct version *version, const struct field *field,
		      __int128 *out)
{
	const struct value *value;

	if (!field || (version->flags & VERSION_NA))
		return false;
	value = version_value(version, span_of_text(field->id));
	if (!value || value->kind != VALUE_NUMBER)
		return false;
	*out = value->number;
	for (unsigned i = value->places; i < MEASURE_PLACES; i++)
		*out *= 10;
	return true;
}

/* Adds what was said of a section in a period, or with ytd takes its place. */
static void section_take(const struct subject *subject,
			 const struct version *version, struct section *section,
			 bool *overflow)
{
	static const enum field_role roles[] = { FIELD_VIOLATIONS,
						 FIELD_MEASURED, FIELD_LIMIT };
	__int128 *sums[] = { &section->violations, &section->measured,
			     &section->limit };

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		const struct field *field = field_of(subject, roles[i]);
		__int128 number;

		if (!number_of(version, field, &number))
			continue;
		section->any = true;
		if (subject->target->entry == ENTRY_YTD)
			*sums[i] = number;
		else if (decimal_sum(sums[i], number))
			*overflow = true;
	}
}

static int by_section(const void *left, const void *right)
{
	const struct said *a = *(const struct said *const *)left;
	const struct said *b = *(const struct said *const *)right;
	size_t len = a->item.len < b->item.len ? a->item.len : b->item.len;
	int order = len ? memcmp(a->item.data, b->item.data, len) : 0;

	if (!order)
		order = (a->item.len > b->item.len) -
			(a->item.len < b->item.len);
	return order ? order : (a > b) - (a < b); /* by period */
}

static const struct rational *section_number(const struct subject *subject,
					     enum field_role role,
					     __int128 units)
{
	const struct field *field = field_of(subject, role);
	struct rationals *numbers = subject->numbers;
	const struct rational *number =
		rational_of_sum(numbers, units, MEASURE_PLACES);

	return field ? rational_mul(
			       numbers, number,
			       rational_of_decimal(numbers, field->factor)) :
		       number;
}

/* Violations of one unit; with hold=mean the sections above their limits. */
static const struct rational *unit_violations(const struct view *view,
					      const struct track *track,
					      enum counting counting,
					      struct amount *amount)
{
	struct subject *subject = view->subject;
	const struct rational *sum = rational_of(subject->numbers, 0), *part;
	const struct said **said = arena_array(
		&subject->arena, track->said_count + 1, sizeof(struct said *));

	if (!said) {
		subject->failed = true;
		return sum;
	}
	for (size_t i = 0; i < track->said_count; i++)
		said[i] = &track->said[i];
	qsort(said, track->said_count, sizeof(struct said *), by_section);
	for (size_t i = 0; i < track->said_count;) {
		struct section section = { 0 };
		struct span item = said[i]->item;

		for (; i < track->said_count && span_equal(said[i]->item, item);
		     i++)
			if (said[i]->counts[counting])
				section_take(subject, said[i]->counts[counting],
					     &section, &amount->overflow);
		if (subject->target->hold == HOLD_MEAN)
			part = rational_of(
				subject->numbers,
				rational_compare(
					section_number(subject, FIELD_MEASURED,
						       section.measured),
					section_number(subject, FIELD_LIMIT,
						       section.limit)) > 0);
		else
			part = section_number(subject, FIELD_VIOLATIONS,
					      section.violations);
		if (section.any && !amount->value)
			amount->value = sum;
		sum = rational_add(subject->numbers, sum, part);
	}
	return sum;
}

struct amount guard_amount(const struct view *view, enum counting counting)
{
	const struct subject *subject = view->subject;
	const struct rational *sum = rational_of(subject->numbers, 0);
	struct amount amount = { 0 };

	for (size_t i = 0; i < view->track_count; i++)
		sum = rational_add(subject->numbers, sum,
				   unit_violations(view, &view->tracks[i],
						   counting, &amount));
	if (amount.value)
		amount.value = sum;
	return amount;
}

/* ---- completeness ---- */

static bool said_of(const struct track *track, const struct closed *closed,
		    const char *item, enum counting counting)
{
	for (size_t i = 0; i < track->said_count; i++)
		if (track->said[i].end == closed->said_end &&
		    track->said[i].counts[counting] &&
		    span_equal(track->said[i].item, span_of_text(item)))
			return true;
	return false;
}

static bool unit_said_of(const struct view *view, uint32_t unit,
			 const struct closed *closed, const char *item,
			 enum counting counting)
{
	const struct subject *subject = view->subject;
	uint32_t track = subject->track_of[unit];

	return track != CATALOGUE_NONE &&
	       said_of(&subject->tracks[track], closed, item, counting);
}

/* Of a listed item: by its unit, or the lead for it; if it has none, by any
 * that is due. */
static bool item_said(const struct view *view, const struct item *item,
		      const struct closed *closed, enum counting counting)
{
	const struct subject *subject = view->subject;
	bool due = false;

	if (item->unit != CATALOGUE_NONE) {
		uint32_t track = subject->track_of[item->unit];

		return track == CATALOGUE_NONE ||
		       (view->unit && view->unit->unit != item->unit) ||
		       !track_due(subject, &subject->tracks[track],
				  closed->end) ||
		       unit_said_of(view, item->unit, closed, item->id,
				    counting) ||
		       unit_said_of(view, subject->from->lead, closed, item->id,
				    counting);
	}
	for (size_t i = 0; i < view->track_count; i++) {
		const struct track *track = &view->tracks[i];

		if (!track_due(subject, track, closed->end))
			continue;
		due = true;
		if (said_of(track, closed, item->id, counting))
			return true;
	}
	return !due;
}

static bool period_complete(const struct view *view,
			    const struct closed *closed, enum counting counting)
{
	const struct target *from = view->subject->from;
	uint32_t due, reported;

	if (!from->item_count) {
		view_coverage(view, closed, counting, &due, &reported);
		return reported == due;
	}
	for (size_t i = 0; i < from->item_count; i++) {
		/* A unit's own row asks only for its own items, or, if it is
		 * the only one, for all. */
		if (view->unit && from->items[i].unit == CATALOGUE_NONE &&
		    !track_only(view->subject, view->unit))
			continue;
		if (!item_said(view, &from->items[i], closed, counting))
			return false;
	}
	return true;
}

bool guard_complete(const struct view *view, enum counting counting)
{
	for (size_t i = 0; i < view->subject->closed_count; i++)
		if (!period_complete(view, &view->subject->closed[i], counting))
			return false;
	return true;
}
