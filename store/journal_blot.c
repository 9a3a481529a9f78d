/*
 * Blotting out a text in a segment: no byte moves, so the segment is copied
 * with other bytes in one group, and the copy takes its place. See journal.h.
 */
#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "store/crc.h"
#include "store/journal_core.h"

#define COPY_BYTES (1024u * 1024)

struct blotting {
	const struct journal_disk *disk;
	uint64_t entry;
	uint32_t n;
	struct span text;
	char *path, *unfinished;
	int from, to;	    /* -1: closed */
	uint64_t bytes;	    /* of the segment */
	uint64_t group_at;  /* the group that holds the entry */
	size_t group_bytes; /* of its entries' frames */
	uint8_t *group, *copy;
};

/* ---- bytes ---- */

static int read_all(const struct blotting *b, void *out, size_t len,
		    uint64_t at, struct err *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t got = b->disk->read(b->disk->ctx, b->from,
					    (uint8_t *)out + done, len - done,
					    at + done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			(void)err_sys(err, "%s", b->path);
			if (err)
				err->code = ERR_IO;
			return ERR_IO;
		}
		if (got == 0)
			return err_set(err, ERR_CORRUPT,
				       "%s: offset %" PRIu64
				       ": the segment ends within an entry",
				       b->path, at + done);
		done += (size_t)got;
	}
	return 0;
}

static int write_all(const struct blotting *b, const void *data, size_t len,
		     uint64_t at, struct err *err)
{
	struct iovec part = { (void *)(uintptr_t)data, len };
	ssize_t done;

	do {
		done = b->disk->write(b->disk->ctx, b->to, &part, 1, at);
	} while (done < 0 && errno == EINTR);
	if (done >= 0 && (size_t)done < len) {
		errno = ENOSPC;
		done = -1;
	}
	return done < 0 ? err_sys(err, "%s", b->unfinished) : 0;
}

/* ---- the group ---- */

/* From commit frame to commit frame until the entry's group is found. */
static int find_group(struct blotting *b, struct err *err)
{
	uint64_t at = SEGMENT_HEADER_BYTES, start = at;
	bool holds = false;

	while (at < b->bytes) {
		uint8_t head[FRAME_HEADER_BYTES];
		uint64_t index;
		int rc = read_all(b, head, sizeof(head), at, err);

		if (rc)
			return rc;
		index = load_u64(head + 8);
		if (index == COMMIT_INDEX && holds) {
			b->group_at = start;
			b->group_bytes = (size_t)(at - start);
			return 0;
		}
		holds = holds || index == b->entry;
		at += frame_bytes(load_u32(head));
		if (index == COMMIT_INDEX)
			start = at;
	}
	return err_set(err, ERR_CORRUPT, "%s: entry %" PRIu64 " is not there",
		       b->path, b->entry);
}

/* The entry's frame with the text blotted out. */
static int blot_frame(const struct blotting *b, uint8_t *bytes,
		      const struct frame *frame, bool *found, struct err *err)
{
	uint8_t *payload = bytes + FRAME_HEADER_BYTES;
	size_t len = 4 + (size_t)load_u32(payload);
	struct leaf leaf = { 0 };
	struct arena arena;
	int rc;

	if (len > frame->payload.len ||
	    leaf_decode(span_of(payload + 4, len - 4), &leaf, NULL))
		return err_set(err, ERR_CORRUPT,
			       "%s: entry %" PRIu64 " is damaged", b->path,
			       b->entry);
	/* Others have no texts, but a note of the collector's, maybe. */
	if (!leaf_has_batch(&leaf))
		return 0;
	arena_init(&arena, 2 * (size_t)WIRE_ARENA_BYTES);
	rc = wire_blot(payload + len, frame->payload.len - len, b->n, b->text,
		       &arena, found, err);
	arena_release(&arena);
	if (!rc && *found)
		frame_seal(bytes, frame->payload.len, frame->index);
	return rc;
}

/* Reads the group and changes it: checksums of frame and group go along. */
static int change_group(struct blotting *b, bool *found, struct err *err)
{
	size_t whole = b->group_bytes + COMMIT_FRAME_BYTES;
	struct commit commit;
	const char *why = "";
	int rc;

	*found = false;
	b->group = malloc(whole);
	if (!b->group)
		return err_set(err, ERR_NOMEM, "no memory for a group");
	rc = read_all(b, b->group, whole, b->group_at, err);
	for (size_t at = 0; !rc && at < b->group_bytes;) {
		struct frame frame;

		if (frame_read(span_of(b->group + at, b->group_bytes - at),
			       &frame, &why) != FRAME_WHOLE)
			return err_set(err, ERR_CORRUPT,
				       "%s: offset %" PRIu64 ": %s", b->path,
				       b->group_at + at, why);
		if (frame.index == b->entry)
			rc = blot_frame(b, b->group + at, &frame, found, err);
		at += frame.bytes;
	}
	if (rc || !*found)
		return rc;
	if (!commit_read(b->group + b->group_bytes, &commit))
		return err_set(err, ERR_CORRUPT,
			       "%s: offset %" PRIu64
			       ": the commit frame is damaged",
			       b->path, b->group_at + b->group_bytes);
	commit.crc = crc32c(0, span_of(b->group, b->group_bytes));
	commit_write(&commit, b->group + b->group_bytes);
	return 0;
}

