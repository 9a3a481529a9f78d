/*
 * A disk that fails, fills up, or forgets what was not synced: a library for
 * LD_PRELOAD that stands between a program and the calls that change files
 * below one folder. Everything else goes by untouched. faults.py sets it up
 * and reads what it has written down.
 *
 * TALLY_FAULT_ROOT  the folder, an absolute path
 * TALLY_FAULT_LOG   a file outside of it: what has changed, and what is synced,
 *                   in the order in which it happened (struct record)
 * TALLY_FAULT       KIND:N or KIND:N+, the N-th call of a kind, + and all that
 *                   follow:
 *       kill        any call: the program dies before it
 *       eio         a call that changes something fails with EIO
 *       enospc      the same with ENOSPC
 *       short       a write of more than one byte writes half
 *       sync        fsync or fdatasync fails with EIO; what it should have
 *                   written never reaches the disk, as Linux has it
 *       lie         fsync, fdatasync and O_DSYNC do nothing, and say nothing
 *
 * What is mapped and written to by memory is not seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* ---- what is written down ---- */

enum what {
	WHAT_WRITE = 'W',    /* bytes at an offset, of a file */
	WHAT_DURABLE = 'P',  /* the same, synced at once */
	WHAT_SIZE = 'T',     /* a file has been cut or grown to offset */
	WHAT_SYNC = 'S',     /* a file or folder */
	WHAT_LOST = 'E',     /* a sync that failed */
	WHAT_CREATE = 'C',   /* a name, of a file */
	WHAT_FOLDER = 'M',   /* a name, of a folder */
	WHAT_RENAME = 'R',   /* the name, a zero, the new one */
	WHAT_UNLINK = 'U',   /* a name */
	WHAT_INJECTED = 'X', /* the fault; the text names the call */
	WHAT_ENDED = 'Z',    /* calls of a kind that there were, in offset */
};

struct record {
	uint32_t what, len; /* of what follows it */
	uint64_t inode, offset;
};

enum kind {
	KIND_NONE,
	KIND_KILL,
	KIND_EIO,
	KIND_ENOSPC,
	KIND_SHORT,
	KIND_SYNC,
	KIND_LIE,
	KIND_COUNT,
};

static struct {
	const char *root;
	size_t root_len;
	int log;
	enum kind kind;
	unsigned long at, counts[KIND_COUNT];
	bool onwards;
	pthread_mutex_t mutex;
} fault = { .log = -1, .mutex = PTHREAD_MUTEX_INITIALIZER };

static const char *const names[KIND_COUNT] = {
	[KIND_KILL] = "kill",	[KIND_EIO] = "eio",   [KIND_ENOSPC] = "enospc",
	[KIND_SHORT] = "short", [KIND_SYNC] = "sync", [KIND_LIE] = "lie",
};

static enum kind kind_of(const char *text, size_t len)
{
	for (int i = KIND_NONE + 1; i < KIND_COUNT; i++)
		if (strlen(names[i]) == len && !memcmp(names[i], text, len))
			return (enum kind)i;
	abort();
}

__attribute__((constructor)) static void begin(void)
{
	const char *log = getenv("TALLY_FAULT_LOG");
	const char *what = getenv("TALLY_FAULT");
	char *end;

	fault.root = getenv("TALLY_FAULT_ROOT");
	if (!fault.root || !log)
		return;
	fault.root_len = strlen(fault.root);
	fault.log = (int)syscall(SYS_openat, AT_FDCWD, log,
				 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
				 0600);
	if (fault.log < 0)
		abort();
	if (!what || !*what)
		return;
	fault.kind = kind_of(what, strcspn(what, ":"));
	fault.at = strtoul(what + strcspn(what, ":") + 1, &end, 10);
	fault.onwards = *end == '+';
}

static void note(enum what what, uint64_t inode, uint64_t offset,
		 const void *data, size_t len)
{
	const struct record record = { .what = what,
				       .len = (uint32_t)len,
				       .inode = inode,
				       .offset = offset };
	const struct iovec parts[2] = { { (void *)&record, sizeof(record) },
					{ (void *)(uintptr_t)data, len } };

	if (syscall(SYS_writev, fault.log, parts, len ? 2 : 1) !=
	    (long)(sizeof(record) + len))
		abort();
}

static void note_text(enum what what, uint64_t inode, const char *text)
{
	note(what, inode, 0, text, strlen(text));
}

__attribute__((destructor)) static void end(void)
{
	if (fault.log < 0)
		return;
	for (int i = KIND_NONE + 1; i < KIND_COUNT; i++)
		note(WHAT_ENDED, 0, fault.counts[i], names[i],
		     strlen(names[i]));
}

/* ---- which files ---- */

static bool is_below(const char *path)
{
	return fault.log >= 0 && !strncmp(path, fault.root, fault.root_len) &&
	       (path[fault.root_len] == '/' || !path[fault.root_len]);
}

