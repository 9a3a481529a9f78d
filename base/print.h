/*
 * Texts for people and programs: JSON strings, and tables whose columns line
 * up although Chinese characters are twice as wide as others.
 */
#ifndef TALLY_BASE_PRINT_H
#define TALLY_BASE_PRINT_H

#include <stddef.h>

#include "base/strbuf.h"

/* Appends text as a JSON string, quotes included. */
void print_json_text(struct strbuf *out, const char *text);

/* Columns a terminal needs for UTF-8 text. */
size_t print_width(const char *text);

#define PRINT_COLUMNS_MAX 12

struct print_table {
	size_t columns;
	unsigned right;	    /* bit i: column i is aligned to the right */
	const char **cells; /* row by row; texts belong to the caller */
	size_t count, size;
	int failed;
};

void print_table_init(struct print_table *table, size_t columns,
		      unsigned right);
void print_table_release(struct print_table *table);
/* Adds the next cell of a row. */
void print_table_add(struct print_table *table, const char *text);
/* Appends the aligned rows; a rule stands below the first. */
void print_table_write(const struct print_table *table, struct strbuf *out);

#endif
