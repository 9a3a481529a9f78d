#include "collector/gate.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/rt/clock.h"
#include "collector/accept.h"
#include "collector/connections.h"
#include "proto/endpoint.h"
#include "proto/hash.h"
#include "proto/wire.h"

#ifndef ZMQ_ZAP_ENFORCE_DOMAIN /* a draft option in Debian's header */
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

#define ZAP_ENDPOINT "inproc://zeromq.zap.01"
#define ZAP_DOMAIN "tally"
#define MONITOR_ENDPOINT "inproc://gate-monitor"
#define TEST_MONITOR_ENDPOINT "inproc://gate-self-test"
#define ZAP_FRAMES 7 /* version .. credentials */
#define ZAP_FRAME_BYTES_MAX 256
/* What libzmq generates: a zero byte and a number. */
#define ROUTE_BYTES 5
/* The wire's share of a message: CURVE, frame and prefix. */
#define FRAME_BYTES 64

struct gate {
	struct loop *loop;
	struct gate_options options;
	void *context, *router, *zap, *monitor;
	zmq_msg_t body; /* the message handed out */
	struct connections connections;
	struct gate_counters counters;
	uint64_t taken_before, refused_before; /* connections, of the process */
	char endpoint[GATE_ENDPOINT_BYTES_MAX];
};

static int fail(struct err *err, const char *what)
{
	int code = err_set(err, errno == EADDRINUSE ? ERR_LOCKED : ERR_IO,
			   "%s: %s", what, zmq_strerror(errno));

	if (err)
		err->sys = errno;
	return code;
}

/* ---- ZAP: who gets in ---- */

struct zap_request {
	uint8_t frames[ZAP_FRAMES][ZAP_FRAME_BYTES_MAX];
	size_t lens[ZAP_FRAMES];
	size_t count;
	bool bad;
};

/* 1, or 0 if there is none. */
static int zap_receive(struct gate *gate, struct zap_request *request)
{
	int more = 1;

	memset(request, 0, sizeof(*request));
	while (more) {
		uint8_t frame[ZAP_FRAME_BYTES_MAX];
		size_t size = sizeof(more);
		int len = zmq_recv(gate->zap, frame, sizeof(frame),
				   request->count ? 0 : ZMQ_DONTWAIT);

		if (len < 0)
			return 0;
		if (request->count < ZAP_FRAMES && len <= ZAP_FRAME_BYTES_MAX) {
			memcpy(request->frames[request->count], frame,
			       (size_t)len);
			request->lens[request->count] = (size_t)len;
		} else {
			request->bad = true;
		}
		request->count++;
		if (zmq_getsockopt(gate->zap, ZMQ_RCVMORE, &more, &size))
			return 0;
	}
	return 1;
}

static bool zap_admits(struct gate *gate, const struct zap_request *request)
{
	if (request->bad || request->count != ZAP_FRAMES ||
	    request->lens[0] != 3 ||
	    memcmp(request->frames[0], "1.0", 3) != 0 ||
	    request->lens[5] != 5 ||
	    memcmp(request->frames[5], "CURVE", 5) != 0 ||
	    request->lens[6] != CURVE_KEY_BYTES)
		return false;
	return gate->options.admit(gate->options.arg, request->frames[6]);
}

static void zap_ready(void *arg, unsigned events)
{
	struct gate *gate = arg;
	struct zap_request request;

	(void)events;
	while (zap_receive(gate, &request)) {
		bool admitted = zap_admits(gate, &request);
		const char *code = admitted ? "200" : "400";
		char user[2 * CURVE_KEY_BYTES + 1] = "";

		if (admitted)
			bytes_to_hex(
				span_of(request.frames[6], CURVE_KEY_BYTES),
				user);
		if (admitted)
			gate->counters.admitted++;
		else
			gate->counters.refused++;
		if (zmq_send(gate->zap, "1.0", 3, ZMQ_SNDMORE) < 0 ||
		    zmq_send(gate->zap, request.frames[1], request.lens[1],
			     ZMQ_SNDMORE) < 0 ||
		    zmq_send(gate->zap, code, 3, ZMQ_SNDMORE) < 0 ||
		    zmq_send(gate->zap, "", 0, ZMQ_SNDMORE) < 0 ||
		    zmq_send(gate->zap, user, strlen(user), ZMQ_SNDMORE) < 0 ||
		    zmq_send(gate->zap, "", 0, 0) < 0)
			return; /* no answer: nobody gets in */
	}
}

/* ---- opening ---- */

static int set_int(void *socket, int option, int value)
{
	return zmq_setsockopt(socket, option, &value, sizeof(value));
}

