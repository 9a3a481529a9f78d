#include "store/keyfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_TITLE "tally-key/1"
#define KEY_FILE_BYTES_MAX 256
#define LOCK_TEXT_BYTES 32

static int join(char out[PATH_MAX], const char *dir, const char *name,
		struct err *err)
{
	int len = snprintf(out, PATH_MAX, "%s/%s", dir, name);

	if (len < 0 || len >= PATH_MAX)
		return err_set(err, ERR_LIMIT, "path is too long: %s/%s", dir,
			       name);
	return 0;
}

/* ---- whole files ---- */

int dir_sync(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return err_sys(err, "cannot open directory %s", path);
	if (fsync(fd))
		rc = err_sys(err, "cannot sync directory %s", path);
	(void)close(fd);
	return rc;
}

int dir_sync_above(const char *path, struct err *err)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (!slash)
		return dir_sync(".", err);
	if (!len)
		return dir_sync("/", err);
	memcpy(parent, path, len); /* the caller's path fits PATH_MAX */
	parent[len] = '\0';
	return dir_sync(parent, err);
}

static int write_synced(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t done = write(fd, at, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		at += done;
		len -= (size_t)done;
	}
	return fsync(fd);
}

int file_replace(const char *path, const void *data, size_t len, unsigned mode,
		 struct err *err)
{
	char temp[PATH_MAX];
	int used = snprintf(temp, sizeof(temp), "%s.XXXXXX", path);
	int rc = 0;
	int fd;

	if (used < 0 || used >= PATH_MAX)
		return err_set(err, ERR_LIMIT, "path is too long: %s", path);
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "cannot make %s", temp);
	if (fchmod(fd, (mode_t)mode) || write_synced(fd, data, len))
		rc = err_sys(err, "cannot write %s", temp);
	if (close(fd) && !rc)
		rc = err_sys(err, "cannot close %s", temp);
	if (!rc && rename(temp, path))
		rc = err_sys(err, "cannot rename %s to %s", temp, path);
	if (rc) {
		(void)unlink(temp);
		return rc;
	}
	return dir_sync_above(path, err);
}

static int read_all(int fd, const char *path, size_t cap, char **out,
		    size_t *len, struct err *err)
{
	size_t size = 4096, used = 0;
	char *data = malloc(size);
	int rc = 0;

	while (data) {
		ssize_t got = read(fd, data + used, size - used - 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			rc = err_sys(err, "cannot read %s", path);
		if (got <= 0)
			break;
		used += (size_t)got;
		if (used > cap) {
			rc = err_set(err, ERR_LIMIT,
				     "%s is larger than %zu bytes", path, cap);
			break;
		}
		if (used + 1 == size) {
			char *more = realloc(data, 2 * size);

			if (!more)
				free(data);
			data = more;
			size *= 2;
		}
	}
	if (!data)
		return err_set(err, ERR_NOMEM, "no memory to read %s", path);
	if (rc) {
		free(data);
		return rc;
	}
	data[used] = '\0';
	*out = data;
	*len = used;
	return 0;
}

static int open_file(const char *path, int *fd, struct err *err)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd >= 0)
		return 0;
	if (errno == ENOENT)
		return err_set(err, ERR_NOTFOUND, "there is no file %s", path);
	return err_sys(err, "cannot open %s", path);
}

int file_read(const char *path, size_t cap, char **out, size_t *len,
	      struct err *err)
{
	int fd;
	int rc = open_file(path, &fd, err);

	if (rc)
		return rc;
	rc = read_all(fd, path, cap, out, len, err);
	(void)close(fd);
	return rc;
}

/* ---- keys ---- */

static int write_key(const char *dir, const char *kind,
		     const uint8_t seed[SIGN_SEED_BYTES], struct err *err)
{
	char hex[2 * SIGN_SEED_BYTES + 1];
	char text[KEY_FILE_BYTES_MAX];
	char path[PATH_MAX];
	int rc = join(path, dir, kind, err);
	int len;

	if (rc)
		return rc;
	bytes_to_hex(span_of(seed, SIGN_SEED_BYTES), hex);
	len = snprintf(text, sizeof(text), KEY_TITLE " %s %s\n", kind, hex);
	rc = file_replace(path, text, (size_t)len, 0600, err);
	sign_wipe(hex, sizeof(hex));
	sign_wipe(text, sizeof(text));
	return rc;
}

