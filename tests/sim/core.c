/* Dice, events, and what stands for loop, clock and log. */
#include "sim/sim.h"

#include <assert.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rt/clock.h"
#include "base/rt/log.h"

#define EVENTS_MAX 65536
#define WAKE_US_MAX (3 * SIM_MS)

struct sim sim;

static struct event {
	uint64_t at_us, order;
	unsigned actor;
	void (*fn)(void *arg);
	void *arg;
} events[EVENTS_MAX];
static size_t event_count;

struct source {
	int fd; /* 0: free */
	loop_ready fn;
	void *arg;
};

struct loop {
	struct loop *next;
	struct loop_timer *timers;
	struct source sources[LOOP_SOURCES_MAX];
	unsigned actor;
	bool stopped;
};
static struct loop *loops;

/* ---- dice ---- */

void sim_reset(uint64_t seed)
{
	bool verbose = sim.verbose;
	enum sim_bug bug = sim.bug;

	assert(!loops);
	event_count = 0;
	sim = (struct sim){
		.seed = seed, .dice = seed, .verbose = verbose, .bug = bug
	};
}

void sim_count(enum sim_event event)
{
	sim.counts[event]++;
}

static uint64_t throw_dice(void)
{
	uint64_t x = (sim.dice += 0x9e3779b97f4a7c15u);

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

uint64_t sim_below(uint64_t bound)
{
	return throw_dice() % bound;
}

bool sim_chance(unsigned per_thousand)
{
	return sim_below(1000) < per_thousand;
}

uint64_t sim_between(uint64_t least, uint64_t most)
{
	return least + sim_below(most - least + 1);
}

/* ---- events ---- */

static bool is_before(const struct event *a, const struct event *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void swap(size_t a, size_t b)
{
	struct event event = events[a];

	events[a] = events[b];
	events[b] = event;
}

static void sink(size_t i)
{
	for (;;) {
		size_t least = i;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
			if (child < event_count &&
			    is_before(&events[child], &events[least]))
				least = child;
		if (least == i)
			return;
		swap(i, least);
		i = least;
	}
}

void sim_after(uint64_t delay_us, unsigned actor, void (*fn)(void *arg),
	       void *arg)
{
	size_t i = event_count++;

	assert(event_count < EVENTS_MAX);
	events[i] = (struct event){ .at_us = sim.now_us + delay_us,
				    .order = sim.order++,
				    .actor = actor,
				    .fn = fn,
				    .arg = arg };
	for (; i && is_before(&events[i], &events[(i - 1) / 2]);
	     i = (i - 1) / 2)
		swap(i, (i - 1) / 2);
}

void sim_cancel(const void *arg)
{
	size_t kept = 0;

	for (size_t i = 0; i < event_count; i++)
		if (events[i].arg != arg)
			events[kept++] = events[i];
	event_count = kept;
	for (size_t i = event_count / 2; i-- > 0;)
		sink(i);
}

void sim_forget_events(void)
{
	event_count = 0;
}

/* The loop with the timer that is due first. */
static struct loop *first_loop(struct loop_timer **first)
{
	struct loop *found = NULL;

	*first = NULL;
	for (struct loop *loop = loops; loop; loop = loop->next)
		for (struct loop_timer *t = loop->timers; t; t = t->next)
			if (!loop->stopped &&
			    (!*first || t->at_ms < (*first)->at_ms)) {
				*first = t;
				found = loop;
			}
	return found;
}

static void act_as(unsigned actor, void (*fn)(void *arg), void *arg)
{
	unsigned before = sim.actor;

	sim.actor = actor;
	fn(arg);
	sim.actor = before;
}

bool sim_step(void)
{
	struct loop_timer *timer;
	struct loop *loop = first_loop(&timer);

	if (sim.over || (!loop && !event_count))
		return false;
	if (loop &&
	    (!event_count || timer->at_ms * SIM_MS <= events[0].at_us)) {
		if (timer->at_ms * SIM_MS > sim.now_us)
			sim.now_us = timer->at_ms * SIM_MS;
		loop_disarm(loop, timer);
		act_as(loop->actor, timer->due, timer->arg);
	} else {
		struct event event = events[0];

		sim.now_us = event.at_us;
		events[0] = events[--event_count];
		sink(0);
		act_as(event.actor, event.fn, event.arg);
	}
	return true;
}

/* ---- what people see ---- */

static int out_fd = 1;

void sim_quiet(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	out_fd = dup(1);
	if (null < 0 || out_fd < 0 || dup2(null, 1) < 0 ||
	    dup2(sim.verbose ? out_fd : null, 2) < 0)
		sim_fail("cannot be quiet");
	(void)close(null);
}

static void say(const char *fmt, va_list ap)
{
	char text[4096];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	(void)dprintf(out_fd, "seed %llu %10.3f s  %s\n",
		      (unsigned long long)sim.seed, (double)sim.now_us / 1e6,
		      text);
}

void sim_say(const char *fmt, ...)
{
	va_list ap;

	if (!sim.verbose)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void sim_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	_exit(1);
}

/* ---- base/rt/loop.h ---- */

int loop_open(struct loop **out, struct err *err)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	struct loop **last = &loops;

	if (!loop)
		return err_set(err, ERR_NOMEM, "no memory for the event loop");
	loop->actor = sim.actor;
	while (*last)
		last = &(*last)->next;
	*last = loop;
	*out = loop;
	return 0;
}

void loop_close(struct loop *loop)
{
	struct loop **at = &loops;

	if (!loop)
		return;
	while (*at != loop)
		at = &(*at)->next;
	*at = loop->next;
	free(loop);
}

int loop_watch_signals(struct loop *loop, loop_signal fn, void *arg,
		       struct err *err)
{
	(void)loop;
	(void)fn;
	(void)arg;
	(void)err;
	return 0;
}

int loop_add_fd(struct loop *loop, int fd, unsigned wanted, loop_ready fn,
		void *arg, struct err *err)
{
	(void)wanted;
	for (size_t i = 0; i < LOOP_SOURCES_MAX; i++)
		if (!loop->sources[i].fd) {
			loop->sources[i] = (struct source){ fd, fn, arg };
			return 0;
		}
	return err_set(err, ERR_LIMIT, "too many descriptors");
}

void loop_remove_fd(struct loop *loop, int fd)
{
	for (size_t i = 0; i < LOOP_SOURCES_MAX; i++)
		if (loop->sources[i].fd == fd)
			loop->sources[i] = (struct source){ 0 };
}

static void call_source(void *arg)
{
	int fd = (int)(intptr_t)arg;

	for (struct loop *loop = loops; loop; loop = loop->next)
		for (size_t i = 0; i < LOOP_SOURCES_MAX; i++) {
			struct source source = loop->sources[i];

			if (source.fd != fd || loop->stopped)
				continue;
			sim.actor = loop->actor;
			source.fn(source.arg, LOOP_READ);
			return;
		}
}

void sim_ready(int fd)
{
	sim_after(sim_below(WAKE_US_MAX), SIM_NOBODY, call_source,
		  (void *)(intptr_t)fd);
}

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

int loop_step(struct loop *loop, int timeout_ms, struct err *err)
{
	(void)loop;
	(void)timeout_ms;
	return err_set(err, ERR_INVALID, "nobody waits in a simulation");
}

int loop_run(struct loop *loop, struct err *err)
{
	(void)err;
	while (!loop->stopped && sim_step())
		;
	return 0;
}

void sim_stop_loops(unsigned actor)
{
	for (struct loop *loop = loops; loop; loop = loop->next)
		if (loop->actor == actor)
			loop->stopped = true;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}

bool loop_stopped(const struct loop *loop)
{
	return loop->stopped;
}

/* ---- base/rt/clock.h ---- */

int clock_open(struct clock *clock, const char *path, struct err *err)
{
	(void)err;
	assert(!path);
	*clock = (struct clock){ .path = "" };
	return 0;
}

bool clock_simulated(const struct clock *clock)
{
	(void)clock;
	return false;
}

uint64_t clock_now_us(struct clock *clock)
{
	(void)clock;
	return SIM_BEGIN_US + sim.now_us +
	       (uint64_t)sim.actors[sim.actor].skew_us;
}

uint64_t clock_monotonic_us(void)
{
	return sim.now_us;
}

uint64_t clock_monotonic_ms(void)
{
	return sim.now_us / SIM_MS;
}

/* ---- base/rt/log.h ---- */

void log_set_level(enum log_level level)
{
	(void)level;
}

int log_level_parse(const char *name, enum log_level *out)
{
	(void)name;
	*out = LOG_INFO;
	return 0;
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
	char text[LOG_LINE_BYTES_MAX];
	va_list ap;

	(void)level;
	if (!sim.verbose)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sim_say("  %u: %s %s", sim.actor, event, text);
}

void log_err(enum log_level level, const char *event, const struct err *err)
{
	log_line(level, event, "error=\"%s\"", err->msg);
}
