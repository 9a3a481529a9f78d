/*
 * Loading a catalogue: the files are read, then one stage after the other
 * fills the catalogue and notes what is wrong, see catalogue_load.h.
 */
#include "proto/catalogue/catalogue_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CATALOGUE_ARENA_BYTES ((size_t)1 << 30)
#define SCRATCH_ARENA_BYTES ((size_t)2 << 30)

/* ---- files ---- */

static bool ends_with(const char *name, const char *tail)
{
	size_t name_len = strlen(name), tail_len = strlen(tail);

	return name_len >= tail_len &&
	       strcmp(name + name_len - tail_len, tail) == 0;
}

/* Says which columns there are, for a name that is none of them. */
static void unknown_column(struct loader *loader, enum file_index file,
			   struct span name)
{
	char text[ERR_MSG_BYTES_MAX] = "", column[64];
	const struct column *columns = catalogue_columns(file);
	size_t used = 0, len = name.len < 60 ? name.len : 60;

	for (; columns->name && used < sizeof(text) - 64; columns++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s%s", used ? ", " : "",
					 columns->name);
	memcpy(column, name.data, len);
	column[len] = '\0';
	file_problem(loader, catalogue_file_names[file], 1, column,
		     "there is no such column; there are: %s", text);
}

static void find_columns(struct loader *loader, enum file_index file)
{
	struct table *table = &loader->tables[file];
	const struct column *columns = catalogue_columns(file);
	bool known[CSV_COLUMNS_MAX] = { false };

	for (int i = 0; i < COLUMNS_MAX; i++)
		table->at[i] = -1;
	for (int i = 0; columns[i].name; i++) {
		table->at[i] = csv_column(&table->csv, columns[i].name);
		if (table->at[i] >= 0)
			known[table->at[i]] = true;
		else if (columns[i].required)
			file_problem(loader, catalogue_file_names[file], 1,
				     columns[i].name,
				     "the column is missing; it is needed");
	}
	for (size_t i = 0; i < table->csv.column_count; i++) {
		if (!known[i] && table->csv.columns[i].len)
			unknown_column(loader, file, table->csv.columns[i]);
	}
}

static void read_file(struct loader *loader, const struct catalogue_file *file,
		      enum file_index index)
{
	struct table *table = &loader->tables[index];
	struct err err = { 0 };
	uint32_t row = 0;
	int rc;

	if (table->given) {
		file_problem(loader, file->name, 0, "",
			     "the file is given twice");
		return;
	}
	table->given = true;
	table->broken = true;
	if (file->bytes.len > CATALOGUE_FILE_BYTES_MAX) {
		file_problem(loader, file->name, 0, "",
			     "the file is larger than %d MB",
			     CATALOGUE_FILE_BYTES_MAX >> 20);
		return;
	}
	rc = csv_parse_at(file->bytes, &loader->scratch, &table->csv, &row,
			  &err);
	if (rc == ERR_NOMEM) {
		loader->nomem = true;
		return;
	}
	if (rc) {
		file_problem(loader, file->name, row, "", "%s", err.msg);
		return;
	}
	table->broken = false;
	find_columns(loader, index);
}

static void check_given(struct loader *loader, enum file_index file)
{
	if (!loader->tables[file].given)
		file_problem(loader, catalogue_file_names[file], 0, "",
			     "the file is missing; a catalogue needs it");
	else if (!loader->tables[file].broken && !table_rows(loader, file))
		file_problem(loader, catalogue_file_names[file], 0, "",
			     "the file has no rows");
}

static void check_required(struct loader *loader, enum file_index file)
{
	const struct column *columns = catalogue_columns(file);

	for (size_t i = 0; i < table_rows(loader, file); i++) {
		struct row row = table_row(loader, file, i);

		for (int c = 0; columns[c].name; c++) {
			if (columns[c].required && !row_given(&row, c) &&
			    loader->tables[file].at[c] >= 0)
				row_problem(&row, c,
					    "the cell is blank; it is needed");
		}
	}
}

static void read_files(struct loader *loader,
		       const struct catalogue_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int index = catalogue_file_index(files[i].name);

		if (index >= 0)
			read_file(loader, &files[i], (enum file_index)index);
		else if (ends_with(files[i].name, ".csv") &&
			 strncmp(files[i].name, "reports", 7) != 0)
			file_problem(loader, files[i].name, 0, "",
				     "a catalogue has no file of this name");
	}
	check_given(loader, FILE_UNITS);
	check_given(loader, FILE_TARGETS);
	for (int i = 0; i < CATALOGUE_FILE_COUNT; i++)
		check_required(loader, (enum file_index)i);
}

/* ---- the whole ---- */

static void loader_init(struct loader *loader, struct catalogue *catalogue,
			struct problems *problems)
{
	*loader =
		(struct loader){ .catalogue = catalogue, .problems = problems };
	arena_init(&loader->scratch, SCRATCH_ARENA_BYTES);
	intern_init(&loader->seen);
	intern_init(&loader->ladder_ids);
	intern_init(&loader->series_ids);
	for (int file = 0; file < CATALOGUE_FILE_COUNT; file++) {
		for (int i = 0; i < COLUMNS_MAX; i++)
			loader->tables[file].at[i] = -1;
	}
}

static void loader_release(struct loader *loader)
{
	for (size_t i = 0; i < loader->step_ids_count; i++)
		intern_release(&loader->step_ids[i]);
	intern_release(&loader->series_ids);
	intern_release(&loader->ladder_ids);
	intern_release(&loader->seen);
	free(loader->seen_rows);
	free(loader->noted);
	arena_release(&loader->scratch);
}

static void run_stages(struct loader *loader)
{
	static void (*const stages[])(struct loader *) = {
		load_settings, load_units,	load_codes,   load_calendar,
		load_ladders,  load_series,	load_targets, load_items,
		load_roster,   load_fields,	load_filters, load_goals,
		load_plans,    check_catalogue,
	};

	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++) {
		if (!loader->nomem)
			stages[i](loader);
	}
}

int catalogue_load(const struct catalogue_file *files, size_t count,
		   struct catalogue **out, struct problems *problems)
{
	struct catalogue *catalogue = calloc(1, sizeof(*catalogue));
	struct loader loader;
	int rc = 0;

	if (!catalogue)
		return ERR_NOMEM;
	arena_init(&catalogue->arena, CATALOGUE_ARENA_BYTES);
	intern_init(&catalogue->target_ids);
	intern_init(&catalogue->unit_ids);
	intern_init(&catalogue->field_names);
	loader_init(&loader, catalogue, problems);
	read_files(&loader, files, count);
	run_stages(&loader);
	problems_sort(&loader);
	if (loader.nomem)
		rc = ERR_NOMEM;
	else if (problems->errors)
		rc = ERR_INVALID;
	loader_release(&loader);
	if (rc)
		catalogue_free(catalogue);
	else
		*out = catalogue;
	return rc;
}

void catalogue_free(struct catalogue *catalogue)
{
	if (!catalogue)
		return;
	intern_release(&catalogue->target_ids);
	intern_release(&catalogue->unit_ids);
	intern_release(&catalogue->field_names);
	arena_release(&catalogue->arena);
	free(catalogue);
}