static int parse_key(const char *text, size_t len, const char *kind,
		     uint8_t seed[SIGN_SEED_BYTES])
{
	char begin[64];
	char hex[2 * SIGN_SEED_BYTES + 1];
	size_t used =
		(size_t)snprintf(begin, sizeof(begin), KEY_TITLE " %s ", kind);
	int rc;

	if (len != used + 2 * SIGN_SEED_BYTES + 1 || text[len - 1] != '\n' ||
	    memcmp(text, begin, used) != 0)
		return ERR_INVALID;
	memcpy(hex, text + used, 2 * SIGN_SEED_BYTES);
	hex[2 * SIGN_SEED_BYTES] = '\0';
	rc = hex_to_bytes(hex, seed, SIGN_SEED_BYTES);
	sign_wipe(hex, sizeof(hex));
	return rc;
}

static int open_key(const char *path, int *fd, struct err *err)
{
	int rc = open_file(path, fd, err);

	if (rc == ERR_IO && faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) &&
	    errno == EACCES)
		return err_set(err, ERR_DENIED,
			       "%s may not be read by this user: run this as "
			       "the user whose file it is",
			       path);
	return rc;
}

/* Whoever can write there can put keys of his own in their place. */
static int check_keys_dir(const char *dir, struct err *err)
{
	struct stat st;

	if (stat(dir, &st))
		return errno == ENOENT ? 0 /* the file is named as missing */ :
					 err_sys(err, "cannot look at %s", dir);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, ERR_DENIED,
			       "%s can be changed by others (mode %04o); if "
			       "nobody did, run: chmod 700 %s",
			       dir, (unsigned)st.st_mode & 07777, dir);
	return 0;
}

int file_read_private(const char *path, size_t cap, char **out, size_t *len,
		      struct err *err)
{
	struct stat st;
	int fd;
	int rc = open_key(path, &fd, err);

	if (rc)
		return rc;
	if (fstat(fd, &st))
		rc = err_sys(err, "cannot look at %s", path);
	else if (!S_ISREG(st.st_mode))
		rc = err_set(err, ERR_INVALID, "%s is not a file", path);
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		rc = err_set(err, ERR_DENIED,
			     "%s can be read by others (mode %04o); if nobody "
			     "did, run: chmod 600 %s",
			     path, (unsigned)st.st_mode & 07777, path);
	if (!rc)
		rc = read_all(fd, path, cap, out, len, err);
	(void)close(fd);
	return rc;
}

static int read_key(const char *dir, const char *kind,
		    uint8_t seed[SIGN_SEED_BYTES], struct err *err)
{
	char path[PATH_MAX];
	char *text = NULL;
	size_t len = 0;
	int rc = join(path, dir, kind, err);

	if (!rc)
		rc = file_read_private(path, KEY_FILE_BYTES_MAX, &text, &len,
				       err);
	if (!rc && parse_key(text, len, kind, seed))
		rc = err_set(err, ERR_CORRUPT, "%s is not a tally %s key", path,
			     kind);
	if (text) {
		sign_wipe(text, len);
		free(text);
	}
	return rc;
}

static void make_pairs(const uint8_t sign_seed[SIGN_SEED_BYTES],
		       const uint8_t curve_secret[CURVE_KEY_BYTES],
		       struct keys *out)
{
	sign_pair_from_seed(sign_seed, &out->sign);
	curve_pair_from_secret(curve_secret, &out->curve);
}

static void remove_keys(const char *dir)
{
	char path[PATH_MAX];

	if (!join(path, dir, "sign", NULL))
		(void)unlink(path);
	if (!join(path, dir, "curve", NULL))
		(void)unlink(path);
	(void)rmdir(dir);
}

