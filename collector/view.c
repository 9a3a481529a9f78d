#include "collector/view.h"

#include <stdlib.h>

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
	return rc;
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
