#include "audit/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/ahead.h"
#include "audit/progress.h"
#include "proto/moment.h"
#include "store/lookup.h"

int replay_init(struct replay *replay, bool keeps_tables, struct err *err)
{
	*replay = (struct replay){ .keeps_tables = keeps_tables };
	replay->fold = fold_new();
	replay->room = calloc(WIRE_STATEMENTS_MAX, sizeof(*replay->room));
	if (scratch_init(&replay->tables, keeps_tables, err) || !replay->fold ||
	    !replay->room) {
		replay_release(replay);
		return err_set(err, ERR_NOMEM, "no memory");
	}
	return 0;
}

void replay_release(struct replay *replay)
{
	fold_free(replay->fold);
	scratch_release(&replay->tables);
	free(replay->room);
	reopenings_release(&replay->reopenings);
	*replay = (struct replay){ 0 };
}

struct table_reader replay_reader(const struct replay *replay)
{
	return scratch_reader(&replay->tables);
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

	if (!rc) /* by a key that has followed, and is said next? */
		replay->unsigned_break =
			!fold_collector_signed(replay->fold, entry->batch);
	if (!rc)
		rc = reopenings_add(&replay->reopenings, entry->batch, err);
	return rc;
}

/* What this program is too old for is no fault of the journal's; all else that
 * the fold does not take is. */
static bool is_too_new(const struct replay *replay, const struct leaf *leaf)
{
	struct fold_facts facts;

	return leaf->kind == LEAF_FORWARD ||
	       (fold_facts(replay->fold, &facts) &&
		facts.rules > FOLD_RULES_VERSION);
}

/* A reopening whose signer the journal did not name is signed by a key that
 * the successions just behind it name. */
static int check_break(struct replay *replay, const struct journal_entry *entry,
		       struct err *err)
{
	const struct reopenings *all = &replay->reopenings;
	struct span note;

	if (!replay->unsigned_break)
		return 0;
	note = span_of_text(all->items[all->count - 1].note);
	replay->unsigned_break = !fold_collector_signed(replay->fold, note);
	if (!replay->unsigned_break ||
	    (entry && entry->leaf.kind == LEAF_SUCCEEDED))
		return 0;
	return err_set(err, ERR_CORRUPT,
		       "the reopening is not signed by the journal's "
		       "collector");
}

static int take_succession(const struct journal_entry *entry, struct err *err)
{
	struct succession succession;

	return leaf_succession(&entry->leaf, entry->batch, &succession, err) ?
		       err->code = ERR_CORRUPT :
		       0;
}

static int apply(struct replay *replay, const struct ahead_entry *one,
		 struct err *err)
{
	const struct journal_entry *entry = &one->entry;
	const struct batch *batch = &one->batch;
	int rc = ahead_batch(one, err);

	if (rc && rc != ERR_NOMEM)
		rc = ERR_CORRUPT;
	if (!rc)
		rc = check_break(replay, entry, err);
	if (!rc && entry->leaf.kind == LEAF_REOPENED)
		rc = take_reopening(replay, entry, err);
	if (!rc && entry->leaf.kind == LEAF_SUCCEEDED)
		rc = take_succession(entry, err);
	if (!rc)
		rc = check_admission(replay, &entry->leaf, batch, err);
	if (!rc)
		rc = fold_apply(replay->fold, entry->index, &entry->leaf,
				&one->leaf,
				leaf_has_batch(&entry->leaf) ? batch : NULL,
				&replay->tables.puts, replay->room, err);
	if (rc == ERR_INVALID && !is_too_new(replay, &entry->leaf))
		rc = ERR_CORRUPT;
	if (rc) {
		(void)err_context(err, "%s, offset %" PRIu64 ", entry %" PRIu64,
				  entry->file, entry->offset, entry->index);
		return rc;
	}
	count(replay, &entry->leaf, batch);
	return scratch_settle(&replay->tables, err);
}

/* ---- the journal ---- */

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
	struct ahead *ahead = NULL;
	struct ahead_entry *one;
	uint64_t until_us = UINT64_MAX;
	struct progress progress;
	int rc = ahead_open(dir, true, &ahead, err);

	if (rc)
		return rc;
	replay->journal = *ahead_id(ahead);
	progress_start(&progress, dir);
	while (replay->entries < until.size) {
		rc = ahead_next(ahead, &one, err);
		if (rc != 1 || one->entry.leaf.recv_us > until_us) {
			if (!rc)
				rc = check_break(replay, NULL, err);
			rc = rc == 1 ? 0 : rc;
			break;
		}
		rc = apply(replay, one, err);
		if (!rc)
			rc = time_limit(replay, until, &until_us, err);
		if (rc)
			break;
		progress_entry(&progress, &one->entry);
	}
	if (!rc && replay->keeps_tables)
		rc = scratch_finish(&replay->tables, replay->fold, err);
	progress_end(&progress);
	ahead_close(ahead);
	if (!rc && !replay->entries && until.size)
		rc = err_set(err, ERR_CORRUPT,
			     "%s: the journal has no entries, not even a "
			     "founding batch",
			     dir);
	return rc;
}
