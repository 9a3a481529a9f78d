/*
 * How figures are asked for, the same of a live store, a journal and files:
 * which days, which view. What the command line says is checked here; reading
 * is the caller's.
 */
#ifndef TALLY_PROTO_FIGURES_ASK_H
#define TALLY_PROTO_FIGURES_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/catalogue/catalogue.h"
#include "proto/figure/words.h"

enum figures_view {
	FIGURES_TABLE,	   /* every task's figure, plan and light */
	FIGURES_COUNTS,	   /* the first screen */
	FIGURES_STANDINGS, /* units ranked */
	FIGURES_KEPT,	   /* kept verdicts beside the present ones */
	FIGURES_CHANGES,   /* what a catalogue that is tried would change */
};

/* As the options say it; NULL and false: not given. */
struct figures_asked {
	const char *cutoff, *period, *known_by, *lang;
	bool counts, standings, kept, changes;
	bool all, json;
};

struct figures_asking {
	const struct figures_asked *asked;
	enum figures_view view;
	enum lang lang;
	uint64_t known_by_us; /* UINT64_MAX: everything */
	int32_t cutoff;
};

/* Takes what does not depend on what is read. ERR_INVALID: for people. */
int figures_ask(const struct figures_asked *asked, struct figures_asking *out,
		struct err *err);

/* Whether a catalogue is tried, and the view that is asked for, go together:
 * ERR_INVALID. */
int figures_ask_try(const struct figures_asked *asked, bool tried,
		    struct err *err);

/* Once the zone of days is known: known_by_us. */
int figures_ask_known_by(struct figures_asking *asking, int zone_minutes,
			 struct err *err);

/* The day on which a catalogue would be handed down: of --known-by, else
 * last_day. */
int32_t figures_ask_today(const struct figures_asking *asking, int zone_minutes,
			  int32_t last_day);

/* Once the catalogue is known: cutoff. It is --cutoff, else the last day of
 * --period, else the day of --known-by, else last_day. */
int figures_ask_cutoff(struct figures_asking *asking,
		       const struct catalogue *catalogue, int zone_minutes,
		       int32_t last_day, struct err *err);

#endif
