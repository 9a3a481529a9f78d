/*
 * Every statement of a journal in order, each with its verdict, who said it
 * and what it did to a figure, once the journal was replayed. A text that was
 * redacted is hidden also where the files still have it.
 */
#ifndef TALLY_AUDIT_WALK_H
#define TALLY_AUDIT_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/replay.h"
#include "store/say.h"
#include "base/err.h"
#include "proto/wire.h"
#include "store/figures.h"

/* All of it lives for the visit alone. */
struct walked {
	struct say_receipt receipt;
	struct statement said; /* all zero: the body is none */
	bool has_change;       /* it changed a figure: */
	struct figure_change change;
};

struct walk {
	struct replay *replay; /* done */
	/* It ended before the journal does: what redacted a text may stand
	 * behind it, so that nobody is blamed for a blotted one. */
	bool part;
	/* Each entry, before its statements; may be NULL. */
	int (*entry)(void *arg, const struct journal_entry *entry,
		     struct err *err);
	/* Other than 0 ends the walk. */
	int (*statement)(void *arg, const struct walked *walked,
			 struct err *err);
	void *arg;
};

/* The entries from on, as far as the replay went. ERR_CORRUPT also: a text is
 * blotted out that nobody redacted (unless part). */
int walk_run(const struct walk *walk, const char *dir, uint64_t from,
	     struct err *err);

/* The unit that is spoken of, by its id; of what is about no figure, the
 * office's own. */
struct span walked_unit(const struct walked *walked);

/* Statements of one target, unit or period; NULL, false: of any. */
struct walk_filter {
	const char *target, *unit;
	bool has_period;
	struct period period;
};

/* ERR_NOTFOUND: no catalogue of the journal that was replayed has had such a
 * target or unit, and no key speaks for it: a slip, where nothing would be
 * found. The replay keeps its tables. */
int walk_filter_check(const struct walk_filter *filter,
		      const struct replay *replay, struct err *err);

bool walk_filter_takes(const struct walk_filter *filter,
		       const struct walked *walked);

#endif
