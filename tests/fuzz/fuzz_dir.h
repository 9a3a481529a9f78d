/* A directory for what a target has to find on a disk; gone at the end. */
#ifndef TALLY_TESTS_FUZZ_DIR_H
#define TALLY_TESTS_FUZZ_DIR_H

#include <assert.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char fuzz_dir[PATH_MAX];

static int fuzz_dir_forget(const char *path, const struct stat *st, int type,
			   struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void fuzz_dir_end(void)
{
	(void)nftw(fuzz_dir, fuzz_dir_forget, 8, FTW_DEPTH | FTW_PHYS);
}

/* False: it was there already. */
static inline bool fuzz_dir_begin(void)
{
	const char *top = getenv("TMPDIR");

	if (fuzz_dir[0])
		return false;
	(void)snprintf(fuzz_dir, sizeof(fuzz_dir), "%s/tally-fuzz-XXXXXX",
		       top ? top : "/tmp");
	assert(mkdtemp(fuzz_dir) && !atexit(fuzz_dir_end));
	return true;
}

static inline void fuzz_dir_path(char out[PATH_MAX], const char *name)
{
	assert((size_t)snprintf(out, PATH_MAX, "%s/%s", fuzz_dir, name) <
	       PATH_MAX);
}

#endif
