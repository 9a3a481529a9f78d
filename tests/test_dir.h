/* A folder of its own for a test, below $TMPDIR. */
#ifndef TALLY_TESTS_TEST_DIR_H
#define TALLY_TESTS_TEST_DIR_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define TEST_DIR_BYTES 64

/* *name* says whose it is, should a test leave it behind. */
static inline void test_dir(char out[TEST_DIR_BYTES], const char *name)
{
	const char *top = getenv("TMPDIR");
	int len = snprintf(out, TEST_DIR_BYTES, "%s/tally-%s-XXXXXX",
			   top && *top ? top : "/tmp", name);

	cr_assert(len < TEST_DIR_BYTES, "TMPDIR is too long: %s", top);
	cr_assert_not_null(mkdtemp(out));
}

static inline void test_dir_remove(const char *dir)
{
	char command[TEST_DIR_BYTES + 16];

	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	cr_expect_eq(system(command), 0);
}

#endif
