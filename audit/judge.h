/* The figures of a journal that was replayed, judged at a cut-off. */
#ifndef TALLY_AUDIT_JUDGE_H
#define TALLY_AUDIT_JUDGE_H

#include "audit/replay.h"
#include "base/err.h"
#include "proto/figure/figures_ask.h"
#include "proto/figure/measure.h"
#include "store/figures.h"

/* Outlived by the replay; stays where it is. */
struct judged {
	struct table_reader tables;
	struct suspects suspects;
	struct figures_reading reading;
	struct catalogue *catalogue; /* in force at the replay's end */
	struct evaluation *evaluation;
};

/* The cut-off is asking's, else the day of the replay's last receipt.
 * ERR_NOTFOUND: no catalogue was in force. */
int judged_init(struct judged *judged, const struct replay *replay,
		struct figures_asking *asking, struct err *err);
/* At this cut-off. */
int judged_at(struct judged *judged, const struct replay *replay,
	      int32_t cutoff, struct err *err);
void judged_release(struct judged *judged);

#endif
