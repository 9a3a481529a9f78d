#include "proto/decimal.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <string.h>

struct parse_row {
	const char *text;
	int64_t units;
	uint8_t places;
};

Test(decimal, reads_numbers_as_people_write_them)
{
	static const struct parse_row rows[] = {
		{ "0", 0, 0 },
		{ "-0", 0, 0 },
		{ "5800", 5800, 0 },
		{ "007", 7, 0 },
		{ "21.22", 2122, 2 },
		{ "-21.22", -2122, 2 },
		{ "5.20", 520, 2 },
		{ "1,234,567.89", 123456789, 2 },
		{ "12,345", 12345, 0 },
		{ "96.6%", 966, 1 },
		{ "５８００", 5800, 0 },
		{ "１２，３４５．６％", 123456, 1 },
		{ "－３", -3, 0 },
		{ "999999999999999", 999999999999999, 0 },
		{ "0.000000001", 1, 9 },
		{ "9223372036.854775807", INT64_MAX, 9 },
		{ "-9223372036.854775808", INT64_MIN, 9 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct decimal out = { 77, 7 };
		int rc = decimal_parse(span_of_text(rows[i].text), &out, NULL);

		cr_expect(rc == 0 && out.units == rows[i].units &&
				  out.places == rows[i].places,
			  "row %zu", i);
	}
}

Test(decimal, refuses_what_is_no_number)
{
	static const struct {
		const char *text;
		int code;
	} rows[] = {
		{ "", ERR_INVALID },
		{ "-", ERR_INVALID },
		{ ".5", ERR_INVALID },
		{ "5.", ERR_INVALID },
		{ "+5", ERR_INVALID },
		{ "--5", ERR_INVALID },
		{ "5 000", ERR_INVALID },
		{ "1,23", ERR_INVALID },
		{ "1234,567", ERR_INVALID },
		{ ",123", ERR_INVALID },
		{ "1,234,", ERR_INVALID },
		{ "1.234,567", ERR_INVALID },
		{ "1,,234", ERR_INVALID },
		{ "12人", ERR_INVALID },
		{ "5%%", ERR_INVALID },
		{ "%", ERR_INVALID },
		{ "abc", ERR_INVALID },
		{ "1.2.3", ERR_INVALID },
		{ "0x10", ERR_INVALID },
		{ "NaN", ERR_INVALID },
		{ "5.11E+11", ERR_INVALID },
		{ "1e5", ERR_INVALID },
		{ "1234567890123456", ERR_OVERFLOW },
		{ "99999999999999999999999999", ERR_OVERFLOW },
		{ "999999999999999.999999999", ERR_OVERFLOW },
		{ "9223372036.854775808", ERR_OVERFLOW },
		{ "0.0000000001", ERR_LIMIT },
		{ "1.0000000000", ERR_LIMIT },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct decimal out = { 77, 7 };
		struct err err = { 0 };
		int rc = decimal_parse(span_of_text(rows[i].text), &out, &err);

		cr_expect(rc == rows[i].code && err.code == rc, "row %zu: %d",
			  i, rc);
		cr_expect(out.units == 77 && out.places == 7, "row %zu", i);
	}
}

Test(decimal, survives_a_very_long_text)
{
	char text[5000];
	struct decimal out;
	struct err err;

	memset(text, '1', sizeof(text));
	cr_expect(decimal_parse(span_of(text, sizeof(text)), &out, &err) ==
		  ERR_INVALID);
}

Test(decimal, explains_an_exponent)
{
	struct decimal out;
	struct err err;

	cr_expect(decimal_parse(span_of_text("5.11E+11"), &out, &err) ==
		  ERR_INVALID);
	cr_expect(strstr(err.msg, "Excel") != NULL, "%s", err.msg);
}

Test(decimal, prints_the_canonical_text)
{
	static const struct {
		struct decimal value;
		const char *text;
	} rows[] = {
		{ { 0, 0 }, "0" },
		{ { 0, 3 }, "0" },
		{ { 520, 2 }, "5.2" },
		{ { 500, 2 }, "5" },
		{ { -5, 2 }, "-0.05" },
		{ { 1, 9 }, "0.000000001" },
		{ { INT64_MIN, 9 }, "-9223372036.854775808" },
		{ { INT64_MAX, 0 }, "9223372036854775807" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[DECIMAL_TEXT_BYTES];

		decimal_print(rows[i].value, text);
		cr_expect_str_eq(text, rows[i].text, "row %zu: %s", i, text);
	}
}

Test(decimal, rescales_without_loss_or_not_at_all)
{
	struct decimal out = { 7, 7 };

	cr_expect(decimal_rescale((struct decimal){ 520, 2 }, 1, &out) == 0);
	cr_expect(out.units == 52 && out.places == 1);
	cr_expect(decimal_rescale((struct decimal){ -52, 1 }, 9, &out) == 0);
	cr_expect(out.units == -5200000000 && out.places == 9);
	cr_expect(decimal_rescale((struct decimal){ 521, 2 }, 1, &out) ==
		  ERR_LIMIT);
	cr_expect(decimal_rescale((struct decimal){ INT64_MAX, 0 }, 1, &out) ==
		  ERR_OVERFLOW);
	cr_expect(decimal_rescale((struct decimal){ 1, 0 }, 10, &out) ==
		  ERR_LIMIT);
	cr_expect(out.units == -5200000000 && out.places == 9);
}

Test(decimal, reads_what_a_field_keeps)
{
	static const struct {
		const char *text;
		uint8_t places;
		int code;
		int64_t units;
	} rows[] = {
		{ "5.20", 1, 0, 52 },
		{ "-5.2", 3, 0, -5200 },
		{ "1,200", 0, 0, 1200 },
		{ "999999999999999.00000", 0, 0, 999999999999999 },
		{ "-9223372036.854775808", 9, 0, INT64_MIN },
		{ "9223372036.854775808", 9, ERR_OVERFLOW, 0 },
		{ "9223372036.854775808", 0, ERR_LIMIT, 0 },
		{ "99999999999999999.5", 0, ERR_LIMIT, 0 },
		{ "99999999999999999.50", 1, ERR_OVERFLOW, 0 },
		{ "1.0000000000", 0, ERR_LIMIT, 0 },
		{ "100", 0, 0, 100 },
		{ "12人", 0, ERR_INVALID, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct decimal out = { 77, 7 };
		int rc = decimal_parse_at(span_of_text(rows[i].text),
					  rows[i].places, &out);

		cr_expect(rc == rows[i].code, "row %zu: %d", i, rc);
		cr_expect(rc ? out.units == 77 :
			       out.units == rows[i].units &&
					  out.places == rows[i].places,
			  "row %zu", i);
	}
}

Test(decimal, compares_across_places)
{
	struct decimal big = { INT64_MAX, 0 }, small = { INT64_MAX, 9 };

	cr_expect(decimal_compare((struct decimal){ 5, 0 },
				  (struct decimal){ 500, 2 }) == 0);
	cr_expect(decimal_compare((struct decimal){ 2122, 2 },
				  (struct decimal){ 2121999, 5 }) == 1);
	cr_expect(decimal_compare((struct decimal){ -1, 0 },
				  (struct decimal){ 0, 9 }) == -1);
	cr_expect(decimal_compare(big, small) == 1);
	cr_expect(decimal_compare(small, big) == -1);
}

Test(decimal, sums_exactly_and_overflows_into_an_error)
{
	static const int64_t lengths[] = { 639, 478, 702, 263, 40 };
	__int128 sum = 0, most = (__int128)(~(unsigned __int128)0 >> 1);
	__int128 before = most;

	for (size_t i = 0; i < 5; i++)
		cr_expect(decimal_sum(&sum, lengths[i]) == 0);
	cr_expect(sum == 2122);
	cr_expect(decimal_sum(&most, 1) == ERR_OVERFLOW);
	cr_expect(most == before);
	cr_expect(decimal_sum(&most, -1) == 0);
}

Test(decimal, parse_and_print_round_trip)
{
	uint64_t random = 88172645463325252u;

	for (size_t i = 0; i < 20000; i++) {
		struct decimal value, back;
		char text[DECIMAL_TEXT_BYTES];

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		value.units = (int64_t)(random % 999999999999999u);
		value.places = (uint8_t)(random >> 60) % 10;
		if (random & 1)
			value.units = -value.units;
		decimal_print(value, text);
		cr_assert(decimal_parse(span_of_text(text), &back, NULL) == 0,
			  "%s", text);
		cr_assert(decimal_compare(value, back) == 0, "%s", text);
	}
}
