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

static bool has_begun(const struct target *target, const struct goal *goal,
		      int32_t today)
{
	int32_t begin = goal->from > target->start ? goal->from : target->start;

	return begin <= today;
}

long catalogue_goal_changed(const struct catalogue *before,
			    const struct catalogue *after, int32_t today,
			    uint32_t *target)
{
	for (uint32_t t = 0; t < before->target_count; t++) {
		struct version old = { before, &before->targets[t] }, new;
		uint32_t found =
			catalogue_target(after, span_of_text(old.target->id));

		for (size_t i = 0; i < old.target->goal_count; i++) {
			const struct goal *goal = &old.target->goals[i];

			if (!has_begun(old.target, goal, today))
				continue;
			if (found != CATALOGUE_NONE) {
				new = (struct version){
					after, &after->targets[found]
				};
				if (has_goal(old, goal, new))
					continue;
			}
			*target = t;
			return (long)i;
		}
	}
	return -1;
}
