/*
 * The office's side of a session (docs/protocol.md), as a pure state machine:
 * events go in, actions come out, nothing here touches a socket, a file or a
 * clock. Sockets drive it in production, tests drive it with tables.
 *
 * After each event the caller takes actions with session_action until there
 * is none; what they point to lives until the next event. SESSION_SEAL and
 * SESSION_LOAD are always the last action of an event and are answered with
 * session_batch or session_no_batch; all other actions need no answer.
 *
 * What must hold whatever the collector says: nothing is sealed before
 * WELCOME, batches are sent in the order of their numbers and not beyond the
 * credit, and a head is adopted only if this office's own key signed it.
 */
#ifndef TALLY_AGENT_SESSION_H
#define TALLY_AGENT_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "proto/evidence.h"
#include "proto/talk.h"
#include "proto/wire.h"

#define SESSION_WINDOW_MAX 8	      /* batches sent and not acknowledged */
#define SESSION_COALESCE_BYTES 131072 /* seal though others are under way */
#define SESSION_PING_MS 30000
#define SESSION_PING_MS_MIN 100
#define SESSION_MISSES_MAX 3
#define SESSION_GREET_MS 10000	 /* for connecting, and for WELCOME */
#define SESSION_STALL_MS 60000	 /* without an answer to what was sent */
#define SESSION_PROOF_MS 30000	 /* an answer to PROVE is no longer expected */
#define SESSION_PROVE_GAP_MS 100 /* between two; 16 a second are too many */
#define SESSION_RETRY_MS_FIRST 250
#define SESSION_RETRY_MS_MAX 300000
#define SESSION_HURRY_MS 5000 /* somebody waits, from when it was last told */
#define SESSION_HURRY_RETRY_MS_MAX 2000 /* meanwhile */
#define SESSION_HANDSHAKES_A_SECOND 800
#define SESSION_RECALL_BATCHES 64
#define SESSION_GAPS_MAX 3
#define SESSION_TEXT_BYTES 240

enum session_state {
	SESSION_IDLE,	    /* not started */
	SESSION_BACKOFF,    /* waits before it connects */
	SESSION_CONNECTING, /* a socket that is not up yet */
	SESSION_GREETING,   /* HELLO is sent */
	SESSION_CHECKING,   /* is the collector's head in our chain? */
	SESSION_RECALLING,  /* fetches own batches it no longer has */
	SESSION_READY,
};

/* Why there is no session, for people (agent/messages.c). */
enum session_trouble {
	TROUBLE_NONE,
	TROUBLE_OFFLINE, /* nobody answers, or no longer */
	TROUBLE_REFUSED, /* the handshake: our key is not known there */
	TROUBLE_NACK,	 /* session_nack says which */
	TROUBLE_VERSION,
	TROUBLE_FORK,	  /* its head of our chain is not ours */
	TROUBLE_UNSIGNED, /* its head was not signed by our key */
	TROUBLE_LOST,	  /* it wants batches that are no longer kept */
	TROUBLE_NONSENSE, /* it does not keep to the protocol */
	TROUBLE_BROKEN,	  /* its journal is not the one it was */
	TROUBLE_STRANGER, /* the handshake: it has not the key known here */
	TROUBLE_COUNT
};

enum session_action_kind {
	SESSION_CONNECT, /* makes a new socket, closing the old one */
	SESSION_CLOSE,
	SESSION_SEND,	  /* bytes */
	SESSION_SEAL,	  /* the next batch: count_max, bytes_max */
	SESSION_LOAD,	  /* the kept batch of that sequence */
	SESSION_RECEIPTS, /* record them */
	SESSION_WANTED,	  /* sequence: receipts from there on do not hold */
	SESSION_RESTORE,  /* recalled, batch: take it back */
	SESSION_FORMER,	  /* recalled: of a former key, as was asked */
	SESSION_SLICE,
	SESSION_SUCCEEDED,  /* bytes: a note of the collector's keys */
	SESSION_REOPENED,   /* bytes: a note that says it is a break's */
	SESSION_CHECKPOINT, /* bytes: a note that says it is signed */
	SESSION_EVIDENCE,   /* evidence: the answer to session_prove */
	SESSION_SAFE,	    /* safe: journal size that is backed up */
	SESSION_REFRESHED,  /* all that was admitted before is known here */
	SESSION_TELL,	    /* state or trouble changed */
};

