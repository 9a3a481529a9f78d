/*
 * The fold: journal entries in, state out. Pure and deterministic: no clock,
 * no I/O, no randomness, no order of a hash table; time is the receipt time
 * in the entry. The live collector, a restart, an audit's replay and an
 * evaluation of CSV files all run this code.
 *
 * Two steps. Admission decides for a whole batch whether it takes its place
 * (taken, dropped, or evidence of a fork); applying decides each statement.
 * State goes out as puts (store/tables.h); what is needed to decide is also
 * kept in memory.
 */
#ifndef TALLY_STORE_FOLD_H
#define TALLY_STORE_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "proto/catalogue/catalogue.h"
#include "proto/reopening.h"
#include "proto/succession.h"
#include "proto/verdict.h"
#include "proto/wire.h"
#include "store/figures.h"
#include "store/journal.h"
#include "store/tables.h"

#define FOLD_RULES_VERSION 1
#define FOLD_BYTES_A_DAY_DEFAULT (64ull * 1024 * 1024)
#define FOLD_STATEMENTS_A_DAY_DEFAULT 200000u
#define FOLD_STATE_ENTRIES 100000u
#define FOLD_STATE_US 3600000000ull

struct fold;

struct fold *fold_new(void);
void fold_free(struct fold *fold);

/* State as flushed; *applied is the number of entries it contains. */
int fold_load(struct fold *fold, const struct table_reader *reader,
	      uint64_t *applied, struct err *err);
/* Only who speaks, since when and of which journal: enough for fold_facts,
 * fold_office, fold_recv_us and fold_suspects, not for going on. */
int fold_load_facts(struct fold *fold, const struct table_reader *reader,
		    uint64_t *applied, struct err *err);

/* ---- admission ---- */

enum admission {
	ADMIT_TAKE,	   /* next in its key's chain */
	ADMIT_DUPLICATE,   /* already durable, same bytes */
	ADMIT_AHEAD,	   /* a gap before it */
	ADMIT_FORK,	   /* another batch has its number: evidence */
	ADMIT_FORK_AGAIN,  /* further forks are only counted */
	ADMIT_UNKNOWN_KEY, /* not enrolled, and no grant of its key */
	ADMIT_REVOKED,	   /* or rotated, or expired */
	ADMIT_SUSPENDED,   /* the key has forked: nothing more is taken */
	ADMIT_FOREIGN,	   /* another journal's id */
	ADMIT_BAD_CHAIN,   /* prev is not the head's name */
	ADMIT_BAD_GRANT,   /* enrolment by an unknown, used or old code */
};

const char *admission_name(enum admission admission);

/*
 * For a checked batch. recv_us is raised to fold_recv_us by the caller, and
 * is the one that fold_leaf gets. Admission sees batches taken in this group
 * through fold_pend, so that one office may have several in it; they stay
 * where they are until the group is applied or given up, while what is pending
 * may be forgotten before that. ends_group: the batch carries found, grant,
 * enrol, rotate, revoke, rules, collector_keys: nothing more may join.
 */
enum admission fold_admit(const struct fold *fold, const struct batch *batch,
			  uint64_t recv_us, bool *ends_group);
void fold_pend(struct fold *fold, const struct batch *batch,
	       enum admission admission);
void fold_forget_pending(struct fold *fold);

/* The leaf that a taken or fork batch gets. The founding batch is received
 * when it was sent. */
struct leaf fold_leaf(const struct fold *fold, const struct batch *batch,
		      enum admission admission, uint64_t recv_us);

/*
 * State entries state the root over all figure rows (store/state.h). One
 * stands before an entry when FOLD_STATE_ENTRIES others have passed since the
 * last one, or when recv_us comes into another hour, and nowhere else; it is a
 * group of its own. waiting: entries that are not applied yet, the last
 * received at waiting_us.
 */
bool fold_state_due(const struct fold *fold, uint64_t waiting,
		    uint64_t waiting_us, uint64_t recv_us);
/* The leaf of a state entry that is due now. */
struct leaf fold_state_leaf(const struct fold *fold);
/* recv_us, raised to the least that the next entry may have: never below the
 * last one's, and in the new hour if that is why a state entry was written. */
uint64_t fold_stamp(const struct fold *fold, uint64_t recv_us);

/* What TABLE_TAKEN says of a batch, for acknowledging it again. ERR_NOTFOUND.
 * verdicts (room for count_max of them) may be NULL: ERR_LIMIT if too few. */
struct fold_taken {
	uint64_t entry, recv_us;
	uint32_t count; /* statements */
	struct hash name;
};
int fold_taken(const struct table_reader *reader, const struct hash *key,
	       uint64_t sequence, struct fold_taken *out, uint16_t *verdicts,
	       size_t count_max, struct err *err);

/* ---- applying ---- */

/*
 * Applies the entry that follows the last one. batch: decoded and checked, NULL
 * where an entry has none (leaf_has_batch). verdicts (room for
 * batch->header.count) may be NULL; a fork entry has none. leaf_hash is the
 * entry's in the journal's tree. ERR_INVALID: this journal cannot be replayed
 * by this program, the text says why. After an error the fold is of no further
 * use.
 */