/* Both files come into being at once, by the rename of their directory. */
static int write_keys(const char *dir, const uint8_t *sign_seed,
		      const uint8_t *curve_secret, struct err *err)
{
	char temp[PATH_MAX], final[PATH_MAX];
	int rc = join(temp, dir, "keys.XXXXXX", err);

	if (!rc)
		rc = join(final, dir, "keys", err);
	if (rc)
		return rc;
	if (!mkdtemp(temp))
		return err_sys(err, "cannot make a directory in %s", dir);
	rc = write_key(temp, "sign", sign_seed, err);
	if (!rc)
		rc = write_key(temp, "curve", curve_secret, err);
	if (!rc && rename(temp, final)) {
		if (errno == ENOTEMPTY || errno == EEXIST)
			rc = err_set(err, ERR_EXISTS,
				     "%s is there already; keys are never "
				     "written over",
				     final);
		else
			rc = err_sys(err, "cannot make %s", final);
	}
	if (rc)
		remove_keys(temp);
	else
		rc = dir_sync(dir, err);
	return rc;
}

int keys_create(const char *dir, struct keys *out, struct err *err)
{
	uint8_t sign_seed[SIGN_SEED_BYTES];
	uint8_t curve_secret[CURVE_KEY_BYTES];
	int rc;

	random_bytes(sign_seed, sizeof(sign_seed));
	random_bytes(curve_secret, sizeof(curve_secret));
	rc = write_keys(dir, sign_seed, curve_secret, err);
	if (!rc)
		make_pairs(sign_seed, curve_secret, out);
	sign_wipe(sign_seed, sizeof(sign_seed));
	sign_wipe(curve_secret, sizeof(curve_secret));
	return rc;
}

static int load_seed(const char *dir, const char *kind,
		     uint8_t seed[SIGN_SEED_BYTES], struct err *err)
{
	char keys[PATH_MAX];
	int rc = join(keys, dir, "keys", err);

	if (!rc)
		rc = check_keys_dir(keys, err);
	return rc ? rc : read_key(keys, kind, seed, err);
}

int keys_load_sign(const char *dir, struct sign_pair *out, struct err *err)
{
	uint8_t seed[SIGN_SEED_BYTES];
	int rc = load_seed(dir, "sign", seed, err);

	if (!rc)
		sign_pair_from_seed(seed, out);
	sign_wipe(seed, sizeof(seed));
	return rc;
}

int keys_load_curve(const char *dir, struct curve_pair *out, struct err *err)
{
	uint8_t secret[CURVE_KEY_BYTES];
	int rc = load_seed(dir, "curve", secret, err);

	if (!rc)
		curve_pair_from_secret(secret, out);
	sign_wipe(secret, sizeof(secret));
	return rc;
}

int keys_load(const char *dir, struct keys *out, struct err *err)
{
	struct keys keys;
	int rc = keys_load_sign(dir, &keys.sign, err);

	if (!rc)
		rc = keys_load_curve(dir, &keys.curve, err);
	if (!rc)
		*out = keys;
	keys_wipe(&keys);
	return rc;
}

static int replace_key(const char *to, const char *from, const char *kind,
		       struct err *err)
{
	char target[PATH_MAX], source[PATH_MAX];
	int rc = join(target, to, kind, err);

	if (!rc)
		rc = join(source, from, kind, err);
	if (!rc && rename(source, target) && errno != ENOENT)
		rc = err_sys(err, "cannot make %s", target);
	return rc;
}

void keys_discard(const char *dir)
{
	DIR *folder = opendir(dir);
	const struct dirent *entry;
	char path[PATH_MAX];

	while (folder && (entry = readdir(folder)))
		if (!strncmp(entry->d_name, "keys", 4) &&
		    !join(path, dir, entry->d_name, NULL))
			(void)dir_remove(path, NULL);
	if (folder)
		(void)closedir(folder);
	(void)rmdir(dir);
}

