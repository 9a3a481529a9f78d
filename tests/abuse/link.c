#include "abuse/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "e2e/hostile_session.h"

uint64_t link_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void set(void *socket, int option, const void *value, size_t size)
{
	if (zmq_setsockopt(socket, option, value, size))
		give_up(zmq_strerror(zmq_errno()));
}

static void set_int(void *socket, int option, int value)
{
	set(socket, option, &value, sizeof(value));
}

void link_open(struct link *link, const struct link_options *options)
{
	static unsigned opened;
	char name[40];

	link->dealer = zmq_socket(options->context, ZMQ_DEALER);
	if (!link->dealer)
		give_up("cannot make a socket");
	set_int(link->dealer, ZMQ_LINGER, 0);
	set_int(link->dealer, ZMQ_RECONNECT_IVL, -1);
	set_int(link->dealer, ZMQ_RCVHWM, options->receive_max);
	set(link->dealer, ZMQ_CURVE_SERVERKEY, options->server,
	    CURVE_KEY_BYTES);
	set(link->dealer, ZMQ_CURVE_PUBLICKEY, options->curve->key,
	    CURVE_KEY_BYTES);
	set(link->dealer, ZMQ_CURVE_SECRETKEY, options->curve->secret,
	    CURVE_KEY_BYTES);
	if (link->name[0])
		set(link->dealer, ZMQ_ROUTING_ID, link->name,
		    strlen(link->name));
	(void)snprintf(name, sizeof(name), "inproc://link-%u", opened++);
	link->monitor = zmq_socket(options->context, ZMQ_PAIR);
	if (!link->monitor ||
	    zmq_socket_monitor(link->dealer, name,
			       ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED |
				       ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
				       ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) ||
	    zmq_connect(link->monitor, name))
		give_up("cannot watch a socket");
	if (zmq_connect(link->dealer, options->endpoint))
		give_up("cannot connect");
}

void link_close(struct link *link)
{
	if (link->monitor)
		(void)zmq_socket_monitor(link->dealer, NULL, 0);
	if (link->dealer)
		(void)zmq_close(link->dealer);
	if (link->monitor)
		(void)zmq_close(link->monitor);
	link->dealer = link->monitor = NULL;
}

bool link_lost(struct link *link)
{
	zmq_pollitem_t item = { link->monitor, 0, ZMQ_POLLIN, 0 };

	return link->monitor && zmq_poll(&item, 1, 0) > 0;
}

bool link_send(struct link *link, struct span message, bool more)
{
	return zmq_send(link->dealer, message.data, message.len,
			ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) >= 0;
}
