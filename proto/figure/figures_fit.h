/*
 * Admitted reports that a catalogue which is tried would not take: a target
 * that is gone, a field that is gone, a unit no longer on the roster, another
 * period. The evaluation passes most of them over in silence; here they are
 * told. The judge is admission itself (admit.h), late or not aside.
 *
 * What was taken stays in the store whatever comes later, so some of them do
 * count: what a unit delivered before it left the roster is in the sum.
 */
#ifndef TALLY_PROTO_FIGURES_FIT_H
#define TALLY_PROTO_FIGURES_FIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "proto/figure/cell.h"
#include "proto/figure/words.h"
#include "proto/verdict.h"

struct misfit {
	const char *target, *unit; /* ids */
	struct period period;
	struct span item;
	enum verdict verdict;
	const char *column; /* a field, a fixed column, or empty */
	bool already;	    /* as little by the catalogue in force */
};

struct misfits {
	struct arena arena;
	struct misfit *list; /* by target, unit, period, item */
	size_t count, size;
};

struct figures_fit {
	struct cell_source source;
	const struct catalogue *in_force, *tried;
	uint64_t known_by_us;
};

/* In each cell what counts: the newest version that is not returned; of an
 * item's record all of them. */
int figures_fit(const struct figures_fit *fit, struct misfits *out,
		struct err *err);
void misfits_release(struct misfits *misfits);

/* Those that are not already misfits, a line for each target and reason, with
 * the first few; then how many already were. Nothing if there are none. */
void misfits_write(const struct misfits *misfits, enum lang lang,
		   struct strbuf *out);
/* A line each: {"misfit": {"target": .., "unit": .., "period": .., "item": ..,
 * "reason": .., "column": .., "already": false}}. */
void misfits_json(const struct misfits *misfits, struct strbuf *out);

#endif
