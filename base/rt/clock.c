#include "base/rt/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* 20 digits, a line end, and room to notice that there is more. */
#define CLOCK_FILE_BYTES_MAX 24

static int read_clock(const char *path, uint64_t *out, struct err *err)
{
	char text[CLOCK_FILE_BYTES_MAX];
	uint64_t us = 0;
	ssize_t len, i;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "cannot open the clock file %s", path);
	len = read(fd, text, sizeof(text));
	(void)close(fd);
	if (len < 0)
		return err_sys(err, "cannot read the clock file %s", path);
	for (i = 0; i < len && text[i] >= '0' && text[i] <= '9'; i++)
		if (__builtin_mul_overflow(us, 10, &us) ||
		    __builtin_add_overflow(us, (uint64_t)(text[i] - '0'), &us))
			break;
	if (i == 0 || i < len - 1 || (i == len - 1 && text[i] != '\n'))
		return err_set(err, ERR_INVALID,
			       "%s: a clock file holds one number, the "
			       "microseconds since 1970",
			       path);
	*out = us;
	return 0;
}

int clock_open(struct clock *clock, const char *path, struct err *err)
{
	uint64_t us = 0;
	int rc;

	if (path) {
		if (strlen(path) >= sizeof(clock->path) || !path[0])
			return err_set(err, ERR_LIMIT,
				       "the path of the clock file is %s",
				       path[0] ? "too long" : "empty");
		rc = read_clock(path, &us, err);
		if (rc)
			return rc;
	}
	memset(clock, 0, sizeof(*clock));
	if (path)
		(void)snprintf(clock->path, sizeof(clock->path), "%s", path);
	clock->last_us = us;
	return 0;
}

bool clock_simulated(const struct clock *clock)
{
	return clock->path[0] != '\0';
}

static uint64_t read_us(clockid_t id)
{
	struct timespec now = { 0 };

	(void)clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_now_us(struct clock *clock)
{
	uint64_t us = 0;

	if (!clock_simulated(clock))
		return read_us(CLOCK_REALTIME);
	if (!read_clock(clock->path, &us, NULL) && us > clock->last_us)
		clock->last_us = us;
	return clock->last_us;
}

uint64_t clock_monotonic_ms(void)
{
	return clock_monotonic_us() / 1000;
}

uint64_t clock_monotonic_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}
