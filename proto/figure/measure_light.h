/*
 * The ten lines: from a view to its figure with light and why. Section 7 of
 * docs/figures.md.
 */
#ifndef TALLY_PROTO_MEASURE_LIGHT_H
#define TALLY_PROTO_MEASURE_LIGHT_H

#include "proto/figure/measure_view.h"

/* Fills the figure from the view: all but target, unit and rank. */
int light_judge(struct view *view, struct figure *figure, struct err *err);
/* A unit's last report that counts. */
void light_write_last(struct view *view, struct figure *figure);

#endif
