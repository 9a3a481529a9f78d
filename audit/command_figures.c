#include "audit/commands.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/folder.h"
#include "audit/print.h"
#include "audit/replay.h"
#include "audit/source.h"
#include "proto/catalogue/catalogue_chinese.h"
#include "proto/figure/figures_answer.h"

#define FILES_ZONE_MINUTES 480 /* days of files are those of +08:00 */

/* Where the figures come from, a journal or files, and how they are asked. */
struct looking {
	const struct options *options;
	struct figures_asking asking;
	bool simulated;
	int zone_minutes;
	int32_t last_day;  /* cut-off if none is asked for */
	uint64_t until_us; /* nothing is known of what came later */
	struct catalogue *catalogue;
	struct catalogue *tried; /* NULL: none */
	/* a journal's */
	struct replay replay;
	bool has_replay;
	/* files' */
	struct memory_tables *tables;
	bool refused[VERDICT_COUNT];
	bool any_refused; /* rows, reports, goals: the exit code says so */
	bool in_folder;	  /* reading what the command line names */
};

/* ---- from a journal ---- */

static int read_journal(struct looking *looking, struct err *err)
{
	struct replay_until all = { .size = UINT64_MAX };
	struct table_reader reader;
	struct fold_facts facts;
	char dir[PATH_MAX];
	int rc =
		source_journal(options_argument(looking->options, 0), dir, err);

	if (!rc)
		rc = replay_init(&looking->replay, true, err);
	if (rc)
		return rc;
	looking->has_replay = true;
	rc = replay_run(&looking->replay, dir, all, err);
	if (rc)
		return rc;
	looking->zone_minutes = replay_zone(&looking->replay);
	looking->simulated = fold_facts(looking->replay.fold, &facts) &&
			     facts.simulated;
	looking->until_us = looking->replay.recv_us;
	looking->last_day = day_of_us(looking->until_us, looking->zone_minutes);
	rc = figures_ask_known_by(&looking->asking, looking->zone_minutes, err);
	if (rc)
		return rc;
	reader = replay_reader(&looking->replay);
	rc = figures_catalogue(&reader, looking->asking.known_by_us,
			       &looking->catalogue, NULL, err);
	if (rc == ERR_NOTFOUND)
		return err_set(err, rc, "%s: no catalogue was in force then",
			       dir);
	return rc;
}

/* ---- a catalogue that is tried ---- */

static int read_tried(struct looking *looking, struct err *err)
{
	struct folder_tried tried = { 0 };
	int rc;

	looking->in_folder = true;
	rc = folder_try(
		options_text(looking->options, "catalogue"), looking->catalogue,
		figures_ask_today(&looking->asking, looking->zone_minutes,
				  looking->last_day),
		looking->asking.lang, &tried, err);
	looking->tried = tried.catalogue;
	looking->any_refused = looking->any_refused || tried.broken;
	return rc;
}

/* ---- from files ---- */

static void tell_refusal(void *arg, const struct fold_refusal *refusal)
{
	struct looking *looking = arg;

	(void)fprintf(stderr, "%s:%u: %s\n", refusal->file, refusal->row,
		      verdict_name(refusal->verdict));
	looking->any_refused = true;
	looking->refused[refusal->verdict] = true;
}

