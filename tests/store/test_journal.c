#include "store/journal.h"

#include "store/journal_help.h"

#include <sys/stat.h>

#include "store/crc.h"

static const struct journal_options small = { .segment_bytes = 4000 };

static void hex_of(const struct file *file, char *out)
{
	for (size_t i = 0; i < file->len; i++)
		(void)sprintf(out + 2 * i, "%02x", file->bytes[i]);
}

Test(crc, is_that_of_the_standard)
{
	struct span digits = span_of_text("123456789");

	cr_expect_eq(crc32c(0, digits), 0xe3069283u);
	for (size_t i = 0; i <= digits.len; i++)
		cr_expect_eq(crc32c(crc32c(0, span_of(digits.data, i)),
				    span_of(digits.data + i, digits.len - i)),
			     0xe3069283u, "row %zu", i);
}

static const char *const golden[] = {
	/* 00000000000000000000.seg: a batch, committed; a state entry */
	"74616c6c7973656700000001000000001d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d"
	"1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d0000000000000000e3b0c44298fc1c14"
	"9afbf4c8996fb92427ae41e4649b934ca495991b7852b8552a3b747100000000"
	"000001222cb8823e000000000000000000000114010100060dd7102120000001"
	"02030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021"
	"22232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f4041"
	"42434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f6061"
	"62636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f8081"
	"82838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1"
	"a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1"
	"c2c3c4c5c6c7c8c95a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
	"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
	"5a5a5a5a5a5a5a5a6261746368207a65726f00000000000000000018f824c629"
	"ffffffffffffffff00000000000000000000000100000000000001389a44f7d4"
	"00000042a938503900000000000000010000003e010300060dd7102120000000"
	"0000000000010000000000000002333333333333333333333333333333333333"
	"333333333333333333333333333300000001000000000000000000189c0885b0"
	"ffffffffffffffff00000000000000010000000100000000000000583ff16d72",
	/* 00000000000000000002.seg: a fork's evidence, begins a segment */
	"74616c6c7973656700000001000000001d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d"
	"1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d0000000000000002fc7b17312b3e7544"
	"3347dc62ae4f92ef049b79de93a3b124e28cec30d5e802595bfdda1c00000000"
	"0000022b9f74114d00000000000000020000021e010200060dd710212001aaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaa010101010101010101010101010101010101010101010101"
	"0101010101010101010101010101010101010101010101010101010101010101"
	"0101010101010101bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb0202020202020202020202020202"
	"0202020202020202020202020202020202020202020202020202020202020202"
	"02020202020202020202020202020202020262617463682074776f0000000000"
	"00000018966b3273ffffffffffffffff00000000000000020000000100000000"
	"0000024081eb6160",
};

/* Made by another program from docs/journal.md. A journal that is written
 * differently cannot be read by the tools that are in use. */