int fold_apply(struct fold *fold, uint64_t index, const struct leaf *leaf,
	       const struct hash *leaf_hash, const struct batch *batch,
	       struct puts *puts, uint16_t *verdicts, struct err *err);

uint64_t fold_applied(const struct fold *fold);
/* Receipt time of the last entry: a later one may not be below it. */
uint64_t fold_recv_us(const struct fold *fold);
struct hash fold_root(const struct fold *fold); /* journal root at applied */
const struct frontier *fold_frontier(const struct fold *fold);

/* ---- what the collector asks ---- */

struct fold_office {
	struct sign_key key;
	uint8_t curve_key[CURVE_KEY_BYTES];
	struct span unit; /* empty: none */
	uint32_t roles;
	uint64_t next;	  /* sequence number */
	struct hash head; /* zero before the first */
	struct span head_header;
	struct signature head_signature;
	bool revoked, suspended; /* revoked: or rotated */
	bool rotated;
	struct hash successor; /* of a rotated key */
	uint64_t suspect_from; /* sequence number; 0: nothing is suspect */
	uint64_t until_us;     /* 0: for ever */
	uint64_t bytes_a_day, statements_a_day;
	uint64_t recv_us; /* of its last batch, 0: none */
};

bool fold_office(const struct fold *fold, const struct hash *key,
		 struct fold_office *out);
/* Did a key rotate, and the next, so that to is its office's now? */
bool fold_leads_to(const struct fold *fold, const struct hash *from,
		   const struct hash *to);
/* By the CURVE key of a session: its office, or false. */
bool fold_office_by_curve(const struct fold *fold,
			  const uint8_t curve_key[CURVE_KEY_BYTES],
			  struct fold_office *out);
/* Does a grant that can still be used name this one-time CURVE key? Or is it a
 * recovery key's? */
bool fold_grant_by_curve(const struct fold *fold,
			 const uint8_t curve_key[CURVE_KEY_BYTES],
			 uint64_t now_us);
/* Every office in order of enrolment. */
int fold_offices(const struct fold *fold,
		 int (*visit)(void *arg, const struct fold_office *office),
		 void *arg);
/* Keys that were revoked from some batch on; the list is the caller's to free.
 * ERR_NOMEM. */
int fold_suspects(const struct fold *fold, struct suspects *out);
uint64_t fold_office_count(const struct fold *fold);
/* Units the office speaks for: index i, false past the last. */
bool fold_office_unit(const struct fold *fold, const struct hash *key, size_t i,
		      struct span *unit);

/* The founding statement's facts; false before entry 0. */
struct fold_facts {
	struct hash journal;
	int32_t zone_minutes;
	bool simulated;
	uint32_t rules;
};
bool fold_facts(const struct fold *fold, struct fold_facts *out);
/* The newest entries that say that the journal was opened again, in order;
 * their number. */
size_t fold_reopened(const struct fold *fold, uint64_t out[REOPENINGS_MAX]);
/* The entries by which collectors' keys went over to others; their number. */
size_t fold_succeeded(const struct fold *fold, uint64_t out[SUCCESSIONS_MAX]);
/* Is a reopening's note signed by a collector that the journal names? */
bool fold_collector_signed(const struct fold *fold, struct span note);
/* The same of a checkpoint's. */
bool fold_checkpoint_signed(const struct fold *fold, struct span note);
/* Is this collector named by the journal? */
bool fold_collector_known(const struct fold *fold,
			  const struct sign_key *checkpoint_key);
/* Its CURVE key; false: it is not named. */
bool fold_collector_curve(const struct fold *fold,
			  const struct sign_key *checkpoint_key,
			  uint8_t out[CURVE_KEY_BYTES]);

/* The catalogue in force, NULL if none; *version from 1. Owned by the fold,
 * valid until the next catalogue commit. */
const struct catalogue *fold_catalogue(const struct fold *fold,
				       uint32_t *version);

/* As figures_newest. */
int fold_newest(const struct fold *fold,
		int (*visit)(void *arg, const struct figure_newest *newest),
		void *arg);

/* ---- CSV files, without a journal ---- */

/*
 * Reports of files through the same admission and rows, without signers; the
 * base is always the head. Zone +08:00. refused (may be NULL) is told every
 * row that is not admitted. ERR_INVALID: a file cannot be read, problems has
 * been added to (unknown columns, malformed receipts): the rest is in tables.
 */
struct fold_file {
	const char *name;
	struct span bytes;
};

struct fold_refusal {
	const char *file;
	uint32_t row;
	enum verdict verdict;
	const char *column; /* may be NULL */
};

int fold_files(const struct catalogue *catalogue, const struct fold_file *files,
	       size_t count, struct memory_tables *tables,
	       void (*refused)(void *arg, const struct fold_refusal *refusal),
	       void *arg, struct problems *problems);

#endif
