/*
 * A period without a figure neither violates nor enters a mean. A cap is held
 * against the goal in force at E, as everything else.
 */
#include "proto/figure/measure_hold.h"

#include "proto/figure/measure_amount.h"
#include "proto/figure/measure_goal.h"

struct periods {
	const struct view *view;
	bool violated;
};

/* Does a period's figure miss a goal that holds in every period? */
static void look_for_violation(void *arg, const struct amount *amount)
{
	struct periods *periods = arg;
	const struct view *view = periods->view;
	bool every = view->subject->target->hold == HOLD_EVERY;

	for (size_t i = 0; i < view->aims.deciding; i++) {
		const struct aim *aim = &view->aims.list[i];

		if (!every && !aim_is_cap(view->subject, aim))
			continue;
		if (!aim->missing && !aim_met(view, aim, amount))
			periods->violated = true;
	}
}

int hold_judge(struct view *view, enum counting counting)
{
	struct periods periods = { .view = view };
	bool overflow = false;
	int rc;

	if (subject_kind(view->subject) == KIND_GUARD) {
		view->violated = view->amount.value &&
				 rational_sign(view->amount.value) > 0;
		return 0;
	}
	if (view->subject->target->hold != HOLD_EVERY && !view_has_cap(view))
		return 0;
	rc = amount_each(view, counting, look_for_violation, &periods,
			 &overflow);
	if (rc)
		return rc;
	view->violated = periods.violated;
	if (overflow && !view->violated) /* unknown of that period */
		view->amount = (struct amount){ .overflow = true };
	return 0;
}
