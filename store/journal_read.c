/* Reading a journal from any entry on, over all of its segments. */
#include "store/journal_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Segment that holds index, if any does. */
static size_t find_segment(const struct journal_reader *reader, uint64_t index)
{
	size_t low = 0, high = reader->segment_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (reader->firsts[middle] <= index)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int open_segment(struct journal_reader *reader, size_t segment,
			struct err *err)
{
	int rc;

	reader->mark_count = 0;
	reader->current = segment;
	rc = scan_open(&reader->scan, reader->dir, reader->firsts[segment],
		       err);
	if (rc)
		return rc;
	if (!hash_equal(&reader->scan.header.id, &reader->id))
		return err_set(err, ERR_CORRUPT,
			       "%s: offset 0: the segment is of another "
			       "journal than the first",
			       reader->scan.path);
	return 0;
}

int journal_reader_open(const struct journal_disk *disk, const char *dir,
			uint64_t from, struct journal_reader **out,
			struct err *err)
{
	struct journal_reader *reader = calloc(1, sizeof(*reader));
	int rc;

	if (!reader || !(reader->dir = strdup(dir))) {
		free(reader);
		return err_set(err, ERR_NOMEM, "%s: no memory to open it", dir);
	}
	reader->disk = disk;
	reader->from = from;
	scan_init(&reader->scan, disk);
	rc = segment_list(disk, dir, &reader->firsts, &reader->segment_count,
			  err);
	if (rc)
		goto out;
	/* The first segment says which journal this is. */
	rc = scan_open(&reader->scan, dir, 0, err);
	if (rc)
		goto out;
	reader->id = reader->scan.header.id;
	rc = open_segment(reader, find_segment(reader, from), err);
out:
	if (rc)
		journal_read_close(reader);
	else
		*out = reader;
	return rc;
}

int journal_read_open(const char *dir, uint64_t from,
		      struct journal_reader **out, struct err *err)
{
	struct journal_reader *reader;
	int rc = journal_reader_open(&journal_disk_real, dir, from, &reader,
				     err);

	if (rc)
		return rc;
	rc = scan_skip(&reader->scan, from, err);
	if (rc)
		journal_read_close(reader);
	else
		*out = reader;
	return rc;
}

void journal_read_uncached(struct journal_reader *reader)
{
	if (reader->scan.fd >= 0)
		reader->disk->uncache(reader->disk->ctx, reader->scan.fd);
}

void journal_read_close(struct journal_reader *reader)
{
	if (!reader)
		return;
	scan_release(&reader->scan);
	free(reader->firsts);
	free(reader->marks);
	free(reader->dir);
	free(reader);
}

static int add_mark(struct journal_reader *reader, struct err *err)
{
	const struct scan *scan = &reader->scan;
	struct mark *grown;

	if (reader->mark_count &&
	    scan->end <
		    reader->marks[reader->mark_count - 1].offset + MARK_BYTES)
		return 0;
	if (reader->mark_count == reader->mark_size) {
		size_t size = reader->mark_size ? 2 * reader->mark_size : 64;

		grown = realloc(reader->marks, size * sizeof(*grown));
		if (!grown)
			return err_set(err, ERR_NOMEM, "%s: no memory to read",
				       reader->dir);
		reader->marks = grown;
		reader->mark_size = size;
	}
	reader->marks[reader->mark_count++] =
		(struct mark){ .index = scan->next, .offset = scan->end };
	return 0;
}

/* 1: there are segments behind the current one that were not known. */
static int look_for_segments(struct journal_reader *reader, struct err *err)
{
	uint64_t *firsts;
	size_t count;
	int rc = segment_list(reader->disk, reader->dir, &firsts, &count, err);

	if (rc)
		return rc;
	rc = count > reader->segment_count;
	free(reader->firsts);
	reader->firsts = firsts;
	reader->segment_count = count;
	reader->current = find_segment(reader, reader->scan.header.first);
	return rc;
}

/* 0: the end, as it was; 1: there is more in the file that took the place of
 * the one that was read. */
static int reopen_last(struct journal_reader *reader, struct err *err)
{
	int rc = scan_reopen(&reader->scan, err);

	return rc ? rc : scan_group(&reader->scan, true, err);
}

/* 1: a group is there to be handed out; 0: the end. */
static int next_group(struct journal_reader *reader, struct err *err)
{
	struct scan *scan = &reader->scan;

	for (;;) {
		bool last = reader->current + 1 == reader->segment_count;
		int rc = add_mark(reader, err);

		if (!rc)
			rc = scan_group(scan, last, err);
		if (rc)
			return rc;
		if (last) {
			/* Listed after the end was seen: if a segment was
			 * added, this one may have grown before. */
			rc = look_for_segments(reader, err);
			if (rc <= 0)
				return rc ? rc : reopen_last(reader, err);
			rc = scan_reopen(scan, err);
			if (rc)
				return rc;
			continue;
		}
		if (scan->next != reader->firsts[reader->current + 1])
			return err_set(err, ERR_CORRUPT,
				       "%s: offset %" PRIu64
				       ": ends before entry %" PRIu64
				       ", but the next segment begins with "
				       "%" PRIu64,
				       scan->path, scan->end, scan->next,
				       reader->firsts[reader->current + 1]);
		rc = open_segment(reader, reader->current + 1, err);
		if (rc)
			return rc;
	}
}

int journal_read_next(struct journal_reader *reader, struct journal_entry *out,
		      struct err *err)
{
	struct journal_entry entry;
	int rc;

	do {
		while (!scan_entry(&reader->scan, &entry)) {
			rc = next_group(reader, err);
			if (rc <= 0)
				return rc;
		}
	} while (entry.index < reader->from);
	rc = leaf_decode(entry.leaf_bytes, &entry.leaf, err);
	if (rc) {
		(void)err_context(err, "%s: offset %" PRIu64 ": entry %" PRIu64,
				  reader->scan.path, entry.offset, entry.index);
		return rc;
	}
	*out = entry;
	return 1;
}

int journal_read_seek(struct journal_reader *reader, uint64_t from,
		      struct err *err)
{
	struct scan *scan = &reader->scan;
	size_t segment = find_segment(reader, from), i = reader->mark_count;
	int rc = 0;

	reader->from = from;
	while (i && reader->marks[i - 1].index > from)
		i--;
	if (segment != reader->current || !i)
		rc = open_segment(reader, segment, err);
	/* Or on from here, if what comes next lies behind the mark as well. */
	else if (scan->next > from || scan->next <= reader->marks[i - 1].index)
		scan_goto(scan, reader->marks[i - 1].offset,
			  reader->marks[i - 1].index);
	return rc ? rc : scan_skip(scan, from, err);
}

const struct hash *journal_read_id(const struct journal_reader *reader)
{
	return &reader->id;
}

const struct hash *journal_read_root(const struct journal_reader *reader,
				     uint64_t *first)
{
	*first = reader->scan.header.first;
	return &reader->scan.header.root;
}

uint64_t journal_read_torn_bytes(const struct journal_reader *reader)
{
	return reader->scan.torn;
}
