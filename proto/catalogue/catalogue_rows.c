#include "proto/catalogue/catalogue_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

#define ROWS_BYTES_MAX ((size_t)2 << 30)
#define NAMING_MAX 6

static const int naming[CATALOGUE_FILE_COUNT][NAMING_MAX] = {
	[FILE_SETTINGS] = { SETTING_KEY, -1 },
	[FILE_UNITS] = { UNIT_ID, -1 },
	[FILE_UNIT_CODES] = { CODE_CODE, CODE_SCHEME, CODE_FROM, -1 },
	[FILE_TARGETS] = { TARGET_ID, -1 },
	[FILE_ROSTER] = { ROSTER_TARGET, ROSTER_UNIT, ROSTER_FROM, -1 },
	[FILE_GOALS] = { GOAL_TARGET, GOAL_ID, GOAL_FROM, -1 },
	[FILE_PLANS] = { PLAN_TARGET, PLAN_UNIT, PLAN_ITEM, PLAN_STAGE, PLAN_BY,
			 -1 },
	[FILE_LADDERS] = { LADDER_ID, LADDER_STEP, -1 },
	[FILE_ITEMS] = { ITEM_TARGET, ITEM_ID, -1 },
	[FILE_FIELDS] = { FIELDS_TARGET, FIELDS_FIELD, -1 },
	[FILE_FILTERS] = { FILTERS_TARGET, FILTERS_FIELD, FILTERS_OP, -1 },
	[FILE_REFERENCES] = { SERIES_ID, SERIES_PERIOD, -1 },
	[FILE_CALENDAR] = { CALENDAR_DATE, -1 },
};

const int *catalogue_naming_columns(enum file_index file)
{
	return naming[file];
}

int catalogue_target_column(enum file_index file)
{
	switch (file) {
	case FILE_TARGETS:
	case FILE_ROSTER:
	case FILE_GOALS:
	case FILE_PLANS:
	case FILE_ITEMS:
	case FILE_FIELDS:
	case FILE_FILTERS:
		return 0; /* the first of them all */
	case FILE_SETTINGS:
	case FILE_UNITS:
	case FILE_UNIT_CODES:
	case FILE_LADDERS:
	case FILE_REFERENCES:
	case FILE_CALENDAR:
		return -1;
	}
	return -1;
}

/* ---- one form ---- */

static bool print_number(struct span cell, char out[DECIMAL_TEXT_BYTES])
{
	struct decimal number;

	if (decimal_parse(cell, &number, NULL))
		return false;
	decimal_print(number, out);
	return true;
}

static bool print_day(struct span cell, char out[DAY_TEXT_BYTES])
{
	int32_t day;

	if (day_parse(cell, &day))
		return false;
	day_print(day, out);
	return true;
}

static bool print_period(struct span cell, char out[PERIOD_TEXT_BYTES])
{
	struct period period;

	if (period_parse(cell, &period, NULL))
		return false;
	period_print(period, out);
	return true;
}

/* Entries trimmed, between them one ; whatever the writer's. */
static const char *print_list(struct span cell, struct arena *arena)
{
	static const char wide[] = "；";
	char *out = arena_alloc(arena, cell.len + 1);
	size_t len = 0;

	for (size_t i = 0; out && i < cell.len; i++) {
		bool at_wide = cell.len - i >= 3 &&
			       !memcmp(cell.data + i, wide, 3);
		char c = at_wide ? ';' : (char)cell.data[i];

		i += at_wide ? 2 : 0;
		if (c == ';')
			while (len && out[len - 1] == ' ')
				len--;
		if (c == ' ' && (!len || out[len - 1] == ';'))
			continue;
		out[len++] = c;
	}
	if (out)
		out[len] = '\0';
	return out;
}

static const char *print_cell(enum cell_kind kind, struct span cell,
			      struct arena *arena)
{
	char text[DECIMAL_TEXT_BYTES];
	bool printed = false;

