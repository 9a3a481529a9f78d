/* See measure_adjust.h. */
#include "proto/figure/measure_adjust.h"

#include "proto/decimal.h"
#include "proto/figure/measure_goal.h"

/* The part of the figure that this moves; NULL: none. */
static const struct component *find_component(const struct subject *subject,
					      struct span field)
{
	for (size_t i = 0; i < subject->component_count; i++)
		if (span_equal(subject->components[i].id, field))
			return &subject->components[i];
	return NULL;
}

static bool is_given(const struct said *said, struct span field)
{
	const struct version *version = said->counts[COUNT_NOW];
	const struct value *value = version ? version_value(version, field) :
					      NULL;

	return value && value->kind == VALUE_NUMBER &&
	       !(version->flags & VERSION_NA);
}

/* Does a later report stand for the field instead? Not where every period is
 * judged, or amounts add up. */
static bool is_over(const struct view *view, const struct track *track,
		    size_t at, const struct component *component)
{
	const struct target *target = view->subject->target;
	bool sums = component->field->time == TIME_SUM;

	if (target->hold != HOLD_END ||
	    (view_has_cap(view) && !view->aims.no_quota) ||
	    (sums && target->entry != ENTRY_YTD))
		return false;
	for (size_t i = at + 1; i < track->said_count; i++) {
		const struct said *said = &track->said[i];

		if (sums ? is_given(said, component->id) :
			   said->counts[COUNT_NOW] != NULL)
			return true;
	}
	return false;
}

static bool still_counts(const struct view *view, const struct track *track,
			 size_t at, struct span field)
{
	const struct component *component =
		find_component(view->subject, field);

	return component && is_given(&track->said[at], field) &&
	       !is_over(view, track, at, component);
}

static const char *text_of(struct arena *arena, struct span text)
{
	return arena_text(arena, (const char *)text.data, text.len);
}

static int write_one(const struct subject *subject, const struct said *said,
		     const struct value *value, struct adjusting *out)
{
	const struct adjustment *from = said->adjusts[COUNT_NOW];
	struct arena *arena = &subject->basis->arena;
	char text[DECIMAL_TEXT_BYTES];

	decimal_print((struct decimal){ .units = value->number,
					.places = value->places },
		      text);
	*out = (struct adjusting){
		.unit = said->unit,
		.period = said->period,
		.field = text_of(arena, value->field),
		.amount = text_of(arena, span_of_text(text)),
		.name = text_of(arena, from->name),
		.entry = from->entry,
		.n = from->n,
		.recv_us = from->recv_us,
	};
	return out->field && out->amount && out->name ? 0 : ERR_NOMEM;
}

/* Of one unit; out NULL: only counts. */
static int list_track(const struct view *view, const struct track *track,
		      struct adjusting *out, size_t *count)
{
	const struct subject *subject = view->subject;

	for (size_t i = 0; i < track->said_count; i++) {
		const struct said *said = &track->said[i];
		const struct adjustment *from = said->adjusts[COUNT_NOW];

		for (size_t v = 0; from && v < from->value_count; v++) {
			const struct value *value = &from->values[v];

			if (!still_counts(view, track, i, value->field))
				continue;
			if (out &&
			    write_one(subject, said, value, &out[*count]))
				return ERR_NOMEM;
			++*count;
		}
	}
	return 0;
}

int adjust_list(const struct view *view, const struct adjusting **out,
		size_t *count)
{
	struct arena *arena = &view->subject->basis->arena;
	struct adjusting *list;
	size_t total = 0, written = 0;

	for (size_t i = 0; i < view->track_count; i++)
		(void)list_track(view, &view->tracks[i], NULL, &total);
	*count = total;
	*out = NULL;
	if (!total)
		return 0;
	list = arena_array(arena, total, sizeof(*list));
	if (!list)
		return ERR_NOMEM;
	for (size_t i = 0; i < view->track_count; i++)
		if (list_track(view, &view->tracks[i], list, &written))
			return ERR_NOMEM;
	*out = list;
	return 0;
}

const struct adjusted *adjust_show(const struct subject *subject,
				   const struct figure *with,
				   const struct adjusting *list, size_t count)
{
	struct adjusted *out =
		arena_alloc(&subject->basis->arena, sizeof(*out));

	if (!out)
		return NULL;
	*out = (struct adjusted){
		.value = with->value,
		.plan = with->plan,
		.gap = with->gap,
		.rate = with->rate,
		.used = with->used,
		.left = with->left,
		.met = with->met,
		.light = with->light,
		.why = with->why,
		.list = list,
		.count = count,
	};
	return out;
}
