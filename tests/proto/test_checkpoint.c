#include "proto/checkpoint.h"

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

static struct checkpoint example(void)
{
	struct checkpoint checkpoint = { .size = 20852163 };

	memset(checkpoint.journal.bytes, 0xab, HASH_BYTES);
	memset(checkpoint.root.bytes, 0xcd, HASH_BYTES);
	return checkpoint;
}

Test(checkpoint, what_is_signed_is_read)
{
	struct sign_pair pair = pair_of(1), other = pair_of(2);
	struct checkpoint wrote = example(), read;
	struct strbuf note;

	cr_assert_eq(sign_start(NULL), 0);
	strbuf_init(&note, 0);
	checkpoint_sign(&wrote, &pair, &note);
	cr_assert_eq(strncmp(note.text,
			     "tally/abababababababababababababababababababab"
			     "abababababababababababab\n20852163\n"
			     "zc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3NzU0=\n\n",
			     strlen("tally/\n20852163\n\n\n") + 64 + 44 - 16),
		     0, "%s", note.text);
	cr_assert_eq(
		checkpoint_open(strbuf_span(&note), &pair.key, &read, NULL), 0);
	cr_expect_eq(read.size, wrote.size);
	cr_expect(hash_equal(&read.root, &wrote.root));
	cr_expect(hash_equal(&read.journal, &wrote.journal));
	cr_expect_eq(checkpoint_read(strbuf_span(&note), &read, NULL), 0);
	cr_expect_eq(
		checkpoint_open(strbuf_span(&note), &other.key, &read, NULL),
		ERR_DENIED);
	strbuf_release(&note);
}

Test(checkpoint, refuses_what_is_none)
{
#define ORIGIN   \
	"tally/" \
	"abababababababababababababababababababababababababababababababab\n"
#define ROOT "zc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3NzM0=\n"
#define UNDER "\n\xe2\x80\x94 a x08go/Y=\n"
	static const char *const good[] = {
		ORIGIN "7\n" ROOT UNDER,
		ORIGIN "0\n" ROOT UNDER,
		ORIGIN "18446744073709551615\n" ROOT UNDER,
	};
	static const char *const bad[] = {
		ORIGIN "07\n" ROOT UNDER,
		ORIGIN "\n" ROOT UNDER,
		ORIGIN "-7\n" ROOT UNDER,
		ORIGIN "18446744073709551616\n" ROOT UNDER,
		ORIGIN "7\n" ROOT "more\n" UNDER,
		ORIGIN "7\n" UNDER,
		ORIGIN "7\nzc3N\n" UNDER,
		"tally/ab\n7\n" ROOT UNDER,
		"7\n" ROOT UNDER,
		ORIGIN "7\n" ROOT,
	};
	struct checkpoint read;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect_eq(
			checkpoint_read(span_of_text(good[i]), &read, NULL), 0,
			"good %zu", i);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(checkpoint_read(span_of_text(bad[i]), &read, NULL),
			     ERR_INVALID, "bad %zu", i);
}
