/* settings.csv, units.csv, unit_codes.csv and calendar.csv. */
#include "proto/catalogue/catalogue_load.h"

#include <stdlib.h>
#include <string.h>

#define UNIT_ID_BYTES_MAX 40

enum setting {
	SET_TITLE_ZH,
	SET_TITLE_EN,
	SET_START,
	SET_END,
	SET_DUE_DAYS,
	SET_CLOSE_DAYS,
	SET_RESEND_DAYS,
	SET_YELLOW_FROM,
	SET_RED_ABOVE,
	SET_SLIP_RED,
	SET_COVERAGE_MIN,
	SET_REDACT,
	SET_COUNT,
};

static const char *const setting_names[SET_COUNT] = {
	"title_zh",  "title_en",   "start",	   "end",
	"due_days",  "close_days", "resend_days",  "yellow_from",
	"red_above", "slip_red",   "coverage_min", "redact",
};

/* Points and percent: a number that is not negative. */
static void read_points(const struct row *row, struct decimal max,
			struct decimal *out)
{
	struct decimal value;

	if (!row_decimal(row, SETTING_VALUE, &value))
		return;
	if (value.units < 0 || decimal_compare(value, max) > 0)
		row_problem(row, SETTING_VALUE,
			    "the number must be from 0 to %lld",
			    (long long)max.units);
	else
		*out = value;
}

static void read_setting(const struct row *row, enum setting setting)
{
	struct loader *loader = row->loader;
	struct settings *settings = &loader->catalogue->settings;
	static const struct decimal points_max = { 10000, 0 };
	static const struct decimal percent_max = { 100, 0 };

	switch (setting) {
	case SET_TITLE_ZH:
		settings->title_zh = row_text(row, SETTING_VALUE);
		break;
	case SET_TITLE_EN:
		settings->title_en = row_text(row, SETTING_VALUE);
		break;
	case SET_START:
		(void)row_day(row, SETTING_VALUE, &settings->start);
		break;
	case SET_END:
		if (row_day(row, SETTING_VALUE, &settings->end) &&
		    settings->start != DAY_NONE &&
		    settings->end < settings->start)
			row_problem(row, SETTING_VALUE,
				    "the window ends before it begins");
		break;
	case SET_DUE_DAYS:
		(void)row_days(row, SETTING_VALUE, &loader->due);
		break;
	case SET_CLOSE_DAYS:
		(void)row_days(row, SETTING_VALUE, &loader->close);
		break;
	case SET_RESEND_DAYS:
		(void)row_integer(row, SETTING_VALUE, 3660,
				  &settings->resend_days);
		break;
	case SET_YELLOW_FROM:
		read_points(row, points_max, &loader->yellow_from);
		break;
	case SET_RED_ABOVE:
		read_points(row, points_max, &loader->red_above);
		break;
	case SET_SLIP_RED:
		(void)row_integer(row, SETTING_VALUE, 120, &settings->slip_red);
		break;
	case SET_COVERAGE_MIN:
		read_points(row, percent_max, &settings->coverage_min);
		break;
	case SET_REDACT: /* once units are known */
	case SET_COUNT:
		break;
	}
}

void load_settings(struct loader *loader)
{
	size_t count = table_rows(loader, FILE_SETTINGS);
	struct row rows[SET_COUNT] = { 0 };

	loader->catalogue->settings = (struct settings){
		.title_zh = "",
		.title_en = "",
		.start = DAY_NONE,
		.end = DAY_NONE,
		.resend_days = 10,
		.slip_red = 3,
		.coverage_min = { 50, 0 },
		.redact = CATALOGUE_NONE,
	};
	loader->due = (struct days){ 10, false };
	loader->close = (struct days){ 30, false };
	loader->yellow_from = (struct decimal){ 10, 0 };
	loader->red_above = (struct decimal){ 30, 0 };
	for (size_t i = 0; i < count; i++) {
		struct row row = table_row(loader, FILE_SETTINGS, i);
		int setting;

		if (!row_choice(&row, SETTING_KEY, setting_names, SET_COUNT,
				&setting) ||
		    row_repeats(&row, SETTING_KEY, "the key", "%d", setting))
			continue;
		rows[setting] = row;
	}
	/* In the order of the table: the end is compared with the start. */
	for (int i = 0; i < SET_COUNT; i++) {
		if (rows[i].loader)
			read_setting(&rows[i], (enum setting)i);
	}
}

/* ---- units ---- */

static const char *const kinds[] = {
	"region",     "street", "town",	      "village",
	"department", "park",	"enterprise", "official",
};

const char *unit_kind_name(enum unit_kind kind)
{
	return kinds[kind];
}

