/* Goals: compare and goal of targets.csv, and goals.csv. */
#include "proto/catalogue/catalogue_load.h"

#include <stdlib.h>
#include <string.h>

#define MAIN_GOAL "main"

struct goal_entry {
	struct goal goal;
	struct row row;
	uint32_t order; /* first appearance of the id */
};

struct goal_list {
	struct goal_entry *entries;
	size_t count;
	bool given; /* there are cells of a goal, be they right or wrong */
	struct intern ids;
};

/* Where a goal's cells stand: both files have them. */
struct goal_cells {
	int compare, value;
};

static const struct goal_cells cells_of_targets = { TARGET_COMPARE,
						    TARGET_GOAL };
static const struct goal_cells cells_of_goals = { GOAL_COMPARE, GOAL_VALUE };

const struct goal *target_floor(const struct target *target, int32_t day)
{
	const struct goal *found = NULL;

	for (size_t i = 0; i < target->goal_count; i++) {
		const struct goal *goal = &target->goals[i];

		if (found && strcmp(goal->id, found->id) != 0)
			break;
		if (!goal->stretch && goal->from <= day)
			found = goal;
	}
	return found;
}

static bool add_entry(struct goal_list *list, const struct row *row,
		      const struct goal *goal)
{
	uint32_t order = intern_put(&list->ids, span_of_text(goal->id));

	if (order == INTERN_NONE) {
		row->loader->nomem = true;
		return false;
	}
	list->entries[list->count++] =
		(struct goal_entry){ *goal, *row, order };
	return true;
}

static void read_goal_value(const struct row *row, struct goal_cells cells,
			    const struct target *target, struct goal *goal)
{
	/* A number, unless there are steps that it may be one of. */
	if (!target_kind_known(row->loader, target) &&
	    (target->ladder != CATALOGUE_NONE ||
	     target->reads != CATALOGUE_NONE))
		return;
	if (!target_judged_by_step(target)) {
		goal->has_value = row_decimal(row, cells.value, &goal->value);
		return;
	}
	(void)row_step(row, cells.value, target, &goal->step);
	if (goal->compare == COMPARE_GE || goal->compare == COMPARE_NONE ||
	    goal->compare == COMPARE_PENDING)
		return;
	if (target->measure == KIND_MILESTONE || goal->compare == COMPARE_ABOUT)
		row_problem(row, cells.compare,
			    "a step is reached, or reached and passed; write "
			    ">=");
}

/* A goal needs its number, and no goal has none. */
static void check_value(const struct row *row, struct goal_cells cells,
			const struct goal *goal, bool reference)
{
	bool given = row_given(row, cells.value);

	if (goal->compare == COMPARE_NONE || goal->compare == COMPARE_PENDING) {
		if (given || reference)
			row_problem(row, cells.value,
				    "a goal that is '%s' has no value; leave "
				    "it blank",
				    compare_name(goal->compare));
		return;
	}
	if (given && reference)
		row_problem(row, cells.value,
			    "a goal is a value or a reference, not both; "
			    "leave one blank");
	else if (!given && !reference)
		row_problem(row, cells.value,
			    "the goal has no value; give it, or write none or "
			    "pending as compare");
}

/* compare and goal in targets.csv are the row main without from. */
static void read_own_goal(struct goal_list *list, const struct row *row,
			  const struct target *target)
{
	struct goal goal = { .id = MAIN_GOAL,
			     .approval = "",
			     .note = "",
			     .ref = CATALOGUE_NONE,
			     .from = DAY_NONE };
	int compare = target->measure == KIND_GUARD ? COMPARE_EQ : COMPARE_GE;

	if (!row_given(row, TARGET_COMPARE) && !row_given(row, TARGET_GOAL))
		return;
	list->given = true;
	if (row_choice(row, TARGET_COMPARE, compare_names, COMPARE_PENDING + 1,
		       &compare) &&
	    compare == COMPARE_ABOUT) {
		row_problem(row, TARGET_COMPARE,
			    "a band needs a width; put the goal into "
			    "goals.csv");
		return;
	}
	goal.compare = (enum compare)compare;
	read_goal_value(row, cells_of_targets, target, &goal);
	check_value(row, cells_of_targets, &goal, false);
	(void)add_entry(list, row, &goal);
}

