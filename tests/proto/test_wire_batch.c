#include "proto/wire.h"

#include <stdlib.h>

#include <criterion/criterion.h>

#include "proto/merkle.h"
#include "proto/raw.h"
#include "proto/wire_fixture.h"

TestSuite(wire_batch, .init = wire_setup, .fini = wire_cleanup);

#define BATCH_COUNT 5

struct made {
	struct sign_pair pair;
	struct seal_header header;
	struct sealed sealed[BATCH_COUNT];
	struct text texts[BATCH_COUNT];
	struct strbuf bodies[BATCH_COUNT];
	struct strbuf bytes;
	struct hash name;
};

static void make_batch(struct made *made)
{
	uint8_t seed[SIGN_SEED_BYTES] = { 1 };

	memset(made, 0, sizeof(*made));
	sign_pair_from_seed(seed, &made->pair);
	made->header.sequence = 7;
	made->header.sent_us = 99;
	made->header.count = BATCH_COUNT;
	for (size_t i = 0; i < BATCH_COUNT; i++) {
		struct text_hash hash = { .name = span_of_text("reason") };
		struct statement s = { .kind = SAID_REPORT,
				       .texts = &hash,
				       .text_count = i % 2 };

		s.said.report.target = span_of_text("target");
		memset(made->sealed[i].salt, (int)i + 1, SALT_BYTES);
		memset(made->texts[i].salt, (int)i + 101, SALT_BYTES);
		made->texts[i].text = span_of_text("因为下雨");
		made->sealed[i].texts = &made->texts[i];
		made->sealed[i].text_count = i % 2;
		hash.hash = hash_text(made->texts[i].salt, made->texts[i].text);
		strbuf_init(&made->bodies[i], 0);
		cr_assert_eq(wire_encode_statement(&s, &made->bodies[i], NULL),
			     0);
		made->sealed[i].body = strbuf_span(&made->bodies[i]);
	}
	strbuf_init(&made->bytes, 0);
}

static void seal_made(struct made *made)
{
	strbuf_clear(&made->bytes);
	cr_assert_eq(wire_seal_batch(&made->header, made->sealed, &made->pair,
				     &made->bytes, &made->name, NULL),
		     0);
}

static void release_made(struct made *made)
{
	for (size_t i = 0; i < BATCH_COUNT; i++)
		strbuf_release(&made->bodies[i]);
	strbuf_release(&made->bytes);
}

/* Decodes and checks. */
static int prove(struct span bytes, bool redacted_ok, struct batch *out)
{
	int rc;

	arena_reset(&arena);
	rc = wire_decode_batch(bytes, &arena, out, NULL);
	return rc ? rc : wire_check_batch(out, &arena, redacted_ok, NULL);
}

Test(wire_batch, sealed_batch_is_decoded_and_proved)
{
	struct batch batch;
	struct made made;
	struct hash root, key;

	make_batch(&made);
	seal_made(&made);
	cr_assert_eq(prove(strbuf_span(&made.bytes), false, &batch), 0);
	key = sign_key_hash(&made.pair.key);
	cr_expect_eq(batch.header.sequence, 7);
	cr_expect_eq(batch.header.count, BATCH_COUNT);
	cr_expect(hash_equal(&batch.header.key, &key));
	cr_expect(hash_equal(&batch.name, &made.name));
	cr_expect_eq(batch.header_bytes.len, SEAL_HEADER_BYTES);
	root = merkle_root(batch.leaves, BATCH_COUNT);
	cr_expect(hash_equal(&root, &batch.header.root));
	for (size_t i = 0; i < BATCH_COUNT; i++) {
		struct sealed *got = &batch.sealed[i];

		cr_expect_arr_eq(got->salt, made.sealed[i].salt, SALT_BYTES);
		cr_expect(span_equal(got->body, made.sealed[i].body));
		cr_assert_eq(got->text_count, i % 2);
		if (i % 2)
			cr_expect(span_equal(got->texts[0].text,
					     made.texts[i].text));
	}
	release_made(&made);
}

Test(wire_batch, every_flipped_bit_of_a_batch_is_found)
{
	struct batch batch;
	struct made made;

	make_batch(&made);
	seal_made(&made);
	for (size_t bit = 0; bit < 8 * made.bytes.len; bit++) {
		char flip = (char)(1 << bit % 8);

		made.bytes.text[bit / 8] ^= flip;
		cr_expect_neq(prove(strbuf_span(&made.bytes), true, &batch), 0,
			      "bit %zu", bit);
		made.bytes.text[bit / 8] ^= flip;
	}
	for (size_t len = 0; len < made.bytes.len; len++)
		cr_expect_neq(
			prove(span_of(made.bytes.text, len), true, &batch), 0,
			"cut at %zu", len);
	cr_expect_eq(prove(strbuf_span(&made.bytes), false, &batch), 0);
	release_made(&made);
}

