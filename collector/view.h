/*
 * The live store at one moment: everything that an answer needs, from one
 * read transaction. For commands and pages that only read.
 */
#ifndef TALLY_COLLECTOR_VIEW_H
#define TALLY_COLLECTOR_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/catalogue/catalogue.h"
#include "proto/figure/figures_ask.h"
#include "proto/figure/figures_kept.h"
#include "proto/figure/measure.h"
#include "store/db.h"
#include "store/figures.h"
#include "store/fold.h"

struct view {
	struct db_txn *txn;
	struct table_reader reader;
	struct fold *fold; /* of fold_load_facts */
	struct fold_facts facts;
	uint64_t applied; /* entries */
	int32_t last_day; /* of the last entry */
	/* When the last entry of those that were known then was received: as
	 * far as a change of a figure or a catalogue tells. */
	uint64_t newest_us;
	struct suspects suspects;
	struct figures_reading reading;
	struct figures_asking asking;
	struct catalogue *catalogue; /* in force as known then */
	bool borrowed;		     /* the catalogue */
	uint32_t version;
	struct catalogue_past past;
};

/* A catalogue that is loaded already; version 0: there is none. */
struct view_catalogue {
	struct catalogue *catalogue;
	uint32_t version;
};

/* kept: used if it is the one in force, and outlives the view then; or NULL.
 * asking: as figures_ask left it; its cut-off waits for view_cutoff. view_close
 * also after a failure. ERR_NOTFOUND: the store is empty, or there was no
 * catalogue yet. */
int view_open(struct view *view, struct db *db,
	      const struct figures_asking *asking,
	      const struct view_catalogue *kept, struct err *err);
/* The cut-off that was asked for, by a catalogue. */
int view_cutoff(struct view *view, const struct catalogue *catalogue,
		struct err *err);
/* Returns rc, or why what was read does not count. */
int view_close(struct view *view, int rc, struct err *err);

struct evaluation_input view_input(const struct view *view);
struct figures_past view_past(struct view *view);

#endif
