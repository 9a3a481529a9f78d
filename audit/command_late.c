/* late: whose statements came late, or with a time that cannot be. */
#include "audit/commands.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/late.h"
#include "audit/print.h"
#include "store/say.h"
#include "audit/source.h"
#include "base/json.h"
#include "proto/day.h"

#define MINUTE_US 60000000ull
#define SKEW_MINUTES 5 /* as a collector's own stamps, docs/protocol.md */
#define SKEW_MINUTES_MAX 1000000u

struct lister {
	struct lateness lateness;
	struct replay replay;
	enum lang lang;
	bool json;
	uint64_t listed;
	struct strbuf out;
};

/* ---- one statement ---- */

static const char *why_word(unsigned why)
{
	switch (why) {
	case LATE_DUE:
		return "late";
	case LATE_CLOSED:
		return "closed";
	case LATE_DATED_IN_TIME:
		return "dated-in-time";
	case LATE_BEFORE_SEEN:
		return "before-seen";
	case LATE_BEFORE_LAST:
		return "before-last";
	case LATE_AHEAD:
		return "ahead";
	default:
		return "behind";
	}
}

static void put_json(struct lister *lister, const struct late_found *found,
		     const struct say_receipt *receipt)
{
	struct strbuf *out = &lister->out;
	char day[DAY_TEXT_BYTES];

	say_receipt_json(receipt, out);
	json_put_list(out, "why");
	for (unsigned i = 0; i < LATE_WHY_COUNT; i++)
		if (found->why & 1u << i)
			json_add_text(out, why_word(1u << i));
	json_close_list(out);
	if (found->why & (LATE_DUE | LATE_CLOSED) && found->day != DAY_NONE) {
		day_print(found->day, day);
		json_put_text(out, found->why & LATE_DUE ? "due" : "closes",
			      day);
		json_put_number(out, "days", found->days);
	}
	if (found->why & LATE_BEFORE_SEEN)
		say_u64_json(out, "before_seen_us", found->before_seen_us);
	if (found->why & LATE_BEFORE_LAST)
		say_u64_json(out, "before_last_us", found->before_last_us);
	if (found->why & LATE_AHEAD)
		say_u64_json(out, "ahead_us", found->ahead_us);
	if (found->why & LATE_BEHIND)
		say_u64_json(out, "behind_us", found->behind_us);
	json_end_line(out);
}

/* "  text" with a duration, and behind it a moment, in their places. */
static void add_by(struct lister *lister, const char *before, uint64_t us,
		   const char *after)
{
	strbuf_add_text(&lister->out, before);
	say_duration(us, lister->lang, &lister->out);
	strbuf_add_text(&lister->out, after);
}

static void add_days(struct lister *lister, const struct late_found *found)
{
	enum lang lang = lister->lang;
	bool closed = found->why & LATE_CLOSED;
	char day[DAY_TEXT_BYTES];

	if (!(found->why & (LATE_DUE | LATE_CLOSED)))
		return;
	if (found->day == DAY_NONE) {
		strbuf_add_text(&lister->out,
				say_in(lang, "  * late\n", "  * 迟报\n"));
		return;
	}
	day_print(found->day, day);
	strbuf_addf(&lister->out,
		    closed ? say_in(lang,
				    "  * refused: received %u days after the "
				    "period closed (%s)\n",
				    "  * 未采纳：收到时报告期已关闭 %u 天"
				    "（%s 关闭）\n") :
			     say_in(lang, "  * late by %u days (due %s)\n",
				    "  * 迟报 %u 天（应于 %s 上报）\n"),
		    found->days, day);
	if (found->why & LATE_DATED_IN_TIME)
		strbuf_add_text(&lister->out,
				say_in(lang,
				       "  * yet sealed in time by the "
				       "office's own clock: it waited on the "
				       "way, or it is backdated\n",
				       "  * 按单位自己的时钟却是按时封装："
				       "或在途中滞留，或倒签日期\n"));
}

static void add_clocks(struct lister *lister, const struct late_found *found)
{
	enum lang lang = lister->lang;
	int zone = replay_zone(&lister->replay);
	char moment[SAY_MOMENT_BYTES];

	if (found->why & LATE_BEFORE_SEEN) {
		add_by(lister,
		       say_in(lang, "  * backdated: sealed ",
			      "  * 倒签日期：封装时间早了 "),
		       found->before_seen_us, "");
		say_moment(found->seen_us, zone, moment);
		strbuf_addf(&lister->out,
			    say_in(lang,
				   " before the last entry of the journal "
				   "that it had seen was received (%s)\n",
				   "，比其已见过的日志末条的收到时间（%s）"
				   "还早\n"),
			    moment);
	}
	if (found->why & LATE_BEFORE_LAST) {
		add_by(lister,
		       say_in(lang, "  * backdated: sealed ",
			      "  * 倒签日期：封装时间早了 "),
		       found->before_last_us, "");
		say_moment(found->last_us, zone, moment);
		strbuf_addf(&lister->out,
			    say_in(lang,
				   " before the batch that it follows (%s)\n",
				   "，比其前一批的封装时间（%s）还早\n"),
			    moment);
	}
	if (found->why & LATE_AHEAD)
		add_by(lister,
		       say_in(lang, "  * clock ahead: sealed ",
			      "  * 时钟超前：封装时间比收到时间晚 "),
		       found->ahead_us,
		       say_in(lang, " after it was received\n", "\n"));
	if (found->why & LATE_BEHIND)
		add_by(lister,
		       say_in(lang, "  * sealed ", "  * 封装时间比收到时间早 "),
		       found->behind_us,
		       say_in(lang,
			      " before it was received: the clock is behind, "
			      "or it waited on the way\n",
			      "：时钟落后，或在途中滞留\n"));
}

