#include "audit/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/progress.h"
#include "audit/source.h"

/* ---- the journal ---- */

static int read_zone(struct ledger *ledger, struct err *err)
{
	struct looked_up first;
	int rc = lookup_statement(&ledger->lookup, 0, 0, &first, err);

	if (rc == ERR_NOTFOUND || (!rc && first.said.kind != SAID_FOUND))
		return err_set(err, ERR_CORRUPT,
			       "%s: the journal does not begin with a founding "
			       "batch",
			       ledger->journal);
	if (!rc)
		ledger->zone_minutes = first.said.said.found.zone_minutes;
	return rc;
}

int ledger_open(struct ledger *ledger, const char *dir, struct err *err)
{
	int rc;

	*ledger = (struct ledger){ 0 };
	(void)snprintf(ledger->dir, sizeof(ledger->dir), "%s", dir);
	rc = source_journal(dir, ledger->journal, err);
	if (!rc)
		rc = lookup_open(&ledger->lookup, ledger->journal, ledger->dir,
				 err);
	return rc ? rc : read_zone(ledger, err);
}

int ledger_close(struct ledger *ledger, int rc, struct err *err)
{
	if (ledger->txn)
		rc = db_finish(ledger->txn, rc, err);
	if (ledger->db)
		db_close(ledger->db);
	if (ledger->has_replay)
		replay_release(&ledger->replay);
	lookup_close(&ledger->lookup);
	return rc;
}

/* ---- tables ---- */

/* 0 with *enough false where there is no store, or one that lags behind. */
static int try_store(struct ledger *ledger, uint64_t size, bool *enough,
		     struct err *err)
{
	char path[PATH_MAX];
	uint64_t applied = 0;
	int rc;

	*enough = false;
	source_store(ledger->dir, path);
	if (!strcmp(path, ledger->dir))
		return 0;
	rc = store_open(path, true, &ledger->db, err);
	if (!rc)
		rc = db_begin(ledger->db, false, &ledger->txn, err);
	if (rc == ERR_NOTFOUND)
		return 0;
	if (rc)
		return rc;
	ledger->tables = store_reader(ledger->txn);
	rc = tables_number(&ledger->tables, "applied", &applied, err);
	*enough = !rc && applied >= size;
	return rc == ERR_NOTFOUND ? 0 : rc;
}

int ledger_tables(struct ledger *ledger, uint64_t size, struct err *err)
{
	const struct replay_until all = { .size = UINT64_MAX };
	int rc = try_store(ledger, size, &ledger->from_store, err);

	if (rc || ledger->from_store)
		return rc;
	rc = replay_init(&ledger->replay, true, err);
	if (rc)
		return rc;
	ledger->has_replay = true;
	rc = replay_run(&ledger->replay, ledger->journal, all, err);
	if (!rc && ledger->replay.entries < size)
		rc = err_set(err, ERR_NOTFOUND,
			     "the journal has %" PRIu64 " entries",
			     ledger->replay.entries);
	ledger->tables = replay_reader(&ledger->replay);
	return rc;
}
