/*
 * CSV as people keep it in Excel: RFC 4180 with line breaks inside quotes,
 * UTF-8 with or without BOM, else GB18030, CRLF or LF. Cells are trimmed.
 * Rows carry the number Excel shows; the header is row 1. Rows that are blank
 * or whose first cell begins with # are skipped.
 */
#ifndef TALLY_PROTO_CSV_H
#define TALLY_PROTO_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/strbuf.h"

#define CSV_COLUMNS_MAX 256
#define CSV_CELL_BYTES_MAX 65536
#define CSV_ROWS_MAX 2000000

struct csv_row {
	uint32_t number;
	struct span *cells; /* csv.column_count; absent cells are empty */
};

struct csv {
	struct span *columns; /* the header's cells */
	size_t column_count;
	struct csv_row *rows;
	size_t row_count;
};

/* All in the arena. ERR_INVALID with the row in the text. */
int csv_parse(struct span bytes, struct arena *arena, struct csv *out,
	      struct err *err);

/* The same, for callers with a place of their own for the row: it is in *row
 * (0: the file as such) and not in the text. */
int csv_parse_at(struct span bytes, struct arena *arena, struct csv *out,
		 uint32_t *row, struct err *err);

/* Index of a column, or -1. */
int csv_column(const struct csv *csv, const char *name);

/* Appends one cell, quoted where it must be. */
void csv_write_cell(struct strbuf *out, struct span cell);

/*
 * The same for spreadsheets: what they would take for a formula (it begins with
 * = + - @ and is no number) gets a ' in front, which csv_unguarded takes away.
 */
void csv_write_guarded(struct strbuf *out, struct span cell);
struct span csv_unguarded(struct span cell);

/* UTF-8 of bytes in UTF-8 or GB18030, without BOM; ERR_INVALID. */
int csv_to_utf8(struct span bytes, struct arena *arena, struct span *out,
		struct err *err);

#endif
