/* review: one judgement, a file of them, or the list of what waits. */
#include "agent/commands.h"

#include <stdio.h>
#include <string.h>

#include "agent/deliver.h"
#include "agent/review_sheet.h"
#include "agent/review_word.h"
#include "agent/say.h"

static void refresh(struct office *office, uint64_t timeout_ms)
{
	if (!deliver_refresh(office, timeout_ms))
		message_print(stderr, office->language, MESSAGE_NOT_REFRESHED);
}

/* ---- one ---- */

/* What was judged is what is known here: the reviewer sees it. */
static void tell_judged(const struct desk *desk, const struct entry *entry)
{
	const struct office *office = desk->office;
	const struct catalogue *catalogue = desk->catalogue;
	const struct report *report = &entry->report;
	struct span word = review_word_text(office->language, report->status);
	struct strbuf figure;
	struct head head;
	uint32_t number = CATALOGUE_NONE;

	if (catalogue)
		number = catalogue_target(catalogue, report->target);
	if (number == CATALOGUE_NONE || desk_head(desk, report, &head, NULL))
		return;
	strbuf_init(&figure, 0);
	review_figure(&figure, office->language, catalogue,
		      &catalogue->targets[number], head.report.cells,
		      head.report.cell_count);
	strbuf_add(&figure, head.text.data, head.text.len);
	message_print(stderr, office->language, MESSAGE_REVIEW_JUDGES,
		      catalogue->targets[number].id, (int)report->unit.len,
		      (const char *)report->unit.data, (int)report->period.len,
		      (const char *)report->period.data, figure.text,
		      (int)word.len, (const char *)word.data);
	strbuf_release(&figure);
}

static int review_one(const struct options *options, struct office *office,
		      struct entry *entry, uint64_t timeout_ms)
{
	struct desk desk = { .lock = -1 };
	uint64_t number;
	struct err err;
	int code;

	refresh(office, timeout_ms);
	if (desk_open(&desk, office, &err))
		code = office_fail(&err);
	else
		code = say_save(&desk, entry, &number);
	if (!code)
		tell_judged(&desk, entry);
	desk.json = options_given(options, "json");
	if (!code && options_given(options, "wait"))
		code = desk_wait(&desk, timeout_ms, &number, NULL, 1, NULL);
	desk_close(&desk);
	return code;
}

static int command_one(const struct options *options, uint64_t timeout_ms)
{
	struct entry entry = { .review = true };
	struct office office;
	int code;

	if (options_given(options, "dry-run"))
		return options_usage(options, "--dry-run is for --file");
	if (options_arguments(options) != 4)
		return options_usage(options,
				     "needs (approve | return | done | green | "
				     "yellow | red) TARGET UNIT PERIOD, or "
				     "--list, or --file FILE.csv");
	entry.report.status = span_of_text(options_argument(options, 0));
	if (!review_word_status(entry.report.status))
		return options_usage(options,
				     "%s: say approve, return, or for a "
				     "narrative done, green, yellow, red",
				     options_argument(options, 0));
	entry.report.target = span_of_text(options_argument(options, 1));
	entry.report.unit = span_of_text(options_argument(options, 2));
	entry.report.period = span_of_text(options_argument(options, 3));
	entry.report.item = say_option(options, "item");
	entry.reason = say_option(options, "reason");
	entry.version = say_option(options, "version");
	code = office_open(&office, options, OFFICE_EXISTING);
	if (!code)
		code = review_one(options, &office, &entry, timeout_ms);
	office_close(&office);
	return code;
}

/* ---- many ---- */

static int print_list(struct office *office, const struct reviews *reviews)
{
	size_t count = reviews->counts[REVIEW_TO_DO];
	struct strbuf out;
	int code = EXIT_OK;

	strbuf_init(&out, 0);
	review_sheet_write(&out, reviews, office->language,
			   office->zone_minutes);
	if (out.failed || fwrite(out.text, 1, out.len, stdout) != out.len ||
	    fflush(stdout)) {
		(void)fprintf(stderr, "tally-agent: cannot write the list\n");
		code = EXIT_FAILED;
	} else {
		message_print(stderr, office->language,
			      count ? MESSAGE_REVIEW_LISTED :
				      MESSAGE_REVIEW_NONE,
			      count);
	}
	strbuf_release(&out);
	return code;
}

static int list(struct office *office, uint64_t timeout_ms)
{
	struct reviews reviews = { 0 };
	struct desk desk;
	struct err err;
	int code;

	refresh(office, timeout_ms);
	if (desk_look(&desk, office, &err) ||
	    reviews_load(&reviews, &desk, &err)) {
		code = office_fail(&err);
	} else if (desk.kept.roles &&
		   !(desk.kept.roles & 1u << ROLE_REVIEWER)) {
		message_print(stderr, office->language, MESSAGE_NOT_A_REVIEWER);
		code = EXIT_REFUSED;
	} else {
		code = print_list(office, &reviews);
	}
	reviews_release(&reviews);
	desk_close(&desk);
	return code;
}

static bool is_of_one(const struct options *options)
{
	return options_given(options, "item") ||
	       options_given(options, "reason") ||
	       options_given(options, "version");
}

int command_review(const struct options *options)
{
	const char *file = options_text(options, "file");
	bool lists = options_given(options, "list");
	struct office office;
	uint64_t timeout_ms;
	struct err err;
	int code;

	if (deliver_timeout(options, &timeout_ms, &err))
		return options_usage(options, "%s", err.msg);
	if (options_given(options, "json") && !options_given(options, "wait"))
		return options_usage(options, "--json goes with --wait");
	if (!file && !lists)
		return command_one(options, timeout_ms);
	if (options_arguments(options) || (file && lists) ||
	    is_of_one(options) || (lists && options_given(options, "dry-run")))
		return options_usage(options, "--%s stands alone",
				     lists ? "list" : "file");
	code = office_open(&office, options, OFFICE_EXISTING);
	if (!code)
		code = lists ? list(&office, timeout_ms) :
			       review_sheet_give(options, &office, file,
						 timeout_ms);
	office_close(&office);
	return code;
}
