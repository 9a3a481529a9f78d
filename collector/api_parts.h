/* What the files of the HTTP interface share. */
#ifndef TALLY_COLLECTOR_API_PARTS_H
#define TALLY_COLLECTOR_API_PARTS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rt/http.h"
#include "base/strbuf.h"
#include "collector/answers.h"
#include "collector/guard.h"
#include "collector/memo.h"
#include "collector/view.h"
#include "proto/figure/measure.h"
#include "store/lookup.h"

#define API_PARAMETERS_MAX 3

/* One question on its way to an answer. */
struct api_call {
	const char *dir;
	const struct http_request *request;
	const char *parameters[API_PARAMETERS_MAX]; /* of the address */
	size_t parameter_count;
	struct memo *memo, *today;
	struct view *view;
	struct hash state; /* the journal's root that the view contains */
	struct evaluation *evaluation;
	struct lookup *lookup; /* NULL until call_lookup */
	struct lookup lookup_room;
	struct http_answer *answer;
	struct strbuf *out; /* the answer's body, an open object */
	struct err *err;
	bool settled; /* asked for the month that is in */
	bool empty;   /* there is no catalogue, or was none then */
};

/* Whether a word is one of those in list, which mark divides. */
bool is_listed(const char *list, char mark, const char *word);

/* The index of a target or unit, or ERR_NOTFOUND. */
int call_target(const struct api_call *call, const char *id, uint32_t *out);
int call_unit(const struct api_call *call, const char *id, uint32_t *out);

/* Opens the journal once. */
int call_lookup(struct api_call *call);

/* A figure as an element of the list that is open, or under a key. */
int call_add_figure(struct api_call *call, const struct figure *figure);
int call_put_figure(struct api_call *call, const char *key,
		    const struct figure *figure);
/* The figure of one unit of a target, NULL if it has none. */
int call_unit_figure(struct api_call *call, uint32_t target, uint32_t unit,
		     const struct figure **out);

/* An element of the open list: a statement, and what became of it; the object
 * stays open. */
int call_add_statement(struct api_call *call, uint64_t entry, uint32_t n);
/* The same of one that the store names: ERR_CORRUPT if it is not there. */
int call_add_named(struct api_call *call, uint64_t entry, uint32_t n);

/* The statements at the newest end of the record, also refused ones, so many
 * at most. */
int call_put_arrivals(struct api_call *call, const char *key, size_t max);

/* "collecting": who has reported of what is open; null: nothing is. */
int call_put_collecting(struct api_call *call);

/* ---- answers as such ---- */

/* Appends the Chinese of an error's text, or what it is. */
void api_add_chinese(struct strbuf *out, const char *text);

/* {"error": text, "error_zh": its Chinese} in place of what is there. */
void answer_error(struct http_answer *answer, unsigned status,
		  const char *text);
/* The same, with a word for programs of why. */
void answer_trouble(struct http_answer *answer, unsigned status,
		    const char *why, const char *text);

/* Whether who asks may know; if not, the answer says so. */
bool door_admits(struct guard *guard, const struct http_request *request,
		 struct http_answer *answer);
/* A token becomes a browser's cookie, and goes away again. */
void door_login(struct guard *guard, const struct http_request *request,
		struct http_answer *answer);
void door_logout(struct http_answer *answer);

/* What is counted, and where. */
struct metrics_of {
	const char *dir;
	struct db *db;
	struct http_server *server;
	struct answers *answers;
	struct guard *guard;
};
int metrics_put(const struct metrics_of *of, struct strbuf *out,
		struct err *err);

/* ---- what is answered from the store ---- */

int api_catalogue(struct api_call *call);
int api_overview(struct api_call *call);
int api_matrix(struct api_call *call);
int api_target(struct api_call *call);
int api_unit(struct api_call *call);
int api_standings(struct api_call *call);
int api_figure(struct api_call *call);
int api_statement(struct api_call *call);
int api_proof(struct api_call *call);
int api_refused(struct api_call *call);
int api_late(struct api_call *call);
int api_csv(struct api_call *call);
int api_xlsx(struct api_call *call);

#endif
