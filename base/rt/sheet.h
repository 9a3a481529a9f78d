/*
 * A spreadsheet of one page, as Excel and WPS read it (.xlsx): a head that
 * stays in sight, and rows. The door to xlsxwriter.h, whose functions begin
 * with workbook_, worksheet_ and format_: none of ours may be named so.
 *
 * Rows go to a temporary file as they are made, so that a long table needs
 * little memory; the first failure stays, and sheet_finish tells it.
 */
#ifndef TALLY_RT_SHEET_H
#define TALLY_RT_SHEET_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

struct sheet;

struct sheet_column {
	const char *title; /* static */
	double width;	   /* characters */
};

/* name: of the page, 31 characters at most, none of []:*?/\. */
int sheet_new(const char *name, const struct sheet_column *columns,
	      size_t count, struct sheet **out, struct err *err);
void sheet_free(struct sheet *sheet);

/* The next cell of the row. NULL and "" leave it empty. */
void sheet_text(struct sheet *sheet, const char *text);
/* A number with as many decimals as its text has; what is none, or has more
 * than the 15 digits that a spreadsheet can hold, is written as text. */
void sheet_number(struct sheet *sheet, const char *text);
void sheet_end_row(struct sheet *sheet);

/* Appends the file. Once, and last. */
int sheet_finish(struct sheet *sheet, struct strbuf *out, struct err *err);

#endif
