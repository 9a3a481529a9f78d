/*
 * Connections between offices and the collector. Each is two pipes that keep
 * their order; it breaks as a whole, and then what was under way may still
 * arrive, also after what the next connection brings. The collector is never
 * told that one has broken, the office not always.
 */
#ifndef TALLY_TESTS_SIM_NET_H
#define TALLY_TESTS_SIM_NET_H

#include "base/span.h"
#include "proto/sign.h"

struct net_office {
	void (*up)(void *socket);
	void (*down)(void *socket, bool refused);
	void (*message)(void *socket, struct span bytes);
};

struct net_collector {
	/* Has it this session key? */
	bool (*is_key)(void *gate, const uint8_t key[CURVE_KEY_BYTES]);
	bool (*admit)(void *gate, const uint8_t curve[CURVE_KEY_BYTES]);
	void (*message)(void *gate, uint32_t route,
			const uint8_t curve[CURVE_KEY_BYTES],
			struct span bytes);
};

/* The collector listens: gate NULL: no longer. */
void net_listen(const struct net_collector *calls, void *gate);
/* Gives the connection's route. */
uint32_t net_connect(const struct net_office *calls, void *socket,
		     const uint8_t collector_key[CURVE_KEY_BYTES],
		     const uint8_t curve[CURVE_KEY_BYTES]);
/* The office lets go of it; what it has sent may still arrive. */
void net_leave(uint32_t route);
/* false: it is known to be broken. */
bool net_send_to_collector(uint32_t route, struct span bytes);
bool net_send_to_office(uint32_t route, struct span bytes);
/* The collector shuts it. */
void net_shut(uint32_t route);

#endif
