#include "agent/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "proto/endpoint.h"
#include "proto/wire.h"

#define MESSAGES_A_ROUND 64 /* so that one peer cannot hold the loop */
#define KEEPALIVE_IDLE_S 60

struct socket {
	struct loop *loop;
	struct socket_events events;
	void *arg;
	void *context;
	void *dealer, *monitor; /* NULL: no connection */
	uint64_t connections;	/* tells a callback that it was replaced */
	bool answered;		/* by somebody, and CURVE has not agreed yet */
};

int socket_open(struct loop *loop, const struct socket_events *events,
		void *arg, struct socket **out, struct err *err)
{
	struct socket *socket;
	unsigned seed;

	/* libzmq draws its retry times and routing ids from an unseeded
	 * rand(): all offices would act in lockstep. */
	random_bytes(&seed, sizeof(seed));
	srand(seed);
	socket = calloc(1, sizeof(*socket));
	if (!socket)
		return err_set(err, ERR_NOMEM, "no memory for a socket");
	socket->loop = loop;
	socket->events = *events;
	socket->arg = arg;
	socket->context = zmq_ctx_new();
	if (!socket->context) {
		free(socket);
		return err_sys(err, "cannot start libzmq");
	}
	*out = socket;
	return 0;
}

/* In this order: libzmq tells the monitor of its end with a send that waits
 * for ever once the other end is closed. */
void socket_shut(struct socket *socket)
{
	socket->connections++;
	if (socket->dealer) {
		loop_remove_socket(socket->loop, socket->dealer);
		(void)zmq_socket_monitor(socket->dealer, NULL, 0);
		(void)zmq_close(socket->dealer);
		socket->dealer = NULL;
	}
	if (socket->monitor) {
		loop_remove_socket(socket->loop, socket->monitor);
		(void)zmq_close(socket->monitor);
		socket->monitor = NULL;
	}
}

void socket_close(struct socket *socket)
{
	if (!socket)
		return;
	socket_shut(socket);
	(void)zmq_ctx_term(socket->context);
	free(socket);
}

static void lost(struct socket *socket, enum socket_end end)
{
	socket_shut(socket);
	socket->events.down(socket->arg, end);
}

