/*
 * Suspect figures: what a key said from the batch on for which it was revoked.
 * They count until somebody says them again; here they are listed, and what
 * each target comes to without them.
 */
#ifndef TALLY_PROTO_FIGURES_SUSPECT_H
#define TALLY_PROTO_FIGURES_SUSPECT_H

#include "base/err.h"
#include "base/strbuf.h"
#include "proto/figure/figures_page.h"
#include "proto/figure/measure.h"

/*
 * Behind the evaluation's table: nothing at all if no suspect figure counts.
 * Else each of them, then of each target its value with and without them, and
 * their share of it where a target's value is a sum. As text for people, or as
 * lines {"suspect": "figure", "target": .., "unit": .., "period": .., "item":
 * .., "at": "index.n"} and {"suspect": "total", "target": .., "figures": n,
 * "value": .., "without": .., "share": ..}.
 */
int figures_suspect_write(const struct figures_head *head,
			  struct evaluation *evaluation, bool json,
			  struct strbuf *out, struct err *err);

#endif
