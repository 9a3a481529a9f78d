/* The fields of each kind, and fields.csv. */
#include "proto/catalogue/catalogue_load.h"

#include <string.h>

#define OWN_FIELDS_MAX 8
#define DECIMALS_OTHERWISE 4
#define FIELDS_MAX 200 /* of a target: each is a column of reports.csv */

/* What the roles are where fields.csv says nothing. */
struct own_field {
	const char *id, *name_zh, *name_en;
	enum field_type type;
	enum field_time time;
};

static const struct own_field own_fields[] = {
	[FIELD_VALUE] = { "value", "完成数", "amount done", TYPE_DECIMAL,
			  TIME_SUM },
	[FIELD_OPENED] = { "opened", "新增数", "opened", TYPE_DECIMAL,
			   TIME_SUM },
	[FIELD_CLOSED] = { "closed", "减少数", "closed", TYPE_DECIMAL,
			   TIME_SUM },
	[FIELD_CURRENT] = { "current", "本期", "this period", TYPE_DECIMAL,
			    TIME_SUM },
	[FIELD_BASE] = { "base", "上年同期", "same period last year",
			 TYPE_DECIMAL, TIME_SUM },
	[FIELD_CURRENT_DEN] = { "current_den", "本期分母",
				"this period's denominator", TYPE_DECIMAL,
				TIME_SUM },
	[FIELD_BASE_DEN] = { "base_den", "上年同期分母",
			     "last year's denominator", TYPE_DECIMAL,
			     TIME_SUM },
	[FIELD_NUM] = { "num", "分子", "numerator", TYPE_DECIMAL, TIME_LAST },
	[FIELD_DEN] = { "den", "分母", "denominator", TYPE_DECIMAL, TIME_LAST },
	[FIELD_CASES] = { "cases", "件数", "cases", TYPE_DECIMAL, TIME_SUM },
	[FIELD_TOTAL] = { "total", "合计", "total", TYPE_DECIMAL, TIME_SUM },
	[FIELD_WORST] = { "worst", "最长", "worst", TYPE_DECIMAL, TIME_MAX },
	[FIELD_VIOLATIONS] = { "violations", "发生数", "violations",
			       TYPE_DECIMAL, TIME_SUM },
	[FIELD_MEASURED] = { "measured", "实测值", "measured", TYPE_DECIMAL,
			     TIME_SUM },
	[FIELD_LIMIT] = { "limit", "限值", "limit", TYPE_DECIMAL, TIME_SUM },
	[FIELD_STAGE] = { "stage", "形象进度", "stage", TYPE_STEP, TIME_LAST },
	[FIELD_GRADE] = { "grade", "等级", "grade", TYPE_STEP, TIME_LAST },
	[FIELD_DATE] = { "date", "日期", "date", TYPE_DATE, TIME_LAST },
	[FIELD_WORKS] = { "works", "工程进度", "works", TYPE_DECIMAL,
			  TIME_LAST },
	[FIELD_TEXT] = { "text", "文字", "text", TYPE_TEXT, TIME_LAST },
};

struct own_list {
	struct field fields[OWN_FIELDS_MAX];
	size_t count;
};

static uint8_t own_decimals(const struct target *target, enum field_role role)
{
	if (role == FIELD_VALUE || role == FIELD_OPENED || role == FIELD_CLOSED)
		return target->decimals;
	if (role == FIELD_CASES || role == FIELD_VIOLATIONS)
		return 0;
	return DECIMALS_OTHERWISE;
}

static void add_own(struct own_list *list, const struct target *target,
		    enum field_role role, bool needed)
{
	const struct own_field *own = &own_fields[role];
	bool unit_of_target = role == FIELD_VALUE || role == FIELD_OPENED ||
			      role == FIELD_CLOSED;

	list->fields[list->count++] = (struct field){
		.id = own->id,
		.name_zh = own->name_zh,
		.name_en = own->name_en,
		.uom_zh = unit_of_target      ? target->uom_zh :
			  role == FIELD_WORKS ? "%" :
						"",
		.uom_en = unit_of_target      ? target->uom_en :
			  role == FIELD_WORKS ? "%" :
						"",
		.role = role,
		.type = own->type,
		.decimals = own->type == TYPE_DECIMAL ?
				    own_decimals(target, role) :
				    0,
		.factor = { 1, 0 },
		.time = role == FIELD_VALUE && (target->measure == KIND_LEVEL ||
						target->given == GIVEN_RATE) ?
				TIME_LAST :
				own->time,
		.max_over_units = role == FIELD_WORST,
		.needed = needed,
	};
}

/* Bases in the catalogue are not asked for again. */
static bool gives_bases(const struct target *target)
{
	if (target->has_base)
		return true;
	for (size_t i = 0; i < target->roster_count; i++) {
		if (target->roster[i].has_base)
			return true;
	}
	return false;
}

