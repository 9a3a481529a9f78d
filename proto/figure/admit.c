#include "proto/figure/admit.h"

#include <string.h>

#include "proto/figure/admit_cells.h"
#include "proto/day.h"

#define NOTHING_NEW_TEXT "none"
#define ITEM_BYTES_MAX 60

/* What the checks find out one after the other. */
struct place {
	const struct catalogue *catalogue;
	const struct target *target;
	struct admit_when when;
	uint32_t target_index, unit;
	struct period period;
	int32_t end;
	struct span item;
	bool nothing_new;
	const char *column;
};

static enum verdict refuse(struct place *place, const char *column,
			   enum verdict verdict)
{
	place->column = column;
	return verdict;
}

static bool in_time(const struct place *place)
{
	return place->when.recv_us == 0;
}

static int32_t received_day(const struct place *place)
{
	return day_of_us(place->when.recv_us, place->when.zone_minutes);
}

/* ---- where it belongs: target, period, unit ---- */

static enum verdict find_target(struct place *place, const struct report *said)
{
	place->target_index = catalogue_target(place->catalogue, said->target);
	if (place->target_index == CATALOGUE_NONE)
		return refuse(place, "target", VERDICT_TARGET_UNKNOWN);
	place->target = &place->catalogue->targets[place->target_index];
	if (place->target->is_parent || place->target->reads != CATALOGUE_NONE)
		return refuse(place, "target", VERDICT_TARGET_TAKES_NO_REPORTS);
	return VERDICT_ADMITTED;
}

static enum verdict find_period(struct place *place, const struct report *said)
{
	if (period_parse(said->period, &place->period, NULL) ||
	    place->period.type != place->target->period)
		return refuse(place, "period", VERDICT_PERIOD_MALFORMED);
	if (!catalogue_period_in_window(place->target, place->period))
		return refuse(place, "period", VERDICT_PERIOD_OUTSIDE_WINDOW);
	place->end = period_end(place->period, place->target->first_month);
	return VERDICT_ADMITTED;
}

static enum verdict find_place(struct place *place, const struct report *said)
{
	enum verdict verdict = find_target(place, said);

	if (!verdict)
		verdict = find_period(place, said);
	if (verdict)
		return verdict;
	place->unit = catalogue_unit(place->catalogue, said->unit, place->end);
	if (place->unit == CATALOGUE_NONE)
		return refuse(place, "unit", VERDICT_UNIT_UNKNOWN);
	place->item = said->item;
	return VERDICT_ADMITTED;
}

static bool may_report(const struct place *place)
{
	const struct target *target = place->target;

	if (catalogue_in_force(place->catalogue, target, place->unit,
			       place->end))
		return true;
	if (target->authority != AUTHORITY_SUMMED &&
	    place->unit == catalogue_source(target))
		return true;
	/* The lead speaks for items, and for the sections of a guard. */
	return place->unit == target->lead &&
	       (admit_is_register(target) ||
		(target->measure == KIND_GUARD && target->item_count));
}

static enum verdict check_scope(struct place *place)
{
	if (!may_report(place))
		return refuse(place, "unit", VERDICT_NOT_IN_ROSTER);
	if (!in_time(place) &&
	    period_begin(place->period, place->target->first_month) >
		    received_day(place))
		return refuse(place, "period", VERDICT_PERIOD_FUTURE);
	return VERDICT_ADMITTED;
}

/* ---- items ---- */

enum item_use { ITEM_NEVER, ITEM_MAYBE, ITEM_ALWAYS };

