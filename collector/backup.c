#include "collector/backup.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "collector/backup_parts.h"
#include "collector/kept.h"
#include "collector/succeed.h"
#include "store/copy.h"
#include "store/keyfile.h"

#define TRIES 20 /* of keys that change meanwhile */

const char *const backup_files[] = { "collector.ini", "collector.card",
				     SUCCESSIONS_FILE, "witnesses", NULL };

int backup_read_last(const char *keys_dir, const char *path,
		     struct notary_word *out, struct err *err)
{
	struct keys keys;
	int rc = keys_load(keys_dir, &keys, err);

	if (rc)
		return rc;
	rc = succeed_last(keys_dir, &keys.sign.key, path, out, err);
	keys_wipe(&keys);
	if (rc == ERR_NOTFOUND)
		rc = err_set(err, ERR_NOTFOUND,
			     "%s is not there: nothing is signed yet", path);
	return rc;
}

/* ---- settings and keys ---- */

/* Those that are copied, keys last. */
static const char *const key_files[] = { "keys/sign", "keys/curve",
					 ROTATION_DIR "/keys/sign",
					 ROTATION_DIR "/keys/curve", NULL };

static int copy_named(const char *from, const char *to, const char *name,
		      struct err *err)
{
	char source[PATH_MAX], target[PATH_MAX];
	int rc = kept_path(from, name, source, err);

	if (!rc)
		rc = kept_path(to, name, target, err);
	if (!rc)
		rc = copy_file(source, target, err);
	if (rc == ERR_NOTFOUND)
		/* It may have been there the last time. */
		rc = unlink(target) && kept_has(to, name) ?
			     err_sys(err, "cannot remove %s", target) :
			     0;
	return rc;
}

static int remove_keys(const char *to, struct err *err)
{
	static const char *const folders[] = {
		"keys", "keys" COPY_UNFINISHED, ROTATION_DIR "/keys",
		ROTATION_DIR "/keys" COPY_UNFINISHED, ROTATION_DIR
	};
	char path[PATH_MAX];
	int rc = 0;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && !rc; i++) {
		rc = kept_path(to, folders[i], path, err);
		if (!rc)
			rc = dir_remove(path, err);
	}
	return rc;
}

static int copy_both_keys(const char *dir, const char *to, struct err *err)
{
	char from[PATH_MAX], target[PATH_MAX];
	int rc = kept_path(dir, ROTATION_DIR, from, err);

	if (!rc)
		rc = kept_path(to, ROTATION_DIR, target, err);
	if (!rc && kept_has(from, "keys"))
		rc = copy_keys(from, target, err);
	if (rc == ERR_NOTFOUND)
		rc = 0; /* it was over just now */
	return rc ? rc : copy_keys(dir, to, err);
}

static int are_same(const char *dir, const char *to, const char *const *names,
		    bool *same, struct err *err)
{
	char left[PATH_MAX], right[PATH_MAX];
	int rc = 0;

	for (; *names && *same && !rc; names++) {
		rc = kept_path(dir, *names, left, err);
		if (!rc)
			rc = kept_path(to, *names, right, err);
		if (!rc)
			rc = copy_is_same(left, right, same, err);
	}
	return rc;
}

/* *same: they were so all at one moment. */
static int copy_once(const char *dir, const char *to, bool with_keys,
		     bool *same, struct err *err)
{
	int rc = remove_keys(to, err);

	for (size_t i = 0; backup_files[i] && !rc; i++)
		rc = copy_named(dir, to, backup_files[i], err);
	if (!rc && with_keys)
		rc = copy_both_keys(dir, to, err);
	*same = true;
	if (!rc)
		rc = are_same(dir, to, backup_files, same, err);
	if (!rc && with_keys)
		rc = are_same(dir, to, key_files, same, err);
	return rc;
}

/*
 * Keys may go over to others meanwhile (rotate): half of the old ones and half
 * of the new would be of no use to anybody. It is copied again until what was
 * copied is still there as it was.
 */
static int copy_settings(const char *dir, const char *to, bool with_keys,
			 struct err *err)
{
	bool same = false;
	int rc = 0;