static bool starts_with(struct span text, const char *head, struct span *rest)
{
	struct span want = span_of_text(head);

	if (text.len <= want.len || memcmp(text.data, want.data, want.len) != 0)
		return false;
	*rest = span_of(text.data + want.len, text.len - want.len);
	return true;
}

static void read_reference(const struct row *row, uint32_t self,
			   struct goal *goal)
{
	struct span cell = row_cell(row, GOAL_REF), id;

	if (!cell.len)
		return;
	if (starts_with(cell, "series:", &id) &&
	    !memchr(id.data, ';', id.len)) {
		goal->reference = REF_SERIES;
		goal->ref = intern_find(&row->loader->series_ids, id);
		if (goal->ref == INTERN_NONE)
			row_problem(row, GOAL_REF,
				    "a series' name has no ; in it and at most "
				    "%d bytes; two references are two rows "
				    "with two goal ids",
				    NAME_BYTES_MAX);
	} else if (starts_with(cell, "target:", &id)) {
		goal->reference = REF_TARGET;
		if (target_named(row, GOAL_REF, id, &goal->ref) &&
		    goal->ref == self)
			row_problem(row, GOAL_REF,
				    "the target is compared with itself; make "
				    "last year's figures a series");
	} else {
		row_problem(row, GOAL_REF,
			    "write series:NAME or target:ID; two references "
			    "are two rows with two goal ids");
	}
}

static void read_ref_period(const struct row *row, struct goal *goal)
{
	struct span cell = row_cell(row, GOAL_REF_PERIOD);

	if (span_equal(cell, span_of_text("last-year")))
		goal->ref_period = REF_LAST_YEAR;
	else if (cell.len && !span_equal(cell, span_of_text("same")) &&
		 row_period(row, GOAL_REF_PERIOD, &goal->ref_fixed))
		goal->ref_period = REF_FIXED;
	(void)row_decimal(row, GOAL_OFFSET, &goal->offset);
	if (row_given(row, GOAL_REF))
		return;
	if (cell.len)
		row_problem(row, GOAL_REF_PERIOD,
			    "there is no ref that this is the period of; "
			    "leave it blank");
	if (goal->offset.units)
		row_problem(row, GOAL_OFFSET,
			    "there is no ref that this is added to; leave it "
			    "blank");
}

static void check_width(const struct row *row, const struct goal *goal)
{
	bool given = row_given(row, GOAL_WIDTH);

	if (goal->compare == COMPARE_ABOUT && !given)
		row_problem(row, GOAL_WIDTH,
			    "a band needs a width to either side");
	else if (goal->compare != COMPARE_ABOUT && given)
		row_problem(row, GOAL_WIDTH,
			    "only 'about' has a width; leave it blank");
	else if (goal->width.units < 0)
		row_problem(row, GOAL_WIDTH, "a width may not be negative");
}

static void check_approval(const struct row *row, const struct target *target,
			   const struct goal *goal)
{
	if (goal->from == DAY_NONE || row_given(row, GOAL_APPROVAL) ||
	    target->start == DAY_NONE || target->end == DAY_NONE)
		return;
	if (goal->from >= target->start && goal->from <= target->end)
		row_problem(row, GOAL_APPROVAL,
			    "a goal that changes within its window names the "
			    "approval (目标调整批文)");
}

static void read_goal(struct goal_list *list, const struct row *row,
		      uint32_t index)
{
	static const char *const tiers[] = { "floor", "stretch" };
	const struct target *target = &row->loader->catalogue->targets[index];
	struct goal goal = { .ref = CATALOGUE_NONE, .from = DAY_NONE };
	int tier = 0, compare;
	bool dated;

	list->given = true;
	goal.id = row_given(row, GOAL_ID) ? row_name(row, GOAL_ID) : MAIN_GOAL;
	goal.approval = row_text(row, GOAL_APPROVAL);
	goal.note = row_text(row, GOAL_NOTE);
	(void)row_choice(row, GOAL_TIER, tiers, 2, &tier);
	goal.stretch = tier == 1;
	dated = row_day(row, GOAL_FROM, &goal.from) ||
		!row_given(row, GOAL_FROM);
	if (!row_choice(row, GOAL_COMPARE, compare_names, COMPARE_PENDING + 1,
			&compare))
		return;
	goal.compare = (enum compare)compare;
	read_goal_value(row, cells_of_goals, target, &goal);
	read_reference(row, index, &goal);
	read_ref_period(row, &goal);
	check_value(row, cells_of_goals, &goal, row_given(row, GOAL_REF));
	(void)row_decimal(row, GOAL_WIDTH, &goal.width);
	check_width(row, &goal);
	check_approval(row, target, &goal);
	if (goal.from != DAY_NONE && target_has_window(target) &&
	    goal.from > target->end)
		row_never_counts(row, GOAL_FROM, target);
	if (dated)
		(void)add_entry(list, row, &goal);
}

