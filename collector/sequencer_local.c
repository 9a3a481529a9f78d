/*
 * The embedded sequencer: order of arrival, this process's own journal. A
 * group is written, synced (one fdatasync), folded and told, in that order:
 * the fold never runs ahead of the disk.
 */
#include <assert.h>
#include <stdlib.h>

#include "collector/sequencer.h"

/* Batches in a group: bounds how long the first of them waits for the last. */
#define GROUP_BATCHES_MAX 4096

struct waiting {
	void *tag;
	const struct batch *batch;
	enum admission admission;
	struct leaf leaf;
	uint64_t index;
};

struct local {
	struct journal *journal;
	struct fold *fold;
	struct puts *puts;
	struct sequencer_told told;
	struct waiting *waiting;
	size_t count;
	uint16_t *verdicts;
};

static int fold_in(struct local *local, uint64_t index, const struct leaf *leaf,
		   const struct batch *batch, struct err *err)
{
	uint8_t bytes[LEAF_BYTES_MAX];
	size_t len = leaf_encode(leaf, bytes);
	struct hash hash = hash_leaf(span_of(bytes, len), span_of(NULL, 0));
	int rc = fold_apply(local->fold, index, leaf, &hash, batch, local->puts,
			    local->verdicts, err);

	if (rc)
		return err_context(err, "cannot fold entry %llu",
				   (unsigned long long)index);
	local->told.entry(local->told.ctx, &hash);
	return 0;
}

static int apply(struct local *local, const struct waiting *waiting,
		 struct err *err)
{
	const struct batch *batch = waiting->batch;
	struct receipt receipt = { .sequence = batch->header.sequence,
				   .index = waiting->index,
				   .recv_us = waiting->leaf.recv_us,
				   .verdicts = local->verdicts,
				   .verdict_count = batch->header.count };
	size_t puts_from = local->puts->bytes.len;
	int rc = fold_in(local, waiting->index, &waiting->leaf, batch, err);

	if (rc)
		return rc;
	local->told.applied(local->told.ctx, waiting->tag, waiting->admission,
			    batch, &receipt, puts_from);
	return 0;
}

static int local_settle(void *self, struct err *err)
{
	struct local *local = self;
	size_t count = local->count;
	int rc = 0;

	if (!count)
		return 0;
	local->count = 0;
	rc = journal_commit(local->journal, err);
	/* Pending heads are either durable now or gone. */
	fold_forget_pending(local->fold);
	if (rc == ERR_FULL) {
		for (size_t i = 0; i < count; i++)
			local->told.no_room(local->told.ctx,
					    local->waiting[i].tag,
					    local->waiting[i].batch);
		return 0;
	}
	for (size_t i = 0; i < count && !rc; i++)
		rc = apply(local, &local->waiting[i], err);
	return rc;
}

static int append(struct local *local, const struct leaf *leaf,
		  struct span bytes, uint64_t *index, struct err *err)
{
	int rc = ERR_LIMIT;

	if (local->count < GROUP_BATCHES_MAX)
		rc = journal_append(local->journal, leaf, bytes, index, err);
	if (rc != ERR_LIMIT || !local->count)
		return rc;
	rc = local_settle(local, err);
	return rc ? rc : ERR_ORDER;
}

/* The group before it is settled; ERR_FULL: nothing of it happened. */
static int add_state(struct local *local, struct err *err)
{
	struct leaf leaf = fold_state_leaf(local->fold);
	uint64_t index;
	int rc = journal_append(local->journal, &leaf, span_of(NULL, 0), &index,
				err);

	if (!rc)
		rc = journal_commit(local->journal, err);
	return rc ? rc : fold_in(local, index, &leaf, NULL, err);
}

/* Does a state entry go before an entry received now? */
static bool state_due(const struct local *local, uint64_t recv_us)
{
	uint64_t last_us = 0;

	if (local->count)
		last_us = local->waiting[local->count - 1].leaf.recv_us;
	return fold_state_due(local->fold, local->count, last_us, recv_us);
}

/* ERR_ORDER: the group was settled, which may change what admission says. */
static int take(struct local *local, struct waiting *waiting, struct span bytes,
		uint64_t recv_us, struct err *err)
{
	int rc;

	waiting->leaf = fold_leaf(local->fold, waiting->batch,
				  waiting->admission, recv_us);
	if (!state_due(local, waiting->leaf.recv_us))
		return append(local, &waiting->leaf, bytes, &waiting->index,
			      err);
	rc = local_settle(local, err);
	if (!rc)
		rc = add_state(local, err);
	return rc ? rc : ERR_ORDER;
}

/* Time does not go back, within a group either. */
static uint64_t stamp(const struct local *local, uint64_t recv_us)
{
	uint64_t last_us;

	if (!local->count)
		return fold_stamp(local->fold, recv_us);
	last_us = local->waiting[local->count - 1].leaf.recv_us;
	return recv_us > last_us ? recv_us : last_us;
}

static int local_submit(void *self, void *tag, const struct batch *batch,
			struct span bytes, uint64_t recv_us,
			enum admission *admission, struct err *err)
{
	struct local *local = self;
	struct waiting waiting = { .tag = tag, .batch = batch };
	bool ends_group = false;
	int rc;

	do {
		recv_us = stamp(local, recv_us);
		waiting.admission =
			fold_admit(local->fold, batch, recv_us, &ends_group);
		*admission = waiting.admission;
		if (waiting.admission != ADMIT_TAKE &&
		    waiting.admission != ADMIT_FORK)
			return 0;
		rc = take(local, &waiting, bytes, recv_us, err);
	} while (rc == ERR_ORDER);
	if (rc == ERR_FULL) {
		local->told.no_room(local->told.ctx, tag, batch);
		return 0;
	}
	if (rc)
		return rc;
	fold_pend(local->fold, batch, waiting.admission);
	local->waiting[local->count++] = waiting;
	return ends_group ? local_settle(local, err) : 0;
}

static void local_free(void *self)
{
	struct local *local = self;

	if (!local)
		return;
	free(local->waiting);
	free(local->verdicts);
	free(local);
}

int sequencer_local_new(struct journal *journal, struct fold *fold,
			struct puts *puts, const struct sequencer_told *told,
			struct sequencer *out, struct err *err)
{
	struct local *local = calloc(1, sizeof(*local));

	if (local) {
		local->waiting =
			calloc(GROUP_BATCHES_MAX, sizeof(*local->waiting));
		local->verdicts =
			calloc(WIRE_STATEMENTS_MAX, sizeof(*local->verdicts));
	}
	if (!local || !local->waiting || !local->verdicts) {
		local_free(local);
		return err_set(err, ERR_NOMEM, "no memory for the sequencer");
	}
	local->journal = journal;
	local->fold = fold;
	local->puts = puts;
	local->told = *told;
	*out = (struct sequencer){ .submit = local_submit,
				   .settle = local_settle,
				   .free = local_free,
				   .self = local };
	return 0;
}
