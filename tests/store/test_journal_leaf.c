#include "store/journal.h"

#include <criterion/criterion.h>
#include <string.h>

static uint8_t header_a[SEAL_HEADER_BYTES], header_b[SEAL_HEADER_BYTES];

static struct leaf make(enum leaf_kind kind)
{
	struct leaf leaf = { .kind = kind, .recv_us = 0x0102030405060708 };

	memset(header_a, 0xaa, sizeof(header_a));
	memset(header_b, 0xbb, sizeof(header_b));
	if (kind == LEAF_STATE) {
		leaf.applied = 11;
		leaf.rows = 12;
		leaf.rules = 13;
		memset(leaf.root.bytes, 14, HASH_BYTES);
		return leaf;
	}
	if (kind == LEAF_REOPENED) {
		leaf.applied = 15;
		leaf.lost = 16;
		memset(leaf.root.bytes, 17, HASH_BYTES);
		memset(leaf.lost_root.bytes, 18, HASH_BYTES);
		memset(leaf.note.bytes, 19, HASH_BYTES);
		return leaf;
	}
	if (kind == LEAF_SUCCEEDED) {
		leaf.applied = 20;
		memset(leaf.root.bytes, 21, HASH_BYTES);
		memset(leaf.from.bytes, 22, SIGN_KEY_BYTES);
		memset(leaf.to.bytes, 23, SIGN_KEY_BYTES);
		memset(leaf.curve, 24, CURVE_KEY_BYTES);
		memset(leaf.note.bytes, 25, HASH_BYTES);
		return leaf;
	}
	leaf.headers[0] = span_of(header_a, sizeof(header_a));
	memset(leaf.signatures[0].bytes, 1, SIGNATURE_BYTES);
	if (kind == LEAF_FORK) {
		leaf.headers[1] = span_of(header_b, sizeof(header_b));
		memset(leaf.signatures[1].bytes, 2, SIGNATURE_BYTES);
	}
	return leaf;
}

struct kind_case {
	enum leaf_kind kind;
	size_t bytes;
};

static const struct kind_case kinds[] = {
	{ LEAF_BATCH, 276 },	{ LEAF_FORK, 542 },	 { LEAF_STATE, 62 },
	{ LEAF_REOPENED, 122 }, { LEAF_SUCCEEDED, 178 },
};

Test(leaf, comes_back_as_it_was)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct leaf leaf = make(kinds[i].kind), back;
		uint8_t bytes[LEAF_BYTES_MAX], again[LEAF_BYTES_MAX];
		size_t len = leaf_encode(&leaf, bytes);

		cr_expect_eq(len, kinds[i].bytes, "row %zu", i);
		cr_assert_eq(leaf_decode(span_of(bytes, len), &back, NULL), 0,
			     "row %zu", i);
		cr_expect_eq(back.kind, leaf.kind, "row %zu", i);
		cr_expect_eq(back.recv_us, leaf.recv_us, "row %zu", i);
		cr_expect_eq(leaf_encode(&back, again), len, "row %zu", i);
		cr_expect_eq(memcmp(bytes, again, len), 0, "row %zu", i);
		cr_expect_eq(bytes[0], JOURNAL_LEAF_VERSION);
		cr_expect_eq(bytes[1], kinds[i].kind);
		cr_expect_eq(bytes[2], 1);
		cr_expect_eq(bytes[9], 8);
	}
}

Test(leaf, of_another_length_is_refused)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct leaf leaf = make(kinds[i].kind), back;
		uint8_t bytes[LEAF_BYTES_MAX] = { 0 };
		size_t len = leaf_encode(&leaf, bytes);

		for (size_t cut = 0; cut < len; cut++)
			cr_expect_eq(
				leaf_decode(span_of(bytes, cut), &back, NULL),
				ERR_INVALID, "row %zu, %zu bytes", i, cut);
		cr_expect_eq(leaf_decode(span_of(bytes, len + 1), &back, NULL),
			     ERR_INVALID, "row %zu", i);
	}
}

Test(leaf, of_an_unknown_version_or_kind_is_refused)
{
	struct leaf leaf = make(LEAF_STATE), back;
	uint8_t bytes[LEAF_BYTES_MAX];
	size_t len = leaf_encode(&leaf, bytes);
	struct err err = { 0 };

	bytes[0] = 2;
	cr_expect_eq(leaf_decode(span_of(bytes, len), &back, &err),
		     ERR_INVALID);
	cr_expect(strstr(err.msg, "version 2"), "%s", err.msg);
	bytes[0] = 1;
	bytes[1] = LEAF_FORWARD;
	cr_expect_eq(leaf_decode(span_of(bytes, len), &back, &err),
		     ERR_INVALID);
	cr_expect(strstr(err.msg, "kind 4"), "%s", err.msg);
}
