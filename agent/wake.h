/*
 * A nudge between processes of one agent directory: who saved something tells
 * the one that sends, over a datagram socket "wake" in the directory. A nudge
 * that gets lost costs a second, never a statement.
 */
#ifndef TALLY_AGENT_WAKE_H
#define TALLY_AGENT_WAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum wake_call {
	WAKE_SAVED = 1,	  /* there is something to send */
	WAKE_HURRY = 3,	  /* and somebody waits for it */
	WAKE_REFRESH = 2, /* ask the collector what others said, then answer */
};

/* Who asked for an answer. */
struct wake_peer {
	char name[108];
	unsigned len;
};

/* The sender's end; whoever holds the sender's lock owns the name. */
int wake_open(const char *dir, int *fd, struct err *err);
void wake_close(const char *dir, int fd);
/* One call, 0 if there is none. */
int wake_take(int fd, struct wake_peer *from);
void wake_answer(int fd, const struct wake_peer *to, bool fresh);

/* Nobody there is fine. */
void wake_sender(const char *dir, enum wake_call call);
/* True if the sender has refreshed within timeout_ms. */
bool wake_refresh(const char *dir, int timeout_ms);

#endif
