/*
 * The lines of `figures --json`. Section 8 of docs/figures.md. The door to
 * jansson.
 *
 * Keys are in the order of the document; a figure without the value of a key
 * has null, the keys that do not apply are left out. A parent's goal is the
 * number of its parts, an equality is written "=0".
 */
#include "proto/figure/measure.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *flag_or_null(int flag)
{
	return flag < 0 ? json_null() : json_boolean(flag);
}

static void put(json_t *line, const char *key, json_t *value, bool *failed)
{
	if (json_object_set_new(line, key, value))
		*failed = true;
}

static void put_text(json_t *line, const char *key, const char *text,
		     bool *failed)
{
	put(line, key, text_or_null(text), failed);
}

static void put_if_any(json_t *line, const char *key, const char *text,
		       bool *failed)
{
	if (text && *text)
		put(line, key, json_string(text), failed);
}

static void put_first(json_t *line, const struct target *target,
		      const struct figure *figure, int32_t cutoff, bool *failed)
{
	char day[DAY_TEXT_BYTES];

	day_print(cutoff, day);
	put_text(line, "target", target->id, failed);
	put_text(line, "kind", measure_kind_name(target->kind), failed);
	put_text(line, "value", figure->value, failed);
	put_text(line, "goal", figure->goal, failed);
	put_text(line, "plan", figure->plan, failed);
	put_text(line, "light", light_name(figure->light), failed);
	put(line, "reported", json_integer(figure->reported), failed);
	put(line, "due", json_integer(figure->due), failed);
	put_text(line, "cutoff", day, failed);
}

static void put_rest(json_t *line, const struct figure *figure, bool *failed)
{
	char period[PERIOD_TEXT_BYTES] = "";

	if (figure->has_period)
		period_print(figure->period, period);
	put_text(line, "period", period, failed);
	put(line, "met", flag_or_null(figure->met), failed);
	put_text(line, "pace", pace_name(figure->pace), failed);
	put_text(line, "gap", figure->gap, failed);
	put_text(line, "rate", figure->rate, failed);
	put_text(line, "why", why_name(figure->why), failed);
	put_if_any(line, "used", figure->used, failed);
	put_if_any(line, "left", figure->left, failed);
	if (figure->slip >= 0)
		put(line, "slip", json_integer(figure->slip), failed);
	put_if_any(line, "items", figure->items, failed);
	if (figure->stretch >= 0)
		put(line, "stretch", json_boolean(figure->stretch), failed);
	put_if_any(line, "allocated", figure->allocated, failed);
	put_if_any(line, "as_reported", figure->as_reported, failed);
}

static json_t *one_adjusting(const struct catalogue *catalogue,
			     const struct adjusting *one, bool *failed)
{
	char period[PERIOD_TEXT_BYTES], receipt[40];
	json_t *object = json_object();

	if (!object) {
		*failed = true;
		return NULL;
	}
	period_print(one->period, period);
	(void)snprintf(receipt, sizeof(receipt), "%llu.%u",
		       (unsigned long long)one->entry, one->n);
	put_text(object, "unit", catalogue->units[one->unit].id, failed);
	put_text(object, "period", period, failed);
	put_text(object, "field", one->field, failed);
	put_text(object, "amount", one->amount, failed);
	put_text(object, "name", one->name, failed);
	put_text(object, "receipt", receipt, failed);
	return object;
}

/* Beside what was reported, in an object of its own. */
static void put_adjusted(json_t *line, const struct catalogue *catalogue,
			 const struct adjusted *adjusted, bool *failed)
{
	json_t *object = json_object(), *by = json_array();

	put_text(object, "value", adjusted->value, failed);
	put_text(object, "plan", adjusted->plan, failed);
	put_text(object, "light", light_name(adjusted->light), failed);
	put_text(object, "why", why_name(adjusted->why), failed);
	put(object, "met", flag_or_null(adjusted->met), failed);
	put_text(object, "gap", adjusted->gap, failed);
	put_text(object, "rate", adjusted->rate, failed);
	put_if_any(object, "used", adjusted->used, failed);
	put_if_any(object, "left", adjusted->left, failed);
	for (size_t i = 0; i < adjusted->count; i++)
		if (json_array_append_new(by, one_adjusting(catalogue,
							    &adjusted->list[i],
							    failed)))
			*failed = true;
	put(object, "by", by, failed);
	put(line, "adjusted", object, failed);
}

