/*
 * The disk below the collector's journal and tree: files are real, in memory
 * (a tmpfs), but what was not synced is lost in a power cut, sector by sector;
 * a sync that fails loses what it should have written, though reading still
 * shows it from the cache; calls fail, and there may be no room.
 */
#include "sim/sim.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/journal_disk.h"

#define FILES_MAX 64
#define FDS_MAX 1024
#define SECTOR 512u
#define FAILS_PER_THOUSAND 30

/* What the disk itself holds of a file. */
struct image {
	char path[128]; /* "": none */
	uint8_t *bytes;
	size_t len;
	bool dirty; /* written since the last sync */
	bool stale; /* a sync has failed: the cache shows what is not there */
};

struct rename {
	char from[128], to[128];
	bool replaces; /* what was there */
	uint8_t *bytes;
	size_t len;
};

static struct image images[FILES_MAX];
static int image_of[FDS_MAX];		 /* by descriptor, its place + 1 */
static struct rename renames[FILES_MAX]; /* the directory not synced since */
static size_t rename_count;
static enum sim_disk_mood mood;

void sim_disk_mood(enum sim_disk_mood now)
{
	mood = now;
}

bool sim_disk_is_full(void)
{
	return mood == DISK_FULL;
}

static void forget_renames(void)
{
	while (rename_count)
		free(renames[--rename_count].bytes);
}

void sim_disk_forget(void)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		free(images[i].bytes);
	memset(images, 0, sizeof(images));
	memset(image_of, 0, sizeof(image_of));
	forget_renames();
	mood = DISK_SOUND;
}

void sim_disk_settle(void)
{
	enum sim_disk_mood now = mood;

	sim_disk_forget();
	mood = now;
}

/* ---- images ---- */

static void read_file(const char *path, uint8_t **bytes, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st = { 0 };

	*bytes = NULL;
	*len = 0;
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_size > 0) {
		*bytes = malloc((size_t)st.st_size);
		*len = (size_t)st.st_size;
		if (!*bytes || pread(fd, *bytes, *len, 0) != (ssize_t)*len)
			sim_fail("cannot read %s", path);
	}
	(void)close(fd);
}

static void write_file(const char *path, const uint8_t *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return; /* removed meanwhile */
	if (ftruncate(fd, 0) ||
	    (len && pwrite(fd, bytes, len, 0) != (ssize_t)len))
		sim_fail("cannot write %s", path);
	(void)close(fd);
}

static struct image *find_image(const char *path)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (!strcmp(images[i].path, path))
			return &images[i];
	return NULL;
}

static struct image *make_image(const char *path)
{
	struct image *image = find_image(path);

	if (image)
		return image;
	image = find_image("");
	if (!image)
		sim_fail("too many files");
	(void)snprintf(image->path, sizeof(image->path), "%s", path);
	read_file(path, &image->bytes, &image->len);
	return image;
}

static void drop_image(struct image *image)
{
	for (size_t i = 0; i < FDS_MAX; i++)
		if (image_of[i] == (int)(image - images) + 1)
			image_of[i] = 0;
	free(image->bytes);
	*image = (struct image){ .path = "" };
}

/* What the disk holds of a file that is about to be replaced. */
static void take_image(const char *path, uint8_t **bytes, size_t *len)
{
	struct image *image = make_image(path);

	*bytes = image->bytes;
	*len = image->len;
	image->bytes = NULL;
	drop_image(image);
}

static void synced(struct image *image)
{
	free(image->bytes);
	read_file(image->path, &image->bytes, &image->len);
	image->dirty = image->stale = false;
}

