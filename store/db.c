#include "store/db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Address space, not disk: the file grows as it is used. */
#define STORE_MAP_BYTES (64ull * 1024 * 1024 * 1024)
/* Of most machines; on others a scan is slower, no more. */
#define PAGE_BYTES 4096
#define LINE_BYTES 64
/* LMDB reports a write cut short by a full disk as EIO. With less room than
 * this left, that is what an EIO means. */
#define FULL_BYTES_MAX (1024u * 1024)
/* The kernel maps 16 pages around each that is touched: 128 MiB at most. */
#define SEEN_MAX 2048u
#define SCRATCH_PLACE "/var/tmp"

struct db {
	MDB_env *env;
	bool unlocked; /* to read alone, and nobody had it open */
	MDB_dbi tables[DB_TABLES_MAX];
	size_t table_count;
	char *path;
	/* What a sparing one has read since it last gave memory back. */
	bool sparing;
	const uint8_t *low, *high;
	unsigned seen;
};

struct db_txn {
	struct db *db;
	MDB_txn *txn;
	bool write;
};

static bool disk_is_full(const char *path)
{
	struct statvfs fs;

	return !statvfs(path, &fs) &&
	       (uint64_t)fs.f_bavail * fs.f_frsize < FULL_BYTES_MAX;
}

static int code_of(int mdb, const char *path)
{
	switch (mdb) {
	case MDB_NOTFOUND:
	case ENOENT:
		return ERR_NOTFOUND;
	case MDB_MAP_FULL:
	case ENOSPC:
	case EDQUOT:
		return ERR_FULL;
	case MDB_PAGE_NOTFOUND:
	case MDB_CORRUPTED:
	case MDB_VERSION_MISMATCH:
	case MDB_INVALID:
	case MDB_INCOMPATIBLE:
		return ERR_CORRUPT;
	case MDB_READERS_FULL:
	case MDB_BAD_VALSIZE:
	case MDB_TXN_FULL:
		return ERR_LIMIT;
	case ENOMEM:
		return ERR_NOMEM;
	/* A commit failed, and nobody knows how far it got: whoever opens it
	 * anew finds the last that is whole. */
	case MDB_PANIC:
		return ERR_IO;
	case EIO:
		return disk_is_full(path) ? ERR_FULL : ERR_IO;
	default: /* errno values and LMDB's own are open sets */
		return ERR_IO;
	}
}

static int fail(struct err *err, const struct db *db, int mdb, const char *what)
{
	int code = err_set(err, code_of(mdb, db->path), "%s: %s: %s", db->path,
			   what, mdb_strerror(mdb));

	if (err && mdb > 0)
		err->sys = mdb;
	return code;
}

static MDB_val val_of(struct span span)
{
	return (MDB_val){ .mv_size = span.len, .mv_data = (void *)span.data };
}

static struct span span_of_val(const MDB_val *val)
{
	return span_of(val->mv_data, val->mv_size);
}

/* ---- opening ---- */

static int sync_directory(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return err_sys(err, "%s", path);
	if (fsync(fd))
		rc = err_sys(err, "%s: fsync", path);
	close(fd);
	return rc;
}

static int sync_parent(const char *path, struct err *err)
{
	char *parent = strdup(path);
	size_t len;
	int rc;

	if (!parent)
		return err_set(err, ERR_NOMEM, "no memory to open a database");
	len = strlen(parent);
	while (len > 1 && parent[len - 1] == '/')
		len--;
	while (len && parent[len - 1] != '/')
		len--;
	while (len > 1 && parent[len - 1] == '/')
		len--;
	parent[len] = '\0';
	rc = sync_directory(len ? parent : ".", err);
	free(parent);
	return rc;
}

/* LMDB maps its file: pages that are not there would be a SIGBUS. */
static int check_length(struct db *db, struct err *err)
{
	MDB_envinfo info;
	MDB_stat stats;
	struct stat st;
	mdb_filehandle_t fd;
	uint64_t need;
	int rc = mdb_env_get_fd(db->env, &fd);

	if (!rc)
		rc = mdb_env_info(db->env, &info);
	if (!rc)
		rc = mdb_env_stat(db->env, &stats);
	if (rc)
		return fail(err, db, rc, "open");
	if (fstat(fd, &st))
		return err_sys(err, "%s", db->path);
	need = ((uint64_t)info.me_last_pgno + 1) * stats.ms_psize;
	/* Pages 0 and 1 alone: an empty one, not written to yet. */
	if (info.me_last_pgno > 1 && (uint64_t)st.st_size < need)
		return err_set(err, ERR_CORRUPT,
			       "%s/data.mdb: %lld bytes, its pages need %llu",
			       db->path, (long long)st.st_size,
			       (unsigned long long)need);
	return 0;
}

