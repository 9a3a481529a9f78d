#include "collector/memo.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "collector/due.h"
#include "proto/figure/measure_copy.h"
#include "store/figures_row.h"

#define TARGET_BYTES_MAX ((size_t)256 * 1024 * 1024)

/* One target's figures, as they stand in every state from since on. */
struct remembered {
	struct arena arena;
	const struct figure *whole, *units; /* NULL: not judged yet */
	size_t unit_count;
	uint64_t since; /* entries */
	/* Of memo_keep_periods, on that day: a period closes with its last
	 * one. NULL: not asked for yet. */
	char *periods;
	int32_t periods_day;
};

/* What all figures depend on, beside what was said. */
struct ground {
	uint32_t version; /* 0: nothing is remembered */
	struct hash journal;
	int32_t cutoff;
	struct suspects suspects;
};

struct memo {
	bool settled;
	pthread_mutex_t updating;
	pthread_mutex_t periods; /* of each target's */
	pthread_rwlock_t lock;	 /* of what follows: written by who updates */
	struct ground ground;
	struct catalogue *catalogue;
	uint64_t applied;
	struct remembered *targets; /* of the catalogue, in its order */
};

struct memo *memo_new(bool settled)
{
	struct memo *memo = calloc(1, sizeof(*memo));

	if (!memo)
		return NULL;
	memo->settled = settled;
	(void)pthread_mutex_init(&memo->updating, NULL);
	(void)pthread_mutex_init(&memo->periods, NULL);
	(void)pthread_rwlock_init(&memo->lock, NULL);
	return memo;
}

static void forget(struct remembered *targets, size_t count)
{
	for (size_t i = 0; targets && i < count; i++) {
		arena_release(&targets[i].arena);
		free(targets[i].periods);
	}
	free(targets);
}

void memo_free(struct memo *memo)
{
	if (!memo)
		return;
	if (memo->catalogue)
		forget(memo->targets, memo->catalogue->target_count);
	catalogue_free(memo->catalogue);
	free(memo->ground.suspects.list);
	(void)pthread_mutex_destroy(&memo->updating);
	(void)pthread_mutex_destroy(&memo->periods);
	(void)pthread_rwlock_destroy(&memo->lock);
	free(memo);
}

void memo_begin(struct memo *memo)
{
	pthread_rwlock_rdlock(&memo->lock);
}

void memo_end(struct memo *memo)
{
	pthread_rwlock_unlock(&memo->lock);
}

struct view_catalogue memo_catalogue(const struct memo *memo)
{
	return (struct view_catalogue){ memo->catalogue, memo->ground.version };
}

/* ---- what is still good ---- */

static bool same_ground(const struct memo *memo, const struct view *view)
{
	const struct suspects *mine = &memo->ground.suspects;

	return memo->ground.version == view->version &&
	       hash_equal(&memo->ground.journal, &view->facts.journal) &&
	       memo->ground.cutoff == view->asking.cutoff &&
	       view->asking.known_by_us == UINT64_MAX &&
	       mine->count == view->suspects.count &&
	       (!mine->count || !memcmp(mine->list, view->suspects.list,
					mine->count * sizeof(*mine->list)));
}

/* The same of every state that a view of this ground may be of? */
static struct remembered *remembered(const struct memo *memo,
				     const struct view *view, uint32_t target)
{
	struct remembered *one;

	if (!same_ground(memo, view) || memo->applied < view->applied)
		return NULL;
	one = &memo->targets[target];
	return one->whole && one->since <= view->applied ? one : NULL;
}

void memo_lend(const struct memo *memo, const struct view *view,
	       struct evaluation *evaluation)
{
	for (uint32_t i = 0; i < view->catalogue->target_count; i++) {
		const struct remembered *one = remembered(memo, view, i);

		if (one)
			evaluation_adopt(evaluation, i, one->whole, one->units,
					 one->unit_count);
	}
}

bool memo_put_periods(struct memo *memo, const struct view *view,
		      uint32_t target, struct strbuf *out)
{
	const struct remembered *one = remembered(memo, view, target);
	bool found;

	if (!one)
		return false;
	pthread_mutex_lock(&memo->periods);
	found = one->periods && one->periods_day == view->last_day;
	if (found)
		strbuf_add_text(out, one->periods);
	pthread_mutex_unlock(&memo->periods);
	return found;
}

