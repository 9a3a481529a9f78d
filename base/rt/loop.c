#include "base/rt/loop.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <zmq.h>

#include "base/rt/clock.h"

struct source {
	bool used;
	void *socket; /* NULL: fd */
	int fd;
	unsigned events;
	loop_ready fn;
	void *arg;
	uint64_t generation; /* tells a slot's users apart */
};

struct loop {
	struct source sources[LOOP_SOURCES_MAX];
	uint64_t generation;
	struct loop_timer *timers; /* armed, in no order */
	loop_signal on_signal;
	void *signal_arg;
	int signal_fd;
	bool stopped;
};

int loop_open(struct loop **out, struct err *err)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return err_set(err, ERR_NOMEM, "no memory for the event loop");
	loop->signal_fd = -1;
	*out = loop;
	return 0;
}

void loop_close(struct loop *loop)
{
	if (!loop)
		return;
	if (loop->signal_fd >= 0)
		(void)close(loop->signal_fd);
	free(loop);
}

/* ---- signals ---- */

static void signal_ready(void *arg, unsigned events)
{
	struct loop *loop = arg;
	struct signalfd_siginfo info;

	(void)events;
	if (read(loop->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (loop->on_signal)
		loop->on_signal(loop->signal_arg, (int)info.ssi_signo);
	else
		loop_stop(loop);
}

int loop_watch_signals(struct loop *loop, loop_signal fn, void *arg,
		       struct err *err)
{
	sigset_t set;
	int fd;

	assert(loop->signal_fd < 0);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL))
		return err_sys(err, "cannot block signals");
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "cannot wait for signals");
	loop->signal_fd = fd;
	loop->on_signal = fn;
	loop->signal_arg = arg;
	return loop_add_fd(loop, fd, LOOP_READ, signal_ready, loop, err);
}

/* ---- sources ---- */

static int add_source(struct loop *loop, struct source source, struct err *err)
{
	for (size_t i = 0; i < LOOP_SOURCES_MAX; i++) {
		if (loop->sources[i].used)
			continue;
		source.used = true;
		source.generation = ++loop->generation;
		loop->sources[i] = source;
		return 0;
	}
	return err_set(err, ERR_LIMIT, "the event loop waits for %d already",
		       LOOP_SOURCES_MAX);
}

int loop_add_fd(struct loop *loop, int fd, unsigned events, loop_ready fn,
		void *arg, struct err *err)
{
	return add_source(
		loop,
		(struct source){
			.fd = fd, .events = events, .fn = fn, .arg = arg },
		err);
}

int loop_add_socket(struct loop *loop, void *socket, unsigned events,
		    loop_ready fn, void *arg, struct err *err)
{
	return add_source(loop,
			  (struct source){ .socket = socket,
					   .fd = -1,
					   .events = events,
					   .fn = fn,
					   .arg = arg },
			  err);
}

static void remove_source(struct loop *loop, void *socket, int fd)
{
	for (size_t i = 0; i < LOOP_SOURCES_MAX; i++) {
		struct source *source = &loop->sources[i];

		if (source->used && source->socket == socket &&
		    (socket || source->fd == fd))
			memset(source, 0, sizeof(*source));
	}
}

void loop_remove_fd(struct loop *loop, int fd)
{
	remove_source(loop, NULL, fd);
}

void loop_remove_socket(struct loop *loop, void *socket)
{
	if (socket)
		remove_source(loop, socket, -1);
}

/* ---- timers ---- */

void loop_disarm(struct loop *loop, struct loop_timer *timer)
{
	struct loop_timer **at = &loop->timers;

	if (!timer->armed)
		return;
	while (*at && *at != timer)
		at = &(*at)->next;
	assert(*at);
	*at = timer->next;
	timer->next = NULL;
	timer->armed = false;
}

void loop_arm(struct loop *loop, struct loop_timer *timer, uint64_t delay_ms)
{
	loop_disarm(loop, timer);
	timer->at_ms = clock_monotonic_ms() + delay_ms;
	timer->armed = true;
	timer->next = loop->timers;
	loop->timers = timer;
}

static struct loop_timer *first_timer(const struct loop *loop)
{
	struct loop_timer *first = loop->timers;

	for (struct loop_timer *t = loop->timers; t; t = t->next)
		if (t->at_ms < first->at_ms)
			first = t;
	return first;
}

/* Those due at the call; what they arm waits for the next round. */
static void fire_timers(struct loop *loop, uint64_t now_ms)
{
	struct loop_timer *timer;
	unsigned rounds = 0;

	while ((timer = first_timer(loop)) && timer->at_ms <= now_ms &&
	       !loop->stopped && rounds++ < LOOP_SOURCES_MAX) {
		loop_disarm(loop, timer);
		timer->due(timer->arg);
	}
}

/* ---- running ---- */

static long wait_ms(const struct loop *loop, int timeout_ms)
{
	const struct loop_timer *first = first_timer(loop);
	uint64_t now_ms, left_ms;

	if (!first)
		return timeout_ms;
	now_ms = clock_monotonic_ms();
	left_ms = first->at_ms > now_ms ? first->at_ms - now_ms : 0;
	if (timeout_ms >= 0 && left_ms > (uint64_t)timeout_ms)
		return timeout_ms;
	return left_ms > INT32_MAX ? INT32_MAX : (long)left_ms;
}

static unsigned events_of(short revents)
{
	return (revents & ZMQ_POLLIN ? (unsigned)LOOP_READ : 0) |
	       (revents & ZMQ_POLLOUT ? (unsigned)LOOP_WRITE : 0) |
	       (revents & ZMQ_POLLERR ? (unsigned)LOOP_FAILED : 0);
}

static int fill_items(const struct loop *loop, zmq_pollitem_t *items,
		      size_t *slots, uint64_t *generations)
{
	int count = 0;

	for (size_t i = 0; i < LOOP_SOURCES_MAX; i++) {
		const struct source *source = &loop->sources[i];
		short events = 0;

		if (!source->used)
			continue;
		if (source->events & LOOP_READ)
			events |= ZMQ_POLLIN;
		if (source->events & LOOP_WRITE)
			events |= ZMQ_POLLOUT;
		items[count] = (zmq_pollitem_t){ .socket = source->socket,
						 .fd = source->fd,
						 .events = events };
		slots[count] = i;
		generations[count] = source->generation;
		count++;
	}
	return count;
}

int loop_step(struct loop *loop, int timeout_ms, struct err *err)
{
	zmq_pollitem_t items[LOOP_SOURCES_MAX];
	uint64_t generations[LOOP_SOURCES_MAX];
	size_t slots[LOOP_SOURCES_MAX];
	int count = fill_items(loop, items, slots, generations);
	int ready = zmq_poll(items, count, wait_ms(loop, timeout_ms));

	if (ready < 0 && errno != EINTR)
		return err_sys(err, "cannot wait for events");
	for (int i = 0; ready > 0 && i < count && !loop->stopped; i++) {
		const struct source *source = &loop->sources[slots[i]];

		/* An earlier callback may have removed this one. */
		if (items[i].revents && source->used &&
		    source->generation == generations[i])
			source->fn(source->arg, events_of(items[i].revents));
	}
	fire_timers(loop, clock_monotonic_ms());
	return 0;
}

int loop_run(struct loop *loop, struct err *err)
{
	int rc = 0;

	while (!rc && !loop->stopped)
		rc = loop_step(loop, -1, err);
	return rc;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}

bool loop_stopped(const struct loop *loop)
{
	return loop->stopped;
}
