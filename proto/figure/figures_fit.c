#include "proto/figure/figures_fit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "proto/day.h"
#include "proto/figure/admit.h"
#include "proto/figure/admit_cells.h"

#define FIT_BYTES_MAX ((size_t)1 << 32)
#define PLACES_SHOWN 3

/* A version that counts. */
struct said {
	const struct cell *cell;
	size_t version; /* index */
	uint64_t entry;
	uint32_t n;
	const char *unit; /* id */
};

/* The cells of one target as one catalogue numbers them. */
struct fitting {
	const struct figures_fit *fit;
	const struct catalogue *numbers; /* what cell->unit is an index of */
	const char *target;		 /* id */
	struct arena arena;		 /* of the target */
	struct cell_list cells;
	struct said *said;
	size_t said_count;
	struct misfits *out;
};

/* ---- what counts ---- */

static bool is_returned(const struct cell *cell, size_t version,
			uint64_t known_by_us)
{
	for (size_t i = cell->review_count; i-- > 0;)
		if (cell->reviews[i].version == version &&
		    cell->reviews[i].recv_us <= known_by_us)
			return span_equal(cell->reviews[i].status,
					  span_of_text("returned"));
	return false;
}

static bool is_register(const struct catalogue *catalogue, const char *id)
{
	uint32_t target = catalogue_target(catalogue, span_of_text(id));

	return target != CATALOGUE_NONE &&
	       admit_is_register(&catalogue->targets[target]);
}

static void add_cell(struct fitting *fitting, const struct cell *cell, bool all)
{
	uint64_t known_by_us = fitting->fit->known_by_us;

	for (size_t i = cell->version_count; i-- > 0;) {
		const struct version *version = &cell->versions[i];

		if (version->recv_us > known_by_us ||
		    is_returned(cell, i, known_by_us))
			continue;
		fitting->said[fitting->said_count++] = (struct said){
			.cell = cell,
			.version = i,
			.entry = version->entry,
			.n = version->n,
			.unit = fitting->numbers->units[cell->unit].id,
		};
		if (!all)
			return;
	}
}

/* What is said of an item in order of saying, so that the first is known. */
static int said_order(const void *left, const void *right)
{
	const struct said *a = left, *b = right;
	struct span x = a->cell->item, y = b->cell->item;
	size_t len = x.len < y.len ? x.len : y.len;
	int order = strcmp(a->unit, b->unit);

	if (!order && len)
		order = memcmp(x.data, y.data, len);
	if (order)
		return order;
	if (x.len != y.len)
		return x.len < y.len ? -1 : 1;
	if (a->entry != b->entry)
		return a->entry < b->entry ? -1 : 1;
	return a->n < b->n ? -1 : a->n > b->n;
}

static int gather(struct fitting *fitting, struct err *err)
{
	bool all = is_register(fitting->fit->tried, fitting->target);
	size_t count = 0;

	for (size_t i = 0; i < fitting->cells.count; i++)
		count += fitting->cells.cells[i].version_count;
	fitting->said_count = 0;
	fitting->said =
		arena_array(&fitting->arena, count + 1, sizeof(*fitting->said));
	if (!fitting->said)
		return err_set(err, ERR_NOMEM, "no memory for reports");
	for (size_t i = 0; i < fitting->cells.count; i++)
		add_cell(fitting, &fitting->cells.cells[i], all);
	qsort(fitting->said, fitting->said_count, sizeof(*fitting->said),
	      said_order);
	return 0;
}

/* ---- the report again ---- */

static struct span value_text(const struct value *value, struct arena *arena)
{
	char text[DECIMAL_TEXT_BYTES] = "NA";
	const char *copy;

	switch (value->kind) {
	case VALUE_TEXT:
		return value->text;
	case VALUE_NUMBER:
		decimal_print((struct decimal){ value->number, value->places },
			      text);
		break;
	case VALUE_DAY:
		day_print((int32_t)value->number, text);
		break;
	case VALUE_NA:
		break;
	}
	copy = arena_text(arena, text, strlen(text));
	assert(copy);
	return span_of_text(copy);
}

