/* The table of sessions: who there is, by route and by CURVE key. */
#include "collector/session_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct session_table *session_table_new(const struct session_options *options,
					const struct session_host *host)
{
	struct session_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->options = *options;
	table->host = *host;
	table->routes = calloc(SESSION_BUCKETS, sizeof(struct session *));
	table->curves = calloc(SESSION_BUCKETS, sizeof(struct session *));
	intern_init(&table->keys);
	strbuf_init(&table->out, WIRE_MESSAGE_BYTES_MAX);
	if (!table->routes || !table->curves) {
		session_table_free(table);
		return NULL;
	}
	return table;
}

void session_table_free(struct session_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; table->routes && i < SESSION_BUCKETS; i++)
		while (table->routes[i]) {
			struct session *next = table->routes[i]->next_route;

			free(table->routes[i]);
			table->routes[i] = next;
		}
	free(table->routes);
	free(table->curves);
	free(table->uses);
	intern_release(&table->keys);
	strbuf_release(&table->out);
	free(table);
}

static size_t route_bucket(uint32_t route)
{
	return (route * 2654435761u) & (SESSION_BUCKETS - 1);
}

/* Keys are points on a curve, as good as random. */
static size_t curve_bucket(const uint8_t curve[CURVE_KEY_BYTES])
{
	return ((size_t)curve[0] | (size_t)curve[1] << 8 |
		(size_t)curve[2] << 16) &
	       (SESSION_BUCKETS - 1);
}

struct session *session_find(const struct session_table *table, uint32_t route)
{
	struct session *session = table->routes[route_bucket(route)];

	while (session && session->route != route)
		session = session->next_route;
	return session;
}

struct session *session_first_of(const struct session_table *table,
				 const uint8_t curve[CURVE_KEY_BYTES])
{
	return table->curves[curve_bucket(curve)];
}

struct session *session_add(struct session_table *table,
			    const struct session_message *message)
{
	struct session **route = &table->routes[route_bucket(message->route)];
	struct session **curve = &table->curves[curve_bucket(message->curve)];
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->table = table;
	session->route = message->route;
	memcpy(session->curve, message->curve, CURVE_KEY_BYTES);
	session->opened_ms = table->now_ms;
	session->next_route = *route;
	*route = session;
	session->next_curve = *curve;
	*curve = session;
	table->count++;
	return session;
}

void session_remove(struct session *session)
{
	struct session_table *table = session->table;
	struct session **at = &table->routes[route_bucket(session->route)];

	assert(!session->touched && session->state != SESSION_OPEN);
	while (*at != session)
		at = &(*at)->next_route;
	*at = session->next_route;
	at = &table->curves[curve_bucket(session->curve)];
	while (*at != session)
		at = &(*at)->next_curve;
	*at = session->next_curve;
	table->count--;
	free(session);
}

const uint8_t *session_open_curve(const struct session_table *table,
				  uint32_t route)
{
	const struct session *session = session_find(table, route);

	return session && session->state == SESSION_OPEN ? session->curve :
							   NULL;
}

size_t session_count(const struct session_table *table)
{
	return table->open_count;
}

const struct session_counters *
session_counters(const struct session_table *table)
{
	return &table->counters;
}
