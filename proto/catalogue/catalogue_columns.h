/*
 * The catalogue's files and their columns, in the order of docs/figures.md.
 * For the loader alone, see catalogue_load.h.
 */
#ifndef TALLY_PROTO_CATALOGUE_COLUMNS_H
#define TALLY_PROTO_CATALOGUE_COLUMNS_H

#include <stdbool.h>

/* In the order of catalogue_file_names. */
enum file_index {
	FILE_SETTINGS,
	FILE_UNITS,
	FILE_UNIT_CODES,
	FILE_TARGETS,
	FILE_ROSTER,
	FILE_GOALS,
	FILE_PLANS,
	FILE_LADDERS,
	FILE_ITEMS,
	FILE_FIELDS,
	FILE_FILTERS,
	FILE_REFERENCES,
	FILE_CALENDAR,
};

/* Columns in the order of docs/figures.md. */
enum settings_column { SETTING_KEY, SETTING_VALUE };
enum unit_column {
	UNIT_ID,
	UNIT_NAME_ZH,
	UNIT_NAME_EN,
	UNIT_KIND,
	UNIT_PARENT,
	UNIT_GROUP,
	UNIT_OPENED,
	UNIT_CLOSED,
};
enum code_column { CODE_UNIT, CODE_SCHEME, CODE_CODE, CODE_FROM, CODE_UNTIL };
enum target_column {
	TARGET_ID,
	TARGET_NAME_ZH,
	TARGET_NAME_EN,
	TARGET_SECTION,
	TARGET_NOTE,
	TARGET_KIND,
	TARGET_MEASURE,
	TARGET_UOM_ZH,
	TARGET_UOM_EN,
	TARGET_DECIMALS,
	TARGET_SCALE,
	TARGET_PERIOD,
	TARGET_ENTRY,
	TARGET_GIVEN,
	TARGET_START,
	TARGET_END,
	TARGET_FIRST_PERIOD,
	TARGET_LAG_MONTHS,
	TARGET_DUE_DAYS,
	TARGET_CLOSE_DAYS,
	TARGET_ANNUAL_ONLY,
	TARGET_COMPARE,
	TARGET_GOAL,
	TARGET_BASE,
	TARGET_TAKE,
	TARGET_SUM_FIELD,
	TARGET_HOLD,
	TARGET_SUBSET,
	TARGET_LADDER,
	TARGET_ITEM_LIST,
	TARGET_REGISTER,
	TARGET_PART_OF,
	TARGET_OF_WHICH,
	TARGET_SEE,
	TARGET_LEAD,
	TARGET_COOPERATING,
	TARGET_AUTHORITY,
	TARGET_SOURCE,
	TARGET_APPROVE,
	TARGET_YELLOW_FROM,
	TARGET_RED_ABOVE,
};
enum roster_column {
	ROSTER_TARGET,
	ROSTER_UNIT,
	ROSTER_QUOTA,
	ROSTER_BASE,
	ROSTER_FROM,
	ROSTER_UNTIL,
	ROSTER_NOTE,
};
enum goal_column {
	GOAL_TARGET,
	GOAL_ID,
	GOAL_TIER,
	GOAL_COMPARE,
	GOAL_VALUE,
	GOAL_WIDTH,
	GOAL_REF,
	GOAL_REF_PERIOD,
	GOAL_OFFSET,
	GOAL_FROM,
	GOAL_APPROVAL,
	GOAL_NOTE,
};
enum plan_column {
	PLAN_TARGET,
	PLAN_UNIT,
	PLAN_ITEM,
	PLAN_STAGE,
	PLAN_BY,
	PLAN_PERCENT,
	PLAN_VALUE,
	PLAN_SHAPE,
};
enum ladder_column {
	LADDER_ID,
	LADDER_STEP,
	LADDER_ORDER,
	LADDER_NAME_ZH,
	LADDER_NAME_EN,
};
enum item_column {
	ITEM_TARGET,
	ITEM_ID,
	ITEM_NAME_ZH,
	ITEM_NAME_EN,
	ITEM_UNIT
};
enum fields_column {
	FIELDS_TARGET,
	FIELDS_FIELD,
	FIELDS_NAME_ZH,
	FIELDS_NAME_EN,
	FIELDS_TYPE,
	FIELDS_DECIMALS,
	FIELDS_UOM_ZH,
	FIELDS_UOM_EN,
	FIELDS_FACTOR,
	FIELDS_TIME,
	FIELDS_OVER_UNITS,
	FIELDS_REQUIRED,
};
enum filter_column { FILTERS_TARGET, FILTERS_FIELD, FILTERS_OP, FILTERS_VALUE };
enum series_column {
	SERIES_ID,
	SERIES_PERIOD,
	SERIES_VALUE,
	SERIES_NAME_ZH,
	SERIES_SOURCE,
	SERIES_PUBLISHED,
};
enum calendar_column { CALENDAR_DATE, CALENDAR_DAY, CALENDAR_NOTE };

#define COLUMNS_MAX 48 /* of the catalogue's own files */
#define NO_COLUMN (-1)

/* How two cells are the same although they are not written alike. */
enum cell_kind {
	CELL_TEXT,
	CELL_NUMBER, /* or a step */
	CELL_DAY,
	CELL_PERIOD, /* or a day */
	CELL_LIST,
	CELL_YES,
	CELL_SETTING, /* number or day, by its key */
};

struct column {
	const char *name; /* NULL ends the list */
	bool required;
	enum cell_kind kind;
	const char *fallback; /* what a blank cell means, NULL: just that, or
				 it depends on the kind of target */
};

/* The columns of a file, ended by a NULL name. */
const struct column *catalogue_columns(enum file_index file);
/* The file of a name, or -1. */
int catalogue_file_index(const char *name);

#endif
