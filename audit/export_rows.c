#include "audit/export_rows.h"

#include <inttypes.h>

#include "base/json.h"
#include "proto/csv.h"
#include "proto/day.h"
#include "proto/verdict.h"

#define BOM "\xef\xbb\xbf"

static void add_cell(struct strbuf *out, const char *before, struct span text)
{
	strbuf_add_text(out, before);
	csv_write_guarded(out, text);
}

static void add_text(struct strbuf *out, const char *text)
{
	add_cell(out, ",", span_of_text(text ? text : ""));
}

static void add_number(struct strbuf *out, uint64_t number)
{
	strbuf_addf(out, ",%" PRIu64, number);
}

static void add_hash(struct strbuf *out, const struct hash *hash)
{
	char hex[2 * HASH_BYTES + 1];

	hash_print(hash, hex);
	/* Digits and e alone would be a number to a spreadsheet. */
	strbuf_addf(out, ",sha256:%s", hex);
}

static void add_moment(struct strbuf *out, uint64_t us, int zone_minutes)
{
	char moment[SAY_MOMENT_BYTES];

	say_moment(us, zone_minutes, moment);
	add_text(out, moment);
}

/* ---- statements ---- */

void export_statements_head(struct strbuf *out)
{
	strbuf_add_text(out,
			BOM "entry,n,verdict,received,sealed,office_unit,"
			    "office,sequence,hash,kind,target,unit,period,item,"
			    "cells,status,version,late,reason,note,text,"
			    "redacted\n");
}

/* "opened=3 closed=1"; of a kind with one field its value alone. */
static void add_cells(struct strbuf *out, const struct report *report)
{
	struct strbuf cells;

	strbuf_init(&cells, 0);
	for (size_t i = 0; report && i < report->cell_count; i++) {
		const struct cell_text *cell = &report->cells[i];

		if (i)
			strbuf_add_char(&cells, ' ');
		if (cell->field.len) {
			say_plain(&cells, cell->field);
			strbuf_add_char(&cells, '=');
		}
		say_plain(&cells, cell->value);
	}
	add_cell(out, ",", strbuf_span(&cells));
	out->failed = out->failed || cells.failed;
	strbuf_release(&cells);
}

/* Names of the texts that were redacted. */
static void add_hidden(struct strbuf *out, unsigned hidden)
{
	const char *name, *before = ",";

	if (!hidden)
		strbuf_add_char(out, ',');
	for (unsigned i = 1; (name = wire_text_name(i)) != NULL; i++) {
		if (!(hidden & 1u << i))
			continue;
		strbuf_addf(out, "%s%s", before, name);
		before = " ";
	}
}

void export_statement(const struct walked *walked, int zone_minutes,
		      struct strbuf *out)
{
	static const struct report none;
	const struct say_receipt *receipt = &walked->receipt;
	const struct report *said = say_report(&walked->said);
	const struct report *report = said ? said : &none;
	const struct seal_header *header = &receipt->batch->header;
	struct span text;

	/* Not "1.10": that is 1.1 to a spreadsheet. */
	strbuf_addf(out, "%" PRIu64 ",%u", receipt->entry, receipt->n);
	add_text(out, verdict_name(receipt->verdict));
	add_moment(out, receipt->recv_us, zone_minutes);
	add_moment(out, header->sent_us, zone_minutes);
	add_cell(out, ",", receipt->unit);
	add_hash(out, &header->key);
	add_number(out, header->sequence);
	add_hash(out, &receipt->batch->leaves[receipt->n]);
	add_text(out, say_kind(walked->said.kind, LANG_EN));
	add_cell(out, ",", report->target);
	add_cell(out, ",", report->unit);
	add_cell(out, ",", report->period);
	add_cell(out, ",", report->item);
	add_cells(out, said);
	add_cell(out, ",", report->status);
	if (walked->has_change)
		strbuf_addf(out, ",%u,%s", walked->change.version,
			    walked->change.flags & VERSION_LATE ? "yes" : "");
	else
		strbuf_add_text(out, ",,");
	for (size_t i = 0; say_receipt_text(receipt, i, &text); i++)
		add_cell(out, ",", text);
	add_hidden(out, receipt->hidden);
	strbuf_add_char(out, '\n');
}

void export_statement_json(const struct walked *walked, struct strbuf *out)
{
	say_receipt_json(&walked->receipt, out);
	if (walked->has_change) {
		json_put_number(out, "version", walked->change.version);
		json_put_flag(out, "late",
			      (walked->change.flags & VERSION_LATE) != 0);
	}
	json_end_line(out);
}

/* ---- figures ---- */

static void add_figure(const struct judged *judged, const struct figure *figure,
		       struct strbuf *out)
{
	const struct catalogue *catalogue = judged->catalogue;
	const struct target *target = &catalogue->targets[figure->target];
	const struct adjusted *adjusted = figure->adjusted;
	char day[DAY_TEXT_BYTES], period[PERIOD_TEXT_BYTES] = "";

	day_print(evaluation_input_of(judged->evaluation)->cutoff, day);
	if (figure->has_period)
		period_print(figure->period, period);
	add_cell(out, "", span_of_text(target->id));
	add_text(out, figure->unit == CATALOGUE_NONE ?
			      "" :
			      catalogue->units[figure->unit].id);
	add_text(out, target->name_zh);
	add_text(out, measure_kind_name(target->kind));
	add_text(out, target->uom_zh);
	add_text(out, day);
	add_text(out, period);
	add_text(out, figure->value);
	add_text(out, figure->items);
	add_text(out, figure->goal);
	add_text(out, figure->plan);
	add_text(out, figure->gap);
	add_text(out, figure->rate);
	add_text(out, light_name(figure->light));
	add_text(out, why_name(figure->why));
	add_text(out, pace_name(figure->pace));
	add_text(out, figure->met < 0 ? "" : figure->met ? "yes" : "no");
	add_number(out, figure->reported);
	add_number(out, figure->due);
	add_text(out, adjusted ? adjusted->value : "");
	add_text(out, adjusted ? light_name(adjusted->light) : "");
	strbuf_add_char(out, '\n');
}

int export_figures(const struct judged *judged, struct strbuf *out,
		   struct err *err)
{
	int rc = 0;

	strbuf_add_text(out, BOM
			"target,unit,name_zh,kind,uom_zh,cutoff,period,value,"
			"items,goal,plan,gap,rate,light,why,pace,met,reported,"
			"due,adjusted_value,adjusted_light\n");
	for (uint32_t i = 0; i < judged->catalogue->target_count && !rc; i++) {
		const struct figure *whole, *units;
		size_t count = 0;

		rc = evaluation_target(judged->evaluation, i, &whole, err);
		if (!rc)
			add_figure(judged, whole, out);
		if (!rc)
			rc = evaluation_units(judged->evaluation, i, &units,
					      &count, err);
		for (size_t j = 0; j < count && !rc; j++)
			add_figure(judged, &units[j], out);
	}
	return rc;
}
