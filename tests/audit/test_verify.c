#include "audit/verify.h"

#include "store/journal_help.h"

#include "proto/wire.h"

/* An office that seals batches, and the journal they go to. */
struct office {
	struct sign_pair pair;
	struct seal_header header; /* of the next batch */
};

struct scene {
	struct place place;
	struct office offices[2];
	struct journal *journal; /* NULL before the founding batch */
	struct hash id;
	uint64_t recv_us;
	uint64_t segment_bytes; /* 0: small ones */
	struct strbuf bytes;	/* of the batch sealed last */
	struct hash name;
	struct arena arena;
};

static void scene_init(struct scene *scene)
{
	static const uint8_t seeds[2][SIGN_SEED_BYTES] = { { 1 }, { 2 } };

	cr_assert_eq(sign_start(NULL), 0);
	*scene = (struct scene){ .place = place_new(), .recv_us = 1000 };
	for (size_t i = 0; i < 2; i++) {
		sign_pair_from_seed(seeds[i], &scene->offices[i].pair);
		scene->offices[i].header.sequence = 1;
	}
	strbuf_init(&scene->bytes, 0);
	arena_init(&scene->arena, WIRE_ARENA_BYTES);
}

static void scene_release(struct scene *scene)
{
	journal_close(scene->journal);
	strbuf_release(&scene->bytes);
	arena_release(&scene->arena);
	place_remove(&scene->place);
}

/* Seals a batch of one statement; says nothing of the chain. The first one of
 * all founds the journal, but with rules NOT_FOUNDED. */
#define NOT_FOUNDED 9
static void seal(struct scene *scene, struct office *office, uint32_t rules)
{
	struct administrator administrator = { .key = office->pair.key };
	struct collector_keys collector = { .checkpoint_key = { { 1 } } };
	const struct statement founding = {
		.kind = SAID_FOUND,
		.said.found = { .name = span_of_text("test"),
				.rules = 1,
				.administrators = &administrator,
				.administrator_count = 1,
				.collectors = &collector,
				.collector_count = 1 },
	};
	struct statement statement = { .kind = SAID_RULES,
				       .said.rules = rules };
	struct sealed sealed = { .salt = { (uint8_t)rules, 1 } };
	struct strbuf body;
	struct err err = { 0 };

	if (!scene->journal && rules != NOT_FOUNDED)
		statement = founding;
	strbuf_init(&body, 0);
	strbuf_clear(&scene->bytes);
	cr_assert_eq(wire_encode_statement(&statement, &body, &err), 0, "%s",
		     err.msg);
	sealed.body = strbuf_span(&body);
	office->header.count = 1;
	cr_assert_eq(wire_seal_batch(&office->header, &sealed, &office->pair,
				     &scene->bytes, &scene->name, &err),
		     0, "%s", err.msg);
	strbuf_release(&body);
}

static void append(struct scene *scene, const struct leaf *leaf,
		   struct span batch)
{
	const struct journal_options options = {
		.segment_bytes = scene->segment_bytes ? scene->segment_bytes :
							2000
	};
	struct err err = { 0 };
	uint64_t index;

	if (!scene->journal) {
		scene->id = scene->name;
		cr_assert_eq(journal_create(scene->place.dir, &scene->id, NULL),
			     0);
		scene->journal = open_journal(scene->place.dir, &options);
	}
	cr_assert_eq(journal_append(scene->journal, leaf, batch, &index, &err),
		     0, "%s", err.msg);
	cr_assert_eq(journal_commit(scene->journal, &err), 0, "%s", err.msg);
}

/* The batch that was sealed last as an entry. */
static void append_sealed(struct scene *scene, enum leaf_kind kind,
			  const struct batch *stands)
{
	struct leaf leaf = { .kind = kind, .recv_us = scene->recv_us };
	struct batch batch;
	size_t i = kind == LEAF_FORK;

	cr_assert_eq(wire_decode_batch(strbuf_span(&scene->bytes),
				       &scene->arena, &batch, NULL),
		     0);
	if (stands) {
		leaf.headers[0] = stands->header_bytes;
		leaf.signatures[0] = stands->signature;
	}
	leaf.headers[i] = batch.header_bytes;
	leaf.signatures[i] = batch.signature;
	append(scene, &leaf, strbuf_span(&scene->bytes));
}

static void say(struct scene *scene, size_t office_index, uint32_t rules)
{
	struct office *office = &scene->offices[office_index];

	seal(scene, office, rules);
	append_sealed(scene, LEAF_BATCH, NULL);
	office->header.journal = scene->id;
	office->header.prev = scene->name;
	office->header.sequence++;
	scene->offices[1].header.journal = scene->id;
}

