/*
 * Where statements about cells are made: the office's slice, what is known of
 * its cells, and the lock that keeps two processes from basing theirs on the
 * same version.
 */
#ifndef TALLY_AGENT_DESK_H
#define TALLY_AGENT_DESK_H

#include <stdbool.h>

#include "agent/cells.h"
#include "agent/entry.h"
#include "agent/office.h"
#include "agent/slice.h"

struct desk {
	struct office *office;
	int lock;
	struct slice_kept kept;
	struct catalogue *catalogue; /* NULL: none known here */
	struct cells cells;
	bool json; /* for desk_wait: what became of each goes to stdout */
};

int desk_open(struct desk *desk, struct office *office, struct err *err);
/* The same without the lock: to look, not to say. */
int desk_look(struct desk *desk, struct office *office, struct err *err);
/* Lets others save; what was read stays. */
void desk_unlock(struct desk *desk);
void desk_close(struct desk *desk);

/* The unit that is meant where none is named; empty if it is not known. */
struct span desk_unit(const struct desk *desk);

/* What is known of a cell, in the office's arena. ERR_NOTFOUND. */
int desk_head(const struct desk *desk, const struct report *report,
	      struct head *out, struct err *err);

/* Canonical form and shape. */
int desk_prepare(const struct desk *desk, struct entry *entry, struct err *err);
/* Admitted where nothing is known here. */
enum verdict desk_check(const struct desk *desk, const struct entry *entry,
			const char **column);

/* What can be done about it, for people. */
const char *desk_advice(const struct desk *desk, const struct entry *entry,
			enum verdict verdict, const char *column);

/*
 * After saving with --wait: waits, then tells what became of the statements
 * with these numbers (rows: their rows in the file, or NULL: a single one).
 * Gives the exit code: 3 if one was refused.
 */
int desk_wait(struct desk *desk, uint64_t timeout_ms, const uint64_t *numbers,
	      const uint32_t *rows, size_t count, const char *file);

/* May this office say what only administrators may, as far as it is known
 * here? Says so and gives an exit code if not. */
int desk_administrator(struct office *office);

#endif
