/* Disks that fail, fill up and lose power: what journal_commit has said to be
 * durable is there afterwards, and a full disk is survived. */
#include "store/journal.h"

#include "store/journal_help.h"

#include <sys/stat.h>
#include <sys/wait.h>

#define FILES_MAX 64
#define ENTRIES 60
#define SECTOR 512

enum fault {
	FAULT_NONE,
	FAULT_EIO,	 /* the N-th call */
	FAULT_NO_SPACE,	 /* the N-th call */
	FAULT_SHORT,	 /* the N-th call, if it writes, writes a part */
	FAULT_FULL,	 /* from the N-th call on, 5 calls that need room */
	FAULT_POWER_CUT, /* the N-th call and all that follow */
};

/* A file as the disk holds it, whatever memory says. */
struct durable {
	char path[128];
	int fd;
	uint64_t synced; /* bytes */
	bool renamed;	 /* and the directory not synced since */
	char before[128];
};

struct faulty {
	struct journal_disk table;
	enum fault fault;
	unsigned at, calls, failed;
	bool sync_lies;
	struct durable files[FILES_MAX];
	size_t file_count;
	uint64_t dice;
};

static uint64_t throw(struct faulty * disk)
{
	disk->dice = disk->dice * 6364136223846793005u + 1442695040888963407u;
	return disk->dice >> 33;
}

/* Is this call to fail, with errno set? */
static bool fails(struct faulty *disk, bool needs_room)
{
	unsigned call = ++disk->calls;
	bool now = false;

	switch (disk->fault) {
	case FAULT_NONE:
	case FAULT_SHORT:
		return false;
	case FAULT_EIO:
		now = call == disk->at;
		errno = EIO;
		break;
	case FAULT_NO_SPACE:
		now = call == disk->at;
		errno = ENOSPC;
		break;
	case FAULT_FULL:
		now = call >= disk->at && disk->failed < 5 && needs_room;
		errno = ENOSPC;
		break;
	case FAULT_POWER_CUT:
		now = call >= disk->at;
		errno = EIO;
		break;
	}
	disk->failed += now;
	return now;
}

static struct durable *by_path(struct faulty *disk, const char *path)
{
	for (size_t i = 0; i < disk->file_count; i++)
		if (!strcmp(disk->files[i].path, path))
			return &disk->files[i];
	return NULL;
}

static struct durable *by_fd(struct faulty *disk, int fd)
{
	for (size_t i = 0; i < disk->file_count; i++)
		if (disk->files[i].fd == fd)
			return &disk->files[i];
	return NULL;
}

static int faulty_open(void *ctx, const char *path, int flags)
{
	struct faulty *disk = ctx;
	struct durable *file;
	struct stat st;
	int fd;

	if (fails(disk, flags & O_CREAT))
		return -1;
	fd = journal_disk_real.open(NULL, path, flags);
	if (fd < 0 || !(flags & O_RDWR))
		return fd;
	file = by_path(disk, path);
	if (!file) {
		cr_assert(disk->file_count < FILES_MAX);
		file = &disk->files[disk->file_count++];
		(void)snprintf(file->path, sizeof(file->path), "%s", path);
		cr_assert_eq(fstat(fd, &st), 0);
		file->synced = (uint64_t)st.st_size;
	}
	if (flags & O_TRUNC)
		file->synced = 0;
	file->fd = fd;
	return fd;
}

static int faulty_close(void *ctx, int fd)
{
	struct durable *file = by_fd(ctx, fd);

	if (file)
		file->fd = -1;
	return journal_disk_real.close(NULL, fd);
}

static ssize_t faulty_read(void *ctx, int fd, void *out, size_t len,
			   uint64_t offset)
{
	if (fails(ctx, false))
		return -1;
	/* Short reads are no fault. */
	return journal_disk_real.read(NULL, fd, out, len > 999 ? 999 : len,
				      offset);
}

static ssize_t faulty_write(void *ctx, int fd, const struct iovec *parts,
			    int count, uint64_t offset)
{
	struct faulty *disk = ctx;
	struct iovec part = parts[0];

	if (fails(disk, true)) {
		if (disk->fault == FAULT_EIO)
			(void)journal_disk_real.write(NULL, fd, &part, 1,
						      offset);
		return -1;
	}
	if (disk->fault == FAULT_SHORT && disk->calls == disk->at) {
		disk->failed++;
		part.iov_len = part.iov_len * 2 / 3;
		return journal_disk_real.write(NULL, fd, &part, 1, offset);
	}
	return journal_disk_real.write(NULL, fd, parts, count, offset);
}