int keys_replace(const char *dir, const char *from, struct err *err)
{
	char to[PATH_MAX], source[PATH_MAX];
	int rc = join(to, dir, "keys", err);

	if (!rc)
		rc = join(source, from, "keys", err);
	if (!rc)
		rc = replace_key(to, source, "sign", err);
	if (!rc)
		rc = replace_key(to, source, "curve", err);
	if (!rc)
		rc = dir_sync(to, err);
	if (!rc)
		keys_discard(from);
	return rc;
}

int keys_take_over(const char *dir, const char *from, const char *kind,
		   struct err *err)
{
	char to[PATH_MAX], source[PATH_MAX];
	int rc = join(to, dir, "keys", err);

	if (!rc)
		rc = join(source, from, "keys", err);
	if (!rc)
		rc = replace_key(to, source, kind, err);
	if (!rc)
		rc = dir_sync(to, err);
	if (!rc && !rmdir(source))
		(void)rmdir(from);
	return rc;
}

void keys_wipe(struct keys *keys)
{
	sign_wipe(keys, sizeof(*keys));
}

/* ---- lock ---- */

/* Of the open file, not of the process: as flock, but it can be asked for. */
static int lock_ask(int fd, int command, short *type)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int rc = fcntl(fd, command, &all);

	*type = all.l_type;
	return rc;
}

/* The process that the file names, 0 if it is gone or none is named. */
static long lock_process(int fd)
{
	char text[LOCK_TEXT_BYTES] = "";
	long pid;

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	pid = strtol(text, NULL, 10);
	return pid > 0 && (!kill((pid_t)pid, 0) || errno == EPERM) ? pid : 0;
}

int lock_take(const char *dir, const char *name, int *fd, struct err *err)
{
	char text[LOCK_TEXT_BYTES] = "";
	char path[PATH_MAX];
	int rc = join(path, dir, name, err);
	int lock, len;
	short type;

	if (rc)
		return rc;
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return err_sys(err, "cannot open %s", path);
	if (lock_ask(lock, F_OFD_SETLK, &type)) {
		if (errno != EAGAIN && errno != EACCES)
			rc = err_sys(err, "cannot lock %s", path);
		else if (lock_process(lock))
			rc = err_set(err, ERR_LOCKED,
				     "%s is in use by process %ld", dir,
				     lock_process(lock));
		else
			rc = err_set(err, ERR_LOCKED,
				     "%s is in use by another process", dir);
		(void)close(lock);
		return rc;
	}
	/* The number is for people; the lock is what counts. */
	len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(lock, 0) || pwrite(lock, text, (size_t)len, 0) != len) {
		rc = err_sys(err, "cannot write %s", path);
		(void)close(lock);
		return rc;
	}
	*fd = lock;
	return 0;
}

long lock_holder(const char *dir, const char *name)
{
	char path[PATH_MAX];
	long holder = 0;
	short type;
	int lock;

	if (join(path, dir, name, NULL))
		return 0;
	lock = open(path, O_RDWR | O_CLOEXEC);
	if (lock < 0)
		return errno == ENOENT ? 0 : -1;
	if (!lock_ask(lock, F_OFD_GETLK, &type) && type != F_UNLCK) {
		holder = lock_process(lock);
		holder = holder ? holder : -1;
	}
	(void)close(lock);
	return holder;
}

int dir_make(const char *dir, struct err *err)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s", dir) >= sizeof(path))
		return err_set(err, ERR_LIMIT, "the path is too long");
	for (char *at = path + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return err_sys(err, "cannot make %s", path);
		*at = '/';
	}
	if (mkdir(path, 0700) && errno != EEXIST)
		return err_sys(err, "cannot make %s", path);
	return 0;
}

int dir_remove(const char *dir, struct err *err)
{
	DIR *folder = opendir(dir);
	const struct dirent *entry;

	if (!folder && errno == ENOENT)
		return 0;
	while (folder && (entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			(void)unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		(void)closedir(folder);
	return rmdir(dir) ? err_sys(err, "cannot remove %s", dir) : 0;
}
