#include "proto/figure/figures_pairs.h"

#include <string.h>

#include "base/json.h"
#include "proto/figure/figures_put.h"

/* One of the two evaluations. */
struct side {
	struct evaluation *evaluation;
	const struct catalogue *catalogue;
};

struct pairing {
	struct side before, after;
	bool all;
	int (*visit)(void *arg, const struct figures_pair *pair,
		     struct err *err);
	void *arg;
};

/* ---- what differs ---- */

const char *figures_shown_name(enum figures_shown shown)
{
	static const char *const names[SHOWN_COUNT] = {
		"value", "goal", "plan", "light", "adjusted", "reported"
	};

	return names[shown];
}

static bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool same_adjusted(const struct adjusted *a, const struct adjusted *b)
{
	if (!a || !b)
		return a == b;
	return same_text(a->value, b->value) && same_text(a->plan, b->plan) &&
	       a->light == b->light && a->why == b->why;
}

bool figures_pair_differs(const struct figures_pair *pair,
			  enum figures_shown shown)
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
		return a->light != b->light || a->why != b->why;
	case SHOWN_ADJUSTED:
		return !same_adjusted(a->adjusted, b->adjusted);
	case SHOWN_REPORTED:
		return a->reported != b->reported || a->due != b->due;
	case SHOWN_COUNT:
		break;
	}
	return false;
}

/* ---- every row of both ---- */

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
static int take_units(struct pairing *pairing, const char *id,
		      uint32_t old_target, uint32_t new_target, struct err *err)
{
	const struct figure *a, *b;
	size_t a_count, b_count = 0, i = 0, j = 0;
	int rc = units_of(&pairing->before, old_target, &a, &a_count, err);

	if (!rc)
		rc = units_of(&pairing->after, new_target, &b, &b_count, err);
	while (!rc && (i < a_count || j < b_count)) {
		const struct unit *old =
			i < a_count ?
				&pairing->before.catalogue->units[a[i].unit] :
				NULL;
		const struct unit *new =
			j < b_count ?
				&pairing->after.catalogue->units[b[j].unit] :
				NULL;
		int order = !old ? 1 : !new ? -1 : strcmp(old->id, new->id);
		const struct unit *unit = order <= 0 ? old : new;
		struct figures_pair pair = {
			.target = id,
			.unit = unit->id,
			.name_zh = unit->name_zh,
			.name_en = unit->name_en,
			.old = target_of(&pairing->before, old_target),
			.new = target_of(&pairing->after, new_target),
		};

		if (order <= 0)
			pair.before = &a[i++];
		if (order >= 0)
			pair.after = &b[j++];
		rc = pairing->visit(pairing->arg, &pair, err);
	}
	return rc;
}

static int figure_of(const struct pairing *pairing, const struct side *side,
		     uint32_t target, const struct figure **out,
		     struct err *err)
{
	*out = NULL;
	if (target == CATALOGUE_NONE ||
	    (!pairing->all && !evaluation_is_task(side->catalogue, target)))
		return 0;
	return evaluation_target(side->evaluation, target, out, err);
}

static int take_target(struct pairing *pairing, const struct target *named,
		       struct err *err)
{
	struct span id = span_of_text(named->id);
	uint32_t old = catalogue_target(pairing->before.catalogue, id);
	uint32_t new = catalogue_target(pairing->after.catalogue, id);
	struct figures_pair pair = { .target = named->id,
				     .name_zh = named->name_zh,
				     .name_en = named->name_en,
				     .old = target_of(&pairing->before, old),
				     .new = target_of(&pairing->after, new) };
	int rc = figure_of(pairing, &pairing->before, old, &pair.before, err);

	if (!rc)
		rc = figure_of(pairing, &pairing->after, new, &pair.after, err);
	if (rc)
		return rc;
	if (pair.before || pair.after)
		rc = pairing->visit(pairing->arg, &pair, err);
	if (rc)
		return rc;
	return pairing->all ? take_units(pairing, named->id, old, new, err) : 0;
}

static int take_all(struct pairing *pairing, struct err *err)
{
	const struct catalogue *before = pairing->before.catalogue;
	const struct catalogue *after = pairing->after.catalogue;
	int rc = 0;

	for (size_t i = 0; i < after->target_count && !rc; i++)
		rc = take_target(pairing, &after->targets[i], err);
	for (size_t i = 0; i < before->target_count && !rc; i++)
		if (catalogue_target(after,
				     span_of_text(before->targets[i].id)) ==
		    CATALOGUE_NONE)
			rc = take_target(pairing, &before->targets[i], err);
	return rc;
}

int figures_pairs(struct evaluation *before, struct evaluation *after, bool all,
		  int (*visit)(void *arg, const struct figures_pair *pair,
			       struct err *err),
		  void *arg, struct err *err)
{
	struct pairing pairing = {
		.before = { before, evaluation_input_of(before)->catalogue },
		.after = { after, evaluation_input_of(after)->catalogue },
		.all = all,
		.visit = visit,
		.arg = arg,
	};

	return take_all(&pairing, err);
}

void figures_pair_json(const struct figures_pair *pair, enum figures_shown last,
		       struct strbuf *out)
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
	for (enum figures_shown shown = 0;
	     pair->before && pair->after && shown <= last; shown++)
		if (figures_pair_differs(pair, shown))
			json_add_text(out, figures_shown_name(shown));
	json_close_list(out);
	figures_put(out, "before", pair->before);
	figures_put(out, "after", pair->after);
}
