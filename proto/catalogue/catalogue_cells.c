/* Cells of a catalogue's rows: what they say, or a problem in their place. */
#include "proto/catalogue/catalogue_load.h"

#include <stdio.h>
#include <string.h>

#define QUOTED_BYTES_MAX 80

/* For "%.*s": a cell as far as a message shows it, no character cut. */
static int shown(struct span cell)
{
	size_t len = cell.len;

	if (len > QUOTED_BYTES_MAX) {
		len = QUOTED_BYTES_MAX;
		while (len && (cell.data[len] & 0xc0) == 0x80)
			len--;
	}
	return (int)len;
}

#define SHOWN(cell) shown(cell), (const char *)(cell).data

size_t table_rows(const struct loader *loader, enum file_index file)
{
	return loader->tables[file].csv.row_count;
}

struct row table_row(struct loader *loader, enum file_index file, size_t at)
{
	return (struct row){ loader, file, &loader->tables[file].csv.rows[at] };
}

struct row target_row(struct loader *loader, uint32_t target)
{
	return (struct row){ loader, FILE_TARGETS,
			     loader->target_rows[target] };
}

void *loader_keep(struct loader *loader, size_t count, size_t size)
{
	void *out = arena_array(&loader->catalogue->arena, count, size);

	if (!out)
		loader->nomem = true;
	return out;
}

void *loader_scratch(struct loader *loader, size_t count, size_t size)
{
	void *out = arena_array(&loader->scratch, count, size);

	if (!out)
		loader->nomem = true;
	return out;
}

const char *loader_text(struct loader *loader, struct span text)
{
	const char *out;

	if (!text.len)
		return "";
	out = arena_text(&loader->catalogue->arena, (const char *)text.data,
			 text.len);
	if (!out)
		loader->nomem = true;
	return out ? out : "";
}

struct span row_cell(const struct row *row, int column)
{
	int at = row->loader->tables[row->file].at[column];

	return at < 0 ? span_of(NULL, 0) : row->csv->cells[at];
}

bool row_given(const struct row *row, int column)
{
	return row_cell(row, column).len != 0;
}

const char *row_text(const struct row *row, int column)
{
	return loader_text(row->loader, row_cell(row, column));
}

bool list_has_separator(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == ';' ||
		    (text.len - i >= 3 && memcmp(text.data + i, "；", 3) == 0))
			return true;
	}
	return false;
}

const char *row_name(const struct row *row, int column)
{
	struct span cell = row_cell(row, column);

	if (cell.len > NAME_BYTES_MAX) {
		row_problem(row, column,
			    "'%.*s' is longer than %d bytes; shorten it",
			    SHOWN(cell), NAME_BYTES_MAX);
		return "";
	}
	if (list_has_separator(cell) || (cell.len && cell.data[0] == '#')) {
		row_problem(row, column,
			    "'%.*s' may not begin with # nor have a ; in it",
			    SHOWN(cell));
		return "";
	}
	return loader_text(row->loader, cell);
}

bool row_decimal(const struct row *row, int column, struct decimal *out)
{
	struct span cell = row_cell(row, column);
	struct err err = { 0 };

	if (!cell.len)
		return false;
	if (decimal_parse(cell, out, &err) == 0)
		return true;
	row_problem(row, column, "%s", err.msg);
	return false;
}

/* Digits alone, up to max. */
static bool parse_integer(struct span text, int max, int *out)
{
	int value = 0;

	if (!text.len || text.len > 9)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		value = value * 10 + (text.data[i] - '0');
	}
	if (value > max)
		return false;
	*out = value;
	return true;
}

bool row_integer(const struct row *row, int column, int max, int *out)
{
	struct span cell = row_cell(row, column);

	if (!cell.len)
		return false;
	if (parse_integer(cell, max, out))
		return true;
	row_problem(row, column, "'%.*s' is not a whole number from 0 to %d",
		    SHOWN(cell), max);
	return false;
}

bool row_days(const struct row *row, int column, struct days *out)
{
	struct span cell = row_cell(row, column);
	struct span digits = cell;
	struct days days = { 0 };

	if (!cell.len)
		return false;
	if (cell.data[cell.len - 1] == 'w') {
		days.working = true;
		digits.len--;
	}
	if (!parse_integer(digits, 3660, &days.count)) {
		row_problem(row, column,
			    "'%.*s' is not a number of days; write 10, or 5w "
			    "for working days",
			    SHOWN(cell));
		return false;
	}
	*out = days;
	return true;
}

bool row_day(const struct row *row, int column, int32_t *out)
{
	struct span cell = row_cell(row, column);

	if (!cell.len)
		return false;
	if (day_parse(cell, out) == 0)
		return true;
	row_problem(row, column,
		    "'%.*s' is not a day; write it like 2024-06-30",
		    SHOWN(cell));
	return false;
}

bool row_period(const struct row *row, int column, struct period *out)
{
	struct span cell = row_cell(row, column);
	struct err err = { 0 };

	if (!cell.len)
		return false;
	if (period_parse(cell, out, &err) == 0)
		return true;
	row_problem(row, column, "%s", err.msg);
	return false;
}

