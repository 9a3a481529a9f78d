/* Making a journal, and opening one again after whatever happened to it. */
#include "store/journal_core.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/journal_reader.h"

int journal_create(const char *dir, const struct hash *id, struct err *err)
{
	const struct journal_disk *disk = &journal_disk_real;
	struct segment_header header = { .id = *id };
	struct frontier nothing;
	uint64_t *firsts = NULL;
	size_t count;
	int fd;
	int rc = segment_list(disk, dir, &firsts, &count, NULL);

	free(firsts);
	if (rc != ERR_NOTFOUND && rc != ERR_IO)
		return err_set(err, ERR_EXISTS, "%s: a journal is here already",
			       dir);
	frontier_init(&nothing);
	header.root = frontier_root(&nothing);
	rc = journal_make_segment(disk, dir, &header, span_of(NULL, 0), &fd,
				  err);
	if (!rc)
		(void)disk->close(disk->ctx, fd);
	return rc;
}

/* Opens the last segment. What is in it may be in memory only: written by a
 * process that was killed, or kept there though the disk has failed to take
 * it. It counts once it is synced and read back from the disk. */
static int settle(struct journal *journal, uint64_t first, struct err *err)
{
	const struct journal_disk *disk = journal->disk;
	char name[SEGMENT_NAME_BYTES];
	char *path, *unfinished;
	int rc = 0;

	segment_name(first, name);
	path = segment_path(journal->dir, name);
	unfinished = segment_path(journal->dir, SEGMENT_UNFINISHED);
	if (!path || !unfinished) {
		rc = err_set(err, ERR_NOMEM, "no memory to open a journal");
		goto out;
	}
	if (disk->unlink(disk->ctx, unfinished) < 0 && errno != ENOENT) {
		rc = err_sys(err, "%s", unfinished);
		goto out;
	}
	journal->fd = disk->open(disk->ctx, path, O_RDWR);
	if (journal->fd < 0 || disk->sync(disk->ctx, journal->fd) < 0 ||
	    disk->sync_dir(disk->ctx, journal->dir) < 0) {
		rc = err_sys(err, "%s", path);
		goto out;
	}
	disk->uncache(disk->ctx, journal->fd);
out:
	free(path);
	free(unfinished);
	return rc;
}

/* Segments before the one that reading begins with are there and whole. */
static int check_closed(const struct journal_reader *reader, struct err *err)
{
	struct scan scan;
	int rc = 0;

	scan_init(&scan, reader->disk);
	for (size_t i = 0; i < reader->current && !rc; i++) {
		rc = scan_open(&scan, reader->dir, reader->firsts[i], err);
		if (!rc)
			rc = scan_check_end(&scan, reader->firsts[i + 1], err);
		if (!rc && !hash_equal(&scan.header.id, &reader->id))
			rc = err_set(err, ERR_CORRUPT,
				     "%s: offset 0: the segment is of another "
				     "journal than the first",
				     scan.path);
	}
	scan_release(&scan);
	return rc;
}

/* Compares the root that a segment states with that of the leaves before. */
static int check_root(const struct journal_reader *reader,
		      const struct frontier *frontier, struct err *err)
{
	const struct segment_header *header = &reader->scan.header;
	struct hash root;

	if (header->first != frontier->size)
		return 0; /* the entries up to known were checked before */
	root = frontier_root(frontier);
	if (hash_equal(&root, &header->root))
		return 0;
	return err_set(err, ERR_CORRUPT,
		       "%s: offset 0: the header's root is not that of the "
		       "%" PRIu64 " entries before",
		       reader->scan.path, header->first);
}

/* Reads on to the end, adding leaves to the journal's frontier. */
static int replay_leaves(struct journal *journal, struct journal_reader *reader,
			 struct err *err)
{
	struct frontier *frontier = &journal->committed;
	struct journal_entry entry;
	struct hash leaf;
	int rc = check_root(reader, frontier, err);

	while (!rc) {
		rc = journal_read_next(reader, &entry, err);
		if (rc <= 0)
			break;
		rc = 0;
		if (entry.index == reader->scan.header.first)
			rc = check_root(reader, frontier, err);
		leaf = hash_leaf(entry.leaf_bytes, span_of(NULL, 0));
		frontier_add(frontier, &leaf);
	}
	return rc;
}

static int check_size(const struct journal_reader *reader, uint64_t keep,
		      struct err *err)
{
	const struct scan *scan = &reader->scan;

	if (scan->next >= keep)
		return 0;
	return err_set(err, ERR_CORRUPT,
		       "%s: offset %" PRIu64 ": the journal ends with %" PRIu64
		       " entries, but %" PRIu64
		       " were there before: entries are missing, and nothing "
		       "was cut",
		       scan->path, scan->end, scan->next, keep);
}

static int cut_tail(struct journal *journal, const struct scan *scan,
		    struct err *err)
{
	const struct journal_disk *disk = journal->disk;

	if (!scan->torn)
		return 0;
	if (disk->truncate(disk->ctx, journal->fd, scan->end) < 0 ||
	    disk->sync(disk->ctx, journal->fd) < 0)
		return err_sys(err, "%s: cutting off %" PRIu64 " bytes",
			       scan->path, scan->torn);
	journal->cut_bytes = scan->torn;
	return 0;
}

static int recover(struct journal *journal, uint64_t keep_size, struct err *err)
{
	struct frontier *frontier = &journal->committed;
	struct journal_reader *reader = NULL;
	uint64_t keep = frontier->size > keep_size ? frontier->size : keep_size;
	int rc = journal_reader_open(journal->disk, journal->dir,
				     frontier->size, &reader, err);

	if (!rc)
		rc = settle(journal, reader->firsts[reader->segment_count - 1],
			    err);
	if (!rc)
		rc = check_closed(reader, err);
	if (!rc)
		rc = replay_leaves(journal, reader, err);
	if (!rc)
		rc = check_size(reader, keep, err);
	if (!rc)
		rc = cut_tail(journal, &reader->scan, err);
	if (!rc) {
		journal->id = reader->id;
		journal->end = reader->scan.end;
		journal->entry_bytes = reader->scan.entry_bytes;
	}
	journal_read_close(reader);
	return rc;
}

int journal_open(const char *dir, const struct journal_options *options,
		 const struct frontier *known, struct journal **out,
		 struct err *err)
{
	struct journal_options given = { .segment_bytes = 0 };
	struct journal *journal = calloc(1, sizeof(*journal));
	int rc;

	if (!journal || !(journal->dir = strdup(dir))) {
		free(journal);
		return err_set(err, ERR_NOMEM, "%s: no memory to open it", dir);
	}
	if (options)
		given = *options;
	journal->fd = -1;
	journal->disk = given.disk ? given.disk : &journal_disk_real;
	journal->segment_bytes = given.segment_bytes ? given.segment_bytes :
						       JOURNAL_SEGMENT_BYTES;
	if (known)
		journal->committed = *known;
	else
		frontier_init(&journal->committed);
	rc = recover(journal, given.keep_size, err);
	if (rc) {
		journal_close(journal);
		return rc;
	}
	journal_discard(journal);
	*out = journal;
	return 0;
}
