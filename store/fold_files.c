/*
 * Reports of CSV files: each row is a statement that goes through the same
 * admission into the same rows as one of a journal, without signer and base.
 */
#include "store/fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "proto/csv.h"
#include "proto/day.h"
#include "store/fold_state.h"

#define FILES_ARENA_BYTES (4ull * 1024 * 1024 * 1024)
#define FILES_ZONE_MINUTES 480
#define FILES_PROBLEMS_MAX 10000
/* Puts are handed over before they grow beyond this. */
#define FILES_PUTS_BYTES (8 * 1024 * 1024)
#define NOTHING_NEW "none"
#define US_A_MINUTE 60000000ull

enum fixed {
	FIXED_TARGET,
	FIXED_UNIT,
	FIXED_PERIOD,
	FIXED_ITEM,
	FIXED_TEXT,
	FIXED_REVIEW,
	FIXED_ADJUST,
	FIXED_REASON,
	FIXED_RECEIVED,
	FIXED_COUNT
};

static const char *const fixed_names[FIXED_COUNT] = {
	"target", "unit",   "period", "item",	  "text",
	"review", "adjust", "reason", "received",
};

struct files {
	const struct catalogue *catalogue;
	struct figures *figures;
	struct memory_tables *tables;
	struct puts puts;
	void (*refused)(void *arg, const struct fold_refusal *refusal);
	void *arg;
	struct problems *problems;
	struct problem *noted;
	size_t noted_count, noted_size;
	struct arena text;    /* one file */
	struct arena scratch; /* one row */
	/* the file being read */
	const char *name;
	uint32_t number;
	struct csv csv;
	int fixed[FIXED_COUNT]; /* columns, -1: none */
	int *fields;		/* columns that are fields */
	size_t field_count;
	struct err *err;
};

/* ---- problems ---- */

static int note(struct files *files, uint32_t row, struct span column,
		const char *text)
{
	struct problem *noted;

	if (files->noted_count == FILES_PROBLEMS_MAX)
		return 0;
	noted = fold_grown(files->noted, &files->noted_size, files->noted_count,
			   sizeof(*noted));
	if (!noted)
		return ERR_NOMEM;
	files->noted = noted;
	noted[files->noted_count++] = (struct problem){
		.file = problems_text(files->problems,
				      span_of_text(files->name)),
		.row = row,
		.column = problems_text(files->problems, column),
		.text = problems_text(files->problems, span_of_text(text)),
	};
	return 0;
}

static int list_problems(struct files *files)
{
	int rc;

	if (!files->noted_count)
		return 0;
	rc = problems_add(files->problems, files->noted, files->noted_count);
	return rc ? rc : ERR_INVALID;
}

/* ---- columns ---- */

static bool is_fixed(struct span name)
{
	for (size_t i = 0; i < FIXED_COUNT; i++)
		if (span_equal(name, span_of_text(fixed_names[i])))
			return true;
	return false;
}

static int read_columns(struct files *files)
{
	const struct csv *csv = &files->csv;
	int rc = 0;

	files->field_count = 0;
	files->fields =
		arena_array(&files->text, csv->column_count, sizeof(int));
	if (!files->fields)
		return ERR_NOMEM;
	for (size_t i = 0; i < FIXED_COUNT; i++)
		files->fixed[i] = csv_column(csv, fixed_names[i]);
	for (size_t i = FIXED_TARGET; i <= FIXED_PERIOD && !rc; i++)
		if (files->fixed[i] < 0)
			rc = note(files, 1, span_of_text(fixed_names[i]),
				  "this column is missing; add it to row 1");
	for (size_t i = 0; i < csv->column_count && !rc; i++) {
		struct span name = csv->columns[i];

		if (name.len == 0 || is_fixed(name))
			continue;
		if (intern_find(&files->catalogue->field_names, name) !=
		    INTERN_NONE)
			files->fields[files->field_count++] = (int)i;
		else
			rc = note(files, 1, name,
				  "this column is no field of any target; "
				  "correct its name, or declare it in "
				  "fields.csv");
	}
	return rc;
}

