/* The gate with real sockets: who gets in, and what comes of bad messages. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "base/rt/clock.h"
#include "collector/gate.h"
#include "proto/wire.h"

#define WAIT_MS 10000

struct world {
	struct loop *loop;
	struct gate *gate;
	void *context;
	struct curve_pair server, friend, stranger;
	unsigned received, multipart, asked;
	uint32_t route;
	size_t bytes;
	bool friend_is_known;
};

static struct curve_pair pair_of(uint8_t seed)
{
	uint8_t secret[CURVE_KEY_BYTES];
	struct curve_pair pair;

	memset(secret, seed, sizeof(secret));
	curve_pair_from_secret(secret, &pair);
	return pair;
}

static bool admit(void *arg, const uint8_t curve[CURVE_KEY_BYTES])
{
	struct world *w = arg;

	w->asked++;
	return w->friend_is_known &&
	       !memcmp(curve, w->friend.key, CURVE_KEY_BYTES);
}

static bool admit_all(void *arg, const uint8_t curve[CURVE_KEY_BYTES])
{
	(void)arg;
	(void)curve;
	return true;
}

static void ready(void *arg)
{
	struct world *w = arg;
	struct gate_message message;

	while (gate_receive(w->gate, &message, NULL) > 0) {
		cr_expect_eq(
			memcmp(message.curve, w->friend.key, CURVE_KEY_BYTES),
			0);
		w->received++;
		w->multipart += message.multipart;
		w->route = message.route;
		w->bytes = message.bytes.len;
	}
}

static void setup_with(struct world *w, int descriptors_max)
{
	struct err err = { 0 };

	memset(w, 0, sizeof(*w));
	cr_assert_eq(sign_start(NULL), 0);
	w->server = pair_of(1);
	w->friend = pair_of(2);
	w->stranger = pair_of(3);
	w->friend_is_known = true;
	w->context = zmq_ctx_new();
	cr_assert_eq(loop_open(&w->loop, NULL), 0);
	cr_assert_eq(gate_open(w->loop,
			       &(struct gate_options){
				       .bind = "tcp://127.0.0.1:*",
				       .curve = &w->server,
				       .descriptors_max = descriptors_max,
				       .admit = admit,
				       .ready = ready,
				       .arg = w },
			       &w->gate, &err),
		     0, "%s", err.msg);
}

static void setup(struct world *w)
{
	setup_with(w, 0);
}

static void teardown(struct world *w)
{
	gate_close(w->gate);
	loop_close(w->loop);
	zmq_ctx_term(w->context);
}

static void *dial(struct world *w, const struct curve_pair *keys)
{
	void *dealer = zmq_socket(w->context, ZMQ_DEALER);
	int zero = 0, never = -1, wait_ms = WAIT_MS;

	zmq_setsockopt(dealer, ZMQ_LINGER, &zero, sizeof(zero));
	zmq_setsockopt(dealer, ZMQ_SNDTIMEO, &wait_ms, sizeof(wait_ms));
	zmq_setsockopt(dealer, ZMQ_RCVTIMEO, &wait_ms, sizeof(wait_ms));
	zmq_setsockopt(dealer, ZMQ_RECONNECT_IVL, &never, sizeof(never));
	zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, w->server.key, 32);
	zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, keys->key, 32);
	zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, keys->secret, 32);
	cr_assert_eq(zmq_connect(dealer, gate_endpoint(w->gate)), 0);
	return dealer;
}

/* One more round of waiting for what must come, and not for ever. */
static void wait_more(struct world *w, uint64_t until_ms)
{
	cr_assert_eq(loop_step(w->loop, 20, NULL), 0);
	cr_assert_lt(clock_monotonic_ms(), until_ms, "nothing came");
}

/* Until so many messages were received, or for a while. */
static void run(struct world *w, unsigned received, uint64_t for_ms)
{
	uint64_t until_ms = clock_monotonic_ms() + for_ms;

	while (w->received < received && clock_monotonic_ms() < until_ms) {
		cr_assert_eq(loop_step(w->loop, 20, NULL), 0);
		gate_watch(w->gate);
	}
}

