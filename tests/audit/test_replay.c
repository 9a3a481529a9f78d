#include "audit/compare.h"
#include "audit/replay.h"

#include <stdio.h>
#include <sys/stat.h>

#include "store/db.h"
#include "store/stage.h"
#include "test_dir.h"

/* A journal on disk: a catalogue, and what its offices say. */
struct world {
	struct stage stage;
	struct cast cast;
	char dir[TEST_DIR_BYTES], journal[80], store[80];
};

static const struct sign_pair *pair_of(const struct world *world,
				       const struct stage_entry *entry)
{
	const struct actor *actors[] = { &world->cast.founder,
					 &world->cast.baima,
					 &world->cast.longmen,
					 &world->cast.hrss };

	if (entry->leaf.kind == LEAF_STATE)
		return NULL;
	for (size_t i = 0; i < sizeof(actors) / sizeof(actors[0]); i++)
		if (hash_equal(&actors[i]->hash, &entry->batch.header.key))
			return &actors[i]->pair;
	cr_assert_fail("no such actor");
	return NULL;
}

static void write_journal(const struct world *world)
{
	const struct stage *stage = &world->stage;
	struct journal *journal = NULL;
	struct err err = { 0 };

	cr_assert_eq(journal_create(world->journal, &stage->journal, &err), 0,
		     "%s", err.msg);
	cr_assert_eq(journal_open(world->journal, NULL, NULL, &journal, &err),
		     0, "%s", err.msg);
	for (size_t i = 0; i < stage->entry_count; i++)
		stage_write(&stage->entries[i],
			    pair_of(world, &stage->entries[i]), journal);
	journal_close(journal);
}

static void say(struct world *world, const char *period, const char *value)
{
	struct cell_text cell = { 0 };
	struct said said = said_report("live.jobs", "baima", period, "", &cell,
				       value, NULL);

	(void)stage_say(&world->stage, &world->cast.baima, &said);
}

static void world_init(struct world *world)
{
	*world = (struct world){ 0 };
	test_dir(world->dir, "replay");
	(void)snprintf(world->journal, sizeof(world->journal), "%s/journal",
		       world->dir);
	(void)snprintf(world->store, sizeof(world->store), "%s/store",
		       world->dir);
	cr_assert_eq(mkdir(world->journal, 0700), 0);
	stage_open(&world->stage, &world->cast);
	say(world, "2024M01", "100"); /* on 2024-02-05 */
	say(world, "2024M01", "oops");
	world->stage.now_us += 7 * STAGE_DAY_US;
	say(world, "2024M02", "200");
}

static void world_release(struct world *world)
{
	stage_release(&world->stage);
	test_dir_remove(world->dir);
}

static int copy_pair(void *arg, struct span key, struct span value)
{
	struct put *put = arg;

	put->key = key;
	put->value = value;
	return 0;
}

struct copying {
	struct puts *puts;
	enum table table;
};

static int copy_row(void *arg, struct span key, struct span value)
{
	struct copying *copying = arg;

	return puts_add(copying->puts, copying->table, key, value);
}

/* What a collector that has applied size entries has flushed. */
static void write_store(const struct world *world, uint64_t size, bool tamper)
{
	struct replay_until until = { .size = size };
	struct copying copying;
	struct table_reader reader;
	struct replay replay;
	struct puts puts;
	struct put put;
	struct db *db = NULL;
	struct err err = { 0 };

	puts_init(&puts);
	cr_assert_eq(replay_init(&replay, true, &err), 0);
	cr_assert_eq(replay_run(&replay, world->journal, until, &err), 0, "%s",
		     err.msg);
	reader = replay_reader(&replay);
	copying.puts = &puts;
	for (unsigned i = 0; i < TABLE_COUNT; i++) {
		copying.table = (enum table)i;
		cr_assert_eq(reader.scan(reader.ctx, copying.table,
					 span_of(NULL, 0), copy_row, &copying,
					 &err),
			     0);
	}
	if (tamper) {
		cr_assert_eq(reader.scan(reader.ctx, TABLE_FIGURE,
					 span_of(NULL, 0), copy_pair, &put,
					 &err),
			     0);
		cr_assert_eq(puts_add(&puts, TABLE_FIGURE, put.key,
				      span_of_text("another")),
			     0);
	}
	cr_assert_eq(store_open(world->store, false, &db, &err), 0, "%s",
		     err.msg);
	cr_assert_eq(store_commit(db, &puts, &err), 0, "%s", err.msg);
	db_close(db);
	puts_release(&puts);
	replay_release(&replay);
}

