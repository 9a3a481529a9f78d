#include "collector/kept.h"

#include <stdio.h>
#include <string.h>

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
