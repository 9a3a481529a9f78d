/*
 * One entry after the other: admission again (a journal is not believed),
 * the chain's new head, a verdict for each statement, and the entry's mark.
 */
#include "store/fold.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "proto/checkpoint.h"
#include "store/fold_state.h"

struct fold *fold_new(void)
{
	struct fold *fold = calloc(1, sizeof(*fold));

	if (!fold)
		return NULL;
	intern_init(&fold->office_keys);
	intern_init(&fold->curve_keys);
	intern_init(&fold->grant_keys);
	intern_init(&fold->grant_curves);
	frontier_init(&fold->frontier);
	fold->root = frontier_root(&fold->frontier);
	arena_init(&fold->keep, SIZE_MAX / 2);
	arena_init(&fold->scratch, WIRE_ARENA_BYTES);
	strbuf_init(&fold->bytes, 0);
	fold->figures = figures_new();
	if (!fold->figures) {
		fold_free(fold);
		return NULL;
	}
	return fold;
}

void fold_free(struct fold *fold)
{
	if (!fold)
		return;
	fold_forget_pending(fold);
	for (uint32_t i = 0; i < fold->office_keys.count; i++) {
		free(fold->offices[i]->names);
		free(fold->offices[i]);
	}
	free(fold->offices);
	free(fold->curve_offices);
	free(fold->grants);
	free(fold->curve_grants);
	intern_release(&fold->office_keys);
	intern_release(&fold->curve_keys);
	intern_release(&fold->grant_keys);
	intern_release(&fold->grant_curves);
	parts_forget(fold, NULL);
	free(fold->parts);
	catalogue_free(fold->catalogue);
	figures_free(fold->figures);
	free(fold->texts);
	free(fold->pended);
	arena_release(&fold->keep);
	arena_release(&fold->scratch);
	strbuf_release(&fold->bytes);
	free(fold);
}

/* ---- what the collector asks ---- */

uint64_t fold_applied(const struct fold *fold)
{
	return fold->frontier.size;
}

uint64_t fold_recv_us(const struct fold *fold)
{
	return fold->recv_us;
}

struct hash fold_root(const struct fold *fold)
{
	return fold->root;
}

const struct frontier *fold_frontier(const struct fold *fold)
{
	return &fold->frontier;
}

bool fold_facts(const struct fold *fold, struct fold_facts *out)
{
	if (fold->founded)
		*out = (struct fold_facts){
			.journal = fold->journal,
			.zone_minutes = fold->zone_minutes,
			.simulated = fold->simulated,
			.rules = fold->rules_next,
		};
	return fold->founded;
}

size_t fold_reopened(const struct fold *fold, uint64_t out[REOPENINGS_MAX])
{
	memcpy(out, fold->reopened,
	       fold->reopened_count * sizeof(*fold->reopened));
	return fold->reopened_count;
}

size_t fold_succeeded(const struct fold *fold, uint64_t out[SUCCESSIONS_MAX])
{
	memcpy(out, fold->succeeded,
	       fold->succeeded_count * sizeof(*fold->succeeded));
	return fold->succeeded_count;
}

bool fold_collector_signed(const struct fold *fold, struct span note)
{
	for (size_t i = 0; i < fold->collector_count; i++)
		if (!reopening_check(note, &fold->collectors[i].checkpoint_key,
				     NULL))
			return true;
	return false;
}

bool fold_checkpoint_signed(const struct fold *fold, struct span note)
{
	struct checkpoint checkpoint;

	for (size_t i = 0; i < fold->collector_count; i++)
		if (!checkpoint_open(note, &fold->collectors[i].checkpoint_key,
				     &checkpoint, NULL))
			return true;
	return false;
}

static struct collector_keys *find_collector(const struct fold *fold,
					     const struct sign_key *key)
{
	for (size_t i = 0; i < fold->collector_count; i++)
		if (!memcmp(fold->collectors[i].checkpoint_key.bytes,
			    key->bytes, SIGN_KEY_BYTES))
			return &fold->collectors[i];
	return NULL;
}

