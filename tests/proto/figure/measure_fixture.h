/*
 * A catalogue and reports from CSV text, as officials write them, for tests of
 * the evaluation: loaded by catalogue_load, decided by admit_report, kept as
 * cells in memory.
 */
#ifndef TALLY_TESTS_MEASURE_FIXTURE_H
#define TALLY_TESTS_MEASURE_FIXTURE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "proto/figure/admit.h"
#include "proto/csv.h"
#include "proto/figure/measure.h"

#define FIXTURE_ZONE_MINUTES 480
#define FIXTURE_NOON_US (12 * 3600 * 1000000ull)
#define FIXTURE_BYTES_MAX ((size_t)1 << 32)

/* File texts; NULL: no such file, or for the first two the usual one. */
struct fixture_texts {
	const char *settings, *units, *targets, *roster, *goals, *plans,
		*ladders, *items, *fields, *filters, *references, *calendar;
	const char *reports;
};

struct fixture_cell {
	uint32_t target;
	struct cell cell;
	struct fixture_cell *next; /* of the same target */
};

struct fixture {
	struct catalogue *catalogue;
	struct problems problems;
	struct arena arena;
	struct fixture_cell **cells; /* by target */
	struct strbuf refused;	     /* "row: reason" lines */
	struct strbuf shown;
};

static const char fixture_settings[] = "key,value\n"
				       "start,2024-01-01\n"
				       "end,2024-12-31\n";

/* Units whose ids are in this order, a lead and a source. */
static const char fixture_units[] = "unit,name_zh,kind,opened,closed\n"
				    "a,甲镇,town,,\n"
				    "b,乙镇,town,,\n"
				    "c,丙镇,town,,\n"
				    "d,丁镇,town,,\n"
				    "lead,牵头局,department,,\n"
				    "stats,统计局,official,,\n";

static struct span fixture_copy(struct fixture *fixture, struct span span)
{
	return span_of(arena_copy(&fixture->arena, span.data, span.len),
		       span.len);
}

static struct fixture_cell *fixture_find(struct fixture *fixture,
					 uint32_t target, uint32_t unit,
					 struct period period, struct span item)
{
	struct fixture_cell *at = fixture->cells[target];

	while (at && (at->cell.unit != unit ||
		      period_compare(at->cell.period, period) ||
		      !span_equal(at->cell.item, item)))
		at = at->next;
	return at;
}

static struct cell_state fixture_state(void *ctx, uint32_t target,
				       uint32_t unit, struct period period,
				       struct span item)
{
	const struct fixture_cell *at =
		fixture_find(ctx, target, unit, period, item);
	struct cell_state state = { 0 };

	if (!at)
		return state;
	state.has_head = true;
	state.head_counts_as_report = true;
	for (size_t i = 0; i < at->cell.review_count; i++) {
		const struct review_mark *review = &at->cell.reviews[i];

		if (review->version + 1 != at->cell.version_count)
			continue;
		state.head_returned =
			span_equal(review->status, span_of_text("returned"));
		state.returned_us = review->recv_us;
	}
	return state;
}

static bool fixture_seen(void *ctx, uint32_t target, uint32_t unit,
			 struct span item)
{
	struct fixture *fixture = ctx;
	struct fixture_cell *at = fixture->cells[target];

	while (at &&
	       (at->cell.unit != unit || !span_equal(at->cell.item, item)))
		at = at->next;
	return at != NULL;
}

static struct fixture_cell *fixture_place(struct fixture *fixture,
					  const struct admitted *admitted)
{
	struct fixture_cell *at = fixture_find(fixture, admitted->target,
					       admitted->unit, admitted->period,
					       admitted->item);

	if (at)
		return at;
	at = arena_alloc(&fixture->arena, sizeof(*at));
	at->target = admitted->target;
	at->cell.unit = admitted->unit;
	at->cell.period = admitted->period;
	at->cell.item = fixture_copy(fixture, admitted->item);
	at->next = fixture->cells[admitted->target];
	fixture->cells[admitted->target] = at;
	return at;
}

