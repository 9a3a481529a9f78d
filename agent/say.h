/*
 * Saving one statement about one cell from the command line, and telling what
 * is wrong with it.
 */
#ifndef TALLY_AGENT_SAY_H
#define TALLY_AGENT_SAY_H

#include <stdint.h>

#include "agent/desk.h"
#include "base/rt/options.h"
#include "base/span.h"

/* An option's value, empty if it was not given. */
struct span say_option(const struct options *options, const char *name);

/*
 * What the arguments from a place on say: a value, or FIELD=VALUE for each
 * field (word: what the command calls it, "VALUE"). Cells in the arena; gives
 * an exit code.
 */
int say_cells(const struct options *options, size_t from, const char *word,
	      struct arena *arena, struct report *report);

/*
 * Saves the entry, with what the collector will probably say of it; gives an
 * exit code. A review that helps nobody is not saved (3), nor
 * an adjustment that would be refused.
 */
int say_save(struct desk *desk, struct entry *entry, uint64_t *number);

#endif
