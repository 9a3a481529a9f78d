#include "proto/figure/figures_standings.h"

#include <stdlib.h>

#include "base/json.h"

/* Rows in order of rank: of standings, or of a target's units. */
struct ranking {
	const struct standing *standings;
	const struct figure *figures;
	struct place {
		uint32_t rank; /* 0: unranked */
		uint32_t index;
	} * places;
	size_t count;
	bool any; /* somebody is ranked */
};

static int place_order(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	if (!a->rank != !b->rank)
		return a->rank ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

static int order_places(struct ranking *ranking, struct err *err)
{
	ranking->places = calloc(ranking->count + 1, sizeof(*ranking->places));
	if (!ranking->places)
		return err_set(err, ERR_NOMEM, "no memory for ranks");
	for (size_t i = 0; i < ranking->count; i++) {
		uint32_t rank = ranking->figures ? ranking->figures[i].rank :
						   ranking->standings[i].rank;

		ranking->places[i] = (struct place){ rank, (uint32_t)i };
		ranking->any = ranking->any || rank;
	}
	qsort(ranking->places, ranking->count, sizeof(*ranking->places),
	      place_order);
	return 0;
}

static int rank_all(struct evaluation *evaluation, struct ranking *out,
		    struct err *err)
{
	int rc;

	*out = (struct ranking){ 0 };
	rc = evaluation_standings(evaluation, &out->standings, &out->count,
				  err);
	return rc ? rc : order_places(out, err);
}

static int rank_on(struct evaluation *evaluation, uint32_t target,
		   struct ranking *out, struct err *err)
{
	int rc;

	*out = (struct ranking){ 0 };
	rc = evaluation_units(evaluation, target, &out->figures, &out->count,
			      err);
	return rc ? rc : order_places(out, err);
}

static void ranking_release(struct ranking *ranking)
{
	free(ranking->places);
}

/* ---- for people ---- */

static void add_rank(struct figures_page *page, uint32_t rank)
{
	if (rank)
		page_addf(page, "%u", rank);
	else
		page_add(page, "");
}

static void add_standings(struct figures_page *page,
			  const struct ranking *ranking)
{
	static const enum word words[] = {
		WORD_RANK,	  WORD_UNIT_ID, WORD_UNIT, WORD_GOOD,
		WORD_ACCOUNTABLE, WORD_SHARE,	WORD_DONE, WORD_ROWS,
	};

	page_add_words(page, words, sizeof(words) / sizeof(words[0]));
	for (size_t i = 0; i < ranking->count; i++) {
		const struct standing *standing =
			&ranking->standings[ranking->places[i].index];

		add_rank(page, standing->rank);
		page_add_unit(page, standing->unit);
		page_addf(page, "%u", standing->good);
		page_addf(page, "%u", standing->accountable);
		page_add(page, standing->good_share);
		page_addf(page, "%u", standing->done);
		page_addf(page, "%u", standing->rows);
	}
}

static void add_units(struct figures_page *page, const struct target *target,
		      const struct ranking *ranking)
{
	static const enum word words[] = {
		WORD_RANK, WORD_UNIT_ID, WORD_UNIT,  WORD_VALUE, WORD_GOAL,
		WORD_RATE, WORD_GAP,	 WORD_LIGHT, WORD_WHY,
	};

	page_add_words(page, words, sizeof(words) / sizeof(words[0]));
	for (size_t i = 0; i < ranking->count; i++) {
		const struct figure *figure =
			&ranking->figures[ranking->places[i].index];

		add_rank(page, figure->rank);
		page_add_unit(page, figure->unit);
		page_add_value(page, target, figure);
		page_add_goal(page, target, figure);
		page_add(page, figure->rate);
		page_add(page, figure->gap);
		page_add_light(page, figure);
		page_add_why(page, figure);
	}
}

static int write_target(const struct figures_head *head,
			struct evaluation *evaluation, uint32_t index,
			struct strbuf *out, struct err *err)
{
	const struct target *target = &head->catalogue->targets[index];
	struct figures_page page;
	struct ranking ranking;
	int rc = rank_on(evaluation, index, &ranking, err);

	if (!rc && ranking.any) {
		page_init(&page, head, 9, 1u | 1u << 3 | 3u << 5);
		add_units(&page, target, &ranking);
		strbuf_addf(out, "\n%s %s\n", target->id,
			    page_name(&page, target->name_zh, target->name_en));
		print_table_write(&page.rows, out);
		page_release(&page);
	}
	ranking_release(&ranking);
	return rc;
}

int figures_standings_write(const struct figures_head *head,
			    struct evaluation *evaluation, struct strbuf *out,
			    struct err *err)
{
	struct figures_page page;
	struct ranking ranking;
	int rc = rank_all(evaluation, &ranking, err);

	if (!rc) {
		page_init(&page, head, 8, 1u | 0x1fu << 3);
		add_standings(&page, &ranking);
		rc = page_write(&page, out, err);
		page_release(&page);
	}
	ranking_release(&ranking);
	for (uint32_t i = 0;
	     head->all && i < head->catalogue->target_count && !rc; i++)
		rc = write_target(head, evaluation, i, out, err);
	return rc;
}

/* ---- for programs ---- */

static void put_rank(struct strbuf *out, uint32_t rank)
{
	if (rank)
		json_put_number(out, "rank", rank);
	else
		json_put_null(out, "rank");
}

void standing_put(struct strbuf *out, const struct catalogue *catalogue,
		  const struct standing *standing)
{
	json_add_object(out);
	json_put_text(out, "unit", catalogue->units[standing->unit].id);
	put_rank(out, standing->rank);
	json_put_number(out, "good", standing->good);
	json_put_number(out, "accountable", standing->accountable);
	json_put_text(out, "good_share", standing->good_share);
	json_put_number(out, "done", standing->done);
	json_put_number(out, "rows", standing->rows);
	json_close(out);
}

static void json_standings(const struct catalogue *catalogue,
			   const struct ranking *ranking, struct strbuf *out)
{
	for (size_t i = 0; i < ranking->count; i++) {
		const struct standing *standing =
			&ranking->standings[ranking->places[i].index];

		standing_put(out, catalogue, standing);
		strbuf_add_char(out, '\n');
	}
}

static int json_target(const struct catalogue *catalogue,
		       struct evaluation *evaluation, uint32_t index,
		       struct strbuf *out, struct err *err)
{
	struct ranking ranking;
	int rc = rank_on(evaluation, index, &ranking, err);

	for (size_t i = 0; ranking.any && i < ranking.count; i++) {
		const struct figure *figure =
			&ranking.figures[ranking.places[i].index];

		json_open(out);
		json_put_text(out, "target", catalogue->targets[index].id);
		json_put_text(out, "unit", catalogue->units[figure->unit].id);
		put_rank(out, figure->rank);
		json_put_text(out, "value", figure->value);
		json_put_text(out, "goal", figure->goal);
		json_put_text(out, "rate", figure->rate);
		json_put_text(out, "gap", figure->gap);
		json_put_text(out, "light", light_name(figure->light));
		json_put_text(out, "why", why_name(figure->why));
		json_end_line(out);
	}
	ranking_release(&ranking);
	return rc;
}

int figures_standings_json(const struct figures_head *head,
			   struct evaluation *evaluation, struct strbuf *out,
			   struct err *err)
{
	struct ranking ranking;
	int rc = rank_all(evaluation, &ranking, err);

	if (!rc)
		json_standings(head->catalogue, &ranking, out);
	ranking_release(&ranking);
	for (uint32_t i = 0;
	     head->all && i < head->catalogue->target_count && !rc; i++)
		rc = json_target(head->catalogue, evaluation, i, out, err);
	return rc;
}
