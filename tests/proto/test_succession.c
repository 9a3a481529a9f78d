#include "proto/succession.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sign_pair pair_of(uint8_t seed_byte)
{
	uint8_t seed[SIGN_SEED_BYTES];
	struct sign_pair pair;

	memset(seed, seed_byte, sizeof(seed));
	sign_pair_from_seed(seed, &pair);
	return pair;
}

/* From key number n to the next one, at a hundred entries each. */
static void add_note(uint8_t n, struct strbuf *out)
{
	struct sign_pair from = pair_of(n), to = pair_of((uint8_t)(n + 1));
	struct succession said = {
		.size = 100u * n,
		.after_us = 1720141100000000,
		.at_us = 1720141200000000,
		.by = span_of_text("李明, 数据局"),
		.why = span_of_text("a year is over"),
	};

	memset(said.journal.bytes, 0xab, HASH_BYTES);
	memset(said.root.bytes, n, HASH_BYTES);
	memset(said.curve, 0x40 + n, CURVE_KEY_BYTES);
	succession_sign(&said, &from, &to, out);
}

static void add_checkpoint(uint8_t n, uint64_t size, struct strbuf *out)
{
	struct sign_pair pair = pair_of(n);
	struct checkpoint checkpoint = { .size = size };

	memset(checkpoint.journal.bytes, 0xab, HASH_BYTES);
	strbuf_clear(out);
	checkpoint_sign(&checkpoint, &pair, out);
}

static void begin(struct strbuf *out)
{
	cr_assert_eq(sign_start(NULL), 0);
	strbuf_init(out, 0);
}

Test(succession, what_both_have_signed_is_read)
{
	struct sign_pair one = pair_of(1), two = pair_of(2);
	struct succession read;
	struct reopening reopening;
	struct checkpoint checkpoint;
	struct strbuf note;

	begin(&note);
	add_note(1, &note);
	cr_assert_eq(succession_open(strbuf_span(&note), &read, NULL), 0);
	cr_expect_eq(read.size, 100);
	cr_expect_eq(read.root.bytes[0], 1);
	cr_expect_eq(read.after_us, 1720141100000000);
	cr_expect_eq(read.at_us, 1720141200000000);
	cr_expect_eq(memcmp(&read.from, &one.key, sizeof(read.from)), 0);
	cr_expect_eq(memcmp(&read.to, &two.key, sizeof(read.to)), 0);
	cr_expect_eq(read.curve[0], 0x41);
	cr_expect(span_equal(read.by, span_of_text("李明, 数据局")));
	cr_expect(span_equal(read.why, span_of_text("a year is over")));
	cr_expect_eq(checkpoint_read(strbuf_span(&note), &checkpoint, NULL),
		     ERR_INVALID);
	cr_expect_eq(reopening_read(strbuf_span(&note), &reopening, NULL),
		     ERR_INVALID);
	strbuf_release(&note);
}

Test(succession, no_byte_of_it_can_be_another)
{
	struct succession read;
	struct strbuf note;

	begin(&note);
	add_note(1, &note);
	for (size_t i = 0; i < note.len; i++) {
		note.text[i] ^= 1;
		cr_expect_neq(succession_open(strbuf_span(&note), &read, NULL),
			      0, "byte %zu", i);
		note.text[i] ^= 1;
	}
	/* Without the new key's line: nobody may name a key that is not his. */
	while (note.text[--note.len - 1] != '\n')
		;
	cr_expect_eq(succession_open(strbuf_span(&note), &read, NULL),
		     ERR_DENIED);
	strbuf_release(&note);
}

Test(succession, notes_follow_one_another_in_a_text)
{
	struct span rest, note;
	struct succession read;
	struct strbuf text;
	unsigned n = 0;

	begin(&text);
	for (uint8_t i = 1; i <= 3; i++)
		add_note(i, &text);
	rest = strbuf_span(&text);
	while (succession_next(&rest, &note)) {
		cr_assert_eq(succession_open(note, &read, NULL), 0);
		cr_expect_eq(read.size, 100 * ++n);
	}
	cr_expect_eq(n, 3);
	strbuf_release(&text);
}

struct signed_case {
	uint8_t key;
	uint64_t size;
	int rc;
};

/* Which of keys 1 to 3 may have signed so many entries. */
static const struct signed_case signed_cases[] = {
	{ 1, 100, 0 },	    { 1, 101, ERR_DENIED }, { 2, 101, 0 },
	{ 2, 200, 0 },	    { 2, 201, ERR_DENIED }, { 3, 201, 0 },
	{ 3, 1u << 20, 0 }, { 4, 50, ERR_DENIED },  { 4, 500, ERR_DENIED },
};

