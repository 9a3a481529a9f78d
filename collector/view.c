#include "collector/view.h"

#include <stdlib.h>

#include "store/figures_row.h"

/* ---- the newest that was known ---- */

struct change_at {
	uint64_t entry, recv_us;
	bool found;
	struct err *err;
};

static int take_first(void *arg, struct span key, struct span value)
{
	struct change_at *at = arg;
	struct figure_row row;
	int rc = figure_row_read(value, NULL, &row, at->err);

	(void)key;
	if (rc)
		return rc;
	at->entry = row.entry;
	at->recv_us = row.recv_us;
	at->found = true;
	return 1;
}

/* Receipts never run backward, so that the last change of those known by then
 * is found by halves. 0 in *out: there was none. */
static int find_change(struct view *view, uint64_t *out, struct err *err)
{
	uint64_t low = 0, high = view->applied;
	uint8_t key[CHANGE_KEY_BYTES];
	int rc;

	*out = 0;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		struct change_at at = { .err = err };

		change_key_write(middle, 0, key);
		rc = db_scan(view->txn, TABLE_CHANGE, span_of(key, sizeof(key)),
			     false, take_first, &at, err);
		if (rc < 0)
			return rc;
		if (!at.found || at.recv_us > view->asking.known_by_us) {
			high = middle;
			continue;
		}
		*out = at.recv_us;
		low = at.entry + 1;
	}
	return 0;
}

static int find_newest(struct view *view, struct err *err)
{
	uint64_t catalogue_us;
	int rc;

	view->newest_us = fold_recv_us(view->fold);
	if (view->newest_us <= view->asking.known_by_us)
		return 0;
	rc = figures_catalogue_received(&view->reader, view->version,
					&catalogue_us, err);
	if (!rc)
		rc = find_change(view, &view->newest_us, err);
	if (!rc && view->newest_us < catalogue_us)
		view->newest_us = catalogue_us;
	return rc;
}

/* ---- opening ---- */

static int load_catalogue(struct view *view, const struct view_catalogue *kept,
			  struct err *err)
{
	uint64_t known_by_us = view->asking.known_by_us;
	int rc = figures_catalogue_version(&view->reader, known_by_us,
					   &view->version, err);

	if (rc)
		return rc;
	if (!kept || kept->version != view->version)
		return figures_catalogue(&view->reader, known_by_us,
					 &view->catalogue, NULL, err);
	view->catalogue = kept->catalogue;
	view->borrowed = true;
	return 0;
}

static int load(struct view *view, const struct view_catalogue *kept,
		struct err *err)
{
	int rc =
		fold_load_facts(view->fold, &view->reader, &view->applied, err);

	if (!rc && !fold_facts(view->fold, &view->facts))
		rc = err_set(err, ERR_NOTFOUND,
			     "the store is empty: run the collector once");
	if (!rc && fold_suspects(view->fold, &view->suspects))
		rc = err_set(err, ERR_NOMEM, "no memory for revoked keys");
	if (rc)
		return rc;
	view->last_day =
		day_of_us(fold_recv_us(view->fold), view->facts.zone_minutes);
	rc = figures_ask_known_by(&view->asking, view->facts.zone_minutes, err);
	if (!rc)
		rc = load_catalogue(view, kept, err);
	return rc ? rc : find_newest(view, err);
}

int view_open(struct view *view, struct db *db,
	      const struct figures_asking *asking,
	      const struct view_catalogue *kept, struct err *err)
{
	int rc;

	*view = (struct view){ .asking = *asking };
	view->fold = fold_new();
	if (!view->fold)
		return err_set(err, ERR_NOMEM, "no memory");
	rc = db_begin(db, false, &view->txn, err);
	if (rc)
		return rc;
	view->reader = store_reader(view->txn);
	view->reading =
		(struct figures_reading){ &view->reader, &view->suspects };
	view->past.reader = &view->reader;
	return load(view, kept, err);
}

int view_cutoff(struct view *view, const struct catalogue *catalogue,
		struct err *err)
{
	return figures_ask_cutoff(&view->asking, catalogue,
				  view->facts.zone_minutes, view->last_day,
				  err);
}

int view_close(struct view *view, int rc, struct err *err)
{
	catalogue_past_release(&view->past);
	if (!view->borrowed)
		catalogue_free(view->catalogue);
	fold_free(view->fold);
	free(view->suspects.list);
	if (view->txn)
		rc = db_finish(view->txn, rc, err);
	*view = (struct view){ 0 };
	return rc;
}

struct evaluation_input view_input(const struct view *view)
{
	return (struct evaluation_input){
		.catalogue = view->catalogue,
		.source = figures_source(&view->reading),
		.cutoff = view->asking.cutoff,
		.known_by_us = view->asking.known_by_us,
		.zone_minutes = view->facts.zone_minutes,
	};
}

struct figures_past view_past(struct view *view)
{
	uint64_t known_by_us = view->asking.known_by_us;

	return (struct figures_past){
		catalogue_past_at,
		&view->past,
		known_by_us == UINT64_MAX ? fold_recv_us(view->fold) :
					    known_by_us,
	};
}
