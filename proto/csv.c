#include "proto/csv.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/decimal.h"

/* ---- encodings ---- */

/* The bytes of one well-formed UTF-8 sequence (Unicode, table 3-7), 0 if it
 * is none: no overlong forms, no surrogates, nothing above U+10FFFF. */
static size_t utf8_sequence(const uint8_t *at, size_t left)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t len;

	if (at[0] < 0x80)
		return 1;
	if (at[0] >= 0xc2 && at[0] <= 0xdf)
		len = 2;
	else if (at[0] >= 0xe0 && at[0] <= 0xef)
		len = 3;
	else if (at[0] >= 0xf0 && at[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (len > left)
		return 0;
	if (at[0] == 0xe0)
		low = 0xa0;
	else if (at[0] == 0xed)
		high = 0x9f;
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	}
	return len;
}

static bool is_utf8(struct span bytes)
{
	size_t at = 0;

	while (at < bytes.len) {
		size_t len = utf8_sequence(bytes.data + at, bytes.len - at);

		if (!len)
			return false;
		at += len;
	}
	return true;
}

static struct span without_bom(struct span bytes)
{
	if (bytes.len >= 3 && memcmp(bytes.data, "\xef\xbb\xbf", 3) == 0)
		return span_of(bytes.data + 3, bytes.len - 3);
	return bytes;
}

static int not_text(struct err *err)
{
	return err_set(err, ERR_INVALID,
		       "the file is neither UTF-8 nor GB18030 text; save it "
		       "in Excel as 'CSV UTF-8'");
}

static int from_gb18030(struct span bytes, struct arena *arena,
			struct span *out, struct err *err)
{
	/* Two bytes of GB18030 become at most three of UTF-8. */
	size_t size = bytes.len + bytes.len / 2 + 4, left = size;
	size_t in_left = bytes.len;
	char *in = (char *)(uintptr_t)bytes.data;
	char *start = arena_alloc(arena, size), *to = start;
	iconv_t converter;
	size_t converted;

	if (!start)
		return err_set(err, ERR_NOMEM, "the file is too large");
	converter = iconv_open("UTF-8", "GB18030");
	if (converter == (iconv_t)-1)
		return err_sys(err, "cannot convert GB18030 on this system");
	converted = iconv(converter, &in, &in_left, &to, &left);
	(void)iconv_close(converter);
	if (converted == (size_t)-1 || in_left)
		return not_text(err);
	*out = without_bom(span_of(start, size - left));
	return 0;
}

/* .xlsx and its like, and .xls. */
static bool is_workbook(struct span bytes)
{
	return (bytes.len >= 4 && !memcmp(bytes.data, "PK\x03\x04", 4)) ||
	       (bytes.len >= 8 &&
		!memcmp(bytes.data, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8));
}

int csv_to_utf8(struct span bytes, struct arena *arena, struct span *out,
		struct err *err)
{
	if (is_workbook(bytes))
		return err_set(
			err, ERR_INVALID,
			"the file is an Excel workbook, not CSV; save it "
			"in Excel as 'CSV UTF-8'");
	if (bytes.len && memchr(bytes.data, 0, bytes.len))
		return not_text(err);
	if (!is_utf8(bytes))
		return from_gb18030(bytes, arena, out, err);
	*out = without_bom(bytes);
	return 0;
}

/* ---- cells ---- */

static size_t blank_at(const uint8_t *at, size_t left)
{
	if (at[0] == ' ' || (at[0] >= '\t' && at[0] <= '\r'))
		return 1;
	if (left >= 2 && memcmp(at, "\xc2\xa0", 2) == 0)
		return 2; /* no-break space */
	if (left >= 3 && (memcmp(at, "\xe3\x80\x80", 3) == 0 ||
			  memcmp(at, "\xef\xbb\xbf", 3) == 0))
		return 3; /* ideographic space, stray BOM */
	return 0;
}

static struct span trim(struct span text)
{
	size_t len;

	while (text.len && (len = blank_at(text.data, text.len))) {
		text.data += len;
		text.len -= len;
	}
	while (text.len) {
		const uint8_t *end = text.data + text.len;

		if (blank_at(end - 1, 1))
			len = 1;
		else if (text.len >= 2 && blank_at(end - 2, 2) == 2)
			len = 2;
		else if (text.len >= 3 && blank_at(end - 3, 3) == 3)
			len = 3;
		else
			break;
		text.len -= len;
	}
	return text;
}

/* Reads cells; doubled quotes are undoubled in place. */
struct scanner {
	uint8_t *text;
	size_t len;
	size_t at;
	uint32_t row; /* of the row being read */
	bool row_ended;
};

static bool at_line_end(const struct scanner *scanner)
{
	const uint8_t *at = scanner->text + scanner->at;

	if (scanner->at == scanner->len || *at == '\n')
		return true;
	return *at == '\r' &&
	       (scanner->at + 1 == scanner->len || at[1] == '\n');
}

static bool at_cell_end(const struct scanner *scanner)
{
	return at_line_end(scanner) || scanner->text[scanner->at] == ',';
}

