/*
 * Violations: what holds over the closed periods. Section 6.4 of
 * docs/figures.md.
 */
#ifndef TALLY_PROTO_MEASURE_HOLD_H
#define TALLY_PROTO_MEASURE_HOLD_H

#include "proto/figure/measure_view.h"

/* Sets view->violated. ERR_NOMEM. */
int hold_judge(struct view *view, enum counting counting);

#endif
