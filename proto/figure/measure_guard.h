/*
 * Guards: violations that must not be, and whether everybody has said so.
 * Section 6.3 of docs/figures.md, "guard".
 */
#ifndef TALLY_PROTO_MEASURE_GUARD_H
#define TALLY_PROTO_MEASURE_GUARD_H

#include "proto/figure/measure_view.h"

struct amount guard_amount(const struct view *view, enum counting counting);
bool guard_complete(const struct view *view, enum counting counting);

#endif
