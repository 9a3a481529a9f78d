/*
 * A proof file: that one statement has its place in a journal, for somebody
 * who has nothing but the file and the collector's public key. It is a C2SP
 * tlog-proof v1 (https://c2sp.org/tlog-proof): the entry's inclusion in the
 * tree of a checkpoint, and the signed checkpoint with its cosignatures. In
 * its line "extra" stands what leads from the statement to the entry:
 *
 *   "tally-proof/1\n", u16 leaf length, leaf of the entry, office key[32],
 *   u32 n, salt[16], u32 body length, body, u8 count, hashes[32] (of the
 *   statement's inclusion in its batch), SHA256 of the file without the line
 *   "extra"[32]
 *
 * and, as "tally-proof/2\n", before the last hash: u32 length, and the notes of
 * the collector's keys (proto/succession.h), by which the key that signed the
 * checkpoint follows from an earlier one.
 *
 * The last hash guards what no signature does, so that no byte of the file
 * can be another one unnoticed. Pure; docs/journal.md has the format too.
 */
#ifndef TALLY_STORE_PROOF_FILE_H
#define TALLY_STORE_PROOF_FILE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "proto/checkpoint.h"
#include "proto/proof.h"
#include "proto/seal.h"
#include "store/journal.h"

#define PROOF_FILE_BYTES_MAX (1024u * 1024)

struct proof_file {
	uint64_t index; /* of the entry */
	uint32_t n;	/* of the statement in its batch */
	struct span leaf;
	struct sign_key key; /* the office's */
	uint8_t salt[SALT_BYTES];
	struct span body;
	struct proof in_batch;
	struct proof in_journal;
	struct span note;	 /* the checkpoint */
	struct span successions; /* of the collector's keys; may be empty */
};

/* What a proof that holds says, in words of the journal. */
struct proof_said {
	struct checkpoint checkpoint;
	struct leaf leaf; /* a batch's, views into the file's bytes */
	struct seal_header header;
};

/* Appends the file. ERR_LIMIT: the statement is too large for one. */
int proof_file_write(const struct proof_file *proof, struct strbuf *out,
		     struct err *err);

/* Views go into the arena. ERR_INVALID: it is no proof file, or a byte was
 * altered; whether it proves something only proof_file_check says. */
int proof_file_read(struct span bytes, struct arena *arena,
		    struct proof_file *out, struct err *err);

/* collector: the key of its card, or an earlier one. ERR_DENIED says which step
 * does not hold. collector NULL: whoever signed, only for those who have read
 * the checkpoint elsewhere. */
int proof_file_check(const struct proof_file *proof,
		     const struct sign_key *collector, struct proof_said *out,
		     struct err *err);

#endif
