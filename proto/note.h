/*
 * Signed notes: a text and the signatures under it, as programs of others make
 * and check them. Formats: C2SP signed-note v1 (https://c2sp.org/signed-note),
 * and for what witnesses add C2SP tlog-cosignature v1.
 *
 *   text, ending in a line feed
 *   an empty line
 *   — <name> base64(key id[4] || signature)        one line a signature
 *
 * The key id is the start of SHA256(name || 0x0A || kind || public key). A
 * cosignature is u64 time || Ed25519 over "cosignature/v1\ntime <time>\n" ||
 * text, its time in seconds since 1970.
 */
#ifndef TALLY_PROTO_NOTE_H
#define TALLY_PROTO_NOTE_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "proto/sign.h"

#define NOTE_BYTES_MAX 16384
#define NOTE_NAME_BYTES_MAX 120
/* A signature line with its line feed, at most. */
#define NOTE_LINE_BYTES_MAX (NOTE_NAME_BYTES_MAX + 128)
/* name+<8 hex>+base64(kind || key) */
#define NOTE_KEY_TEXT_BYTES \
	(NOTE_NAME_BYTES_MAX + 10 + BASE64_BYTES(1 + SIGN_KEY_BYTES))

enum note_kind { NOTE_SIGNATURE = 1, NOTE_COSIGNATURE = 4 };

/* Who signs: the name is part of the key. */
struct note_key {
	char name[NOTE_NAME_BYTES_MAX + 1];
	enum note_kind kind;
	struct sign_key key;
};

/* ERR_INVALID: a name is not empty, without blanks, + and control characters.
 */
int note_key_make(const char *name, enum note_kind kind,
		  const struct sign_key *key, struct note_key *out,
		  struct err *err);
void note_key_print(const struct note_key *key, char out[NOTE_KEY_TEXT_BYTES]);
int note_key_parse(struct span text, struct note_key *out, struct err *err);

/* Appends a signature line over the text; pair is key's. time_s is a
 * cosignature's. */
void note_sign(struct span text, const struct note_key *key,
	       const struct sign_pair *pair, uint64_t time_s,
	       struct strbuf *out);

/* Parts a note into its text and its signature lines; says nothing of whether
 * these hold. ERR_INVALID. */
int note_part(struct span note, struct span *text, struct span *lines,
	      struct err *err);

/*
 * Is the text signed by key? 0: by a line that holds (*time_s, which may be
 * NULL, is a cosignature's). ERR_NOTFOUND: no line is by it. ERR_DENIED: one
 * is, and does not hold: the note is not to be believed.
 */
int note_check(struct span text, struct span lines, const struct note_key *key,
	       uint64_t *time_s, struct err *err);

#endif
