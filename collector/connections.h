/*
 * The TCP connections behind the gate, by their descriptors, which are
 * libzmq's own: whose route each is, and how far it is ahead of what was
 * delivered from it. Descriptors are used again: before one is shut, its peer
 * is compared.
 */
#ifndef TALLY_COLLECTOR_CONNECTIONS_H
#define TALLY_COLLECTOR_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A message that is never finished is not delivered but takes memory: a
 * connection may be this far ahead of what was delivered from it. */
#define CONNECTIONS_UNSEEN_BYTES_MAX (8u * 1024 * 1024)

/* A stranger: nothing was delivered from it yet. It may be anybody, who is
 * about to show a key or never will: a greeting, a handshake and HELLO are a
 * few KiB, and soon said. Where no more connections can be taken, sooner. */
#define CONNECTIONS_STRANGE_BYTES_MAX (64u * 1024)
#define CONNECTIONS_STRANGE_MS 60000
#define CONNECTIONS_CROWDED_MS 500

struct connection;

/* Zeros: none yet. */
struct connections {
	struct connection *slots; /* by descriptor */
	size_t size, watch_next;
};

void connections_release(struct connections *all);

/* The gate has accepted it. */
void connections_accepted(struct connections *all, int fd, uint64_t now_ms);
/* bytes: as on the wire, or more. */
void connections_delivered(struct connections *all, int fd, uint32_t route,
			   size_t bytes);

/* Shuts those of the route; returns how many. */
unsigned connections_shut(struct connections *all, uint32_t route);
struct connections_found {
	unsigned endless; /* sent a message without end, and were shut */
	unsigned strange; /* were strangers for too long, and were shut */
};

/* Looks at some of them each time; at all where no more can be taken. */
struct connections_found connections_watch(struct connections *all,
					   uint64_t now_ms, bool crowded);

#endif
