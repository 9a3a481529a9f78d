/*
 * Quarantine: a message that crashes the collector must not crash it for
 * ever. Before a message is looked at its fingerprint goes into a mapped
 * file; if the process then dies of itself (a fault, an abort, but not a
 * SIGKILL from outside) the file says so, and who has crashed it
 * QUARANTINE_CRASHES_MAX times is set aside unparsed.
 */
#ifndef TALLY_COLLECTOR_QUARANTINE_H
#define TALLY_COLLECTOR_QUARANTINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

#define QUARANTINE_CRASHES_MAX 3
#define QUARANTINE_SUSPECTS_MAX 32
#define QUARANTINE_SAMPLE_BYTES 1024 /* of each end of a message */

struct quarantine;

/*
 * Opens dir/suspects, counts the crash that it tells of, if any, and has
 * faults noted from now on. One for each process. A file that is not ours is
 * begun anew.
 */
int quarantine_open(const char *dir, struct quarantine **out, struct err *err);
/* A fault after this is nobody's. */
void quarantine_close(struct quarantine *quarantine);

/* Is about to look at a message. false: do not, it is set aside; a copy is
 * kept as dir/set-aside-<fingerprint>. */
bool quarantine_enter(struct quarantine *quarantine, struct span msg);
/* Has looked at it. */
void quarantine_leave(struct quarantine *quarantine);

/* Messages that are set aside. */
unsigned quarantine_count(const struct quarantine *quarantine);

#endif