bool fold_collector_known(const struct fold *fold,
			  const struct sign_key *checkpoint_key)
{
	return find_collector(fold, checkpoint_key) != NULL;
}

bool fold_collector_curve(const struct fold *fold,
			  const struct sign_key *checkpoint_key,
			  uint8_t out[CURVE_KEY_BYTES])
{
	const struct collector_keys *keys =
		find_collector(fold, checkpoint_key);

	if (keys)
		memcpy(out, keys->curve_key, CURVE_KEY_BYTES);
	return keys != NULL;
}

int fold_newest(const struct fold *fold,
		int (*visit)(void *arg, const struct figure_newest *newest),
		void *arg)
{
	return figures_newest(fold->figures, visit, arg);
}

/* ---- checks of an entry ---- */

static int check_entry(const struct fold *fold, uint64_t index,
		       const struct leaf *leaf, const struct batch *batch,
		       struct err *err)
{
	unsigned long long number = (unsigned long long)index;

	if (index != fold->frontier.size)
		return err_set(err, ERR_INVALID,
			       "entry %llu does not follow the %llu applied",
			       number, (unsigned long long)fold->frontier.size);
	if (fold->rules > FOLD_RULES_VERSION)
		return err_set(err, ERR_INVALID,
			       "entry %llu: rules version %u is in force, this "
			       "program knows up to %u",
			       number, fold->rules, FOLD_RULES_VERSION);
	if (leaf->kind == LEAF_FORWARD)
		return err_set(err, ERR_INVALID,
			       "entry %llu: entries of kind %d are of a later "
			       "version of this program",
			       number, (int)leaf->kind);
	if (leaf->recv_us < fold->recv_us)
		return err_set(err, ERR_INVALID,
			       "entry %llu was received before the one before "
			       "it",
			       number);
	assert(!batch == !leaf_has_batch(leaf));
	return fold_check_place(fold, index, leaf, err);
}

/* Does the leaf say what admission of this batch would have it say? */
static int check_admission(const struct fold *fold, uint64_t index,
			   const struct leaf *leaf, const struct batch *batch,
			   struct err *err)
{
	enum admission admission = fold_readmit(fold, batch, leaf->recv_us);
	enum admission expected = leaf->kind == LEAF_FORK ? ADMIT_FORK :
							    ADMIT_TAKE;
	uint8_t is[LEAF_BYTES_MAX], should[LEAF_BYTES_MAX];
	struct leaf made;
	size_t len;

	if (admission != expected)
		return err_set(err, ERR_INVALID,
			       "entry %llu: its batch is not to be %s but %s",
			       (unsigned long long)index,
			       admission_name(expected),
			       admission_name(admission));
	made = fold_leaf(fold, batch, admission, leaf->recv_us);
	len = leaf_encode(leaf, is);
	if (leaf_encode(&made, should) != len || memcmp(is, should, len) != 0)
		return err_set(err, ERR_INVALID,
			       "entry %llu: its leaf does not belong to its "
			       "batch",
			       (unsigned long long)index);
	return 0;
}

/* ---- applying ---- */

static int apply_fork(struct fold *fold, const struct batch *batch,
		      struct puts *puts)
{
	struct office *office = office_find(fold, &batch->header.key);

	office->flags |= OFFICE_SUSPENDED;
	return office_put(fold, office, puts);
}

/* The first words of an unknown key found the journal or enrol the key. */
static int welcome(struct fold *fold, const struct batch *batch,
		   struct puts *puts, struct err *err)
{
	struct statement first;
	int rc;

	arena_reset(&fold->scratch);
	rc = wire_decode_statement(batch->sealed[0].body, &fold->scratch,
				   &first, err);
	if (rc)
		return rc;
	if (first.kind == SAID_FOUND)
		return fold_found(fold, batch, &first.said.found, puts, err);
	return fold_enrol(fold, &first, puts, err);
}