static int faulty_size(void *ctx, int fd, uint64_t *bytes)
{
	return fails(ctx, false) ? -1 : journal_disk_real.size(NULL, fd, bytes);
}

static int faulty_sync(void *ctx, int fd)
{
	struct faulty *disk = ctx;
	struct durable *file = by_fd(disk, fd);
	struct stat st;

	if (fails(disk, false))
		return -1;
	if (file && !disk->sync_lies) {
		cr_assert_eq(fstat(fd, &st), 0);
		file->synced = (uint64_t)st.st_size;
	}
	return 0;
}

static int faulty_truncate(void *ctx, int fd, uint64_t bytes)
{
	return fails(ctx, false) ? -1 :
				   journal_disk_real.truncate(NULL, fd, bytes);
}

static int faulty_rename(void *ctx, const char *from, const char *to)
{
	struct faulty *disk = ctx;
	struct durable *file = by_path(disk, from);

	if (fails(disk, true))
		return -1;
	cr_assert(file);
	(void)snprintf(file->before, sizeof(file->before), "%s", from);
	(void)snprintf(file->path, sizeof(file->path), "%s", to);
	file->renamed = true;
	return journal_disk_real.rename(NULL, from, to);
}

static int faulty_unlink(void *ctx, const char *path)
{
	return fails(ctx, false) ? -1 : journal_disk_real.unlink(NULL, path);
}

static int faulty_sync_dir(void *ctx, const char *dir)
{
	struct faulty *disk = ctx;

	(void)dir;
	if (fails(disk, false))
		return -1;
	for (size_t i = 0; i < disk->file_count && !disk->sync_lies; i++)
		disk->files[i].renamed = false;
	return 0;
}

static int faulty_list(void *ctx, const char *dir,
		       int (*visit)(void *arg, const char *name), void *arg)
{
	return fails(ctx, false) ?
		       -1 :
		       journal_disk_real.list(NULL, dir, visit, arg);
}

static void faulty_uncache(void *ctx, int fd)
{
	(void)ctx;
	(void)fd;
}

static void faulty_init(struct faulty *disk, enum fault fault, unsigned at)
{
	*disk = (struct faulty){
		.table = { .ctx = disk,
			   .open = faulty_open,
			   .close = faulty_close,
			   .read = faulty_read,
			   .write = faulty_write,
			   .size = faulty_size,
			   .sync = faulty_sync,
			   .truncate = faulty_truncate,
			   .rename = faulty_rename,
			   .unlink = faulty_unlink,
			   .sync_dir = faulty_sync_dir,
			   .list = faulty_list,
			   .uncache = faulty_uncache },
		.fault = fault,
		.at = at,
		.dice = at,
	};
}

/* Files become what the disk has: synced bytes, and of what follows a part,
 * some sectors of it zero; names as of the last directory sync, or newer. */
static void lose_power(struct faulty *disk)
{
	static const uint8_t zeros[SECTOR];

	for (size_t i = 0; i < disk->file_count; i++) {
		struct durable *file = &disk->files[i];
		uint64_t len, at;
		struct stat st;
		int fd = open(file->path, O_RDWR | O_CLOEXEC);

		if (fd < 0)
			continue;
		cr_assert_eq(fstat(fd, &st), 0);
		len = (uint64_t)st.st_size;
		if (len > file->synced && throw(disk) % 2)
			len = file->synced +
			      throw(disk) % (len - file->synced + 1);
		else if (throw(disk) % 3 == 0)
			len = file->synced < len ? file->synced : len;
		cr_assert_eq(ftruncate(fd, (off_t)len), 0);
		at = file->synced - file->synced % SECTOR;
		for (; at < len; at += SECTOR) {
			uint64_t from = at > file->synced ? at : file->synced;
			uint64_t to = at + SECTOR < len ? at + SECTOR : len;

			if (throw(disk) % 4 == 0)
				cr_assert_eq(pwrite(fd, zeros, to - from,
						    (off_t)from),
					     (ssize_t)(to - from));
		}
		(void)close(fd);
		if (file->renamed && throw(disk) % 2)
			cr_assert_eq(rename(file->path, file->before), 0);
	}
}

/* Appends up to entry ENTRIES, groups of 1 to 4, until the journal breaks.
 * *promised is what commits have answered for. */
static int work(struct journal *journal, uint64_t *promised, struct err *err)
{
	unsigned full = 0;
	int rc = 0;

	*promised = journal_size(journal);
	while (*promised < ENTRIES && full < 20) {
		uint64_t next = *promised;
		unsigned group = 1 + (unsigned)(next % 4);

		while (group-- && next < ENTRIES) {
			rc = append_sample(journal, next, err);
			if (rc == ERR_LIMIT)
				break;
			if (rc)
				return rc;
			next++;
		}
		rc = journal_commit(journal, err);
		if (!rc) {
			*promised = next;
			continue;
		}
		cr_assert_eq(journal_size(journal), *promised);
		if (rc != ERR_FULL)
			return rc;
		full++;
	}
	return rc;
}

