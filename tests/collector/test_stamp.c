#include <criterion/criterion.h>

#include <string.h>

#include "collector/stamp.h"

#define S 1000000ull
#define T0 (1700000000ull * S)

static struct hash office(uint8_t n)
{
	struct hash key;

	memset(key.bytes, n, sizeof(key.bytes));
	return key;
}

static void hear(struct stamp *stamp, uint8_t n, int64_t ahead_s)
{
	struct hash key = office(n);

	stamp_hear(stamp, &key, T0 + (uint64_t)ahead_s * S, T0);
}

Test(stamp, follows_the_wall_clock_and_never_decreases)
{
	struct stamp stamp;
	uint64_t us;

	stamp_init(&stamp, false, T0, T0, 0);
	cr_assert(stamp_take(&stamp, T0 + 5 * S, 5 * S, &us));
	cr_expect_eq(us, T0 + 5 * S);
	/* Slewed back by less than what is let pass. */
	cr_assert(stamp_take(&stamp, T0 + 4 * S, 6 * S, &us));
	cr_expect_eq(us, T0 + 5 * S);
	cr_assert(stamp_take(&stamp, T0 + 9 * S, 11 * S, &us));
	cr_expect_eq(us, T0 + 9 * S);
}

Test(stamp, doubts_a_wall_clock_that_was_set)
{
	static const struct {
		int64_t wall_s;
		uint64_t mono_s;
		bool sound;
	} rows[] = {
		{ 100, 100, true },	    { 104, 100, true },
		{ 96, 100, true },	    { 106, 100, false },
		{ 94, 100, false },	    { 100 + 86400 * 365, 100, false },
		{ -86400 * 365, 1, false }, { 0, 10, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stamp stamp;
		uint64_t us = 0;
		uint64_t wall_us = T0 + (uint64_t)rows[i].wall_s * S;

		stamp_init(&stamp, false, T0, T0, 0);
		cr_expect_eq(
			stamp_take(&stamp, wall_us, rows[i].mono_s * S, &us),
			rows[i].sound, "row %zu", i);
		if (rows[i].sound)
			continue;
		cr_expect_eq(stamp.doubt, STAMP_JUMPED, "row %zu", i);
		/* Set right again is not enough. */
		cr_expect_not(stamp_take(&stamp, T0 + rows[i].mono_s * S,
					 rows[i].mono_s * S, &us));
		stamp_confirm(&stamp, wall_us, rows[i].mono_s * S);
		cr_expect(stamp_take(&stamp, wall_us + S,
				     (rows[i].mono_s + 1) * S, &us));
		cr_expect_geq(us, T0, "row %zu", i);
	}
}

Test(stamp, doubts_a_start_before_the_last_entry)
{
	struct stamp stamp;
	uint64_t us;

	stamp_init(&stamp, false, T0, T0 - 299 * S, 0);
	cr_expect(stamp_take(&stamp, T0 - 299 * S, 0, &us));
	cr_expect_eq(us, T0);
	stamp_init(&stamp, false, T0, T0 - 301 * S, 0);
	cr_expect_not(stamp_take(&stamp, T0 - 301 * S, 0, &us));
	cr_expect_eq(stamp.doubt, STAMP_BEHIND);
	stamp_confirm(&stamp, T0 - 301 * S, 0);
	cr_expect(stamp_take(&stamp, T0 - 301 * S, 0, &us));
	cr_expect_eq(us, T0);
}

Test(stamp, the_median_of_offices_is_asked_not_one_of_them)
{
	struct stamp stamp;
	uint64_t us;

	stamp_init(&stamp, false, T0, T0, 0);
	for (uint8_t n = 0; n < STAMP_OFFICES_MIN - 1; n++)
		hear(&stamp, n, 86400);
	cr_expect(stamp_take(&stamp, T0, 0, &us), "too few to judge");
	for (uint8_t n = 10; n < 30; n++)
		hear(&stamp, n, n % 3 - 1);
	cr_expect(stamp_take(&stamp, T0, 0, &us));
	for (uint8_t n = 100; n < 132; n++)
		hear(&stamp, n, -86400);
	cr_expect_not(stamp_take(&stamp, T0, 0, &us));
	cr_expect_eq(stamp.doubt, STAMP_SKEWED);
	cr_expect_eq(stamp_skew(&stamp), -(int64_t)(86400 * S));
	stamp_confirm(&stamp, T0, 0);
	cr_expect(stamp_take(&stamp, T0 + S, S, &us), "confirmed");
}

Test(stamp, one_office_has_one_voice)
{
	struct stamp stamp;
	uint64_t us;

	stamp_init(&stamp, false, T0, T0, 0);
	for (uint8_t n = 0; n < 8; n++)
		hear(&stamp, n, 0);
	for (int i = 0; i < 100; i++)
		hear(&stamp, 50, 86400 * 1000);
	cr_expect(stamp_take(&stamp, T0, 0, &us));
	for (int i = 0; i < 100; i++)
		stamp_hear(&stamp, &(struct hash){ { 50 } }, UINT64_MAX, 0);
	cr_expect(stamp_take(&stamp, T0, 0, &us));
}

Test(stamp, a_simulated_clock_is_believed)
{
	struct stamp stamp;
	uint64_t us;

	stamp_init(&stamp, true, T0, T0 - 86400 * S, 0);
	cr_expect(stamp_take(&stamp, T0 - 86400 * S, 0, &us));
	cr_expect_eq(us, T0);
	for (uint8_t n = 0; n < 32; n++)
		hear(&stamp, n, 86400 * 365);
	cr_expect(stamp_take(&stamp, T0 + 86400 * 300 * S, 0, &us));
	cr_expect_eq(us, T0 + 86400 * 300 * S);
}
