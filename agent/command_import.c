/* import: a file of reports, all rows or none. */
#include "agent/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/deliver.h"
#include "agent/desk.h"
#include "agent/wake.h"
#include "proto/csv.h"

#define IMPORT_BYTES_MAX (64 * 1024 * 1024)
#define IMPORT_ROWS_MAX 200000

enum column {
	COLUMN_TARGET,
	COLUMN_UNIT,
	COLUMN_PERIOD,
	COLUMN_ITEM,
	COLUMN_TEXT,
	COLUMN_REVIEW,
	COLUMN_REASON,
	COLUMN_RECEIVED,
	COLUMN_COUNT
};

static const char *const column_names[COLUMN_COUNT] = {
	[COLUMN_TARGET] = "target", [COLUMN_UNIT] = "unit",
	[COLUMN_PERIOD] = "period", [COLUMN_ITEM] = "item",
	[COLUMN_TEXT] = "text",	    [COLUMN_REVIEW] = "review",
	[COLUMN_REASON] = "reason", [COLUMN_RECEIVED] = "received",
};

struct import {
	struct office *office;
	const char *file;
	bool unchecked;
	bool told; /* what ended it */
	struct csv csv;
	int columns[COLUMN_COUNT]; /* index in the file, or -1 */
	bool is_field[CSV_COLUMNS_MAX];
	struct entry *entries;
	size_t count;
	bool has_reviews;
	size_t bad;
};

/* ---- the file ---- */

static void complain(struct import *import, uint32_t row, const char *column,
		     enum verdict verdict)
{
	enum language language = import->office->language;

	import->bad++;
	message_print(stderr, language, MESSAGE_LOCAL_REFUSED, import->file,
		      row, column, column[0] ? ": " : "", verdict_name(verdict),
		      verdict_advice(language, verdict));
}

/* What is wrong with a column was told by a message of its own. */
static int bad_column(struct import *import, enum message message,
		      struct span name, struct err *err)
{
	message_print(stderr, import->office->language, message, import->file,
		      (int)name.len, (const char *)name.data);
	import->told = true;
	return err_set(err, ERR_INVALID, "a column is wrong");
}

static int read_columns(struct import *import, struct err *err)
{
	for (size_t i = 0; i < import->csv.column_count; i++)
		import->is_field[i] = import->csv.columns[i].len > 0;
	for (int i = 0; i < COLUMN_COUNT; i++) {
		int at = csv_column(&import->csv, column_names[i]);

		import->columns[i] = at;
		if (at >= 0)
			import->is_field[at] = false;
		else if (i <= COLUMN_PERIOD)
			return bad_column(import, MESSAGE_COLUMN_MISSING,
					  span_of_text(column_names[i]), err);
	}
	for (size_t i = 0; i < import->csv.column_count; i++)
		for (size_t j = 0; j < i; j++)
			if (import->csv.columns[i].len &&
			    span_equal(import->csv.columns[i],
				       import->csv.columns[j]))
				return bad_column(import, MESSAGE_COLUMN_TWICE,
						  import->csv.columns[i], err);
	return 0;
}

static struct span cell(const struct import *import, const struct csv_row *row,
			enum column column)
{
	int at = import->columns[column];

	return at < 0 ? span_of(NULL, 0) : row->cells[at];
}

/* 1: an entry; 0: an unfilled line. */
static int read_row(struct import *import, const struct csv_row *row,
		    struct entry *entry, struct err *err)
{
	struct report *report = &entry->report;
	struct arena *arena = &import->office->arena;