static enum item_use item_use(const struct target *target)
{
	switch (target->measure) {
	case KIND_ITEMS:
		return ITEM_ALWAYS;
	case KIND_MILESTONE:
		return target->unit_items ? ITEM_NEVER : ITEM_ALWAYS;
	case KIND_GRADE: /* blank: the unit is the item */
		return target->closed_list ? ITEM_ALWAYS : ITEM_MAYBE;
	case KIND_GUARD: /* sections */
		return target->item_count ? ITEM_ALWAYS : ITEM_NEVER;
	case KIND_FLOW:
	case KIND_LEVEL:
	case KIND_NET:
	case KIND_GROWTH:
	case KIND_RATIO:
	case KIND_LIMIT:
	case KIND_BENCHMARK:
	case KIND_NARRATIVE:
		return ITEM_NEVER;
	}
	return ITEM_NEVER;
}

/* Up to 60 bytes without separators of lists or control characters. */
static bool item_well_formed(struct span item)
{
	static const uint8_t wide_semicolon[] = { 0xef, 0xbc, 0x9b };

	if (item.len > ITEM_BYTES_MAX)
		return false;
	for (size_t i = 0; i < item.len; i++)
		if (item.data[i] < 0x20 || item.data[i] == 0x7f ||
		    item.data[i] == ';')
			return false;
	return item.len == 0 || !memmem(item.data, item.len, wide_semicolon,
					sizeof(wide_semicolon));
}

static bool says_anything(const struct report *report)
{
	for (size_t i = 0; i < report->cell_count; i++)
		if (report->cells[i].value.len)
			return true;
	return false;
}

static enum verdict check_listed(struct place *place)
{
	const struct item *item = catalogue_item(place->target, place->item);

	if (!item_well_formed(place->item) ||
	    (!item && place->target->closed_list))
		return refuse(place, "item", VERDICT_ITEM_UNKNOWN);
	if (item && item->unit != CATALOGUE_NONE && item->unit != place->unit &&
	    place->unit != place->target->lead)
		return refuse(place, "item", VERDICT_ITEM_NOT_YOURS);
	return VERDICT_ADMITTED;
}

static enum verdict check_item(struct place *place, const struct report *report)
{
	enum item_use use = item_use(place->target);

	if (place->item.len == 0)
		return use == ITEM_ALWAYS ?
			       refuse(place, "item", VERDICT_ITEM_MISSING) :
			       VERDICT_ADMITTED;
	if (admit_is_register(place->target) &&
	    span_equal(place->item, span_of_text(NOTHING_NEW_TEXT))) {
		place->nothing_new = true;
		return says_anything(report) ?
			       refuse(place, "item", VERDICT_ITEM_UNEXPECTED) :
			       VERDICT_ADMITTED;
	}
	if (use == ITEM_NEVER)
		return refuse(place, "item", VERDICT_ITEM_UNEXPECTED);
	return check_listed(place);
}

/* ---- days ---- */

/*
 * After the close only corrections are taken: of a report that was made and
 * not returned. One that was returned may be sent again for some days.
 */
static bool is_closed(const struct place *place, const struct cell_state *state)
{
	int32_t day;

	if (in_time(place))
		return false;
	day = received_day(place);
	if (day <=
	    catalogue_close_day(place->catalogue, place->target, place->period))
		return false;
	/* A return without a day of receipt is in time, as a report is. */
	if (state->head_returned)
		return state->returned_us &&
		       day - day_of_us(state->returned_us,
				       place->when.zone_minutes) >
			       place->catalogue->settings.resend_days;
	return !state->head_counts_as_report;
}

static bool is_late(const struct place *place)
{
	return !in_time(place) &&
	       received_day(place) > catalogue_due_day(place->catalogue,
						       place->target,
						       place->period);
}

static struct cell_state cell_of(const struct place *place,
				 const struct admit_lookup *lookup)
{
	return lookup->cell(lookup->ctx, place->target_index, place->unit,
			    place->period, place->item);
}

/* ---- reports ---- */

static enum verdict check_values(struct place *place,
				 const struct report *report, bool has_reason,
				 bool has_text,
				 const struct admit_lookup *lookup,
				 struct admit_cells *cells)
{
	enum verdict verdict = admit_cells_read(cells, report);
	bool first;