static struct verification verified(const struct scene *scene, bool torn_tail,
				    int want)
{
	struct verification v;
	struct err err = { 0 };

	verification_init(&v);
	cr_expect_eq(verification_run(&v, scene->place.dir, torn_tail, &err),
		     want, "%s", err.msg);
	cr_expect_eq(v.what[0] != '\0', want == ERR_CORRUPT);
	verification_release(&v);
	return v;
}

static void expect_bad(const struct scene *scene, uint64_t index,
		       const char *words)
{
	struct verification v = verified(scene, false, ERR_CORRUPT);

	cr_expect_eq(v.index, index, "%lu: %s", v.index, v.what);
	cr_expect(strstr(v.what, words), "%s", v.what);
}

/* ---- whole journals ---- */

Test(verify, a_whole_journal_of_several_segments_is_well)
{
	struct scene scene;
	struct verification v;

	scene_init(&scene);
	for (uint32_t i = 0; i < 30; i++) {
		say(&scene, i % 3 == 2, i + 1);
		scene.recv_us += i % 4;
	}
	v = verified(&scene, false, 0);
	cr_expect_eq(v.entries, 30);
	cr_expect_eq(v.batches, 30);
	cr_expect_eq(v.statements, 30);
	cr_expect_eq(v.forks, 0);
	cr_expect_eq(v.torn_bytes, 0);
	cr_expect(hash_equal(&v.journal, &scene.id));
	scene_release(&scene);
}

Test(verify, offices_are_witnesses_of_the_roots_they_saw)
{
	struct scene scene;
	struct verification v;
	struct frontier frontier;

	scene_init(&scene);
	say(&scene, 0, 1);
	say(&scene, 0, 2);
	frontier = *journal_frontier(scene.journal);
	say(&scene, 0, 3);
	scene.offices[0].header.seen_size = 2;
	scene.offices[0].header.seen_root = frontier_root(&frontier);
	say(&scene, 0, 4);
	v = verified(&scene, false, 0);
	cr_expect_eq(v.seen, 1);
	scene.offices[0].header.seen_size = 3;
	say(&scene, 0, 5);
	expect_bad(&scene, 4, "shown another journal");
	scene_release(&scene);
}

Test(verify, evidence_of_a_fork_is_not_a_fault)
{
	struct scene scene;
	struct verification v;
	struct batch stands;
	struct strbuf kept;

	scene_init(&scene);
	strbuf_init(&kept, 0);
	say(&scene, 0, 1);
	seal(&scene, &scene.offices[0], 2);
	strbuf_add(&kept, scene.bytes.text, scene.bytes.len);
	cr_assert_eq(wire_decode_batch(strbuf_span(&kept), &scene.arena,
				       &stands, NULL),
		     0);
	append_sealed(&scene, LEAF_BATCH, NULL);
	seal(&scene, &scene.offices[0], 3);
	append_sealed(&scene, LEAF_FORK, &stands);
	v = verified(&scene, false, 0);
	cr_expect_eq(v.forks, 1);
	cr_expect_eq(v.batches, 2);
	strbuf_clear(&scene.bytes);
	strbuf_add(&scene.bytes, kept.text, kept.len);
	append_sealed(&scene, LEAF_FORK, &stands);
	expect_bad(&scene, 3, "one batch twice");
	strbuf_release(&kept);
	scene_release(&scene);
}

/* The collector shows the head of the chain, whatever number came twice. */
Test(verify, evidence_of_a_fork_further_back_is_not_a_fault)
{
	struct scene scene;
	struct verification v;
	struct batch head;
	struct strbuf kept;

	scene_init(&scene);
	strbuf_init(&kept, 0);
	for (uint32_t i = 1; i <= 4; i++)
		say(&scene, 0, i);
	strbuf_add(&kept, scene.bytes.text, scene.bytes.len);
	cr_assert_eq(wire_decode_batch(strbuf_span(&kept), &scene.arena, &head,
				       NULL),
		     0);
	scene.offices[0].header.sequence = 2;
	seal(&scene, &scene.offices[0], 9);
	append_sealed(&scene, LEAF_FORK, &head);
	v = verified(&scene, false, 0);
	cr_expect_eq(v.forks, 1);
	/* of a number that the chain does not have */
	scene.offices[0].header.sequence = 5;
	seal(&scene, &scene.offices[0], 9);
	append_sealed(&scene, LEAF_FORK, &head);
	expect_bad(&scene, 5, "does not hold");
	strbuf_release(&kept);
	scene_release(&scene);
}

/* ---- the first bad record ---- */