static void add_fields_of_items(struct own_list *list,
				const struct target *target)
{
	if (target->measure == KIND_GRADE)
		add_own(list, target, FIELD_GRADE, false);
	else if (target->ladder != CATALOGUE_NONE)
		add_own(list, target, FIELD_STAGE, false);
	add_own(list, target, FIELD_DATE, false);
	if (target->measure == KIND_MILESTONE)
		add_own(list, target, FIELD_WORKS, false);
}

static void add_growth(struct own_list *list, const struct target *target,
		       bool quotient)
{
	add_own(list, target, FIELD_CURRENT, true);
	if (!gives_bases(target))
		add_own(list, target, FIELD_BASE, true);
	if (!quotient)
		return;
	add_own(list, target, FIELD_CURRENT_DEN, true);
	add_own(list, target, FIELD_BASE_DEN, true);
}

static void list_own(struct own_list *list, const struct target *target,
		     bool quotient)
{
	if (target->given == GIVEN_RATE) {
		add_own(list, target, FIELD_VALUE, true);
		return;
	}
	switch (target->measure) {
	case KIND_FLOW:
	case KIND_LEVEL:
		add_own(list, target, FIELD_VALUE, true);
		break;
	case KIND_NET:
		add_own(list, target, FIELD_OPENED, true);
		add_own(list, target, FIELD_CLOSED, true);
		break;
	case KIND_GROWTH:
		add_growth(list, target, quotient);
		break;
	case KIND_RATIO:
		add_own(list, target, FIELD_NUM, true);
		add_own(list, target, FIELD_DEN, true);
		break;
	case KIND_LIMIT:
		add_own(list, target, FIELD_CASES, true);
		add_own(list, target, FIELD_TOTAL, true);
		add_own(list, target, FIELD_WORST, target->take == TAKE_WORST);
		break;
	case KIND_GUARD:
		if (target->hold != HOLD_MEAN) {
			add_own(list, target, FIELD_VIOLATIONS, true);
			break;
		}
		add_own(list, target, FIELD_MEASURED, true);
		add_own(list, target, FIELD_LIMIT, true);
		break;
	case KIND_MILESTONE:
	case KIND_ITEMS:
	case KIND_GRADE:
		add_fields_of_items(list, target);
		break;
	case KIND_NARRATIVE:
		add_own(list, target, FIELD_TEXT, true);
		break;
	case KIND_BENCHMARK:
		break;
	}
}

/* ---- fields.csv ---- */

static bool is_fixed_column(struct span name)
{
	static const char *const fixed[] = { "target", "unit",	  "period",
					     "item",   "text",	  "review",
					     "reason", "received" };

	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++) {
		if (span_equal(name, span_of_text(fixed[i])))
			return true;
	}
	return false;
}

static void read_type(const struct row *row, struct field *field, bool own)
{
	static const char *const types[] = { "decimal", "text", "date", "set" };
	int type = TYPE_DECIMAL;

	if (!row_choice(row, FIELDS_TYPE, types, 4, &type))
		return;
	if (own && field->type != (enum field_type)type)
		row_problem(row, FIELDS_TYPE,
			    "the kind's own field '%s' keeps its type; leave "
			    "this blank",
			    field->id);
	else
		field->type = (enum field_type)type;
}

static void read_arithmetic(const struct row *row, struct field *field)
{
	static const char *const times[] = { "sum", "last", "max" };
	static const char *const overs[] = { "sum", "max" };
	int decimals = field->decimals, time = (int)field->time;
	int over = field->max_over_units;

	(void)row_integer(row, FIELDS_DECIMALS, DECIMAL_PLACES_MAX, &decimals);
	(void)row_choice(row, FIELDS_TIME, times, 3, &time);
	(void)row_choice(row, FIELDS_OVER_UNITS, overs, 2, &over);
	if (row_decimal(row, FIELDS_FACTOR, &field->factor) &&
	    field->factor.units <= 0)
		row_problem(row, FIELDS_FACTOR, "the factor must be above 0");
	field->decimals = field->type == TYPE_DECIMAL ? (uint8_t)decimals : 0;
	field->time = (enum field_time)time;
	field->max_over_units = over == 1;
}

/* Blank cells leave what is there. */
static void read_label(const struct row *row, int column, const char **label)
{
	if (row_given(row, column))
		*label = row_text(row, column);
}

static void read_field(const struct row *row, struct field *field, bool own)
{
	read_label(row, FIELDS_NAME_ZH, &field->name_zh);
	read_label(row, FIELDS_NAME_EN, &field->name_en);
	read_label(row, FIELDS_UOM_ZH, &field->uom_zh);
	read_label(row, FIELDS_UOM_EN, &field->uom_en);
	read_type(row, field, own);
	read_arithmetic(row, field);
	field->required = row_yes(row, FIELDS_REQUIRED);
}

static struct field *find_field(struct target *target, struct span id)
{
	for (size_t i = 0; i < target->field_count; i++) {
		if (span_equal(span_of_text(target->fields[i].id), id))
			return &target->fields[i];
	}
	return NULL;
}

