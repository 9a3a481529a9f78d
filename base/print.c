#include "base/print.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#define GAP_COLUMNS 2

void print_json_text(struct strbuf *out, const char *text)
{
	strbuf_add_char(out, '"');
	for (const char *c = text; *c; c++) {
		if (*c == '"' || *c == '\\')
			strbuf_addf(out, "\\%c", *c);
		else if ((unsigned char)*c < 0x20 || *c == 0x7f)
			strbuf_addf(out, "\\u%04x", (unsigned char)*c);
		else
			strbuf_add_char(out, *c);
	}
	strbuf_add_char(out, '"');
}

/* ---- width ---- */

struct range {
	uint32_t first, last;
};

/* East Asian wide and full-width characters (Unicode, EastAsianWidth), as far
 * as names of units and targets have them. */
static const struct range wide[] = {
	{ 0x1100, 0x115f },   { 0x2e80, 0x303e }, { 0x3041, 0x33ff },
	{ 0x3400, 0x4dbf },   { 0x4e00, 0x9fff }, { 0xa000, 0xa4cf },
	{ 0xac00, 0xd7a3 },   { 0xf900, 0xfaff }, { 0xfe30, 0xfe4f },
	{ 0xff00, 0xff60 },   { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f },
	{ 0x20000, 0x3fffd },
};

/* The character at *text, which is moved on; a stray byte counts as one. */
static uint32_t next_character(const unsigned char **text)
{
	const unsigned char *at = *text;
	unsigned more = at[0] >= 0xf0 ? 3 : at[0] >= 0xe0 ? 2 : at[0] >= 0xc0;
	uint32_t c = more ? at[0] & (0x3fu >> more) : at[0];

	for (unsigned i = 1; i <= more; i++) {
		if ((at[i] & 0xc0) != 0x80) {
			*text = at + 1;
			return at[0];
		}
		c = c << 6 | (at[i] & 0x3fu);
	}
	*text = at + more + 1;
	return c;
}

size_t print_width(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t width = 0;

	while (*at) {
		uint32_t c = next_character(&at);

		width++;
		for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
			if (c >= wide[i].first && c <= wide[i].last)
				width++;
	}
	return width;
}

/* ---- tables ---- */

void print_table_init(struct print_table *table, size_t columns, unsigned right)
{
	assert(columns && columns <= PRINT_COLUMNS_MAX);
	*table = (struct print_table){ .columns = columns, .right = right };
}

void print_table_release(struct print_table *table)
{
	free(table->cells);
	table->cells = NULL;
}

void print_table_add(struct print_table *table, const char *text)
{
	if (table->count == table->size && !table->failed) {
		size_t size = table->size ? 2 * table->size : 256;
		const char **cells =
			realloc(table->cells, size * sizeof(*cells));

		if (cells) {
			table->cells = cells;
			table->size = size;
		} else {
			table->failed = 1;
		}
	}
	if (!table->failed)
		table->cells[table->count++] = text ? text : "";
}

static void add_blanks(struct strbuf *out, size_t count, char with)
{
	while (count--)
		strbuf_add_char(out, with);
}

static void write_row(const struct print_table *table, const char *const *row,
		      const size_t *widths, struct strbuf *out)
{
	size_t owed = 0; /* blanks not yet written: none at a line's end */

	for (size_t i = 0; i < table->columns; i++) {
		size_t pad = widths[i] - print_width(row[i]);

		if (table->right & 1u << i) {
			owed += pad;
			pad = 0;
		}
		if (row[i][0]) {
			add_blanks(out, owed, ' ');
			owed = 0;
			strbuf_add_text(out, row[i]);
		}
		owed += pad + GAP_COLUMNS;
	}
	strbuf_add_char(out, '\n');
}

void print_table_write(const struct print_table *table, struct strbuf *out)
{
	size_t widths[PRINT_COLUMNS_MAX] = { 0 };
	size_t rows = table->count / table->columns;
	size_t total = 0;

	for (size_t i = 0; i < rows * table->columns; i++) {
		size_t width = print_width(table->cells[i]);

		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
	for (size_t i = 0; i < table->columns; i++)
		total += widths[i] + (i ? GAP_COLUMNS : 0);
	for (size_t i = 0; i < rows; i++) {
		write_row(table, table->cells + i * table->columns, widths,
			  out);
		if (i == 0) {
			add_blanks(out, total, '-');
			strbuf_add_char(out, '\n');
		}
	}
	if (table->failed)
		out->failed = true;
}
