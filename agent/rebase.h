/*
 * A statement that replaces one which was refused would be refused as stale:
 * its base never became a version. Those that still wait get the base of the
 * refused one instead.
 */
#ifndef TALLY_AGENT_REBASE_H
#define TALLY_AGENT_REBASE_H

#include "agent/office.h"

/* Call it when statements were refused. */
int rebase_waiting(struct office *office, struct err *err);

#endif
