/* Where the targets stand: overview, matrix, one target, one unit. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "collector/api_parts.h"
#include "collector/due.h"
#include "proto/figure/figures_counts.h"
#include "proto/figure/figures_kept.h"
#include "proto/figure/figures_standings.h"
#include "proto/figure/figures_suspect.h"

#define ARRIVALS_MAX 20

/* ---- overview ---- */

static int put_tasks(struct api_call *call)
{
	const struct catalogue *catalogue = call->view->catalogue;
	const struct figure *figure;
	int rc = 0;

	json_put_list(call->out, "tasks");
	for (uint32_t i = 0; i < catalogue->target_count && !rc; i++) {
		if (!evaluation_is_task(catalogue, i))
			continue;
		rc = evaluation_target(call->evaluation, i, &figure, call->err);
		if (!rc)
			rc = call_add_figure(call, figure);
	}
	json_close_list(call->out);
	return rc;
}

/* A pair of unit and target whose report is due, and missing. */
struct silence {
	uint32_t unit, target;
};

struct silences {
	struct silence *list;
	size_t count, size;
};

static int silence_order(const void *left, const void *right)
{
	const struct silence *a = left, *b = right;

	if (a->unit != b->unit)
		return a->unit < b->unit ? -1 : 1;
	return a->target < b->target ? -1 : a->target > b->target;
}

static int silences_add(struct silences *silences, uint32_t unit,
			uint32_t target)
{
	if (silences->count == silences->size) {
		size_t size = silences->size ? 2 * silences->size : 64;
		struct silence *list =
			realloc(silences->list, size * sizeof(*list));

		if (!list)
			return ERR_NOMEM;
		silences->list = list;
		silences->size = size;
	}
	silences->list[silences->count++] = (struct silence){ unit, target };
	return 0;
}

static int find_silences(struct api_call *call, struct silences *out)
{
	const struct catalogue *catalogue = call->view->catalogue;
	int rc = 0;

	for (uint32_t i = 0; i < catalogue->target_count && !rc; i++) {
		const struct figure *figures;
		size_t count = 0;

		rc = evaluation_units(call->evaluation, i, &figures, &count,
				      call->err);
		for (size_t n = 0; n < count && !rc; n++)
			if (figures[n].due && !figures[n].reported &&
			    !due_open(call->view, &figures[n]) &&
			    silences_add(out, figures[n].unit, i))
				rc = err_set(call->err, ERR_NOMEM, "no memory");
	}
	return rc;
}

static int put_silent(struct api_call *call)
{
	const struct catalogue *catalogue = call->view->catalogue;
	struct silences silences = { 0 };
	struct strbuf *out = call->out;
	int rc = find_silences(call, &silences);

	if (silences.count)
		qsort(silences.list, silences.count, sizeof(*silences.list),
		      silence_order);
	json_put_list(out, "silent");
	for (size_t i = 0; i < silences.count && !rc; i++) {
		const struct silence *one = &silences.list[i];
		bool last = i + 1 == silences.count ||
			    silences.list[i + 1].unit != one->unit;

		if (!i || one[-1].unit != one->unit) {
			json_add_object(out);
			json_put_text(out, "unit",
				      catalogue->units[one->unit].id);
			json_put_list(out, "targets");
		}
		json_add_text(out, catalogue->targets[one->target].id);
		if (last) {
			json_close_list(out);
			json_close(out);
		}
	}
	json_close_list(out);
	free(silences.list);
	return rc;
}

/* Figures of revoked keys that count until they are said again, and what
 * their targets come to without them. */
static int put_suspects(struct api_call *call)
{
	const struct figures_head head = {
		.catalogue = call->view->catalogue,
		.lang = call->view->asking.lang,
	};
	struct strbuf lines;
	int rc = 0;

	json_put_list(call->out, "suspects");
	strbuf_init(&lines, 0);
	if (call->view->suspects.count)
		rc = figures_suspect_write(&head, call->evaluation, true,
					   &lines, call->err);
	for (char *line = lines.text, *end;
	     !rc && lines.len && (end = strchr(line, '\n')); line = end + 1) {
		json_separate(call->out);
		strbuf_add(call->out, line, (size_t)(end - line));
	}
	json_close_list(call->out);
	strbuf_release(&lines);
	return rc;
}

int api_overview(struct api_call *call)
{
	int rc;

	json_put_object(call->out, "counts");
	rc = figures_counts_put_kinds(call->evaluation, call->out, call->err);
	json_close(call->out);
	if (!rc)
		rc = put_tasks(call);
	if (!rc)
		rc = put_silent(call);
	if (!rc)
		rc = call_put_collecting(call);
	if (!rc)
		rc = put_suspects(call);
	return rc ? rc : call_put_arrivals(call, "arrivals", ARRIVALS_MAX);
}

/* ---- lists of figures ---- */

