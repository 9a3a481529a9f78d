#include "audit/progress.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH 30
#define LINE_WIDTH 64 /* of all that is ever drawn */
#define FRAME_BYTES 20
#define EVERY_ENTRIES 64
#define EVERY_MS 100

static uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t segment_bytes(const char *dir)
{
	DIR *list = opendir(dir);
	struct dirent *entry;
	uint64_t bytes = 0;

	while (list && (entry = readdir(list)) != NULL) {
		const char *dot = strrchr(entry->d_name, '.');
		struct stat st;

		if (dot && !strcmp(dot, ".seg") &&
		    !fstatat(dirfd(list), entry->d_name, &st, 0))
			bytes += (uint64_t)st.st_size;
	}
	if (list)
		(void)closedir(list);
	return bytes;
}

static void draw(const struct progress *progress)
{
	uint64_t share =
		progress->total ? progress->done * 100 / progress->total : 0;
	char bar[BAR_WIDTH + 1];

	share = share < 100 ? share : 100;
	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', share * BAR_WIDTH / 100);
	bar[BAR_WIDTH] = '\0';
	(void)fprintf(stderr, "\r[%s] %3" PRIu64 " %%  %" PRIu64, bar, share,
		      progress->entries);
	(void)fflush(stderr);
}

void progress_start(struct progress *progress, const char *dir)
{
	*progress = (struct progress){ .shown = isatty(STDERR_FILENO) == 1 };
	if (!progress->shown)
		return;
	progress->total = segment_bytes(dir);
	progress->drawn_ms = now_ms();
	draw(progress);
}

void progress_entry(struct progress *progress,
		    const struct journal_entry *entry)
{
	uint64_t now;

	progress->entries++;
	progress->done +=
		FRAME_BYTES + entry->leaf_bytes.len + entry->batch.len;
	if (!progress->shown || progress->entries % EVERY_ENTRIES)
		return;
	now = now_ms();
	if (now - progress->drawn_ms < EVERY_MS)
		return;
	progress->drawn_ms = now;
	draw(progress);
}

void progress_end(struct progress *progress)
{
	if (!progress->shown)
		return;
	/* A terminal need not know more than a carriage return. */
	(void)fprintf(stderr, "\r%*s\r", LINE_WIDTH, "");
	(void)fflush(stderr);
	progress->shown = false;
}
