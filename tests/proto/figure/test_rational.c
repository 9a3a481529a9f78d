#include "proto/figure/rational.h"

#include <criterion/criterion.h>

static struct rationals *numbers;
static struct arena arena;

static void start(void)
{
	numbers = rationals_new();
	arena_init(&arena, 1 << 20);
}

static void stop(void)
{
	rationals_free(numbers);
	arena_release(&arena);
}

TestSuite(rational, .init = start, .fini = stop);

Test(rational, rounds_half_away_from_zero)
{
	static const struct {
		int64_t dividend, divisor;
		unsigned places;
		const char *text, *brief;
	} rows[] = {
		{ 1, 2, 0, "1", "1" },
		{ -1, 2, 0, "-1", "-1" },
		{ 49, 100, 0, "0", "0" },
		{ -49, 100, 0, "0", "0" },
		{ -4, 1000, 2, "0.00", "0" },
		{ -5, 1000, 2, "-0.01", "-0.01" },
		{ 1, 3, 4, "0.3333", "0.3333" },
		{ 2, 3, 4, "0.6667", "0.6667" },
		{ 5, 1000, 2, "0.01", "0.01" },
		{ 995, 1000, 2, "1.00", "1" },
		{ 21220, 1000, 2, "21.22", "21.22" },
		{ 200, 1, 0, "200", "200" },
		{ 200, 1, 9, "200.000000000", "200" },
		{ 7, -2, 1, "-3.5", "-3.5" },
		{ 0, 5, 3, "0.000", "0" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct rational *number = rational_of_quotient(
			numbers, rows[i].dividend, rows[i].divisor);

		cr_expect_str_eq(rational_text(number, rows[i].places, &arena),
				 rows[i].text, "row %zu", i);
		cr_expect_str_eq(
			rational_text_short(number, rows[i].places, &arena),
			rows[i].brief, "row %zu", i);
	}
}

Test(rational, computes_exactly)
{
	const struct rational *third = rational_of_quotient(numbers, 1, 3);
	const struct rational *sum = rational_of(numbers, 0);

	for (size_t i = 0; i < 3000; i++)
		sum = rational_add(numbers, sum, third);
	cr_expect_eq(rational_compare(sum, rational_of(numbers, 1000)), 0);
	sum = rational_mul(numbers, sum, third);
	sum = rational_sub(numbers, sum, rational_of(numbers, 333));
	cr_expect_eq(rational_compare(sum, third), 0);
	sum = rational_div(numbers, sum, rational_of(numbers, -2));
	cr_expect_str_eq(rational_text(sum, 4, &arena), "-0.1667");
	cr_expect_eq(rational_sign(sum), -1);
	cr_expect_eq(rational_sign(rational_abs(numbers, sum)), 1);
	cr_expect_not(rationals_failed(numbers));
}

Test(rational, takes_sums_of_decimals)
{
	struct decimal decimal = { -2122, 2 };
	__int128 large = (__int128)1 << 126;

	cr_expect_str_eq(
		rational_text(rational_of_decimal(numbers, decimal), 2, &arena),
		"-21.22");
	cr_expect_str_eq(
		rational_text(rational_of_sum(numbers, large, 9), 9, &arena),
		"85070591730234615865843651857.942052864");
	cr_expect_str_eq(
		rational_text(rational_of_sum(numbers, -large, 0), 0, &arena),
		"-85070591730234615865843651857942052864");
	cr_expect_str_eq(
		rational_text(rational_of(numbers, INT64_MIN), 0, &arena),
		"-9223372036854775808");
}

Test(rational, keeps_memory_over_a_reset)
{
	const struct rational *number = NULL;

	for (size_t round = 0; round < 3; round++) {
		rationals_reset(numbers);
		for (int64_t i = 0; i < 1000; i++)
			number = rational_of(numbers, i);
		cr_expect_eq(
			rational_compare(number, rational_of(numbers, 999)), 0);
	}
}
