/*
 * Addresses of collectors, tcp://HOST:PORT: what an office connects to, and
 * what a collector listens on. Pure: nothing is looked up or connected.
 *
 * HOST is a name, an IPv4 address, or an IPv6 address in brackets. Names are
 * looked up as IPv4 addresses alone.
 */
#ifndef TALLY_PROTO_ENDPOINT_H
#define TALLY_PROTO_ENDPOINT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"

#define ENDPOINT_BYTES_MAX 200

/* Can an office connect to it? ERR_INVALID says what is wrong. */
int endpoint_check(struct span text, struct err *err);
/* Can a collector listen on it? * is any address, or any port. */
int endpoint_check_bind(struct span text, struct err *err);

/* Of one that is good: does its socket have to speak IPv6? Yes for what
 * stands in brackets, and for * as a host. */
bool endpoint_ipv6(const char *text);

#endif