	for (unsigned i = 0; i < TRIES && !same && !rc; i++)
		rc = copy_once(dir, to, with_keys, &same, err);
	if (!rc && !same)
		rc = err_set(err, ERR_LOCKED,
			     "%s: settings or keys change all the time, try "
			     "again",
			     dir);
	return rc;
}

/* ---- making one ---- */

static int absent(const char *path, struct err *err)
{
	return access(path, F_OK) ?
		       0 :
		       err_set(err, ERR_EXISTS,
			       "%s is there already: name a new directory, "
			       "for instance with the day",
			       path);
}

/* Of what an earlier one that was cut off has left. */
static int remove_unfinished(const char *path, struct err *err)
{
	static const char *const folders[] = { BACKUP_UNFINISHED_JOURNAL,
					       "journal" };
	char folder[PATH_MAX];
	int rc = remove_keys(path, err);

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && !rc; i++) {
		rc = kept_path(path, folders[i], folder, err);
		if (!rc)
			rc = dir_remove(folder, err);
	}
	return rc ? rc : dir_remove(path, err);
}

static int copy_signed(const char *dir, const char *to,
		       const struct notary_word *word, struct backup_facts *out,
		       struct err *err)
{
	char from[PATH_MAX], journal[PATH_MAX], path[PATH_MAX];
	struct backup_mark before;
	bool marked = backup_marked(dir, &before);
	int rc = kept_path(dir, "journal", from, err);

	if (!rc)
		rc = kept_path(to, "journal", journal, err);
	if (!rc)
		rc = backup_copy_journal(from, journal, &word->checkpoint,
					 marked ? &before : NULL, err);
	if (!rc)
		rc = kept_path(to, "checkpoint", path, err);
	if (!rc)
		rc = file_replace(path, word->note, word->note_bytes, 0644,
				  err);
	if (!rc)
		rc = backup_measure(journal, &out->bytes, err);
	out->entries = word->checkpoint.size;
	out->root = word->checkpoint.root;
	return rc;
}

/* The checkpoint by the keys that lie beside it now: whoever puts it back has
 * no others. */
static int check_keys(const char *to, struct err *err)
{
	struct notary_word word;
	char path[PATH_MAX];
	int rc = kept_path(to, "checkpoint", path, err);

	return rc ? rc : backup_read_last(to, path, &word, err);
}

static int fill(const char *dir, const char *to, const struct notary_word *word,
		bool with_keys, struct backup_facts *out, struct err *err)
{
	int rc = copy_signed(dir, to, word, out, err);

	/* Behind the checkpoint: keys that are newer follow from those that
	 * have signed it. */
	if (!rc)
		rc = copy_settings(dir, to, with_keys, err);
	if (!rc && with_keys)
		rc = check_keys(to, err);
	return rc ? rc : dir_sync(to, err);
}

int backup_make(const char *dir, const char *checkpoint, const char *to,
		bool with_keys, uint64_t at_us, struct backup_facts *out,
		struct err *err)
{
	char path[PATH_MAX], unfinished[PATH_MAX];
	struct backup_mark mark;
	struct notary_word word;
	int rc = absent(to, err);

	if (!rc &&
	    (size_t)snprintf(unfinished, sizeof(unfinished),
			     "%s" COPY_UNFINISHED, to) >= sizeof(unfinished))
		rc = err_set(err, ERR_LIMIT, "the path is too long");
	if (!rc)
		rc = kept_checkpoint(dir, checkpoint, path, err);
	/* First: what is signed later is no part of it. */
	if (!rc)
		rc = backup_read_last(dir, path, &word, err);
	if (!rc)
		rc = remove_unfinished(unfinished, err);
	if (!rc)
		rc = dir_make(unfinished, err);
	if (!rc)
		rc = fill(dir, unfinished, &word, with_keys, out, err);
	if (!rc && rename(unfinished, to))
		rc = err_sys(err, "cannot rename %s", unfinished);
	if (!rc)
		rc = dir_sync_above(to, err);
	if (!rc)
		rc = backup_mark_of(&word.checkpoint, to, at_us, &mark, err);
	return rc ? rc : backup_write_mark(dir, BACKUP_MARK, &mark, err);
}
