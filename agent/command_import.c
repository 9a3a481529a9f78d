/* import: a file of reports, all rows or none. */
#include "agent/commands.h"

#include <stdio.h>
#include <string.h>

#include "agent/deliver.h"
#include "agent/sheet.h"
#include "agent/statement.h"
#include "base/intern.h"
#include "base/strbuf.h"

enum column {
	COLUMN_TARGET,
	COLUMN_UNIT,
	COLUMN_PERIOD,
	COLUMN_ITEM,
	COLUMN_TEXT,
	COLUMN_REVIEW,
	COLUMN_ADJUST,
	COLUMN_REASON,
	COLUMN_RECEIVED,
	COLUMN_COUNT
};
#define COLUMNS_NEEDED (COLUMN_PERIOD + 1)

static const char *const column_names[COLUMN_COUNT] = {
	[COLUMN_TARGET] = "target",	[COLUMN_UNIT] = "unit",
	[COLUMN_PERIOD] = "period",	[COLUMN_ITEM] = "item",
	[COLUMN_TEXT] = "text",		[COLUMN_REVIEW] = "review",
	[COLUMN_ADJUST] = "adjust",	[COLUMN_REASON] = "reason",
	[COLUMN_RECEIVED] = "received",
};

static const struct sheet_words import_words = {
	.nothing = MESSAGE_IMPORT_NOTHING,
	.saved = MESSAGE_IMPORT_SAVED,
	.would = MESSAGE_IMPORT_WOULD,
};

/* ---- the file ---- */

/* 1: an entry; 0: an unfilled line. */
static int read_row(struct sheet *sheet, const struct csv_row *row,
		    struct entry *entry, struct err *err)
{
	struct report *report = &entry->report;
	struct arena *arena = &sheet->office->arena;

	entry->row = row->number;
	report->target = sheet_cell(sheet, row, COLUMN_TARGET);
	report->unit = sheet_cell(sheet, row, COLUMN_UNIT);
	report->period = sheet_cell(sheet, row, COLUMN_PERIOD);
	report->item = sheet_cell(sheet, row, COLUMN_ITEM);
	report->status = sheet_cell(sheet, row, COLUMN_REVIEW);
	entry->text = sheet_cell(sheet, row, COLUMN_TEXT);
	entry->reason = sheet_cell(sheet, row, COLUMN_REASON);
	entry->review = report->status.len > 0;
	if (sheet_cell(sheet, row, COLUMN_ADJUST).len) {
		entry->adjust = true;
		entry->review = false;
		report->status = sheet_cell(sheet, row, COLUMN_ADJUST);
	}
	report->cells = arena_array(arena, sheet->csv.column_count + 1,
				    sizeof(*report->cells));
	if (!report->cells)
		return err_set(err, ERR_NOMEM, "%s: too large", sheet->file);
	for (size_t i = 0; i < sheet->csv.column_count; i++)
		if (sheet->is_other[i] && row->cells[i].len)
			report->cells[report->cell_count++] =
				(struct cell_text){ sheet->csv.columns[i],
						    row->cells[i] };
	return entry->review || entry->adjust || report->cell_count ||
	       entry->text.len ||
	       (report->item.len &&
		span_equal(report->item, span_of_text("none")));
}

static int read_file(struct sheet *sheet, bool *has_marks, struct err *err)
{
	int ret = sheet_read(sheet, column_names, COLUMN_COUNT, COLUMNS_NEEDED,
			     err);

	*has_marks = false;
	for (size_t i = 0; i < sheet->csv.row_count && !ret; i++) {
		struct entry *entry = &sheet->entries[sheet->count];

		ret = read_row(sheet, &sheet->csv.rows[i], entry, err);
		if (ret < 0)
			return ret;
		if (!ret) {
			memset(entry, 0, sizeof(*entry));
			sheet->blank++;
			continue;
		}
		ret = 0;
		*has_marks |= entry->review || entry->adjust;
		sheet->count++;
	}
	return ret;
}

/* ---- the rows ---- */

/* A column that is no field of any target is a slip in the header. */
static int check_columns(struct sheet *sheet, const struct desk *desk,
			 struct err *err)
{
	const struct catalogue *catalogue = desk->catalogue;

	if (!catalogue || sheet->unchecked)
		return 0;
	for (size_t i = 0; i < sheet->csv.column_count; i++) {
		struct span name = sheet->csv.columns[i];
		bool known = !sheet->is_other[i];

		for (size_t t = 0; t < catalogue->target_count && !known; t++)
			known = catalogue_field(&catalogue->targets[t], name);
		if (!known)
			return sheet_bad_column(sheet, MESSAGE_COLUMN_UNKNOWN,
						name, err);
	}
	return 0;
}

/* What rows are of: of two that are of the same, one is a slip. */
struct places {
	struct intern seen;
	uint32_t *rows; /* by number */
	struct strbuf text;
};

