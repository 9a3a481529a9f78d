/*
 * Closed periods, and which version of each cell counts as known. Who is due is
 * in measure_view.c.
 *
 * Where the document is silent:
 * - The version in force is the newest one that counts; if it is returned, the
 *   one before it stands again.
 * - Waiting is only the newest version, not yet approved or returned: older
 *   ones can no longer be reviewed.
 * - done, green, yellow and red approve what they judge.
 */
#include "proto/figure/measure_subject.h"

#include <stdlib.h>

#define SUBJECT_BYTES_MAX ((size_t)1 << 33)

enum measure_kind subject_kind(const struct subject *subject)
{
	return subject->target->kind == KIND_BENCHMARK ?
		       subject->target->measure :
		       subject->target->kind;
}

bool subject_is_register(const struct subject *subject)
{
	enum measure_kind kind = subject_kind(subject);

	return kind == KIND_MILESTONE || kind == KIND_ITEMS ||
	       kind == KIND_GRADE;
}

uint32_t subject_rank(const struct subject *subject, uint32_t unit)
{
	return subject->basis->ranks[unit];
}

int32_t subject_goal_day(const struct subject *subject)
{
	int32_t day = subject->basis->input.cutoff;

	if (subject->closed_count)
		return subject->today;
	if (day < subject->target->start)
		return subject->target->start;
	return day > subject->target->end ? subject->target->end : day;
}

const char *measure_text(struct subject *subject, const struct rational *number,
			 unsigned places)
{
	const char *text;

	if (!number)
		return "";
	text = rational_text(number, places, &subject->basis->arena);
	if (!text)
		subject->failed = true;
	return text ? text : "";
}

int subject_check_memory(const struct subject *subject, struct err *err)
{
	if (!subject->failed && !rationals_failed(subject->numbers))
		return 0;
	return err_set(err, ERR_NOMEM, "no memory for the figure of %s",
		       subject->target->id);
}

const struct closed *subject_now(const struct subject *subject)
{
	return &subject->closed[subject->closed_count - 1];
}

/* ---- what counts ---- */

bool subject_knows(const struct subject *subject, uint64_t recv_us)
{
	return recv_us <= subject->basis->input.known_by_us;
}

static enum review_status status_of(struct span text)
{
	static const struct {
		const char *text;
		enum review_status status;
	} names[] = {
		{ "approved", REVIEW_APPROVED },
		{ "returned", REVIEW_RETURNED },
		{ "done", REVIEW_DONE },
		{ "green", REVIEW_GREEN },
		{ "yellow", REVIEW_YELLOW },
		{ "red", REVIEW_RED },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_equal(text, span_of_text(names[i].text)))
			return names[i].status;
	return REVIEW_NONE;
}

enum review_status subject_review(const struct subject *subject,
				  const struct cell *cell, size_t version)
{
	for (size_t i = cell->review_count; i-- > 0;) {
		const struct review_mark *review = &cell->reviews[i];
		enum review_status status;

		if (review->version != version ||
		    !subject_knows(subject, review->recv_us))
			continue;
		status = status_of(review->status);
		if (status != REVIEW_NONE)
			return status;
	}
	return REVIEW_NONE;
}

static bool counts(const struct subject *subject, enum review_status status)
{
	if (status == REVIEW_RETURNED)
		return false;
	return status != REVIEW_NONE || !subject->from->approve;
}

/* The newest known one of the version that counts. */
static const struct adjustment *adjustment_of(const struct subject *subject,
					      const struct cell *cell,
					      const struct version *version)
{
	for (size_t i = cell->adjustment_count; version && i-- > 0;) {
		const struct adjustment *one = &cell->adjustments[i];

		if (&cell->versions[one->version] == version &&
		    subject_knows(subject, one->recv_us))
			return one->value_count ? one : NULL;
	}
	return NULL;
}

