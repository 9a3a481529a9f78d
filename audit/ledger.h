/*
 * What an audit looks things up in: the tables of a store beside the journal,
 * or, where there is none or it lags behind, those of a replay in memory; and
 * the journal itself.
 */
#ifndef TALLY_AUDIT_LEDGER_H
#define TALLY_AUDIT_LEDGER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "audit/replay.h"
#include "base/err.h"
#include "store/db.h"
#include "store/lookup.h"
#include "store/tables.h"

struct ledger {
	char dir[PATH_MAX];	/* as given */
	char journal[PATH_MAX]; /* see source_journal */
	int zone_minutes;
	struct lookup lookup;
	struct table_reader tables; /* after ledger_tables */
	bool from_store;	    /* else from a replay */
	/* on the way */
	struct db *db;
	struct db_txn *txn;
	struct replay replay;
	bool has_replay;
};

/* Opens the journal of a data directory, or a copy of one. */
int ledger_open(struct ledger *ledger, const char *dir, struct err *err);
/* Returns rc, or why what was read from the store does not count. */
int ledger_close(struct ledger *ledger, int rc, struct err *err);

/* Tables that contain at least so many entries. ERR_NOTFOUND: the journal has
 * not so many. */
int ledger_tables(struct ledger *ledger, uint64_t size, struct err *err);
#endif
