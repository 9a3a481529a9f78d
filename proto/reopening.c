#include "proto/reopening.h"

#include <inttypes.h>
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

void reopening_sign(const struct reopening *reopening,
		    const struct sign_pair *pair, struct strbuf *out)
{
	struct note_key key;
	struct strbuf text;

	checkpoint_key(&reopening->journal, &pair->key, &key);
	strbuf_init(&text, NOTE_BYTES_MAX);
	strbuf_addf(&text, "%s" SUFFIX "\n", key.name);
	lines_add_size(&text, "kept", reopening->kept, &reopening->kept_root);
	lines_add_size(&text, "lost", reopening->lost, &reopening->lost_root);
	strbuf_addf(&text, "after %" PRIu64 "\nat %" PRIu64 "\n",
		    reopening->after_us, reopening->at_us);
	lines_add_text(&text, "by", reopening->by);
	lines_add_text(&text, "why", reopening->why);
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

static bool read_text(struct span *text, const char *word, struct span *out)
{
	return lines_take_text(text, word, out) && reopening_text_fits(*out);
}

int reopening_read(struct span note, struct reopening *out, struct err *err)
{
	struct reopening read;
	struct span text, lines, line;
	int rc = note_part(note, &text, &lines, err);

	if (rc)
		return rc;
	if (!lines_next(&text, &line) ||
	    !checkpoint_origin_read(line, SUFFIX, &read.journal) ||
	    !lines_take_size(&text, "kept", &read.kept, &read.kept_root) ||
	    !lines_take_size(&text, "lost", &read.lost, &read.lost_root) ||
	    !lines_take_number(&text, "after", &read.after_us) ||
	    !lines_take_number(&text, "at", &read.at_us) ||
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
