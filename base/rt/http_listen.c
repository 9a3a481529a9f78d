/* Where connections come in, and what becomes of those that are too many. The
 * library below would let them wait without a word. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rt/http_parts.h"

#define BACKLOG 128
#define LINGER_MS 1000
#define HELD_MAX 32
#define PAUSE_MS 100 /* where there are no file descriptors left */

/* One that was told no is closed a little later: what it says meanwhile would
 * else make the kernel take the answer back. */
struct listener {
	struct listener_settings settings;
	int socket, stop[2];
	uint16_t port;
	pthread_t thread;
	bool running;
	int held[HELD_MAX];
	size_t held_count, held_next;
};

/* ---- those that are too many ---- */

static void let_go(struct listener *listener)
{
	for (size_t i = 0; i < HELD_MAX; i++)
		if (listener->held[i] >= 0) {
			(void)close(listener->held[i]);
			listener->held[i] = -1;
		}
	listener->held_count = 0;
}

static void turn_away(struct listener *listener, int link)
{
	const char *text = listener->settings.refusal;
	int *place = &listener->held[listener->held_next];

	/* Whoever does not take it at once gets none. */
	if (send(link, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		errno = 0;
	(void)shutdown(link, SHUT_WR);
	if (*place >= 0)
		(void)close(*place);
	else
		listener->held_count++;
	*place = link;
	listener->held_next = (listener->held_next + 1) % HELD_MAX;
}

/* ---- coming in ---- */

/* False: it has to wait for file descriptors. */
static bool take(struct listener *listener)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	int link = accept4(listener->socket, (struct sockaddr *)&from, &len,
			   SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (link < 0)
		return errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
		       errno != ENOMEM;
	if (!listener->settings.take(listener->settings.arg, link,
				     (const struct sockaddr *)&from, len))
		turn_away(listener, link);
	return true;
}

static void *run(void *arg)
{
	struct listener *listener = arg;
	struct pollfd fds[2] = {
		{ .fd = listener->stop[0], .events = POLLIN },
		{ .fd = listener->socket, .events = POLLIN },
	};
	nfds_t watched = 2;

	for (;;) {
		int wait = watched < 2		? PAUSE_MS :
			   listener->held_count ? LINGER_MS :
						  -1;
		int ready = poll(fds, watched, wait);

		if (ready < 0 && errno != EINTR)
			break;
		if (ready > 0 && fds[0].revents)
			break;
		if (!ready)
			let_go(listener);
		if (ready > 0 && watched == 2)
			watched = take(listener) ? 2 : 1;
		else
			watched = 2;
	}
	return NULL;
}

/* ---- opening ---- */

static int bind_to(struct listener *listener,
		   const struct http_address *address)
{
	socklen_t len = address->six ? sizeof(struct sockaddr_in6) :
				       sizeof(struct sockaddr_in);
	struct sockaddr_storage bound = { 0 };
	int on = 1;

	listener->socket = socket(address->storage.ss_family,
				  SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				  0);
	if (listener->socket < 0)
		return -1;
	(void)setsockopt(listener->socket, SOL_SOCKET, SO_REUSEADDR, &on,
			 sizeof(on));
	if (address->six)
		(void)setsockopt(listener->socket, IPPROTO_IPV6, IPV6_V6ONLY,
				 &on, sizeof(on));
	if (bind(listener->socket, (const struct sockaddr *)&address->storage,
		 len) ||
	    listen(listener->socket, BACKLOG))
		return -1;
	len = sizeof(bound);
	if (getsockname(listener->socket, (struct sockaddr *)&bound, &len))
		return -1;
	listener->port = ntohs(
		address->six ? ((struct sockaddr_in6 *)&bound)->sin6_port :
			       ((struct sockaddr_in *)&bound)->sin_port);
	return 0;
}

int listener_open(const struct listener_settings *settings,
		  const struct http_address *address, struct listener **out,
		  struct err *err)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener)
		return err_set(err, ERR_NOMEM, "no memory for a server");
	listener->settings = *settings;
	listener->socket = listener->stop[0] = listener->stop[1] = -1;
	for (size_t i = 0; i < HELD_MAX; i++)
		listener->held[i] = -1;
	if (bind_to(listener, address) || pipe2(listener->stop, O_CLOEXEC)) {
		int rc = err_sys(err, "cannot listen on %s", settings->name);

		listener_close(listener);
		return rc;
	}
	*out = listener;
	return 0;
}

int listener_start(struct listener *listener, struct err *err)
{
	int failed = pthread_create(&listener->thread, NULL, run, listener);

	if (failed) {
		errno = failed;
		return err_sys(err, "cannot start a thread");
	}
	listener->running = true;
	return 0;
}

uint16_t listener_port(const struct listener *listener)
{
	return listener->port;
}

void listener_stop(struct listener *listener)
{
	if (!listener->running)
		return;
	(void)close(listener->stop[1]);
	listener->stop[1] = -1;
	(void)pthread_join(listener->thread, NULL);
	listener->running = false;
}

void listener_close(struct listener *listener)
{
	if (!listener)
		return;
	listener_stop(listener);
	let_go(listener);
	if (listener->socket >= 0)
		(void)close(listener->socket);
	for (size_t i = 0; i < 2; i++)
		if (listener->stop[i] >= 0)
			(void)close(listener->stop[i]);
	free(listener);
}
