#include "proto/figure/figures_changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "proto/figure/figures_counts.h"
#include "proto/figure/figures_put.h"

#define COLUMNS 8
#define RIGHT (7u << 3)

/* One of the two evaluations. */
struct side {
	struct evaluation *evaluation;
	const struct catalogue *catalogue;
};

/* A row of both: either may be missing. */
struct pair {
	const char *target, *unit; /* unit NULL: the target as a whole */
	const char *name_zh, *name_en;
	const struct figure *before, *after;
	const struct target *old, *new; /* of each side, or NULL */
};

struct changes {
	struct side before, after;
	bool all;
	size_t rows, changed;
	/* what becomes of a row that differs */
	struct figures_page *page; /* for people, else */
	struct strbuf *out;	   /* for programs */
};

static struct side side_of(struct evaluation *evaluation)
{
	return (struct side){ evaluation,
			      evaluation_input_of(evaluation)->catalogue };
}

/* ---- what differs ---- */

enum shown { SHOWN_VALUE, SHOWN_GOAL, SHOWN_PLAN, SHOWN_LIGHT, SHOWN_COUNT };

static const char *const shown_names[SHOWN_COUNT] = { "value", "goal", "plan",
						      "light" };

static bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool same_light(const struct figure *a, const struct figure *b)
{
	return a->light == b->light && a->why == b->why;
}

static bool differs(const struct pair *pair, enum shown shown)
{
	const struct figure *a = pair->before, *b = pair->after;

	switch (shown) {
	case SHOWN_VALUE:
		return !same_text(a->value, b->value) ||
		       !same_text(a->items, b->items);
	case SHOWN_GOAL:
		return !same_text(a->goal, b->goal);
	case SHOWN_PLAN:
		return !same_text(a->plan, b->plan);
	case SHOWN_LIGHT:
		return !same_light(a, b);
	case SHOWN_COUNT:
		break;
	}
	return false;
}

static bool pair_differs(const struct pair *pair)
{
	if (!pair->before || !pair->after)
		return pair->before != pair->after;
	for (enum shown shown = 0; shown < SHOWN_COUNT; shown++)
		if (differs(pair, shown))
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
	if (!before || !after || same_text(before, after))
		page_add(page, after ? after : before);
	else
		page_addf(page, "%s → %s", or_dash(before), or_dash(after));
}

static const char *shown_value(struct figures_page *page,
			       const struct side *side,
			       const struct target *target,
			       const struct figure *figure)
{
	if (!figure)
		return NULL;
	if (figure->items && figure->items[0])
		return figure->items;
	if (target->measure != KIND_GRADE)
		return figure->value;
	return page_steps(page, side->catalogue, target, figure->value);
}

