/*
 * targets.csv but for goals, which are with those of goals.csv, and sum_field,
 * which needs the fields.
 */
#include "proto/catalogue/catalogue_load.h"

#include <string.h>

#define TARGET_ID_BYTES_MAX 60

bool target_judged_by_step(const struct target *target)
{
	if (target->measure == KIND_GRADE)
		return target->take == TAKE_WORST || target->take == TAKE_BEST;
	return target->measure == KIND_MILESTONE;
}

bool target_has_window(const struct target *target)
{
	return target->start != DAY_NONE && target->end != DAY_NONE &&
	       target->start <= target->end;
}

bool target_has_items(const struct target *target)
{
	return target->measure == KIND_MILESTONE ||
	       target->measure == KIND_ITEMS || target->measure == KIND_GRADE;
}

const struct target *target_register(const struct catalogue *catalogue,
				     const struct target *target)
{
	return target->reads == CATALOGUE_NONE ?
		       target :
		       &catalogue->targets[target->reads];
}

bool target_kind_known(const struct loader *loader, const struct target *target)
{
	return loader->kind_known[target - loader->catalogue->targets];
}

static void read_measure(const struct row *row, struct target *target,
			 bool kind_known)
{
	int measure;

	if (!row_choice(row, TARGET_MEASURE, measure_kind_names,
			KIND_NARRATIVE + 1, &measure) ||
	    !kind_known)
		return;
	if (target->kind != KIND_BENCHMARK)
		row_problem(row, TARGET_MEASURE,
			    "measure is for kind benchmark alone; leave it "
			    "blank");
	else if (measure == KIND_MILESTONE || measure == KIND_GUARD ||
		 measure == KIND_BENCHMARK || measure == KIND_NARRATIVE)
		row_problem(row, TARGET_MEASURE,
			    "a benchmark cannot measure a %s; write flow, "
			    "level, net, growth, ratio, limit, items or grade",
			    measure_kind_names[measure]);
	else
		target->measure = (enum measure_kind)measure;
}

/* False: no known kind. The row is then read on as a narrative, which asks for
 * least. */
static bool read_kind(const struct row *row, struct target *target)
{
	int kind = KIND_NARRATIVE;
	bool known = row_choice(row, TARGET_KIND, measure_kind_names,
				KIND_NARRATIVE + 1, &kind);

	target->kind = target->measure = (enum measure_kind)kind;
	read_measure(row, target, known);
	return known;
}

static void read_scale(const struct row *row, struct target *target)
{
	int decimals = 0;

	(void)row_integer(row, TARGET_DECIMALS, DECIMAL_PLACES_MAX, &decimals);
	target->decimals = (uint8_t)decimals;
	target->scale.units = target->measure == KIND_GROWTH ||
					      target->measure == KIND_RATIO ?
				      100 :
				      1;
	if (row_decimal(row, TARGET_SCALE, &target->scale) &&
	    target->scale.units <= 0)
		row_problem(row, TARGET_SCALE, "the scale must be above 0");
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++) {
		if (!strcmp(word, *words))
			return true;
	}
	return false;
}

/* A word that the kind does not know: told with those that it does. */
static void kind_problem(const struct row *row, int column,
			 const struct target *target, const char *advice)
{
	struct span cell = row_cell(row, column);

	if (!target_kind_known(row->loader, target))
		return;
	row_problem(row, column, "'%.*s' is not for kind %s; %s", (int)cell.len,
		    (const char *)cell.data,
		    measure_kind_names[target->measure], advice);
}

static void read_annual_only(const struct row *row, struct target *target)
{
	target->annual_only = row_yes(row, TARGET_ANNUAL_ONLY);
	if (target->annual_only && target_kind_known(row->loader, target) &&
	    (target->kind == KIND_MILESTONE || target->kind == KIND_GUARD ||
	     target->kind == KIND_NARRATIVE))
		row_problem(row, TARGET_ANNUAL_ONLY,
			    "annual_only is not for %s; leave it blank",
			    measure_kind_names[target->kind]);
}

