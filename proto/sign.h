/*
 * Keys, signatures and randomness. The door to libsodium.
 *
 * Ed25519 (RFC 8032) signs, Curve25519 secures sessions. Call sign_start once
 * before anything else here.
 */
#ifndef TALLY_PROTO_SIGN_H
#define TALLY_PROTO_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "proto/hash.h"

#define SIGN_KEY_BYTES 32    /* public */
#define SIGN_SECRET_BYTES 64 /* libsodium's form: seed || public */
#define SIGN_SEED_BYTES 32
#define SIGNATURE_BYTES 64
#define CURVE_KEY_BYTES 32

struct sign_key {
	uint8_t bytes[SIGN_KEY_BYTES];
};

struct sign_pair {
	struct sign_key key;
	uint8_t secret[SIGN_SECRET_BYTES];
};

struct curve_pair {
	uint8_t key[CURVE_KEY_BYTES];
	uint8_t secret[CURVE_KEY_BYTES];
};

struct signature {
	uint8_t bytes[SIGNATURE_BYTES];
};

int sign_start(struct err *err);

void random_bytes(void *out, size_t len);

void sign_pair_from_seed(const uint8_t seed[SIGN_SEED_BYTES],
			 struct sign_pair *out);
void curve_pair_from_secret(const uint8_t secret[CURVE_KEY_BYTES],
			    struct curve_pair *out);

/* The Curve25519 key of an Ed25519 key (the birational map): with a recovery
 * key there is but one secret to keep. ERR_INVALID: it is no such key. */
int sign_key_curve(const struct sign_key *key, uint8_t out[CURVE_KEY_BYTES]);
int sign_pair_curve(const struct sign_pair *pair, struct curve_pair *out);

struct signature sign_message(const struct sign_pair *pair, struct span msg);
bool sign_check(const struct sign_key *key, const struct signature *signature,
		struct span msg);

/* SHA-256 of a public key: how headers and tables name it. */
struct hash sign_key_hash(const struct sign_key *key);

/* A secret that somebody shows to be let in, hashed for keeping (Argon2id, 19
 * MiB, 2 passes: about 20 ms): a text, another one each time. */
#define SECRET_HASH_BYTES 128
int secret_hash(struct span secret, char out[SECRET_HASH_BYTES],
		struct err *err);
bool secret_is(const char *hash, struct span secret);

/* Overwrites secrets before their memory goes away. */
void sign_wipe(void *secret, size_t len);
/* Keeps memory for secrets out of swap and of core dumps, as long as the
 * process lives and as far as it may lock memory (RLIMIT_MEMLOCK). */
void sign_lock(void *secret, size_t len);

/* Lower-case hex; hex_to_bytes is ERR_INVALID unless exactly len bytes. */
void bytes_to_hex(struct span bytes, char *out /* 2 * len + 1 */);
int hex_to_bytes(const char *hex, uint8_t *out, size_t len);

/* Standard base64 (RFC 4648, section 4) with padding. */
#define BASE64_BYTES(len) (((len) + 2) / 3 * 4 + 1)
void bytes_to_base64(struct span bytes, char *out /* BASE64_BYTES(len) */);
/* ERR_INVALID unless it is canonical and of 1..size bytes; *len of them. */
int base64_to_bytes(struct span text, uint8_t *out, size_t size, size_t *len);

#endif
