#include "collector/connections.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdbool.h>
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

void connections_accepted(struct connections *all, int fd)
{
	struct connection *connection = slot_of(all, fd);
	struct sockaddr_storage peer;

	if (!connection || !peer_of(fd, &peer))
		return;
	/* Its messages may have been heard of before. */
	if (connection->known && same_peer(connection, &peer))
		return;
	*connection = (struct connection){ .known = true, .peer = peer };
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

static bool is_endless(const struct connection *connection, int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) ||
	    len < offsetof(struct tcp_info, tcpi_bytes_received) +
			    sizeof(info.tcpi_bytes_received))
		return false;
	return info.tcpi_bytes_received >
	       connection->delivered + CONNECTIONS_UNSEEN_BYTES_MAX;
}

unsigned connections_watch(struct connections *all)
{
	unsigned shut = 0;

	for (size_t i = 0; i < WATCHED_AT_ONCE && i < all->size; i++) {
		size_t fd = all->watch_next++ % all->size;

		if (all->slots[fd].known &&
		    is_endless(&all->slots[fd], (int)fd))
			shut += shut_fd(all, (int)fd);
	}
	return shut;
}
