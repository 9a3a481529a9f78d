#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/source.h"
#include "test_dir.h"

Test(source, tells_sizes_from_times)
{
	uint64_t size = 0;

	cr_expect(source_size("120", &size));
	cr_expect_eq(size, 120);
	cr_expect_not(source_size("2024-06-30", &size));
	cr_expect_not(source_size("", &size));
	cr_expect_not(source_size("99999999999999999999", &size));
}

Test(source, finds_the_journal_in_a_data_directory)
{
	char dir[TEST_DIR_BYTES];
	char inner[PATH_MAX], found[PATH_MAX];

	test_dir(dir, "source");
	cr_expect_eq(source_journal(dir, found, NULL), 0);
	cr_expect_str_eq(found, dir);
	(void)snprintf(inner, sizeof(inner), "%s/journal", dir);
	cr_assert_eq(mkdir(inner, 0700), 0);
	cr_expect_eq(source_journal(dir, found, NULL), 0);
	cr_expect_str_eq(found, inner);
	cr_assert_eq(rmdir(inner), 0);
	cr_assert_eq(rmdir(dir), 0);
	cr_expect_eq(source_journal(dir, found, NULL), ERR_NOTFOUND);
}
