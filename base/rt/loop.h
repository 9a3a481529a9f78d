/*
 * The event loop: one thread waits for sockets of libzmq, descriptors, timers
 * and SIGTERM or SIGINT, and calls back one thing at a time.
 *
 * zmq sockets are handed over as void *, so that who uses the loop need not
 * know zmq.h. Callbacks may add and remove anything, themselves included.
 */
#ifndef TALLY_RT_LOOP_H
#define TALLY_RT_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define LOOP_SOURCES_MAX 64

struct loop;

enum loop_event { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_FAILED = 4 };

/* events: those of enum loop_event that are there. */
typedef void (*loop_ready)(void *arg, unsigned events);
typedef void (*loop_signal)(void *arg, int signo);
typedef void (*loop_due)(void *arg);

/* A timer in the caller's storage; zero it, set due and arg, then arm it. It
 * must live until it has fired or was disarmed. */
struct loop_timer {
	loop_due due;
	void *arg;
	uint64_t at_ms; /* clock_monotonic_ms */
	bool armed;
	struct loop_timer *next;
};

int loop_open(struct loop **out, struct err *err);
void loop_close(struct loop *loop);

/*
 * SIGTERM and SIGINT are blocked and told to fn from the loop. Call it before
 * any thread is started (so before a zmq context is made), for threads inherit
 * what is blocked. fn NULL: loop_stop.
 */
int loop_watch_signals(struct loop *loop, loop_signal fn, void *arg,
		       struct err *err);

/* events: what to wait for. ERR_LIMIT above LOOP_SOURCES_MAX. */
int loop_add_fd(struct loop *loop, int fd, unsigned events, loop_ready fn,
		void *arg, struct err *err);
int loop_add_socket(struct loop *loop, void *socket, unsigned events,
		    loop_ready fn, void *arg, struct err *err);
/* What is not there is fine. Remove before closing. */
void loop_remove_fd(struct loop *loop, int fd);
void loop_remove_socket(struct loop *loop, void *socket);

/* Fires once, delay_ms from now; arming an armed timer moves it. */
void loop_arm(struct loop *loop, struct loop_timer *timer, uint64_t delay_ms);
void loop_disarm(struct loop *loop, struct loop_timer *timer);

/* Runs until loop_stop; a signal without callback stops it too. */
int loop_run(struct loop *loop, struct err *err);
/* One round: waits at most timeout_ms (-1: until something happens). */
int loop_step(struct loop *loop, int timeout_ms, struct err *err);
void loop_stop(struct loop *loop);
bool loop_stopped(const struct loop *loop);

#endif
