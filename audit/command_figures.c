#include "audit/commands.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/folder.h"
#include "audit/print.h"
#include "audit/replay.h"
#include "audit/source.h"
#include "proto/figure/figures_table.h"
#include "proto/figure/measure.h"
#include "proto/moment.h"
#include "proto/period.h"
#include "proto/figure/words.h"

#define FILES_ZONE_MINUTES 480 /* days of files are those of +08:00 */

/* Where the figures come from, a journal or files, and how they are asked. */
struct asking {
	const struct options *options;
	enum lang lang;
	bool simulated;
	int zone_minutes;
	uint64_t known_by_us;
	int32_t cutoff;
	int32_t last_day; /* cut-off if none is asked for */
	struct catalogue *catalogue;
	/* a journal's */
	struct replay replay;
	bool has_replay;
	/* files' */
	struct memory_tables *tables;
	bool refused[VERDICT_COUNT];
	bool any_refused;
};

/* ---- days ---- */

static int known_by(struct asking *asking, struct err *err)
{
	const char *text = options_text(asking->options, "known-by");

	asking->known_by_us = UINT64_MAX;
	return text ? moment_parse(text, asking->zone_minutes,
				   &asking->known_by_us, err) :
		      0;
}

static int first_month(const struct catalogue *catalogue)
{
	int32_t start = catalogue->settings.start;

	return start == DAY_NONE ? 1 : day_to_civil(start).month;
}

static int cutoff(struct asking *asking, struct err *err)
{
	const char *day = options_text(asking->options, "cutoff");
	const char *text = options_text(asking->options, "period");
	struct period period;

	if (day) {
		if (day_parse(span_of_text(day), &asking->cutoff))
			return err_set(err, ERR_INVALID,
				       "--cutoff %s is not a day (2024-06-30)",
				       day);
		return 0;
	}
	if (text) {
		if (period_parse(span_of_text(text), &period, err))
			return err_context(err, "--period %s", text);
		asking->cutoff =
			period_end(period, first_month(asking->catalogue));
		return 0;
	}
	asking->cutoff =
		asking->known_by_us == UINT64_MAX ?
			asking->last_day :
			day_of_us(asking->known_by_us, asking->zone_minutes);
	return 0;
}

/* Arguments that do not depend on what is read, before it is read. */
static int check_days(const struct options *options, struct err *err)
{
	const char *moment = options_text(options, "known-by");
	const char *day = options_text(options, "cutoff");
	const char *text = options_text(options, "period");
	struct period period;
	uint64_t us;
	int32_t number;

	if (moment && moment_parse(moment, 0, &us, err))
		return err_context(err, "--known-by");
	if (day && day_parse(span_of_text(day), &number))
		return err_set(err, ERR_INVALID,
			       "--cutoff %s is not a day (2024-06-30)", day);
	if (text && period_parse(span_of_text(text), &period, err))
		return err_context(err, "--period %s", text);
	return 0;
}

/* ---- from a journal ---- */

static int read_journal(struct asking *asking, struct err *err)
{
	struct replay_until all = { .size = UINT64_MAX };
	struct table_reader reader;
	struct fold_facts facts;
	char dir[PATH_MAX];
	int rc = source_journal(options_argument(asking->options, 0), dir, err);

	if (!rc)
		rc = replay_init(&asking->replay, err);
	if (rc)
		return rc;
	asking->has_replay = true;
	rc = replay_run(&asking->replay, dir, all, err);
	if (rc)
		return rc;
	asking->zone_minutes = replay_zone(&asking->replay);
	asking->simulated = fold_facts(asking->replay.fold, &facts) &&
			    facts.simulated;
	asking->last_day =
		day_of_us(asking->replay.recv_us, asking->zone_minutes);
	rc = known_by(asking, err);
	if (rc)
		return rc;
	reader = memory_tables_reader(asking->replay.tables);
	rc = figures_catalogue(&reader, asking->known_by_us, &asking->catalogue,
			       NULL, err);
	if (rc == ERR_NOTFOUND)
		return err_set(err, rc, "%s: no catalogue was in force then",
			       dir);
	return rc;
}

/* ---- from files ---- */

static void tell_refusal(void *arg, const struct fold_refusal *refusal)
{
	struct asking *asking = arg;

	(void)fprintf(stderr, "%s:%u: %s\n", refusal->file, refusal->row,
		      verdict_name(refusal->verdict));
	asking->any_refused = true;
	asking->refused[refusal->verdict] = true;
}

/* To a person, also what can be done about it. */
static void explain_refusals(const struct asking *asking)
{
	if (!isatty(STDERR_FILENO))
		return;
	for (unsigned i = 0; i < VERDICT_COUNT; i++)
		if (asking->refused[i])
			(void)fprintf(stderr, "  %s: %s\n", verdict_name(i),
				      asking->lang == LANG_ZH ?
					      verdict_text_zh(i) :
					      verdict_text_en(i));
}

/* The end of the year in settings.csv, else of the last window. */
static int32_t last_window_day(const struct catalogue *catalogue)
{
	int32_t last = catalogue->settings.end;

	for (size_t i = 0; i < catalogue->target_count; i++)
		if (catalogue->settings.end == DAY_NONE &&
		    catalogue->targets[i].end > last)
			last = catalogue->targets[i].end;
	return last;
}

