/* adjust: the centre's own amount beside a unit's report. */
#include "agent/commands.h"

#include <stdio.h>

#include "agent/deliver.h"
#include "agent/reviews.h"
#include "agent/say.h"

#define PLACE_ARGUMENTS 3 /* target, unit, period */

/* What is adjusted is what is known here: the official sees it. */
static void tell(const struct desk *desk, const struct entry *entry)
{
	const struct office *office = desk->office;
	const struct report *report = &entry->report;
	const struct target *target;
	struct strbuf figure, amounts;
	uint32_t number = CATALOGUE_NONE;
	struct head head;

	if (desk->catalogue)
		number = catalogue_target(desk->catalogue, report->target);
	if (number == CATALOGUE_NONE || desk_head(desk, report, &head, NULL))
		return;
	target = &desk->catalogue->targets[number];
	strbuf_init(&figure, 0);
	strbuf_init(&amounts, 0);
	review_figure(&figure, office->language, desk->catalogue, target,
		      head.report.cells, head.report.cell_count);
	review_figure(&amounts, office->language, desk->catalogue, target,
		      report->cells, report->cell_count);
	if (report->cell_count)
		message_print(stderr, office->language, MESSAGE_ADJUSTS,
			      target->id, (int)report->unit.len,
			      (const char *)report->unit.data,
			      (int)report->period.len,
			      (const char *)report->period.data, figure.text,
			      amounts.text, (int)report->status.len,
			      (const char *)report->status.data);
	else
		message_print(stderr, office->language,
			      MESSAGE_ADJUST_WITHDRAWN, target->id,
			      (int)report->unit.len,
			      (const char *)report->unit.data,
			      (int)report->period.len,
			      (const char *)report->period.data, figure.text);
	strbuf_release(&figure);
	strbuf_release(&amounts);
}

static int adjust(const struct options *options, struct office *office,
		  struct entry *entry, uint64_t timeout_ms)
{
	struct desk desk = { .lock = -1 };
	uint64_t number;
	struct err err;
	int code;

	if (!deliver_refresh(office, timeout_ms))
		message_print(stderr, office->language, MESSAGE_NOT_REFRESHED);
	if (desk_open(&desk, office, &err))
		code = office_fail(&err);
	else
		code = say_save(&desk, entry, &number);
	if (!code)
		tell(&desk, entry);
	desk.json = options_given(options, "json");
	if (!code && options_given(options, "wait"))
		code = desk_wait(&desk, timeout_ms, &number, NULL, 1, NULL);
	desk_close(&desk);
	return code;
}

int command_adjust(const struct options *options)
{
	bool withdraws = options_given(options, "withdraw");
	bool amounts = options_arguments(options) > PLACE_ARGUMENTS;
	struct entry entry = { .adjust = true };
	struct office office;
	uint64_t timeout_ms;
	struct err err;
	int code;

	if (deliver_timeout(options, &timeout_ms, &err))
		return options_usage(options, "%s", err.msg);
	if (options_given(options, "json") && !options_given(options, "wait"))
		return options_usage(options, "--json goes with --wait");
	if (withdraws && (amounts || options_given(options, "name")))
		return options_usage(options, "--withdraw takes an adjustment "
					      "back: no amount, no --name");
	if (!withdraws && !amounts)
		return options_usage(options,
				     "needs an amount to add, as -20, or "
				     "--withdraw");
	if (!withdraws && !options_text(options, "name"))
		return options_usage(options, "needs --name: what the "
					      "adjustment is shown as");
	if (!options_text(options, "reason"))
		return options_usage(options, "needs --reason: why");
	entry.report.target = span_of_text(options_argument(options, 0));
	entry.report.unit = span_of_text(options_argument(options, 1));
	entry.report.period = span_of_text(options_argument(options, 2));
	entry.report.status = say_option(options, "name");
	entry.reason = say_option(options, "reason");
	entry.version = say_option(options, "version");
	code = office_open(&office, options, OFFICE_EXISTING);
	if (!code)
		code = say_cells(options, PLACE_ARGUMENTS, "AMOUNT",
				 &office.arena, &entry.report);
	if (!code)
		code = adjust(options, &office, &entry, timeout_ms);
	office_close(&office);
	return code;
}
