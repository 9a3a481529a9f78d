#include "proto/figure/figures_kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "proto/day.h"
#include "proto/figure/figures_put.h"

#define KEPT_BYTES_MAX ((size_t)1 << 30)

/* What is said of a period at one time; texts are in the list's arena. */
struct said_then {
	bool there;
	struct figure figure;
};

struct kept {
	uint32_t target;
	struct period period;
	int32_t cutoff, closes;
	uint64_t known_by_us; /* the end of the day it closes */
	bool open;
	struct said_then then, now;
};

struct kept_list {
	const struct evaluation_input *input;
	const struct figures_past *past;
	uint32_t only; /* target; CATALOGUE_NONE: see all */
	bool all;      /* not only tasks */
	struct arena texts;
	struct kept *list; /* by target, then period */
	size_t count, size;
};

static void list_release(struct kept_list *kept)
{
	arena_release(&kept->texts);
	free(kept->list);
}

/* ---- which periods ---- */

static int list_push(struct kept_list *kept, const struct kept *one)
{
	if (kept->count == kept->size) {
		size_t size = kept->size ? 2 * kept->size : 256;
		struct kept *grown = realloc(kept->list, size * sizeof(*grown));

		if (!grown)
			return ERR_NOMEM;
		kept->list = grown;
		kept->size = size;
	}
	kept->list[kept->count++] = *one;
	return 0;
}

static int add_period(struct kept_list *kept, uint32_t target,
		      struct period period)
{
	const struct evaluation_input *input = kept->input;
	struct kept one = { .target = target, .period = period };

	evaluation_kept(input->catalogue, target, period, &one.cutoff,
			&one.closes);
	one.known_by_us = day_start_us(one.closes + 1, input->zone_minutes) - 1;
	one.open = one.known_by_us > kept->past->until_us;
	return list_push(kept, &one);
}

static int add_periods(struct kept_list *kept, uint32_t index)
{
	const struct evaluation_input *input = kept->input;
	const struct target *target = &input->catalogue->targets[index];
	struct period period = period_of_day(target->period, target->start,
					     target->first_month);
	int rc = 0;

	while (!rc && period_end(period, target->first_month) <= target->end &&
	       period_closed(period, target->first_month, input->cutoff,
			     target->lag_months)) {
		if (catalogue_period_in_window(target, period))
			rc = add_period(kept, index, period);
		period = period_next(period, target->first_month);
	}
	return rc;
}

/* ---- what is said of them ---- */

/* A figure outlives its evaluation with the texts that are shown of it. */
static int keep_texts(struct kept_list *kept, struct figure *figure,
		      struct err *err)
{
	const char **texts[] = { &figure->value, &figure->goal, &figure->plan,
				 &figure->items };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *text = *texts[i] ? *texts[i] : "";

		*texts[i] = arena_text(&kept->texts, text, strlen(text));
		if (!*texts[i])
			return err_set(err, ERR_NOMEM,
				       "no memory for verdicts");
	}
	return 0;
}

static int take_figure(struct kept_list *kept, const struct kept *one,
		       struct evaluation *evaluation, uint32_t target,
		       struct said_then *out, struct err *err)
{
	const struct figure *figure;
	int rc = evaluation_target(evaluation, target, &figure, err);

	if (rc)
		return rc;
	/* By another period type, or another window, it was not judged. */
	if (!figure->has_period ||
	    period_compare(figure->period, one->period) != 0)
		return 0;
	*out = (struct said_then){ .there = true, .figure = *figure };
	return keep_texts(kept, &out->figure, err);
}

/* One evaluation after the other: those with the same days are one. */
struct asking {
	struct evaluation *evaluation;
	const struct catalogue *catalogue;
	struct evaluation_input input;
};

static int ask_with(struct asking *asking, const struct evaluation_input *input,
		    struct err *err)
{
	if (asking->evaluation && asking->input.cutoff == input->cutoff &&
	    asking->input.known_by_us == input->known_by_us &&
	    asking->input.catalogue == input->catalogue)
		return 0;
	evaluation_free(asking->evaluation);
	asking->input = *input;
	asking->evaluation = evaluation_new(input, err);
	return asking->evaluation ? 0 : ERR_NOMEM;
}

static int now_order(const void *left, const void *right)
{
	const struct kept *a = *(const struct kept *const *)left;
	const struct kept *b = *(const struct kept *const *)right;

	if (a->cutoff != b->cutoff)
		return a->cutoff < b->cutoff ? -1 : 1;
	return a->target < b->target ? -1 : a->target > b->target;
}

