/* The load itself, and what is measured of it. */
#include "bench/load.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "proto/verdict.h"

#define WARM_PARTS 10 /* the first of so many parts is not measured */
#define EVENTS_AT_ONCE 256
#define OPENED_AT_ONCE 64
#define SILENCE_MS 120000

/* ---- what the collector uses ---- */

struct usage {
	double cpu_s;
	uint64_t written, journal;
};

static FILE *open_of(const struct load *load, const char *name)
{
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", load->options.pid,
		       name);
	file = fopen(path, "r");
	if (!file)
		load_die(path, strerror(errno));
	return file;
}

static uint64_t number_of(const struct load *load, const char *file,
			  const char *name)
{
	FILE *from = open_of(load, file);
	char line[256];
	uint64_t value = 0;

	while (fgets(line, sizeof(line), from))
		if (!strncmp(line, name, strlen(name)))
			value = strtoull(line + strlen(name), NULL, 10);
	(void)fclose(from);
	return value;
}

static double cpu_of(const struct load *load)
{
	FILE *from = open_of(load, "stat");
	char line[1024] = "";
	char *fields;
	unsigned long user = 0, system = 0;

	if (!fgets(line, sizeof(line), from))
		line[0] = '\0';
	(void)fclose(from);
	fields = strrchr(line, ')');
	if (!fields || sscanf(fields + 2,
			      "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
			      "%lu %lu",
			      &user, &system) != 2)
		load_die("/proc", "no processor time");
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static uint64_t weight; /* nftw has no argument for its callback */

static int weigh(const char *path, const struct stat *st, int type,
		 struct FTW *at)
{
	(void)path;
	(void)at;
	if (type == FTW_F)
		weight += (uint64_t)st->st_size;
	return 0;
}

static struct usage usage_of(const struct load *load)
{
	struct usage usage = { .cpu_s = cpu_of(load),
			       .written =
				       number_of(load, "io", "write_bytes:") };
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/journal",
		       load->options.collector);
	weight = 0;
	if (nftw(path, weigh, 16, FTW_PHYS))
		load_die(path, strerror(errno));
	usage.journal = weight;
	return usage;
}

/* ---- sessions ---- */

struct progress {
	uint64_t acknowledged, warm, all; /* batches */
	struct usage before;
	uint64_t began_ns;
};

/* What is acknowledged in later messages counts. */
static void begin_if_warm(const struct load *load, struct progress *progress)
{
	if (progress->began_ns || progress->acknowledged < progress->warm)
		return;
	progress->before = usage_of(load);
	progress->began_ns = load_now_ns();
}

static void send_what_may_go(struct load *load, struct office *office)
{
	while (office->sent < office->batch_count &&
	       office->sent - office->acknowledged < load->options.window &&
	       2 + office->sent < office->credit_until) {
		struct load_batch *batch = &office->batches[office->sent++];

		batch->sent_ns = load_now_ns();
		load_send(office->dealer, batch->bytes);
	}
}

/* Of what is refused the first is told: a load that is refused is no load. */
static void hear_verdict(struct load *load, uint16_t verdict)
{
	if (verdict && !load->refused++)
		(void)fprintf(stderr, "bench-load: refused: %s\n",
			      verdict_name(verdict));
}

static void hear_ack(struct load *load, struct office *office,
		     struct progress *progress, struct span body)
{
	uint64_t now_ns = load_now_ns();
	struct ack ack;

	load_must(load, talk_decode_ack(body, &load->arena, &ack, &load->err));
	office->credit_until = ack.credit_until;
	for (size_t i = 0; i < ack.receipt_count; i++)
		for (size_t n = 0; n < ack.receipts[i].verdict_count; n++)
			hear_verdict(load, ack.receipts[i].verdicts[n]);
	while (2 + office->acknowledged < ack.durable) {
		const struct load_batch *batch =
			&office->batches[office->acknowledged++];

		progress->acknowledged++;
		if (progress->began_ns)
			load->waited_ms[load->waited_count++] =
				(double)(now_ns - batch->sent_ns) / 1e6;
	}
	begin_if_warm(load, progress);
	send_what_may_go(load, office);
}

static void hear(struct load *load, struct office *office,
		 struct progress *progress)
{
	enum wire_type type;
	struct welcome welcome;
	struct span body;

	while (load_receive(load, office->dealer, false, &type, &body)) {
		if (type == WIRE_NACK) {
			load_die_of_nack(load, body);
		} else if (type == WIRE_WELCOME) {
			load_must(load,
				  talk_decode_welcome(body, &load->arena,
						      &welcome, &load->err));
			office->credit_until = welcome.credit_until;
		} else if (type == WIRE_PONG) {
			office->ready = true;
		} else if (type == WIRE_PING) {
			load_must(load,
				  talk_encode_ping(WIRE_PONG, 1, &load->out,
						   &load->err));
			load_send_out(load, office->dealer);
		} else if (type == WIRE_ACK && progress) {
			hear_ack(load, office, progress, body);
		}
	}
}

