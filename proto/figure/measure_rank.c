#include "proto/figure/measure_rank.h"

#include <stdlib.h>

struct ranked {
	const struct rational *by; /* smaller is better */
	struct figure *figure;
};

static int ranked_order(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	return rational_compare(a->by, b->by);
}

int rank_units(struct subject *subject, struct figure *figures,
	       const struct gap *gaps, size_t count)
{
	struct rationals *numbers = subject->numbers;
	struct ranked *ranked =
		arena_array(&subject->arena, count + 1, sizeof(*ranked));
	bool by_rate = false;
	size_t n = 0;

	if (!ranked)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		by_rate = by_rate || (figures[i].light != LIGHT_GREY &&
				      gaps[i].rate != NULL);
	for (size_t i = 0; i < count; i++) {
		const struct rational *by = by_rate ? gaps[i].rate :
						      gaps[i].points;

		if (!by || figures[i].light == LIGHT_GREY)
			continue;
		if (by_rate)
			by = rational_sub(numbers, rational_of(numbers, 0), by);
		ranked[n++] = (struct ranked){ by, &figures[i] };
	}
	qsort(ranked, n, sizeof(*ranked), ranked_order);
	for (size_t i = 0; i < n; i++)
		ranked[i].figure->rank =
			i && !rational_compare(ranked[i].by, ranked[i - 1].by) ?
				ranked[i - 1].figure->rank :
				(uint32_t)i + 1;
	return 0;
}