static int then_order(const void *left, const void *right)
{
	const struct kept *a = *(const struct kept *const *)left;
	const struct kept *b = *(const struct kept *const *)right;

	if (a->closes != b->closes)
		return a->closes < b->closes ? -1 : 1;
	return now_order(left, right);
}

static int say_now(struct kept_list *kept, struct kept **order, struct err *err)
{
	struct evaluation_input input = *kept->input;
	struct asking asking = { 0 };
	int rc = 0;

	qsort(order, kept->count, sizeof(struct kept *), now_order);
	for (size_t i = 0; i < kept->count && !rc; i++) {
		input.cutoff = order[i]->cutoff;
		rc = ask_with(&asking, &input, err);
		if (!rc)
			rc = take_figure(kept, order[i], asking.evaluation,
					 order[i]->target, &order[i]->now, err);
	}
	evaluation_free(asking.evaluation);
	return rc;
}

/* The catalogue of a moment, and the target in it. */
static int find_then(const struct kept_list *kept, const struct kept *one,
		     const struct catalogue **catalogue, uint32_t *target,
		     struct err *err)
{
	const struct figures_past *past = kept->past;
	const struct catalogue *present = kept->input->catalogue;
	int rc = 0;

	*catalogue = present;
	*target = one->target;
	if (!past->catalogue)
		return 0;
	rc = past->catalogue(past->ctx, one->known_by_us, catalogue, err);
	if (!rc && *catalogue)
		*target = catalogue_target(
			*catalogue,
			span_of_text(present->targets[one->target].id));
	return rc;
}

static int say_then(struct kept_list *kept, struct kept **order,
		    struct err *err)
{
	struct evaluation_input input = *kept->input;
	struct asking asking = { 0 };
	int rc = 0;

	qsort(order, kept->count, sizeof(struct kept *), then_order);
	for (size_t i = 0; i < kept->count && !rc; i++) {
		struct kept *one = order[i];
		uint32_t target;

		if (one->open)
			continue;
		/* The evaluation's catalogue may go with the next question. */
		if (one->known_by_us != input.known_by_us) {
			evaluation_free(asking.evaluation);
			asking.evaluation = NULL;
		}
		input.cutoff = one->cutoff;
		input.known_by_us = one->known_by_us;
		rc = find_then(kept, one, &input.catalogue, &target, err);
		if (rc || !input.catalogue || target == CATALOGUE_NONE)
			continue;
		rc = ask_with(&asking, &input, err);
		if (!rc)
			rc = take_figure(kept, one, asking.evaluation, target,
					 &one->then, err);
	}
	evaluation_free(asking.evaluation);
	return rc;
}

static bool is_listed(const struct kept_list *kept, uint32_t target)
{
	if (kept->only != CATALOGUE_NONE)
		return target == kept->only;
	return kept->all || evaluation_is_task(kept->input->catalogue, target);
}

static int list_fill(struct kept_list *kept, struct err *err)
{
	const struct catalogue *catalogue = kept->input->catalogue;
	struct kept **order;
	int rc = 0;

	arena_init(&kept->texts, KEPT_BYTES_MAX);
	for (uint32_t i = 0; i < catalogue->target_count && !rc; i++)
		if (is_listed(kept, i))
			rc = add_periods(kept, i);
	order = calloc(kept->count + 1, sizeof(struct kept *));
	if (rc || !order) {
		free(order);
		return err_set(err, ERR_NOMEM, "no memory for verdicts");
	}
	for (size_t i = 0; i < kept->count; i++)
		order[i] = &kept->list[i];
	rc = say_now(kept, order, err);
	if (!rc)
		rc = say_then(kept, order, err);
	free(order);
	return rc;
}

static bool has_changed(const struct kept *one)
{
	return one->then.there && one->now.there &&
	       (one->then.figure.light != one->now.figure.light ||
		one->then.figure.why != one->now.figure.why);
}

/* ---- for people ---- */

static void add_said(struct figures_page *page, const struct target *target,
		     const struct figure *figure)
{
	page_add_value(page, target, figure);
	page_add_light(page, figure);
	page_add_why(page, figure);
}

static void add_nothing(struct figures_page *page, const struct kept *one)
{
	enum lang lang = page->head->lang;
	char day[DAY_TEXT_BYTES];

	day_print(one->closes, day);
	page_add(page, "");
	if (one->open)
		page_addf(page, "%s %s", word(WORD_OPEN_UNTIL, lang), day);
	else
		page_add(page, word(WORD_NOT_THERE, lang));
	page_add(page, "");
}

