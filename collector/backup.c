#include "collector/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "collector/kept.h"
#include "collector/succeed.h"
#include "proto/checkpoint.h"
#include "store/journal.h"
#include "store/journal_format.h"
#include "store/keyfile.h"

#define COPY_BYTES ((size_t)1 << 20)
#define MARK_BYTES_MAX 8192
#define UNFINISHED_JOURNAL "journal.unfinished"
#define TRIES 20 /* of a segment that grows meanwhile */

/* Beside the journal; those that are not there are left out. */
static const char *const files[] = { "collector.ini", "collector.card",
				     SUCCESSIONS_FILE, "witnesses" };
static const char *const key_files[] = { "keys/sign", "keys/curve",
					 ROTATION_DIR "/keys/sign",
					 ROTATION_DIR "/keys/curve" };
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- files ---- */

static int copy_bytes(int from, int to, const char *path, struct err *err)
{
	char *room = malloc(COPY_BYTES);
	ssize_t got;
	int rc = 0;

	if (!room)
		return err_set(err, ERR_NOMEM, "no memory to copy");
	while (!rc && (got = read(from, room, COPY_BYTES)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			rc = err_sys(err, "cannot read for %s", path);
		for (ssize_t at = 0, done; !rc && at < got; at += done) {
			done = write(to, room + at, (size_t)(got - at));
			if (done < 0 && errno == EINTR)
				done = 0;
			else if (done <= 0)
				rc = err_sys(err, "cannot write %s", path);
		}
	}
	free(room);
	return rc;
}

/* With its mode, synced. ERR_NOTFOUND: there is none. */
static int copy_file(const char *from, const char *to, struct err *err)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out;
	struct stat st;
	int rc = 0;

	if (in < 0)
		return errno == ENOENT ? ERR_NOTFOUND :
					 err_sys(err, "cannot read %s", from);
	if (fstat(in, &st)) {
		rc = err_sys(err, "cannot read %s", from);
		(void)close(in);
		return rc;
	}
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		   st.st_mode & 0777);
	if (out < 0)
		rc = err_sys(err, "cannot make %s", to);
	if (!rc)
		rc = copy_bytes(in, out, to, err);
	if (!rc && fsync(out))
		rc = err_sys(err, "cannot sync %s", to);
	if (out >= 0 && close(out) && !rc)
		rc = err_sys(err, "cannot write %s", to);
	(void)close(in);
	return rc;
}

static int sync_dir(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) ? err_sys(err, "cannot sync %s", path) : 0;

	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* What is there already stays: keys of today, that were put there before. */
static int copy_named(const char *from, const char *to, const char *name,
		      struct err *err)
{
	char source[PATH_MAX], target[PATH_MAX], *slash;
	int rc = kept_path(from, name, source, err);

	if (!rc)
		rc = kept_path(to, name, target, err);
	if (rc || access(source, F_OK) || !access(target, F_OK))
		return rc;
	slash = strrchr(target, '/');
	*slash = '\0';
	rc = dir_make(target, err);
	*slash = '/';
	if (!rc)
		rc = copy_file(source, target, err);
	*slash = '\0';
	return rc ? rc : sync_dir(target, err);
}

static int copy_all(const char *from, const char *to, const char *const *names,
		    size_t count, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++)
		rc = copy_named(from, to, names[i], err);
	return rc;
}

/* ---- the journal ---- */

static int copy_segment(const char *from, const char *to, uint64_t first,
			struct err *err)
{
	char name[SEGMENT_NAME_BYTES], source[PATH_MAX], target[PATH_MAX];
	int rc;

	segment_name(first, name);
	rc = kept_path(from, name, source, err);
	if (!rc)
		rc = kept_path(to, name, target, err);
	if (!rc)
		rc = copy_file(source, target, err);
	return rc == ERR_NOTFOUND ?
		       err_set(err, ERR_CORRUPT, "%s is not there", source) :
		       rc;
}

/*
 * From the first segment to the one that was the last when it began. A text
 * that is blotted out meanwhile is in the copy or is not; the statement that
 * says so comes before it is.
 */
static int copy_segments(const char *from, const char *to, uint64_t *last,
			 struct err *err)
{
	uint64_t *firsts = NULL;
	size_t count = 0;
	int rc = segment_list(&journal_disk_real, from, &firsts, &count, err);

	for (size_t i = 0; i < count && !rc; i++)
		rc = copy_segment(from, to, firsts[i], err);
	if (!rc)
		*last = firsts[count - 1];
	free(firsts);
	return rc;
}

/* Where the last entry of a checkpoint's stands. */
struct end {
	char file[SEGMENT_NAME_BYTES];
	uint64_t offset;
};

/* Reads it up to the checkpoint, which it must have the root of. 1: it does;
 * 0: it ends before. */
