#include "proto/figure/figures_suspect.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "proto/figure/rational.h"

#define ARENA_BYTES ((size_t)1024 * 1024 * 1024)

/* ---- the same cells without what is suspect ---- */

static bool known(const struct evaluation_input *input, uint64_t recv_us)
{
	return recv_us <= input->known_by_us;
}

/* Those of versions that stay. */
static void strip_adjustments(struct cell *cell, const struct cell *whole,
			      const size_t *places,
			      struct adjustment *adjustments)
{
	cell->adjustment_count = 0;
	for (size_t i = 0; i < whole->adjustment_count; i++) {
		struct adjustment adjustment = whole->adjustments[i];

		if (adjustment.suspect ||
		    whole->versions[adjustment.version].flags & VERSION_SUSPECT)
			continue;
		adjustment.version = places[adjustment.version];
		adjustments[cell->adjustment_count++] = adjustment;
	}
	cell->adjustments = adjustments;
}

/* Versions that stay, in their order; reviews and adjustments of those that
 * go, go too. */
static int strip(struct cell *cell, struct arena *arena)
{
	struct version *versions =
		arena_array(arena, cell->version_count + 1, sizeof(*versions));
	struct review_mark *reviews =
		arena_array(arena, cell->review_count + 1, sizeof(*reviews));
	struct adjustment *adjustments = arena_array(
		arena, cell->adjustment_count + 1, sizeof(*adjustments));
	size_t *places =
		arena_array(arena, cell->version_count + 1, sizeof(*places));
	size_t count = 0, marks = 0;

	if (!versions || !reviews || !adjustments || !places)
		return ERR_NOMEM;
	for (size_t i = 0; i < cell->version_count; i++) {
		places[i] = count;
		if (!(cell->versions[i].flags & VERSION_SUSPECT))
			versions[count++] = cell->versions[i];
	}
	for (size_t i = 0; i < cell->review_count; i++) {
		struct review_mark mark = cell->reviews[i];

		if (mark.suspect ||
		    cell->versions[mark.version].flags & VERSION_SUSPECT)
			continue;
		mark.version = places[mark.version];
		reviews[marks++] = mark;
	}
	strip_adjustments(cell, cell, places, adjustments);
	cell->versions = versions;
	cell->version_count = count;
	cell->reviews = reviews;
	cell->review_count = marks;
	return 0;
}

static int all_without(void *ctx, const struct catalogue *catalogue,
		       uint32_t target, struct arena *arena,
		       struct cell_list *out, struct err *err)
{
	const struct cell_source *source = ctx;
	size_t kept = 0;
	int rc = source->all(source->ctx, catalogue, target, arena, out, err);

	for (size_t i = 0; i < out->count && !rc; i++) {
		struct cell cell = out->cells[i];

		if (strip(&cell, arena))
			rc = err_set(err, ERR_NOMEM, "no memory for cells");
		else if (cell.version_count)
			out->cells[kept++] = cell;
	}
	if (!rc)
		out->count = kept;
	return rc;
}

/* ---- which are suspect ---- */

/* The newest version, as known then; where reviews decide, what was judged
 * last counts until its successor is judged. */
static const struct version *counting(const struct evaluation_input *input,
				      const struct cell *cell, bool reviewed,
				      bool *suspect)
{
	const struct version *found = NULL;
	size_t last = cell->version_count;

	*suspect = false;
	while (last > 0 && !known(input, cell->versions[last - 1].recv_us))
		last--;
	if (!last)
		return NULL;
	found = &cell->versions[last - 1];
	*suspect = found->flags & VERSION_SUSPECT;
	for (size_t i = reviewed ? cell->review_count : 0; i-- > 0;) {
		const struct review_mark *mark = &cell->reviews[i];

		if (!known(input, mark->recv_us) ||
		    span_equal(mark->status, span_of_text("returned")))
			continue;
		if (mark->suspect ||
		    cell->versions[mark->version].flags & VERSION_SUSPECT) {
			*suspect = true;
			found = &cell->versions[mark->version];
		}
		break;
	}
	return found;
}

/* ---- writing ---- */

struct writing {
	const struct figures_head *head;
	struct evaluation *evaluation, *without;
	const struct evaluation_input *input;
	struct figures_page *figures, *totals; /* NULL: lines of JSON */
	struct strbuf *out;
	struct arena arena; /* one target */
	struct rationals *numbers;
	size_t count;
	struct err *err;
};

