/*
 * A bar on long work, for a person who waits: on stderr, on a terminal only,
 * and gone when the work is done.
 */
#ifndef TALLY_AUDIT_PROGRESS_H
#define TALLY_AUDIT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/journal.h"

struct progress {
	uint64_t total, done; /* bytes of the journal's files */
	uint64_t entries;
	/* on the way */
	bool shown;
	uint64_t drawn_ms;
};

/* Of reading the journal in dir once; what cannot be measured shows no share
 * of the whole. */
void progress_start(struct progress *progress, const char *dir);
/* One entry more was read. Cheap: it seldom looks at the clock. */
void progress_entry(struct progress *progress,
		    const struct journal_entry *entry);
/* Leaves the line as it was found: before anything else is said. */
void progress_end(struct progress *progress);

#endif
