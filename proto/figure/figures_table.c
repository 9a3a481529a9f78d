#include "proto/figure/figures_table.h"

#include <stdio.h>

#include "base/print.h"
#include "proto/day.h"

#define COLUMNS 8
#define RIGHT (1u << 2 | 1u << 3 | 1u << 4 | 1u << 7)
#define TEXT_BYTES_MAX (64 * 1024 * 1024)

struct drawing {
	const struct figures_table *table;
	struct evaluation *evaluation;
	struct print_table rows;
	struct arena texts;
};

static const char *text_of(struct drawing *drawing, const char *a,
			   const char *between, const char *b)
{
	struct strbuf buf;
	const char *text;

	strbuf_init(&buf, 0);
	strbuf_addf(&buf, "%s%s%s", a, between, b);
	text = arena_text(&drawing->texts, buf.text, buf.len);
	if (buf.failed || !text)
		drawing->rows.failed = 1;
	strbuf_release(&buf);
	return text ? text : "";
}

static const char *name_of(const struct drawing *drawing, const char *zh,
			   const char *en)
{
	return drawing->table->lang == LANG_EN && en[0] ? en : zh;
}

/* A milestone says its items, 1/2; all others their figure. */
static const char *value_of(struct drawing *drawing,
			    const struct figure *figure)
{
	if (figure->items && figure->items[0])
		return text_of(drawing, figure->value ? figure->value : "",
			       figure->value && figure->value[0] ? " " : "",
			       figure->items);
	return figure->value;
}

static const char *light_of(struct drawing *drawing,
			    const struct figure *figure)
{
	enum lang lang = drawing->table->lang;
	const char *light = word_light(figure->light, lang);

	if (figure->light == LIGHT_GREEN && figure->pace == PACE_BEHIND)
		return text_of(drawing, light, " ", word_behind(lang));
	return light;
}

static const char *number(struct drawing *drawing, uint32_t a,
			  const char *between, uint32_t b)
{
	char left[16], right[16];

	(void)snprintf(left, sizeof(left), "%u", a);
	(void)snprintf(right, sizeof(right), "%u", b);
	return text_of(drawing, left, between, right);
}

static void add_row(struct drawing *drawing, const struct figure *figure,
		    const char *id, const char *name)
{
	struct print_table *rows = &drawing->rows;

	print_table_add(rows, id);
	print_table_add(rows, name);
	print_table_add(rows, value_of(drawing, figure));
	print_table_add(rows, figure->goal);
	print_table_add(rows, figure->plan);
	print_table_add(rows, light_of(drawing, figure));
	print_table_add(rows, word_why(figure->why, drawing->table->lang));
	print_table_add(rows,
			number(drawing, figure->reported, "/", figure->due));
}

static int add_units(struct drawing *drawing, uint32_t target, struct err *err)
{
	const struct catalogue *catalogue = drawing->table->catalogue;
	const struct figure *figures;
	size_t count;
	int rc = evaluation_units(drawing->evaluation, target, &figures, &count,
				  err);

	for (size_t i = 0; i < count && !rc; i++) {
		const struct unit *unit = &catalogue->units[figures[i].unit];

		add_row(drawing, &figures[i],
			text_of(drawing, "  ", unit->id, ""),
			name_of(drawing, unit->name_zh, unit->name_en));
	}
	return rc;
}

static int add_target(struct drawing *drawing, uint32_t index, struct err *err)
{
	const struct target *target =
		&drawing->table->catalogue->targets[index];
	const struct figure *figure;
	int rc;

	if (!drawing->table->all &&
	    !evaluation_is_task(drawing->table->catalogue, index))
		return 0;
	rc = evaluation_target(drawing->evaluation, index, &figure, err);
	if (rc)
		return rc;
	add_row(drawing, figure, target->id,
		name_of(drawing, target->name_zh, target->name_en));
	return drawing->table->all ? add_units(drawing, index, err) : 0;
}

static void add_heads(struct drawing *drawing)
{
	static const enum word heads[COLUMNS] = {
		WORD_TARGET, WORD_NAME,	 WORD_VALUE, WORD_GOAL,
		WORD_PLAN,   WORD_LIGHT, WORD_WHY,   WORD_COVERAGE,
	};

	for (size_t i = 0; i < COLUMNS; i++)
		print_table_add(&drawing->rows,
				word(heads[i], drawing->table->lang));
}

static void add_title(const struct drawing *drawing, struct strbuf *out)
{
	const struct figures_table *table = drawing->table;
	const struct settings *settings = &table->catalogue->settings;
	const char *title =
		name_of(drawing, settings->title_zh, settings->title_en);
	char day[DAY_TEXT_BYTES];

	day_print(table->cutoff, day);
	if (title[0])
		strbuf_addf(out, "%s\n", title);
	strbuf_addf(out, "%s %s", word(WORD_CUTOFF, table->lang), day);
	if (table->known_by)
		strbuf_addf(out, ", %s %s", word(WORD_KNOWN_BY, table->lang),
			    table->known_by);
	if (table->simulated)
		strbuf_addf(out, ", %s", word(WORD_SIMULATED, table->lang));
	strbuf_add_text(out, "\n\n");
}

/* Never a mean of percentages: counts, with both numbers of the headline. */
static int add_overall(const struct drawing *drawing, struct strbuf *out,
		       struct err *err)
{
	const char *format =
		drawing->table->lang == LANG_ZH ?
			"\n完成和绿灯 %u / %u（%s%%），完成 %u / %u（%s%%）；"
			"黄灯 %u，红灯 %u，未报 %u，待判 %u；时间进度 %s%%\n" :
			"\ndone and green %u of %u accountable (%s %%), done "
			"%u of %u tasks (%s %%); yellow %u, red %u, silent "
			"%u, waiting %u; time passed %s %%\n";
	struct overall overall;
	const struct light_counts *all = &overall.all;
	int rc = evaluation_overall(drawing->evaluation, &overall, err);

	if (rc)
		return rc;
	strbuf_addf(out, format, all->good, all->accountable, all->good_share,
		    all->done, all->tasks, all->done_share, all->yellow,
		    all->red, all->silent, all->waiting, overall.time);
	return 0;
}

int figures_table_write(const struct figures_table *table,
			struct evaluation *evaluation, struct strbuf *out,
			struct err *err)
{
	struct drawing drawing = {
		.table = table,
		.evaluation = evaluation,
	};
	int rc = 0;

	print_table_init(&drawing.rows, COLUMNS, RIGHT);
	arena_init(&drawing.texts, TEXT_BYTES_MAX);
	add_heads(&drawing);
	for (size_t i = 0; i < table->catalogue->target_count && !rc; i++)
		rc = add_target(&drawing, (uint32_t)i, err);
	if (!rc) {
		add_title(&drawing, out);
		print_table_write(&drawing.rows, out);
		rc = add_overall(&drawing, out, err);
	}
	print_table_release(&drawing.rows);
	arena_release(&drawing.texts);
	return rc;
}
