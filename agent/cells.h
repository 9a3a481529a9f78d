/*
 * What this office knows of cells (target, unit, item, period) before it says
 * something new of them: read from the outbox once for a command, and kept up
 * as the command adds to it. Answers admission's questions.
 */
#ifndef TALLY_AGENT_CELLS_H
#define TALLY_AGENT_CELLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/intern.h"
#include "proto/figure/admit.h"
#include "proto/catalogue/catalogue.h"
#include "proto/wire.h"
#include "store/outbox.h"

#define CELLS_ARENA_BYTES ((size_t)1024 * 1024 * 1024)

struct known_cell {
	uint8_t salt[SALT_BYTES]; /* of the head */
	/* Of the head's newest review: NULL none, else as review_word_status
	 * has it. */
	const char *status;
	uint64_t reviewed_us; /* 0: not known */
	bool review_waits;    /* it is our own, not delivered yet */
};

struct cells {
	struct intern keys;	  /* "target|unit|period|item" */
	struct known_cell *known; /* by number in keys */
	size_t known_size;
	struct intern items;		   /* "target|unit|item" */
	const struct catalogue *catalogue; /* may be NULL */
	uint64_t now_us;
};

int cells_load(struct cells *cells, struct outbox *outbox,
	       const struct catalogue *catalogue, uint64_t now_us,
	       struct err *err);
/* Adds the office's own reviews that are not delivered yet. */
int cells_load_reviews(struct cells *cells, struct outbox *outbox,
		       struct err *err);
void cells_release(struct cells *cells);

/* "target|unit|period|item", as the outbox knows heads; 0: too long to be a
 * cell's. */
#define CELLS_KEY_BYTES (4 * (WIRE_NAME_BYTES_MAX + 1))
size_t cells_key(const struct report *report, char out[CELLS_KEY_BYTES]);

/* NULL: nothing is known of the cell. */
const struct known_cell *cells_find(const struct cells *cells,
				    const struct report *report);
/* The report has become the head of its cell. */
int cells_put(struct cells *cells, const struct report *report,
	      const uint8_t salt[SALT_BYTES], struct err *err);

/* Lives as long as the cells. */
struct admit_lookup cells_lookup(const struct cells *cells);

#endif
