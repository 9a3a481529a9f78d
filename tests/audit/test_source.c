#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/source.h"
#include "proto/day.h"

Test(source, reads_moments_as_people_write_them)
{
	static const struct {
		const char *text;
		int zone;
		uint64_t us;
	} rows[] = {
		{ "1970-01-01", 0, 86399999999u },
		{ "1970-01-01T00:00", 0, 0 },
		{ "1970-01-01 00:01", 0, 60000000u },
		{ "1970-01-01T00:01:02", 0, 62000000u },
		{ "1970-01-02T08:00", 480, 86400000000u },
		{ "1970/1/2", 480, 143999999999u },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t us = 1;

		cr_expect_eq(
			source_moment(rows[i].text, rows[i].zone, &us, NULL), 0,
			"row %zu", i);
		cr_expect_eq(us, rows[i].us, "row %zu: %lu", i, us);
	}
}

Test(source, refuses_moments_that_are_none)
{
	static const char *const rows[] = {
		"",
		"June",
		"2024-13-01",
		"2024-06-30T",
		"2024-06-30T24:00",
		"2024-06-30T12:60",
		"2024-06-30T12",
		"2024-06-30T12:00:",
		"2024-06-30T12:00:60",
		"2024-06-30T1a:00",
		"2024-06-30Z12:00",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t us = 77;
		struct err err = { 0 };

		cr_expect_eq(source_moment(rows[i], 0, &us, &err), ERR_INVALID,
			     "row %zu", i);
		cr_expect_eq(us, 77, "row %zu", i);
		cr_expect_neq(err.msg[0], '\0', "row %zu", i);
	}
}

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
	char dir[] = "/tmp/tally-source-XXXXXX";
	char inner[PATH_MAX], found[PATH_MAX];

	cr_assert_not_null(mkdtemp(dir));
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
