/*
 * A reviewer's word: what may be written for it, in either language, and what
 * the journal calls it (approved, returned, done, green, yellow, red).
 */
#ifndef TALLY_AGENT_REVIEW_WORD_H
#define TALLY_AGENT_REVIEW_WORD_H

#include <stdbool.h>

#include "agent/messages.h"
#include "base/span.h"

/* What the journal calls it: "approve", "Approved", "通过" are "approved".
 * NULL: no reviewer's word. */
const char *review_word_status(struct span word);
/* As people read it; another status is given back as it is. */
struct span review_word_text(enum language language, struct span status);

bool review_word_returns(struct span status);
/* The light of a narrative: done, green, yellow, red. */
bool review_word_lights(struct span status);

#endif
