/*
 * A subject: one target with what was said about it, made ready to be judged:
 * its closed periods and E, and which version of each cell counts, by unit.
 * Sections 5 (reviews) and 6.1 of docs/figures.md.
 *
 * Nothing in measure_*.c can fail but for memory: results that take memory are
 * NULL then, numbers go through the pool, which remembers, and subject.failed
 * says that no figure may be used.
 */
#ifndef TALLY_PROTO_MEASURE_SUBJECT_H
#define TALLY_PROTO_MEASURE_SUBJECT_H

#include "proto/figure/measure.h"
#include "proto/figure/rational.h"

#define MEASURE_COMPONENTS_MAX 4
#define MEASURE_PLACES DECIMAL_PLACES_MAX /* of sums */

/* What all subjects of an evaluation stand on. */
struct basis {
	struct evaluation_input input;
	const struct catalogue *catalogue;
	struct arena arena; /* figures and their texts */
	struct rationals *numbers;
	uint32_t *ranks; /* place of each unit in the order of ids */
	uint32_t *by_rank;
};

/* Which versions count: what is, or as if all that waits were approved. */
enum counting { COUNT_NOW, COUNT_APPROVED_TOO, COUNT_WAYS };

enum review_status {
	REVIEW_NONE,
	REVIEW_APPROVED,
	REVIEW_RETURNED,
	REVIEW_DONE,
	REVIEW_GREEN,
	REVIEW_YELLOW,
	REVIEW_RED,
};

/* A cell of the window up to E in which a known version counts or waits. */
struct said {
	uint32_t unit;
	struct period period;
	int32_t end;
	struct span item;
	const struct cell *cell;
	const struct version *counts[COUNT_WAYS]; /* NULL: none does */
	/* of that version; NULL: none, or withdrawn */
	const struct adjustment *adjusts[COUNT_WAYS];
	bool waits;
};

/* A unit of the subject: on its roster, or it has said something. */
struct track {
	uint32_t unit;
	const struct roster_row *rows; /* that put it in force */
	size_t row_count;
	const struct roster_row *quota_rows; /* a reader's own roster */
	size_t quota_row_count;
	bool alone;	   /* no roster: this unit reports alone */
	struct said *said; /* by end of period, then item */
	size_t said_count;
};

/* A closed period of the target. */
struct closed {
	struct period period;
	int32_t end;
	int32_t said_end; /* registers read: end of the last one reported */
};

/* A field that the formula needs. */
struct component {
	const struct field *field;
	struct span id;
	enum field_role role;
	bool max_over_units;
};

struct tallies; /* measure_register.c */

struct subject {
	struct basis *basis;
	const struct catalogue *catalogue;
	struct rationals *numbers;
	uint32_t index;
	const struct target *target;
	const struct target *from; /* whose cells: the register read, or own */
	struct arena arena;
	struct closed *closed; /* the last is P */
	size_t closed_count;   /* 0: no P */
	int32_t first_end;     /* of the window's first period */
	int32_t today;	       /* E */
	bool final;
	bool source_alone; /* official, survey: only the source is due */
	struct said *said; /* by unit id, end of period, item */
	size_t said_count;
	struct track *tracks; /* by unit id */
	size_t track_count;
	uint32_t *track_of; /* by unit; CATALOGUE_NONE */
	struct component components[MEASURE_COMPONENTS_MAX];
	size_t component_count;
	const struct said **by_item;	 /* registers: by item, unit, period */
	const struct item **listed;	 /* items.csv by id */
	const struct plan_point **dates; /* planned days of stages, items */
	size_t date_count;
	uint32_t *stages; /* planned ones, ascending */
	size_t stage_count;
	struct tallies *tallies;
	bool adjusting; /* adjustments are added: else they count nowhere */
	bool failed;	/* out of memory somewhere: no figure may be used */
};

/* until: periods count as closed up to this day, whatever the cut-off;
 * DAY_NONE: the cut-off decides. */
int subject_new(struct basis *basis, uint32_t target, int32_t until,
		struct subject **out, struct err *err);
void subject_free(struct subject *subject);

/* As of which day goals are read: E, or while no period is closed, the
 * cut-off within the window. */
int32_t subject_goal_day(const struct subject *subject);
/* The kind by which figures are made: of a benchmark its measure. */
enum measure_kind subject_kind(const struct subject *subject);
bool subject_is_register(const struct subject *subject);
uint32_t subject_rank(const struct subject *subject, uint32_t unit);
/* P; only if closed_count is above 0. */
const struct closed *subject_now(const struct subject *subject);
/* Review of a version as known; REVIEW_NONE if none. */
enum review_status subject_review(const struct subject *subject,
				  const struct cell *cell, size_t version);
bool subject_knows(const struct subject *subject, uint64_t recv_us);
const struct value *version_value(const struct version *version,
				  struct span field);

/* Its adjustment of that field; NULL: none. */
const struct value *adjustment_value(const struct adjustment *adjustment,
				     struct span field);

/* Did everything get the memory it needed? ERR_NOMEM. */
int subject_check_memory(const struct subject *subject, struct err *err);
/* A number's text that lives as long as the evaluation; "" for NULL. */
const char *measure_text(struct subject *subject, const struct rational *number,
			 unsigned places);

#endif