/* ---- cells ---- */

static struct span fixed_cell(const struct files *files,
			      const struct csv_row *row, enum fixed fixed)
{
	int column = files->fixed[fixed];

	return column < 0 ? span_of(NULL, 0) : row->cells[column];
}

static bool read_digits(struct span text, unsigned max, unsigned *out)
{
	unsigned value = 0;

	if (text.len < 1 || text.len > 2)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		value = 10 * value + (unsigned)(text.data[i] - '0');
	}
	*out = value;
	return value <= max;
}

/* "2024-06-30", "2024-06-30 09:05", also with T between: microseconds. */
static bool read_received(struct span text, uint64_t *out_us)
{
	struct span date = text, hours, minutes;
	unsigned hour = 0, minute = 0;
	const uint8_t *colon;
	int32_t day;
	size_t at = 0;

	while (at < text.len && text.data[at] != ' ' && text.data[at] != 'T')
		at++;
	date.len = at;
	if (day_parse(date, &day) || day < 0)
		return false;
	if (at < text.len) {
		at++;
		colon = memchr(text.data + at, ':', text.len - at);
		if (!colon)
			return false;
		hours = span_of(text.data + at,
				(size_t)(colon - text.data) - at);
		minutes = span_of(colon + 1, text.len - at - hours.len - 1);
		if (!read_digits(hours, 23, &hour) ||
		    !read_digits(minutes, 59, &minute))
			return false;
	}
	*out_us = day_start_us(day, FILES_ZONE_MINUTES) +
		  (hour * 60ull + minute) * US_A_MINUTE;
	return true;
}

/* Fields that are filled in. */
static int read_cells(struct files *files, const struct csv_row *row,
		      struct report *report)
{
	report->cells = arena_array(&files->scratch, files->field_count,
				    sizeof(*report->cells));
	if (!report->cells)
		return ERR_NOMEM;
	for (size_t i = 0; i < files->field_count; i++) {
		struct span value = row->cells[files->fields[i]];

		if (!value.len)
			continue;
		report->cells[report->cell_count++] = (struct cell_text){
			.field = files->csv.columns[files->fields[i]],
			.value = value,
		};
	}
	return 0;
}

/* ---- rows ---- */

static void refuse(struct files *files, const struct csv_row *row,
		   enum verdict verdict, const char *column)
{
	struct fold_refusal refusal = {
		.file = files->name,
		.row = row->number,
		.verdict = verdict,
		.column = column && *column ? column : NULL,
	};

	if (files->refused)
		files->refused(files->arg, &refusal);
}

/* What stands for a batch: the row is the statement's place and name. */
static struct origin origin_of(const struct files *files,
			       const struct csv_row *row, uint64_t recv_us)
{
	struct origin origin = {
		.entry = (uint64_t)files->number << 32 | row->number,
		.recv_us = recv_us,
	};

	store_u64(origin.salt, origin.entry + 1);
	return origin;
}

static int take_row(struct files *files, const struct csv_row *row,
		    const struct report *report, uint64_t recv_us)
{
	struct admit_lookup lookup = figures_lookup(files->figures);
	struct admit_when when = { recv_us, FILES_ZONE_MINUTES };
	struct origin origin = origin_of(files, row, recv_us);
	bool has_reason = fixed_cell(files, row, FIXED_REASON).len > 0;
	bool has_text = fixed_cell(files, row, FIXED_TEXT).len > 0;
	struct admitted admitted;
	const char *column = NULL;
	enum verdict verdict;

	if (fixed_cell(files, row, FIXED_ADJUST).len) {
		verdict = admit_adjust(files->catalogue, report, has_reason,
				       when, &lookup, &files->scratch,
				       &admitted, &column);
		if (!verdict)
			return figures_mark(files->figures, &admitted, &origin,
					    &files->puts, files->err);
	} else if (report->status.len) {
		verdict = admit_review(files->catalogue, report, when, &lookup,
				       &admitted);
		if (!verdict)
			return figures_mark(files->figures, &admitted, &origin,
					    &files->puts, files->err);
	} else {
		verdict = admit_report(files->catalogue, report, has_reason,
				       has_text, when, &lookup, &files->scratch,
				       &admitted, &column);
		if (!verdict)
			return figures_report(files->figures, &admitted,
					      &origin, &files->puts,
					      files->err);
	}
	refuse(files, row, verdict, column);
	return 0;
}