Test(journal, bytes_are_the_documented_ones)
{
	static const char *const names[] = { "00000000000000000000.seg",
					     "00000000000000000002.seg" };
	const struct journal_options options = { .segment_bytes = 420 };
	uint8_t counted[SEAL_HEADER_BYTES], a[SEAL_HEADER_BYTES],
		b[SEAL_HEADER_BYTES];
	struct leaf leaves[3] = { { .kind = LEAF_BATCH },
				  { .kind = LEAF_STATE },
				  { .kind = LEAF_FORK } };
	const char *const batches[] = { "batch zero", "", "batch two" };
	struct place place = place_new();
	struct journal *journal = new_journal(place.dir, &options);
	uint64_t index;

	for (size_t i = 0; i < sizeof(counted); i++)
		counted[i] = (uint8_t)i;
	memset(a, 0xaa, sizeof(a));
	memset(b, 0xbb, sizeof(b));
	leaves[0].headers[0] = span_of(counted, sizeof(counted));
	memset(leaves[0].signatures[0].bytes, 0x5a, SIGNATURE_BYTES);
	leaves[1].applied = 1;
	leaves[1].rows = 2;
	memset(leaves[1].root.bytes, 0x33, HASH_BYTES);
	leaves[1].rules = 1;
	leaves[2].headers[0] = span_of(a, sizeof(a));
	leaves[2].headers[1] = span_of(b, sizeof(b));
	memset(leaves[2].signatures[0].bytes, 1, SIGNATURE_BYTES);
	memset(leaves[2].signatures[1].bytes, 2, SIGNATURE_BYTES);
	for (size_t i = 0; i < 3; i++) {
		leaves[i].recv_us = 1704067200000000 + (i == 2);
		cr_assert_eq(journal_append(journal, &leaves[i],
					    span_of_text(batches[i]), &index,
					    NULL),
			     0);
		cr_assert_eq(journal_commit(journal, NULL), 0);
	}
	journal_close(journal);
	for (size_t i = 0; i < 2; i++) {
		struct file file = file_load(place.dir, names[i]);
		char hex[4096] = "";

		cr_assert(file.len < sizeof(hex) / 2);
		hex_of(&file, hex);
		cr_expect_str_eq(hex, golden[i], "%s is %s", names[i], hex);
		free(file.bytes);
	}
	place_remove(&place);
}

Test(journal, survives_closing_and_opening)
{
	struct place place = place_new();
	struct journal *journal = new_journal(place.dir, NULL);
	struct frontier before;
	struct hash id = an_id();
	struct err err = { 0 };
	int rc;

	cr_expect_eq(journal_size(journal), 0);
	grow(journal, 100, 7);
	before = *journal_frontier(journal);
	journal_close(journal);

	journal = open_journal(place.dir, NULL);
	cr_expect_eq(journal_size(journal), 100);
	cr_expect_eq(journal_cut_bytes(journal), 0);
	cr_expect(hash_equal(journal_id(journal), &id));
	cr_expect_eq(memcmp(journal_frontier(journal), &before, sizeof(before)),
		     0);
	grow(journal, 150, 1);
	journal_close(journal);
	cr_expect_eq(count_entries(place.dir, 0, &rc, &err), 150);
	cr_expect_eq(rc, 0, "%s", err.msg);
	place_remove(&place);
}

Test(journal, is_made_only_where_none_is)
{
	struct place place = place_new();
	struct hash id = an_id();
	struct journal *journal = NULL;
	struct err err = { 0 };

	cr_expect_eq(journal_open(place.dir, NULL, NULL, &journal, &err),
		     ERR_NOTFOUND);
	cr_expect_eq(journal_create(place.dir, &id, &err), 0);
	cr_expect_eq(journal_create(place.dir, &id, &err), ERR_EXISTS);
	place_remove(&place);
	cr_expect_eq(journal_open(place.dir, NULL, NULL, &journal, &err),
		     ERR_NOTFOUND);
	cr_expect_neq(journal_create(place.dir, &id, &err), 0);
}

Test(journal, frontier_is_that_of_the_leaves)
{
	struct place place = place_new();
	struct journal *journal = new_journal(place.dir, &small);
	uint8_t leaf[LEAF_BYTES_MAX];
	struct hash leaves[40], root, wanted;
	struct sample sample;

	grow(journal, 40, 3);
	for (uint64_t i = 0; i < 40; i++) {
		sample_make(i, &sample);
		leaves[i] = hash_leaf(
			span_of(leaf, leaf_encode(&sample.leaf, leaf)),
			span_of(NULL, 0));
	}
	wanted = merkle_root(leaves, 40);
	root = frontier_root(journal_frontier(journal));
	cr_expect(hash_equal(&root, &wanted));
	journal_close(journal);
	place_remove(&place);
}

