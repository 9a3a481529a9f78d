#include "proto/sign.h"

#include <string.h>

#include <sodium.h>

#define SECRET_PASSES 2
#define SECRET_MEMORY_BYTES ((size_t)19 * 1024 * 1024)

_Static_assert(SIGN_KEY_BYTES == crypto_sign_PUBLICKEYBYTES, "key");
_Static_assert(SIGN_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "secret");
_Static_assert(SIGN_SEED_BYTES == crypto_sign_SEEDBYTES, "seed");
_Static_assert(SIGNATURE_BYTES == crypto_sign_BYTES, "signature");
_Static_assert(SECRET_HASH_BYTES == crypto_pwhash_STRBYTES, "secret hash");
_Static_assert(CURVE_KEY_BYTES == crypto_scalarmult_BYTES, "curve");

int sign_start(struct err *err)
{
	if (sodium_init() < 0)
		return err_set(err, ERR_IO,
			       "libsodium cannot start: no random source");
	return 0;
}

void random_bytes(void *out, size_t len)
{
	randombytes_buf(out, len);
}

void sign_pair_from_seed(const uint8_t seed[SIGN_SEED_BYTES],
			 struct sign_pair *out)
{
	(void)crypto_sign_seed_keypair(out->key.bytes, out->secret, seed);
}

void curve_pair_from_secret(const uint8_t secret[CURVE_KEY_BYTES],
			    struct curve_pair *out)
{
	memcpy(out->secret, secret, CURVE_KEY_BYTES);
	(void)crypto_scalarmult_base(out->key, secret);
}

int sign_key_curve(const struct sign_key *key, uint8_t out[CURVE_KEY_BYTES])
{
	return crypto_sign_ed25519_pk_to_curve25519(out, key->bytes) ?
		       ERR_INVALID :
		       0;
}

int sign_pair_curve(const struct sign_pair *pair, struct curve_pair *out)
{
	if (crypto_sign_ed25519_sk_to_curve25519(out->secret, pair->secret))
		return ERR_INVALID;
	return sign_key_curve(&pair->key, out->key);
}

struct signature sign_message(const struct sign_pair *pair, struct span msg)
{
	struct signature out;

	(void)crypto_sign_detached(out.bytes, NULL, msg.data, msg.len,
				   pair->secret);
	return out;
}

bool sign_check(const struct sign_key *key, const struct signature *signature,
		struct span msg)
{
	return !crypto_sign_verify_detached(signature->bytes, msg.data, msg.len,
					    key->bytes);
}

struct hash sign_key_hash(const struct sign_key *key)
{
	return hash_span(span_of(key->bytes, SIGN_KEY_BYTES));
}

int secret_hash(struct span secret, char out[SECRET_HASH_BYTES],
		struct err *err)
{
	if (crypto_pwhash_str(out, (const char *)secret.data, secret.len,
			      SECRET_PASSES, SECRET_MEMORY_BYTES))
		return err_set(err, ERR_NOMEM, "no memory to hash a secret");
	return 0;
}

bool secret_is(const char *hash, struct span secret)
{
	return !crypto_pwhash_str_verify(hash, (const char *)secret.data,
					 secret.len);
}

void sign_wipe(void *secret, size_t len)
{
	sodium_memzero(secret, len);
}

void sign_lock(void *secret, size_t len)
{
	(void)sodium_mlock(secret, len);
}

void bytes_to_hex(struct span bytes, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		out[2 * i] = digits[bytes.data[i] >> 4];
		out[2 * i + 1] = digits[bytes.data[i] & 15];
	}
	out[2 * bytes.len] = '\0';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int hex_to_bytes(const char *hex, uint8_t *out, size_t len)
{
	/* All of it is checked before out is touched. */
	for (size_t i = 0; i < 2 * len; i++)
		if (digit(hex[i]) < 0)
			return ERR_INVALID;
	if (hex[2 * len])
		return ERR_INVALID;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(digit(hex[2 * i]) << 4 |
				   digit(hex[2 * i + 1]));
	return 0;
}

void bytes_to_base64(struct span bytes, char *out)
{
	(void)sodium_bin2base64(out, BASE64_BYTES(bytes.len), bytes.data,
				bytes.len, sodium_base64_VARIANT_ORIGINAL);
}

/* libsodium takes some bytes above 127 for base64's characters. */
static bool is_ascii(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] > 127)
			return false;
	return true;
}

int base64_to_bytes(struct span text, uint8_t *out, size_t size, size_t *len)
{
	const char *end;
	size_t got;

	/* libsodium refuses other characters, wrong padding and stray bits. */
	if (!text.len || !is_ascii(text) ||
	    sodium_base642bin(out, size, (const char *)text.data, text.len,
			      NULL, &got, &end,
			      sodium_base64_VARIANT_ORIGINAL) ||
	    end != (const char *)text.data + text.len)
		return ERR_INVALID;
	*len = got;
	return 0;
}
