#include "collector/due.h"

int32_t due_today(const struct view *view)
{
	return figures_ask_today(&view->asking, view->facts.zone_minutes,
				 view->last_day);
}

bool due_is_open(const struct view *view, uint32_t target, struct period period)
{
	const struct catalogue *catalogue = view->catalogue;

	return due_today(view) <= catalogue_due_day(catalogue,
						    &catalogue->targets[target],
						    period);
}

bool due_open(const struct view *view, const struct figure *figure)
{
	return figure->has_period &&
	       due_is_open(view, figure->target, figure->period);
}

bool due_last_closed(const struct target *target, int32_t day,
		     struct period *out)
{
	struct period period =
		period_of_day(target->period, day, target->first_month);

	while (!period_closed(period, target->first_month, day,
			      target->lag_months))
		period = period_previous(period, target->first_month);
	*out = period;
	return catalogue_period_in_window(target, period);
}

/* ---- the month that is in ---- */

/* Whether most of what is reported monthly is not due yet. */
static bool month_is_open(const struct view *view)
{
	const struct catalogue *catalogue = view->catalogue;
	int32_t today = due_today(view);
	size_t monthly = 0, open = 0;

	for (uint32_t i = 0; i < catalogue->target_count; i++) {
		const struct target *target = &catalogue->targets[i];
		struct period period;

		if (target->period != PERIOD_MONTH || target->lag_months ||
		    !due_last_closed(target, today, &period))
			continue;
		monthly++;
		open += due_is_open(view, i, period);
	}
	return open * 2 > monthly;
}

void due_settle(struct view *view)
{
	const struct catalogue *catalogue = view->catalogue;
	int32_t today = due_today(view), cutoff;
	struct civil civil = day_to_civil(today);

	if (!month_is_open(view))
		return;
	/* The last day before the month that has closed last. */
	if (day_to_civil(today + 1).month == civil.month)
		civil = day_to_civil(today - civil.day);
	cutoff = day_from_civil(civil.year, civil.month, 1) - 1;
	for (size_t i = 0; i < catalogue->target_count; i++)
		if (catalogue->targets[i].start <= cutoff) {
			view->asking.cutoff = cutoff;
			return;
		}
}