Test(journal, forgets_a_discarded_group)
{
	struct place place = place_new();
	struct journal *journal = new_journal(place.dir, NULL);
	int rc;

	grow(journal, 5, 5);
	cr_assert_eq(append_sample(journal, 5, NULL), 0);
	cr_assert_eq(append_sample(journal, 6, NULL), 0);
	cr_expect_eq(journal_size(journal), 5);
	journal_discard(journal);
	cr_assert_eq(append_sample(journal, 5, NULL), 0);
	cr_assert_eq(journal_commit(journal, NULL), 0);
	cr_assert_eq(journal_commit(journal, NULL), 0);
	cr_assert_eq(append_sample(journal, 6, NULL), 0);
	journal_close(journal);
	cr_expect_eq(count_entries(place.dir, 0, &rc, NULL), 6);
	place_remove(&place);
}

Test(journal, says_limit_when_a_group_is_full_and_takes_it_after_a_commit)
{
	static uint8_t batch[WIRE_BATCH_BYTES_MAX];
	struct place place = place_new();
	struct journal *journal = new_journal(place.dir, NULL);
	struct span big = span_of(batch, sizeof(batch));
	struct sample sample;
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	uint64_t index = 0;
	unsigned count = 0;
	int rc = 0;

	sample_make(0, &sample);
	while (!(rc = journal_append(journal, &sample.leaf, big, &index, NULL)))
		count++;
	cr_expect_eq(rc, ERR_LIMIT);
	cr_expect(count >= 31, "%u", count);
	cr_assert_eq(journal_commit(journal, NULL), 0);
	cr_assert_eq(journal_append(journal, &sample.leaf, big, &index, NULL),
		     0);
	cr_expect_eq(index, count);
	cr_assert_eq(journal_commit(journal, NULL), 0);
	cr_expect_eq(journal_append(journal, &sample.leaf,
				    span_of(batch, JOURNAL_ENTRY_BYTES_MAX),
				    &index, NULL),
		     ERR_INVALID);
	cr_assert_eq(journal_read_open(place.dir, 0, &reader, NULL), 0);
	for (unsigned i = 0; i <= count; i++) {
		cr_assert_eq(journal_read_next(reader, &entry, NULL), 1);
		cr_expect_eq(entry.index, i);
		cr_expect(span_equal(entry.batch, big));
	}
	cr_expect_eq(journal_read_next(reader, &entry, NULL), 0);
	journal_read_close(reader);
	journal_close(journal);
	place_remove(&place);
}

/* Name of the segment that begins with first: is it there? */
static bool has_segment(const char *dir, uint64_t first)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%020llu.seg", dir,
		       (unsigned long long)first);
	return access(path, F_OK) == 0;
}

Test(journal, segments_begin_at_the_same_entries_however_it_is_grouped)
{
	static const unsigned groups[] = { 1, 2, 3, 5, 1000 };
	bool wanted[200];

	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		struct place place = place_new();
		struct journal *journal = new_journal(place.dir, &small);
		unsigned segments = 0;
		int rc;

		grow(journal, 90, groups[g]);
		journal_close(journal);
		/* Also when it is opened again on the way. */
		journal = open_journal(place.dir, &small);
		grow(journal, 200, groups[g]);
		for (uint64_t i = 0; i < 200; i++) {
			bool has = has_segment(place.dir, i);

			segments += has;
			if (g == 0)
				wanted[i] = has;
			cr_expect_eq(has, wanted[i], "row %zu, entry %zu", g,
				     (size_t)i);
		}
		cr_expect(segments > 10);
		journal_close(journal);
		cr_expect_eq(count_entries(place.dir, 0, &rc, NULL), 200);
		place_remove(&place);
	}
}