void memo_keep_periods(struct memo *memo, const struct view *view,
		       uint32_t target, const char *text)
{
	struct remembered *one = remembered(memo, view, target);

	if (!one)
		return;
	pthread_mutex_lock(&memo->periods);
	if (!one->periods || one->periods_day < view->last_day) {
		free(one->periods);
		one->periods = strdup(text);
		one->periods_day = view->last_day;
	}
	pthread_mutex_unlock(&memo->periods);
}

/* ---- what has changed ---- */

struct changes {
	const struct catalogue *catalogue;
	uint32_t *indexes; /* number of a target -> in the catalogue */
	size_t number_count;
	bool *changed; /* by target of the catalogue */
	struct err *err;
};

static int take_number(void *arg, struct span key, struct span id)
{
	struct changes *changes = arg;
	uint32_t number = key.len == 5 ? load_u32(key.data + 1) : 0;
	uint32_t *indexes;

	if (key.len != 5)
		return err_set(changes->err, ERR_CORRUPT,
			       "the number of a target is damaged");
	if (number >= changes->number_count) {
		indexes = realloc(changes->indexes,
				  (number + 1) * sizeof(*indexes));
		if (!indexes)
			return err_set(changes->err, ERR_NOMEM, "no memory");
		for (size_t i = changes->number_count; i <= number; i++)
			indexes[i] = CATALOGUE_NONE;
		changes->indexes = indexes;
		changes->number_count = number + 1;
	}
	changes->indexes[number] = catalogue_target(changes->catalogue, id);
	return 0;
}

static int take_change(void *arg, struct span key, struct span value)
{
	struct changes *changes = arg;
	struct figure_row row;
	struct figure_key cell;
	int rc = figure_row_read(value, NULL, &row, changes->err);

	(void)key;
	if (!rc)
		rc = figure_key_read(row.figure_key, &cell, changes->err);
	if (rc)
		return rc;
	if (cell.target < changes->number_count &&
	    changes->indexes[cell.target] != CATALOGUE_NONE)
		changes->changed[changes->indexes[cell.target]] = true;
	return 0;
}

static bool refers_to_changed(const struct changes *changes, uint32_t target)
{
	const struct catalogue *catalogue = changes->catalogue;
	const struct target *of = &catalogue->targets[target];

	if (of->reads != CATALOGUE_NONE && changes->changed[of->reads])
		return true;
	for (size_t i = 0; i < of->goal_count; i++)
		if (of->goals[i].reference == REF_TARGET &&
		    changes->changed[of->goals[i].ref])
			return true;
	for (uint32_t i = 0; of->is_parent && i < catalogue->target_count; i++)
		if (catalogue->targets[i].part_of == target &&
		    changes->changed[i])
			return true;
	return false;
}

/* Until nobody refers to a change any more that has not changed. */
static void spread(struct changes *changes)
{
	bool more = true;

	while (more) {
		more = false;
		for (uint32_t i = 0; i < changes->catalogue->target_count; i++)
			if (!changes->changed[i] &&
			    refers_to_changed(changes, i))
				more = changes->changed[i] = true;
	}
}

static int find_changes(const struct memo *memo, const struct view *view,
			bool *changed, struct err *err)
{
	struct changes changes = { .catalogue = view->catalogue,
				   .changed = changed,
				   .err = err };
	uint8_t from[CHANGE_KEY_BYTES];
	int rc = view->reader.scan(view->reader.ctx, TABLE_ID, span_of("t", 1),
				   take_number, &changes, err);

	change_key_write(memo->applied, 0, from);
	if (!rc)
		rc = db_scan(view->txn, TABLE_CHANGE,
			     span_of(from, sizeof(from)), false, take_change,
			     &changes, err);
	if (!rc)
		spread(&changes);
	free(changes.indexes);
	return rc;
}

/* ---- bringing it up ---- */

static int judge(struct evaluation *evaluation, uint32_t target,
		 struct remembered *out, struct err *err)
{
	const struct figure *whole, *units;
	int rc = evaluation_target(evaluation, target, &whole, err);

	if (!rc)
		rc = evaluation_units(evaluation, target, &units,
				      &out->unit_count, err);
	if (rc)
		return rc;
	out->whole = figures_copy(&out->arena, whole, 1);
	out->units = figures_copy(&out->arena, units, out->unit_count);
	return out->whole && out->units ?
		       0 :
		       err_set(err, ERR_NOMEM, "no memory for figures");
}

