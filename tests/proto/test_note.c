#include "proto/note.h"

#include <criterion/criterion.h>
#include <string.h>

/* Go's sumdb/note: its documentation's key and note. */
#define GO_KEY \
	"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define GO_TEXT                                                      \
	"If you think cryptography is the answer to your problem,\n" \
	"then you don't know what your problem is.\n"
#define GO_LINE                                                                \
	"\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZ" \
	"InNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

static struct sign_pair pair_of(uint8_t seed_byte)
{
	uint8_t seed[SIGN_SEED_BYTES];
	struct sign_pair pair;

	memset(seed, seed_byte, sizeof(seed));
	sign_pair_from_seed(seed, &pair);
	return pair;
}

static struct note_key key_of(const char *name, enum note_kind kind,
			      const struct sign_pair *pair)
{
	struct note_key key;

	cr_assert_eq(note_key_make(name, kind, &pair->key, &key, NULL), 0);
	return key;
}

static int check(const char *note, const struct note_key *key, uint64_t *time)
{
	struct span text, lines;
	int rc = note_part(span_of_text(note), &text, &lines, NULL);

	return rc ? rc : note_check(text, lines, key, time, NULL);
}

Test(note, agrees_with_a_note_of_others)
{
	struct note_key key;
	char text[NOTE_KEY_TEXT_BYTES];

	cr_assert_eq(sign_start(NULL), 0);
	cr_assert_eq(note_key_parse(span_of_text(GO_KEY), &key, NULL), 0);
	cr_expect_str_eq(key.name, "PeterNeumann");
	note_key_print(&key, text);
	cr_expect_str_eq(text, GO_KEY);
	cr_expect_eq(check(GO_TEXT "\n" GO_LINE, &key, NULL), 0);
	/* One blank more in the text. */
	cr_expect_eq(check("If you think cryptography is the answer to your "
			   "problem,\nthen you  don't know what your problem "
			   "is.\n\n" GO_LINE,
			   &key, NULL),
		     ERR_DENIED);
}

Test(note, carries_several_signatures)
{
	struct sign_pair a = pair_of(1), b = pair_of(2), c = pair_of(3);
	struct note_key log = key_of("tally/1", NOTE_SIGNATURE, &a);
	struct note_key witness =
		key_of("audit.example/w", NOTE_COSIGNATURE, &b);
	struct note_key none = key_of("audit.example/w", NOTE_COSIGNATURE, &c);
	struct note_key named = key_of("tally/2", NOTE_SIGNATURE, &a);
	struct span text = span_of_text("one\n\ntwo\n");
	struct strbuf note;
	uint64_t time = 0;

	strbuf_init(&note, 0);
	strbuf_add(&note, text.data, text.len);
	strbuf_add_char(&note, '\n');
	note_sign(text, &log, &a, 0, &note);
	note_sign(text, &witness, &b, 1679315147, &note);
	cr_expect_eq(check(note.text, &log, NULL), 0);
	cr_expect_eq(check(note.text, &witness, &time), 0);
	cr_expect_eq(time, 1679315147);
	cr_expect_eq(check(note.text, &none, NULL), ERR_NOTFOUND);
	cr_expect_eq(check(note.text, &named, NULL), ERR_NOTFOUND);
	strbuf_release(&note);
}

Test(note, every_flipped_bit_is_found)
{
	struct sign_pair a = pair_of(1);
	struct note_key keys[] = {
		key_of("tally/1", NOTE_SIGNATURE, &a),
		key_of("w", NOTE_COSIGNATURE, &a),
	};

	for (size_t k = 0; k < 2; k++) {
		struct span text = span_of_text("tally/1\n7\nroot\n");
		struct strbuf note;

		strbuf_init(&note, 0);
		strbuf_add(&note, text.data, text.len);
		strbuf_add_char(&note, '\n');
		note_sign(text, &keys[k], &a, 5, &note);
		cr_assert_eq(check(note.text, &keys[k], NULL), 0);
		for (size_t bit = 0; bit < 8 * note.len; bit++) {
			note.text[bit / 8] ^= (char)(1 << bit % 8);
			if (note.text[bit / 8]) /* as a C string */
				cr_expect_neq(check(note.text, &keys[k], NULL),
					      0, "key %zu, bit %zu", k, bit);
			note.text[bit / 8] ^= (char)(1 << bit % 8);
		}
		strbuf_release(&note);
	}
}

Test(note, refuses_what_is_no_note)
{
	static const char *const bad[] = {
		"",
		"text\n",
		"text\n\n",
		"text\n\nx",
		"\n" GO_LINE,
		"te\x01xt\n\n" GO_LINE,
		"text\r\n\n" GO_LINE,
	};
	struct span text, lines;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(
			note_part(span_of_text(bad[i]), &text, &lines, NULL),
			ERR_INVALID, "row %zu", i);
}

Test(note, refuses_keys_that_are_none)
{
	static const char *const bad[] = {
		"",
		"PeterNeumann",
		"PeterNeumann+c74f20a3",
		/* another hash */
		"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/"
		"LDE4izWy10TW",
		/* another kind */
		"PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/"
		"LDE4izWy10TW",
		"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/"
		"LDE4izWy10T",
		"+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	};
	static const char *const names[] = { "",
					     "a b",
					     "a+b",
					     "a\n",
					     "a\xe3\x80\x80"
					     "b",
					     "a\xc2\xa0" };
	struct sign_pair pair = pair_of(1);
	struct note_key key;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(note_key_parse(span_of_text(bad[i]), &key, NULL),
			     ERR_INVALID, "row %zu", i);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_expect_eq(note_key_make(names[i], NOTE_SIGNATURE, &pair.key,
					   &key, NULL),
			     ERR_INVALID, "name %zu", i);
}
