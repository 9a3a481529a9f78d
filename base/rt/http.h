/*
 * A small HTTP server for pages and programs that only read: GET and HEAD,
 * answers made by a function on worker threads, and a stream of server-sent
 * events. The door to microhttpd.h.
 *
 * One thread speaks with the sockets and never waits for an answer; a request
 * waits in a queue of bounded length and is told 503 when that is full. What is
 * prompt has a queue and a worker of its own, so that slow questions do not
 * hold it up. Connections are bounded, and streams apart from them: one too
 * many is told 503 at once, and a log line says when that begins and when it is
 * over. What is too large, too slow or no GET is refused before the function is
 * asked.
 */
#ifndef TALLY_RT_HTTP_H
#define TALLY_RT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/strbuf.h"

#define HTTP_QUERY_MAX 16
#define HTTP_HEADER_BYTES_MAX 128
#define HTTP_ADDRESS_BYTES 48
#define HTTP_COOKIE "tally" /* its name */
#define HTTP_COOKIE_BYTES_MAX 256

struct http_pair {
	const char *name, *value; /* decoded */
};

struct http_request {
	const char *path; /* decoded, begins with '/' */
	struct http_pair query[HTTP_QUERY_MAX];
	size_t query_count;
	bool overflow;	   /* there were more, which is an error */
	const char *etag;  /* If-None-Match, or NULL */
	bool gzip;	   /* is understood */
	const char *token; /* of Authorization: Bearer or the cookie, or NULL */
	bool secure;	   /* over TLS, says the web server in front */
	char from[HTTP_ADDRESS_BYTES]; /* of whom */
	struct arena arena;
};

/* The value of a parameter, NULL if it is not given. */
const char *http_query(const struct http_request *request, const char *name);

struct http_answer {
	unsigned status;  /* 200 unless set */
	const char *type; /* of the content; static text */
	struct strbuf body;
	struct span fixed; /* in place of body: bytes that stay */
	bool gzipped;	   /* what is in fixed */
	bool stream;	   /* of events, in place of a body */
	char etag[HTTP_HEADER_BYTES_MAX];     /* empty: none */
	char download[HTTP_HEADER_BYTES_MAX]; /* name of the file; or empty */
	char cookie[HTTP_COOKIE_BYTES_MAX];   /* to be set; or empty */
};

/* Fills an answer that is all zero but for its buffer. Called by several
 * threads at once. */
typedef void (*http_answer_fn)(void *arg, const struct http_request *request,
			       struct http_answer *answer);

struct http_settings {
	const char *listen; /* "127.0.0.1:5780", "[::1]:0"; port 0: any */
	bool open; /* to other machines, under any name: answer asks for
		    * tokens */
	const char *policy; /* Content-Security-Policy of every answer */
	unsigned workers, queue, connections;
	unsigned streams;		  /* of the connections */
	bool (*prompt)(const char *path); /* NULL: nothing is */
	http_answer_fn answer;
	void *arg;
};

struct http_server;

/* ERR_INVALID: the address is none, or not of this machine alone though it is
 * not open. */
int http_open(const struct http_settings *settings, struct http_server **out,
	      struct err *err);
uint16_t http_port(const struct http_server *server);
/* Ends streams, waits for answers under way, frees. */
void http_close(struct http_server *server);

/*
 * Tells every stream: "id: ID", "event: EVENT", "data: DATA". Only the newest
 * is kept: who was away is told that one. event, data: one line each, copied.
 */
void http_publish(struct http_server *server, uint64_t id, const char *event,
		  const char *data);
/* A sign of life to every stream. */
void http_heartbeat(struct http_server *server);

/* Every stream ends; who may comes again. */
void http_end_streams(struct http_server *server);

struct http_use {
	uint64_t requests, refused; /* since the start */
	uint64_t streams;	    /* open now, */
	uint64_t connections;	    /* and in all */
};
struct http_use http_use(struct http_server *server);

#endif