static void read_modes(const struct row *row, struct target *target)
{
	static const char *const entries[] = { "ytd", "period" };
	static const char *const givens[] = { "parts", "rate" };
	static const char *const takes[] = { "mean", "worst", "count", "best" };
	static const char *const limit_takes[] = { "mean", "worst", NULL };
	static const char *const grade_takes[] = { "count", "worst", "best",
						   NULL };
	static const char *const holds[] = { "end", "every", "mean" };
	enum measure_kind measure = target->measure;
	int entry = measure == KIND_GUARD ? ENTRY_PERIOD : ENTRY_YTD;
	int given = GIVEN_PARTS;
	int take = measure == KIND_GRADE ? TAKE_COUNT : TAKE_MEAN;
	int hold = measure == KIND_GUARD ? HOLD_EVERY : HOLD_END;

	(void)row_choice(row, TARGET_ENTRY, entries, 2, &entry);
	if (row_choice(row, TARGET_GIVEN, givens, 2, &given) &&
	    given == GIVEN_RATE && measure != KIND_GROWTH &&
	    measure != KIND_RATIO)
		kind_problem(row, TARGET_GIVEN, target,
			     "only growth and ratio have rates");
	if (row_choice(row, TARGET_TAKE, takes, 4, &take) &&
	    !(measure == KIND_LIMIT && is_one_of(takes[take], limit_takes)) &&
	    !(measure == KIND_GRADE && is_one_of(takes[take], grade_takes)))
		kind_problem(row, TARGET_TAKE, target,
			     "limit takes mean or worst, grade count, worst "
			     "or best");
	if (row_choice(row, TARGET_HOLD, holds, 3, &hold) &&
	    hold == HOLD_MEAN && measure != KIND_LEVEL && measure != KIND_GUARD)
		kind_problem(row, TARGET_HOLD, target,
			     "the mean of periods is for level and guard");
	target->entry = (enum entry_mode)entry;
	target->given = (enum given_mode)given;
	target->take = (enum take_mode)take;
	target->hold = (enum hold_mode)hold;
	target->subset = row_yes(row, TARGET_SUBSET);
	if (target->subset && measure != KIND_RATIO)
		kind_problem(row, TARGET_SUBSET, target,
			     "a numerator is part of a denominator in a ratio "
			     "alone");
}

static void read_window(const struct row *row, struct target *target)
{
	const struct settings *settings = &row->loader->catalogue->settings;
	bool own_start = row_given(row, TARGET_START);
	bool own_end = row_given(row, TARGET_END);

	target->start = settings->start;
	target->end = settings->end;
	if (own_start && !row_day(row, TARGET_START, &target->start))
		target->start = DAY_NONE;
	else if (target->start == DAY_NONE)
		row_problem(row, TARGET_START,
			    "the window has no first day; give it here, or "
			    "for all in settings.csv");
	if (own_end && !row_day(row, TARGET_END, &target->end))
		target->end = DAY_NONE;
	else if (target->end == DAY_NONE)
		row_problem(row, TARGET_END,
			    "the window has no last day; give it here, or "
			    "for all in settings.csv");
	target->first_month = target->start == DAY_NONE ?
				      1 :
				      day_to_civil(target->start).month;
	/* The settings' own window is told there. */
	if (target->start != DAY_NONE && target->end != DAY_NONE &&
	    target->end < target->start && (own_start || own_end))
		row_problem(row, own_end ? TARGET_END : TARGET_START,
			    "the window ends before it begins");
}

static void read_first_period(const struct row *row, struct target *target)
{
	int32_t end;

	if (!row_period(row, TARGET_FIRST_PERIOD, &target->first_period))
		return;
	if (target->first_period.type != target->period) {
		row_problem(row, TARGET_FIRST_PERIOD,
			    "the first period is no %s, as the reporting "
			    "periods are",
			    period_type_name(target->period));
		return;
	}
	target->has_first_period = true;
	end = period_end(target->first_period, target->first_month);
	if (target->start != DAY_NONE && target->end != DAY_NONE &&
	    (end < target->start || end > target->end))
		row_problem(row, TARGET_FIRST_PERIOD,
			    "the first period is outside the window");
}

static void read_periods(const struct row *row, struct target *target)
{
	static const char *const types[] = { "day",   "week",	 "ten-day",
					     "month", "quarter", "half",
					     "year" };
	struct days due = row->loader->due, close = row->loader->close;
	int type = PERIOD_MONTH - 1;

	(void)row_choice(row, TARGET_PERIOD, types, 7, &type);
	target->period = (enum period_type)(type + 1);
	read_first_period(row, target);
	(void)row_integer(row, TARGET_LAG_MONTHS, 120, &target->lag_months);
	(void)row_days(row, TARGET_DUE_DAYS, &due);
	(void)row_days(row, TARGET_CLOSE_DAYS, &close);
	target->due_days = due.count;
	target->due_working = due.working;
	target->close_days = close.count;
	target->close_working = close.working;
}