static void add_row(struct figures_page *page, const struct kept *one)
{
	const struct target *target =
		&page->head->catalogue->targets[one->target];
	char period[PERIOD_TEXT_BYTES];

	period_print(one->period, period);
	page_add(page, target->id);
	page_add(page, page_name(page, target->name_zh, target->name_en));
	page_addf(page, "%s", period);
	if (one->then.there)
		add_said(page, target, &one->then.figure);
	else
		add_nothing(page, one);
	add_said(page, target, &one->now.figure);
	page_add(page, has_changed(one) ? "*" : "");
}

static void add_sum(const struct kept_list *kept, enum lang lang,
		    struct strbuf *out)
{
	size_t changed = 0, open = 0;

	for (size_t i = 0; i < kept->count; i++) {
		changed += has_changed(&kept->list[i]);
		open += kept->list[i].open;
	}
	strbuf_addf(out,
		    lang == LANG_ZH ?
			    "\n共 %zu 期评定：此后有变化 %zu，尚未截止 %zu\n" :
			    "\n%zu verdicts: %zu have changed since, %zu are "
			    "still open\n",
		    kept->count, changed, open);
}

int figures_kept_write(const struct figures_head *head,
		       const struct evaluation_input *input,
		       const struct figures_past *past, struct strbuf *out,
		       struct err *err)
{
	static const enum word words[] = {
		WORD_TARGET, WORD_NAME,	   WORD_PERIOD, WORD_VALUE_THEN,
		WORD_KEPT,   WORD_WHY,	   WORD_VALUE,	WORD_NOW,
		WORD_WHY,    WORD_CHANGED,
	};
	struct kept_list kept = {
		.input = input,
		.past = past,
		.only = CATALOGUE_NONE,
		.all = head->all,
	};
	size_t columns = sizeof(words) / sizeof(words[0]);
	struct figures_page page;
	int rc = list_fill(&kept, err);

	if (!rc) {
		page_init(&page, head, columns, 1u << 3 | 1u << 6);
		page_add_words(&page, words, columns);
		for (size_t i = 0; i < kept.count; i++)
			add_row(&page, &kept.list[i]);
		rc = page_write(&page, out, err);
		add_sum(&kept, head->lang, out);
		page_release(&page);
	}
	list_release(&kept);
	return rc;
}

/* ---- for programs ---- */

static void put_one(struct strbuf *out, const struct catalogue *catalogue,
		    const struct kept *one)
{
	char period[PERIOD_TEXT_BYTES], cutoff[DAY_TEXT_BYTES],
		closes[DAY_TEXT_BYTES];

	period_print(one->period, period);
	day_print(one->cutoff, cutoff);
	day_print(one->closes, closes);
	json_add_object(out);
	json_put_text(out, "target", catalogue->targets[one->target].id);
	json_put_text(out, "period", period);
	json_put_text(out, "cutoff", cutoff);
	json_put_text(out, "closes", closes);
	json_put_flag(out, "open", one->open);
	figures_put(out, "kept", one->then.there ? &one->then.figure : NULL);
	figures_put(out, "now", one->now.there ? &one->now.figure : NULL);
	json_put_flag(out, "changed", has_changed(one));
	json_close(out);
}

int figures_kept_json(const struct figures_head *head,
		      const struct evaluation_input *input,
		      const struct figures_past *past, struct strbuf *out,
		      struct err *err)
{
	struct kept_list kept = {
		.input = input,
		.past = past,
		.only = CATALOGUE_NONE,
		.all = head->all,
	};
	int rc = list_fill(&kept, err);

	for (size_t i = 0; i < kept.count && !rc; i++) {
		put_one(out, input->catalogue, &kept.list[i]);
		strbuf_add_char(out, '\n');
	}
	list_release(&kept);
	return rc;
}

int figures_kept_put(const struct evaluation_input *input,
		     const struct figures_past *past, uint32_t target,
		     struct strbuf *out, struct err *err)
{
	struct kept_list kept = {
		.input = input,
		.past = past,
		.only = target,
	};
	int rc = list_fill(&kept, err);

	for (size_t i = 0; i < kept.count && !rc; i++)
		put_one(out, input->catalogue, &kept.list[i]);
	list_release(&kept);
	return rc;
}
