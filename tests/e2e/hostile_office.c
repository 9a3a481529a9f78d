/*
 * An enrolled office that does not play by the rules, for test_hostile.py:
 * it has an office's true keys and says over a true session what no agent
 * would. One attack a run; what comes back is printed, a line each:
 *
 *   ack SEQUENCE INDEX VERDICT...
 *   nack SEQUENCE CODE WANTED TEXT
 *   recalled SEQUENCE
 *   pong | lost | silence
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "e2e/hostile_session.h"
#include "proto/raw.h"
#include "proto/wire.h"

#define SIGNATURE_AT (3 + SEAL_HEADER_BYTES + 2) /* in a Batch */

/* ---- batches ---- */

static struct seal_header next_header(const struct scene *scene)
{
	return (struct seal_header){ .journal = scene->journal,
				     .sequence = scene->welcome.wanted,
				     .prev = scene->welcome.head,
				     .sent_us = scene->welcome.now_us,
				     .count = 1 };
}

static struct sealed said(struct span body)
{
	struct sealed sealed = { .body = body };

	salt_draw(sealed.salt);
	return sealed;
}

static struct sealed report(struct scene *scene, const char *value,
			    struct span base)
{
	struct cell_text cell = { .value = span_of_text(value) };
	struct statement statement = {
		.base = base,
		.kind = SAID_REPORT,
		.said.report = { .target = span_of_text("live.jobless"),
				 .unit = span_of_text(scene->unit),
				 .period = span_of_text("2024M06"),
				 .cells = &cell,
				 .cell_count = 1 },
	};
	struct strbuf body;
	struct span span;

	strbuf_init(&body, 0);
	must(scene, wire_encode_statement(&statement, &body, &scene->err));
	span = span_of(arena_copy(&scene->arena, body.text, body.len),
		       body.len);
	strbuf_release(&body);
	return said(span);
}

/* The Batch message, in the arena. */
static struct span seal(struct scene *scene, struct seal_header header,
			struct sealed sealed, const struct sign_pair *pair)
{
	struct strbuf batch;
	struct hash name;
	struct span span;

	strbuf_init(&batch, 0);
	must(scene, wire_seal_batch(&header, &sealed, pair, &batch, &name,
				    &scene->err));
	span = span_of(arena_copy(&scene->arena, batch.text, batch.len),
		       batch.len);
	strbuf_release(&batch);
	if (!span.data)
		give_up("no memory for a batch");
	return span;
}

static struct span good_batch(struct scene *scene, const char *value)
{
	return seal(scene, next_header(scene),
		    report(scene, value, span_of(NULL, 0)), &scene->keys.sign);
}

static void send_batch(struct scene *scene, struct span batch)
{
	must(scene, talk_encode_batch(batch, &scene->out, &scene->err));
	send_out(scene);
}

/* A good batch with one bit changed. */
static void send_flipped(struct scene *scene, size_t at)
{
	struct span batch = good_batch(scene, scene->value);
	uint8_t *bytes = arena_copy(&scene->arena, batch.data, batch.len);

	if (!bytes || at >= batch.len)
		give_up("nothing to flip");
	bytes[at] ^= 1;
	send_batch(scene, span_of(bytes, batch.len));
}

/* Any bytes, behind a good prefix. */
static void send_body(struct scene *scene, enum wire_type type,
		      const struct strbuf *body)
{
	uint8_t prefix[WIRE_PREFIX_BYTES];

	wire_write_prefix(prefix, type);
	strbuf_add(&scene->out, prefix, sizeof(prefix));
	strbuf_add(&scene->out, body->text, body->len);
	send_out(scene);
}

/* ---- attacks ---- */

static void good(struct scene *scene)
{
	struct span batch = good_batch(scene, scene->value);
	FILE *file = scene->file ? fopen(scene->file, "wb") : NULL;

	if (file) {
		(void)fwrite(batch.data, 1, batch.len, file);
		(void)fclose(file);
	}
	send_batch(scene, batch);
}

static void signature(struct scene *scene)
{
	send_flipped(scene, SIGNATURE_AT + 10);
}

static void header(struct scene *scene)
{
	/* one of its seen_root: nothing but the signature covers it */
	send_flipped(scene, 3 + 140);
}

static void body(struct scene *scene)
{
	struct span batch = good_batch(scene, scene->value);

	/* the last byte of the value, the end of the message */
	send_flipped(scene, batch.len - 1);
}

static void another_key(struct scene *scene)
{
	uint8_t seed[SIGN_SEED_BYTES];
	struct sign_pair pair;

	random_bytes(seed, sizeof(seed));
	sign_pair_from_seed(seed, &pair);
	send_batch(scene,
		   seal(scene, next_header(scene),
			report(scene, scene->value, span_of(NULL, 0)), &pair));
}