Test(wire_batch, texts_must_be_the_signed_ones)
{
	struct text extra[2];
	struct batch batch;
	struct made made;

	make_batch(&made);
	extra[0] = extra[1] = made.texts[1];

	made.sealed[1].text_count = 0;
	seal_made(&made);
	cr_expect_eq(prove(strbuf_span(&made.bytes), false, &batch), ERR_DENIED,
		     "missing");
	cr_expect_eq(prove(strbuf_span(&made.bytes), true, &batch), 0);

	made.sealed[1].text_count = 2;
	made.sealed[1].texts = extra;
	seal_made(&made);
	cr_expect_eq(prove(strbuf_span(&made.bytes), true, &batch), ERR_DENIED,
		     "one too many");

	made.sealed[1].text_count = 1;
	extra[0].salt[0] ^= 1;
	seal_made(&made);
	cr_expect_eq(prove(strbuf_span(&made.bytes), true, &batch), ERR_DENIED,
		     "another salt");

	extra[0] = made.texts[1];
	extra[0].text = span_of_text("因为下雪");
	seal_made(&made);
	cr_expect_eq(prove(strbuf_span(&made.bytes), true, &batch), ERR_DENIED,
		     "another text");

	made.sealed[1].texts = &made.texts[1];
	made.sealed[2].text_count = 1; /* its body has no hash */
	seal_made(&made);
	cr_expect_eq(prove(strbuf_span(&made.bytes), true, &batch), ERR_DENIED,
		     "unsigned text");

	made.sealed[2].body = span_of_text("\xff");
	seal_made(&made);
	cr_expect_eq(prove(strbuf_span(&made.bytes), true, &batch), ERR_DENIED,
		     "text beside a broken body");
	release_made(&made);
}

Test(wire_batch, redacted_text_is_zeros)
{
	struct text zeros = { .text = span_of("\0\0\0\0", 4) };
	struct batch batch;
	struct made made;

	make_batch(&made);
	made.sealed[1].texts = &zeros;
	seal_made(&made);
	cr_expect_eq(prove(strbuf_span(&made.bytes), false, &batch),
		     ERR_DENIED);
	cr_expect_eq(prove(strbuf_span(&made.bytes), true, &batch), 0);
	zeros.salt[0] = 1; /* not redacted: a text of NULs */
	seal_made(&made);
	cr_expect_eq(prove(strbuf_span(&made.bytes), true, &batch),
		     ERR_INVALID);
	release_made(&made);
}

Test(wire_batch, a_redacted_text_is_missing_and_the_other_keeps_its_name)
{
	struct text said[] = { { { 1 }, span_of_text("村里修了路") },
			       { { 2 }, span_of_text("补报") } };
	struct text zeros = { .text = span_of("\0\0\0\0", 4) };
	struct text_hash hashes[] = {
		{ span_of_text("text"), hash_text(said[0].salt, said[0].text) },
		{ span_of_text("reason"),
		  hash_text(said[1].salt, said[1].text) },
	};
	struct statement statement = { .texts = hashes, .text_count = 2 };
	struct sealed sealed = { .texts = said, .text_count = 2 };

	cr_expect(span_equal(wire_said_text(&sealed, &statement, "text"),
			     span_of_text("村里修了路")));
	cr_expect(span_equal(wire_said_text(&sealed, &statement, "reason"),
			     span_of_text("补报")));
	cr_expect_eq(wire_said_text(&sealed, &statement, "note").len, 0);
	said[0] = zeros;
	cr_expect_eq(wire_said_text(&sealed, &statement, "text").len, 0);
	cr_expect(span_equal(wire_said_text(&sealed, &statement, "reason"),
			     span_of_text("补报")));
	sealed.texts = &said[1]; /* or it is not even there */
	sealed.text_count = 1;
	cr_expect_eq(wire_said_text(&sealed, &statement, "text").len, 0);
	cr_expect(span_equal(wire_said_text(&sealed, &statement, "reason"),
			     span_of_text("补报")));
}

Test(wire_batch, broken_body_is_left_to_its_verdict)
{
	struct batch batch;
	struct made made;

	make_batch(&made);
	made.sealed[0].body = span_of_text("\xff\xff");
	made.sealed[2].body = span_of(NULL, 0);
	seal_made(&made);
	cr_expect_eq(prove(strbuf_span(&made.bytes), false, &batch), 0);
	release_made(&made);
}

