/*
 * The load generator: offices by the thousand in one process. They have true
 * keys, true enrolments and true sessions over CURVE; what they send is what
 * an agent would send. Only the sealing is done before the clock starts, so
 * that on a small machine the generator's signatures are not measured in the
 * collector's place.
 *
 * A failed step ends the program: a measurement that went wrong is none.
 */
#ifndef TALLY_TESTS_BENCH_LOAD_H
#define TALLY_TESTS_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "proto/card.h"
#include "proto/talk.h"
#include "store/keyfile.h"

struct load_options {
	const char *admin, *endpoint;
	const char *collector; /* its directory, to weigh what it writes */
	const char *out;       /* NULL: sent; else written there */
	long pid;	       /* the collector's */
	uint64_t offices, units, targets, year;
	const char *period; /* M: months, W: weeks */
	uint64_t periods;   /* that are over */
	uint64_t batch;	    /* statements in one */
	uint64_t window;    /* batches in flight, of each office */
	uint64_t reports;   /* of all offices together */
	uint64_t at_once;   /* sessions that are opened; 0: some */
	bool again;	    /* the collector is killed and started in between */
};

/* One to send, in order. */
struct load_batch {
	struct span bytes; /* the whole BATCH message, malloc'ed */
	uint64_t sent_ns;
};

/* Where an office's cells stand. */
struct cells {
	uint8_t (*bases)[BASE_BYTES];
	uint64_t count, seed;
	uint64_t step; /* 0: any cell is next; else the one so far ahead */
	uint64_t at;
};

struct office {
	struct sign_pair sign;
	struct curve_pair curve;
	uint8_t code_seed[CODE_SEED_BYTES];
	uint64_t first_unit, unit_count;
	struct hash head; /* of what was sealed last */
	struct cells cells;
	struct load_batch *batches; /* batches[i] has the number 2 + i */
	uint64_t batch_count, sent, acknowledged;
	uint64_t credit_until;
	void *dealer;
	bool ready; /* has heard all that the collector said at the start */
};

struct load {
	struct load_options options;
	struct keys admin;
	struct card card;
	struct hash journal;
	struct arena arena; /* for one message */
	struct strbuf out;
	struct err err;
	void *context;
	int poll; /* epoll: a descriptor an office */
	struct office *offices;
	struct hash catalogue; /* that offices say they have; zero: none */
	uint64_t refused;      /* statements */
	double opened_s;       /* until all sessions were ready */
	/* in the measured part */
	double *waited_ms; /* of each batch */
	uint64_t waited_count;
};

_Noreturn void load_die(const char *what, const char *why);
/* Dies of load->err. */
void load_must(struct load *load, int rc);
uint64_t load_now_ns(void);

/* ---- load_enrol.c ---- */

/* Grants by the administrator, and an enrolment for each office. */
void load_enrol(struct load *load);

/* ---- load_seal.c ---- */

/* The message with one statement or more, malloc'ed; *head is the chain's. */
struct span load_seal(struct load *load, const struct sign_pair *by,
		      uint64_t sequence, struct hash *head,
		      const struct sealed *sealed, size_t count);
/* A statement with a new salt, in load->arena. */
struct sealed load_say(struct load *load, const struct statement *statement);
/* Seals all that an office will send. */
void load_seal_reports(struct load *load, struct office *office,
		       uint64_t reports);
/* Writes all that offices say to a file, one batch of each in turn: its length
 * (u32) and the Batch message. Each cell is reported before any is again. */
void load_write_reports(struct load *load);

/* ---- load_wire.c ---- */

void *load_connect(struct load *load, const struct curve_pair *keys);
void load_hang_up(void *dealer);
/* What is in load->out, which is then empty. */
void load_send_out(struct load *load, void *dealer);
void load_send(void *dealer, struct span message);
void load_hello(struct load *load, void *dealer, uint64_t next,
		const struct hash *head);
/* The next message, with its body in load->arena, which it resets. Waits, or
 * gives false if nothing is there. */
bool load_receive(struct load *load, void *dealer, bool waits,
		  enum wire_type *type, struct span *body);
/* Waits for an ACK of that batch; dies of a refusal. */
void load_await_ack(struct load *load, void *dealer, uint64_t sequence);
/* Dies of what a NACK says. */
_Noreturn void load_die_of_nack(struct load *load, struct span body);

/* ---- load_files.c ---- */

/* One office hears which files the catalogue has, so that the others may say
 * that they have them: load->catalogue. */
void load_learn_catalogue(struct load *load);

/* ---- load_run.c ---- */

/* Connects all offices and waits until they are ready. */
void load_open_sessions(struct load *load);
/* Says that it has, waits until the collector, killed, is there again, and
 * connects all offices anew. */
void load_open_again(struct load *load);
/* Sends all that is sealed, and prints what was measured as a JSON line. */
void load_run(struct load *load);

#endif
