#include "proto/reopening.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/checkpoint.h"
#include "proto/lines.h"
#include "proto/wire.h"

#define SUFFIX "/reopened"

bool reopening_text_fits(struct span text)
{
	if (!text.len || text.len > REOPENING_TEXT_BYTES_MAX ||
	    !wire_text_fits(text))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < ' ' || text.data[i] == 0x7f)
			return false;
	return true;
}

static void add_span(struct strbuf *out, const char *word, struct span text)
{
	strbuf_addf(out, "%s ", word);
	strbuf_add(out, text.data, text.len);
	strbuf_add_char(out, '\n');
}

static void add_size(struct strbuf *out, const char *word, uint64_t size,
		     const struct hash *root)
{
	char base64[BASE64_BYTES(HASH_BYTES)];

	bytes_to_base64(span_of(root->bytes, HASH_BYTES), base64);
	strbuf_addf(out, "%s %" PRIu64 " %s\n", word, size, base64);
}

void reopening_sign(const struct reopening *reopening,
		    const struct sign_pair *pair, struct strbuf *out)
{
	struct note_key key;
	struct strbuf text;

	checkpoint_key(&reopening->journal, &pair->key, &key);
	strbuf_init(&text, NOTE_BYTES_MAX);
	strbuf_addf(&text, "%s" SUFFIX "\n", key.name);
	add_size(&text, "kept", reopening->kept, &reopening->kept_root);
	add_size(&text, "lost", reopening->lost, &reopening->lost_root);
	strbuf_addf(&text, "after %" PRIu64 "\nat %" PRIu64 "\n",
		    reopening->after_us, reopening->at_us);
	add_span(&text, "by", reopening->by);
	add_span(&text, "why", reopening->why);
	strbuf_add(&text, reopening->more.data, reopening->more.len);
	if (!text.failed) {
		strbuf_add(out, text.text, text.len);
		strbuf_add_char(out, '\n');
		note_sign(strbuf_span(&text), &key, pair, 0, out);
	}
	out->failed = out->failed || text.failed;
	strbuf_release(&text);
}

/* ---- reading ---- */

static bool read_origin(struct span line, struct hash *out)
{
	char origin[CHECKPOINT_ORIGIN_BYTES], hex[2 * HASH_BYTES + 1];
	size_t suffix = sizeof(SUFFIX) - 1, len = sizeof(origin) - 1;

	if (line.len != len + suffix ||
	    memcmp(line.data + len, SUFFIX, suffix) != 0)
		return false;
	memcpy(hex, line.data + len - 2 * HASH_BYTES, 2 * HASH_BYTES);
	hex[2 * HASH_BYTES] = '\0';
	if (hex_to_bytes(hex, out->bytes, HASH_BYTES))
		return false;
	checkpoint_origin(out, origin);
	return !memcmp(line.data, origin, len);
}

static bool read_size(struct span *text, const char *word, uint64_t *size,
		      struct hash *root)
{
	struct span line, number, base64;

	return lines_next(text, &line) && lines_after(line, word, &line) &&
	       lines_part(line, &number, &base64) &&
	       lines_number(number, size) && lines_hash(base64, root);
}

static bool read_number(struct span *text, const char *word, uint64_t *out)
{
	struct span line;

	return lines_next(text, &line) && lines_after(line, word, &line) &&
	       lines_number(line, out);
}

static bool read_text(struct span *text, const char *word, struct span *out)
{
	struct span line;

	return lines_next(text, &line) && lines_after(line, word, out) &&
	       reopening_text_fits(*out);
}

int reopening_read(struct span note, struct reopening *out, struct err *err)
{
	struct reopening read;
	struct span text, lines, line;
	int rc = note_part(note, &text, &lines, err);

	if (rc)
		return rc;
	if (!lines_next(&text, &line) || !read_origin(line, &read.journal) ||
	    !read_size(&text, "kept", &read.kept, &read.kept_root) ||
	    !read_size(&text, "lost", &read.lost, &read.lost_root) ||
	    !read_number(&text, "after", &read.after_us) ||
	    !read_number(&text, "at", &read.at_us) ||
	    !read_text(&text, "by", &read.by) ||
	    !read_text(&text, "why", &read.why) || read.lost < read.kept)
		return err_set(err, ERR_INVALID,
			       "this does not say that a journal was opened "
			       "again");
	read.more = text;
	*out = read;
	return 0;
}

int reopening_check(struct span note, const struct sign_key *key,
		    struct err *err)
{
	struct reopening read;
	struct span text, lines;
	struct note_key signer;
	int rc = reopening_read(note, &read, err);

	if (!rc)
		rc = note_part(note, &text, &lines, err);
	if (rc)
		return rc;
	checkpoint_key(&read.journal, key, &signer);
	if (note_check(text, lines, &signer, NULL, err))
		return err_set(err, ERR_DENIED,
			       "the reopening is not signed by the collector's "
			       "key");
	return 0;
}