/* Behind the cell: a comma, or the end of the line. */
static void end_cell(struct scanner *scanner)
{
	scanner->row_ended = at_line_end(scanner);
	if (scanner->at < scanner->len && scanner->text[scanner->at] == '\r')
		scanner->at++;
	if (scanner->at < scanner->len)
		scanner->at++;
}

static int scan_quoted(struct scanner *scanner, struct span *out,
		       struct err *err)
{
	size_t start = ++scanner->at, to = start;

	for (;;) {
		if (scanner->at == scanner->len)
			return err_set(err, ERR_INVALID,
				       "a quote is opened and never closed; "
				       "close it, or write \"\" for a quote "
				       "within the text");
		if (scanner->text[scanner->at] == '"') {
			scanner->at++;
			if (scanner->at == scanner->len ||
			    scanner->text[scanner->at] != '"')
				break;
		}
		scanner->text[to++] = scanner->text[scanner->at++];
	}
	while (!at_cell_end(scanner) && (scanner->text[scanner->at] == ' ' ||
					 scanner->text[scanner->at] == '\t'))
		scanner->at++;
	if (!at_cell_end(scanner))
		return err_set(err, ERR_INVALID,
			       "text follows a closing quote; write \"\" for a "
			       "quote within the text");
	*out = span_of(scanner->text + start, to - start);
	return 0;
}

static int scan_cell(struct scanner *scanner, struct span *out, struct err *err)
{
	size_t start = scanner->at;
	struct span cell;
	int rc;

	while (scanner->at < scanner->len &&
	       (scanner->text[scanner->at] == ' ' ||
		scanner->text[scanner->at] == '\t'))
		scanner->at++;
	if (scanner->at < scanner->len && scanner->text[scanner->at] == '"') {
		rc = scan_quoted(scanner, &cell, err);
		if (rc)
			return rc;
	} else {
		while (!at_cell_end(scanner))
			scanner->at++;
		cell = span_of(scanner->text + start, scanner->at - start);
	}
	end_cell(scanner);
	cell = trim(cell);
	if (cell.len > CSV_CELL_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "a cell is longer than %d bytes",
			       CSV_CELL_BYTES_MAX);
	*out = cell;
	return 0;
}

/* One row's cells into cells; *count is up to the last that is not blank. */
static int scan_row(struct scanner *scanner, struct span *cells, size_t *count,
		    struct err *err)
{
	size_t index = 0;

	*count = 0;
	scanner->row++;
	do {
		struct span cell = { NULL, 0 };
		int rc = scan_cell(scanner, &cell, err);

		if (rc)
			return rc;
		if (cell.len && index >= CSV_COLUMNS_MAX)
			return err_set(err, ERR_LIMIT,
				       "the row has more than %d cells",
				       CSV_COLUMNS_MAX);
		if (index < CSV_COLUMNS_MAX)
			cells[index] = cell;
		index++;
		if (cell.len)
			*count = index;
	} while (!scanner->row_ended);
	return 0;
}

/* ---- the file ---- */

static int check_header(const struct csv *csv, struct err *err)
{
	for (size_t i = 0; i < csv->column_count; i++) {
		struct span name = csv->columns[i];

		for (size_t j = 0; name.len && j < i; j++) {
			if (span_equal(csv->columns[j], name))
				return err_set(err, ERR_INVALID,
					       "column '%.*s' stands there "
					       "twice; remove one",
					       (int)name.len,
					       (const char *)name.data);
		}
	}
	return 0;
}

static int check_cells(const struct csv *csv, const struct span *cells,
		       size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (cells[i].len &&
		    (i >= csv->column_count || !csv->columns[i].len))
			return err_set(err, ERR_INVALID,
				       "cell %zu stands in a column without a "
				       "name; name it in row 1, or quote a "
				       "text that has commas",
				       i + 1);
	}
	return 0;
}

/* As some settings of Excel and WPS part columns. */
static bool has_other_commas(struct span text)
{
	return memchr(text.data, ';', text.len) ||
	       memchr(text.data, '\t', text.len);
}

static int read_header(struct scanner *scanner, struct arena *arena,
		       struct span *cells, struct csv *csv, struct err *err)
{
	size_t count;
	int rc = scan_row(scanner, cells, &count, err);

	if (rc)
		return rc;
	if (!count)
		return err_set(err, ERR_INVALID,
			       "row 1 is blank; it must name the columns");
	if (count == 1 && has_other_commas(cells[0]))
		return err_set(
			err, ERR_INVALID,
			"the columns are not parted by commas; save the "
			"file in Excel as 'CSV UTF-8 (comma delimited)'");
	csv->columns = arena_copy(arena, cells, count * sizeof(*cells));
	if (!csv->columns)
		return err_set(err, ERR_NOMEM, "the file is too large");
	csv->column_count = count;
	return check_header(csv, err);
}

