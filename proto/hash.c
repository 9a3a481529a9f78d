#include "proto/hash.h"

#include <string.h>

/* Deprecated in favour of EVP, which takes memory for each hash and half as
 * long again for what is hashed here. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

enum domain {
	DOMAIN_LEAF = 0x00,
	DOMAIN_NODE = 0x01,
	DOMAIN_LINK = 0x02,
	DOMAIN_STATE = 0x03,
	DOMAIN_TEXT = 0x04,
};

#define TEXT_SALT_BYTES 16

struct hash hash_parts(const struct span *parts, size_t count)
{
	SHA256_CTX context;
	struct hash out;

	(void)SHA256_Init(&context);
	for (size_t i = 0; i < count; i++)
		(void)SHA256_Update(&context, parts[i].data, parts[i].len);
	(void)SHA256_Final(out.bytes, &context);
	return out;
}

struct hash hash_span(struct span data)
{
	return hash_parts(&data, 1);
}

static struct hash hash_domain(enum domain domain, struct span a, struct span b,
			       struct span c)
{
	uint8_t first = (uint8_t)domain;
	const struct span parts[] = { span_of(&first, 1), a, b, c };

	return hash_parts(parts, 4);
}

struct hash hash_leaf(struct span a, struct span b)
{
	return hash_domain(DOMAIN_LEAF, a, b, span_of(NULL, 0));
}

struct hash hash_node(const struct hash *left, const struct hash *right)
{
	return hash_domain(DOMAIN_NODE, span_of(left->bytes, HASH_BYTES),
			   span_of(right->bytes, HASH_BYTES), span_of(NULL, 0));
}

struct hash hash_link(const struct hash *old, const struct hash *leaf,
		      struct span row)
{
	return hash_domain(DOMAIN_LINK, span_of(old->bytes, HASH_BYTES),
			   span_of(leaf->bytes, HASH_BYTES), row);
}

struct hash hash_state(const struct hash *children, size_t count)
{
	return hash_domain(DOMAIN_STATE, span_of(children, count * HASH_BYTES),
			   span_of(NULL, 0), span_of(NULL, 0));
}

struct hash hash_text(const uint8_t *salt, struct span text)
{
	return hash_domain(DOMAIN_TEXT, span_of(salt, TEXT_SALT_BYTES), text,
			   span_of(NULL, 0));
}

int hash_equal(const struct hash *a, const struct hash *b)
{
	return !memcmp(a->bytes, b->bytes, HASH_BYTES);
}

void hash_print(const struct hash *hash, char out[2 * HASH_BYTES + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < HASH_BYTES; i++) {
		out[2 * i] = digits[hash->bytes[i] >> 4];
		out[2 * i + 1] = digits[hash->bytes[i] & 15];
	}
	out[2 * HASH_BYTES] = '\0';
}