static int set_router(struct gate *gate, struct err *err)
{
	const struct curve_pair *curve = gate->options.curve;
	int64_t message_bytes_max = WIRE_BATCH_BYTES_MAX + 4096;
	void *router = gate->router;

	if (set_int(router, ZMQ_LINGER, GATE_LINGER_MS) ||
	    set_int(router, ZMQ_ROUTER_MANDATORY, 1) ||
	    set_int(router, ZMQ_BACKLOG, GATE_BACKLOG) ||
	    set_int(router, ZMQ_IPV6, endpoint_ipv6(gate->options.bind)) ||
	    set_int(router, ZMQ_RCVHWM, GATE_HWM) ||
	    set_int(router, ZMQ_SNDHWM, GATE_HWM) ||
	    set_int(router, ZMQ_TCP_KEEPALIVE, 1) ||
	    set_int(router, ZMQ_TCP_KEEPALIVE_IDLE, 60) ||
	    set_int(router, ZMQ_CURVE_SERVER, 1) ||
	    set_int(router, ZMQ_ZAP_ENFORCE_DOMAIN, 1) ||
	    zmq_setsockopt(router, ZMQ_MAXMSGSIZE, &message_bytes_max,
			   sizeof(message_bytes_max)) ||
	    zmq_setsockopt(router, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN,
			   strlen(ZAP_DOMAIN)) ||
	    zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, curve->secret,
			   CURVE_KEY_BYTES))
		return fail(err, "cannot set up the socket");
	if (zmq_socket_monitor(router, MONITOR_ENDPOINT, ZMQ_EVENT_ACCEPTED))
		return fail(err, "cannot watch connections");
	return 0;
}

static int open_sockets(struct gate *gate, struct err *err)
{
	unsigned seed;
	int rc;

	/* libzmq 4.3.4 does not seed libc's generator: routes and retries
	 * would be the same in every process. */
	random_bytes(&seed, sizeof(seed));
	srand(seed);
	gate->context = zmq_ctx_new();
	if (!gate->context)
		return fail(err, "cannot start libzmq");
	gate->zap = zmq_socket(gate->context, ZMQ_REP);
	gate->router = zmq_socket(gate->context, ZMQ_ROUTER);
	gate->monitor = zmq_socket(gate->context, ZMQ_PAIR);
	if (!gate->zap || !gate->router || !gate->monitor)
		return fail(err, "cannot make sockets");
	if (set_int(gate->zap, ZMQ_LINGER, 0) ||
	    set_int(gate->monitor, ZMQ_LINGER, 0) ||
	    set_int(gate->monitor, ZMQ_RCVHWM, 0) ||
	    zmq_bind(gate->zap, ZAP_ENDPOINT))
		return fail(err, "cannot bind the ZAP handler");
	rc = set_router(gate, err);
	if (rc)
		return rc;
	if (zmq_connect(gate->monitor, MONITOR_ENDPOINT))
		return fail(err, "cannot watch connections");
	if (zmq_bind(gate->router, gate->options.bind)) {
		rc = fail(err, "cannot listen");
		return err ? err_context(err, "%s", gate->options.bind) : rc;
	}
	return 0;
}

static int find_endpoint(struct gate *gate, struct err *err)
{
	size_t size = sizeof(gate->endpoint);

	if (zmq_getsockopt(gate->router, ZMQ_LAST_ENDPOINT, gate->endpoint,
			   &size))
		return fail(err, "cannot tell where it listens");
	return 0;
}

/* ---- the self-test ---- */

/* The event's number, or 0. */
static int next_event(void *monitor, int *value)
{
	uint8_t frame[8];
	uint16_t event;
	int32_t number;

	/* The event and its value in host order, then the address. */
	if (zmq_recv(monitor, frame, sizeof(frame), ZMQ_DONTWAIT) < 6)
		return 0;
	memcpy(&event, frame, sizeof(event));
	memcpy(&number, frame + 2, sizeof(number));
	if (value)
		*value = number;
	(void)zmq_recv(monitor, frame, sizeof(frame), 0);
	return event;
}

