/* What the files of the HTTP server share. */
#ifndef TALLY_RT_HTTP_PARTS_H
#define TALLY_RT_HTTP_PARTS_H

#include <stdbool.h>
#include <stddef.h>
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

/* Whether a Host header names this machine. */
bool http_host_is_own(const char *host);

#endif