	if (!verdict)
		verdict = admit_cells_dates(cells, place->end);
	place->column = cells->column;
	if (verdict)
		return verdict;
	if (cells->all_na && !has_reason)
		return refuse(place, "reason", VERDICT_REASON_MISSING);
	if (place->nothing_new)
		return VERDICT_ADMITTED;
	first = admit_is_register(place->target) &&
		!lookup->item_seen(lookup->ctx, place->target_index,
				   place->unit, place->item);
	verdict = admit_cells_missing(cells, first, has_text);
	if (!verdict)
		verdict = admit_cells_numbers(cells);
	place->column = cells->column;
	return verdict;
}

static uint32_t version_flags(const struct place *place,
			      const struct admit_cells *cells, bool has_head,
			      bool late)
{
	uint32_t flags = 0;

	if (late)
		flags |= VERSION_LATE;
	if (place->nothing_new)
		flags |= VERSION_NOTHING_NEW;
	if (cells->all_na)
		flags |= admit_is_register(place->target) ? VERSION_WITHDRAWN :
							    VERSION_NA;
	if (has_head)
		flags |= VERSION_CORRECTION;
	return flags;
}

static enum verdict judge_report(struct place *place,
				 const struct report *report, bool has_reason,
				 bool has_text,
				 const struct admit_lookup *lookup,
				 struct arena *arena, struct admitted *out)
{
	struct admit_cells cells = { .arena = arena, .column = "" };
	struct cell_state state;
	enum verdict verdict = find_place(place, report);
	bool late;

	if (!verdict)
		verdict = check_scope(place);
	if (!verdict)
		verdict = check_item(place, report);
	if (verdict)
		return verdict;
	cells.catalogue = place->catalogue;
	cells.target = place->target;
	verdict = check_values(place, report, has_reason, has_text, lookup,
			       &cells);
	if (verdict)
		return verdict;
	state = cell_of(place, lookup);
	if (is_closed(place, &state))
		return refuse(place, "period", VERDICT_PERIOD_CLOSED);
	late = is_late(place);
	if (late && !has_reason)
		return refuse(place, "reason", VERDICT_REASON_MISSING);
	*out = (struct admitted){
		.target = place->target_index,
		.unit = place->unit,
		.period = place->period,
		.item = place->item,
		.flags = version_flags(place, &cells, state.has_head, late),
		.values = cells.values,
		.value_count = cells.count,
	};
	return VERDICT_ADMITTED;
}

enum verdict admit_report(const struct catalogue *catalogue,
			  const struct report *report, bool has_reason,
			  bool has_text, struct admit_when when,
			  const struct admit_lookup *lookup,
			  struct arena *arena, struct admitted *out,
			  const char **column)
{
	struct place place = {
		.catalogue = catalogue,
		.when = when,
		.column = "",
	};
	enum verdict verdict = judge_report(&place, report, has_reason,
					    has_text, lookup, arena, out);

	if (column)
		*column = verdict ? place.column : "";
	return verdict;
}

/* ---- reviews ---- */

static bool status_known(const struct target *target, struct span status)
{
	static const char *const all[] = { "approved", "returned" };
	static const char *const narrative[] = { "done", "green", "yellow",
						 "red" };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (span_equal(status, span_of_text(all[i])))
			return true;
	if (target->kind != KIND_NARRATIVE)
		return false;
	for (size_t i = 0; i < sizeof(narrative) / sizeof(narrative[0]); i++)
		if (span_equal(status, span_of_text(narrative[i])))
			return true;
	return false;
}

enum verdict admit_review(const struct catalogue *catalogue,
			  const struct report *review, struct admit_when when,
			  const struct admit_lookup *lookup,
			  struct admitted *out)
{
	struct place place = { .catalogue = catalogue, .when = when };
	enum verdict verdict = find_place(&place, review);

