/*
 * Inside the sender: its state, and what its files do with it. sender.c has
 * the loop and performs what the session asks; the others do not know it:
 *
 *   sender_enrol.c   which keys a session speaks with; stands on sender_outbox
 *   sender_rotate.c  when a new key takes over; stands on sender_enrol
 *   sender_outbox.c  what is read from the outbox and written to it
 *   sender_breaks.c  breaks of the journal that were accepted
 *   sender_reopened.c  accepting one; stands on sender_witness
 *   sender_former.c  batches of keys before this one
 *   sender_succeed.c  the collector's keys; stands on sender_witness
 *   sender_witness.c  whether the journal is still the one that was verified
 *   sender_word.c    what is said to the log and to other processes
 *
 * Not for others than sender*.c.
 */
#ifndef TALLY_AGENT_SENDER_PARTS_H
#define TALLY_AGENT_SENDER_PARTS_H

#include "agent/alarm.h"
#include "agent/messages.h"
#include "agent/sender.h"
#include "agent/slice.h"
#include "agent/socket.h"
#include "agent/wake.h"
#include "base/arena.h"
#include "base/strbuf.h"
#include "store/witnesses.h"

#define SENDER_REFRESHERS_MAX 16

/* Name and size of the outbox's value. */
#define SENDER_BREAKS "breaks"
#define SENDER_BREAKS_BYTES (REOPENINGS_MAX * (HASH_BYTES + 8 + HASH_BYTES + 1))

/* A break of the journal, or a succession of its collector's keys, that was
 * accepted: its entry must be proved. */
struct sender_break {
	struct hash note;
	uint64_t index;
	struct hash leaf;
	bool proved;
};

/* What was asked of the collector, and what the answer must prove. */
struct questions {
	struct prove prove;
	uint64_t indexes[EVIDENCE_INDEXES_MAX];
	struct hash leaves[EVIDENCE_INDEXES_MAX];
	uint64_t last; /* sequence of the last batch asked for; 0: none */
};

struct sender {
	struct office *office;
	struct loop *loop;
	struct sender_options options;
	struct socket *socket;
	struct session *session;
	bool with_code; /* the session's keys are the code's */
	bool own_tried; /* the code was refused, and then our own keys */
	unsigned curve; /* of follow_curves, the one that this session has */
	unsigned curves_tried; /* since the last one that worked */
	bool formers;	       /* batches of former keys may lack a receipt */
	struct outbox_former former; /* asked for; count 0: none */
	bool with_old;		     /* the session hands over to the new key */
	uint64_t swapped_at;
	struct loop_timer timer, poll;
	struct slice_gather gather;
	struct arena arena; /* one batch */
	int wake_fd;
	struct wake_peer refreshers[SENDER_REFRESHERS_MAX];
	size_t refresher_count;
	uint64_t waiting, waiting_bytes;
	bool recount, lost;
	uint64_t ready_at;
	struct sender_word told;
	bool has_told;
	/* Checkpoints: verified, and shown but not verified yet (empty: none).
	 */
	struct checkpoint seen, shown;
	struct strbuf seen_note, shown_note;
	struct sender_break breaks[REOPENINGS_MAX]; /* the newest last */
	size_t break_count;
	struct questions asked; /* about the one shown */
	bool asks;		/* there may be something to ask */
	bool asking;		/* and the answer is waited for */
	bool sent_again;	/* since the last proof that held */
	bool cosigns;		/* its key is a witness's */
	struct witnesses witnesses;
	bool until_known; /* when the key ends */
	uint64_t until_us;
	bool short_told; /* of a checkpoint with too few cosignatures */
	bool broken;	 /* an alarm was raised in this session */
	/* A succession that does not fit what was verified: a break that comes
	 * behind it may say why. Empty: none. */
	struct strbuf doubted_note;
	/* All successions, as this session's WELCOME told them. */
	struct strbuf told_notes;
	uint64_t safe;	  /* journal size that is backed up */
	bool forgets;	  /* there may be batches that need not be kept */
	uint64_t offices; /* as written */
	uint64_t tidied_at;
	struct err failure;
};

/* ---- sender_enrol.c ---- */

