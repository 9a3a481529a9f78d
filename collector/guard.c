#include "collector/guard.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/rt/log.h"
#include "collector/kept.h"
#include "collector/tokens.h"
#include "proto/hash.h"

#define SECOND_US 1000000u
/* Of one address: 10 wrong tokens at once, then one in 2 s. */
#define FROM_US ((uint64_t)2 * SECOND_US)
#define FROM_BURST 10
#define FROM_BYTES 48
#define ADDRESSES_MAX 256
/* Of all: 20 slow hashes at once, then 20 in a second. */
#define ALL_US ((uint64_t)SECOND_US / 20)
#define ALL_BURST 20

/* What was used up is there again at that moment. */
struct meter {
	uint64_t full_us;
};

struct address {
	char from[FROM_BYTES];
	struct meter wrong;
};

/* A token that was right. */
struct known {
	bool there;
	struct hash token;
};

struct guard {
	char dir[PATH_MAX], path[PATH_MAX];
	pthread_mutex_t lock;	  /* of what follows; never held for long */
	pthread_mutex_t checking; /* one slow hash at a time */
	struct stat seen;
	struct tokens tokens;
	bool needed;
	struct known known[TOKENS_MAX]; /* beside tokens.list */
	uint64_t changes, wrong;
	struct meter all;
	struct address addresses[ADDRESSES_MAX];
};

/* ---- how much ---- */

static bool has_room(const struct meter *meter, uint64_t now_us,
		     uint64_t each_us, unsigned burst)
{
	return meter->full_us < now_us ||
	       meter->full_us - now_us <= each_us * (burst - 1);
}

static void use(struct meter *meter, uint64_t now_us, uint64_t each_us)
{
	if (meter->full_us < now_us)
		meter->full_us = now_us;
	meter->full_us += each_us;
}

/* An address that is not there takes the place of the one that has done
 * nothing wrong for longest. */
static struct address *address_of(struct guard *guard, const char *from)
{
	struct address *oldest = &guard->addresses[0];

	for (size_t i = 0; i < ADDRESSES_MAX; i++) {
		struct address *address = &guard->addresses[i];

		if (!strcmp(address->from, from))
			return address;
		if (address->wrong.full_us < oldest->wrong.full_us)
			oldest = address;
	}
	*oldest = (struct address){ 0 };
	(void)snprintf(oldest->from, sizeof(oldest->from), "%s", from);
	return oldest;
}

/* ---- the file ---- */

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_mode == b->st_mode;
}

/* Who was known and stands in the file as before is known still. */
static void take_tokens(struct guard *guard, struct tokens *tokens)
{
	struct known known[TOKENS_MAX] = { 0 };

	for (size_t i = 0; i < tokens->count; i++) {
		const struct token *now = &tokens->list[i];
		const struct token *before =
			tokens_find(&guard->tokens, span_of_text(now->name));

		if (before && !strcmp(before->hash, now->hash))
			known[i] = guard->known[before - guard->tokens.list];
	}
	tokens_release(&guard->tokens);
	guard->tokens = *tokens;
	memcpy(guard->known, known, sizeof(known));
}

static int read_again(struct guard *guard, struct err *err)
{
	struct tokens tokens;
	struct stat now = { 0 };
	int rc;

	if (stat(guard->path, &now))
		now = (struct stat){ 0 };
	if (same_file(&now, &guard->seen))
		return 0;
	rc = tokens_read(guard->dir, &tokens, err);
	take_tokens(guard, &tokens);
	/* Also one that names nobody: somebody meant to let nobody in. */
	if (rc || now.st_ino)
		guard->needed = true;
	/* What passes, as a lack of memory, is tried again. */
	if (!rc || rc == ERR_CORRUPT || rc == ERR_DENIED)
		guard->seen = now;
	guard->changes++;
	return rc;
}

static void keep_up(struct guard *guard)
{
	struct err err = { 0 };

	if (read_again(guard, &err))
		log_err(LOG_ERROR, "tokens-unreadable", &err);
}

int guard_new(const char *dir, struct guard **out, struct err *err)
{
	struct guard *guard = calloc(1, sizeof(*guard));
	int rc;

	if (!guard)
		return err_set(err, ERR_NOMEM, "no memory");
	(void)snprintf(guard->dir, sizeof(guard->dir), "%s", dir);
	(void)pthread_mutex_init(&guard->lock, NULL);
	(void)pthread_mutex_init(&guard->checking, NULL);
	rc = kept_path(dir, "tokens", guard->path, err);
	if (!rc)
		rc = read_again(guard, err);
	if (rc)
		guard_free(guard);
	else
		*out = guard;
	return rc;
}

