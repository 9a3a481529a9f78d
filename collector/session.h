/*
 * Sessions: what the collector says to each peer, as a state machine without
 * I/O. Messages, what became of batches, and ticks go in; what is to be sent,
 * shut or put in order comes out through the host, a table of functions.
 * docs/protocol.md is what it implements.
 *
 * A group: any number of session_receive, then session_table_settled once what
 * was submitted is durable and folded: one ACK for each office and group.
 * Between the two a session's address is stable: the host may keep it as a tag.
 */
#ifndef TALLY_COLLECTOR_SESSION_H
#define TALLY_COLLECTOR_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "proto/evidence.h"
#include "proto/seal.h"
#include "proto/sign.h"
#include "proto/talk.h"
#include "store/fold.h"

#define SESSION_WINDOW 16 /* batches in flight; the socket's HWM is above */
#define SESSION_CREDIT_BYTES_MAX (4u * 1024 * 1024)
#define SESSION_LINGER_MS 1000	/* from the last NACK to the shutting */
#define SESSION_FORGET_MS 30000 /* from the shutting to being forgotten */
#define SESSION_HELLO_MS 30000	/* to say HELLO in */
#define SESSION_FLAPS_MAX 5	/* fencings within SESSION_FLAP_MS: a clone */
#define SESSION_FLAP_MS 60000
#define SESSION_ALARM_MS 60000 /* between two alarms of the same */
#define SESSION_RETRY_MS_MAX (3600u * 1000)
#define SESSION_PROVES_A_TICK 16
#define SESSION_SHOW_MS 60000 /* between checkpoints to one that is idle */

struct session;
struct session_table;

/* Who a CURVE key is at this moment. */
struct session_peer {
	bool one_time; /* a grant that can be used: may enrol, no more */
	bool admin;
	struct fold_office office; /* not of one-time keys */
	struct hash key;	   /* hash of office.key */
};

/* What a WELCOME and an ACK tell. */
struct session_facts {
	uint64_t size; /* of the journal */
	uint64_t safe; /* journal size that may be forgotten by offices */
	uint64_t catalogue;
	uint64_t offices;
	uint64_t now_us;  /* receipt clock */
	uint64_t recv_us; /* of the journal's last entry */
	int32_t zone_minutes;
	bool simulated; /* that clock */
	/* Newest notes, empty: none yet. What offices are shown, and what
	 * witnesses are: the one that still waits for them. */
	struct span checkpoint, to_cosign;
	uint64_t checkpoint_size, to_cosign_size;
	const struct span *successions; /* notes; at most SUCCESSIONS_MAX */
	size_t succession_count;
	const struct span *reopened; /* notes of the newest breaks */
	size_t reopened_count;	     /* at most REOPENINGS_MAX */
};

struct session_host {
	/* false: nobody's key (any more). */
	bool (*who)(void *ctx, const uint8_t curve[CURVE_KEY_BYTES],
		    struct session_peer *out);
	void (*facts)(void *ctx, struct session_facts *out);
	/* 0, or why nothing can be taken now. */
	unsigned (*hindrance)(void *ctx, bool admin, size_t bytes,
			      const char **text, uint32_t *retry_ms);
	/* A checked batch for the sequencer. fresh: sealed in this session. */
	int (*submit)(void *ctx, struct session *session,
		      const struct batch *batch, struct span bytes, bool fresh,
		      enum admission *out, struct err *err);
	/* What a durable batch was told; verdicts in the arena. */
	int (*receipt)(void *ctx, const struct hash *key, uint64_t sequence,
		       struct arena *arena, struct receipt *out);
	/* ERR_OFFLINE: it is gone; ERR_LIMIT: it does not read. */
	int (*send)(void *ctx, uint32_t route, struct span msg);
	void (*shut)(void *ctx, uint32_t route);
	/* What was open is over. */
	void (*closed)(void *ctx, uint32_t route);
	/* Has opened, with a catalogue of that hash (zero: none), or, NULL,
	 * there is a new one: send it and its heads, and what follows. */
	void (*slice)(void *ctx, uint32_t route, const struct hash *catalogue);
	/* It has read all that it was sent before the last PING. */
	void (*heard)(void *ctx, uint32_t route);
	/* Answer once it was sent what is known by now. */
	void (*pong)(void *ctx, uint32_t route);
	/* key: the office's now. */
	void (*recall)(void *ctx, uint32_t route, const struct hash *key,
		       const struct recall *recall);
	/* What proves a checkpoint that was signed, in the arena. ERR_ORDER:
	 * none was signed of so many entries. Others: it cannot now. */
	int (*prove)(void *ctx, const struct prove *prove, struct arena *arena,
		     struct evidence *out);
	/* What a witness has put under a checkpoint. */
	void (*cosign)(void *ctx, const struct cosign *cosign,
		       const struct session_peer *peer);
	/* An office goes on with a session in which it was told WELCOME. */
	void (*answered)(void *ctx, const struct session_peer *peer);
	/* Something that people should look at. */
	void (*alarm)(void *ctx, const char *event,
		      const struct session_peer *peer);
	void *ctx;
};

struct session_options {
	uint64_t sessions_max;
	uint64_t credit_bytes; /* over all sessions */
	uint32_t ping_ms;
};

struct session_counters {
	uint64_t messages, bytes, batches, taken, duplicates, gaps, forks;
	uint64_t malformed, forged, dropped, ended;
	uint64_t refused;   /* NACKs that were sent */
	uint64_t fenced;    /* by another of the same key: both were there */
	uint64_t slow;	    /* did not read what they were sent */
	uint64_t set_aside; /* by quarantine */
};

/* The host's functions and ctx must outlive the table. */
struct session_table *session_table_new(const struct session_options *options,
					const struct session_host *host);
void session_table_free(struct session_table *table);

/* ---- in ---- */

struct session_message {
	uint32_t route;			/* of the connection */
	uint8_t curve[CURVE_KEY_BYTES]; /* authenticated */
	struct span bytes;
	bool multipart; /* there was more than one frame */
	bool set_aside; /* it has crashed the collector before */
};

/* Decodes into the arena, which must live until session_table_settled. */
int session_receive(struct session_table *table,
		    const struct session_message *message, uint64_t now_ms,
		    struct arena *arena, struct err *err);

/* A submitted batch was applied. The receipt's verdicts live until
 * session_table_settled. admission: ADMIT_TAKE or ADMIT_FORK. */
void session_taken(struct session *session, enum admission admission,
		   const struct receipt *receipt);
/* A submitted batch could not be made durable: no room on the disk. */
void session_disk_full(struct session *session, uint64_t sequence);

/* The group is over: acknowledges. */
void session_table_settled(struct session_table *table, struct arena *arena);

/* Once a second: ends what is silent, revoked or was told to go. */
void session_table_tick(struct session_table *table, uint64_t now_ms);

/* There is a new version of the catalogue. */
void session_new_catalogue(struct session_table *table);

/* There is a new checkpoint: those who wait for it are shown it. */
void session_signed(struct session_table *table);

/* The host has sent it what it had to know: answers its PING. */
void session_pong(struct session_table *table, uint32_t route);
/* Asks it to say when it has read what it was sent: heard is told. */
void session_probe(struct session_table *table, uint32_t route);

/* A message for the session could not be sent. */
void session_lost(struct session_table *table, uint32_t route);

/* ---- asked ---- */

/* The CURVE key of a session that is open, or NULL. */
const uint8_t *session_open_curve(const struct session_table *table,
				  uint32_t route);
size_t session_count(const struct session_table *table); /* open */
const struct session_counters *
session_counters(const struct session_table *table);

#endif