struct session_action {
	enum session_action_kind kind;
	unsigned attempt; /* CONNECT: counts up, to try endpoints in turn */
	struct span bytes;
	bool early; /* REOPENED: it comes again when all keys are heard */
	uint64_t sequence;
	size_t count_max, bytes_max;
	const struct receipt *receipts;
	size_t receipt_count;
	const struct recalled *recalled;
	const struct batch *batch;
	const struct slice *slice;
	const struct evidence *evidence;
	uint64_t safe;
};

/* The chain as the outbox has it. */
struct session_chain {
	uint64_t next;
	struct hash head; /* of the batch before next */
	uint64_t first_kept, last_kept;
	uint64_t unreceipted; /* first batch without receipt, else next */
	uint64_t seen_size;   /* of the newest checkpoint that was verified */
	struct hash seen_root;
	struct hash catalogue; /* of its files; zero: none are kept */
};

struct session_config {
	struct sign_key key; /* the office's: heads must be signed by it */
	/* A session of one-time keys: batch 1 and nothing else. */
	bool enrolling;
	bool rotating;	     /* and it is the old key's: say so in HELLO */
	uint64_t offices;    /* as last told by a collector */
	const char *program; /* name and version, static */
	uint64_t (*random)(void *arg);
	void *random_arg;
};

/* What the collector last said of itself. */
struct session_facts {
	uint64_t offices, catalogue, safe;
	uint64_t now_us;  /* its clock at WELCOME, 0: not heard yet */
	int zone_minutes; /* the journal's days, once now_us is heard */
	bool simulated;	  /* the journal's clock, likewise */
};

struct session;

/* NULL if there is no memory. */
struct session *session_new(const struct session_config *config);
void session_free(struct session *session);

/* ---- events; now_ms is monotonic ---- */

void session_start(struct session *session, uint64_t now_ms);
/* The socket is up: the handshake went well. */
void session_up(struct session *session, uint64_t now_ms,
		const struct session_chain *chain);
/* The socket is lost or never came up: TROUBLE_OFFLINE, TROUBLE_REFUSED,
 * TROUBLE_STRANGER. */
void session_down(struct session *session, uint64_t now_ms,
		  enum session_trouble why);
void session_message(struct session *session, uint64_t now_ms,
		     struct span message);
/* At or after session_deadline; earlier is harmless. */
void session_tick(struct session *session, uint64_t now_ms);
/* What waits in the outbox by now; told after every change of it. */
void session_waiting(struct session *session, uint64_t now_ms, uint64_t count,
		     uint64_t bytes);
/* Asks for what other offices said of our cells: the collector tells it before
 * it answers a PING. False if there is no session to ask in. */
bool session_refresh(struct session *session, uint64_t now_ms);
/* Somebody waits for what is saved: connects at once, and for SESSION_HURRY_MS
 * the pauses between tries stay short. Told again while the waiting lasts. */
void session_hurry(struct session *session, uint64_t now_ms);
/* In READY: asks what became of batches of a former key; whatever comes back is
 * a SESSION_FORMER. */
void session_recall(struct session *session, const struct recall *recall);
/* Is it time for the next question? If not, session_deadline is when it is. */
bool session_may_prove(struct session *session, uint64_t now_ms);
/* Asks for what proves a checkpoint. False: not now, or another answer is
 * waited for still. */
bool session_prove(struct session *session, uint64_t now_ms,
		   const struct prove *prove);
/* A line under a checkpoint that was shown; without a session it is lost. */
void session_cosign(struct session *session, const struct cosign *cosign);
/* What was shown does not hold: nothing more is said to this collector. */
void session_distrust(struct session *session, uint64_t now_ms);
/* Answers to SESSION_SEAL (sequence: the new batch's) and SESSION_LOAD. */
void session_batch(struct session *session, uint64_t now_ms, uint64_t sequence,
		   struct span batch);
void session_no_batch(struct session *session, uint64_t now_ms);

/* ---- what comes of them ---- */

bool session_action(struct session *session, struct session_action *out);
/* When session_tick wants to be called; UINT64_MAX: never. */
uint64_t session_deadline(const struct session *session);

enum session_state session_state(const struct session *session);
enum session_trouble session_trouble(const struct session *session);
/* Trouble that waiting does not mend: a person must do something. */
bool session_needs_person(const struct session *session);
/* Everything sealed is acknowledged, and nothing waits. */
bool session_settled(const struct session *session);
/* The collector's last NACK: its code (0: none) and its text. */
unsigned session_nack(const struct session *session, const char **text);
const struct session_facts *session_facts(const struct session *session);

#endif
