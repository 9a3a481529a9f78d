/*
 * Inside of the session machine, for session*.c and nobody else. The order
 * of the files: session_send.c, session_hear.c, session.c.
 */
#ifndef TALLY_AGENT_SESSION_PARTS_H
#define TALLY_AGENT_SESSION_PARTS_H

#include "agent/session.h"
#include "base/arena.h"
#include "base/strbuf.h"

#define SESSION_ACTIONS_MAX (24 + 2 * REOPENINGS_MAX + SUCCESSIONS_MAX)

enum session_asked { ASKED_NOTHING, ASKED_SEAL, ASKED_LOAD, ASKED_CHECK };

struct flight {
	uint64_t sequence;
	uint64_t bytes;
};

struct session {
	struct session_config config;
	struct session_facts facts;
	enum session_state state;
	enum session_trouble trouble;
	unsigned nack_code;
	char nack_text[SESSION_TEXT_BYTES];

	/* retry */
	unsigned attempts; /* since the last good session */
	unsigned connects; /* ever: endpoints in turn */
	uint64_t retry_at; /* BACKOFF */
	uint64_t hurried_until;
	uint64_t give_up_at; /* CONNECTING .. RECALLING */

	/* traffic */
	uint64_t ping_ms, ping_at;
	bool heard; /* anything since the last ping */
	unsigned misses;
	bool pinged;	   /* a PING has no answer yet */
	bool refreshing;   /* and its answer means refreshed */
	bool refresh_next; /* asked again meanwhile: by another PING */

	/* chain */
	struct session_chain chain;
	struct hash wanted_head; /* CHECKING, RECALLING */
	uint64_t wanted, recall_until;
	bool recalls_former;  /* batches of a former key may come */
	bool greeted;	      /* WELCOME was heard on this socket */
	uint64_t proof_until; /* an EVIDENCE is expected; 0: none is */
	uint64_t prove_from;  /* the next PROVE may go out */
	bool prove_waits;     /* for that */

	/* sending */
	enum session_asked asked;
	uint64_t send_next; /* next number to send; < chain.next: again */
	uint64_t credit_until, credit_bytes;
	struct flight flights[SESSION_WINDOW_MAX]; /* by sequence */
	size_t flight_count;
	uint64_t flight_bytes;
	uint64_t needs_bytes;  /* of the batch that did not fit; 0: unknown */
	uint64_t paused_until; /* 0: not paused */
	uint64_t stall_at;     /* while something is in flight */
	unsigned gaps;	       /* since the last receipt */
	size_t echoes;	   /* NACKs that may still come of what was resent */
	uint64_t answered; /* the number whose NACK had it sent again */
	uint64_t waiting, waiting_bytes;

	/* actions, and what they point to */
	struct session_action actions[SESSION_ACTIONS_MAX];
	size_t action_count, action_taken;
	struct arena arena;
};

/* ---- session_send.c ---- */

/* Begins an event: what the last one's actions pointed to is forgotten. */
void session_begin(struct session *session);
struct session_action *session_act(struct session *session,
				   enum session_action_kind kind);
/* Sends an encoded message; result is the encoder's. */
void session_say(struct session *session, int result,
		 const struct strbuf *message);
void session_enter(struct session *session, enum session_state state,
		   enum session_trouble trouble);

/* Ends the connection and tries again: after a lost collector, or late. */
void session_lose(struct session *session, uint64_t now_ms,
		  enum session_trouble trouble);
void session_stop(struct session *session, uint64_t now_ms,
		  enum session_trouble trouble);

/* Asks for the next batch to send if there is one, and credit. */
void session_pump(struct session *session, uint64_t now_ms);
/* Goes back: from is the next to send; answered is the batch whose NACK it
 * was. */
void session_rewind(struct session *session, uint64_t from, uint64_t answered);
void session_landed(struct session *session, uint64_t now_ms,
		    uint64_t sequence);
void session_ping(struct session *session, uint64_t now_ms);
void session_ping_next(struct session *session, uint64_t now_ms);

/* ---- session_hear.c ---- */

void session_hear(struct session *session, uint64_t now_ms, enum wire_type type,
		  struct span body);
/* The collector's head against our batch that would follow it. */
void session_checked(struct session *session, uint64_t now_ms,
		     struct span batch_bytes);

#endif