static int read_back(const char *dir, const struct checkpoint *checkpoint,
		     struct end *end, struct err *err)
{
	struct journal_reader *reader = NULL;
	struct journal_entry entry = { 0 };
	struct frontier frontier;
	struct hash root;
	int rc = journal_read_open(dir, 0, &reader, err);

	if (rc)
		return rc;
	frontier_init(&frontier);
	if (!hash_equal(journal_read_id(reader), &checkpoint->journal))
		rc = err_set(err, ERR_CORRUPT,
			     "%s is not the journal that the checkpoint is of",
			     dir);
	while (!rc && frontier.size < checkpoint->size) {
		struct hash leaf;

		rc = journal_read_next(reader, &entry, err);
		if (rc <= 0)
			break;
		rc = 0;
		leaf = hash_leaf(entry.leaf_bytes, span_of(NULL, 0));
		frontier_add(&frontier, &leaf);
		(void)snprintf(end->file, sizeof(end->file), "%s", entry.file);
		end->offset = entry.offset;
	}
	journal_read_close(reader);
	if (rc || frontier.size < checkpoint->size)
		return rc;
	root = frontier_root(&frontier);
	if (!hash_equal(&root, &checkpoint->root))
		return err_set(err, ERR_CORRUPT,
			       "%s: its first %" PRIu64
			       " entries do not have the root that was signed",
			       dir, checkpoint->size);
	return 1;
}

/* Behind the entry's group, whose commit frame follows it. */
static int find_cut(int fd, const char *path, uint64_t *at, struct err *err)
{
	uint8_t head[FRAME_HEADER_BYTES];

	if (pread(fd, head, sizeof(head), (off_t)*at) != (ssize_t)sizeof(head))
		return err_sys(err, "cannot read %s", path);
	*at += frame_bytes(load_u32(head));
	if (pread(fd, head, sizeof(head), (off_t)*at) != (ssize_t)sizeof(head))
		return err_sys(err, "cannot read %s", path);
	if (load_u64(head + 8) != COMMIT_INDEX)
		return err_set(err, ERR_CORRUPT,
			       "%s: offset %" PRIu64
			       ": what was signed ends within a group",
			       path, *at);
	*at += COMMIT_FRAME_BYTES;
	return 0;
}

static int cut_segment(const char *dir, const struct end *end, struct err *err)
{
	char path[PATH_MAX];
	uint64_t at = end->offset;
	int fd, rc = kept_path(dir, end->file, path, err);

	if (rc)
		return rc;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "cannot read %s", path);
	rc = find_cut(fd, path, &at, err);
	if (!rc && (ftruncate(fd, (off_t)at) || fsync(fd)))
		rc = err_sys(err, "cannot write %s", path);
	(void)close(fd);
	return rc;
}

/* What was written since the checkpoint is not signed yet: it goes. */
static int cut_journal(const char *dir, const struct end *end, struct err *err)
{
	uint64_t *firsts = NULL;
	size_t count = 0;
	int rc = segment_list(&journal_disk_real, dir, &firsts, &count, err);

	while (!rc && count) {
		char name[SEGMENT_NAME_BYTES], path[PATH_MAX];

		segment_name(firsts[--count], name);
		if (!strcmp(name, end->file))
			break;
		rc = kept_path(dir, name, path, err);
		if (!rc && unlink(path))
			rc = err_sys(err, "cannot remove %s", path);
	}
	free(firsts);
	if (!rc)
		rc = cut_segment(dir, end, err);
	return rc ? rc : sync_dir(dir, err);
}

static int measure(const char *dir, uint64_t *bytes, struct err *err)
{
	uint64_t *firsts = NULL;
	size_t count = 0;
	int rc = segment_list(&journal_disk_real, dir, &firsts, &count, err);

	*bytes = 0;
	for (size_t i = 0; i < count && !rc; i++) {
		char name[SEGMENT_NAME_BYTES], path[PATH_MAX];
		struct stat st;

		segment_name(firsts[i], name);
		rc = kept_path(dir, name, path, err);
		if (!rc && stat(path, &st))
			rc = err_sys(err, "cannot read %s", path);
		if (!rc)
			*bytes += (uint64_t)st.st_size;
	}
	free(firsts);
	return rc;
}

/* A collector may be writing: what is read of the group that it writes has a
 * bad checksum, the next time it is whole. */
