/*
 * Narratives: there is no figure, the light is the reviewer's. Section 7 of
 * docs/figures.md.
 */
#ifndef TALLY_PROTO_MEASURE_REVIEW_H
#define TALLY_PROTO_MEASURE_REVIEW_H

#include "proto/figure/measure_view.h"

void review_judge(struct view *view, struct figure *figure);

#endif
