/*
 * What was handed over, put behind the journal entry by entry, as the fold
 * would have had it, and compared with each checkpoint on the way.
 */
#include "collector/recovery_parts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FILES_NAMED 12

struct plan {
	struct recovery *recovery;
	struct puts puts;	    /* of no use: the store is made again */
	size_t note;		    /* the next to compare with */
	size_t held;		    /* none before it is of a later entry */
	const struct held *differs; /* from the journal's entry; or NULL */
	uint64_t proved; /* entries before it are those that were signed */
};

static int by_place(const void *a, const void *b)
{
	const struct held *x = a, *y = b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

static int by_size(const void *a, const void *b)
{
	const struct note *x = a, *y = b;
	uint64_t left = x->checkpoint.size, right = y->checkpoint.size;

	if (left != right)
		return left < right ? -1 : 1;
	return y->succession - x->succession; /* a checkpoint says more */
}

static bool is_lost(const struct recovery *recovery, uint64_t size)
{
	for (size_t i = 0; i < recovery->declared_count; i++)
		if (size > recovery->declared[i].kept &&
		    size <= recovery->declared[i].lost)
			return true;
	return false;
}

/* Offices that have not heard of a break yet show what was signed before it;
 * the collector's own word stays. */
static void drop_old(struct recovery *recovery)
{
	size_t count = 0;

	for (size_t i = 0; i < recovery->note_count; i++) {
		const struct note *note = &recovery->notes[i];

		if (!note->bytes.len ||
		    !is_lost(recovery, note->checkpoint.size))
			recovery->notes[count++] = *note;
	}
	if (count)
		recovery->note_count = count;
}

/* Its keys now, or some that they follow from. */
static bool is_ours(const struct recovery *recovery)
{
	const struct key_chain *chain = &recovery->chain;

	for (size_t i = 0; i < chain->count; i++)
		if (fold_collector_known(recovery->fold, &chain->links[i].key))
			return true;
	return false;
}

/* The newest that was signed; two of one size must agree. */
static int find_goal(struct recovery *recovery, struct err *err)
{
	if (!recovery->note_count)
		return err_set(err, ERR_NOTFOUND,
			       "nothing says what was signed: there is no %s, "
			       "and no file of an office has a checkpoint",
			       recovery->checkpoint);
	drop_old(recovery);
	recovery->goal = recovery->notes[recovery->note_count - 1];
	for (size_t i = 1; i < recovery->note_count; i++) {
		const struct note *a = &recovery->notes[i - 1];
		const struct note *b = &recovery->notes[i];

		if (a->checkpoint.size != b->checkpoint.size)
			continue;
		if (!hash_equal(&a->checkpoint.root, &b->checkpoint.root))
			return err_set(err, ERR_CORRUPT,
				       "%s and %s: this collector has signed "
				       "two journals of %" PRIu64 " entries",
				       a->source, b->source,
				       a->checkpoint.size);
		if (b->checkpoint.size == recovery->goal.checkpoint.size &&
		    (!b->bytes.len || !a->bytes.len))
			recovery->goal.bytes = span_of(NULL, 0);
	}
	return 0;
}

bool recovery_has_begun(const struct recovery *recovery)
{
	const struct checkpoint *goal = &recovery->goal.checkpoint;
	const struct declared *last;

	if (!recovery->declared_count)
		return false;
	last = &recovery->declared[recovery->declared_count - 1];
	return last->lost == goal->size &&
	       hash_equal(&last->lost_root, &goal->root);
}

/* ---- comparing ---- */

/* "a.kept, b.kept": the files with entries in [first, last]. */
static void name_files(const struct recovery *recovery, uint64_t first,
		       uint64_t last, struct strbuf *out)
{
	size_t named = 0;

	for (size_t f = 0; f < recovery->file_count; f++) {
		bool has = false;

		for (size_t i = 0; i < recovery->held_count && !has; i++)
			has = recovery->held[i].file == f &&
			      recovery->held[i].index >= first &&
			      recovery->held[i].index <= last;
		if (!has)
			continue;
		if (named++ == FILES_NAMED) {
			strbuf_add_text(out, " and others");
			return;
		}
		strbuf_addf(out, "%s%s", named > 1 ? ", " : "",
			    recovery->files[f].facts_path);
	}
}

static int not_signed(const struct plan *plan, const struct note *note,
		      struct err *err)
{
	const struct recovery *recovery = plan->recovery;
	uint64_t last = note->checkpoint.size - 1;
	struct strbuf names;
	int rc;

	if (last < recovery->size)
		return err_set(err, ERR_CORRUPT,
			       "%s is not the journal that was signed: its "
			       "first %" PRIu64 " entries have another root "
			       "than %s says. If a copy was put back and a "
			       "collector went on from it, put the copy back "
			       "once more, without what came after",
			       recovery->journal_dir, last + 1, note->source);
	strbuf_init(&names, 0);
	name_files(recovery, plan->proved, last, &names);
	rc = err_set(err, ERR_DENIED,
		     "entries %" PRIu64 " to %" PRIu64
		     " are not those that were signed (%s): something in %s "
		     "is wrong; ask these offices to hand over again, or leave "
		     "out a file",
		     plan->proved > recovery->size ? plan->proved :
						     recovery->size,
		     last, note->source, names.failed ? "" : names.text);
	strbuf_release(&names);
	return rc;
}

/* After each entry: has what is there the root that was signed? */
static int compare(struct plan *plan, struct err *err)
{
	struct recovery *recovery = plan->recovery;
	uint64_t applied = fold_applied(recovery->fold);
	struct hash root = fold_root(recovery->fold);

	for (; plan->note < recovery->note_count; plan->note++) {
		const struct note *note = &recovery->notes[plan->note];

		if (note->checkpoint.size > applied)
			break;
		if (!hash_equal(&note->checkpoint.root, &root) &&
		    is_lost(recovery, note->checkpoint.size))
			continue;
		if (!hash_equal(&note->checkpoint.root, &root))
			return not_signed(plan, note, err);
		plan->proved = applied;
	}
	return 0;
}

/* ---- applying ---- */

static int apply(struct plan *plan, const struct leaf *leaf,
		 struct span leaf_bytes, const struct batch *batch,
		 struct err *err)
{
	struct fold *fold = plan->recovery->fold;
	struct hash hash = hash_leaf(leaf_bytes, span_of(NULL, 0));
	int rc = fold_apply(fold, fold_applied(fold), leaf, &hash, batch,
			    &plan->puts, NULL, err);

	puts_clear(&plan->puts);
	return rc ? rc : compare(plan, err);
}

/* Texts are blotted out in the journal that offices still have. */
static bool is_entry(const struct held *held, const struct journal_entry *entry)
{
	const struct leaf *leaf = &entry->leaf;
	struct hash name;

	if (leaf->kind != LEAF_BATCH || held->recv_us != leaf->recv_us)
		return false;
	name = seal_name(leaf->headers[0], &leaf->signatures[0]);
	return hash_equal(&held->name, &name);
}

/* What the journal has otherwise than offices have it: it may be a copy on
 * which a collector went on after the end was lost. */
static void compare_held(struct plan *plan, const struct journal_entry *entry)
{
	const struct recovery *recovery = plan->recovery;

	while (plan->held < recovery->held_count &&
	       recovery->held[plan->held].index <= entry->index) {
		const struct held *held = &recovery->held[plan->held++];

		if (!plan->differs && held->index == entry->index &&
		    !is_entry(held, entry))
			plan->differs = held;
	}
}

static int declare(struct recovery *recovery, const struct leaf *leaf,
		   struct err *err)
{
	struct declared *grown;

	if (leaf->kind != LEAF_REOPENED)
		return 0;
	grown = realloc(recovery->declared,
			(recovery->declared_count + 1) * sizeof(*grown));
	if (!grown)
		return err_set(err, ERR_NOMEM, "no memory to recover");
	recovery->declared = grown;
	grown[recovery->declared_count++] = (struct declared){
		.kept = leaf->applied,
		.lost = leaf->lost,
		.lost_root = leaf->lost_root,
	};
	return 0;
}

static int read_journal(struct plan *plan, struct err *err)
{
	struct recovery *recovery = plan->recovery;
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	int rc = journal_read_open(recovery->journal_dir, 0, &reader, err);

	if (rc)
		return rc;
	while ((rc = journal_read_next(reader, &entry, err)) > 0) {
		struct batch batch = { 0 };

		arena_reset(&recovery->arena);
		recovery->size = entry.index + 1;
		compare_held(plan, &entry);
		rc = declare(recovery, &entry.leaf, err);
		if (!rc && leaf_has_batch(&entry.leaf))
			rc = wire_decode_batch(entry.batch, &recovery->arena,
					       &batch, err);
		if (!rc && leaf_has_batch(&entry.leaf))
			rc = wire_check_batch(&batch, &recovery->arena, true,
					      err);
		if (!rc)
			rc = apply(plan, &entry.leaf, entry.leaf_bytes,
				   leaf_has_batch(&entry.leaf) ? &batch : NULL,
				   err);
		if (rc)
			break;
	}
	journal_read_close(reader);
	if (!rc && !recovery->size)
		rc = err_set(err, ERR_NOTFOUND,
			     "%s: has no founding entry: run tally-collector "
			     "init --founding again",
			     recovery->journal_dir);
	return rc;
}

static int keep(struct plan *plan, const struct leaf *leaf, struct span bytes,
		const struct batch *batch, struct err *err)
{
	struct recovery *recovery = plan->recovery;
	struct planned planned = { .leaf_at = recovery->leaves.len,
				   .batch = bytes,
				   .alone = !leaf_has_batch(leaf) };
	uint8_t encoded[LEAF_BYTES_MAX];

	planned.leaf_len = leaf_encode(leaf, encoded);
	strbuf_add(&recovery->leaves, encoded, planned.leaf_len);
	if (recovery->planned_count == recovery->planned_room) {
		size_t room = recovery->planned_room ?
				      2 * recovery->planned_room :
				      256;
		struct planned *grown =
			realloc(recovery->planned, room * sizeof(*grown));

		if (!grown)
			return err_set(err, ERR_NOMEM, "no memory to recover");
		recovery->planned = grown;
		recovery->planned_room = room;
	}
	if (recovery->leaves.failed)
		return err_set(err, ERR_NOMEM, "no memory to recover");
	recovery->planned[recovery->planned_count++] = planned;
	return apply(plan, leaf, span_of(encoded, planned.leaf_len), batch,
		     err);
}

/* ---- what comes next ---- */

/* Is this the next entry, as far as one can tell without the root? */
static bool fits(struct recovery *recovery, const struct held *held,
		 struct batch *batch)
{
	const struct fold *fold = recovery->fold;
	bool ends_group;

	arena_reset(&recovery->arena);
	return !wire_decode_batch(held->batch, &recovery->arena, batch, NULL) &&
	       !wire_check_batch(batch, &recovery->arena, true, NULL) &&
	       fold_stamp(fold, held->recv_us) == held->recv_us &&
	       !fold_state_due(fold, 0, 0, held->recv_us) &&
	       fold_admit(fold, batch, held->recv_us, &ends_group) ==
		       ADMIT_TAKE;
}

static bool same(const struct held *a, const struct held *b)
{
	return a->recv_us == b->recv_us && hash_equal(&a->name, &b->name);
}

/* Of two that are the same, has this one a text that is blotted out in the
 * other? An office that was put back got it from the collector so. */
static bool says_more(const struct held *held, const struct held *than)
{
	return held->batch.len == than->batch.len &&
	       memcmp(held->batch.data, than->batch.data, held->batch.len) > 0;
}

/* Of all that is handed over for an entry, the one that fits; NULL if there
 * is none. ERR_DENIED: two fit. */
static int choose(struct plan *plan, uint64_t index, const struct held **out,
		  struct err *err)
{
	struct recovery *recovery = plan->recovery;
	const struct held *chosen = NULL;
	struct batch batch;

	while (plan->held < recovery->held_count &&
	       recovery->held[plan->held].index < index)
		plan->held++;
	for (size_t i = plan->held;
	     i < recovery->held_count && recovery->held[i].index == index;
	     i++) {
		const struct held *held = &recovery->held[i];

		if (chosen && same(chosen, held)) {
			if (says_more(held, chosen))
				chosen = held;
			continue;
		}
		if (!fits(recovery, held, &batch))
			continue;
		if (chosen)
			return err_set(
				err, ERR_DENIED,
				"%s and %s have different entries %" PRIu64
				": leave out the one that is wrong",
				recovery->files[chosen->file].facts_path,
				recovery->files[held->file].facts_path, index);
		chosen = held;
	}
	*out = chosen;
	return 0;
}

/* The next of the collector's successions that the journal has not: it is in
 * the directory, with the keys. */
static bool pending_succession(const struct recovery *recovery,
			       struct succession *out, struct span *note)
{
	struct span rest = strbuf_span(&recovery->successions);

	while (succession_next(&rest, note))
		if (!succession_open(*note, out, NULL) &&
		    fold_collector_known(recovery->fold, &out->from) &&
		    !fold_collector_known(recovery->fold, &out->to))
			return true;
	return false;
}

/* 1: the next entry is one, at its own place; 0: it is not. */
static int add_succession(struct plan *plan, struct err *err)
{
	const struct fold *fold = plan->recovery->fold;
	struct hash root = fold_root(fold);
	struct succession said;
	struct span note;
	struct leaf leaf;
	int rc;

	if (!pending_succession(plan->recovery, &said, &note) ||
	    said.size != fold_applied(fold) || !hash_equal(&said.root, &root) ||
	    said.after_us != fold_recv_us(fold))
		return 0;
	leaf = leaf_succeeded(&said, note);
	rc = keep(plan, &leaf, note, NULL, err);
	return rc ? rc : 1;
}

/* Would this entry be followed by one that needs a state entry before it? */
static bool state_is_next(const struct plan *plan, uint64_t index)
{
	const struct recovery *recovery = plan->recovery;
	const struct fold *fold = recovery->fold;

	if (fold_state_due(fold, 0, 0, fold_recv_us(fold)))
		return true; /* for their number */
	for (size_t i = plan->held;
	     i < recovery->held_count && recovery->held[i].index <= index + 1;
	     i++)
		if (recovery->held[i].index == index + 1 &&
		    fold_state_due(fold, 0, 0, recovery->held[i].recv_us))
			return true;
	return false;
}

/* A state entry is the last that was signed: what follows it is not there to
 * tell, but the root is. */
static bool state_is_last(const struct recovery *recovery)
{
	const struct fold *fold = recovery->fold;
	const struct checkpoint *goal = &recovery->goal.checkpoint;
	struct leaf leaf = fold_state_leaf(fold);
	struct frontier frontier = *fold_frontier(fold);
	uint8_t bytes[LEAF_BYTES_MAX];
	struct hash hash, root;

	if (fold_applied(fold) + 1 != goal->size)
		return false;
	hash = hash_leaf(span_of(bytes, leaf_encode(&leaf, bytes)),
			 span_of(NULL, 0));
	frontier_add(&frontier, &hash);
	root = frontier_root(&frontier);
	return hash_equal(&root, &goal->root);
}

/* 1: one entry more; 0: the next one is missing. */
static int add_next(struct plan *plan, struct err *err)
{
	struct recovery *recovery = plan->recovery;
	struct fold *fold = recovery->fold;
	uint64_t index = fold_applied(fold);
	const struct held *held = NULL;
	struct batch batch;
	struct leaf leaf;
	int rc = add_succession(plan, err);

	if (!rc)
		rc = choose(plan, index, &held, err);
	if (rc)
		return rc;
	if (held) {
		bool again = fits(recovery, held, &batch);

		assert(again);
		(void)again;
		leaf = fold_leaf(fold, &batch, ADMIT_TAKE, held->recv_us);
		rc = keep(plan, &leaf, held->batch, &batch, err);
	} else if (state_is_next(plan, index) || state_is_last(recovery)) {
		leaf = fold_state_leaf(fold);
		rc = keep(plan, &leaf, span_of(NULL, 0), NULL, err);
	} else {
		return 0;
	}
	return rc ? rc : 1;
}

static int went_on(const struct plan *plan, struct err *err)
{
	const struct recovery *recovery = plan->recovery;

	return err_set(err, ERR_CORRUPT,
		       "%s has another entry %" PRIu64
		       " than %s, and entries are missing. If a copy was put "
		       "back and a collector went on from it, put the copy "
		       "back once more, without what came after",
		       recovery->journal_dir, plan->differs->index,
		       recovery->files[plan->differs->file].facts_path);
}

/* The last word of the old key was a checkpoint: what says who follows it comes
 * behind that. 1, as it is whole. */
static int add_last_successions(struct plan *plan, struct err *err)
{
	int rc;

	do
		rc = add_succession(plan, err);
	while (rc > 0);
	return rc ? rc : 1;
}

int recovery_plan(struct recovery *recovery, struct err *err)
{
	struct plan plan = { .recovery = recovery };
	int rc;

	if (recovery->note_count)
		qsort(recovery->notes, recovery->note_count,
		      sizeof(*recovery->notes), by_size);
	if (recovery->held_count)
		qsort(recovery->held, recovery->held_count,
		      sizeof(*recovery->held), by_place);
	puts_init(&plan.puts);
	rc = read_journal(&plan, err);
	if (!rc && !is_ours(recovery))
		rc = err_set(err, ERR_DENIED,
			     "the journal does not name this collector's keys");
	if (!rc)
		rc = find_goal(recovery, err);
	if (!rc)
		rc = 1;
	while (rc > 0 && !recovery_has_begun(recovery) &&
	       fold_applied(recovery->fold) < recovery->goal.checkpoint.size)
		rc = add_next(&plan, err);
	if (rc > 0 && !recovery_has_begun(recovery))
		rc = add_last_successions(&plan, err);
	puts_release(&plan.puts);
	if (!rc && plan.differs && !recovery->declared_count)
		rc = went_on(&plan, err);
	return rc < 0 ? rc : 0;
}

/* ---- a break ---- */

/* The break is signed with the key of now: if what says that this one follows
 * is lost, it is said again, in the same group. */
static int plan_successions(struct plan *plan, struct err *err)
{
	struct recovery *recovery = plan->recovery;
	struct succession said;
	struct span note;
	struct leaf leaf;
	int rc = 0;

	while (!rc && pending_succession(recovery, &said, &note)) {
		leaf = leaf_succeeded(&said, note);
		leaf.recv_us = fold_recv_us(recovery->fold);
		rc = keep(plan, &leaf, note, NULL, err);
		if (!rc)
			recovery->planned[recovery->planned_count - 1].joins =
				true;
	}
	if (!rc &&
	    !fold_collector_known(recovery->fold, &recovery->keys.sign.key))
		rc = err_set(err, ERR_DENIED,
			     "%s/keys is not the key that the journal names "
			     "last: put back a newer copy of keys",
			     recovery->dir);
	return rc;
}

static int plan_note(struct plan *plan, struct reopening *said, struct err *err)
{
	struct recovery *recovery = plan->recovery;
	struct span note;
	struct leaf leaf;
	int rc;

	said->journal = recovery->journal;
	said->kept = fold_applied(recovery->fold);
	said->kept_root = fold_root(recovery->fold);
	said->lost = recovery->goal.checkpoint.size;
	said->lost_root = recovery->goal.checkpoint.root;
	said->after_us = fold_recv_us(recovery->fold);
	reopening_sign(said, &recovery->keys.sign, &recovery->break_note);
	if (recovery->break_note.failed)
		return err_set(err, ERR_LIMIT,
			       "the statement of what is lost is longer than "
			       "%d bytes",
			       NOTE_BYTES_MAX);
	note = strbuf_span(&recovery->break_note);
	leaf = leaf_reopened(said, note);
	rc = declare(recovery, &leaf, err);
	if (!rc)
		rc = keep(plan, &leaf, note, NULL, err);
	return rc ? rc : plan_successions(plan, err);
}

/* Has its office's chain it already, or could it not follow? A state entry
 * must not be written for it then. */
static bool in_chain(const struct recovery *recovery, const struct held *held)
{
	struct fold_office office;

	return fold_office(recovery->fold, &held->key, &office) &&
	       office.next != held->sequence;
}

/* At its new place, if it still is the next of its office. */
static int plan_again(struct plan *plan, const struct held *held,
		      uint64_t now_us, struct err *err)
{
	struct recovery *recovery = plan->recovery;
	struct fold *fold = recovery->fold;
	uint64_t recv_us = fold_stamp(fold, now_us);
	struct batch batch;
	struct leaf leaf;
	bool ends_group;
	int rc = 0;

	if (fold_state_due(fold, 0, 0, recv_us)) {
		leaf = fold_state_leaf(fold);
		rc = keep(plan, &leaf, span_of(NULL, 0), NULL, err);
		recv_us = fold_stamp(fold, now_us);
	}
	arena_reset(&recovery->arena);
	if (!rc)
		rc = wire_decode_batch(held->batch, &recovery->arena, &batch,
				       err);
	if (!rc)
		rc = wire_check_batch(&batch, &recovery->arena, true, err);
	if (rc || fold_admit(fold, &batch, recv_us, &ends_group) != ADMIT_TAKE)
		return rc;
	leaf = fold_leaf(fold, &batch, ADMIT_TAKE, recv_us);
	return keep(plan, &leaf, held->batch, &batch, err);
}

int recovery_plan_late(struct recovery *recovery, uint64_t now_us,
		       struct err *err)
{
	struct plan plan = { .recovery = recovery,
			     .note = recovery->note_count };
	uint64_t kept = recovery->declared[recovery->declared_count - 1].kept;
	int rc = 0;

	puts_init(&plan.puts);
	for (size_t i = 0; i < recovery->held_count && !rc; i++)
		if (recovery->held[i].index >= kept &&
		    !in_chain(recovery, &recovery->held[i]))
			rc = plan_again(&plan, &recovery->held[i], now_us, err);
	puts_release(&plan.puts);
	return rc;
}

int recovery_plan_break(struct recovery *recovery, struct reopening *said,
			uint64_t now_us, struct err *err)
{
	struct plan plan = { .recovery = recovery,
			     .note = recovery->note_count };
	int rc = 0;

	puts_init(&plan.puts);
	if (!recovery_has_begun(recovery))
		rc = plan_note(&plan, said, err);
	puts_release(&plan.puts);
	return rc ? rc : recovery_plan_late(recovery, now_us, err);
}