Test(verify, finds_that_nothing_founds_the_journal)
{
	struct scene scene;
	struct leaf state = { .kind = LEAF_STATE, .recv_us = 0 };

	scene_init(&scene);
	cr_assert_eq(journal_create(scene.place.dir, &scene.id, NULL), 0);
	for (int torn_tail = 0; torn_tail < 2; torn_tail++) {
		struct verification v =
			verified(&scene, torn_tail, ERR_CORRUPT);

		cr_expect_eq(v.index, 0);
		cr_expect(strstr(v.what, "founding"), "%s", v.what);
	}
	scene_release(&scene);

	scene_init(&scene);
	append(&scene, &state, span_of(NULL, 0));
	expect_bad(&scene, 0, "founding");
	scene_release(&scene);

	scene_init(&scene);
	say(&scene, 0, NOT_FOUNDED);
	expect_bad(&scene, 0, "founding");
	scene_release(&scene);
}

Test(verify, finds_receipt_times_that_decrease)
{
	struct scene scene;

	scene_init(&scene);
	say(&scene, 0, 1);
	scene.recv_us -= 1;
	say(&scene, 0, 2);
	expect_bad(&scene, 1, "received before");
	scene_release(&scene);
}

Test(verify, finds_gaps_and_another_predecessor_in_a_chain)
{
	struct scene scene;

	scene_init(&scene);
	say(&scene, 0, 1);
	scene.offices[0].header.sequence++;
	say(&scene, 0, 2);
	expect_bad(&scene, 1, "where batch 2 follows");
	scene_release(&scene);

	scene_init(&scene);
	say(&scene, 0, 1);
	scene.offices[0].header.prev.bytes[0] ^= 1;
	say(&scene, 0, 2);
	expect_bad(&scene, 1, "does not name the batch before it");
	scene_release(&scene);
}

Test(verify, finds_batches_of_another_journal)
{
	struct scene scene;

	scene_init(&scene);
	say(&scene, 0, 1);
	scene.offices[0].header.journal.bytes[0] ^= 1;
	say(&scene, 0, 2);
	expect_bad(&scene, 1, "another journal");
	scene_release(&scene);
}

Test(verify, finds_a_leaf_that_is_not_its_batchs)
{
	struct scene scene;
	struct leaf leaf = { .kind = LEAF_BATCH };
	struct batch batch;

	scene_init(&scene);
	say(&scene, 0, 1);
	leaf.recv_us = scene.recv_us;
	seal(&scene, &scene.offices[0], 2);
	cr_assert_eq(wire_decode_batch(strbuf_span(&scene.bytes), &scene.arena,
				       &batch, NULL),
		     0);
	leaf.headers[0] = batch.header_bytes;
	leaf.signatures[0] = batch.signature;
	leaf.signatures[0].bytes[3] ^= 1;
	append(&scene, &leaf, strbuf_span(&scene.bytes));
	expect_bad(&scene, 1, "not that of its batch");
	scene_release(&scene);
}

Test(verify, finds_a_forged_signature)
{
	struct scene scene;
	struct office forger;

	scene_init(&scene);
	say(&scene, 0, 1);
	/* signs with its own key under the other's name */
	forger = scene.offices[0];
	forger.pair.secret[0] ^= 1;
	seal(&scene, &forger, 2);
	append_sealed(&scene, LEAF_BATCH, NULL);
	expect_bad(&scene, 1, "");
	scene_release(&scene);
}

Test(verify, finds_every_flipped_byte)
{
	struct scene scene;
	struct file file;

	scene_init(&scene);
	say(&scene, 0, 1);
	say(&scene, 1, 2);
	say(&scene, 0, 3);
	journal_close(scene.journal);
	scene.journal = NULL;
	file = file_load(scene.place.dir, "00000000000000000000.seg");
	cr_assert_gt(file.len, 1000);
	for (size_t i = 0; i < file.len; i++) {
		struct verification v;
		struct err err = { 0 };

		file.bytes[i] ^= 0x10;
		file_save(file.path, file.bytes, file.len);
		file.bytes[i] ^= 0x10;
		verification_init(&v);
		cr_expect_eq(verification_run(&v, scene.place.dir, false, &err),
			     ERR_CORRUPT, "byte %zu: %s", i, err.msg);
		cr_expect_neq(v.what[0], '\0', "byte %zu", i);
		verification_release(&v);
	}
	free(file.bytes);
	scene_release(&scene);
}

Test(verify, a_torn_tail_fails_unless_it_is_allowed)
{
	struct scene scene;
	struct verification v;
	struct file file;

	scene_init(&scene);
	say(&scene, 0, 1);
	say(&scene, 0, 2);
	journal_close(scene.journal);
	scene.journal = NULL;
	file = file_load(scene.place.dir, "00000000000000000000.seg");
	file_save(file.path, file.bytes, file.len - 9);
	expect_bad(&scene, 1, "follow the last commit frame");
	v = verified(&scene, true, 0);
	cr_expect_eq(v.entries, 1);
	cr_expect_gt(v.torn_bytes, 0);
	free(file.bytes);
	scene_release(&scene);
}