Test(journal, reads_from_any_entry)
{
	struct place place = place_new();
	struct journal *journal = new_journal(place.dir, &small);
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	uint64_t dice = 1;
	int rc;

	grow(journal, 200, 4);
	for (uint64_t from = 0; from <= 205; from++)
		cr_expect_eq(count_entries(place.dir, from, &rc, NULL),
			     from < 200 ? 200 - from : 0, "from %zu",
			     (size_t)from);
	cr_assert_eq(journal_read_open(place.dir, 0, &reader, NULL), 0);
	for (unsigned i = 0; i < 500; i++) {
		dice = dice * 6364136223846793005u + 1442695040888963407u;
		cr_assert_eq(
			journal_read_seek(reader, (dice >> 33) % 200, NULL), 0);
		cr_assert_eq(journal_read_next(reader, &entry, NULL), 1);
		cr_expect(entry_is_sample(&entry, (dice >> 33) % 200));
		if (i % 3)
			continue;
		rc = journal_read_next(reader, &entry, NULL);
		cr_expect(rc == 0 ||
			  entry_is_sample(&entry, (dice >> 33) % 200 + 1));
	}
	journal_read_close(reader);
	journal_close(journal);
	place_remove(&place);
}

Test(journal, reader_seeks_back_within_a_long_segment)
{
	static uint8_t batch[100000];
	struct place place = place_new();
	struct journal *journal = new_journal(place.dir, NULL);
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	struct sample sample;
	uint64_t index;

	sample_make(0, &sample);
	for (unsigned i = 0; i < 60; i++) {
		memset(batch, (int)i, sizeof(batch));
		cr_assert_eq(journal_append(journal, &sample.leaf,
					    span_of(batch, sizeof(batch)),
					    &index, NULL),
			     0);
		cr_assert_eq(journal_commit(journal, NULL), 0);
	}
	cr_assert_eq(journal_read_open(place.dir, 59, &reader, NULL), 0);
	for (unsigned i = 0; i < 200; i++) {
		unsigned to = i * 37 % 60;

		cr_assert_eq(journal_read_seek(reader, to, NULL), 0);
		cr_assert_eq(journal_read_next(reader, &entry, NULL), 1);
		cr_expect_eq(entry.index, to);
		cr_expect_eq(entry.batch.data[99999], to);
	}
	journal_read_close(reader);
	journal_close(journal);
	place_remove(&place);
}

static void flip_byte(const char *dir, uint64_t offset)
{
	char path[128];
	uint8_t byte;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%020d.seg", dir, 0);
	fd = open(path, O_RDWR);
	cr_assert(fd >= 0);
	cr_assert_eq(pread(fd, &byte, 1, (off_t)offset), 1);
	byte ^= 1;
	cr_assert_eq(pwrite(fd, &byte, 1, (off_t)offset), 1);
	(void)close(fd);
}

static int read_one(const char *dir, uint64_t from)
{
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	int rc;

	cr_assert_eq(journal_read_open(dir, from, &reader, NULL), 0);
	rc = journal_read_next(reader, &entry, NULL);
	if (rc == 1)
		cr_expect(entry_is_sample(&entry, from));
	journal_read_close(reader);
	return rc;
}

Test(journal, what_stands_before_an_entry_is_passed_unless_it_leads_nowhere)
{
	struct place place = place_new();
	struct journal *journal = new_journal(place.dir, NULL);
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	uint64_t offset;

	grow(journal, 200, 4);
	journal_close(journal);
	cr_assert_eq(journal_read_open(place.dir, 10, &reader, NULL), 0);
	cr_assert_eq(journal_read_next(reader, &entry, NULL), 1);
	offset = entry.offset;
	journal_read_close(reader);
	flip_byte(place.dir, offset + 20); /* in its leaf */
	cr_expect_eq(read_one(place.dir, 7), 1);
	cr_expect_eq(read_one(place.dir, 10), ERR_CORRUPT);
	cr_expect_eq(read_one(place.dir, 11), ERR_CORRUPT, "in its group");
	cr_expect_eq(read_one(place.dir, 100), 1);
	flip_byte(place.dir, offset + 20);
	cr_expect_eq(read_one(place.dir, 10), 1);
	flip_byte(place.dir, offset + 2); /* of its length */
	cr_expect_eq(read_one(place.dir, 7), 1);
	cr_expect_eq(read_one(place.dir, 100), ERR_CORRUPT);
	place_remove(&place);
}