	if (verdict)
		return verdict;
	if (!cell_of(&place, lookup).has_head)
		return VERDICT_NOTHING_TO_REVIEW;
	if (says_anything(review))
		return VERDICT_FIELD_UNKNOWN;
	if (!status_known(place.target, review->status))
		return VERDICT_VALUE_MALFORMED;
	*out = (struct admitted){
		.target = place.target_index,
		.unit = place.unit,
		.period = place.period,
		.item = place.item,
		.flags = VERSION_REVIEW,
		.status = review->status,
	};
	return VERDICT_ADMITTED;
}

/* ---- adjustments ---- */

static bool kind_adjustable(const struct target *target)
{
	return !admit_is_register(target) && target->measure != KIND_GUARD &&
	       target->kind != KIND_NARRATIVE;
}

/* An amount that is summed, or the last of which counts. */
static bool field_adjustable(const struct field *field)
{
	return field->type == TYPE_DECIMAL && field->time != TIME_MAX &&
	       field->role != FIELD_MEMO && field->role != FIELD_ATTRIBUTE &&
	       field->role != FIELD_WORST;
}

static enum verdict check_amounts(struct place *place,
				  const struct admit_cells *cells)
{
	for (size_t i = 0; i < cells->count; i++) {
		if (!field_adjustable(cells->fields[i]))
			return refuse(place, cells->fields[i]->id,
				      VERDICT_NOT_ADJUSTABLE);
		if (cells->values[i].kind != VALUE_NUMBER)
			return refuse(place, cells->fields[i]->id,
				      VERDICT_VALUE_MALFORMED);
	}
	return VERDICT_ADMITTED;
}

static enum verdict check_name(struct place *place, struct span name)
{
	if (name.len == 0)
		return refuse(place, "adjust", VERDICT_FIELD_MISSING);
	if (name.len > WIRE_NAME_BYTES_MAX)
		return refuse(place, "adjust", VERDICT_VALUE_MALFORMED);
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] < 0x20 || name.data[i] == 0x7f)
			return refuse(place, "adjust", VERDICT_VALUE_MALFORMED);
	return VERDICT_ADMITTED;
}

static enum verdict judge_adjust(struct place *place,
				 const struct report *adjust, bool has_reason,
				 const struct admit_lookup *lookup,
				 struct admit_cells *cells)
{
	enum verdict verdict = find_place(place, adjust);
	struct cell_state state;

	if (verdict)
		return verdict;
	if (!kind_adjustable(place->target))
		return refuse(place, "target", VERDICT_NOT_ADJUSTABLE);
	state = cell_of(place, lookup);
	if (!state.has_head || state.head_returned)
		return VERDICT_NOTHING_TO_ADJUST;
	cells->catalogue = place->catalogue;
	cells->target = place->target;
	verdict = admit_cells_read(cells, adjust);
	place->column = cells->column;
	if (!verdict)
		verdict = check_amounts(place, cells);
	if (!verdict && cells->count)
		verdict = check_name(place, adjust->status);
	if (!verdict && !has_reason)
		return refuse(place, "reason", VERDICT_REASON_MISSING);
	return verdict;
}

enum verdict admit_adjust(const struct catalogue *catalogue,
			  const struct report *adjust, bool has_reason,
			  struct admit_when when,
			  const struct admit_lookup *lookup,
			  struct arena *arena, struct admitted *out,
			  const char **column)
{
	struct place place = {
		.catalogue = catalogue,
		.when = when,
		.column = "",
	};
	struct admit_cells cells = { .arena = arena, .column = "" };
	enum verdict verdict =
		judge_adjust(&place, adjust, has_reason, lookup, &cells);

	if (column)
		*column = verdict ? place.column : "";
	if (verdict)
		return verdict;
	*out = (struct admitted){
		.target = place.target_index,
		.unit = place.unit,
		.period = place.period,
		.flags = VERSION_ADJUST,
		.values = cells.values,
		.value_count = cells.count,
		.status = cells.count ? adjust->status : span_of(NULL, 0),
	};
	return VERDICT_ADMITTED;
}
