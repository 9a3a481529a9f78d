/* diff: which figures changed between two points, by whose statement, why. */
#include "audit/commands.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/diff.h"
#include "audit/print.h"
#include "audit/source.h"
#include "base/json.h"
#include "proto/day.h"
#include "proto/figure/figures_put.h"
#include "proto/figure/figures_suspect.h"
#include "proto/moment.h"

#define CAUSES_SHOWN 8 /* beside a row, to people */

struct asked_diff {
	const struct options *options;
	struct figures_asked asked;
	struct figures_asking asking;
	struct replay_until from, to;
	struct diff diff;
	bool *by;
	uint64_t changed;
	struct strbuf out;
};

/* ---- a row, to people ---- */

static const char *or_dash(const char *text)
{
	return text && *text ? text : "-";
}

static const char *label(enum figures_shown shown, enum lang lang)
{
	static const enum word words[] = {
		[SHOWN_VALUE] = WORD_VALUE,
		[SHOWN_GOAL] = WORD_GOAL,
		[SHOWN_PLAN] = WORD_PLAN,
		[SHOWN_LIGHT] = WORD_LIGHT,
		[SHOWN_ADJUSTED] = WORD_ADJUSTED,
		[SHOWN_REPORTED] = WORD_COVERAGE,
	};

	return word(words[shown], lang);
}

static void add_light(const struct asked_diff *asked, enum light light,
		      enum why why, struct strbuf *out)
{
	enum lang lang = asked->asking.lang;
	const char *text = word_why(why, lang);

	strbuf_add_text(out, word_light(light, lang));
	if (text[0])
		strbuf_addf(out, say_in(lang, " (%s)", "（%s）"), text);
}

/* What a figure shows there. */
static void add_shown(const struct asked_diff *asked,
		      const struct figure *figure, enum figures_shown shown,
		      struct strbuf *out)
{
	const struct adjusted *adjusted = figure->adjusted;

	switch (shown) {
	case SHOWN_VALUE:
		strbuf_add_text(out, figure->items && figure->items[0] ?
					     figure->items :
					     or_dash(figure->value));
		break;
	case SHOWN_GOAL:
		strbuf_add_text(out, or_dash(figure->goal));
		break;
	case SHOWN_PLAN:
		strbuf_add_text(out, or_dash(figure->plan));
		break;
	case SHOWN_LIGHT:
		add_light(asked, figure->light, figure->why, out);
		break;
	case SHOWN_ADJUSTED:
		strbuf_add_text(out, adjusted ? or_dash(adjusted->value) : "-");
		if (adjusted) {
			strbuf_add_char(out, ' ');
			add_light(asked, adjusted->light, adjusted->why, out);
		}
		break;
	case SHOWN_REPORTED:
		strbuf_addf(out, "%u/%u", figure->reported, figure->due);
		break;
	case SHOWN_COUNT:
		break;
	}
}

static void add_name(const struct asked_diff *asked,
		     const struct figures_pair *pair, struct strbuf *out)
{
	const char *name = asked->asking.lang == LANG_EN && pair->name_en[0] ?
				   pair->name_en :
				   pair->name_zh;

	strbuf_addf(out, "%s%s%s  %s", pair->target, pair->unit ? " " : "",
		    pair->unit ? pair->unit : "", name);
}

/* One of added and removed has all of it on a line. */
static void add_fields(const struct asked_diff *asked,
		       const struct figures_pair *pair, struct strbuf *out)
{
	const struct figure *alone = pair->before ? pair->before : pair->after;
	enum lang lang = asked->asking.lang;
	bool both = pair->before && pair->after;

	if (!both)
		strbuf_addf(
			out, "  %s\n",
			word(pair->after ? WORD_ADDED : WORD_REMOVED, lang));
	for (enum figures_shown shown = 0; shown < SHOWN_COUNT; shown++) {
		if (both ? !figures_pair_differs(pair, shown) :
			   shown > SHOWN_LIGHT)
			continue;
		strbuf_addf(out, "  %s%s", label(shown, lang),
			    say_in(lang, ": ", "："));
		add_shown(asked, both ? pair->before : alone, shown, out);
		if (both) {
			strbuf_add_text(out, " → ");
			add_shown(asked, pair->after, shown, out);
		}
		strbuf_add_char(out, '\n');
	}
}

static void add_causes(const struct asked_diff *asked, struct strbuf *out)
{
	const struct diff *diff = &asked->diff;
	size_t count = 0;

	for (size_t i = 0; i < diff->cause_count; i++) {
		const struct diff_cause *cause = &diff->causes[i];

		if (!asked->by[i] || count++ >= CAUSES_SHOWN)
			continue;
		strbuf_addf(out, "  %s %" PRIu64 ".%u  %s\n",
			    say_in(asked->asking.lang, "by", "因"),
			    cause->entry, cause->n, cause->words);
	}
	if (count > CAUSES_SHOWN)
		strbuf_addf(out,
			    say_in(asked->asking.lang,
				   "  and %zu more, see below\n",
				   "  另有 %zu 条，见下\n"),
			    count - CAUSES_SHOWN);
}

