/*
 * Adjustments of a figure: which of them count, and the figure with them beside
 * the one that the offices reported. Section 6.8 of the rules of figures.
 */
#ifndef TALLY_PROTO_MEASURE_ADJUST_H
#define TALLY_PROTO_MEASURE_ADJUST_H

#include "proto/figure/measure_view.h"

/* The adjustments that count in the view's figure: *count 0, none. ERR_NOMEM.
 * Owned by the evaluation. */
int adjust_list(const struct view *view, const struct adjusting **out,
		size_t *count);

/* What of the figure, judged with them, is shown beside the reported one; NULL:
 * no memory. */
const struct adjusted *adjust_show(const struct subject *subject,
				   const struct figure *with,
				   const struct adjusting *list, size_t count);

#endif
