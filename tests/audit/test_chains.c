#include <criterion/criterion.h>

#include "audit/chains.h"

static struct hash hash_with(uint8_t first)
{
	return (struct hash){ .bytes = { first } };
}

static int add(struct chains *chains, uint8_t key, uint64_t sequence,
	       uint8_t prev, uint8_t name)
{
	struct seal_header header = {
		.key = hash_with(key),
		.sequence = sequence,
		.prev = hash_with(prev),
	};
	struct hash hash = hash_with(name);
	struct err err = { 0 };
	int rc = chains_add(chains, &header, &hash, &err);

	cr_expect_eq(rc, err.code);
	return rc;
}

Test(chains, take_what_follows_in_its_keys_chain)
{
	struct chains chains;
	struct hash key = hash_with(7), name = hash_with(12);

	chains_init(&chains);
	cr_expect_eq(add(&chains, 7, 1, 0, 11), 0);
	cr_expect_eq(add(&chains, 8, 1, 0, 21), 0);
	cr_expect_eq(add(&chains, 7, 2, 11, 12), 0);
	cr_expect(hash_equal(chains_name(&chains, &key, 2), &name));
	cr_expect_null(chains_name(&chains, &key, 3));
	cr_expect_null(chains_name(&chains, &key, 0));
	cr_expect_null(chains_name(&chains, &name, 1));
	chains_release(&chains);
}

Test(chains, refuse_gaps_repeats_and_another_predecessor)
{
	static const struct {
		uint64_t sequence;
		uint8_t prev;
	} wrong[] = { { 0, 0 }, { 1, 0 },  { 1, 11 },
		      { 2, 0 }, { 2, 12 }, { 3, 11 } };
	struct chains chains;

	chains_init(&chains);
	cr_expect_eq(add(&chains, 7, 1, 5, 11), ERR_ORDER);
	cr_expect_eq(add(&chains, 7, 2, 0, 11), ERR_ORDER);
	cr_assert_eq(add(&chains, 7, 1, 0, 11), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_expect_eq(
			add(&chains, 7, wrong[i].sequence, wrong[i].prev, 99),
			ERR_ORDER, "row %zu", i);
	cr_expect_eq(add(&chains, 7, 2, 11, 12), 0);
	chains_release(&chains);
}

Test(chains, grow_with_keys_and_batches)
{
	struct chains chains;

	chains_init(&chains);
	for (unsigned key = 1; key < 200; key++)
		cr_assert_eq(add(&chains, (uint8_t)key, 1, 0, 1), 0);
	for (unsigned i = 2; i < 200; i++)
		cr_assert_eq(add(&chains, 5, i, (uint8_t)(i - 1), (uint8_t)i),
			     0);
	chains_release(&chains);
}