/* The disk took some sectors of what was written, and did not take others. */
static void mix(struct image *image)
{
	uint8_t *now, *mixed;
	size_t len, size;

	read_file(image->path, &now, &len);
	size = sim_chance(500) ? len : image->len;
	mixed = calloc(1, size + 1);
	assert(mixed);
	for (size_t at = 0; at < size; at += SECTOR) {
		size_t part = size - at < SECTOR ? size - at : SECTOR;
		const uint8_t *from = sim_chance(500) ? now : image->bytes;
		size_t from_len = from == now ? len : image->len;

		if (from && at < from_len)
			memcpy(mixed + at, from + at,
			       from_len - at < part ? from_len - at : part);
	}
	free(now);
	free(image->bytes);
	image->bytes = mixed;
	image->len = size;
	image->dirty = false;
}

static void touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0)
		sim_fail("cannot make %s", path);
	(void)close(fd);
}

static void undo_renames(void)
{
	while (rename_count) {
		const struct rename *last = &renames[--rename_count];

		if (sim_chance(500)) {
			free(last->bytes);
			continue;
		}
		if (rename(last->to, last->from))
			sim_fail("cannot undo a rename of %s", last->to);
		if (last->replaces) {
			touch(last->to);
			write_file(last->to, last->bytes, last->len);
		}
		free(last->bytes);
	}
}

void sim_disk_power_cut(void)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		struct image *image = &images[i];

		if (!image->path[0])
			continue;
		if (image->dirty)
			mix(image);
		else if (!image->stale)
			continue;
		write_file(image->path, image->bytes, image->len);
		image->stale = false;
	}
	undo_renames();
	sim_disk_forget();
}

/* ---- faults ---- */

/* Does the call fail? Then errno is set. */
static bool fails(bool needs_room)
{
	struct sim_actor *actor = &sim.actors[sim.actor];

	if (sim.actor != SIM_COLLECTOR)
		return false;
	if (actor->die_after && --actor->die_after == 0) {
		sim_say("the collector dies in a call of its disk");
		sim_collector_end(sim_chance(500) ? END_KILL : END_POWER_CUT);
	}
	if (actor->dead) {
		errno = EIO;
		return true;
	}
	if (mood == DISK_FULL && needs_room) {
		errno = ENOSPC;
		return sim_chance(800);
	}
	errno = EIO;
	return mood == DISK_FAILS && sim_chance(FAILS_PER_THOUSAND);
}

static struct image *by_fd(int fd)
{
	assert(fd >= 0 && fd < FDS_MAX);
	return image_of[fd] ? &images[image_of[fd] - 1] : NULL;
}

/* ---- store/journal_disk.h ---- */

static int disk_open(void *ctx, const char *path, int flags)
{
	int fd;

	(void)ctx;
	if (fails(flags & O_CREAT))
		return -1;
	if (flags & O_RDWR)
		(void)make_image(path);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		return fd;
	assert(fd < FDS_MAX);
	image_of[fd] = find_image(path) && path[0] ?
			       (int)(find_image(path) - images) + 1 :
			       0;
	if ((flags & O_TRUNC) && by_fd(fd))
		by_fd(fd)->dirty = true;
	return fd;
}

static int disk_close(void *ctx, int fd)
{
	(void)ctx;
	image_of[fd] = 0;
	return close(fd);
}

static ssize_t disk_read(void *ctx, int fd, void *out, size_t len,
			 uint64_t offset)
{
	(void)ctx;
	if (fails(false))
		return -1;
	return pread(fd, out, len, (off_t)offset);
}

static size_t length_of(const struct iovec *parts, int count)
{
	size_t len = 0;

	for (int i = 0; i < count; i++)
		len += parts[i].iov_len;
	return len;
}

static ssize_t disk_write(void *ctx, int fd, const struct iovec *parts,
			  int count, uint64_t offset)
{
	size_t len = length_of(parts, count);
	struct image *image = by_fd(fd);
	ssize_t done;

	(void)ctx;
	if (image)
		image->dirty = true;
	if (fails(true)) {
		/* A part of it may have been written. */
		if (sim_chance(500) && parts[0].iov_len)
			(void)!pwrite(fd, parts[0].iov_base,
				      sim_below(parts[0].iov_len),
				      (off_t)offset);
		return -1;
	}
	done = pwritev(fd, parts, count, (off_t)offset);
	if (sim.bug == BUG_TORN_TAIL && done == (ssize_t)len && len > SECTOR &&
	    sim_chance(100))
		(void)!ftruncate(fd, (off_t)(offset + len - SECTOR / 2));
	return done;
}

