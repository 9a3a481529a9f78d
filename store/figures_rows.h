/*
 * The rows in memory and how they are found. Inside store/ only: figures.c
 * says what they mean.
 *
 * A row costs 88 bytes and a place in two tables of numbers: with its share
 * of an item's text, ten million of them fit in 2 GB.
 */
#ifndef TALLY_STORE_FIGURES_ROWS_H
#define TALLY_STORE_FIGURES_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/hash.h"
#include "proto/period.h"
#include "proto/seal.h"

#define ROWS_MAX (1u << 30)
#define ROW_NONE UINT32_MAX

/* The first four and the period say which cell it is. */
struct row {
	uint32_t target, unit; /* the figures' own numbers */
	uint32_t item;	       /* INTERN_NONE: none */
	uint32_t version;      /* newest; 0: an empty place */
	struct period period;
	bool returned;		  /* the head, by its newest review */
	uint8_t base[BASE_BYTES]; /* what names the head */
	uint64_t returned_us;
	uint64_t entry; /* of the newest change */
	uint32_t n;
	struct hash link;
};

/* The hash spares a look at most rows that are others. */
struct slot {
	uint32_t row; /* and 1; 0: empty */
	uint32_t hash;
};

/* Open addressing over rows. */
struct slots {
	struct slot *at;
	uint32_t size; /* a power of two, or 0 */
	uint32_t used;
};

struct rows {
	struct row **chunks; /* rows do not move */
	uint32_t chunk_count;
	uint32_t count;
	uint32_t found;	    /* last: most cells are asked for several times */
	struct slots cells; /* by target, unit, period, item */
	struct slots seen;  /* by target, unit, item: one of those rows */
};

void rows_release(struct rows *rows);
struct row *rows_at(const struct rows *rows, uint32_t i);

/* The row of like's cell, or ROW_NONE. */
uint32_t rows_find(struct rows *rows, const struct row *like);
/* Rows of these cells will be looked for soon: they come into the processor's
 * caches meanwhile, several at a time. */
#define ROWS_EXPECTED_MAX 16
void rows_expect(const struct rows *rows, const struct row *like, size_t count);
/* Is there a row of like's target, unit and item in any period? */
bool rows_seen(const struct rows *rows, const struct row *like);

/* Numbers of all rows (malloc'ed, the caller's) in the order that before says
 * (as for qsort); NULL: no memory. */
uint32_t *rows_ordered(const struct rows *rows,
		       int (*before)(const void *ctx, const struct row *a,
				     const struct row *b),
		       const void *ctx);

/* Adds row number count. ERR_NOMEM, ERR_LIMIT. */
int rows_add(struct rows *rows, const struct row *row);

/* While loading: puts a row in its place, in any order; count grows to hold
 * it. ERR_EXISTS, ERR_LIMIT, ERR_NOMEM. It is found after rows_index. */
int rows_place(struct rows *rows, uint32_t i, const struct row *row);
int rows_index(struct rows *rows);

#endif