static void replay(struct scene *scene)
{
	char *bytes;
	size_t len;

	must(scene, file_read(scene->file, WIRE_BATCH_BYTES_MAX, &bytes, &len,
			      &scene->err));
	send_batch(scene, span_of(bytes, len));
	free(bytes);
}

static void another_journal(struct scene *scene)
{
	struct seal_header other = next_header(scene);

	random_bytes(other.journal.bytes, HASH_BYTES);
	send_batch(scene, seal(scene, other,
			       report(scene, scene->value, span_of(NULL, 0)),
			       &scene->keys.sign));
}

static void another_head(struct scene *scene)
{
	struct seal_header other = next_header(scene);

	random_bytes(other.prev.bytes, HASH_BYTES);
	send_batch(scene, seal(scene, other,
			       report(scene, scene->value, span_of(NULL, 0)),
			       &scene->keys.sign));
}

static void gap(struct scene *scene)
{
	struct seal_header ahead = next_header(scene);

	ahead.sequence++;
	send_batch(scene, seal(scene, ahead,
			       report(scene, scene->value, span_of(NULL, 0)),
			       &scene->keys.sign));
}

static void no_credit(struct scene *scene)
{
	struct seal_header far = next_header(scene);

	far.sequence = scene->welcome.credit_until;
	send_batch(scene, seal(scene, far,
			       report(scene, scene->value, span_of(NULL, 0)),
			       &scene->keys.sign));
}

static void duplicate(struct scene *scene)
{
	struct span batch = good_batch(scene, scene->value);

	send_batch(scene, batch);
	hear_out(scene);
	send_batch(scene, batch);
}

static void fork_chain(struct scene *scene)
{
	send_batch(scene, good_batch(scene, scene->value));
	hear_out(scene);
	/* welcome.wanted is still the number that was just used */
	send_batch(scene, good_batch(scene, "7"));
}

/* Not the last number but the first, which enrolled the key. */
static void fork_far_back(struct scene *scene)
{
	struct seal_header first = next_header(scene);

	first.sequence = 1;
	first.prev = (struct hash){ 0 };
	send_batch(scene, seal(scene, first,
			       report(scene, scene->value, span_of(NULL, 0)),
			       &scene->keys.sign));
}

static void stale(struct scene *scene)
{
	static const uint8_t never_said[BASE_BYTES] = { 1, 2, 3 };

	send_batch(scene, seal(scene, next_header(scene),
			       report(scene, scene->value,
				      span_of(never_said, sizeof(never_said))),
			       &scene->keys.sign));
}

/* A reason that is not the one whose hash was signed. */
/* A reason that looks as if it had been redacted, and yet is the signed one:
 * it is no text that could be sent on. */
static void zero_text(struct scene *scene)
{
	struct text_hash hash = { .name = span_of_text("reason") };
	struct text text = { .text = span_of("\0\0\0\0", 4) };
	struct cell_text cell = { .value = span_of_text(scene->value) };
	struct statement statement = {
		.texts = &hash,
		.text_count = 1,
		.kind = SAID_REPORT,
		.said.report = { .target = span_of_text("rural.roads"),
				 .unit = span_of_text(scene->unit),
				 .period = span_of_text("2024M06"),
				 .cells = &cell,
				 .cell_count = 1 },
	};
	struct sealed sealed;
	struct strbuf bytes;

	strbuf_init(&bytes, 0);
	hash.hash = hash_text(text.salt, text.text);
	must(scene, wire_encode_statement(&statement, &bytes, &scene->err));
	sealed = said(strbuf_span(&bytes));
	sealed.texts = &text;
	sealed.text_count = 1;
	send_batch(scene,
		   seal(scene, next_header(scene), sealed, &scene->keys.sign));
	strbuf_release(&bytes);
}

static void another_text(struct scene *scene)
{
	struct text_hash hash = { .name = span_of_text("reason") };
	struct text text = { .text = span_of_text("not what was signed") };
	struct statement statement = {
		.texts = &hash,
		.text_count = 1,
		.kind = SAID_REPORT,
		.said.report = { .target = span_of_text("live.jobless"),
				 .unit = span_of_text(scene->unit),
				 .period = span_of_text("2024M06") },
	};
	struct sealed sealed;
	struct strbuf bytes;

	strbuf_init(&bytes, 0);
	hash.hash = hash_text(text.salt, span_of_text("what was signed"));
	must(scene, wire_encode_statement(&statement, &bytes, &scene->err));
	sealed = said(strbuf_span(&bytes));
	sealed.texts = &text;
	sealed.text_count = 1;
	send_batch(scene,
		   seal(scene, next_header(scene), sealed, &scene->keys.sign));
	strbuf_release(&bytes);
}

