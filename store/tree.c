#include "store/tree.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/strbuf.h"
#include "proto/merkle.h"
#include "store/crc.h"

#define MAGIC "tallytre"
#define MAGIC_BYTES 8
#define TREE_VERSION 1
#define HEADER_BYTES 64
#define HEADER_CRC_AT (MAGIC_BYTES + 8 + HASH_BYTES)

/* ---- the file ---- */

struct tree_file {
	const struct journal_disk *disk;
	char *path;
	int fd; /* -1: closed */
	struct hash journal;
};

struct tree {
	struct tree_file file;
	struct frontier frontier; /* of all leaves */
	uint64_t written;	  /* hashes in the file */
	struct strbuf pending;	  /* hashes behind them */
};

struct tree_reader {
	struct tree_file file;
};

/* Hashes that the first leaves bring. */
static uint64_t hashes_of(uint64_t leaves)
{
	return 2 * leaves - (uint64_t)__builtin_popcountll(leaves);
}

/* Leaves whose hashes are all among the first ones. */
static uint64_t leaves_of(uint64_t hashes)
{
	uint64_t leaves = hashes / 2;

	while (hashes_of(leaves + 1) <= hashes)
		leaves++;
	return leaves;
}

static uint64_t offset_of(uint64_t hash)
{
	return HEADER_BYTES + hash * HASH_BYTES;
}

static void file_release(struct tree_file *file)
{
	if (file->fd >= 0)
		(void)file->disk->close(file->disk->ctx, file->fd);
	free(file->path);
	file->path = NULL;
	file->fd = -1;
}

static int read_all(const struct tree_file *file, void *out, size_t len,
		    uint64_t offset, struct err *err)
{
	uint8_t *at = out;

	while (len) {
		ssize_t got = file->disk->read(file->disk->ctx, file->fd, at,
					       len, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "cannot read %s", file->path);
		if (got == 0)
			return err_set(err, ERR_CORRUPT,
				       "%s: offset %" PRIu64
				       ": the file ends too early",
				       file->path, offset);
		at += got;
		offset += (uint64_t)got;
		len -= (size_t)got;
	}
	return 0;
}

