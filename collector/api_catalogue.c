/* What is asked of whom: the catalogue as pages need it. */
#include "base/json.h"
#include "collector/api_parts.h"

static void put_id(struct strbuf *out, const struct catalogue *catalogue,
		   const char *key, uint32_t unit)
{
	json_put_text(out, key,
		      unit == CATALOGUE_NONE ? NULL :
					       catalogue->units[unit].id);
}

static void put_names(struct strbuf *out, const char *zh, const char *en)
{
	json_put_text(out, "name_zh", zh);
	json_put_text(out, "name_en", en);
}

static void put_day(struct strbuf *out, const char *key, int32_t day)
{
	char text[DAY_TEXT_BYTES] = "";

	if (day != DAY_NONE)
		day_print(day, text);
	json_put_text(out, key, text);
}

static void add_unit(struct strbuf *out, const struct catalogue *catalogue,
		     const struct unit *unit)
{
	json_add_object(out);
	json_put_text(out, "id", unit->id);
	put_names(out, unit->name_zh, unit->name_en);
	json_put_text(out, "kind", unit_kind_name(unit->kind));
	json_put_text(out, "group", unit->group);
	put_id(out, catalogue, "parent", unit->parent);
	put_day(out, "opened", unit->opened);
	put_day(out, "closed", unit->closed);
	json_close(out);
}

static void put_roster(struct strbuf *out, const struct catalogue *catalogue,
		       const struct target *target)
{
	json_put_list(out, "roster");
	for (size_t i = 0; i < target->roster_count; i++)
		if (!i || target->roster[i].unit != target->roster[i - 1].unit)
			json_add_text(
				out,
				catalogue->units[target->roster[i].unit].id);
	json_close_list(out);
}

static void put_steps(struct strbuf *out, const struct catalogue *catalogue,
		      const struct target *target)
{
	const struct ladder *ladder =
		target->ladder == CATALOGUE_NONE ?
			NULL :
			&catalogue->ladders[target->ladder];

	json_put_list(out, "steps");
	for (size_t i = 0; ladder && i < ladder->step_count; i++) {
		json_add_object(out);
		json_put_text(out, "id", ladder->steps[i].id);
		put_names(out, ladder->steps[i].name_zh,
			  ladder->steps[i].name_en);
		json_close(out);
	}
	json_close_list(out);
}

static void put_fields(struct strbuf *out, const struct target *target)
{
	json_put_list(out, "fields");
	for (size_t i = 0; i < target->field_count; i++) {
		const struct field *field = &target->fields[i];

		json_add_object(out);
		json_put_text(out, "id", field->id);
		put_names(out, field->name_zh, field->name_en);
		json_put_text(out, "uom_zh", field->uom_zh);
		json_put_text(out, "uom_en", field->uom_en);
		json_close(out);
	}
	json_close_list(out);
}

static void put_decimal(struct strbuf *out, const char *key,
			const struct decimal *value)
{
	char text[DECIMAL_TEXT_BYTES];

	decimal_print(*value, text);
	json_put_text(out, key, text);
}

static void put_target(struct strbuf *out, const struct catalogue *catalogue,
		       const struct target *target)
{
	json_put_text(out, "id", target->id);
	put_names(out, target->name_zh, target->name_en);
	json_put_text(out, "section", target->section);
	json_put_text(out, "kind", measure_kind_name(target->kind));
	json_put_text(out, "uom_zh", target->uom_zh);
	json_put_text(out, "uom_en", target->uom_en);
	json_put_number(out, "decimals", target->decimals);
	json_put_text(out, "period", period_type_name(target->period));
	put_id(out, catalogue, "lead", target->lead);
	json_put_text(out, "authority", authority_name(target->authority));
	json_put_text(out, "part_of",
		      target->part_of == CATALOGUE_NONE ?
			      NULL :
			      catalogue->targets[target->part_of].id);
	json_put_flag(out, "approve", target->approve);
	put_decimal(out, "yellow_from", &target->yellow_from);
	put_decimal(out, "red_above", &target->red_above);
	json_put_text(out, "note", target->note);
	put_day(out, "start", target->start);
	put_day(out, "end", target->end);
	put_roster(out, catalogue, target);
	put_steps(out, catalogue, target);
	put_fields(out, target);
}

int api_catalogue(struct api_call *call)
{
	const struct catalogue *catalogue = call->view->catalogue;
	struct strbuf *out = call->out;
	int rc = 0;

	json_put_list(out, "units");
	for (size_t i = 0; i < catalogue->unit_count; i++)
		add_unit(out, catalogue, &catalogue->units[i]);
	json_close_list(out);
	json_put_list(out, "targets");
	for (uint32_t i = 0; i < catalogue->target_count && !rc; i++) {
		const struct figure *figure;

		rc = evaluation_target(call->evaluation, i, &figure, call->err);
		if (rc)
			return rc;
		json_add_object(out);
		put_target(out, catalogue, &catalogue->targets[i]);
		json_put_text(out, "goal", figure->goal);
		json_put_flag(out, "task", evaluation_is_task(catalogue, i));
		json_close(out);
	}
	json_close_list(out);
	return rc;
}