/* One figure, or the adjustment of one (name not NULL). */
static void write_figure(struct writing *writing, uint32_t target,
			 const struct cell *cell, uint64_t entry, uint32_t n,
			 const char *name)
{
	const struct catalogue *catalogue = writing->head->catalogue;
	const struct target *data = &catalogue->targets[target];
	char period[PERIOD_TEXT_BYTES], at[48];
	const char *item = arena_text(
		&writing->arena, (const char *)cell->item.data, cell->item.len);

	period_print(cell->period, period);
	(void)snprintf(at, sizeof(at), "%llu.%u", (unsigned long long)entry, n);
	if (writing->figures) {
		page_addf(writing->figures, "%s", data->id);
		page_add_unit(writing->figures, cell->unit);
		page_addf(writing->figures, "%s%s%s%s%s", period,
			  item && item[0] ? " " : "", item ? item : "",
			  name ? " ± " : "", name ? name : "");
		page_addf(writing->figures, "%s", at);
		return;
	}
	json_open(writing->out);
	json_put_text(writing->out, "suspect", name ? "adjustment" : "figure");
	json_put_text(writing->out, "target", data->id);
	json_put_text(writing->out, "unit", catalogue->units[cell->unit].id);
	json_put_text(writing->out, "period", period);
	json_put_text(writing->out, "item", item);
	if (name)
		json_put_text(writing->out, "name", name);
	json_put_text(writing->out, "at", at);
	json_end_line(writing->out);
}

/* Those that are shown beside a figure: of each version the newest counts, and
 * a withdrawn one is none. Their number. */
static size_t write_adjustments(struct writing *writing, uint32_t target,
				const struct cell *cell)
{
	size_t last = cell->version_count, count = 0;
	const struct adjustment *counts = NULL;
	const char *name;

	while (last > 0 &&
	       !known(writing->input, cell->versions[last - 1].recv_us))
		last--;
	for (size_t i = 0; i < cell->adjustment_count; i++)
		if (last && cell->adjustments[i].version == last - 1 &&
		    known(writing->input, cell->adjustments[i].recv_us))
			counts = &cell->adjustments[i];
	if (counts && counts->suspect && counts->value_count) {
		name = arena_text(&writing->arena,
				  (const char *)counts->name.data,
				  counts->name.len);
		write_figure(writing, target, cell, counts->entry, counts->n,
			     name ? name : "");
		count = 1;
	}
	return count;
}

static bool is_sum(const struct target *target)
{
	return target->kind == KIND_FLOW || target->kind == KIND_LEVEL ||
	       target->kind == KIND_NET || target->kind == KIND_ITEMS;
}

/* In percent, of the values as shown; NULL where a share says nothing. */
static const char *share_of(struct writing *writing,
			    const struct target *target, const char *value,
			    const char *without)
{
	const struct rational *all, *rest;
	struct decimal a, b;

	if (!is_sum(target) || !value || !value[0])
		return NULL;
	if (!without || !without[0])
		without = "0";
	if (decimal_parse(span_of_text(value), &a, NULL) ||
	    decimal_parse(span_of_text(without), &b, NULL))
		return NULL;
	rationals_reset(writing->numbers);
	all = rational_of_decimal(writing->numbers, a);
	rest = rational_of_decimal(writing->numbers, b);
	if (rational_sign(all) <= 0)
		return NULL;
	rest = rational_mul(
		writing->numbers,
		rational_div(writing->numbers,
			     rational_sub(writing->numbers, all, rest), all),
		rational_of(writing->numbers, 100));
	return rational_text(rest, 1, &writing->arena);
}

static const char *shown(const struct figure *figure)
{
	return figure->items && figure->items[0] ? figure->items :
						   figure->value;
}

static int write_total(struct writing *writing, uint32_t target, size_t count)
{
	const struct target *data = &writing->head->catalogue->targets[target];
	const struct figure *with, *without;
	const char *share;
	int rc = evaluation_target(writing->evaluation, target, &with,
				   writing->err);

	if (!rc)
		rc = evaluation_target(writing->without, target, &without,
				       writing->err);
	if (rc)
		return rc;
	share = share_of(writing, data, with->value, without->value);
	if (writing->totals) {
		page_addf(writing->totals, "%s", data->id);
		page_add(writing->totals,
			 page_name(writing->totals, data->name_zh,
				   data->name_en));
		page_addf(writing->totals, "%zu", count);
		page_addf(writing->totals, "%s", shown(with));
		page_addf(writing->totals, "%s", shown(without));
		page_addf(writing->totals, "%s", share ? share : "");
		return 0;
	}
	json_open(writing->out);
	json_put_text(writing->out, "suspect", "total");
	json_put_text(writing->out, "target", data->id);
	json_put_number(writing->out, "figures", (int64_t)count);
	json_put_text(writing->out, "value", shown(with));
	json_put_text(writing->out, "without", shown(without));
	json_put_text(writing->out, "share", share);
	json_end_line(writing->out);
	return 0;
}

