#include "agent/sheet.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/wake.h"
#include "proto/catalogue/catalogue_chinese.h"

/* ---- the file ---- */

int sheet_bad_column(struct sheet *sheet, enum message message,
		     struct span name, struct err *err)
{
	message_print(stderr, sheet->office->language, message, sheet->file,
		      (int)name.len, (const char *)name.data);
	sheet->told = true;
	return err_set(err, ERR_INVALID, "a column is wrong");
}

/* As the audit says it of the same file. */
static int bad_text(struct sheet *sheet, uint32_t row, struct err *err)
{
	struct strbuf text;

	strbuf_init(&text, 0);
	if (sheet->office->language == LANGUAGE_ZH)
		catalogue_add_chinese(&text, err->msg);
	else
		strbuf_add_text(&text, err->msg);
	if (row)
		(void)fprintf(stderr, "%s:%u: %s\n", sheet->file, row,
			      text.text);
	else
		(void)fprintf(stderr, "%s: %s\n", sheet->file, text.text);
	strbuf_release(&text);
	sheet->told = true;
	return err->code;
}

static int read_columns(struct sheet *sheet, const char *const *names,
			size_t count, size_t needed, struct err *err)
{
	assert(count <= SHEET_COLUMNS_MAX);
	for (size_t i = 0; i < sheet->csv.column_count; i++)
		sheet->is_other[i] = sheet->csv.columns[i].len > 0;
	for (size_t i = 0; i < count; i++) {
		int at = csv_column(&sheet->csv, names[i]);

		sheet->columns[i] = at;
		if (at >= 0)
			sheet->is_other[at] = false;
		else if (i < needed)
			return sheet_bad_column(sheet, MESSAGE_COLUMN_MISSING,
						span_of_text(names[i]), err);
	}
	for (size_t i = 0; i < sheet->csv.column_count; i++)
		for (size_t j = 0; j < i; j++)
			if (sheet->csv.columns[i].len &&
			    span_equal(sheet->csv.columns[i],
				       sheet->csv.columns[j]))
				return sheet_bad_column(
					sheet, MESSAGE_COLUMN_TWICE,
					sheet->csv.columns[i], err);
	return 0;
}

static int make_room(struct sheet *sheet, struct err *err)
{
	struct arena *arena = &sheet->office->arena;
	size_t room = sheet->csv.row_count + 1;

	sheet->entries = arena_array(arena, room, sizeof(*sheet->entries));
	sheet->sealed = arena_array(arena, room, sizeof(*sheet->sealed));
	sheet->doubts = arena_array(arena, room, sizeof(*sheet->doubts));
	sheet->numbers = arena_array(arena, room, sizeof(*sheet->numbers));
	sheet->rows = arena_array(arena, room, sizeof(*sheet->rows));
	if (!sheet->entries || !sheet->sealed || !sheet->doubts ||
	    !sheet->numbers || !sheet->rows)
		return err_set(err, ERR_NOMEM, "%s: too large", sheet->file);
	return 0;
}

int sheet_read(struct sheet *sheet, const char *const *names, size_t count,
	       size_t needed, struct err *err)
{
	char *bytes;
	size_t len;
	uint32_t row;
	int ret = file_read(sheet->file, SHEET_BYTES_MAX, &bytes, &len, err);

	if (ret)
		return ret;
	ret = csv_parse_at(span_of(bytes, len), &sheet->office->arena,
			   &sheet->csv, &row, err);
	free(bytes);
	if (ret)
		return bad_text(sheet, row, err);
	if (sheet->csv.row_count > SHEET_ROWS_MAX)
		return err_set(err, ERR_LIMIT, "%s: more than %d rows",
			       sheet->file, SHEET_ROWS_MAX);
	ret = read_columns(sheet, names, count, needed, err);
	return ret ? ret : make_room(sheet, err);
}

struct span sheet_cell(const struct sheet *sheet, const struct csv_row *row,
		       size_t column)
{
	int at = sheet->columns[column];

	return at < 0 ? span_of(NULL, 0) : row->cells[at];
}

/* ---- the rows ---- */

static void complain(struct sheet *sheet, const struct desk *desk,
		     const struct entry *entry, const char *column,
		     enum verdict verdict)
{
	sheet->bad++;
	message_print(stderr, sheet->office->language, MESSAGE_LOCAL_REFUSED,
		      sheet->file, entry->row, column, column[0] ? ":" : "",
		      verdict_name(verdict),
		      desk_advice(desk, entry, verdict, column));
}

int sheet_check(struct sheet *sheet, const struct desk *desk,
		struct entry *entry, bool *good, struct err *err)
{
	const char *column = "";
	enum verdict verdict;
	struct err wrong;
	int ret = desk_prepare(desk, entry, &wrong);

	*good = false;
	if (ret == ERR_NOMEM)
		return err_set(err, ret, "%s", wrong.msg);
	if (ret == ERR_LIMIT) { /* cannot be sent at all */
		sheet->bad++;
		message_print(stderr, sheet->office->language,
			      MESSAGE_LOCAL_SHAPE, sheet->file, entry->row,
			      wrong.msg);
		return 0;
	}
	if (ret) {
		verdict = entry_shape_verdict(entry, &column);
		complain(sheet, desk, entry, column, verdict);
		*good = sheet->unchecked;
		entry->doubtful = true;
		return 0;
	}
	verdict = desk_check(desk, entry, &column);
	entry->doubtful = verdict || !desk->catalogue;
	*good = !verdict || sheet->unchecked;
	if (!*good)
		complain(sheet, desk, entry, column ? column : "", verdict);
	return 0;
}

int sheet_take(struct sheet *sheet, struct desk *desk, struct entry *entry,
	       struct err *err)
{
	int ret = entry_make(entry, &desk->cells, &desk->office->arena,
			     &sheet->sealed[sheet->made], err);

	if (ret)
		return ret;
	sheet->doubts[sheet->made] = entry->doubtful;
	sheet->rows[sheet->made++] = entry->row;
	return 0;
}

int sheet_save(struct sheet *sheet, const struct options *options,
	       struct desk *desk, uint64_t timeout_ms)
{
	struct office *office = desk->office;
	struct err err;
	int code = EXIT_OK;

	if (sheet->bad && !sheet->unchecked) {
		message_print(stderr, office->language, sheet->words->nothing,
			      sheet->bad, sheet->count);
		return EXIT_REFUSED;
	}
	if (options_given(options, "dry-run")) {
		message_print(stderr, office->language, sheet->words->would,
			      sheet->made);
		return EXIT_OK;
	}
	if (sheet->made &&
	    outbox_save_doubting(office->outbox, sheet->sealed, sheet->doubts,
				 sheet->made, clock_now_us(&office->clock),
				 sheet->numbers, &err))
		return office_fail(&err);
	desk_unlock(desk);
	wake_sender(office->dir, WAKE_SAVED);
	message_print(stderr, office->language, sheet->words->saved,
		      sheet->made);
	desk->json = options_given(options, "json");
	if (options_given(options, "wait"))
		code = desk_wait(desk, timeout_ms, sheet->numbers, sheet->rows,
				 sheet->made, sheet->file);
	return code == EXIT_OK && sheet->bad ? EXIT_REFUSED : code;
}
