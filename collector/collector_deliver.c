/* Drives delivery: what sessions wait for, as far as the flusher has come. */
#include "collector/collector_parts.h"

#include <inttypes.h>

#include "base/rt/log.h"

void collector_check_delivery(struct collector *c, int rc)
{
	struct err err = { 0 };

	if (!rc)
		return;
	(void)err_set(&err, rc, "no memory for what sessions wait for");
	collector_give_up(c, "delivery-failed", &err);
}

void collector_deliver_soon(struct collector *c)
{
	/* It may be armed for when those who are held come to their turn. */
	if (!c->deliver.armed || c->deliver.at_ms > clock_monotonic_ms() + 1)
		loop_arm(c->loop, &c->deliver, 1);
}

static const uint8_t *delivery_curve(void *ctx, uint32_t route)
{
	struct collector *c = ctx;

	return session_open_curve(c->sessions, route);
}

static bool delivery_send(void *ctx, uint32_t route, struct span msg)
{
	struct collector *c = ctx;

	return !gate_send(c->gate, route, msg);
}

static void delivery_lost(void *ctx, uint32_t route)
{
	struct collector *c = ctx;

	session_lost(c->sessions, route);
}

static void delivery_answers_ping(void *ctx, uint32_t route)
{
	struct collector *c = ctx;

	session_pong(c->sessions, route);
}

static void delivery_pings(void *ctx, uint32_t route)
{
	struct collector *c = ctx;

	session_probe(c->sessions, route);
}

static uint64_t delivery_clock(void *ctx)
{
	(void)ctx;
	return clock_monotonic_ms();
}

struct delivery_host collector_delivery_host(struct collector *c)
{
	const struct delivery_host host = {
		.curve = delivery_curve,
		.send = delivery_send,
		.lost = delivery_lost,
		.pong = delivery_answers_ping,
		.ping = delivery_pings,
		.now_ms = delivery_clock,
		.ctx = c,
	};

	return host;
}

void collector_deliver(void *arg)
{
	struct collector *c = arg;
	struct flusher_state state;
	struct err err = { 0 };
	struct delivery_next next;

	flusher_state(c->flusher, &state);
	if (delivery_step(c->delivery, state.applied, &next, &err)) {
		collector_give_up(c, "delivery-failed", &err);
		return;
	}
	if (next.in_ms != DELIVERY_IDLE_MS)
		loop_arm(c->loop, &c->deliver, next.in_ms ? next.in_ms : 1);
	if (next.in_ms && (next.store || c->blot_wanted))
		flusher_hurry(c->flusher);
}

void collector_flushed(void *arg, unsigned events)
{
	struct collector *c = arg;
	struct flusher_state state;

	(void)events;
	flusher_heard(c->flusher);
	flusher_state(c->flusher, &state);
	if (state.code && state.code != ERR_FULL) {
		collector_give_up(c, "flush-failed", &state.err);
		return;
	}
	if (state.code && !c->flush_told)
		log_err(LOG_WARN, "flush-waits", &state.err);
	else if (!state.code && c->flush_told)
		log_line(LOG_INFO, "flush-goes-on", "applied=%" PRIu64,
			 state.applied);
	c->flush_told = state.code != 0;
	receipts_flushed(&c->receipts, state.applied);
	if (c->blot_wanted && state.applied >= c->blot_at && !c->blot_told)
		collector_blot(c);
	c->backlog = state.waiting_bytes > FLUSHER_WAITING_BYTES_MAX;
	collector_deliver_soon(c);
}
