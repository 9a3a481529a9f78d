/* receipt and explain: what single statements are, and became. */
#include "audit/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/ledger.h"
#include "audit/print.h"
#include "base/json.h"
#include "proto/period.h"
#include "store/figures.h"
#include "store/redaction.h"
#include "store/say.h"

/* ---- one statement ---- */

static int one(struct ledger *ledger, uint64_t index, uint32_t n,
	       const struct options *options, enum lang lang,
	       struct strbuf *out, struct err *err)
{
	struct looked_up found;
	struct say_receipt receipt = { .entry = index, .n = n };
	int rc = lookup_statement(&ledger->lookup, index, n, &found, err);

	if (!rc)
		rc = lookup_verdict(&ledger->tables, index, n, &receipt.verdict,
				    err);
	if (!rc)
		rc = redaction_texts(&ledger->tables, index, n, &receipt.hidden,
				     err);
	if (rc)
		return rc;
	receipt.recv_us = found.entry.leaf.recv_us;
	receipt.batch = &found.batch;
	receipt.said = &found.said;
	if (options_given(options, "json"))
		say_receipt_json(&receipt, out);
	else
		say_receipt(&receipt, ledger->zone_minutes, lang, out);
	return 0;
}

static int finish(struct ledger *ledger, int rc, struct strbuf *out,
		  struct err *err)
{
	int code;

	rc = ledger_close(ledger, rc, err);
	code = rc ? print_failure(rc == ERR_CORRUPT ? EXIT_BROKEN : EXIT_FAILED,
				  "%s", err->msg) :
		    print_out(out);
	strbuf_release(out);
	return code;
}

int command_receipt(const struct options *options)
{
	struct ledger ledger;
	struct strbuf out;
	struct err err = { 0 };
	enum lang lang;
	uint64_t index;
	uint32_t n;
	int rc;

	if (!lookup_receipt(options_argument(options, 1), &index, &n))
		return options_usage(options,
				     "%s is no receipt (7.0: entry and place "
				     "in its batch)",
				     options_argument(options, 1));
	if (lang_choose(options_text(options, "lang"), &lang, &err))
		return options_usage(options, "%s", err.msg);
	strbuf_init(&out, 0);
	rc = ledger_open(&ledger, options_argument(options, 0), &err);
	if (!rc)
		rc = ledger_tables(&ledger, index + 1, &err);
	if (!rc)
		rc = one(&ledger, index, n, options, lang, &out, &err);
	if (!rc && options_given(options, "json"))
		json_end_line(&out);
	return finish(&ledger, rc, &out, &err);
}

/* ---- explain: every statement behind a unit's figures ---- */

struct explaining {
	struct ledger *ledger;
	const struct options *options;
	enum lang lang;
	struct strbuf *out;
	size_t count;
	struct err *err;
};

static void print_change(const struct explaining *explaining,
			 const struct figure_change *change)
{
	const char *late = say_in(explaining->lang, ", late", "，迟报");
	bool review = change->flags & VERSION_REVIEW;
	bool adjustment = change->flags & VERSION_ADJUST;

	if (options_given(explaining->options, "json")) {
		json_put_number(explaining->out, "version", change->version);
		json_put_flag(explaining->out, "review", review);
		json_put_flag(explaining->out, "adjustment", adjustment);
		json_put_flag(explaining->out, "late",
			      (change->flags & VERSION_LATE) != 0);
		json_end_line(explaining->out);
		return;
	}
	strbuf_addf(explaining->out,
		    review     ? say_in(explaining->lang,
					"  review of version %u%s\n",
					"  对第 %u 版的审核%s\n") :
		    adjustment ? say_in(explaining->lang,
					"  adjustment of version %u%s\n",
					"  对第 %u 版的调整%s\n") :
				 say_in(explaining->lang, "  version %u%s\n",
					"  第 %u 版%s\n"),
		    change->version,
		    change->flags & VERSION_LATE &&
				    !(change->flags & VERSION_MARKS) ?
			    late :
			    "");
}

static int explain_change(void *arg, const struct figure_change *change)
{
	struct explaining *explaining = arg;
	int rc = one(explaining->ledger, change->entry, change->n,
		     explaining->options, explaining->lang, explaining->out,
		     explaining->err);

	if (rc)
		return rc == ERR_NOTFOUND ?
			       err_set(explaining->err, ERR_CORRUPT,
				       "the store names statement %" PRIu64
				       ".%u, which the journal does not hold",
				       change->entry, change->n) :
			       rc;
	print_change(explaining, change);
	explaining->count++;
	return 0;
}

int command_explain(const struct options *options)
{
	const char *text = options_arguments(options) > 3 ?
				   options_argument(options, 3) :
				   NULL;
	struct explaining explaining = { .options = options };
	struct ledger ledger;
	struct strbuf out;
	struct period period;
	struct err err = { 0 };
	int rc;

	if (lang_choose(options_text(options, "lang"), &explaining.lang,
			&err) ||
	    (text && period_parse(span_of_text(text), &period, &err)))
		return options_usage(options, "%s", err.msg);
	strbuf_init(&out, 0);
	explaining.ledger = &ledger;
	explaining.out = &out;
	explaining.err = &err;
	rc = ledger_open(&ledger, options_argument(options, 0), &err);
	if (!rc)
		rc = ledger_tables(&ledger, 0, &err);
	if (!rc)
		rc = figures_where(&ledger.tables,
				   span_of_text(options_argument(options, 1)),
				   span_of_text(options_argument(options, 2)),
				   text ? &period : NULL, explain_change,
				   &explaining, &err);
	if (!rc && !explaining.count && !options_given(options, "json"))
		(void)print_failure(EXIT_OK, "%s",
				    say_in(explaining.lang,
					   "nothing was admitted for this",
					   "没有已采纳的数据"));
	return finish(&ledger, rc, &out, &err);
}