/* fresh: those that had to be judged; the others are good as they are. */
static int judge_changed(const struct memo *memo, const struct view *view,
			 bool all, struct remembered *fresh, struct err *err)
{
	const struct catalogue *catalogue = view->catalogue;
	struct evaluation_input input = view_input(view);
	struct evaluation *evaluation = NULL;
	bool *changed = calloc(catalogue->target_count + 1, sizeof(*changed));
	int rc = changed ? 0 : err_set(err, ERR_NOMEM, "no memory");

	if (!rc && !all)
		rc = find_changes(memo, view, changed, err);
	if (!rc) {
		evaluation = evaluation_new(&input, err);
		rc = evaluation ? 0 : ERR_NOMEM;
	}
	for (uint32_t i = 0; i < catalogue->target_count && !rc && !all; i++)
		if (!changed[i])
			evaluation_adopt(evaluation, i, memo->targets[i].whole,
					 memo->targets[i].units,
					 memo->targets[i].unit_count);
	for (uint32_t i = 0; i < catalogue->target_count && !rc; i++)
		if (all || changed[i]) {
			arena_init(&fresh[i].arena, TARGET_BYTES_MAX);
			fresh[i].since = view->applied;
			rc = judge(evaluation, i, &fresh[i], err);
		}
	evaluation_free(evaluation);
	free(changed);
	return rc;
}

/* The old ones are left in fresh. */
static void take(struct memo *memo, struct view *seen, bool all,
		 struct remembered **fresh)
{
	size_t count = seen->catalogue->target_count;

	pthread_rwlock_wrlock(&memo->lock);
	if (all) {
		struct remembered *old = memo->targets;
		struct catalogue *catalogue = memo->catalogue;

		memo->targets = *fresh;
		if (seen->borrowed) {
			*fresh = old;
		} else {
			forget(old, catalogue ? catalogue->target_count : 0);
			catalogue_free(catalogue);
			memo->catalogue = seen->catalogue;
			*fresh = NULL;
		}
		free(memo->ground.suspects.list);
		memo->ground =
			(struct ground){ seen->version, seen->facts.journal,
					 seen->asking.cutoff, seen->suspects };
	} else {
		for (size_t i = 0; i < count; i++)
			if ((*fresh)[i].whole) {
				struct remembered old = memo->targets[i];

				memo->targets[i] = (*fresh)[i];
				(*fresh)[i] = old;
			}
		free(seen->suspects.list);
	}
	memo->applied = seen->applied;
	pthread_rwlock_unlock(&memo->lock);
}

/* What was read counts once the view is closed; what is kept of it is taken
 * out before. */
static int look(struct memo *memo, struct view *view, struct err *err)
{
	/* A store that has been made anew may be behind for a while. */
	bool all = !same_ground(memo, view) || memo->applied > view->applied;
	size_t count = view->catalogue->target_count;
	struct remembered *fresh;
	struct view seen;
	int rc;

	if (!all && memo->applied == view->applied)
		return view_close(view, 0, err);
	fresh = calloc(count + 1, sizeof(*fresh));
	rc = fresh ? judge_changed(memo, view, all, fresh, err) :
		     err_set(err, ERR_NOMEM, "no memory for figures");
	seen = *view;
	view->suspects.list = NULL;
	if (!view->borrowed)
		view->catalogue = NULL;
	rc = view_close(view, rc, err);
	if (!rc) {
		take(memo, &seen, all, &fresh);
	} else {
		free(seen.suspects.list);
		if (!seen.borrowed)
			catalogue_free(seen.catalogue);
	}
	forget(fresh, count);
	return rc;
}

void memo_forget(struct memo *memo)
{
	pthread_rwlock_wrlock(&memo->lock);
	memo->ground.version = 0;
	pthread_rwlock_unlock(&memo->lock);
}

int memo_update(struct memo *memo, struct db *db, bool *back, struct err *err)
{
	static const struct figures_asked newest = { .json = true };
	struct figures_asking asking;
	struct view_catalogue kept;
	struct view view;
	int rc = figures_ask(&newest, &asking, err);

	if (rc)
		return rc;
	pthread_mutex_lock(&memo->updating);
	kept = memo_catalogue(memo);
	rc = view_open(&view, db, &asking, &kept, err);
	if (!rc)
		rc = view_cutoff(&view, view.catalogue, err);
	if (!rc && memo->settled)
		due_settle(&view);
	if (!rc && back)
		*back = view.asking.cutoff != due_today(&view);
	rc = rc ? view_close(&view, rc, err) : look(memo, &view, err);
	pthread_mutex_unlock(&memo->updating);
	return rc;
}