/* 1: *message holds one; 0: nothing there; -1: the connection must end. */
static int receive(void *dealer, zmq_msg_t *message)
{
	if (zmq_msg_recv(message, dealer, ZMQ_DONTWAIT) < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	return zmq_msg_more(message) ? -1 : 1;
}

static void on_readable(void *arg, unsigned events)
{
	struct socket *socket = arg;
	uint64_t connection = socket->connections;
	zmq_msg_t message;

	(void)events;
	for (int i = 0; i < MESSAGES_A_ROUND; i++) {
		int got;

		(void)zmq_msg_init(&message);
		got = receive(socket->dealer, &message);
		if (got == 1)
			socket->events.message(socket->arg,
					       span_of(zmq_msg_data(&message),
						       zmq_msg_size(&message)));
		(void)zmq_msg_close(&message);
		if (connection != socket->connections || got == 0)
			return;
		if (got < 0) {
			lost(socket, SOCKET_LOST);
			return;
		}
	}
}

/* The handshake is done; once the pipe takes messages, we are up. */
static void on_writable(void *arg, unsigned events)
{
	struct socket *socket = arg;

	(void)events;
	loop_remove_socket(socket->loop, socket->dealer);
	if (loop_add_socket(socket->loop, socket->dealer, LOOP_READ,
			    on_readable, socket, NULL)) {
		lost(socket, SOCKET_LOST);
		return;
	}
	socket->events.up(socket->arg);
}

/* What the monitor tells: 0 if nothing. */
static int monitor_event(void *monitor)
{
	zmq_msg_t message;
	uint16_t event = 0;
	int more;

	(void)zmq_msg_init(&message);
	if (zmq_msg_recv(&message, monitor, ZMQ_DONTWAIT) < 0) {
		(void)zmq_msg_close(&message);
		return -1;
	}
	if (zmq_msg_size(&message) >= sizeof(event))
		memcpy(&event, zmq_msg_data(&message), sizeof(event));
	more = zmq_msg_more(&message);
	(void)zmq_msg_close(&message);
	if (more) { /* the address */
		(void)zmq_msg_init(&message);
		(void)zmq_msg_recv(&message, monitor, ZMQ_DONTWAIT);
		(void)zmq_msg_close(&message);
	}
	return event;
}

static void on_monitor(void *arg, unsigned events)
{
	struct socket *socket = arg;
	uint64_t connection = socket->connections;
	int event;

	(void)events;
	while (connection == socket->connections &&
	       (event = monitor_event(socket->monitor)) >= 0) {
		switch (event) {
		case ZMQ_EVENT_CONNECTED:
			socket->answered = true;
			break;
		case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
			socket->answered = false;
			if (loop_add_socket(socket->loop, socket->dealer,
					    LOOP_WRITE, on_writable, socket,
					    NULL))
				lost(socket, SOCKET_LOST);
			break;
		case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
			lost(socket, SOCKET_REFUSED);
			break;
		case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
		case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
		case ZMQ_EVENT_DISCONNECTED:
		case ZMQ_EVENT_CLOSED:
			lost(socket,
			     socket->answered ? SOCKET_STRANGER : SOCKET_LOST);
			break;
		default: /* on the way */
			break;
		}
	}
}

static int set_number(void *dealer, int option, int value)
{
	return zmq_setsockopt(dealer, option, &value, sizeof(value));
}

static int set_options(void *dealer, const char *endpoint,
		       const uint8_t collector_key[CURVE_KEY_BYTES],
		       const struct curve_pair *keys)
{
	int64_t bytes_max = WIRE_MESSAGE_BYTES_MAX;

	if (set_number(dealer, ZMQ_LINGER, 0) ||
	    set_number(dealer, ZMQ_IMMEDIATE, 1) ||
	    set_number(dealer, ZMQ_RECONNECT_IVL, -1) ||
	    set_number(dealer, ZMQ_IPV6, endpoint_ipv6(endpoint)) ||
	    set_number(dealer, ZMQ_TCP_KEEPALIVE, 1) ||
	    set_number(dealer, ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S) ||
	    zmq_setsockopt(dealer, ZMQ_MAXMSGSIZE, &bytes_max,
			   sizeof(bytes_max)) ||
	    zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, collector_key,
			   CURVE_KEY_BYTES) ||
	    zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, keys->key,
			   CURVE_KEY_BYTES) ||
	    zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, keys->secret,
			   CURVE_KEY_BYTES))
		return -1;
	return 0;
}

int socket_connect(struct socket *socket, const char *endpoint,
		   const uint8_t collector_key[CURVE_KEY_BYTES],
		   const struct curve_pair *keys, struct err *err)
{
	char name[64];
	int ret;

	socket_shut(socket);
	socket->answered = false;
	(void)snprintf(name, sizeof(name), "inproc://monitor-%llu",
		       (unsigned long long)socket->connections);
	socket->dealer = zmq_socket(socket->context, ZMQ_DEALER);
	socket->monitor = zmq_socket(socket->context, ZMQ_PAIR);
	if (!socket->dealer || !socket->monitor ||
	    set_options(socket->dealer, endpoint, collector_key, keys) ||
	    set_number(socket->monitor, ZMQ_LINGER, 0) ||
	    zmq_socket_monitor(socket->dealer, name, ZMQ_EVENT_ALL) ||
	    zmq_connect(socket->monitor, name)) {
		ret = err_sys(err, "cannot make a socket");
		goto out;
	}
	ret = loop_add_socket(socket->loop, socket->monitor, LOOP_READ,
			      on_monitor, socket, err);
	if (ret)
		goto out;
	if (zmq_connect(socket->dealer, endpoint))
		ret = err_set(err, ERR_INVALID, "cannot connect to %s: %s",
			      endpoint, zmq_strerror(errno));
out:
	if (ret)
		socket_shut(socket);
	return ret;
}

int socket_send(struct socket *socket, struct span message, struct err *err)
{
	if (!socket->dealer || zmq_send(socket->dealer, message.data,
					message.len, ZMQ_DONTWAIT) < 0)
		return err_set(err, ERR_OFFLINE,
			       "the collector does not take messages");
	return 0;
}