static void read_unit(const struct row *row, struct unit *unit)
{
	int kind = UNIT_DEPARTMENT;

	*unit = (struct unit){
		.id = row_text(row, UNIT_ID),
		.name_zh = row_text(row, UNIT_NAME_ZH),
		.name_en = row_text(row, UNIT_NAME_EN),
		.group = row_text(row, UNIT_GROUP),
		.parent = CATALOGUE_NONE,
		.opened = DAY_NONE,
		.closed = DAY_NONE,
	};
	(void)row_choice(row, UNIT_KIND, kinds, sizeof(kinds) / sizeof(*kinds),
			 &kind);
	unit->kind = (enum unit_kind)kind;
	(void)row_unit(row, UNIT_PARENT, &unit->parent);
	(void)row_day(row, UNIT_OPENED, &unit->opened);
	if (row_day(row, UNIT_CLOSED, &unit->closed) &&
	    unit->opened != DAY_NONE && unit->closed < unit->opened)
		row_problem(row, UNIT_CLOSED,
			    "the unit is closed before it is opened");
}

/* A chain of parents longer than there are units goes in a circle. Each unit
 * is walked once: those behind it are known to end. */
static void check_parents(struct loader *loader, const struct row *rows)
{
	struct catalogue *catalogue = loader->catalogue;
	uint32_t *walk = loader_scratch(loader, catalogue->unit_count + 1,
					sizeof(*walk));

	if (!walk)
		return;
	for (uint32_t i = 0; i < catalogue->unit_count; i++) {
		uint32_t at = i;

		while (at != CATALOGUE_NONE && !walk[at]) {
			walk[at] = i + 1;
			at = catalogue->units[at].parent;
		}
		if (at == CATALOGUE_NONE || walk[at] != i + 1)
			continue;
		row_problem(&rows[at], UNIT_PARENT,
			    "the parents of unit '%s' go in a circle",
			    catalogue->units[at].id);
		catalogue->units[at].parent = CATALOGUE_NONE;
	}
}

/* Whose officials redact: of the settings, which are read before units. */
static void name_authority(struct loader *loader)
{
	size_t count = table_rows(loader, FILE_SETTINGS);

	for (size_t i = 0; i < count; i++) {
		struct row row = table_row(loader, FILE_SETTINGS, i);

		if (span_equal(row_cell(&row, SETTING_KEY),
			       span_of_text(setting_names[SET_REDACT])))
			(void)row_unit(&row, SETTING_VALUE,
				       &loader->catalogue->settings.redact);
	}
}

static int compare_ids(const void *left, const void *right)
{
	const struct unit *const *a = left, *const *b = right;

	return strcmp((*a)->id, (*b)->id);
}

/* Rosters are in the order of ids: what is looked up in them needs no texts. */
static void place_units(struct loader *loader)
{
	struct catalogue *catalogue = loader->catalogue;
	size_t count = catalogue->unit_count;
	struct unit **order =
		loader_scratch(loader, count, sizeof(struct unit *));

	if (!order)
		return;
	for (size_t i = 0; i < count; i++)
		order[i] = &catalogue->units[i];
	qsort(order, count, sizeof(struct unit *), compare_ids);
	for (size_t i = 0; i < count; i++)
		order[i]->place = (uint32_t)i;
}

void load_units(struct loader *loader)
{
	struct catalogue *catalogue = loader->catalogue;
	size_t count = table_rows(loader, FILE_UNITS);
	struct row *rows = loader_scratch(loader, count, sizeof(*rows));
	struct unit *units = loader_keep(loader, count, sizeof(*units));

	if (!rows || !units)
		return;
	for (size_t i = 0; i < count; i++) {
		struct row row = table_row(loader, FILE_UNITS, i);
		struct span id = row_cell(&row, UNIT_ID);

		if (!id.len || row_repeats(&row, UNIT_ID, "the unit", "%.*s",
					   (int)id.len, (const char *)id.data))
			continue;
		if (!id_is_valid(id, UNIT_ID_BYTES_MAX, false))
			row_problem(&row, UNIT_ID,
				    "a unit's id is up to %d small letters, "
				    "digits and -, a letter first",
				    UNIT_ID_BYTES_MAX);
		/* What refers to it is not wrong in its turn. */
		if (intern_put(&catalogue->unit_ids, id) == INTERN_NONE) {
			loader->nomem = true;
			return;
		}
		rows[catalogue->unit_count++] = row;
	}
	catalogue->units = units;
	for (size_t i = 0; i < catalogue->unit_count; i++)
		read_unit(&rows[i], &units[i]);
	place_units(loader);
	check_parents(loader, rows);
	name_authority(loader);
}

/* ---- codes ---- */

struct code_entry {
	struct unit_code code;
	struct row row;
};