/* Files with a column "received" are of versions, one after the other. */
static int is_twice(struct sheet *sheet, struct places *places,
		    const struct entry *entry, bool *twice, struct err *err)
{
	uint32_t count = places->seen.count, number;

	*twice = false;
	if (sheet->unchecked || sheet->columns[COLUMN_RECEIVED] >= 0)
		return 0;
	statement_place(entry->adjust ? SAID_ADJUST :
			entry->review ? SAID_REVIEW :
					SAID_REPORT,
			&entry->report, &places->text);
	number = intern_put(&places->seen, strbuf_span(&places->text));
	if (places->text.failed || number == INTERN_NONE)
		return err_set(err, ERR_NOMEM, "no memory");
	if (number == count) {
		places->rows[number] = entry->row;
		return 0;
	}
	*twice = true;
	sheet->bad++;
	message_print(stderr, sheet->office->language, MESSAGE_CELL_TWICE,
		      sheet->file, entry->row, places->rows[number]);
	return 0;
}

static int take_row(struct sheet *sheet, struct desk *desk,
		    struct places *places, struct entry *entry, struct err *err)
{
	bool good, twice;
	int ret = sheet_check(sheet, desk, entry, &good, err);

	if (!ret && good)
		ret = is_twice(sheet, places, entry, &twice, err);
	if (ret || !good || twice)
		return ret;
	return sheet_take(sheet, desk, entry, err);
}

/* Each row is checked as if those before it had been taken; a bad row is told
 * and left out. */
static int take_rows(struct sheet *sheet, struct desk *desk, struct err *err)
{
	struct places places = {
		.rows = arena_array(&sheet->office->arena, sheet->count + 1,
				    sizeof(*places.rows)),
	};
	int ret = places.rows ? 0 : err_set(err, ERR_NOMEM, "no memory");

	intern_init(&places.seen);
	strbuf_init(&places.text, 0);
	for (size_t i = 0; i < sheet->count && !ret; i++)
		ret = take_row(sheet, desk, &places, &sheet->entries[i], err);
	intern_release(&places.seen);
	strbuf_release(&places.text);
	return ret;
}

static int import_file(const struct options *options, struct sheet *sheet,
		       uint64_t timeout_ms)
{
	struct office *office = sheet->office;
	struct desk desk = { .lock = -1 };
	bool has_marks;
	struct err err;
	int code = 0, ret = read_file(sheet, &has_marks, &err);

	/* No file of reports; rows that are bad are something else. */
	if (ret == ERR_INVALID || ret == ERR_LIMIT || ret == ERR_NOTFOUND) {
		if (!sheet->told)
			(void)office_fail(&err);
		return EXIT_USAGE;
	}
	if (!ret && has_marks)
		(void)deliver_refresh(office, timeout_ms);
	if (!ret)
		ret = desk_open(&desk, office, &err);
	if (!ret && !desk.catalogue && !sheet->unchecked)
		message_print(stderr, office->language, MESSAGE_UNCHECKED);
	if (!ret && sheet->columns[COLUMN_RECEIVED] >= 0)
		message_print(stderr, office->language, MESSAGE_NOT_RECEIVED);
	if (!ret && sheet->count == 0) {
		message_print(stderr, office->language, MESSAGE_IMPORT_EMPTY,
			      sheet->file);
		goto out;
	}
	if (!ret && sheet->blank)
		message_print(stderr, office->language, MESSAGE_IMPORT_BLANK,
			      sheet->blank);
	if (!ret)
		ret = check_columns(sheet, &desk, &err);
	if (!ret)
		ret = take_rows(sheet, &desk, &err);
	if (!ret)
		code = sheet_save(sheet, options, &desk, timeout_ms);
	else if (sheet->told)
		code = EXIT_USAGE;
	else
		code = office_fail(&err);
	if (ret == ERR_LIMIT)
		code = EXIT_REFUSED;
out:
	desk_close(&desk);
	return code;
}

int command_import(const struct options *options)
{
	struct sheet *sheet;
	struct office office;
	struct err err;
	uint64_t timeout_ms;
	int code;

	if (deliver_timeout(options, &timeout_ms, &err))
		return options_usage(options, "%s", err.msg);
	if (options_given(options, "json") && !options_given(options, "wait"))
		return options_usage(options, "--json goes with --wait");
	code = office_open(&office, options, OFFICE_EXISTING);
	if (code)
		goto out;
	sheet = arena_alloc(&office.arena, sizeof(*sheet));
	if (!sheet) {
		code = EXIT_FAILED;
		goto out;
	}
	sheet->office = &office;
	sheet->file = options_argument(options, 0);
	sheet->words = &import_words;
	sheet->unchecked = options_given(options, "unchecked");
	code = import_file(options, sheet, timeout_ms);
out:
	office_close(&office);
	return code;
}