/* All that there ever was, please; then the last of its own, which comes after
 * all that came of the first. A PONG does not wait for what is recalled. */
static void recall_all(struct scene *scene)
{
	struct recall recall = { .from = 1, .count = UINT32_MAX };

	must(scene, talk_encode_recall(&recall, &scene->out, &scene->err));
	send_out(scene);
	while (scene->recalled < scene->welcome.wanted - 1 && hear_one(scene))
		;
	recall.from = scene->welcome.wanted - 1;
	must(scene, talk_encode_recall(&recall, &scene->out, &scene->err));
	send_out(scene);
	while (scene->recalled < scene->welcome.wanted && hear_one(scene))
		;
}

/* Levels messages, one within the other, of field number field. */
static void nest(struct strbuf *out, uint32_t field, int levels)
{
	struct strbuf inner, outer;

	strbuf_init(&inner, 0);
	strbuf_init(&outer, 0);
	for (int i = 0; i < levels; i++) {
		struct strbuf swap = inner;

		strbuf_clear(&outer);
		raw_bytes(&outer, field, strbuf_span(&inner));
		inner = outer;
		outer = swap;
	}
	strbuf_add(out, inner.text, inner.len);
	strbuf_release(&inner);
	strbuf_release(&outer);
}

static void deep(struct scene *scene)
{
	struct strbuf nested;

	strbuf_init(&nested, 0);
	nest(&nested, 4, 3000);
	send_body(scene, WIRE_BATCH, &nested);
	strbuf_release(&nested);
}

/* Well sealed, but a body like that is no statement. */
static void send_sealed_body(struct scene *scene, const struct strbuf *bytes)
{
	send_batch(scene, seal(scene, next_header(scene),
			       said(strbuf_span(bytes)), &scene->keys.sign));
}

static void deep_statement(struct scene *scene)
{
	struct strbuf nested;

	strbuf_init(&nested, 0);
	nest(&nested, 12, 3000);
	send_sealed_body(scene, &nested);
	strbuf_release(&nested);
}

/* Hundreds of thousands of empty messages: two bytes each on the wire. */
static void fill(struct strbuf *out, uint32_t field, size_t count)
{
	while (count--)
		raw_bytes(out, field, span_of(NULL, 0));
}

static void amplify(struct scene *scene)
{
	struct strbuf many;

	strbuf_init(&many, 0);
	fill(&many, 4, 200000);
	send_body(scene, WIRE_BATCH, &many);
	strbuf_release(&many);
}

static void amplify_statement(struct scene *scene)
{
	struct strbuf cells, many;

	strbuf_init(&cells, 0);
	strbuf_init(&many, 0);
	fill(&cells, 5, 200000);
	raw_bytes(&many, 12, strbuf_span(&cells));
	send_sealed_body(scene, &many);
	strbuf_release(&cells);
	strbuf_release(&many);
}

static void garbage(struct scene *scene)
{
	struct strbuf bytes;
	uint8_t random[300];

	strbuf_init(&bytes, 0);
	random_bytes(random, sizeof(random));
	random[0] = 0x0f; /* field 1 of a wire type that there is not */
	strbuf_add(&bytes, random, sizeof(random));
	send_body(scene, WIRE_BATCH, &bytes);
	strbuf_release(&bytes);
}

static void garbage_statement(struct scene *scene)
{
	struct strbuf bytes;

	strbuf_init(&bytes, 0);
	strbuf_add_text(&bytes, "\x0f no protobuf at all");
	send_sealed_body(scene, &bytes);
	strbuf_release(&bytes);
}

/* The first len bytes of a good message, by scene->value. */
static void truncated(struct scene *scene)
{
	struct span batch = good_batch(scene, "1");
	size_t len = strtoul(scene->value, NULL, 10);

	must(scene, talk_encode_batch(batch, &scene->out, &scene->err));
	if (len < scene->out.len)
		scene->out.len = len;
	else
		scene->out.len--;
	send_out(scene);
}

/* A good message with one byte of the prefix changed: 0 to 3 magic, then
 * version, type and flags. */
static void prefix(struct scene *scene)
{
	size_t at = strtoul(scene->value, NULL, 10);

	must(scene, talk_encode_batch(good_batch(scene, "1"), &scene->out,
				      &scene->err));
	scene->out.text[at] = (char)(scene->out.text[at] + 77);
	send_out(scene);
}

static void versions(struct scene *scene)
{
	struct hello hello = { .version_min = TALK_VERSION + 1,
			       .version_max = TALK_VERSION + 9,
			       .next = 1 };

	must(scene, talk_encode_hello(&hello, &scene->out, &scene->err));
	send_out(scene);
}

