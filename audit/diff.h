/*
 * What came between two points of a journal: which statements, and which of
 * them a figure's change comes from. Catalogues are behind a change if the
 * figure differs by them alone: that is evaluated. A report, review or
 * adjustment is, if it is about the target, or one that the target's figure is
 * made of or compared with. A revocation changes no figure: it makes some
 * suspect.
 */
#ifndef TALLY_AUDIT_DIFF_H
#define TALLY_AUDIT_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/judge.h"
#include "audit/walk.h"
#include "base/arena.h"
#include "base/err.h"
#include "proto/figure/figures_pairs.h"

/* An admitted statement that may be behind a change. */
struct diff_cause {
	uint64_t entry;
	uint32_t n;
	enum statement_kind kind;
	const char *target, *unit; /* NULL: about no figure */
	uint32_t index;		   /* of the target in to's catalogue */
	const char *words; /* "report live.urban-jobs baima 2024M06: 7" */
	/* The statement as it is told, in the text of the list. */
	size_t told_at, told_len;
	uint64_t figures; /* whose change it is behind */
};

struct diff {
	struct replay before, after;
	struct judged from, to;
	/* From's reports by to's catalogue; NULL: it is the same one. */
	struct evaluation *by_catalogue;
	bool has_catalogue, has_revocations;
	/* what the target last explained is made of or compared with */
	bool *needs;		   /* by index in to's catalogue */
	struct diff_cause *causes; /* in the journal's order */
	size_t cause_count, cause_size;
	uint64_t refused; /* statements in between that changed nothing */
	struct strbuf told;
	struct arena texts;
	/* set before diff_run; the filter is of what is counted as refused */
	struct walk_filter filter;
	bool json;
	enum lang lang;
};

int diff_init(struct diff *diff, struct err *err);
void diff_release(struct diff *diff);

/* Replays to both points and lists what came between. ERR_INVALID: the second
 * lies before the first, or the filter has a slip. ERR_NOTFOUND: no catalogue
 * was in force. */
int diff_run(struct diff *diff, const char *dir, struct replay_until from,
	     struct replay_until to, struct figures_asking *asking,
	     struct err *err);

/* In whatever figures show, or in being there. */
bool diff_differs(const struct figures_pair *pair);

/*
 * Marks in by (room for cause_count) what is behind a pair's change, and counts
 * it in figures. Pairs come from the evaluations of from and to.
 */
int diff_explain(struct diff *diff, const struct figures_pair *pair, bool *by,
		 struct err *err);

#endif