Test(succession, the_key_that_was_given_up_signs_nothing_later)
{
	struct sign_pair first = pair_of(1);
	struct checkpoint checkpoint;
	struct key_chain chain;
	struct strbuf text;

	begin(&text);
	add_note(1, &text);
	add_note(2, &text);
	key_chain_begin(&chain, &first.key);
	cr_assert_eq(key_chain_add_all(&chain, strbuf_span(&text), NULL), 0);
	cr_assert_eq(chain.count, 3);
	for (size_t i = 0; i < sizeof(signed_cases) / sizeof(signed_cases[0]);
	     i++) {
		const struct signed_case *row = &signed_cases[i];

		add_checkpoint(row->key, row->size, &text);
		cr_expect_eq(key_chain_open(&chain, strbuf_span(&text),
					    &checkpoint, NULL),
			     row->rc, "row %zu", i);
	}
	strbuf_release(&text);
}

Test(succession, nor_that_a_later_journal_was_lost)
{
	struct sign_pair first = pair_of(1);
	struct reopening lost = { .kept = 20,
				  .lost = 100,
				  .by = span_of_text("x"),
				  .why = span_of_text("y") };
	struct key_chain chain;
	struct strbuf text;

	begin(&text);
	add_note(1, &text);
	key_chain_begin(&chain, &first.key);
	cr_assert_eq(key_chain_add_all(&chain, strbuf_span(&text), NULL), 0);
	for (int i = 0; i < 2; i++) {
		strbuf_clear(&text);
		memset(lost.journal.bytes, 0xab, HASH_BYTES);
		lost.lost = 100u + (unsigned)i;
		reopening_sign(&lost, &first, &text);
		cr_expect_eq(key_chain_check_reopening(
				     &chain, strbuf_span(&text), NULL),
			     i ? ERR_DENIED : 0);
	}
	strbuf_release(&text);
}

/* Who stole the old key can sign another successor: it is seen where the true
 * one is known. */
Test(succession, two_successors_of_one_key_are_not_believed)
{
	struct sign_pair first = pair_of(1), second = pair_of(2);
	struct sign_pair thief = pair_of(9);
	struct succession said, true_one, false_one;
	struct key_chain chain;
	struct strbuf text, other;
	struct err err = { 0 };

	begin(&text);
	strbuf_init(&other, 0);
	add_note(1, &text);
	key_chain_begin(&chain, &first.key);
	cr_assert_eq(key_chain_add(&chain, strbuf_span(&text), &said, NULL), 1);
	cr_expect_eq(key_chain_add(&chain, strbuf_span(&text), &said, NULL), 0,
		     "known");
	true_one = false_one = said;
	succession_sign(&false_one, &first, &thief, &other);
	cr_expect_eq(key_chain_add(&chain, strbuf_span(&other), &said, NULL),
		     ERR_DENIED);
	/* The same keys, and sessions with another. */
	strbuf_clear(&other);
	false_one = true_one;
	false_one.curve[0] ^= 1;
	succession_sign(&false_one, &first, &second, &other);
	cr_expect_eq(key_chain_add(&chain, strbuf_span(&other), &said, &err),
		     ERR_DENIED);
	/* What not both have signed is nobody's word: code and text agree. */
	other.text[other.len - 4] ^= 1;
	cr_expect_eq(key_chain_add(&chain, strbuf_span(&other), &said, &err),
		     ERR_INVALID);
	cr_expect_eq(err.code, ERR_INVALID);
	strbuf_clear(&other);
	false_one = true_one;
	succession_sign(&false_one, &thief, &first, &other);
	cr_expect_eq(key_chain_add(&chain, strbuf_span(&other), &said, NULL), 0,
		     "of a key that is not the collector's");
	cr_expect_eq(chain.count, 2);
	strbuf_release(&text);
	strbuf_release(&other);
}

Test(succession, no_key_at_all_believes_nothing_and_says_so)
{
	struct key_chain none = { 0 };
	struct checkpoint read;
	struct strbuf note;
	struct err err = { 0 };

	begin(&note);
	add_checkpoint(1, 7, &note);
	cr_expect_eq(key_chain_open(&none, strbuf_span(&note), &read, &err),
		     ERR_DENIED);
	cr_expect_eq(err.code, ERR_DENIED);
	cr_expect_neq(err.msg[0], '\0');
	strbuf_release(&note);
}
