/* The figures as a table for people. Programs read evaluation_json. */
#ifndef TALLY_PROTO_FIGURES_TABLE_H
#define TALLY_PROTO_FIGURES_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/figure/words.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "proto/figure/measure.h"

struct figures_table {
	const struct catalogue *catalogue;
	enum lang lang;
	bool all; /* also parts, targets without goal, units, overall */
	int32_t cutoff;
	const char *known_by; /* NULL: everything */
	bool simulated;
};

int figures_table_write(const struct figures_table *table,
			struct evaluation *evaluation, struct strbuf *out,
			struct err *err);

#endif
