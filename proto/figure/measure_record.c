/*
 * Records of a register: what is said of an item, by whom, and to whom it is
 * credited. Section 6.3 of docs/figures.md, "Registers"; what the records
 * come to is in measure_register.c.
 *
 * Where the document is silent:
 * - Within a cell, what a version leaves blank is what the versions before it
 *   said, unless they were returned; approval of the newest is approval of
 *   what the cell then says.
 * - A row after a withdrawal begins anew.
 * - Claims differ if both give an attribute and the values are not equal.
 * - official, survey: only the source's claims count.
 */
#include "proto/figure/measure_record.h"

#include <stdlib.h>

#define NOTHING_NEW "none"

static int span_order(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.data, b.data, len) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Cells lie by unit, then period: their order among themselves is kept. */
static int by_item_order(const void *left, const void *right)
{
	const struct said *a = *(const struct said *const *)left;
	const struct said *b = *(const struct said *const *)right;
	int order = span_order(a->item, b->item);

	return order ? order : (a > b) - (a < b);
}

static int listed_order(const void *left, const void *right)
{
	const struct item *a = *(const struct item *const *)left;
	const struct item *b = *(const struct item *const *)right;

	return strcmp(a->id, b->id);
}

int record_prepare(struct subject *subject)
{
	const struct target *from = subject->from;

	if (!subject_is_register(subject))
		return 0;
	for (size_t i = 0; i < subject->track_count; i++)
		subject->said_count += subject->tracks[i].said_count;
	subject->by_item = arena_array(&subject->arena, subject->said_count + 1,
				       sizeof(const struct said *));
	subject->listed = arena_array(&subject->arena, from->item_count + 1,
				      sizeof(const struct item *));
	if (!subject->by_item || !subject->listed)
		return ERR_NOMEM;
	subject->said_count = 0;
	for (size_t i = 0; i < subject->track_count; i++) {
		const struct track *track = &subject->tracks[i];

		for (size_t j = 0; j < track->said_count; j++)
			if (!span_equal(track->said[j].item,
					span_of_text(NOTHING_NEW)))
				subject->by_item[subject->said_count++] =
					&track->said[j];
	}
	qsort(subject->by_item, subject->said_count,
	      sizeof(const struct said *), by_item_order);
	for (size_t i = 0; i < from->item_count; i++)
		subject->listed[i] = &from->items[i];
	qsort(subject->listed, from->item_count, sizeof(const struct item *),
	      listed_order);
	return 0;
}

/* ---- the record of an item ---- */

/* What is needed to put records together. */
struct binder {
	const struct subject *subject;
	int32_t day;
	enum counting counting;
	uint32_t only; /* whose claims count; CATALOGUE_NONE: everybody's */
	struct arena *arena;
	const struct value **claim; /* of the claimant looked at */
	const struct value **first; /* of the first claimant */
	struct record *records;
	size_t count;
	bool failed;
};

static size_t field_index(const struct target *from, struct span id)
{
	for (size_t i = 0; i < from->field_count; i++)
		if (span_equal(id, span_of_text(from->fields[i].id)))
			return i;
	return from->field_count;
}

static void take_version(struct binder *binder, const struct version *version)
{
	const struct target *from = binder->subject->from;

	if (version->flags & VERSION_WITHDRAWN) {
		memset(binder->claim, 0,
		       from->field_count * sizeof(struct value *));
		return;
	}
	for (size_t i = 0; i < version->value_count; i++) {
		const struct value *value = &version->values[i];
		size_t field = field_index(from, value->field);

		if (field < from->field_count)
			binder->claim[field] = value->kind == VALUE_NA ? NULL :
									 value;
	}
}

/* Puts a cell on top of what was said before; true if the item is claimed
 * after it. */