/* As in admission, the arena has room for whatever was admitted. */
static void write_cells(const struct version *version, struct arena *arena,
			struct report *out)
{
	out->cells = arena_array(arena, version->value_count + 1,
				 sizeof(*out->cells));
	assert(out->cells);
	for (size_t i = 0; i < version->value_count; i++) {
		const struct value *value = &version->values[i];

		out->cells[out->cell_count++] =
			(struct cell_text){ value->field,
					    value_text(value, arena) };
	}
}

/* ---- admission's word ---- */

struct known {
	bool has_head, item_seen;
};

static struct cell_state known_cell(void *ctx, uint32_t target, uint32_t unit,
				    struct period period, struct span item)
{
	const struct known *known = ctx;

	(void)target, (void)unit, (void)period, (void)item;
	return (struct cell_state){ .has_head = known->has_head,
				    .head_counts_as_report = known->has_head };
}

static bool known_item(void *ctx, uint32_t target, uint32_t unit,
		       struct span item)
{
	(void)target, (void)unit, (void)item;
	return ((const struct known *)ctx)->item_seen;
}

/* A number cannot become a text, whatever admission makes of its digits. */
static bool same_kinds(const struct version *version,
		       const struct admitted *admitted)
{
	for (size_t i = 0; i < admitted->value_count; i++)
		if (admitted->values[i].kind != version->values[i].kind)
			return false;
	return true;
}

static enum verdict judge(const struct fitting *fitting,
			  const struct catalogue *catalogue,
			  const struct said *said, bool item_seen,
			  struct arena *arena, const char **column)
{
	const struct version *version = &said->cell->versions[said->version];
	struct known known = { said->version > 0, item_seen };
	struct admit_lookup lookup = { known_cell, known_item, &known };
	struct admit_when in_time = { 0 };
	struct admitted admitted;
	char period[PERIOD_TEXT_BYTES];
	struct report report = {
		.target = span_of_text(fitting->target),
		.unit = span_of_text(said->unit),
		.item = said->cell->item,
	};
	bool has_text = !version->value_count &&
			!(version->flags & VERSION_NOTHING_NEW);
	enum verdict verdict;

	period_print(said->cell->period, period);
	report.period = span_of_text(period);
	write_cells(version, arena, &report);
	verdict = admit_report(catalogue, &report, true, has_text, in_time,
			       &lookup, arena, &admitted, column);
	if (!verdict && !same_kinds(version, &admitted))
		verdict = VERDICT_VALUE_MALFORMED;
	return verdict;
}

/* ---- what is told ---- */

static int push(struct fitting *fitting, const struct said *said,
		enum verdict verdict, const char *column, bool already)
{
	struct misfits *out = fitting->out;
	struct span item = said->cell->item;

	if (out->count == out->size) {
		size_t size = out->size ? 2 * out->size : 64;
		struct misfit *grown =
			realloc(out->list, size * sizeof(*grown));

		if (!grown)
			return ERR_NOMEM;
		out->list = grown;
		out->size = size;
	}
	column = arena_text(&out->arena, column, strlen(column));
	item.data = arena_copy(&out->arena, item.data, item.len);
	if (!column || !item.data)
		return ERR_NOMEM;
	out->list[out->count++] = (struct misfit){
		.target = fitting->target,
		.unit = said->unit,
		.period = said->cell->period,
		.item = item,
		.verdict = verdict,
		.column = column,
		.already = already,
	};
	return 0;
}

static bool same_item(const struct said *a, const struct said *b)
{
	return !strcmp(a->unit, b->unit) &&
	       span_equal(a->cell->item, b->cell->item);
}

/* A cell is told once, by the first of what it says that does not fit. */
static int fit_said(struct fitting *fitting, struct err *err)
{
	const struct figures_fit *fit = fitting->fit;
	bool *told = arena_array(&fitting->arena, fitting->cells.count + 1,
				 sizeof(*told));
	int rc = told ? 0 : ERR_NOMEM;

	for (size_t i = 0; i < fitting->said_count && !rc; i++) {
		const struct said *said = &fitting->said[i];
		size_t cell = (size_t)(said->cell - fitting->cells.cells);
		bool seen = i && same_item(said, &fitting->said[i - 1]);
		const char *column = "", *before = "";
		enum verdict verdict = judge(fitting, fit->tried, said, seen,
					     &fitting->arena, &column);

		if (!verdict || told[cell])
			continue;
		told[cell] = true;
		rc = push(fitting, said, verdict, column ? column : "",
			  judge(fitting, fit->in_force, said, seen,
				&fitting->arena, &before) != 0);
	}
	return rc ? err_set(err, rc, "no memory for reports") : 0;
}

