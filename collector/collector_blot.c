/*
 * Redactions: texts that the store says are to go, blotted out in the journal,
 * and the heads that showed them sent to offices again. The store is the list
 * of what is to be done: after a crash the next start goes through it.
 */
#include "collector/collector_parts.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/rt/log.h"
#include "proto/wire.h"
#include "store/redaction.h"

struct listing {
	struct redaction *list;
	size_t count, size;
	struct err *err;
};

static int add(void *arg, struct span key, struct span value)
{
	struct listing *listing = arg;

	if (listing->count == listing->size) {
		size_t size = listing->size ? 2 * listing->size : 16;
		struct redaction *grown =
			realloc(listing->list, size * sizeof(*grown));

		if (!grown)
			return err_set(listing->err, ERR_NOMEM,
				       "no memory for redactions");
		listing->list = grown;
		listing->size = size;
	}
	return redaction_read(key, value, &listing->list[listing->count++],
			      listing->err);
}

static int list(struct collector *c, struct listing *listing, struct err *err)
{
	struct table_reader reader;
	struct db_txn *txn;
	int rc = db_begin(c->kept.db, false, &txn, err);

	if (rc)
		return rc;
	reader = store_reader(txn);
	rc = reader.scan(reader.ctx, TABLE_REDACTION, span_of(NULL, 0), add,
			 listing, err);
	db_abort(txn);
	return rc;
}

/* What is blotted out already stays as it is. */
static int blot(struct collector *c, const struct redaction *redaction,
		struct err *err)
{
	const char *name = wire_text_name(redaction->text);
	bool found = false;
	int rc = journal_blot(c->kept.journal, redaction->entry, redaction->n,
			      span_of_text(name), &found, err);

	if (rc || !found)
		return rc;
	log_line(LOG_INFO, "text-redacted",
		 "statement=%" PRIu64 ".%u text=%s by=%" PRIu64 ".%u",
		 redaction->entry, redaction->n, name, redaction->by_entry,
		 redaction->by_n);
	return delivery_redacted(c->delivery, redaction->entry, redaction->n,
				 err);
}

void collector_blot(struct collector *c)
{
	struct listing listing = { 0 };
	struct err err = { 0 };
	int rc;

	listing.err = &err;
	rc = list(c, &listing, &err);
	for (size_t i = 0; i < listing.count && !rc; i++)
		rc = blot(c, &listing.list[i], &err);
	free(listing.list);
	if (rc == ERR_FULL) {
		if (!c->blot_told)
			log_err(LOG_WARN, "redaction-waits", &err);
		c->blot_told = true;
		return;
	}
	if (rc) {
		collector_give_up(c, "redaction-failed", &err);
		return;
	}
	c->blot_told = c->blot_wanted = false;
}

void collector_note_redactions(struct collector *c, size_t puts_from)
{
	size_t pos = puts_from;
	struct put put;

	while (!c->blot_wanted && puts_next(&c->puts, &pos, &put))
		c->blot_wanted = put.table == TABLE_REDACTION;
	/* Not before the store holds it, and what it is of. */
	if (c->blot_wanted)
		c->blot_at = fold_applied(c->kept.fold);
}
