/*
 * What is under way to offices and is not known to be read yet: an account,
 * without I/O; time is a parameter.
 *
 * A slice counts from the moment it is sent, with a PING behind it, to the
 * PONG that answers this PING: one that answers an earlier PING says nothing
 * of it. Where all together reach a limit, further files are held: only one
 * more goes out each time that UNREAD_TRICKLE_MS have passed.
 *
 * An office that never says that it has read its own does not hold the others
 * for ever: what was sent UNREAD_MS_MAX ago counts no more.
 */
#ifndef TALLY_COLLECTOR_DELIVERY_UNREAD_H
#define TALLY_COLLECTOR_DELIVERY_UNREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNREAD_TRICKLE_MS 1000
#define UNREAD_MS_MAX (10u * 60 * 1000)
/* Slices that are told apart, of one office; of more the last are one, as old
 * as the first of them and read with the last. */
#define UNREAD_PARTS_MAX 4

struct unread_part {
	uint64_t bytes, sent_ms;
	uint64_t ping; /* the one behind it; the first is 1 */
};

/* Of one office; all zero at first. */
struct unread {
	struct unread_part parts[UNREAD_PARTS_MAX]; /* the oldest first */
	size_t count;
	uint64_t pings, pongs; /* sent; answered */
};

/* Of all together. */
struct unread_total {
	uint64_t bytes, bytes_max;
	uint64_t files_ms; /* when files went out last */
};

/* A slice went out, and a PING behind it. */
void unread_sent(struct unread_total *total, struct unread *unread,
		 uint64_t bytes, uint64_t now_ms);
/* A PONG: what was sent before the oldest PING without one is read. One that
 * nobody has asked for says nothing. */
void unread_heard(struct unread_total *total, struct unread *unread);
/* Its session is over. */
void unread_forget(struct unread_total *total, struct unread *unread);
/* What is too old does not count. */
void unread_expire(struct unread_total *total, struct unread *unread,
		   uint64_t now_ms);

/* Files go out: those behind them wait, if there is no room. */
void unread_files(struct unread_total *total, uint64_t now_ms);
/* In how many ms the next files may go out, if nothing is read meanwhile; 0:
 * now. */
uint64_t unread_held_ms(const struct unread_total *total, uint64_t now_ms);

#endif
