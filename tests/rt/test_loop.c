#include <criterion/criterion.h>

#include <signal.h>
#include <unistd.h>

#include "base/rt/clock.h"
#include "base/rt/loop.h"

struct seen {
	struct loop *loop;
	int fds[2];
	unsigned events;
	int count, signo;
	struct loop_timer *again;
};

static void on_ready(void *arg, unsigned events)
{
	struct seen *seen = arg;
	char byte;

	seen->events = events;
	seen->count++;
	cr_assert_eq(read(seen->fds[0], &byte, 1), 1);
	loop_stop(seen->loop);
}

static void on_ready_leaves(void *arg, unsigned events)
{
	struct seen *seen = arg;

	(void)events;
	seen->count++;
	loop_remove_fd(seen->loop, seen->fds[0]);
	loop_remove_fd(seen->loop, seen->fds[1]);
}

static void on_due(void *arg)
{
	struct seen *seen = arg;

	if (++seen->count == 3)
		loop_stop(seen->loop);
	else if (seen->again)
		loop_arm(seen->loop, seen->again, 0);
}

static void on_signal(void *arg, int signo)
{
	struct seen *seen = arg;

	seen->signo = signo;
	loop_stop(seen->loop);
}

Test(loop, tells_that_a_descriptor_can_be_read)
{
	struct seen seen = { 0 };

	cr_assert_eq(loop_open(&seen.loop, NULL), 0);
	cr_assert_eq(pipe(seen.fds), 0);
	cr_assert_eq(loop_add_fd(seen.loop, seen.fds[0], LOOP_READ, on_ready,
				 &seen, NULL),
		     0);
	cr_expect_eq(loop_step(seen.loop, 0, NULL), 0);
	cr_expect_eq(seen.count, 0);
	cr_assert_eq(write(seen.fds[1], "x", 1), 1);
	cr_expect_eq(loop_run(seen.loop, NULL), 0);
	cr_expect_eq(seen.events, LOOP_READ);
	cr_expect_eq(seen.count, 1);
	loop_close(seen.loop);
}

Test(loop, a_source_removed_by_an_earlier_one_is_not_called)
{
	struct seen seen = { 0 };

	cr_assert_eq(loop_open(&seen.loop, NULL), 0);
	cr_assert_eq(pipe(seen.fds), 0);
	cr_assert_eq(write(seen.fds[1], "x", 1), 1);
	cr_assert_eq(loop_add_fd(seen.loop, seen.fds[0], LOOP_READ,
				 on_ready_leaves, &seen, NULL),
		     0);
	cr_assert_eq(loop_add_fd(seen.loop, seen.fds[1], LOOP_WRITE,
				 on_ready_leaves, &seen, NULL),
		     0);
	cr_expect_eq(loop_step(seen.loop, 0, NULL), 0);
	cr_expect_eq(loop_step(seen.loop, 0, NULL), 0);
	cr_expect_eq(seen.count, 1);
	loop_close(seen.loop);
}

Test(loop, timers_fire_in_time_and_may_be_armed_again)
{
	struct seen seen = { 0 };
	struct loop_timer timer = { .due = on_due, .arg = &seen };
	struct loop_timer never = { .due = on_due, .arg = &seen };
	uint64_t begun_ms = clock_monotonic_ms();

	seen.again = &timer;
	cr_assert_eq(loop_open(&seen.loop, NULL), 0);
	loop_arm(seen.loop, &never, 1000000);
	loop_arm(seen.loop, &never, 500);
	loop_disarm(seen.loop, &never);
	loop_arm(seen.loop, &timer, 20);
	cr_expect_eq(loop_run(seen.loop, NULL), 0);
	cr_expect_eq(seen.count, 3);
	cr_expect_geq(clock_monotonic_ms() - begun_ms, 20);
	cr_expect_not(never.armed);
	loop_close(seen.loop);
}

Test(loop, signals_come_through_the_loop)
{
	struct seen seen = { 0 };

	cr_assert_eq(loop_open(&seen.loop, NULL), 0);
	cr_assert_eq(loop_watch_signals(seen.loop, on_signal, &seen, NULL), 0);
	cr_assert_eq(kill(getpid(), SIGTERM), 0);
	cr_expect_eq(loop_run(seen.loop, NULL), 0);
	cr_expect_eq(seen.signo, SIGTERM);
	loop_close(seen.loop);
}

Test(loop, more_sources_than_allowed_are_refused)
{
	struct seen seen = { 0 };

	cr_assert_eq(loop_open(&seen.loop, NULL), 0);
	for (int i = 0; i < LOOP_SOURCES_MAX; i++)
		cr_assert_eq(loop_add_fd(seen.loop, 1000 + i, LOOP_READ,
					 on_ready, &seen, NULL),
			     0);
	cr_expect_eq(
		loop_add_fd(seen.loop, 1, LOOP_READ, on_ready, &seen, NULL),
		ERR_LIMIT);
	loop_close(seen.loop);
}
