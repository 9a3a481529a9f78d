/*
 * What holds over the closed periods: violations that last, and means.
 * Section 6.4 of docs/catalogue.md.
 *
 * A period without a figure neither violates nor enters a mean. A cap is held
 * against the goal in force at E, as everything else.
 */
#include "proto/figure/measure_rules.h"

static bool is_guard(const struct subject *subject)
{
	return subject_kind(subject) == KIND_GUARD;
}

int measure_amount(struct view *view, enum counting counting,
		   struct amount *out)
{
	struct run run;
	int rc;

	if (is_guard(view->subject)) {
		*out = guard_amount(view, counting);
		return 0;
	}
	if (subject_is_register(view->subject)) {
		*out = register_amount(view, view->subject->today, counting);
		return 0;
	}
	rc = run_start(&run, view, counting);
	if (rc)
		return rc;
	run_advance(&run, view->subject->today);
	*out = run_amount(&run, view->subject->today);
	return 0;
}

/* Does a period's figure miss a goal that holds in every period? */
static bool violates(const struct view *view, const struct amount *amount)
{
	bool every = view->subject->target->hold == HOLD_EVERY;

	for (size_t i = 0; i < view->aims.deciding; i++) {
		const struct aim *aim = &view->aims.list[i];

		if (!every && !aim_is_cap(view->subject, aim))
			continue;
		if (!aim->missing && !aim_met(view, aim, amount))
			return true;
	}
	return false;
}

/* The figure of every closed period, one after the other. */
static int each_period(struct view *view, enum counting counting,
		       struct amount *mean, bool *violated)
{
	struct subject *subject = view->subject;
	struct rationals *numbers = subject->numbers;
	const struct rational *sum = rational_of(numbers, 0);
	int64_t count = 0;
	struct run run;
	int rc = run_start(&run, view, counting);

	for (size_t i = 0; !rc && i < subject->closed_count; i++) {
		int32_t end = subject->closed[i].end;
		struct amount amount;

		if (subject_is_register(subject)) {
			amount = register_amount(view, end, counting);
		} else {
			run_advance(&run, end);
			amount = run_amount(&run, end);
		}
		mean->overflow = mean->overflow || amount.overflow;
		if (!amount.value)
			continue;
		sum = rational_add(numbers, sum, amount.value);
		count++;
		*violated = *violated || violates(view, &amount);
	}
	if (!rc && count)
		mean->value =
			rational_div(numbers, sum, rational_of(numbers, count));
	return rc;
}

int measure_hold(struct view *view, enum counting counting)
{
	enum hold_mode hold = view->subject->target->hold;
	struct amount mean = { 0 };
	bool violated = false;
	int rc = 0;

	if (is_guard(view->subject)) {
		view->violated = view->amount.value &&
				 rational_sign(view->amount.value) > 0;
		return 0;
	}
	if (hold == HOLD_END && !view_has_cap(view))
		return 0;
	rc = each_period(view, counting, &mean, &violated);
	if (rc)
		return rc;
	if (hold == HOLD_MEAN)
		view->amount = mean;
	view->violated = violated;
	return 0;
}
