/* Figures as a file for a spreadsheet. */
#include <stdio.h>
#include <string.h>

#include "collector/api_parts.h"
#include "proto/csv.h"
#include "proto/figure/words.h"

static void add_cell(struct strbuf *out, const char *text)
{
	csv_write_guarded(out, span_of_text(text ? text : ""));
}

static void add_next(struct strbuf *out, const char *text)
{
	strbuf_add_char(out, ',');
	add_cell(out, text);
}

static void add_count(struct strbuf *out, uint32_t count)
{
	strbuf_addf(out, ",%u", count);
}

static const char *name_in(enum lang lang, const char *zh, const char *en)
{
	return lang == LANG_EN && *en ? en : zh;
}

static void add_row(const struct api_call *call, const struct figure *figure)
{
	const struct catalogue *catalogue = call->view->catalogue;
	const struct target *target = &catalogue->targets[figure->target];
	enum lang lang = call->view->asking.lang;
	struct strbuf *out = call->out;
	char period[PERIOD_TEXT_BYTES] = "";
	const struct unit *unit = figure->unit == CATALOGUE_NONE ?
					  NULL :
					  &catalogue->units[figure->unit];

	if (figure->has_period)
		period_print(figure->period, period);
	add_cell(out, target->id);
	add_next(out, name_in(lang, target->name_zh, target->name_en));
	add_next(out, unit ? unit->id : "");
	add_next(out, unit ? name_in(lang, unit->name_zh, unit->name_en) : "");
	add_next(out, period);
	add_next(out, figure->value);
	add_next(out, name_in(lang, target->uom_zh, target->uom_en));
	add_next(out, figure->goal);
	add_next(out, figure->plan);
	add_next(out, figure->rate);
	add_next(out, figure->gap);
	add_next(out, light_name(figure->light));
	add_next(out, why_name(figure->why));
	add_count(out, figure->reported);
	add_count(out, figure->due);
	strbuf_add_text(out, "\r\n");
}

static bool is_wanted(const struct api_call *call, uint32_t target,
		      const char *only)
{
	const struct catalogue *catalogue = call->view->catalogue;

	return only ? !strcmp(only, catalogue->targets[target].id) :
		      evaluation_is_task(catalogue, target);
}

static int add_target(struct api_call *call, uint32_t target, bool whole,
		      bool units, uint32_t unit)
{
	const struct figure *figure, *figures;
	size_t count = 0;
	int rc =
		evaluation_target(call->evaluation, target, &figure, call->err);

	if (!rc && whole)
		add_row(call, figure);
	if (!rc && units)
		rc = evaluation_units(call->evaluation, target, &figures,
				      &count, call->err);
	for (size_t i = 0; i < count && !rc; i++)
		if (unit == CATALOGUE_NONE || figures[i].unit == unit)
			add_row(call, &figures[i]);
	return rc;
}

/* The mark at its begin makes Excel read it as UTF-8. */
static void add_head(struct strbuf *out, enum lang lang)
{
	static const struct {
		const char *en, *zh;
	} heads[] = {
		{ "target", "目标" },  { "name", "名称" },
		{ "unit", "单位" },    { "unit_name", "单位名称" },
		{ "period", "期别" },  { "value", "数值" },
		{ "uom", "计量单位" }, { "goal", "目标值" },
		{ "plan", "序时" },    { "rate", "完成率" },
		{ "gap", "差距" },     { "light", "灯色" },
		{ "why", "原因" },     { "reported", "已报" },
		{ "due", "应报" },
	};

	strbuf_add_text(out, "\xef\xbb\xbf");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		if (i)
			strbuf_add_char(out, ',');
		add_cell(out, lang == LANG_ZH ? heads[i].zh : heads[i].en);
	}
	strbuf_add_text(out, "\r\n");
}

int api_download(struct api_call *call)
{
	const char *only = http_query(call->request, "target");
	const char *unit_id = http_query(call->request, "unit");
	bool all = http_query(call->request, "all") != NULL;
	uint32_t unit = CATALOGUE_NONE, target;
	int rc = 0;

	strbuf_clear(call->out);
	if (unit_id)
		rc = call_unit(call, unit_id, &unit);
	if (!rc && only)
		rc = call_target(call, only, &target);
	add_head(call->out, call->view->asking.lang);
	for (uint32_t i = 0; i < call->view->catalogue->target_count && !rc;
	     i++)
		if (unit_id || is_wanted(call, i, only))
			rc = add_target(call, i, !unit_id,
					all || only || unit_id, unit);
	call->answer->type = "text/csv; charset=utf-8";
	(void)snprintf(call->answer->download, sizeof(call->answer->download),
		       "figures.csv");
	return rc;
}
