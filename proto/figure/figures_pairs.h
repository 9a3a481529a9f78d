/*
 * Two evaluations side by side, row by row: what was said of a target or unit
 * by the one and by the other, and in what that differs.
 */
#ifndef TALLY_PROTO_FIGURES_PAIRS_H
#define TALLY_PROTO_FIGURES_PAIRS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "proto/figure/measure.h"

/* A row of both: either figure may be missing, not both. */
struct figures_pair {
	const char *target, *unit; /* unit NULL: the target as a whole */
	const char *name_zh, *name_en;
	const struct figure *before, *after;
	const struct target *old, *new; /* of each side, or NULL */
};

enum figures_shown {
	SHOWN_VALUE,
	SHOWN_GOAL,
	SHOWN_PLAN,
	SHOWN_LIGHT,
	SHOWN_ADJUSTED,
	SHOWN_REPORTED,
	SHOWN_COUNT
};

/* "value", "goal", .. */
const char *figures_shown_name(enum figures_shown shown);

/* Of a pair that has both. */
bool figures_pair_differs(const struct figures_pair *pair,
			  enum figures_shown shown);

/* Opens a line for programs: "target", "unit", "change", the names of what
 * differs up to last, "before", "after"; the caller ends it. */
void figures_pair_json(const struct figures_pair *pair, enum figures_shown last,
		       struct strbuf *out);

/* Tasks of either catalogue; with all every target, and behind each its units.
 * A visit's return other than 0 ends it and is returned. */
int figures_pairs(struct evaluation *before, struct evaluation *after, bool all,
		  int (*visit)(void *arg, const struct figures_pair *pair,
			       struct err *err),
		  void *arg, struct err *err);

#endif