static int write_target(struct writing *writing, uint32_t target)
{
	const struct evaluation_input *input = writing->input;
	const struct target *data = &input->catalogue->targets[target];
	bool reviewed = data->approve || data->kind == KIND_NARRATIVE;
	struct cell_list list = { 0 };
	size_t count = 0;
	int rc;

	arena_reset(&writing->arena);
	rc = input->source.all(input->source.ctx, input->catalogue, target,
			       &writing->arena, &list, writing->err);
	for (size_t i = 0; i < list.count && !rc; i++) {
		const struct version *version;
		bool suspect;

		version = counting(input, &list.cells[i], reviewed, &suspect);
		if (!version || !suspect)
			continue;
		write_figure(writing, target, &list.cells[i], version->entry,
			     version->n, NULL);
		count++;
	}
	for (size_t i = 0; i < list.count && !rc; i++)
		writing->count +=
			write_adjustments(writing, target, &list.cells[i]);
	writing->count += count;
	return rc || !count ? rc : write_total(writing, target, count);
}

static void write_pages(struct writing *writing)
{
	enum lang lang = writing->head->lang;

	strbuf_add_char(writing->out, '\n');
	strbuf_addf(writing->out,
		    lang == LANG_ZH ?
			    "存疑数据 %zu 项（其密钥自该批起被撤销），重报前仍"
			    "计入：\n" :
			    "suspect figures: %zu (their keys were revoked "
			    "from those batches on); they count until they are "
			    "said again:\n",
		    writing->count);
	print_table_write(&writing->figures->rows, writing->out);
	strbuf_add_char(writing->out, '\n');
	print_table_write(&writing->totals->rows, writing->out);
}

static int write_all(struct writing *writing)
{
	int rc = 0;

	for (size_t i = 0; i < writing->head->catalogue->target_count && !rc;
	     i++)
		rc = write_target(writing, (uint32_t)i);
	if (!rc && writing->count && writing->figures)
		write_pages(writing);
	return rc;
}

/* For people: two tables, gathered side by side. */
static int write_text(struct writing *writing)
{
	static const enum word figures[] = { WORD_TARGET, WORD_UNIT_ID,
					     WORD_UNIT, WORD_PERIOD,
					     WORD_RECEIPT };
	static const enum word totals[] = { WORD_TARGET,  WORD_NAME,
					    WORD_SUSPECT, WORD_VALUE,
					    WORD_WITHOUT, WORD_SHARE };
	struct figures_page first, second;
	int rc;

	page_init(&first, writing->head, 5, 0);
	page_init(&second, writing->head, 6, 15u << 2);
	page_add_words(&first, figures, 5);
	page_add_words(&second, totals, 6);
	writing->figures = &first;
	writing->totals = &second;
	rc = write_all(writing);
	if (!rc && (first.rows.failed || second.rows.failed))
		rc = err_set(writing->err, ERR_NOMEM, "no memory for a table");
	page_release(&first);
	page_release(&second);
	return rc;
}

int figures_suspect_write(const struct figures_head *head,
			  struct evaluation *evaluation, bool json,
			  struct strbuf *out, struct err *err)
{
	const struct evaluation_input *input = evaluation_input_of(evaluation);
	struct cell_source source = input->source;
	struct evaluation_input without = *input;
	struct writing writing = { .head = head,
				   .evaluation = evaluation,
				   .input = input,
				   .out = out,
				   .err = err };
	int rc;

	without.source = (struct cell_source){ all_without, &source };
	writing.without = evaluation_new(&without, err);
	writing.numbers = rationals_new();
	if (!writing.without || !writing.numbers) {
		evaluation_free(writing.without);
		rationals_free(writing.numbers);
		return err_set(err, ERR_NOMEM, "no memory for suspect figures");
	}
	arena_init(&writing.arena, ARENA_BYTES);
	rc = json ? write_all(&writing) : write_text(&writing);
	arena_release(&writing.arena);
	evaluation_free(writing.without);
	rationals_free(writing.numbers);
	return rc;
}
