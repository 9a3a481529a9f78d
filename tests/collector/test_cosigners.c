/* Which checkpoint is published, as witnesses sign. */
#include "collector/cosigners.h"

#include <criterion/criterion.h>
#include <string.h>

#include "proto/checkpoint.h"

#define WITNESSES 3

static struct sign_pair log_pair, pairs[WITNESSES];
static struct note_key keys[WITNESSES];
static struct cosigners cosigners;
static struct witnesses witnesses;

static struct sign_pair pair_of(uint8_t seed_byte)
{
	uint8_t seed[SIGN_SEED_BYTES];
	struct sign_pair pair;

	memset(seed, seed_byte, sizeof(seed));
	sign_pair_from_seed(seed, &pair);
	return pair;
}

static void open_with(unsigned need)
{
	cr_assert_eq(sign_start(NULL), 0);
	log_pair = pair_of(9);
	witnesses = (struct witnesses){ .count = WITNESSES, .need = need };
	for (size_t i = 0; i < WITNESSES; i++) {
		char name[] = "witness/0";

		name[8] = (char)('0' + i);
		pairs[i] = pair_of((uint8_t)(i + 1));
		cr_assert_eq(note_key_make(name, NOTE_COSIGNATURE,
					   &pairs[i].key, &keys[i], NULL),
			     0);
		witnesses.keys[i] = keys[i];
	}
	cosigners_init(&cosigners, &witnesses);
}

static bool sign(uint64_t size)
{
	const struct checkpoint checkpoint = { .size = size };
	struct strbuf note;
	bool changed;

	strbuf_init(&note, 0);
	checkpoint_sign(&checkpoint, &log_pair, &note);
	changed = cosigners_signed(&cosigners, strbuf_span(&note), size);
	strbuf_release(&note);
	return changed;
}

/* Cosigner i's line under the checkpoint of said, sent as if under size. */
static int cosign(size_t i, uint64_t said, uint64_t size, bool *changed)
{
	const struct checkpoint checkpoint = { .size = said };
	struct span text, lines;
	struct strbuf note, line;
	int rc;

	strbuf_init(&note, 0);
	strbuf_init(&line, 0);
	checkpoint_sign(&checkpoint, &log_pair, &note);
	cr_assert_eq(note_part(strbuf_span(&note), &text, &lines, NULL), 0);
	note_sign(text, &keys[i], &pairs[i], 1700000000, &line);
	rc = cosigners_take(&cosigners, size, strbuf_span(&line), changed,
			    NULL);
	strbuf_release(&note);
	strbuf_release(&line);
	return rc;
}

Test(cosigners, without_need_the_newest_is_published_with_what_there_is)
{
	bool changed;

	open_with(0);
	cr_expect(sign(5));
	cr_expect_eq(cosigners.published.size, 5);
	cr_expect_eq(cosign(1, 5, 5, &changed), 0);
	cr_expect(changed);
	cr_expect(sign(6));
	cr_expect_eq(cosign(0, 5, 5, &changed), 0);
	cr_expect_not(changed, "an older one");
	cr_expect_eq(cosigners.published.size, 6);
}

Test(cosigners, so_many_must_have_signed)
{
	struct span text, lines;
	bool changed;

	open_with(2);
	cr_expect_not(sign(5));
	cr_expect_eq(cosigners.published.size, 0);
	cr_expect_eq(cosign(2, 5, 5, &changed), 0);
	cr_expect_not(changed);
	cr_expect_eq(cosign(2, 5, 5, &changed), 0, "again");
	cr_expect_not(changed);
	cr_expect_not(sign(8));
	cr_expect_eq(cosign(0, 5, 5, &changed), 0, "late");
	cr_expect(changed);
	cr_expect_eq(cosigners.published.size, 5);
	cr_assert_eq(note_part(span_of(cosigners.published.note,
				       cosigners.published.bytes),
			       &text, &lines, NULL),
		     0);
	cr_expect_eq(note_check(text, lines, &keys[0], NULL, NULL), 0);
	cr_expect_eq(note_check(text, lines, &keys[1], NULL, NULL),
		     ERR_NOTFOUND);
	cr_expect_eq(note_check(text, lines, &keys[2], NULL, NULL), 0);
	cr_expect_eq(cosign(0, 8, 8, &changed), 0);
	cr_expect_eq(cosign(1, 8, 8, &changed), 0);
	cr_expect(changed);
	cr_expect_eq(cosigners.published.size, 8);
}

Test(cosigners, what_was_published_is_again_after_a_restart)
{
	static struct cosigners again;
	const struct cosigned *before = &cosigners.published;
	bool changed;

	open_with(1);
	(void)sign(5);
	cr_assert_eq(cosign(1, 5, 5, &changed), 0);
	cosigners_init(&again, &witnesses);
	cosigners_resume(&again, span_of(before->note, before->bytes), 5);
	cr_expect_eq(again.published.size, 5);
	cr_expect_eq(again.published.by, 2);
	witnesses.need = 2;
	cosigners_init(&again, &witnesses);
	cosigners_resume(&again, span_of(before->note, before->bytes), 5);
	cr_expect_eq(again.published.size, 0, "two are needed now");
}

Test(cosigners, nothing_else_is_taken)
{
	struct sign_pair stranger = pair_of(77);
	bool changed;

	open_with(1);
	(void)sign(5);
	cr_expect_eq(cosign(0, 5, 6, &changed), ERR_NOTFOUND, "no such size");
	cr_expect_eq(cosign(0, 6, 5, &changed), ERR_DENIED, "another text");
	pairs[1] = stranger;
	cr_expect_eq(cosign(1, 5, 5, &changed), ERR_DENIED, "another key");
	cr_assert_eq(note_key_make("witness/9", NOTE_COSIGNATURE, &stranger.key,
				   &keys[1], NULL),
		     0);
	cr_expect_eq(cosign(1, 5, 5, &changed), ERR_NOTFOUND, "a stranger");
	for (uint64_t size = 6; size < 6 + COSIGNERS_NOTES; size++)
		(void)sign(size);
	cr_expect_eq(cosign(0, 5, 5, &changed), ERR_NOTFOUND, "too late");
	cr_expect_eq(cosigners.published.size, 0);
}
