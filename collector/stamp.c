#include "collector/stamp.h"

#include <stdlib.h>
#include <string.h>

void stamp_init(struct stamp *stamp, bool simulated, uint64_t last_us,
		uint64_t wall_us, uint64_t mono_us)
{
	memset(stamp, 0, sizeof(*stamp));
	stamp->simulated = simulated;
	stamp->last_us = last_us;
	stamp->wall_us = wall_us;
	stamp->mono_us = mono_us;
	if (!simulated && wall_us + STAMP_SKEW_US < last_us)
		stamp->doubt = STAMP_BEHIND;
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static int compare_offsets(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int64_t stamp_skew(const struct stamp *stamp)
{
	int64_t sorted[STAMP_OFFICES_MAX];

	if (stamp->offset_count < STAMP_OFFICES_MIN)
		return 0;
	for (size_t i = 0; i < stamp->offset_count; i++)
		sorted[i] = stamp->offsets[i].us;
	qsort(sorted, stamp->offset_count, sizeof(sorted[0]), compare_offsets);
	return sorted[stamp->offset_count / 2];
}

static bool skewed(const struct stamp *stamp)
{
	int64_t beyond = stamp_skew(stamp) - stamp->accepted_us;

	return beyond > (int64_t)STAMP_SKEW_US ||
	       beyond < -(int64_t)STAMP_SKEW_US;
}

bool stamp_take(struct stamp *stamp, uint64_t wall_us, uint64_t mono_us,
		uint64_t *out)
{
	if (!stamp->simulated) {
		/* Doubt lasts: a clock that was set and set back again is
		 * still nobody's to believe. */
		if (stamp->doubt != STAMP_SOUND)
			return false;
		/* By how much the wall clock was set; wraps, as it should. */
		if (apart(wall_us - mono_us, stamp->wall_us - stamp->mono_us) >
		    STAMP_DRIFT_US)
			stamp->doubt = STAMP_JUMPED;
		else if (skewed(stamp))
			stamp->doubt = STAMP_SKEWED;
		if (stamp->doubt != STAMP_SOUND)
			return false;
		stamp->wall_us = wall_us;
		stamp->mono_us = mono_us;
	}
	if (wall_us > stamp->last_us)
		stamp->last_us = wall_us;
	*out = stamp->last_us;
	return true;
}

static struct stamp_offset *slot_of(struct stamp *stamp, const struct hash *key)
{
	struct stamp_offset *slot;

	for (size_t i = 0; i < stamp->offset_count; i++)
		if (hash_equal(&stamp->offsets[i].key, key))
			return &stamp->offsets[i];
	slot = &stamp->offsets[stamp->offset_next];
	stamp->offset_next = (stamp->offset_next + 1) % STAMP_OFFICES_MAX;
	if (stamp->offset_count < STAMP_OFFICES_MAX)
		stamp->offset_count++;
	return slot;
}

void stamp_hear(struct stamp *stamp, const struct hash *key, uint64_t sent_us,
		uint64_t stamp_us)
{
	/* An office may say anything; beyond some centuries it is all one. */
	const uint64_t far_us = 1ull << 60;
	struct stamp_offset *slot = slot_of(stamp, key);
	uint64_t us = apart(sent_us, stamp_us);

	if (us > far_us)
		us = far_us;
	slot->key = *key;
	slot->us = sent_us > stamp_us ? (int64_t)us : -(int64_t)us;
}

void stamp_confirm(struct stamp *stamp, uint64_t wall_us, uint64_t mono_us)
{
	stamp->wall_us = wall_us;
	stamp->mono_us = mono_us;
	/* Entries before a clock that was ahead keep their stamps; those that
	 * follow share the last one until the clock has caught up. */
	if (stamp->doubt == STAMP_SKEWED)
		stamp->accepted_us = stamp_skew(stamp);
	stamp->doubt = STAMP_SOUND;
}

const char *stamp_doubt_name(enum stamp_doubt doubt)
{
	switch (doubt) {
	case STAMP_SOUND:
		return "sound";
	case STAMP_JUMPED:
		return "jumped";
	case STAMP_BEHIND:
		return "behind-the-journal";
	case STAMP_SKEWED:
		return "offices-disagree";
	}
	return "unknown";
}