/* ---- every cell that either catalogue sees ---- */

static bool in_both(const struct fitting *fitting, const struct cell *cell)
{
	const struct catalogue *tried = fitting->fit->tried;
	const char *unit = fitting->numbers->units[cell->unit].id;

	return catalogue_target(tried, span_of_text(fitting->target)) !=
		       CATALOGUE_NONE &&
	       intern_find(&tried->unit_ids, span_of_text(unit)) != INTERN_NONE;
}

/* Cells of the catalogue in force that the one that is tried does not see. */
static void drop_seen(struct fitting *fitting)
{
	size_t kept = 0;

	for (size_t i = 0; i < fitting->cells.count; i++)
		if (!in_both(fitting, &fitting->cells.cells[i]))
			fitting->cells.cells[kept++] = fitting->cells.cells[i];
	fitting->cells.count = kept;
}

static int fit_target(struct fitting *fitting, uint32_t target, struct err *err)
{
	const struct cell_source *source = &fitting->fit->source;
	int rc;

	arena_reset(&fitting->arena);
	fitting->cells = (struct cell_list){ 0 };
	fitting->target = fitting->numbers->targets[target].id;
	rc = source->all(source->ctx, fitting->numbers, target, &fitting->arena,
			 &fitting->cells, err);
	if (rc)
		return rc;
	if (fitting->numbers != fitting->fit->tried)
		drop_seen(fitting);
	rc = gather(fitting, err);
	return rc ? rc : fit_said(fitting, err);
}

static int fit_catalogue(const struct figures_fit *fit,
			 const struct catalogue *numbers, struct misfits *out,
			 struct err *err)
{
	struct fitting fitting = { .fit = fit, .numbers = numbers, .out = out };
	int rc = 0;

	arena_init(&fitting.arena, FIT_BYTES_MAX);
	for (uint32_t i = 0; i < numbers->target_count && !rc; i++)
		rc = fit_target(&fitting, i, err);
	arena_release(&fitting.arena);
	return rc;
}

static int misfit_order(const void *left, const void *right)
{
	const struct misfit *a = left, *b = right;
	int order = strcmp(a->target, b->target);
	size_t len = a->item.len < b->item.len ? a->item.len : b->item.len;

	if (!order)
		order = strcmp(a->unit, b->unit);
	if (!order)
		order = period_compare(a->period, b->period);
	if (!order && len)
		order = memcmp(a->item.data, b->item.data, len);
	if (order)
		return order;
	return (a->item.len > b->item.len) - (a->item.len < b->item.len);
}

int figures_fit(const struct figures_fit *fit, struct misfits *out,
		struct err *err)
{
	int rc;

	*out = (struct misfits){ 0 };
	arena_init(&out->arena, FIT_BYTES_MAX);
	rc = fit_catalogue(fit, fit->in_force, out, err);
	if (!rc)
		rc = fit_catalogue(fit, fit->tried, out, err);
	if (!rc && out->count)
		qsort(out->list, out->count, sizeof(*out->list), misfit_order);
	return rc;
}

void misfits_release(struct misfits *misfits)
{
	arena_release(&misfits->arena);
	free(misfits->list);
	misfits->list = NULL;
	misfits->count = 0;
}

/* ---- told ---- */

static bool same_reason(const struct misfit *a, const struct misfit *b)
{
	return a->verdict == b->verdict && a->already == b->already &&
	       !strcmp(a->target, b->target) && !strcmp(a->column, b->column);
}

static void add_place(const struct misfit *misfit, struct strbuf *out)
{
	char period[PERIOD_TEXT_BYTES];

	period_print(misfit->period, period);
	strbuf_addf(out, "%s %s", misfit->unit, period);
	if (misfit->item.len)
		strbuf_addf(out, " %.*s", (int)misfit->item.len,
			    (const char *)misfit->item.data);
}

