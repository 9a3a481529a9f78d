/* What every part of the running collector may do to it. */
#include "collector/collector_parts.h"

#include <inttypes.h>
#include <sys/statvfs.h>

#include "base/rt/log.h"
#include "base/rt/options.h"

#define CLOCKS_APART_US 100000
#define CLOCK_TRIES 8

void collector_give_up(struct collector *c, const char *event,
		       const struct err *err)
{
	log_err(LOG_ERROR, event, err);
	c->code = err->code == ERR_CORRUPT ? EXIT_BROKEN : EXIT_FAILED;
	loop_stop(c->loop);
}

void collector_read_clocks(struct collector *c)
{
	uint64_t before_us;
	unsigned tries = CLOCK_TRIES;

	do {
		before_us = clock_monotonic_us();
		c->now_us = clock_now_us(&c->clock);
		c->mono_us = clock_monotonic_us();
	} while (c->mono_us - before_us > CLOCKS_APART_US && --tries);
}

void collector_read_disk(struct collector *c)
{
	struct statvfs fs;

	c->free_bytes = UINT64_MAX;
	if (!statvfs(c->journal_dir, &fs))
		c->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (c->full_told && c->free_bytes > 2 * c->settings->reserve_bytes) {
		log_line(LOG_INFO, "disk-has-room", "free=%" PRIu64,
			 c->free_bytes);
		c->full_told = false;
	}
}

void collector_tell_disk_full(struct collector *c)
{
	if (!c->full_told)
		log_line(LOG_WARN, "disk-full", "free=%" PRIu64, c->free_bytes);
	c->full_told = true;
}
