#include "proto/checkpoint.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/lines.h"

#define ORIGIN_PREFIX "tally/"

void checkpoint_origin(const struct hash *journal,
		       char out[CHECKPOINT_ORIGIN_BYTES])
{
	char hex[2 * HASH_BYTES + 1];

	hash_print(journal, hex);
	(void)snprintf(out, CHECKPOINT_ORIGIN_BYTES, ORIGIN_PREFIX "%s", hex);
}

void checkpoint_key(const struct hash *journal, const struct sign_key *key,
		    struct note_key *out)
{
	char origin[CHECKPOINT_ORIGIN_BYTES];
	int rc;

	checkpoint_origin(journal, origin);
	rc = note_key_make(origin, NOTE_SIGNATURE, key, out, NULL);
	assert(!rc);
	(void)rc;
}

void checkpoint_sign(const struct checkpoint *checkpoint,
		     const struct sign_pair *pair, struct strbuf *out)
{
	char root[BASE64_BYTES(HASH_BYTES)];
	size_t from = out->len, len;
	struct note_key key;
	struct strbuf text;

	checkpoint_key(&checkpoint->journal, &pair->key, &key);
	bytes_to_base64(span_of(checkpoint->root.bytes, HASH_BYTES), root);
	strbuf_addf(out, "%s\n%" PRIu64 "\n%s\n", key.name, checkpoint->size,
		    root);
	if (out->failed)
		return;
	len = out->len - from;
	strbuf_init(&text, 0);
	strbuf_add(&text, out->text + from, len);
	strbuf_add_char(out, '\n');
	note_sign(strbuf_span(&text), &key, pair, 0, out);
	out->failed = out->failed || text.failed;
	strbuf_release(&text);
}

/* ---- reading ---- */

bool checkpoint_origin_read(struct span line, const char *suffix,
			    struct hash *out)
{
	char origin[CHECKPOINT_ORIGIN_BYTES], hex[2 * HASH_BYTES + 1] = "";
	size_t len = sizeof(origin) - 1, prefix = sizeof(ORIGIN_PREFIX) - 1;

	if (line.len != len + strlen(suffix) ||
	    memcmp(line.data + len, suffix, strlen(suffix)) != 0)
		return false;
	memcpy(hex, line.data + prefix, 2 * HASH_BYTES);
	if (hex_to_bytes(hex, out->bytes, HASH_BYTES))
		return false;
	checkpoint_origin(out, origin);
	return !memcmp(line.data, origin, len);
}

static int read_text(struct span text, struct checkpoint *out, struct err *err)
{
	struct span origin, size, root;
	struct checkpoint read;

	/* Nothing may follow: a collector of ours adds no lines. */
	if (!lines_next(&text, &origin) || !lines_next(&text, &size) ||
	    !lines_next(&text, &root) || text.len ||
	    !checkpoint_origin_read(origin, "", &read.journal) ||
	    !lines_number(size, &read.size) || !lines_hash(root, &read.root))
		return err_set(err, ERR_INVALID, "not a journal's checkpoint");
	*out = read;
	return 0;
}

int checkpoint_read(struct span note, struct checkpoint *out, struct err *err)
{
	struct span text, lines;
	int rc = note_part(note, &text, &lines, err);

	return rc ? rc : read_text(text, out, err);
}

int checkpoint_open(struct span note, const struct sign_key *key,
		    struct checkpoint *out, struct err *err)
{
	struct checkpoint checkpoint;
	struct span text, lines;
	struct note_key signer;
	int rc = note_part(note, &text, &lines, err);

	if (!rc)
		rc = read_text(text, &checkpoint, err);
	if (rc)
		return rc;
	checkpoint_key(&checkpoint.journal, key, &signer);
	rc = note_check(text, lines, &signer, NULL, err);
	if (rc)
		return err_set(err, ERR_DENIED,
			       "the checkpoint is not signed by the "
			       "collector's key");
	*out = checkpoint;
	return 0;
}
