/* Proofs of RFC 6962, made by one part of the file and checked by the other,
 * and the other by the RFC's definition. */
#include "proto/proof.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "proto/merkle.h"

#define SIZE_MAX_TESTED 70

static struct hash leaves[SIZE_MAX_TESTED];

static void make_leaves(void)
{
	for (uint32_t i = 0; i < SIZE_MAX_TESTED; i++)
		leaves[i] = hash_leaf(span_of(&i, sizeof(i)), span_of(NULL, 0));
}

static int read_node(void *ctx, unsigned level, uint64_t index,
		     struct hash *out, struct err *err)
{
	uint64_t size = *(uint64_t *)ctx;

	(void)err;
	/* Only what is complete may be asked for. */
	cr_assert_leq((index + 1) << level, size);
	*out = merkle_root(&leaves[index << level], (size_t)1 << level);
	return 0;
}

static int read_nothing(void *ctx, unsigned level, uint64_t index,
			struct hash *out, struct err *err)
{
	(void)ctx;
	(void)level;
	(void)index;
	(void)out;
	return err_set(err, ERR_IO, "no nodes");
}

/* PATH(m, D[n]) of RFC 6962, 2.1.1, word for word. */
static size_t defined_path(uint64_t m, const struct hash *d, uint64_t n,
			   struct hash *out)
{
	uint64_t k = 1;
	size_t count;

	if (n == 1)
		return 0;
	while (k * 2 < n)
		k *= 2;
	if (m < k) {
		count = defined_path(m, d, k, out);
		out[count] = merkle_root(d + k, n - k);
	} else {
		count = defined_path(m - k, d + k, n - k, out);
		out[count] = merkle_root(d, k);
	}
	return count + 1;
}

/* SUBPROOF(m, D[n], b) of 2.1.2. */
static size_t defined_subproof(uint64_t m, const struct hash *d, uint64_t n,
			       bool b, struct hash *out)
{
	uint64_t k = 1;
	size_t count;

	if (m == n) {
		if (!b)
			out[0] = merkle_root(d, n);
		return !b;
	}
	while (k * 2 < n)
		k *= 2;
	if (m <= k) {
		count = defined_subproof(m, d, k, b, out);
		out[count] = merkle_root(d + k, n - k);
	} else {
		count = defined_subproof(m - k, d + k, n - k, false, out);
		out[count] = merkle_root(d, k);
	}
	return count + 1;
}

static void expect_equal(const struct proof *proof, const struct hash *want,
			 size_t count, uint64_t a, uint64_t b)
{
	cr_assert_eq(proof->count, count, "%llu of %llu", (unsigned long long)a,
		     (unsigned long long)b);
	for (size_t i = 0; i < count; i++)
		cr_assert(hash_equal(&proof->hashes[i], &want[i]),
			  "hash %zu of %llu of %llu", i, (unsigned long long)a,
			  (unsigned long long)b);
}

Test(proof, every_leaf_of_every_tree_is_proved_as_defined)
{
	struct hash want[PROOF_HASHES_MAX];

	make_leaves();
	for (uint64_t size = 1; size <= SIZE_MAX_TESTED; size++) {
		struct proof_nodes nodes = { read_node, &size };
		struct hash root, defined = merkle_root(leaves, size);

		cr_assert_eq(proof_root(&nodes, size, &root, NULL), 0);
		cr_assert(hash_equal(&root, &defined));
		for (uint64_t i = 0; i < size; i++) {
			struct proof proof;

			cr_assert_eq(
				proof_inclusion(&nodes, i, size, &proof, NULL),
				0);
			expect_equal(&proof, want,
				     defined_path(i, leaves, size, want), i,
				     size);
			cr_assert(proof_check_inclusion(&proof, i, &leaves[i],
							size, &root));
		}
	}
}

