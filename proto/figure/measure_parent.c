/*
 * Where the document is silent:
 * - Why a parent is red or yellow is why its first such part is.
 * - Parts that are grey as stretches are counted among the parts to be met.
 */
#include "proto/figure/measure_parent.h"

#include <stdio.h>

bool why_is_silent(enum why why)
{
	return why == WHY_NO_REPORT || why == WHY_COVERAGE ||
	       why == WHY_NO_REVIEW || why == WHY_IN_REVIEW;
}

/* red, yellow, grey, green, done: the worst first. */
static int light_order(enum light light)
{
	switch (light) {
	case LIGHT_RED:
		return 0;
	case LIGHT_YELLOW:
		return 1;
	case LIGHT_GREY:
		return 2;
	case LIGHT_GREEN:
		return 3;
	case LIGHT_DONE:
		return 4;
	}
	return 5;
}

void parent_take(struct parent *parent, const struct figure *part)
{
	const struct figure *worst = parent->worst;

	parent->count++;
	parent->met += part->met == 1 || part->light == LIGHT_DONE;
	parent->unknown += part->met < 0;
	parent->due += part->due;
	parent->reported += part->reported;
	if (part->light == LIGHT_GREY && part->why == WHY_STRETCH) {
		parent->left_out++;
		return;
	}
	if (!worst || light_order(part->light) < light_order(worst->light) ||
	    (part->light == LIGHT_GREY && worst->light == LIGHT_GREY &&
	     why_is_silent(part->why) && !why_is_silent(worst->why)))
		parent->worst = part;
}

static const char *count_text(struct arena *arena, uint32_t count)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", count);

	return arena_text(arena, text, (size_t)len);
}

int parent_finish(const struct parent *parent, struct arena *arena,
		  struct figure *figure)
{
	figure->value = count_text(arena, parent->met);
	figure->goal = count_text(arena, parent->count);
	if (!figure->value || !figure->goal)
		return ERR_NOMEM;
	figure->due = parent->due;
	figure->reported = parent->reported;
	if (parent->worst) {
		figure->light = parent->worst->light;
		figure->why = parent->worst->why;
	} else {
		figure->why = parent->count ? WHY_STRETCH : WHY_NO_GOAL;
	}
	if (parent->met == parent->count)
		figure->met = 1;
	else if (!parent->unknown)
		figure->met = 0;
	return 0;
}