	switch (kind) {
	case CELL_NUMBER:
		printed = print_number(cell, text);
		break;
	case CELL_DAY:
		printed = print_day(cell, text);
		break;
	case CELL_PERIOD:
		printed = print_period(cell, text);
		break;
	case CELL_SETTING:
		printed = print_day(cell, text) || print_number(cell, text);
		break;
	case CELL_LIST:
		return print_list(cell, arena);
	case CELL_TEXT:
	case CELL_YES:
		break;
	}
	if (printed)
		return arena_text(arena, text, strlen(text));
	return arena_text(arena, (const char *)cell.data, cell.len);
}

static bool is_title(const struct file_rows *file, const struct csv_row *row)
{
	int key = file->at[SETTING_KEY];

	return key >= 0 && row->cells[key].len > 5 &&
	       !memcmp(row->cells[key].data, "title", 5);
}

const char *catalogue_blank_cell(const struct column *column)
{
	if (column->fallback)
		return column->fallback;
	return column->kind == CELL_YES ? "no" : "";
}

const char *catalogue_rows_cell(const struct catalogue_rows *rows,
				enum file_index file, size_t row, int column,
				struct arena *arena)
{
	const struct column *about = &catalogue_columns(file)[column];
	const struct file_rows *in = &rows->files[file];
	const struct csv_row *cells = &in->csv.rows[row];
	enum cell_kind kind = about->kind;
	int at = in->at[column];
	const char *text;

	if (at < 0 || !cells->cells[at].len)
		return catalogue_blank_cell(about);
	if (kind == CELL_SETTING && is_title(in, cells))
		kind = CELL_TEXT;
	text = print_cell(kind, cells->cells[at], arena);
	return text ? text : "";
}

/* ---- reading ---- */

static void add_name(struct strbuf *out, const char *text)
{
	strbuf_add_text(out, text);
	strbuf_add_char(out, '\x1f');
}

/* Several rows of one name (filters of one field) are its first, second, .. */
static int name_row(struct catalogue_rows *rows, enum file_index file,
		    size_t row)
{
	struct intern *names = &rows->files[file].names;
	struct strbuf name;
	int rc = 0;

	strbuf_init(&name, 0);
	for (const int *column = naming[file]; *column >= 0; column++)
		add_name(&name, catalogue_rows_cell(rows, file, row, *column,
						    &rows->arena));
	do {
		strbuf_add_char(&name, '+');
	} while (!name.failed &&
		 intern_find(names, strbuf_span(&name)) != INTERN_NONE);
	if (name.failed || intern_put(names, strbuf_span(&name)) != row)
		rc = ERR_NOMEM;
	strbuf_release(&name);
	return rc;
}

uint32_t catalogue_rows_find(const struct catalogue_rows *rows,
			     enum file_index file, const char *const *names)
{
	struct strbuf name;
	uint32_t row;

	strbuf_init(&name, 0);
	for (; *names; names++)
		add_name(&name, *names);
	strbuf_add_char(&name, '+');
	row = intern_find(&rows->files[file].names, strbuf_span(&name));
	strbuf_release(&name);
	return row;
}

static int read_file(struct catalogue_rows *rows, enum file_index file,
		     struct span bytes)
{
	struct file_rows *out = &rows->files[file];
	const struct column *columns = catalogue_columns(file);
	int rc = csv_parse(bytes, &rows->arena, &out->csv, NULL);

	for (int i = 0; !rc && columns[i].name; i++)
		out->at[i] = csv_column(&out->csv, columns[i].name);
	for (size_t i = 0; !rc && i < out->csv.row_count; i++)
		rc = name_row(rows, file, i);
	return rc;
}

int catalogue_rows_read(const struct catalogue_file *files, size_t count,
			struct catalogue_rows *out)
{
	int rc = 0;

	*out = (struct catalogue_rows){ 0 };
	arena_init(&out->arena, ROWS_BYTES_MAX);
	for (size_t i = 0; i < CATALOGUE_FILE_COUNT; i++)
		intern_init(&out->files[i].names);
	for (size_t i = 0; i < count && !rc; i++) {
		int file = catalogue_file_index(files[i].name);

		if (file >= 0)
			rc = read_file(out, (enum file_index)file,
				       files[i].bytes);
	}
	return rc;
}

void catalogue_rows_release(struct catalogue_rows *rows)
{
	for (size_t i = 0; i < CATALOGUE_FILE_COUNT; i++)
		intern_release(&rows->files[i].names);
	arena_release(&rows->arena);
}