static int compare_entries(const void *left, const void *right)
{
	const struct goal_entry *a = left, *b = right;

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	if (a->goal.from != b->goal.from)
		return a->goal.from < b->goal.from ? -1 : 1;
	if (a->row.file != b->row.file)
		return a->row.file < b->row.file ? -1 : 1;
	return a->row.csv->number < b->row.csv->number ? -1 : 1;
}

static void check_repeats(const struct goal_list *list)
{
	for (size_t i = 1; i < list->count; i++) {
		const struct goal_entry *at = &list->entries[i];
		const struct goal_entry *before = at - 1;

		if (at->order == before->order &&
		    at->goal.from == before->goal.from)
			row_problem(&at->row, GOAL_ID,
				    "goal '%s' has this first day already, in "
				    "row %u of %s; remove one of the two",
				    at->goal.id, before->row.csv->number,
				    catalogue_file_names[before->row.file]);
	}
}

/* Parents are judged by their parts. */
static void check_parent_goals(const struct goal_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct goal_entry *at = &list->entries[i];

		if (at->goal.compare == COMPARE_NONE)
			continue;
		row_problem(&at->row,
			    at->row.file == FILE_GOALS ? GOAL_VALUE :
							 TARGET_GOAL,
			    "a target with parts has no goal of its own; "
			    "leave it to the parts");
	}
}

static void settle_goals(struct loader *loader, uint32_t index,
			 struct goal_list *list)
{
	struct target *target = &loader->catalogue->targets[index];
	struct row row = target_row(loader, index);
	struct goal none_may_happen = { .id = MAIN_GOAL,
					.approval = "",
					.note = "",
					.compare = COMPARE_EQ,
					.has_value = true,
					.ref = CATALOGUE_NONE,
					.from = DAY_NONE };

	if (target->is_parent)
		check_parent_goals(list);
	else if (!list->given && target->kind == KIND_GUARD)
		(void)add_entry(list, &row, &none_may_happen);
	else if (!list->given && target->kind != KIND_NARRATIVE &&
		 !loader->tables[FILE_GOALS].broken)
		row_problem(&row, TARGET_GOAL,
			    "'%s' has no goal; give one here or in goals.csv, "
			    "or write none or pending as compare",
			    target->id);
	qsort(list->entries, list->count, sizeof(*list->entries),
	      compare_entries);
	check_repeats(list);
	target->goals =
		loader_keep(loader, list->count, sizeof(*target->goals));
	if (!target->goals)
		return;
	for (size_t i = 0; i < list->count; i++)
		target->goals[i] = list->entries[i].goal;
	target->goal_count = list->count;
}

void load_goals(struct loader *loader)
{
	struct groups groups;

	if (!group_rows(loader, FILE_GOALS, &groups))
		return;
	for (uint32_t t = 0; t < loader->catalogue->target_count; t++) {
		size_t count = groups.first[t + 1] - groups.first[t];
		struct goal_list list = { 0 };
		struct row own = target_row(loader, t);

		list.entries = loader_scratch(loader, count + 1,
					      sizeof(*list.entries));
		if (!list.entries)
			return;
		intern_init(&list.ids);
		read_own_goal(&list, &own, &loader->catalogue->targets[t]);
		for (size_t i = 0; i < count; i++) {
			struct row row = { loader, FILE_GOALS,
					   groups.rows[groups.first[t] + i] };

			read_goal(&list, &row, t);
		}
		settle_goals(loader, t, &list);
		intern_release(&list.ids);
	}
}
