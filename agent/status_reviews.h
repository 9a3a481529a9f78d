/* What status shows of reviews: what waits for this office's own, and what
 * became of its reports. */
#ifndef TALLY_AGENT_STATUS_REVIEWS_H
#define TALLY_AGENT_STATUS_REVIEWS_H

#include <stdbool.h>

#include "agent/reviews.h"

/* One place, for people, if there is anything; all: what would be too long,
 * too. */
void status_reviews_print(const struct reviews *reviews,
			  const struct desk *desk, enum review_place place,
			  bool all);
/* An object a line. */
void status_reviews_json(const struct reviews *reviews,
			 const struct desk *desk);
/* The counts, as a member of another object. */
void status_reviews_counts(const struct reviews *reviews);

#endif
