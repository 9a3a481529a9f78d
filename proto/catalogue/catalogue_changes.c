#include "proto/catalogue/catalogue_changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "proto/catalogue/catalogue_rows.h"

#define CHANGES_BYTES_MAX ((size_t)1 << 30)
#define LINE_BYTES_MAX 4096

/* Where a change stands in the list. */
struct found {
	struct catalogue_change change;
	unsigned part;	 /* 0 before targets, 1 of targets, 2 behind */
	size_t target;	 /* place of the target */
	unsigned file;	 /* of the target's files, or of the part's */
	size_t sequence; /* in the file */
	bool same_row;	 /* as the change before it */
};

struct comparing {
	struct catalogue_changes *out;
	const struct catalogue_side *sides[2]; /* before, after */
	struct catalogue_rows rows[2];
	struct found *found;
	size_t count, size;
	bool nomem;
};

enum { BEFORE, AFTER };

/* ---- order ---- */

/* Files of a target as people ask for them. */
static unsigned file_place(enum file_index file)
{
	switch (file) {
	case FILE_TARGETS:
	case FILE_SETTINGS:
	case FILE_LADDERS:
		return 0;
	case FILE_ROSTER:
	case FILE_UNITS:
	case FILE_REFERENCES:
		return 1;
	case FILE_GOALS:
	case FILE_UNIT_CODES:
	case FILE_CALENDAR:
		return 2;
	case FILE_PLANS:
		return 3;
	case FILE_ITEMS:
		return 4;
	case FILE_FIELDS:
		return 5;
	case FILE_FILTERS:
		return 6;
	}
	return 7;
}

static unsigned file_part(enum file_index file)
{
	if (catalogue_target_column(file) >= 0)
		return 1;
	return file == FILE_LADDERS || file == FILE_REFERENCES ||
			       file == FILE_CALENDAR ?
		       2 :
		       0;
}

static size_t target_place(const struct comparing *comparing, const char *id)
{
	const struct catalogue *after = comparing->sides[AFTER]->catalogue;
	uint32_t at = catalogue_target(after, span_of_text(id));

	if (at != CATALOGUE_NONE)
		return at;
	at = catalogue_target(comparing->sides[BEFORE]->catalogue,
			      span_of_text(id));
	return after->target_count + at;
}

