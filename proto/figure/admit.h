/*
 * Admission of reports, reviews and adjustments: the pure decision whether a
 * statement takes effect, and the typed cells if so. The order of checks is
 * normative, see docs/figures.md, "Reports". Signers, bases and batches are
 * the fold's.
 */
#ifndef TALLY_PROTO_ADMIT_H
#define TALLY_PROTO_ADMIT_H

#include "proto/catalogue/catalogue.h"
#include "proto/figure/cell.h"
#include "proto/verdict.h"
#include "proto/wire.h"

/* What is known of a cell before the statement. */
struct cell_state {
	bool has_head;
	bool head_returned; /* by its newest review */
	uint64_t returned_us;
	bool head_counts_as_report; /* there was a report before the close */
};

/* Answers from the caller's rows. Both must be pure. */
struct admit_lookup {
	struct cell_state (*cell)(void *ctx, uint32_t target, uint32_t unit,
				  struct period period, struct span item);
	/* Has the unit said anything of this item in any period? Asked for
	 * registers only. */
	bool (*item_seen)(void *ctx, uint32_t target, uint32_t unit,
			  struct span item);
	void *ctx;
};

struct admit_when {
	uint64_t recv_us; /* 0: in time, files only */
	int zone_minutes;
};

struct admitted {
	uint32_t target, unit;
	struct period period;
	struct span item; /* empty: none */
	uint32_t flags;	  /* enum version_flag */
	struct value *values;
	size_t value_count;
	struct span status; /* reviews; of an adjustment its name */
};

/*
 * The verdict for a report; *out only if VERDICT_ADMITTED. has_reason,
 * has_text: the statement carries such a Text. values and texts live in the
 * arena, in report or in catalogue. *column (may be NULL) names the cell's
 * field or fixed column that was wrong, for messages; empty: the row as such.
 */
enum verdict admit_report(const struct catalogue *catalogue,
			  const struct report *report, bool has_reason,
			  bool has_text, struct admit_when when,
			  const struct admit_lookup *lookup,
			  struct arena *arena, struct admitted *out,
			  const char **column);

enum verdict admit_review(const struct catalogue *catalogue,
			  const struct report *review, struct admit_when when,
			  const struct admit_lookup *lookup,
			  struct admitted *out);

/* An adjustment: cells are amounts to add, none withdraws; status is its name.
 * column as in admit_report. */
enum verdict admit_adjust(const struct catalogue *catalogue,
			  const struct report *adjust, bool has_reason,
			  struct admit_when when,
			  const struct admit_lookup *lookup,
			  struct arena *arena, struct admitted *out,
			  const char **column);

#endif
