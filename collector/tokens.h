/*
 * Tokens: who may look at what `serve` answers. The file DIR/tokens (0600) has
 * a line for each, "NAME DAY HASH": the day it was made, and the Argon2id hash
 * of the whole token, which stands nowhere. A token is NAME.SECRET, so that it
 * is looked up by its name and hashed once.
 */
#ifndef TALLY_COLLECTOR_TOKENS_H
#define TALLY_COLLECTOR_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "proto/day.h"
#include "proto/sign.h"

#define TOKENS_MAX 256
#define TOKEN_NAME_BYTES 33 /* a-z 0-9 - _ */
#define TOKEN_SECRET_BYTES 32
#define TOKEN_BYTES (TOKEN_NAME_BYTES + 2 * TOKEN_SECRET_BYTES + 1)

struct token {
	char name[TOKEN_NAME_BYTES];
	char since[DAY_TEXT_BYTES];
	char hash[SECRET_HASH_BYTES];
};

struct tokens {
	struct token *list;
	size_t count;
};

/* None if there is no file. ERR_DENIED: others may read it; ERR_CORRUPT names
 * the line. */
int tokens_read(const char *dir, struct tokens *out, struct err *err);
void tokens_release(struct tokens *tokens);
/* NULL: there is none of that name. */
const struct token *tokens_find(const struct tokens *tokens, struct span name);
/* The name that a token begins with. */
struct span token_name(const char *token);

/* Makes one and gives its text. ERR_INVALID: the name; ERR_EXISTS,
 * ERR_LIMIT. */
int tokens_add(const char *dir, const char *name, int32_t day,
	       char out[TOKEN_BYTES], struct err *err);
/* ERR_NOTFOUND. */
int tokens_remove(const char *dir, const char *name, struct err *err);

#endif