static const char *shown_goal(struct figures_page *page,
			      const struct side *side,
			      const struct target *target,
			      const struct figure *figure)
{
	return figure ?
		       page_steps(page, side->catalogue, target, figure->goal) :
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

static void add_lights(struct figures_page *page, const struct pair *pair)
{
	enum lang lang = page->head->lang;
	const struct figure *a = pair->before, *b = pair->after;

	if (!a || !b || same_light(a, b))
		add_light(page, b ? b : a);
	else
		page_addf(page, "%s%s%s → %s%s%s", word_light(a->light, lang),
			  a->why ? " " : "", word_why(a->why, lang),
			  word_light(b->light, lang), b->why ? " " : "",
			  word_why(b->why, lang));
}

static void add_row(const struct changes *changes, const struct pair *pair)
{
	struct figures_page *page = changes->page;
	const struct side *old = &changes->before, *new = &changes->after;
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

static void put_row(struct strbuf *out, const struct pair *pair)
{
	json_open(out);
	json_put_text(out, "target", pair->target);
	if (pair->unit)
		json_put_text(out, "unit", pair->unit);
	json_put_text(out, "change",
		      !pair->before ? "added" :
		      !pair->after  ? "removed" :
				      "changed");
	json_put_list(out, "fields");
	for (enum shown shown = 0;
	     pair->before && pair->after && shown < SHOWN_COUNT; shown++)
		if (differs(pair, shown))
			json_add_text(out, shown_names[shown]);
	json_close_list(out);
	figures_put(out, "before", pair->before);
	figures_put(out, "after", pair->after);
	json_end_line(out);
}

/* ---- every row of both ---- */

static void take(struct changes *changes, const struct pair *pair)
{
	changes->rows++;
	if (!pair_differs(pair))
		return;
	changes->changed++;
	if (changes->page)
		add_row(changes, pair);
	else
		put_row(changes->out, pair);
}

static int units_of(const struct side *side, uint32_t target,
		    const struct figure **out, size_t *count, struct err *err)
{
	*out = NULL;
	*count = 0;
	return target == CATALOGUE_NONE ?
		       0 :
		       evaluation_units(side->evaluation, target, out, count,
					err);
}

static const struct target *target_of(const struct side *side, uint32_t target)
{
	return target == CATALOGUE_NONE ? NULL :
					  &side->catalogue->targets[target];
}

/* Both lists are by unit id. */
static int take_units(struct changes *changes, const char *id,
		      uint32_t old_target, uint32_t new_target, struct err *err)
{
	const struct figure *a, *b;
	size_t a_count, b_count = 0, i = 0, j = 0;
	int rc = units_of(&changes->before, old_target, &a, &a_count, err);

	if (!rc)
		rc = units_of(&changes->after, new_target, &b, &b_count, err);
	while (!rc && (i < a_count || j < b_count)) {
		const struct unit *old =
			i < a_count ?
				&changes->before.catalogue->units[a[i].unit] :
				NULL;
		const struct unit *new =
			j < b_count ?
				&changes->after.catalogue->units[b[j].unit] :
				NULL;
		int order = !old ? 1 : !new ? -1 : strcmp(old->id, new->id);
		const struct unit *unit = order <= 0 ? old : new;
		struct pair pair = {
			.target = id,
			.unit = unit->id,
			.name_zh = unit->name_zh,
			.name_en = unit->name_en,
			.old = target_of(&changes->before, old_target),
			.new = target_of(&changes->after, new_target),
		};

		if (order <= 0)
			pair.before = &a[i++];
		if (order >= 0)
			pair.after = &b[j++];
		take(changes, &pair);
	}
	return rc;
}

static int figure_of(const struct changes *changes, const struct side *side,
		     uint32_t target, const struct figure **out,
		     struct err *err)
{
	*out = NULL;
	if (target == CATALOGUE_NONE ||
	    (!changes->all && !evaluation_is_task(side->catalogue, target)))
		return 0;
	return evaluation_target(side->evaluation, target, out, err);
}

static int take_target(struct changes *changes, const struct target *named,
		       struct err *err)
{
	struct span id = span_of_text(named->id);
	uint32_t old = catalogue_target(changes->before.catalogue, id);
	uint32_t new = catalogue_target(changes->after.catalogue, id);
	struct pair pair = { .target = named->id,
			     .name_zh = named->name_zh,
			     .name_en = named->name_en,
			     .old = target_of(&changes->before, old),
			     .new = target_of(&changes->after, new) };
	int rc = figure_of(changes, &changes->before, old, &pair.before, err);

	if (!rc)
		rc = figure_of(changes, &changes->after, new, &pair.after, err);
	if (rc)
		return rc;
	if (pair.before || pair.after)
		take(changes, &pair);
	return changes->all ? take_units(changes, named->id, old, new, err) : 0;
}

static int take_all(struct changes *changes, struct err *err)
{
	const struct catalogue *before = changes->before.catalogue;
	const struct catalogue *after = changes->after.catalogue;
	int rc = 0;

	for (size_t i = 0; i < after->target_count && !rc; i++)
		rc = take_target(changes, &after->targets[i], err);
	for (size_t i = 0; i < before->target_count && !rc; i++)
		if (catalogue_target(after,
				     span_of_text(before->targets[i].id)) ==
		    CATALOGUE_NONE)
			rc = take_target(changes, &before->targets[i], err);
	return rc;
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
	rc = figures_counts_headline(lang, changes->before.evaluation, out,
				     err);
	if (rc)
		return rc;
	strbuf_add_text(out, lang == LANG_ZH ? "试算目录：" : "tried:    ");
	return figures_counts_headline(lang, changes->after.evaluation, out,
				       err);
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
	struct changes changes = { .before = side_of(before),
				   .after = side_of(after),
				   .all = head->all,
				   .page = &page };
	int rc;

	page_init(&page, head, COLUMNS, RIGHT);
	page_add_words(&page, words, COLUMNS);
	rc = take_all(&changes, err);
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
	struct changes changes = { .before = side_of(before),
				   .after = side_of(after),
				   .all = head->all,
				   .out = out };
	int rc = take_all(&changes, err);

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