Test(proof, every_tree_continues_every_smaller_one_as_defined)
{
	struct hash want[PROOF_HASHES_MAX];

	make_leaves();
	for (uint64_t size = 0; size <= SIZE_MAX_TESTED; size++) {
		struct proof_nodes nodes = { read_node, &size };
		struct hash root = merkle_root(leaves, size);

		for (uint64_t old = 0; old <= size; old++) {
			struct hash was = merkle_root(leaves, old);
			struct proof proof;
			size_t count = old && old < size ?
					       defined_subproof(old, leaves,
								size, true,
								want) :
					       0;

			cr_assert_eq(proof_consistency(&nodes, old, size,
						       &proof, NULL),
				     0);
			expect_equal(&proof, want, count, old, size);
			cr_assert(proof_check_consistency(&proof, old, &was,
							  size, &root));
		}
	}
}

/* Whatever is changed about a proof, or about what it is to prove. */
Test(proof, nothing_but_the_truth_is_proved)
{
	make_leaves();
	for (uint64_t size = 1; size <= 40; size++) {
		struct proof_nodes nodes = { read_node, &size };
		struct hash root = merkle_root(leaves, size);

		for (uint64_t i = 0; i < size; i++) {
			struct proof proof, bad;

			cr_assert_eq(
				proof_inclusion(&nodes, i, size, &proof, NULL),
				0);
			for (uint64_t j = 0; j < size + 2; j++)
				cr_expect_eq(proof_check_inclusion(&proof, j,
								   &leaves[i],
								   size, &root),
					     i == j);
			for (size_t h = 0; h < proof.count; h++) {
				bad = proof;
				bad.hashes[h].bytes[h % HASH_BYTES] ^= 1;
				cr_expect_not(proof_check_inclusion(
					&bad, i, &leaves[i], size, &root));
			}
			bad = proof;
			bad.hashes[bad.count++] = root;
			cr_expect_not(proof_check_inclusion(&bad, i, &leaves[i],
							    size, &root));
			if (proof.count) {
				bad = proof;
				bad.count--;
				cr_expect_not(proof_check_inclusion(
					&bad, i, &leaves[i], size, &root));
			}
			cr_expect_not(proof_check_inclusion(
				&proof, i, &leaves[(i + 1) % SIZE_MAX_TESTED],
				size, &root));
		}
	}
}

Test(proof, no_other_past_is_proved)
{
	make_leaves();
	for (uint64_t size = 1; size <= 40; size++) {
		struct proof_nodes nodes = { read_node, &size };
		struct hash root = merkle_root(leaves, size);

		for (uint64_t old = 1; old <= size; old++) {
			struct hash was = merkle_root(leaves, old), other = was;
			struct proof proof, bad;

			cr_assert_eq(proof_consistency(&nodes, old, size,
						       &proof, NULL),
				     0);
			other.bytes[31] ^= 0x80;
			cr_expect_not(proof_check_consistency(
				&proof, old, &other, size, &root));
			for (uint64_t j = 0; j <= size + 1; j++)
				if (j != old)
					cr_expect_not(proof_check_consistency(
						&proof, j, &was, size, &root));
			for (size_t h = 0; h < proof.count; h++) {
				bad = proof;
				bad.hashes[h].bytes[h % HASH_BYTES] ^= 4;
				cr_expect_not(proof_check_consistency(
					&bad, old, &was, size, &root));
			}
			bad = proof;
			bad.hashes[bad.count++] = root;
			cr_expect_not(proof_check_consistency(&bad, old, &was,
							      size, &root));
			cr_expect_not(proof_check_consistency(&proof, old, &was,
							      old - 1, &root));
		}
	}
}

Test(proof, what_cannot_be_read_is_told)
{
	struct proof_nodes nodes = { read_nothing, NULL };
	struct proof proof;
	struct hash root;

	cr_expect_eq(proof_root(&nodes, 3, &root, NULL), ERR_IO);
	cr_expect_eq(proof_inclusion(&nodes, 1, 3, &proof, NULL), ERR_IO);
	cr_expect_eq(proof_consistency(&nodes, 2, 3, &proof, NULL), ERR_IO);
}