	entry->row = row->number;
	report->target = cell(import, row, COLUMN_TARGET);
	report->unit = cell(import, row, COLUMN_UNIT);
	report->period = cell(import, row, COLUMN_PERIOD);
	report->item = cell(import, row, COLUMN_ITEM);
	report->status = cell(import, row, COLUMN_REVIEW);
	entry->text = cell(import, row, COLUMN_TEXT);
	entry->reason = cell(import, row, COLUMN_REASON);
	entry->review = report->status.len > 0;
	report->cells = arena_array(arena, import->csv.column_count + 1,
				    sizeof(*report->cells));
	if (!report->cells)
		return err_set(err, ERR_NOMEM, "%s: too large", import->file);
	for (size_t i = 0; i < import->csv.column_count; i++)
		if (import->is_field[i] && row->cells[i].len)
			report->cells[report->cell_count++] =
				(struct cell_text){ import->csv.columns[i],
						    row->cells[i] };
	return entry->review || report->cell_count || entry->text.len ||
	       (report->item.len &&
		span_equal(report->item, span_of_text("none")));
}

static int read_file(struct import *import, struct err *err)
{
	char *bytes;
	size_t len;
	int ret = file_read(import->file, IMPORT_BYTES_MAX, &bytes, &len, err);

	if (ret)
		return ret;
	ret = csv_parse(span_of(bytes, len), &import->office->arena,
			&import->csv, err);
	free(bytes);
	if (ret)
		return err_context(err, "%s", import->file);
	if (import->csv.row_count > IMPORT_ROWS_MAX)
		return err_set(err, ERR_LIMIT, "%s: more than %d rows",
			       import->file, IMPORT_ROWS_MAX);
	ret = read_columns(import, err);
	if (ret)
		return ret;
	import->entries = arena_array(&import->office->arena,
				      import->csv.row_count + 1,
				      sizeof(*import->entries));
	if (!import->entries)
		return err_set(err, ERR_NOMEM, "%s: too large", import->file);
	for (size_t i = 0; i < import->csv.row_count; i++) {
		struct entry *entry = &import->entries[import->count];

		ret = read_row(import, &import->csv.rows[i], entry, err);
		if (ret < 0)
			return ret;
		if (!ret) {
			memset(entry, 0, sizeof(*entry));
			continue;
		}
		import->has_reviews |= entry->review;
		import->count++;
	}
	return 0;
}

/* ---- the rows ---- */

/* A column that is no field of any target is a slip in the header. */
static int check_columns(struct import *import, const struct desk *desk,
			 struct err *err)
{
	const struct catalogue *catalogue = desk->catalogue;

	if (!catalogue || import->unchecked)
		return 0;
	for (size_t i = 0; i < import->csv.column_count; i++) {
		struct span name = import->csv.columns[i];
		bool known = !import->is_field[i];

		for (size_t t = 0; t < catalogue->target_count && !known; t++)
			known = catalogue_field(&catalogue->targets[t], name);
		if (!known)
			return bad_column(import, MESSAGE_COLUMN_UNKNOWN, name,
					  err);
	}
	return 0;
}

/*
 * Each row is checked as if those before it had been taken, and based on
 * them; a bad row is told and left out. ERR_* only for what ends it all.
 */
static int make_row(struct import *import, struct desk *desk,
		    struct entry *entry, struct sealed *out, bool *made,
		    struct err *err)
{
	const char *column = "";
	enum verdict verdict;
	struct err wrong;
	int ret = desk_prepare(desk, entry, &wrong);

	*made = false;
	if (ret == ERR_NOMEM)
		return err_set(err, ret, "%s", wrong.msg);
	if (ret == ERR_LIMIT) { /* cannot be sent at all */
		import->bad++;
		message_print(stderr, import->office->language,
			      MESSAGE_LOCAL_SHAPE, import->file, entry->row,
			      wrong.msg);
		return 0;
	}
	if (ret) {
		verdict = entry_shape_verdict(entry, &column);
		complain(import, entry->row, column, verdict);
		if (!import->unchecked)
			return 0;
	}
	verdict = import->unchecked ? VERDICT_ADMITTED :
				      desk_check(desk, entry, &column);
	if (verdict) {
		complain(import, entry->row, column ? column : "", verdict);
		return 0;
	}
	ret = entry_make(entry, &desk->cells, &desk->office->arena, out, err);
	*made = !ret;
	return ret;
}

struct made {
	struct sealed *sealed;
	uint64_t *numbers;
	uint32_t *rows;
	size_t count;
};

