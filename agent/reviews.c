#include "agent/reviews.h"

#include <stdlib.h>
#include <string.h>

#include "agent/describe.h"
#include "agent/review_word.h"
#include "proto/day.h"

/* ---- what concerns whom ---- */

static bool is_reviewed(const struct target *target)
{
	return target->approve || target->kind == KIND_NARRATIVE;
}

/* An approval is no light: a narrative waits for that all the same. */
static bool awaits_review(const struct target *target, struct span status)
{
	if (!is_reviewed(target) || review_word_returns(status))
		return false;
	return target->kind == KIND_NARRATIVE ? !review_word_lights(status) :
						status.len == 0;
}

enum review_place review_place(const struct target *target, bool leads,
			       bool ours, struct span status)
{
	if (leads && awaits_review(target, status))
		return REVIEW_TO_DO;
	if (!ours)
		return REVIEW_PLACES;
	if (review_word_returns(status))
		return REVIEW_RETURNED;
	if (awaits_review(target, status))
		return REVIEW_WAITING;
	return status.len ? REVIEW_JUDGED : REVIEW_PLACES;
}

/* As admission counts the days after a close. */
int32_t review_resend_by(const struct catalogue *catalogue,
			 const struct target *target, struct period period,
			 uint64_t returned_us, int zone_minutes)
{
	int32_t close = catalogue_close_day(catalogue, target, period);
	int32_t again;

	if (!returned_us)
		return close;
	again = day_of_us(returned_us, zone_minutes) +
		catalogue->settings.resend_days;
	return again > close ? again : close;
}

/* ---- gathering ---- */

struct gathering {
	struct reviews *reviews;
	const struct desk *desk;
	struct err *err;
	size_t size; /* of reviews->list */
	int ret;
};

static int no_memory(struct gathering *gathering)
{
	gathering->ret = err_set(gathering->err, ERR_NOMEM,
				 "no memory for what is known of reviews");
	return gathering->ret;
}

static int keep_head(struct gathering *gathering, const struct head *head)
{
	struct reviews *reviews = gathering->reviews;
	char key[CELLS_KEY_BYTES];
	uint32_t number = intern_put(
		&reviews->keys, span_of(key, cells_key(&head->report, key)));

	if (number == INTERN_NONE)
		return no_memory(gathering);
	if (number >= reviews->heads_size) {
		size_t size = reviews->heads_size ? 2 * reviews->heads_size :
						    256;
		struct head *grown =
			realloc(reviews->heads, size * sizeof(*grown));

		if (!grown)
			return no_memory(gathering);
		reviews->heads = grown;
		reviews->heads_size = size;
	}
	reviews->heads[number] = *head;
	return 0;
}

static int add(struct gathering *gathering, const struct reviewed *reviewed)
{
	struct reviews *reviews = gathering->reviews;
	struct reviewed *grown;
	size_t size;

	if (reviews->count == gathering->size) {
		size = gathering->size ? 2 * gathering->size : 64;
		grown = realloc(reviews->list, size * sizeof(*grown));
		if (!grown)
			return no_memory(gathering);
		reviews->list = grown;
		gathering->size = size;
	}
	reviews->list[reviews->count++] = *reviewed;
	reviews->counts[reviewed->place]++;
	return 0;
}

static bool leads(const struct desk *desk, const struct target *target)
{
	const struct unit *units = desk->catalogue->units;

	return desk->kept.roles & 1u << ROLE_REVIEWER &&
	       target->lead != CATALOGUE_NONE &&
	       slice_speaks_for(&desk->kept,
				span_of_text(units[target->lead].id));
}

/* What an own word that waits here says of it goes first. */
static enum review_place place_of(const struct desk *desk,
				  const struct target *target,
				  const struct head *head)
{
	const struct known_cell *known =
		cells_find(&desk->cells, &head->report);
	bool ours = slice_speaks_for(&desk->kept, head->report.unit);
	enum review_place place = review_place(target, leads(desk, target),
					       ours, head->report.status);

	if (place == REVIEW_TO_DO && known && known->review_waits)
		return REVIEW_PLACES;
	return place;
}

static int visit(void *arg, struct span key, const struct head *head)
{
	struct gathering *gathering = arg;
	const struct desk *desk = gathering->desk;
	const struct catalogue *catalogue = desk->catalogue;
	struct reviewed reviewed = { .head = *head };
	uint32_t number = catalogue_target(catalogue, head->report.target);

	(void)key;
	if (number == CATALOGUE_NONE)
		return 0;
	reviewed.target = &catalogue->targets[number];
	if (is_reviewed(reviewed.target) && keep_head(gathering, head))
		return gathering->ret;
	/* An own report that is not delivered yet is nobody's to review. */
	if (!head->index ||
	    period_parse(head->report.period, &reviewed.period, NULL))
		return 0;
	reviewed.place = place_of(desk, reviewed.target, head);
	if (reviewed.place == REVIEW_PLACES)
		return 0;
	reviewed.unit = intern_find(&catalogue->unit_ids, head->report.unit);
	if (reviewed.unit == INTERN_NONE)
		reviewed.unit = CATALOGUE_NONE;
	reviewed.due =
		catalogue_due_day(catalogue, reviewed.target, reviewed.period);
	reviewed.until = review_resend_by(catalogue, reviewed.target,
					  reviewed.period, head->review.recv_us,
					  desk->office->zone_minutes);
	return add(gathering, &reviewed);
}

