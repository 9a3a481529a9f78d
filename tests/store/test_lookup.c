#include "store/lookup.h"

#include <stdio.h>
#include <sys/stat.h>

#include "store/stage.h"
#include "test_dir.h"

/* A journal of two entries: the founding, and a catalogue whose parts and
 * commit are one batch. */
struct world {
	struct stage stage;
	struct actor founder;
	char dir[TEST_DIR_BYTES], journal[80];
	struct lookup lookup;
};

static void world_init(struct world *world)
{
	uint8_t salt[SALT_BYTES] = { 0 };
	struct journal *journal = NULL;
	struct err err = { 0 };

	*world = (struct world){ .founder = stage_actor(1) };
	test_dir(world->dir, "lookup");
	(void)snprintf(world->journal, sizeof(world->journal), "%s/journal",
		       world->dir);
	cr_assert_eq(mkdir(world->journal, 0700), 0);
	stage_init(&world->stage);
	stage_found(&world->stage, &world->founder);
	(void)stage_catalogue(&world->stage, &world->founder, stage_files,
			      STAGE_FILES, salt);
	cr_assert_eq(
		journal_create(world->journal, &world->stage.journal, &err), 0,
		"%s", err.msg);
	cr_assert_eq(journal_open(world->journal, NULL, NULL, &journal, &err),
		     0, "%s", err.msg);
	for (size_t i = 0; i < world->stage.entry_count; i++)
		stage_write(&world->stage.entries[i], &world->founder.pair,
			    journal);
	cr_assert_eq(journal_commit(journal, &err), 0, "%s", err.msg);
	journal_close(journal);
	cr_assert_eq(
		lookup_open(&world->lookup, world->journal, world->dir, &err),
		0, "%s", err.msg);
}

static void world_release(struct world *world)
{
	lookup_close(&world->lookup);
	stage_release(&world->stage);
	test_dir_remove(world->dir);
}

static struct looked_up look_up(struct world *world, uint64_t index, uint32_t n)
{
	struct looked_up found = { 0 };
	struct err err = { 0 };

	cr_assert_eq(lookup_statement(&world->lookup, index, n, &found, &err),
		     0, "%s", err.msg);
	cr_assert_eq(found.entry.index, index);
	return found;
}

/* Nothing is left of the journal's files but their lengths. */
static void wipe(const struct world *world)
{
	char command[512];

	(void)snprintf(
		command, sizeof(command),
		"for f in %s/*; do dd if=/dev/zero of=$f bs=1 conv=notrunc"
		" count=$(stat -c %%s $f) status=none; done",
		world->journal);
	cr_assert_eq(system(command), 0);
}

/* A batch holds thousands of statements: to ask for each must not read, decode
 * and prove it thousands of times. */
Test(lookup, statements_of_a_batch_are_of_one_that_was_proven_once)
{
	struct world world;
	struct looked_up first, last;
	struct err err = { 0 };

	world_init(&world);
	first = look_up(&world, 1, 0);
	cr_assert_eq(first.said.kind, SAID_CATALOGUE_PART);
	cr_expect(span_equal(first.said.said.part.file,
			     span_of_text("settings.csv")));
	wipe(&world);
	last = look_up(&world, 1, STAGE_FILES);
	cr_expect_eq(last.said.kind, SAID_CATALOGUE_COMMIT);
	cr_expect_eq(last.batch.header.count, STAGE_FILES + 1);
	cr_expect_neq(lookup_statement(&world.lookup, 0, 0, &first, &err), 0);
	world_release(&world);
}

Test(lookup, what_was_asked_before_changes_no_answer)
{
	struct world world;
	struct looked_up found;
	struct err err = { 0 };

	world_init(&world);
	cr_expect_eq(look_up(&world, 1, 1).said.kind, SAID_CATALOGUE_PART);
	cr_expect_eq(look_up(&world, 0, 0).said.kind, SAID_FOUND);
	cr_expect_eq(lookup_statement(&world.lookup, 7, 0, &found, &err),
		     ERR_NOTFOUND);
	cr_expect_eq(lookup_statement(&world.lookup, 1, 99, &found, &err),
		     ERR_NOTFOUND);
	found = look_up(&world, 1, 1);
	cr_expect(span_equal(found.said.said.part.file,
			     span_of_text("units.csv")));
	world_release(&world);
}
