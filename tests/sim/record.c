#include "sim/record.h"

#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"
#include "store/journal.h"

#define JOURNAL "collector/journal"

static void must(int rc, const struct err *err, const char *what)
{
	if (rc)
		sim_fail("%s: %s", what, err->msg);
}

static void add_said(struct record *record, const struct journal_entry *entry,
		     const struct batch *batch, struct arena *arena)
{
	record->said = realloc(record->said,
			       (record->said_count + batch->header.count) *
				       sizeof(*record->said));
	if (!record->said)
		sim_fail("no memory");
	for (uint32_t i = 0; i < batch->header.count; i++) {
		struct said *said = &record->said[record->said_count++];
		struct statement statement = { 0 };
		struct err err;

		must(wire_decode_statement(batch->sealed[i].body, arena,
					   &statement, &err),
		     &err, "a statement");
		*said = (struct said){ .entry = record->size,
				       .n = i,
				       .kind = statement.kind,
				       .recv_us = entry->leaf.recv_us,
				       .key = batch->header.key,
				       .sequence = batch->header.sequence };
		memcpy(said->salt, batch->sealed[i].salt, SALT_BYTES);
	}
}

static void add_entry(struct record *record, const struct journal_entry *entry,
		      struct arena *arena)
{
	struct batch batch = { 0 };
	struct err err;

	switch (entry->leaf.kind) {
	case LEAF_BATCH:
		must(wire_decode_batch(entry->batch, arena, &batch, &err), &err,
		     "a batch");
		add_said(record, entry, &batch, arena);
		return;
	case LEAF_REOPENED:
		record->reopened++;
		if (entry->leaf.applied < record->kept)
			record->kept = entry->leaf.applied;
		return;
	case LEAF_SUCCEEDED:
		record->succeeded++;
		return;
	case LEAF_FORK:
	case LEAF_STATE:
	case LEAF_FORWARD:
		return;
	}
}

void record_read(struct record *record)
{
	struct frontier frontier = { 0 };
	struct journal_reader *reader;
	struct journal_entry entry;
	struct arena arena;
	struct err err;
	int rc;

	*record = (struct record){ .kept = SIZE_MAX };
	arena_init(&arena, 2 * (size_t)WIRE_ARENA_BYTES);
	frontier_init(&frontier);
	must(journal_read_open(JOURNAL, 0, &reader, &err), &err, "the journal");
	while ((rc = journal_read_next(reader, &entry, &err)) > 0) {
		struct hash leaf =
			hash_leaf(entry.leaf_bytes, span_of(NULL, 0));

		record->roots = realloc(record->roots,
					(record->size + 2) * sizeof(leaf));
		if (!record->roots)
			sim_fail("no memory");
		arena_reset(&arena);
		add_entry(record, &entry, &arena);
		record->roots[record->size++] = frontier_root(&frontier);
		frontier_add(&frontier, &leaf);
		record->roots[record->size] = frontier_root(&frontier);
	}
	must(rc, &err, "the journal");
	journal_read_close(reader);
	arena_release(&arena);
}

void record_release(struct record *record)
{
	free(record->roots);
	free(record->said);
}

void record_judge(struct record *record, const struct table_reader *tables)
{
	static uint16_t verdicts[WIRE_STATEMENTS_MAX];
	struct fold_taken taken;

	for (size_t i = 0; i < record->said_count; i++) {
		struct said *said = &record->said[i];
		struct err err = { 0 };

		if (!said->n)
			must(fold_taken(tables, &said->key, said->sequence,
					&taken, verdicts, WIRE_STATEMENTS_MAX,
					&err),
			     &err,
			     "a batch of the journal is not in the replay");
		if (taken.entry != said->entry ||
		    taken.recv_us != said->recv_us)
			sim_fail("the replay has entry %zu at another place or "
				 "time",
				 said->entry);
		said->verdict = verdicts[said->n];
	}
}

const struct said *record_at(const struct record *record, uint64_t entry,
			     uint32_t n)
{
	for (size_t i = 0; i < record->said_count; i++)
		if (record->said[i].entry == entry && record->said[i].n == n)
			return &record->said[i];
	return NULL;
}

const struct said *record_find(const struct record *record,
			       const uint8_t salt[SALT_BYTES],
			       const struct said *behind)
{
	for (size_t i = behind ? (size_t)(behind - record->said) + 1 : 0;
	     i < record->said_count; i++)
		if (!memcmp(record->said[i].salt, salt, SALT_BYTES))
			return &record->said[i];
	return NULL;
}
