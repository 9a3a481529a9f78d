/*
 * The collector's keys as this office knows them: those of its card or code,
 * and what follows from them by successions (proto/succession.h), which the
 * collector shows in each session, or a person brings in a file. The outbox
 * keeps the notes, and with which CURVE key the last session was.
 */
#ifndef TALLY_AGENT_FOLLOW_H
#define TALLY_AGENT_FOLLOW_H

#include <stdbool.h>

#include "agent/office.h"
#include "base/err.h"
#include "proto/card.h"
#include "proto/succession.h"

/* Reads what the outbox keeps; the card is read. ERR_CORRUPT. */
int follow_read(struct office *office, struct err *err);

/*
 * Is a succession to be believed? It is if the key that this office knew last
 * has signed it, and it fits the checkpoint that was verified (size 0: none).
 * 1: it is, and is new; 0: it says what is known. ERR_DENIED: it is not.
 */
int follow_check(const struct office *office, struct span note,
		 const struct checkpoint *seen, struct succession *out,
		 struct err *err);
/* Keeps one that is new and believed. */
int follow_keep(struct office *office, struct span note, struct err *err);

/*
 * The CURVE keys that the collector may have now: 0 is that of the last
 * session, then each newer one. Which of them it has nobody knows who was not
 * there for long: the newest may still wait, the one before it be in force.
 */
unsigned follow_curves(const struct office *office);
const uint8_t *follow_curve(const struct office *office, unsigned which);
/* A session with it is there: those before it are never used again. */
int follow_worked(struct office *office, unsigned which, struct err *err);

/* The card of now, as it goes into codes. */
void follow_card(const struct office *office, struct card *out);

#endif