/* ---- the segment ---- */

static int copy_segment(struct blotting *b, struct err *err)
{
	int rc = 0;

	b->copy = malloc(COPY_BYTES);
	if (!b->copy)
		return err_set(err, ERR_NOMEM, "no memory to copy a segment");
	for (uint64_t at = 0; at < b->bytes && !rc;) {
		size_t len = COPY_BYTES;
		uint64_t group_end =
			b->group_at + b->group_bytes + COMMIT_FRAME_BYTES;

		/* Never a byte of what is to go. */
		if (at == b->group_at) {
			rc = write_all(b, b->group, (size_t)(group_end - at),
				       at, err);
			at = group_end;
			continue;
		}
		if (at < b->group_at && len > b->group_at - at)
			len = (size_t)(b->group_at - at);
		if (len > b->bytes - at)
			len = (size_t)(b->bytes - at);
		rc = read_all(b, b->copy, len, at, err);
		if (!rc)
			rc = write_all(b, b->copy, len, at, err);
		at += len;
	}
	return rc;
}

static int replace(struct blotting *b, const char *dir, struct err *err)
{
	const struct journal_disk *disk = b->disk;
	int rc;

	b->to = disk->open(disk->ctx, b->unfinished,
			   O_RDWR | O_CREAT | O_TRUNC);
	if (b->to < 0)
		return err_sys(err, "%s", b->unfinished);
	rc = copy_segment(b, err);
	if (rc) {
		(void)disk->unlink(disk->ctx, b->unfinished);
		return rc;
	}
	if (disk->sync(disk->ctx, b->to) < 0 ||
	    disk->rename(disk->ctx, b->unfinished, b->path) < 0 ||
	    disk->sync_dir(disk->ctx, dir) < 0) {
		(void)err_sys(err, "%s: blotting out a text", b->path);
		if (err)
			err->code = ERR_IO;
		return ERR_IO;
	}
	return 0;
}

/* First entry of the segment that holds the entry. */
static int find_segment(const struct journal *journal, uint64_t entry,
			uint64_t *first, bool *last, struct err *err)
{
	uint64_t *firsts;
	size_t count, i;
	int rc =
		segment_list(journal->disk, journal->dir, &firsts, &count, err);

	if (rc)
		return rc;
	for (i = count; i > 1 && firsts[i - 1] > entry;)
		i--;
	*first = firsts[i - 1];
	*last = i == count;
	free(firsts);
	return 0;
}

static int open_segment(struct blotting *b, const char *dir, uint64_t first,
			struct err *err)
{
	char name[SEGMENT_NAME_BYTES];

	segment_name(first, name);
	b->path = segment_path(dir, name);
	b->unfinished = segment_path(dir, SEGMENT_UNFINISHED);
	if (!b->path || !b->unfinished)
		return err_set(err, ERR_NOMEM, "%s: no memory for a path", dir);
	b->from = b->disk->open(b->disk->ctx, b->path, O_RDONLY);
	if (b->from < 0 || b->disk->size(b->disk->ctx, b->from, &b->bytes) < 0)
		return err_sys(err, "%s", b->path);
	return 0;
}

static void blotting_release(struct blotting *b)
{
	if (b->from >= 0)
		(void)b->disk->close(b->disk->ctx, b->from);
	if (b->to >= 0)
		(void)b->disk->close(b->disk->ctx, b->to);
	free(b->path);
	free(b->unfinished);
	free(b->group);
	free(b->copy);
}

int journal_blot(struct journal *journal, uint64_t entry, uint32_t n,
		 struct span text, bool *found, struct err *err)
{
	struct err unused = { 0 };
	struct err *said = err ? err : &unused;
	struct blotting b = {
		.disk = journal->disk,
		.entry = entry,
		.n = n,
		.text = text,
		.from = -1,
		.to = -1,
	};
	uint64_t first = 0;
	bool last = false;
	int rc;

	*found = false;
	if (journal->broken.code)
		return err_set(err, ERR_IO, "the journal cannot be used");
	if (entry >= journal->committed.size)
		return 0;
	rc = find_segment(journal, entry, &first, &last, said);
	if (!rc)
		rc = open_segment(&b, journal->dir, first, said);
	if (!rc && last)
		b.bytes = journal->end;
	if (!rc)
		rc = find_group(&b, said);
	if (!rc)
		rc = change_group(&b, found, said);
	if (!rc && *found)
		rc = replace(&b, journal->dir, said);
	if (!rc && *found && last) {
		(void)b.disk->close(b.disk->ctx, journal->fd);
		journal->fd = b.to;
		b.to = -1;
	}
	if (rc && rc != ERR_FULL)
		journal->broken = *said;
	blotting_release(&b);
	return rc;
}