static void said_choose(const struct subject *subject, struct said *said)
{
	const struct cell *cell = said->cell;
	bool newest = true;

	for (size_t i = cell->version_count; i-- > 0;) {
		const struct version *version = &cell->versions[i];
		enum review_status status;

		if (!subject_knows(subject, version->recv_us))
			continue;
		status = subject_review(subject, cell, i);
		if (counts(subject, status)) {
			said->counts[COUNT_NOW] = version;
			break;
		}
		if (newest && status == REVIEW_NONE) {
			said->waits = true;
			said->counts[COUNT_APPROVED_TOO] = version;
		}
		newest = false;
	}
	if (!said->waits)
		said->counts[COUNT_APPROVED_TOO] = said->counts[COUNT_NOW];
	for (size_t i = 0; i < COUNT_WAYS; i++)
		said->adjusts[i] =
			adjustment_of(subject, cell, said->counts[i]);
}

/* A source that gives the catalogue's own ids spares it their bytes. */
static bool is_of(const struct value *value, struct span field)
{
	return (value->field.data == field.data &&
		value->field.len == field.len) ||
	       span_equal(value->field, field);
}

static const struct value *find_value(const struct value *values, size_t count,
				      struct span field)
{
	for (size_t i = 0; i < count; i++)
		if (is_of(&values[i], field))
			return &values[i];
	return NULL;
}

const struct value *version_value(const struct version *version,
				  struct span field)
{
	return find_value(version->values, version->value_count, field);
}

const struct value *adjustment_value(const struct adjustment *adjustment,
				     struct span field)
{
	return find_value(adjustment->values, adjustment->value_count, field);
}

/* ---- closed periods ---- */

static int32_t said_end(const struct subject *subject, int32_t end)
{
	const struct target *from = subject->from;
	struct period period;

	if (from == subject->target)
		return end;
	period = period_of_day(from->period, end, from->first_month);
	if (period_end(period, from->first_month) > end)
		period = period_previous(period, from->first_month);
	return period_end(period, from->first_month);
}

static struct period first_period(const struct target *target)
{
	struct period first = period_of_day(target->period, target->start,
					    target->first_month);

	if (target->has_first_period &&
	    period_end(target->first_period, target->first_month) >
		    period_end(first, target->first_month))
		return target->first_period;
	return first;
}

static int find_closed(struct subject *subject, int32_t limit)
{
	const struct target *target = subject->target;
	struct period first = first_period(target), period = first;
	size_t count = 0;

	subject->first_end = period_end(first, target->first_month);
	if (limit > target->end)
		limit = target->end;
	for (; period_end(period, target->first_month) <= limit; count++)
		period = period_next(period, target->first_month);
	subject->final = count &&
			 period_end(period, target->first_month) > target->end;
	subject->closed = arena_array(&subject->arena, count + 1,
				      sizeof(*subject->closed));
	if (!subject->closed)
		return ERR_NOMEM;
	for (period = first; subject->closed_count < count;
	     period = period_next(period, target->first_month)) {
		int32_t end = period_end(period, target->first_month);

		subject->closed[subject->closed_count++] =
			(struct closed){ period, end, said_end(subject, end) };
		subject->today = end;
	}
	return 0;
}

/* ---- what was said, by unit ---- */

/* Does a cell of the source belong to the window up to E? */
static bool in_sight(const struct subject *subject, const struct cell *cell,
		     int32_t end)
{
	if (cell->unit >= subject->catalogue->unit_count ||
	    cell->period.type != subject->from->period || end > subject->today)
		return false;
	return subject->from != subject->target || end >= subject->first_end;
}

static int said_order(const void *left, const void *right)
{
	const struct said *a = left, *b = right;
	size_t len = a->item.len < b->item.len ? a->item.len : b->item.len;
	int order;

	if (a->end != b->end)
		return a->end < b->end ? -1 : 1;
	order = len ? memcmp(a->item.data, b->item.data, len) : 0;
	if (order)
		return order;
	return (a->item.len > b->item.len) - (a->item.len < b->item.len);
}

/* A store gives cells in this order already. */
static void sort_said(const struct track *track)
{
	for (size_t i = 1; i < track->said_count; i++) {
		if (said_order(&track->said[i - 1], &track->said[i]) <= 0)
			continue;
		qsort(track->said, track->said_count, sizeof(*track->said),
		      said_order);
		return;
	}
}

/* Sorts the cells of a unit apart, from starts[rank] to ends[rank]; cells out
 * of sight leave room behind them. */