static int found_order(const void *left, const void *right)
{
	const struct found *a = left, *b = right;

	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

/* ---- a change ---- */

static bool is_file(const struct catalogue_change *change, enum file_index file)
{
	return change->file == catalogue_file_names[file];
}

static const char *cell_of(struct comparing *comparing, int side,
			   enum file_index file, size_t row, int column)
{
	return catalogue_rows_cell(&comparing->rows[side], file, row, column,
				   &comparing->out->arena);
}

static bool is_naming(enum file_index file, int column)
{
	const int *naming = catalogue_naming_columns(file);

	while (*naming >= 0 && *naming != column)
		naming++;
	return *naming >= 0;
}

static struct found *add(struct comparing *comparing)
{
	if (comparing->count == comparing->size) {
		size_t size = comparing->size ? 2 * comparing->size : 64;
		struct found *grown =
			realloc(comparing->found, size * sizeof(*grown));

		if (!grown) {
			comparing->nomem = true;
			return NULL;
		}
		comparing->found = grown;
		comparing->size = size;
	}
	comparing->found[comparing->count] =
		(struct found){ .sequence = comparing->count };
	return &comparing->found[comparing->count++];
}

/* The row's cells that are not blank: of those that name it, or the rest. */
static struct change_cell *row_cells(struct comparing *comparing, int side,
				     enum file_index file, size_t row,
				     bool naming, size_t *count)
{
	const struct column *columns = catalogue_columns(file);
	struct change_cell *cells = arena_array(&comparing->out->arena,
						COLUMNS_MAX, sizeof(*cells));

	*count = 0;
	if (!cells) {
		comparing->nomem = true;
		return NULL;
	}
	for (int i = 0; columns[i].name; i++) {
		const char *text;

		if (is_naming(file, i) != naming)
			continue;
		/* What a blank means needs no saying. */
		if (!naming && (comparing->rows[side].files[file].at[i] < 0))
			continue;
		text = cell_of(comparing, side, file, row, i);
		if (!strcmp(text, catalogue_blank_cell(&columns[i])))
			continue;
		cells[(*count)++] =
			(struct change_cell){ columns[i].name, text };
	}
	return cells;
}

static struct found *add_row(struct comparing *comparing, int side,
			     enum file_index file, size_t row)
{
	int target = catalogue_target_column(file);
	struct found *found = add(comparing);
	struct catalogue_change *change;

	if (!found)
		return NULL;
	change = &found->change;
	change->file = catalogue_file_names[file];
	change->target = target < 0 ? "" :
				      cell_of(comparing, side, file, row, 0);
	change->names = row_cells(comparing, side, file, row, true,
				  &change->name_count);
	change->column = change->before = change->after = "";
	change->goal = change->goal_before = "";
	if (side == AFTER)
		change->row =
			comparing->rows[AFTER].files[file].csv.rows[row].number;
	found->part = file_part(file);
	found->file = file_place(file);
	if (target >= 0)
		found->target = target_place(comparing, change->target);
	return found;
}

static void add_whole(struct comparing *comparing, int side,
		      enum file_index file, size_t row)
{
	struct found *found = add_row(comparing, side, file, row);

	if (!found)
		return;
	found->change.kind = side == AFTER ? CHANGE_ADDED : CHANGE_REMOVED;
	found->change.cells = row_cells(comparing, side, file, row, false,
					&found->change.cell_count);
}

/* ---- goals ---- */

static const char *goal_text(struct comparing *comparing, int side,
			     const struct target *target,
			     const struct goal *goal)
{
	struct strbuf text;
	const char *kept;

	strbuf_init(&text, LINE_BYTES_MAX);
	catalogue_goal_print(comparing->sides[side]->catalogue, target, goal,
			     &text);
	kept = arena_text(&comparing->out->arena, text.text, text.len);
	strbuf_release(&text);
	if (!kept)
		comparing->nomem = true;
	return kept ? kept : "";
}

/* compare and goal of targets.csv say one thing, and a blank compare depends
 * on the kind: told as the goal that they make. */
static const char *first_goal(struct comparing *comparing, int side,
			      const char *id)
{
	const struct catalogue *catalogue = comparing->sides[side]->catalogue;
	const struct target *target = &catalogue->targets[catalogue_target(
		catalogue, span_of_text(id))];

	for (size_t i = 0; i < target->goal_count; i++)
		if (target->goals[i].from == DAY_NONE &&
		    !strcmp(target->goals[i].id, "main"))
			return goal_text(comparing, side, target,
					 &target->goals[i]);
	return "";
}

/* ---- rows that stayed ---- */

/* Most cells are written alike. */
static struct span written(const struct comparing *comparing, int side,
			   enum file_index file, size_t row, int column)
{
	const struct file_rows *rows = &comparing->rows[side].files[file];
	int at = rows->at[column];

	return at < 0 ? span_of(NULL, 0) : rows->csv.rows[row].cells[at];
}

/* The row of the cell that was told last, if that was one of this file. */
static uint32_t row_told(const struct comparing *comparing,
			 enum file_index file)
{
	const struct catalogue_change *last;

	if (!comparing->count)
		return 0;
	last = &comparing->found[comparing->count - 1].change;
	return last->kind == CHANGE_CELL && is_file(last, file) ? last->row : 0;
}

static void add_cell(struct comparing *comparing, enum file_index file,
		     size_t row, const struct change_cell *before,
		     const char *after)
{
	uint32_t told = row_told(comparing, file);
	struct found *found = add_row(comparing, AFTER, file, row);

	if (!found)
		return;
	found->same_row = told == found->change.row;
	found->change.kind = CHANGE_CELL;
	found->change.column = before->column;
	found->change.before = before->text;
	found->change.after = after;
}

/* Only what targets.csv says, be it by saying nothing. */
static const char *own_goal(struct comparing *comparing, int side,
			    const char *id)
{
	const char *const names[] = { id, "main", "", NULL };

	if (catalogue_rows_find(&comparing->rows[side], FILE_GOALS, names) !=
	    INTERN_NONE)
		return "";
	return first_goal(comparing, side, id);
}

static void compare_goal(struct comparing *comparing, size_t new_row)
{
	const char *id =
		cell_of(comparing, AFTER, FILE_TARGETS, new_row, TARGET_ID);
	struct change_cell old = { "goal", own_goal(comparing, BEFORE, id) };
	const char *new = own_goal(comparing, AFTER, id);

	if (strcmp(old.text, new) != 0)
		add_cell(comparing, FILE_TARGETS, new_row, &old, new);
}

static void compare_row(struct comparing *comparing, enum file_index file,
			size_t old_row, size_t new_row)
{
	const struct column *columns = catalogue_columns(file);

	for (int i = 0; columns[i].name; i++) {
		struct change_cell old = { columns[i].name, NULL };
		const char *new;

		if (file == FILE_TARGETS && i == TARGET_GOAL)
			compare_goal(comparing, new_row);
		if (file == FILE_TARGETS &&
		    (i == TARGET_GOAL || i == TARGET_COMPARE))
			continue;
		if (span_equal(written(comparing, BEFORE, file, old_row, i),
			       written(comparing, AFTER, file, new_row, i)))
			continue;
		old.text = cell_of(comparing, BEFORE, file, old_row, i);
		new = cell_of(comparing, AFTER, file, new_row, i);
		if (strcmp(old.text, new) != 0)
			add_cell(comparing, file, new_row, &old, new);
	}
}

static void compare_file(struct comparing *comparing, enum file_index file)
{
	const struct file_rows *old = &comparing->rows[BEFORE].files[file];
	const struct file_rows *new = &comparing->rows[AFTER].files[file];

	for (uint32_t i = 0; i < new->csv.row_count; i++) {
		uint32_t at =
			intern_find(&old->names, intern_key(&new->names, i));

		if (at == INTERN_NONE)
			add_whole(comparing, AFTER, file, i);
		else
			compare_row(comparing, file, at, i);
	}
	for (uint32_t i = 0; i < old->csv.row_count; i++)
		if (intern_find(&new->names, intern_key(&old->names, i)) ==
		    INTERN_NONE)
			add_whole(comparing, BEFORE, file, i);
}

/* ---- goals that came ---- */

static const char *name_of_row(const struct catalogue_change *change,
			       const char *column)
{
	for (size_t i = 0; i < change->name_count; i++)
		if (!strcmp(change->names[i].column, column))
			return change->names[i].text;
	return "";
}

/* Goals of a target are by id, then from. */
static void tell_goal(struct comparing *comparing,
		      struct catalogue_change *change)
{
	const struct catalogue *after = comparing->sides[AFTER]->catalogue;
	uint32_t at = catalogue_target(after, span_of_text(change->target));
	const char *id = name_of_row(change, "goal");
	int32_t from = DAY_NONE;
	const struct target *target;

	if (at == CATALOGUE_NONE)
		return;
	(void)day_parse(span_of_text(name_of_row(change, "from")), &from);
	target = &after->targets[at];
	for (size_t i = 0; i < target->goal_count; i++) {
		const struct goal *goal = &target->goals[i];

		if (strcmp(goal->id, id[0] ? id : "main") != 0 ||
		    goal->from != from)
			continue;
		change->goal = goal_text(comparing, AFTER, target, goal);
		if (i && !strcmp(goal[-1].id, goal->id))
			change->goal_before =
				goal_text(comparing, AFTER, target, goal - 1);
	}
}

/* ---- the whole ---- */

/* Changes of a target stand together, its own row first. */
static void count_target(struct change_counts *counts,
			 const struct catalogue_change *change)
{
	if (is_file(change, FILE_TARGETS) && change->kind == CHANGE_ADDED)
		counts->targets_added++;
	else if (is_file(change, FILE_TARGETS) &&
		 change->kind == CHANGE_REMOVED)
		counts->targets_removed++;
	else
		counts->targets_changed++;
}

static void count_row(struct change_counts *counts,
		      const struct catalogue_change *change)
{
	if (is_file(change, FILE_UNITS) || is_file(change, FILE_UNIT_CODES))
		counts->units++;
	else if (is_file(change, FILE_ROSTER))
		counts->roster++;
	else if (is_file(change, FILE_GOALS))
		counts->goals++;
	else if (!is_file(change, FILE_TARGETS))
		counts->other++;
}

static int finish(struct comparing *comparing)
{
	struct catalogue_changes *out = comparing->out;

	if (comparing->count)
		qsort(comparing->found, comparing->count,
		      sizeof(*comparing->found), found_order);
	out->list = arena_array(&out->arena, comparing->count + 1,
				sizeof(*out->list));
	if (!out->list || comparing->nomem)
		return ERR_NOMEM;
	for (size_t i = 0; i < comparing->count; i++) {
		struct catalogue_change *change = &comparing->found[i].change;

		if (is_file(change, FILE_GOALS) && change->kind == CHANGE_ADDED)
			tell_goal(comparing, change);
		if (change->target[0] && (!i || strcmp(out->list[i - 1].target,
						       change->target) != 0))
			count_target(&out->counts, change);
		if (!comparing->found[i].same_row)
			count_row(&out->counts, change);
		out->list[out->count++] = *change;
	}
	return comparing->nomem ? ERR_NOMEM : 0;
}

int catalogue_changes(const struct catalogue_side *before,
		      const struct catalogue_side *after,
		      struct catalogue_changes *out, struct err *err)
{
	struct comparing comparing = { .out = out, .sides = { before, after } };
	int rc;

	*out = (struct catalogue_changes){ 0 };
	arena_init(&out->arena, CHANGES_BYTES_MAX);
	rc = catalogue_rows_read(before->files, before->file_count,
				 &comparing.rows[BEFORE]);
	if (!rc)
		rc = catalogue_rows_read(after->files, after->file_count,
					 &comparing.rows[AFTER]);
	for (int i = 0; i < CATALOGUE_FILE_COUNT && !rc; i++)
		compare_file(&comparing, (enum file_index)i);
	if (!rc)
		rc = finish(&comparing);
	if (rc)
		(void)err_set(err, rc, "no memory to compare catalogues");
	catalogue_rows_release(&comparing.rows[BEFORE]);
	catalogue_rows_release(&comparing.rows[AFTER]);
	free(comparing.found);
	return rc;
}

void catalogue_changes_release(struct catalogue_changes *changes)
{
	arena_release(&changes->arena);
	changes->list = NULL;
	changes->count = 0;
}