static void must_understand(struct scene *scene)
{
	struct span word = span_of_text("telepathy");
	struct hello hello = { .version_min = TALK_VERSION,
			       .version_max = TALK_VERSION,
			       .must_understand = &word,
			       .must_understand_count = 1,
			       .next = 1 };

	must(scene, talk_encode_hello(&hello, &scene->out, &scene->err));
	send_out(scene);
}

/* Nothing wrong with it: which files are sent to whom has a catalogue with
 * that hash. */
static void catalogue(struct scene *scene)
{
	struct hello hello = { .version_min = TALK_VERSION,
			       .version_max = TALK_VERSION,
			       .next = 1 };

	if (hex_to_bytes(scene->value, hello.catalogue.bytes, HASH_BYTES))
		give_up("no hash");
	scene->tells_slices = true;
	must(scene, talk_encode_hello(&hello, &scene->out, &scene->err));
	send_out(scene);
	while (hear_one(scene))
		; /* up to WELCOME */
}

/* As the collector would speak. */
static void as_collector(struct scene *scene)
{
	struct nack nack = { .code = NACK_BUSY };

	must(scene, talk_encode_nack(&nack, &scene->out, &scene->err));
	send_out(scene);
}

static void parts(struct scene *scene)
{
	struct span batch = good_batch(scene, scene->value);

	must(scene, talk_encode_batch(batch, &scene->out, &scene->err));
	send_part(scene, strbuf_span(&scene->out), ZMQ_SNDMORE);
	send_out(scene);
}

static void oversize(struct scene *scene)
{
	struct strbuf bytes;

	strbuf_init(&bytes, 0);
	raw_fill(&bytes, 1, 2 * (size_t)WIRE_MESSAGE_BYTES_MAX, 'x');
	send_body(scene, WIRE_BATCH, &bytes);
	strbuf_release(&bytes);
}

/* A message may be that large, a batch may not. */
static void oversize_batch(struct scene *scene)
{
	struct strbuf bytes;

	strbuf_init(&bytes, 0);
	raw_fill(&bytes, 1, WIRE_BATCH_BYTES_MAX + 1000, 'x');
	send_body(scene, WIRE_BATCH, &bytes);
	strbuf_release(&bytes);
}

static const struct attack {
	const char *name;
	void (*go)(struct scene *scene);
	bool unasked; /* without a HELLO before it */
} attacks[] = {
	{ "good", good, false },
	{ "signature", signature, false },
	{ "header", header, false },
	{ "body", body, false },
	{ "another-key", another_key, false },
	{ "replay", replay, false },
	{ "another-journal", another_journal, false },
	{ "another-head", another_head, false },
	{ "gap", gap, false },
	{ "no-credit", no_credit, false },
	{ "duplicate", duplicate, false },
	{ "fork", fork_chain, false },
	{ "fork-far-back", fork_far_back, false },
	{ "stale", stale, false },
	{ "another-text", another_text, false },
	{ "zero-text", zero_text, false },
	{ "recall", recall_all, false },
	{ "deep", deep, false },
	{ "deep-statement", deep_statement, false },
	{ "amplify", amplify, false },
	{ "amplify-statement", amplify_statement, false },
	{ "garbage", garbage, false },
	{ "garbage-statement", garbage_statement, false },
	{ "truncated", truncated, false },
	{ "prefix", prefix, false },
	{ "parts", parts, false },
	{ "oversize", oversize, false },
	{ "oversize-batch", oversize_batch, false },
	{ "as-collector", as_collector, false },
	{ "versions", versions, true },
	{ "must-understand", must_understand, true },
	{ "catalogue", catalogue, true },
	{ "unasked", good, true },
};

static const struct attack *find_attack(const char *name)
{
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		if (!strcmp(attacks[i].name, name))
			return &attacks[i];
	give_up("no such attack");
}

int main(int argc, char **argv)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	const struct attack *attack;

	if (argc < 6 || !scene)
		give_up("DIR ENDPOINT UNIT ATTACK VALUE [FILE]");
	attack = find_attack(argv[4]);
	must(scene, sign_start(&scene->err));
	arena_init(&scene->arena, 8 * (size_t)WIRE_ARENA_BYTES);
	strbuf_init(&scene->out, 0);
	scene->unit = argv[3];
	scene->value = argv[5];
	scene->file = argv[6];
	read_office(scene, argv[1]);
	connect_to(scene, argv[2]);
	if (!attack->unasked)
		greet(scene);
	attack->go(scene);
	hear_out(scene);
	hang_up(scene);
	keys_wipe(&scene->keys);
	strbuf_release(&scene->out);
	arena_release(&scene->arena);
	free(scene);
	return 0;
}
