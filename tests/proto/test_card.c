#include "proto/card.h"

#include <ctype.h>
#include <stdio.h>

#include <criterion/criterion.h>

static void start(void)
{
	cr_assert_eq(sign_start(NULL), 0);
}

TestSuite(card, .init = start);

static struct code example(void)
{
	struct code code = { .card.endpoint = "tcp://10.1.2.3:5724" };

	memset(code.card.checkpoint_key.bytes, 0x11, SIGN_KEY_BYTES);
	memset(code.card.curve_key, 0x22, CURVE_KEY_BYTES);
	memset(code.journal.bytes, 0x33, HASH_BYTES);
	memset(code.seed, 0x44, CODE_SEED_BYTES);
	return code;
}

static void expect_card(const struct card *a, const struct card *b)
{
	cr_expect_str_eq(a->endpoint, b->endpoint);
	cr_expect_arr_eq(a->checkpoint_key.bytes, b->checkpoint_key.bytes,
			 SIGN_KEY_BYTES);
	cr_expect_arr_eq(a->curve_key, b->curve_key, CURVE_KEY_BYTES);
}

Test(card, round_trips)
{
	struct card card = example().card, again;
	struct strbuf text;

	strbuf_init(&text, 0);
	strbuf_add_text(&text, "not part of it\n");
	text.len = 0; /* the check covers only what card_print adds */
	card_print(&card, &text);
	cr_assert_eq(card_parse(strbuf_span(&text), &again, NULL), 0);
	expect_card(&card, &again);
	strbuf_release(&text);
}

Test(card, forgives_line_ends_changed_on_the_way)
{
	struct card card = example().card, again;
	struct strbuf text, crlf;

	strbuf_init(&text, 0);
	strbuf_init(&crlf, 0);
	card_print(&card, &text);
	for (size_t i = 0; i < text.len; i++)
		strbuf_addf(&crlf, text.text[i] == '\n' ? " \r%c" : "%c",
			    text.text[i]);
	strbuf_add_text(&crlf, "\r\n\r\n");
	cr_assert_eq(card_parse(strbuf_span(&crlf), &again, NULL), 0);
	expect_card(&card, &again);
	strbuf_release(&text);
	strbuf_release(&crlf);
}

Test(card, refuses_every_changed_byte)
{
	struct card card = example().card, again;
	struct strbuf text;
	struct err err;

	strbuf_init(&text, 0);
	card_print(&card, &text);
	for (size_t i = 0; i < text.len - 1; i++) {
		char kept = text.text[i];

		text.text[i] = kept == '7' ? '8' : '7';
		cr_expect_eq(card_parse(strbuf_span(&text), &again, &err),
			     ERR_INVALID, "byte %zu", i);
		text.text[i] = kept;
		/* cut off here; only the last line feed may be missing */
		cr_expect_eq(card_parse(span_of(text.text, i), &again, &err),
			     ERR_INVALID, "cut at %zu", i);
	}
	strbuf_add_text(&text, "more\n");
	cr_expect_eq(card_parse(strbuf_span(&text), &again, &err), ERR_INVALID);
	strbuf_release(&text);
}

/* Without any white space: the document breaks a code into lines. */
static void add_dense(struct strbuf *out, const char *text)
{
	for (; *text; text++)
		if (!isspace(*text))
			strbuf_add_char(out, *text);
}

Test(card, the_document_shows_this_card_and_this_code)
{
	FILE *file = fopen(TALLY_SOURCE_DIR "/docs/protocol.md", "r");
	struct strbuf document, text, dense;
	struct code code = example();
	char line[1000];

	cr_assert_not_null(file);
	strbuf_init(&document, 0);
	while (fgets(line, sizeof(line), file))
		add_dense(&document, line);
	(void)fclose(file);
	for (int i = 0; i < 2; i++) {
		strbuf_init(&text, 0);
		strbuf_init(&dense, 0);
		if (i == 0)
			card_print(&code.card, &text);
		else
			code_print(&code, &text);
		add_dense(&dense, text.text);
		cr_expect(strstr(document.text, dense.text),
			  "docs/protocol.md does not show:\n%s", text.text);
		strbuf_release(&dense);
		strbuf_release(&text);
	}
	strbuf_release(&document);
}

