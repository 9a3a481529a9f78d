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
	{ "value", false },
	{ NULL, false },
};

static const struct column unit_columns[] = {
	{ "unit", true },    { "name_zh", true }, { "name_en", false },
	{ "kind", true },    { "parent", false }, { "group", false },
	{ "opened", false }, { "closed", false }, { NULL, false },
};

static const struct column code_columns[] = {
	{ "unit", true },  { "scheme", false }, { "code", true },
	{ "from", false }, { "until", false },	{ NULL, false },
};

static const struct column target_columns[] = {
	{ "target", true },	   { "name_zh", true },
	{ "name_en", false },	   { "section", false },
	{ "note", false },	   { "kind", true },
	{ "measure", false },	   { "uom_zh", false },
	{ "uom_en", false },	   { "decimals", false },
	{ "scale", false },	   { "period", false },
	{ "entry", false },	   { "given", false },
	{ "start", false },	   { "end", false },
	{ "first_period", false }, { "lag_months", false },
	{ "due_days", false },	   { "close_days", false },
	{ "annual_only", false },  { "compare", false },
	{ "goal", false },	   { "base", false },
	{ "take", false },	   { "sum_field", false },
	{ "hold", false },	   { "subset", false },
	{ "ladder", false },	   { "item_list", false },
	{ "register", false },	   { "part_of", false },
	{ "of_which", false },	   { "see", false },
	{ "lead", true },	   { "cooperating", false },
	{ "authority", false },	   { "source", false },
	{ "approve", false },	   { "yellow_from", false },
	{ "red_above", false },	   { NULL, false },
};

static const struct column roster_columns[] = {
	{ "target", true }, { "unit", true },  { "quota", false },
	{ "base", false },  { "from", false }, { "until", false },
	{ "note", false },  { NULL, false },
};

static const struct column goal_columns[] = {
	{ "target", true },  { "goal", false },	      { "tier", false },
	{ "compare", true }, { "value", false },      { "width", false },
	{ "ref", false },    { "ref_period", false }, { "offset", false },
	{ "from", false },   { "approval", false },   { "note", false },
	{ NULL, false },
};

static const struct column plan_columns[] = {
	{ "target", true }, { "unit", false },	{ "item", false },
	{ "stage", false }, { "by", true },	{ "percent", false },
	{ "value", false }, { "shape", false }, { NULL, false },
};

static const struct column ladder_columns[] = {
	{ "ladder", true },  { "step", true },	   { "order", true },
	{ "name_zh", true }, { "name_en", false }, { NULL, false },
};

static const struct column item_columns[] = {
	{ "target", true },   { "item", true },	 { "name_zh", true },
	{ "name_en", false }, { "unit", false }, { NULL, false },
};

static const struct column field_columns[] = {
	{ "target", true },   { "field", true },       { "name_zh", false },
	{ "name_en", false }, { "type", false },       { "decimals", false },
	{ "uom_zh", false },  { "uom_en", false },     { "factor", false },
	{ "time", false },    { "over_units", false }, { "required", false },
	{ NULL, false },
};

static const struct column filter_columns[] = {
	{ "target", true }, { "field", true }, { "op", true },
	{ "value", true },  { NULL, false },
};

static const struct column reference_columns[] = {
	{ "series", true },   { "period", true },  { "value", true },
	{ "name_zh", false }, { "source", false }, { "published", false },
	{ NULL, false },
};

static const struct column calendar_columns[] = {
	{ "date", true },
	{ "day", true },
	{ "note", false },
	{ NULL, false },
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