static void fixture_add_version(struct fixture *fixture,
				const struct admitted *admitted, uint32_t row,
				uint64_t recv_us)
{
	struct cell *cell = &fixture_place(fixture, admitted)->cell;
	struct version *versions = arena_array(
		&fixture->arena, cell->version_count + 1, sizeof(*versions));

	if (cell->version_count)
		memcpy(versions, cell->versions,
		       cell->version_count * sizeof(*versions));
	versions[cell->version_count++] = (struct version){
		.entry = row,
		.recv_us = recv_us,
		.flags = admitted->flags,
		.values = admitted->values,
		.value_count = admitted->value_count,
	};
	cell->versions = versions;
}

static void fixture_add_review(struct fixture *fixture,
			       const struct admitted *admitted, uint32_t row,
			       uint64_t recv_us)
{
	struct cell *cell = &fixture_place(fixture, admitted)->cell;
	struct review_mark *reviews = arena_array(
		&fixture->arena, cell->review_count + 1, sizeof(*reviews));

	if (cell->review_count)
		memcpy(reviews, cell->reviews,
		       cell->review_count * sizeof(*reviews));
	reviews[cell->review_count++] = (struct review_mark){
		.version = cell->version_count - 1,
		.entry = row,
		.recv_us = recv_us,
		.status = fixture_copy(fixture, admitted->status),
	};
	cell->reviews = reviews;
}

/* One row of reports.csv. */
static void fixture_row(struct fixture *fixture, const struct csv *csv,
			const struct csv_row *row)
{
	struct admit_lookup lookup = { fixture_state, fixture_seen, fixture };
	struct admit_when when = { .zone_minutes = FIXTURE_ZONE_MINUTES };
	struct report report = { 0 };
	struct admitted admitted;
	bool reason = false, text = false;
	enum verdict verdict;

	report.cells = arena_array(&fixture->arena, csv->column_count,
				   sizeof(*report.cells));
	for (size_t i = 0; i < csv->column_count; i++) {
		struct span value = fixture_copy(fixture, row->cells[i]);
		struct span name = csv->columns[i];
		int32_t day;

		if (span_equal(name, span_of_text("target")))
			report.target = value;
		else if (span_equal(name, span_of_text("unit")))
			report.unit = value;
		else if (span_equal(name, span_of_text("period")))
			report.period = value;
		else if (span_equal(name, span_of_text("item")))
			report.item = value;
		else if (span_equal(name, span_of_text("review")))
			report.status = value;
		else if (span_equal(name, span_of_text("reason")))
			reason = value.len > 0;
		else if (span_equal(name, span_of_text("text")))
			text = value.len > 0;
		else if (span_equal(name, span_of_text("received")))
			when.recv_us =
				day_parse(value, &day) ?
					0 :
					day_start_us(day,
						     FIXTURE_ZONE_MINUTES) +
						FIXTURE_NOON_US;
		else if (value.len)
			report.cells[report.cell_count++] =
				(struct cell_text){ fixture_copy(fixture, name),
						    value };
	}
	verdict = report.status.len ?
			  admit_review(fixture->catalogue, &report, when,
				       &lookup, &admitted) :
			  admit_report(fixture->catalogue, &report, reason,
				       text, when, &lookup, &fixture->arena,
				       &admitted, NULL);
	if (verdict)
		strbuf_addf(&fixture->refused, "%u: %s\n", row->number,
			    verdict_name(verdict));
	else if (report.status.len)
		fixture_add_review(fixture, &admitted, row->number,
				   when.recv_us);
	else
		fixture_add_version(fixture, &admitted, row->number,
				    when.recv_us);
}

static void fixture_report(struct fixture *fixture, const char *reports)
{
	struct csv csv;
	struct err err = { 0 };

	cr_assert(
		!csv_parse(span_of_text(reports), &fixture->arena, &csv, &err),
		"%s", err.msg);
	for (size_t i = 0; i < csv.row_count; i++)
		fixture_row(fixture, &csv, &csv.rows[i]);
}

