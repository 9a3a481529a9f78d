/*
 * Parts of units over the periods of the window, and the formula over units.
 * Sections 6.2 and 6.3 of docs/figures.md, for all kinds but registers and
 * guards.
 *
 * A run absorbs what was said period by period, so that the figure at every
 * closed period's end costs one pass over the cells.
 */
#ifndef TALLY_PROTO_MEASURE_PARTS_H
#define TALLY_PROTO_MEASURE_PARTS_H

#include "proto/figure/measure_view.h"

struct part {
	bool has;
	__int128 units; /* at MEASURE_PLACES */
};

struct track_parts {
	size_t next; /* said not yet absorbed */
	struct part parts[MEASURE_COMPONENTS_MAX];
};

/* Parts of a view's units, period by period. */
struct run {
	const struct view *view;
	enum counting counting;
	struct track_parts *tracks;
	bool overflow;
};

int run_start(struct run *run, const struct view *view, enum counting counting);
void run_advance(struct run *run, int32_t end);
struct amount run_amount(const struct run *run, int32_t day);

/* The step beyond a goal that > and < ask for, 6.5. */
const struct rational *measure_step(const struct subject *subject);

#endif