/* ---- replays ---- */

static void agrees_with_live(size_t bytes_max)
{
	struct replay_until all = { .size = UINT64_MAX };
	struct table_reader mine, live;
	struct replay replay;
	struct world world;
	struct strbuf text;
	struct hash a, b;
	size_t differences = 1;
	struct err err = { 0 };

	world_init(&world);
	write_journal(&world);
	strbuf_init(&text, 0);
	cr_assert_eq(replay_init(&replay, true, &err), 0);
	replay.tables.bytes_max = bytes_max;
	cr_assert_eq(replay_run(&replay, world.journal, all, &err), 0, "%s",
		     err.msg);
	cr_expect_eq(replay.tables.db != NULL, bytes_max < SCRATCH_BYTES_MAX);
	cr_expect_eq(replay.entries, world.stage.entry_count);
	cr_expect_eq(replay.verdicts[VERDICT_VALUE_MALFORMED], 1);
	cr_expect_eq(replay.verdicts[VERDICT_ADMITTED], replay.statements - 1);
	cr_expect_eq(replay_zone(&replay), 480);
	a = fold_root(replay.fold);
	b = fold_root(world.stage.fold);
	cr_expect(hash_equal(&a, &b));
	mine = replay_reader(&replay);
	live = memory_tables_reader(world.stage.tables);
	cr_assert_eq(tables_compare(&mine, &live, &text, &differences, &err),
		     0);
	cr_expect_eq(differences, 0, "%s", text.text);
	strbuf_release(&text);
	replay_release(&replay);
	world_release(&world);
}

Test(replay, gives_what_was_folded_live)
{
	agrees_with_live(SCRATCH_BYTES_MAX);
}

/* A commit to the file for each entry, or for some. */
Test(replay, gives_the_same_where_memory_is_not_enough)
{
	agrees_with_live(1);
	agrees_with_live(2000);
}

Test(replay, names_the_folder_that_has_no_room_for_its_tables)
{
	struct replay_until all = { .size = UINT64_MAX };
	struct replay replay;
	struct world world;
	struct err err = { 0 };

	world_init(&world);
	write_journal(&world);
	cr_assert_eq(setenv("TMPDIR", "/nowhere", 1), 0);
	cr_assert_eq(replay_init(&replay, true, &err), 0);
	replay.tables.bytes_max = 1;
	cr_expect_eq(replay_run(&replay, world.journal, all, &err), ERR_IO);
	cr_expect(strstr(err.msg, "/nowhere") && strstr(err.msg, "TMPDIR"),
		  "%s", err.msg);
	replay_release(&replay);
	world_release(&world);
}

Test(replay, stops_at_a_size_or_a_time)
{
	static const struct {
		struct replay_until until;
		uint64_t less; /* entries left out */
	} rows[] = {
		{ { UINT64_MAX, NULL }, 0 },
		{ { UINT64_MAX, "2024-02-11" }, 1 },
		{ { UINT64_MAX, "2024-02-12" }, 0 },
		{ { UINT64_MAX, "2024-02-12T00:00" }, 0 },
		{ { UINT64_MAX, "2024-02-11 23:59:59" }, 1 },
		{ { UINT64_MAX, "2024-01-01" }, 4 }, /* one states rows */
	};
	struct world world;

	world_init(&world);
	write_journal(&world);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct replay replay;
		struct err err = { 0 };

		cr_assert_eq(replay_init(&replay, true, &err), 0);
		cr_expect_eq(
			replay_run(&replay, world.journal, rows[i].until, &err),
			0, "row %zu: %s", i, err.msg);
		cr_expect_eq(replay.entries,
			     world.stage.entry_count - rows[i].less, "row %zu",
			     i);
		replay_release(&replay);
	}
	world_release(&world);
}