static struct fixture *fixture_new(struct fixture_texts texts)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	const struct {
		const char *name, *text;
	} all[] = {
		{ "settings.csv",
		  texts.settings ? texts.settings : fixture_settings },
		{ "units.csv", texts.units ? texts.units : fixture_units },
		{ "targets.csv", texts.targets },
		{ "roster.csv", texts.roster },
		{ "goals.csv", texts.goals },
		{ "plans.csv", texts.plans },
		{ "ladders.csv", texts.ladders },
		{ "items.csv", texts.items },
		{ "fields.csv", texts.fields },
		{ "filters.csv", texts.filters },
		{ "references.csv", texts.references },
		{ "calendar.csv", texts.calendar },
	};
	struct catalogue_file files[CATALOGUE_FILE_COUNT];
	size_t count = 0;
	int rc;

	arena_init(&fixture->arena, FIXTURE_BYTES_MAX);
	strbuf_init(&fixture->refused, 0);
	strbuf_init(&fixture->shown, 0);
	problems_init(&fixture->problems);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].text)
			files[count++] = (struct catalogue_file){
				all[i].name, span_of_text(all[i].text)
			};
	rc = catalogue_load(files, count, &fixture->catalogue,
			    &fixture->problems);
	for (size_t i = 0; rc && i < fixture->problems.count; i++) {
		const struct problem *problem = &fixture->problems.list[i];

		if (!problem->warning)
			cr_log_error("%s:%u:%s: %s", problem->file,
				     problem->row, problem->column,
				     problem->text);
	}
	cr_assert_eq(rc, 0, "the catalogue does not load");
	fixture->cells = arena_array(&fixture->arena,
				     fixture->catalogue->target_count + 1,
				     sizeof(struct fixture_cell *));
	if (texts.reports)
		fixture_report(fixture, texts.reports);
	return fixture;
}

static void fixture_free(struct fixture *fixture)
{
	catalogue_free(fixture->catalogue);
	problems_release(&fixture->problems);
	arena_release(&fixture->arena);
	strbuf_release(&fixture->refused);
	strbuf_release(&fixture->shown);
	free(fixture);
}

/* ---- the source of cells ---- */

static int fixture_all(void *ctx, const struct catalogue *catalogue,
		       uint32_t target, struct arena *arena,
		       struct cell_list *out, struct err *err)
{
	struct fixture *fixture = ctx;
	const struct fixture_cell *at;
	size_t count = 0;

	(void)catalogue;
	for (at = fixture->cells[target]; at; at = at->next)
		count++;
	out->cells = arena_array(arena, count + 1, sizeof(*out->cells));
	if (!out->cells)
		return err_set(err, ERR_NOMEM, "no memory for cells");
	for (at = fixture->cells[target]; at; at = at->next)
		out->cells[out->count++] = at->cell;
	return 0;
}

static int32_t fixture_day(const char *text)
{
	int32_t day = 0;

	cr_assert_eq(day_parse(span_of_text(text), &day), 0, "%s", text);
	return day;
}

/* known_by: a day, NULL: everything. */
static struct evaluation *fixture_evaluate(struct fixture *fixture,
					   const char *cutoff,
					   const char *known_by)
{
	struct evaluation_input input = {
		.catalogue = fixture->catalogue,
		.source = { fixture_all, fixture },
		.cutoff = fixture_day(cutoff),
		.known_by_us = UINT64_MAX,
		.zone_minutes = FIXTURE_ZONE_MINUTES,
	};
	struct err err = { 0 };
	struct evaluation *evaluation;

	if (known_by)
		input.known_by_us = day_start_us(fixture_day(known_by) + 1,
						 FIXTURE_ZONE_MINUTES) -
				    1;
	evaluation = evaluation_new(&input, &err);
	cr_assert(evaluation, "%s", err.msg);
	return evaluation;
}

