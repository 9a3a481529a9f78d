/*
 * A view's figure before it is judged: one call for all kinds. Sections 6.3 and
 * 6.4 (means) of docs/figures.md.
 */
#ifndef TALLY_PROTO_MEASURE_AMOUNT_H
#define TALLY_PROTO_MEASURE_AMOUNT_H

#include "proto/figure/measure_view.h"

/* At E; with hold=mean the mean of the closed periods' figures. ERR_NOMEM. */
int amount_of(const struct view *view, enum counting counting,
	      struct amount *out);

/*
 * The figures of the closed periods, one after the other; a period without a
 * figure is passed over. *overflow is set if some period's figure does not
 * fit. ERR_NOMEM.
 */
int amount_each(const struct view *view, enum counting counting,
		void (*take)(void *arg, const struct amount *amount), void *arg,
		bool *overflow);

#endif
