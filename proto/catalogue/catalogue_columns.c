/* The catalogue's files, their columns, and the words that stand in them. */
#include "proto/catalogue/catalogue_columns.h"

#include "proto/catalogue/catalogue_load.h"

#include <string.h>

const char *const catalogue_file_names[CATALOGUE_FILE_COUNT] = {
	"settings.csv", "units.csv",  "unit_codes.csv", "targets.csv",
	"roster.csv",	"goals.csv",  "plans.csv",	"ladders.csv",
	"items.csv",	"fields.csv", "filters.csv",	"references.csv",
	"calendar.csv",
};

const char *const measure_kind_names[KIND_NARRATIVE + 1] = {
	"flow",	     "level", "net",   "growth", "ratio",     "limit",
	"milestone", "items", "grade", "guard",	 "benchmark", "narrative",
};

const char *const compare_names[COMPARE_PENDING + 1] = {
	">=", ">", "<=", "<", "eq", "about", "none", "pending",
};

const char *measure_kind_name(enum measure_kind kind)
{
	return measure_kind_names[kind];
}

const char *compare_name(enum compare compare)
{
	return compare_names[compare];
}

static const struct column settings_columns[] = {
	{ "key", true },
	{ "value", false, CELL_SETTING },
	{ NULL },
};

static const struct column unit_columns[] = {
	{ "unit", true },
	{ "name_zh", true },
	{ "name_en", false },
	{ "kind", true },
	{ "parent", false },
	{ "group", false },
	{ "opened", false, CELL_DAY },
	{ "closed", false, CELL_DAY },
	{ NULL },
};

static const struct column code_columns[] = {
	{ "unit", true },
	{ "scheme", false, CELL_TEXT, "gb" },
	{ "code", true },
	{ "from", false, CELL_DAY },
	{ "until", false, CELL_DAY },
	{ NULL },
};

static const struct column target_columns[] = {
	{ "target", true },
	{ "name_zh", true },
	{ "name_en", false },
	{ "section", false },
	{ "note", false },
	{ "kind", true },
	{ "measure", false },
	{ "uom_zh", false },
	{ "uom_en", false },
	{ "decimals", false, CELL_NUMBER, "0" },
	{ "scale", false, CELL_NUMBER },
	{ "period", false, CELL_TEXT, "month" },
	{ "entry", false },
	{ "given", false, CELL_TEXT, "parts" },
	{ "start", false, CELL_DAY },
	{ "end", false, CELL_DAY },
	{ "first_period", false, CELL_PERIOD },
	{ "lag_months", false, CELL_NUMBER, "0" },
	{ "due_days", false },
	{ "close_days", false },
	{ "annual_only", false, CELL_YES },
	{ "compare", false },
	{ "goal", false, CELL_NUMBER },
	{ "base", false, CELL_NUMBER },
	{ "take", false },
	{ "sum_field", false },
	{ "hold", false },
	{ "subset", false, CELL_YES },
	{ "ladder", false },
	{ "item_list", false },
	{ "register", false },
	{ "part_of", false },
	{ "of_which", false },
	{ "see", false, CELL_LIST },
	{ "lead", true },
	{ "cooperating", false, CELL_LIST },
	{ "authority", false, CELL_TEXT, "summed" },
	{ "source", false },
	{ "approve", false, CELL_YES },
	{ "yellow_from", false, CELL_NUMBER },
	{ "red_above", false, CELL_NUMBER },
	{ NULL },
};

static const struct column roster_columns[] = {
	{ "target", true },
	{ "unit", true },
	{ "quota", false, CELL_NUMBER },
	{ "base", false, CELL_NUMBER },
	{ "from", false, CELL_DAY },
	{ "until", false, CELL_DAY },
	{ "note", false },
	{ NULL },
};

static const struct column goal_columns[] = {
	{ "target", true },
	{ "goal", false, CELL_TEXT, "main" },
	{ "tier", false, CELL_TEXT, "floor" },
	{ "compare", true },
	{ "value", false, CELL_NUMBER },
	{ "width", false, CELL_NUMBER },
	{ "ref", false },
	{ "ref_period", false, CELL_PERIOD, "same" },
	{ "offset", false, CELL_NUMBER, "0" },
	{ "from", false, CELL_DAY },
	{ "approval", false },
	{ "note", false },
	{ NULL },
};

static const struct column plan_columns[] = {
	{ "target", true },
	{ "unit", false },
	{ "item", false },
	{ "stage", false },
	{ "by", true, CELL_PERIOD },
	{ "percent", false, CELL_NUMBER },
	{ "value", false, CELL_NUMBER },
	{ "shape", false, CELL_TEXT, "step" },
	{ NULL },
};

static const struct column ladder_columns[] = {
	{ "ladder", true },
	{ "step", true },
	{ "order", true, CELL_NUMBER },
	{ "name_zh", true },
	{ "name_en", false },
	{ NULL },
};

static const struct column item_columns[] = {
	{ "target", true },   { "item", true },	 { "name_zh", true },
	{ "name_en", false }, { "unit", false }, { NULL },
};

static const struct column field_columns[] = {
	{ "target", true },
	{ "field", true },
	{ "name_zh", false },
	{ "name_en", false },
	{ "type", false, CELL_TEXT, "decimal" },
	{ "decimals", false, CELL_NUMBER },
	{ "uom_zh", false },
	{ "uom_en", false },
	{ "factor", false, CELL_NUMBER, "1" },
	{ "time", false },
	{ "over_units", false },
	{ "required", false, CELL_YES },
	{ NULL },
};

static const struct column filter_columns[] = {
	{ "target", true }, { "field", true }, { "op", true },
	{ "value", true },  { NULL },
};

static const struct column reference_columns[] = {
	{ "series", true },
	{ "period", true, CELL_PERIOD },
	{ "value", true, CELL_NUMBER },
	{ "name_zh", false },
	{ "source", false },
	{ "published", false },
	{ NULL },
};

static const struct column calendar_columns[] = {
	{ "date", true, CELL_DAY },
	{ "day", true },
	{ "note", false },
	{ NULL },
};

const struct column *catalogue_columns(enum file_index file)
{
	switch (file) {
	case FILE_SETTINGS:
		return settings_columns;
	case FILE_UNITS:
		return unit_columns;
	case FILE_UNIT_CODES:
		return code_columns;
	case FILE_TARGETS:
		return target_columns;
	case FILE_ROSTER:
		return roster_columns;
	case FILE_GOALS:
		return goal_columns;
	case FILE_PLANS:
		return plan_columns;
	case FILE_LADDERS:
		return ladder_columns;
	case FILE_ITEMS:
		return item_columns;
	case FILE_FIELDS:
		return field_columns;
	case FILE_FILTERS:
		return filter_columns;
	case FILE_REFERENCES:
		return reference_columns;
	case FILE_CALENDAR:
		return calendar_columns;
	}
	return NULL;
}

int catalogue_file_index(const char *name)
{
	for (int i = 0; i < CATALOGUE_FILE_COUNT; i++) {
		if (!strcmp(name, catalogue_file_names[i]))
			return i;
	}
	return -1;
}