static int open_tables(struct db *db, const struct db_options *options,
		       struct err *err)
{
	unsigned create = options->read_only ? 0 : MDB_CREATE;
	MDB_txn *txn = NULL;
	int rc;

	rc = mdb_txn_begin(db->env, NULL, options->read_only ? MDB_RDONLY : 0,
			   &txn);
	if (rc)
		return fail(err, db, rc, "open");
	for (size_t i = 0; i < options->table_count; i++) {
		rc = mdb_dbi_open(txn, options->tables[i], create,
				  &db->tables[i]);
		if (rc) {
			mdb_txn_abort(txn);
			return fail(err, db, rc, options->tables[i]);
		}
	}
	rc = mdb_txn_commit(txn);
	if (rc)
		return fail(err, db, rc, "open");
	db->table_count = options->table_count;
	return 0;
}

/*
 * Whoever has a database open holds a lock on LMDB's lock file. A reader beside
 * it must take its place there, or pages are written over while it reads them;
 * where nobody has it open, reading leaves no trace at all.
 */
static int choose_locking(struct db *db, struct err *err)
{
	struct flock lock = { .l_type = F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_len = 1 };
	char path[PATH_MAX];
	int fd, rc = 0;

	if ((size_t)snprintf(path, sizeof(path), "%s/lock.mdb", db->path) >=
	    sizeof(path))
		return err_set(err, ERR_LIMIT, "%s: the path is too long",
			       db->path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		return err_sys(err, "%s", path);
	if (fd < 0) {
		db->unlocked = true;
		return 0;
	}
	if (fcntl(fd, F_GETLK, &lock))
		rc = err_sys(err, "%s: cannot ask for its lock", path);
	else if (lock.l_type == F_UNLCK)
		db->unlocked = true;
	else if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS))
		rc = err_set(err, ERR_DENIED,
			     "%s is in use, and this user may not write to %s, "
			     "where whoever reads beside its writer takes a "
			     "place: run this as the collector's user, or on "
			     "a copy",
			     db->path, path);
	close(fd);
	return rc;
}

static int open_env(struct db *db, const struct db_options *options,
		    struct err *err)
{
	unsigned flags = MDB_NOTLS | (options->read_only ? MDB_RDONLY : 0) |
			 (db->unlocked ? MDB_NOLOCK : 0) |
			 (options->scratch ? MDB_NOLOCK | MDB_NOSYNC : 0);
	int rc = mdb_env_create(&db->env);

	if (rc) {
		db->env = NULL;
		return fail(err, db, rc, "open");
	}
	rc = mdb_env_set_maxdbs(db->env, DB_TABLES_MAX);
	if (!rc)
		rc = mdb_env_set_maxreaders(db->env, DB_READERS_MAX);
	if (!rc && !options->read_only)
		rc = mdb_env_set_mapsize(db->env, options->map_bytes);
	if (!rc)
		rc = mdb_env_open(db->env, db->path, flags, 0600);
	/* LMDB would begin an empty file anew, but may not write. */
	if (rc == EBADF && options->read_only)
		return err_set(err, ERR_CORRUPT, "%s/data.mdb: it is empty",
			       db->path);
	return rc ? fail(err, db, rc, "open") : 0;
}

int db_open(const char *path, const struct db_options *options, struct db **out,
	    struct err *err)
{
	struct db *db = calloc(1, sizeof(*db));
	bool fresh = false;
	int rc;

