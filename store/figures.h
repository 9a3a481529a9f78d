/*
 * Figure rows: what the fold keeps of each cell (target, unit, period, item),
 * and how their tables are read again as cells for the evaluation.
 *
 * In memory a row is only what admission needs: its head, its link, its
 * place. What was said goes out as puts: TABLE_FIGURE holds each row's newest
 * change (a version, or the review or adjustment of one) and its link,
 * TABLE_CHANGE every one, each pointing at the one before it. Row bytes are
 * what links hash; docs/journal.md.
 */
#ifndef TALLY_STORE_FIGURES_H
#define TALLY_STORE_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/intern.h"
#include "proto/figure/admit.h"
#include "proto/catalogue/catalogue.h"
#include "proto/figure/cell.h"
#include "proto/hash.h"
#include "proto/seal.h"
#include "store/tables.h"

#define FIGURE_KEY_BYTES_MAX (4 + 4 + 5 + WIRE_NAME_BYTES_MAX)

/* Where a change comes from. */
struct origin {
	uint64_t entry;
	uint32_t n;
	uint64_t recv_us;
	struct hash leaf; /* statement leaf hash */
	uint8_t salt[SALT_BYTES];
	struct hash key; /* office */
	uint64_t sequence;
};

struct figures;

/* Interned ids are the figures' own: number of a target or unit for ever. */
struct figures *figures_new(void);
void figures_free(struct figures *figures);

/* Gives every target and unit of a catalogue its number; new ones go to puts.
 * Must be called at each catalogue commit, in order. */
int figures_intern(struct figures *figures, const struct catalogue *catalogue,
		   struct puts *puts, struct err *err);

/* For admit_report and admit_review; ctx of lookup is *figures. Uses the
 * numbers of the catalogue last interned. */
struct admit_lookup figures_lookup(struct figures *figures);

/* Cells that will be asked for soon, at most FIGURES_EXPECTED_MAX; by indexes
 * of the catalogue last interned. Only makes it faster. */
#define FIGURES_EXPECTED_MAX 16
struct figure_expected {
	uint32_t target, unit;
	struct period period;
	struct span item;
};
void figures_expect(const struct figures *figures,
		    const struct figure_expected *list, size_t count);

/* First 8 bytes of the head's salt; false: no version yet. */
bool figures_head(struct figures *figures, uint32_t target, uint32_t unit,
		  struct period period, struct span item,
		  uint8_t out[BASE_BYTES]);

/* Takes what was admitted; appends puts. */
int figures_report(struct figures *figures, const struct admitted *admitted,
		   const struct origin *origin, struct puts *puts,
		   struct err *err);
/* A review or an adjustment of the newest version. */
int figures_mark(struct figures *figures, const struct admitted *admitted,
		 const struct origin *origin, struct puts *puts,
		 struct err *err);

/*
 * Every row in the order of its key in TABLE_FIGURE, whose value there is that
 * of its newest change in TABLE_CHANGE, and the link. Other than 0 from visit
 * ends it and is returned; ERR_NOMEM.
 */
struct figure_newest {
	struct span key, change; /* in TABLE_FIGURE and TABLE_CHANGE */
	const struct hash *link;
};
int figures_newest(const struct figures *figures,
		   int (*visit)(void *arg, const struct figure_newest *newest),
		   void *arg);

uint64_t figures_count(const struct figures *figures); /* rows */
/* The root over the links of all rows (store/state.h). */
struct hash figures_state(struct figures *figures);

/* Loads what was flushed. */
int figures_load(struct figures *figures, const struct table_reader *reader,
		 struct err *err);

/* ---- reading ---- */

/* Keys that were revoked, and from which batch on what they said is suspect. */
struct suspect {
	struct hash key;
	uint64_t from; /* sequence number */
};

struct suspects {
	struct suspect *list;
	size_t count, size;
};

/* Cells from the tables; the ctx is a struct figures_reading, which outlives
 * the source. Cells point into the tables: no evaluation outlives the reader's
 * transaction. suspects may be NULL: nothing is marked. */
struct figures_reading {
	const struct table_reader *reader;
	const struct suspects *suspects;
};

struct cell_source figures_source(const struct figures_reading *reading);

/* A change of a cell, and the statement that made it. */
struct figure_change {
	uint64_t entry;
	uint32_t n;
	uint64_t recv_us;
	uint32_t version; /* from 1; of a mark: the version that it is of */
	uint32_t flags;	  /* enum version_flag */
	/* Ids, as the newest catalogue has them; views, for the visit alone. */
	struct span target, unit;
	struct period period;
	struct span item;
	bool has_previous; /* the cell's change before it: */
	uint64_t previous_entry;
	uint32_t previous_n;
};

/*
 * Every change of a unit's cells of a target, period NULL: of all, in the
 * order of periods and items, of each cell from the newest back to the first.
 * A visit's return other than 0 ends it and is returned. ERR_NOTFOUND: no
 * catalogue has had the target or the unit.
 */
int figures_where(const struct table_reader *reader, struct span target,
		  struct span unit, const struct period *period,
		  int (*visit)(void *arg, const struct figure_change *change),
		  void *arg, struct err *err);

/* ERR_NOTFOUND: no catalogue of the journal has had it, and the text says so.
 */
int figures_target_known(const struct table_reader *reader, struct span target,
			 struct err *err);
int figures_unit_known(const struct table_reader *reader, struct span unit,
		       struct err *err);

/* The change that a statement made; the views live as long as the reader's.
 * ERR_NOTFOUND: it made none (refused, or not of a figure). */
int figures_change(const struct table_reader *reader, uint64_t entry,
		   uint32_t n, struct figure_change *out, struct err *err);

/* The catalogue version in force as known at us (UINT64_MAX: the newest):
 * ERR_NOTFOUND if there was none yet. */
int figures_catalogue_version(const struct table_reader *reader,
			      uint64_t known_by_us, uint32_t *version,
			      struct err *err);
int figures_catalogue(const struct table_reader *reader, uint64_t known_by_us,
		      struct catalogue **out, uint32_t *version,
		      struct err *err);
/* When a version of it was received. */
int figures_catalogue_received(const struct table_reader *reader,
			       uint32_t version, uint64_t *recv_us,
			       struct err *err);

/* The catalogue at one moment after the other, each version loaded once: what
 * struct figures_past asks for, the ctx is a struct catalogue_past. */
struct catalogue_past {
	const struct table_reader *reader;
	struct catalogue *catalogue; /* owned */
	uint32_t version;	     /* of catalogue; 0: none */
};

int catalogue_past_at(void *ctx, uint64_t known_by_us,
		      const struct catalogue **out, struct err *err);
void catalogue_past_release(struct catalogue_past *past);

#endif
