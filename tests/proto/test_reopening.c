#include "proto/reopening.h"

#include <criterion/criterion.h>
#include <string.h>

#include "proto/checkpoint.h"

static struct sign_pair pair_of(uint8_t seed_byte)
{
	uint8_t seed[SIGN_SEED_BYTES];
	struct sign_pair pair;

	memset(seed, seed_byte, sizeof(seed));
	sign_pair_from_seed(seed, &pair);
	return pair;
}

static struct reopening example(void)
{
	struct reopening reopening = {
		.kept = 100,
		.lost = 107,
		.after_us = 1720141100000000,
		.at_us = 1720141200000000,
		.by = span_of_text("李明, 数据局"),
		.why = span_of_text("the disk broke"),
		.more = span_of_text("missing 100 103\nmissing 105 106\n"),
	};

	memset(reopening.journal.bytes, 0xab, HASH_BYTES);
	memset(reopening.kept_root.bytes, 1, HASH_BYTES);
	memset(reopening.lost_root.bytes, 2, HASH_BYTES);
	return reopening;
}

Test(reopening, what_is_signed_is_read)
{
	struct sign_pair pair = pair_of(1), other = pair_of(2);
	struct reopening wrote = example(), read;
	struct checkpoint checkpoint;
	struct strbuf note;

	cr_assert_eq(sign_start(NULL), 0);
	strbuf_init(&note, 0);
	reopening_sign(&wrote, &pair, &note);
	cr_assert_eq(reopening_read(strbuf_span(&note), &read, NULL), 0);
	cr_expect(hash_equal(&read.journal, &wrote.journal));
	cr_expect_eq(read.kept, 100);
	cr_expect(hash_equal(&read.kept_root, &wrote.kept_root));
	cr_expect_eq(read.lost, 107);
	cr_expect(hash_equal(&read.lost_root, &wrote.lost_root));
	cr_expect_eq(read.after_us, wrote.after_us);
	cr_expect_eq(read.at_us, wrote.at_us);
	cr_expect(span_equal(read.by, wrote.by));
	cr_expect(span_equal(read.why, wrote.why));
	cr_expect(span_equal(read.more, wrote.more));
	cr_expect_eq(reopening_check(strbuf_span(&note), &pair.key, NULL), 0);
	cr_expect_eq(reopening_check(strbuf_span(&note), &other.key, NULL),
		     ERR_DENIED);
	cr_expect_eq(checkpoint_read(strbuf_span(&note), &checkpoint, NULL),
		     ERR_INVALID, "it is no checkpoint");
	note.text[strlen("tally/")] ^= 3; /* still hex: another journal */
	cr_expect_eq(reopening_check(strbuf_span(&note), &pair.key, NULL),
		     ERR_DENIED);
	strbuf_release(&note);
}

Test(reopening, a_checkpoint_is_none)
{
	struct checkpoint checkpoint = { .size = 5 };
	struct sign_pair pair = pair_of(1);
	struct reopening read;
	struct strbuf note;

	cr_assert_eq(sign_start(NULL), 0);
	strbuf_init(&note, 0);
	checkpoint_sign(&checkpoint, &pair, &note);
	cr_expect_eq(reopening_read(strbuf_span(&note), &read, NULL),
		     ERR_INVALID);
	strbuf_release(&note);
}

Test(reopening, more_kept_than_was_signed_is_none)
{
	struct reopening wrote = example(), read;
	struct sign_pair pair = pair_of(1);
	struct strbuf note;

	cr_assert_eq(sign_start(NULL), 0);
	wrote.lost = 99;
	strbuf_init(&note, 0);
	reopening_sign(&wrote, &pair, &note);
	cr_expect_eq(reopening_read(strbuf_span(&note), &read, NULL),
		     ERR_INVALID);
	strbuf_release(&note);
}

Test(reopening, who_and_why_are_one_line_each)
{
	char much[REOPENING_TEXT_BYTES_MAX + 1];

	memset(much, 'x', sizeof(much));
	cr_expect(reopening_text_fits(span_of_text("磁盘损坏")));
	cr_expect(reopening_text_fits(span_of(much, sizeof(much) - 1)));
	cr_expect_not(reopening_text_fits(span_of(much, sizeof(much))));
	cr_expect_not(reopening_text_fits(span_of_text("")));
	cr_expect_not(reopening_text_fits(span_of_text("a\nby b")));
	cr_expect_not(reopening_text_fits(span_of_text("\xff")));
}
