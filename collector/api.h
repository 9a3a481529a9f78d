/*
 * The collector's HTTP interface: what each address answers. docs/api.md has
 * the shapes. It reads the live store and the journal and writes nothing.
 */
#ifndef TALLY_COLLECTOR_API_H
#define TALLY_COLLECTOR_API_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rt/http.h"
#include "proto/hash.h"

struct api;

struct guard; /* collector/guard.h */

/* dir: the data directory. pages: a folder to serve in place of the pages in
 * the program, or NULL. guard: who may ask; outlives it. */
int api_open(const char *dir, const char *pages, struct guard *guard,
	     struct api **out, struct err *err);
void api_close(struct api *api);

/* For http_settings; arg is the struct api. */
void api_answer(void *arg, const struct http_request *request,
		struct http_answer *answer);

/* Whether an address is one that whoever watches over the program asks: no
 * slow question may hold it up. */
bool api_is_prompt(const char *path);

/* For /metrics, once there is a server. */
void api_count(struct api *api, struct http_server *server);

/* How far the store is: entries, and when the last was received. */
struct api_state {
	uint64_t size, updated_us;
	struct hash root; /* of the journal at that size */
};
int api_state(struct api *api, struct api_state *out, struct err *err);

/* Judges what has changed, so that the next question does not wait for it. */
void api_prepare(struct api *api);

#endif
