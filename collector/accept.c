#include "collector/accept.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libc's function has no argument for them. */
static atomic_int fds_max;
static atomic_uint_fast64_t taken, refused;

void accept_set_max(int descriptors_max)
{
	atomic_store(&fds_max, descriptors_max);
}

uint64_t accept_taken(void)
{
	return atomic_load(&taken);
}

uint64_t accept_refused(void)
{
	return atomic_load(&refused);
}

/* libc gives the lowest descriptor that is free: the number says how many are
 * open. */
int accept4(int fd, __SOCKADDR_ARG addr, socklen_t *restrict addr_len,
	    int flags)
{
	int max = atomic_load(&fds_max);
	/* A union of pointers in libc's header, where it is not a plain one. */
	int link = (int)syscall(SYS_accept4, fd, addr.__sockaddr__, addr_len,
				flags);

	if (link < 0)
		return link;
	if (max && link >= max) {
		atomic_fetch_add(&refused, 1);
		(void)close(link);
		errno = ECONNABORTED;
		return -1;
	}
	atomic_fetch_add(&taken, 1);
	return link;
}
