#include "store/journal_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT_MODE 0600

static int real_open(void *ctx, const char *path, int flags)
{
	(void)ctx;
	return open(path, flags | O_CLOEXEC, SEGMENT_MODE);
}

static int real_close(void *ctx, int fd)
{
	(void)ctx;
	return close(fd);
}

static ssize_t real_read(void *ctx, int fd, void *out, size_t len,
			 uint64_t offset)
{
	(void)ctx;
	return pread(fd, out, len, (off_t)offset);
}

static ssize_t real_write(void *ctx, int fd, const struct iovec *parts,
			  int count, uint64_t offset)
{
	(void)ctx;
	return pwritev(fd, parts, count, (off_t)offset);
}

static int real_size(void *ctx, int fd, uint64_t *bytes)
{
	struct stat st;

	(void)ctx;
	if (fstat(fd, &st))
		return -1;
	*bytes = (uint64_t)st.st_size;
	return 0;
}

static int real_sync(void *ctx, int fd)
{
	(void)ctx;
	return fdatasync(fd);
}

static int real_truncate(void *ctx, int fd, uint64_t bytes)
{
	(void)ctx;
	return ftruncate(fd, (off_t)bytes);
}

static int real_rename(void *ctx, const char *from, const char *to)
{
	(void)ctx;
	return rename(from, to);
}

static int real_unlink(void *ctx, const char *path)
{
	(void)ctx;
	return unlink(path);
}

static int real_sync_dir(void *ctx, const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc, sys;

	(void)ctx;
	if (fd < 0)
		return -1;
	rc = fsync(fd);
	sys = errno;
	close(fd);
	errno = sys;
	return rc;
}

static int real_list(void *ctx, const char *dir,
		     int (*visit)(void *arg, const char *name), void *arg)
{
	DIR *stream = opendir(dir);
	const struct dirent *entry;
	int rc = 0, sys;

	(void)ctx;
	if (!stream)
		return -1;
	while (!rc) {
		errno = 0;
		entry = readdir(stream);
		if (!entry) {
			rc = errno ? -1 : 0;
			break;
		}
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			rc = visit(arg, entry->d_name);
	}
	sys = errno;
	closedir(stream);
	errno = sys;
	return rc;
}

static void real_uncache(void *ctx, int fd)
{
	(void)ctx;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

const struct journal_disk journal_disk_real = {
	.open = real_open,
	.close = real_close,
	.read = real_read,
	.write = real_write,
	.size = real_size,
	.sync = real_sync,
	.truncate = real_truncate,
	.rename = real_rename,
	.unlink = real_unlink,
	.sync_dir = real_sync_dir,
	.list = real_list,
	.uncache = real_uncache,
};