	assert(options->table_count <= DB_TABLES_MAX);
	if (!db || !(db->path = strdup(path))) {
		free(db);
		return err_set(err, ERR_NOMEM, "no memory to open a database");
	}
	if (!options->read_only) {
		fresh = !mkdir(path, 0700);
		if (!fresh && errno != EEXIST) {
			rc = err_sys(err, "%s", path);
			goto out;
		}
	}
	rc = options->read_only ? choose_locking(db, err) : 0;
	if (!rc)
		rc = open_env(db, options, err);
	if (!rc)
		rc = check_length(db, err);
	if (!rc)
		rc = open_tables(db, options, err);
	/* LMDB syncs its file but not that there is one. */
	if (!rc && !options->read_only && !options->scratch)
		rc = sync_directory(path, err);
	if (!rc && fresh)
		rc = sync_parent(path, err);
out:
	if (rc)
		db_close(db);
	else
		*out = db;
	return rc;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	if (db->env)
		mdb_env_close(db->env);
	free(db->path);
	free(db);
}

bool db_is_gone(const struct db *db)
{
	struct stat open, there;
	char path[PATH_MAX];
	mdb_filehandle_t fd;

	if (mdb_env_get_fd(db->env, &fd) || fstat(fd, &open))
		return true;
	if ((size_t)snprintf(path, sizeof(path), "%s/data.mdb", db->path) >=
		    sizeof(path) ||
	    stat(path, &there))
		return true;
	return there.st_dev != open.st_dev || there.st_ino != open.st_ino;
}

/* ---- transactions ---- */

int db_begin(struct db *db, bool write, struct db_txn **out, struct err *err)
{
	struct db_txn *txn = calloc(1, sizeof(*txn));
	int rc;

	if (!txn)
		return err_set(err, ERR_NOMEM, "no memory for a transaction");
	txn->db = db;
	txn->write = write;
	rc = mdb_txn_begin(db->env, NULL, write ? 0 : MDB_RDONLY, &txn->txn);
	if (rc) {
		free(txn);
		return fail(err, db, rc, "begin");
	}
	*out = txn;
	return 0;
}

int db_commit(struct db_txn *txn, struct err *err)
{
	struct db *db = txn->db;
	int rc = mdb_txn_commit(txn->txn);

	free(txn);
	return rc ? fail(err, db, rc, "commit") : 0;
}

void db_abort(struct db_txn *txn)
{
	if (!txn)
		return;
	mdb_txn_abort(txn->txn);
	free(txn);
}

/*
 * May what an unlocked transaction has read be written over by now? LMDB uses
 * no page again that one of the last two commits still shows: the third
 * transaction after the one that is read may, once two more are committed.
 */
static bool is_overtaken(const struct db_txn *txn)
{
	MDB_envinfo info;

	return txn->db->unlocked && !mdb_env_info(txn->db->env, &info) &&
	       info.me_last_txnid > mdb_txn_id(txn->txn) + 1;
}

int db_finish(struct db_txn *txn, int rc, struct err *err)
{
	if (is_overtaken(txn)) {
		rc = err_set(err, ERR_LOCKED,
			     "%s: somebody began to write to it while it was "
			     "read: try again",
			     txn->db->path);
		db_abort(txn);
		return rc;
	}
	if (!rc)
		return db_commit(txn, err);
	db_abort(txn);
	return rc;
}

/* ---- memory ---- */

void db_spare(struct db *db)
{
	db->sparing = true;
}

/* A value in the map was seen: once there are many, their pages and those
 * between them are no longer this program's. */
static void see(struct db_txn *txn, const MDB_val *value)
{
	struct db *db = txn->db;
	const uint8_t *at = value->mv_data;
	uintptr_t page, from;

	/* What a writer has changed is not in the map but in its memory. */
	if (!db->sparing || txn->write)
		return;
	if (!db->seen || at < db->low)
		db->low = at;
	if (!db->seen || at > db->high)
		db->high = at;
	if (++db->seen < SEEN_MAX)
		return;
	page = (uintptr_t)sysconf(_SC_PAGESIZE);
	from = (uintptr_t)db->low / page * page;
	/* They are read again from the file where they are used again. */
	(void)madvise((void *)from, (uintptr_t)db->high + 1 - from,
		      MADV_DONTNEED);
	db->seen = 0;
}

/* ---- reading and writing ---- */

int db_get(struct db_txn *txn, unsigned table, struct span key,
	   struct span *value, struct err *err)
{
	MDB_val k = val_of(key), v;
	int rc;

	assert(table < txn->db->table_count);
	rc = mdb_get(txn->txn, txn->db->tables[table], &k, &v);
	if (rc)
		return fail(err, txn->db, rc, "get");
	see(txn, &v);
	*value = span_of_val(&v);
	return 0;
}