/* Behind the rows, each reason once: what can be done about it. */
static void explain_refusals(const struct looking *looking)
{
	for (unsigned i = 0; i < VERDICT_COUNT; i++)
		if (looking->refused[i])
			(void)fprintf(stderr, "  %s: %s\n", verdict_name(i),
				      looking->asking.lang == LANG_ZH ?
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

static int fold_reports(struct looking *looking,
			const struct folder_reports *reports, struct err *err)
{
	struct problems problems;
	int rc;

	problems_init(&problems);
	rc = fold_files(looking->catalogue, reports->files, reports->count,
			looking->tables, tell_refusal, looking, &problems);
	folder_tell(&problems, looking->asking.lang);
	if (rc == ERR_INVALID)
		(void)err_set(err, rc, "the reports cannot be read");
	else if (rc)
		(void)err_set(err, rc, "no memory for the reports");
	problems_release(&problems);
	explain_refusals(looking);
	return rc;
}

static int read_reports(struct looking *looking, struct err *err)
{
	size_t count = options_count(looking->options, "reports");
	const char **paths = calloc(count + 1, sizeof(*paths));
	struct folder_reports reports = { 0 };
	int rc;

	if (!paths)
		return err_set(err, ERR_NOMEM, "no memory");
	for (size_t i = 0; i < count; i++)
		paths[i] = options_value(looking->options, "reports", i);
	rc = folder_reports(paths, count, &reports, err);
	if (!rc)
		rc = fold_reports(looking, &reports, err);
	folder_reports_release(&reports);
	free(paths);
	return rc;
}

static int read_files(struct looking *looking, struct err *err)
{
	struct folder_tried folder = { 0 };
	int rc;

	looking->in_folder = true;
	looking->zone_minutes = FILES_ZONE_MINUTES;
	looking->until_us = UINT64_MAX;
	looking->tables = memory_tables_new();
	if (!looking->tables)
		return err_set(err, ERR_NOMEM, "no memory");
	rc = figures_ask_known_by(&looking->asking, FILES_ZONE_MINUTES, err);
	if (!rc)
		rc = folder_try(options_text(looking->options, "catalogue"),
				NULL, DAY_NONE, looking->asking.lang, &folder,
				err);
	looking->catalogue = folder.catalogue;
	if (rc)
		return rc;
	looking->last_day = last_window_day(looking->catalogue);
	return read_reports(looking, err);
}

/* ---- the answer ---- */

static int answer(struct looking *looking, struct figures_answered *answered,
		  struct err *err)
{
	uint64_t known_by_us = looking->asking.known_by_us;
	struct table_reader reader =
		looking->has_replay ? replay_reader(&looking->replay) :
				      memory_tables_reader(looking->tables);
	struct catalogue_past past = { .reader = &reader };
	struct suspects suspects = { 0 };
	struct figures_reading reading = { &reader, &suspects };
	int rc = looking->has_replay ?
			 fold_suspects(looking->replay.fold, &suspects) :
			 0;
	const struct figures_from from = {
		.source = figures_source(&reading),
		.catalogue = looking->catalogue,
		.tried = looking->tried,
		.tried_name = options_text(looking->options, "catalogue"),
		.past = { looking->has_replay ? catalogue_past_at : NULL, &past,
			  known_by_us == UINT64_MAX ? looking->until_us :
						      known_by_us },
		.zone_minutes = looking->zone_minutes,
		.simulated = looking->simulated,
		.suspects = suspects.count > 0,
	};

	if (rc)
		rc = err_set(err, rc, "no memory for revoked keys");
	else
		rc = figures_answer(&looking->asking, &from, answered, err);
	free(suspects.list);

	catalogue_past_release(&past);
	return rc;
}

static int exit_code_of(const struct looking *looking, int rc)
{
	if (rc == ERR_CORRUPT)
		return EXIT_BROKEN;
	/* A catalogue or a file of reports that has errors, or no such
	 * folder: nothing to do with the figures. */
	if (looking->in_folder && (rc == ERR_INVALID || rc == ERR_NOTFOUND))
		return EXIT_USAGE;
	return EXIT_FAILED;
}

static int read_all(struct looking *looking, struct err *err)
{
	const struct catalogue *judge;
	int rc;

	if (!options_arguments(looking->options)) {
		rc = read_files(looking, err);
	} else {
		rc = read_journal(looking, err);
		if (!rc && options_given(looking->options, "catalogue"))
			rc = read_tried(looking, err);
	}
	if (rc)
		return rc;
	judge = looking->tried ? looking->tried : looking->catalogue;
	return figures_ask_cutoff(&looking->asking, judge,
				  looking->zone_minutes, looking->last_day,
				  err);
}

static int fail(const struct looking *looking, int rc, const struct err *err)
{
	struct strbuf text;
	int code;

	strbuf_init(&text, 0);
	if (looking->asking.lang == LANG_ZH)
		catalogue_add_chinese(&text, err->msg);
	else
		strbuf_add_text(&text, err->msg);
	code = print_failure(exit_code_of(looking, rc), "%s", text.text);
	strbuf_release(&text);
	return code;
}

static int run(struct looking *looking)
{
	struct figures_answered answered;
	struct err err = { 0 };
	int code, rc = read_all(looking, &err);

	figures_answered_init(&answered);
	if (!rc)
		rc = answer(looking, &answered, &err);
	if (rc) {
		code = fail(looking, rc, &err);
	} else {
		(void)fputs(answered.told.text, stderr);
		code = print_out(&answered.out);
	}
	looking->any_refused = looking->any_refused || answered.misfits;
	figures_answered_release(&answered);
	return code ? code : looking->any_refused ? EXIT_REFUSED : EXIT_OK;
}

/* What goes with what. */
static const char *what_clashes(const struct options *options)
{
	bool dir = options_arguments(options) > 0;
	bool files = options_given(options, "catalogue");

	if (!dir && !files)
		return "needs DIR, or --catalogue DIR with --reports FILE...";
	if (dir && options_given(options, "reports"))
		return "--reports goes with --catalogue, without DIR";
	return NULL;
}

int command_figures(const struct options *options)
{
	const struct figures_asked asked = {
		.cutoff = options_text(options, "cutoff"),
		.period = options_text(options, "period"),
		.known_by = options_text(options, "known-by"),
		.lang = options_text(options, "lang"),
		.counts = options_given(options, "counts"),
		.standings = options_given(options, "standings"),
		.kept = options_given(options, "kept"),
		.changes = options_given(options, "changes"),
		.all = options_given(options, "all"),
		.json = options_given(options, "json"),
	};
	struct looking looking = { .options = options };
	const char *clash = what_clashes(options);
	struct err err = { 0 };
	int code;

	if (clash)
		return options_usage(options, "%s", clash);
	if (figures_ask(&asked, &looking.asking, &err) ||
	    figures_ask_try(&asked,
			    options_arguments(options) &&
				    options_given(options, "catalogue"),
			    &err))
		return options_usage(options, "%s", err.msg);
	code = run(&looking);
	catalogue_free(looking.tried);
	catalogue_free(looking.catalogue);
	memory_tables_free(looking.tables);
	if (looking.has_replay)
		replay_release(&looking.replay);
	return code;
}
