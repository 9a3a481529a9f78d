#include "audit/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/card.h"
#include "store/keyfile.h"

#define CARD_BYTES_MAX 4096

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

/* A batch some of whose texts are blotted out: the others must be there. Who
 * said so is for others to find out (audit/redactions.h). */
static int check_redacted(struct batch *batch, struct arena *arena,
			  struct err *err)
{
	int rc = wire_check_batch(batch, arena, true, err);

	for (uint32_t i = 0; i < batch->header.count && !rc; i++) {
		const struct sealed *sealed = &batch->sealed[i];
		struct statement statement;

		if (wire_decode_statement(sealed->body, arena, &statement,
					  NULL))
			continue;
		for (size_t t = 0; t < statement.text_count && !rc; t++)
			if (wire_text_state(sealed, &statement, t) ==
			    TEXT_MISSING)
				rc = err_set(err, ERR_DENIED,
					     "the %.*s of statement %u is "
					     "missing",
					     (int)statement.texts[t].name.len,
					     (const char *)statement.texts[t]
						     .name.data,
					     i);
	}
	return rc;
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
	if (entry->leaf.kind == LEAF_REOPENED ||
	    entry->leaf.kind == LEAF_SUCCEEDED)
		return 0;
	if (entry->leaf.kind == LEAF_FORWARD)
		return err_set(err, ERR_INVALID,
			       "entries of other journals are not known to "
			       "this program");
	rc = wire_decode_batch(entry->batch, arena, &out, err);
	if (!rc)
		rc = wire_check_batch(&out, arena, false, err);
	if (rc == ERR_DENIED)
		rc = check_redacted(&out, arena, err);
	if (!rc)
		*batch = out;
	return rc;
}

int source_card(const char *path, struct sign_key *out, struct err *err)
{
	struct card card;
	char *text = NULL;
	size_t len = 0;
	int rc = file_read(path, CARD_BYTES_MAX, &text, &len, err);

	if (!rc)
		rc = card_parse(span_of(text, len), &card, err);
	if (!rc)
		*out = card.checkpoint_key;
	free(text);
	return rc;
}
