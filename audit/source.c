#include "audit/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
	if (entry->leaf.kind == LEAF_REOPENED)
		return 0;
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
