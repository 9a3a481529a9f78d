#include "proto/figure/figures_page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/day.h"

#define PAGE_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define CELL_BYTES_MAX 1024

static const char *name_in(const struct figures_head *head, const char *zh,
			   const char *en)
{
	return head->lang == LANG_EN && en[0] ? en : zh;
}

void figures_title(const struct figures_head *head, struct strbuf *out)
{
	const struct settings *settings = &head->catalogue->settings;
	const char *title =
		name_in(head, settings->title_zh, settings->title_en);
	const char *comma = head->lang == LANG_ZH ? "，" : ", ";
	char day[DAY_TEXT_BYTES];

	day_print(head->cutoff, day);
	if (title[0])
		strbuf_addf(out, "%s\n", title);
	strbuf_addf(out, "%s %s", word(WORD_CUTOFF, head->lang), day);
	if (head->known_by)
		strbuf_addf(out, "%s%s %s", comma,
			    word(WORD_KNOWN_BY, head->lang), head->known_by);
	if (head->simulated)
		strbuf_addf(out, "%s%s", comma,
			    word(WORD_SIMULATED, head->lang));
	if (head->tried)
		strbuf_addf(out, "%s%s%s%s", comma,
			    word(WORD_TRIED, head->lang),
			    head->lang == LANG_ZH ? "" : " ", head->tried);
	strbuf_add_text(out, "\n\n");
}

void page_init(struct figures_page *page, const struct figures_head *head,
	       size_t columns, unsigned right)
{
	page->head = head;
	print_table_init(&page->rows, columns, right);
	arena_init(&page->texts, PAGE_BYTES_MAX);
}

void page_release(struct figures_page *page)
{
	print_table_release(&page->rows);
	arena_release(&page->texts);
}

void page_add(struct figures_page *page, const char *text)
{
	print_table_add(&page->rows, text);
}

void page_addf(struct figures_page *page, const char *fmt, ...)
{
	char text[CELL_BYTES_MAX];
	const char *kept;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	kept = arena_text(&page->texts, text, strlen(text));
	if (!kept)
		page->rows.failed = 1;
	print_table_add(&page->rows, kept);
}

void page_add_words(struct figures_page *page, const enum word *words,
		    size_t count)
{
	for (size_t i = 0; i < count; i++)
		page_add(page, word(words[i], page->head->lang));
}

const char *page_name(const struct figures_page *page, const char *zh,
		      const char *en)
{
	return name_in(page->head, zh, en);
}

void page_add_unit(struct figures_page *page, uint32_t unit)
{
	const struct unit *data = &page->head->catalogue->units[unit];

	page_add(page, data->id);
	page_add(page, page_name(page, data->name_zh, data->name_en));
}

static const struct step *find_step(const struct ladder *ladder, struct span id)
{
	for (size_t i = 0; i < ladder->step_count; i++)
		if (span_equal(span_of_text(ladder->steps[i].id), id))
			return &ladder->steps[i];
	return NULL;
}

/* One goal of several: ">=completed". */
static void add_step(const struct figures_page *page,
		     const struct ladder *ladder, struct span goal,
		     struct strbuf *out)
{
	const struct step *step;
	const char *name;

	while (goal.len && strchr(">=<~", goal.data[0])) {
		strbuf_add_char(out, (char)goal.data[0]);
		goal = span_of(goal.data + 1, goal.len - 1);
	}
	step = find_step(ladder, goal);
	name = !step			   ? "" :
	       page->head->lang == LANG_ZH ? step->name_zh :
					     step->name_en;
	if (name[0])
		strbuf_add_text(out, name);
	else
		strbuf_add(out, goal.data, goal.len);
}

const char *page_steps(struct figures_page *page,
		       const struct catalogue *catalogue,
		       const struct target *target, const char *text)
{
	const struct ladder *ladder;
	const char *kept;
	struct strbuf out;

	if (!text || !*text)
		return text;
	if (!strcmp(text, compare_name(COMPARE_PENDING)))
		return word(WORD_PENDING, page->head->lang);
	if (target->ladder == CATALOGUE_NONE || !target_judged_by_step(target))
		return text;
	ladder = &catalogue->ladders[target->ladder];
	strbuf_init(&out, 0);
	while (*text) {
		size_t len = strcspn(text, ";");

		add_step(page, ladder, span_of(text, len), &out);
		text += len;
		if (*text == ';')
			strbuf_add_char(&out, *text++);
	}
	kept = out.failed ? NULL : arena_text(&page->texts, out.text, out.len);
	strbuf_release(&out);
	if (!kept)
		page->rows.failed = 1;
	return kept ? kept : "";
}

void page_add_goal(struct figures_page *page, const struct target *target,
		   const struct figure *figure)
{
	page_add(page,
		 page_steps(page, page->head->catalogue, target, figure->goal));
}

/* A milestone says its items, 1/2; all others their figure. */
void page_add_value(struct figures_page *page, const struct target *target,
		    const struct figure *figure)
{
	const char *value = figure->value ? figure->value : "";

	if (target->measure == KIND_GRADE)
		value = page_steps(page, page->head->catalogue, target, value);

	if (figure->items && figure->items[0])
		page_addf(page, "%s%s%s", value, value[0] ? " " : "",
			  figure->items);
	else
		page_add(page, value);
}

void page_add_light(struct figures_page *page, const struct figure *figure)
{
	enum lang lang = page->head->lang;
	const char *light = word_light(figure->light, lang);

	if (figure->light == LIGHT_GREEN && figure->pace == PACE_BEHIND)
		page_addf(page, "%s %s", light, word_behind(lang));
	else
		page_add(page, light);
}

void page_add_why(struct figures_page *page, const struct figure *figure)
{
	page_add(page, word_why(figure->why, page->head->lang));
}

int page_write(const struct figures_page *page, struct strbuf *out,
	       struct err *err)
{
	figures_title(page->head, out);
	print_table_write(&page->rows, out);
	return out->failed ? err_set(err, ERR_NOMEM, "no memory for a table") :
			     0;
}
