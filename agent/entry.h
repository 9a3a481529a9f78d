/*
 * One report, review or adjustment as a person or a file gives it: put into
 * canonical form, checked against the office's slice, made into a statement
 * that follows what is known of its cell.
 */
#ifndef TALLY_AGENT_ENTRY_H
#define TALLY_AGENT_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/cells.h"
#include "base/arena.h"
#include "base/err.h"
#include "proto/figure/admit.h"
#include "proto/wire.h"

struct entry {
	struct report report; /* of a review: status, no cells */
	bool review;
	bool adjust;	     /* the status is its name, cells are amounts */
	struct span version; /* of a review or adjustment: what it is of, as
				entry_version writes it; empty: the newest
				known */
	struct span text, reason; /* empty: not given */
	uint32_t row;		  /* of its file; 0: none */
	bool doubtful; /* nobody can say here that it will be admitted */
};

/*
 * Periods, days and numbers as the journal keeps them, a unit's code as its
 * id, a reviewer's word as its status. What cannot be read stays as it is: the
 * check says so. catalogue may be NULL: then only the period is known.
 */
int entry_canonical(struct entry *entry, const struct catalogue *catalogue,
		    struct arena *arena, struct err *err);

/* What can be seen without a catalogue: ERR_INVALID, ERR_LIMIT. */
int entry_shape(const struct entry *entry, struct err *err);
/* What the collector would say of what entry_shape calls ERR_INVALID. */
enum verdict entry_shape_verdict(const struct entry *entry,
				 const char **column);

/*
 * A version by the first bytes of its salt: "v" and 16 digits of base 16, which
 * no spreadsheet takes for a number. It names what a person saw.
 */
#define ENTRY_VERSION_BYTES (1 + 2 * BASE_BYTES + 1)
void entry_version(const uint8_t salt[SALT_BYTES],
		   char out[ENTRY_VERSION_BYTES]);
/* ERR_INVALID: it is none. */
int entry_version_parse(struct span text, uint8_t out[BASE_BYTES]);

/* What this program does not send although the collector would take it: a
 * return without a reason helps nobody, an approval is no light. */
enum verdict entry_check_review(const struct entry *entry,
				const struct cells *cells, const char **column);

/* An adjustment that nobody saw the figure of, or of another version. */
enum verdict entry_check_adjust(const struct entry *entry,
				const struct cells *cells, const char **column);

/* What the collector would say, as far as it is known here; cells must have a
 * catalogue. *column as in admit_report. */
enum verdict entry_check(const struct entry *entry, const struct cells *cells,
			 int zone_minutes, struct arena *arena,
			 const char **column);

/*
 * The statement, based on the cell's head; a report is the head from then on,
 * so that several of one cell chain to each other.
 */
int entry_make(const struct entry *entry, struct cells *cells,
	       struct arena *arena, struct sealed *out, struct err *err);

#endif