static int fold_reports(struct asking *asking,
			const struct folder_reports *reports, struct err *err)
{
	struct problems problems;
	int rc;

	problems_init(&problems);
	rc = fold_files(asking->catalogue, reports->files, reports->count,
			asking->tables, tell_refusal, asking, &problems);
	folder_tell(&problems);
	if (rc == ERR_INVALID)
		(void)err_set(err, rc, "the reports cannot be read");
	else if (rc)
		(void)err_set(err, rc, "no memory for the reports");
	problems_release(&problems);
	explain_refusals(asking);
	return rc;
}

static int read_reports(struct asking *asking, struct err *err)
{
	size_t count = options_count(asking->options, "reports");
	const char **paths = calloc(count + 1, sizeof(*paths));
	struct folder_reports reports = { 0 };
	int rc;

	if (!paths)
		return err_set(err, ERR_NOMEM, "no memory");
	for (size_t i = 0; i < count; i++)
		paths[i] = options_value(asking->options, "reports", i);
	rc = folder_reports(paths, count, &reports, err);
	if (!rc)
		rc = fold_reports(asking, &reports, err);
	folder_reports_release(&reports);
	free(paths);
	return rc;
}

static int read_files(struct asking *asking, struct err *err)
{
	int rc;

	asking->zone_minutes = FILES_ZONE_MINUTES;
	asking->tables = memory_tables_new();
	if (!asking->tables)
		return err_set(err, ERR_NOMEM, "no memory");
	rc = known_by(asking, err);
	if (!rc)
		rc = folder_catalogue(
			options_text(asking->options, "catalogue"),
			&asking->catalogue, err);
	if (rc)
		return rc;
	asking->last_day = last_window_day(asking->catalogue);
	return read_reports(asking, err);
}

/* ---- the answer ---- */

static int answer(const struct asking *asking, struct strbuf *out,
		  struct err *err)
{
	struct table_reader reader = memory_tables_reader(
		asking->has_replay ? asking->replay.tables : asking->tables);
	struct evaluation_input input = {
		.catalogue = asking->catalogue,
		.source = figures_source(&reader),
		.cutoff = asking->cutoff,
		.known_by_us = asking->known_by_us,
		.zone_minutes = asking->zone_minutes,
	};
	struct figures_table table = {
		.catalogue = asking->catalogue,
		.lang = asking->lang,
		.all = options_given(asking->options, "all"),
		.cutoff = asking->cutoff,
		.known_by = options_text(asking->options, "known-by"),
		.simulated = asking->simulated,
	};
	struct evaluation *evaluation = evaluation_new(&input, err);
	int rc;

	if (!evaluation)
		return err && err->code ? err->code : ERR_NOMEM;
	if (options_given(asking->options, "json"))
		rc = evaluation_json(evaluation, table.all, out, err);
	else
		rc = figures_table_write(&table, evaluation, out, err);
	evaluation_free(evaluation);
	return rc;
}

static int exit_code_of(const struct asking *asking, int rc)
{
	if (rc == ERR_CORRUPT)
		return EXIT_BROKEN;
	/* A catalogue or a file of reports that has errors, or no such
	 * folder: nothing to do with the figures. */
	if (!options_arguments(asking->options) &&
	    (rc == ERR_INVALID || rc == ERR_NOTFOUND))
		return EXIT_USAGE;
	return EXIT_FAILED;
}

static int run(struct asking *asking)
{
	struct err err = { 0 };
	struct strbuf out;
	int code;
	int rc = options_arguments(asking->options) ?
			 read_journal(asking, &err) :
			 read_files(asking, &err);

	if (!rc)
		rc = cutoff(asking, &err);
	strbuf_init(&out, 0);
	if (!rc)
		rc = answer(asking, &out, &err);
	if (rc)
		code = print_failure(exit_code_of(asking, rc), "%s", err.msg);
	else
		code = print_out(&out);
	strbuf_release(&out);
	return code ? code : asking->any_refused ? EXIT_REFUSED : EXIT_OK;
}

int command_figures(const struct options *options)
{
	struct asking asking = { .options = options };
	bool dir = options_arguments(options) > 0;
	bool files = options_given(options, "catalogue");
	struct err err = { 0 };
	int code;

	if (dir == files)
		return options_usage(options, "needs DIR, or --catalogue DIR "
					      "with --reports FILE...");
	if (dir && options_given(options, "reports"))
		return options_usage(options,
				     "--reports goes with --catalogue");
	if (options_given(options, "cutoff") &&
	    options_given(options, "period"))
		return options_usage(options,
				     "--cutoff and --period say the same");
	if (check_days(options, &err) ||
	    lang_choose(options_text(options, "lang"), &asking.lang, &err))
		return options_usage(options, "%s", err.msg);
	code = run(&asking);
	catalogue_free(asking.catalogue);
	memory_tables_free(asking.tables);
	if (asking.has_replay)
		replay_release(&asking.replay);
	return code;
}