static int disk_size(void *ctx, int fd, uint64_t *bytes)
{
	struct stat st;

	(void)ctx;
	if (fails(false) || fstat(fd, &st))
		return -1;
	*bytes = (uint64_t)st.st_size;
	return 0;
}

static int disk_sync(void *ctx, int fd)
{
	struct image *image = by_fd(fd);

	(void)ctx;
	if (fails(true)) {
		if (image && image->dirty) {
			mix(image);
			image->stale = true;
		}
		return -1;
	}
	if (image && image->dirty && sim.bug != BUG_ACK_BEFORE_SYNC &&
	    !image->stale)
		synced(image);
	return 0;
}

static int disk_truncate(void *ctx, int fd, uint64_t bytes)
{
	(void)ctx;
	if (fails(false))
		return -1;
	if (by_fd(fd))
		by_fd(fd)->dirty = true;
	return ftruncate(fd, (off_t)bytes);
}

static int disk_rename(void *ctx, const char *from, const char *to)
{
	struct image *image = find_image(from);
	struct rename *kept = &renames[rename_count];

	(void)ctx;
	if (fails(false))
		return -1;
	*kept = (struct rename){ .replaces = !access(to, F_OK) };
	if (kept->replaces)
		take_image(to, &kept->bytes, &kept->len);
	if (rename(from, to)) {
		free(kept->bytes);
		return -1;
	}
	if (image)
		(void)snprintf(image->path, sizeof(image->path), "%s", to);
	assert(rename_count + 1 < FILES_MAX);
	(void)snprintf(kept->from, sizeof(kept->from), "%s", from);
	(void)snprintf(kept->to, sizeof(kept->to), "%s", to);
	rename_count++;
	return 0;
}

static int disk_unlink(void *ctx, const char *path)
{
	struct image *image = find_image(path);

	(void)ctx;
	if (fails(false))
		return -1;
	if (image)
		drop_image(image);
	return unlink(path);
}

static int disk_sync_dir(void *ctx, const char *dir)
{
	(void)ctx;
	(void)dir;
	if (fails(false))
		return -1;
	forget_renames();
	return 0;
}

static int disk_list(void *ctx, const char *dir,
		     int (*visit)(void *arg, const char *name), void *arg)
{
	struct dirent **entries;
	int count, rc = 0;

	(void)ctx;
	if (fails(false))
		return -1;
	count = scandir(dir, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		if (!rc && entries[i]->d_name[0] != '.')
			rc = visit(arg, entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return count < 0 ? -1 : rc;
}

static void disk_uncache(void *ctx, int fd)
{
	struct image *image = by_fd(fd);

	(void)ctx;
	if (!image || !image->stale)
		return;
	write_file(image->path, image->bytes, image->len);
	image->stale = false;
}

const struct journal_disk journal_disk_real = {
	.open = disk_open,
	.close = disk_close,
	.read = disk_read,
	.write = disk_write,
	.size = disk_size,
	.sync = disk_sync,
	.truncate = disk_truncate,
	.rename = disk_rename,
	.unlink = disk_unlink,
	.sync_dir = disk_sync_dir,
	.list = disk_list,
	.uncache = disk_uncache,
};

/* ---- how much is free ---- */

int __wrap_statvfs(const char *path, struct statvfs *out);

int __wrap_statvfs(const char *path, struct statvfs *out)
{
	(void)path;
	*out = (struct statvfs){ .f_frsize = 4096,
				 .f_bavail = mood == DISK_FULL ? 16 :
								 1u << 24 };
	return 0;
}