static int gather(struct subject *subject, const struct cell_list *list,
		  size_t *starts, size_t *ends)
{
	size_t units = subject->catalogue->unit_count, total = 0;
	int first_month = subject->from->first_month;

	subject->said = arena_array(&subject->arena, list->count + 1,
				    sizeof(*subject->said));
	if (!subject->said)
		return ERR_NOMEM;
	for (size_t i = 0; i < list->count; i++)
		if (list->cells[i].unit < units)
			ends[subject_rank(subject, list->cells[i].unit)]++;
	for (size_t i = 0; i < units; i++) {
		size_t count = ends[i];

		starts[i] = ends[i] = total;
		total += count;
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct cell *cell = &list->cells[i];
		int32_t end = period_end(cell->period, first_month);
		struct said said = { .unit = cell->unit,
				     .period = cell->period,
				     .end = end,
				     .item = cell->item,
				     .cell = cell };

		if (!in_sight(subject, cell, end))
			continue;
		said_choose(subject, &said);
		if (said.counts[COUNT_APPROVED_TOO])
			subject->said[ends[subject_rank(subject,
							cell->unit)]++] = said;
	}
	return 0;
}

static void mark_unit(const struct subject *subject, bool *marks, uint32_t unit)
{
	if (unit != CATALOGUE_NONE)
		marks[subject_rank(subject, unit)] = true;
}

static void mark_tracks(const struct subject *subject, bool *marks)
{
	const struct target *target = subject->target, *from = subject->from;

	for (size_t i = 0; i < from->roster_count; i++)
		mark_unit(subject, marks, from->roster[i].unit);
	for (size_t i = 0; i < target->roster_count; i++)
		mark_unit(subject, marks, target->roster[i].unit);
	if (!from->roster_count || subject->source_alone)
		mark_unit(subject, marks, catalogue_source(from));
	if (!subject_is_register(subject))
		return;
	/* Items may be credited to these. */
	mark_unit(subject, marks, from->lead);
	for (size_t i = 0; i < from->item_count; i++)
		mark_unit(subject, marks, from->items[i].unit);
}

/* Rosters are by unit: gives each unit's track its rows. */
static void give_rows(const struct subject *subject,
		      const struct target *target, bool quota)
{
	for (size_t i = 0; i < target->roster_count;) {
		const struct roster_row *first = &target->roster[i];
		struct track *track =
			&subject->tracks[subject->track_of[first->unit]];
		size_t count = 0;

		while (i < target->roster_count &&
		       target->roster[i].unit == first->unit) {
			count++;
			i++;
		}
		if (quota) {
			track->quota_rows = first;
			track->quota_row_count = count;
		} else {
			track->rows = first;
			track->row_count = count;
		}
	}
}

static int make_tracks(struct subject *subject, const size_t *starts,
		       const size_t *ends, bool *marks)
{
	size_t units = subject->catalogue->unit_count;
	const struct target *from = subject->from;

	for (size_t i = 0; i < units; i++)
		marks[i] = marks[i] || ends[i] > starts[i];
	mark_tracks(subject, marks);
	for (size_t i = 0; i < units; i++)
		subject->track_count += marks[i];
	subject->tracks = arena_array(&subject->arena, subject->track_count + 1,
				      sizeof(*subject->tracks));
	subject->track_of = arena_array(&subject->arena, units + 1,
					sizeof(*subject->track_of));
	if (!subject->tracks || !subject->track_of)
		return ERR_NOMEM;
	subject->track_count = 0;
	for (size_t i = 0; i < units; i++) {
		uint32_t unit = subject->basis->by_rank[i];
		struct track *track = &subject->tracks[subject->track_count];

		subject->track_of[unit] = CATALOGUE_NONE;
		if (!marks[i])
			continue;
		subject->track_of[unit] = (uint32_t)subject->track_count++;
		track->unit = unit;
		track->alone = !from->roster_count &&
			       unit == catalogue_source(from);
		track->said = &subject->said[starts[i]];
		track->said_count = ends[i] - starts[i];
		sort_said(track);
	}
	give_rows(subject, from, false);
	give_rows(subject, subject->target, true);
	return 0;
}

