#include "store/witnesses.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/keyfile.h"

#define FILE_BYTES_MAX 65536

static int take_line(struct witnesses *witnesses, struct span line,
		     struct err *err)
{
	struct note_key *key = &witnesses->keys[witnesses->count];
	int rc;

	if (witnesses->count == WITNESSES_MAX)
		return err_set(err, ERR_INVALID, "more than %d witnesses",
			       WITNESSES_MAX);
	rc = note_key_parse(line, key, err);
	if (rc)
		return rc;
	if (key->kind != NOTE_COSIGNATURE)
		return err_set(err, ERR_INVALID, "%s is not a witness's key",
			       key->name);
	for (size_t i = 0; i < witnesses->count; i++)
		if (!memcmp(&witnesses->keys[i].key, &key->key,
			    sizeof(key->key)))
			return err_set(err, ERR_INVALID, "%s is named twice",
				       key->name);
	witnesses->count++;
	return 0;
}

/* Without the remark and the blanks around. */
static struct span meat(const char *text, size_t len)
{
	const char *remark = memchr(text, '#', len);

	if (remark)
		len = (size_t)(remark - text);
	while (len && strchr(" \t\r", text[len - 1]))
		len--;
	while (len && strchr(" \t", *text)) {
		text++;
		len--;
	}
	return span_of(text, len);
}

static int parse(struct witnesses *witnesses, const char *path,
		 const char *text, size_t len, struct err *err)
{
	const char *end = text + len;

	for (unsigned line = 1; text < end; line++) {
		const char *feed = memchr(text, '\n', (size_t)(end - text));
		const char *stop = feed ? feed : end;
		struct span word = meat(text, (size_t)(stop - text));
		struct err why = { 0 };

		if (word.len && take_line(witnesses, word, &why))
			return err_set(err, ERR_INVALID, "%s:%u: %s", path,
				       line, why.msg);
		text = stop + 1;
	}
	return 0;
}

int witnesses_read(const char *dir, uint64_t need, struct witnesses *out,
		   struct err *err)
{
	struct witnesses witnesses = { 0 };
	char path[PATH_MAX], *text = NULL;
	size_t len;
	int rc;

	if ((size_t)snprintf(path, sizeof(path), "%s/" WITNESSES_FILE, dir) >=
	    sizeof(path))
		return err_set(err, ERR_LIMIT, "the path is too long");
	rc = file_read(path, FILE_BYTES_MAX, &text, &len, err);
	if (!rc)
		rc = parse(&witnesses, path, text, len, err);
	free(text);
	if (rc && rc != ERR_NOTFOUND)
		return rc;
	if (need > witnesses.count)
		return err_set(err, ERR_INVALID,
			       "[witness] need = %llu, but %s names %zu: add "
			       "what \"tally-agent witness\" prints there",
			       (unsigned long long)need, path, witnesses.count);
	witnesses.need = (unsigned)need;
	*out = witnesses;
	return 0;
}

uint32_t witnesses_of(const struct witnesses *witnesses, struct span note)
{
	struct span text, lines;
	uint32_t signers = 0;

	if (note_part(note, &text, &lines, NULL))
		return 0;
	for (size_t i = 0; i < witnesses->count; i++)
		if (!note_check(text, lines, &witnesses->keys[i], NULL, NULL))
			signers |= 1u << i;
	return signers;
}

bool witnesses_enough(const struct witnesses *witnesses, uint32_t signers)
{
	return (unsigned)__builtin_popcount(signers) >= witnesses->need;
}