static int copy_journal(const char *from, const char *to,
			const struct checkpoint *checkpoint, struct err *err)
{
	struct end end = { .offset = 0 };
	uint64_t last = 0;
	int rc = dir_make(to, err);

	if (!rc)
		rc = copy_segments(from, to, &last, err);
	if (rc)
		return rc;
	rc = read_back(to, checkpoint, &end, err);
	for (unsigned i = 0; i < TRIES && rc == ERR_CORRUPT; i++) {
		rc = copy_segment(from, to, last, err);
		if (!rc)
			rc = read_back(to, checkpoint, &end, err);
	}
	if (!rc)
		rc = err_set(err, ERR_CORRUPT,
			     "%s has fewer entries than the %" PRIu64
			     " that were signed",
			     from, checkpoint->size);
	return rc < 0 ? rc : cut_journal(to, &end, err);
}

/* ---- the checkpoint ---- */

/* By the keys that lie beside it. */
static int read_checkpoint(const char *dir, const char *path,
			   struct notary_word *out, struct err *err)
{
	struct key_chain chain;
	struct keys keys;
	int rc = keys_load(dir, &keys, err);

	if (!rc)
		rc = succeed_chain(dir, &keys.sign.key, &chain, NULL, err);
	keys_wipe(&keys);
	if (rc)
		return rc;
	rc = notary_last(path, &chain, out, err);
	if (rc == ERR_NOTFOUND)
		rc = err_set(err, ERR_NOTFOUND,
			     "%s is not there: nothing is signed yet", path);
	return rc;
}

/* ---- the marks ---- */

static int write_mark(const char *dir, const char *name, const char *to,
		      uint64_t entries, uint64_t at_us, struct err *err)
{
	char path[PATH_MAX], text[PATH_MAX + 64];
	int len = snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " %s\n",
			   entries, at_us, to);
	int rc = kept_path(dir, name, path, err);

	return rc ? rc : file_replace(path, text, (size_t)len, 0644, err);
}

static bool read_mark(const char *dir, const char *name, uint64_t *entries,
		      uint64_t *at_us, char *to)
{
	char path[PATH_MAX], *text = NULL;
	size_t len = 0;
	int at = 0;
	bool good = false;

	if (kept_path(dir, name, path, NULL) ||
	    file_read(path, MARK_BYTES_MAX, &text, &len, NULL))
		return false;
	if (len && text[len - 1] == '\n') {
		text[len - 1] = '\0';
		good = sscanf(text, "%" SCNu64 " %" SCNu64 " %n", entries,
			      at_us, &at) == 2 &&
		       at && strlen(text + at) < PATH_MAX;
	}
	if (good && to)
		(void)snprintf(to, PATH_MAX, "%s", text + at);
	free(text);
	return good;
}

uint64_t backup_marked(const char *dir, uint64_t *at_us, char *to)
{
	uint64_t entries = 0;

	return read_mark(dir, BACKUP_MARK, &entries, at_us, to) ? entries : 0;
}

int backup_check_restored(const char *dir, struct err *err)
{
	char from[PATH_MAX], path[PATH_MAX];
	uint64_t entries = 0, at_us;
	int rc = kept_path(dir, RESTORED_MARK, path, err);

	if (rc || access(path, F_OK))
		return rc;
	(void)snprintf(from, sizeof(from), "a backup");
	(void)read_mark(dir, RESTORED_MARK, &entries, &at_us, from);
	return err_set(err, ERR_ORDER,
		       "%s was put back from %s with %" PRIu64
		       " entries: ask the offices for tally-agent hand-over "
		       "FILE --entries %" PRIu64
		       ", then run tally-collector recover with all files (or "
		       "without one, if nobody has heard of more)",
		       dir, from, entries, entries);
}