static bool is_ours(int fd)
{
	char link[32], path[PATH_MAX];
	long len;

	if (fault.log < 0 || fd < 0)
		return false;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof(path) - 1);
	if (len < 0)
		return false;
	path[len] = '\0';
	return is_below(path);
}

static uint64_t inode_of(int fd)
{
	struct stat st;

	return syscall(SYS_fstat, fd, &st) ? 0 : (uint64_t)st.st_ino;
}

static uint64_t inode_at(const char *path)
{
	struct stat st;

	if (syscall(SYS_newfstatat, AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	return (uint64_t)st.st_ino;
}

/* ---- the fault ---- */

enum call { CALL_CHANGE, CALL_WRITE, CALL_SYNC };

static bool concerns(enum kind kind, enum call call, size_t len)
{
	switch (kind) {
	case KIND_KILL:
		return true;
	case KIND_EIO:
	case KIND_ENOSPC:
		return call != CALL_SYNC;
	case KIND_SHORT:
		return call == CALL_WRITE && len > 1;
	case KIND_SYNC:
	case KIND_LIE:
		return call == CALL_SYNC;
	case KIND_NONE:
	case KIND_COUNT:
		return false;
	}
	return false;
}

/* Is it this one's turn? The mutex is held from here until the call is done
 * and written down. */
static bool strikes(enum call call, size_t len, const char *name)
{
	unsigned long count;

	(void)pthread_mutex_lock(&fault.mutex);
	for (int i = KIND_NONE + 1; i < KIND_COUNT; i++)
		fault.counts[i] += concerns((enum kind)i, call, len);
	if (!concerns(fault.kind, call, len))
		return false;
	count = fault.counts[fault.kind];
	if (count != fault.at && !(fault.onwards && count > fault.at))
		return false;
	if (fault.kind != KIND_LIE)
		note_text(WHAT_INJECTED, 0, name);
	if (fault.kind == KIND_KILL)
		for (;;)
			(void)syscall(SYS_kill, getpid(), SIGKILL);
	if (fault.kind == KIND_ENOSPC)
		errno = ENOSPC;
	else
		errno = EIO;
	return true;
}

static long done(long result)
{
	int sys = errno;

	(void)pthread_mutex_unlock(&fault.mutex);
	errno = sys;
	return result;
}

/* ---- writing ---- */

static size_t bytes_of(const struct iovec *parts, int count)
{
	size_t len = 0;

	for (int i = 0; i < count; i++)
		len += parts[i].iov_len;
	return len;
}

static void note_written(int fd, const struct iovec *parts, size_t len,
			 uint64_t offset)
{
	long flags = syscall(SYS_fcntl, fd, F_GETFL);
	bool durable = flags >= 0 && (flags & O_DSYNC);

	if (fault.kind == KIND_LIE)
		durable = false;
	for (; len; parts++) {
		size_t part = parts->iov_len < len ? parts->iov_len : len;

		if (part)
			note(durable ? WHAT_DURABLE : WHAT_WRITE, inode_of(fd),
			     offset, parts->iov_base, part);
		offset += part;
		len -= part;
	}
}

/* offset below 0: where the file is at. Of a short write the first half of the
 * bytes, in one part. */
static ssize_t write_to(int fd, const struct iovec *parts, int count,
			off_t offset, const char *name)
{
	size_t wanted = bytes_of(parts, count);
	struct iovec half;
	long result;
	off_t at = offset;

	if (strikes(CALL_WRITE, wanted, name)) {
		if (fault.kind != KIND_SHORT)
			return done(-1);
		half = parts[0];
		if (half.iov_len > wanted / 2)
			half.iov_len = wanted / 2;
		parts = &half;
		count = 1;
	}
	if (offset < 0)
		at = (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR);
	if (offset < 0)
		result = syscall(SYS_writev, fd, parts, count);
	else
		result = syscall(SYS_pwritev, fd, parts, count, offset, 0);
	if (result > 0)
		note_written(fd, parts, (size_t)result, (uint64_t)at);
	return done(result);
}

EXPORT ssize_t write(int fd, const void *data, size_t len)
{
	const struct iovec part = { (void *)(uintptr_t)data, len };

	if (!is_ours(fd))
		return syscall(SYS_write, fd, data, len);
	return write_to(fd, &part, 1, -1, "write");
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
	if (!is_ours(fd))
		return syscall(SYS_writev, fd, parts, count);
	return write_to(fd, parts, count, -1, "writev");
}

EXPORT ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
	const struct iovec part = { (void *)(uintptr_t)data, len };

	if (!is_ours(fd))
		return syscall(SYS_pwrite64, fd, data, len, offset);
	return write_to(fd, &part, 1, offset, "pwrite");
}

EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count,
		       off_t offset)
{
	if (!is_ours(fd))
		return syscall(SYS_pwritev, fd, parts, count, offset, 0);
	return write_to(fd, parts, count, offset, "pwritev");
}