Test(wire_batch, statements_cannot_be_exchanged_under_a_signature)
{
	uint8_t other_seed[SIGN_SEED_BYTES] = { 2 };
	struct sign_pair other;
	struct batch batch;
	struct made made;
	struct sealed kept;
	struct hash zero = { 0 };

	make_batch(&made);
	seal_made(&made);
	sign_pair_from_seed(other_seed, &other);

	cr_assert_eq(prove(strbuf_span(&made.bytes), false, &batch), 0);
	kept = batch.sealed[0];
	batch.sealed[0] = batch.sealed[2];
	batch.sealed[2] = kept;
	cr_expect_eq(wire_check_batch(&batch, &arena, false, NULL), ERR_DENIED,
		     "order");

	cr_assert_eq(prove(strbuf_span(&made.bytes), false, &batch), 0);
	batch.key = other.key;
	cr_expect_eq(wire_check_batch(&batch, &arena, false, NULL), ERR_DENIED,
		     "another's key");

	cr_assert_eq(prove(strbuf_span(&made.bytes), false, &batch), 0);
	batch.signature = sign_message(&other, batch.header_bytes);
	cr_expect_eq(wire_check_batch(&batch, &arena, false, NULL), ERR_DENIED,
		     "another's signature");

	cr_assert_eq(prove(strbuf_span(&made.bytes), false, &batch), 0);
	batch.header.root = zero;
	cr_expect_eq(wire_check_batch(&batch, &arena, false, NULL), ERR_DENIED,
		     "another root");
	release_made(&made);
}

/* The parts of a batch message, to be left out or changed one by one. */
static void put_batch(struct strbuf *out, size_t header, size_t signature,
		      size_t key, size_t salt)
{
	uint8_t bytes[SEAL_HEADER_BYTES + 1] = { 0 };
	struct seal_header fields = { .sequence = 1, .count = 1 };
	struct strbuf sealed;

	seal_write_header(&fields, bytes);
	strbuf_clear(out);
	raw_bytes(out, 1, span_of(bytes, header));
	raw_fill(out, 2, signature, 's');
	raw_fill(out, 3, key, 'k');
	strbuf_init(&sealed, 0);
	raw_fill(&sealed, 1, salt, 'x');
	raw_bytes(out, 4, strbuf_span(&sealed));
	strbuf_release(&sealed);
}

Test(wire_batch, batch_parts_have_exact_lengths)
{
	static const size_t good[] = { SEAL_HEADER_BYTES, SIGNATURE_BYTES,
				       SIGN_KEY_BYTES, SALT_BYTES };
	struct batch batch;

	put_batch(&buf, good[0], good[1], good[2], good[3]);
	cr_assert_eq(wire_decode_batch(strbuf_span(&buf), &arena, &batch, NULL),
		     0);
	for (size_t i = 0; i < 4; i++)
		for (int by = -1; by <= 1; by += 2) {
			size_t len[4];

			memcpy(len, good, sizeof(len));
			len[i] = (size_t)((int)len[i] + by);
			put_batch(&buf, len[0], len[1], len[2], len[3]);
			cr_expect_eq(wire_decode_batch(strbuf_span(&buf),
						       &arena, &batch, NULL),
				     ERR_INVALID, "part %zu by %d", i, by);
		}
}

Test(wire_batch, batch_refuses_other_shapes)
{
	struct strbuf sealed;
	struct batch batch;

	/* no statements */
	raw_fill(&buf, 1, 0, 0);
	cr_expect_eq(wire_decode_batch(strbuf_span(&buf), &arena, &batch, NULL),
		     ERR_INVALID);
	cr_expect_eq(wire_decode_batch(span_of(NULL, 0), &arena, &batch, NULL),
		     ERR_INVALID);
	/* more than the header promises */
	put_batch(&buf, 202, 64, 32, 16);
	strbuf_init(&sealed, 0);
	raw_fill(&sealed, 1, 16, 'x');
	raw_bytes(&buf, 4, strbuf_span(&sealed));
	cr_expect_eq(wire_decode_batch(strbuf_span(&buf), &arena, &batch, NULL),
		     ERR_INVALID);
	/* an unknown field in the batch, and in a statement's envelope */
	put_batch(&buf, 202, 64, 32, 16);
	raw_number(&buf, 5, 1);
	cr_expect_eq(wire_decode_batch(strbuf_span(&buf), &arena, &batch, NULL),
		     ERR_INVALID);
	strbuf_clear(&buf);
	raw_number(&sealed, 4, 1);
	raw_bytes(&buf, 4, strbuf_span(&sealed));
	cr_expect_eq(wire_decode_batch(strbuf_span(&buf), &arena, &batch, NULL),
		     ERR_INVALID);
	strbuf_release(&sealed);
	/* a salt that could be no base */
	put_batch(&buf, 202, 64, 32, 16);
	memset(buf.text + buf.len - 16, 0, BASE_BYTES);
	cr_expect_eq(wire_decode_batch(strbuf_span(&buf), &arena, &batch, NULL),
		     ERR_INVALID);
	/* oversize */
	put_batch(&buf, 202, 64, 32, 16);
	raw_fill(&buf, 4, WIRE_BATCH_BYTES_MAX, 'x');
	cr_expect_eq(wire_decode_batch(strbuf_span(&buf), &arena, &batch, NULL),
		     ERR_LIMIT);
}