Test(replay, finds_a_batch_that_admission_would_not_have_taken)
{
	struct replay_until all = { .size = UINT64_MAX };
	struct cell_text cell = { 0 };
	struct said said = said_report("live.jobs", "baima", "2024M01", "",
				       &cell, "1", NULL);
	struct stage_entry *entry;
	struct replay replay;
	struct world world;
	struct err err = { 0 };

	world_init(&world);
	/* one of a later number than the next */
	world.cast.baima.next++;
	entry = &world.stage.entries[world.stage.entry_count++];
	entry->batch = stage_seal(&world.stage, &world.cast.baima, &said, 1);
	entry->leaf = fold_leaf(world.stage.fold, &entry->batch, ADMIT_TAKE,
				world.stage.now_us);
	write_journal(&world);
	cr_assert_eq(replay_init(&replay, true, &err), 0);
	cr_expect_eq(replay_run(&replay, world.journal, all, &err),
		     ERR_CORRUPT);
	cr_expect(strstr(err.msg, "admission says ahead"), "%s", err.msg);
	cr_expect(strstr(err.msg, "00000000000000000000.seg"), "%s", err.msg);
	replay_release(&replay);
	world_release(&world);
}

/* ---- comparisons ---- */

static struct comparing compared(const struct world *world)
{
	struct comparing comparing = { 0 };
	struct replay replay;
	struct err err = { 0 };

	strbuf_init(&comparing.text, 0);
	cr_assert_eq(replay_init(&replay, true, &err), 0);
	cr_expect_eq(compare_store(&replay, world->journal, world->dir,
				   &comparing, &err),
		     0, "%s", err.msg);
	replay_release(&replay);
	return comparing;
}

Test(compare, agrees_with_a_store_at_its_own_size)
{
	struct comparing comparing;
	struct world world;
	uint64_t size;

	world_init(&world);
	write_journal(&world);
	size = world.stage.entry_count;
	write_store(&world, size - 1, false);
	comparing = compared(&world);
	cr_expect_eq(comparing.result, AGREES, "%s", comparing.text.text);
	cr_expect_eq(comparing.size, size - 1);
	cr_expect_eq(comparing.behind, 1);
	strbuf_release(&comparing.text);
	write_store(&world, size, false);
	comparing = compared(&world);
	cr_expect_eq(comparing.result, AGREES, "%s", comparing.text.text);
	cr_expect_eq(comparing.size, size);
	cr_expect_eq(comparing.behind, 0);
	strbuf_release(&comparing.text);
	world_release(&world);
}

Test(compare, names_the_first_difference)
{
	struct comparing comparing;
	struct world world;

	world_init(&world);
	write_journal(&world);
	write_store(&world, world.stage.entry_count, true);
	comparing = compared(&world);
	cr_expect_eq(comparing.result, DIFFERS);
	cr_expect_eq(comparing.differences, 1);
	cr_expect(strstr(comparing.text.text, table_name(TABLE_FIGURE)), "%s",
		  comparing.text.text);
	strbuf_release(&comparing.text);
	world_release(&world);
}

Test(compare, finds_a_store_that_is_ahead_of_its_journal)
{
	struct comparing comparing;
	struct world world;
	char command[256];

	world_init(&world);
	write_journal(&world);
	write_store(&world, world.stage.entry_count, false);
	(void)snprintf(command, sizeof(command), "rm %s/*.seg", world.journal);
	cr_assert_eq(system(command), 0);
	world.stage.entry_count--;
	write_journal(&world);
	comparing = compared(&world);
	cr_expect_eq(comparing.result, DIFFERS);
	cr_expect(strstr(comparing.text.text, "the journal has"), "%s",
		  comparing.text.text);
	strbuf_release(&comparing.text);
	world_release(&world);
}
