/*
 * Where state entries stand. Every collector that reads the same order writes
 * the same ones, and a journal that lacks one, or has one too many, is none.
 */
#include "store/fold.h"

#include <string.h>

#include "store/fold_state.h"

static bool other_hour(uint64_t a_us, uint64_t b_us)
{
	return a_us / FOLD_STATE_US != b_us / FOLD_STATE_US;
}

/* Was the last entry a state entry? */
static bool after_state(const struct fold *fold)
{
	return fold->frontier.size && fold->since == 0;
}

bool fold_state_due(const struct fold *fold, uint64_t waiting,
		    uint64_t waiting_us, uint64_t recv_us)
{
	uint64_t since = fold->since + waiting;

	return since &&
	       (since >= FOLD_STATE_ENTRIES ||
		other_hour(waiting ? waiting_us : fold->recv_us, recv_us));
}

struct leaf fold_state_leaf(const struct fold *fold)
{
	return (struct leaf){
		.kind = LEAF_STATE,
		.recv_us = fold->recv_us,
		.applied = fold->frontier.size,
		.rows = figures_count(fold->figures),
		.root = figures_state(fold->figures),
		.rules = fold->rules,
	};
}

uint64_t fold_stamp(const struct fold *fold, uint64_t recv_us)
{
	uint64_t next_us = (fold->recv_us / FOLD_STATE_US + 1) * FOLD_STATE_US;

	if (recv_us < fold->recv_us)
		recv_us = fold->recv_us;
	/* A clock that went back since, by a little. */
	if (after_state(fold) && !fold->state_full && recv_us < next_us)
		recv_us = next_us;
	return recv_us;
}

static int wrong_state(const struct fold *fold, uint64_t index,
		       const struct leaf *leaf, struct err *err)
{
	struct leaf should = fold_state_leaf(fold);
	unsigned long long number = (unsigned long long)index;

	if (!fold->since)
		return err_set(err, ERR_INVALID,
			       "entry %llu: no state entry belongs here",
			       number);
	if (leaf->applied != should.applied || leaf->rules != should.rules ||
	    leaf->recv_us != should.recv_us)
		return err_set(err, ERR_INVALID,
			       "entry %llu: a state entry of another place",
			       number);
	if (leaf->rows != should.rows || !hash_equal(&leaf->root, &should.root))
		return err_set(err, ERR_INVALID,
			       "entry %llu: the figures are not those that "
			       "the journal states",
			       number);
	return 0;
}

/* It is nobody's word in time: it stands anywhere, and counts for nothing. */
static int wrong_reopening(const struct fold *fold, uint64_t index,
			   const struct leaf *leaf, struct err *err)
{
	unsigned long long number = (unsigned long long)index;

	if (leaf->recv_us != fold->recv_us || leaf->applied != index ||
	    leaf->lost < leaf->applied || !index)
		return err_set(err, ERR_INVALID,
			       "entry %llu: a reopening of another place",
			       number);
	if (!hash_equal(&leaf->root, &fold->root))
		return err_set(err, ERR_INVALID,
			       "entry %llu: what was kept is not what stands "
			       "before it",
			       number);
	return 0;
}

/* Is the entry behind a reopening, with nothing but successions between? */
static bool behind_break(const struct fold *fold, uint64_t index)
{
	uint64_t at;

	if (!fold->reopened_count)
		return false;
	at = fold->reopened[fold->reopened_count - 1] + 1;
	for (size_t i = 0; i < fold->succeeded_count; i++)
		at += fold->succeeded[i] >= at;
	return at == index;
}

/* Nor is this: one key of a collector that the journal names, for another. Just
 * behind a reopening it may be of a place that was lost. */
static int wrong_succession(const struct fold *fold, uint64_t index,
			    const struct leaf *leaf, struct err *err)
{
	unsigned long long number = (unsigned long long)index;
	bool here = leaf->applied == index &&
		    hash_equal(&leaf->root, &fold->root);

	if (leaf->recv_us != fold->recv_us || !index ||
	    (!here && (leaf->applied < index || !behind_break(fold, index))))
		return err_set(err, ERR_INVALID,
			       "entry %llu: a succession of another place",
			       number);
	if (fold->succeeded_count == SUCCESSIONS_MAX)
		return err_set(err, ERR_INVALID,
			       "entry %llu: more than %d successions", number,
			       SUCCESSIONS_MAX);
	return 0;
}

int fold_check_place(const struct fold *fold, uint64_t index,
		     const struct leaf *leaf, struct err *err)
{
	if (leaf->kind == LEAF_STATE)
		return wrong_state(fold, index, leaf, err);
	if (leaf->kind == LEAF_REOPENED)
		return wrong_reopening(fold, index, leaf, err);
	if (leaf->kind == LEAF_SUCCEEDED)
		return wrong_succession(fold, index, leaf, err);
	if (fold_state_due(fold, 0, 0, leaf->recv_us))
		return err_set(err, ERR_INVALID,
			       "entry %llu: the state entry before it is "
			       "missing",
			       (unsigned long long)index);
	if (after_state(fold) && !fold->state_full &&
	    !other_hour(fold->recv_us, leaf->recv_us))
		return err_set(err, ERR_INVALID,
			       "entry %llu: no state entry belongs before it",
			       (unsigned long long)index);
	return 0;
}