/* Reasons before these say by themselves which column they are about. */
static bool names_field(const struct misfit *misfit)
{
	return misfit->verdict >= VERDICT_FIELD_UNKNOWN && misfit->column[0];
}

/* The misfits from i on that have the reason of i. */
static void write_reason(const struct misfits *misfits, size_t i,
			 enum lang lang, struct strbuf *out)
{
	const struct misfit *first = &misfits->list[i];
	size_t count = 0, shown = 0;

	for (size_t j = i; j < misfits->count; j++)
		if (same_reason(first, &misfits->list[j]))
			count++;
	strbuf_addf(out,
		    lang == LANG_ZH ?
			    "%s：已采纳的填报中有 %zu 条不合新目录：%s%s%s（" :
			    "%s: admitted reports that would not fit: %zu, "
			    "%s%s%s (",
		    first->target, count, verdict_name(first->verdict),
		    names_field(first) ? " " : "",
		    names_field(first) ? first->column : "");
	for (size_t j = i; j < misfits->count && shown < PLACES_SHOWN; j++) {
		if (!same_reason(first, &misfits->list[j]))
			continue;
		if (shown++)
			strbuf_add_text(out, lang == LANG_ZH ? "，" : ", ");
		add_place(&misfits->list[j], out);
	}
	if (count > shown)
		strbuf_add_text(out, lang == LANG_ZH ? "，…" : ", ...");
	strbuf_add_text(out, lang == LANG_ZH ? "）\n" : ")\n");
}

/* What the reasons that were told mean, once each. */
static void explain_reasons(const struct misfits *misfits, enum lang lang,
			    struct strbuf *out)
{
	bool told[VERDICT_COUNT] = { false };

	for (size_t i = 0; i < misfits->count; i++)
		told[misfits->list[i].verdict] |= !misfits->list[i].already;
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		if (told[i])
			strbuf_addf(out,
				    lang == LANG_ZH ? "  %s：%s\n" :
						      "  %s: %s\n",
				    verdict_name(i),
				    lang == LANG_ZH ? verdict_text_zh(i) :
						      verdict_text_en(i));
	}
}

void misfits_write(const struct misfits *misfits, enum lang lang,
		   struct strbuf *out)
{
	size_t already = 0, first = 0;

	for (size_t i = 0; i < misfits->count; i++) {
		const struct misfit *misfit = &misfits->list[i];
		size_t j;

		already += misfit->already;
		/* Those of a target stand together. */
		if (strcmp(misfit->target, misfits->list[first].target) != 0)
			first = i;
		for (j = first; !same_reason(misfit, &misfits->list[j]);)
			j++;
		if (j == i && !misfit->already)
			write_reason(misfits, i, lang, out);
	}
	explain_reasons(misfits, lang, out);
	if (already)
		strbuf_addf(
			out,
			lang == LANG_ZH ?
				"%zu "
				"条已采纳的填报与新目录、现行目录均不相合\n" :
				"%zu admitted reports fit neither this "
				"catalogue nor the one in force\n",
			already);
}

void misfits_json(const struct misfits *misfits, struct strbuf *out)
{
	for (size_t i = 0; i < misfits->count; i++) {
		const struct misfit *misfit = &misfits->list[i];
		char period[PERIOD_TEXT_BYTES], item[WIRE_NAME_BYTES_MAX + 1];

		period_print(misfit->period, period);
		(void)snprintf(item, sizeof(item), "%.*s",
			       (int)misfit->item.len,
			       (const char *)misfit->item.data);
		json_open(out);
		json_put_object(out, "misfit");
		json_put_text(out, "target", misfit->target);
		json_put_text(out, "unit", misfit->unit);
		json_put_text(out, "period", period);
		json_put_text(out, "item", item);
		json_put_text(out, "reason", verdict_name(misfit->verdict));
		json_put_text(out, "column", misfit->column);
		json_put_flag(out, "already", misfit->already);
		json_close(out);
		json_end_line(out);
	}
}
