/*
 * What a catalogue changes of the one before it, row by row and cell by cell,
 * for people who are about to hand it down. Rows are told by what names them
 * (the unit of units.csv; target, unit and from of roster.csv; ..), whatever
 * their order; cells that only look different (5,800 and 5800, 2024/7/1 and
 * 2024-07-01, a blank and its default) are the same. Both must have loaded.
 */
#ifndef TALLY_PROTO_CATALOGUE_CHANGES_H
#define TALLY_PROTO_CATALOGUE_CHANGES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "proto/catalogue/catalogue.h"

struct catalogue_side {
	const struct catalogue_file *files;
	size_t file_count;
	const struct catalogue *catalogue; /* what they loaded as */
};

enum change_kind { CHANGE_ADDED, CHANGE_REMOVED, CHANGE_CELL };

struct change_cell {
	const char *column, *text; /* never blank */
};

/* A row that came or went, or a cell that is another. */
struct catalogue_change {
	enum change_kind kind;
	const char *file;
	uint32_t row;		   /* in the new file; 0: it is gone */
	const char *target;	   /* id; empty: of no single target */
	struct change_cell *names; /* what names the row */
	size_t name_count;
	struct change_cell *cells; /* the rest of a row that came or went */
	size_t cell_count;
	const char *column, *before, *after; /* of a cell; may be blank */
	/* A goal that came, and the one that it takes over from on its day;
	 * empty: none, or another row. */
	const char *goal, *goal_before;
};

/* Targets by what became of them; rows of other files, a changed one once. */
struct change_counts {
	size_t targets_added, targets_removed, targets_changed;
	size_t units, roster, goals, other;
};

/*
 * In this order: settings, units and their codes; then target by target (as
 * in the new targets.csv, those that are gone last) its own row, roster, goals,
 * plans, items, fields, filters; then ladders, references, calendar.
 */
struct catalogue_changes {
	struct arena arena;
	struct catalogue_change *list;
	size_t count;
	struct change_counts counts;
};

/* ERR_NOMEM. To be released in any case. */
int catalogue_changes(const struct catalogue_side *before,
		      const struct catalogue_side *after,
		      struct catalogue_changes *out, struct err *err);
void catalogue_changes_release(struct catalogue_changes *changes);

#endif
