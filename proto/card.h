/*
 * What is handed from person to person: the collector's card, a file that
 * `tally-collector init` writes and founding reads, and the enrolment code
 * that an administrator gives to an office. Both are text, and described in
 * docs/protocol.md, "Card and code".
 */
#ifndef TALLY_PROTO_CARD_H
#define TALLY_PROTO_CARD_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "proto/endpoint.h"
#include "proto/hash.h"
#include "proto/sign.h"

#define CODE_SEED_BYTES 32

struct card {
	char endpoint[ENDPOINT_BYTES_MAX + 1];
	struct sign_key checkpoint_key;
	uint8_t curve_key[CURVE_KEY_BYTES];
};

struct code {
	struct card card;
	struct hash journal;
	uint8_t seed[CODE_SEED_BYTES];
	bool recovery; /* of a recovery key of the founding, not of a grant */
};

void card_print(const struct card *card, struct strbuf *out);
int card_parse(struct span text, struct card *out, struct err *err);

void code_print(const struct code *code, struct strbuf *out);
/* Blanks, line breaks and upper case are forgiven. */
int code_parse(struct span text, struct code *out, struct err *err);

/* The one-time keys: SHA256("tally-code-sign/1" || seed) is the Ed25519 seed,
 * SHA256("tally-code-curve/1" || seed) the Curve25519 secret. */
void code_keys(const uint8_t seed[CODE_SEED_BYTES], struct sign_pair *sign,
	       struct curve_pair *curve);
/* The CURVE key of the session that the code opens: that one, or of a recovery
 * key the one that belongs to its Ed25519 key. */
void code_session_key(const struct code *code, struct curve_pair *out);

#endif
