#include "audit/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDERS_OPEN 16
#define DIR_MODE 0755

/* The folder that a path is in; "." of a bare name. */
static void above(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		(void)snprintf(out, PATH_MAX, ".");
	else
		(void)snprintf(out, PATH_MAX, "%.*s",
			       slash == path ? 1 : (int)(slash - path), path);
}

/* Is path source, or below it? */
static bool is_within(const char *path, const char *source)
{
	char *inner = realpath(path, NULL), *outer = realpath(source, NULL);
	size_t len = outer ? strlen(outer) : 0;
	bool within = inner && outer && !strncmp(inner, outer, len) &&
		      (inner[len] == '/' || inner[len] == '\0');

	free(inner);
	free(outer);
	return within;
}

int aside_open(struct aside *aside, const char *out, const char *source,
	       struct err *err)
{
	char parent[PATH_MAX];
	struct stat st;
	size_t len = strlen(out);
	int n;

	*aside = (struct aside){ 0 };
	while (len > 1 && out[len - 1] == '/')
		len--;
	n = snprintf(aside->out, sizeof(aside->out), "%.*s", (int)len, out);
	if (!len || n >= PATH_MAX - 16)
		return err_set(err, ERR_INVALID, "%s is no name for a folder",
			       out);
	if (!lstat(aside->out, &st))
		return err_set(err, ERR_EXISTS,
			       "%s is there already: nothing is overwritten, "
			       "name a new folder",
			       aside->out);
	above(aside->out, parent);
	if (is_within(parent, source))
		return err_set(err, ERR_INVALID,
			       "%s is within %s, which is only read: name a "
			       "folder elsewhere",
			       aside->out, source);
	(void)snprintf(aside->dir, sizeof(aside->dir), "%.*s.XXXXXX", n,
		       aside->out);
	if (!mkdtemp(aside->dir)) {
		n = err_sys(err, "%s", aside->out);
		aside->dir[0] = '\0';
		return n;
	}
	return chmod(aside->dir, DIR_MODE) ? err_sys(err, "%s", aside->dir) : 0;
}

int aside_file(const struct aside *aside, const char *name, FILE **out,
	       struct err *err)
{
	char path[PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s/%s", aside->dir, name);
	*out = fopen(path, "wxe");
	return *out ? 0 : err_sys(err, "%s", path);
}

static int sync_all(const char *dir, bool whole, struct err *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || (whole ? syncfs(fd) : fsync(fd)) ?
			 err_sys(err, "%s", dir) :
			 0;

	if (fd >= 0)
		(void)close(fd);
	return rc;
}

int aside_take(struct aside *aside, struct err *err)
{
	char parent[PATH_MAX];
	int rc = sync_all(aside->dir, true, err);

	if (rc)
		return rc;
	if (renameat2(AT_FDCWD, aside->dir, AT_FDCWD, aside->out,
		      RENAME_NOREPLACE))
		return err_sys(err, "%s", aside->out);
	aside->dir[0] = '\0';
	above(aside->out, parent);
	return sync_all(parent, false, err);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void aside_drop(struct aside *aside)
{
	if (aside->dir[0])
		(void)nftw(aside->dir, remove_one, FOLDERS_OPEN,
			   FTW_DEPTH | FTW_PHYS);
	aside->dir[0] = '\0';
}