/* One run with a fault at call at. False: there were fewer calls. */
static bool run(enum fault fault, unsigned at)
{
	struct place place = place_new();
	struct journal_options options = { .segment_bytes = 3000 };
	struct journal *journal = new_journal(place.dir, &options);
	struct err err = { 0 };
	struct faulty disk;
	uint64_t promised = 20, size;
	int rc;

	grow(journal, promised, 3);
	journal_close(journal);
	journal = NULL;
	faulty_init(&disk, fault, at);
	options.disk = &disk.table;
	rc = journal_open(place.dir, &options, NULL, &journal, &err);
	if (!rc) {
		rc = work(journal, &promised, &err);
		if (rc) {
			uint64_t before = disk.calls;

			/* It stays broken, and leaves the disk alone. */
			cr_expect_eq(journal_commit(journal, NULL), ERR_IO);
			cr_expect_eq(append_sample(journal, promised, &err),
				     ERR_IO);
			cr_expect_eq(disk.calls, before);
		} else {
			cr_expect_eq(promised, ENTRIES);
		}
	} else {
		cr_expect(err.msg[0], "call %u", at);
		cr_expect_neq(rc, ERR_CORRUPT, "call %u: %s", at, err.msg);
	}
	if (fault == FAULT_SHORT || fault == FAULT_FULL)
		cr_expect_eq(rc, 0, "call %u: %s", at, err.msg);
	journal_close(journal);
	options.disk = NULL;
	options.keep_size = promised;
	journal = open_journal(place.dir, &options);
	size = journal_size(journal);
	cr_expect(size >= promised && size <= promised + 4,
		  "fault %d, call %u: %zu of %zu", (int)fault, at, (size_t)size,
		  (size_t)promised);
	if (size < ENTRIES)
		grow(journal, ENTRIES, 2);
	journal_close(journal);
	cr_expect_eq(count_entries(place.dir, 0, &rc, &err), ENTRIES, "%s",
		     err.msg);
	place_remove(&place);
	return disk.calls >= at;
}

Test(journal_faults, a_failing_call_loses_nothing_that_was_promised)
{
	unsigned at = 1;

	while (run(FAULT_EIO, at))
		at++;
	cr_expect(at > 60, "%u", at);
}

Test(journal_faults, no_space_at_any_call_loses_nothing_that_was_promised)
{
	unsigned at = 1;

	while (run(FAULT_NO_SPACE, at))
		at++;
	cr_expect(at > 60, "%u", at);
}

Test(journal_faults, short_writes_are_taken_back_and_work_goes_on)
{
	unsigned at = 1;

	while (run(FAULT_SHORT, at))
		at++;
	cr_expect(at > 60, "%u", at);
}

Test(journal_faults, a_disk_that_is_full_for_a_while_is_survived)
{
	unsigned at = 1;

	while (run(FAULT_FULL, at))
		at++;
	cr_expect(at > 60, "%u", at);
}

Test(journal_faults, a_failed_sync_is_not_tried_again)
{
	struct place place = place_new();
	struct journal_options options = { .segment_bytes = 0 };
	struct journal *journal = new_journal(place.dir, NULL);
	struct err err = { 0 };
	struct faulty disk;

	journal_close(journal);
	faulty_init(&disk, FAULT_NONE, 0);
	options.disk = &disk.table;
	journal = open_journal(place.dir, &options);
	cr_assert_eq(append_sample(journal, 0, NULL), 0);
	disk.fault = FAULT_NO_SPACE; /* not to be taken for a full disk */
	disk.at = disk.calls + 2;
	cr_expect_eq(journal_commit(journal, &err), ERR_IO, "%s", err.msg);
	cr_expect_eq(disk.calls, disk.at);
	cr_expect_eq(append_sample(journal, 0, &err), ERR_IO);
	cr_expect(strstr(err.msg, "opened again"), "%s", err.msg);
	cr_expect_eq(disk.calls, disk.at);
	journal_close(journal);
	place_remove(&place);
}

