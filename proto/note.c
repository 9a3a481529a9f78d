#include "proto/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "proto/hash.h"

#define ID_BYTES 4
#define TIME_BYTES 8
#define DASH "\xe2\x80\x94 " /* U+2014 and a blank begin a signature line */
#define SEALED_BYTES_MAX (ID_BYTES + TIME_BYTES + SIGNATURE_BYTES)

/* ---- keys ---- */

/* Unicode's blanks outside ASCII: U+0085, U+00A0, U+1680, U+2000 to U+200A,
 * U+2028, U+2029, U+202F, U+205F, U+3000. */
static bool is_wide_blank(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	if (at[0] == 0xc2)
		return at[1] == 0x85 || at[1] == 0xa0;
	if (at[0] == 0xe1)
		return at[1] == 0x9a && at[2] == 0x80;
	if (at[0] == 0xe3)
		return at[1] == 0x80 && at[2] == 0x80;
	if (at[0] != 0xe2)
		return false;
	if (at[1] == 0x81)
		return at[2] == 0x9f;
	return at[1] == 0x80 && (at[2] <= 0x8a || at[2] == 0xa8 ||
				 at[2] == 0xa9 || at[2] == 0xaf);
}

int note_key_make(const char *name, enum note_kind kind,
		  const struct sign_key *key, struct note_key *out,
		  struct err *err)
{
	size_t len = strlen(name);

	if (len == 0 || len > NOTE_NAME_BYTES_MAX)
		return err_set(err, ERR_INVALID,
			       "a signer's name has 1 to %d bytes",
			       NOTE_NAME_BYTES_MAX);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == '+' ||
		    name[i] == 0x7f || is_wide_blank(name + i))
			return err_set(
				err, ERR_INVALID,
				"a signer's name has no blanks and no +");
	memset(out, 0, sizeof(*out));
	memcpy(out->name, name, len);
	out->kind = kind;
	out->key = *key;
	return 0;
}

static void key_id(const struct note_key *key, uint8_t out[ID_BYTES])
{
	uint8_t kind[2] = { '\n', (uint8_t)key->kind };
	const struct span parts[] = { span_of_text(key->name),
				      span_of(kind, sizeof(kind)),
				      span_of(key->key.bytes, SIGN_KEY_BYTES) };
	struct hash hash = hash_parts(parts, 3);

	memcpy(out, hash.bytes, ID_BYTES);
}

void note_key_print(const struct note_key *key, char out[NOTE_KEY_TEXT_BYTES])
{
	uint8_t id[ID_BYTES], bytes[1 + SIGN_KEY_BYTES];
	char hex[2 * ID_BYTES + 1], text[BASE64_BYTES(sizeof(bytes))];

	key_id(key, id);
	bytes_to_hex(span_of(id, ID_BYTES), hex);
	bytes[0] = (uint8_t)key->kind;
	memcpy(bytes + 1, key->key.bytes, SIGN_KEY_BYTES);
	bytes_to_base64(span_of(bytes, sizeof(bytes)), text);
	(void)snprintf(out, NOTE_KEY_TEXT_BYTES, "%s+%s+%s", key->name, hex,
		       text);
}

static int bad_key(struct err *err)
{
	return err_set(err, ERR_INVALID,
		       "not a verifier key (name+hash+base64)");
}

/* Up to a +, which is passed over. */
static bool next_part(struct span *rest, struct span *part)
{
	const uint8_t *plus = rest->len ? memchr(rest->data, '+', rest->len) :
					  NULL;

	if (!plus)
		return false;
	*part = span_of(rest->data, (size_t)(plus - rest->data));
	*rest = span_of(plus + 1, rest->len - part->len - 1);
	return true;
}

int note_key_parse(struct span text, struct note_key *out, struct err *err)
{
	char name[NOTE_NAME_BYTES_MAX + 1] = "", hex[2 * ID_BYTES + 1] = "";
	uint8_t bytes[1 + SIGN_KEY_BYTES], id[ID_BYTES], want[ID_BYTES];
	struct span name_part, hex_part;
	struct sign_key key;
	struct note_key made;
	size_t len;
	int rc;

	if (!next_part(&text, &name_part) || !next_part(&text, &hex_part) ||
	    name_part.len > NOTE_NAME_BYTES_MAX ||
	    hex_part.len != 2 * ID_BYTES ||
	    base64_to_bytes(text, bytes, sizeof(bytes), &len) ||
	    len != sizeof(bytes) ||
	    (bytes[0] != NOTE_SIGNATURE && bytes[0] != NOTE_COSIGNATURE))
		return bad_key(err);
	memcpy(name, name_part.data, name_part.len);
	memcpy(hex, hex_part.data, hex_part.len);
	memcpy(key.bytes, bytes + 1, SIGN_KEY_BYTES);
	rc = note_key_make(name, (enum note_kind)bytes[0], &key, &made, err);
	if (rc)
		return rc;
	key_id(&made, want);
	if (hex_to_bytes(hex, id, ID_BYTES) || memcmp(id, want, ID_BYTES) != 0)
		return bad_key(err);
	*out = made;
	return 0;
}

/* ---- signing ---- */

