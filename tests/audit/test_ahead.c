/* Reading ahead is reading: in order, and what is wrong at its place. */
#include "audit/ahead.h"

#include "store/journal_help.h"

#define ENTRIES 3000

/* State entries, and in one place a batch that is none. */
static void grow_states(const char *dir, uint64_t bad)
{
	const struct journal_options small = { .segment_bytes = 40000 };
	const struct hash id = an_id();
	struct journal *journal = NULL;
	uint64_t index;

	cr_assert_eq(journal_create(dir, &id, NULL), 0);
	cr_assert_eq(journal_open(dir, &small, NULL, &journal, NULL), 0);
	for (uint64_t i = 0; i < ENTRIES; i++) {
		struct sample sample;
		int rc;

		sample_make(i == bad ? 0 : 6, &sample);
		sample.leaf.recv_us = i;
		do {
			rc = journal_append(
				journal, &sample.leaf,
				span_of(sample.batch, sample.batch_len), &index,
				NULL);
			if (rc || i % 5 == 0)
				cr_assert_eq(journal_commit(journal, NULL), 0);
		} while (rc == ERR_LIMIT);
		cr_assert_eq(rc, 0);
	}
	cr_assert_eq(journal_commit(journal, NULL), 0);
	journal_close(journal);
}

Test(ahead, entries_come_in_order_over_many_segments)
{
	struct place place = place_new();
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	struct ahead *ahead = NULL;
	struct ahead_entry *one;
	uint64_t count = 0, first;

	grow_states(place.dir, UINT64_MAX);
	cr_assert_eq(journal_read_open(place.dir, 0, &reader, NULL), 0);
	cr_assert_eq(ahead_open(place.dir, true, &ahead, NULL), 0);
	while (ahead_next(ahead, &one, NULL) == 1) {
		const struct hash *root;
		struct hash leaf;

		cr_assert_eq(journal_read_next(reader, &entry, NULL), 1);
		root = journal_read_root(reader, &first);
		leaf = hash_leaf(entry.leaf_bytes, span_of(NULL, 0));
		cr_assert_eq(one->entry.index, count++);
		cr_assert_eq(one->entry.leaf.recv_us, entry.leaf.recv_us);
		cr_assert_eq(one->entry.offset, entry.offset);
		cr_assert_str_eq(one->entry.file, entry.file);
		cr_assert_eq(one->segment, first);
		cr_assert(hash_equal(&one->before, root));
		cr_assert(hash_equal(&one->leaf, &leaf));
		cr_assert_eq(ahead_batch(one, NULL), 0);
	}
	cr_expect_eq(count, ENTRIES);
	cr_expect_gt(first, ENTRIES / 2, "it had many segments");
	cr_expect_eq(ahead_next(ahead, &one, NULL), 0);
	ahead_close(ahead);
	journal_read_close(reader);
	place_remove(&place);
}

Test(ahead, what_is_wrong_is_told_at_its_place)
{
	static const uint64_t places[] = { 0, 1, 1700, ENTRIES - 1 };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct place place = place_new();
		struct ahead *ahead = NULL;
		struct ahead_entry *one;
		struct err err = { 0 };

		grow_states(place.dir, places[i]);
		cr_assert_eq(ahead_open(place.dir, false, &ahead, NULL), 0);
		for (uint64_t n = 0; n < places[i]; n++) {
			cr_assert_eq(ahead_next(ahead, &one, NULL), 1);
			cr_assert_eq(ahead_batch(one, NULL), 0);
		}
		cr_assert_eq(ahead_next(ahead, &one, NULL), 1);
		cr_expect(ahead_batch(one, &err));
		cr_expect(err.msg[0]);
		ahead_close(ahead); /* before its end */
		place_remove(&place);
	}
}
