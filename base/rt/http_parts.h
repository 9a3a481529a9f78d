/* What the files of the HTTP server share. */
#ifndef TALLY_RT_HTTP_PARTS_H
#define TALLY_RT_HTTP_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

struct http_address {
	struct sockaddr_storage storage;
	bool six;
};

/* "127.0.0.1:5780", "[::1]:0", "localhost:5780". ERR_INVALID: none, or not of
 * this machine alone though it must be. */
int http_address_read(const char *text, bool any, struct http_address *out,
		      struct err *err);
/* As text, of IPv6 the network (64 bits) alone, which is one visitor's. */
void http_address_print(const struct sockaddr *address, char *out, size_t size);

/* Whether a Host header names this machine, or what is listened on. */
bool http_host_is_own(const char *host, const char *listen);

/* ---- where connections come in ---- */

struct listener_settings {
	const char *name;    /* of the address, for people */
	const char *refusal; /* a whole answer, for who is too many */
	/* Takes a connection over, on the listener's thread; false: there is
	 * no room for it. */
	bool (*take)(void *arg, int link, const struct sockaddr *from,
		     socklen_t len);
	void *arg;
};

struct listener;

/* The texts outlive it. */
int listener_open(const struct listener_settings *settings,
		  const struct http_address *address, struct listener **out,
		  struct err *err);
/* Takes connections on a thread of its own. */
int listener_start(struct listener *listener, struct err *err);
uint16_t listener_port(const struct listener *listener);
void listener_stop(struct listener *listener); /* takes no more */
void listener_close(struct listener *listener);

#endif
