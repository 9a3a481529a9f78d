/* Proof files: what is written is read and holds, and no byte of it can be
 * another one. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/merkle.h"
#include "store/proof_file.h"

#define ENTRIES 6
#define STATEMENTS 3
#define AT 4 /* the entry that holds the batch */

struct scene {
	struct sign_pair office, collector;
	struct hash leaves[ENTRIES], statements[STATEMENTS];
	uint8_t header[SEAL_HEADER_BYTES], leaf[LEAF_BYTES_MAX];
	struct strbuf note, file;
	struct proof_file proof;
	struct arena arena;
};

static int node(void *ctx, unsigned level, uint64_t index, struct hash *out,
		struct err *err)
{
	const struct hash *leaves = ctx;

	(void)err;
	*out = merkle_root(leaves + (index << level), 1ul << level);
	return 0;
}

static void seal(struct scene *scene, const struct hash *journal)
{
	struct seal_header header = { .journal = *journal,
				      .key = sign_key_hash(&scene->office.key),
				      .sequence = 7,
				      .count = STATEMENTS };
	struct leaf leaf = { .kind = LEAF_BATCH, .recv_us = 99 };

	header.root = merkle_root(scene->statements, STATEMENTS);
	seal_write_header(&header, scene->header);
	leaf.headers[0] = span_of(scene->header, SEAL_HEADER_BYTES);
	leaf.signatures[0] = sign_message(&scene->office, leaf.headers[0]);
	scene->proof.leaf =
		span_of(scene->leaf, leaf_encode(&leaf, scene->leaf));
	scene->leaves[AT] = hash_leaf(scene->proof.leaf, span_of(NULL, 0));
}

static void scene_init(struct scene *scene)
{
	static const uint8_t seeds[2][SIGN_SEED_BYTES] = { { 1 }, { 2 } };
	const struct hash journal = { { 0x1d } };
	struct checkpoint checkpoint = { .journal = journal, .size = ENTRIES };
	struct proof_nodes nodes = { node, scene->statements };
	struct err err = { 0 };

	cr_assert_eq(sign_start(&err), 0);
	*scene = (struct scene){ 0 };
	strbuf_init(&scene->note, 0);
	strbuf_init(&scene->file, 0);
	arena_init(&scene->arena, PROOF_FILE_BYTES_MAX);
	sign_pair_from_seed(seeds[0], &scene->office);
	sign_pair_from_seed(seeds[1], &scene->collector);
	for (size_t i = 0; i < ENTRIES; i++)
		scene->leaves[i].bytes[0] = (uint8_t)(i + 1);
	for (size_t i = 0; i < STATEMENTS; i++)
		scene->statements[i].bytes[1] = (uint8_t)(i + 1);
	scene->proof.index = AT;
	scene->proof.n = 1;
	scene->proof.key = scene->office.key;
	memset(scene->proof.salt, 5, SALT_BYTES);
	scene->proof.body = span_of_text("a statement");
	scene->statements[1] = seal_leaf(scene->proof.salt, scene->proof.body);
	seal(scene, &journal);
	checkpoint.root = merkle_root(scene->leaves, ENTRIES);
	checkpoint_sign(&checkpoint, &scene->collector, &scene->note);
	/* of a witness that nobody knows: no signature guards this line */
	strbuf_add_text(&scene->note, "\xe2\x80\x94 somebody AAAAAAAA\n");
	scene->proof.note = strbuf_span(&scene->note);
	cr_assert_eq(proof_inclusion(&nodes, 1, STATEMENTS,
				     &scene->proof.in_batch, &err),
		     0);
	nodes.ctx = scene->leaves;
	cr_assert_eq(proof_inclusion(&nodes, AT, ENTRIES,
				     &scene->proof.in_journal, &err),
		     0);
}

static void scene_release(struct scene *scene)
{
	strbuf_release(&scene->note);
	strbuf_release(&scene->file);
	arena_release(&scene->arena);
}