static bool take_said(struct binder *binder, const struct said *said,
		      bool claimed)
{
	const struct subject *subject = binder->subject;
	const struct version *last = said->counts[binder->counting];

	if (!last || said->end > binder->day)
		return claimed;
	for (const struct version *version = said->cell->versions;
	     version <= last; version++) {
		size_t index = (size_t)(version - said->cell->versions);

		if (!subject_knows(subject, version->recv_us) ||
		    (said->cell->review_count &&
		     subject_review(subject, said->cell, index) ==
			     REVIEW_RETURNED))
			continue;
		take_version(binder, version);
		claimed = !(version->flags & VERSION_WITHDRAWN);
	}
	return claimed;
}

static bool value_equal(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == VALUE_TEXT)
		return span_equal(a->text, b->text);
	if (a->kind == VALUE_DAY)
		return a->number == b->number;
	return !decimal_compare((struct decimal){ a->number, a->places },
				(struct decimal){ b->number, b->places });
}

static bool claims_differ(const struct binder *binder)
{
	for (size_t i = 0; i < binder->subject->from->field_count; i++)
		if (binder->claim[i] && binder->first[i] &&
		    !value_equal(binder->claim[i], binder->first[i]))
			return true;
	return false;
}

/* Lowest unit first: the lead's claim governs, else the first; it is credited
 * to the first that is not the lead. */
static void take_claim(struct binder *binder, struct record *record,
		       uint32_t unit)
{
	const struct target *from = binder->subject->from;
	size_t bytes = from->field_count * sizeof(struct value *);

	if (record->claims++ == 0)
		memcpy(binder->first, binder->claim, bytes);
	else if (claims_differ(binder))
		record->disputed = true;
	if (record->governs == CATALOGUE_NONE || unit == from->lead) {
		record->governs = unit;
		memcpy(record->values, binder->claim, bytes);
	}
	if (record->credited == CATALOGUE_NONE && unit != from->lead)
		record->credited = unit;
}

static uint32_t order_of(const struct subject *subject,
			 const struct value *value)
{
	const struct target *target = subject->target;

	if (!value || value->kind != VALUE_TEXT)
		return 0;
	if (target->ladder == CATALOGUE_NONE)
		target = subject->from;
	if (target->ladder == CATALOGUE_NONE)
		return 0;
	return catalogue_step(subject->catalogue, target, value->text);
}

static void read_roles(const struct subject *subject, struct record *record)
{
	const struct target *from = subject->from;

	for (size_t i = 0; i < from->field_count; i++) {
		const struct value *value = record->values[i];

		if (from->fields[i].role == FIELD_STAGE)
			record->stage = order_of(subject, value);
		else if (from->fields[i].role == FIELD_GRADE)
			record->grade = order_of(subject, value);
		else if (from->fields[i].role == FIELD_DATE && value &&
			 value->kind == VALUE_DAY)
			record->date = value;
	}
}

static bool binder_hears(const struct binder *binder, uint32_t unit)
{
	return binder->only == CATALOGUE_NONE || binder->only == unit;
}

static struct record *add_record(struct binder *binder, struct span item,
				 const struct item *listed)
{
	struct record *record = &binder->records[binder->count];

	*record = (struct record){
		.item = item,
		.listed = listed,
		.governs = CATALOGUE_NONE,
		.credited = CATALOGUE_NONE,
	};
	record->values = arena_array(binder->arena,
				     binder->subject->from->field_count + 1,
				     sizeof(const struct value *));
	if (!record->values) {
		binder->failed = true;
		return NULL;
	}
	binder->count++;
	return record;
}

static void finish_record(struct binder *binder, struct record *record)
{
	const struct subject *subject = binder->subject;

	if (record->listed && record->listed->unit != CATALOGUE_NONE)
		record->credited = record->listed->unit;
	if (record->credited == CATALOGUE_NONE)
		record->credited = subject->from->lead;
	read_roles(subject, record);
}

