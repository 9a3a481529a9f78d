#include "proto/endpoint.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#define SCHEME "tcp://"
#define SCHEME_BYTES (sizeof(SCHEME) - 1)
#define PORT_DIGITS_MAX 5
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

struct endpoint {
	char host[ENDPOINT_BYTES_MAX + 1]; /* without brackets */
	char port[ENDPOINT_BYTES_MAX + 1];
	bool brackets;
};

static int bad(struct span text, const char *why, struct err *err)
{
	return err_set(err, ERR_INVALID, "%.*s: %s", (int)text.len,
		       (const char *)text.data, why);
}

static bool is_all(const char *text, const char *of)
{
	return text[strspn(text, of)] == '\0';
}

/* Into host and port, neither of them looked at yet. */
static int split(struct span text, struct endpoint *out, struct err *err)
{
	char copy[ENDPOINT_BYTES_MAX + 1] = "";
	char *host = copy + SCHEME_BYTES, *end, *port;

	if (text.len > ENDPOINT_BYTES_MAX)
		return err_set(err, ERR_INVALID,
			       "the address is longer than %d characters",
			       ENDPOINT_BYTES_MAX);
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return err_set(err, ERR_INVALID,
				       "the address holds a blank or a letter "
				       "that no address has");
	if (text.len)
		memcpy(copy, text.data, text.len);
	if (strncmp(copy, SCHEME, SCHEME_BYTES) != 0)
		return bad(text,
			   "say tcp://HOST:PORT, such as "
			   "tcp://10.1.2.3:5724",
			   err);
	out->brackets = host[0] == '[';
	end = out->brackets ? strchr(host, ']') : strchr(host, ':');
	port = out->brackets && end ? end + 1 : end;
	if (!port || *port != ':')
		return bad(text,
			   "the port is missing: say tcp://HOST:PORT, such as "
			   "tcp://10.1.2.3:5724",
			   err);
	if (!out->brackets && strchr(port + 1, ':'))
		return bad(text,
			   "an IPv6 address stands in brackets: "
			   "tcp://[fd00::1]:5724",
			   err);
	host += out->brackets;
	memcpy(out->host, host, (size_t)(end - host));
	out->host[end - host] = '\0';
	memcpy(out->port, port + 1, strlen(port + 1) + 1);
	return 0;
}

static bool is_port(const char *text)
{
	uint32_t port = 0;

	if (!text[0] || strlen(text) > PORT_DIGITS_MAX || !is_all(text, DIGITS))
		return false;
	for (; *text; text++)
		port = port * 10 + (uint32_t)(*text - '0');
	return port > 0 && port <= UINT16_MAX;
}

/* A scope such as %eth0 is for this machine to know. */
static bool is_ipv6(const struct endpoint *endpoint, struct in6_addr *out)
{
	char address[ENDPOINT_BYTES_MAX + 1];
	size_t len = strcspn(endpoint->host, "%");

	memcpy(address, endpoint->host, len);
	address[len] = '\0';
	return inet_pton(AF_INET6, address, out) == 1;
}

/* Is it meant as an IPv4 address? No name ends with a number. */
static bool is_number(const char *host)
{
	const char *dot = strrchr(host, '.');

	return is_all(dot ? dot + 1 : host, DIGITS);
}

static int check_host(const struct endpoint *endpoint, struct span text,
		      bool *everywhere, struct err *err)
{
	const char *host = endpoint->host;
	struct in6_addr ipv6;
	struct in_addr ipv4;

	*everywhere = false;
	if (endpoint->brackets) {
		if (!is_ipv6(endpoint, &ipv6))
			return bad(text,
				   "what is in brackets is no IPv6 "
				   "address",
				   err);
		*everywhere = IN6_IS_ADDR_UNSPECIFIED(&ipv6);
		return 0;
	}
	if (!host[0])
		return bad(text,
			   "the host is missing: say tcp://HOST:PORT, such as "
			   "tcp://10.1.2.3:5724",
			   err);
	if (!strcmp(host, "*")) {
		*everywhere = true;
		return 0;
	}
	if (!is_all(host, LETTERS DIGITS ".-_"))
		return bad(text, "the host is neither a name nor an address",
			   err);
	if (!is_number(host))
		return 0;
	if (inet_pton(AF_INET, host, &ipv4) != 1)
		return bad(text,
			   "the host is no IPv4 address, which has four "
			   "numbers from 0 to 255",
			   err);
	*everywhere = ipv4.s_addr == INADDR_ANY;
	return 0;
}

int endpoint_check(struct span text, struct err *err)
{
	struct endpoint endpoint;
	bool everywhere;
	int rc = split(text, &endpoint, err);

	if (!rc)
		rc = check_host(&endpoint, text, &everywhere, err);
	if (rc)
		return rc;
	if (everywhere)
		return bad(text,
			   "that is where to listen, on every address; say one "
			   "that offices can reach, such as "
			   "tcp://10.1.2.3:5724",
			   err);
	if (!is_port(endpoint.port))
		return bad(text, "the port is no number from 1 to 65535", err);
	return 0;
}

int endpoint_check_bind(struct span text, struct err *err)
{
	struct endpoint endpoint;
	bool everywhere;
	int rc = split(text, &endpoint, err);

	if (!rc)
		rc = check_host(&endpoint, text, &everywhere, err);
	if (rc)
		return rc;
	if (strcmp(endpoint.port, "*") != 0 && !is_port(endpoint.port))
		return bad(text,
			   "the port is no number from 1 to 65535, nor * for "
			   "any",
			   err);
	return 0;
}

bool endpoint_ipv6(const char *text)
{
	return text[SCHEME_BYTES] == '[' || text[SCHEME_BYTES] == '*';
}
