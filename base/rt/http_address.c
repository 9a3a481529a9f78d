/* Where the HTTP server listens, and who asks it under which name. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/rt/http_parts.h"

#define HOST_BYTES_MAX 64

static int read_port(const char *text, uint16_t *out)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (!*text || *end || port > UINT16_MAX || text[0] == '-')
		return ERR_INVALID;
	*out = (uint16_t)port;
	return 0;
}

static bool read_six(const char *host, struct in6_addr *out)
{
	char inner[HOST_BYTES_MAX];
	size_t len = strlen(host);

	if (len < 3 || host[0] != '[' || host[len - 1] != ']')
		return false;
	(void)snprintf(inner, sizeof(inner), "%.*s", (int)len - 2, host + 1);
	return inet_pton(AF_INET6, inner, out) == 1;
}

static bool is_here(const struct http_address *address)
{
	const struct sockaddr_in *four =
		(const struct sockaddr_in *)&address->storage;
	const struct sockaddr_in6 *six =
		(const struct sockaddr_in6 *)&address->storage;

	return address->six ? IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) :
			      ntohl(four->sin_addr.s_addr) >> 24 == 127;
}

int http_address_read(const char *text, bool any, struct http_address *out,
		      struct err *err)
{
	struct sockaddr_in *four = (struct sockaddr_in *)&out->storage;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&out->storage;
	const char *colon = strrchr(text, ':');
	char host[HOST_BYTES_MAX] = "";
	uint16_t port = 0;

	*out = (struct http_address){ 0 };
	if (colon && (size_t)(colon - text) < sizeof(host))
		(void)snprintf(host, sizeof(host), "%.*s", (int)(colon - text),
			       text);
	if (!colon || read_port(colon + 1, &port))
		return err_set(err, ERR_INVALID,
			       "%s is no address: write 127.0.0.1:5780", text);
	if (!strcmp(host, "localhost"))
		(void)snprintf(host, sizeof(host), "127.0.0.1");
	if (read_six(host, &six->sin6_addr)) {
		out->six = true;
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(port);
	} else {
		*out = (struct http_address){ 0 };
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		if (inet_pton(AF_INET, host, &four->sin_addr) != 1)
			return err_set(err, ERR_INVALID,
				       "%s is no address: write "
				       "127.0.0.1:5780",
				       text);
	}
	if (any || is_here(out))
		return 0;
	return err_set(err, ERR_INVALID,
		       "%s can be reached from other machines, which could "
		       "then read everything: listen on 127.0.0.1, or make "
		       "tokens first (tally-collector token add NAME)",
		       text);
}

void http_address_print(const struct sockaddr *address, char *out, size_t size)
{
	struct sockaddr_in6 six;

	out[0] = '\0';
	if (address && address->sa_family == AF_INET)
		(void)inet_ntop(
			AF_INET,
			&((const struct sockaddr_in *)address)->sin_addr, out,
			(socklen_t)size);
	if (!address || address->sa_family != AF_INET6)
		return;
	memcpy(&six, address, sizeof(six));
	memset(&six.sin6_addr.s6_addr[8], 0, 8);
	(void)inet_ntop(AF_INET6, &six.sin6_addr, out, (socklen_t)size);
}

/* A page of another site must not read this one's answers under a name of its
 * own that leads here. */
bool http_host_is_own(const char *host, const char *listen)
{
	const char *const own[] = { "127.0.0.1", "localhost", "[::1]", listen };
	const char *colon = strrchr(listen, ':');

	for (size_t i = 0; host && i < sizeof(own) / sizeof(own[0]); i++) {
		size_t len = own[i] == listen && colon ?
				     (size_t)(colon - listen) :
				     strlen(own[i]);

		if (!strncasecmp(host, own[i], len) &&
		    (host[len] == '\0' || host[len] == ':'))
			return true;
	}
	return false;
}