static const struct figure *fixture_figure(struct fixture *fixture,
					   struct evaluation *evaluation,
					   const char *target, const char *unit)
{
	uint32_t index =
		catalogue_target(fixture->catalogue, span_of_text(target));
	const struct figure *figure = NULL, *rows;
	struct err err = { 0 };
	size_t count;

	cr_assert_neq(index, CATALOGUE_NONE, "%s", target);
	if (!unit) {
		cr_assert(!evaluation_target(evaluation, index, &figure, &err),
			  "%s", err.msg);
		return figure;
	}
	cr_assert(!evaluation_units(evaluation, index, &rows, &count, &err),
		  "%s", err.msg);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(fixture->catalogue->units[rows[i].unit].id, unit))
			figure = &rows[i];
	return figure;
}

/*
 * The figure in a line: value goal plan gap rate pace light why reported/due,
 * "-" for what is empty; then what else applies.
 */
static const char *fixture_show(struct fixture *fixture,
				const struct figure *figure)
{
	struct strbuf *out = &fixture->shown;
	const char *texts[] = {
		figure ? figure->value : "",
		figure ? figure->goal : "",
		figure ? figure->plan : "",
		figure ? figure->gap : "",
		figure ? figure->rate : "",
		figure ? pace_name(figure->pace) : "",
		figure ? light_name(figure->light) : "",
		figure ? why_name(figure->why) : "",
	};

	strbuf_clear(out);
	if (!figure)
		return "no row";
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		strbuf_addf(out, "%s ", *texts[i] ? texts[i] : "-");
	strbuf_addf(out, "%u/%u", figure->reported, figure->due);
	if (*figure->used)
		strbuf_addf(out, " used %s left %s", figure->used,
			    figure->left);
	if (*figure->items)
		strbuf_addf(out, " items %s", figure->items);
	if (figure->slip >= 0)
		strbuf_addf(out, " slip %d", figure->slip);
	if (figure->stretch >= 0)
		strbuf_addf(out, " stretch %d", figure->stretch);
	if (*figure->allocated)
		strbuf_addf(out, " allocated %s", figure->allocated);
	if (*figure->as_reported)
		strbuf_addf(out, " as-reported %s", figure->as_reported);
	if (figure->stale)
		strbuf_addf(out, " stale %s", figure->last);
	if (figure->shared)
		strbuf_addf(out, " shared %u disputed %u", figure->shared,
			    figure->disputed);
	return out->text;
}

/* The line of a target, or of a unit of it, at a cut-off. */
static const char *fixture_line(struct fixture *fixture, const char *cutoff,
				const char *target, const char *unit)
{
	struct evaluation *evaluation = fixture_evaluate(fixture, cutoff, NULL);
	const char *line = fixture_show(
		fixture, fixture_figure(fixture, evaluation, target, unit));

	evaluation_free(evaluation);
	return line;
}

struct fixture_row {
	const char *cutoff, *target, *unit, *line;
};

/* Rows of expected lines; unit NULL: the target as a whole. */
__attribute__((unused)) static void
fixture_expect(struct fixture *fixture, const struct fixture_row *rows,
	       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *line = fixture_line(fixture, rows[i].cutoff,
						rows[i].target, rows[i].unit);

		cr_expect_str_eq(line, rows[i].line,
				 "row %zu, %s %s at %s:\n  is       %s\n"
				 "  expected %s",
				 i, rows[i].target,
				 rows[i].unit ? rows[i].unit : "",
				 rows[i].cutoff, line, rows[i].line);
	}
	cr_expect_str_eq(fixture->refused.text, "", "refused: %s",
			 fixture->refused.text);
}

#define FIXTURE_EXPECT(fixture, ...)                                           \
	fixture_expect((fixture), (const struct fixture_row[]){ __VA_ARGS__ }, \
		       sizeof((const struct fixture_row[]){ __VA_ARGS__ }) /   \
			       sizeof(struct fixture_row))

#endif
