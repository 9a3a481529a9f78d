/*
 * bench-load: applies one shape of load to a collector that runs, and prints
 * what was measured as one JSON line. tests/bench/bench is what people call.
 */
#include "bench/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "store/outbox.h"

#define SOCKETS_MAX 65000

void load_die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench-load: %s: %s\n", what, why);
	exit(1);
}

void load_must(struct load *load, int rc)
{
	if (rc)
		load_die("cannot go on", load->err.msg);
}

/* Since 1970, so that it also does for statements. */
uint64_t load_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static struct span kept(struct load *load, struct outbox *outbox,
			const char *name)
{
	struct span value = { 0 };

	load_must(load,
		  outbox_get(outbox, name, &load->arena, &value, &load->err));
	return value;
}

static void read_admin(struct load *load)
{
	struct outbox *outbox;
	struct span journal;

	load_must(load,
		  keys_load(load->options.admin, &load->admin, &load->err));
	load_must(load, outbox_open(load->options.admin, &outbox, &load->err));
	load_must(load, card_parse(kept(load, outbox, "card"), &load->card,
				   &load->err));
	journal = kept(load, outbox, "journal");
	if (journal.len != HASH_BYTES)
		load_die("the administrator", "has founded no journal");
	memcpy(load->journal.bytes, journal.data, HASH_BYTES);
	outbox_close(outbox);
}

static void share_units(struct load *load)
{
	const struct load_options *options = &load->options;
	uint64_t each = options->units / options->offices;

	if (!each || options->offices * options->batch > options->reports)
		load_die("the shape",
			 "needs a unit and a batch for each office");
	load->offices = calloc(options->offices, sizeof(*load->offices));
	if (!load->offices)
		load_die("cannot begin", "no memory");
	if (each > WIRE_UNITS_MAX)
		each = WIRE_UNITS_MAX;
	for (uint64_t i = 0; i < options->offices; i++) {
		load->offices[i].first_unit = i * each;
		load->offices[i].unit_count = each;
	}
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (*end || !value)
		load_die(text, "is not a number above 0");
	return value;
}

static void read_options(struct load_options *options, int argc, char **argv)
{
	const struct {
		const char *name;
		const char **text;
		uint64_t *value;
	} known[] = {
		{ "admin", &options->admin, NULL },
		{ "endpoint", &options->endpoint, NULL },
		{ "collector", &options->collector, NULL },
		{ "offices", NULL, &options->offices },
		{ "units", NULL, &options->units },
		{ "targets", NULL, &options->targets },
		{ "period", &options->period, NULL },
		{ "periods", NULL, &options->periods },
		{ "year", NULL, &options->year },
		{ "batch", NULL, &options->batch },
		{ "window", NULL, &options->window },
		{ "reports", NULL, &options->reports },
	};
	uint64_t pid = 0;

	for (int i = 1; i + 1 < argc; i += 2) {
		bool found = !strcmp(argv[i], "pid");

		if (found)
			pid = number(argv[i + 1]);
		if (!strcmp(argv[i], "at_once")) {
			options->at_once = number(argv[i + 1]);
			continue;
		}
		if (!strcmp(argv[i], "again")) {
			options->again = true;
			continue;
		}
		if (!strcmp(argv[i], "out")) {
			options->out = argv[i + 1];
			continue;
		}
		for (size_t n = 0; n < sizeof(known) / sizeof(known[0]); n++) {
			if (strcmp(argv[i], known[n].name) != 0)
				continue;
			found = true;
			if (known[n].text)
				*known[n].text = argv[i + 1];
			else
				*known[n].value = number(argv[i + 1]);
		}
		if (!found)
			load_die(argv[i], "is not known");
	}
	options->pid = (long)pid;
	for (size_t n = 0; n < sizeof(known) / sizeof(known[0]); n++)
		if (known[n].text ? !*known[n].text : !*known[n].value)
			load_die(known[n].name, "is missing");
	if (!pid)
		load_die("pid", "is missing");
}

static void release(struct load *load)
{
	for (uint64_t i = 0; i < load->options.offices; i++) {
		struct office *office = &load->offices[i];

		load_hang_up(office->dealer);
		for (uint64_t n = 0; n < office->batch_count; n++)
			free((void *)(uintptr_t)office->batches[n].bytes.data);
		free(office->batches);
	}
	(void)zmq_ctx_term(load->context);
	free(load->offices);
	free(load->waited_ms);
	strbuf_release(&load->out);
	arena_release(&load->arena);
}

static void send_reports(struct load *load)
{
	for (uint64_t i = 0; i < load->options.offices; i++)
		load_seal_reports(load, &load->offices[i],
				  load->options.reports /
					  load->options.offices);
	if (load->options.again)
		load_learn_catalogue(load);
	load_open_sessions(load);
	if (load->options.again)
		load_open_again(load);
	load_run(load);
}

int main(int argc, char **argv)
{
	struct load load = { 0 };

	read_options(&load.options, argc, argv);
	load_must(&load, sign_start(&load.err));
	arena_init(&load.arena, (size_t)256 * 1024 * 1024);
	strbuf_init(&load.out, 0);
	load.context = zmq_ctx_new();
	if (!load.context ||
	    zmq_ctx_set(load.context, ZMQ_MAX_SOCKETS, SOCKETS_MAX))
		load_die("cannot begin", "no sockets");
	read_admin(&load);
	share_units(&load);
	load_enrol(&load);
	if (load.options.out)
		load_write_reports(&load);
	else
		send_reports(&load);
	release(&load);
	return load.refused ? 1 : 0;
}
