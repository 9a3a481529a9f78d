/*
 * The session of an office that breaks the rules: true keys, a true
 * connection, and what comes back printed. See hostile_office.c.
 */
#ifndef TALLY_TESTS_E2E_HOSTILE_SESSION_H
#define TALLY_TESTS_E2E_HOSTILE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "proto/card.h"
#include "proto/talk.h"
#include "store/keyfile.h"

struct scene {
	const char *unit, *value, *file;
	struct keys keys;
	struct card card;
	struct hash journal;
	struct arena arena;
	void *context, *dealer, *monitor;
	struct welcome welcome;
	uint64_t recalled; /* batches */
	bool tells_slices;
	struct strbuf out;
	struct err err;
};

_Noreturn void give_up(const char *what);
/* The test has no use for going on after a failed step. */
void must(struct scene *scene, int ret);

/* Its keys, its collector, its journal. */
void read_office(struct scene *scene, const char *dir);
void connect_to(struct scene *scene, const char *endpoint);
void hang_up(struct scene *scene);

void send_part(struct scene *scene, struct span part, int flags);
/* What is in scene->out, which is then empty. */
void send_out(struct scene *scene);

/* Prints what comes; whether more is to come. */
bool hear_one(struct scene *scene);
/* HELLO, and what comes up to WELCOME. */
void greet(struct scene *scene);
/* All that comes up to the answer to a ping, or the end. */
void hear_out(struct scene *scene);

#endif
