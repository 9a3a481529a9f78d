#include "store/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "store/crc.h"
#include "store/journal_core.h"

#define GROUP_BYTES_MIN (64u * 1024)

const struct hash *journal_id(const struct journal *journal)
{
	return &journal->id;
}

uint64_t journal_size(const struct journal *journal)
{
	return journal->committed.size;
}

uint64_t journal_cut_bytes(const struct journal *journal)
{
	return journal->cut_bytes;
}

const struct frontier *journal_frontier(const struct journal *journal)
{
	return &journal->committed;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	if (journal->fd >= 0)
		(void)journal->disk->close(journal->disk->ctx, journal->fd);
	free(journal->group);
	free(journal->dir);
	free(journal);
}

/* ---- collecting ---- */

void journal_discard(struct journal *journal)
{
	journal->group_bytes = 0;
	journal->group_count = 0;
	journal->rolls = false;
	journal->pending = journal->committed;
}

static int refuse_broken(const struct journal *journal, struct err *err)
{
	return err_set(err, ERR_IO,
		       "the journal cannot be used until it is opened again, "
		       "after: %s",
		       journal->broken.msg);
}

/* Room for more bytes and, behind them, the commit frame. */
static int reserve(struct journal *journal, size_t more, struct err *err)
{
	size_t need = journal->group_bytes + more + COMMIT_FRAME_BYTES;
	size_t size = journal->group_size ? journal->group_size :
					    GROUP_BYTES_MIN;
	uint8_t *grown;

	while (size < need)
		size *= 2;
	if (size == journal->group_size)
		return 0;
	grown = realloc(journal->group, size);
	if (!grown)
		return err_set(err, ERR_NOMEM,
			       "no memory for a group of %zu "
			       "bytes",
			       need);
	journal->group = grown;
	journal->group_size = size;
	return 0;
}

int journal_append(struct journal *journal, const struct leaf *leaf,
		   struct span batch, uint64_t *index, struct err *err)
{
	uint8_t leaf_bytes[LEAF_BYTES_MAX];
	size_t leaf_len = leaf_encode(leaf, leaf_bytes), payload, bytes;
	struct hash leaf_hash;
	uint8_t *frame;
	bool passes;
	int rc;

	if (journal->broken.code)
		return refuse_broken(journal, err);
	payload = 4 + leaf_len + batch.len;
	if (payload > JOURNAL_ENTRY_BYTES_MAX)
		return err_set(err, ERR_INVALID,
			       "an entry of %zu bytes is above the limit of %u",
			       payload, JOURNAL_ENTRY_BYTES_MAX);
	bytes = frame_bytes(payload);
	passes = journal->entry_bytes + journal->group_bytes + bytes >
		 journal->segment_bytes;
	if (journal->rolls)
		passes = journal->group_bytes + bytes > journal->segment_bytes;
	if (journal->group_count &&
	    (passes || journal->group_bytes + bytes > JOURNAL_GROUP_BYTES_MAX))
		return err_set(err, ERR_LIMIT, "the group is full");
	rc = reserve(journal, bytes, err);
	if (rc)
		return rc;
	if (!journal->group_count)
		journal->rolls = passes && journal->entry_bytes;
	frame = journal->group + journal->group_bytes;
	store_u32(frame + FRAME_HEADER_BYTES, (uint32_t)leaf_len);
	memcpy(frame + FRAME_HEADER_BYTES + 4, leaf_bytes, leaf_len);
	if (batch.len)
		memcpy(frame + FRAME_HEADER_BYTES + 4 + leaf_len, batch.data,
		       batch.len);
	frame_seal(frame, payload, journal->pending.size);
	journal->group_bytes += bytes;
	journal->group_count++;
	*index = journal->pending.size;
	leaf_hash = hash_leaf(span_of(leaf_bytes, leaf_len), span_of(NULL, 0));
	frontier_add(&journal->pending, &leaf_hash);
	return 0;
}

/* ---- writing ---- */

/* Writes all of it or fails; a short write is a full disk. */
static int write_parts(const struct journal_disk *disk, int fd,
		       const struct iovec *parts, int count, uint64_t offset)
{
	size_t wanted = 0;
	ssize_t done;

	for (int i = 0; i < count; i++)
		wanted += parts[i].iov_len;
	do {
		done = disk->write(disk->ctx, fd, parts, count, offset);
	} while (done < 0 && errno == EINTR);
	if (done >= 0 && (size_t)done < wanted) {
		errno = ENOSPC;
		return -1;
	}
	return done < 0 ? -1 : 0;
}

/* As err_sys, for calls whose failure is never a full disk to us: what was
 * written before may be lost. */
