/* Moments as people write them: a day, or a day and a time of day. */
#ifndef TALLY_PROTO_MOMENT_H
#define TALLY_PROTO_MOMENT_H

#include <stdint.h>

#include "base/err.h"

/*
 * "2024-06-30": the last microsecond of that day; "2024-06-30T18:00" or
 * "...T18:00:30" (a blank does as well as the T): that moment. Days and times
 * are those zone_minutes east of UTC. ERR_INVALID.
 */
int moment_parse(const char *text, int zone_minutes, uint64_t *out_us,
		 struct err *err);

#endif