/* ---- order ---- */

static uint64_t moment_of(const struct reviewed *reviewed)
{
	bool judged = reviewed->place == REVIEW_RETURNED ||
		      reviewed->place == REVIEW_JUDGED;

	return judged ? reviewed->head.review.recv_us : reviewed->head.recv_us;
}

static int by_place_and_moment(const void *left, const void *right)
{
	const struct reviewed *a = left, *b = right;
	uint64_t moment_a = moment_of(a), moment_b = moment_of(b);

	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	if (moment_a != moment_b)
		return moment_a < moment_b ? -1 : 1;
	if (a->head.index != b->head.index)
		return a->head.index < b->head.index ? -1 : 1;
	return (a->head.n > b->head.n) - (a->head.n < b->head.n);
}

/* What was said of the cell's unit and item a period earlier. */
static void find_last(const struct reviews *reviews, struct reviewed *reviewed)
{
	struct report before = reviewed->head.report;
	char period[PERIOD_TEXT_BYTES], key[CELLS_KEY_BYTES];
	uint32_t number;

	period_print(period_previous(reviewed->period,
				     reviewed->target->first_month),
		     period);
	before.period = span_of_text(period);
	number = intern_find(&reviews->keys,
			     span_of(key, cells_key(&before, key)));
	if (number == INTERN_NONE)
		return;
	reviewed->last = reviews->heads[number].report.cells;
	reviewed->last_count = reviews->heads[number].report.cell_count;
}

int reviews_load(struct reviews *reviews, const struct desk *desk,
		 struct err *err)
{
	struct gathering gathering = { .reviews = reviews,
				       .desk = desk,
				       .err = err };
	int ret;

	memset(reviews, 0, sizeof(*reviews));
	arena_init(&reviews->arena, CELLS_ARENA_BYTES);
	intern_init(&reviews->keys);
	reviews->catalogue = desk->catalogue;
	if (!desk->catalogue)
		return 0;
	ret = outbox_heads(desk->office->outbox, &reviews->arena, visit,
			   &gathering, err);
	if (gathering.ret || ret)
		return gathering.ret ? gathering.ret : ret;
	if (reviews->count)
		qsort(reviews->list, reviews->count, sizeof(*reviews->list),
		      by_place_and_moment);
	for (size_t i = 0; i < reviews->count; i++)
		find_last(reviews, &reviews->list[i]);
	return 0;
}

void reviews_release(struct reviews *reviews)
{
	free(reviews->list);
	free(reviews->heads);
	reviews->list = NULL;
	reviews->heads = NULL;
	intern_release(&reviews->keys);
	arena_release(&reviews->arena);
}

const struct reviewed *reviews_of(const struct reviews *reviews,
				  enum review_place place)
{
	const struct reviewed *first = reviews->list;

	for (size_t i = 0; first && i < place; i++)
		first += reviews->counts[i];
	return first;
}

/* ---- how they are shown ---- */

static const char *name_of(enum language language, const char *zh,
			   const char *en)
{
	return language == LANGUAGE_EN && en[0] ? en : zh;
}

const char *review_target_name(enum language language,
			       const struct target *target)
{
	return name_of(language, target->name_zh, target->name_en);
}

const char *review_unit_name(enum language language,
			     const struct catalogue *catalogue, uint32_t unit)
{
	const struct unit *found;

	if (unit == CATALOGUE_NONE)
		return "";
	found = &catalogue->units[unit];
	return name_of(language, found->name_zh, found->name_en);
}

bool review_names_field(const struct target *target, struct span field)
{
	const struct field *found = catalogue_field(target, field);
	size_t needed = 0;

	for (size_t i = 0; i < target->field_count; i++)
		needed += target->fields[i].needed;
	return found && !(needed == 1 && found->needed);
}

static void add_value(struct strbuf *out, enum language language,
		      const struct catalogue *catalogue,
		      const struct target *target, const struct field *field,
		      struct span value)
{
	const struct ladder *ladder;
	uint32_t order = 0;

	if (language == LANGUAGE_ZH && span_equal(value, span_of_text("NA")))
		value = span_of_text("不适用");
	if (field && field->type == TYPE_STEP &&
	    target->ladder != CATALOGUE_NONE)
		order = catalogue_step(catalogue, target, value);
	if (order) {
		ladder = &catalogue->ladders[target->ladder];
		for (size_t i = 0; i < ladder->step_count; i++)
			if (ladder->steps[i].order == order)
				value = span_of_text(name_of(
					language, ladder->steps[i].name_zh,
					ladder->steps[i].name_en));
	}
	text_add(out, value);
}

void review_figure(struct strbuf *out, enum language language,
		   const struct catalogue *catalogue,
		   const struct target *target, const struct cell_text *cells,
		   size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct field *field =
			catalogue_field(target, cells[i].field);
		const char *name = "";

		if (field)
			name = name_of(language, field->name_zh,
				       field->name_en[0] ? field->name_en :
							   field->id);
		if (i)
			strbuf_add_char(out, ' ');
		if (field && review_names_field(target, cells[i].field))
			strbuf_addf(out, "%s=", name[0] ? name : field->id);
		add_value(out, language, catalogue, target, field,
			  cells[i].value);
	}
}
