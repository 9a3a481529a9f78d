/*
 * The system calls that the journal makes, as a table, so that a simulation
 * can stand in their place and tests can put faults between.
 *
 * All are as the calls of the same name: -1 and errno on failure. Reads and
 * writes are at an offset. Paths are the directory given to the journal,
 * a slash and a name.
 */
#ifndef TALLY_STORE_JOURNAL_DISK_H
#define TALLY_STORE_JOURNAL_DISK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct journal_disk {
	void *ctx; /* first argument of every function */
	int (*open)(void *ctx, const char *path, int flags);
	int (*close)(void *ctx, int fd);
	ssize_t (*read)(void *ctx, int fd, void *out, size_t len,
			uint64_t offset);
	ssize_t (*write)(void *ctx, int fd, const struct iovec *parts,
			 int count, uint64_t offset);
	int (*size)(void *ctx, int fd, uint64_t *bytes);
	int (*sync)(void *ctx, int fd); /* fdatasync */
	int (*truncate)(void *ctx, int fd, uint64_t bytes);
	int (*rename)(void *ctx, const char *from, const char *to);
	int (*unlink)(void *ctx, const char *path);
	int (*sync_dir)(void *ctx, const char *dir);
	/* Every name in dir but . and .., until visit returns other than 0. */
	int (*list)(void *ctx, const char *dir,
		    int (*visit)(void *arg, const char *name), void *arg);
	/* What is read next comes from the disk, not from memory that the
	 * disk may have failed to take. A hint: nothing is returned. */
	void (*uncache)(void *ctx, int fd);
};

extern const struct journal_disk journal_disk_real;

#endif