/* One round. A socket's descriptor tells only of changes, and sending takes
 * some of them in: whoever was sent to is heard until nothing is there. */
static void hear_all(struct load *load, struct progress *progress)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int count = epoll_wait(load->poll, events, EVENTS_AT_ONCE, SILENCE_MS);

	if (count == 0)
		load_die("no answer", "the collector is silent");
	for (int i = 0; i < count; i++)
		hear(load, events[i].data.ptr, progress);
}

static void watch(struct load *load, struct office *office)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = office };
	size_t size = sizeof(int);
	int fd = -1;

	if (zmq_getsockopt(office->dealer, ZMQ_FD, &fd, &size) ||
	    epoll_ctl(load->poll, EPOLL_CTL_ADD, fd, &event))
		load_die("cannot watch a socket", strerror(errno));
}

static void greet(struct load *load, struct office *office)
{
	office->dealer = load_connect(load, &office->curve);
	watch(load, office);
	load_hello(load, office->dealer, 2, &office->head);
	/* It answers when all else is said. */
	load_must(load, talk_encode_ping(WIRE_PING, 1, &load->out, &load->err));
	load_send_out(load, office->dealer);
	hear(load, office, NULL);
}

void load_open_sessions(struct load *load)
{
	uint64_t greeted = 0, began_ns = load_now_ns();
	uint64_t at_once = load->options.at_once ? load->options.at_once :
						   OPENED_AT_ONCE;

	load->poll = epoll_create1(EPOLL_CLOEXEC);
	if (load->poll < 0)
		load_die("cannot watch sockets", strerror(errno));
	for (uint64_t i = 0; i < load->options.offices; i++) {
		while (greeted < load->options.offices && greeted < i + at_once)
			greet(load, &load->offices[greeted++]);
		while (!load->offices[i].ready)
			hear_all(load, NULL);
	}
	load->opened_s = (double)(load_now_ns() - began_ns) / 1e9;
}

void load_open_again(struct load *load)
{
	long pid;

	(void)puts("opened");
	(void)fflush(stdout);
	if (scanf("%ld", &pid) != 1)
		load_die("the collector", "does not come again");
	load->options.pid = pid;
	for (uint64_t i = 0; i < load->options.offices; i++) {
		load_hang_up(load->offices[i].dealer);
		load->offices[i].ready = false;
	}
	(void)close(load->poll);
	load_open_sessions(load);
}

/* ---- the measurement ---- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double part(const struct load *load, double q)
{
	return load->waited_ms[(size_t)(q * (double)(load->waited_count - 1))];
}

/* batches: all, the first part included; after->journal: what they took. */
static void print_result(struct load *load, uint64_t batches,
			 const struct usage *before, const struct usage *after,
			 double seconds)
{
	double all = (double)(batches * load->options.batch);
	double reports = (double)(load->waited_count * load->options.batch);

	qsort(load->waited_ms, load->waited_count, sizeof(double), compare);
	(void)printf("{\"reports\": %.0f, \"refused\": %" PRIu64
		     ", \"throughput\": %.1f, \"ack_p50\": %.3f, "
		     "\"ack_p99\": %.3f, \"ack_max\": %.3f, "
		     "\"cpu\": %.3f, \"journal\": %.2f, "
		     "\"written\": %.1f, \"memory\": %.1f, "
		     "\"open\": %.2f}\n",
		     reports, load->refused, reports / seconds, part(load, 0.5),
		     part(load, 0.99), part(load, 1),
		     (after->cpu_s - before->cpu_s) / reports * 1e6,
		     (double)after->journal / all,
		     (double)(after->written - before->written) / reports,
		     (double)number_of(load, "status", "VmHWM:") / 1024,
		     load->opened_s);
}

void load_run(struct load *load)
{
	struct progress progress = { 0 };
	struct usage after;
	uint64_t done_ns, journal;

	for (uint64_t i = 0; i < load->options.offices; i++)
		progress.all += load->offices[i].batch_count;
	progress.warm = progress.all / WARM_PARTS;
	load->waited_ms = calloc(progress.all, sizeof(double));
	if (!load->waited_ms)
		load_die("cannot measure", "no memory");
	journal = usage_of(load).journal;
	begin_if_warm(load, &progress);
	for (uint64_t i = 0; i < load->options.offices; i++) {
		send_what_may_go(load, &load->offices[i]);
		hear(load, &load->offices[i], &progress);
	}
	while (progress.acknowledged < progress.all)
		hear_all(load, &progress);
	done_ns = load_now_ns();
	after = usage_of(load);
	after.journal -= journal;
	if (!load->waited_count)
		load_die("nothing to measure", "too few reports");
	print_result(load, progress.all, &progress.before, &after,
		     (double)(done_ns - progress.began_ns) / 1e9);
}
