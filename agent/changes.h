/*
 * What a catalogue would change, for people and for programs: a tree by
 * target, a line of counts, or JSON lines.
 */
#ifndef TALLY_AGENT_CHANGES_H
#define TALLY_AGENT_CHANGES_H

#include "agent/messages.h"
#include "base/strbuf.h"
#include "proto/catalogue/catalogue_changes.h"

/* Both catalogues give targets and units their names. */
struct changes_shown {
	const struct catalogue_changes *changes;
	const struct catalogue *before, *after;
	enum language language;
};

void changes_write(const struct changes_shown *shown, struct strbuf *out);

/* "targets +1 -0 ~2; units 1; roster rows 3; goals 1; other rows 0" */
void changes_write_counts(const struct change_counts *counts,
			  enum language language, struct strbuf *out);

/*
 * A line for each change: {"change": "added", "file": "roster.csv", "row": 7,
 * "target": "live.urban-jobs", "names": {..}, "cells": {..}}, with "goal" and
 * "goal_before" where a goal came; for a cell {"change": "cell", ..,
 * "column": "quota", "before": "420", "after": "450"}.
 */
void changes_json(const struct catalogue_changes *changes, struct strbuf *out);

#endif
