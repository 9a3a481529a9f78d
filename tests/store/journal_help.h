/* What the tests of the journal share: temporary journals whose entries can
 * be told from their index. */
#ifndef TALLY_TESTS_STORE_JOURNAL_HELP_H
#define TALLY_TESTS_STORE_JOURNAL_HELP_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/journal.h"
#include "store/journal_disk.h"
#include "test_dir.h"

struct place {
	char dir[TEST_DIR_BYTES];
};

static inline struct place place_new(void)
{
	struct place place;

	test_dir(place.dir, "journal");
	return place;
}

static inline void place_remove(const struct place *place)
{
	test_dir_remove(place->dir);
}

static inline struct hash an_id(void)
{
	struct hash id;

	memset(id.bytes, 0x1d, sizeof(id.bytes));
	return id;
}

/* Entry number index: a batch leaf and a "batch" of 1 to 200 bytes; each
 * seventh a state leaf without one. */
struct sample {
	struct leaf leaf;
	uint8_t header[SEAL_HEADER_BYTES];
	uint8_t batch[200];
	size_t batch_len;
};

static inline void sample_make(uint64_t index, struct sample *out)
{
	*out = (struct sample){ .leaf = { .kind = LEAF_BATCH } };
	out->leaf.recv_us = 1000 * index;
	if (index % 7 == 6) {
		out->leaf.kind = LEAF_STATE;
		out->leaf.applied = index;
		out->leaf.rows = 3 * index;
		out->leaf.rules = 1;
		memset(out->leaf.root.bytes, (int)(index & 0xff), HASH_BYTES);
		return;
	}
	memset(out->header, (int)((index + 1) & 0xff), sizeof(out->header));
	memset(out->leaf.signatures[0].bytes, (int)(index & 0x7f),
	       SIGNATURE_BYTES);
	out->leaf.headers[0] = span_of(out->header, sizeof(out->header));
	out->batch_len = (size_t)(index * 37 % sizeof(out->batch)) + 1;
	for (size_t i = 0; i < out->batch_len; i++)
		out->batch[i] = (uint8_t)(index * 31 + i);
}

static inline int append_sample(struct journal *journal, uint64_t index,
				struct err *err)
{
	struct sample sample;
	uint64_t got = UINT64_MAX;
	int rc;

	sample_make(index, &sample);
	rc = journal_append(journal, &sample.leaf,
			    span_of(sample.batch, sample.batch_len), &got, err);
	if (!rc)
		cr_assert_eq(got, index);
	return rc;
}

/* Appends entries [journal's size, size) in groups of group entries. */
static inline void grow(struct journal *journal, uint64_t size, unsigned group)
{
	struct err err = { 0 };
	uint64_t next = journal_size(journal);
	unsigned count = 0;

	while (next < size) {
		int rc = append_sample(journal, next, &err);

		if (rc == ERR_LIMIT || (!rc && ++count == group)) {
			cr_assert_eq(journal_commit(journal, &err), 0, "%s",
				     err.msg);
			count = 0;
		} else {
			cr_assert_eq(rc, 0, "%s", err.msg);
		}
		if (!rc)
			next++;
	}
	cr_assert_eq(journal_commit(journal, &err), 0, "%s", err.msg);
	cr_assert_eq(journal_size(journal), size);
}

static inline bool entry_is_sample(const struct journal_entry *entry,
				   uint64_t index)
{
	uint8_t leaf[LEAF_BYTES_MAX];
	struct sample sample;
	size_t len;

	sample_make(index, &sample);
	len = leaf_encode(&sample.leaf, leaf);
	return entry->index == index &&
	       span_equal(entry->leaf_bytes, span_of(leaf, len)) &&
	       span_equal(entry->batch,
			  span_of(sample.batch, sample.batch_len)) &&
	       entry->leaf.kind == sample.leaf.kind &&
	       entry->leaf.recv_us == sample.leaf.recv_us;
}

/* Reads from an entry on; how many came, all as they were written. */
static inline uint64_t count_entries(const char *dir, uint64_t from, int *rc,
				     struct err *err)
{
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	uint64_t count = 0;

	*rc = journal_read_open(dir, from, &reader, err);
	if (*rc)
		return 0;
	while ((*rc = journal_read_next(reader, &entry, err)) == 1) {
		cr_assert(entry_is_sample(&entry, from + count), "entry %zu",
			  (size_t)(from + count));
		count++;
	}
	journal_read_close(reader);
	return count;
}

static inline struct journal *
open_journal(const char *dir, const struct journal_options *options)
{
	struct journal *journal = NULL;
	struct err err = { 0 };

	cr_assert_eq(journal_open(dir, options, NULL, &journal, &err), 0, "%s",
		     err.msg);
	return journal;
}

static inline struct journal *new_journal(const char *dir,
					  const struct journal_options *options)
{
	struct hash id = an_id();
	struct err err = { 0 };

	cr_assert_eq(journal_create(dir, &id, &err), 0, "%s", err.msg);
	return open_journal(dir, options);
}

struct file {
	char path[128];
	uint8_t *bytes;
	size_t len;
};

static inline struct file file_load(const char *dir, const char *name)
{
	struct file file;
	FILE *stream;
	long len;

	(void)snprintf(file.path, sizeof(file.path), "%s/%s", dir, name);
	stream = fopen(file.path, "rb");
	cr_assert(stream, "%s", file.path);
	cr_assert_eq(fseek(stream, 0, SEEK_END), 0);
	len = ftell(stream);
	rewind(stream);
	file.len = (size_t)len;
	file.bytes = malloc(file.len + 1);
	cr_assert_eq(fread(file.bytes, 1, file.len, stream), file.len);
	(void)fclose(stream);
	return file;
}

static inline void file_save(const char *path, const uint8_t *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, bytes, len), (ssize_t)len);
	(void)close(fd);
}

#endif
