#include "proto/sign.h"

#include <criterion/criterion.h>

static void start(void)
{
	cr_assert_eq(sign_start(NULL), 0);
}

TestSuite(sign, .init = start);

static void expect_hex(const void *bytes, size_t len, const char *hex)
{
	char text[2 * SIGNATURE_BYTES + 1];

	bytes_to_hex(span_of(bytes, len), text);
	cr_expect_str_eq(text, hex);
}

Test(sign, agrees_with_rfc_8032_test_2)
{
	uint8_t seed[SIGN_SEED_BYTES];
	struct signature signature;
	struct sign_pair pair;
	struct span msg = span_of("\x72", 1);

	cr_assert_eq(hex_to_bytes("4ccd089b28ff96da9db6c346ec114e0f"
				  "5b8a319f35aba624da8cf6ed4fb8a6fb",
				  seed, sizeof(seed)),
		     0);
	sign_pair_from_seed(seed, &pair);
	expect_hex(pair.key.bytes, SIGN_KEY_BYTES,
		   "3d4017c3e843895a92b70aa74d1b7ebc"
		   "9c982ccf2ec4968cc0cd55f12af4660c");
	signature = sign_message(&pair, msg);
	expect_hex(signature.bytes, SIGNATURE_BYTES,
		   "92a009a9f0d4cab8720e820b5f642540"
		   "a2b27b5416503f8fb3762223ebdb69da"
		   "085ac1e43e15996e458f3613d0f11d8c"
		   "387b2eaeb4302aeeb00d291612bb0c00");
	cr_expect(sign_check(&pair.key, &signature, msg));
}

Test(sign, agrees_with_rfc_7748_section_6_1)
{
	uint8_t secret[CURVE_KEY_BYTES];
	struct curve_pair pair;

	cr_assert_eq(hex_to_bytes("77076d0a7318a57d3c16c17251b26645"
				  "df4c2f87ebc0992ab177fba51db92c2a",
				  secret, sizeof(secret)),
		     0);
	curve_pair_from_secret(secret, &pair);
	cr_expect_arr_eq(pair.secret, secret, sizeof(secret));
	expect_hex(pair.key, CURVE_KEY_BYTES,
		   "8520f0098930a754748b7ddcb43ef75a"
		   "0dbf3a0d26381af4eba4a98eaa9b4e6a");
}

Test(sign, refuses_every_flipped_bit)
{
	uint8_t seed[SIGN_SEED_BYTES] = { 7 };
	uint8_t text[] = "a figure";
	struct signature signature;
	struct sign_pair pair;
	struct span msg = span_of(text, sizeof(text));

	sign_pair_from_seed(seed, &pair);
	signature = sign_message(&pair, msg);
	for (size_t bit = 0; bit < 8 * sizeof(text); bit++) {
		text[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_expect(!sign_check(&pair.key, &signature, msg), "bit %zu",
			  bit);
		text[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * SIGNATURE_BYTES; bit++) {
		signature.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_expect(!sign_check(&pair.key, &signature, msg), "bit %zu",
			  bit);
		signature.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	cr_expect(sign_check(&pair.key, &signature, msg));
}

Test(sign, refuses_the_zero_key)
{
	struct sign_key key = { 0 };
	struct signature signature = { 0 };

	/* A key of small order would accept a signature for any message. */
	cr_expect(!sign_check(&key, &signature, span_of_text("x")));
}

Test(sign, hex_is_exact)
{
	uint8_t out[4] = { 9, 9, 9, 9 };
	const char *const bad[] = { "",		  "00112",    "001122",
				    "0011223344", "0011223",  "0011223g",
				    "001122AA",	  "00 11223", "0011223\xff" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect_eq(hex_to_bytes(bad[i], out, 4), ERR_INVALID,
			     "row %zu", i);
		cr_expect_eq(out[0], 9, "row %zu", i);
	}
	cr_expect_eq(hex_to_bytes("00a1ff7e", out, 4), 0);
	expect_hex(out, 4, "00a1ff7e");
}

Test(sign, base64_is_canonical)
{
	static const struct {
		const char *text, *hex;
	} good[] = {
		{ "Zg==", "66" },     { "Zm8=", "666f" },
		{ "Zm9v", "666f6f" }, { "Zm9vYmFy", "666f6f626172" },
		{ "+/+/", "fbffbf" },
	};
	const char *const bad[] = {
		"",    "Zg",	"Zg=",	 "Zh==", "Zg== ",   "Zg==\n",
		"Zm9", "Zm9v=", "Z g==", "-_-_", "Zm9\xf6", "Zm9vYmFyZm9v"
	};
	uint8_t out[6];
	size_t len;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char text[BASE64_BYTES(sizeof(out))];

		cr_assert_eq(base64_to_bytes(span_of_text(good[i].text), out,
					     sizeof(out), &len),
			     0, "row %zu", i);
		expect_hex(out, len, good[i].hex);
		bytes_to_base64(span_of(out, len), text);
		cr_expect_str_eq(text, good[i].text, "row %zu", i);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(base64_to_bytes(span_of_text(bad[i]), out,
					     sizeof(out), &len),
			     ERR_INVALID, "row %zu", i);
}

Test(sign, random_bytes_differ)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	cr_expect(memcmp(a, b, sizeof(a)) != 0);
}
