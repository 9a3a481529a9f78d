#include "collector/kept.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int kept_path(const char *dir, const char *name, char out[PATH_MAX],
	      struct err *err)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    sizeof(path))
		return err_set(err, ERR_LIMIT, "the path %s/%s is too long",
			       dir, name);
	memcpy(out, path, sizeof(path));
	return 0;
}

bool kept_has(const char *dir, const char *name)
{
	char path[PATH_MAX];

	return !kept_path(dir, name, path, NULL) && !access(path, F_OK);
}

int kept_checkpoint(const char *dir, const char *named, char out[PATH_MAX],
		    struct err *err)
{
	if (!*named)
		return kept_path(dir, "checkpoint", out, err);
	if ((size_t)snprintf(out, PATH_MAX, "%s", named) >= PATH_MAX)
		return err_set(err, ERR_LIMIT, "the path %s is too long",
			       named);
	return 0;
}
