/*
 * Statements whose time is not what it should be: late ones, by the
 * collector's stamp and the days of the catalogue in force then; backdated
 * ones, whose office's clock says a time before something that they follow;
 * and those of a clock that is wrong. An office's clock decides nothing: it is
 * only looked at here.
 */
#ifndef TALLY_AUDIT_LATE_H
#define TALLY_AUDIT_LATE_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/walk.h"
#include "base/intern.h"
#include "proto/day.h"
#include "proto/merkle.h"

enum late_why {
	LATE_DUE = 1,	 /* admitted, received after the day it was due */
	LATE_CLOSED = 2, /* refused, received after the day it closed */
	/* Late, but by the office's clock sealed in time. */
	LATE_DATED_IN_TIME = 4,
	/* Sealed before the last entry was received of the journal that it
	 * says it has seen. */
	LATE_BEFORE_SEEN = 8,
	/* Sealed before the batch that it follows in its key's chain. */
	LATE_BEFORE_LAST = 16,
	LATE_AHEAD = 32,  /* sealed after it was received */
	LATE_BEHIND = 64, /* sealed long before it was received */
	LATE_BACKDATED = LATE_DATED_IN_TIME | LATE_BEFORE_SEEN |
			 LATE_BEFORE_LAST,
	LATE_SKEWED = LATE_AHEAD | LATE_BEHIND,
};
#define LATE_WHY_COUNT 7

struct late_found {
	const struct walked *walked;
	unsigned why;		   /* enum late_why, at least one */
	int32_t day;		   /* on which it was due, or closed */
	uint32_t days;		   /* received so many days after it */
	uint64_t seen_us, last_us; /* that it was sealed before, and should not
				      have been */
	/* by how much */
	uint64_t before_seen_us, before_last_us, ahead_us, behind_us;
};

/* What was found of one key. */
struct late_office {
	struct hash key;
	char *unit;	     /* that it sits in */
	uint64_t statements; /* all that it said and that was asked for */
	uint64_t late, closed, backdated, skewed;
	uint32_t most_days;
	uint64_t most_ahead_us, most_behind_us;
	/* on the way */
	uint64_t sequence, sent_us, last_us;
};

/* The journal's root at a size at which another one was lost. */
struct late_root {
	uint64_t size;
	struct hash root;
};

/* A part that was signed and is lost: sizes above kept, up to lost. */
struct late_break {
	uint64_t kept, lost;
};

struct lateness {
	struct walk_filter filter;
	uint64_t tolerance_us; /* of what clocks may differ by */
	/* Told in the journal's order. */
	int (*visit)(void *arg, const struct late_found *found,
		     struct err *err);
	void *arg;
	/* every key that spoke, in order of its first batch */
	struct late_office *offices;
	size_t office_count, office_size;
	/* on the way */
	const struct replay *replay;
	struct catalogue_past past;
	struct intern keys;
	uint64_t *received; /* by entry, when */
	size_t received_size;
	struct late_root *roots; /* by size */
	size_t root_count, root_size;
	struct late_break *breaks;
	size_t break_count, break_size;
	struct frontier frontier;
};

/* filter, tolerance, visit and arg are set, the rest is zero. ERR_NOTFOUND: the
 * filter has a slip, see walk_filter_check. ERR_CORRUPT and others as
 * replay_run. */
int lateness_find(struct lateness *lateness, struct replay *replay,
		  const char *dir, struct err *err);
void lateness_release(struct lateness *lateness);

#endif