int db_count(struct db_txn *txn, unsigned table, uint64_t *out, struct err *err)
{
	MDB_stat stats;
	int rc;

	assert(table < txn->db->table_count);
	rc = mdb_stat(txn->txn, txn->db->tables[table], &stats);
	if (rc)
		return fail(err, txn->db, rc, "stat");
	*out = stats.ms_entries;
	return 0;
}

int db_put(struct db_txn *txn, unsigned table, struct span key,
	   struct span value, struct err *err)
{
	MDB_val k = val_of(key), v = val_of(value);
	int rc;

	assert(table < txn->db->table_count);
	rc = mdb_put(txn->txn, txn->db->tables[table], &k, &v, 0);
	return rc ? fail(err, txn->db, rc, "put") : 0;
}

int db_delete(struct db_txn *txn, unsigned table, struct span key,
	      struct err *err)
{
	MDB_val k = val_of(key);
	int rc;

	assert(table < txn->db->table_count);
	rc = mdb_del(txn->txn, txn->db->tables[table], &k, NULL);
	return rc && rc != MDB_NOTFOUND ? fail(err, txn->db, rc, "delete") : 0;
}

/* ---- scanning ---- */

/* Puts the cursor on the first pair of the scan. */
static int seek(MDB_cursor *cursor, struct span from, bool downward,
		MDB_val *key, MDB_val *value)
{
	int rc;

	if (!from.len)
		return mdb_cursor_get(cursor, key, value,
				      downward ? MDB_LAST : MDB_FIRST);
	*key = val_of(from);
	rc = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	if (!downward)
		return rc;
	if (rc == MDB_NOTFOUND)
		return mdb_cursor_get(cursor, key, value, MDB_LAST);
	if (rc || span_equal(span_of_val(key), from))
		return rc;
	return mdb_cursor_get(cursor, key, value, MDB_PREV);
}

struct scan {
	struct span from, prefix;
	bool downward;
	int (*visit)(void *arg, struct span key, struct span value);
	void *arg;
};

/* A scan reads most of a page: the page is fetched when its first pair is met,
 * instead of waiting for memory at every pair. Gives the page. */
static uintptr_t fetch_page(const MDB_val *key, uintptr_t before)
{
	uintptr_t page = (uintptr_t)key->mv_data & ~(uintptr_t)(PAGE_BYTES - 1);

	if (page != before)
		for (size_t at = 0; at < PAGE_BYTES; at += LINE_BYTES)
			__builtin_prefetch((const char *)page + at);
	return page;
}

static int run_scan(struct db_txn *txn, unsigned table, const struct scan *scan,
		    struct err *err)
{
	uintptr_t page = 0;
	MDB_cursor_op onward = scan->downward ? MDB_PREV : MDB_NEXT;
	MDB_cursor *cursor = NULL;
	MDB_val key, value;
	int stop = 0, rc;

	assert(table < txn->db->table_count);
	rc = mdb_cursor_open(txn->txn, txn->db->tables[table], &cursor);
	if (rc)
		return fail(err, txn->db, rc, "scan");
	rc = seek(cursor, scan->from, scan->downward, &key, &value);
	while (!rc) {
		struct span prefix = scan->prefix;

		page = fetch_page(&key, page);
		if (key.mv_size < prefix.len ||
		    (prefix.len &&
		     memcmp(key.mv_data, prefix.data, prefix.len) != 0))
			break;
		stop = scan->visit(scan->arg, span_of_val(&key),
				   span_of_val(&value));
		if (stop)
			break;
		see(txn, &value);
		rc = mdb_cursor_get(cursor, &key, &value, onward);
	}
	mdb_cursor_close(cursor);
	if (rc && rc != MDB_NOTFOUND)
		return fail(err, txn->db, rc, "scan");
	return stop;
}

int db_scan(struct db_txn *txn, unsigned table, struct span from, bool downward,
	    int (*visit)(void *arg, struct span key, struct span value),
	    void *arg, struct err *err)
{
	struct scan scan = {
		.from = from, .downward = downward, .visit = visit, .arg = arg
	};

	return run_scan(txn, table, &scan, err);
}

/* ---- upkeep ---- */