static int put_taken(const struct office *office, uint64_t index,
		     const struct leaf *leaf, const struct batch *batch,
		     struct puts *puts)
{
	uint8_t key[TAKEN_KEY_BYTES], value[TAKEN_VALUE_BYTES];
	struct writer writer;

	memcpy(key, office->hash.bytes, HASH_BYTES);
	store_u64(key + HASH_BYTES, batch->header.sequence);
	writer_init(&writer, value, sizeof(value));
	write_u64(&writer, index);
	write_u64(&writer, leaf->recv_us);
	write_u32(&writer, batch->header.count);
	write_bytes(&writer, batch->name.bytes, HASH_BYTES);
	assert(!writer.failed && writer.len == sizeof(value));
	return puts_add(puts, TABLE_TAKEN, span_of(key, sizeof(key)),
			span_of(value, sizeof(value)));
}

/* Moves the office's chain. */
static int take_batch(struct office *office, uint64_t index,
		      const struct leaf *leaf, const struct batch *batch,
		      struct puts *puts)
{
	struct chain *chain = &office->chain;
	int rc = put_taken(office, index, leaf, batch, puts);

	if (!rc)
		rc = office_add_name(office, &batch->name);
	if (rc)
		return rc;
	chain->head = batch->name;
	memcpy(office->header, batch->header_bytes.data, SEAL_HEADER_BYTES);
	chain->header = span_of(office->header, SEAL_HEADER_BYTES);
	chain->signature = batch->signature;
	office->recv_us = leaf->recv_us;
	return 0;
}

static int put_refusal(uint64_t index, uint32_t n, enum verdict verdict,
		       struct puts *puts)
{
	uint8_t key[12];
	uint8_t value[2] = { (uint8_t)(verdict >> 8), (uint8_t)verdict };

	store_u64(key, index);
	store_u32(key + 8, n);
	return puts_add(puts, TABLE_REFUSAL, span_of(key, sizeof(key)),
			span_of(value, sizeof(value)));
}

/* The figures of some reports from n on, so that several come into the
 * processor's caches at a time. */
static void expect(const struct fold *fold, const struct batch *batch,
		   uint32_t n)
{
	struct figure_expected list[FIGURES_EXPECTED_MAX];
	const struct catalogue *catalogue = fold->catalogue;
	size_t count = 0;

	for (uint32_t end = n + FIGURES_EXPECTED_MAX;
	     n < batch->header.count && n < end; n++) {
		const struct statement *said = batch->said[n];
		struct figure_expected *one = &list[count];

		if (!said || said->kind != SAID_REPORT)
			continue;
		one->target =
			catalogue_target(catalogue, said->said.report.target);
		one->unit = intern_find(&catalogue->unit_ids,
					said->said.report.unit);
		one->item = said->said.report.item;
		if (one->target != CATALOGUE_NONE && one->unit != INTERN_NONE &&
		    !period_parse(said->said.report.period, &one->period, NULL))
			count++;
	}
	figures_expect(fold->figures, list, count);
}

static int apply_statements(struct fold *fold, struct office *office,
			    const struct leaf *leaf, const struct batch *batch,
			    uint32_t first, struct puts *puts,
			    uint16_t *verdicts, struct err *err)
{
	struct origin origin = {
		.entry = fold->frontier.size,
		.recv_us = leaf->recv_us,
		.key = office->hash,
		.sequence = batch->header.sequence,
	};
	enum verdict verdict;
	int rc = 0;

	if (verdicts && first)
		verdicts[0] = VERDICT_ADMITTED;
	for (uint32_t n = first; n < batch->header.count && !rc; n++) {
		origin.n = n;
		if ((n - first) % FIGURES_EXPECTED_MAX == 0 && batch->said &&
		    fold->catalogue)
			expect(fold, batch, n);
		rc = fold_statement(fold, office, batch, &origin, puts,
				    &verdict, err);
		if (!rc && verdict &&
		    put_refusal(origin.entry, n, verdict, puts))
			rc = err_set(err, ERR_NOMEM, "no memory for the fold");
		if (!rc && verdicts)
			verdicts[n] = (uint16_t)verdict;
	}
	return rc;
}