static void read_link(const struct row *row, int column, uint32_t self,
		      uint32_t *out)
{
	uint32_t other;

	if (!row_target(row, column, &other))
		return;
	if (other == self)
		row_problem(row, column, "the target names itself");
	else
		*out = other;
}

static void read_links(const struct row *row, struct target *target,
		       uint32_t self)
{
	struct span rest = row_cell(row, TARGET_SEE), entry;
	uint32_t other;

	read_link(row, TARGET_REGISTER, self, &target->reads);
	read_link(row, TARGET_PART_OF, self, &target->part_of);
	read_link(row, TARGET_OF_WHICH, self, &target->of_which);
	while (list_next(&rest, &entry))
		(void)target_named(row, TARGET_SEE, entry, &other);
	target->see = row_text(row, TARGET_SEE);
}

static void read_cooperating(const struct row *row, struct target *target)
{
	struct span rest = row_cell(row, TARGET_COOPERATING), entry;
	size_t count = 0;

	while (list_next(&rest, &entry))
		count++;
	target->cooperating = loader_keep(row->loader, count, sizeof(uint32_t));
	if (!target->cooperating)
		return;
	rest = row_cell(row, TARGET_COOPERATING);
	while (list_next(&rest, &entry)) {
		uint32_t unit;

		if (unit_named(row, TARGET_COOPERATING, entry, &unit))
			target->cooperating[target->cooperating_count++] = unit;
	}
}

static const char *const authorities[] = { "summed", "official", "survey" };

const char *authority_name(enum authority authority)
{
	return authorities[authority];
}

static void read_offices(const struct row *row, struct target *target)
{
	int authority = AUTHORITY_SUMMED;

	(void)row_unit(row, TARGET_LEAD, &target->lead);
	target->source = target->lead;
	(void)row_unit(row, TARGET_SOURCE, &target->source);
	(void)row_choice(row, TARGET_AUTHORITY, authorities, 3, &authority);
	target->authority = (enum authority)authority;
	target->approve = row_yes(row, TARGET_APPROVE);
	read_cooperating(row, target);
}

static void read_threshold(const struct row *row, int column,
			   struct decimal fallback, struct decimal *out)
{
	*out = fallback;
	if (row_decimal(row, column, out) && out->units < 0)
		row_problem(row, column, "points may not be negative");
}

static void read_ladder(const struct row *row, struct target *target)
{
	struct span id = row_cell(row, TARGET_LADDER);
	uint32_t ladder;

	if (!id.len)
		return;
	ladder = intern_find(&row->loader->ladder_ids, id);
	if (ladder != INTERN_NONE)
		target->ladder = ladder;
	else if (!row->loader->tables[FILE_LADDERS].broken)
		row_problem(row, TARGET_LADDER,
			    "there is no ladder '%.*s' in ladders.csv",
			    (int)id.len, (const char *)id.data);
}

static void read_target(struct loader *loader, uint32_t index,
			struct target *target)
{
	static const char *const lists[] = { "open", "closed" };
	struct row row = target_row(loader, index);
	int list;

	*target = (struct target){
		.id = row_text(&row, TARGET_ID),
		.name_zh = row_text(&row, TARGET_NAME_ZH),
		.name_en = row_text(&row, TARGET_NAME_EN),
		.section = row_text(&row, TARGET_SECTION),
		.note = row_text(&row, TARGET_NOTE),
		.uom_zh = row_text(&row, TARGET_UOM_ZH),
		.uom_en = row_text(&row, TARGET_UOM_EN),
		.sum_field = CATALOGUE_NONE,
		.ladder = CATALOGUE_NONE,
		.reads = CATALOGUE_NONE,
		.part_of = CATALOGUE_NONE,
		.of_which = CATALOGUE_NONE,
		.lead = CATALOGUE_NONE,
		.source = CATALOGUE_NONE,
	};
	loader->kind_known[index] = read_kind(&row, target);
	read_modes(&row, target);
	read_annual_only(&row, target);
	read_scale(&row, target);
	read_window(&row, target);
	read_periods(&row, target);
	target->has_base = row_decimal(&row, TARGET_BASE, &target->base);
	read_ladder(&row, target);
	if (row_choice(&row, TARGET_ITEM_LIST, lists, 2, &list))
		loader->item_lists[index] = list ? LIST_CLOSED : LIST_OPEN;
	read_links(&row, target, index);
	read_offices(&row, target);
	read_threshold(&row, TARGET_YELLOW_FROM, loader->yellow_from,
		       &target->yellow_from);
	read_threshold(&row, TARGET_RED_ABOVE, loader->red_above,
		       &target->red_above);
}

