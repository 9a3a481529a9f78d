#include "collector/connections.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FDS_MAX (1 << 20)
#define WATCHED_AT_ONCE 2000

struct connection {
	bool known;
	uint32_t route; /* 0: nothing was received yet */
	struct sockaddr_storage peer;
	uint64_t delivered; /* bytes, as on the wire or more */
	uint64_t since_ms;  /* 0: was heard of by its messages */
};

void connections_release(struct connections *all)
{
	free(all->slots);
	*all = (struct connections){ 0 };
}

static bool peer_of(int fd, struct sockaddr_storage *out)
{
	socklen_t len = sizeof(*out);

	memset(out, 0, sizeof(*out));
	return !getpeername(fd, (struct sockaddr *)out, &len) &&
	       len <= sizeof(*out);
}

static bool same_peer(const struct connection *connection,
		      const struct sockaddr_storage *peer)
{
	return !memcmp(&connection->peer, peer, sizeof(*peer));
}

/* The slot of a descriptor, or NULL without memory. */
static struct connection *slot_of(struct connections *all, int fd)
{
	size_t size = all->size ? all->size : 64;
	struct connection *slots;

	if (fd < 0 || fd >= FDS_MAX)
		return NULL;
	while (size <= (size_t)fd)
		size *= 2;
	if (size > all->size) {
		slots = realloc(all->slots, size * sizeof(*slots));
		if (!slots)
			return NULL;
		memset(slots + all->size, 0,
		       (size - all->size) * sizeof(*slots));
		all->slots = slots;
		all->size = size;
	}
	return &all->slots[fd];
}

void connections_accepted(struct connections *all, int fd, uint64_t now_ms)
{
	struct connection *connection = slot_of(all, fd);
	struct sockaddr_storage peer;

	if (!connection || !peer_of(fd, &peer))
		return;
	/* Its messages may have been heard of before. */
	if (connection->known && same_peer(connection, &peer))
		return;
	*connection = (struct connection){ .known = true,
					   .peer = peer,
					   .since_ms = now_ms };
}

void connections_delivered(struct connections *all, int fd, uint32_t route,
			   size_t bytes)
{
	struct connection *connection = slot_of(all, fd);

	if (!connection)
		return;
	if (!connection->known || connection->route != route) {
		struct sockaddr_storage peer;

		if (!peer_of(fd, &peer))
			return; /* gone already */
		if (!connection->known || !same_peer(connection, &peer))
			connection->delivered = 0;
		connection->known = true;
		connection->route = route;
		connection->peer = peer;
	}
	connection->delivered += bytes;
}

/* Shuts it if it still is who it was. */
static bool shut_fd(struct connections *all, int fd)
{
	struct connection *connection = &all->slots[fd];
	struct sockaddr_storage peer;
	bool same = peer_of(fd, &peer) && same_peer(connection, &peer);

	*connection = (struct connection){ 0 };
	if (same)
		(void)shutdown(fd, SHUT_RDWR);
	return same;
}

unsigned connections_shut(struct connections *all, uint32_t route)
{
	unsigned shut = 0;

	for (size_t fd = 0; fd < all->size; fd++)
		if (all->slots[fd].known && all->slots[fd].route == route)
			shut += shut_fd(all, (int)fd);
	return shut;
}

/* False: it is not there any more. */
static bool received_from(int fd, uint64_t *out)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) ||
	    len < offsetof(struct tcp_info, tcpi_bytes_received) +
			    sizeof(info.tcpi_bytes_received))
		return false;
	*out = info.tcpi_bytes_received;
	return true;
}

static void watch_one(struct connections *all, int fd, uint64_t strange_ms,
		      uint64_t now_ms, struct connections_found *found)
{
	const struct connection *connection = &all->slots[fd];
	bool stranger = !connection->route;
	uint64_t received;
	uint64_t unseen_max = stranger ? CONNECTIONS_STRANGE_BYTES_MAX :
					 CONNECTIONS_UNSEEN_BYTES_MAX;

	if (stranger && now_ms - connection->since_ms > strange_ms)
		found->strange += shut_fd(all, fd);
	else if (received_from(fd, &received) &&
		 received > connection->delivered + unseen_max)
		found->endless += shut_fd(all, fd);
}

struct connections_found connections_watch(struct connections *all,
					   uint64_t now_ms, bool crowded)
{
	struct connections_found found = { 0 };
	size_t count = crowded || all->size < WATCHED_AT_ONCE ? all->size :
								WATCHED_AT_ONCE;

	for (size_t i = 0; i < count; i++) {
		size_t fd = all->watch_next++ % all->size;

		if (all->slots[fd].known)
			watch_one(all, (int)fd,
				  crowded ? CONNECTIONS_CROWDED_MS :
					    CONNECTIONS_STRANGE_MS,
				  now_ms, &found);
	}
	return found;
}
