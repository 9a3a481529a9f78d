/*
 * A CSV file of reports or reviews: all rows are saved or none, and whatever
 * is wrong is told as file:row:column.
 */
#ifndef TALLY_AGENT_SHEET_H
#define TALLY_AGENT_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/desk.h"
#include "agent/entry.h"
#include "agent/office.h"
#include "base/rt/options.h"
#include "proto/csv.h"

#define SHEET_BYTES_MAX (64 * 1024 * 1024)
#define SHEET_ROWS_MAX 200000
#define SHEET_COLUMNS_MAX 32 /* with a name of their own */

/* What is said when rows are refused, were saved, or would be; the first takes
 * %zu of %zu, the others %zu. */
struct sheet_words {
	enum message nothing, saved, would;
};

struct sheet {
	struct office *office;
	const char *file;
	const struct sheet_words *words;
	/* Rows are sent whatever is wrong with them. */
	bool unchecked;
	bool told; /* what ended it */
	struct csv csv;
	int columns[SHEET_COLUMNS_MAX]; /* index in the file, or -1 */
	bool is_other[CSV_COLUMNS_MAX]; /* a column of another name */
	struct entry *entries;		/* room for every row; the caller's */
	size_t count;
	size_t blank; /* rows that say nothing, left out */
	size_t bad;
	/* what sheet_take has made */
	struct sealed *sealed;
	bool *doubts; /* nobody can say here that it will be admitted */
	uint64_t *numbers;
	uint32_t *rows;
	size_t made;
};

/*
 * Reads the file; office, file, words and unchecked are set before. names are
 * the columns that have a meaning of their own, the first `needed` of them must
 * be there. All in the office's arena. ERR_INVALID, ERR_LIMIT; told: it was
 * said what is wrong.
 */
int sheet_read(struct sheet *sheet, const char *const *names, size_t count,
	       size_t needed, struct err *err);
/* Of a named column; empty if the file has none. */
struct span sheet_cell(const struct sheet *sheet, const struct csv_row *row,
		       size_t column);
/* Says what is wrong with a column, and ends it: ERR_INVALID. */
int sheet_bad_column(struct sheet *sheet, enum message message,
		     struct span name, struct err *err);

/* Canonical form, and all that can be checked here: what is wrong is told.
 * *good: nothing, or it is sent all the same. ERR_* only for what ends it all.
 */
int sheet_check(struct sheet *sheet, const struct desk *desk,
		struct entry *entry, bool *good, struct err *err);
/* Makes its statement, based on those of the rows before. */
int sheet_take(struct sheet *sheet, struct desk *desk, struct entry *entry,
	       struct err *err);
/* Saves what was taken unless something was bad; --dry-run, --wait. Gives an
 * exit code. */
int sheet_save(struct sheet *sheet, const struct options *options,
	       struct desk *desk, uint64_t timeout_ms);

#endif
