#include "collector/heard.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "collector/kept.h"
#include "collector/succeed.h"
#include "store/keyfile.h"

#define LINE_BYTES (2 * HASH_BYTES + 1)
#define FILE_BYTES_MAX (64u * 1024 * 1024)
#define FILE_MODE 0644

/* A line that was cut off is nobody's. */
static int take_lines(struct heard *heard, const char *text, size_t len,
		      struct err *err)
{
	for (size_t at = 0; at + LINE_BYTES <= len; at += LINE_BYTES) {
		char hex[LINE_BYTES] = "";
		struct hash key;

		memcpy(hex, text + at, LINE_BYTES - 1);
		if (hex_to_bytes(hex, key.bytes, HASH_BYTES))
			continue;
		if (intern_put(&heard->keys, span_of(key.bytes, HASH_BYTES)) ==
		    INTERN_NONE)
			return err_set(err, ERR_NOMEM, "no memory");
	}
	return 0;
}

int heard_open(struct heard *heard, const char *dir, struct err *err)
{
	enum succeed_state state;
	char *text = NULL;
	size_t len = 0;
	int rc = succeed_state(dir, &state, err);

	memset(heard, 0, sizeof(*heard));
	intern_init(&heard->keys);
	if (rc || state != SUCCEED_CURVE)
		return rc;
	heard->waits = true;
	rc = kept_path(dir, SUCCEED_HEARD, heard->path, err);
	if (!rc)
		rc = file_read(heard->path, FILE_BYTES_MAX, &text, &len, err);
	if (!rc)
		rc = take_lines(heard, text, len, err);
	free(text);
	return rc == ERR_NOTFOUND ? 0 : rc;
}

void heard_release(struct heard *heard)
{
	intern_release(&heard->keys);
}

bool heard_has(const struct heard *heard, const struct hash *key)
{
	return intern_find(&heard->keys, span_of(key->bytes, HASH_BYTES)) !=
	       INTERN_NONE;
}

/* Where the last line was cut off, this one begins where it should. */
static int append(const char *path, const char *line, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, FILE_MODE);
	off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	int rc = 0;

	if (end < 0 ||
	    pwrite(fd, line, LINE_BYTES, end - end % LINE_BYTES) != LINE_BYTES)
		rc = err_sys(err, "cannot write %s", path);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

int heard_add(struct heard *heard, const struct hash *key, struct err *err)
{
	char line[LINE_BYTES + 1];

	if (!heard->waits || heard_has(heard, key))
		return 0;
	if (intern_put(&heard->keys, span_of(key->bytes, HASH_BYTES)) ==
	    INTERN_NONE)
		return err_set(err, ERR_NOMEM, "no memory");
	hash_print(key, line);
	line[LINE_BYTES - 1] = '\n';
	return append(heard->path, line, err);
}

bool heard_lacks(const struct heard *heard, const struct fold_office *office,
		 uint64_t now_us)
{
	struct hash key = sign_key_hash(&office->key);

	return heard->waits && !office->revoked && !office->suspended &&
	       (!office->until_us || office->until_us >= now_us) &&
	       !heard_has(heard, &key);
}
