/*
 * The list of what waits for a review, as a CSV file for Excel or WPS, and the
 * same file filled in and given back. Each row names the version that was
 * listed: a figure that has moved on since is not judged unseen.
 */
#ifndef TALLY_AGENT_REVIEW_SHEET_H
#define TALLY_AGENT_REVIEW_SHEET_H

#include <stdint.h>

#include "agent/reviews.h"
#include "base/rt/options.h"
#include "base/strbuf.h"

/* All that waits, with a byte order mark; a row of headings in the language
 * stands under the columns' names. */
void review_sheet_write(struct strbuf *out, const struct reviews *reviews,
			enum language language, int zone_minutes);

/* Saves the reviews of a file, all or none; gives an exit code. */
int review_sheet_give(const struct options *options, struct office *office,
		      const char *file, uint64_t timeout_ms);

#endif
