/*
 * Waiting until what is saved is delivered: by a session of our own if nobody
 * sends for this directory, else by the process that does.
 */
#ifndef TALLY_AGENT_DELIVER_H
#define TALLY_AGENT_DELIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/office.h"
#include "agent/session.h"

#define DELIVER_TIMEOUT_S 30
#define DELIVER_LOOK_MS 10    /* at the outbox, while somebody else sends */
#define DELIVER_HURRY_MS 1000 /* between words to him that somebody waits */
/* Once what we wait for is delivered: for the answer's slice. */
#define DELIVER_LINGER_MS 1000

/* How it ended, if not well. */
struct delivery {
	uint64_t left; /* statements not delivered */
	enum session_trouble trouble;
	unsigned nack_code;
	bool needs_person;
};

/* --timeout in ms, or the default; ERR_INVALID. */
int deliver_timeout(const struct options *options, uint64_t *out_ms,
		    struct err *err);

/* Numbers of statements in the outbox, both inclusive; first 0: none. */
struct saved {
	uint64_t first, last;
};

/* 0: all is delivered, or with saved all of those: what others save meanwhile
 * keeps nobody waiting. ERR_OFFLINE: not in time, *out says why. */
int deliver(struct office *office, uint64_t timeout_ms,
	    const struct saved *saved, struct delivery *out, struct err *err);

/* deliver, with the result said to people; gives an exit code. */
int deliver_told(struct office *office, uint64_t timeout_ms,
		 const struct saved *saved);

/* Learns what others said of our cells, and the catalogue in force, as far as
 * the collector can be reached: reviews judge what is known here. False: it
 * could not be. */
bool deliver_refresh(struct office *office, uint64_t timeout_ms);

#endif
