/*
 * LMDB. The door to lmdb.h: environments with named tables, read
 * transactions, and commits of pending writes. Used by the collector's store
 * and, with its own tables, by the agent's outbox.
 *
 * Flags: MDB_NOTLS only. One writer thread; readers are short. A full disk or
 * map is ERR_FULL. An environment is opened once per process, after fork.
 */
#ifndef TALLY_STORE_DB_H
#define TALLY_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "store/tables.h"

#define DB_TABLES_MAX 16
#define DB_READERS_MAX 126

struct db;
struct db_txn;

struct db_options {
	const char *const *tables; /* names */
	size_t table_count;
	size_t map_bytes; /* sparse */
	bool read_only;
	bool scratch; /* nobody else's, and lost with a crash */
};

/*
 * path is a directory, made if it is missing and not read_only.
 *
 * Reading alone leaves no trace, also where nothing may be written: without
 * LMDB's lock file where nobody has the database open. Beside a writer it
 * takes a place in that file, ERR_DENIED where that may not be written. What
 * was read counts once db_finish has said so.
 */
int db_open(const char *path, const struct db_options *options, struct db **out,
	    struct err *err);
void db_close(struct db *db);
/* Its file was removed, or another one stands in its place: what is read is
 * of the past, and stays so. */
bool db_is_gone(const struct db *db);

/* From now on pages that were read are given back, so that a program that
 * reads all of it stays small; what it has read stays readable. */
void db_spare(struct db *db);

int db_begin(struct db *db, bool write, struct db_txn **out, struct err *err);
int db_commit(struct db_txn *txn, struct err *err); /* ends it, always */
void db_abort(struct db_txn *txn);
/* Commits what went well so far (rc is 0), else aborts and returns rc. Of
 * what was read only, ERR_LOCKED if a writer has begun since and may have
 * written over it. */
int db_finish(struct db_txn *txn, int rc, struct err *err);

/* table: index into the options' names. Values die with the transaction. */
int db_get(struct db_txn *txn, unsigned table, struct span key,
	   struct span *value, struct err *err);
int db_put(struct db_txn *txn, unsigned table, struct span key,
	   struct span value, struct err *err);
int db_delete(struct db_txn *txn, unsigned table, struct span key,
	      struct err *err); /* absent is fine */

/* In order of keys from the first not below from (or the last key and
 * downward); visit as in struct table_reader. */
int db_scan(struct db_txn *txn, unsigned table, struct span from, bool downward,
	    int (*visit)(void *arg, struct span key, struct span value),
	    void *arg, struct err *err);

struct db_use {
	uint64_t map_bytes, used_bytes;
	uint32_t readers;
};
int db_use(struct db *db, struct db_use *out, struct err *err);
int db_check_readers(struct db *db); /* frees slots of dead processes */

/* ---- the collector's store ---- */

/* An environment with the tables of store/tables.h. */
int store_open(const char *path, bool read_only, struct db **out,
	       struct err *err);
/* An empty one in the folder for temporary files (TMPDIR, else /var/tmp),
 * without a name there: it is gone when it is closed, or the program ends. */
int store_open_scratch(struct db **out, struct err *err);
/* One transaction with every put. */
int store_commit(struct db *db, const struct puts *puts, struct err *err);
/* Answers from one read transaction. */
struct table_reader store_reader(struct db_txn *txn);

#endif
