/* What a later version of a catalogue may not take back. */
#include "proto/catalogue/catalogue.h"

#include <string.h>

static bool same_number(struct decimal a, struct decimal b)
{
	return decimal_compare(a, b) == 0;
}

/* Steps and what goals refer to are compared by name: numbers differ from
 * version to version. */
static const char *step_name(const struct catalogue *catalogue,
			     const struct target *target,
			     const struct goal *goal)
{
	const struct ladder *ladder;

	if (!goal->step || target->ladder == CATALOGUE_NONE)
		return "";
	ladder = &catalogue->ladders[target->ladder];
	return goal->step <= ladder->step_count ?
		       ladder->steps[goal->step - 1].id :
		       "";
}

static const char *reference_name(const struct catalogue *catalogue,
				  const struct goal *goal)
{
	switch (goal->reference) {
	case REF_NONE:
		return "";
	case REF_SERIES:
		return catalogue->series[goal->ref].id;
	case REF_TARGET:
		return catalogue->targets[goal->ref].id;
	}
	return "";
}

struct version {
	const struct catalogue *catalogue;
	const struct target *target;
};

static bool same_goal(struct version before, const struct goal *a,
		      struct version after, const struct goal *b)
{
	return !strcmp(a->id, b->id) && a->from == b->from &&
	       a->stretch == b->stretch && a->compare == b->compare &&
	       a->has_value == b->has_value &&
	       same_number(a->value, b->value) &&
	       same_number(a->width, b->width) &&
	       same_number(a->offset, b->offset) &&
	       a->reference == b->reference && a->ref_period == b->ref_period &&
	       period_compare(a->ref_fixed, b->ref_fixed) == 0 &&
	       !strcmp(a->approval, b->approval) &&
	       !strcmp(reference_name(before.catalogue, a),
		       reference_name(after.catalogue, b)) &&
	       !strcmp(step_name(before.catalogue, before.target, a),
		       step_name(after.catalogue, after.target, b));
}

static bool has_goal(struct version before, const struct goal *goal,
		     struct version after)
{
	for (size_t i = 0; i < after.target->goal_count; i++) {
		if (same_goal(before, goal, after, &after.target->goals[i]))
			return true;
	}
	return false;
}

int32_t catalogue_goal_begins(const struct target *target,
			      const struct goal *goal)
{
	return goal->from > target->start ? goal->from : target->start;
}

static bool has_begun(const struct target *target, const struct goal *goal,
		      int32_t today)
{
	return catalogue_goal_begins(target, goal) <= today;
}

static bool is_kept(struct version old, const struct goal *goal,
		    const struct catalogue *after, uint32_t found)
{
	struct version new;

	if (found == CATALOGUE_NONE)
		return false;
	new = (struct version){ after, &after->targets[found] };
	return has_goal(old, goal, new);
}

bool catalogue_goal_broken(const struct catalogue *before,
			   const struct catalogue *after, int32_t today,
			   struct goal_place *at)
{
	for (; at->target < before->target_count; at->target++, at->goal = 0) {
		struct version old = { before, &before->targets[at->target] };
		uint32_t found =
			catalogue_target(after, span_of_text(old.target->id));

		for (; at->goal < old.target->goal_count; at->goal++) {
			const struct goal *goal = &old.target->goals[at->goal];

			if (has_begun(old.target, goal, today) &&
			    !is_kept(old, goal, after, found))
				return true;
		}
	}
	return false;
}

long catalogue_goal_changed(const struct catalogue *before,
			    const struct catalogue *after, int32_t today,
			    uint32_t *target)
{
	struct goal_place at = { 0 };

	if (!catalogue_goal_broken(before, after, today, &at))
		return -1;
	*target = at.target;
	return at.goal;
}

/* ---- goals as texts ---- */

static void add_number(struct strbuf *out, struct decimal number)
{
	char text[DECIMAL_TEXT_BYTES];

	decimal_print(number, text);
	strbuf_add_text(out, text);
}

static void add_reference(struct version in, const struct goal *goal,
			  struct strbuf *out)
{
	char period[PERIOD_TEXT_BYTES];

	strbuf_addf(out, "%s:%s",
		    goal->reference == REF_SERIES ? "series" : "target",
		    reference_name(in.catalogue, goal));
	if (goal->ref_period == REF_LAST_YEAR)
		strbuf_add_text(out, " last-year");
	if (goal->ref_period == REF_FIXED) {
		period_print(goal->ref_fixed, period);
		strbuf_addf(out, " %s", period);
	}
	if (!goal->offset.units)
		return;
	strbuf_add_text(out, goal->offset.units > 0 ? " +" : " ");
	add_number(out, goal->offset);
}

void catalogue_goal_print(const struct catalogue *catalogue,
			  const struct target *target, const struct goal *goal,
			  struct strbuf *out)
{
	struct version in = { catalogue, target };

	if (goal->compare == COMPARE_NONE || goal->compare == COMPARE_PENDING) {
		strbuf_add_text(out, compare_name(goal->compare));
		return;
	}
	strbuf_add_text(out, goal->compare == COMPARE_EQ ?
				     "=" :
			     goal->compare == COMPARE_ABOUT ?
				     "~" :
				     compare_name(goal->compare));
	if (goal->reference != REF_NONE)
		add_reference(in, goal, out);
	else if (goal->step)
		strbuf_add_text(out, step_name(catalogue, target, goal));
	else
		add_number(out, goal->value);
	if (goal->compare == COMPARE_ABOUT) {
		strbuf_add_text(out, "±");
		add_number(out, goal->width);
	}
	if (goal->stretch)
		strbuf_add_text(out, " stretch");
}