static int apply_batch(struct fold *fold, uint64_t index,
		       const struct leaf *leaf, const struct batch *batch,
		       struct puts *puts, uint16_t *verdicts, struct err *err)
{
	struct office *office = office_find(fold, &batch->header.key);
	uint32_t first = 0;
	int rc;

	if (!office) {
		rc = welcome(fold, batch, puts, err);
		if (rc)
			return rc;
		first = 1;
		office = office_find(fold, &batch->header.key);
		assert(office);
	}
	if (take_batch(office, index, leaf, batch, puts) ||
	    office_put(fold, office, puts))
		return err_set(err, ERR_NOMEM, "no memory for the fold");
	return apply_statements(fold, office, leaf, batch, first, puts,
				verdicts, err);
}

/* What an office said: a batch, or the evidence of a fork. */
static int apply_said(struct fold *fold, uint64_t index,
		      const struct leaf *leaf, const struct batch *batch,
		      struct puts *puts, uint16_t *verdicts, struct err *err)
{
	int rc = check_admission(fold, index, leaf, batch, err);

	if (rc)
		return rc;
	if (fold_note_texts(fold, index, batch, puts))
		return err_set(err, ERR_NOMEM, "no memory for the fold");
	if (leaf->kind == LEAF_FORK)
		rc = apply_fork(fold, batch, puts);
	else
		rc = apply_batch(fold, index, leaf, batch, puts, verdicts, err);
	if (!rc)
		fold_settle_pending(fold,
				    office_find(fold, &batch->header.key));
	return rc;
}

static void add_reopened(struct fold *fold, uint64_t index)
{
	if (fold->reopened_count == REOPENINGS_MAX)
		memmove(fold->reopened, fold->reopened + 1,
			--fold->reopened_count * sizeof(*fold->reopened));
	fold->reopened[fold->reopened_count++] = index;
}

static int apply_succession(struct fold *fold, uint64_t index,
			    const struct leaf *leaf, struct puts *puts,
			    struct err *err)
{
	struct collector_keys *keys = find_collector(fold, &leaf->from);

	if (!keys || find_collector(fold, &leaf->to))
		return err_set(err, ERR_INVALID,
			       "entry %llu: a succession of keys that are not "
			       "the journal's collector's",
			       (unsigned long long)index);
	assert(fold->succeeded_count < SUCCESSIONS_MAX);
	keys->checkpoint_key = leaf->to;
	memcpy(keys->curve_key, leaf->curve, CURVE_KEY_BYTES);
	fold->succeeded[fold->succeeded_count++] = index;
	return fold_put_collectors(fold, puts) ?
		       err_set(err, ERR_NOMEM, "no memory for the fold") :
		       0;
}

int fold_apply(struct fold *fold, uint64_t index, const struct leaf *leaf,
	       const struct hash *leaf_hash, const struct batch *batch,
	       struct puts *puts, uint16_t *verdicts, struct err *err)
{
	int rc = check_entry(fold, index, leaf, batch, err);

	if (!rc && batch)
		rc = apply_said(fold, index, leaf, batch, puts, verdicts, err);
	if (!rc && leaf->kind == LEAF_SUCCEEDED)
		rc = apply_succession(fold, index, leaf, puts, err);
	if (rc)
		return rc;
	if (leaf->kind == LEAF_REOPENED) {
		add_reopened(fold, index);
	} else if (leaf->kind == LEAF_STATE) {
		fold->state_full = fold->since >= FOLD_STATE_ENTRIES;
		fold->since = 0;
	} else if (batch) {
		fold->since++;
	}
	fold->rules = fold->rules_next;
	fold->recv_us = leaf->recv_us;
	frontier_add(&fold->frontier, leaf_hash);
	fold->root = frontier_root(&fold->frontier);
	rc = fold_put_meta(fold, puts);
	return rc ? err_set(err, rc, "no memory for the fold") : 0;
}
