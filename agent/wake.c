#include "agent/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAKE_NAME "wake"

/* Socket names are short and directories need not be: the name goes by the
 * directory's descriptor, which the caller closes after using the address. */
static int address_of(const char *dir, struct sockaddr_un *address, int *fd)
{
	*fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return -1;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	(void)snprintf(address->sun_path, sizeof(address->sun_path),
		       "/proc/self/fd/%d/" WAKE_NAME, *fd);
	return 0;
}

int wake_open(const char *dir, int *fd, struct err *err)
{
	struct sockaddr_un address;
	int dir_fd, wake;

	if (address_of(dir, &address, &dir_fd))
		return err_sys(err, "cannot open %s", dir);
	(void)unlinkat(dir_fd, WAKE_NAME, 0); /* of a sender that died */
	wake = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (wake < 0 ||
	    bind(wake, (struct sockaddr *)&address, sizeof(address))) {
		int ret = err_sys(err, "cannot listen on %s/" WAKE_NAME, dir);

		if (wake >= 0)
			(void)close(wake);
		(void)close(dir_fd);
		return ret;
	}
	(void)close(dir_fd);
	*fd = wake;
	return 0;
}

void wake_close(const char *dir, int fd)
{
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir_fd >= 0) {
		(void)unlinkat(dir_fd, WAKE_NAME, 0);
		(void)close(dir_fd);
	}
	(void)close(fd);
}

int wake_take(int fd, struct wake_peer *from)
{
	struct sockaddr_un peer = { 0 };
	socklen_t len = sizeof(peer);
	uint8_t call = 0;

	if (recvfrom(fd, &call, sizeof(call), MSG_DONTWAIT,
		     (struct sockaddr *)&peer, &len) != sizeof(call))
		return 0;
	from->len = 0;
	if (len > offsetof(struct sockaddr_un, sun_path)) {
		from->len = (unsigned)(len -
				       offsetof(struct sockaddr_un, sun_path));
		memcpy(from->name, peer.sun_path, from->len);
	}
	return call;
}

void wake_answer(int fd, const struct wake_peer *to, bool fresh)
{
	struct sockaddr_un peer = { .sun_family = AF_UNIX };
	uint8_t answer = fresh;

	if (to->len == 0)
		return;
	memcpy(peer.sun_path, to->name, to->len);
	(void)sendto(
		fd, &answer, sizeof(answer), MSG_DONTWAIT,
		(struct sockaddr *)&peer,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + to->len));
}

static bool call_sender(const char *dir, int fd, enum wake_call what)
{
	struct sockaddr_un address;
	uint8_t call = (uint8_t)what;
	bool sent;
	int dir_fd;

	if (address_of(dir, &address, &dir_fd))
		return false;
	sent = sendto(fd, &call, sizeof(call), MSG_DONTWAIT,
		      (struct sockaddr *)&address,
		      sizeof(address)) == sizeof(call);
	(void)close(dir_fd);
	return sent;
}

void wake_sender(const char *dir, enum wake_call call)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	(void)call_sender(dir, fd, call);
	(void)close(fd);
}

bool wake_refresh(const char *dir, int timeout_ms)
{
	/* A name of its own, made by the kernel, for the answer. */
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	uint8_t answer = 0;

	if (fd < 0)
		return false;
	if (!bind(fd, (struct sockaddr *)&own, sizeof(sa_family_t)) &&
	    call_sender(dir, fd, WAKE_REFRESH) &&
	    poll(&poll_fd, 1, timeout_ms) == 1 &&
	    recv(fd, &answer, sizeof(answer), MSG_DONTWAIT) != sizeof(answer))
		answer = 0;
	(void)close(fd);
	return answer != 0;
}
