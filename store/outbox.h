/*
 * The agent's durable outbox (LMDB): what was saved, what waits, what was
 * sealed and sent, what the collector said of it. Several processes may use
 * one directory; sealing is for the one that holds the sender's lock.
 *
 * A statement's life: saved (waiting) -> sealed in a batch -> delivered with
 * a receipt (index.n) and a verdict. Everything is one synced transaction.
 */
#ifndef TALLY_STORE_OUTBOX_H
#define TALLY_STORE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "proto/seal.h"
#include "proto/talk.h"
#include "proto/verdict.h"
#include "proto/wire.h"

struct outbox;

int outbox_open(const char *dir, struct outbox **out, struct err *err);
void outbox_close(struct outbox *outbox);

/* ---- saving ---- */

/* A statement as it will be sealed. Its number grows in order of saving. */
struct outbox_item {
	uint64_t number;
	uint64_t saved_us;
	struct sealed sealed; /* salt, body, texts */
	uint64_t sequence;    /* of its batch, over all keys; 0: waits */
	uint32_t n;	      /* in the batch */
	bool delivered;
	uint64_t index;	  /* journal entry, once delivered */
	uint64_t recv_us; /* once delivered */
	uint16_t verdict; /* once delivered */
};

/*
 * Saves all or nothing, durable on return. Salts must be set (salt_draw), and
 * what could never be sealed or would be thrown back is refused: a body that
 * is no statement of this program, texts that are not those of its hashes
 * (ERR_INVALID), more than a batch holds (ERR_LIMIT), a salt that was saved
 * before (ERR_EXISTS). numbers (count of them) may be NULL.
 */
int outbox_save(struct outbox *outbox, const struct sealed *sealed,
		size_t count, uint64_t saved_us, uint64_t *numbers,
		struct err *err);

/* The same, with those of which nobody can say here that they will be admitted
 * (doubts: count of them, or NULL): what stands on such a one is not sealed
 * before its verdict is known. */
int outbox_save_doubting(struct outbox *outbox, const struct sealed *sealed,
			 const bool *doubts, size_t count, uint64_t saved_us,
			 uint64_t *numbers, struct err *err);

/* Replaces the body of one that still waits: ERR_NOTFOUND if it was sealed
 * meanwhile. Salt and cell stay as they are. */
int outbox_replace(struct outbox *outbox, uint64_t number,
		   const struct sealed *sealed, struct err *err);

/* ---- reading ---- */

/* Items from number on, in order, until visit returns other than 0. */
int outbox_items(struct outbox *outbox, uint64_t from,
		 int (*visit)(void *arg, const struct outbox_item *item),
		 void *arg, struct err *err);

/* Every item is in one of the four: refused ones were delivered too. */
struct outbox_counts {
	uint64_t waiting, sealed, delivered, refused;
	uint64_t bytes_waiting; /* at most, in a batch */
};
int outbox_counts(struct outbox *outbox, struct outbox_counts *out,
		  struct err *err);

/*
 * The newest version of a cell as this office knows it; key is the text
 * "target|unit|period|item". It is the newest own report of the cell that is
 * not delivered yet, else the newest that the collector is known to have: an
 * own one that was admitted, or what a slice said, with its newest review as
 * known. outbox_save and
 * outbox_receipts keep it so (they decode the reports' bodies): a report
 * becomes the head of its cell when it is saved, and if it is refused and
 * still the head, what the collector has is the head again.
 */
int outbox_head(struct outbox *outbox, struct span key, struct arena *arena,
		struct head *out, struct err *err); /* ERR_NOTFOUND */
/* The key under which outbox_head knows the newest catalogue commit, own or
 * from a slice (where it is a head without a target); its head has a salt and
 * no report, and outbox_heads leaves it out. */
#define OUTBOX_CATALOGUE_KEY "catalogue"
/* What a slice says of cells, in one transaction; keys are made of the heads'
 * reports. Own reports that are not delivered yet stay heads. */
int outbox_set_heads(struct outbox *outbox, const struct head *heads,
		     size_t count, struct err *err);
int outbox_heads(struct outbox *outbox, struct arena *arena,
		 int (*visit)(void *arg, struct span key,
			      const struct head *head),
		 void *arg, struct err *err);

/* ---- the sender ---- */

/* The end of the key's chain as this directory knows it. Numbers of batches
 * are the key's own, from 1. */
struct outbox_chain {
	uint64_t next;
	struct hash head;
	uint64_t first_kept, last_kept; /* 0: none */
	uint64_t base; /* batches of the keys before; items count them, too */
	/* The first batch without a receipt, else next: batches are not in the
	 * order of the items in them. */
	uint64_t unreceipted;
	bool proved; /* all that was sealed is, to be in the journal */
};
int outbox_chain(struct outbox *outbox, struct outbox_chain *out,
		 struct err *err);

/* Takes the sender's lock until outbox_close; ERR_LOCKED. To take it again is
 * fine. */
int outbox_lock_sender(struct outbox *outbox, struct err *err);
/* The process that holds it: 0 none, -1 one that is not known. */
long outbox_sender(const struct outbox *outbox);

/*
 * Seals what waits (at most count_max statements and bytes_max bytes) as the
 * next batch, durable on return: *batch in the arena, *sequence its number.
 * Of header, sequence, prev, count, root and key are filled in here. What
 * replaces a doubtful one of ours is sealed once the verdict on that one is
 * known; what replaces one that was refused, replaces what that one would
 * have. Needs the sender's lock. ERR_NOTFOUND: nothing waits that can go, or
 * not in bytes_max.
 */
