/*
 * The expected figure, the gap and the completion rate. Section 6.6 of
 * docs/figures.md.
 */
#ifndef TALLY_PROTO_MEASURE_PLAN_H
#define TALLY_PROTO_MEASURE_PLAN_H

#include "proto/figure/measure_view.h"

/* The amount is there, the aim not missing. */
struct gap plan_gap(const struct view *view, const struct aim *aim);

#endif