static int write_object(json_t *line, bool failed, struct strbuf *out,
			struct err *err)
{
	char *text = line && !failed ? json_dumps(line, 0) : NULL;

	json_decref(line);
	if (!text)
		return err_set(err, ERR_NOMEM, "no memory for JSON");
	strbuf_add_text(out, text);
	free(text);
	return 0;
}

static int write_line(json_t *line, bool failed, struct strbuf *out,
		      struct err *err)
{
	int rc = write_object(line, failed, out, err);

	strbuf_add_char(out, '\n');
	return rc;
}

int figure_json(const struct catalogue *catalogue, const struct figure *figure,
		int32_t cutoff, struct strbuf *out, struct err *err)
{
	const struct target *target = &catalogue->targets[figure->target];
	json_t *line = json_object();
	bool failed = !line;

	if (line) {
		put_first(line, target, figure, cutoff, &failed);
		put_rest(line, figure, &failed);
		if (figure->unit != CATALOGUE_NONE) {
			put_text(line, "unit",
				 catalogue->units[figure->unit].id, &failed);
			put_text(line, "last", figure->last, &failed);
		}
		if (figure->adjusted)
			put_adjusted(line, catalogue, figure->adjusted,
				     &failed);
	}
	return write_object(line, failed, out, err);
}

static int write_figure(const struct catalogue *catalogue,
			const struct figure *figure, int32_t cutoff,
			struct strbuf *out, struct err *err)
{
	int rc = figure_json(catalogue, figure, cutoff, out, err);

	strbuf_add_char(out, '\n');
	return rc;
}

static int write_target(struct evaluation *evaluation,
			const struct evaluation_input *input, uint32_t target,
			bool units, struct strbuf *out, struct err *err)
{
	const struct figure *figure, *rows;
	size_t count = 0;
	int rc = evaluation_target(evaluation, target, &figure, err);

	if (!rc)
		rc = write_figure(input->catalogue, figure, input->cutoff, out,
				  err);
	if (!rc && units)
		rc = evaluation_units(evaluation, target, &rows, &count, err);
	for (size_t i = 0; !rc && i < count; i++)
		rc = write_figure(input->catalogue, &rows[i], input->cutoff,
				  out, err);
	return rc;
}

static int write_overall(struct evaluation *evaluation, struct strbuf *out,
			 struct err *err)
{
	struct overall overall;
	const struct light_counts *all = &overall.all;
	json_t *line, *object;
	bool failed;
	int rc = evaluation_overall(evaluation, &overall, err);

	if (rc)
		return rc;
	line = json_object();
	object = json_object();
	failed = !line || !object;
	if (!failed) {
		put(object, "tasks", json_integer(all->tasks), &failed);
		put(object, "accountable", json_integer(all->accountable),
		    &failed);
		put(object, "good", json_integer(all->good), &failed);
		put_text(object, "good_share", all->good_share, &failed);
		put(object, "done", json_integer(all->done), &failed);
		put_text(object, "done_share", all->done_share, &failed);
		put(object, "green", json_integer(all->green), &failed);
		put(object, "yellow", json_integer(all->yellow), &failed);
		put(object, "red", json_integer(all->red), &failed);
		put(object, "grey", json_integer(all->grey), &failed);
		put(object, "silent", json_integer(all->silent), &failed);
		put(object, "waiting", json_integer(all->waiting), &failed);
		put_text(object, "time", overall.time, &failed);
		put(line, "overall", object, &failed);
		object = NULL;
	}
	json_decref(object);
	return write_line(line, failed, out, err);
}

int evaluation_json(struct evaluation *evaluation, bool all, struct strbuf *out,
		    struct err *err)
{
	const struct evaluation_input *input = evaluation_input_of(evaluation);
	int rc = 0;

	for (uint32_t i = 0; !rc && i < input->catalogue->target_count; i++)
		if (all || evaluation_is_task(input->catalogue, i))
			rc = write_target(evaluation, input, i, all, out, err);
	if (!rc && all)
		rc = write_overall(evaluation, out, err);
	if (!rc && out->failed)
		rc = err_set(err, ERR_NOMEM, "no memory for JSON");
	return rc;
}