static int check(struct scene *scene, struct span bytes,
		 struct proof_said *said, struct err *err)
{
	struct proof_file read;
	int rc;

	arena_reset(&scene->arena);
	rc = proof_file_read(bytes, &scene->arena, &read, err);
	return rc ? rc :
		    proof_file_check(&read, &scene->collector.key, said, err);
}

static void write_file(struct scene *scene)
{
	struct err err = { 0 };

	strbuf_clear(&scene->file);
	cr_assert_eq(proof_file_write(&scene->proof, &scene->file, &err), 0,
		     "%s", err.msg);
}

static void expect_denied(struct scene *scene, const char *words)
{
	struct proof_said said;
	struct err err = { 0 };

	write_file(scene);
	cr_expect_eq(check(scene, strbuf_span(&scene->file), &said, &err),
		     ERR_DENIED, "%s", words);
	cr_expect(strstr(err.msg, words), "%s", err.msg);
}

Test(proof_file, what_is_written_holds)
{
	struct scene scene;
	struct proof_said said;
	struct err err = { 0 };

	scene_init(&scene);
	write_file(&scene);
	cr_assert_eq(check(&scene, strbuf_span(&scene.file), &said, &err), 0,
		     "%s", err.msg);
	cr_expect_eq(said.checkpoint.size, ENTRIES);
	cr_expect_eq(said.header.sequence, 7);
	cr_expect_eq(said.leaf.recv_us, 99);
	cr_expect(!strncmp(scene.file.text, "c2sp.org/tlog-proof@v1\nextra ",
			   29));
	scene_release(&scene);
}

Test(proof_file, each_altered_missing_or_added_byte_is_refused)
{
	struct scene scene;
	struct proof_said said;
	size_t len;

	scene_init(&scene);
	write_file(&scene);
	len = scene.file.len;
	for (size_t i = 0; i < len; i++) {
		char *text = scene.file.text, kept = text[i];

		for (int bit = 0; bit < 8; bit++) {
			text[i] = (char)(kept ^ 1 << bit);
			cr_expect_neq(
				check(&scene, span_of(text, len), &said, NULL),
				0, "byte %zu, bit %d", i, bit);
		}
		text[i] = kept;
		cr_expect_neq(check(&scene, span_of(text, i), &said, NULL), 0,
			      "cut at %zu", i);
	}
	cr_expect_eq(check(&scene, span_of(scene.file.text, len), &said, NULL),
		     0);
	strbuf_add_char(&scene.file, '\n');
	cr_expect_neq(check(&scene, strbuf_span(&scene.file), &said, NULL), 0);
	scene_release(&scene);
}

/* The guard over the file is no secret: whoever writes one anew is found by
 * the signatures and the trees. */
Test(proof_file, a_forged_file_does_not_hold)
{
	struct scene scene;
	const struct hash other = { { 0x2e } };

	scene_init(&scene);
	scene.proof.body = span_of_text("another statement");
	expect_denied(&scene, "not in the signed batch");
	scene_release(&scene);

	scene_init(&scene);
	scene.proof.n = 0;
	expect_denied(&scene, "not in the signed batch");
	scene_release(&scene);

	scene_init(&scene);
	scene.proof.index = 3;
	expect_denied(&scene, "not in the checkpoint's journal");
	scene.proof.index = ENTRIES;
	expect_denied(&scene, "not in the checkpoint's journal");
	scene_release(&scene);

	scene_init(&scene);
	scene.proof.key = scene.collector.key;
	expect_denied(&scene, "not signed by the office's key");
	scene_release(&scene);

	scene_init(&scene);
	seal(&scene, &other);
	expect_denied(&scene, "another journal");
	scene_release(&scene);

	scene_init(&scene);
	scene.collector = scene.office;
	expect_denied(&scene, "not signed by the collector's key");
	scene_release(&scene);
}
