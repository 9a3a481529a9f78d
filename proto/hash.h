/*
 * SHA-256, and the RFC 6962 tree hashes over it. The door to OpenSSL.
 *
 * Domains (first byte): 0x00 leaf, 0x01 node (RFC 6962, section 2.1), 0x02
 * link of a figure row, 0x03 node of the state tree, 0x04 redactable text.
 */
#ifndef TALLY_PROTO_HASH_H
#define TALLY_PROTO_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

#define HASH_BYTES 32

struct hash {
	uint8_t bytes[HASH_BYTES];
};

/* SHA-256 of the parts put one after the other. */
struct hash hash_parts(const struct span *parts, size_t count);
struct hash hash_span(struct span data);

/* SHA256(0x00 || a || b); b may be empty. */
struct hash hash_leaf(struct span a, struct span b);
struct hash hash_node(const struct hash *left, const struct hash *right);

/* SHA256(0x02 || old || statement leaf hash || row), journal.md "State". */
struct hash hash_link(const struct hash *old, const struct hash *leaf,
		      struct span row);

/* SHA256(0x03 || children): a node of the state tree (store/state.h). */
struct hash hash_state(const struct hash *children, size_t count);

/* SHA256(0x04 || salt[16] || text). */
struct hash hash_text(const uint8_t *salt, struct span text);

int hash_equal(const struct hash *a, const struct hash *b);

/* 64 lower-case hex digits and a NUL. */
void hash_print(const struct hash *hash, char out[2 * HASH_BYTES + 1]);

#endif
