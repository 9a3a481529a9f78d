/*
 * One form of a file, whatever program wrote it: what agents sign and send.
 * Row numbers are those of the office's own file only before this; so its
 * problems are told from there.
 */
#include "proto/catalogue/catalogue_load.h"

#define NORMALISE_ARENA_BYTES ((size_t)1 << 30)

/* Columns of the file that are there, in the documented order. */
static int order_columns(const char *name, const struct csv *csv,
			 enum file_index file, int *order, size_t *count,
			 struct err *err)
{
	const struct column *columns = catalogue_columns(file);
	size_t used = 0, named = 0;

	for (int i = 0; columns[i].name; i++) {
		int at = csv_column(csv, columns[i].name);

		if (at >= 0)
			order[used++] = at;
		else if (columns[i].required)
			return err_set(err, ERR_INVALID,
				       "%s:1:%s: the column is missing; it is "
				       "needed",
				       name, columns[i].name);
	}
	for (size_t i = 0; i < csv->column_count; i++)
		named += csv->columns[i].len != 0;
	if (named != used)
		return err_set(err, ERR_INVALID,
			       "%s:1: a column is none of the catalogue's",
			       name);
	*count = used;
	return 0;
}

static void write_row(struct strbuf *out, const struct span *cells,
		      const int *order, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			strbuf_add_char(out, ',');
		csv_write_cell(out, cells[order[i]]);
	}
	strbuf_add_char(out, '\n');
}

int catalogue_normalise(const struct catalogue_file *file, struct strbuf *out,
			struct err *err)
{
	int index = catalogue_file_index(file->name);
	int order[COLUMNS_MAX];
	struct arena arena;
	struct csv csv;
	size_t count = 0;
	int rc;

	if (index < 0)
		return err_set(err, ERR_INVALID, "a catalogue has no file '%s'",
			       file->name);
	if (file->bytes.len > CATALOGUE_FILE_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "%s is larger than %d MB",
			       file->name, CATALOGUE_FILE_BYTES_MAX >> 20);
	arena_init(&arena, NORMALISE_ARENA_BYTES);
	rc = csv_parse(file->bytes, &arena, &csv, err);
	if (rc)
		(void)err_context(err, "%s", file->name);
	else
		rc = order_columns(file->name, &csv, (enum file_index)index,
				   order, &count, err);
	if (!rc) {
		write_row(out, csv.columns, order, count);
		for (size_t i = 0; i < csv.row_count; i++)
			write_row(out, csv.rows[i].cells, order, count);
		if (out->failed)
			rc = err_set(err, ERR_NOMEM, "%s is too large",
				     file->name);
	}
	arena_release(&arena);
	return rc;
}
