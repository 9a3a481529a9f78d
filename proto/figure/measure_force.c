#include "proto/figure/measure_force.h"

const struct goal *force_on(const struct target *target, size_t first,
			    int32_t day, size_t *next)
{
	const struct goal *found = NULL;
	size_t i = first;

	for (; i < target->goal_count &&
	       !strcmp(target->goals[i].id, target->goals[first].id);
	     i++)
		if (target->goals[i].from == DAY_NONE ||
		    target->goals[i].from <= day)
			found = &target->goals[i];
	*next = i;
	return found;
}

uint32_t force_step(enum compare compare, uint32_t step)
{
	return step ? step + (compare == COMPARE_GT) : 0;
}

/* Of the first goal of a tier that says anything; false: none does. */
static bool tier_step(const struct target *target, int32_t day, bool stretch,
		      uint32_t *step)
{
	for (size_t i = 0; i < target->goal_count;) {
		const struct goal *goal = force_on(target, i, day, &i);

		if (!goal || goal->stretch != stretch ||
		    goal->compare == COMPARE_NONE ||
		    goal->compare == COMPARE_PENDING)
			continue;
		*step = force_step(goal->compare, goal->step);
		return true;
	}
	return false;
}

uint32_t force_deciding_step(const struct target *target, int32_t day)
{
	uint32_t step = 0;

	if (!tier_step(target, day, false, &step))
		(void)tier_step(target, day, true, &step);
	return step;
}
