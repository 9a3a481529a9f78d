#include "audit/compare.h"

#include <inttypes.h>

#include "audit/source.h"
#include "base/bytes.h"
#include "store/db.h"

#define APPLIED_KEY "applied"

static int store_size(const struct table_reader *reader, uint64_t *out,
		      struct err *err)
{
	struct span value;
	int rc = reader->get(reader->ctx, TABLE_META, span_of_text(APPLIED_KEY),
			     &value, err);

	if (rc == ERR_NOTFOUND)
		return err_set(err, ERR_CORRUPT,
			       "the store does not say what it contains");
	if (rc)
		return rc;
	if (value.len != sizeof(*out))
		return err_set(err, ERR_CORRUPT,
			       "the store's applied size is damaged");
	*out = load_u64(value.data);
	return 0;
}

static int count_from(const char *dir, uint64_t from, uint64_t *out,
		      struct err *err)
{
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	int rc = journal_read_open(dir, from, &reader, err);

	*out = 0;
	if (rc)
		return rc;
	while ((rc = journal_read_next(reader, &entry, err)) == 1)
		(*out)++;
	journal_read_close(reader);
	return rc;
}

/* The store may lag behind the journal: it is compared at its own size. */
static int compare(struct replay *replay, const char *dir,
		   const struct table_reader *live, struct comparing *comparing,
		   struct err *err)
{
	struct replay_until until = { .size = 0 };
	struct table_reader mine;
	int rc = store_size(live, &until.size, err);

	comparing->size = until.size;
	if (!rc)
		rc = replay_run(replay, dir, until, err);
	if (rc)
		return rc;
	if (replay->entries < until.size) {
		strbuf_addf(&comparing->text,
			    "the store contains %" PRIu64
			    " entries, the journal has %" PRIu64,
			    until.size, replay->entries);
		comparing->result = DIFFERS;
		comparing->differences = 1;
		return 0;
	}
	rc = count_from(dir, until.size, &comparing->behind, err);
	if (rc)
		return rc;
	mine = replay_reader(replay);
	rc = tables_compare(&mine, live, &comparing->text,
			    &comparing->differences, err);
	if (!rc)
		comparing->result = comparing->differences ? DIFFERS : AGREES;
	return rc;
}

int compare_store(struct replay *replay, const char *dir, const char *store,
		  struct comparing *comparing, struct err *err)
{
	struct table_reader live;
	struct db_txn *txn = NULL;
	struct db *db = NULL;
	char path[PATH_MAX];
	int rc;

	source_store(store, path);
	rc = store_open(path, true, &db, err);
	if (!rc)
		rc = db_begin(db, false, &txn, err);
	if (!rc) {
		db_spare(db);
		live = store_reader(txn);
		rc = db_finish(txn, compare(replay, dir, &live, comparing, err),
			       err);
	}
	if (db)
		db_close(db);
	return rc;
}
