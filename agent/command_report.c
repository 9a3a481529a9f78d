/* report: one statement about one cell, from the command line. */
#include "agent/commands.h"

#include <stdio.h>

#include "agent/deliver.h"
#include "agent/desk.h"
#include "agent/say.h"

/* Not applicable: NA in every field that the kind needs. */
static int fill_na(const struct desk *desk, struct entry *entry,
		   struct arena *arena)
{
	struct report *report = &entry->report;
	const struct target *target = NULL;
	size_t room = 1;
	uint32_t number = CATALOGUE_NONE;

	if (desk->catalogue)
		number = catalogue_target(desk->catalogue, report->target);
	if (number != CATALOGUE_NONE) {
		target = &desk->catalogue->targets[number];
		room += target->field_count;
	}
	report->cells = arena_array(arena, room, sizeof(*report->cells));
	if (!report->cells)
		return EXIT_FAILED;
	report->cell_count = 0;
	for (size_t i = 0; target && i < target->field_count; i++)
		if (target->fields[i].needed)
			report->cells[report->cell_count++] =
				(struct cell_text){
					span_of_text(target->fields[i].id),
					span_of_text("NA")
				};
	if (report->cell_count == 0)
		report->cells[report->cell_count++] =
			(struct cell_text){ .value = span_of_text("NA") };
	return 0;
}

static int say(const struct options *options, struct office *office,
	       struct entry *entry, bool na)
{
	bool waits = options_given(options, "wait");
	struct desk desk = { .lock = -1 };
	uint64_t number, timeout_ms;
	struct err err;
	int code = 0;

	if (deliver_timeout(options, &timeout_ms, &err))
		return options_usage(options, "%s", err.msg);
	if (options_given(options, "json") && !options_given(options, "wait"))
		return options_usage(options, "--json goes with --wait");
	if (desk_open(&desk, office, &err))
		code = office_fail(&err);
	if (!code && entry->report.unit.len == 0 && desk_unit(&desk).len == 0)
		code = options_usage(options,
				     "this office's unit is not known here "
				     "before its first session: say --unit");
	if (!code && na)
		code = fill_na(&desk, entry, &office->arena);
	if (!code)
		code = say_save(&desk, entry, &number);
	desk.json = options_given(options, "json");
	if (!code && waits)
		code = desk_wait(&desk, timeout_ms, &number, NULL, 1, NULL);
	desk_close(&desk);
	return code;
}

int command_report(const struct options *options)
{
	bool na = options_given(options, "na");
	struct entry entry = { 0 };
	struct office office;
	int code;

	if (!options_text(options, "period"))
		return options_usage(options, "needs --period, as 2024M06");
	if (na && options_arguments(options) > 1)
		return options_usage(options, "--na stands for the values");
	if (!na && options_arguments(options) == 1 &&
	    !options_given(options, "text"))
		return options_usage(options, "needs a value, --na or --text");
	entry.report.target = span_of_text(options_argument(options, 0));
	entry.report.period = say_option(options, "period");
	entry.report.unit = say_option(options, "unit");
	entry.report.item = say_option(options, "item");
	entry.text = say_option(options, "text");
	entry.reason = say_option(options, "reason");
	code = office_open(&office, options, OFFICE_EXISTING);
	if (!code)
		code = say_cells(options, 1, "VALUE", &office.arena,
				 &entry.report);
	if (!code)
		code = say(options, &office, &entry, na);
	office_close(&office);
	return code;
}