/* By code, the national scheme first, then by scheme and day. */
static int compare_codes(const void *left, const void *right)
{
	const struct unit_code *a = &((const struct code_entry *)left)->code;
	const struct unit_code *b = &((const struct code_entry *)right)->code;
	int order = strcmp(a->code, b->code);

	if (order)
		return order;
	order = strcmp(b->scheme, "gb") == 0;
	order -= strcmp(a->scheme, "gb") == 0;
	if (order)
		return order;
	order = strcmp(a->scheme, b->scheme);
	if (order)
		return order;
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return 0;
}

static bool read_code(const struct row *row, struct unit_code *code)
{
	struct span digits = row_cell(row, CODE_CODE);

	*code = (struct unit_code){
		.scheme = row_given(row, CODE_SCHEME) ?
				  row_name(row, CODE_SCHEME) :
				  "gb",
		.code = row_text(row, CODE_CODE),
		.unit = CATALOGUE_NONE,
		.from = DAY_NONE,
		.until = DAY_NONE,
	};
	(void)row_day(row, CODE_FROM, &code->from);
	if (row_day(row, CODE_UNTIL, &code->until) && code->from != DAY_NONE &&
	    code->until < code->from)
		row_problem(row, CODE_UNTIL, "the code ends before it begins");
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.data[i] >= '0' && digits.data[i] <= '9')
			continue;
		row_problem(row, CODE_CODE,
			    "'%.*s' is not a code of digits alone; set the "
			    "column to text, so that Excel leaves it alone",
			    digits.len > 40 ? 40 : (int)digits.len,
			    (const char *)digits.data);
		break;
	}
	return row_unit(row, CODE_UNIT, &code->unit);
}

static int32_t last_day(int32_t until)
{
	return until == DAY_NONE ? DAY_ALWAYS : until;
}

/* Of one code's rows, by day: the two units whose rows reach furthest. */
static void check_codes(const struct code_entry *entries, size_t count)
{
	const struct code_entry *first = NULL, *second = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct code_entry *at = &entries[i], *clash = NULL;

		if (i && (strcmp(at->code.code, at[-1].code.code) != 0 ||
			  strcmp(at->code.scheme, at[-1].code.scheme) != 0))
			first = second = NULL;
		if (first && first->code.unit != at->code.unit)
			clash = first;
		else if (first)
			clash = second;
		if (clash && last_day(clash->code.until) >= at->code.from)
			row_problem(&at->row, CODE_CODE,
				    "code %s names another unit on the same "
				    "days, in row %u; give from and until",
				    at->code.code, clash->row.csv->number);
		if (!first ||
		    last_day(at->code.until) >= last_day(first->code.until)) {
			if (first && first->code.unit != at->code.unit)
				second = first;
			first = at;
		} else if (first->code.unit != at->code.unit &&
			   (!second || last_day(at->code.until) >
					       last_day(second->code.until))) {
			second = at;
		}
	}
}

void load_codes(struct loader *loader)
{
	struct catalogue *catalogue = loader->catalogue;
	size_t count = table_rows(loader, FILE_UNIT_CODES), used = 0;
	struct code_entry *entries =
		loader_scratch(loader, count, sizeof(*entries));
	struct unit_code *codes = loader_keep(loader, count, sizeof(*codes));

	if (!entries || !codes)
		return;
	for (size_t i = 0; i < count; i++) {
		entries[used].row = table_row(loader, FILE_UNIT_CODES, i);
		used += read_code(&entries[used].row, &entries[used].code);
	}
	qsort(entries, used, sizeof(*entries), compare_codes);
	check_codes(entries, used);
	for (size_t i = 0; i < used; i++)
		codes[i] = entries[i].code;
	catalogue->codes = codes;
	catalogue->code_count = used;
}

/* ---- calendar ---- */

static int compare_days(const void *left, const void *right)
{
	int32_t a = ((const struct calendar_day *)left)->day;
	int32_t b = ((const struct calendar_day *)right)->day;

	return a < b ? -1 : a > b;
}

void load_calendar(struct loader *loader)
{
	static const char *const words[] = { "off", "work" };
	struct catalogue *catalogue = loader->catalogue;
	size_t count = table_rows(loader, FILE_CALENDAR), used = 0;
	struct calendar_day *days = loader_keep(loader, count, sizeof(*days));

	if (!days)
		return;
	for (size_t i = 0; i < count; i++) {
		struct row row = table_row(loader, FILE_CALENDAR, i);
		int32_t day;
		int word = 0;

		if (!row_choice(&row, CALENDAR_DAY, words, 2, &word) ||
		    !row_day(&row, CALENDAR_DATE, &day) ||
		    row_repeats(&row, CALENDAR_DATE, "the day", "%d", day))
			continue;
		days[used++] = (struct calendar_day){ day, word == 1 };
	}
	qsort(days, used, sizeof(*days), compare_days);
	catalogue->calendar = days;
	catalogue->calendar_count = used;
}
