/*
 * What plans.csv says: the share of the window, curves, planned days of stages
 * and items. Sections 6.1 (tau) and 6.6 (curve, slip) of docs/figures.md.
 */
#ifndef TALLY_PROTO_MEASURE_CURVE_H
#define TALLY_PROTO_MEASURE_CURVE_H

#include "proto/figure/measure_record.h"

/* Sorts the planned days of stages and items. */
int plan_prepare(struct subject *subject);
/* From from to full over the window, as the plan has it at E. */
const struct rational *plan_expected(const struct view *view,
				     const struct aim *aim,
				     const struct rational *from,
				     const struct rational *full);
bool plan_has_curve(const struct view *view);
/* tau's share of a window at a day, 6.1. */
const struct rational *plan_share(struct rationals *numbers, int32_t start,
				  int32_t end, int32_t day);
/* The day on which a record is planned to reach a stage; DAY_NONE if none. */
int32_t plan_day(const struct subject *subject, const struct record *record,
		 uint32_t stage, uint32_t goal_step);
int plan_month_ends(int32_t by, int32_t day);
/* How many listed items are planned to count by E; of a unit its own. False
 * if no item is dated. */
bool plan_items(const struct view *view, int64_t *out);

#endif