Test(gate, who_is_known_gets_in_and_is_answered)
{
	struct world w;
	void *dealer;
	char answer[16];

	setup(&w);
	dealer = dial(&w, &w.friend);
	cr_assert_eq(zmq_send(dealer, "hello", 5, 0), 5);
	run(&w, 1, WAIT_MS);
	cr_assert_eq(w.received, 1);
	cr_expect_eq(w.bytes, 5);
	cr_expect_eq(gate_send(w.gate, w.route, span_of_text("welcome")), 0);
	cr_expect_eq(zmq_recv(dealer, answer, sizeof(answer), 0), 7);
	cr_expect_eq(gate_send(w.gate, w.route + 1, span_of_text("?")),
		     ERR_OFFLINE, "nobody has that route");
	zmq_close(dealer);
	teardown(&w);
}

Test(gate, a_stranger_and_a_plain_socket_are_refused)
{
	struct world w;
	void *stranger, *plain;
	uint64_t until_ms;
	int zero = 0;

	setup(&w);
	stranger = dial(&w, &w.stranger);
	plain = zmq_socket(w.context, ZMQ_DEALER);
	zmq_setsockopt(plain, ZMQ_LINGER, &zero, sizeof(zero));
	cr_assert_eq(zmq_connect(plain, gate_endpoint(w.gate)), 0);
	(void)zmq_send(stranger, "hello", 5, ZMQ_DONTWAIT);
	(void)zmq_send(plain, "hello", 5, ZMQ_DONTWAIT);
	until_ms = clock_monotonic_ms() + WAIT_MS;
	while (!gate_counters(w.gate)->refused)
		wait_more(&w, until_ms);
	run(&w, 1, 200);
	cr_expect_eq(w.received, 0);
	cr_expect_eq(gate_counters(w.gate)->admitted, 0);
	zmq_close(stranger);
	zmq_close(plain);
	teardown(&w);
}

Test(gate, a_gate_that_lets_everybody_in_does_not_open)
{
	struct world w;
	struct gate *open_gate;
	struct err err = { 0 };

	setup(&w);
	cr_expect_eq(
		gate_open(w.loop,
			  &(struct gate_options){ .bind = "tcp://127.0.0.1:*",
						  .curve = &w.server,
						  .admit = admit_all,
						  .ready = ready,
						  .arg = &w },
			  &open_gate, &err),
		ERR_DENIED);
	teardown(&w);
}

Test(gate, parts_are_drained_and_told)
{
	struct world w;
	void *dealer;

	setup(&w);
	dealer = dial(&w, &w.friend);
	for (int i = 0; i < 50; i++)
		cr_assert_eq(zmq_send(dealer, "part", 4, ZMQ_SNDMORE), 4);
	cr_assert_eq(zmq_send(dealer, "last", 4, 0), 4);
	cr_assert_eq(zmq_send(dealer, "single", 6, 0), 6);
	run(&w, 2, WAIT_MS);
	cr_expect_eq(w.received, 2);
	cr_expect_eq(w.multipart, 1);
	cr_expect_eq(w.bytes, 6);
	zmq_close(dealer);
	teardown(&w);
}

Test(gate, a_message_that_is_too_long_closes_the_connection)
{
	static char big[WIRE_MESSAGE_BYTES_MAX];
	struct world w;
	void *dealer;

	setup(&w);
	dealer = dial(&w, &w.friend);
	cr_assert_eq(zmq_send(dealer, "first", 5, 0), 5);
	run(&w, 1, WAIT_MS);
	cr_assert_eq(zmq_send(dealer, big, sizeof(big), 0), sizeof(big));
	/* Taken or not: by now libzmq may know that nobody hears it. */
	(void)zmq_send(dealer, "after", 5, ZMQ_DONTWAIT);
	run(&w, 2, 300);
	cr_expect_eq(w.received, 1);
	cr_expect_eq(gate_send(w.gate, w.route, span_of_text("gone")),
		     ERR_OFFLINE);
	zmq_close(dealer);
	teardown(&w);
}

