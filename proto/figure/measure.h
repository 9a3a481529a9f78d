/*
 * The evaluation: what a target's figure is, its goal, plan, gap and light at
 * a cut-off, as known by a moment. Pure and exact; docs/figures.md sections
 * 6 to 8 are implemented here and in measure_*.c, one rule in one place.
 *
 * One evaluation object serves many targets of one catalogue at one pair of
 * days; it caches what targets refer to.
 */
#ifndef TALLY_PROTO_MEASURE_H
#define TALLY_PROTO_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "proto/catalogue/catalogue.h"
#include "proto/figure/cell.h"

enum light { LIGHT_GREY, LIGHT_RED, LIGHT_YELLOW, LIGHT_GREEN, LIGHT_DONE };
enum pace { PACE_NONE, PACE_BEHIND, PACE_ON, PACE_AHEAD };

/* Why, as in docs/figures.md; WHY_NONE where the light needs no word. */
enum why {
	WHY_NONE,
	WHY_NOT_DUE,
	WHY_NO_GOAL,
	WHY_GOAL_PENDING,
	WHY_NO_QUOTA,
	WHY_VIOLATED,
	WHY_NO_REPORT,
	WHY_NOT_APPLICABLE,
	WHY_REFERENCE_MISSING,
	WHY_COVERAGE,
	WHY_IN_REVIEW,
	WHY_ANNUAL_ONLY,
	WHY_STRETCH,
	WHY_MISSED,
	WHY_OVERDUE,
	WHY_NO_REVIEW,
	WHY_OVERFLOW,
};

/* One adjustment of a figure, by its place in the journal. */
struct adjusting {
	uint32_t unit; /* whose report it is beside */
	struct period period;
	const char *field, *amount; /* amount: "-20" */
	const char *name;
	uint64_t entry;
	uint32_t n;
	uint64_t recv_us;
};

/* The same figure with the centre's adjustments: beside what the offices
 * reported, never instead of it. */
struct adjusted {
	const char *value, *plan, *gap, *rate, *used, *left;
	int met;
	enum light light;
	enum why why;
	const struct adjusting *list; /* by unit id, then period */
	size_t count;
};

/* Texts are display values, rounded half away from zero; empty is none. */
struct figure {
	uint32_t target;
	uint32_t unit; /* CATALOGUE_NONE: the target as a whole */
	bool has_period;
	struct period period; /* P */
	const char *value, *goal, *plan, *gap, *rate;
	const char *used, *left, *items, *allocated, *as_reported;
	const char *last; /* unit rows: period of the last report */
	int slip;	  /* months; -1: does not apply */
	int stretch;	  /* -1: none beside a floor, else met */
	int met;	  /* -1: cannot be said */
	enum pace pace;
	enum light light;
	enum why why;
	uint32_t reported, due;
	bool stale;			 /* unit rows: the figure is carried */
	uint32_t rank;			 /* unit rows; 0: unranked */
	uint32_t shared, disputed;	 /* registers: items that several units
					    claim, and differ about */
	const struct adjusted *adjusted; /* NULL: no adjustment counts */
};

/* Shares are empty where nothing is accountable, or there are no tasks. */
struct light_counts {
	uint32_t tasks, accountable, good, done, green, yellow, red, grey,
		silent, waiting, green_behind;
	const char *good_share, *done_share;
};

/* The same counts for all tasks, and apart by what they are. */
struct overall {
	struct light_counts all, measured, milestone, narrative;
	const char *time; /* share of the settings' window; empty: none */
};

/* A unit among units: its own rows of all targets that are judged. */
struct standing {
	uint32_t unit;
	uint32_t rows, accountable, good, done;
	const char *good_share;
	uint32_t rank; /* 0: nothing it is accountable for */
};

/* An item of a register as the target's figure sees it. */
struct register_item {
	const char *id;	     /* empty: the unit is the item */
	const char *name_zh; /* of listed items, else empty */
	bool listed;
	uint32_t governs; /* unit whose record counts; NONE: nothing said */
	uint32_t credited;
	uint32_t claims;     /* units that claim it */
	bool disputed;	     /* claims differ */
	bool counts;	     /* passes filters, or has reached the goal */
	uint32_t step;	     /* stage or grade by order; 0: nothing said */
	const char *planned; /* milestone: day planned for the goal's stage */
	int slip;	     /* milestone: months; -1: not overdue */
};

struct evaluation;

struct evaluation_input {
	const struct catalogue *catalogue;
	struct cell_source source;
	int32_t cutoff;	      /* day */
	uint64_t known_by_us; /* UINT64_MAX: everything */
	int zone_minutes;
};

struct evaluation *evaluation_new(const struct evaluation_input *input,
				  struct err *err);
void evaluation_free(struct evaluation *evaluation);
const struct evaluation_input *
evaluation_input_of(const struct evaluation *evaluation);

/* The target's figure. Owned by the evaluation. */
int evaluation_target(struct evaluation *evaluation, uint32_t target,
		      const struct figure **out, struct err *err);

/* The figures of the target's units, by unit id. */
int evaluation_units(struct evaluation *evaluation, uint32_t target,
		     const struct figure **out, size_t *count, struct err *err);

/* Takes figures that another evaluation has made of the same ground: as if they
 * had been judged here. They outlive this one. units: never NULL. */
void evaluation_adopt(struct evaluation *evaluation, uint32_t target,
		      const struct figure *whole, const struct figure *units,
		      size_t unit_count);

/* The items of a register target, a milestone or a grade, by item id. Owned by
 * the evaluation until it looks at another target; none for other kinds. */
int evaluation_items(struct evaluation *evaluation, uint32_t target,
		     const struct register_item **out, size_t *count,
		     struct err *err);

/* Tasks are what the first screen counts, see docs/figures.md, "Screens". */
bool evaluation_is_task(const struct catalogue *catalogue, uint32_t target);
int evaluation_overall(struct evaluation *evaluation, struct overall *out,
		       struct err *err);

/* Share of the settings' window that has passed, in percent; empty: none. NULL:
 * no memory. Owned by the evaluation. */
const char *evaluation_time(struct evaluation *evaluation);

/* Every unit that has rows, by unit id. Owned by the evaluation. */
int evaluation_standings(struct evaluation *evaluation,
			 const struct standing **out, size_t *count,
			 struct err *err);

/*
 * The days of the kept verdict of a period: it is what an evaluation says at
 * *cutoff, the first day at which the period is the last closed one, of what
 * was received by the end of *known_by, the day it closes.
 */
void evaluation_kept(const struct catalogue *catalogue, uint32_t target,
		     struct period period, int32_t *cutoff, int32_t *known_by);

const char *light_name(enum light light);
const char *why_name(enum why why); /* "" for WHY_NONE */
const char *pace_name(enum pace pace);

/*
 * The lines of `figures --json`: tasks in the order of targets.csv; with all,
 * also parts, targets without goal, unit rows and the overall line. Appends
 * to out.
 */
int evaluation_json(struct evaluation *evaluation, bool all, struct strbuf *out,
		    struct err *err);
/* One of these lines, without its end. */
int figure_json(const struct catalogue *catalogue, const struct figure *figure,
		int32_t cutoff, struct strbuf *out, struct err *err);

#endif
