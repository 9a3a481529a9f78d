#include "proto/seal.h"

#include <criterion/criterion.h>

static void start(void)
{
	cr_assert_eq(sign_start(NULL), 0);
}

TestSuite(seal, .init = start);

static void fill(struct hash *hash, uint8_t with)
{
	memset(hash->bytes, with, HASH_BYTES);
}

static struct seal_header example(void)
{
	struct seal_header header = {
		.sequence = 0x0102030405060708,
		.sent_us = 0x1112131415161718,
		.seen_size = 0x2122232425262728,
		.count = 0x31323334,
	};

	fill(&header.journal, 0xa1);
	fill(&header.key, 0xa2);
	fill(&header.prev, 0xa3);
	fill(&header.seen_root, 0xa4);
	fill(&header.root, 0xa5);
	return header;
}

Test(seal, header_has_the_bytes_of_the_format)
{
	struct seal_header header = example();
	uint8_t out[SEAL_HEADER_BYTES];
	char hex[2 * SEAL_HEADER_BYTES + 1];
#define A1 "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define A2 "a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"
#define A3 "a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3"
#define A4 "a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4"
#define A5 "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5"
	seal_write_header(&header, out);
	bytes_to_hex(span_of(out, sizeof(out)), hex);
	cr_expect_str_eq(hex, "74616c6c792d62617463682f310a" A1 A2
			      "0102030405060708" A3 "1112131415161718"
			      "2122232425262728" A4 "31323334" A5);
}

Test(seal, header_round_trips)
{
	for (int i = 0; i < 200; i++) {
		struct seal_header header, again;
		uint8_t out[SEAL_HEADER_BYTES], twice[SEAL_HEADER_BYTES];

		memset(&header, 0, sizeof(header));
		random_bytes(&header, sizeof(header));
		header.sequence |= 1;
		seal_write_header(&header, out);
		cr_assert_eq(seal_read_header(span_of(out, sizeof(out)), &again,
					      NULL),
			     0);
		seal_write_header(&again, twice);
		cr_expect_arr_eq(out, twice, sizeof(out));
		cr_expect_eq(again.sequence, header.sequence);
		cr_expect_eq(again.sent_us, header.sent_us);
		cr_expect_eq(again.count, header.count);
	}
}

Test(seal, refuses_what_is_not_a_header)
{
	struct seal_header header = example(), out = { .sequence = 77 };
	uint8_t bytes[SEAL_HEADER_BYTES + 1] = { 0 };
	struct err err;

	seal_write_header(&header, bytes);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		int rc = seal_read_header(span_of(bytes, len), &out, &err);

		if (len == SEAL_HEADER_BYTES)
			continue;
		cr_expect_eq(rc, ERR_INVALID, "%zu bytes", len);
	}
	out.sequence = 77;
	for (size_t i = 0; i < 14; i++) {
		bytes[i] ^= 1;
		cr_expect_eq(seal_read_header(span_of(bytes, SEAL_HEADER_BYTES),
					      &out, &err),
			     ERR_INVALID, "byte %zu of the tag", i);
		bytes[i] ^= 1;
	}
	header.sequence = 0;
	seal_write_header(&header, bytes);
	cr_expect_eq(
		seal_read_header(span_of(bytes, SEAL_HEADER_BYTES), &out, &err),
		ERR_INVALID);
	cr_expect_eq(out.sequence, 77);
}

Test(seal, name_covers_header_and_signature)
{
	struct seal_header header = example();
	struct signature signature = { { 5 } };
	uint8_t bytes[SEAL_HEADER_BYTES + SIGNATURE_BYTES] = { 0 };
	struct hash name, want;

	seal_write_header(&header, bytes);
	memcpy(bytes + SEAL_HEADER_BYTES, signature.bytes, SIGNATURE_BYTES);
	name = seal_name(span_of(bytes, SEAL_HEADER_BYTES), &signature);
	want = hash_span(span_of(bytes, sizeof(bytes)));
	cr_expect(hash_equal(&name, &want));
}

Test(seal, salts_can_always_name_a_base)
{
	static const uint8_t none[BASE_BYTES];
	uint8_t last[SALT_BYTES] = { 0 };

	for (int i = 0; i < 1000; i++) {
		uint8_t salt[SALT_BYTES];

		salt_draw(salt);
		cr_expect(memcmp(salt, none, BASE_BYTES) != 0);
		cr_expect(memcmp(salt, last, SALT_BYTES) != 0);
		memcpy(last, salt, SALT_BYTES);
	}
}
