/*
 * Kept verdicts beside the present ones: what was seen of a period when it
 * closed, and what is said of it now. Kept is defined, not stored: the light
 * at the first cut-off at which the period is the last closed one, from what
 * had been received by the end of the day on which it closes, by the catalogue
 * of then. Sections 6.4 and 7 of docs/figures.md.
 */
#ifndef TALLY_PROTO_FIGURES_KEPT_H
#define TALLY_PROTO_FIGURES_KEPT_H

#include "base/err.h"
#include "base/strbuf.h"
#include "proto/figure/figures_page.h"
#include "proto/figure/measure.h"

/* What was known before. */
struct figures_past {
	/* The catalogue in force as known at a moment; NULL: there was none.
	 * Good until the next call, which asks for the same moment or a later
	 * one. Without this function it was always the present one. */
	int (*catalogue)(void *ctx, uint64_t known_by_us,
			 const struct catalogue **out, struct err *err);
	void *ctx;
	uint64_t until_us; /* nothing is known of what came after this */
};

/*
 * Every period that is closed at the input's cut-off, of tasks (with all of
 * every target): as a table, or as lines {"target": .., "period": ..,
 * "cutoff": .., "closes": .., "open": false, "kept": {..}, "now": {..},
 * "changed": true}, figures as figures_put writes them. kept is null while the
 * period is open, and where the target was not judged for it then.
 */
int figures_kept_write(const struct figures_head *head,
		       const struct evaluation_input *input,
		       const struct figures_past *past, struct strbuf *out,
		       struct err *err);
int figures_kept_json(const struct figures_head *head,
		      const struct evaluation_input *input,
		      const struct figures_past *past, struct strbuf *out,
		      struct err *err);
/* The same of one target, task or not, as elements of an open list. */
int figures_kept_put(const struct evaluation_input *input,
		     const struct figures_past *past, uint32_t target,
		     struct strbuf *out, struct err *err);

#endif
