/*
 * Which rows of goals.csv are in force on a day. Section 4 of
 * docs/figures.md, "goals.csv".
 */
#ifndef TALLY_PROTO_MEASURE_FORCE_H
#define TALLY_PROTO_MEASURE_FORCE_H

#include "proto/figure/measure_subject.h"

/* Goals lie by id, then by day: the row of an id in force on a day, NULL if
 * none; first is the id's first row, *next where the next id begins. */
const struct goal *force_on(const struct target *target, size_t first,
			    int32_t day, size_t *next);
/* The order that an item must reach under a goal; 0: it is no step. */
uint32_t force_step(enum compare compare, uint32_t step);
/* Of the first goal that decides on a day; 0: none. */
uint32_t force_deciding_step(const struct target *target, int32_t day);

#endif
