/*
 * The cells of a report: texts in, typed values out, with the checks that
 * need nothing but the target and what was written. Internal to admission.
 */
#ifndef TALLY_PROTO_ADMIT_CELLS_H
#define TALLY_PROTO_ADMIT_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "proto/catalogue/catalogue.h"
#include "proto/figure/cell.h"
#include "proto/verdict.h"
#include "proto/wire.h"

struct admit_cells {
	const struct catalogue *catalogue;
	const struct target *target;
	struct arena *arena;
	struct value *values;
	const struct field **fields; /* of each value */
	size_t count;
	bool all_na; /* every filled cell, or every cell the kind needs */
	const char *column;
};

/* Does a report add to an item's record? */
bool admit_is_register(const struct target *target);

/* Types the filled cells of report: field-unknown to step-unknown. */
enum verdict admit_cells_read(struct admit_cells *cells,
			      const struct report *report);

/* A date after the period's end. */
enum verdict admit_cells_dates(struct admit_cells *cells, int32_t end);

/* first: of this item; has_text: the report carries the Text "text". */
enum verdict admit_cells_missing(struct admit_cells *cells, bool first,
				 bool has_text);

/* Negative, above the whole, inconsistent, in this order. */
enum verdict admit_cells_numbers(struct admit_cells *cells);

#endif