Test(journal, reader_follows_a_collector_that_appends)
{
	struct place place = place_new();
	struct journal *journal = new_journal(place.dir, &small);
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	struct err err = { 0 };

	cr_assert_eq(journal_read_open(place.dir, 0, &reader, NULL), 0);
	for (uint64_t i = 0; i < 120; i++) {
		cr_assert_eq(journal_read_next(reader, &entry, &err), 0, "%s",
			     err.msg);
		cr_assert_eq(append_sample(journal, i, NULL), 0);
		cr_assert_eq(journal_read_next(reader, &entry, NULL), 0);
		cr_assert_eq(journal_commit(journal, NULL), 0);
		cr_assert_eq(journal_read_next(reader, &entry, &err), 1, "%s",
			     err.msg);
		cr_assert(entry_is_sample(&entry, i));
		cr_expect_eq(journal_read_torn_bytes(reader), 0);
	}
	cr_expect(!has_segment(place.dir, 119));
	journal_read_close(reader);
	journal_close(journal);
	place_remove(&place);
}

Test(journal, reader_stops_before_a_group_that_is_being_written)
{
	struct place place = place_new();
	struct journal *journal = new_journal(place.dir, NULL);
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	struct file part, whole;

	grow(journal, 10, 10);
	grow(journal, 30, 20);
	journal_close(journal);
	whole = file_load(place.dir, "00000000000000000000.seg");
	part = whole;
	part.len -= 100;
	file_save(whole.path, part.bytes, part.len);
	cr_assert_eq(journal_read_open(place.dir, 0, &reader, NULL), 0);
	for (uint64_t i = 0; i < 10; i++)
		cr_assert_eq(journal_read_next(reader, &entry, NULL), 1);
	cr_expect_eq(journal_read_next(reader, &entry, NULL), 0);
	cr_expect(journal_read_torn_bytes(reader) > 100);
	file_save(whole.path, whole.bytes, whole.len);
	for (uint64_t i = 10; i < 30; i++)
		cr_assert_eq(journal_read_next(reader, &entry, NULL), 1);
	cr_expect_eq(journal_read_next(reader, &entry, NULL), 0);
	cr_expect_eq(journal_read_torn_bytes(reader), 0);
	free(whole.bytes);
	journal_read_close(reader);
	place_remove(&place);
}

Test(journal, opens_from_a_known_frontier_at_any_size)
{
	struct place place = place_new();
	struct journal *journal = new_journal(place.dir, &small);
	struct frontier known[121], wanted;
	struct err err = { 0 };

	for (uint64_t i = 0; i <= 120; i++) {
		grow(journal, i, 1);
		known[i] = *journal_frontier(journal);
	}
	journal_close(journal);
	wanted = known[120];
	for (uint64_t i = 0; i <= 120; i++) {
		cr_assert_eq(journal_open(place.dir, &small, &known[i],
					  &journal, &err),
			     0, "row %zu: %s", (size_t)i, err.msg);
		cr_expect_eq(memcmp(journal_frontier(journal), &wanted,
				    sizeof(wanted)),
			     0, "row %zu", (size_t)i);
		journal_close(journal);
	}
	/* One of another history is found out at the next segment. */
	known[20].edge[0].bytes[0] ^= 1;
	cr_expect_eq(
		journal_open(place.dir, &small, &known[20], &journal, &err),
		ERR_CORRUPT);
	cr_expect(strstr(err.msg, "root"), "%s", err.msg);
	place_remove(&place);
}