static int read_row(struct files *files, const struct csv_row *row)
{
	struct report report = {
		.target = fixed_cell(files, row, FIXED_TARGET),
		.unit = fixed_cell(files, row, FIXED_UNIT),
		.period = fixed_cell(files, row, FIXED_PERIOD),
		.item = fixed_cell(files, row, FIXED_ITEM),
		.status = fixed_cell(files, row, FIXED_REVIEW),
	};
	struct span received = fixed_cell(files, row, FIXED_RECEIVED);
	struct span name = fixed_cell(files, row, FIXED_ADJUST);
	uint64_t recv_us = 0;
	int rc;

	if (name.len)
		report.status = name;
	arena_reset(&files->scratch);
	rc = read_cells(files, row, &report);
	if (rc)
		return rc;
	/* An unfilled line. */
	if (!report.cell_count && !report.status.len &&
	    !fixed_cell(files, row, FIXED_TEXT).len &&
	    !span_equal(report.item, span_of_text(NOTHING_NEW)))
		return 0;
	if (received.len && !read_received(received, &recv_us))
		return note(files, row->number, span_of_text("received"),
			    "write a day, 2024-06-30, or a day and a time, "
			    "2024-06-30 09:05");
	return take_row(files, row, &report, recv_us);
}

static int hand_over(struct files *files)
{
	return memory_tables_apply(files->tables, &files->puts);
}

static int read_file(struct files *files, const struct fold_file *file)
{
	struct err err = { 0 };
	size_t problems = files->noted_count;
	uint32_t row = 0;
	int rc;

	arena_reset(&files->text);
	files->name = file->name;
	rc = csv_parse_at(file->bytes, &files->text, &files->csv, &row, &err);
	if (rc == ERR_INVALID || rc == ERR_LIMIT)
		return note(files, row, span_of(NULL, 0), err.msg);
	if (!rc)
		rc = read_columns(files);
	if (rc || files->noted_count > problems)
		return rc;
	for (size_t i = 0; i < files->csv.row_count && !rc; i++) {
		rc = read_row(files, &files->csv.rows[i]);
		if (!rc && files->puts.bytes.len > FILES_PUTS_BYTES)
			rc = hand_over(files);
	}
	return rc ? rc : hand_over(files);
}

int fold_files(const struct catalogue *catalogue, const struct fold_file *files,
	       size_t count, struct memory_tables *tables,
	       void (*refused)(void *arg, const struct fold_refusal *refusal),
	       void *arg, struct problems *problems)
{
	struct files reading = {
		.catalogue = catalogue,
		.figures = figures_new(),
		.tables = tables,
		.refused = refused,
		.arg = arg,
		.problems = problems,
	};
	int rc;

	if (!reading.figures)
		return ERR_NOMEM;
	puts_init(&reading.puts);
	arena_init(&reading.text, FILES_ARENA_BYTES);
	arena_init(&reading.scratch, WIRE_ARENA_BYTES);
	rc = figures_intern(reading.figures, catalogue, &reading.puts, NULL);
	if (!rc)
		rc = hand_over(&reading);
	for (size_t i = 0; i < count && !rc; i++) {
		reading.number = (uint32_t)i;
		rc = read_file(&reading, &files[i]);
	}
	if (!rc)
		rc = list_problems(&reading);
	free(reading.noted);
	puts_release(&reading.puts);
	arena_release(&reading.text);
	arena_release(&reading.scratch);
	figures_free(reading.figures);
	return rc;
}