/* ---- nothing can be altered ---- */

#define SMALL_ENTRIES 3
/* A journal in one segment of a few entries of two offices. */
static struct file small_journal(struct scene *scene)
{
	scene_init(scene);
	scene->segment_bytes = JOURNAL_SEGMENT_BYTES;
	for (uint32_t i = 0; i < SMALL_ENTRIES; i++)
		say(scene, i == 1, i + 1);
	journal_close(scene->journal);
	scene->journal = NULL;
	return file_load(scene->place.dir, "00000000000000000000.seg");
}

/* Verifies these bytes instead of the segment's. */
static struct verification verified_as(const struct scene *scene,
				       const struct file *file,
				       const uint8_t *bytes, size_t len)
{
	struct verification v;
	struct err err = { 0 };

	file_save(file->path, bytes, len);
	verification_init(&v);
	cr_expect_eq(verification_run(&v, scene->place.dir, false, &err),
		     ERR_CORRUPT);
	verification_release(&v);
	return v;
}

Test(verify, finds_each_flipped_byte_and_says_where)
{
	struct scene scene;
	struct file file = small_journal(&scene);

	for (size_t i = 0; i < file.len; i++) {
		struct verification v;

		file.bytes[i] ^= (uint8_t)(1 << i % 8);
		v = verified_as(&scene, &file, file.bytes, file.len);
		file.bytes[i] ^= (uint8_t)(1 << i % 8);
		cr_expect(v.file[0] || strstr(v.what, ".seg"),
			  "byte %zu: no place in: %s", i, v.what);
	}
	file_save(file.path, file.bytes, file.len);
	(void)verified(&scene, false, 0);
	free(file.bytes);
	scene_release(&scene);
}

/* Where the group of each entry (it and its commit frame) begins; entries and
 * ends with the file's length. */
static void find_groups(const struct scene *scene, const struct file *file,
			size_t begins[SMALL_ENTRIES + 1])
{
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	size_t count = 0;

	cr_assert_eq(journal_read_open(scene->place.dir, 0, &reader, NULL), 0);
	while (journal_read_next(reader, &entry, NULL) == 1) {
		cr_assert_lt(count, SMALL_ENTRIES);
		cr_assert_str_eq(entry.file, "00000000000000000000.seg");
		begins[count++] = (size_t)entry.offset;
	}
	journal_read_close(reader);
	cr_assert_eq(count, SMALL_ENTRIES);
	begins[count] = file->len;
}

static void expect_found(const struct scene *scene, const struct file *file,
			 const struct strbuf *bytes, size_t place,
			 const char *what)
{
	struct verification v = verified_as(
		scene, file, (const uint8_t *)bytes->text, bytes->len);

	cr_expect_eq(v.index, place, "%s entry %zu: blamed %zu: %s", what,
		     place, (size_t)v.index, v.what);
}

Test(verify, finds_each_entry_that_is_dropped_repeated_swapped_or_cut)
{
	struct scene scene;
	struct file file = small_journal(&scene);
	size_t at[SMALL_ENTRIES + 1];
	struct strbuf bytes;

	find_groups(&scene, &file, at);
	strbuf_init(&bytes, 0);
	for (size_t i = 0; i < SMALL_ENTRIES; i++) {
		const uint8_t *group = file.bytes + at[i];
		size_t len = at[i + 1] - at[i];

		if (i + 1 < SMALL_ENTRIES) { /* the last: see checkpoints */
			strbuf_clear(&bytes);
			strbuf_add(&bytes, file.bytes, at[i]);
			strbuf_add(&bytes, group + len, file.len - at[i + 1]);
			expect_found(&scene, &file, &bytes, i, "dropped");

			strbuf_clear(&bytes);
			strbuf_add(&bytes, file.bytes, at[i]);
			strbuf_add(&bytes, group + len, at[i + 2] - at[i + 1]);
			strbuf_add(&bytes, group, len);
			strbuf_add(&bytes, file.bytes + at[i + 2],
				   file.len - at[i + 2]);
			expect_found(&scene, &file, &bytes, i, "swapped");
		}
		strbuf_clear(&bytes);
		strbuf_add(&bytes, file.bytes, at[i + 1]);
		strbuf_add(&bytes, group, len);
		strbuf_add(&bytes, group + len, file.len - at[i + 1]);
		expect_found(&scene, &file, &bytes, i + 1, "repeated");

		for (size_t cut = 1; cut < len; cut += 7) {
			strbuf_clear(&bytes);
			strbuf_add(&bytes, file.bytes, at[i] + cut);
			expect_found(&scene, &file, &bytes, i, "cut in");
		}
	}
	strbuf_release(&bytes);
	free(file.bytes);
	scene_release(&scene);
}