static int list(void *arg, const struct late_found *found, struct err *err)
{
	struct lister *lister = arg;
	const struct say_receipt *receipt = &found->walked->receipt;

	lister->listed++;
	if (lister->json) {
		put_json(lister, found, receipt);
	} else {
		say_receipt(receipt, replay_zone(&lister->replay), lister->lang,
			    &lister->out);
		add_days(lister, found);
		add_clocks(lister, found);
		strbuf_add_char(&lister->out, '\n');
	}
	return lister->out.failed ? err_set(err, ERR_NOMEM, "no memory") : 0;
}

/* ---- each office ---- */

static void sum_json(const struct late_office *office, struct strbuf *out)
{
	json_open(out);
	say_hash_json(out, "key", &office->key);
	json_put_text(out, "unit", office->unit);
	say_u64_json(out, "statements", office->statements);
	say_u64_json(out, "late", office->late);
	say_u64_json(out, "closed", office->closed);
	say_u64_json(out, "backdated", office->backdated);
	say_u64_json(out, "skewed", office->skewed);
	json_put_number(out, "most_days", office->most_days);
	say_u64_json(out, "most_ahead_us", office->most_ahead_us);
	say_u64_json(out, "most_behind_us", office->most_behind_us);
	json_end_line(out);
}

static void sum_people(const struct late_office *office, enum lang lang,
		       struct strbuf *out)
{
	char key[2 * HASH_BYTES + 1];

	hash_print(&office->key, key);
	say_plain(out, office->unit[0] ? span_of_text(office->unit) :
					 span_of_text("-"));
	strbuf_addf(out,
		    say_in(lang,
			   " (key %.16s): %" PRIu64 " statements, %" PRIu64
			   " late, %" PRIu64
			   " refused after the close, %" PRIu64
			   " backdated, %" PRIu64 " with a skewed clock",
			   "（密钥 %.16s）：共 %" PRIu64 " 条，迟报 %" PRIu64
			   " 条，关闭后未采纳 %" PRIu64 " 条，倒签日期 %" PRIu64
			   " 条，时钟偏差 %" PRIu64 " 条"),
		    key, office->statements, office->late, office->closed,
		    office->backdated, office->skewed);
	if (office->most_days)
		strbuf_addf(out,
			    say_in(lang, "; at most %u days", "；最多 %u 天"),
			    office->most_days);
	strbuf_add_char(out, '\n');
}

static bool is_listed(const struct late_office *office)
{
	return office->late || office->closed || office->backdated ||
	       office->skewed;
}

static void sum(struct lister *lister)
{
	const struct lateness *lateness = &lister->lateness;

	if (!lister->listed && !lister->json) {
		strbuf_add_text(&lister->out,
				say_in(lister->lang,
				       "nothing was late, backdated or with "
				       "a skewed clock\n",
				       "没有迟报、倒签日期或时钟偏差的记录\n"));
		return;
	}
	for (size_t i = 0; i < lateness->office_count; i++) {
		const struct late_office *office = &lateness->offices[i];

		if (!is_listed(office))
			continue;
		if (lister->json)
			sum_json(office, &lister->out);
		else
			sum_people(office, lister->lang, &lister->out);
	}
}

/* ---- the command ---- */

static int read_options(const struct options *options, struct lister *lister,
			struct err *err)
{
	const char *period = options_text(options, "period");
	const char *skew = options_text(options, "skew");
	struct walk_filter *filter = &lister->lateness.filter;
	uint64_t minutes = SKEW_MINUTES;

	filter->target = options_text(options, "target");
	filter->unit = options_text(options, "unit");
	filter->has_period = period != NULL;
	if (lang_choose(options_text(options, "lang"), &lister->lang, err) ||
	    (period &&
	     period_parse(span_of_text(period), &filter->period, err)))
		return ERR_INVALID;
	if (skew &&
	    (!source_size(skew, &minutes) || minutes > SKEW_MINUTES_MAX))
		return err_set(err, ERR_INVALID, "%s is no number of minutes",
			       skew);
	lister->lateness.tolerance_us = minutes * MINUTE_US;
	lister->lateness.visit = list;
	lister->lateness.arg = lister;
	lister->json = options_given(options, "json");
	return 0;
}

int command_late(const struct options *options)
{
	struct lister lister = { 0 };
	struct err err = { 0 };
	char dir[PATH_MAX];
	int rc, code;

	if (read_options(options, &lister, &err))
		return options_usage(options, "%s", err.msg);
	if (source_journal(options_argument(options, 0), dir, &err) ||
	    replay_init(&lister.replay, true, &err))
		return print_failure(EXIT_FAILED, "%s", err.msg);
	strbuf_init(&lister.out, 0);
	rc = lateness_find(&lister.lateness, &lister.replay, dir, &err);
	if (rc) {
		code = print_failure(rc == ERR_CORRUPT	? EXIT_BROKEN :
				     rc == ERR_NOTFOUND ? EXIT_USAGE :
							  EXIT_FAILED,
				     "%s", err.msg);
	} else {
		sum(&lister);
		code = print_out(&lister.out);
	}
	lateness_release(&lister.lateness);
	replay_release(&lister.replay);
	strbuf_release(&lister.out);
	return code;
}