static int broken_sys(struct err *err, const char *path, const char *what)
{
	(void)err_sys(err, "%s: %s", path, what);
	if (err)
		err->code = ERR_IO;
	return ERR_IO;
}

int journal_make_segment(const struct journal_disk *disk, const char *dir,
			 const struct segment_header *header, struct span group,
			 int *fd, struct err *err)
{
	uint8_t bytes[SEGMENT_HEADER_BYTES];
	struct iovec parts[2] = { { bytes, sizeof(bytes) },
				  { (void *)group.data, group.len } };
	char name[SEGMENT_NAME_BYTES];
	char *path, *unfinished;
	int file = -1, rc = 0;

	segment_name(header->first, name);
	path = segment_path(dir, name);
	unfinished = segment_path(dir, SEGMENT_UNFINISHED);
	if (!path || !unfinished) {
		rc = err_set(err, ERR_NOMEM, "%s: no memory for a path", dir);
		goto out;
	}
	segment_header_write(header, bytes);
	file = disk->open(disk->ctx, unfinished, O_RDWR | O_CREAT | O_TRUNC);
	if (file < 0 ||
	    write_parts(disk, file, parts, group.len ? 2 : 1, 0) < 0) {
		rc = err_sys(err, "%s", path);
		goto out;
	}
	if (disk->sync(disk->ctx, file) < 0)
		rc = broken_sys(err, path, "sync");
	else if (disk->rename(disk->ctx, unfinished, path) < 0)
		rc = err_sys(err, "%s: rename", path);
	else if (disk->sync_dir(disk->ctx, dir) < 0)
		rc = broken_sys(err, dir, "sync");
out:
	if (rc && file >= 0) {
		(void)disk->close(disk->ctx, file);
		(void)disk->unlink(disk->ctx, unfinished);
	}
	free(path);
	free(unfinished);
	if (!rc)
		*fd = file;
	return rc;
}

/* The group, with its commit frame, as the begin of a new segment. */
static int roll(struct journal *journal, struct span group, struct err *err)
{
	struct segment_header header = {
		.id = journal->id,
		.first = journal->committed.size,
		.root = frontier_root(&journal->committed),
	};
	int fd;
	int rc = journal_make_segment(journal->disk, journal->dir, &header,
				      group, &fd, err);

	if (rc)
		return rc;
	(void)journal->disk->close(journal->disk->ctx, journal->fd);
	journal->fd = fd;
	journal->end = SEGMENT_HEADER_BYTES;
	journal->entry_bytes = 0;
	return 0;
}

/* The group behind what is there. */
static int extend(struct journal *journal, struct span group, struct err *err)
{
	const struct journal_disk *disk = journal->disk;
	struct iovec part = { (void *)group.data, group.len };
	int rc;

	if (write_parts(disk, journal->fd, &part, 1, journal->end) < 0) {
		rc = err_sys(err, "%s: entry %" PRIu64, journal->dir,
			     journal->committed.size);
		if (rc != ERR_FULL)
			return rc;
		/* Back to what was there, so that a later group, or whoever
		 * reads this, does not find half of one. */
		if (disk->truncate(disk->ctx, journal->fd, journal->end) < 0)
			return broken_sys(err, journal->dir, "truncate");
		if (disk->sync(disk->ctx, journal->fd) < 0)
			return broken_sys(err, journal->dir, "sync");
		return ERR_FULL;
	}
	if (disk->sync(disk->ctx, journal->fd) < 0)
		return broken_sys(err, journal->dir, "sync");
	return 0;
}

int journal_commit(struct journal *journal, struct err *err)
{
	struct err unused = { 0 };
	struct err *said = err ? err : &unused;
	struct commit commit = {
		.first = journal->committed.size,
		.count = journal->group_count,
		.bytes = journal->group_bytes,
	};
	struct span group;
	int rc;

	if (journal->broken.code)
		return refuse_broken(journal, err);
	if (!journal->group_count)
		return 0;
	commit.crc = crc32c(0, span_of(journal->group, journal->group_bytes));
	commit_write(&commit, journal->group + journal->group_bytes);
	group = span_of(journal->group,
			journal->group_bytes + COMMIT_FRAME_BYTES);
	if (journal->rolls)
		rc = roll(journal, group, said);
	else
		rc = extend(journal, group, said);
	if (rc) {
		if (rc != ERR_FULL)
			journal->broken = *said;
		journal_discard(journal);
		return rc;
	}
	journal->end += group.len;
	journal->entry_bytes += journal->group_bytes;
	journal->committed = journal->pending;
	journal_discard(journal);
	return 0;
}
