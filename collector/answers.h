/*
 * Answers that were given, kept for who asks the same of the same state: when
 * an entry arrives every open page asks again. Bounded in number and bytes;
 * what was asked for longest ago goes first. Safe for several threads.
 */
#ifndef TALLY_COLLECTOR_ANSWERS_H
#define TALLY_COLLECTOR_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rt/http.h"
#include "proto/hash.h"

struct answers;

struct answers *answers_new(void); /* NULL: no memory */
void answers_free(struct answers *answers);

/* state: the journal's root that the store contains. Fills an answer that is
 * empty; false: it is not there. */
bool answers_find(struct answers *answers, const struct http_request *request,
		  const struct hash *state, struct http_answer *out);
/* One that is too long is not kept. */
void answers_keep(struct answers *answers, const struct http_request *request,
		  const struct hash *state, const struct http_answer *answer);

struct answers_use {
	uint64_t found, missed; /* since the start */
	uint64_t bytes;
};
struct answers_use answers_use(struct answers *answers);

#endif