int outbox_seal(struct outbox *outbox, const struct seal_header *header,
		const struct sign_pair *pair, size_t count_max,
		size_t bytes_max, struct arena *arena, struct span *batch,
		uint64_t *sequence, struct err *err);

/*
 * A new key takes over: its chain begins with this statement, sealed as its
 * batch 1. In the same transaction OUTBOX_ROTATION becomes OUTBOX_ROTATED.
 * ERR_ORDER: a batch of the key before is not proved to be in the journal yet.
 * If it got lost there it would have to be sent again, and only that key can.
 */
#define OUTBOX_ROTATION "rotation"
#define OUTBOX_ROTATED "sealed"
int outbox_succeed(struct outbox *outbox, const struct seal_header *header,
		   const struct sign_pair *pair, const struct sealed *first,
		   uint64_t saved_us, struct err *err);

/* A batch that was sealed and is still kept. ERR_NOTFOUND. */
int outbox_batch(struct outbox *outbox, uint64_t sequence, struct arena *arena,
		 struct span *batch, struct err *err);

/* Records what an acknowledgement says; again is harmless. A batch that is not
 * proved to be in the journal may have got another place: the newest receipt
 * holds. ERR_ORDER: of a batch that was never sealed. */
int outbox_receipts(struct outbox *outbox, const struct receipt *receipts,
		    size_t count, struct err *err);
/*
 * The collector wants the key's batches from this number on: receipts of those
 * that are not proved to be in the journal do not hold (*taken_back
 * statements), it has lost what it had not signed yet.
 */
int outbox_wanted(struct outbox *outbox, uint64_t from, uint64_t *taken_back,
		  struct err *err);
/*
 * Batches of a key that the office had before, which are kept and have no
 * receipt: a journal that was opened again had lost them. They cannot be sent
 * again under this key; whether somebody else's hands put them in again, the
 * collector tells (RECALL). after: those up to it were asked for; 0: none.
 */
struct outbox_former {
	struct hash key;
	uint64_t from, count; /* in the chain of that key */
	uint64_t sequence;    /* of the first, here */
};
/* ERR_NOTFOUND: there is none. */
int outbox_former(struct outbox *outbox, uint64_t after,
		  struct outbox_former *out, struct err *err);
/* A receipt of one of them. ERR_INVALID: the batch is not the one that is
 * kept. */
int outbox_former_receipt(struct outbox *outbox,
			  const struct outbox_former *former,
			  const struct recalled *recalled, struct err *err);
/* Forgets batches (not items) whose place in the journal is proved: those
 * below the safe journal size, and the oldest while all that are kept take more
 * than bytes_max. */
int outbox_forget(struct outbox *outbox, uint64_t safe, uint64_t bytes_max,
		  struct err *err);

/* ---- what is proved (outbox_proofs.c) ---- */

/* A batch with a receipt. */
struct outbox_delivered {
	uint64_t sequence, index, recv_us;
	struct span batch; /* as it was sealed */
};

/* Those not yet proved to be in the journal with an index below size, at most
 * count_max, in order; all of it in the arena. */
int outbox_unproved(struct outbox *outbox, uint64_t size, size_t count_max,
		    struct arena *arena, struct outbox_delivered **out,
		    size_t *count, struct err *err);
/* The checkpoint is verified, and with it the batches up to a sequence number
 * (0: none more than before). Durable on return. */
int outbox_proved(struct outbox *outbox, struct span note, uint64_t sequence,
		  struct err *err);
/* The newest checkpoint that was verified; ERR_NOTFOUND. */
int outbox_seen(struct outbox *outbox, struct arena *arena, struct span *note,
		struct err *err);

/* Every batch that is kept and has a receipt of entry from or later, proved or
 * not, in order, until visit returns other than 0; spans live until it does. */
int outbox_kept(struct outbox *outbox, uint64_t from,
		int (*visit)(void *arg,
			     const struct outbox_delivered *delivered),
		void *arg, struct err *err);

/*
 * The journal goes on from its first kept entries, without what came after:
 * receipts of entries from kept on no longer hold where the batch is still
 * kept, and is to be sent again (*taken_back statements); what is known of
 * cells from there is forgotten. unsees: also the newest checkpoint that was
 * verified, and that batches are proved. Value name is set, all of it at once.
 */
int outbox_reopened(struct outbox *outbox, uint64_t kept, bool unsees,
		    const char *name, struct span value, uint64_t *taken_back,
		    struct err *err);

/* Takes back a batch recalled from the collector: the items in it appear as
 * delivered (those that still wait here, by their salts, are not sent again);
 * the chain moves on. The caller has checked its signature. Needs the sender's
 * lock. ERR_ORDER: it is not the next of the chain. */
int outbox_restore(struct outbox *outbox, const struct recalled *recalled,
		   const struct batch *batch, struct err *err);

/* Small values: session facts, the slice, settings of the enrolment. */
int outbox_get(struct outbox *outbox, const char *name, struct arena *arena,
	       struct span *value, struct err *err); /* ERR_NOTFOUND */
int outbox_set(struct outbox *outbox, const char *name, struct span value,
	       struct err *err);

#endif
