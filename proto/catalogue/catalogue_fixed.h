/*
 * Goals that have begun stay as they were handed down: where a new catalogue
 * breaks that, told at the place in its files. The collector refuses such a
 * catalogue (goal-fixed).
 */
#ifndef TALLY_PROTO_CATALOGUE_FIXED_H
#define TALLY_PROTO_CATALOGUE_FIXED_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/catalogue/catalogue.h"
#include "proto/catalogue/catalogue_changes.h"

/*
 * Adds an error for each goal row that has begun by today and that the new
 * catalogue changes or removes: at its row, else at its target's, else at row
 * 0 of targets.csv. *count is how many. ERR_NOMEM.
 */
int catalogue_check_fixed(const struct catalogue *before,
			  const struct catalogue_side *after, int32_t today,
			  struct problems *problems, size_t *count);

#endif
