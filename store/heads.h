/*
 * What a slice of the catalogue carries, read from the tables: the newest
 * catalogue's files, and the heads of cells as an office's form needs them.
 */
#ifndef TALLY_STORE_HEADS_H
#define TALLY_STORE_HEADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/span.h"
#include "proto/hash.h"
#include "proto/talk.h"
#include "store/tables.h"

/* ---- files ---- */

struct heads_catalogue {
	uint32_t version;
	struct slice_file *files; /* as they were sent */
	size_t file_count;
	struct head commit; /* without a target: what the next one replaces */
};

/* The newest version: views that live as long as the reader's transaction.
 * ERR_NOTFOUND: no catalogue yet. */
int heads_catalogue(const struct table_reader *reader, struct arena *arena,
		    struct heads_catalogue *out, struct err *err);

/* ---- numbers ---- */

/* The figures' numbers of targets and units, and their ids. */
struct head_ids {
	struct intern targets, units; /* number of a key: the figures' */
};

void head_ids_init(struct head_ids *ids);
void head_ids_release(struct head_ids *ids);
/* Reads those that came since the last call. */
int head_ids_load(struct head_ids *ids, const struct table_reader *reader,
		  struct err *err);
/* One pair of TABLE_ID. */
int head_ids_add(struct head_ids *ids, struct span key, struct span id,
		 struct err *err);

/* ---- heads ---- */

/* Target and unit of a key of TABLE_FIGURE, as numbers. */
int head_place(struct span figure_key, uint32_t *target, uint32_t *unit,
	       struct err *err);

/* Changes looked through for the version that was judged before the newest. */
#define HEADS_CHANGES_MAX 64

/* A head as the tables have it: texts are the journal's, and who reviewed is
 * known by the office's key only. */
struct head_found {
	struct head head;
	struct hash reviewer, before_reviewer;
};

struct heads {
	const struct table_reader *reader;
	const struct head_ids *ids;
	struct arena *arena; /* what is found is copied to it */
	struct err *err;
};

/* One cell's head. ERR_NOTFOUND: nothing was said in it. */
int head_read(const struct heads *heads, struct span figure_key,
	      struct head_found *out);

/* The figure key of the cell that a statement is of, which lives as long as the
 * reader's transaction. ERR_NOTFOUND: it was refused, or is of no cell. */
int head_of_change(const struct table_reader *reader, uint64_t entry,
		   uint32_t n, struct span *figure_key, struct err *err);

/* The keys of a unit's cells in a target; of all units if unit is
 * INTERN_NONE. In order, until visit returns other than 0. */
int heads_scan(const struct table_reader *reader, uint32_t target,
	       uint32_t unit,
	       int (*visit)(void *arg, struct span key, struct span value),
	       void *arg, struct err *err);

#endif
