/*
 * Every statement of a journal in order, each with its verdict, who said it
 * and what it did to a figure, while a replay goes on.
 */
#ifndef TALLY_AUDIT_WALK_H
#define TALLY_AUDIT_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/replay.h"
#include "base/arena.h"
#include "base/err.h"
#include "proto/wire.h"
#include "store/figures.h"

/* All of it lives for the visit alone. */
struct walked {
	const struct journal_entry *entry;
	const struct batch *batch;
	uint32_t n;
	uint16_t verdict;
	struct statement said; /* all zero: the body is none */
	struct span office; /* the unit that its office sits in; may be empty */
	bool has_change;    /* it changed a figure: */
	struct figure_change change;
};

struct walk {
	struct replay *replay;
	/* Each entry, before its statements; may be NULL. */
	int (*entry)(void *arg, const struct journal_entry *entry,
		     struct err *err);
	/* Other than 0 ends the replay. */
	int (*visit)(void *arg, const struct walked *walked, struct err *err);
	void *arg;
	/* on the way */
	struct arena arena;
};

/* Makes a replay tell of statements; replay, visit and arg are set. */
void walk_init(struct walk *walk);
void walk_release(struct walk *walk);

/* The unit that is spoken of, by its id; of what is about no figure, the
 * office's own. */
struct span walked_unit(const struct walked *walked);

/* Statements of one target, unit or period; NULL, false: of any. */
struct walk_filter {
	const char *target, *unit;
	bool has_period;
	struct period period;
};

bool walk_filter_takes(const struct walk_filter *filter,
		       const struct walked *walked);

#endif