static int connect_stranger(struct gate *gate, void *stranger, void *monitor)
{
	char endpoint[GATE_ENDPOINT_BYTES_MAX + 16];
	uint8_t secret[CURVE_KEY_BYTES];
	struct curve_pair pair;
	const char *port = strrchr(gate->endpoint, ':');
	int rc;

	random_bytes(secret, sizeof(secret));
	curve_pair_from_secret(secret, &pair);
	/* A wildcard is no address to connect to. */
	if (!strncmp(gate->endpoint, "tcp://0.0.0.0:", 14) ||
	    !strncmp(gate->endpoint, "tcp://[::]:", 11))
		(void)snprintf(endpoint, sizeof(endpoint), "tcp://127.0.0.1%s",
			       port);
	else
		(void)snprintf(endpoint, sizeof(endpoint), "%s",
			       gate->endpoint);
	rc = set_int(stranger, ZMQ_LINGER, 0) ||
	     set_int(stranger, ZMQ_RECONNECT_IVL, -1) ||
	     set_int(stranger, ZMQ_IPV6, endpoint_ipv6(endpoint)) ||
	     set_int(monitor, ZMQ_LINGER, 0) ||
	     zmq_setsockopt(stranger, ZMQ_CURVE_SERVERKEY,
			    gate->options.curve->key, CURVE_KEY_BYTES) ||
	     zmq_setsockopt(stranger, ZMQ_CURVE_PUBLICKEY, pair.key,
			    CURVE_KEY_BYTES) ||
	     zmq_setsockopt(stranger, ZMQ_CURVE_SECRETKEY, pair.secret,
			    CURVE_KEY_BYTES) ||
	     zmq_socket_monitor(stranger, TEST_MONITOR_ENDPOINT,
				ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
					ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) ||
	     zmq_connect(monitor, TEST_MONITOR_ENDPOINT) ||
	     zmq_connect(stranger, endpoint);
	sign_wipe(secret, sizeof(secret));
	return rc ? -1 : 0;
}

static int await_refusal(struct gate *gate, void *monitor)
{
	uint64_t until_ms = clock_monotonic_ms() + GATE_SELF_TEST_MS;

	while (clock_monotonic_ms() < until_ms) {
		zmq_pollitem_t items[] = {
			{ .socket = gate->zap, .events = ZMQ_POLLIN },
			{ .socket = monitor, .events = ZMQ_POLLIN },
		};

		if (zmq_poll(items, 2, 100) < 0 && errno != EINTR)
			return 0;
		if (items[0].revents)
			zap_ready(gate, LOOP_READ);
		if (items[1].revents)
			return next_event(monitor, NULL);
	}
	return 0;
}

/* libzmq waits for ever to say an event to a monitor that is gone. */
static void close_monitored(void *socket, void *monitor)
{
	if (socket)
		(void)zmq_socket_monitor(socket, NULL, 0);
	if (socket)
		(void)zmq_close(socket);
	if (monitor)
		(void)zmq_close(monitor);
}

