/*
 * The rows of catalogue files as they are written, but comparable: cells in
 * one form, blanks with a fixed meaning spelt out, and what names a row. For
 * catalogue_changes.c; figures come from struct catalogue.
 */
#ifndef TALLY_PROTO_CATALOGUE_ROWS_H
#define TALLY_PROTO_CATALOGUE_ROWS_H

#include "base/arena.h"
#include "base/intern.h"
#include "proto/catalogue/catalogue.h"
#include "proto/catalogue/catalogue_columns.h"
#include "proto/csv.h"

struct file_rows {
	struct csv csv;
	int at[COLUMNS_MAX]; /* of each column of the file, -1 if absent */
	/* names of the rows; the number of a name is the row's index */
	struct intern names;
};

struct catalogue_rows {
	struct arena arena;
	struct file_rows files[CATALOGUE_FILE_COUNT];
};

/* ERR_NOMEM; ERR_INVALID for files that no catalogue loads from. To be
 * released in any case. */
int catalogue_rows_read(const struct catalogue_file *files, size_t count,
			struct catalogue_rows *out);
void catalogue_rows_release(struct catalogue_rows *rows);

/* Columns that name a row of the file, ended by -1. */
const int *catalogue_naming_columns(enum file_index file);
/* The file's column "target", or -1. */
int catalogue_target_column(enum file_index file);

/* The (first) row of these names, in one form and in the order of the naming
 * columns, NULL-ended; INTERN_NONE. */
uint32_t catalogue_rows_find(const struct catalogue_rows *rows,
			     enum file_index file, const char *const *names);

/* What a blank cell means where that does not depend on others, else "". */
const char *catalogue_blank_cell(const struct column *column);
/* A cell in one form, in the arena; of a blank one what it means. */
const char *catalogue_rows_cell(const struct catalogue_rows *rows,
				enum file_index file, size_t row, int column,
				struct arena *arena);

#endif
