#include "agent/cosigner.h"

#include <assert.h>
#include <stdio.h>

void cosigner_key(const struct sign_key *key, struct note_key *out)
{
	const struct hash hash = sign_key_hash(key);
	char hex[2 * HASH_BYTES + 1], name[64];
	int rc;

	hash_print(&hash, hex);
	(void)snprintf(name, sizeof(name), "tally-witness/%.16s", hex);
	rc = note_key_make(name, NOTE_COSIGNATURE, key, out, NULL);
	assert(rc == 0);
	(void)rc;
}

int cosigner_line(const struct sign_pair *pair, struct span note,
		  uint64_t now_us, struct strbuf *out, struct err *err)
{
	struct note_key key;
	struct span text, lines;
	int rc = note_part(note, &text, &lines, err);

	if (rc)
		return rc;
	cosigner_key(&pair->key, &key);
	note_sign(text, &key, pair, now_us / 1000000, out);
	return 0;
}
