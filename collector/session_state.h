/*
 * The session machine's inside. Nobody includes it but its own files, each of
 * which stands on those below it:
 *
 *   session.c            what comes in, by kind of message, and time
 *   session_batch.c      batches, and the end of a group
 *   session_allowance.c  how much of its day a key has used
 *   session_say.c        what goes out
 *   session_table.c      who there is
 */
#ifndef TALLY_COLLECTOR_SESSION_STATE_H
#define TALLY_COLLECTOR_SESSION_STATE_H

#include "base/intern.h"
#include "base/strbuf.h"
#include "collector/session.h"

#define SESSION_BUCKETS 16384 /* a power of two */

enum session_state {
	SESSION_NEW,   /* authenticated, has not said HELLO */
	SESSION_OPEN,  /* was told WELCOME */
	SESSION_ENDED, /* was told to go; whatever still comes is dropped */
	SESSION_SHUT,  /* and its connection was shut */
};

struct session {
	struct session *next_route, *next_curve; /* in their buckets */
	struct session *next_touched;
	struct session_table *table;
	uint32_t route;
	uint8_t curve[CURVE_KEY_BYTES];
	enum session_state state;
	bool gone; /* what was sent last found nobody */
	uint64_t heard_ms, opened_ms, ended_ms;
	unsigned flaps;
	bool witness;
	bool answered;	 /* it went on after WELCOME */
	bool rotating;	 /* the key hands over to another: one batch, that key's
			  */
	unsigned proves; /* since the last tick */
	uint64_t shown_size, shown_ms; /* the last checkpoint it was shown */
	uint64_t acked;	     /* entries up to the last one acknowledged to it */
	uint64_t fresh_from; /* batches from it on were sealed just now */
	/* The highest credit it was ever given: what it may hold us to. */
	uint64_t granted_until, granted_bytes;
	/* After a NACK of this number what follows it is dropped until it
	 * comes again; 0: none. */
	uint64_t refused_from;
	/* in this group */
	bool touched, gap, forked;
	uint64_t group_bytes;
	size_t submitted; /* may become receipts */
	uint64_t gap_sequence;
	struct receipt receipts[SESSION_WINDOW];
	size_t receipt_count;
	uint64_t duplicates[SESSION_WINDOW];
	size_t duplicate_count;
	struct hash key; /* of the batches above */
};

/* What people are alarmed of. */
enum session_alarm { ALARM_KEY_TWICE, ALARM_JOURNAL_SHORTER, SESSION_ALARMS };

/* What a key has used of its day. */
struct session_use {
	int32_t day;
	uint64_t bytes, statements;
	uint64_t alarm_ms[SESSION_ALARMS]; /* when it may give the next one */
};

struct session_table {
	struct session_options options;
	struct session_host host;
	struct session_counters counters;
	struct session **routes, **curves;
	struct session *touched;
	size_t count, open_count;
	struct intern keys;	  /* office key hash -> number */
	struct session_use *uses; /* by number */
	uint32_t uses_size;
	uint64_t now_ms;
	struct strbuf out; /* the message being said */
};

/* ---- session_batch.c ---- */

/* A BATCH of a session that is open. */
int session_receive_batch(struct session *session,
			  const struct session_peer *peer, struct span bytes,
			  struct arena *arena, struct err *err);

/* ---- session_allowance.c ---- */

/* The first batch of a day is, however large: a sealed batch cannot be cut
 * down, and its office would be silent for ever. If not, *retry_ms is the time
 * until the next day. */
bool session_within_allowance(struct session *session,
			      const struct session_peer *peer,
			      const struct batch *batch, size_t bytes,
			      uint32_t *retry_ms);
/* A batch that was taken, once: not one that has to come again. */
void session_use_allowance(struct session *session,
			   const struct session_peer *peer,
			   const struct batch *batch, size_t bytes);

/* Whether people are alarmed of the key: not of the same again and again, or
 * whoever has it fills the log. */
bool session_may_alarm(struct session_table *table, const struct hash *key,
		       enum session_alarm alarm);

/* ---- session_say.c ---- */

void session_say_welcome(struct session *session,
			 const struct session_peer *peer);
void session_say_ack(struct session *session, uint64_t durable,
		     struct receipt *receipts, size_t count);
void session_say_nack(struct session *session, const struct nack *nack);
void session_say_pong(struct session *session);
void session_say_ping(struct session *session);
void session_say_evidence(struct session *session,
			  const struct evidence *evidence);
/* The newest checkpoint, if it has not been shown yet. */
void session_show(struct session *session, uint64_t durable);
/* NACK for the session as such, and nothing from it counts any more. */
void session_end(struct session *session, enum nack_code code,
		 const char *text);
/* As it is, without a word. */
void session_close(struct session *session);

/* ---- session_table.c ---- */

/* NULL if there is none. */
struct session *session_find(const struct session_table *table, uint32_t route);
/* Those of one CURVE key, and others, in a chain of next_curve. */
struct session *session_first_of(const struct session_table *table,
				 const uint8_t curve[CURVE_KEY_BYTES]);
/* NULL without memory. */
struct session *session_add(struct session_table *table,
			    const struct session_message *message);
/* Forgets one that is not open. */
void session_remove(struct session *session);

#endif
