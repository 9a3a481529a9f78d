/*
 * Receipt stamps: what time an entry says it came in. A wrong clock must not
 * poison the journal, so there is a stamp only while
 *
 * - the wall clock has moved as the monotonic one since the last stamp, to
 *   within STAMP_DRIFT_US, and at the start was not before the journal's last
 *   entry by more than STAMP_SKEW_US;
 * - the median of (office's sent_us - stamp) over the last STAMP_OFFICES_MAX
 *   offices is within STAMP_SKEW_US.
 *
 * Else nothing is stamped until an operator confirms the clock. A simulated
 * clock is believed. Stamps never decrease. Pure.
 */
#ifndef TALLY_COLLECTOR_STAMP_H
#define TALLY_COLLECTOR_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/hash.h"

#define STAMP_DRIFT_US (5ull * 1000 * 1000)
#define STAMP_SKEW_US (5ull * 60 * 1000 * 1000)
#define STAMP_OFFICES_MAX 32
/* Fewer offices are no jury. */
#define STAMP_OFFICES_MIN 5

enum stamp_doubt {
	STAMP_SOUND,
	STAMP_JUMPED, /* the wall clock was set */
	STAMP_BEHIND, /* it is before the journal's last entry */
	STAMP_SKEWED, /* the offices' clocks say otherwise */
};

struct stamp_offset {
	struct hash key; /* office */
	int64_t us;
};

struct stamp {
	bool simulated;
	uint64_t last_us;	   /* of the journal's last entry */
	uint64_t wall_us, mono_us; /* at the last look */
	int64_t accepted_us;	   /* skew that an operator confirmed */
	struct stamp_offset offsets[STAMP_OFFICES_MAX];
	size_t offset_count, offset_next;
	enum stamp_doubt doubt;
};

void stamp_init(struct stamp *stamp, bool simulated, uint64_t last_us,
		uint64_t wall_us, uint64_t mono_us);

/* Looks at the clocks: false if nothing can be stamped, stamp->doubt says
 * why. *out is the stamp. */
bool stamp_take(struct stamp *stamp, uint64_t wall_us, uint64_t mono_us,
		uint64_t *out);

/* Hears an office's clock, in a batch that was sealed just now. */
void stamp_hear(struct stamp *stamp, const struct hash *key, uint64_t sent_us,
		uint64_t stamp_us);

/* The operator says that the wall clock is right. */
void stamp_confirm(struct stamp *stamp, uint64_t wall_us, uint64_t mono_us);

/* Median of the offices' offsets, 0 if they are too few. */
int64_t stamp_skew(const struct stamp *stamp);

const char *stamp_doubt_name(enum stamp_doubt doubt);

#endif
