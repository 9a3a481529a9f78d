/*
 * The first screen: how many tasks have which light, all of them and apart by
 * what they are, so that a reviewer's opinion does not dilute a measurement.
 * Section 8 of docs/figures.md.
 */
#ifndef TALLY_PROTO_FIGURES_COUNTS_H
#define TALLY_PROTO_FIGURES_COUNTS_H

#include "base/err.h"
#include "base/strbuf.h"
#include "proto/figure/measure.h"
#include "proto/figure/words.h"

/* The line of all tasks; figures_counts_write adds one for each kind of them
 * if there are several. */
int figures_counts_headline(enum lang lang, struct evaluation *evaluation,
			    struct strbuf *out, struct err *err);
int figures_counts_write(enum lang lang, struct evaluation *evaluation,
			 struct strbuf *out, struct err *err);

/* All tasks' counts as an object under a key; figures_counts_json gives lines
 * {"counts": "all", "tasks": 81, ..}, then "measured", "milestone" and
 * "narrative". */
int figures_counts_put(struct evaluation *evaluation, const char *key,
		       struct strbuf *out, struct err *err);
int figures_counts_put_kinds(struct evaluation *evaluation, struct strbuf *out,
			     struct err *err); /* "all": {..}, "measured": .. */
int figures_counts_json(struct evaluation *evaluation, struct strbuf *out,
			struct err *err);

#endif
