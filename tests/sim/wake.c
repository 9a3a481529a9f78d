/* What stands for agent/wake.h: a call from one office's command to its sender,
 * who are one process here. */
#include "agent/wake.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sim/sim.h"

static struct sleeper {
	int fd;
	unsigned calls; /* that wait, bit enum wake_call */
} sleepers[SIM_ACTORS_MAX];

static struct sleeper *by_dir(const char *dir)
{
	for (unsigned i = SIM_OFFICE; i < SIM_ACTORS_MAX; i++)
		if (sim_office_name(i) && !strcmp(sim_office_name(i), dir))
			return &sleepers[i];
	return NULL;
}

int wake_open(const char *dir, int *fd, struct err *err)
{
	struct sleeper *at = by_dir(dir);

	*fd = eventfd(0, EFD_CLOEXEC);
	if (*fd < 0)
		return err_sys(err, "cannot be woken");
	*at = (struct sleeper){ .fd = *fd };
	return 0;
}

void wake_close(const char *dir, int fd)
{
	by_dir(dir)->fd = 0;
	(void)close(fd);
}

int wake_take(int fd, struct wake_peer *from)
{
	(void)from;
	for (unsigned i = SIM_OFFICE; i < SIM_ACTORS_MAX; i++)
		for (unsigned call = 1; call <= WAKE_HURRY; call++)
			if (sleepers[i].fd == fd &&
			    sleepers[i].calls & 1u << call) {
				sleepers[i].calls &= ~(1u << call);
				return (int)call;
			}
	return 0;
}

void wake_answer(int fd, const struct wake_peer *to, bool fresh)
{
	(void)fd;
	(void)to;
	(void)fresh;
}

void wake_sender(const char *dir, enum wake_call call)
{
	struct sleeper *at = by_dir(dir);

	if (!at->fd)
		return;
	at->calls |= 1u << call;
	sim_ready(at->fd);
}

bool wake_refresh(const char *dir, int timeout_ms)
{
	(void)dir;
	(void)timeout_ms;
	return false;
}
