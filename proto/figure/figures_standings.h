/*
 * Units ranked: over all targets by done and green of what they answer for,
 * and, with all, on each target by what they have done of their own quota.
 * Section 8 of docs/figures.md. Equal ones share a rank (1, 1, 3); who has
 * none stands below, by unit id.
 */
#ifndef TALLY_PROTO_FIGURES_STANDINGS_H
#define TALLY_PROTO_FIGURES_STANDINGS_H

#include "base/err.h"
#include "base/strbuf.h"
#include "proto/figure/figures_page.h"
#include "proto/figure/measure.h"

int figures_standings_write(const struct figures_head *head,
			    struct evaluation *evaluation, struct strbuf *out,
			    struct err *err);

/*
 * {"unit": "baima", "rank": 1, "good": 7, "accountable": 9, "good_share":
 * "77.8", "done": 3, "rows": 10}; with all then, for each target with a rank,
 * {"target": .., "unit": .., "rank": .., "value": .., "goal": .., "rate": ..,
 * "gap": .., "light": .., "why": ..}.
 */
int figures_standings_json(const struct figures_head *head,
			   struct evaluation *evaluation, struct strbuf *out,
			   struct err *err);
/* A unit's line as an element of an open list. */
void standing_put(struct strbuf *out, const struct catalogue *catalogue,
		  const struct standing *standing);

#endif
