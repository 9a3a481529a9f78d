#include "proto/succession.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "proto/lines.h"

#define SUFFIX "/succession"

static void add_key(struct strbuf *out, const char *word, const uint8_t *key)
{
	char hex[2 * SIGN_KEY_BYTES + 1];

	bytes_to_hex(span_of(key, SIGN_KEY_BYTES), hex);
	strbuf_addf(out, "%s %s\n", word, hex);
}

void succession_sign(struct succession *succession, const struct sign_pair *old,
		     const struct sign_pair *next, struct strbuf *out)
{
	struct note_key key;
	struct strbuf text;

	succession->from = old->key;
	succession->to = next->key;
	checkpoint_key(&succession->journal, &old->key, &key);
	strbuf_init(&text, SUCCESSION_BYTES_MAX);
	strbuf_addf(&text, "%s" SUFFIX "\n", key.name);
	lines_add_size(&text, "size", succession->size, &succession->root);
	strbuf_addf(&text, "after %" PRIu64 "\nat %" PRIu64 "\n",
		    succession->after_us, succession->at_us);
	add_key(&text, "from", succession->from.bytes);
	add_key(&text, "to", succession->to.bytes);
	add_key(&text, "curve", succession->curve);
	lines_add_text(&text, "by", succession->by);
	lines_add_text(&text, "why", succession->why);
	if (!text.failed) {
		strbuf_add(out, text.text, text.len);
		strbuf_add_char(out, '\n');
		note_sign(strbuf_span(&text), &key, old, 0, out);
		checkpoint_key(&succession->journal, &next->key, &key);
		note_sign(strbuf_span(&text), &key, next, 0, out);
	}
	out->failed = out->failed || text.failed;
	strbuf_release(&text);
}

/* ---- reading ---- */

static bool take_key(struct span *text, const char *word, uint8_t *out)
{
	char hex[2 * SIGN_KEY_BYTES + 1] = "";
	struct span value;

	if (!lines_take_text(text, word, &value) ||
	    value.len != 2 * SIGN_KEY_BYTES)
		return false;
	memcpy(hex, value.data, value.len);
	return !hex_to_bytes(hex, out, SIGN_KEY_BYTES);
}

static bool read_text(struct span text, struct succession *out)
{
	struct span line;

	return lines_next(&text, &line) &&
	       checkpoint_origin_read(line, SUFFIX, &out->journal) &&
	       lines_take_size(&text, "size", &out->size, &out->root) &&
	       lines_take_number(&text, "after", &out->after_us) &&
	       lines_take_number(&text, "at", &out->at_us) &&
	       take_key(&text, "from", out->from.bytes) &&
	       take_key(&text, "to", out->to.bytes) &&
	       take_key(&text, "curve", out->curve) &&
	       lines_take_text(&text, "by", &out->by) &&
	       reopening_text_fits(out->by) &&
	       lines_take_text(&text, "why", &out->why) &&
	       reopening_text_fits(out->why) && !text.len;
}

static bool signed_by(const struct succession *said, const struct sign_key *key,
		      struct span text, struct span lines)
{
	struct note_key signer;

	checkpoint_key(&said->journal, key, &signer);
	return !note_check(text, lines, &signer, NULL, NULL);
}

int succession_open(struct span note, struct succession *out, struct err *err)
{
	struct succession read;
	struct span text, lines;

	if (note.len > SUCCESSION_BYTES_MAX ||
	    note_part(note, &text, &lines, NULL) || !read_text(text, &read))
		return err_set(err, ERR_INVALID,
			       "this does not say that a collector's keys "
			       "went over to others");
	if (!signed_by(&read, &read.from, text, lines) ||
	    !signed_by(&read, &read.to, text, lines))
		return err_set(err, ERR_DENIED,
			       "the succession of the collector's keys is not "
			       "signed by both of them");
	*out = read;
	return 0;
}

static bool begins_note(struct span line)
{
	struct hash journal;

	return checkpoint_origin_read(line, SUFFIX, &journal);
}

bool succession_next(struct span *rest, struct span *note)
{
	struct span from = *rest, at, line;

	if (!lines_next(rest, &line))
		return false;
	for (at = *rest; lines_next(&at, &line); *rest = at)
		if (begins_note(line))
			break;
	*note = span_of(from.data, from.len - rest->len);
	return true;
}

