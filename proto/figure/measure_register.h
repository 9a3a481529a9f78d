/*
 * What a register's records come to: items, grades, milestones with their
 * slip. Section 6.3 of docs/figures.md, "Registers", and slip of 6.6.
 */
#ifndef TALLY_PROTO_MEASURE_REGISTER_H
#define TALLY_PROTO_MEASURE_REGISTER_H

#include "proto/figure/measure_record.h"

/* A source's figure is of its own claims alone, and so is then a unit's. */
uint32_t register_heard(const struct view *view);
/* As of a day; step is the order a milestone is to reach. */
struct tallied register_tally(const struct view *view, int32_t day,
			      enum counting counting, uint32_t step);
/* A milestone's item: when it was to be where, and how overdue it is. */
void register_slip(const struct subject *subject, const struct record *record,
		   uint32_t step, struct tallied *tallied);
struct amount register_amount(const struct view *view, int32_t day,
			      enum counting counting);

#endif
