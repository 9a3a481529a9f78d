/*
 * What a catalogue that is tried would change: two evaluations of the same
 * reports at the same days, target by target, and only what differs in value,
 * goal, plan or light.
 */
#ifndef TALLY_PROTO_FIGURES_CHANGES_H
#define TALLY_PROTO_FIGURES_CHANGES_H

#include "base/err.h"
#include "base/strbuf.h"
#include "proto/figure/figures_page.h"
#include "proto/figure/measure.h"

/*
 * Tasks of either catalogue; with head->all every target and its units. As a
 * table of "old → new", or as lines {"target": .., "change": "changed",
 * "fields": ["value", "light"], "before": {..}, "after": {..}}, figures as
 * figures_put writes them, where unit rows have "unit", change may be "added"
 * (before is null) or "removed" (after is null); last {"overall": {"before":
 * {..}, "after": {..}}}.
 */
int figures_changes_write(const struct figures_head *head,
			  struct evaluation *before, struct evaluation *after,
			  struct strbuf *out, struct err *err);
int figures_changes_json(const struct figures_head *head,
			 struct evaluation *before, struct evaluation *after,
			 struct strbuf *out, struct err *err);

#endif
