/*
 * The figures of the live store: the same evaluation and the same output as
 * `tally-audit figures` gives for the journal.
 */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "collector/commands.h"
#include "collector/kept.h"
#include "proto/figure/figures_table.h"
#include "proto/figure/measure.h"
#include "proto/moment.h"
#include "proto/figure/words.h"
#include "store/db.h"
#include "store/fold.h"

struct asking {
	const struct options *options;
	const char *dir;
	enum lang lang;
	struct fold *fold;
	struct fold_facts facts;
	uint64_t known_by_us;
	int32_t cutoff;
	struct catalogue *catalogue;
};

static int first_month(const struct catalogue *catalogue)
{
	int32_t start = catalogue->settings.start;

	return start == DAY_NONE ? 1 : day_to_civil(start).month;
}

/* --cutoff, else --period's last day, else the day of --known-by, else that of
 * the last entry. */
static int find_cutoff(struct asking *asking, struct err *err)
{
	const char *day = options_text(asking->options, "cutoff");
	const char *text = options_text(asking->options, "period");
	struct period period;

	if (day)
		return day_parse(span_of_text(day), &asking->cutoff) ?
			       err_set(err, ERR_INVALID,
				       "--cutoff %s is not a day (2024-06-30)",
				       day) :
			       0;
	if (text) {
		if (period_parse(span_of_text(text), &period, err))
			return err_context(err, "--period %s", text);
		asking->cutoff =
			period_end(period, first_month(asking->catalogue));
		return 0;
	}
	asking->cutoff = day_of_us(asking->known_by_us == UINT64_MAX ?
					   fold_recv_us(asking->fold) :
					   asking->known_by_us,
				   asking->facts.zone_minutes);
	return 0;
}

static int find_known_by(struct asking *asking, struct err *err)
{
	const char *text = options_text(asking->options, "known-by");

	asking->known_by_us = UINT64_MAX;
	if (text && moment_parse(text, asking->facts.zone_minutes,
				 &asking->known_by_us, err))
		return err_context(err, "--known-by");
	return 0;
}

static int load(struct asking *asking, const struct table_reader *reader,
		struct err *err)
{
	uint64_t applied;
	int rc = fold_load(asking->fold, reader, &applied, err);

	if (!rc && !fold_facts(asking->fold, &asking->facts))
		rc = err_set(err, ERR_NOTFOUND,
			     "%s: the store is empty: run the collector once",
			     asking->dir);
	if (!rc)
		rc = find_known_by(asking, err);
	if (!rc)
		rc = figures_catalogue(reader, asking->known_by_us,
				       &asking->catalogue, NULL, err);
	if (rc == ERR_NOTFOUND)
		return rc;
	return rc ? rc : find_cutoff(asking, err);
}

static int answer(const struct asking *asking,
		  const struct table_reader *reader, struct strbuf *out,
		  struct err *err)
{
	const struct evaluation_input input = {
		.catalogue = asking->catalogue,
		.source = figures_source(reader),
		.cutoff = asking->cutoff,
		.known_by_us = asking->known_by_us,
		.zone_minutes = asking->facts.zone_minutes,
	};
	const struct figures_table table = {
		.catalogue = asking->catalogue,
		.lang = asking->lang,
		.all = options_given(asking->options, "all"),
		.cutoff = asking->cutoff,
		.known_by = options_text(asking->options, "known-by"),
		.simulated = asking->facts.simulated,
	};
	struct evaluation *evaluation = evaluation_new(&input, err);
	int rc;

	if (!evaluation)
		return err->code ? err->code : ERR_NOMEM;
	if (options_given(asking->options, "json"))
		rc = evaluation_json(evaluation, table.all, out, err);
	else
		rc = figures_table_write(&table, evaluation, out, err);
	evaluation_free(evaluation);
	return rc;
}

/* The whole answer comes from one read transaction. */
static int read_store(struct asking *asking, struct strbuf *out,
		      struct err *err)
{
	struct table_reader reader;
	struct db_txn *txn = NULL;
	struct db *db = NULL;
	char path[PATH_MAX];
	int rc = kept_path(asking->dir, "store", path, err);

	if (!rc && access(path, F_OK))
		return err_set(err, ERR_NOTFOUND, "%s: there is no store yet",
			       asking->dir);
	if (!rc)
		rc = store_open(path, true, &db, err);
	if (!rc)
		rc = db_begin(db, false, &txn, err);
	if (rc) {
		db_close(db);
		return rc;
	}
	reader = store_reader(txn);
	rc = load(asking, &reader, err);
	if (!rc)
		rc = answer(asking, &reader, out, err);
	db_abort(txn);
	db_close(db);
	return rc;
}

int command_figures(const struct options *options)
{
	struct asking asking = { .options = options,
				 .dir = command_dir(options) };
	struct err err = { 0 };
	struct strbuf out;
	int rc, code = EXIT_OK;

	if (options_given(options, "cutoff") &&
	    options_given(options, "period"))
		return options_usage(options,
				     "--cutoff and --period say the same");
	if (lang_choose(options_text(options, "lang"), &asking.lang, &err))
		return options_usage(options, "%s", err.msg);
	strbuf_init(&out, 0);
	asking.fold = fold_new();
	rc = asking.fold ? read_store(&asking, &out, &err) :
			   err_set(&err, ERR_NOMEM, "no memory");
	if (rc == ERR_INVALID)
		code = options_usage(options, "%s", err.msg);
	else if (rc)
		code = command_failed(
			rc == ERR_CORRUPT ? EXIT_BROKEN : EXIT_FAILED, &err);
	else
		code = command_print(&out);
	catalogue_free(asking.catalogue);
	fold_free(asking.fold);
	strbuf_release(&out);
	return code;
}