int backup_end_restored(const char *dir, struct err *err)
{
	char path[PATH_MAX];
	int rc = kept_path(dir, RESTORED_MARK, path, err);

	if (!rc && unlink(path) && errno != ENOENT)
		rc = err_sys(err, "cannot remove %s", path);
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
static int remove_folder(const char *path, const char *name, struct err *err)
{
	char folder[PATH_MAX];
	struct dirent *entry;
	DIR *dir;
	int rc = kept_path(path, name, folder, err);

	dir = rc ? NULL : opendir(folder);
	if (!dir)
		return rc;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
	return rmdir(folder) ? err_sys(err, "cannot remove %s", folder) : 0;
}

static int remove_unfinished(const char *path, struct err *err)
{
	static const char *const folders[] = {
		UNFINISHED_JOURNAL,	"journal",    "keys",
		(ROTATION_DIR "/keys"), ROTATION_DIR, ""
	};
	int rc = 0;

	for (size_t i = 0; i < COUNT(folders) && !rc; i++)
		rc = remove_folder(path, folders[i], err);
	return rc;
}

static int fill(const char *dir, const char *to, const struct notary_word *word,
		bool with_keys, struct backup_facts *out, struct err *err)
{
	char from[PATH_MAX], journal[PATH_MAX], path[PATH_MAX];
	int rc = kept_path(dir, "journal", from, err);

	if (!rc)
		rc = remove_folder(to, UNFINISHED_JOURNAL, err);
	if (!rc)
		rc = kept_path(to, UNFINISHED_JOURNAL, path, err);
	if (!rc)
		rc = kept_path(to, "journal", journal, err);
	if (!rc)
		rc = copy_journal(from, path, &word->checkpoint, err);
	if (!rc && rename(path, journal))
		rc = err_sys(err, "cannot rename %s", path);
	if (!rc)
		rc = kept_path(to, "checkpoint", path, err);
	if (!rc)
		rc = file_replace(path, word->note, word->note_bytes, 0644,
				  err);
	if (!rc)
		rc = copy_all(dir, to, files, COUNT(files), err);
	if (!rc && with_keys)
		rc = copy_all(dir, to, key_files, COUNT(key_files), err);
	if (!rc)
		rc = measure(journal, &out->bytes, err);
	out->entries = word->checkpoint.size;
	out->root = word->checkpoint.root;
	return rc ? rc : sync_dir(to, err);
}

/* The directory that it is in. */
static int sync_above(const char *path, struct err *err)
{
	char above[PATH_MAX];
	char *slash;

	(void)snprintf(above, sizeof(above), "%s", path);
	slash = strrchr(above, '/');
	if (!slash)
		return sync_dir(".", err);
	slash[slash == above] = '\0';
	return sync_dir(above, err);
}

static int whole_path(const char *path, char out[PATH_MAX])
{
	return realpath(path, out) ? 0 : ERR_NOTFOUND;
}

int backup_make(const char *dir, const char *checkpoint, const char *to,
		bool with_keys, uint64_t at_us, struct backup_facts *out,
		struct err *err)
{
	char path[PATH_MAX], unfinished[PATH_MAX];
	struct notary_word word;
	int rc = absent(to, err);

	if (!rc && (size_t)snprintf(unfinished, sizeof(unfinished),
				    "%s.unfinished", to) >= sizeof(unfinished))
		rc = err_set(err, ERR_LIMIT, "the path is too long");
	if (!rc && *checkpoint)
		(void)snprintf(path, sizeof(path), "%s", checkpoint);
	else if (!rc)
		rc = kept_path(dir, "checkpoint", path, err);
	/* First: what is signed later is no part of it. */
	if (!rc)
		rc = read_checkpoint(dir, path, &word, err);
	if (!rc)
		rc = remove_unfinished(unfinished, err);
	if (!rc)
		rc = dir_make(unfinished, err);
	if (!rc)
		rc = fill(dir, unfinished, &word, with_keys, out, err);
	if (!rc && rename(unfinished, to))
		rc = err_sys(err, "cannot rename %s", unfinished);
	if (!rc)
		rc = sync_above(to, err);
	if (!rc && whole_path(to, path))
		rc = err_sys(err, "cannot find %s", to);
	return rc ? rc :
		    write_mark(dir, BACKUP_MARK, path, out->entries, at_us,
			       err);
}

/* ---- putting one back ---- */

static int copy_back(const char *from, const char *dir,
		     const struct notary_word *word, struct backup_facts *out,
		     struct err *err)
{
	char path[PATH_MAX];
	int rc = dir_make(dir, err);

	/* Before the journal: what is cut off is not taken for a whole one. */
	if (!rc && whole_path(from, path))
		rc = err_sys(err, "cannot find %s", from);
	if (!rc)
		rc = write_mark(dir, RESTORED_MARK, path, word->checkpoint.size,
				0, err);
	if (!rc)
		rc = copy_all(from, dir, key_files, COUNT(key_files), err);
	return rc ? rc : fill(from, dir, word, false, out, err);
}

static int check_place(const char *dir, struct err *err)
{
	static const char *const there[] = { "journal", "store", "tree" };
	char path[PATH_MAX];
	int rc = 0;

	for (size_t i = 0; i < COUNT(there) && !rc; i++) {
		rc = kept_path(dir, there[i], path, err);
		if (!rc && !access(path, F_OK))
			rc = err_set(err, ERR_EXISTS,
				     "%s is there: a backup is put back into a "
				     "directory of its own; move the old one "
				     "aside, do not delete it",
				     path);
	}
	return rc;
}

int backup_restore(const char *from, const char *dir, struct backup_facts *out,
		   struct err *err)
{
	char path[PATH_MAX];
	struct notary_word word;
	int rc = kept_path(dir, "keys/sign", path, err);
	const char *keys = rc || access(path, F_OK) ? from : dir;

	if (!rc)
		rc = kept_path(from, "checkpoint", path, err);
	if (!rc)
		rc = check_place(dir, err);
	if (!rc)
		rc = read_checkpoint(keys, path, &word, err);
	return rc ? rc : copy_back(from, dir, &word, out, err);
}
