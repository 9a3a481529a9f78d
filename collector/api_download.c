/* Figures as a file for a spreadsheet: the same cells as CSV and as .xlsx. */
#include <stdio.h>
#include <string.h>

#include "base/rt/sheet.h"
#include "collector/api_parts.h"
#include "proto/csv.h"
#include "proto/figure/words.h"

/* The table on its way into a file of either kind. */
struct table_out {
	struct api_call *call;
	enum lang lang;
	struct sheet *sheet; /* NULL: CSV, into the answer */
	bool begun;	     /* a row of CSV */
};

static const struct {
	const char *en, *zh;
	double width;
} heads[] = {
	{ "target", "目标", 24 },  { "name", "名称", 24 },
	{ "unit", "单位", 12 },	   { "unit name", "单位名称", 14 },
	{ "period", "期别", 10 },  { "value", "数值", 12 },
	{ "uom", "计量单位", 10 }, { "goal", "目标值", 12 },
	{ "plan", "序时", 12 },	   { "rate %", "完成率%", 10 },
	{ "gap", "差距", 10 },	   { "light", "灯色", 8 },
	{ "why", "原因", 12 },	   { "reported", "已报", 8 },
	{ "due", "应报", 8 },
};

#define COLUMNS (sizeof(heads) / sizeof(heads[0]))

static const char *name_in(enum lang lang, const char *zh, const char *en)
{
	return lang == LANG_EN && *en ? en : zh;
}

static const char *title(const struct table_out *table, size_t column)
{
	return name_in(table->lang, heads[column].zh, heads[column].en);
}

/* ---- cells ---- */

static void add_cell(struct table_out *table, const char *text)
{
	struct strbuf *out = table->call->out;

	if (table->begun)
		strbuf_add_char(out, ',');
	csv_write_guarded(out, span_of_text(text ? text : ""));
	table->begun = true;
}

static void add_text(struct table_out *table, const char *text)
{
	if (table->sheet)
		sheet_text(table->sheet, text);
	else
		add_cell(table, text);
}

static void add_number(struct table_out *table, const char *text)
{
	if (table->sheet)
		sheet_number(table->sheet, text);
	else
		add_cell(table, text);
}

static void add_count(struct table_out *table, uint32_t count)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", count);
	add_number(table, text);
}

static void end_row(struct table_out *table)
{
	if (table->sheet)
		sheet_end_row(table->sheet);
	else
		strbuf_add_text(table->call->out, "\r\n");
	table->begun = false;
}

static void add_row(struct table_out *table, const struct figure *figure)
{
	const struct catalogue *catalogue = table->call->view->catalogue;
	const struct target *target = &catalogue->targets[figure->target];
	enum lang lang = table->lang;
	char period[PERIOD_TEXT_BYTES] = "";
	const struct unit *unit = figure->unit == CATALOGUE_NONE ?
					  NULL :
					  &catalogue->units[figure->unit];

	if (figure->has_period)
		period_print(figure->period, period);
	add_text(table, target->id);
	add_text(table, name_in(lang, target->name_zh, target->name_en));
	add_text(table, unit ? unit->id : "");
	add_text(table,
		 unit ? name_in(lang, unit->name_zh, unit->name_en) : "");
	add_text(table, period);
	add_number(table, figure->value);
	add_text(table, name_in(lang, target->uom_zh, target->uom_en));
	add_number(table, figure->goal);
	add_number(table, figure->plan);
	add_number(table, figure->rate);
	add_number(table, figure->gap);
	add_text(table, word_light(figure->light, lang));
	add_text(table, word_why(figure->why, lang));
	add_count(table, figure->reported);
	add_count(table, figure->due);
	end_row(table);
}

/* ---- rows ---- */