int db_use(struct db *db, struct db_use *out, struct err *err)
{
	MDB_envinfo info;
	MDB_stat stats;
	int rc = mdb_env_info(db->env, &info);

	if (!rc)
		rc = mdb_env_stat(db->env, &stats);
	if (rc)
		return fail(err, db, rc, "info");
	out->map_bytes = info.me_mapsize;
	out->used_bytes = ((uint64_t)info.me_last_pgno + 1) * stats.ms_psize;
	out->readers = info.me_numreaders;
	return 0;
}

int db_check_readers(struct db *db)
{
	int dead = 0;
	int rc = mdb_reader_check(db->env, &dead);

	return rc ? code_of(rc, db->path) : 0;
}

/* ---- the collector's store ---- */

static int open_store(const char *path, bool read_only, bool scratch,
		      struct db **out, struct err *err)
{
	const char *names[TABLE_COUNT];
	struct db_options options = { .tables = names,
				      .table_count = TABLE_COUNT,
				      .map_bytes = STORE_MAP_BYTES,
				      .read_only = read_only,
				      .scratch = scratch };

	for (unsigned i = 0; i < TABLE_COUNT; i++)
		names[i] = table_name((enum table)i);
	return db_open(path, &options, out, err);
}

int store_open(const char *path, bool read_only, struct db **out,
	       struct err *err)
{
	return open_store(path, read_only, false, out, err);
}

int store_open_scratch(struct db **out, struct err *err)
{
	const char *place = getenv("TMPDIR");
	char path[PATH_MAX], file[PATH_MAX + 16];
	int rc;

	if (!place || !*place)
		place = SCRATCH_PLACE;
	if ((size_t)snprintf(path, sizeof(path), "%s/tally-XXXXXX", place) >=
	    sizeof(path))
		return err_set(err, ERR_LIMIT, "%s: the path is too long",
			       place);
	if (!mkdtemp(path))
		return err_sys(err,
			       "%s: no room beside the memory (TMPDIR names "
			       "another folder)",
			       place);
	rc = open_store(path, false, true, out, err);
	(void)snprintf(file, sizeof(file), "%s/data.mdb", path);
	(void)unlink(file);
	(void)rmdir(path);
	return rc;
}

/* Puts in the order of their keys go in behind each other: a cursor finds the
 * place of most beside the one before. */
static int put_all(struct db_txn *txn, const struct put *list, size_t count,
		   struct err *err)
{
	MDB_cursor *cursor = NULL;
	enum table table = TABLE_COUNT; /* the cursor's */
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++) {
		const struct put *put = &list[i];
		MDB_val key = val_of(put->key), value = val_of(put->value);

		if (put->deleted) {
			rc = db_delete(txn, put->table, put->key, err);
			continue;
		}
		if (cursor && put->table != table) {
			mdb_cursor_close(cursor);
			cursor = NULL;
		}
		table = put->table;
		if (!cursor)
			rc = mdb_cursor_open(
				txn->txn, txn->db->tables[put->table], &cursor);
		if (!rc)
			rc = mdb_cursor_put(cursor, &key, &value, 0);
		if (rc)
			rc = fail(err, txn->db, rc, "put");
	}
	if (cursor)
		mdb_cursor_close(cursor);
	return rc;
}

int store_commit(struct db *db, const struct puts *puts, struct err *err)
{
	struct put *list = NULL;
	struct db_txn *txn = NULL;
	size_t count = 0;
	int rc = puts_sorted(puts, &list, &count);

	if (rc)
		return err_set(err, rc, "%s: no memory to sort writes",
			       db->path);
	rc = db_begin(db, true, &txn, err);
	if (!txn)
		goto out;
	rc = put_all(txn, list, count, err);
	if (!rc)
		rc = db_commit(txn, err);
	else
		db_abort(txn);
out:
	free(list);
	return rc;
}

static int store_get(void *ctx, enum table table, struct span key,
		     struct span *value, struct err *err)
{
	return db_get(ctx, table, key, value, err);
}

static int store_scan(void *ctx, enum table table, struct span prefix,
		      int (*visit)(void *arg, struct span key,
				   struct span value),
		      void *arg, struct err *err)
{
	struct scan scan = {
		.from = prefix, .prefix = prefix, .visit = visit, .arg = arg
	};

	return run_scan(ctx, table, &scan, err);
}

struct table_reader store_reader(struct db_txn *txn)
{
	return (struct table_reader){ .get = store_get,
				      .scan = store_scan,
				      .ctx = txn };
}
