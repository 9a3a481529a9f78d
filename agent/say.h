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
 * Saves the entry, with what the collector will probably say of it; gives an
 * exit code. A review that helps nobody is not saved (3), nor
 * an adjustment that would be refused.
 */
int say_save(struct desk *desk, struct entry *entry, uint64_t *number);

#endif
