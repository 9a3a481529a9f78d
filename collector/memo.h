/*
 * Figures of the newest state, kept between answers: a target is judged again
 * only when something was said of it or of what it refers to, when the day or
 * the catalogue changes, or a key is revoked. The catalogue is loaded once for
 * each version. About 300 bytes for each target of a unit.
 *
 * Any number of answers read it at once, between memo_begin and memo_end; one
 * at a time brings it up to the store.
 */
#ifndef TALLY_COLLECTOR_MEMO_H
#define TALLY_COLLECTOR_MEMO_H

#include <stdbool.h>

#include "base/err.h"
#include "collector/view.h"
#include "store/db.h"

struct memo;

/* Of the month that is in (due_settle), as pages ask for it; or of the day of
 * the last entry. NULL: no memory. */
struct memo *memo_new(bool settled);
void memo_free(struct memo *memo);

/* Up to what the store holds now. *back, not NULL: its cut-off is before the
 * day of the last entry. After a failure it is as it was. */
int memo_update(struct memo *memo, struct db *db, bool *back, struct err *err);
/* What comes next is another store. */
void memo_forget(struct memo *memo);

/* Until memo_end it stays as it is. */
void memo_begin(struct memo *memo);
void memo_end(struct memo *memo);
/* For view_open. */
struct view_catalogue memo_catalogue(const struct memo *memo);
/* Gives an evaluation of a view those figures that are the view's; both end
 * before memo_end. */
void memo_lend(const struct memo *memo, const struct view *view,
	       struct evaluation *evaluation);
/* The elements of a target's "periods" as they are on the view's day, and once
 * they are written; false: they are not there. */
bool memo_put_periods(struct memo *memo, const struct view *view,
		      uint32_t target, struct strbuf *out);
void memo_keep_periods(struct memo *memo, const struct view *view,
		       uint32_t target, const char *text);

#endif