Test(wire_batch, largest_batch_fits_the_arena)
{
	static struct sealed sealed[WIRE_STATEMENTS_MAX + 1];
	static const uint8_t large[WIRE_BATCH_BYTES_MAX];
	struct seal_header header = { .sequence = 1 };
	uint8_t seed[SIGN_SEED_BYTES] = { 3 };
	struct sign_pair pair;
	struct batch batch;
	struct hash name;

	sign_pair_from_seed(seed, &pair);
	for (size_t i = 0; i <= WIRE_STATEMENTS_MAX; i++) {
		salt_draw(sealed[i].salt);
		sealed[i].body = span_of_text("\x62\x14\x0a\x12"
					      "eighteen bytes or so");
	}
	header.count = 0;
	cr_expect_eq(wire_seal_batch(&header, sealed, &pair, &buf, &name, NULL),
		     ERR_LIMIT);
	header.count = WIRE_STATEMENTS_MAX + 1;
	cr_expect_eq(wire_seal_batch(&header, sealed, &pair, &buf, &name, NULL),
		     ERR_LIMIT);
	header.count = WIRE_STATEMENTS_MAX;
	cr_assert_eq(wire_seal_batch(&header, sealed, &pair, &buf, &name, NULL),
		     0);
	cr_expect_eq(prove(strbuf_span(&buf), false, &batch), 0);

	/* the size is a limit too, and nothing stays behind */
	strbuf_clear(&buf);
	sealed[0].body = span_of(large, WIRE_BATCH_BYTES_MAX);
	header.count = 1;
	cr_expect_eq(wire_seal_batch(&header, sealed, &pair, &buf, &name, NULL),
		     ERR_LIMIT);
	cr_expect_eq(buf.len, 0);
}

Test(wire_batch, most_wasteful_batch_fits_the_arena)
{
	/* Empty texts, as many as fit, in as many statements as fit. */
	struct seal_header header = { .sequence = 1, .count = 4000 };
	uint8_t bytes[SEAL_HEADER_BYTES];
	struct strbuf sealed, text;
	struct batch batch;

	seal_write_header(&header, bytes);
	strbuf_init(&sealed, 0);
	strbuf_init(&text, 0);
	raw_fill(&text, 1, SALT_BYTES, 't');
	raw_fill(&text, 2, 0, 0);
	raw_fill(&sealed, 1, SALT_BYTES, 'x');
	for (int i = 0; i < WIRE_TEXTS_MAX; i++)
		raw_bytes(&sealed, 3, strbuf_span(&text));
	raw_bytes(&buf, 1, span_of(bytes, sizeof(bytes)));
	raw_fill(&buf, 2, SIGNATURE_BYTES, 's');
	raw_fill(&buf, 3, SIGN_KEY_BYTES, 'k');
	for (uint32_t i = 0; i < header.count; i++)
		raw_bytes(&buf, 4, strbuf_span(&sealed));
	cr_assert(buf.len < WIRE_BATCH_BYTES_MAX &&
		  buf.len > WIRE_BATCH_BYTES_MAX * 4 / 5);
	cr_expect_eq(wire_decode_batch(strbuf_span(&buf), &arena, &batch, NULL),
		     0);
	strbuf_release(&sealed);
	strbuf_release(&text);
}

Test(wire_batch, authorisation_is_for_one_journal_and_one_pair_of_keys)
{
	uint8_t seed[SIGN_SEED_BYTES] = { 4 };
	struct hash journal = { { 9 } }, other = { { 8 } };
	const char *tag = "tally-enrol/1\n";
	struct enrol enrol = { .key = { { 1 } }, .curve_key = { 2 } };
	struct sign_pair code;

	sign_pair_from_seed(seed, &code);
	enrol.code_key = code.key;
	enrol.authorisation = wire_authorise(tag, &journal, &enrol.key,
					     enrol.curve_key, &code);
	cr_expect(wire_authorised(tag, &journal, &enrol));
	cr_expect(!wire_authorised("tally-rotate/1\n", &journal, &enrol));
	cr_expect(!wire_authorised(tag, &other, &enrol));
	enrol.key.bytes[31] ^= 1;
	cr_expect(!wire_authorised(tag, &journal, &enrol));
	enrol.key.bytes[31] ^= 1;
	enrol.curve_key[0] ^= 1;
	cr_expect(!wire_authorised(tag, &journal, &enrol));
	enrol.curve_key[0] ^= 1;
	enrol.code_key.bytes[0] ^= 1;
	cr_expect(!wire_authorised(tag, &journal, &enrol));
}
