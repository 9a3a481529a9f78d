/* PROVE and EVIDENCE: their bytes, and what is believed of them. */
#include "proto/evidence.h"

#include <criterion/criterion.h>
#include <string.h>

#include "proto/merkle.h"
#include "proto/wire.h"

#define SIZE 20

static struct hash leaves[SIZE];
static struct arena arena;

static int read_node(void *ctx, unsigned level, uint64_t index,
		     struct hash *out, struct err *err)
{
	(void)ctx;
	(void)err;
	*out = merkle_root(&leaves[index << level], (size_t)1 << level);
	return 0;
}

static struct checkpoint of_size(uint64_t size)
{
	return (struct checkpoint){ .size = size,
				    .root = merkle_root(leaves, size) };
}

static uint64_t indexes[] = { 3, 9, 13 };
static const struct prove prove = { 7, 14, indexes, 3 };

/* What an honest collector answers. */
static struct evidence answer(void)
{
	struct proof_nodes nodes = { read_node, NULL };
	struct evidence evidence = { 7, 14, span_of(NULL, 0), NULL, 3 };
	struct proof proof;

	for (uint32_t i = 0; i < SIZE; i++)
		leaves[i] = hash_leaf(span_of(&i, sizeof(i)), span_of(NULL, 0));
	arena_init(&arena, 1 << 20);
	evidence.inclusions =
		arena_array(&arena, 3, sizeof(*evidence.inclusions));
	cr_assert(evidence.inclusions);
	cr_assert_eq(proof_consistency(&nodes, 7, 14, &proof, NULL), 0);
	evidence.consistency = evidence_hashes(&proof, &arena);
	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(
			proof_inclusion(&nodes, indexes[i], 14, &proof, NULL),
			0);
		evidence.inclusions[i].index = indexes[i];
		evidence.inclusions[i].hashes = evidence_hashes(&proof, &arena);
	}
	return evidence;
}

static enum evidence_result check(const struct evidence *evidence,
				  const struct checkpoint *seen,
				  const struct checkpoint *shown, size_t *which)
{
	struct hash mine[] = { leaves[3], leaves[9], leaves[13] };

	return evidence_check(evidence, &prove, seen, shown, mine, which);
}

Test(evidence, is_believed_if_it_holds)
{
	struct evidence good = answer(), again;
	struct checkpoint seen = of_size(7), shown = of_size(14);
	struct strbuf message;
	enum wire_type type;
	struct span body;
	size_t which;

	cr_expect_eq(check(&good, &seen, &shown, &which), EVIDENCE_HOLDS);
	strbuf_init(&message, 0);
	cr_assert_eq(evidence_encode(&good, &message, NULL), 0);
	cr_assert_eq(
		wire_read_prefix(strbuf_span(&message), &type, &body, NULL), 0);
	cr_expect_eq(type, WIRE_EVIDENCE);
	cr_assert_eq(evidence_decode(body, &arena, &again, NULL), 0);
	cr_expect_eq(check(&again, &seen, &shown, &which), EVIDENCE_HOLDS);
	strbuf_release(&message);
}

Test(evidence, of_another_past_is_found)
{
	struct evidence good = answer();
	struct checkpoint seen = of_size(7), shown = of_size(14);
	size_t which;

	seen.root.bytes[0] ^= 1;
	cr_expect_eq(check(&good, &seen, &shown, &which), EVIDENCE_OTHER_PAST);
	seen = of_size(7);
	shown.root.bytes[0] ^= 1;
	cr_expect_eq(check(&good, &seen, &shown, &which), EVIDENCE_OTHER_PAST);
	shown = of_size(14);
	good.consistency.len -= HASH_BYTES;
	cr_expect_eq(check(&good, &seen, &shown, &which), EVIDENCE_OTHER_PAST);
	good.consistency.len -= 1;
	cr_expect_eq(check(&good, &seen, &shown, &which), EVIDENCE_OTHER_PAST);
}

Test(evidence, of_an_entry_that_is_not_ours_is_found)
{
	struct evidence good = answer();
	struct checkpoint seen = of_size(7), shown = of_size(14);
	size_t which = 9;

	leaves[9].bytes[5] ^= 1;
	cr_expect_eq(check(&good, &seen, &shown, &which), EVIDENCE_MISSING);
	cr_expect_eq(which, 1);
	leaves[9].bytes[5] ^= 1;
	good.inclusions[2].hashes.len = 0;
	cr_expect_eq(check(&good, &seen, &shown, &which), EVIDENCE_MISSING);
	cr_expect_eq(which, 2);
}

Test(evidence, of_something_else_is_no_answer)
{
	struct evidence good = answer(), bad;
	struct checkpoint seen = of_size(7), shown = of_size(14);
	size_t which;

	bad = good;
	bad.size = 15;
	cr_expect_eq(check(&bad, &seen, &shown, &which), EVIDENCE_NO_ANSWER);
	bad = good;
	bad.seen_size = 6;
	cr_expect_eq(check(&bad, &seen, &shown, &which), EVIDENCE_NO_ANSWER);
	bad = good;
	bad.inclusion_count = 2;
	cr_expect_eq(check(&bad, &seen, &shown, &which), EVIDENCE_NO_ANSWER);
	bad = good;
	bad.inclusions[0].index = 4;
	cr_expect_eq(check(&bad, &seen, &shown, &which), EVIDENCE_NO_ANSWER);
	shown = of_size(15);
	cr_expect_eq(check(&good, &seen, &shown, &which), EVIDENCE_NO_ANSWER);
}

Test(evidence, questions_that_cannot_be_are_refused)
{
	static uint64_t falling[] = { 4, 3 }, twice[] = { 4, 4 },
			behind[] = { 14 }, many[EVIDENCE_INDEXES_MAX + 1];
	static const struct prove bad[] = {
		{ 0, 0, NULL, 0 },     { 8, 7, NULL, 0 },
		{ 0, 14, falling, 2 }, { 0, 14, twice, 2 },
		{ 0, 14, behind, 1 },
	};
	const struct prove too_many = { 0, 1000, many,
					EVIDENCE_INDEXES_MAX + 1 };
	struct strbuf message;
	struct prove got;

	arena_init(&arena, 1 << 20);
	strbuf_init(&message, 0);
	cr_assert_eq(evidence_encode_prove(&prove, &message, NULL), 0);
	cr_assert_eq(
		evidence_decode_prove(span_of(message.text + WIRE_PREFIX_BYTES,
					      message.len - WIRE_PREFIX_BYTES),
				      &arena, &got, NULL),
		0);
	cr_expect_eq(got.index_count, 3);
	cr_expect_eq(got.indexes[2], 13);
	for (size_t i = 0; i < EVIDENCE_INDEXES_MAX + 1; i++)
		many[i] = i;
	strbuf_clear(&message);
	cr_expect_eq(evidence_encode_prove(&too_many, &message, NULL),
		     ERR_LIMIT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strbuf_clear(&message);
		cr_assert_eq(evidence_encode_prove(&bad[i], &message, NULL), 0);
		cr_expect_lt(evidence_decode_prove(
				     span_of(message.text + WIRE_PREFIX_BYTES,
					     message.len - WIRE_PREFIX_BYTES),
				     &arena, &got, NULL),
			     0, "row %zu", i);
	}
	strbuf_release(&message);
}
