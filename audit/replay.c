#include "audit/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/moment.h"
#include "store/lookup.h"

#define PROGRESS_ENTRIES 1024

int replay_init(struct replay *replay, struct err *err)
{
	*replay = (struct replay){ 0 };
	puts_init(&replay->puts);
	arena_init(&replay->arena, WIRE_ARENA_BYTES);
	replay->fold = fold_new();
	replay->tables = memory_tables_new();
	replay->room = calloc(WIRE_STATEMENTS_MAX, sizeof(*replay->room));
	if (!replay->fold || !replay->tables || !replay->room) {
		replay_release(replay);
		return err_set(err, ERR_NOMEM, "no memory");
	}
	return 0;
}

void replay_release(struct replay *replay)
{
	puts_release(&replay->puts);
	arena_release(&replay->arena);
	fold_free(replay->fold);
	memory_tables_free(replay->tables);
	free(replay->room);
	reopenings_release(&replay->reopenings);
	*replay = (struct replay){ 0 };
}

int replay_zone(const struct replay *replay)
{
	struct fold_facts facts;

	return fold_facts(replay->fold, &facts) ? facts.zone_minutes : 0;
}

/* ---- one entry ---- */

static void count(struct replay *replay, const struct leaf *leaf,
		  const struct batch *batch)
{
	replay->entries++;
	replay->recv_us = leaf->recv_us;
	if (leaf->kind == LEAF_FORK)
		replay->forks++;
	if (leaf->kind != LEAF_BATCH)
		return;
	replay->statements += batch->header.count;
	for (uint32_t i = 0; i < batch->header.count; i++)
		if (replay->room[i] < VERDICT_COUNT)
			replay->verdicts[replay->room[i]]++;
}

/* A collector that took what it should not have is found here. */
static int check_admission(const struct replay *replay, const struct leaf *leaf,
			   const struct batch *batch, struct err *err)
{
	enum admission admission;
	bool ends_group;

	if (leaf->kind != LEAF_BATCH && leaf->kind != LEAF_FORK)
		return 0;
	admission = fold_admit(replay->fold, batch, leaf->recv_us, &ends_group);
	if (admission == (leaf->kind == LEAF_BATCH ? ADMIT_TAKE : ADMIT_FORK))
		return 0;
	return err_set(err, ERR_CORRUPT,
		       "the journal holds a %s, but admission says %s",
		       leaf->kind == LEAF_BATCH ? "batch" : "fork",
		       admission_name(admission));
}

/* Signed by a collector that the journal names? */
static int take_reopening(struct replay *replay,
			  const struct journal_entry *entry, struct err *err)
{
	struct reopening reopening;
	int rc = leaf_reopening(&entry->leaf, entry->batch, &reopening, err);

	if (!rc && !fold_collector_signed(replay->fold, entry->batch))
		rc = err_set(err, ERR_CORRUPT,
			     "the reopening is not signed by the journal's "
			     "collector");
	if (!rc)
		rc = reopenings_add(&replay->reopenings, entry->batch, err);
	return rc;
}

static int apply(struct replay *replay, const struct journal_entry *entry,
		 struct err *err)
{
	struct hash hash = hash_leaf(entry->leaf_bytes, span_of(NULL, 0));
	struct batch batch;
	int rc = entry_batch(entry, &replay->arena, &batch, err);

	if (rc && rc != ERR_NOMEM)
		rc = ERR_CORRUPT;
	if (!rc && entry->leaf.kind == LEAF_REOPENED)
		rc = take_reopening(replay, entry, err);
	if (!rc)
		rc = check_admission(replay, &entry->leaf, &batch, err);
	if (!rc)
		rc = fold_apply(replay->fold, entry->index, &entry->leaf, &hash,
				leaf_has_batch(&entry->leaf) ? &batch : NULL,
				&replay->puts, replay->room, err);
	if (rc) {
		(void)err_context(err, "%s, offset %" PRIu64 ", entry %" PRIu64,
				  entry->file, entry->offset, entry->index);
		return rc;
	}
	count(replay, &entry->leaf, &batch);
	if (memory_tables_apply(replay->tables, &replay->puts))
		return err_set(err, ERR_NOMEM, "no memory");
	return 0;
}

/* ---- the journal ---- */

static void progress(const struct replay *replay, bool last)
{
	if (replay->entries % PROGRESS_ENTRIES && !last)
		return;
	if (!isatty(STDERR_FILENO))
		return;
	(void)fprintf(stderr, "\r%" PRIu64 " entries%s", replay->entries,
		      last ? "\r\033[K" : "");
}

/* The zone of days is only known once entry 0 is applied. */
static int time_limit(const struct replay *replay, struct replay_until until,
		      uint64_t *us, struct err *err)
{
	if (until.time && replay->entries == 1)
		return moment_parse(until.time, replay_zone(replay), us, err);
	return 0;
}

int replay_run(struct replay *replay, const char *dir,
	       struct replay_until until, struct err *err)
{
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	uint64_t until_us = UINT64_MAX;
	int rc = journal_read_open(dir, 0, &reader, err);

	if (rc)
		return rc;
	replay->journal = *journal_read_id(reader);
	while (replay->entries < until.size) {
		rc = journal_read_next(reader, &entry, err);
		if (rc != 1 || entry.leaf.recv_us > until_us) {
			rc = rc == 1 ? 0 : rc;
			break;
		}
		rc = apply(replay, &entry, err);
		if (!rc)
			rc = time_limit(replay, until, &until_us, err);
		if (rc)
			break;
		progress(replay, false);
	}
	progress(replay, true);
	journal_read_close(reader);
	if (!rc && !replay->entries && until.size)
		rc = err_set(err, ERR_CORRUPT,
			     "%s: the journal has no entries, not even a "
			     "founding batch",
			     dir);
	return rc;
}
