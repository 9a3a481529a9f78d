/*
 * Which records of a register count. Section 4 (filters.csv) and 6.3 of
 * docs/figures.md.
 */
#ifndef TALLY_PROTO_MEASURE_FILTER_H
#define TALLY_PROTO_MEASURE_FILTER_H

#include "proto/figure/measure_record.h"

bool filter_passes(const struct subject *subject, const struct record *record);

#endif
