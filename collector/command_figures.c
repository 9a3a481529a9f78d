/*
 * The figures of the live store: the same evaluation and the same output as
 * `tally-audit figures` gives for the journal.
 */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "collector/commands.h"
#include "collector/kept.h"
#include "collector/view.h"
#include "proto/catalogue/catalogue_chinese.h"
#include "proto/figure/figures_answer.h"
#include "store/catalogue_folder.h"

struct looking {
	const char *dir;
	const char *tried_dir; /* of a catalogue that is tried, or NULL */
	struct figures_asking asking;
	struct view view;
	struct catalogue_trial trial;
	bool in_folder; /* reading tried_dir */
	struct figures_answered answered;
};

static int try_catalogue(struct looking *looking, struct err *err)
{
	const struct view *view = &looking->view;
	int32_t today = figures_ask_today(
		&view->asking, view->facts.zone_minutes, view->last_day);
	int rc;

	looking->in_folder = true;
	catalogue_trial_release(&looking->trial);
	rc = catalogue_folder_try(looking->tried_dir, view->catalogue, today,
				  &looking->trial, err);
	problems_write(&looking->trial.problems, view->asking.lang == LANG_ZH,
		       &looking->answered.told);
	looking->in_folder = rc != 0;
	return rc;
}

static int answer(struct looking *looking, struct err *err)
{
	struct view *view = &looking->view;
	const struct figures_from from = {
		.source = figures_source(&view->reading),
		.catalogue = view->catalogue,
		.tried = looking->trial.catalogue,
		.tried_name = looking->tried_dir,
		.past = view_past(view),
		.zone_minutes = view->facts.zone_minutes,
		.simulated = view->facts.simulated,
		.suspects = view->suspects.count > 0,
	};

	return figures_answer(&view->asking, &from, &looking->answered, err);
}

/* The whole answer comes from one read transaction. */
static int read_view(struct looking *looking, struct db *db, struct err *err)
{
	struct view *view = &looking->view;
	int rc = view_open(view, db, &looking->asking, NULL, err);

	if (!rc && looking->tried_dir)
		rc = try_catalogue(looking, err);
	if (!rc)
		rc = view_cutoff(view,
				 looking->tried_dir ? looking->trial.catalogue :
						      view->catalogue,
				 err);
	if (!rc)
		rc = answer(looking, err);
	return view_close(view, rc, err);
}

static int read_store(struct looking *looking, struct err *err)
{
	struct db *db = NULL;
	char path[PATH_MAX];
	int rc = kept_path(looking->dir, "store", path, err);

	if (!rc && access(path, F_OK))
		return err_set(err, ERR_NOTFOUND,
			       "%s: there is no store yet; "
			       "tally-collector run makes it",
			       looking->dir);
	if (!rc)
		rc = store_open(path, true, &db, err);
	if (!rc)
		rc = read_view(looking, db, err);
	db_close(db);
	return rc;
}

static int exit_code(const struct looking *looking, int rc)
{
	if (rc == ERR_CORRUPT)
		return EXIT_BROKEN;
	if (looking->in_folder && (rc == ERR_INVALID || rc == ERR_NOTFOUND))
		return EXIT_USAGE;
	return EXIT_FAILED;
}

static void in_chinese(struct err *err)
{
	struct strbuf text;

	strbuf_init(&text, 0);
	catalogue_add_chinese(&text, err->msg);
	(void)err_set(err, err->code, "%s", text.text);
	strbuf_release(&text);
}

static int look(struct looking *looking)
{
	struct err err = { 0 };
	int code, rc = read_store(looking, &err);

	(void)fputs(looking->answered.told.text, stderr);
	if (rc && looking->asking.lang == LANG_ZH)
		in_chinese(&err);
	if (rc)
		return command_failed(exit_code(looking, rc), &err);
	code = command_print(&looking->answered.out);
	if (!code && (looking->trial.broken || looking->answered.misfits))
		code = EXIT_REFUSED;
	return code;
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
	struct looking looking = { .dir = command_dir(options),
				   .tried_dir =
					   options_text(options, "catalogue") };
	struct err err = { 0 };
	int code;

	if (figures_ask(&asked, &looking.asking, &err) ||
	    figures_ask_try(&asked, looking.tried_dir != NULL, &err))
		return options_usage(options, "%s", err.msg);
	problems_init(&looking.trial.problems);
	figures_answered_init(&looking.answered);
	code = look(&looking);
	catalogue_trial_release(&looking.trial);
	figures_answered_release(&looking.answered);
	return code;
}
