/*
 * Other targets' figures, for goals that refer to them. Section 6.5 of
 * docs/figures.md.
 */
#ifndef TALLY_PROTO_MEASURE_REFERENCE_H
#define TALLY_PROTO_MEASURE_REFERENCE_H

#include "proto/figure/measure_subject.h"

/* subject_new, and all that the rules need sorted. */
int subject_open(struct basis *basis, uint32_t target, int32_t until,
		 struct subject **out, struct err *err);

/* The figure of another target at a day that ends one of its periods; *out
 * is NULL if there is no report for exactly that period. */
int reference_amount(struct basis *basis, uint32_t target, int32_t end,
		     const struct rational **out, struct err *err);

#endif
