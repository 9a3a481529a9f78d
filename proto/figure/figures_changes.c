#include "proto/figure/figures_changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "proto/figure/figures_counts.h"
#include "proto/figure/figures_pairs.h"
#include "proto/figure/figures_put.h"

#define COLUMNS 8
#define RIGHT (7u << 3)

struct changes {
	struct evaluation *before, *after;
	size_t rows, changed;
	/* what becomes of a row that differs */
	struct figures_page *page; /* for people, else */
	struct strbuf *out;	   /* for programs */
};

/* ---- what differs ---- */

static bool pair_differs(const struct figures_pair *pair)
{
	if (!pair->before || !pair->after)
		return pair->before != pair->after;
	for (enum figures_shown shown = 0; shown <= SHOWN_LIGHT; shown++)
		if (figures_pair_differs(pair, shown))
			return true;
	return false;
}

/* ---- for people ---- */

static const char *or_dash(const char *text)
{
	return text && *text ? text : "-";
}

static void add_texts(struct figures_page *page, const char *before,
		      const char *after)
{
	if (!before || !after || !strcmp(before, after))
		page_add(page, after ? after : before);
	else
		page_addf(page, "%s → %s", or_dash(before), or_dash(after));
}

static const char *shown_value(struct figures_page *page,
			       const struct catalogue *catalogue,
			       const struct target *target,
			       const struct figure *figure)
{
	if (!figure)
		return NULL;
	if (figure->items && figure->items[0])
		return figure->items;
	if (target->measure != KIND_GRADE)
		return figure->value;
	return page_steps(page, catalogue, target, figure->value);
}

static const char *shown_goal(struct figures_page *page,
			      const struct catalogue *catalogue,
			      const struct target *target,
			      const struct figure *figure)
{
	return figure ? page_steps(page, catalogue, target, figure->goal) :
			NULL;
}

static void add_light(struct figures_page *page, const struct figure *figure)
{
	enum lang lang = page->head->lang;
	const char *why = word_why(figure->why, lang);

	page_addf(page, "%s%s%s%s", word_light(figure->light, lang),
		  why[0] ? lang == LANG_ZH ? "（" : " (" : "", why,
		  why[0] ? lang == LANG_ZH ? "）" : ")" : "");
}

static void add_lights(struct figures_page *page,
		       const struct figures_pair *pair)
{
	enum lang lang = page->head->lang;
	const struct figure *a = pair->before, *b = pair->after;

	if (!a || !b || !figures_pair_differs(pair, SHOWN_LIGHT))
		add_light(page, b ? b : a);
	else
		page_addf(page, "%s%s%s → %s%s%s", word_light(a->light, lang),
			  a->why ? " " : "", word_why(a->why, lang),
			  word_light(b->light, lang), b->why ? " " : "",
			  word_why(b->why, lang));
}

static const struct catalogue *catalogue_of(struct evaluation *evaluation)
{
	return evaluation_input_of(evaluation)->catalogue;
}

static void add_row(const struct changes *changes,
		    const struct figures_pair *pair)
{
	struct figures_page *page = changes->page;
	const struct catalogue *old = catalogue_of(changes->before);
	const struct catalogue *new = catalogue_of(changes->after);
	const struct figure *a = pair->before, *b = pair->after;

	page_addf(page, "%s%s", pair->unit ? "  " : "",
		  pair->unit ? pair->unit : pair->target);
	page_add(page, page_name(page, pair->name_zh, pair->name_en));
	page_add(page, word(!a ? WORD_ADDED :
			    !b ? WORD_REMOVED :
				 WORD_CHANGED,
			    page->head->lang));
	add_texts(page, shown_value(page, old, pair->old, a),
		  shown_value(page, new, pair->new, b));
	add_texts(page, shown_goal(page, old, pair->old, a),
		  shown_goal(page, new, pair->new, b));
	add_texts(page, a ? a->plan : NULL, b ? b->plan : NULL);
	add_lights(page, pair);
	page_addf(page, "%u/%u", b ? b->reported : a->reported,
		  b ? b->due : a->due);
}

/* ---- for programs ---- */

static void put_row(struct strbuf *out, const struct figures_pair *pair)
{
	figures_pair_json(pair, SHOWN_LIGHT, out);
	json_end_line(out);
}

/* ---- every row of both ---- */

static int take(void *arg, const struct figures_pair *pair, struct err *err)
{
	struct changes *changes = arg;

	(void)err;
	changes->rows++;
	if (!pair_differs(pair))
		return 0;
	changes->changed++;
	if (changes->page)
		add_row(changes, pair);
	else
		put_row(changes->out, pair);
	return 0;
}

/* ---- the whole ---- */

static int write_sums(const struct changes *changes, enum lang lang,
		      struct strbuf *out, struct err *err)
{
	int rc;

	strbuf_addf(out,
		    lang == LANG_ZH ?
			    "\n%zu 行中有 %zu 行会变化\n现行目录：" :
			    "\n%zu rows, %zu would change\nin force: ",
		    changes->rows, changes->changed);
	rc = figures_counts_headline(lang, changes->before, out, err);
	if (rc)
		return rc;
	strbuf_add_text(out, lang == LANG_ZH ? "试算目录：" : "tried:    ");
	return figures_counts_headline(lang, changes->after, out, err);
}

int figures_changes_write(const struct figures_head *head,
			  struct evaluation *before, struct evaluation *after,
			  struct strbuf *out, struct err *err)
{
	static const enum word words[COLUMNS] = {
		WORD_TARGET, WORD_NAME, WORD_CHANGE, WORD_VALUE,
		WORD_GOAL,   WORD_PLAN, WORD_LIGHT,  WORD_COVERAGE,
	};
	struct figures_page page;
	struct changes changes = { .before = before,
				   .after = after,
				   .page = &page };
	int rc;

	page_init(&page, head, COLUMNS, RIGHT);
	page_add_words(&page, words, COLUMNS);
	rc = figures_pairs(before, after, head->all, take, &changes, err);
	if (!rc && changes.changed)
		rc = page_write(&page, out, err);
	else if (!rc)
		figures_title(head, out);
	if (!rc)
		rc = write_sums(&changes, head->lang, out, err);
	page_release(&page);
	return rc;
}

int figures_changes_json(const struct figures_head *head,
			 struct evaluation *before, struct evaluation *after,
			 struct strbuf *out, struct err *err)
{
	struct changes changes = { .before = before,
				   .after = after,
				   .out = out };
	int rc = figures_pairs(before, after, head->all, take, &changes, err);

	if (rc)
		return rc;
	json_open(out);
	json_put_object(out, "overall");
	rc = figures_counts_put(before, "before", out, err);
	if (!rc)
		rc = figures_counts_put(after, "after", out, err);
	json_close(out);
	json_end_line(out);
	return rc;
}
