/*
 * What the parts of the catalogue's loader share; nobody else's business. The
 * loader reads the files in an order in which every reference finds what it
 * names, notes every problem, and goes on: people want to see all of them.
 *
 * Memory that runs out is sticky (loader.nomem): functions then give what is
 * harmless, and catalogue_load says ERR_NOMEM in the end.
 */
#ifndef TALLY_PROTO_CATALOGUE_LOAD_H
#define TALLY_PROTO_CATALOGUE_LOAD_H

#include "proto/catalogue/catalogue.h"
#include "proto/catalogue/catalogue_columns.h"
#include "proto/csv.h"

#define NAME_BYTES_MAX 60 /* steps, items, series, fields, goals */

struct table {
	bool given, broken; /* broken: it could not be read at all */
	struct csv csv;
	int at[COLUMNS_MAX]; /* of each column of the file, -1 if absent */
};

struct noted; /* a problem before sorting */

enum list_mode { LIST_DEFAULT, LIST_OPEN, LIST_CLOSED };

struct days {
	int count;
	bool working;
};

/* Rows of a file by target, in the order of the file. */
struct groups {
	size_t *first; /* target_count + 1 */
	const struct csv_row **rows;
};

struct loader {
	struct catalogue *catalogue;
	struct problems *problems;
	struct arena scratch;
	struct table tables[CATALOGUE_FILE_COUNT];
	struct noted *noted;
	size_t noted_count, noted_size;
	bool nomem;

	/* What no row may say twice, and where it was said first. */
	struct intern seen;
	uint32_t *seen_rows;
	size_t seen_size;

	struct intern ladder_ids, series_ids;
	struct intern *step_ids; /* by ladder: step -> index of steps */
	size_t step_ids_count;

	/* settings.csv, for targets that say nothing themselves */
	struct days due, close;
	struct decimal yellow_from, red_above;

	/* by target */
	const struct csv_row **target_rows;
	uint8_t *item_lists; /* enum list_mode */
	bool *kind_known;    /* see target_kind_known */

	struct groups roster; /* rows of roster.csv */
};

struct row {
	struct loader *loader;
	enum file_index file;
	const struct csv_row *csv;
};

/* ---- catalogue_problems.c ---- */

void row_problem(const struct row *row, int column, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void row_warning(const struct row *row, int column, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* file may be none of the catalogue's. */
void file_problem(struct loader *loader, const char *file, uint32_t row,
		  const char *column, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* A warning that the row never counts: it is outside the target's window. */
void row_never_counts(const struct row *row, int column,
		      const struct target *target);
/* Moves what was noted to problems, sorted. */
void problems_sort(struct loader *loader);
/* True, and a problem, if the key (from fmt) was seen before. what: said to
 * people, "goal 'main' of this day". */
bool row_repeats(const struct row *row, int column, const char *what,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Has a row of the file passed row_repeats with this key? */
bool file_says(const struct loader *loader, enum file_index file, int column,
	       const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* ---- catalogue_cells.c: cells of a row; blank ones are quietly false ---- */

size_t table_rows(const struct loader *loader, enum file_index file);
struct row table_row(struct loader *loader, enum file_index file, size_t at);
struct row target_row(struct loader *loader, uint32_t target);

struct span row_cell(const struct row *row, int column);
bool row_given(const struct row *row, int column);
const char *row_text(const struct row *row, int column);
/* A name of at most NAME_BYTES_MAX without ; ; "" if it is none. */
const char *row_name(const struct row *row, int column);
bool row_decimal(const struct row *row, int column, struct decimal *out);
bool row_integer(const struct row *row, int column, int max, int *out);
bool row_days(const struct row *row, int column, struct days *out);
bool row_day(const struct row *row, int column, int32_t *out);
bool row_period(const struct row *row, int column, struct period *out);
bool row_yes(const struct row *row, int column);
/* One of count names, its index. */
bool row_choice(const struct row *row, int column, const char *const *names,
		size_t count, int *out);
bool row_unit(const struct row *row, int column, uint32_t *out);
bool row_target(const struct row *row, int column, uint32_t *out);
/* Order of a step of the target's ladder. */
bool row_step(const struct row *row, int column, const struct target *target,
	      uint32_t *out);

bool unit_named(const struct row *row, int column, struct span id,
		uint32_t *out);
bool target_named(const struct row *row, int column, struct span id,
		  uint32_t *out);
/* Takes the next entry of a list from *rest; false at the end. */
bool list_next(struct span *rest, struct span *out);
bool list_has_separator(struct span text);
bool id_is_valid(struct span id, size_t bytes_max, bool dots);

/* Zeroed, in the catalogue's arena or in the scratch one. */
void *loader_keep(struct loader *loader, size_t count, size_t size);
void *loader_scratch(struct loader *loader, size_t count, size_t size);
const char *loader_text(struct loader *loader, struct span text);

bool group_rows(struct loader *loader, enum file_index file,
		struct groups *out);

/* ---- the stages, in this order ---- */

void load_settings(struct loader *loader); /* catalogue_units.c */
void load_units(struct loader *loader);
void load_codes(struct loader *loader);
void load_calendar(struct loader *loader);
void load_ladders(struct loader *loader); /* catalogue_series.c */
void load_series(struct loader *loader);
void load_targets(struct loader *loader); /* catalogue_targets.c */
void load_items(struct loader *loader);	  /* catalogue_roster.c */
void load_roster(struct loader *loader);
void load_fields(struct loader *loader);     /* catalogue_fields.c */
void load_filters(struct loader *loader);    /* catalogue_filters.c */
void load_goals(struct loader *loader);	     /* catalogue_goals.c */
void load_plans(struct loader *loader);	     /* catalogue_plans.c */
void check_catalogue(struct loader *loader); /* catalogue_check.c */

/* ---- shared knowledge ---- */

/* Was its kind understood? If not, it is a narrative in the loader, and what
 * depends on the kind is not looked at: that would be a mistake told twice. */
bool target_kind_known(const struct loader *loader,
		       const struct target *target);
/* Does the target have a window? That it has none is an error of its own. */
bool target_has_window(const struct target *target);
/* Its reports are about items: milestone, items, grade. */
bool target_has_items(const struct target *target);
/* The target whose items are read: itself, or the one it reads. */
const struct target *target_register(const struct catalogue *catalogue,
				     const struct target *target);
/* The first floor in force on a day, NULL if there is none. */
const struct goal *target_floor(const struct target *target, int32_t day);

/* In units of 10^-DECIMAL_PLACES_MAX. */
__int128 decimal_fine(struct decimal value);

extern const char *const measure_kind_names[KIND_NARRATIVE + 1];
extern const char *const compare_names[COMPARE_PENDING + 1];

#endif
