/* A figure within a line for programs, where two stand side by side. */
#ifndef TALLY_PROTO_FIGURES_PUT_H
#define TALLY_PROTO_FIGURES_PUT_H

#include "base/strbuf.h"
#include "proto/figure/measure.h"

/* "key": {"value": .., "goal": .., "plan": .., "light": .., "why": ..,
 * "reported": .., "due": ..}; NULL: "key": null. */
void figures_put(struct strbuf *out, const char *key,
		 const struct figure *figure);

#endif