static int put_units(struct api_call *call, uint32_t target)
{
	const struct figure *figures;
	size_t count = 0;
	int rc = evaluation_units(call->evaluation, target, &figures, &count,
				  call->err);

	json_put_list(call->out, "units");
	for (size_t i = 0; i < count && !rc; i++)
		rc = call_add_figure(call, &figures[i]);
	json_close_list(call->out);
	return rc;
}

static int put_whole(struct api_call *call, uint32_t target)
{
	const struct figure *figure = NULL;
	int rc =
		evaluation_target(call->evaluation, target, &figure, call->err);

	return rc ? rc : call_put_figure(call, "figure", figure);
}

int api_matrix(struct api_call *call)
{
	const struct catalogue *catalogue = call->view->catalogue;
	int rc = 0;

	json_put_list(call->out, "rows");
	for (uint32_t i = 0; i < catalogue->target_count && !rc; i++) {
		json_add_object(call->out);
		rc = put_whole(call, i);
		if (!rc)
			rc = put_units(call, i);
		json_close(call->out);
	}
	json_close_list(call->out);
	return rc;
}

/* ---- one target ---- */

static int put_items(struct api_call *call, uint32_t target)
{
	const struct catalogue *catalogue = call->view->catalogue;
	const uint32_t ladder = catalogue->targets[target].ladder;
	const struct register_item *items;
	struct strbuf *out = call->out;
	size_t count = 0;
	int rc = evaluation_items(call->evaluation, target, &items, &count,
				  call->err);

	json_put_list(out, "items");
	for (size_t i = 0; i < count && !rc; i++) {
		const struct register_item *item = &items[i];

		json_add_object(out);
		json_put_text(out, "id", item->id);
		json_put_text(out, "name_zh", item->name_zh);
		json_put_text(out, "governs",
			      item->governs == CATALOGUE_NONE ?
				      NULL :
				      catalogue->units[item->governs].id);
		json_put_text(out, "credited",
			      item->credited == CATALOGUE_NONE ?
				      NULL :
				      catalogue->units[item->credited].id);
		json_put_number(out, "claims", item->claims);
		json_put_flag(out, "disputed", item->disputed);
		json_put_flag(out, "counts", item->counts);
		json_put_text(out, "step",
			      item->step && ladder != CATALOGUE_NONE ?
				      catalogue->ladders[ladder]
					      .steps[item->step - 1]
					      .id :
				      NULL);
		json_put_text(out, "planned", item->planned);
		if (item->slip >= 0)
			json_put_number(out, "slip", item->slip);
		else
			json_put_null(out, "slip");
		json_close(out);
	}
	json_close_list(out);
	return rc;
}

/* What was seen of each period when it closed is two evaluations each. */
static int put_periods(struct api_call *call, uint32_t target)
{
	struct evaluation_input input = view_input(call->view);
	struct figures_past past = view_past(call->view);
	size_t begun;
	int rc = 0;

	json_put_list(call->out, "periods");
	begun = call->out->len;
	if (!memo_put_periods(call->memo, call->view, target, call->out)) {
		rc = figures_kept_put(&input, &past, target, call->out,
				      call->err);
		if (!rc && !call->out->failed)
			memo_keep_periods(call->memo, call->view, target,
					  call->out->text + begun);
	}
	json_close_list(call->out);
	return rc;
}

int api_target(struct api_call *call)
{
	uint32_t target;
	int rc = call_target(call, call->parameters[0], &target);

	if (!rc)
		rc = put_whole(call, target);
	if (!rc)
		rc = put_units(call, target);
	if (!rc)
		rc = put_items(call, target);
	return rc ? rc : put_periods(call, target);
}

/* ---- units ---- */

static int put_standings(struct api_call *call, uint32_t only)
{
	const struct standing *standings;
	size_t count = 0;
	int rc = evaluation_standings(call->evaluation, &standings, &count,
				      call->err);

	for (size_t i = 0; i < count && !rc; i++)
		if (only == CATALOGUE_NONE || standings[i].unit == only)
			standing_put(call->out, call->view->catalogue,
				     &standings[i]);
	return rc;
}

int api_standings(struct api_call *call)
{
	int rc;

	json_put_list(call->out, "units");
	rc = put_standings(call, CATALOGUE_NONE);
	json_close_list(call->out);
	return rc;
}

int api_unit(struct api_call *call)
{
	const struct figure *figure;
	size_t before;
	uint32_t unit;
	int rc = call_unit(call, call->parameters[0], &unit);

	if (rc)
		return rc;
	json_put_key(call->out, "standing");
	before = call->out->len;
	rc = put_standings(call, unit);
	if (call->out->len == before)
		strbuf_add_text(call->out, "null");
	json_put_list(call->out, "figures");
	for (uint32_t i = 0; i < call->view->catalogue->target_count && !rc;
	     i++) {
		rc = call_unit_figure(call, i, unit, &figure);
		if (!rc && figure)
			rc = call_add_figure(call, figure);
	}
	json_close_list(call->out);
	return rc;
}
