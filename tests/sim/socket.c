/* The office's socket, on the simulated network. */
#include "agent/socket.h"

#include <stdlib.h>

#include "sim/net.h"
#include "sim/sim.h"

struct socket {
	struct socket_events events;
	void *arg;
	uint32_t route; /* 0: no connection */
};

static void on_up(void *arg)
{
	struct socket *socket = arg;

	socket->events.up(socket->arg);
}

static void on_down(void *arg, bool refused)
{
	struct socket *socket = arg;

	socket_shut(socket);
	socket->events.down(socket->arg,
			    refused ? SOCKET_REFUSED : SOCKET_LOST);
}

static void on_message(void *arg, struct span bytes)
{
	struct socket *socket = arg;

	socket->events.message(socket->arg, bytes);
}

int socket_open(struct loop *loop, const struct socket_events *events,
		void *arg, struct socket **out, struct err *err)
{
	struct socket *socket = calloc(1, sizeof(*socket));

	(void)loop;
	if (!socket)
		return err_set(err, ERR_NOMEM, "no memory for a socket");
	socket->events = *events;
	socket->arg = arg;
	*out = socket;
	return 0;
}

void socket_shut(struct socket *socket)
{
	if (socket->route)
		net_leave(socket->route);
	socket->route = 0;
}

void socket_close(struct socket *socket)
{
	if (!socket)
		return;
	socket_shut(socket);
	free(socket);
}

int socket_connect(struct socket *socket, const char *endpoint,
		   const uint8_t collector_key[CURVE_KEY_BYTES],
		   const struct curve_pair *keys, struct err *err)
{
	static const struct net_office calls = { .up = on_up,
						 .down = on_down,
						 .message = on_message };

	(void)endpoint;
	(void)err;
	socket_shut(socket);
	socket->route = net_connect(&calls, socket, collector_key, keys->key);
	return 0;
}

int socket_send(struct socket *socket, struct span message, struct err *err)
{
	if (socket->route && net_send_to_collector(socket->route, message))
		return 0;
	return err_set(err, ERR_OFFLINE, "no connection");
}
