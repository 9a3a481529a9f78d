/*
 * What an audit looks things up in: the tables of a store beside the journal,
 * or, where there is none or it lags behind, those of a replay in memory; and
 * single entries of the journal, decoded and proven.
 */
#ifndef TALLY_AUDIT_LEDGER_H
#define TALLY_AUDIT_LEDGER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "audit/replay.h"
#include "base/arena.h"
#include "base/err.h"
#include "proto/proof.h"
#include "proto/wire.h"
#include "store/db.h"
#include "store/journal.h"
#include "store/tables.h"

struct ledger {
	char dir[PATH_MAX];	/* as given */
	char journal[PATH_MAX]; /* see source_journal */
	int zone_minutes;
	struct journal_reader *reader;
	struct table_reader tables; /* after ledger_tables */
	bool from_store;	    /* else from a replay */
	/* on the way */
	struct db *db;
	struct db_txn *txn;
	struct replay replay;
	bool has_replay;
	struct arena arena;
};

/* Opens the journal of a data directory, or a copy of one. */
int ledger_open(struct ledger *ledger, const char *dir, struct err *err);
/* Returns rc, or why what was read from the store does not count. */
int ledger_close(struct ledger *ledger, int rc, struct err *err);

/* Tables that contain at least so many entries. ERR_NOTFOUND: the journal has
 * not so many. */
int ledger_tables(struct ledger *ledger, uint64_t size, struct err *err);
/* What became of a statement; after ledger_tables. */
int ledger_verdict(const struct ledger *ledger, uint64_t index, uint32_t n,
		   uint16_t *out, struct err *err);

/* The same of other tables. */
int ledger_verdict_in(const struct table_reader *tables, uint64_t index,
		      uint32_t n, uint16_t *out, struct err *err);

/* "7.0" as an office's status prints it: entry and place in its batch. */
bool ledger_receipt(const char *text, uint64_t *index, uint32_t *n);

/* A statement in its batch in its entry; lives until the next one is asked
 * for. ERR_NOTFOUND: there is none of this number. */
struct ledger_statement {
	struct journal_entry entry;
	struct batch batch;
	struct statement said; /* all zero: the body is no statement */
};
int ledger_statement(struct ledger *ledger, uint64_t index, uint32_t n,
		     struct ledger_statement *out, struct err *err);

/* That an entry is in the tree of size entries: by the file of the tree
 * beside the journal if that is whole, else by reading the journal. */
int ledger_inclusion(struct ledger *ledger, uint64_t index, uint64_t size,
		     const struct hash *leaf, const struct hash *root,
		     struct proof *out, struct err *err);
/* That statement n is in its batch. */
int ledger_in_batch(const struct batch *batch, uint32_t n, struct proof *out,
		    struct err *err);

#endif
