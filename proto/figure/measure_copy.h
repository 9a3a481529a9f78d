/* Figures for longer than the evaluation that has made them. */
#ifndef TALLY_PROTO_MEASURE_COPY_H
#define TALLY_PROTO_MEASURE_COPY_H

#include "base/arena.h"
#include "proto/figure/measure.h"

/* All of it in the arena; NULL: no memory. */
const struct figure *figures_copy(struct arena *arena,
				  const struct figure *from, size_t count);

#endif
