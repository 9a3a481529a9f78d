/*
 * Ranks of units on one target. Section 8 of docs/figures.md.
 */
#ifndef TALLY_PROTO_MEASURE_RANK_H
#define TALLY_PROTO_MEASURE_RANK_H

#include "proto/figure/measure_view.h"

/* By what the gaps of the unit rows say. ERR_NOMEM. */
int rank_units(struct subject *subject, struct figure *figures,
	       const struct gap *gaps, size_t count);

#endif
