/* items.csv and roster.csv. */
#include "proto/catalogue/catalogue_load.h"

#include <stdlib.h>
#include <string.h>

static bool read_item(const struct row *row, uint32_t target, struct item *item)
{
	struct span id = row_cell(row, ITEM_ID);

	*item = (struct item){
		.id = row_name(row, ITEM_ID),
		.name_zh = row_text(row, ITEM_NAME_ZH),
		.name_en = row_text(row, ITEM_NAME_EN),
		.unit = CATALOGUE_NONE,
	};
	(void)row_unit(row, ITEM_UNIT, &item->unit);
	if (!strcmp(item->id, "none")) {
		row_problem(row, ITEM_ID,
			    "no item may be called none, which offices write "
			    "for nothing new");
		return false;
	}
	return *item->id &&
	       !row_repeats(row, ITEM_ID, "the item", "%u:%.*s", target,
			    (int)id.len, (const char *)id.data);
}

/* Whether only listed items count, and whether each unit is an item. */
static void settle_list(struct loader *loader, uint32_t index)
{
	struct target *target = &loader->catalogue->targets[index];
	struct row row = target_row(loader, index);
	enum list_mode mode = (enum list_mode)loader->item_lists[index];
	bool steps = target->measure == KIND_MILESTONE ||
		     target->measure == KIND_GRADE;

	target->closed_list =
		mode == LIST_CLOSED ||
		(mode == LIST_DEFAULT && steps && target->item_count);
	target->unit_items =
		mode == LIST_DEFAULT && target->measure == KIND_MILESTONE &&
		!target->item_count && target->reads == CATALOGUE_NONE;
	if (mode == LIST_CLOSED && !target->item_count &&
	    !loader->tables[FILE_ITEMS].broken)
		row_problem(&row, TARGET_ITEM_LIST,
			    "a closed list needs items, and items.csv has "
			    "none of '%s'",
			    target->id);
}

void load_items(struct loader *loader)
{
	struct catalogue *catalogue = loader->catalogue;
	struct groups groups;

	if (!group_rows(loader, FILE_ITEMS, &groups))
		return;
	for (uint32_t t = 0; t < catalogue->target_count; t++) {
		struct target *target = &catalogue->targets[t];
		size_t count = groups.first[t + 1] - groups.first[t];

		target->items =
			loader_keep(loader, count, sizeof(*target->items));
		if (!target->items)
			return;
		for (size_t i = 0; i < count; i++) {
			struct row row = { loader, FILE_ITEMS,
					   groups.rows[groups.first[t] + i] };

			target->item_count += read_item(
				&row, t, &target->items[target->item_count]);
		}
		settle_list(loader, t);
	}
}

/* ---- roster ---- */

static void tell_outside(const struct row *row, const struct target *target,
			 const struct roster_row *read)
{
	if (!target_has_window(target))
		return;
	if (read->from != DAY_NONE && read->from > target->end)
		row_never_counts(row, ROSTER_FROM, target);
	else if (read->until != DAY_NONE && read->until < target->start)
		row_never_counts(row, ROSTER_UNTIL, target);
}

static bool read_roster_row(const struct row *row, uint32_t target,
			    struct roster_row *out)
{
	*out = (struct roster_row){
		.unit = CATALOGUE_NONE,
		.from = DAY_NONE,
		.until = DAY_NONE,
		.note = row_text(row, ROSTER_NOTE),
	};
	out->has_quota = row_decimal(row, ROSTER_QUOTA, &out->quota);
	out->has_base = row_decimal(row, ROSTER_BASE, &out->base);
	(void)row_day(row, ROSTER_FROM, &out->from);
	if (row_day(row, ROSTER_UNTIL, &out->until) && out->from != DAY_NONE &&
	    out->until < out->from)
		row_problem(row, ROSTER_UNTIL, "the row ends before it begins");
	else
		tell_outside(row, &row->loader->catalogue->targets[target],
			     out);
	return row_unit(row, ROSTER_UNIT, &out->unit) &&
	       !row_repeats(row, ROSTER_UNIT,
			    "the unit with the same first day", "%u:%u:%d",
			    target, out->unit, out->from);
}

static int compare_roster(const void *left, const void *right, void *ctx)
{
	const struct roster_row *a = left, *b = right;
	const struct unit *units = ctx;

	if (a->unit != b->unit)
		return units[a->unit].place < units[b->unit].place ? -1 : 1;
	return a->from < b->from ? -1 : a->from > b->from;
}

void load_roster(struct loader *loader)
{
	struct catalogue *catalogue = loader->catalogue;
	struct groups groups;

	if (!group_rows(loader, FILE_ROSTER, &groups))
		return;
	loader->roster = groups;
	for (uint32_t t = 0; t < catalogue->target_count; t++) {
		struct target *target = &catalogue->targets[t];
		size_t count = groups.first[t + 1] - groups.first[t];

		target->roster =
			loader_keep(loader, count, sizeof(*target->roster));
		if (!target->roster)
			return;
		for (size_t i = 0; i < count; i++) {
			struct row row = { loader, FILE_ROSTER,
					   groups.rows[groups.first[t] + i] };

			target->roster_count += read_roster_row(
				&row, t, &target->roster[target->roster_count]);
		}
		qsort_r(target->roster, target->roster_count,
			sizeof(*target->roster), compare_roster,
			catalogue->units);
	}
}
