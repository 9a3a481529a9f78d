/*
 * The answer to what was asked (figures_ask.h), from cells of whatever source:
 * one evaluation, or two where a catalogue is tried, and the view of it.
 */
#ifndef TALLY_PROTO_FIGURES_ANSWER_H
#define TALLY_PROTO_FIGURES_ANSWER_H

#include "base/err.h"
#include "base/strbuf.h"
#include "proto/figure/figures_ask.h"
#include "proto/figure/figures_fit.h"
#include "proto/figure/figures_kept.h"
#include "proto/figure/measure.h"

struct figures_from {
	struct cell_source source;
	const struct catalogue *catalogue; /* in force, or of the files */
	const struct catalogue *tried; /* not in force, or NULL: judges instead
					*/
	const char *tried_name;	       /* its folder */
	struct figures_past past;
	int zone_minutes;
	bool simulated;
	bool suspects; /* the source marks what revoked keys said */
};

struct figures_answered {
	struct strbuf out;  /* data */
	struct strbuf told; /* for people, beside it */
	size_t misfits; /* reports that only the tried catalogue would refuse */
};

void figures_answered_init(struct figures_answered *answered);
void figures_answered_release(struct figures_answered *answered);

int figures_answer(const struct figures_asking *asking,
		   const struct figures_from *from,
		   struct figures_answered *answered, struct err *err);

#endif
