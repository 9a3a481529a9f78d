/*
 * An office's key changes hands: from the key it has to one it has made.
 *
 * The new keys lie beside the old ones (DIR/rotation/keys) until the collector
 * has taken the new key's first batch, in which the old key signs for it. What
 * was sealed before goes out under the old key first, and nothing follows it
 * before a checkpoint covers it: if the collector loses it until then, only the
 * old key can say it again. What waits goes out under the new one. Each step is
 * durable before the next; after a crash at any moment the directory goes on
 * where it was.
 */
#ifndef TALLY_AGENT_ROTATION_H
#define TALLY_AGENT_ROTATION_H

#include "agent/office.h"

/* Reads where it stands into office->rotation and next_keys, and finishes what
 * a crash left to be done. The office's own keys are to be read after it. */
int rotation_read(struct office *office, struct err *err);
/* Has another process begun one? Reads no more than that. */
bool rotation_begun(const struct office *office);
/* Makes the new keys; there already: goes on with those. */
int rotation_begin(struct office *office, struct err *err);
/* The new key's chain begins in the outbox. Needs the sender's lock, and that
 * all that was sealed is proved to be in the journal (ERR_ORDER). */
int rotation_seal(struct office *office, const struct seal_header *header,
		  struct err *err);
/* The collector has taken it: the new keys are the office's. */
int rotation_finish(struct office *office, struct err *err);

#endif