static void take_field_row(const struct row *row, uint32_t index)
{
	struct target *target = &row->loader->catalogue->targets[index];
	struct span id = row_cell(row, FIELDS_FIELD);
	struct field *field = find_field(target, id);
	const char *name;
	bool own = field != NULL;

	if (is_fixed_column(id)) {
		row_problem(row, FIELDS_FIELD,
			    "'%.*s' is a column that every report has; choose "
			    "another name",
			    (int)id.len, (const char *)id.data);
		return;
	}
	name = row_name(row, FIELDS_FIELD);
	if (!*name ||
	    row_repeats(row, FIELDS_FIELD, "the field", "%u:%s", index, name))
		return;
	if (!field && target->field_count >= FIELDS_MAX) {
		row_problem(row, FIELDS_FIELD, "a target has at most %d fields",
			    FIELDS_MAX);
		return;
	}
	if (!field) {
		field = &target->fields[target->field_count++];
		*field = (struct field){
			.id = name,
			.name_zh = "",
			.name_en = "",
			.uom_zh = "",
			.uom_en = "",
			.role = target_has_items(target) ? FIELD_ATTRIBUTE :
							   FIELD_MEMO,
			.type = TYPE_DECIMAL,
			.decimals = DECIMALS_OTHERWISE,
			.factor = { 1, 0 },
			.time = target_has_items(target) ? TIME_LAST : TIME_SUM,
		};
	}
	read_field(row, field, own);
}

/* current_den and base_den make a growth of a quotient; both or neither. */
static bool is_quotient(const struct loader *loader,
			const struct target *target,
			const struct csv_row *const *rows, size_t count)
{
	bool current = false, base = false;
	struct row row = { (struct loader *)(uintptr_t)loader, FILE_FIELDS,
			   NULL };

	if (target->measure != KIND_GROWTH || target->given == GIVEN_RATE)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct span id;

		row.csv = rows[i];
		id = row_cell(&row, FIELDS_FIELD);
		current |= span_equal(id, span_of_text("current_den"));
		base |= span_equal(id, span_of_text("base_den"));
	}
	if (current != base)
		row_problem(&row, FIELDS_FIELD,
			    "a growth of a quotient needs both current_den "
			    "and base_den");
	return current || base;
}

static void load_fields_of(struct loader *loader, uint32_t index,
			   const struct csv_row *const *rows, size_t count)
{
	struct target *target = &loader->catalogue->targets[index];
	struct own_list own = { .count = 0 };
	bool takes_reports = !target->is_parent &&
			     target->reads == CATALOGUE_NONE;

	if (takes_reports)
		list_own(&own, target,
			 is_quotient(loader, target, rows, count));
	target->fields =
		loader_keep(loader, own.count + count, sizeof(*target->fields));
	if (!target->fields)
		return;
	memcpy(target->fields, own.fields, own.count * sizeof(*own.fields));
	target->field_count = own.count;
	for (size_t i = 0; i < count; i++) {
		struct row row = { loader, FILE_FIELDS, rows[i] };

		if (takes_reports)
			take_field_row(&row, index);
		else
			row_problem(&row, FIELDS_TARGET,
				    "'%s' takes no reports itself; put the "
				    "field where offices report",
				    target->id);
	}
	for (size_t i = 0; i < target->field_count; i++) {
		if (intern_put(&loader->catalogue->field_names,
			       span_of_text(target->fields[i].id)) ==
		    INTERN_NONE)
			loader->nomem = true;
	}
}

/* The field whose sum counts instead of the number of items. */
static void settle_sum_field(struct loader *loader, uint32_t index)
{
	struct catalogue *catalogue = loader->catalogue;
	struct target *target = &catalogue->targets[index];
	const struct target *source = target_register(catalogue, target);
	struct row row = target_row(loader, index);
	struct span id = row_cell(&row, TARGET_SUM_FIELD);

	if (!id.len)
		return;
	if (target->measure != KIND_ITEMS) {
		row_problem(&row, TARGET_SUM_FIELD,
			    "only items are summed by a field; leave it blank");
		return;
	}
	for (size_t i = 0; i < source->field_count; i++) {
		const struct field *field = &source->fields[i];

		if (span_equal(span_of_text(field->id), id) &&
		    field->type == TYPE_DECIMAL)
			target->sum_field = (uint32_t)i;
	}
	if (target->sum_field == CATALOGUE_NONE)
		row_problem(&row, TARGET_SUM_FIELD,
			    "'%s' has no decimal field '%.*s'; define it in "
			    "fields.csv",
			    source->id, (int)id.len, (const char *)id.data);
}

void load_fields(struct loader *loader)
{
	size_t count = loader->catalogue->target_count;
	struct groups groups;

	if (!group_rows(loader, FILE_FIELDS, &groups))
		return;
	for (uint32_t t = 0; t < count; t++)
		load_fields_of(loader, t, groups.rows + groups.first[t],
			       groups.first[t + 1] - groups.first[t]);
	for (uint32_t t = 0; t < count; t++) {
		if (loader->kind_known[t])
			settle_sum_field(loader, t);
	}
}
