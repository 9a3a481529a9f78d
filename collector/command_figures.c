/*
 * The figures of the live store: the same evaluation and the same output as
 * `tally-audit figures` gives for the journal.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "collector/commands.h"
#include "collector/kept.h"
#include "proto/catalogue/catalogue_chinese.h"
#include "proto/figure/figures_answer.h"
#include "store/catalogue_folder.h"
#include "store/db.h"
#include "store/fold.h"

struct looking {
	const char *dir;
	const char *tried_dir; /* of a catalogue that is tried, or NULL */
	struct figures_asking asking;
	struct fold *fold;
	struct fold_facts facts;
	int32_t last_day;
	struct catalogue *catalogue;
	struct catalogue_trial trial;
	bool in_folder; /* reading tried_dir */
	struct figures_answered answered;
};

static int try_catalogue(struct looking *looking, struct err *err)
{
	int32_t today = figures_ask_today(&looking->asking,
					  looking->facts.zone_minutes,
					  looking->last_day);
	int rc;

	looking->in_folder = true;
	catalogue_trial_release(&looking->trial);
	rc = catalogue_folder_try(looking->tried_dir, looking->catalogue, today,
				  &looking->trial, err);
	problems_write(&looking->trial.problems,
		       looking->asking.lang == LANG_ZH,
		       &looking->answered.told);
	looking->in_folder = rc != 0;
	return rc;
}

static int load(struct looking *looking, const struct table_reader *reader,
		struct err *err)
{
	struct figures_asking *asking = &looking->asking;
	uint64_t applied;
	int rc = fold_load(looking->fold, reader, &applied, err);

	if (!rc && !fold_facts(looking->fold, &looking->facts))
		rc = err_set(err, ERR_NOTFOUND,
			     "%s: the store is empty: run the collector once",
			     looking->dir);
	if (rc)
		return rc;
	looking->last_day = day_of_us(fold_recv_us(looking->fold),
				      looking->facts.zone_minutes);
	rc = figures_ask_known_by(asking, looking->facts.zone_minutes, err);
	if (!rc)
		rc = figures_catalogue(reader, asking->known_by_us,
				       &looking->catalogue, NULL, err);
	if (!rc && looking->tried_dir)
		rc = try_catalogue(looking, err);
	if (rc)
		return rc;
	return figures_ask_cutoff(
		asking,
		looking->tried_dir ? looking->trial.catalogue :
				     looking->catalogue,
		looking->facts.zone_minutes, looking->last_day, err);
}

static int answer(struct looking *looking, const struct table_reader *reader,
		  struct err *err)
{
	uint64_t known_by_us = looking->asking.known_by_us;
	struct catalogue_past past = { .reader = reader };
	struct suspects suspects = { 0 };
	struct figures_reading reading = { reader, &suspects };
	int rc = fold_suspects(looking->fold, &suspects);
	const struct figures_from from = {
		.source = figures_source(&reading),
		.catalogue = looking->catalogue,
		.tried = looking->trial.catalogue,
		.tried_name = looking->tried_dir,
		.past = { catalogue_past_at, &past,
			  known_by_us == UINT64_MAX ?
				  fold_recv_us(looking->fold) :
				  known_by_us },
		.zone_minutes = looking->facts.zone_minutes,
		.simulated = looking->facts.simulated,
		.suspects = suspects.count > 0,
	};

	if (rc)
		rc = err_set(err, rc, "no memory for revoked keys");
	else
		rc = figures_answer(&looking->asking, &from, &looking->answered,
				    err);
	free(suspects.list);

	catalogue_past_release(&past);
	return rc;
}

/* The whole answer comes from one read transaction. */
static int read_store(struct looking *looking, struct err *err)
{
	struct table_reader reader;
	struct db_txn *txn = NULL;
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
		rc = db_begin(db, false, &txn, err);
	if (rc) {
		db_close(db);
		return rc;
	}
	reader = store_reader(txn);
	rc = load(looking, &reader, err);
	if (!rc)
		rc = answer(looking, &reader, err);
	rc = db_finish(txn, rc, err);
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
	int code, rc = looking->fold ? read_store(looking, &err) :
				       err_set(&err, ERR_NOMEM, "no memory");

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
	looking.fold = fold_new();
	code = look(&looking);
	catalogue_trial_release(&looking.trial);
	catalogue_free(looking.catalogue);
	fold_free(looking.fold);
	figures_answered_release(&looking.answered);
	return code;
}
