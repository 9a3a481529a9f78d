#include "proto/figure/figures_counts.h"

#include "base/json.h"

static void write_english(const struct light_counts *counts, struct strbuf *out)
{
	if (!counts->tasks)
		strbuf_add_text(out, "no tasks");
	else if (!counts->accountable)
		strbuf_addf(out, "none of %u tasks is accountable yet",
			    counts->tasks);
	else
		strbuf_addf(out, "done and green %u of %u accountable (%s %%)",
			    counts->good, counts->accountable,
			    counts->good_share);
	if (counts->tasks)
		strbuf_addf(out, ", done %u of %u tasks (%s %%)", counts->done,
			    counts->tasks, counts->done_share);
	strbuf_addf(out,
		    "; green but behind %u, yellow %u, red %u, without "
		    "report or review %u, waiting %u",
		    counts->green_behind, counts->yellow, counts->red,
		    counts->silent, counts->waiting);
}

static void write_chinese(const struct light_counts *counts, struct strbuf *out)
{
	if (!counts->tasks)
		strbuf_add_text(out, "没有目标任务");
	else if (!counts->accountable)
		strbuf_add_text(out, "尚无应评任务");
	else
		strbuf_addf(out, "应评 %u 项，其中完成和绿灯 %u 项（%s%%）",
			    counts->accountable, counts->good,
			    counts->good_share);
	if (counts->tasks)
		strbuf_addf(out, "；共 %u 项，其中完成 %u 项（%s%%）",
			    counts->tasks, counts->done, counts->done_share);
	strbuf_addf(out,
		    "；绿灯中略欠 %u，黄灯 %u，红灯 %u，未报或待审 %u，待判 %u",
		    counts->green_behind, counts->yellow, counts->red,
		    counts->silent, counts->waiting);
}

/* Never a mean of percentages: counts, with both numbers of the headline. */
static void write_counts(enum lang lang, const struct light_counts *counts,
			 struct strbuf *out)
{
	if (lang == LANG_ZH)
		write_chinese(counts, out);
	else
		write_english(counts, out);
}

static void write_time(enum lang lang, const char *time, struct strbuf *out)
{
	if (time[0])
		strbuf_addf(out,
			    lang == LANG_ZH ? "；序时进度 %s%%" :
					      "; time passed %s %%",
			    time);
}

struct group {
	const char *en, *zh;
	const struct light_counts *counts;
};

static void write_headline(enum lang lang, const struct overall *overall,
			   struct strbuf *out)
{
	write_counts(lang, &overall->all, out);
	write_time(lang, overall->time, out);
	strbuf_add_char(out, '\n');
}

int figures_counts_headline(enum lang lang, struct evaluation *evaluation,
			    struct strbuf *out, struct err *err)
{
	struct overall overall;
	int rc = evaluation_overall(evaluation, &overall, err);

	if (!rc)
		write_headline(lang, &overall, out);
	return rc;
}

int figures_counts_write(enum lang lang, struct evaluation *evaluation,
			 struct strbuf *out, struct err *err)
{
	struct overall overall;
	const struct group groups[] = {
		{ "measured", "定量任务", &overall.measured },
		{ "milestones", "形象进度任务", &overall.milestone },
		{ "narrative", "定性任务", &overall.narrative },
	};
	int rc = evaluation_overall(evaluation, &overall, err);

	if (rc)
		return rc;
	write_headline(lang, &overall, out);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		const struct light_counts *counts = groups[i].counts;

		if (!counts->tasks || counts->tasks == overall.all.tasks)
			continue;
		strbuf_addf(out, lang == LANG_ZH ? "  %s：" : "  %s: ",
			    lang == LANG_ZH ? groups[i].zh : groups[i].en);
		write_counts(lang, counts, out);
		strbuf_add_char(out, '\n');
	}
	return 0;
}

static void put_counts(struct strbuf *out, const struct light_counts *counts)
{
	json_put_number(out, "tasks", counts->tasks);
	json_put_number(out, "accountable", counts->accountable);
	json_put_number(out, "good", counts->good);
	json_put_text(out, "good_share", counts->good_share);
	json_put_number(out, "done", counts->done);
	json_put_text(out, "done_share", counts->done_share);
	json_put_number(out, "green", counts->green);
	json_put_number(out, "green_behind", counts->green_behind);
	json_put_number(out, "yellow", counts->yellow);
	json_put_number(out, "red", counts->red);
	json_put_number(out, "grey", counts->grey);
	json_put_number(out, "silent", counts->silent);
	json_put_number(out, "waiting", counts->waiting);
}

int figures_counts_put(struct evaluation *evaluation, const char *key,
		       struct strbuf *out, struct err *err)
{
	struct overall overall;
	int rc = evaluation_overall(evaluation, &overall, err);

	if (rc)
		return rc;
	json_put_object(out, key);
	put_counts(out, &overall.all);
	json_close(out);
	return 0;
}

int figures_counts_put_kinds(struct evaluation *evaluation, struct strbuf *out,
			     struct err *err)
{
	struct overall overall;
	const struct {
		const char *id;
		const struct light_counts *counts;
	} kinds[] = {
		{ "all", &overall.all },
		{ "measured", &overall.measured },
		{ "milestone", &overall.milestone },
		{ "narrative", &overall.narrative },
	};
	int rc = evaluation_overall(evaluation, &overall, err);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !rc; i++) {
		json_put_object(out, kinds[i].id);
		put_counts(out, kinds[i].counts);
		json_close(out);
	}
	return rc;
}

static void add_line(const char *id, const struct light_counts *counts,
		     const char *time, struct strbuf *out)
{
	json_open(out);
	json_put_text(out, "counts", id);
	put_counts(out, counts);
	if (time)
		json_put_text(out, "time", time);
	json_end_line(out);
}

int figures_counts_json(struct evaluation *evaluation, struct strbuf *out,
			struct err *err)
{
	struct overall overall;
	int rc = evaluation_overall(evaluation, &overall, err);

	if (rc)
		return rc;
	add_line("all", &overall.all, overall.time, out);
	add_line("measured", &overall.measured, NULL, out);
	add_line("milestone", &overall.milestone, NULL, out);
	add_line("narrative", &overall.narrative, NULL, out);
	return 0;
}
