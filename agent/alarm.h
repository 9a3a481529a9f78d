/*
 * The alarm: what a collector has shown this office and could not prove. It is
 * kept until a person clears it, and every command says so before anything
 * else. The notes that contradict each other lie beside it as files, for an
 * auditor: alarm-seen.note and alarm-shown.note.
 */
#ifndef TALLY_AGENT_ALARM_H
#define TALLY_AGENT_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "store/outbox.h"

enum alarm_why {
	ALARM_NONE,
	ALARM_SIGNATURE,  /* not signed by the collector's key */
	ALARM_JOURNAL,	  /* of another journal */
	ALARM_SHORTER,	  /* shorter than what was verified */
	ALARM_OTHER_PAST, /* not the journal that was verified */
	ALARM_MISSING,	  /* an own batch is not in it */
	ALARM_SUCCESSOR,  /* its key went over to one that may not follow */
	ALARM_COUNT
};

struct alarm {
	enum alarm_why why;
	uint64_t raised_us;
	uint64_t seen_size, shown_size;
	uint64_t index; /* ALARM_MISSING: the entry */
};

/* Keeps the first one: what follows it is its consequence. seen may be empty.
 */
int alarm_raise(struct outbox *outbox, const char *dir,
		const struct alarm *alarm, struct span seen, struct span shown,
		struct err *err);
/* False: there is none. */
bool alarm_read(struct outbox *outbox, struct alarm *out);
/* The notes stay. */
int alarm_clear(struct outbox *outbox, struct err *err);

/* ---- breaks that the collector declared and this office accepted ---- */

/* Keeps the note for people: it is said by alarm and status, and lies beside
 * the outbox as reopened-<entry>.note. */
int alarm_keep_break(struct outbox *outbox, const char *dir, uint64_t entry,
		     struct span note, struct err *err);
/* The newest one, in the arena. False: there is none. */
bool alarm_read_break(struct outbox *outbox, struct arena *arena,
		      struct span *note);

#endif
