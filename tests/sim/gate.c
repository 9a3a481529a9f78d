/* The collector's gate, on the simulated network. */
#include "collector/gate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire.h"
#include "sim/net.h"
#include "sim/sim.h"

#define QUEUE_MAX 4096
#define READY_US_MAX (5 * SIM_MS)
#define KEYS_MAX 64

struct queued {
	uint32_t route;
	uint8_t curve[CURVE_KEY_BYTES];
	size_t len;
	uint8_t *bytes;
};

/* The newest session that a key has begun. */
struct newest {
	uint8_t curve[CURVE_KEY_BYTES];
	uint32_t route;
};

struct gate {
	struct gate_options options;
	struct gate_counters counters;
	struct queued queue[QUEUE_MAX];
	size_t count;
	bool ready_soon;
	uint8_t *taken; /* what gate_receive gave last */
	struct newest newest[KEYS_MAX];
	size_t newest_count;
};

static bool on_admit(void *arg, const uint8_t curve[CURVE_KEY_BYTES])
{
	struct gate *gate = arg;
	bool admitted = gate->options.admit(gate->options.arg, curve);

	gate->counters.admitted += admitted;
	gate->counters.refused += !admitted;
	return admitted;
}

static bool on_is_key(void *arg, const uint8_t key[CURVE_KEY_BYTES])
{
	const struct gate *gate = arg;

	return !memcmp(gate->options.curve->key, key, CURVE_KEY_BYTES);
}

static void tell_ready(void *arg)
{
	struct gate *gate = arg;

	gate->ready_soon = false;
	gate->options.ready(gate->options.arg);
}

static void on_message(void *arg, uint32_t route,
		       const uint8_t curve[CURVE_KEY_BYTES], struct span bytes)
{
	struct gate *gate = arg;
	struct queued *queued = &gate->queue[gate->count++];

	assert(gate->count < QUEUE_MAX);
	queued->route = route;
	memcpy(queued->curve, curve, CURVE_KEY_BYTES);
	queued->len = bytes.len;
	queued->bytes = malloc(bytes.len + 1);
	assert(queued->bytes);
	memcpy(queued->bytes, bytes.data, bytes.len);
	if (!gate->ready_soon)
		sim_after(sim_below(READY_US_MAX), SIM_COLLECTOR, tell_ready,
			  gate);
	gate->ready_soon = true;
}

int gate_open(struct loop *loop, const struct gate_options *options,
	      struct gate **out, struct err *err)
{
	static const struct net_collector calls = { .is_key = on_is_key,
						    .admit = on_admit,
						    .message = on_message };
	struct gate *gate = calloc(1, sizeof(*gate));

	(void)loop;
	if (!gate)
		return err_set(err, ERR_NOMEM, "no memory for a gate");
	gate->options = *options;
	net_listen(&calls, gate);
	*out = gate;
	return 0;
}

void gate_close(struct gate *gate)
{
	if (!gate)
		return;
	net_listen(NULL, NULL);
	sim_cancel(gate);
	for (size_t i = 0; i < gate->count; i++)
		free(gate->queue[i].bytes);
	free(gate->taken);
	free(gate);
}

const char *gate_endpoint(const struct gate *gate)
{
	(void)gate;
	return "tcp://127.0.0.1:5724";
}

/* ---- is a session that was replaced still answered? ---- */

static struct newest *newest_of(struct gate *gate,
				const uint8_t curve[CURVE_KEY_BYTES])
{
	for (size_t i = 0; i < gate->newest_count; i++)
		if (!memcmp(gate->newest[i].curve, curve, CURVE_KEY_BYTES))
			return &gate->newest[i];
	assert(gate->newest_count < KEYS_MAX);
	memcpy(gate->newest[gate->newest_count].curve, curve, CURVE_KEY_BYTES);
	return &gate->newest[gate->newest_count++];
}

static void hear(struct gate *gate, const struct queued *queued)
{
	enum wire_type type;
	struct span body;

	if (wire_read_prefix(span_of(queued->bytes, queued->len), &type, &body,
			     NULL) ||
	    type != WIRE_HELLO)
		return;
	newest_of(gate, queued->curve)->route = queued->route;
}

static void check_answer(const struct gate *gate, uint32_t route,
			 struct span msg)
{
	enum wire_type type;
	struct span body;

	if (wire_read_prefix(msg, &type, &body, NULL) || type != WIRE_ACK)
		return;
	for (size_t i = 0; i < gate->newest_count; i++)
		if (gate->newest[i].route == route)
			return;
	sim_fail("an acknowledgement goes to a session that was replaced");
}

/* ---- messages ---- */

int gate_receive(struct gate *gate, struct gate_message *out, struct err *err)
{
	struct queued queued = gate->queue[0];

	(void)err;
	if (!gate->count || sim.actors[SIM_COLLECTOR].dead)
		return 0;
	gate->count--;
	memmove(gate->queue, gate->queue + 1,
		gate->count * sizeof(gate->queue[0]));
	free(gate->taken);
	gate->taken = queued.bytes;
	hear(gate, &queued);
	*out = (struct gate_message){ .route = queued.route,
				      .bytes = span_of(queued.bytes,
						       queued.len) };
	memcpy(out->curve, queued.curve, CURVE_KEY_BYTES);
	return 1;
}

int gate_send(struct gate *gate, uint32_t route, struct span msg)
{
	check_answer(gate, route, msg);
	return net_send_to_office(route, msg) ? 0 : ERR_OFFLINE;
}

void gate_shut(struct gate *gate, uint32_t route)
{
	(void)gate;
	net_shut(route);
}

void gate_watch(struct gate *gate)
{
	(void)gate;
}

const struct gate_counters *gate_counters(const struct gate *gate)
{
	return &gate->counters;
}
