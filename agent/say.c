#include "agent/say.h"

#include <stdio.h>
#include <string.h>

#include "agent/wake.h"

struct span say_option(const struct options *options, const char *name)
{
	const char *text = options_text(options, name);

	return text ? span_of_text(text) : span_of(NULL, 0);
}

int say_cells(const struct options *options, size_t from, const char *word,
	      struct arena *arena, struct report *report)
{
	size_t count = options_arguments(options) - from;

	report->cells = arena_array(arena, count + 1, sizeof(*report->cells));
	if (!report->cells)
		return EXIT_FAILED;
	for (size_t i = 0; i < count; i++) {
		const char *text = options_argument(options, i + from);
		const char *equals = strchr(text, '=');
		struct cell_text *cell = &report->cells[i];

		if (!equals && count > 1)
			return options_usage(options,
					     "%s: several are given as "
					     "FIELD=%s each",
					     text, word);
		if (equals)
			cell->field = span_of(text, (size_t)(equals - text));
		cell->value = span_of_text(equals ? equals + 1 : text);
	}
	report->cell_count = count;
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

/* Not a word goes out of an adjustment that would not count, of a review that
 * nobody could act on, or that is not of what its author saw. */
static bool is_hopeless(const struct entry *entry, enum verdict verdict)
{
	if (entry->adjust)
		return verdict != VERDICT_ADMITTED;
	return entry->review &&
	       (verdict == VERDICT_NOTHING_TO_REVIEW ||
		verdict == VERDICT_REASON_MISSING ||
		verdict == VERDICT_VALUE_MALFORMED || verdict == VERDICT_STALE);
}

static void doubt(const struct desk *desk, const struct entry *entry,
		  enum verdict verdict, const char *column)
{
	enum language language = desk->office->language;
	enum message message = is_hopeless(entry, verdict) ?
				       MESSAGE_LOCAL_HOPELESS :
				       MESSAGE_LOCAL_DOUBT;

	column = column ? column : "";
	message_print(stderr, language, message, column, column[0] ? ": " : "",
		      verdict_name(verdict),
		      desk_advice(desk, entry, verdict, column));
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

int say_save(struct desk *desk, struct entry *entry, uint64_t *number)
{
	struct office *office = desk->office;
	struct outbox_counts counts;
	const char *column;
	enum verdict verdict;
	struct sealed sealed;
	struct err err;
	bool doubts;
	int ret = desk_prepare(desk, entry, &err);

	if (ret) {
		(void)misshapen(desk, entry, &err);
		return ret == ERR_INVALID || ret == ERR_LIMIT ? EXIT_USAGE :
								EXIT_FAILED;
	}
	verdict = desk_check(desk, entry, &column);
	if (is_hopeless(entry, verdict)) {
		doubt(desk, entry, verdict, column);
		return EXIT_REFUSED;
	}
	doubts = verdict != VERDICT_ADMITTED || !desk->catalogue;
	ret = entry_make(entry, &desk->cells, &office->arena, &sealed, &err);
	if (!ret)
		ret = outbox_save_doubting(office->outbox, &sealed, &doubts, 1,
					   clock_now_us(&office->clock), number,
					   &err);
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