/* ---- what targets are to each other ---- */

static void settle_register(struct loader *loader, uint32_t index)
{
	struct catalogue *catalogue = loader->catalogue;
	struct target *target = &catalogue->targets[index];
	const struct target *other = &catalogue->targets[target->reads];
	struct row row = target_row(loader, index);

	if (!target_has_items(target))
		kind_problem(&row, TARGET_REGISTER, target,
			     "only items, grade and milestone read items");
	if (!loader->kind_known[target->reads])
		return;
	if (other->reads != CATALOGUE_NONE)
		row_problem(&row, TARGET_REGISTER,
			    "'%s' has no items of its own, it reads those of "
			    "'%s'; name that one",
			    other->id, catalogue->targets[other->reads].id);
	else if (!target_has_items(other))
		row_problem(&row, TARGET_REGISTER,
			    "'%s' is of kind %s and has no items", other->id,
			    measure_kind_names[other->measure]);
	if (target->ladder == CATALOGUE_NONE)
		target->ladder = other->ladder;
	else if (target->ladder != other->ladder)
		row_problem(&row, TARGET_LADDER,
			    "the items of '%s' stand on another ladder; leave "
			    "this blank",
			    other->id);
}

static void settle_target(struct loader *loader, uint32_t index)
{
	struct catalogue *catalogue = loader->catalogue;
	struct target *target = &catalogue->targets[index];
	struct row row = target_row(loader, index);

	if (!loader->kind_known[index])
		return;
	if (target->reads != CATALOGUE_NONE)
		settle_register(loader, index);
	if (target->part_of != CATALOGUE_NONE && target->is_parent)
		row_problem(&row, TARGET_PART_OF,
			    "'%s' has parts of its own; parts are one level "
			    "deep",
			    target->id);
	if (target->kind == KIND_BENCHMARK && !target->is_parent &&
	    !row_given(&row, TARGET_MEASURE))
		row_problem(&row, TARGET_MEASURE,
			    "a benchmark needs the kind of its figure here");
	if (target->ladder == CATALOGUE_NONE && !target->is_parent &&
	    (target->measure == KIND_MILESTONE ||
	     target->measure == KIND_GRADE) &&
	    !row_given(&row, TARGET_LADDER))
		row_problem(&row, TARGET_LADDER,
			    "a %s needs a ladder, see ladders.csv",
			    measure_kind_names[target->measure]);
}

void load_targets(struct loader *loader)
{
	struct catalogue *catalogue = loader->catalogue;
	size_t count = table_rows(loader, FILE_TARGETS);
	struct target *targets = loader_keep(loader, count, sizeof(*targets));

	loader->target_rows = loader_scratch(loader, count, sizeof(void *));
	loader->item_lists = loader_scratch(loader, count, 1);
	loader->kind_known = loader_scratch(loader, count, sizeof(bool));
	if (!targets || !loader->target_rows || !loader->item_lists ||
	    !loader->kind_known)
		return;
	for (size_t i = 0; i < count; i++) {
		struct row row = table_row(loader, FILE_TARGETS, i);
		struct span id = row_cell(&row, TARGET_ID);

		if (!id.len ||
		    row_repeats(&row, TARGET_ID, "the target", "%.*s",
				(int)id.len, (const char *)id.data))
			continue;
		if (!id_is_valid(id, TARGET_ID_BYTES_MAX, true))
			row_problem(&row, TARGET_ID,
				    "a target's id is up to %d small letters, "
				    "digits, . and -, a letter first",
				    TARGET_ID_BYTES_MAX);
		if (intern_put(&catalogue->target_ids, id) == INTERN_NONE) {
			loader->nomem = true;
			return;
		}
		loader->target_rows[catalogue->target_count++] = row.csv;
	}
	catalogue->targets = targets;
	for (uint32_t i = 0; i < catalogue->target_count; i++)
		read_target(loader, i, &targets[i]);
	for (uint32_t i = 0; i < catalogue->target_count; i++) {
		if (targets[i].part_of != CATALOGUE_NONE)
			targets[targets[i].part_of].is_parent = true;
	}
	for (uint32_t i = 0; i < catalogue->target_count; i++)
		settle_target(loader, i);
}
