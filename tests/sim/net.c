#include "sim/net.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"

#define CONNS_MAX 65536
#define SHAKE_US_MAX (200 * SIM_MS)
#define NOTICE_US_MAX (20 * SIM_S)
#define LATE_PER_THOUSAND 300 /* of broken ones: what is under way arrives */

struct conn {
	unsigned office;
	uint8_t curve[CURVE_KEY_BYTES], wanted[CURVE_KEY_BYTES];
	const struct net_office *calls;
	void *socket; /* NULL: the office has let go */
	bool up, broken, late;
	uint64_t to_collector_us, to_office_us; /* the last arrival */
};

struct packet {
	uint32_t route;
	bool to_collector;
	size_t len;
	uint8_t bytes[];
};

static struct conn conns[CONNS_MAX]; /* by route */
static uint32_t conn_count;
static const struct net_collector *listener;
static void *listening;
static bool cut[SIM_ACTORS_MAX];
static uint64_t delay_us_max;

void sim_net_reset(void)
{
	conn_count = 0;
	listening = NULL;
	memset(cut, 0, sizeof(cut));
	sim_net_slow(false);
}

void sim_net_slow(bool slow)
{
	delay_us_max = (slow ? 4000 : 20) * SIM_MS;
}

static struct conn *conn_of(uint32_t route)
{
	assert(route && route <= conn_count);
	return &conns[route - 1];
}

static void *route_arg(uint32_t route)
{
	return (void *)(uintptr_t)route;
}

static void notice(void *arg)
{
	struct conn *conn = conn_of((uint32_t)(uintptr_t)arg);

	if (conn->socket)
		conn->calls->down(conn->socket, false);
}

static void break_conn(uint32_t route)
{
	struct conn *conn = conn_of(route);

	if (conn->broken)
		return;
	conn->broken = true;
	conn->late = sim_chance(LATE_PER_THOUSAND);
	if (sim_chance(500))
		sim_after(sim_below(NOTICE_US_MAX), conn->office, notice,
			  route_arg(route));
}

void sim_net_break(unsigned office)
{
	for (uint32_t route = 1; route <= conn_count; route++)
		if (conn_of(route)->office == office)
			break_conn(route);
}

void sim_net_cut(unsigned office, bool is_cut)
{
	cut[office] = is_cut;
	if (is_cut)
		sim_net_break(office);
}

/* ---- opening ---- */

void net_listen(const struct net_collector *calls, void *gate)
{
	listener = calls;
	listening = gate;
	for (uint32_t route = 1; route <= conn_count; route++) {
		/* Of another life of the collector. */
		break_conn(route);
		conn_of(route)->late = false;
	}
}

static void shake(void *arg)
{
	struct conn *conn = conn_of((uint32_t)(uintptr_t)arg);
	unsigned office = sim.actor;
	bool admitted;

	if (!conn->socket || conn->broken)
		return;
	if (!listening || cut[conn->office] ||
	    !listener->is_key(listening, conn->wanted)) {
		/* Refused at once, or nobody answers; who looks for another
		 * key is not answered either. */
		conn->broken = true;
		if (sim_chance(500))
			conn->calls->down(conn->socket, false);
		return;
	}
	sim.actor = SIM_COLLECTOR;
	admitted = listener->admit(listening, conn->curve);
	sim.actor = office;
	conn->up = admitted;
	conn->broken = !admitted;
	if (admitted)
		conn->calls->up(conn->socket);
	else
		conn->calls->down(conn->socket, true);
}

uint32_t net_connect(const struct net_office *calls, void *socket,
		     const uint8_t collector_key[CURVE_KEY_BYTES],
		     const uint8_t curve[CURVE_KEY_BYTES])
{
	struct conn *conn = &conns[conn_count++];

	assert(conn_count < CONNS_MAX);
	*conn = (struct conn){ .office = sim.actor,
			       .calls = calls,
			       .socket = socket };
	memcpy(conn->curve, curve, CURVE_KEY_BYTES);
	memcpy(conn->wanted, collector_key, CURVE_KEY_BYTES);
	sim_after(sim_between(SIM_MS, SHAKE_US_MAX), sim.actor, shake,
		  route_arg(conn_count));
	return conn_count;
}

void net_leave(uint32_t route)
{
	struct conn *conn = conn_of(route);

	break_conn(route);
	conn->socket = NULL;
}

void net_shut(uint32_t route)
{
	break_conn(route);
}

/* ---- messages ---- */

static void arrive(void *arg)
{
	struct packet *packet = arg;
	struct conn *conn = conn_of(packet->route);
	struct span bytes = span_of(packet->bytes, packet->len);
	bool comes = !conn->broken || conn->late;

	if (comes && packet->to_collector && listening)
		listener->message(listening, packet->route, conn->curve, bytes);
	else if (comes && !packet->to_collector && conn->socket)
		conn->calls->message(conn->socket, bytes);
	free(packet);
}

static void post(uint32_t route, bool to_collector, struct span bytes,
		 uint64_t *last_us, unsigned actor)
{
	struct packet *packet = malloc(sizeof(*packet) + bytes.len);
	uint64_t at_us = sim.now_us + sim_between(SIM_MS / 10, delay_us_max);

	assert(packet);
	packet->route = route;
	packet->to_collector = to_collector;
	packet->len = bytes.len;
	memcpy(packet->bytes, bytes.data, bytes.len);
	if (at_us < *last_us)
		at_us = *last_us;
	*last_us = at_us;
	sim_after(at_us - sim.now_us, actor, arrive, packet);
}

bool net_send_to_collector(uint32_t route, struct span bytes)
{
	struct conn *conn = conn_of(route);

	if (sim.actors[conn->office].dead || (conn->broken && sim_chance(500)))
		return false;
	if (!conn->broken)
		post(route, true, bytes, &conn->to_collector_us, SIM_COLLECTOR);
	return true;
}

bool net_send_to_office(uint32_t route, struct span bytes)
{
	struct conn *conn = conn_of(route);

	if (sim.actors[SIM_COLLECTOR].dead || (conn->broken && sim_chance(500)))
		return false;
	if (!conn->broken)
		post(route, false, bytes, &conn->to_office_us, conn->office);
	return true;
}