void guard_free(struct guard *guard)
{
	if (!guard)
		return;
	tokens_release(&guard->tokens);
	(void)pthread_mutex_destroy(&guard->lock);
	(void)pthread_mutex_destroy(&guard->checking);
	free(guard);
}

bool guard_is_open(struct guard *guard)
{
	bool open;

	pthread_mutex_lock(&guard->lock);
	keep_up(guard);
	open = !guard->needed;
	pthread_mutex_unlock(&guard->lock);
	return open;
}

uint64_t guard_changes(struct guard *guard)
{
	uint64_t changes;

	pthread_mutex_lock(&guard->lock);
	keep_up(guard);
	changes = guard->changes;
	pthread_mutex_unlock(&guard->lock);
	return changes;
}

struct guard_use guard_use(struct guard *guard)
{
	struct guard_use use;

	pthread_mutex_lock(&guard->lock);
	use = (struct guard_use){ guard->tokens.count, guard->wrong };
	pthread_mutex_unlock(&guard->lock);
	return use;
}

/* ---- one question ---- */

struct asked {
	const char *token, *from;
	uint64_t now_us;
	struct hash digest;
	struct token of; /* a copy: the file may change meanwhile */
	uint64_t changes;
};

/* True: *word is the answer; false: the slow hash of asked->of has it. */
static bool knows(struct guard *guard, struct asked *asked,
		  enum guard_word *word)
{
	const struct token *token =
		tokens_find(&guard->tokens, token_name(asked->token));
	struct address *address = address_of(guard, asked->from);

	if (token && guard->known[token - guard->tokens.list].there &&
	    hash_equal(&guard->known[token - guard->tokens.list].token,
		       &asked->digest)) {
		*word = GUARD_KNOWN;
		return true;
	}
	*word = GUARD_WAIT;
	if (!has_room(&address->wrong, asked->now_us, FROM_US, FROM_BURST))
		return true;
	if (!token) {
		use(&address->wrong, asked->now_us, FROM_US);
		*word = GUARD_STRANGER;
		return true;
	}
	asked->of = *token;
	asked->changes = guard->changes;
	return false;
}

static void learn(struct guard *guard, const struct asked *asked, bool right)
{
	const struct token *token =
		tokens_find(&guard->tokens, span_of_text(asked->of.name));

	if (!right) {
		use(&address_of(guard, asked->from)->wrong, asked->now_us,
		    FROM_US);
	} else if (token && asked->changes == guard->changes) {
		guard->known[token - guard->tokens.list].there = true;
		guard->known[token - guard->tokens.list].token = asked->digest;
	}
}

/* Who waited for the hash of another may find that it was the same. */
static enum guard_word check(struct guard *guard, struct asked *asked)
{
	enum guard_word word;
	bool done, right;

	pthread_mutex_lock(&guard->lock);
	done = knows(guard, asked, &word);
	if (!done && !has_room(&guard->all, asked->now_us, ALL_US, ALL_BURST))
		done = true; /* GUARD_WAIT */
	if (!done)
		use(&guard->all, asked->now_us, ALL_US);
	pthread_mutex_unlock(&guard->lock);
	if (done)
		return word;
	right = secret_is(asked->of.hash, span_of_text(asked->token));
	pthread_mutex_lock(&guard->lock);
	learn(guard, asked, right);
	pthread_mutex_unlock(&guard->lock);
	return right ? GUARD_KNOWN : GUARD_STRANGER;
}

static enum guard_word decide(struct guard *guard, struct asked *asked)
{
	enum guard_word word = GUARD_STRANGER;
	bool done = true;

	pthread_mutex_lock(&guard->lock);
	keep_up(guard);
	if (!guard->needed) {
		word = GUARD_OPEN;
	} else if (asked->token) {
		asked->digest = hash_span(span_of_text(asked->token));
		done = knows(guard, asked, &word);
	}
	pthread_mutex_unlock(&guard->lock);
	if (done)
		return word;
	pthread_mutex_lock(&guard->checking);
	word = check(guard, asked);
	pthread_mutex_unlock(&guard->checking);
	return word;
}

enum guard_word guard_ask(struct guard *guard, const char *token,
			  const char *from, uint64_t now_us)
{
	struct asked asked = { .token = token, .from = from, .now_us = now_us };
	enum guard_word word = decide(guard, &asked);

	if (word == GUARD_STRANGER || word == GUARD_WAIT) {
		pthread_mutex_lock(&guard->lock);
		guard->wrong++;
		pthread_mutex_unlock(&guard->lock);
	}
	return word;
}