/* What is signed of a text. */
static void signed_words(struct span text, enum note_kind kind, uint64_t time_s,
			 struct strbuf *out)
{
	if (kind == NOTE_COSIGNATURE)
		strbuf_addf(out, "cosignature/v1\ntime %" PRIu64 "\n", time_s);
	strbuf_add(out, text.data, text.len);
}

void note_sign(struct span text, const struct note_key *key,
	       const struct sign_pair *pair, uint64_t time_s,
	       struct strbuf *out)
{
	uint8_t sealed[SEALED_BYTES_MAX];
	char line[BASE64_BYTES(sizeof(sealed))];
	struct signature signature;
	struct strbuf words;
	struct writer writer;

	strbuf_init(&words, 0);
	signed_words(text, key->kind, time_s, &words);
	if (words.failed) {
		out->failed = true;
		strbuf_release(&words);
		return;
	}
	signature = sign_message(pair, strbuf_span(&words));
	strbuf_release(&words);
	key_id(key, sealed);
	writer_init(&writer, sealed, sizeof(sealed));
	writer.len = ID_BYTES;
	if (key->kind == NOTE_COSIGNATURE)
		write_u64(&writer, time_s);
	write_bytes(&writer, signature.bytes, SIGNATURE_BYTES);
	bytes_to_base64(span_of(sealed, writer.len), line);
	strbuf_addf(out, DASH "%s %s\n", key->name, line);
}

/* ---- reading ---- */

static int bad_note(struct err *err, const char *why)
{
	return err_set(err, ERR_INVALID, "not a signed note: %s", why);
}

/* Where the last empty line begins, 0 if there is none. */
static size_t last_empty_line(struct span note)
{
	for (size_t i = note.len; i > 1; i--)
		if (note.data[i - 1] == '\n' && note.data[i - 2] == '\n')
			return i - 1;
	return 0;
}

int note_part(struct span note, struct span *text, struct span *lines,
	      struct err *err)
{
	size_t empty;

	if (note.len == 0 || note.len > NOTE_BYTES_MAX)
		return bad_note(err, "it is empty or too long");
	for (size_t i = 0; i < note.len; i++)
		if (note.data[i] < ' ' && note.data[i] != '\n')
			return bad_note(err, "it has control characters");
	empty = last_empty_line(note);
	if (!empty || note.data[note.len - 1] != '\n' || empty + 1 == note.len)
		return bad_note(err, "there are no signatures under it");
	*text = span_of(note.data, empty);
	*lines = span_of(note.data + empty + 1, note.len - empty - 1);
	return 0;
}

struct line {
	struct span name;
	uint8_t sealed[SEALED_BYTES_MAX];
	size_t len;
};

/* False: the line is not of this form, or longer than any we know. */
static bool read_line(struct span text, struct line *out)
{
	const uint8_t *blank;
	size_t dash = sizeof(DASH) - 1;

	if (text.len <= dash || memcmp(text.data, DASH, dash) != 0)
		return false;
	text = span_of(text.data + dash, text.len - dash);
	blank = memchr(text.data, ' ', text.len);
	if (!blank || blank == text.data)
		return false;
	out->name = span_of(text.data, (size_t)(blank - text.data));
	text = span_of(blank + 1, text.len - out->name.len - 1);
	return !base64_to_bytes(text, out->sealed, sizeof(out->sealed),
				&out->len);
}

/* Does a line by the key sign the text? */
static bool line_holds(struct span text, const struct note_key *key,
		       const struct line *line, uint64_t *time_s)
{
	size_t head =
		ID_BYTES + (key->kind == NOTE_COSIGNATURE ? TIME_BYTES : 0);
	struct signature signature;
	struct strbuf words;
	bool holds;

	if (line->len != head + SIGNATURE_BYTES)
		return false;
	if (key->kind == NOTE_COSIGNATURE)
		*time_s = load_u64(line->sealed + ID_BYTES);
	memcpy(signature.bytes, line->sealed + head, SIGNATURE_BYTES);
	strbuf_init(&words, 0);
	signed_words(text, key->kind, *time_s, &words);
	holds = !words.failed && *time_s <= INT64_MAX &&
		sign_check(&key->key, &signature, strbuf_span(&words));
	strbuf_release(&words);
	return holds;
}

int note_check(struct span text, struct span lines, const struct note_key *key,
	       uint64_t *time_s, struct err *err)
{
	uint8_t id[ID_BYTES];
	bool found = false;

	key_id(key, id);
	while (lines.len) {
		const uint8_t *end = memchr(lines.data, '\n', lines.len);
		size_t len = end ? (size_t)(end - lines.data) : lines.len;
		struct span here = span_of(lines.data, len);
		uint64_t time = 0;
		struct line line;

		len += end ? 1 : 0;
		lines = span_of(lines.data + len, lines.len - len);
		if (!read_line(here, &line) || line.len < ID_BYTES ||
		    !span_equal(line.name, span_of_text(key->name)) ||
		    memcmp(line.sealed, id, ID_BYTES) != 0)
			continue; /* somebody else's */
		if (!line_holds(text, key, &line, &time))
			return err_set(err, ERR_DENIED,
				       "the signature of %s does not hold",
				       key->name);
		if (!found && time_s)
			*time_s = time;
		found = true;
	}
	return found ? 0 :
		       err_set(err, ERR_NOTFOUND, "not signed by %s",
			       key->name);
}