/* Rounds of work, power cut and recovery; how often a promise was broken. */
static unsigned power_cuts(bool sync_lies, unsigned rounds)
{
	unsigned broken = 0;

	for (unsigned round = 0; round < rounds; round++) {
		struct place place = place_new();
		struct journal_options options = { .segment_bytes = 3000 };
		struct journal *journal = new_journal(place.dir, &options);
		struct err err = { 0 };
		struct faulty disk;
		uint64_t promised = 0;
		int rc;

		faulty_init(&disk, FAULT_POWER_CUT, 20 + round % 90);
		journal_close(journal);
		journal = NULL;
		disk.dice = round;
		disk.sync_lies = sync_lies;
		options.disk = &disk.table;
		rc = journal_open(place.dir, &options, NULL, &journal, &err);
		if (!rc)
			(void)work(journal, &promised, &err);
		journal_close(journal);
		journal = NULL;
		lose_power(&disk);
		options.disk = NULL;
		rc = journal_open(place.dir, &options, NULL, &journal, &err);
		if (!sync_lies)
			cr_expect_eq(rc, 0, "round %u: %s", round, err.msg);
		broken += rc || journal_size(journal) < promised;
		journal_close(journal);
		if (!rc)
			(void)count_entries(place.dir, 0, &rc, &err);
		cr_expect(sync_lies || !rc, "round %u: %s", round, err.msg);
		place_remove(&place);
	}
	return broken;
}

Test(journal_faults, a_power_cut_loses_nothing_that_was_promised)
{
	cr_expect_eq(power_cuts(false, 400), 0);
}

/* The test of the test. */
Test(journal_faults, without_syncs_a_power_cut_would_be_seen_to_lose)
{
	cr_expect_gt(power_cuts(true, 100), 20);
}

Test(journal_faults, a_full_disk_leaves_the_file_as_it_was)
{
	struct place place = place_new();
	struct journal_options options = { .segment_bytes = 0 };
	struct journal *journal = new_journal(place.dir, NULL);
	struct err err = { 0 };
	struct faulty disk;
	struct file before, after;

	grow(journal, 3, 3);
	journal_close(journal);
	faulty_init(&disk, FAULT_NONE, 0);
	options.disk = &disk.table;
	journal = open_journal(place.dir, &options);
	before = file_load(place.dir, "00000000000000000000.seg");
	cr_assert_eq(append_sample(journal, 3, NULL), 0);
	disk.fault = FAULT_SHORT;
	disk.at = disk.calls + 1;
	cr_expect_eq(journal_commit(journal, &err), ERR_FULL, "%s", err.msg);
	after = file_load(place.dir, "00000000000000000000.seg");
	cr_expect_eq(after.len, before.len);
	cr_assert_eq(append_sample(journal, 3, NULL), 0);
	cr_expect_eq(journal_commit(journal, &err), 0, "%s", err.msg);
	free(before.bytes);
	free(after.bytes);
	journal_close(journal);
	place_remove(&place);
}

#define BUSY_ENTRIES 3000

/* Commits one group after the other, now and then on a full disk. */
static void be_busy(const char *dir)
{
	struct journal_options options = { .segment_bytes = 60000 };
	struct journal *journal = NULL;
	struct faulty disk;

	faulty_init(&disk, FAULT_SHORT, 0);
	options.disk = &disk.table;
	if (journal_open(dir, &options, NULL, &journal, NULL))
		_exit(2);
	while (journal_size(journal) < BUSY_ENTRIES) {
		uint64_t next = journal_size(journal);
		unsigned group = 1 + (unsigned)(throw(&disk) % 30);
		int rc;

		while (group-- && next < BUSY_ENTRIES &&
		       !append_sample(journal, next, NULL))
			next++;
		if (throw(&disk) % 3 == 0)
			disk.at = disk.calls + 1;
		rc = journal_commit(journal, NULL);
		if (rc && rc != ERR_FULL)
			_exit(3);
	}
	_exit(0);
}

Test(journal_faults, a_reader_beside_a_busy_collector_sees_no_damage)
{
	struct place place = place_new();
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	struct hash id = an_id();
	struct err err = { 0 };
	uint64_t next = 0;
	int status = -1;
	pid_t child;

	cr_assert_eq(journal_create(place.dir, &id, NULL), 0);
	child = fork();
	cr_assert(child >= 0);
	if (child == 0)
		be_busy(place.dir);
	cr_assert_eq(journal_read_open(place.dir, 0, &reader, &err), 0, "%s",
		     err.msg);
	while (next < BUSY_ENTRIES) {
		int rc = journal_read_next(reader, &entry, &err);

		cr_assert(rc >= 0, "entry %zu: %s", (size_t)next, err.msg);
		if (rc == 1)
			cr_assert(entry_is_sample(&entry, next++));
		if (rc == 0 && status == -1 &&
		    waitpid(child, &status, WNOHANG) == child)
			cr_assert_eq(status, 0);
	}
	if (status == -1)
		cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect_eq(status, 0);
	journal_read_close(reader);
	place_remove(&place);
}
