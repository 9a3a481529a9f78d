/*
 * A view: a subject seen as a whole, or a single unit of it; both are judged by
 * the same rules. It gathers what they come to, from the amount to the gap.
 * Who is due and has reported: section 6.1 of docs/figures.md.
 */
#ifndef TALLY_PROTO_MEASURE_VIEW_H
#define TALLY_PROTO_MEASURE_VIEW_H

#include "proto/figure/measure_subject.h"

/* A figure before it is judged. */
struct amount {
	const struct rational *value; /* NULL: none */
	uint32_t step; /* value is this order on the ladder; 0: it is not */
	bool overflow;
	uint32_t done, items; /* milestone */
};

/* A goal in force, resolved. */
struct aim {
	enum compare compare;
	bool stretch;
	bool missing;				      /* its reference */
	uint32_t step;				      /* order; 0: a number */
	const struct rational *value, *lower, *upper; /* edges of the band */
	const struct rational *attain;		      /* A */
	const char *text;			      /* ">=5800" */
};

struct aims {
	struct aim *list; /* floors, else stretches, then stretches beside */
	size_t count;
	size_t deciding; /* of them the first ones are judged */
	bool pending;
	bool only_stretch;
	bool no_quota; /* unit: the target's goal says nothing of it */
};

/* What a register's items come to, of a unit or as a whole. */
struct tallied {
	uint32_t claimed; /* records of which something was said */
	uint32_t passing; /* of them, records that pass filters */
	__int128 sum;	  /* of sum_field, at MEASURE_PLACES */
	bool overflow;
	uint32_t lowest, highest; /* grades that pass; 0: none */
	uint32_t items, reached;  /* milestone */
	bool overdue;
	int slip;
	int32_t planned; /* latest planned day of the goal's stage */
	uint32_t shared, disputed;
};

/* Numbers are NULL where the table of 6.6 has none. */
struct gap {
	const struct rational *plan; /* X */
	const struct rational *points;
	const struct rational *rate, *used, *left;
	bool planned; /* judged by the plan, else directly */
};

struct view {
	struct subject *subject;
	struct track *tracks; /* whose parts count */
	size_t track_count;
	struct track *unit; /* NULL: the target as a whole */
	struct aims aims;
	uint32_t step;		  /* that a milestone must reach; 0: none */
	const struct aims *whole; /* unit: the target's aims */
	struct amount amount;
	struct tallied tallied; /* registers, at E */
	uint32_t due, reported;
	bool violated;
	struct gap gap; /* under the goal that is farthest from met */
};

/* Due and reported for a closed period. */
void view_coverage(const struct view *view, const struct closed *closed,
		   enum counting counting, uint32_t *due, uint32_t *reported);
/* Was there any report up to E that counts? */
bool view_ever(const struct view *view, enum counting counting);
bool view_waits(const struct view *view);

/* The target as a whole, or one unit of it; without aims. */
struct view view_of(struct subject *subject, struct track *unit);

/* The row with quota and base that covers a day, NULL if none. */
const struct roster_row *track_row(const struct track *track, int32_t day);
bool track_in_force(const struct subject *subject, const struct track *track,
		    int32_t day);
/* Does the row of this unit, or the target through it, wait for a report? */
bool track_due(const struct subject *subject, const struct track *track,
	       int32_t day);
/* Has it a report for a closed period that counts? */
bool track_reported(const struct track *track, const struct closed *closed,
		    enum counting counting);
/* Is it the only unit that could report? */
bool track_only(const struct subject *subject, const struct track *track);

#endif
