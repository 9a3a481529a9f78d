/*
 * Parents of parts: what their parts' figures come to. Section 7 of
 * docs/figures.md.
 */
#ifndef TALLY_PROTO_MEASURE_PARENT_H
#define TALLY_PROTO_MEASURE_PARENT_H

#include "proto/figure/measure.h"

/* Somebody has not done his part; all other grey waits. */
bool why_is_silent(enum why why);

struct parent {
	uint32_t count, met, unknown, left_out, due, reported;
	const struct figure *worst;
};

/* One part after the other; figures must outlive the parent. */
void parent_take(struct parent *parent, const struct figure *part);
/* ERR_NOMEM. */
int parent_finish(const struct parent *parent, struct arena *arena,
		  struct figure *figure);

#endif
