/* Figures for longer than the evaluation that has made them. */
#include "proto/figure/measure_copy.h"

#include <string.h>

/* The texts of a figure, and of the same as adjusted. */
#define TEXTS(x)                                                      \
	&(x)->value, &(x)->goal, &(x)->plan, &(x)->gap, &(x)->rate,   \
		&(x)->used, &(x)->left, &(x)->items, &(x)->allocated, \
		&(x)->as_reported, &(x)->last
#define ADJUSTED_TEXTS(x) \
	&(x)->value, &(x)->plan, &(x)->gap, &(x)->rate, &(x)->used, &(x)->left
#define ADJUSTING_TEXTS(x) &(x)->field, &(x)->amount, &(x)->name

#define KEEP(arena, ...)                              \
	keep(arena, (const char **[]){ __VA_ARGS__ }, \
	     sizeof((const char **[]){ __VA_ARGS__ }) / sizeof(const char **))

static bool keep(struct arena *arena, const char **texts[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = *texts[i];

		*texts[i] = *text ? arena_text(arena, text, strlen(text)) : "";
		if (!*texts[i])
			return false;
	}
	return true;
}

static const struct adjusted *copy_adjusted(struct arena *arena,
					    const struct adjusted *from)
{
	struct adjusted *to = arena_copy(arena, from, sizeof(*from));
	struct adjusting *list =
		arena_array(arena, from->count + 1, sizeof(*list));

	if (!to || !list || !KEEP(arena, ADJUSTED_TEXTS(to)))
		return NULL;
	for (size_t i = 0; i < from->count; i++) {
		struct adjusting *one = &list[i];

		*one = from->list[i];
		if (!KEEP(arena, ADJUSTING_TEXTS(one)))
			return NULL;
	}
	to->list = list;
	return to;
}

const struct figure *figures_copy(struct arena *arena,
				  const struct figure *from, size_t count)
{
	struct figure *to = arena_array(arena, count + 1, sizeof(*to));

	if (!to)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		to[i] = from[i];
		if (!KEEP(arena, TEXTS(&to[i])))
			return NULL;
		if (!to[i].adjusted)
			continue;
		to[i].adjusted = copy_adjusted(arena, from[i].adjusted);
		if (!to[i].adjusted)
			return NULL;
	}
	return to;
}
