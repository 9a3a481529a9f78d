#include "collector/kept.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "collector/backup.h"
#include "collector/succeed.h"

/* Folding again is written out whenever so much has gathered. */
#define REFOLD_PUTS_BYTES (64u * 1024 * 1024)
/* The last ones that the store contains are compared with the journal's. */
#define COMPARED_ENTRIES 256

/* ---- the store, before the journal is opened ---- */

static int load_fold(struct kept *kept, uint64_t *applied, struct err *err)
{
	struct table_reader reader;
	struct db_txn *txn = NULL;
	int rc = db_begin(kept->db, false, &txn, err);

	if (rc)
		return rc;
	reader = store_reader(txn);
	rc = fold_load(kept->fold, &reader, applied, err);
	db_abort(txn);
	return rc;
}

/*
 * Does the store say of this entry what the journal says? A batch is named by
 * the hash of its header and signature, and its header names the one before:
 * whoever agrees on a batch agrees on its office's chain. Two journals that
 * went apart and took in the same batches again did it at other moments.
 */
static bool agrees_on(const struct table_reader *reader,
		      const struct journal_entry *entry)
{
	const struct leaf *leaf = &entry->leaf;
	struct seal_header header;
	struct fold_taken taken;
	struct hash name;

	if (leaf->kind != LEAF_BATCH)
		return true; /* the others are in no office's chain */
	if (seal_read_header(leaf->headers[0], &header, NULL) ||
	    fold_taken(reader, &header.key, header.sequence, &taken, NULL, 0,
		       NULL))
		return false;
	name = seal_name(leaf->headers[0], &leaf->signatures[0]);
	return taken.entry == entry->index && taken.recv_us == leaf->recv_us &&
	       hash_equal(&taken.name, &name);
}

/* Reads the entries up to applied. *agrees: the store says the same of them.
 * 1: they are there; 0: the journal ends before. */
static int compare_entries(struct kept *kept, struct journal_reader *journal,
			   uint64_t applied, bool *agrees, struct err *err)
{
	struct table_reader reader;
	struct journal_entry entry = { 0 };
	struct db_txn *txn = NULL;
	int rc = db_begin(kept->db, false, &txn, err);

	if (rc)
		return rc;
	reader = store_reader(txn);
	*agrees = true;
	do {
		rc = journal_read_next(journal, &entry, err);
		if (rc > 0)
			*agrees = *agrees && agrees_on(&reader, &entry);
	} while (rc > 0 && entry.index + 1 < applied);
	*agrees = *agrees && entry.leaf.recv_us == fold_recv_us(kept->fold);
	db_abort(txn);
	return rc;
}

/* 0; ERR_EXISTS: the store is of something else; others: the journal cannot
 * be used. */
static int check_against_journal(struct kept *kept, const char *journal_dir,
				 uint64_t applied, struct err *err)
{
	struct journal_reader *reader = NULL;
	struct fold_facts facts;
	bool agrees = false;
	int rc;

	if (!applied)
		return 0;
	rc = journal_read_open(
		journal_dir,
		applied > COMPARED_ENTRIES ? applied - COMPARED_ENTRIES : 0,
		&reader, err);
	if (rc)
		return rc;
	if (!fold_facts(kept->fold, &facts) ||
	    !hash_equal(&facts.journal, journal_read_id(reader))) {
		rc = err_set(err, ERR_EXISTS,
			     "the store is of another "
			     "journal");
		goto out;
	}
	rc = compare_entries(kept, reader, applied, &agrees, err);
	if (rc < 0)
		goto out;
	if (rc == 0) {
		rc = err_set(err, ERR_CORRUPT,
			     "%s: shorter than the %llu entries that were "
			     "acknowledged and folded: put back what is "
			     "missing, or have it from the offices "
			     "(tally-collector recover --help)",
			     journal_dir, (unsigned long long)applied);
		goto out;
	}
	rc = 0;
	if (!agrees)
		rc = err_set(err, ERR_EXISTS,
			     "store and journal disagree before entry %llu",
			     (unsigned long long)applied);
out:
	journal_read_close(reader);
	return rc;
}

int kept_remove_store(const char *path, struct err *err)
{
	static const char *const files[] = { "data.mdb", "lock.mdb" };

	for (size_t i = 0; i < 2; i++) {
		char file[PATH_MAX];
		int rc = kept_path(path, files[i], file, err);

		if (rc)
			return rc;
		if (unlink(file) && errno != ENOENT)
			return err_sys(err, "cannot remove %s", file);
	}
	return 0;
}