Test(gate, a_connection_can_be_shut_by_its_route)
{
	struct world w;
	void *dealer, *other;
	uint64_t until_ms;

	setup(&w);
	dealer = dial(&w, &w.friend);
	other = dial(&w, &w.friend);
	cr_assert_eq(zmq_send(other, "one", 3, 0), 3);
	run(&w, 1, WAIT_MS);
	cr_assert_eq(zmq_send(dealer, "two", 3, 0), 3);
	run(&w, 2, WAIT_MS);
	gate_shut(w.gate, w.route);
	cr_expect_eq(gate_counters(w.gate)->shut, 1);
	until_ms = clock_monotonic_ms() + WAIT_MS;
	while (!gate_send(w.gate, w.route, span_of_text("x")))
		wait_more(&w, until_ms);
	cr_assert_eq(zmq_send(other, "three", 5, 0), 5);
	run(&w, 3, WAIT_MS);
	cr_expect_eq(w.received, 3, "the other one lives");
	zmq_close(dealer);
	zmq_close(other);
	teardown(&w);
}

/* libzmq's own sender keeps a message until its last part: a very long one
 * shows the same, for the receiver keeps what has come of it. */
Test(gate, a_message_without_end_is_cut_off)
{
	static char part[64 * 1024];
	uint64_t until_ms;
	struct world w;
	void *dealer;

	setup(&w);
	dealer = dial(&w, &w.friend);
	/* Who is known may send more than a stranger. */
	cr_assert_eq(zmq_send(dealer, "here", 4, 0), 4);
	run(&w, 1, WAIT_MS);
	for (int i = 0; i < 2000; i++)
		cr_assert_gt(zmq_send(dealer, part, sizeof(part), ZMQ_SNDMORE),
			     0);
	cr_assert_eq(zmq_send(dealer, "end", 3, 0), 3);
	until_ms = clock_monotonic_ms() + 6 * WAIT_MS;
	while (!gate_counters(w.gate)->endless) {
		wait_more(&w, until_ms);
		gate_watch(w.gate);
	}
	cr_expect_eq(gate_counters(w.gate)->endless, 1);
	cr_expect_eq(w.received, 1);
	zmq_close(dealer);
	teardown(&w);
}

/* The lowest descriptor that is free. */
static int next_descriptor(void)
{
	int fd = dup(0);

	cr_assert_geq(fd, 0);
	(void)close(fd);
	return fd;
}

static int call(const struct world *w)
{
	const char *port = strrchr(gate_endpoint(w->gate), ':') + 1;
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)),
		     0);
	return fd;
}

/* Both ends of each are in this process: a descriptor is taken by the caller,
 * one by the gate. */
Test(gate, connections_that_are_too_many_are_closed_and_strangers_make_room)
{
	enum { ROOM = 40, CALLERS = 30 };
	uint64_t until_ms = clock_monotonic_ms() + WAIT_MS;
	int callers[CALLERS];
	struct world w;
	void *dealer;

	setup_with(&w, next_descriptor() + ROOM + 20);
	dealer = dial(&w, &w.friend);
	cr_assert_eq(zmq_send(dealer, "here", 4, 0), 4);
	run(&w, 1, WAIT_MS);
	cr_assert_eq(w.received, 1);
	for (int i = 0; i < CALLERS; i++)
		callers[i] = call(&w);
	while (!gate_counters(w.gate)->too_many ||
	       !gate_counters(w.gate)->strange) {
		int more = call(&w);

		wait_more(&w, until_ms);
		gate_watch(w.gate);
		(void)close(more);
	}
	cr_assert_eq(zmq_send(dealer, "still", 5, 0), 5);
	run(&w, 2, WAIT_MS);
	cr_expect_eq(w.received, 2, "who is known stays");
	for (int i = 0; i < CALLERS; i++)
		(void)close(callers[i]);
	zmq_close(dealer);
	teardown(&w);
}