Test(journal, refuses_to_be_shorter_than_what_was_kept)
{
	struct place place = place_new();
	struct journal *journal = new_journal(place.dir, NULL);
	struct journal_options keep = { .keep_size = 20 };
	struct frontier known;
	struct file file;
	struct err err = { 0 };

	grow(journal, 10, 5);
	file = file_load(place.dir, "00000000000000000000.seg");
	grow(journal, 20, 5);
	known = *journal_frontier(journal);
	journal_close(journal);
	journal = open_journal(place.dir, &keep);
	journal_close(journal);
	file_save(file.path, file.bytes, file.len);
	cr_expect_eq(journal_open(place.dir, &keep, NULL, &journal, &err),
		     ERR_CORRUPT);
	cr_expect(strstr(err.msg, "10 entries, but 20"), "%s", err.msg);
	cr_expect(strstr(err.msg, file.path), "%s", err.msg);
	cr_expect_eq(journal_open(place.dir, NULL, &known, &journal, &err),
		     ERR_CORRUPT);
	journal = open_journal(place.dir, NULL);
	cr_expect_eq(journal_size(journal), 10);
	journal_close(journal);
	free(file.bytes);
	place_remove(&place);
}

Test(journal, refuses_missing_and_foreign_segments)
{
	struct place place = place_new(), other = place_new();
	struct journal *journal = new_journal(place.dir, &small);
	struct hash id = an_id();
	uint64_t firsts[4];
	char path[4][128];
	struct frontier known;
	struct file file;
	struct err err = { 0 };
	size_t count = 0;

	grow(journal, 60, 3);
	known = *journal_frontier(journal);
	journal_close(journal);
	for (uint64_t i = 0; i < 60 && count < 4; i++)
		if (has_segment(place.dir, i))
			firsts[count++] = i;
	cr_assert_eq(count, 4);
	for (size_t i = 0; i < 4; i++)
		(void)snprintf(path[i], sizeof(path[i]), "%s/%020llu.seg",
			       place.dir, (unsigned long long)firsts[i]);
	for (size_t i = 0; i < 4; i++) {
		char away[600];
		int rc;

		(void)snprintf(away, sizeof(away), "%s.away", path[i]);
		cr_assert_eq(rename(path[i], away), 0);
		cr_expect_eq(
			journal_open(place.dir, &small, NULL, &journal, &err),
			ERR_CORRUPT, "row %zu", i);
		cr_expect_eq(
			journal_open(place.dir, &small, &known, &journal, &err),
			ERR_CORRUPT, "row %zu", i);
		(void)count_entries(place.dir, 0, &rc, &err);
		cr_expect_eq(rc, ERR_CORRUPT, "row %zu", i);
		cr_assert_eq(rename(away, path[i]), 0);
	}
	/* A segment of a journal with another id in the place of one. */
	id.bytes[0] ^= 1;
	cr_assert_eq(journal_create(other.dir, &id, NULL), 0);
	journal = open_journal(other.dir, &small);
	grow(journal, 60, 3);
	journal_close(journal);
	file = file_load(other.dir, strrchr(path[1], '/') + 1);
	file_save(path[1], file.bytes, file.len);
	free(file.bytes);
	cr_expect_eq(journal_open(place.dir, &small, NULL, &journal, &err),
		     ERR_CORRUPT);
	cr_expect(strstr(err.msg, path[1]), "%s", err.msg);
	cr_expect_eq(journal_open(place.dir, &small, &known, &journal, &err),
		     ERR_CORRUPT);
	place_remove(&place);
	place_remove(&other);
}

Test(journal, removes_a_segment_that_was_never_finished)
{
	struct place place = place_new();
	struct journal *journal = new_journal(place.dir, NULL);
	char path[128];

	grow(journal, 5, 5);
	journal_close(journal);
	(void)snprintf(path, sizeof(path), "%s/unfinished", place.dir);
	file_save(path, (const uint8_t *)"tallyseg", 8);
	journal = open_journal(place.dir, NULL);
	cr_expect_eq(journal_size(journal), 5);
	cr_expect(access(path, F_OK) != 0);
	journal_close(journal);
	place_remove(&place);
}
