#include "proto/figure/figures_table.h"

#include "proto/figure/figures_counts.h"

#define COLUMNS 8
#define COLUMNS_ALL 10
#define RIGHT (1u << 2 | 1u << 3 | 1u << 4 | 1u << 7 | 1u << 8 | 1u << 9)

static void add_figure(struct figures_page *page, const struct target *target,
		       const struct figure *figure)
{
	page_add_value(page, target, figure);
	page_add_goal(page, target, figure);
	page_add(page, figure->plan);
	page_add_light(page, figure);
	page_add_why(page, figure);
	page_addf(page, "%u/%u", figure->reported, figure->due);
	if (!page->head->all)
		return;
	page_add(page, figure->rate);
	if (figure->rank)
		page_addf(page, "%u", figure->rank);
	else
		page_add(page, "");
}

/* What the adjustments are: one by its name, several by their number. */
static void add_names(struct figures_page *page,
		      const struct adjusted *adjusted)
{
	const struct adjusting *one = adjusted->list;
	char period[PERIOD_TEXT_BYTES];

	if (adjusted->count > 1) {
		page_addf(page, "%zu %s", adjusted->count,
			  word(WORD_ADJUSTMENTS, page->head->lang));
		return;
	}
	period_print(one->period, period);
	page_addf(page, "%s%s %s (%s %s)", one->amount[0] == '-' ? "" : "+",
		  one->amount, one->name,
		  page->head->catalogue->units[one->unit].id, period);
}

/* A line of its own under what was reported. */
static void add_adjusted(struct figures_page *page, const struct target *target,
			 const struct figure *figure)
{
	const struct adjusted *adjusted = figure->adjusted;
	enum lang lang = page->head->lang;

	if (!adjusted)
		return;
	page_addf(page, "%s%s", figure->unit == CATALOGUE_NONE ? "  " : "    ",
		  word(WORD_ADJUSTED, lang));
	add_names(page, adjusted);
	page_add(page, adjusted->value);
	page_add_goal(page, target, figure);
	page_add(page, adjusted->plan);
	page_add(page, word_light(adjusted->light, lang));
	page_add(page, word_why(adjusted->why, lang));
	page_add(page, "");
	if (!page->head->all)
		return;
	page_add(page, adjusted->rate);
	page_add(page, "");
}

static int add_units(struct figures_page *page, struct evaluation *evaluation,
		     uint32_t target, struct err *err)
{
	const struct catalogue *catalogue = page->head->catalogue;
	const struct figure *figures;
	size_t count;
	int rc = evaluation_units(evaluation, target, &figures, &count, err);

	for (size_t i = 0; i < count && !rc; i++) {
		const struct unit *unit = &catalogue->units[figures[i].unit];

		page_addf(page, "  %s", unit->id);
		page_add(page, page_name(page, unit->name_zh, unit->name_en));
		add_figure(page, &catalogue->targets[target], &figures[i]);
		add_adjusted(page, &catalogue->targets[target], &figures[i]);
	}
	return rc;
}

static int add_target(struct figures_page *page, struct evaluation *evaluation,
		      uint32_t index, struct err *err)
{
	const struct catalogue *catalogue = page->head->catalogue;
	const struct target *target = &catalogue->targets[index];
	const struct figure *figure;
	int rc;

	if (!page->head->all && !evaluation_is_task(catalogue, index))
		return 0;
	rc = evaluation_target(evaluation, index, &figure, err);
	if (rc)
		return rc;
	page_add(page, target->id);
	page_add(page, page_name(page, target->name_zh, target->name_en));
	add_figure(page, target, figure);
	add_adjusted(page, target, figure);
	return page->head->all ? add_units(page, evaluation, index, err) : 0;
}

int figures_table_write(const struct figures_head *head,
			struct evaluation *evaluation, struct strbuf *out,
			struct err *err)
{
	static const enum word words[COLUMNS_ALL] = {
		WORD_TARGET, WORD_NAME, WORD_VALUE,    WORD_GOAL, WORD_PLAN,
		WORD_LIGHT,  WORD_WHY,	WORD_COVERAGE, WORD_RATE, WORD_RANK,
	};
	size_t columns = head->all ? COLUMNS_ALL : COLUMNS;
	struct figures_page page;
	int rc = 0;

	page_init(&page, head, columns, RIGHT);
	page_add_words(&page, words, columns);
	for (size_t i = 0; i < head->catalogue->target_count && !rc; i++)
		rc = add_target(&page, evaluation, (uint32_t)i, err);
	if (!rc)
		rc = page_write(&page, out, err);
	if (!rc) {
		strbuf_add_char(out, '\n');
		rc = figures_counts_write(head->lang, evaluation, out, err);
	}
	page_release(&page);
	return rc;
}
