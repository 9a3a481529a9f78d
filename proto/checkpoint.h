/*
 * A checkpoint: what a collector's signature says of its journal, a size and
 * the root over that many entries, as a C2SP tlog-checkpoint v1 note
 * (https://c2sp.org/tlog-checkpoint):
 *
 *   tally/<journal id, 64 hex>
 *   <size>
 *   <base64 of the root>
 *
 * The signer's name is the first line. Witnesses add cosignatures.
 */
#ifndef TALLY_PROTO_CHECKPOINT_H
#define TALLY_PROTO_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "proto/hash.h"
#include "proto/note.h"
#include "proto/sign.h"

/* "tally/" and the journal's id: first line, and name of the signer. */
#define CHECKPOINT_ORIGIN_BYTES (6 + 2 * HASH_BYTES + 1)

struct checkpoint {
	struct hash journal;
	uint64_t size;
	struct hash root;
};

void checkpoint_origin(const struct hash *journal,
		       char out[CHECKPOINT_ORIGIN_BYTES]);
/* The journal of a first line "tally/<journal id><suffix>"; false: another. */
bool checkpoint_origin_read(struct span line, const char *suffix,
			    struct hash *out);
/* The key under which a collector signs for a journal. */
void checkpoint_key(const struct hash *journal, const struct sign_key *key,
		    struct note_key *out);

/* Appends the note, signed. */
void checkpoint_sign(const struct checkpoint *checkpoint,
		     const struct sign_pair *pair, struct strbuf *out);

/* What a note says, whoever signed it. ERR_INVALID. */
int checkpoint_read(struct span note, struct checkpoint *out, struct err *err);
/* The same, signed by the collector's key: ERR_DENIED if it is not. */
int checkpoint_open(struct span note, const struct sign_key *key,
		    struct checkpoint *out, struct err *err);

#endif
