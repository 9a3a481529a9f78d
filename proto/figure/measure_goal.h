/*
 * The goals in force, resolved to numbers, and whether a figure meets them.
 * Section 6.5 of docs/figures.md; goals of units from 6.6.
 */
#ifndef TALLY_PROTO_MEASURE_GOAL_H
#define TALLY_PROTO_MEASURE_GOAL_H

#include "proto/figure/measure_view.h"

int aims_resolve(struct subject *subject, int32_t day, struct aims *out,
		 struct err *err);
/* Of a unit, from the target's. */
int aims_of_unit(struct subject *subject, const struct track *track,
		 const struct aims *whole, struct aims *out);
/* The view is judged by these. */
void view_aim_at(struct view *view, const struct aims *aims);
bool aim_met(const struct view *view, const struct aim *aim,
	     const struct amount *amount);
/* -1: cannot be said. stretches: those beside the floors. */
int aims_met(const struct view *view, bool stretches);
/* Is it a budget: a goal <= or < on flow or items? */
bool aim_is_cap(const struct subject *subject, const struct aim *aim);
/* Of the goals that decide. */
bool view_has_cap(const struct view *view);

#endif
