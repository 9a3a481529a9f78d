#include <criterion/criterion.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "collector/flusher.h"
#include "collector/receipts.h"
#include "proto/verdict.h"
#include "test_dir.h"

static char dir[TEST_DIR_BYTES];
static struct db *db;
static struct flusher *flusher;
static struct puts puts_;

static void setup(void)
{
	test_dir(dir, "flusher");
	cr_assert_eq(store_open(dir, false, &db, NULL), 0);
	cr_assert_eq(flusher_start(db, 0, &flusher, NULL), 0);
	puts_init(&puts_);
}

static void teardown(void)
{
	if (flusher)
		cr_assert_eq(flusher_stop(flusher, NULL), 0);
	db_close(db);
	puts_release(&puts_);
	test_dir_remove(dir);
}

TestSuite(flusher, .init = setup, .fini = teardown);

static void add(uint32_t key, const char *value, uint64_t applied)
{
	uint8_t bytes[4];

	store_u32(bytes, key);
	cr_assert_eq(puts_add(&puts_, TABLE_CHANGE, span_of(bytes, 4),
			      span_of_text(value)),
		     0);
	cr_assert_eq(flusher_add(flusher, &puts_, applied, NULL), 0);
	cr_assert_eq(puts_.count, 0);
}

static bool stored(uint32_t key, const char *value)
{
	struct db_txn *txn;
	struct span found;
	uint8_t bytes[4];
	bool same;

	store_u32(bytes, key);
	cr_assert_eq(db_begin(db, false, &txn, NULL), 0);
	same = !db_get(txn, TABLE_CHANGE, span_of(bytes, 4), &found, NULL) &&
	       span_equal(found, span_of_text(value));
	db_abort(txn);
	return same;
}

static uint64_t await(uint64_t applied)
{
	struct flusher_state state;
	struct pollfd fd = { .fd = flusher_fd(flusher), .events = POLLIN };

	do {
		cr_assert_eq(poll(&fd, 1, 10000), 1, "never flushed");
		flusher_heard(flusher);
		flusher_state(flusher, &state);
		cr_assert_eq(state.code, 0);
	} while (state.applied < applied);
	return state.flushes;
}

Test(flusher, what_gathers_is_committed_at_once)
{
	uint64_t flushes;

	for (uint32_t i = 0; i < 1000; i++)
		add(i, i % 2 ? "odd" : "even", i + 1);
	add(7, "seven", 1001);
	flushes = await(1001);
	cr_expect_leq(flushes, 3);
	cr_expect(stored(7, "seven"));
	cr_expect(stored(998, "even"));
}

Test(flusher, a_stop_flushes_the_rest)
{
	add(1, "last", 1);
	cr_assert_eq(flusher_stop(flusher, NULL), 0);
	flusher = NULL;
	cr_expect(stored(1, "last"));
}

Test(flusher, who_is_in_a_hurry_does_not_wait)
{
	for (uint32_t i = 1; i < 20; i++) {
		add(i, "now", i);
		flusher_hurry(flusher);
		(void)await(i);
		cr_assert(stored(i, "now"));
	}
}

Test(receipts, are_found_in_memory_until_they_are_flushed)
{
	struct receipts receipts;
	struct hash key = { { 1 } };
	uint16_t verdicts[3] = { 0, VERDICT_STALE, 0 };
	struct receipt found;
	struct arena arena;

	setup();
	arena_init(&arena, 1 << 20);
	receipts_init(&receipts);
	for (uint64_t i = 1; i <= 5000; i++) {
		struct receipt receipt = { .sequence = i,
					   .index = 10 * i,
					   .verdicts = verdicts,
					   .verdict_count = i % 2 ? 3 : 1 };

		cr_assert_eq(receipts_add(&receipts, &key, &receipt), 0);
	}
	cr_assert_eq(receipts_find(&receipts, db, &key, 4999, &arena, &found),
		     0);
	cr_expect_eq(found.index, 49990);
	cr_expect_eq(found.verdict_count, 3);
	cr_expect_eq(found.verdicts[1], VERDICT_STALE);
	cr_assert_eq(receipts_find(&receipts, db, &key, 4998, &arena, &found),
		     0);
	cr_expect_eq(found.verdicts[0], 0);
	receipts_flushed(&receipts, 49990);
	cr_expect_eq(receipts.count, 2);
	cr_expect_eq(receipts_find(&receipts, db, &key, 4998, &arena, &found),
		     ERR_NOTFOUND);
	cr_expect_eq(receipts_find(&receipts, db, &key, 5000, &arena, &found),
		     0);
	key.bytes[0] = 2;
	cr_expect_eq(receipts_find(&receipts, db, &key, 5000, &arena, &found),
		     ERR_NOTFOUND);
	receipts_release(&receipts);
	arena_release(&arena);
	teardown();
}