bool row_choice(const struct row *row, int column, const char *const *names,
		size_t count, int *out)
{
	struct span cell = row_cell(row, column);
	char list[200] = "";
	size_t used = 0;

	if (!cell.len)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (span_equal(cell, span_of_text(names[i]))) {
			*out = (int)i;
			return true;
		}
	}
	for (size_t i = 0; i < count && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used,
					 "%s%s", i ? ", " : "", names[i]);
	row_problem(row, column, "'%.*s' is not one of: %s", SHOWN(cell), list);
	return false;
}

bool row_yes(const struct row *row, int column)
{
	static const char *const names[] = { "no", "yes" };
	int out = 0;

	return row_choice(row, column, names, 2, &out) && out == 1;
}

/* What a broken or missing file lacks is no problem of its own. */
static bool file_is_readable(const struct loader *loader, enum file_index file)
{
	return loader->tables[file].given && !loader->tables[file].broken;
}

bool unit_named(const struct row *row, int column, struct span id,
		uint32_t *out)
{
	uint32_t number = intern_find(&row->loader->catalogue->unit_ids, id);

	if (number != INTERN_NONE) {
		*out = number;
		return true;
	}
	if (file_is_readable(row->loader, FILE_UNITS))
		row_problem(row, column, "there is no unit '%.*s' in units.csv",
			    SHOWN(id));
	return false;
}

bool target_named(const struct row *row, int column, struct span id,
		  uint32_t *out)
{
	uint32_t number = intern_find(&row->loader->catalogue->target_ids, id);

	if (number != INTERN_NONE) {
		*out = number;
		return true;
	}
	if (file_is_readable(row->loader, FILE_TARGETS))
		row_problem(row, column,
			    "there is no target '%.*s' in targets.csv",
			    SHOWN(id));
	return false;
}

bool row_unit(const struct row *row, int column, uint32_t *out)
{
	struct span cell = row_cell(row, column);

	return cell.len && unit_named(row, column, cell, out);
}

bool row_target(const struct row *row, int column, uint32_t *out)
{
	struct span cell = row_cell(row, column);

	return cell.len && target_named(row, column, cell, out);
}

bool row_step(const struct row *row, int column, const struct target *target,
	      uint32_t *out)
{
	struct span cell = row_cell(row, column);
	const struct loader *loader = row->loader;
	uint32_t number;

	if (!cell.len)
		return false;
	if (target->ladder == CATALOGUE_NONE) {
		row_problem(row, column,
			    "'%.*s' is a step, but target '%s' has no ladder; "
			    "name one in targets.csv",
			    SHOWN(cell), target->id);
		return false;
	}
	number = intern_find(&loader->step_ids[target->ladder], cell);
	if (number == INTERN_NONE) {
		row_problem(row, column,
			    "'%.*s' is not a step of ladder '%s' of target "
			    "'%s'",
			    SHOWN(cell),
			    loader->catalogue->ladders[target->ladder].id,
			    target->id);
		return false;
	}
	*out = number + 1;
	return true;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool list_next(struct span *rest, struct span *out)
{
	while (rest->len) {
		struct span entry = *rest;
		size_t len = 0, separator = 0;

		while (len < rest->len && !separator) {
			if (rest->data[len] == ';')
				separator = 1;
			else if (rest->len - len >= 3 &&
				 memcmp(rest->data + len, "；", 3) == 0)
				separator = 3;
			else
				len++;
		}
		entry.len = len;
		rest->data += len + separator;
		rest->len -= len + separator;
		while (entry.len && is_blank(entry.data[0])) {
			entry.data++;
			entry.len--;
		}
		while (entry.len && is_blank(entry.data[entry.len - 1]))
			entry.len--;
		if (entry.len) {
			*out = entry;
			return true;
		}
	}
	return false;
}

bool id_is_valid(struct span id, size_t bytes_max, bool dots)
{
	if (!id.len || id.len > bytes_max || id.data[0] < 'a' ||
	    id.data[0] > 'z')
		return false;
	for (size_t i = 1; i < id.len; i++) {
		uint8_t c = id.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      c == '-' || (dots && c == '.')))
			return false;
	}
	return true;
}

/* Counting sort by target; rows of no target are noted and left out. */
bool group_rows(struct loader *loader, enum file_index file, struct groups *out)
{
	size_t count = table_rows(loader, file);
	size_t targets = loader->catalogue->target_count;
	uint32_t *of = loader_scratch(loader, count, sizeof(*of));
	size_t *next = loader_scratch(loader, targets + 1, sizeof(*next));

	out->first = loader_scratch(loader, targets + 2, sizeof(*out->first));
	out->rows = loader_scratch(loader, count, sizeof(void *));
	if (!of || !next || !out->first || !out->rows)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct row row = table_row(loader, file, i);

		of[i] = CATALOGUE_NONE;
		if (row_target(&row, 0, &of[i]))
			out->first[of[i] + 1]++;
	}
	for (size_t t = 0; t < targets; t++) {
		out->first[t + 1] += out->first[t];
		next[t] = out->first[t];
	}
	for (size_t i = 0; i < count; i++) {
		if (of[i] != CATALOGUE_NONE)
			out->rows[next[of[i]]++] =
				&loader->tables[file].csv.rows[i];
	}
	return true;
}
