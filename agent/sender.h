/*
 * The one that sends: drives the session machine with the socket, the outbox,
 * the loop's timers and nudges from other processes. It holds the sender's
 * lock of its directory; nothing is sealed without it.
 */
#ifndef TALLY_AGENT_SENDER_H
#define TALLY_AGENT_SENDER_H

#include <stdbool.h>

#include "agent/office.h"
#include "agent/session.h"
#include "base/rt/loop.h"

#define SENDER_POLL_MS 1000 /* should a nudge get lost */

struct sender;

struct sender_options {
	bool log; /* a daemon: lines on stderr */
};

/*
 * Takes the lock (ERR_LOCKED) and begins to connect. An enrolment that is not
 * finished is finished first. office and loop must outlive it.
 */
int sender_open(struct office *office, struct loop *loop,
		const struct sender_options *options, struct sender **out,
		struct err *err);
void sender_close(struct sender *sender);

/* Somebody waits: see session_hurry. */
void sender_hurry(struct sender *sender);
/* The session, for what it says of itself; changes with sender_step. */
const struct session *sender_session(const struct sender *sender);
/* All is delivered, the enrolment too, and the collector's slice is here. */
bool sender_settled(const struct sender *sender);
/* What went wrong for good on our side (a full disk, say), or 0. */
int sender_failed(const struct sender *sender, struct err *err);

/* ---- what the sender says of itself to other processes ---- */

struct sender_word {
	enum session_state state;
	enum session_trouble trouble;
	unsigned nack_code;
	long process; /* that says so */
};
/* As last written; false if never. */
bool sender_word(struct office *office, struct sender_word *out);

#endif
