/*
 * What became of statements that somebody waits for: told to people, each one
 * that was refused with its reason, and to programs as an object a line.
 */
#ifndef TALLY_AGENT_OUTCOME_H
#define TALLY_AGENT_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/office.h"

struct outcome {
	const uint64_t *numbers; /* in the outbox, ascending */
	size_t count;
	/* Of an import: the row of each, and the file; else NULL. */
	const uint32_t *rows;
	const char *file;
	/* A single one, whose receipt goes to stdout. */
	bool single;
	/* On stdout what "status --json" has of each, delivered or not. */
	bool json;
};

/* Waits for them, then tells. Gives the exit code: 3 if one was refused, 1, 4
 * or 5 if not all could be delivered. */
int outcome_wait(struct office *office, uint64_t timeout_ms,
		 const struct outcome *outcome);

/* The same of everything that waits here now. What others save meanwhile is
 * waited for as well, and theirs to ask about; so are records that come back
 * from the collector. */
int outcome_sync(struct office *office, uint64_t timeout_ms, bool json);

/* Of those from first to last. */
int outcome_range(struct office *office, uint64_t timeout_ms, uint64_t first,
		  uint64_t last, bool json);

/* Of a report that was refused because the figure had moved on: what it is
 * now, as far as it is known here. */
void outcome_moved_on(FILE *out, struct office *office,
		      const struct outbox_item *item,
		      const struct statement *statement);

#endif