static int read_rows(struct scanner *scanner, struct arena *arena,
		     struct span *cells, struct csv *csv, struct err *err)
{
	while (scanner->at < scanner->len) {
		struct csv_row *row = &csv->rows[csv->row_count];
		size_t count;
		int rc = scan_row(scanner, cells, &count, err);

		if (rc)
			return rc;
		if (!count || (cells[0].len && cells[0].data[0] == '#'))
			continue;
		rc = check_cells(csv, cells, count, err);
		if (rc)
			return rc;
		if (csv->row_count == CSV_ROWS_MAX)
			return err_set(err, ERR_LIMIT,
				       "the file has more than %d rows",
				       CSV_ROWS_MAX);
		row->number = scanner->row;
		row->cells = arena_array(arena, csv->column_count,
					 sizeof(*row->cells));
		if (!row->cells)
			return err_set(err, ERR_NOMEM, "the file is too large");
		memcpy(row->cells, cells, count * sizeof(*cells));
		csv->row_count++;
	}
	return 0;
}

/* No file has more rows than line feeds, and one more. */
static size_t rows_bound(struct span text)
{
	size_t count = 1;

	for (size_t i = 0; i < text.len && count < CSV_ROWS_MAX; i++)
		count += text.data[i] == '\n';
	return count + 1;
}

int csv_parse_at(struct span bytes, struct arena *arena, struct csv *out,
		 uint32_t *row, struct err *err)
{
	struct span cells[CSV_COLUMNS_MAX];
	struct scanner scanner = { 0 };
	struct csv csv = { 0 };
	struct span text = { NULL, 0 };
	int rc = csv_to_utf8(bytes, arena, &text, err);

	*row = 0;
	if (rc)
		return rc;
	if (!text.len)
		return err_set(
			err, ERR_INVALID,
			"the file is empty; row 1 must name the columns");
	scanner.text = arena_copy(arena, text.data, text.len);
	scanner.len = text.len;
	csv.rows = arena_array(arena, rows_bound(text), sizeof(*csv.rows));
	if (!scanner.text || !csv.rows)
		return err_set(err, ERR_NOMEM, "the file is too large");
	rc = read_header(&scanner, arena, cells, &csv, err);
	if (!rc)
		rc = read_rows(&scanner, arena, cells, &csv, err);
	*row = scanner.row;
	if (rc)
		return rc;
	*out = csv;
	return 0;
}

int csv_parse(struct span bytes, struct arena *arena, struct csv *out,
	      struct err *err)
{
	uint32_t row;
	int rc = csv_parse_at(bytes, arena, out, &row, err);

	if (rc && row)
		(void)err_context(err, "row %u", row);
	return rc;
}

int csv_column(const struct csv *csv, const char *name)
{
	struct span want = span_of_text(name);

	for (size_t i = 0; i < csv->column_count; i++) {
		if (span_equal(csv->columns[i], want))
			return (int)i;
	}
	return -1;
}

void csv_write_cell(struct strbuf *out, struct span cell)
{
	bool quote = false;

	for (size_t i = 0; i < cell.len && !quote; i++)
		quote = cell.data[i] == '"' || cell.data[i] == ',' ||
			cell.data[i] == '\n' || cell.data[i] == '\r';
	if (!quote) {
		strbuf_add(out, cell.data, cell.len);
		return;
	}
	strbuf_add_char(out, '"');
	for (size_t i = 0; i < cell.len; i++) {
		if (cell.data[i] == '"')
			strbuf_add_char(out, '"');
		strbuf_add_char(out, (char)cell.data[i]);
	}
	strbuf_add_char(out, '"');
}

/* ---- formulas ---- */

/* Spreadsheets of the East take the wide forms as well. */
static const char *const openers[] = { "=",  "+",  "-",	 "@",  "\t",
				       "\r", "＝", "＋", "－", "＠" };

static bool may_be_formula(struct span cell)
{
	for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++) {
		size_t len = strlen(openers[i]);

		if (cell.len >= len && !memcmp(cell.data, openers[i], len))
			return true;
	}
	return false;
}

static bool is_guarded(struct span cell)
{
	struct span rest = cell;

	if (!cell.len || cell.data[0] != '\'')
		return false;
	while (rest.len && rest.data[0] == '\'') {
		rest.data++;
		rest.len--;
	}
	return may_be_formula(rest);
}

void csv_write_guarded(struct strbuf *out, struct span cell)
{
	struct decimal number;
	struct strbuf guarded;

	/* What looks guarded is guarded once more, so that it comes back. */
	if ((!may_be_formula(cell) || !decimal_parse(cell, &number, NULL)) &&
	    !is_guarded(cell)) {
		csv_write_cell(out, cell);
		return;
	}
	strbuf_init(&guarded, 0);
	strbuf_add_char(&guarded, '\'');
	strbuf_add(&guarded, cell.data, cell.len);
	csv_write_cell(out, strbuf_span(&guarded));
	out->failed = out->failed || guarded.failed;
	strbuf_release(&guarded);
}

struct span csv_unguarded(struct span cell)
{
	return is_guarded(cell) ? span_of(cell.data + 1, cell.len - 1) : cell;
}
