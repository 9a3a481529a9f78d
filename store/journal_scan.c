#include "store/journal_scan.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "store/crc.h"

#define READ_BYTES_MIN (256u * 1024)
#define BUF_BYTES_MAX (2u * JOURNAL_GROUP_BYTES_MAX)
/* What a disk writes whole or not at all. */
#define SECTOR_BYTES 512
/* A collector may be writing, or taking back, what is being read. */
#define ATTEMPTS_MAX 3

void scan_init(struct scan *scan, const struct journal_disk *disk)
{
	*scan = (struct scan){ .disk = disk, .fd = -1 };
}

static void scan_close(struct scan *scan)
{
	if (scan->fd >= 0)
		(void)scan->disk->close(scan->disk->ctx, scan->fd);
	scan->fd = -1;
	free(scan->path);
	scan->path = NULL;
}

void scan_release(struct scan *scan)
{
	scan_close(scan);
	free(scan->buf);
	scan->buf = NULL;
}

/* ---- bytes of the file ---- */

/* Reads until len bytes or the end of the file; *got is how many. */
static int read_at(const struct scan *scan, void *out, size_t len,
		   uint64_t offset, size_t *got, struct err *err)
{
	const struct journal_disk *disk = scan->disk;
	size_t done = 0;

	while (done < len) {
		ssize_t n = disk->read(disk->ctx, scan->fd,
				       (uint8_t *)out + done, len - done,
				       offset + done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			/* Reading never fills a disk. */
			(void)err_sys(err, "%s: offset %" PRIu64, scan->path,
				      offset + done);
			if (err)
				err->code = ERR_IO;
			return ERR_IO;
		}
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*got = done;
	return 0;
}

/* Makes the buffer begin at scan->end and hold need bytes from there on;
 * fewer if the file ends. */
static int fill(struct scan *scan, size_t need, struct err *err)
{
	size_t before = (size_t)(scan->end - scan->at), got;
	size_t size = scan->size ? scan->size : READ_BYTES_MIN;
	uint8_t *grown;
	int rc;

	assert(need <= BUF_BYTES_MAX);
	if (before) {
		memmove(scan->buf, scan->buf + before, scan->len - before);
		scan->len -= before;
		scan->at = scan->end;
	}
	while (size < need)
		size *= 2;
	if (size > scan->size) {
		grown = realloc(scan->buf, size);
		if (!grown)
			return err_set(err, ERR_NOMEM, "%s: no memory to read",
				       scan->path);
		scan->buf = grown;
		scan->size = size;
	}
	rc = read_at(scan, scan->buf + scan->len, scan->size - scan->len,
		     scan->at + scan->len, &got, err);
	if (rc)
		return rc;
	scan->len += got;
	return 0;
}

/* Forgets what was read ahead: it may be written differently later. */
static void drop_ahead(struct scan *scan)
{
	scan->at = scan->end;
	scan->len = 0;
	scan->pos = scan->group_end = 0;
}

/* ---- opening ---- */

int scan_open(struct scan *scan, const char *dir, uint64_t first,
	      struct err *err)
{
	uint8_t bytes[SEGMENT_HEADER_BYTES];
	char name[SEGMENT_NAME_BYTES];
	size_t got;
	int rc;

	scan_close(scan);
	segment_name(first, name);
	scan->path = segment_path(dir, name);
	if (!scan->path)
		return err_set(err, ERR_NOMEM, "%s: no memory to open it", dir);
	scan->file = scan->path + strlen(scan->path) - strlen(name);
	scan->fd = scan->disk->open(scan->disk->ctx, scan->path, O_RDONLY);
	if (scan->fd < 0)
		return err_sys(err, "%s", scan->path);
	rc = read_at(scan, bytes, sizeof(bytes), 0, &got, err);
	if (rc)
		return rc;
	if (got < sizeof(bytes))
		return err_set(err, ERR_CORRUPT,
			       "%s: offset %zu: the segment header is cut off",
			       scan->path, got);
	rc = segment_header_read(bytes, scan->path, &scan->header, err);
	if (rc)
		return rc;
	if (scan->header.first != first)
		return err_set(err, ERR_CORRUPT,
			       "%s: offset 0: the header is of the segment "
			       "that begins with entry %" PRIu64,
			       scan->path, scan->header.first);
	scan->entry_bytes = 0;
	scan_goto(scan, SEGMENT_HEADER_BYTES, first);
	return 0;
}

/* A file in which a text was blotted out took the place of the one that is
 * open, which grows no more. */
int scan_reopen(struct scan *scan, struct err *err)
{
	int fd = scan->disk->open(scan->disk->ctx, scan->path, O_RDONLY);

	if (fd < 0)
		return err_sys(err, "%s", scan->path);
	(void)scan->disk->close(scan->disk->ctx, scan->fd);
	scan->fd = fd;
	scan_goto(scan, scan->end, scan->next);
	return 0;
}

void scan_goto(struct scan *scan, uint64_t offset, uint64_t index)
{
	scan->end = offset;
	scan->next = index;
	scan->torn = 0;
	drop_ahead(scan);
}

/* ---- groups ---- */

/* How far the group behind scan->end could be read. */
struct attempt {
	uint32_t count;
	size_t bytes;	 /* of good entry frames */
	bool end;	 /* the file ends there */
	const char *why; /* it is not a group */
};

static bool payload_is_entry(struct span payload)
{
	uint32_t leaf_bytes;

	if (payload.len < 4)
		return false;
	leaf_bytes = load_u32(payload.data);
	return leaf_bytes >= 1 && leaf_bytes <= LEAF_BYTES_MAX &&
	       leaf_bytes <= payload.len - 4;
}

/* Reads the frame behind the attempt's good ones. 1: done, 0: not a frame. */
static int next_frame(struct scan *scan, struct attempt *attempt,
		      struct frame *frame, struct err *err)
{
	for (;;) {
		size_t start = (size_t)(scan->end - scan->at) + attempt->bytes;
		struct span rest = { NULL, scan->len - start };
		size_t had = rest.len;
		int rc;

		if (rest.len)
			rest.data = scan->buf + start;
		switch (frame_read(rest, frame, &attempt->why)) {
		case FRAME_WHOLE:
			return 1;
		case FRAME_BAD:
			return 0;
		case FRAME_SHORT:
			break;
		}
		rc = fill(scan, attempt->bytes + frame->bytes, err);
		if (rc)
			return rc;
		if (scan->len - attempt->bytes == had) {
			attempt->end = had == 0;
			attempt->why = had ? "the file ends within a frame" :
					     "the file ends within a group";
			return 0;
		}
	}
}

static bool commits(const struct scan *scan, const struct attempt *attempt,
		    const struct frame *frame)
{
	const uint8_t *group = scan->buf + (scan->end - scan->at);
	struct commit commit;

	return commit_read(group + attempt->bytes, &commit) &&
	       frame->index == COMMIT_INDEX && attempt->count > 0 &&
	       commit.first == scan->next && commit.count == attempt->count &&
	       commit.bytes == attempt->bytes &&
	       commit.crc == crc32c(0, span_of(group, attempt->bytes));
}

/* 1: there is a group, and it is now the current one; 0: there is none. */
static int try_group(struct scan *scan, struct attempt *attempt,
		     struct err *err)
{
	struct frame frame;
	int rc;

	*attempt = (struct attempt){ .count = 0 };
	for (;;) {
		rc = next_frame(scan, attempt, &frame, err);
		if (rc <= 0)
			return rc;
		if (frame.index == COMMIT_INDEX)
			break;
		attempt->why = "a frame is not the next entry's";
		if (frame.index != scan->next + attempt->count ||
		    !payload_is_entry(frame.payload))
			return 0;
		attempt->why = "a group has no end";
		if (frame.bytes > JOURNAL_GROUP_BYTES_MAX - attempt->bytes)
			return 0;
		attempt->bytes += frame.bytes;
		attempt->count++;
	}
	attempt->why = "a commit frame is not that of its group";
	if (!commits(scan, attempt, &frame))
		return 0;
	scan->pos = (size_t)(scan->end - scan->at);
	scan->group_end = scan->pos + attempt->bytes;
	scan->end += attempt->bytes + frame.bytes;
	scan->next += attempt->count;
	scan->entry_bytes += attempt->bytes;
	return 1;
}

bool scan_entry(struct scan *scan, struct journal_entry *out)
{
	struct span rest, payload;
	struct frame frame;
	enum frame_state state;
	const char *why;
	uint32_t leaf_bytes;

	if (scan->pos == scan->group_end)
		return false;
	rest = span_of(scan->buf + scan->pos, scan->group_end - scan->pos);
	state = frame_read(rest, &frame, &why);
	assert(state == FRAME_WHOLE); /* try_group has seen it */
	payload = frame.payload;
	leaf_bytes = load_u32(payload.data);
	*out = (struct journal_entry){
		.index = frame.index,
		.leaf_bytes = span_of(payload.data + 4, leaf_bytes),
		.batch = span_of(payload.data + 4 + leaf_bytes,
				 payload.len - 4 - leaf_bytes),
		.file = scan->file,
		.offset = scan->at + scan->pos,
	};
	scan->pos += frame.bytes;
	return true;
}

/* ---- passing groups ---- */

#define HEADS_BYTES ((size_t)32 * 1024)

/* A part of the file that heads of frames are read from. */
struct heads {
	uint8_t bytes[HEADS_BYTES];
	uint64_t at;
	size_t len;
};

/* Up to COMMIT_FRAME_BYTES of the frame at offset; *got is how many. Frames
 * are small if last_bytes, the one before, was: then many are read at once. */
static int read_head(const struct scan *scan, struct heads *heads,
		     uint64_t offset, size_t last_bytes, const uint8_t **out,
		     size_t *got, struct err *err)
{
	bool there = offset >= heads->at &&
		     offset + COMMIT_FRAME_BYTES <= heads->at + heads->len;
	size_t want = last_bytes < HEADS_BYTES / 2 ? HEADS_BYTES :
						     COMMIT_FRAME_BYTES;

	if (!there) {
		int rc = read_at(scan, heads->bytes, want, offset, &heads->len,
				 err);

		if (rc)
			return rc;
		heads->at = offset;
	}
	*out = heads->bytes + (offset - heads->at);
	*got = heads->len - (size_t)(offset - heads->at);
	return 0;
}

/* A group as its heads tell it. */
struct passing {
	uint64_t begin, end; /* offsets; end: behind the frames seen so far */
	uint64_t first;
	uint32_t count;
	size_t last_bytes; /* of the frame before end */
};

/* One frame more. False: it is of the group of entry index, or no frame. */
static bool pass_frame(struct scan *scan, struct passing *group,
		       const uint8_t *head, size_t got, uint64_t index)
{
	struct commit commit;
	uint32_t payload_bytes;

	if (got < COMMIT_FRAME_BYTES)
		return false;
	if (load_u64(head + 8) == COMMIT_INDEX) {
		if (!commit_read(head, &commit) || !group->count ||
		    commit.first != group->first ||
		    commit.count != group->count ||
		    commit.bytes != group->end - group->begin)
			return false;
		scan->entry_bytes += commit.bytes;
		group->first += commit.count;
		group->count = 0;
		group->end += COMMIT_FRAME_BYTES;
		group->begin = group->end;
		return true;
	}
	payload_bytes = load_u32(head);
	if (load_u64(head + 8) != group->first + group->count ||
	    group->first + group->count >= index ||
	    payload_bytes > JOURNAL_ENTRY_BYTES_MAX)
		return false;
	group->last_bytes = frame_bytes(payload_bytes);
	group->end += group->last_bytes;
	group->count++;
	return true;
}

int scan_skip(struct scan *scan, uint64_t index, struct err *err)
{
	struct heads *heads = malloc(sizeof(*heads));
	struct passing group = { .begin = scan->end,
				 .end = scan->end,
				 .first = scan->next };
	const uint8_t *head;
	size_t got;
	int rc;

	if (!heads)
		return err_set(err, ERR_NOMEM, "%s: no memory to read",
			       scan->path);
	heads->at = heads->len = 0;
	do
		rc = read_head(scan, heads, group.end, group.last_bytes, &head,
			       &got, err);
	while (!rc && pass_frame(scan, &group, head, got, index));
	free(heads);
	if (!rc && group.begin != scan->end)
		scan_goto(scan, group.begin, group.first);
	return rc;
}

/* ---- what follows the last group ---- */

/* The first commit frame at or behind from, by its own checksum only. *found
 * is UINT64_MAX if there is none; *size is where the file ends. */
static int find_commit(const struct scan *scan, uint64_t from, uint64_t *found,
		       struct commit *commit, uint64_t *size, struct err *err)
{
	uint8_t chunk[16384];
	size_t got, step = sizeof(chunk) - COMMIT_FRAME_BYTES;
	int rc;

	*found = UINT64_MAX;
	for (uint64_t at = from;; at += step) {
		rc = read_at(scan, chunk, sizeof(chunk), at, &got, err);
		if (rc)
			return rc;
		for (size_t i = 0; *found == UINT64_MAX && i < step &&
				   i + COMMIT_FRAME_BYTES <= got;
		     i += FRAME_ALIGN_BYTES)
			if (commit_read(chunk + i, commit))
				*found = at + i;
		if (got < sizeof(chunk)) {
			*size = at + got;
			return 0;
		}
	}
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

/*
 * A power cut may leave the later sectors of a write on the disk and zeros in
 * place of earlier ones. Is there such a sector in [bad, to)?
 */
static int has_hole(const struct scan *scan, uint64_t bad, uint64_t to,
		    bool *hole, struct err *err)
{
	uint8_t sector[SECTOR_BYTES];
	uint64_t at = bad - bad % SECTOR_BYTES;
	size_t got;

	*hole = false;
	for (; at < to && !*hole; at += SECTOR_BYTES) {
		/* Before scan->end lies what was there before the write. */
		uint64_t from = at > scan->end ? at : scan->end;
		uint64_t until = at + SECTOR_BYTES < to ? at + SECTOR_BYTES :
							  to;
		int rc = read_at(scan, sector, (size_t)(until - from), from,
				 &got, err);

		if (rc)
			return rc;
		*hole = got >= FRAME_HEADER_BYTES && all_zero(sector, got);
	}
	return 0;
}

/*
 * No commit frame follows the good frames of the attempt. Is it because the
 * write was cut off, or because the commit frame that stood there is damaged?
 * It can be told what it was; cut off, each of its sectors is right or zero.
 */
static int commit_is_damaged(const struct scan *scan,
			     const struct attempt *attempt, bool *damaged,
			     struct err *err)
{
	const uint8_t *group = scan->buf + (scan->end - scan->at);
	struct commit commit = {
		.first = scan->next,
		.count = attempt->count,
		.bytes = attempt->bytes,
		.crc = crc32c(0, span_of(group, attempt->bytes)),
	};
	uint64_t at = scan->end + attempt->bytes;
	uint8_t wanted[COMMIT_FRAME_BYTES], bytes[COMMIT_FRAME_BYTES];
	size_t got, same = 0, split;
	int rc;

	*damaged = false;
	if (!attempt->count)
		return 0;
	rc = read_at(scan, bytes, sizeof(bytes), at, &got, err);
	if (rc || got < sizeof(bytes))
		return rc;
	commit_write(&commit, wanted);
	split = SECTOR_BYTES - at % SECTOR_BYTES;
	if (split > sizeof(bytes))
		split = sizeof(bytes);
	if ((!memcmp(bytes, wanted, split) || all_zero(bytes, split)) &&
	    all_zero(bytes + split, sizeof(bytes) - split))
		return 0;
	if (all_zero(bytes, split) &&
	    !memcmp(bytes + split, wanted + split, sizeof(bytes) - split))
		return 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		same += bytes[i] == wanted[i];
	*damaged = same > sizeof(bytes) / 2;
	return 0;
}

/* Sets torn, or says ERR_CORRUPT. */
static int judge_tail(struct scan *scan, const struct attempt *attempt,
		      bool last, struct err *err)
{
	uint64_t bad = scan->end + attempt->bytes, found, size;
	const char *why = attempt->why;
	struct commit commit;
	bool torn = false, damaged;
	int rc = find_commit(scan, bad, &found, &commit, &size, err);

	if (!rc && last && found == UINT64_MAX) {
		rc = commit_is_damaged(scan, attempt, &damaged, err);
		torn = !rc && !damaged;
		if (!torn)
			why = "the commit frame of a group is damaged";
	} else if (!rc && last && found + COMMIT_FRAME_BYTES == size &&
		   commit.first == scan->next &&
		   commit.bytes == found - scan->end) {
		rc = has_hole(scan, bad, found, &torn, err);
	}
	if (rc)
		return rc;
	if (torn) {
		scan->torn = size - scan->end;
		return 0;
	}
	return err_set(err, ERR_CORRUPT,
		       "%s: offset %" PRIu64 ": damaged after %" PRIu64
		       " entries: %s",
		       scan->path, bad, scan->next + attempt->count, why);
}

int scan_group(struct scan *scan, bool last, struct err *err)
{
	struct attempt attempt;
	int rc = 0;

	assert(scan->pos == scan->group_end);
	for (unsigned i = 0; i < ATTEMPTS_MAX; i++) {
		rc = try_group(scan, &attempt, err);
		if (rc)
			return rc;
		scan->torn = 0;
		if (attempt.end && !attempt.count)
			rc = 0;
		else
			rc = judge_tail(scan, &attempt, last, err);
		drop_ahead(scan);
		if (rc != ERR_CORRUPT)
			return rc;
	}
	return rc;
}

int scan_check_end(struct scan *scan, uint64_t next, struct err *err)
{
	const struct journal_disk *disk = scan->disk;
	uint8_t bytes[COMMIT_FRAME_BYTES];
	struct commit commit;
	uint64_t size;
	size_t got;
	int rc;

	if (disk->size(disk->ctx, scan->fd, &size))
		return err_sys(err, "%s", scan->path);
	if (size < SEGMENT_HEADER_BYTES + sizeof(bytes))
		size = sizeof(bytes); /* the header: no commit frame */
	rc = read_at(scan, bytes, sizeof(bytes), size - sizeof(bytes), &got,
		     err);
	if (rc)
		return rc;
	if (got < sizeof(bytes) || !commit_read(bytes, &commit) ||
	    commit.first + commit.count != next)
		return err_set(err, ERR_CORRUPT,
			       "%s: offset %" PRIu64
			       ": does not end with entry %" PRIu64
			       ", the next segment's name says so",
			       scan->path, size - sizeof(bytes), next - 1);
	return 0;
}
