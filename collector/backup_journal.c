/* A backup's journal: the live one's segments, read back and cut where the
 * checkpoint ends. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "collector/backup_parts.h"
#include "collector/kept.h"
#include "store/copy.h"
#include "store/journal.h"
#include "store/journal_format.h"
#include "store/keyfile.h"

#define TRIES 20 /* of a segment that grows meanwhile */

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

/* What is read of a journal, up to a checkpoint. */
struct reading {
	const struct checkpoint *checkpoint;
	const struct backup_mark *before; /* or NULL */
	bool goes_on;  /* it has the first entries of the backup before */
	bool declared; /* it says that it has lost some of these */
	struct frontier frontier;
	/* where the last entry stands */
	char file[SEGMENT_NAME_BYTES];
	uint64_t offset;
};

static void take_entry(struct reading *reading,
		       const struct journal_entry *entry)
{
	struct hash leaf = hash_leaf(entry->leaf_bytes, span_of(NULL, 0));
	const struct backup_mark *before = reading->before;

	frontier_add(&reading->frontier, &leaf);
	(void)snprintf(reading->file, sizeof(reading->file), "%s", entry->file);
	reading->offset = entry->offset;
	if (before && entry->leaf.kind == LEAF_REOPENED &&
	    before->entries > entry->leaf.applied &&
	    before->entries <= entry->leaf.lost)
		reading->declared = true;
	if (before && reading->frontier.size == before->entries) {
		struct hash root = frontier_root(&reading->frontier);

		reading->goes_on = hash_equal(&root, &before->root);
	}
}

/* 1: it is what the checkpoint covers; 0: it ends before. */
static int read_back(const char *dir, struct reading *reading, struct err *err)
{
	const struct checkpoint *checkpoint = reading->checkpoint;
	struct journal_reader *reader = NULL;
	struct journal_entry entry = { 0 };
	struct hash root;
	int rc = journal_read_open(dir, 0, &reader, err);

	if (rc)
		return rc;
	frontier_init(&reading->frontier);
	reading->goes_on = reading->declared = false;
	if (!hash_equal(journal_read_id(reader), &checkpoint->journal))
		rc = err_set(err, ERR_CORRUPT,
			     "%s is not the journal that the checkpoint is of",
			     dir);
	while (!rc && reading->frontier.size < checkpoint->size) {
		rc = journal_read_next(reader, &entry, err);
		if (rc <= 0)
			break;
		rc = 0;
		take_entry(reading, &entry);
	}
	journal_read_close(reader);
	if (rc || reading->frontier.size < checkpoint->size)
		return rc;
	root = frontier_root(&reading->frontier);
	if (!hash_equal(&root, &checkpoint->root))
		return err_set(err, ERR_CORRUPT,
			       "%s: its first %" PRIu64
			       " entries do not have the root that was signed",
			       dir, checkpoint->size);
	return 1;
}

int backup_check_journal(const char *dir, const struct checkpoint *checkpoint,
			 struct err *err)
{
	struct reading reading = { .checkpoint = checkpoint };
	int rc = read_back(dir, &reading, err);

	if (!rc)
		rc = err_set(err, ERR_CORRUPT,
			     "%s has fewer entries than the %" PRIu64
			     " that were signed",
			     dir, checkpoint->size);
	return rc < 0 ? rc : 0;
}

/* Another journal, or one that went another way. */
static int check_before(const char *from, const struct reading *reading,
			struct err *err)
{
	const struct backup_mark *before = reading->before;

	if (!before)
		return 0;
	if (!hash_equal(&before->journal, &reading->checkpoint->journal))
		return err_set(err, ERR_ORDER,
			       "%s is another journal than that of the newest "
			       "backup, %s: if that is of no use any more, "
			       "remove " BACKUP_MARK " beside the journal",
			       from, before->path);
	if (reading->goes_on || reading->declared)
		return 0;
	return err_set(err, ERR_ORDER,
		       "%s does not go on from the newest backup, %s with "
		       "%" PRIu64 " entries: it has others, or has lost some, "
		       "as when an older copy was put back. Keep that backup, "
		       "and put it back: tally-collector restore --help",
		       from, before->path, before->entries);
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

static int cut_segment(const char *dir, const struct reading *reading,
		       struct err *err)
{
	char path[PATH_MAX];
	uint64_t at = reading->offset;
	int fd, rc = kept_path(dir, reading->file, path, err);

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
static int cut_journal(const char *dir, const struct reading *reading,
		       struct err *err)
{
	uint64_t *firsts = NULL;
	size_t count = 0;
	int rc = segment_list(&journal_disk_real, dir, &firsts, &count, err);

	while (!rc && count) {
		char name[SEGMENT_NAME_BYTES], path[PATH_MAX];

		segment_name(firsts[--count], name);
		if (!strcmp(name, reading->file))
			break;
		rc = kept_path(dir, name, path, err);
		if (!rc && unlink(path))
			rc = err_sys(err, "cannot remove %s", path);
	}
	free(firsts);
	if (!rc)
		rc = cut_segment(dir, reading, err);
	return rc ? rc : dir_sync(dir, err);
}

int backup_measure(const char *dir, uint64_t *bytes, struct err *err)
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
int backup_copy_journal(const char *from, const char *to,
			const struct checkpoint *checkpoint,
			const struct backup_mark *before, struct err *err)
{
	struct reading reading = { .checkpoint = checkpoint, .before = before };
	uint64_t last = 0;
	int rc = dir_make(to, err);

	if (!rc)
		rc = copy_segments(from, to, &last, err);
	if (rc)
		return rc;
	rc = read_back(to, &reading, err);
	for (unsigned i = 0; i < TRIES && rc == ERR_CORRUPT; i++) {
		rc = copy_segment(from, to, last, err);
		if (!rc)
			rc = read_back(to, &reading, err);
	}
	if (!rc)
		rc = err_set(err, ERR_CORRUPT,
			     "%s has fewer entries than the %" PRIu64
			     " that were signed",
			     from, checkpoint->size);
	if (rc > 0)
		rc = check_before(from, &reading, err);
	return rc ? rc : cut_journal(to, &reading, err);
}