/* ---- a row, to programs ---- */

static void put_row(const struct asked_diff *asked,
		    const struct figures_pair *pair, struct strbuf *out)
{
	const struct diff *diff = &asked->diff;
	char id[SAY_RECEIPT_BYTES];

	figures_pair_json(pair, SHOWN_COUNT - 1, out);
	if (pair->before && pair->before->adjusted)
		json_put_text(out, "adjusted_before",
			      pair->before->adjusted->value);
	if (pair->after && pair->after->adjusted)
		json_put_text(out, "adjusted_after",
			      pair->after->adjusted->value);
	json_put_list(out, "by");
	for (size_t i = 0; i < diff->cause_count; i++) {
		if (!asked->by[i])
			continue;
		say_receipt_id(diff->causes[i].entry, diff->causes[i].n, id);
		json_add_text(out, id);
	}
	json_close_list(out);
	json_end_line(out);
}

static int take_pair(void *arg, const struct figures_pair *pair,
		     struct err *err)
{
	struct asked_diff *asked = arg;
	const struct walk_filter *filter = &asked->diff.filter;
	int rc;

	if (!diff_differs(pair) ||
	    (filter->target && strcmp(filter->target, pair->target) != 0) ||
	    (filter->unit &&
	     (!pair->unit || strcmp(filter->unit, pair->unit) != 0)))
		return 0;
	rc = diff_explain(&asked->diff, pair, asked->by, err);
	if (rc)
		return rc;
	asked->changed++;
	if (asked->diff.json) {
		put_row(asked, pair, &asked->out);
		return 0;
	}
	add_name(asked, pair, &asked->out);
	strbuf_add_char(&asked->out, '\n');
	add_fields(asked, pair, &asked->out);
	add_causes(asked, &asked->out);
	strbuf_add_char(&asked->out, '\n');
	return 0;
}

/* ---- the statements ---- */

/* With a filter only those behind what is shown. */
static bool is_shown(const struct asked_diff *asked,
		     const struct diff_cause *cause)
{
	const struct walk_filter *filter = &asked->diff.filter;

	return cause->figures || (!filter->target && !filter->unit);
}

static size_t count_shown(const struct asked_diff *asked)
{
	const struct diff *diff = &asked->diff;
	size_t count = 0;

	for (size_t i = 0; i < diff->cause_count; i++)
		count += is_shown(asked, &diff->causes[i]);
	return count;
}

static void add_statements(struct asked_diff *asked)
{
	const struct diff *diff = &asked->diff;
	struct strbuf *out = &asked->out;
	enum lang lang = asked->asking.lang;

	for (size_t i = 0; i < diff->cause_count; i++) {
		const struct diff_cause *cause = &diff->causes[i];

		if (!is_shown(asked, cause))
			continue;
		strbuf_add(out, diff->told.text + cause->told_at,
			   cause->told_len);
		if (diff->json) {
			say_u64_json(out, "figures", cause->figures);
			json_end_line(out);
		} else if (cause->figures) {
			strbuf_addf(out,
				    say_in(lang,
					   "  behind %" PRIu64
					   " of the changes\n\n",
					   "  引起 %" PRIu64 " 处变化\n\n"),
				    cause->figures);
		} else {
			strbuf_add_text(out,
					say_in(lang, "  changed no figure\n\n",
					       "  未改变数据\n\n"));
		}
	}
}

static void add_point(struct asked_diff *asked, const struct replay *replay)
{
	char moment[SAY_MOMENT_BYTES];

	say_moment(replay->recv_us, replay_zone(replay), moment);
	strbuf_addf(&asked->out,
		    say_in(asked->asking.lang, "%" PRIu64 " entries (%.16s)",
			   "%" PRIu64 " 条（%.16s）"),
		    replay->entries, moment);
}

static void add_title(struct asked_diff *asked)
{
	enum lang lang = asked->asking.lang;
	char day[DAY_TEXT_BYTES];

	day_print(asked->asking.cutoff, day);
	strbuf_add_text(&asked->out, say_in(lang, "from ", "自 "));
	add_point(asked, &asked->diff.before);
	strbuf_add_text(&asked->out, say_in(lang, " to ", "至 "));
	add_point(asked, &asked->diff.after);
	strbuf_addf(&asked->out,
		    say_in(lang, ", judged at %s\n\n", "，截至 %s 评定\n\n"),
		    day);
}

