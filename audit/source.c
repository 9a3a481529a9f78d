#include "audit/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/day.h"

#define US_A_SECOND 1000000ull

static bool is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static bool joins(const char *dir, const char *name, char out[PATH_MAX])
{
	int len = snprintf(out, PATH_MAX, "%s/%s", dir, name);

	return len > 0 && len < PATH_MAX;
}

int source_journal(const char *dir, char out[PATH_MAX], struct err *err)
{
	char path[PATH_MAX];

	if (!is_dir(dir))
		return err_set(err, ERR_NOTFOUND, "%s is not a directory", dir);
	if (!joins(dir, "journal", path) || !is_dir(path))
		(void)snprintf(path, sizeof(path), "%s", dir);
	memcpy(out, path, sizeof(path));
	return 0;
}

void source_store(const char *dir, char out[PATH_MAX])
{
	char path[PATH_MAX];

	if (!joins(dir, "store", path) || !is_dir(path))
		(void)snprintf(path, sizeof(path), "%s", dir);
	memcpy(out, path, sizeof(path));
}

static bool two_digits(const char *at, unsigned below, unsigned *out)
{
	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return false;
	*out = (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
	return *out < below;
}

/* "18:00" or "18:00:30" as seconds of the day. */
static bool parse_clock(const char *text, uint64_t *seconds)
{
	size_t len = strlen(text);
	unsigned h, m, s = 0;

	if ((len != 5 && len != 8) || text[2] != ':')
		return false;
	if (!two_digits(text, 24, &h) || !two_digits(text + 3, 60, &m))
		return false;
	if (len == 8 && (text[5] != ':' || !two_digits(text + 6, 60, &s)))
		return false;
	*seconds = (h * 60ull + m) * 60 + s;
	return true;
}

int source_moment(const char *text, int zone_minutes, uint64_t *out_us,
		  struct err *err)
{
	size_t date_len = strcspn(text, "T ");
	uint64_t seconds;
	int32_t day;

	if (day_parse(span_of(text, date_len), &day))
		return err_set(err, ERR_INVALID,
			       "%s is not a day (2024-06-30) or a time "
			       "(2024-06-30T18:00)",
			       text);
	if (!text[date_len]) {
		*out_us = day_start_us(day + 1, zone_minutes) - 1;
		return 0;
	}
	if (!parse_clock(text + date_len + 1, &seconds))
		return err_set(err, ERR_INVALID,
			       "%s: the time of day is written 18:00 or "
			       "18:00:30",
			       text);
	*out_us = day_start_us(day, zone_minutes) + seconds * US_A_SECOND;
	return 0;
}

bool source_size(const char *text, uint64_t *out)
{
	char *end = NULL;
	unsigned long long size;

	if (!*text || strspn(text, "0123456789") != strlen(text))
		return false;
	errno = 0;
	size = strtoull(text, &end, 10);
	if (errno || *end)
		return false;
	*out = size;
	return true;
}

int source_batch(const struct journal_entry *entry, struct arena *arena,
		 struct batch *batch, struct err *err)
{
	struct batch out;
	int rc;

	arena_reset(arena);
	memset(batch, 0, sizeof(*batch));
	if (entry->leaf.kind == LEAF_STATE)
		return entry->batch.len ?
			       err_set(err, ERR_CORRUPT,
				       "a state entry carries a batch") :
			       0;
	if (entry->leaf.kind == LEAF_FORWARD)
		return err_set(err, ERR_INVALID,
			       "entries of other journals are not known to "
			       "this program");
	rc = wire_decode_batch(entry->batch, arena, &out, err);
	if (!rc)
		rc = wire_check_batch(&out, arena, false, err);
	if (!rc)
		*batch = out;
	return rc;
}