Test(card, code_is_one_lower_case_word_that_round_trips)
{
	struct code code = example(), again;

	for (size_t len = 9; len <= ENDPOINT_BYTES_MAX; len++) {
		struct strbuf text;

		memset(code.card.endpoint, 0, sizeof(code.card.endpoint));
		memset(code.card.endpoint, 'e', len);
		memcpy(code.card.endpoint, "tcp://", 6);
		memcpy(code.card.endpoint + len - 2, ":5", 2);
		random_bytes(code.seed, sizeof(code.seed));
		strbuf_init(&text, 0);
		code_print(&code, &text);
		for (size_t i = 0; i < text.len; i++)
			cr_assert(islower(text.text[i]) ||
				  isdigit(text.text[i]));
		cr_assert_eq(code_parse(strbuf_span(&text), &again, NULL), 0,
			     "endpoint of %zu", len);
		expect_card(&code.card, &again.card);
		cr_expect_arr_eq(code.seed, again.seed, CODE_SEED_BYTES);
		cr_expect(hash_equal(&code.journal, &again.journal));
		strbuf_release(&text);
	}
}

Test(card, code_forgives_blanks_line_breaks_and_capitals)
{
	struct code code = example(), again;
	struct strbuf text, wild;

	strbuf_init(&text, 0);
	strbuf_init(&wild, 0);
	code_print(&code, &text);
	for (size_t i = 0; i < text.len; i++)
		strbuf_addf(&wild, i % 5 ? "%c" : "\r\n %c",
			    i % 2 ? toupper(text.text[i]) : text.text[i]);
	cr_assert_eq(code_parse(strbuf_span(&wild), &again, NULL), 0);
	cr_expect_arr_eq(code.seed, again.seed, CODE_SEED_BYTES);
	strbuf_release(&text);
	strbuf_release(&wild);
}

Test(card, code_refuses_typing_errors)
{
	struct code code = example(), again;
	struct strbuf text;
	struct err err;

	strbuf_init(&text, 0);
	code_print(&code, &text);
	for (size_t i = 0; i < text.len; i++) {
		char kept = text.text[i];

		text.text[i] = kept == 'q' ? 'z' : 'q';
		cr_expect_eq(code_parse(strbuf_span(&text), &again, &err),
			     ERR_INVALID, "letter %zu", i);
		text.text[i] = kept;
		cr_expect_eq(code_parse(span_of(text.text, i), &again, &err),
			     ERR_INVALID, "cut at %zu", i);
	}
	for (int i = 0; i < 2000; i++)
		strbuf_add_char(&text, 'a');
	cr_expect_eq(code_parse(strbuf_span(&text), &again, &err), ERR_INVALID);
	cr_expect_eq(code_parse(span_of("tally1\0a", 8), &again, &err),
		     ERR_INVALID);
	strbuf_release(&text);
}

Test(card, one_time_keys_depend_on_the_seed_alone)
{
	uint8_t seed[CODE_SEED_BYTES] = { 1 }, other[CODE_SEED_BYTES] = { 2 };
	struct curve_pair curve[3];
	struct sign_pair sign[3];
	struct span parts[] = { span_of_text("tally-code-sign/1"),
				span_of(seed, CODE_SEED_BYTES) };
	struct hash secret = hash_parts(parts, 2);
	struct sign_pair want;

	code_keys(seed, &sign[0], &curve[0]);
	code_keys(seed, &sign[1], &curve[1]);
	code_keys(other, &sign[2], &curve[2]);
	sign_pair_from_seed(secret.bytes, &want);
	cr_expect_arr_eq(sign[0].key.bytes, want.key.bytes, SIGN_KEY_BYTES);
	cr_expect_arr_eq(sign[0].secret, sign[1].secret, SIGN_SECRET_BYTES);
	cr_expect_arr_eq(curve[0].key, curve[1].key, CURVE_KEY_BYTES);
	cr_expect(memcmp(sign[0].key.bytes, sign[2].key.bytes,
			 SIGN_KEY_BYTES) != 0);
	cr_expect(memcmp(curve[0].key, curve[2].key, CURVE_KEY_BYTES) != 0);
	cr_expect(memcmp(curve[0].secret, sign[0].secret, 32) != 0);
}