/* ERR_NOTFOUND names one of the targets that is none. */
static int check_targets(struct api_call *call, const char *ids)
{
	const struct catalogue *catalogue = call->view->catalogue;

	while (*ids) {
		size_t part = strcspn(ids, ",");

		if (catalogue_target(catalogue, span_of(ids, part)) ==
		    CATALOGUE_NONE)
			return err_set(call->err, ERR_NOTFOUND,
				       "there is no target %.*s", (int)part,
				       ids);
		ids += part + (ids[part] == ',');
	}
	return 0;
}

struct rows_asked {
	const char *targets; /* NULL: tasks */
	uint32_t unit;	     /* or CATALOGUE_NONE */
	bool unit_given, units;
};

static int read_rows(struct api_call *call, struct rows_asked *out)
{
	const char *unit = http_query(call->request, "unit");
	int rc = 0;

	*out = (struct rows_asked){
		.targets = http_query(call->request, "target"),
		.unit = CATALOGUE_NONE,
		.unit_given = unit != NULL,
	};
	out->units = out->targets || unit ||
		     http_query(call->request, "all") != NULL;
	if (unit)
		rc = call_unit(call, unit, &out->unit);
	if (!rc && out->targets)
		rc = check_targets(call, out->targets);
	return rc;
}

static int add_target(struct table_out *table, uint32_t target,
		      const struct rows_asked *asked)
{
	struct api_call *call = table->call;
	const struct figure *figure, *figures;
	size_t count = 0;
	int rc =
		evaluation_target(call->evaluation, target, &figure, call->err);

	if (!rc && !asked->unit_given)
		add_row(table, figure);
	if (!rc && asked->units)
		rc = evaluation_units(call->evaluation, target, &figures,
				      &count, call->err);
	for (size_t i = 0; i < count && !rc; i++)
		if (!asked->unit_given || figures[i].unit == asked->unit)
			add_row(table, &figures[i]);
	return rc;
}

static bool is_wanted(const struct catalogue *catalogue, uint32_t target,
		      const struct rows_asked *asked)
{
	if (asked->targets)
		return is_listed(asked->targets, ',',
				 catalogue->targets[target].id);
	return asked->unit_given || evaluation_is_task(catalogue, target);
}

static int add_rows(struct table_out *table)
{
	const struct catalogue *catalogue = table->call->view->catalogue;
	struct rows_asked asked;
	int rc = read_rows(table->call, &asked);

	for (uint32_t i = 0; i < catalogue->target_count && !rc; i++)
		if (is_wanted(catalogue, i, &asked))
			rc = add_target(table, i, &asked);
	return rc;
}

/* ---- files ---- */

static struct table_out table_of(struct api_call *call, const char *type,
				 const char *name)
{
	strbuf_clear(call->out);
	call->answer->type = type;
	(void)snprintf(call->answer->download, sizeof(call->answer->download),
		       "%s", name);
	return (struct table_out){ .call = call,
				   .lang = call->view->asking.lang };
}

int api_csv(struct api_call *call)
{
	struct table_out table =
		table_of(call, "text/csv; charset=utf-8", "figures.csv");

	strbuf_add_text(call->out, "\xef\xbb\xbf"); /* Excel: it is UTF-8 */
	for (size_t i = 0; i < COLUMNS; i++)
		add_cell(&table, title(&table, i));
	end_row(&table);
	return add_rows(&table);
}

int api_xlsx(struct api_call *call)
{
	struct table_out table = table_of(
		call,
		"application/vnd.openxmlformats-officedocument.spreadsheetml."
		"sheet",
		"figures.xlsx");
	struct sheet_column columns[COLUMNS];
	char day[DAY_TEXT_BYTES]; /* the cut-off is the page's name */
	int rc;

	for (size_t i = 0; i < COLUMNS; i++)
		columns[i] = (struct sheet_column){ title(&table, i),
						    heads[i].width };
	day_print(call->view->asking.cutoff, day);
	rc = sheet_new(day, columns, COLUMNS, &table.sheet, call->err);
	if (!rc)
		rc = add_rows(&table);
	if (!rc)
		rc = sheet_finish(table.sheet, call->out, call->err);
	sheet_free(table.sheet);
	return rc;
}
