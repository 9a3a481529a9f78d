#include "audit/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/ledger.h"
#include "audit/print.h"
#include "proto/checkpoint.h"
#include "proto/period.h"
#include "store/figures.h"
#include "store/keyfile.h"
#include "store/proof_file.h"

#define FILE_MODE 0644

/* ---- which statement ---- */

/* The newest version of one cell. */
struct wanted {
	struct period period;
	struct span item;
	bool found;
	uint64_t index;
	uint32_t n;
};

static int take_version(void *arg, const struct figure_change *change)
{
	struct wanted *wanted = arg;

	if (wanted->found || change->flags & VERSION_MARKS ||
	    !span_equal(change->item, wanted->item))
		return 0;
	wanted->found = true;
	wanted->index = change->entry;
	wanted->n = change->n;
	return 0;
}

static int find_figure(struct ledger *ledger, const struct options *options,
		       struct wanted *wanted, struct err *err)
{
	const char *item = options_text(options, "item");
	const char *target = options_argument(options, 1);
	const char *unit = options_argument(options, 2);
	const char *text = options_argument(options, 3);
	int rc = ledger_tables(ledger, 0, err);

	wanted->item = span_of_text(item ? item : "");
	if (!rc)
		rc = figures_where(&ledger->tables, span_of_text(target),
				   span_of_text(unit), &wanted->period,
				   take_version, wanted, err);
	if (!rc && !wanted->found)
		rc = err_set(err, ERR_NOTFOUND,
			     "%s has no admitted figure of %s for %s%s%s", unit,
			     target, text, item ? ", item " : "",
			     item ? item : "");
	return rc;
}

/* ---- the proof ---- */

static int make(struct ledger *ledger, const struct options *options,
		uint64_t index, uint32_t n, struct strbuf *out, struct err *err)
{
	const char *given = options_text(options, "checkpoint");

	return lookup_prove(&ledger->lookup, index, n, given, out, err);
}

static int write_proof(const struct options *options, const struct strbuf *out)
{
	const char *path = options_text(options, "out");
	struct err err = { 0 };

	if (!path)
		return print_out(out);
	if (out->failed)
		return print_failure(EXIT_FAILED, "no memory");
	if (file_replace(path, out->text, out->len, FILE_MODE, &err))
		return print_failure(EXIT_FAILED, "%s", err.msg);
	return EXIT_OK;
}

int command_prove(const struct options *options)
{
	size_t arguments = options_arguments(options);
	struct wanted wanted = { 0 };
	struct ledger ledger;
	struct strbuf out;
	struct err err = { 0 };
	int rc, code;

	if (arguments == 2 && !lookup_receipt(options_argument(options, 1),
					      &wanted.index, &wanted.n))
		return options_usage(options,
				     "%s is no receipt (7.0: entry and place "
				     "in its batch)",
				     options_argument(options, 1));
	if (arguments == 3)
		return options_usage(options, "needs a receipt, or TARGET UNIT "
					      "PERIOD");
	if (arguments == 4 &&
	    period_parse(span_of_text(options_argument(options, 3)),
			 &wanted.period, &err))
		return options_usage(options, "%s", err.msg);
	strbuf_init(&out, 0);
	rc = ledger_open(&ledger, options_argument(options, 0), &err);
	if (!rc && arguments == 4)
		rc = find_figure(&ledger, options, &wanted, &err);
	if (!rc)
		rc = make(&ledger, options, wanted.index, wanted.n, &out, &err);
	rc = ledger_close(&ledger, rc, &err);
	code = rc ? print_failure(rc == ERR_CORRUPT ? EXIT_BROKEN : EXIT_FAILED,
				  "%s", err.msg) :
		    write_proof(options, &out);
	strbuf_release(&out);
	return code;
}
