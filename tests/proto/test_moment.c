#include <criterion/criterion.h>

#include "proto/moment.h"

Test(moment, reads_moments_as_people_write_them)
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
			moment_parse(rows[i].text, rows[i].zone, &us, NULL), 0,
			"row %zu", i);
		cr_expect_eq(us, rows[i].us, "row %zu: %lu", i, us);
	}
}

Test(moment, refuses_moments_that_are_none)
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

		cr_expect_eq(moment_parse(rows[i], 0, &us, &err), ERR_INVALID,
			     "row %zu", i);
		cr_expect_eq(us, 77, "row %zu", i);
		cr_expect_neq(err.msg[0], '\0', "row %zu", i);
	}
}
