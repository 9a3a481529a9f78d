/* report and review: one statement about one cell, from the command line. */
#include "agent/commands.h"

#include <stdio.h>
#include <string.h>

#include "agent/deliver.h"
#include "agent/desk.h"
#include "agent/wake.h"

static struct span option_span(const struct options *options, const char *name)
{
	const char *text = options_text(options, name);

	return text ? span_of_text(text) : span_of(NULL, 0);
}

/* VALUE, or FIELD=VALUE for each field. */
static int read_cells(const struct options *options, struct entry *entry,
		      struct arena *arena)
{
	size_t count = options_arguments(options) - 1;
	struct report *report = &entry->report;

	report->cells = arena_array(arena, count + 1, sizeof(*report->cells));
	if (!report->cells)
		return EXIT_FAILED;
	for (size_t i = 0; i < count; i++) {
		const char *text = options_argument(options, i + 1);
		const char *equals = strchr(text, '=');
		struct cell_text *cell = &report->cells[i];

		if (!equals && count > 1)
			return options_usage(options,
					     "%s: several values are given as "
					     "FIELD=VALUE",
					     text);
		if (equals)
			cell->field = span_of(text, (size_t)(equals - text));
		cell->value = span_of_text(equals ? equals + 1 : text);
	}
	report->cell_count = count;
	return 0;
}

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

/* A field that there is not, or that is missing: these are there. */
static void tell_fields(const struct desk *desk, const struct entry *entry)
{
	uint32_t number =
		catalogue_target(desk->catalogue, entry->report.target);
	const struct target *target = &desk->catalogue->targets[number];
	struct strbuf names;

	strbuf_init(&names, 0);
	for (size_t i = 0; i < target->field_count; i++)
		strbuf_addf(&names, "%s%s", i ? ", " : "",
			    target->fields[i].id);
	message_print(stderr, desk->office->language, MESSAGE_FIELDS,
		      target->id, names.text);
	strbuf_release(&names);
}

/* A period of another kind: these are of the right one. */
static void tell_periods(const struct desk *desk, const struct entry *entry)
{
	struct office *office = desk->office;
	uint32_t number =
		catalogue_target(desk->catalogue, entry->report.target);
	const struct target *target = &desk->catalogue->targets[number];
	int32_t today =
		day_of_us(clock_now_us(&office->clock), office->zone_minutes);
	char text[PERIOD_TEXT_BYTES];

	period_print(period_of_day(target->period, today, target->first_month),
		     text);
	message_print(stderr, office->language, MESSAGE_PERIODS, target->id,
		      period_type_name(target->period), text);
}

static void doubt(const struct desk *desk, const struct entry *entry,
		  enum verdict verdict, const char *column)
{
	enum language language = desk->office->language;

	message_print(stderr, language, MESSAGE_LOCAL_DOUBT,
		      column ? column : "", column && column[0] ? ": " : "",
		      verdict_name(verdict), verdict_advice(language, verdict));
	if (verdict == VERDICT_FIELD_UNKNOWN ||
	    verdict == VERDICT_FIELD_MISSING)
		tell_fields(desk, entry);
	if (verdict == VERDICT_PERIOD_MALFORMED)
		tell_periods(desk, entry);
}

/* An exit code. */
static int misshapen(const struct desk *desk, const struct entry *entry,
		     const struct err *err)
{
	enum language language = desk->office->language;
	enum verdict verdict;
	const char *column;

	if (err->code != ERR_INVALID || language == LANGUAGE_EN)
		return office_fail(err);
	verdict = entry_shape_verdict(entry, &column);
	message_print(stderr, language, MESSAGE_REFUSED_HERE, column,
		      verdict_name(verdict), verdict_advice(language, verdict));
	return EXIT_USAGE;
}

/* Saves the entry; an exit code. */
static int save(struct desk *desk, struct entry *entry, uint64_t *number)
{
	struct office *office = desk->office;
	struct outbox_counts counts;
	const char *column;
	enum verdict verdict;
	struct sealed sealed;
	struct err err;
	int ret = desk_prepare(desk, entry, &err);

	if (ret) {
		(void)misshapen(desk, entry, &err);
		return ret == ERR_INVALID || ret == ERR_LIMIT ? EXIT_USAGE :
								EXIT_FAILED;
	}
	verdict = desk_check(desk, entry, &column);
	if (verdict == VERDICT_NOTHING_TO_REVIEW) {
		doubt(desk, entry, verdict, column);
		return EXIT_REFUSED;
	}
	ret = entry_make(entry, &desk->cells, &office->arena, &sealed, &err);
	if (!ret)
		ret = outbox_save(office->outbox, &sealed, 1,
				  clock_now_us(&office->clock), number, &err);
	if (!ret)
		ret = outbox_counts(office->outbox, &counts, &err);
	if (ret) {
		(void)office_fail(&err);
		return EXIT_FAILED;
	}
	if (verdict)
		doubt(desk, entry, verdict, column);
	desk_unlock(desk);
	wake_sender(office->dir, WAKE_SAVED);
	message_print(stderr, office->language, MESSAGE_SAVED,
		      (unsigned long long)counts.waiting);
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
	if (entry->review)
		deliver_refresh(office, timeout_ms);
	if (desk_open(&desk, office, &err))
		code = office_fail(&err);
	if (!code && entry->report.unit.len == 0 && desk_unit(&desk).len == 0)
		code = options_usage(options,
				     "this office's unit is not known here "
				     "before its first session: say --unit");
	if (!code && na)
		code = fill_na(&desk, entry, &office->arena);
	if (!code)
		code = save(&desk, entry, &number);
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
	entry.report.period = option_span(options, "period");
	entry.report.unit = option_span(options, "unit");
	entry.report.item = option_span(options, "item");
	entry.text = option_span(options, "text");
	entry.reason = option_span(options, "reason");
	code = office_open(&office, options, OFFICE_EXISTING);
	if (!code)
		code = read_cells(options, &entry, &office.arena);
	if (!code)
		code = say(options, &office, &entry, na);
	office_close(&office);
	return code;
}

/* What is typed, and what the catalogue calls it. */
static const struct {
	const char *word, *status;
} review_words[] = {
	{ "approve", "approved" }, { "approved", "approved" },
	{ "return", "returned" },  { "returned", "returned" },
	{ "done", "done" },	   { "green", "green" },
	{ "yellow", "yellow" },	   { "red", "red" },
};

int command_review(const struct options *options)
{
	const char *word = options_argument(options, 0);
	struct entry entry = { .review = true };
	struct office office;
	int code;

	for (size_t i = 0; i < sizeof(review_words) / sizeof(review_words[0]);
	     i++)
		if (!strcmp(word, review_words[i].word))
			entry.report.status =
				span_of_text(review_words[i].status);
	if (entry.report.status.len == 0)
		return options_usage(options,
				     "%s: say approve, return, or for a "
				     "narrative done, green, yellow, red",
				     word);
	entry.report.target = span_of_text(options_argument(options, 1));
	entry.report.unit = span_of_text(options_argument(options, 2));
	entry.report.period = span_of_text(options_argument(options, 3));
	entry.report.item = option_span(options, "item");
	entry.reason = option_span(options, "reason");
	code = office_open(&office, options, OFFICE_EXISTING);
	if (!code)
		code = say(options, &office, &entry, false);
	office_close(&office);
	return code;
}
