/*
 * What is due: nobody is named for a report that is not due yet, and while the
 * newest month is open, the month that is in is the one before.
 */
#ifndef TALLY_COLLECTOR_DUE_H
#define TALLY_COLLECTOR_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/view.h"

/* The day of the view: of what it is asked as of, else of the last entry. */
int32_t due_today(const struct view *view);

/* Whether what a period of a target asks for is not due yet. */
bool due_is_open(const struct view *view, uint32_t target,
		 struct period period);
/* The same of a figure's period. */
bool due_open(const struct view *view, const struct figure *figure);

/* The last period of a target that is closed on a day; false: it has none. */
bool due_last_closed(const struct target *target, int32_t day,
		     struct period *out);

/* Moves the view's cut-off back to the end of the month before, while most of
 * what the newest month asks for is not due yet. */
void due_settle(struct view *view);

#endif