/* Begins a new session in place of the one before, if any. */
int sender_new_session(struct sender *sender, bool with_code, struct err *err);
/* True if a new session has begun: there may be more to do. */
bool sender_follow_enrolment(struct sender *sender, struct err *err, int *ret);

/* ---- sender_rotate.c ---- */

/* As sender_follow_enrolment. */
bool sender_follow_rotation(struct sender *sender, struct err *err, int *ret);

/* ---- sender_outbox.c ---- */

int sender_read_chain(struct sender *sender, struct session_chain *out,
		      struct err *err);
/* SESSION_RECEIPTS. */
int sender_record(struct sender *sender, const struct session_action *action,
		  struct err *err);
/* SESSION_WANTED: receipts from that number on do not hold. */
int sender_wanted(struct sender *sender, uint64_t from, struct err *err);
/* SESSION_RESTORE. */
int sender_restore(struct sender *sender, const struct session_action *action,
		   struct err *err);
/* SESSION_SEAL and SESSION_LOAD: gives the session its batch. */
int sender_answer(struct sender *sender, const struct session_action *action,
		  struct err *err);
/* Writes what could be written a little later. */
int sender_tidy(struct sender *sender, struct err *err);

/* ---- sender_breaks.c ---- */

int sender_read_breaks(struct sender *sender, struct err *err);
/* As the outbox's value; bytes. */
size_t sender_write_breaks(const struct sender *sender,
			   uint8_t out[SENDER_BREAKS_BYTES]);
/* Adds one that is not known yet; the oldest makes room. */
void sender_add_break(struct sender *sender, const struct sender_break *one);
/* Adds what is to be proved of breaks to count questions; in order. */
void sender_ask_breaks(const struct sender *sender, struct questions *asked,
		       size_t *count);
/* All of them below size are proved. */
int sender_proved_breaks(struct sender *sender, uint64_t size, struct err *err);

/* ---- sender_witness.c ---- */

/* Says so, and nothing more to this collector. */
int sender_distrust(struct sender *sender, enum alarm_why why, uint64_t index,
		    struct err *err);

int sender_read_seen(struct sender *sender, struct err *err);
/* SESSION_SLICE: it may tell of other roles. */
int sender_sliced(struct sender *sender, const struct slice *slice,
		  struct err *err);
/* SESSION_CHECKPOINT. */
int sender_shown(struct sender *sender, struct span note, struct err *err);
/* A receipt of that entry: what was verified may hold it already, and is shown
 * no second time. */
void sender_acknowledged(struct sender *sender, uint64_t index);
/* SESSION_EVIDENCE. */
int sender_hear_evidence(struct sender *sender, const struct evidence *evidence,
			 struct err *err);
/* After the session's actions: asks, or ends it. True: there is more to do. */
bool sender_witness(struct sender *sender, struct err *err, int *ret);

/* ---- sender_reopened.c ---- */

/* SESSION_REOPENED: a break that is new is accepted if it is signed and fits
 * what was verified; what was lost is sent again in a new session. */
/* early: what cannot be believed yet is no reason for an alarm. */
int sender_reopened(struct sender *sender, struct span note, bool early,
		    struct err *err);

/* ---- sender_former.c ---- */

/* What the office had said under a former key, and a journal that was opened
 * again had lost: asks where it stands now. True: there is more to do. */
bool sender_ask_former(struct sender *sender, struct err *err, int *ret);
/* SESSION_FORMER. */
int sender_former_told(struct sender *sender, const struct recalled *recalled,
		       struct err *err);

/* ---- sender_succeed.c ---- */

/* The collector's keys, also those before the one that this office knew first,
 * if they lead to it: who came later is told of breaks that they have signed.
 */
void sender_collector(const struct sender *sender, struct key_chain *out);
/* SESSION_SUCCEEDED: a succession of the collector's keys that is new is
 * believed, or the alarm is raised. */
int sender_succeeded(struct sender *sender, struct span note, struct err *err);
/* At the end of an event: the alarm, if no break said why. */
int sender_settle_doubts(struct sender *sender, struct err *err);

/* ---- sender_word.c ---- */

/* SESSION_TELL. */
int sender_tell(struct sender *sender, struct err *err);
/* To those who wait for what is fresh. */
void sender_answer_refreshers(struct sender *sender, bool fresh);

#endif
