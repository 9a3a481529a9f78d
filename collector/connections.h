/*
 * The TCP connections behind the gate, by their descriptors, which are
 * libzmq's own: whose route each is, and how far it is ahead of what was
 * delivered from it. Descriptors are used again: before one is shut, its peer
 * is compared.
 */
#ifndef TALLY_COLLECTOR_CONNECTIONS_H
#define TALLY_COLLECTOR_CONNECTIONS_H

#include <stddef.h>
#include <stdint.h>

/* A message that is never finished is not delivered but takes memory: a
 * connection may be this far ahead of what was delivered from it. */
#define CONNECTIONS_UNSEEN_BYTES_MAX (8u * 1024 * 1024)

struct connection;

/* Zeros: none yet. */
struct connections {
	struct connection *slots; /* by descriptor */
	size_t size, watch_next;
};

void connections_release(struct connections *all);

/* The gate has accepted it. */
void connections_accepted(struct connections *all, int fd);
/* bytes: as on the wire, or more. */
void connections_delivered(struct connections *all, int fd, uint32_t route,
			   size_t bytes);

/* Shuts those of the route; returns how many. */
unsigned connections_shut(struct connections *all, uint32_t route);
/* Shuts those that send a message without end; returns how many. Looks at some
 * of them each time. */
unsigned connections_watch(struct connections *all);

#endif
