/*
 * Clocks. A program's clock says what time it is for the record: the wall
 * clock, or, for a journal founded as simulated, a file with decimal
 * microseconds since 1970 that is replaced by rename. Retries and timeouts
 * never use it: they use the monotonic clock.
 */
#ifndef TALLY_RT_CLOCK_H
#define TALLY_RT_CLOCK_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct clock {
	char path[PATH_MAX]; /* empty: the wall clock */
	uint64_t last_us;
};

/* path NULL: the wall clock. ERR_IO, ERR_INVALID: the file cannot be read. */
int clock_open(struct clock *clock, const char *path, struct err *err);

bool clock_simulated(const struct clock *clock);

/*
 * Microseconds since 1970. A simulated clock never decreases, and stands
 * still while its file cannot be read; the wall clock may be set back.
 */
uint64_t clock_now_us(struct clock *clock);

/* Since some moment before the program's start. */
uint64_t clock_monotonic_ms(void);
uint64_t clock_monotonic_us(void);

#endif
