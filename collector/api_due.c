/* Who has reported of what is asked for now and not due yet. */
#include <stdlib.h>

#include "base/json.h"
#include "collector/api_parts.h"
#include "collector/due.h"

struct open_unit {
	uint32_t due, reported;
};

struct collecting {
	struct api_call *call;
	struct evaluation *evaluation;
	struct open_unit *units; /* as the catalogue's */
	int32_t until;
	struct period period; /* of what is due first */
	bool any;
};

static int add_target(struct collecting *collecting, uint32_t target)
{
	const struct api_call *call = collecting->call;
	const struct catalogue *catalogue = call->view->catalogue;
	const struct figure *figures;
	size_t count = 0;
	int rc = evaluation_units(collecting->evaluation, target, &figures,
				  &count, call->err);

	for (size_t i = 0; i < count && !rc; i++) {
		struct open_unit *unit = &collecting->units[figures[i].unit];
		int32_t day;

		if (!figures[i].due || !due_open(call->view, &figures[i]))
			continue;
		day = catalogue_due_day(catalogue, &catalogue->targets[target],
					figures[i].period);
		if (!collecting->any || day < collecting->until) {
			collecting->until = day;
			collecting->period = figures[i].period;
		}
		collecting->any = true;
		unit->due += figures[i].due;
		unit->reported += figures[i].reported;
	}
	return rc;
}

static int gather(struct collecting *collecting)
{
	const struct api_call *call = collecting->call;
	const struct catalogue *catalogue = call->view->catalogue;
	int32_t today = due_today(call->view);
	struct period period;
	int rc = 0;

	for (uint32_t i = 0; i < catalogue->target_count && !rc; i++)
		if (due_last_closed(&catalogue->targets[i], today, &period) &&
		    due_is_open(call->view, i, period))
			rc = add_target(collecting, i);
	return rc;
}

static void put(const struct collecting *collecting)
{
	const struct catalogue *catalogue = collecting->call->view->catalogue;
	struct strbuf *out = collecting->call->out;
	char day[DAY_TEXT_BYTES], period[PERIOD_TEXT_BYTES];

	if (!collecting->any) {
		json_put_null(out, "collecting");
		return;
	}
	day_print(collecting->until, day);
	json_put_object(out, "collecting");
	json_put_text(out, "until", day);
	period_print(collecting->period, period);
	json_put_text(out, "period", period);
	json_put_list(out, "units");
	for (size_t i = 0; i < catalogue->unit_count; i++) {
		if (!collecting->units[i].due)
			continue;
		json_add_object(out);
		json_put_text(out, "unit", catalogue->units[i].id);
		json_put_number(out, "due", collecting->units[i].due);
		json_put_number(out, "reported", collecting->units[i].reported);
		json_close(out);
	}
	json_close_list(out);
	json_close(out);
}

/* As of the day of the last entry, whatever is shown. */
static struct evaluation *judge_today(const struct api_call *call)
{
	struct view today = *call->view;
	struct evaluation_input input = view_input(call->view);
	struct evaluation *evaluation;

	today.asking.cutoff = due_today(call->view);
	if (today.asking.cutoff == call->view->asking.cutoff)
		return call->evaluation;
	input.cutoff = today.asking.cutoff;
	evaluation = evaluation_new(&input, call->err);
	if (evaluation)
		memo_lend(call->today, &today, evaluation);
	return evaluation;
}

int call_put_collecting(struct api_call *call)
{
	struct collecting collecting = { .call = call };
	int rc;

	collecting.evaluation = judge_today(call);
	collecting.units = calloc(call->view->catalogue->unit_count + 1,
				  sizeof(*collecting.units));
	rc = !collecting.evaluation || !collecting.units ?
		     err_set(call->err, ERR_NOMEM, "no memory") :
		     gather(&collecting);
	if (!rc)
		put(&collecting);
	if (collecting.evaluation != call->evaluation)
		evaluation_free(collecting.evaluation);
	free(collecting.units);
	return rc;
}