static int test_itself(struct gate *gate, struct err *err)
{
	void *stranger = zmq_socket(gate->context, ZMQ_DEALER);
	void *monitor = zmq_socket(gate->context, ZMQ_PAIR);
	int rc = 0;

	if (!stranger || !monitor || connect_stranger(gate, stranger, monitor))
		rc = fail(err, "cannot test the gate");
	else if (await_refusal(gate, monitor) !=
		 ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
		rc = err_set(err, ERR_DENIED,
			     "%s does not refuse a random key: not opened",
			     gate->endpoint);
	close_monitored(stranger, monitor);
	/* libzmq would take every descriptor that there is. */
	if (!rc && accept_taken() == gate->taken_before)
		rc = err_set(err, ERR_DENIED,
			     "%s: connections cannot be bounded with this "
			     "libzmq: not opened",
			     gate->endpoint);
	if (!rc)
		gate->counters = (struct gate_counters){ 0 };
	return rc;
}

static void router_ready(void *arg, unsigned events)
{
	struct gate *gate = arg;

	(void)events;
	gate->options.ready(gate->options.arg);
}

int gate_open(struct loop *loop, const struct gate_options *options,
	      struct gate **out, struct err *err)
{
	struct gate *gate = calloc(1, sizeof(*gate));
	int rc;

	if (!gate)
		return err_set(err, ERR_NOMEM, "no memory for the gate");
	gate->loop = loop;
	gate->options = *options;
	accept_set_max(options->descriptors_max);
	gate->taken_before = accept_taken();
	gate->refused_before = accept_refused();
	(void)zmq_msg_init(&gate->body);
	rc = open_sockets(gate, err);
	if (!rc)
		rc = find_endpoint(gate, err);
	if (!rc)
		rc = test_itself(gate, err);
	if (!rc)
		rc = loop_add_socket(loop, gate->zap, LOOP_READ, zap_ready,
				     gate, err);
	if (!rc)
		rc = loop_add_socket(loop, gate->router, LOOP_READ,
				     router_ready, gate, err);
	if (rc) {
		gate_close(gate);
		return rc;
	}
	*out = gate;
	return 0;
}

void gate_close(struct gate *gate)
{
	if (!gate)
		return;
	loop_remove_socket(gate->loop, gate->router);
	loop_remove_socket(gate->loop, gate->zap);
	close_monitored(gate->router, gate->monitor);
	if (gate->zap)
		(void)zmq_close(gate->zap);
	(void)zmq_msg_close(&gate->body);
	if (gate->context)
		(void)zmq_ctx_term(gate->context);
	connections_release(&gate->connections);
	free(gate);
}

const char *gate_endpoint(const struct gate *gate)
{
	return gate->endpoint;
}

const struct gate_counters *gate_counters(const struct gate *gate)
{
	return &gate->counters;
}

/* ---- connections ---- */

void gate_shut(struct gate *gate, uint32_t route)
{
	gate->counters.shut += connections_shut(&gate->connections, route);
}

static void hear_accepted(struct gate *gate)
{
	int fd = -1;

	while (next_event(gate->monitor, &fd))
		connections_accepted(&gate->connections, fd,
				     clock_monotonic_ms());
}

void gate_watch(struct gate *gate)
{
	struct gate_counters *counters = &gate->counters;
	uint64_t too_many = accept_refused() - gate->refused_before;
	struct connections_found found;

	hear_accepted(gate);
	found = connections_watch(&gate->connections, clock_monotonic_ms(),
				  too_many > counters->too_many);
	counters->too_many = too_many;
	counters->shut += found.endless + found.strange;
	counters->endless += found.endless;
	counters->strange += found.strange;
}

/* ---- messages ---- */

/* Receives and drops what follows the body; the sum of its bytes. */
static size_t drain_parts(struct gate *gate)
{
	size_t bytes = 0;
	size_t size = sizeof(int);
	int more = 1;
	zmq_msg_t part;

	(void)zmq_msg_init(&part);
	/* The rest is there: libzmq hands out whole messages only. */
	while (more && zmq_msg_recv(&part, gate->router, ZMQ_DONTWAIT) >= 0) {
		bytes += zmq_msg_size(&part) + FRAME_BYTES;
		if (zmq_getsockopt(gate->router, ZMQ_RCVMORE, &more, &size))
			break;
	}
	(void)zmq_msg_close(&part);
	return bytes;
}

/* As zmq_recv, but again after a signal; -1 if there is nothing. */
static int receive_route(struct gate *gate, uint8_t *out, size_t size,
			 struct err *err)
{
	int len;

	do
		len = zmq_recv(gate->router, out, size, ZMQ_DONTWAIT);
	while (len < 0 && errno == EINTR);
	if (len < 0 && errno != EAGAIN)
		(void)fail(err, "cannot receive");
	else if (len < 0)
		return -1;
	return len < 0 ? -2 : len;
}

/* false: a message that could only come from a broken peer. */
static bool read_message(struct gate *gate, const uint8_t *route, int route_len,
			 struct gate_message *out)
{
	size_t bytes = zmq_msg_size(&gate->body) + FRAME_BYTES;
	bool multipart = zmq_msg_more(&gate->body);
	const char *user = zmq_msg_gets(&gate->body, "User-Id");
	struct gate_message message = { .multipart = multipart };

	/* A peer that chose its own route is none of ours. */
	if (route_len != ROUTE_BYTES || route[0] != 0 || !user ||
	    hex_to_bytes(user, message.curve, sizeof(message.curve))) {
		(void)(multipart && drain_parts(gate));
		return false;
	}
	memcpy(&message.route, route + 1, sizeof(message.route));
	if (multipart)
		bytes += drain_parts(gate);
	connections_delivered(&gate->connections,
			      zmq_msg_get(&gate->body, ZMQ_SRCFD),
			      message.route, bytes);
	message.bytes =
		span_of(zmq_msg_data(&gate->body), zmq_msg_size(&gate->body));
	*out = message;
	return true;
}

int gate_receive(struct gate *gate, struct gate_message *out, struct err *err)
{
	for (;;) {
		uint8_t route[256];
		int len = receive_route(gate, route, sizeof(route), err);

		if (len < 0)
			return len == -1 ? 0 : ERR_IO;
		if (zmq_msg_recv(&gate->body, gate->router, ZMQ_DONTWAIT) < 0)
			continue;
		if (read_message(gate, route, len, out))
			return 1;
	}
}

int gate_send(struct gate *gate, uint32_t route, struct span msg)
{
	uint8_t name[ROUTE_BYTES] = { 0 };

	memcpy(name + 1, &route, sizeof(route));
	if (zmq_send(gate->router, name, sizeof(name),
		     ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0 ||
	    zmq_send(gate->router, msg.data, msg.len, ZMQ_DONTWAIT) < 0)
		return errno == EAGAIN ? ERR_LIMIT : ERR_OFFLINE;
	return 0;
}
