#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rt/clock.h"
#include "test_dir.h"

static char dir[TEST_DIR_BYTES];
static char path[TEST_DIR_BYTES + 16], next[TEST_DIR_BYTES + 16];

static void setup(void)
{
	test_dir(dir, "clock");
	(void)snprintf(path, sizeof(path), "%s/clock", dir);
	(void)snprintf(next, sizeof(next), "%s/next", dir);
}

static void teardown(void)
{
	(void)unlink(path);
	(void)rmdir(dir);
}

static void set(const char *text)
{
	FILE *file = fopen(next, "w");

	cr_assert_not_null(file);
	(void)fputs(text, file);
	(void)fclose(file);
	cr_assert_eq(rename(next, path), 0);
}

TestSuite(clock, .init = setup, .fini = teardown);

Test(clock, a_file_says_the_time_and_never_goes_back)
{
	struct clock clock;

	set("1000\n");
	cr_assert_eq(clock_open(&clock, path, NULL), 0);
	cr_expect(clock_simulated(&clock));
	cr_expect_eq(clock_now_us(&clock), 1000);
	set("2000");
	cr_expect_eq(clock_now_us(&clock), 2000);
	set("1500\n");
	cr_expect_eq(clock_now_us(&clock), 2000);
	set("not a number");
	cr_expect_eq(clock_now_us(&clock), 2000);
	(void)unlink(path);
	cr_expect_eq(clock_now_us(&clock), 2000);
	set("3000");
	cr_expect_eq(clock_now_us(&clock), 3000);
}

Test(clock, files_that_are_no_clock_are_refused)
{
	static const char *const rows[] = {
		"",    "\n",  "x",    "-1",
		"1x",  "1 2", "1\n2", "18446744073709551616",
		"1.5",
	};
	struct clock clock;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set(rows[i]);
		cr_expect_eq(clock_open(&clock, path, NULL), ERR_INVALID,
			     "row %zu", i);
	}
	(void)unlink(path);
	cr_expect_eq(clock_open(&clock, path, NULL), ERR_IO);
}

Test(clock, without_a_file_it_is_the_wall_clock)
{
	struct clock clock;

	cr_assert_eq(clock_open(&clock, NULL, NULL), 0);
	cr_expect_not(clock_simulated(&clock));
	cr_expect_gt(clock_now_us(&clock), 1700000000000000u);
	cr_expect_leq(clock_monotonic_us(), clock_monotonic_us());
}
