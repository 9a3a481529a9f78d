/* receipt and explain: what single statements are, and became. */
#include "audit/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/ledger.h"
#include "audit/print.h"
#include "store/say.h"
#include "base/json.h"
#include "proto/period.h"
#include "proto/verdict.h"
#include "store/figures.h"

/* ---- one statement ---- */

static void print_texts(const struct looked_up *found, uint32_t n,
			enum lang lang, struct strbuf *out)
{
	static const char *const texts[] = { "reason", "note", "text" };
	static const char *const zh[] = { "理由", "说明", "文字" };
	const struct sealed *sealed = &found->batch.sealed[n];

	for (size_t i = 0; i < 3 && !found->malformed; i++) {
		struct span text =
			wire_said_text(sealed, &found->said, texts[i]);

		if (!text.len)
			continue;
		strbuf_addf(out, "  %s: ", say_in(lang, texts[i], zh[i]));
		for (size_t j = 0; j < text.len; j++)
			strbuf_add_char(
				out, text.data[j] < ' ' || text.data[j] == 127 ?
					     ' ' :
					     (char)text.data[j]);
		strbuf_add_char(out, '\n');
	}
}

static void print_people(const struct ledger *ledger,
			 const struct looked_up *found, uint32_t n,
			 unsigned verdict, enum lang lang, struct strbuf *out)
{
	const struct batch *batch = &found->batch;
	char received[SAY_MOMENT_BYTES], sent[SAY_MOMENT_BYTES];
	char office[2 * HASH_BYTES + 1], leaf[2 * HASH_BYTES + 1];

	say_moment(found->entry.leaf.recv_us, ledger->zone_minutes, received);
	say_moment(batch->header.sent_us, ledger->zone_minutes, sent);
	hash_print(&batch->header.key, office);
	hash_print(&batch->leaves[n], leaf);
	strbuf_addf(out, "%" PRIu64 ".%u  ", found->entry.index, n);
	say_statement(&found->said, lang, out);
	strbuf_addf(out, "\n  %s: %s", say_in(lang, "verdict", "结论"),
		    verdict ? verdict_name(verdict) :
			      say_in(lang, "admitted", "已采纳"));
	if (verdict)
		strbuf_addf(out, "%s%s", say_in(lang, ". ", "。"),
			    say_in(lang, verdict_text_en(verdict),
				   verdict_text_zh(verdict)));
	strbuf_addf(out,
		    say_in(lang,
			   "\n  received: %s\n  sealed: %s, by the office's "
			   "clock\n  office: key %s, batch %" PRIu64
			   "\n  hash: %s\n",
			   "\n  收到：%s\n  封装：%s（单位时钟）\n"
			   "  单位：密钥 %s，第 %" PRIu64 " 批\n  哈希：%s\n"),
		    received, sent, office, batch->header.sequence, leaf);
	print_texts(found, n, lang, out);
}

static int one(struct ledger *ledger, uint64_t index, uint32_t n,
	       const struct options *options, enum lang lang,
	       struct strbuf *out, struct err *err)
{
	struct looked_up found;
	uint16_t verdict = 0;
	int rc = lookup_statement(&ledger->lookup, index, n, &found, err);

	if (!rc)
		rc = lookup_verdict(&ledger->tables, index, n, &verdict, err);
	if (rc)
		return rc;
	if (options_given(options, "json"))
		say_found_json(&found, n, verdict, out);
	else
		print_people(ledger, &found, n, verdict, lang, out);
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
	const char *late = say_in(explaining->lang, ", late", "，逾期");
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