static int write_all(const struct tree_file *file, struct span bytes,
		     uint64_t offset, struct err *err)
{
	while (bytes.len) {
		struct iovec part = { (void *)(uintptr_t)bytes.data,
				      bytes.len };
		ssize_t put = file->disk->write(file->disk->ctx, file->fd,
						&part, 1, offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_sys(err, "cannot write %s", file->path);
		bytes = span_of(bytes.data + put, bytes.len - (size_t)put);
		offset += (uint64_t)put;
	}
	return 0;
}

static int file_bytes(const struct tree_file *file, uint64_t *bytes,
		      struct err *err)
{
	if (file->disk->size(file->disk->ctx, file->fd, bytes))
		return err_sys(err, "cannot tell the size of %s", file->path);
	return 0;
}

static void header_write(const struct hash *journal, uint8_t out[HEADER_BYTES])
{
	struct writer writer;

	memset(out, 0, HEADER_BYTES);
	writer_init(&writer, out, HEADER_BYTES);
	write_bytes(&writer, MAGIC, MAGIC_BYTES);
	write_u32(&writer, TREE_VERSION);
	write_u32(&writer, 0);
	write_bytes(&writer, journal->bytes, HASH_BYTES);
	write_u32(&writer, crc32c(0, span_of(out, HEADER_CRC_AT)));
}

static int header_read(struct tree_file *file, struct err *err)
{
	uint8_t bytes[HEADER_BYTES], should[HEADER_BYTES];
	struct hash journal;
	int rc = read_all(file, bytes, HEADER_BYTES, 0, err);

	if (rc)
		return rc;
	memcpy(journal.bytes, bytes + MAGIC_BYTES + 8, HASH_BYTES);
	header_write(&journal, should);
	if (memcmp(bytes, should, HEADER_BYTES) != 0)
		return err_set(err, ERR_CORRUPT,
			       "%s: offset 0: the header is damaged",
			       file->path);
	file->journal = journal;
	return 0;
}

static int file_open(struct tree_file *file, const char *path,
		     const struct journal_disk *disk, int flags,
		     struct err *err)
{
	file->disk = disk ? disk : &journal_disk_real;
	file->fd = -1;
	file->path = strdup(path);
	if (!file->path)
		return err_set(err, ERR_NOMEM, "no memory for a tree");
	file->fd = file->disk->open(file->disk->ctx, path, flags);
	if (file->fd >= 0)
		return 0;
	if (errno == ENOENT)
		return err_set(err, ERR_NOTFOUND, "%s is not there", path);
	return err_sys(err, "cannot open %s", path);
}

/* ---- nodes ---- */

static int read_node(const struct tree_file *file, unsigned level,
		     uint64_t index, struct hash *out, struct err *err)
{
	uint64_t last = ((index + 1) << level) - 1;
	struct hash hash;
	int rc = read_all(file, hash.bytes, HASH_BYTES,
			  offset_of(hashes_of(last) + level), err);

	if (!rc)
		*out = hash;
	return rc;
}

/* The frontier of the first leaves, from their nodes. */
static int read_frontier(const struct tree_file *file, uint64_t size,
			 struct frontier *out, struct err *err)
{
	struct frontier frontier = { .size = size };
	size_t edge = 0;

	for (unsigned level = 0; size >> level; level++) {
		int rc;

		if (!(size >> level & 1))
			continue;
		rc = read_node(file, level, (size >> level) - 1,
			       &frontier.edge[edge++], err);
		if (rc)
			return rc;
	}
	*out = frontier;
	return 0;
}

/* ---- appending ---- */

static int make_file(struct tree *tree, const struct hash *journal,
		     struct err *err)
{
	uint8_t header[HEADER_BYTES];

	header_write(journal, header);
	tree->file.journal = *journal;
	return write_all(&tree->file, span_of(header, HEADER_BYTES), 0, err);
}

static int load(struct tree *tree, const struct hash *journal, struct err *err)
{
	uint64_t bytes, leaves;
	int rc = file_bytes(&tree->file, &bytes, err);

	/* Not even its header was written when the power went. */
	if (!rc && bytes < HEADER_BYTES)
		return make_file(tree, journal, err);
	if (!rc)
		rc = header_read(&tree->file, err);
	if (!rc && !hash_equal(&tree->file.journal, journal))
		rc = err_set(err, ERR_CORRUPT, "%s is of another journal",
			     tree->file.path);
	if (rc)
		return rc;
	leaves = leaves_of((bytes - HEADER_BYTES) / HASH_BYTES);
	rc = read_frontier(&tree->file, leaves, &tree->frontier, err);
	if (rc)
		return rc;
	tree->written = hashes_of(leaves);
	if (bytes > offset_of(tree->written) &&
	    tree->file.disk->truncate(tree->file.disk->ctx, tree->file.fd,
				      offset_of(tree->written)))
		return err_sys(err, "cannot cut %s", tree->file.path);
	return 0;
}

int tree_open(const char *path, const struct journal_disk *disk,
	      const struct hash *journal, struct tree **out, struct err *err)
{
	struct tree *tree = calloc(1, sizeof(*tree));
	int rc;

	if (!tree)
		return err_set(err, ERR_NOMEM, "no memory for a tree");
	strbuf_init(&tree->pending, 0);
	frontier_init(&tree->frontier);
	rc = file_open(&tree->file, path, disk, O_RDWR | O_CREAT, err);
	if (!rc)
		rc = load(tree, journal, err);
	if (rc)
		tree_close(tree);
	else
		*out = tree;
	return rc;
}

void tree_close(struct tree *tree)
{
	if (!tree)
		return;
	file_release(&tree->file);
	strbuf_release(&tree->pending);
	free(tree);
}

int tree_remove(const char *path, const struct journal_disk *disk,
		struct err *err)
{
	if (!disk)
		disk = &journal_disk_real;
	if (disk->unlink(disk->ctx, path) && errno != ENOENT)
		return err_sys(err, "cannot remove %s", path);
	return 0;
}

uint64_t tree_size(const struct tree *tree)
{
	return tree->frontier.size;
}

struct hash tree_root(const struct tree *tree)
{
	return frontier_root(&tree->frontier);
}

int tree_add(struct tree *tree, const struct hash *leaf, struct err *err)
{
	const struct frontier *frontier = &tree->frontier;
	size_t before = tree->pending.len, edge = 0;
	struct hash node = *leaf;

	strbuf_add(&tree->pending, node.bytes, HASH_BYTES);
	for (uint64_t bits = frontier->size; bits & 1; bits >>= 1) {
		node = hash_node(&frontier->edge[edge++], &node);
		strbuf_add(&tree->pending, node.bytes, HASH_BYTES);
	}
	if (tree->pending.failed) {
		tree->pending.failed = false;
		tree->pending.len = before;
		return err_set(err, ERR_NOMEM, "no memory for a tree");
	}
	frontier_add(&tree->frontier, leaf);
	return 0;
}

int tree_write(struct tree *tree, struct err *err)
{
	int rc;

	if (!tree->pending.len)
		return 0;
	/* What is half written after a failure is written again. */
	rc = write_all(&tree->file, strbuf_span(&tree->pending),
		       offset_of(tree->written), err);
	if (!rc && tree->file.disk->sync(tree->file.disk->ctx, tree->file.fd))
		rc = err_sys(err, "cannot sync %s", tree->file.path);
	if (rc)
		return rc;
	tree->written += tree->pending.len / HASH_BYTES;
	strbuf_clear(&tree->pending);
	return 0;
}

int tree_cut(struct tree *tree, uint64_t size, struct err *err)
{
	struct frontier frontier;
	int rc = tree_write(tree, err);

	assert(size <= tree->frontier.size);
	if (!rc)
		rc = read_frontier(&tree->file, size, &frontier, err);
	if (!rc &&
	    tree->file.disk->truncate(tree->file.disk->ctx, tree->file.fd,
				      offset_of(hashes_of(size))))
		rc = err_sys(err, "cannot cut %s", tree->file.path);
	if (rc)
		return rc;
	tree->frontier = frontier;
	tree->written = hashes_of(size);
	return 0;
}

/* ---- reading ---- */

int tree_read_open(const char *path, const struct journal_disk *disk,
		   struct tree_reader **out, struct err *err)
{
	struct tree_reader *reader = calloc(1, sizeof(*reader));
	int rc;

	if (!reader)
		return err_set(err, ERR_NOMEM, "no memory for a tree");
	rc = file_open(&reader->file, path, disk, O_RDONLY, err);
	if (!rc)
		rc = header_read(&reader->file, err);
	if (rc)
		tree_read_close(reader);
	else
		*out = reader;
	return rc;
}

void tree_read_close(struct tree_reader *reader)
{
	if (!reader)
		return;
	file_release(&reader->file);
	free(reader);
}

const struct hash *tree_read_journal(const struct tree_reader *reader)
{
	return &reader->file.journal;
}

int tree_read_size(struct tree_reader *reader, uint64_t *size, struct err *err)
{
	uint64_t bytes;
	int rc = file_bytes(&reader->file, &bytes, err);

	if (!rc)
		*size = bytes < HEADER_BYTES ?
				0 :
				leaves_of((bytes - HEADER_BYTES) / HASH_BYTES);
	return rc;
}

static int reader_node(void *ctx, unsigned level, uint64_t index,
		       struct hash *out, struct err *err)
{
	const struct tree_reader *reader = ctx;

	return read_node(&reader->file, level, index, out, err);
}

struct proof_nodes tree_read_nodes(struct tree_reader *reader)
{
	return (struct proof_nodes){ reader_node, reader };
}
