#include "proto/figure/measure_amount.h"

#include "proto/figure/measure_guard.h"
#include "proto/figure/measure_parts.h"
#include "proto/figure/measure_register.h"

int amount_each(const struct view *view, enum counting counting,
		void (*take)(void *arg, const struct amount *amount), void *arg,
		bool *overflow)
{
	struct subject *subject = view->subject;
	bool is_register = subject_is_register(subject);
	struct run run;
	int rc = is_register ? 0 : run_start(&run, view, counting);

	for (size_t i = 0; !rc && i < subject->closed_count; i++) {
		int32_t end = subject->closed[i].end;
		struct amount amount;

		if (is_register) {
			amount = register_amount(view, end, counting);
		} else {
			run_advance(&run, end);
			amount = run_amount(&run, end);
		}
		*overflow = *overflow || amount.overflow;
		if (amount.value)
			take(arg, &amount);
	}
	return rc;
}

struct mean {
	struct rationals *numbers;
	const struct rational *sum;
	int64_t count;
};

static void take_into_mean(void *arg, const struct amount *amount)
{
	struct mean *mean = arg;

	mean->sum = rational_add(mean->numbers, mean->sum, amount->value);
	mean->count++;
}

static int mean_of_periods(const struct view *view, enum counting counting,
			   struct amount *out)
{
	struct rationals *numbers = view->subject->numbers;
	struct mean mean = { numbers, rational_of(numbers, 0), 0 };
	struct amount amount = { 0 };
	int rc = amount_each(view, counting, take_into_mean, &mean,
			     &amount.overflow);

	if (rc)
		return rc;
	if (mean.count)
		amount.value = rational_div(numbers, mean.sum,
					    rational_of(numbers, mean.count));
	*out = amount;
	return 0;
}

int amount_of(const struct view *view, enum counting counting,
	      struct amount *out)
{
	const struct subject *subject = view->subject;
	struct run run;
	int rc;

	if (subject_kind(subject) == KIND_GUARD) {
		*out = guard_amount(view, counting);
		return 0;
	}
	if (subject->target->hold == HOLD_MEAN)
		return mean_of_periods(view, counting, out);
	if (subject_is_register(subject)) {
		*out = register_amount(view, subject->today, counting);
		return 0;
	}
	rc = run_start(&run, view, counting);
	if (rc)
		return rc;
	run_advance(&run, subject->today);
	*out = run_amount(&run, subject->today);
	return 0;
}