static int begin_anew(struct kept *kept, const char *store, struct err *err)
{
	int rc;

	db_close(kept->db);
	kept->db = NULL;
	fold_free(kept->fold);
	kept->fold = fold_new();
	kept->rebuilt = true;
	if (!kept->fold)
		return err_set(err, ERR_NOMEM, "no memory for the fold");
	rc = kept_remove_store(store, err);
	return rc ? rc : store_open(store, false, &kept->db, err);
}

static int open_store(struct kept *kept, const char *journal_dir,
		      uint64_t *applied, struct err *err)
{
	char store[PATH_MAX];
	struct err why = { 0 };
	bool missing;
	int rc = kept_path(kept->dir, "store/data.mdb", store, err);

	if (rc)
		return rc;
	missing = access(store, F_OK) != 0;
	rc = kept_path(kept->dir, "store", store, err);
	if (rc)
		return rc;
	kept->fold = fold_new();
	if (!kept->fold)
		return err_set(err, ERR_NOMEM, "no memory for the fold");
	rc = store_open(store, false, &kept->db, &why);
	if (!rc)
		rc = load_fold(kept, applied, &why);
	/* That is not the store's fault: a new one would fare no better. */
	if (rc == ERR_NOMEM || rc == ERR_FULL) {
		(void)err_set(err, rc, "%s", why.msg);
		return rc;
	}
	if (!rc) {
		rc = check_against_journal(kept, journal_dir, *applied, &why);
		if (rc && rc != ERR_EXISTS) {
			(void)err_set(err, rc, "%s", why.msg);
			return rc;
		}
	}
	if (!rc) {
		kept->rebuilt = kept->missing = missing;
		(void)snprintf(kept->rebuilt_why, sizeof(kept->rebuilt_why),
			       "there was no store");
		return 0;
	}
	(void)snprintf(kept->rebuilt_why, sizeof(kept->rebuilt_why), "%s",
		       why.msg);
	*applied = 0;
	return begin_anew(kept, store, err);
}

/* ---- folding what the store lacks ---- */

static int refold_entry(struct kept *kept, const struct journal_entry *entry,
			struct arena *arena, struct puts *puts, struct err *err)
{
	struct hash leaf_hash = hash_leaf(entry->leaf_bytes, span_of(NULL, 0));
	struct batch batch = { 0 };
	int rc = 0;

	if (leaf_has_batch(&entry->leaf)) {
		rc = wire_decode_batch(entry->batch, arena, &batch, err);
		if (!rc)
			rc = wire_check_batch(&batch, arena, true, err);
	}
	if (!rc)
		rc = fold_apply(kept->fold, entry->index, &entry->leaf,
				&leaf_hash,
				leaf_has_batch(&entry->leaf) ? &batch : NULL,
				puts, NULL, err);
	if (rc)
		return err_context(err, "%s: entry %llu at offset %llu",
				   entry->file,
				   (unsigned long long)entry->index,
				   (unsigned long long)entry->offset);
	kept->folded++;
	return 0;
}

static int refold(struct kept *kept, const char *journal_dir, uint64_t from,
		  struct err *err)
{
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	struct arena arena;
	struct puts puts;
	int rc = journal_read_open(journal_dir, from, &reader, err);

	if (rc)
		return rc;
	arena_init(&arena, WIRE_ARENA_BYTES);
	puts_init(&puts);
	while ((rc = journal_read_next(reader, &entry, err)) > 0) {
		rc = refold_entry(kept, &entry, &arena, &puts, err);
		arena_reset(&arena);
		if (!rc && puts.bytes.len > REFOLD_PUTS_BYTES) {
			rc = store_commit(kept->db, &puts, err);
			puts_clear(&puts);
		}
		if (rc)
			break;
	}
	if (!rc && puts.count)
		rc = store_commit(kept->db, &puts, err);
	puts_release(&puts);
	arena_release(&arena);
	journal_read_close(reader);
	return rc;
}

/* ---- all of it ---- */

static int check_founded(const char *journal_dir, struct err *err)
{
	struct stat st;

	if (!stat(journal_dir, &st))
		return 0;
	return err_set(err, ERR_NOTFOUND,
		       "%s: there is no journal yet: have an administrator "
		       "found it (tally-agent found), then give the file to "
		       "tally-collector init --founding",
		       journal_dir);
}

