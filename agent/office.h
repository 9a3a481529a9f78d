/*
 * One agent directory as a command sees it: its outbox, keys, clock and what
 * it knows of its collector. docs/architecture.md has the layout; several
 * processes may have one directory open at once.
 */
#ifndef TALLY_AGENT_OFFICE_H
#define TALLY_AGENT_OFFICE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "agent/messages.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/rt/clock.h"
#include "base/rt/options.h"
#include "proto/card.h"
#include "proto/endpoint.h"
#include "proto/succession.h"
#include "store/keyfile.h"
#include "store/outbox.h"

#define OFFICE_DIR_DEFAULT "/var/lib/tally/agent"
#define OFFICE_ZONE_MINUTES                              \
	480 /* where the founding statement is not known \
	     */
#define OFFICE_ARENA_BYTES ((size_t)256 * 1024 * 1024)

/* agent.ini */
struct office_settings {
	char endpoint[1024]; /* by commas; "": the card's */
	char language[16];   /* "": the locale's */
	char log_level[16];
	uint64_t keep_bytes; /* of batches that are delivered and proved */
	uint64_t witnesses;  /* a checkpoint that fewer signed is none */
};

/* agent/rotation.h */
enum rotation {
	ROTATION_NONE,
	ROTATION_MADE,	 /* there is a new key */
	ROTATION_SEALED, /* its first batch is sealed, maybe taken */
};

struct office {
	char dir[PATH_MAX];
	enum language language;
	struct office_settings settings;
	struct clock clock;
	struct outbox *outbox;
	struct arena arena; /* for the command's whole life */
	struct keys keys;
	bool has_keys;
	enum rotation rotation;
	struct keys next_keys; /* while it rotates */
	/* what founding or enrolment wrote; has_card: either has begun */
	bool has_card;
	struct card card;
	struct key_chain collector; /* agent/follow.h */
	uint8_t curve_key[CURVE_KEY_BYTES];
	struct hash journal;
	int zone_minutes;
	/* the code of an enrolment that is not finished */
	bool enrolling;
	struct code code;
	const char *endpoint_option; /* --endpoint, or NULL */
};

enum office_need {
	OFFICE_NEW,	 /* makes the directory where it is missing */
	OFFICE_EXISTING, /* founded, enrolled, or enrolling */
	OFFICE_LOOKING,	 /* such a one, of which nothing is said: no clock */
};

/*
 * Opens by --dir, --clock, --lang, --endpoint. Prints what is wrong; 0 or an
 * exit code. office_close is needed in either case.
 */
int office_open(struct office *office, const struct options *options,
		enum office_need need);
void office_close(struct office *office);

/* A simulated journal needs its clock, one on the wall clock refuses one, as
 * far as it is known which this is: says so, and gives an exit code or 0. */
int office_check_clock(struct office *office);

/* Says what failed, gives the exit code for it. */
int office_fail(const struct err *err);

/* Writes what founding or a code tells of the collector and the journal. */
int office_adopt(struct office *office, const struct card *card,
		 const struct hash *journal, struct err *err);
int office_set_text(struct office *office, const char *name, const char *text,
		    struct err *err);
/* NUL-terminated in the arena; "" if it was never set. */
const char *office_get_text(struct office *office, const char *name);

/* Until when the collector takes the office's key, as last heard; 0: for ever,
 * or not heard. office_key_word says so to people: only in its last
 * OFFICE_KEY_WARN_DAYS and afterwards, or always. */
#define OFFICE_KEY_WARN_DAYS 30
#define OFFICE_UNTIL "until"
uint64_t office_key_until(struct office *office);
void office_key_word(struct office *office, FILE *out, bool always);

/* Keeps the code until the enrolment is delivered, then forgets it. */
int office_keep_code(struct office *office, const char *text, struct err *err);
int office_drop_code(struct office *office, struct err *err);

/* The i-th address to try, wrapping around; gives how many there are. */
unsigned office_endpoint(const struct office *office, unsigned i,
			 char out[ENDPOINT_BYTES_MAX + 1]);

/*
 * Whoever makes statements from what the outbox holds takes this lock around
 * reading and saving, so that two processes chain to each other instead of
 * both to the same version.
 */
int office_lock_saving(struct office *office, int *fd, struct err *err);
void office_unlock_saving(int fd);

#endif
