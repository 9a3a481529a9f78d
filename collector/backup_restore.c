/*
 * A backup is put back, in steps of which each is whole or not there, the
 * journal last: with it all is there. One that was cut off is begun again and
 * finds what is done.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "collector/backup_parts.h"
#include "collector/kept.h"
#include "collector/succeed.h"
#include "store/copy.h"
#include "store/keyfile.h"

/* ---- what is there ---- */

/* Signed by a key of today, or one that it follows from: as the directory says,
 * or, where that says nothing of it, the backup. */
static int read_word(const char *from, const char *dir, struct notary_word *out,
		     struct err *err)
{
	char path[PATH_MAX];
	bool own = kept_has(dir, "keys/sign");
	struct err why = { 0 };
	struct keys keys;
	int rc = kept_path(from, "checkpoint", path, err);

	if (!rc)
		rc = keys_load(own ? dir : from, &keys, err);
	if (rc)
		return rc;
	rc = succeed_last(own ? dir : from, &keys.sign.key, path, out, &why);
	if (rc == ERR_CORRUPT && own)
		rc = succeed_last(from, &keys.sign.key, path, out, NULL);
	keys_wipe(&keys);
	if (rc == ERR_NOTFOUND)
		return err_set(err, rc, "%s is not there: it is no backup",
			       path);
	if (rc && own)
		return err_set(err, rc,
			       "%s. If the keys in %s are newer than it, "
			       "put " SUCCESSIONS_FILE " of today beside them",
			       why.msg, dir);
	return rc ? err_set(err, rc, "%s", why.msg) : 0;
}

static int check_place(const char *dir, struct err *err)
{
	static const char *const there[] = { "journal", "store", "tree" };

	for (size_t i = 0; i < sizeof(there) / sizeof(*there); i++)
		if (kept_has(dir, there[i]))
			return err_set(err, ERR_EXISTS,
				       "%s/%s is there: a backup is put back "
				       "into a directory of its own; move the "
				       "old one aside, do not delete it",
				       dir, there[i]);
	return 0;
}

/* One that was cut off: of this backup? */
static int check_begun(const char *dir, const struct backup_mark *mark,
		       bool *begun, struct err *err)
{
	struct backup_mark before;

	*begun = backup_read_mark(dir, RESTORED_MARK, &before);
	if (!*begun || (hash_equal(&before.journal, &mark->journal) &&
			before.entries == mark->entries &&
			hash_equal(&before.root, &mark->root)))
		return 0;
	return err_set(err, ERR_EXISTS,
		       "in %s another backup is being put back, %s with "
		       "%" PRIu64 " entries: name another directory",
		       dir, before.path, before.entries);
}

/* A checkpoint that survived says how much there was: it stays, unless it is
 * older than the backup. */
static int check_survivor(const char *from, const char *dir,
			  const struct notary_word *word, bool *stays,
			  struct err *err)
{
	bool own = kept_has(dir, "keys/sign");
	char path[PATH_MAX];
	struct notary_word there;
	struct err why = { 0 };
	int rc = kept_path(dir, "checkpoint", path, err);

	*stays = false;
	if (rc || access(path, F_OK))
		return rc;
	rc = backup_read_last(own ? dir : from, path, &there, &why);
	if (!rc &&
	    !hash_equal(&there.checkpoint.journal, &word->checkpoint.journal))
		rc = err_set(&why, ERR_DENIED, "%s is of another journal",
			     path);
	if (rc)
		return err_set(err, ERR_EXISTS,
			       "%s. Move the file aside, or put the keys "
			       "and " SUCCESSIONS_FILE
			       " of that time beside it",
			       why.msg);
	*stays = there.checkpoint.size >= word->checkpoint.size;
	return 0;
}

/* ---- the steps ---- */

static int copy_absent(const char *from, const char *dir, const char *name,
		       struct err *err)
{
	char source[PATH_MAX], target[PATH_MAX];
	int rc = kept_path(from, name, source, err);

	if (!rc)
		rc = kept_path(dir, name, target, err);
	if (rc || !access(target, F_OK))
		return rc;
	rc = copy_file(source, target, err);
	return rc == ERR_NOTFOUND ? 0 : rc;
}

/* All of the backup's or none: with those of today none is waiting that once
 * did. keys go last, they say that the others are there. */
static int copy_missing_keys(const char *from, const char *dir, struct err *err)
{
	char source[PATH_MAX], target[PATH_MAX];
	int rc = kept_path(from, ROTATION_DIR, source, err);

	if (!rc)
		rc = kept_path(dir, ROTATION_DIR, target, err);
	if (rc || kept_has(dir, "keys/sign"))
		return rc;
	if (kept_has(source, "keys"))
		rc = copy_keys(source, target, err);
	if (rc && rc != ERR_EXISTS)
		return rc;
	return copy_keys(from, dir, err);
}

static int copy_journal(const char *from, const char *dir,
			const struct notary_word *word, bool has_checkpoint,
			struct err *err)
{
	char source[PATH_MAX], unfinished[PATH_MAX], path[PATH_MAX];
	int rc = kept_path(from, "journal", source, err);

	if (!rc)
		rc = kept_path(dir, BACKUP_UNFINISHED_JOURNAL, unfinished, err);
	if (!rc)
		rc = dir_remove(unfinished, err);
	if (!rc)
		rc = backup_copy_journal(source, unfinished, &word->checkpoint,
					 NULL, err);
	if (!rc)
		rc = kept_path(dir, "checkpoint", path, err);
	if (!rc && !has_checkpoint)
		rc = file_replace(path, word->note, word->note_bytes, 0644,
				  err);
	/* Now that all else is there. */
	if (!rc)
		rc = kept_path(dir, "journal", path, err);
	if (!rc && rename(unfinished, path))
		rc = err_sys(err, "cannot rename %s", unfinished);
	return rc ? rc : dir_sync(dir, err);
}

static int put_back(const char *from, const char *dir,
		    const struct notary_word *word,
		    const struct backup_mark *mark, struct err *err)
{
	bool survived = false;
	int rc = check_survivor(from, dir, word, &survived, err);

	if (!rc)
		rc = dir_make(dir, err);
	/* First: what is cut off is not taken for a whole one. */
	if (!rc)
		rc = backup_write_mark(dir, RESTORED_MARK, mark, err);
	for (size_t i = 0; backup_files[i] && !rc; i++)
		rc = copy_absent(from, dir, backup_files[i], err);
	if (!rc)
		rc = copy_missing_keys(from, dir, err);
	return rc ? rc : copy_journal(from, dir, word, survived, err);
}

int backup_restore(const char *from, const char *dir, struct backup_facts *out,
		   struct err *err)
{
	char journal[PATH_MAX];
	struct backup_mark mark;
	struct notary_word word;
	bool begun = false;
	int rc = kept_has(dir, RESTORED_MARK) ? 0 : check_place(dir, err);

	if (!rc)
		rc = read_word(from, dir, &word, err);
	if (!rc)
		rc = backup_mark_of(&word.checkpoint, from, 0, &mark, err);
	if (!rc)
		rc = check_begun(dir, &mark, &begun, err);
	if (!rc)
		rc = kept_path(dir, "journal", journal, err);
	if (rc)
		return rc;
	if (begun && !access(journal, F_OK))
		rc = backup_check_journal(journal, &word.checkpoint, err);
	else
		rc = put_back(from, dir, &word, &mark, err);
	if (!rc)
		rc = backup_measure(journal, &out->bytes, err);
	out->entries = word.checkpoint.size;
	out->root = word.checkpoint.root;
	return rc;
}
