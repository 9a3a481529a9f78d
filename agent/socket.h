/*
 * The office's socket: a DEALER with CURVE, a new one for each connection.
 * The only file of the agent that knows libzmq.
 *
 * A message is exactly one frame; anything else takes the connection down.
 * Callbacks come from the loop and may connect anew or shut.
 */
#ifndef TALLY_AGENT_SOCKET_H
#define TALLY_AGENT_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rt/loop.h"
#include "base/span.h"
#include "proto/sign.h"

struct socket;

enum socket_end {
	SOCKET_LOST,
	SOCKET_REFUSED, /* the collector's door does not know the key */
	/* Somebody answered, and CURVE did not agree: not with this key. */
	SOCKET_STRANGER,
};

struct socket_events {
	void (*up)(void *arg); /* connected, and CURVE agreed */
	void (*down)(void *arg, enum socket_end end);
	void (*message)(void *arg, struct span message);
};

int socket_open(struct loop *loop, const struct socket_events *events,
		void *arg, struct socket **out, struct err *err);
void socket_close(struct socket *socket);

/* Drops the connection there is and begins another. */
int socket_connect(struct socket *socket, const char *endpoint,
		   const uint8_t collector_key[CURVE_KEY_BYTES],
		   const struct curve_pair *keys, struct err *err);
void socket_shut(struct socket *socket);

/* ERR_OFFLINE if it does not go at once. */
int socket_send(struct socket *socket, struct span message, struct err *err);

#endif
