#include "agent/wake.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_dir.h"

/* Longer than a socket's name may be. */
static void long_dir(char out[300])
{
	char made[TEST_DIR_BYTES];

	test_dir(made, "wake");
	(void)snprintf(out, 300, "%s/%0150d", made, 7);
	cr_assert_eq(mkdir(out, 0700), 0);
}

static void remove_dir(const char *dir)
{
	char parent[300];

	(void)rmdir(dir);
	(void)snprintf(parent, sizeof(parent), "%s", dir);
	*strrchr(parent, '/') = '\0';
	cr_expect_eq(rmdir(parent), 0, "something was left in %s", dir);
}

Test(wake, a_nudge_reaches_the_sender)
{
	struct wake_peer peer;
	char dir[300];
	struct err err;
	int fd;

	long_dir(dir);
	wake_sender(dir, WAKE_SAVED); /* nobody there: nothing happens */
	cr_assert_eq(wake_open(dir, &fd, &err), 0, "%s", err.msg);
	cr_expect_eq(wake_take(fd, &peer), 0);
	wake_sender(dir, WAKE_SAVED);
	wake_sender(dir, WAKE_HURRY);
	cr_expect_eq(wake_take(fd, &peer), WAKE_SAVED);
	cr_expect_eq(wake_take(fd, &peer), WAKE_HURRY);
	cr_expect_eq(wake_take(fd, &peer), 0);
	wake_close(dir, fd);
	remove_dir(dir);
}

Test(wake, what_a_dead_sender_left_is_no_hindrance)
{
	struct wake_peer peer;
	char dir[300];
	struct err err;
	int dead, fd;

	long_dir(dir);
	cr_assert_eq(wake_open(dir, &dead, &err), 0);
	(void)close(dead);
	cr_assert_eq(wake_open(dir, &fd, &err), 0, "%s", err.msg);
	wake_sender(dir, WAKE_SAVED);
	cr_expect_eq(wake_take(fd, &peer), WAKE_SAVED);
	wake_close(dir, fd);
	remove_dir(dir);
}

struct answering {
	int fd;
	bool fresh;
};

static void *answer(void *arg)
{
	struct answering *answering = arg;
	struct pollfd poll_fd = { .fd = answering->fd, .events = POLLIN };
	struct wake_peer peer;

	if (poll(&poll_fd, 1, 5000) == 1 &&
	    wake_take(answering->fd, &peer) == WAKE_REFRESH)
		wake_answer(answering->fd, &peer, answering->fresh);
	return NULL;
}

Test(wake, a_refresh_waits_for_the_answer)
{
	char dir[300];
	struct err err;

	long_dir(dir);
	cr_expect_not(wake_refresh(dir, 5000), "nobody is there");
	for (int fresh = 0; fresh < 2; fresh++) {
		struct answering answering = { .fresh = fresh };
		pthread_t thread;

		cr_assert_eq(wake_open(dir, &answering.fd, &err), 0);
		cr_assert_eq(pthread_create(&thread, NULL, answer, &answering),
			     0);
		cr_expect_eq(wake_refresh(dir, 5000), fresh);
		(void)pthread_join(thread, NULL);
		wake_close(dir, answering.fd);
	}
	remove_dir(dir);
}