static void add_sum(struct asked_diff *asked)
{
	const struct diff *diff = &asked->diff;

	if (diff->json) {
		char day[DAY_TEXT_BYTES];

		day_print(asked->asking.cutoff, day);
		json_open(&asked->out);
		say_u64_json(&asked->out, "from", diff->before.entries);
		say_u64_json(&asked->out, "to", diff->after.entries);
		json_put_text(&asked->out, "cutoff", day);
		say_u64_json(&asked->out, "changed", asked->changed);
		json_put_number(&asked->out, "statements",
				(int64_t)count_shown(asked));
		say_u64_json(&asked->out, "refused", diff->refused);
		json_end_line(&asked->out);
		return;
	}
	strbuf_addf(&asked->out,
		    say_in(asked->asking.lang,
			   "%" PRIu64 " figures changed, by %zu statements; "
			   "%" PRIu64 " more were refused\n",
			   "%" PRIu64 " 项数据有变化，其间记录 %zu 条，另有 "
			   "%" PRIu64 " 条未采纳\n"),
		    asked->changed, count_shown(asked), diff->refused);
}

/* A revocation changes no figure: what of them is suspect by now. */
static int add_suspects(struct asked_diff *asked, struct err *err)
{
	const struct diff *diff = &asked->diff;
	const struct figures_head head = {
		.catalogue = diff->to.catalogue,
		.lang = asked->asking.lang,
		.cutoff = asked->asking.cutoff,
	};
	size_t before = asked->out.len;
	int rc;

	if (!diff->has_revocations)
		return 0;
	rc = figures_suspect_write(&head, diff->to.evaluation, diff->json,
				   &asked->out, err);
	if (!rc && asked->out.len > before && !diff->json)
		strbuf_add_char(&asked->out, '\n');
	return rc;
}

/* ---- the command ---- */

static int run(struct asked_diff *asked, struct err *err)
{
	struct diff *diff = &asked->diff;
	char dir[PATH_MAX];
	int rc = source_journal(options_argument(asked->options, 0), dir, err);

	if (!rc)
		rc = diff_run(diff, dir, asked->from, asked->to, &asked->asking,
			      err);
	if (rc)
		return rc;
	asked->by = calloc(diff->cause_count + 1, sizeof(*asked->by));
	if (!asked->by)
		return err_set(err, ERR_NOMEM, "no memory");
	if (!diff->json)
		add_title(asked);
	rc = figures_pairs(diff->from.evaluation, diff->to.evaluation, true,
			   take_pair, asked, err);
	if (!rc)
		rc = add_suspects(asked, err);
	if (rc)
		return rc;
	add_statements(asked);
	add_sum(asked);
	return 0;
}

static int read_point(const struct options *options, size_t i,
		      struct replay_until *out, struct err *err)
{
	const char *text = i < options_arguments(options) ?
				   options_argument(options, i) :
				   NULL;
	uint64_t us;

	*out = (struct replay_until){ .size = UINT64_MAX };
	if (!text || source_size(text, &out->size))
		return 0;
	out->time = text;
	return moment_parse(text, 0, &us, err);
}

static int read_options(struct asked_diff *asked, struct err *err)
{
	const struct options *options = asked->options;

	asked->asked = (struct figures_asked){
		.cutoff = options_text(options, "cutoff"),
		.period = options_text(options, "period"),
		.lang = options_text(options, "lang"),
		.json = options_given(options, "json"),
	};
	if (read_point(options, 1, &asked->from, err) ||
	    read_point(options, 2, &asked->to, err))
		return ERR_INVALID;
	return figures_ask(&asked->asked, &asked->asking, err);
}

int command_diff(const struct options *options)
{
	struct asked_diff asked = { .options = options };
	struct err err = { 0 };
	int rc, code;

	if (read_options(&asked, &err))
		return options_usage(options, "%s", err.msg);
	strbuf_init(&asked.out, 0);
	rc = diff_init(&asked.diff, &err);
	asked.diff.json = asked.asked.json;
	asked.diff.lang = asked.asking.lang;
	asked.diff.filter = (struct walk_filter){
		.target = options_text(options, "target"),
		.unit = options_text(options, "unit"),
	};
	if (!rc)
		rc = run(&asked, &err);
	code = !rc		 ? print_out(&asked.out) :
	       rc == ERR_INVALID ? print_failure(EXIT_USAGE, "%s", err.msg) :
	       rc == ERR_CORRUPT ? print_failure(EXIT_BROKEN, "%s", err.msg) :
				   print_failure(EXIT_FAILED, "%s", err.msg);
	free(asked.by);
	diff_release(&asked.diff);
	strbuf_release(&asked.out);
	return code;
}