/* One item's cells, by unit, then period. */
static void bind_group(struct binder *binder, const struct said **group,
		       size_t count, const struct item *listed)
{
	const struct subject *subject = binder->subject;
	struct record *record = add_record(binder, group[0]->item, listed);
	bool ever = false;

	if (!record)
		return;
	for (size_t i = 0; i < count;) {
		uint32_t unit = group[i]->unit;
		bool claimed = false;

		memset(binder->claim, 0,
		       subject->from->field_count * sizeof(struct value *));
		for (; i < count && group[i]->unit == unit; i++) {
			if (!binder_hears(binder, unit))
				continue;
			claimed = take_said(binder, group[i], claimed);
			ever = ever || (group[i]->end <= binder->day &&
					group[i]->counts[binder->counting]);
		}
		if (claimed)
			take_claim(binder, record, unit);
	}
	/* Withdrawn by all, or not yet named and not listed. */
	if (!record->claims && (ever || !listed)) {
		binder->count--;
		return;
	}
	finish_record(binder, record);
}

static void bind_unsaid(struct binder *binder, const struct item *listed)
{
	struct record *record =
		add_record(binder, span_of_text(listed->id), listed);

	if (record)
		finish_record(binder, record);
}

/* Merges what was said with items.csv, both by item. */
static void bind_named(struct binder *binder)
{
	const struct subject *subject = binder->subject;
	size_t next = 0, listed_count = subject->from->item_count;

	for (size_t i = 0; i < subject->said_count && !binder->failed;) {
		const struct said **group = &subject->by_item[i];
		const struct item *listed = NULL;
		size_t count = 1;

		while (i + count < subject->said_count &&
		       span_equal(group[count]->item, group[0]->item) &&
		       (group[0]->item.len ||
			group[count]->unit == group[0]->unit))
			count++;
		while (next < listed_count &&
		       span_order(span_of_text(subject->listed[next]->id),
				  group[0]->item) < 0)
			bind_unsaid(binder, subject->listed[next++]);
		if (next < listed_count &&
		    span_equal(span_of_text(subject->listed[next]->id),
			       group[0]->item))
			listed = subject->listed[next++];
		if (listed || !subject->from->closed_list)
			bind_group(binder, group, count, listed);
		i += count;
	}
	while (next < listed_count && !binder->failed)
		bind_unsaid(binder, subject->listed[next++]);
}

/* Each unit that is due is one item. */
static void bind_units(struct binder *binder)
{
	const struct subject *subject = binder->subject;

	for (size_t i = 0; i < subject->track_count; i++) {
		const struct track *track = &subject->tracks[i];
		struct record *record;
		bool claimed = false, ever = false;

		if (!track_due(subject, track, binder->day) ||
		    !binder_hears(binder, track->unit))
			continue;
		record = add_record(binder, span_of(NULL, 0), NULL);
		if (!record)
			return;
		memset(binder->claim, 0,
		       subject->from->field_count * sizeof(struct value *));
		for (size_t j = 0; j < track->said_count; j++) {
			const struct said *said = &track->said[j];

			if (said->item.len)
				continue;
			claimed = take_said(binder, said, claimed);
			ever = ever || (said->end <= binder->day &&
					said->counts[binder->counting]);
		}
		if (claimed)
			take_claim(binder, record, track->unit);
		record->credited = track->unit;
		if (ever && !claimed)
			binder->count--; /* withdrawn */
		else
			read_roles(subject, record);
	}
}

int record_list(const struct subject *subject, struct register_asked asked,
		struct arena *arena, struct record **out, size_t *count)
{
	const struct target *from = subject->from;
	struct binder binder = { .subject = subject,
				 .day = asked.day,
				 .counting = asked.counting,
				 .only = asked.only,
				 .arena = arena };
	size_t fields = from->field_count + 1;

	binder.claim = arena_array(arena, fields, sizeof(const struct value *));
	binder.first = arena_array(arena, fields, sizeof(const struct value *));
	binder.records = arena_array(arena,
				     subject->said_count + from->item_count +
					     subject->track_count + 1,
				     sizeof(*binder.records));
	if (!binder.claim || !binder.first || !binder.records)
		return ERR_NOMEM;
	if (from->measure == KIND_MILESTONE && from->unit_items)
		bind_units(&binder);
	else
		bind_named(&binder);
	if (binder.failed)
		return ERR_NOMEM;
	*out = binder.records;
	*count = binder.count;
	return 0;
}
