/*
 * The journal: a segment as its reader, and recovery, find it on a disk. The
 * input is the file; the disk is in memory. Proof files and leaves as well,
 * which are handed from one to another.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "store/journal.h"
#include "store/journal_disk.h"
#include "store/journal_format.h"
#include "store/journal_reader.h"
#include "store/proof_file.h"

#define FD 1000
#define DIR_NAME "journal"
#define ARENA_BYTES (16 * 1024 * 1024)

struct memory {
	uint8_t *bytes;
	size_t len;
};

static int disk_open(void *ctx, const char *path, int flags)
{
	char name[SEGMENT_NAME_BYTES];

	(void)ctx;
	(void)flags;
	segment_name(0, name);
	if (!strcmp(path, DIR_NAME "/") || !strstr(path, name)) {
		errno = ENOENT;
		return -1;
	}
	return FD;
}

static int disk_nothing(void *ctx, int fd)
{
	(void)ctx;
	return fd == FD ? 0 : -1;
}

static ssize_t disk_read(void *ctx, int fd, void *out, size_t len,
			 uint64_t offset)
{
	const struct memory *memory = ctx;

	(void)fd;
	if (offset >= memory->len)
		return 0;
	if (len > memory->len - offset)
		len = memory->len - (size_t)offset;
	memcpy(out, memory->bytes + offset, len);
	return (ssize_t)len;
}

static ssize_t disk_write(void *ctx, int fd, const struct iovec *parts,
			  int count, uint64_t offset)
{
	(void)ctx;
	(void)fd;
	(void)parts;
	(void)count;
	(void)offset;
	errno = ENOSPC;
	return -1;
}

static int disk_size(void *ctx, int fd, uint64_t *bytes)
{
	const struct memory *memory = ctx;

	(void)fd;
	*bytes = memory->len;
	return 0;
}

static int disk_truncate(void *ctx, int fd, uint64_t bytes)
{
	struct memory *memory = ctx;

	(void)fd;
	assert(bytes <= memory->len);
	memory->len = (size_t)bytes;
	return 0;
}

static int disk_rename(void *ctx, const char *from, const char *to)
{
	(void)ctx;
	(void)from;
	(void)to;
	errno = EROFS;
	return -1;
}

static int disk_unlink(void *ctx, const char *path)
{
	return disk_rename(ctx, path, path);
}

static int disk_sync_dir(void *ctx, const char *dir)
{
	(void)ctx;
	(void)dir;
	return 0;
}

static int disk_list(void *ctx, const char *dir,
		     int (*visit)(void *arg, const char *name), void *arg)
{
	char name[SEGMENT_NAME_BYTES];

	(void)ctx;
	(void)dir;
	segment_name(0, name);
	return visit(arg, name) < 0 ? -1 : 0;
}

static void disk_uncache(void *ctx, int fd)
{
	(void)ctx;
	(void)fd;
}

static struct journal_disk disk_of(struct memory *memory)
{
	const struct journal_disk disk = {
		.ctx = memory,
		.open = disk_open,
		.close = disk_nothing,
		.read = disk_read,
		.write = disk_write,
		.size = disk_size,
		.sync = disk_nothing,
		.truncate = disk_truncate,
		.rename = disk_rename,
		.unlink = disk_unlink,
		.sync_dir = disk_sync_dir,
		.list = disk_list,
		.uncache = disk_uncache,
	};

	return disk;
}

/* How many entries are read from that one on; -1: it says what is wrong. */
static int64_t read_from(const struct journal_disk *disk, uint64_t from)
{
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	struct err err = { 0 };
	int64_t count = 0;
	int rc = journal_reader_open(disk, DIR_NAME, from, &reader, &err);

	while (!rc) {
		rc = journal_read_next(reader, &entry, &err);
		if (rc <= 0)
			break;
		assert(entry.index == from + (uint64_t)count);
		count++;
		rc = 0;
	}
	if (rc < 0)
		assert(err.msg[0]);
	journal_read_close(reader);
	return rc < 0 ? -1 : count;
}

/* What recovery opens holds what its reader reads. */
static void recover(const struct journal_disk *disk)
{
	const struct journal_options options = { .disk = disk };
	struct journal *journal = NULL;
	struct err err = { 0 };
	int64_t count;

	if (journal_open(DIR_NAME, &options, NULL, &journal, &err)) {
		assert(err.msg[0]);
		return;
	}
	count = read_from(disk, 0);
	assert(count >= 0 && (uint64_t)count == journal_size(journal));
	journal_close(journal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_of(data, size);
	struct proof_file proof;
	struct proof_said said;
	struct memory memory = { malloc(size + 1), size };
	struct journal_disk disk = disk_of(&memory);
	struct arena arena;
	struct leaf leaf;
	struct err err;

	assert(memory.bytes && !sign_start(&err));
	if (size)
		memcpy(memory.bytes, data, size);
	(void)read_from(&disk, 0);
	(void)read_from(&disk, 3);
	recover(&disk);
	free(memory.bytes);
	(void)leaf_decode(bytes, &leaf, &err);
	arena_init(&arena, ARENA_BYTES);
	if (!proof_file_read(bytes, &arena, &proof, &err))
		(void)proof_file_check(&proof, NULL, &said, &err);
	arena_release(&arena);
	return 0;
}
