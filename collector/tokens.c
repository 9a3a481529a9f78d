#include "collector/tokens.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "collector/kept.h"
#include "store/keyfile.h"

#define TITLE "tally-tokens/1\n"
#define FILE_BYTES_MAX (TOKENS_MAX * 256)
#define LETTERS "abcdefghijklmnopqrstuvwxyz0123456789-_"

/* ---- the file ---- */

static bool take_word(const char **at, const char *end, char mark, char *out,
		      size_t size)
{
	const char *stop = memchr(*at, mark, (size_t)(end - *at));

	if (!stop || stop == *at || (size_t)(stop - *at) >= size)
		return false;
	memcpy(out, *at, (size_t)(stop - *at));
	out[stop - *at] = '\0';
	*at = stop + 1;
	return true;
}

static int parse(const char *path, const char *text, size_t len,
		 struct tokens *out, struct err *err)
{
	const char *at = text + strlen(TITLE), *end = text + len;

	if (len < strlen(TITLE) || memcmp(text, TITLE, strlen(TITLE)) != 0)
		return err_set(err, ERR_CORRUPT, "%s is no file of tokens",
			       path);
	while (at < end) {
		struct token *token = &out->list[out->count];

		if (out->count == TOKENS_MAX ||
		    !take_word(&at, end, ' ', token->name,
			       sizeof(token->name)) ||
		    !take_word(&at, end, ' ', token->since,
			       sizeof(token->since)) ||
		    !take_word(&at, end, '\n', token->hash,
			       sizeof(token->hash)))
			return err_set(err, ERR_CORRUPT,
				       "%s:%zu: not NAME DAY HASH; take the "
				       "line out and make that token anew",
				       path, out->count + 2);
		out->count++;
	}
	return 0;
}

int tokens_read(const char *dir, struct tokens *out, struct err *err)
{
	char path[PATH_MAX];
	char *text = NULL;
	size_t len = 0;
	int rc = kept_path(dir, "tokens", path, err);

	*out = (struct tokens){ 0 };
	if (!rc)
		rc = file_read_private(path, FILE_BYTES_MAX, &text, &len, err);
	if (rc)
		return rc == ERR_NOTFOUND ? 0 : rc;
	out->list = calloc(TOKENS_MAX, sizeof(*out->list));
	rc = out->list ? parse(path, text, len, out, err) :
			 err_set(err, ERR_NOMEM, "no memory for tokens");
	free(text);
	if (rc)
		tokens_release(out);
	return rc;
}

void tokens_release(struct tokens *tokens)
{
	free(tokens->list);
	*tokens = (struct tokens){ 0 };
}

static int write_tokens(const char *dir, const struct tokens *tokens,
			struct err *err)
{
	char path[PATH_MAX];
	struct strbuf text;
	int rc = kept_path(dir, "tokens", path, err);

	if (rc)
		return rc;
	strbuf_init(&text, 0);
	strbuf_add_text(&text, TITLE);
	for (size_t i = 0; i < tokens->count; i++)
		strbuf_addf(&text, "%s %s %s\n", tokens->list[i].name,
			    tokens->list[i].since, tokens->list[i].hash);
	rc = text.failed ? err_set(err, ERR_NOMEM, "no memory") :
			   file_replace(path, text.text, text.len, 0600, err);
	strbuf_release(&text);
	return rc;
}

/* ---- one of them ---- */

struct span token_name(const char *token)
{
	return span_of(token, strcspn(token, "."));
}

const struct token *tokens_find(const struct tokens *tokens, struct span name)
{
	for (size_t i = 0; i < tokens->count; i++)
		if (strlen(tokens->list[i].name) == name.len &&
		    !memcmp(tokens->list[i].name, name.data, name.len))
			return &tokens->list[i];
	return NULL;
}

static int make_token(const char *name, int32_t day, char out[TOKEN_BYTES],
		      struct token *token, struct err *err)
{
	uint8_t secret[TOKEN_SECRET_BYTES];
	char hex[2 * TOKEN_SECRET_BYTES + 1];

	random_bytes(secret, sizeof(secret));
	bytes_to_hex(span_of(secret, sizeof(secret)), hex);
	(void)snprintf(out, TOKEN_BYTES, "%s.%s", name, hex);
	sign_wipe(secret, sizeof(secret));
	sign_wipe(hex, sizeof(hex));
	(void)snprintf(token->name, sizeof(token->name), "%s", name);
	day_print(day, token->since);
	return secret_hash(span_of_text(out), token->hash, err);
}

static int add(const char *dir, struct tokens *tokens, const char *name,
	       int32_t day, char out[TOKEN_BYTES], struct err *err)
{
	int rc;

	if (tokens_find(tokens, span_of_text(name)))
		return err_set(err, ERR_EXISTS,
			       "there is a token %s; remove it first, or take "
			       "another name",
			       name);
	if (tokens->count == TOKENS_MAX)
		return err_set(err, ERR_LIMIT,
			       "there are %d tokens, no more "
			       "is possible",
			       TOKENS_MAX);
	if (!tokens->list)
		tokens->list = calloc(1, sizeof(*tokens->list));
	if (!tokens->list)
		return err_set(err, ERR_NOMEM, "no memory for tokens");
	rc = make_token(name, day, out, &tokens->list[tokens->count], err);
	if (rc)
		return rc;
	tokens->count++;
	return write_tokens(dir, tokens, err);
}

/* The tokens that are there, while nobody else changes them. */
static int begin_change(const char *dir, int *lock, struct tokens *tokens,
			struct err *err)
{
	int rc = lock_take(dir, "tokens.lock", lock, err);

	if (rc)
		return rc;
	rc = tokens_read(dir, tokens, err);
	if (rc)
		(void)close(*lock);
	return rc;
}

int tokens_add(const char *dir, const char *name, int32_t day,
	       char out[TOKEN_BYTES], struct err *err)
{
	struct tokens tokens;
	int lock, rc;

	if (!*name || strlen(name) >= TOKEN_NAME_BYTES ||
	    name[strspn(name, LETTERS)])
		return err_set(err, ERR_INVALID,
			       "%s is no name of a token: up to %d of a-z, "
			       "0-9, - and _",
			       name, TOKEN_NAME_BYTES - 1);
	rc = begin_change(dir, &lock, &tokens, err);
	if (rc)
		return rc;
	rc = add(dir, &tokens, name, day, out, err);
	tokens_release(&tokens);
	(void)close(lock);
	return rc;
}

int tokens_remove(const char *dir, const char *name, struct err *err)
{
	struct tokens tokens;
	const struct token *token;
	int lock;
	int rc = begin_change(dir, &lock, &tokens, err);

	if (rc)
		return rc;
	token = tokens_find(&tokens, span_of_text(name));
	if (token) {
		tokens.list[token - tokens.list] = tokens.list[--tokens.count];
		rc = write_tokens(dir, &tokens, err);
	} else {
		rc = err_set(err, ERR_NOTFOUND, "there is no token %s", name);
	}
	tokens_release(&tokens);
	(void)close(lock);
	return rc;
}
