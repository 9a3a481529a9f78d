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
