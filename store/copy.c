#include "store/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/sign.h"
#include "store/keyfile.h"

#define COPY_BYTES ((size_t)1 << 20)
#define COMPARED_BYTES_MAX ((size_t)16 << 20)

static int join(char out[PATH_MAX], const char *dir, const char *name,
		struct err *err)
{
	int len = snprintf(out, PATH_MAX, "%s%s", dir, name);

	if (len < 0 || len >= PATH_MAX)
		return err_set(err, ERR_LIMIT, "path is too long: %s%s", dir,
			       name);
	return 0;
}

static int write_all(int to, const char *data, size_t len, const char *path,
		     struct err *err)
{
	while (len) {
		ssize_t done = write(to, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return err_sys(err, "cannot write %s", path);
		data += done;
		len -= (size_t)done;
	}
	return 0;
}

static int copy_bytes(int from, int to, const char *path, struct err *err)
{
	char *room = malloc(COPY_BYTES);
	ssize_t got;
	int rc = 0;

	if (!room)
		return err_set(err, ERR_NOMEM, "no memory to copy");
	while (!rc && (got = read(from, room, COPY_BYTES)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		rc = got < 0 ? err_sys(err, "cannot read for %s", path) :
			       write_all(to, room, (size_t)got, path, err);
	}
	sign_wipe(room, COPY_BYTES); /* it may be a key */
	free(room);
	return rc;
}

/* Synced. */
static int fill(int in, const char *path, struct err *err)
{
	struct stat st;
	int out, rc = 0;

	if (fstat(in, &st))
		return err_sys(err, "cannot read for %s", path);
	(void)unlink(path);
	out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		   st.st_mode & 0777);
	if (out < 0)
		return err_sys(err, "cannot make %s", path);
	rc = copy_bytes(in, out, path, err);
	if (!rc && fsync(out))
		rc = err_sys(err, "cannot sync %s", path);
	if (close(out) && !rc)
		rc = err_sys(err, "cannot write %s", path);
	return rc;
}

int copy_file(const char *from, const char *to, struct err *err)
{
	char unfinished[PATH_MAX];
	int rc = join(unfinished, to, COPY_UNFINISHED, err), in;

	if (rc)
		return rc;
	in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return errno == ENOENT ? err_set(err, ERR_NOTFOUND,
						 "there is no file %s", from) :
					 err_sys(err, "cannot read %s", from);
	rc = fill(in, unfinished, err);
	(void)close(in);
	if (!rc && rename(unfinished, to))
		rc = err_sys(err, "cannot rename %s", unfinished);
	return rc ? rc : dir_sync_above(to, err);
}

/* One that is not there is left out: the sign key of a rotation goes first. */
static int copy_key(const char *from, const char *to, const char *kind,
		    struct err *err)
{
	char source[PATH_MAX], target[PATH_MAX];
	int rc = join(source, from, kind, err);

	if (!rc)
		rc = join(target, to, kind, err);
	if (!rc)
		rc = copy_file(source, target, err);
	return rc == ERR_NOTFOUND ? 0 : rc;
}

int copy_keys(const char *from, const char *dir, struct err *err)
{
	char source[PATH_MAX], target[PATH_MAX], unfinished[PATH_MAX];
	int rc = join(source, from, "/keys", err);

	if (!rc)
		rc = join(target, dir, "/keys", err);
	if (!rc)
		rc = join(unfinished, target, COPY_UNFINISHED, err);
	if (!rc && access(source, F_OK))
		rc = err_set(err, ERR_NOTFOUND, "there are no %s", source);
	if (!rc && !access(target, F_OK))
		rc = err_set(err, ERR_EXISTS, "%s is there already", target);
	if (!rc)
		rc = dir_make(dir, err);
	if (!rc)
		rc = dir_remove(unfinished, err);
	if (!rc)
		rc = dir_make(unfinished, err);
	if (!rc)
		rc = copy_key(source, unfinished, "/sign", err);
	if (!rc)
		rc = copy_key(source, unfinished, "/curve", err);
	if (!rc && rename(unfinished, target))
		rc = err_sys(err, "cannot rename %s", unfinished);
	return rc ? rc : dir_sync(dir, err);
}

static int read_if_there(const char *path, char **out, size_t *len,
			 struct err *err)
{
	int rc = file_read(path, COMPARED_BYTES_MAX, out, len, err);

	return rc == ERR_NOTFOUND ? 0 : rc;
}

static void forget(char *bytes, size_t len)
{
	if (bytes)
		sign_wipe(bytes, len);
	free(bytes);
}

int copy_is_same(const char *a, const char *b, bool *same, struct err *err)
{
	char *left = NULL, *right = NULL;
	size_t left_len = 0, right_len = 0;
	int rc = read_if_there(a, &left, &left_len, err);

	if (!rc)
		rc = read_if_there(b, &right, &right_len, err);
	if (!rc)
		*same = !left == !right && left_len == right_len &&
			(!left || !memcmp(left, right, left_len));
	forget(left, left_len);
	forget(right, right_len);
	return rc;
}
