/*
 * The batch seal: one signature over any number of statements.
 *
 * Statements are leaves (salt || body) of the batch's RFC 6962 tree; the
 * header (202 bytes, below) carries its root, the office's sequence number
 * and the hash of the batch before; the header is signed. Source of the
 * format: docs/journal.md.
 *
 *   "tally-batch/1\n"  journal id[32]  SHA256(public key)[32]  u64 sequence
 *   prev[32]  u64 sent_us  u64 seen_size  seen_root[32]  u32 n
 *   batch_root[32]
 */
#ifndef TALLY_PROTO_SEAL_H
#define TALLY_PROTO_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "proto/hash.h"
#include "proto/sign.h"

#define SEAL_HEADER_BYTES 202
#define SALT_BYTES 16
#define BASE_BYTES 8

struct seal_header {
	struct hash journal; /* id; zero in the founding batch */
	struct hash key;     /* SHA256(public key) */
	uint64_t sequence;   /* from 1, without gaps */
	struct hash prev;    /* zero in the first */
	uint64_t sent_us;    /* since 1970, the office's clock */
	uint64_t seen_size;  /* last checkpoint the office verified */
	struct hash seen_root;
	uint32_t count; /* statements */
	struct hash root;
};

/* A new random salt; its first BASE_BYTES bytes, which name the statement as
 * another one's base, are never all zero. */
void salt_draw(uint8_t out[SALT_BYTES]);

void seal_write_header(const struct seal_header *header,
		       uint8_t out[SEAL_HEADER_BYTES]);
int seal_read_header(struct span bytes, struct seal_header *out,
		     struct err *err);

/* Leaf hash of a statement. */
struct hash seal_leaf(const uint8_t salt[SALT_BYTES], struct span body);

/* SHA256(header || signature): names the batch; prev of the next one, and for
 * the founding batch the journal id. */
struct hash seal_name(struct span header, const struct signature *signature);

#endif
