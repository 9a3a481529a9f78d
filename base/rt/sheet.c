#include "base/rt/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xlsxwriter.h>

#define DIGITS_MAX 15 /* of a double, whatever they are */
#define DECIMALS_MAX 15
#define PATH_BYTES 32
#define BLOCK_BYTES 65536

struct sheet {
	int file; /* of memory: the library writes only to files with names */
	lxw_workbook *book;
	lxw_worksheet *page;
	lxw_format *numbers[DECIMALS_MAX + 1]; /* by decimals, when needed */
	lxw_row_t row;
	lxw_col_t column, columns;
	lxw_error failed;
};

static void fail(struct sheet *sheet, lxw_error error)
{
	if (!sheet->failed)
		sheet->failed = error;
}

static int begin(struct sheet *sheet, const char *name, struct err *err)
{
	lxw_workbook_options options = { .constant_memory = LXW_TRUE };
	char path[PATH_BYTES];

	sheet->file = memfd_create("tally-sheet", MFD_CLOEXEC);
	if (sheet->file < 0)
		return err_sys(err, "cannot make a file in memory");
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", sheet->file);
	sheet->book = workbook_new_opt(path, &options);
	if (sheet->book)
		sheet->page = workbook_add_worksheet(sheet->book, name);
	return sheet->page ? 0 :
			     err_set(err, ERR_IO,
				     "cannot begin a spreadsheet: is there "
				     "room in /tmp?");
}

static void put_head(struct sheet *sheet, const struct sheet_column *columns)
{
	lxw_format *bold = workbook_add_format(sheet->book);

	format_set_bold(bold);
	worksheet_freeze_panes(sheet->page, 1, 0);
	for (lxw_col_t i = 0; i < sheet->columns; i++) {
		fail(sheet, worksheet_set_column(sheet->page, i, i,
						 columns[i].width, NULL));
		fail(sheet, worksheet_write_string(sheet->page, 0, i,
						   columns[i].title, bold));
	}
	sheet->row = 1;
}

int sheet_new(const char *name, const struct sheet_column *columns,
	      size_t count, struct sheet **out, struct err *err)
{
	struct sheet *sheet = calloc(1, sizeof(*sheet));
	int rc;

	if (!sheet)
		return err_set(err, ERR_NOMEM, "no memory for a spreadsheet");
	sheet->columns = (lxw_col_t)count;
	rc = begin(sheet, name, err);
	if (rc) {
		sheet_free(sheet);
		return rc;
	}
	put_head(sheet, columns);
	*out = sheet;
	return 0;
}

void sheet_free(struct sheet *sheet)
{
	if (!sheet)
		return;
	if (sheet->book) /* frees, too */
		(void)workbook_close(sheet->book);
	if (sheet->file >= 0)
		(void)close(sheet->file);
	free(sheet);
}

void sheet_text(struct sheet *sheet, const char *text)
{
	if (text && *text)
		fail(sheet, worksheet_write_string(sheet->page, sheet->row,
						   sheet->column, text, NULL));
	sheet->column++;
}

/* The decimals of a number that a spreadsheet holds as it stands; -1: none. */
static int decimals_of(const char *text)
{
	const char *at = text + (*text == '-');
	size_t whole = strspn(at, "0123456789"), decimals = 0;

	if (!whole)
		return -1;
	if (at[whole] == '.') {
		decimals = strspn(at + whole + 1, "0123456789");
		if (!decimals)
			return -1;
		decimals++;
	}
	if (at[whole + decimals] || whole + decimals > DIGITS_MAX)
		return -1;
	return decimals ? (int)decimals - 1 : 0;
}

/* With thousands, as on the pages. */
static lxw_format *number_format(struct sheet *sheet, int decimals)
{
	lxw_format **format = &sheet->numbers[decimals];
	char text[32];

	if (!*format) {
		*format = workbook_add_format(sheet->book);
		(void)snprintf(text, sizeof(text), "#,##0%s%.*s",
			       decimals ? "." : "", decimals,
			       "000000000000000");
		format_set_num_format(*format, text);
	}
	return *format;
}

void sheet_number(struct sheet *sheet, const char *text)
{
	int decimals = text ? decimals_of(text) : -1;

	if (decimals < 0) {
		sheet_text(sheet, text);
		return;
	}
	fail(sheet, worksheet_write_number(sheet->page, sheet->row,
					   sheet->column, strtod(text, NULL),
					   number_format(sheet, decimals)));
	sheet->column++;
}

void sheet_end_row(struct sheet *sheet)
{
	sheet->row++;
	sheet->column = 0;
}

static int read_back(int file, struct strbuf *out, struct err *err)
{
	char block[BLOCK_BYTES];
	off_t at = 0;
	ssize_t got;

	while ((got = pread(file, block, sizeof(block), at)) > 0) {
		strbuf_add(out, block, (size_t)got);
		at += got;
	}
	return got < 0 ? err_sys(err, "cannot read the spreadsheet") : 0;
}

int sheet_finish(struct sheet *sheet, struct strbuf *out, struct err *err)
{
	lxw_error closed;

	if (!sheet->failed && sheet->row > 1)
		fail(sheet,
		     worksheet_autofilter(sheet->page, 0, 0, sheet->row - 1,
					  (lxw_col_t)(sheet->columns - 1)));
	closed = workbook_close(sheet->book);
	sheet->book = NULL;
	fail(sheet, closed);
	if (sheet->failed)
		return err_set(err, ERR_IO, "cannot write a spreadsheet: %s",
			       lxw_strerror(sheet->failed));
	return read_back(sheet->file, out, err);
}