/* Recovery must not cut what was signed. */
static int read_signed(struct kept *kept, const char *checkpoint,
		       struct err *err)
{
	int rc = kept_checkpoint(kept->dir, checkpoint, kept->checkpoint, err);

	if (!rc)
		rc = succeed_last(kept->dir, &kept->keys.sign.key,
				  kept->checkpoint, &kept->last, err);
	return rc == ERR_NOTFOUND ? 0 : rc;
}

/* Nothing that was folded or signed may be cut. */
static int open_journal(struct kept *kept, const char *journal_dir,
			uint64_t applied, struct err *err)
{
	uint64_t signed_size = kept->last.checkpoint.size;
	struct journal_options options = { .keep_size = applied };
	int rc;

	if (signed_size > applied)
		options.keep_size = signed_size;
	rc = journal_open(journal_dir, &options,
			  applied ? fold_frontier(kept->fold) : NULL,
			  &kept->journal, err);
	if (rc == ERR_CORRUPT && signed_size > applied)
		(void)err_context(err,
				  "%s says that %llu entries were signed, put "
				  "back the newest copy of the journal, and "
				  "what is still missing from what offices "
				  "hold (tally-collector recover --help)",
				  kept->checkpoint,
				  (unsigned long long)signed_size);
	return rc;
}

/* What is wrong with key files is a matter of configuration. */
static int load_keys(struct kept *kept, const char *journal_dir,
		     struct err *err)
{
	int rc;

	sign_lock(&kept->keys, sizeof(kept->keys));
	rc = keys_load(kept->dir, &kept->keys, err);
	if (rc == ERR_NOTFOUND && access(journal_dir, F_OK))
		return err_set(err, rc,
			       "%s is no collector's directory: it has no "
			       "keys; tally-collector init makes one",
			       kept->dir);
	if (rc == ERR_NOTFOUND) {
		struct err missing = *err;

		return err_set(err, rc,
			       "%s: put it back from a backup; offices know "
			       "this collector by its keys and speak to no "
			       "other",
			       missing.msg);
	}
	if (rc == ERR_DENIED)
		rc = err->code = ERR_INVALID;
	return rc;
}

static int open_all(struct kept *kept, const char *checkpoint, struct err *err)
{
	char journal_dir[PATH_MAX];
	uint64_t applied = 0;
	int rc = kept_path(kept->dir, "journal", journal_dir, err);

	if (!rc)
		rc = load_keys(kept, journal_dir, err);
	if (!rc)
		rc = check_founded(journal_dir, err);
	if (!rc)
		rc = lock_take(kept->dir, "lock", &kept->lock_fd, err);
	if (!rc)
		rc = read_signed(kept, checkpoint, err);
	if (!rc)
		rc = open_store(kept, journal_dir, &applied, err);
	if (rc)
		return rc;
	rc = open_journal(kept, journal_dir, applied, err);
	if (!rc)
		rc = refold(kept, journal_dir, applied, err);
	if (rc)
		return rc;
	if (!journal_size(kept->journal))
		return err_set(err, ERR_NOTFOUND,
			       "%s: has no founding entry, run tally-collector "
			       "init --founding again",
			       journal_dir);
	return succeed_settle(kept->dir, journal_dir, kept->fold, &kept->keys,
			      err);
}

int kept_open(const char *dir, const char *checkpoint, struct kept *out,
	      struct err *err)
{
	struct kept kept = { .lock_fd = -1 };
	int rc;

	if ((size_t)snprintf(kept.dir, sizeof(kept.dir), "%s", dir) >=
	    sizeof(kept.dir))
		return err_set(err, ERR_LIMIT, "the path %s is too long", dir);
	rc = backup_check_restored(dir, err);
	if (!rc)
		rc = open_all(&kept, checkpoint, err);
	if (rc) {
		kept_close(&kept);
		return rc;
	}
	*out = kept;
	return 0;
}

void kept_close(struct kept *kept)
{
	journal_close(kept->journal);
	db_close(kept->db);
	fold_free(kept->fold);
	keys_wipe(&kept->keys);
	if (kept->lock_fd >= 0)
		(void)close(kept->lock_fd);
	*kept = (struct kept){ .lock_fd = -1 };
}