static int make_rows(struct import *import, struct desk *desk,
		     struct made *made, struct err *err)
{
	struct arena *arena = &desk->office->arena;

	made->sealed =
		arena_array(arena, import->count + 1, sizeof(*made->sealed));
	made->numbers =
		arena_array(arena, import->count + 1, sizeof(*made->numbers));
	made->rows = arena_array(arena, import->count + 1, sizeof(*made->rows));
	if (!made->sealed || !made->numbers || !made->rows)
		return err_set(err, ERR_NOMEM, "%s: too large", import->file);
	for (size_t i = 0; i < import->count; i++) {
		struct entry *entry = &import->entries[i];
		bool is_made;
		int ret = make_row(import, desk, entry,
				   &made->sealed[made->count], &is_made, err);

		if (ret)
			return ret;
		if (is_made)
			made->rows[made->count++] = entry->row;
	}
	return 0;
}

static int save_rows(const struct options *options, struct import *import,
		     struct desk *desk, struct made *made, uint64_t timeout_ms)
{
	struct office *office = desk->office;
	struct err err;
	int code;

	if (import->bad && !import->unchecked) {
		message_print(stderr, office->language, MESSAGE_IMPORT_NOTHING,
			      import->bad, import->count);
		return EXIT_REFUSED;
	}
	if (options_given(options, "dry-run")) {
		message_print(stderr, office->language, MESSAGE_IMPORT_WOULD,
			      made->count);
		return EXIT_OK;
	}
	if (made->count &&
	    outbox_save(office->outbox, made->sealed, made->count,
			clock_now_us(&office->clock), made->numbers, &err))
		return office_fail(&err);
	desk_unlock(desk);
	wake_sender(office->dir, WAKE_SAVED);
	message_print(stderr, office->language, MESSAGE_IMPORT_SAVED,
		      made->count);
	code = EXIT_OK;
	if (options_given(options, "wait"))
		code = desk_wait(desk, timeout_ms, made->numbers, made->rows,
				 made->count, import->file);
	return code == EXIT_OK && import->bad ? EXIT_REFUSED : code;
}

static int import_file(const struct options *options, struct import *import,
		       uint64_t timeout_ms)
{
	struct desk desk = { .lock = -1 };
	struct made made = { 0 };
	struct err err;
	int code = 0, ret = read_file(import, &err);

	if (!ret && import->has_reviews)
		deliver_refresh(import->office, timeout_ms);
	if (!ret)
		ret = desk_open(&desk, import->office, &err);
	if (!ret && !desk.catalogue && !import->unchecked)
		message_print(stderr, import->office->language,
			      MESSAGE_UNCHECKED);
	if (!ret && import->columns[COLUMN_RECEIVED] >= 0)
		message_print(stderr, import->office->language,
			      MESSAGE_NOT_RECEIVED);
	if (!ret)
		ret = check_columns(import, &desk, &err);
	if (!ret)
		ret = make_rows(import, &desk, &made, &err);
	if (!ret)
		code = save_rows(options, import, &desk, &made, timeout_ms);
	else if (!import->told)
		code = office_fail(&err);
	if (ret == ERR_INVALID || ret == ERR_LIMIT)
		code = EXIT_REFUSED;
	desk_close(&desk);
	return code;
}

int command_import(const struct options *options)
{
	struct import *import;
	struct office office;
	struct err err;
	uint64_t timeout_ms;
	int code;

	if (deliver_timeout(options, &timeout_ms, &err))
		return options_usage(options, "%s", err.msg);
	code = office_open(&office, options, OFFICE_EXISTING);
	if (code)
		goto out;
	import = arena_alloc(&office.arena, sizeof(*import));
	if (!import) {
		code = EXIT_FAILED;
		goto out;
	}
	import->office = &office;
	import->file = options_argument(options, 0);
	import->unchecked = options_given(options, "unchecked");
	code = import_file(options, import, timeout_ms);
out:
	office_close(&office);
	return code;
}