/* ---- chains ---- */

static size_t find(const struct key_chain *chain, const struct sign_key *key)
{
	size_t i = 0;

	while (i < chain->count && memcmp(chain->links[i].key.bytes, key->bytes,
					  SIGN_KEY_BYTES) != 0)
		i++;
	return i;
}

void key_chain_begin(struct key_chain *chain, const struct sign_key *first)
{
	memset(chain, 0, sizeof(*chain));
	chain->links[0].key = *first;
	chain->links[0].until = UINT64_MAX;
	chain->count = 1;
}

const struct sign_key *key_chain_last(const struct key_chain *chain)
{
	assert(chain->count);
	return &chain->links[chain->count - 1].key;
}

bool key_chain_has(const struct key_chain *chain, const struct sign_key *key)
{
	return find(chain, key) < chain->count;
}

static int denied(struct err *err)
{
	return err_set(err, ERR_DENIED,
		       "two successions of one key of the collector "
		       "contradict each other");
}

int key_chain_add(struct key_chain *chain, struct span note,
		  struct succession *out, struct err *err)
{
	struct succession said = { 0 };
	int rc = succession_open(note, &said, err);
	size_t at;

	if (rc) { /* not signed by both: it is nobody's word */
		if (err)
			err->code = ERR_INVALID;
		return ERR_INVALID;
	}
	*out = said;
	if (!chain->count)
		key_chain_begin(chain, &said.from);
	at = find(chain, &said.from);
	if (at == chain->count)
		return 0;
	if (at + 1 < chain->count) /* known, and the same? */
		return !memcmp(chain->links[at + 1].key.bytes, said.to.bytes,
			       SIGN_KEY_BYTES) &&
				       !memcmp(chain->links[at + 1].curve,
					       said.curve, CURVE_KEY_BYTES) &&
				       chain->links[at].until == said.size ?
			       0 :
			       denied(err);
	if (key_chain_has(chain, &said.to))
		return denied(err);
	if (chain->count > SUCCESSIONS_MAX)
		return err_set(err, ERR_DENIED,
			       "the collector's keys went over to others more "
			       "than %d times",
			       SUCCESSIONS_MAX);
	chain->links[at].until = said.size;
	chain->links[at + 1].key = said.to;
	chain->links[at + 1].until = UINT64_MAX;
	memcpy(chain->links[at + 1].curve, said.curve, CURVE_KEY_BYTES);
	chain->count++;
	return 1;
}

int key_chain_add_all(struct key_chain *chain, struct span notes,
		      struct err *err)
{
	struct succession said;
	struct span note;
	int rc = 0;

	while (rc >= 0 && succession_next(&notes, &note))
		rc = key_chain_add(chain, note, &said, err);
	return rc < 0 ? rc : 0;
}

static int nobody(struct err *err)
{
	return err_set(err, ERR_DENIED, "no key of the collector is known");
}

static int out_of_time(struct err *err)
{
	return err_set(err, ERR_DENIED,
		       "it is signed by a key that the collector had given up "
		       "by then");
}

int key_chain_open(const struct key_chain *chain, struct span note,
		   struct checkpoint *out, struct err *err)
{
	struct checkpoint read;
	int rc = chain->count ? ERR_DENIED : nobody(err);

	for (size_t i = chain->count; i-- > 0;) {
		rc = checkpoint_open(note, &chain->links[i].key, &read, err);
		if (rc == ERR_DENIED)
			continue;
		if (!rc && read.size > chain->links[i].until)
			rc = out_of_time(err);
		break;
	}
	if (!rc)
		*out = read;
	return rc;
}

int key_chain_check_reopening(const struct key_chain *chain, struct span note,
			      struct err *err)
{
	struct reopening said;
	int rc = reopening_read(note, &said, err);

	if (rc)
		return rc;
	rc = chain->count ? ERR_DENIED : nobody(err);
	for (size_t i = chain->count; i-- > 0;) {
		rc = reopening_check(note, &chain->links[i].key, err);
		if (rc == ERR_DENIED)
			continue;
		if (!rc && said.lost > chain->links[i].until)
			rc = out_of_time(err);
		break;
	}
	return rc;
}
