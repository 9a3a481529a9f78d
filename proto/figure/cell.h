/*
 * What was said in one cell (target, unit, item, period): its versions and
 * their reviews, as every source of figures (LMDB, a replay, CSV files) gives
 * them to the evaluation.
 */
#ifndef TALLY_PROTO_CELL_H
#define TALLY_PROTO_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "proto/catalogue/catalogue.h"

enum value_kind {
	VALUE_NUMBER = 1, /* number / 10^places */
	VALUE_DAY = 2,	  /* number: day */
	VALUE_TEXT = 3,	  /* text; steps too, ladders may be revised */
	VALUE_NA = 4,
};

struct value {
	struct span field; /* id, never empty here */
	enum value_kind kind;
	uint8_t places;
	int64_t number;
	struct span text;
};

enum version_flag {
	VERSION_LATE = 1,	 /* received after the due day */
	VERSION_NA = 2,		 /* not applicable as a whole */
	VERSION_WITHDRAWN = 4,	 /* registers: the item is withdrawn */
	VERSION_NOTHING_NEW = 8, /* registers: item "none" */
	VERSION_CORRECTION = 16, /* replaces an earlier version */
	VERSION_REVIEW = 32,	 /* of a change: a review, not a version */
	VERSION_ADJUST = 64,	 /* of a change: an adjustment of a version */
	VERSION_MARKS = VERSION_REVIEW | VERSION_ADJUST,
	VERSION_SUSPECT = 128, /* its key was revoked from before it on: a mark
				* of who reads, in no row's bytes */
};

struct version {
	uint64_t entry;	  /* journal index, or row of a file */
	uint32_t n;	  /* statement in the batch */
	uint64_t recv_us; /* 0: in time whatever is asked (files only) */
	uint32_t flags;
	struct value *values; /* narrative: none, the text is not hashed in */
	size_t value_count;
};

struct review_mark {
	size_t version; /* index into versions */
	uint64_t entry;
	uint32_t n;
	uint64_t recv_us;
	struct span status; /* approved returned done green yellow red */
	bool suspect;	    /* as VERSION_SUSPECT */
};

/* Beside a version; the newest one of a version counts. */
struct adjustment {
	size_t version; /* index into versions */
	uint64_t entry;
	uint32_t n;
	uint64_t recv_us;
	struct span name;
	struct value *values; /* amounts to add; none: withdrawn */
	size_t value_count;
	bool suspect; /* as VERSION_SUSPECT */
};

struct cell {
	uint32_t unit; /* index in the catalogue asked with */
	struct period period;
	struct span item;	  /* empty: none */
	struct version *versions; /* in journal order */
	size_t version_count;
	struct review_mark *reviews; /* in journal order */
	size_t review_count;
	struct adjustment *adjustments; /* in journal order */
	size_t adjustment_count;
};

struct cell_list {
	struct cell *cells; /* in any order */
	size_t count;
};

/* Where cells come from. all: every cell of a target, whatever its time. */
struct cell_source {
	int (*all)(void *ctx, const struct catalogue *catalogue,
		   uint32_t target, struct arena *arena, struct cell_list *out,
		   struct err *err);
	void *ctx;
};

#endif
