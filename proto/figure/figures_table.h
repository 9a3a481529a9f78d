/* The figures as a table for people. Programs read evaluation_json. */
#ifndef TALLY_PROTO_FIGURES_TABLE_H
#define TALLY_PROTO_FIGURES_TABLE_H

#include "base/err.h"
#include "base/strbuf.h"
#include "proto/figure/figures_page.h"
#include "proto/figure/measure.h"

/* Tasks and the first screen; with all also parts, targets without goal, and
 * below each target its units, with rate and rank. */
int figures_table_write(const struct figures_head *head,
			struct evaluation *evaluation, struct strbuf *out,
			struct err *err);

#endif
