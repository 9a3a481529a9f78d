/*
 * The running collector: one loop thread that drains the gate, gives batches
 * to the sequencer, has them made durable and folded, acknowledges, and hands
 * what the fold said to the flusher.
 */
#ifndef TALLY_COLLECTOR_COLLECTOR_H
#define TALLY_COLLECTOR_COLLECTOR_H

#include "base/err.h"
#include "collector/settings.h"

/* Descriptors beside one for each session. */
#define COLLECTOR_OWN_DESCRIPTORS 64
/* Of these, for what is opened while it runs: never for connections. */
#define COLLECTOR_SPARE_DESCRIPTORS 16

/*
 * Runs until SIGTERM or SIGINT, or until something makes it unsafe to go on.
 * clock: file of a simulated clock, or NULL. Returns the program's exit code
 * (base/rt/options.h); what went wrong is logged.
 */
int collector_run(const char *dir, const struct collector_settings *settings,
		  const char *clock);

#endif
