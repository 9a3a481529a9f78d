/*
 * Whether somebody who shows a token is let in. A token that was right once is
 * known by its SHA-256 as long as its line in the file of tokens stays as it
 * is, so that the slow hash is made once; wrong ones are bounded for each
 * address and in all. Safe for several threads.
 */
#ifndef TALLY_COLLECTOR_GUARD_H
#define TALLY_COLLECTOR_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct guard;

enum guard_word {
	GUARD_OPEN, /* there are no tokens, and none is needed */
	GUARD_KNOWN,
	GUARD_STRANGER,
	GUARD_WAIT, /* too many wrong ones: not looked at */
};

/* Errors as of tokens_read. */
int guard_new(const char *dir, struct guard **out, struct err *err);
void guard_free(struct guard *guard);
/* There is no file of tokens. Once there was one, a token is needed until the
 * guard is freed; and as long as there is one, also if it names nobody. */
bool guard_is_open(struct guard *guard);

/* token: as it was shown, or NULL; from: the address that it came from. */
enum guard_word guard_ask(struct guard *guard, const char *token,
			  const char *from, uint64_t now_us);

struct guard_use {
	uint64_t tokens;
	uint64_t wrong; /* questions of strangers, since the start */
};
struct guard_use guard_use(struct guard *guard);

/* How often the file of tokens was found to be another one. */
uint64_t guard_changes(struct guard *guard);

#endif