EXPORT int ftruncate(int fd, off_t len)
{
	long result;

	if (!is_ours(fd))
		return (int)syscall(SYS_ftruncate, fd, len);
	if (strikes(CALL_CHANGE, 0, "ftruncate"))
		return (int)done(-1);
	result = syscall(SYS_ftruncate, fd, len);
	if (!result)
		note(WHAT_SIZE, inode_of(fd), (uint64_t)len, NULL, 0);
	return (int)done(result);
}

EXPORT int posix_fallocate(int fd, off_t offset, off_t len)
{
	struct stat st;
	int sys = 0;

	if (!is_ours(fd))
		return syscall(SYS_fallocate, fd, 0, offset, len) ? errno : 0;
	if (strikes(CALL_CHANGE, 0, "posix_fallocate") ||
	    syscall(SYS_fallocate, fd, 0, offset, len))
		sys = errno;
	else if (!syscall(SYS_fstat, fd, &st))
		note(WHAT_SIZE, inode_of(fd), (uint64_t)st.st_size, NULL, 0);
	return (int)done(sys);
}

/* ---- syncing ---- */

static int sync_it(int fd, long number, const char *name)
{
	long result;

	if (!is_ours(fd))
		return (int)syscall(number, fd);
	if (strikes(CALL_SYNC, 0, name)) {
		if (fault.kind == KIND_LIE)
			return (int)done(0);
		note(WHAT_LOST, inode_of(fd), 0, NULL, 0);
		return (int)done(-1);
	}
	result = syscall(number, fd);
	note(result ? WHAT_LOST : WHAT_SYNC, inode_of(fd), 0, NULL, 0);
	return (int)done(result);
}

EXPORT int fsync(int fd)
{
	return sync_it(fd, SYS_fsync, "fsync");
}

EXPORT int fdatasync(int fd)
{
	return sync_it(fd, SYS_fdatasync, "fdatasync");
}

/* ---- names ---- */

static int open_it(const char *path, int flags, mode_t mode)
{
	bool there;
	long fd;

	if (!is_below(path) || !(flags & (O_CREAT | O_TRUNC)))
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	there = inode_at(path) != 0;
	if (strikes(CALL_CHANGE, 0, "open"))
		return (int)done(-1);
	fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	if (fd >= 0 && !there)
		note_text(WHAT_CREATE, inode_of((int)fd), path);
	else if (fd >= 0 && (flags & O_TRUNC))
		note(WHAT_SIZE, inode_of((int)fd), 0, NULL, 0);
	return (int)done(fd);
}

EXPORT int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & O_CREAT)
		mode = va_arg(args, mode_t);
	va_end(args);
	return open_it(path, flags, mode);
}

EXPORT int mkostemp(char *path, int flags)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	char *end = path + strlen(path) - 6;
	static unsigned turn;

	for (;;) {
		unsigned n = (unsigned)getpid() * 7919u +
			     __atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED);
		int fd;

		for (int i = 0; i < 6; i++, n /= 36)
			end[i] = letters[n % 36];
		fd = open_it(path, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
}

EXPORT int mkdir(const char *path, mode_t mode)
{
	long result;

	if (!is_below(path))
		return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
	if (strikes(CALL_CHANGE, 0, "mkdir"))
		return (int)done(-1);
	result = syscall(SYS_mkdirat, AT_FDCWD, path, mode);
	if (!result)
		note_text(WHAT_FOLDER, inode_at(path), path);
	return (int)done(result);
}

EXPORT int rename(const char *from, const char *to)
{
	char both[2 * PATH_MAX];
	size_t len = strlen(from) + 1;
	long result;

	if (!is_below(from) && !is_below(to))
		return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to,
				    0);
	if (strikes(CALL_CHANGE, 0, "rename"))
		return (int)done(-1);
	result = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
	memcpy(both, from, len);
	memcpy(both + len, to, strlen(to));
	if (!result)
		note(WHAT_RENAME, inode_at(to), 0, both, len + strlen(to));
	return (int)done(result);
}

EXPORT int unlink(const char *path)
{
	long result;

	if (!is_below(path))
		return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	if (strikes(CALL_CHANGE, 0, "unlink"))
		return (int)done(-1);
	result = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	if (!result)
		note_text(WHAT_UNLINK, 0, path);
	return (int)done(result);
}

/* The same under the names that programs for large files use. */
EXPORT int open64(const char *, int, ...) __attribute__((alias("open")));
EXPORT ssize_t pwrite64(int, const void *, size_t, off_t)
	__attribute__((alias("pwrite")));
EXPORT ssize_t pwritev64(int, const struct iovec *, int, off_t)
	__attribute__((alias("pwritev")));
EXPORT int ftruncate64(int, off_t) __attribute__((alias("ftruncate")));
EXPORT int posix_fallocate64(int, off_t, off_t)
	__attribute__((alias("posix_fallocate")));
EXPORT int mkostemp64(char *, int) __attribute__((alias("mkostemp")));
