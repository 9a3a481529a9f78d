/*
 * The gate: the ROUTER socket that agents connect to, with CURVE, and the ZAP
 * handler that decides by public key who gets in. The collector's only file
 * that knows zmq.h. It knows nothing of what is said: sessions do.
 *
 * It fails closed: without an answer of the ZAP handler nobody gets in, and
 * opening it proves that a random key is refused.
 */
#ifndef TALLY_COLLECTOR_GATE_H
#define TALLY_COLLECTOR_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rt/loop.h"
#include "base/span.h"
#include "proto/sign.h"

#define GATE_ENDPOINT_BYTES_MAX 256
#define GATE_BACKLOG 4096
#define GATE_HWM 64	       /* messages each way and connection */
#define GATE_LINGER_MS 2000    /* for the last answers at a stop */
#define GATE_SELF_TEST_MS 5000 /* a refusal takes a few milliseconds */

struct gate;

struct gate_message {
	uint32_t route; /* of the connection */
	uint8_t curve[CURVE_KEY_BYTES];
	struct span bytes; /* the first frame after the route */
	bool multipart;	   /* there was more, and it was drained */
};

struct gate_options {
	const char *bind; /* as endpoint_check_bind takes it */
	const struct curve_pair *curve;
	/* Descriptors from this number on are not for connections; 0: all. */
	int descriptors_max;
	/* Is it a key that may come in now? */
	bool (*admit)(void *arg, const uint8_t curve[CURVE_KEY_BYTES]);
	/* Something can be received: call gate_receive until it is empty. */
	void (*ready)(void *arg);
	void *arg;
};

/* Binds, joins the loop, and tests itself. ERR_DENIED: the test failed, so
 * the gate cannot be trusted. */
int gate_open(struct loop *loop, const struct gate_options *options,
	      struct gate **out, struct err *err);
/* Waits at most GATE_LINGER_MS for what was sent to leave. */
void gate_close(struct gate *gate);

/* Where it really listens. */
const char *gate_endpoint(const struct gate *gate);

/*
 * The next message, never waits: 1, or 0 if there is none. Its bytes live
 * until the next call. Messages without route or key are dropped silently.
 */
int gate_receive(struct gate *gate, struct gate_message *out, struct err *err);

/* Never waits. ERR_OFFLINE: the peer is gone. ERR_LIMIT: it does not read what
 * it is sent. */
int gate_send(struct gate *gate, uint32_t route, struct span msg);

/* Shuts a connection, if it is still the one that the route had. */
void gate_shut(struct gate *gate, uint32_t route);

/* From time to time: shuts connections that send messages without end, and
 * those of which nobody knows whose they are for too long. */
void gate_watch(struct gate *gate);

struct gate_counters {
	uint64_t admitted, refused; /* handshakes, by the ZAP handler */
	uint64_t shut, endless;
	uint64_t strange;  /* shut: did not say anything for too long */
	uint64_t too_many; /* connections, which were closed at once */
};
const struct gate_counters *gate_counters(const struct gate *gate);

#endif