static int read_cells(struct subject *subject, struct err *err)
{
	const struct cell_source *source = &subject->basis->input.source;
	size_t units = subject->catalogue->unit_count;
	struct cell_list list = { 0 };
	size_t *starts =
		arena_array(&subject->arena, units + 1, sizeof(*starts));
	size_t *ends = arena_array(&subject->arena, units + 1, sizeof(*ends));
	bool *marks = arena_array(&subject->arena, units + 1, sizeof(*marks));
	uint32_t from = subject->target->reads != CATALOGUE_NONE ?
				subject->target->reads :
				subject->index;
	int rc;

	if (!starts || !ends || !marks)
		return err_set(err, ERR_NOMEM, "no memory for cells");
	if (subject->closed_count)
		rc = source->all(source->ctx, subject->catalogue, from,
				 &subject->arena, &list, err);
	else
		rc = 0; /* nothing is in sight yet */
	if (rc)
		return rc;
	rc = gather(subject, &list, starts, ends);
	if (!rc)
		rc = make_tracks(subject, starts, ends, marks);
	return rc ? err_set(err, rc, "no memory for cells") : 0;
}

/* ---- the fields of the formula ---- */

static bool is_component(const struct subject *subject, enum field_role role)
{
	switch (role) {
	case FIELD_VALUE:
	case FIELD_OPENED:
	case FIELD_CLOSED:
	case FIELD_CURRENT:
	case FIELD_BASE:
	case FIELD_CURRENT_DEN:
	case FIELD_BASE_DEN:
	case FIELD_NUM:
	case FIELD_DEN:
	case FIELD_CASES:
	case FIELD_TOTAL:
		return true;
	case FIELD_WORST:
		return subject->target->take == TAKE_WORST;
	case FIELD_VIOLATIONS:
	case FIELD_MEASURED:
	case FIELD_LIMIT:
	case FIELD_STAGE:
	case FIELD_GRADE:
	case FIELD_DATE:
	case FIELD_WORKS:
	case FIELD_TEXT:
	case FIELD_ATTRIBUTE:
	case FIELD_MEMO:
		return false;
	}
	return false;
}

static void find_components(struct subject *subject)
{
	const struct target *target = subject->target;

	for (size_t i = 0; i < target->field_count &&
			   subject->component_count < MEASURE_COMPONENTS_MAX;
	     i++) {
		const struct field *field = &target->fields[i];

		if (!is_component(subject, field->role))
			continue;
		subject->components[subject->component_count++] =
			(struct component){
				.field = field,
				.id = span_of_text(field->id),
				.role = field->role,
				.max_over_units = field->max_over_units ||
						  field->role == FIELD_WORST,
			};
	}
}

/* ---- life ---- */

int subject_new(struct basis *basis, uint32_t target, int32_t until,
		struct subject **out, struct err *err)
{
	const struct catalogue *catalogue = basis->catalogue;
	struct subject *subject = calloc(1, sizeof(*subject));
	int rc;

	if (!subject)
		return err_set(err, ERR_NOMEM, "no memory for a target");
	arena_init(&subject->arena, SUBJECT_BYTES_MAX);
	subject->basis = basis;
	subject->catalogue = catalogue;
	subject->numbers = basis->numbers;
	subject->index = target;
	subject->target = &catalogue->targets[target];
	subject->from = subject->target;
	if (subject->target->reads != CATALOGUE_NONE)
		subject->from = &catalogue->targets[subject->target->reads];
	subject->source_alone = subject->from->authority != AUTHORITY_SUMMED;
	subject->today = DAY_NONE;
	find_components(subject);
	if (until == DAY_NONE)
		until = day_add_months(basis->input.cutoff,
				       -subject->target->lag_months);
	rc = find_closed(subject, until);
	if (rc)
		(void)err_set(err, rc, "no memory for periods");
	else
		rc = read_cells(subject, err);
	if (rc)
		subject_free(subject);
	else
		*out = subject;
	return rc;
}

void subject_free(struct subject *subject)
{
	if (!subject)
		return;
	arena_release(&subject->arena);
	free(subject);
}
