#include "proto/merkle.h"

#include <criterion/criterion.h>

/* The eight leaves of the RFC 6962 reference tests. */
static const struct span inputs[] = {
	{ (const uint8_t *)"", 0 },
	{ (const uint8_t *)"\x00", 1 },
	{ (const uint8_t *)"\x10", 1 },
	{ (const uint8_t *)"\x20\x21", 2 },
	{ (const uint8_t *)"\x30\x31", 2 },
	{ (const uint8_t *)"\x40\x41\x42\x43", 4 },
	{ (const uint8_t *)"\x50\x51\x52\x53\x54\x55\x56\x57", 8 },
	{ (const uint8_t *)"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b"
			   "\x6c\x6d\x6e\x6f",
	  16 },
};

static const struct {
	size_t size;
	const char *root;
} roots[] = {
	{ 0, "e3b0c44298fc1c149afbf4c8996fb924"
	     "27ae41e4649b934ca495991b7852b855" },
	{ 1, "6e340b9cffb37a989ca544e6bb780a2c"
	     "78901d3fb33738768511a30617afa01d" },
	{ 3, "aeb6bcfe274b70a14fb067a5e5578264"
	     "db0fa9b51af5e0ba159158f329e06e77" },
	{ 8, "5dc9da79a70659a9ad559cb701ded9a2"
	     "ab9d823aad2f4960cfe370eff4604328" },
};

Test(merkle, agrees_with_rfc_6962_vectors)
{
	struct hash leaves[8];

	for (size_t i = 0; i < 8; i++)
		leaves[i] = hash_leaf(inputs[i], span_of(NULL, 0));
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		struct hash root = merkle_root(leaves, roots[i].size);
		char hex[2 * HASH_BYTES + 1];

		hash_print(&root, hex);
		cr_expect_str_eq(hex, roots[i].root, "row %zu", i);
	}
}

/* The definition of RFC 6962, section 2.1, word for word. */
static struct hash defined_root(const struct hash *leaves, size_t count)
{
	struct hash left, right;
	size_t split = 1;

	if (count == 0)
		return hash_span(span_of(NULL, 0));
	if (count == 1)
		return leaves[0];
	while (split * 2 < count)
		split *= 2;
	left = defined_root(leaves, split);
	right = defined_root(leaves + split, count - split);
	return hash_node(&left, &right);
}

Test(merkle, frontier_has_the_defined_root_at_every_size)
{
	struct hash leaves[300];
	struct frontier frontier;

	frontier_init(&frontier);
	for (size_t i = 0; i < 300; i++) {
		struct hash grown = frontier_root(&frontier);
		struct hash want = defined_root(leaves, i);
		struct hash whole = merkle_root(leaves, i);
		uint32_t number = (uint32_t)i;

		cr_expect(hash_equal(&grown, &want), "size %zu", i);
		cr_expect(hash_equal(&whole, &want), "size %zu", i);
		cr_expect_eq(frontier.size, i);
		leaves[i] = hash_leaf(span_of(&number, sizeof(number)),
				      span_of(NULL, 0));
		frontier_add(&frontier, &leaves[i]);
	}
}

Test(merkle, frontier_keeps_one_hash_for_each_bit_of_its_size)
{
	struct hash zero = { 0 }, leaf = hash_span(span_of_text("leaf"));
	struct frontier frontier, again;

	frontier_init(&frontier);
	for (int i = 0; i < 11; i++) /* 1011 in binary: three hashes */
		frontier_add(&frontier, &leaf);
	frontier_init(&again);
	again.size = 11;
	memcpy(again.edge, frontier.edge, 3 * sizeof(zero));
	for (int i = 0; i < 50; i++) {
		struct hash a = frontier_root(&frontier);
		struct hash b = frontier_root(&again);

		cr_assert(hash_equal(&a, &b), "after %d more", i);
		frontier_add(&frontier, &leaf);
		frontier_add(&again, &leaf);
	}
}
