/*
 * A journal that lost its end is made whole again from what offices hand over
 * (tally-agent hand-over): their own signed batches, at the places and times
 * that their receipts told. State entries are computed again. Nothing that is
 * handed over is believed: all of it together must have the very root that
 * this collector had signed, or nothing is written.
 *
 * In order: open, add files, plan, then write what was planned.
 */
#ifndef TALLY_COLLECTOR_RECOVERY_H
#define TALLY_COLLECTOR_RECOVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/checkpoint.h"
#include "proto/reopening.h"
#include "proto/sign.h"
#include "store/fold.h"

struct recovery;

/*
 * Takes the directory's lock. checkpoint: where the last signed one is kept;
 * empty, or none there: in the directory. ERR_LOCKED: a collector runs.
 * ERR_NOTFOUND: no collector's directory, or nothing is founded in it.
 */
int recovery_open(const char *dir, const char *checkpoint,
		  struct recovery **out, struct err *err);
void recovery_close(struct recovery *recovery);

/*
 * Takes in what a file holds: all of it or nothing. ERR_DENIED: something in
 * it is not signed by who it says; ERR_INVALID: it is no such file.
 */
int recovery_add(struct recovery *recovery, const char *path, struct err *err);

struct recovery_file {
	const char *path;
	struct sign_key key; /* the office's, as it says */
	uint64_t batches;    /* from the first lost entry on */
	uint64_t first, last;
};

size_t recovery_file_count(const struct recovery *recovery);
const struct recovery_file *recovery_file(const struct recovery *recovery,
					  size_t i);

/*
 * Reads the journal and puts what was handed over behind it, in memory.
 * ERR_NOTFOUND: nothing says what was signed. ERR_DENIED: what was handed over
 * is not what was signed; the text says which entries, from which files.
 * ERR_CORRUPT: the journal is damaged, or is itself not what was signed.
 */
int recovery_plan(struct recovery *recovery, struct err *err);

struct recovery_facts {
	uint64_t size;		 /* entries of the journal on the disk */
	uint64_t whole;		 /* and with what was put behind them */
	struct checkpoint goal;	 /* the newest that was signed */
	const char *goal_source; /* the file that has it */
	bool reopened;		 /* the journal was opened again before */
	bool begun;		 /* a recovery_reopen was cut off */
};

void recovery_facts(const struct recovery *recovery,
		    struct recovery_facts *out);
/* The fold over what is whole. */
const struct fold *recovery_fold(const struct recovery *recovery);

/* Ranges of entries that nobody handed over. */
int recovery_missing(const struct recovery *recovery,
		     int (*visit)(void *arg, uint64_t first, uint64_t last),
		     void *arg);

/* What an office's chain still lacks: batches between the journal's and one
 * that was handed over. False: nothing that is known of. */
bool recovery_lacks(const struct recovery *recovery, const struct hash *key,
		    uint64_t *first, uint64_t *last);
/* Did an office with this key hand over a file? */
bool recovery_heard(const struct recovery *recovery,
		    const struct sign_key *key);

/*
 * Writes what was planned, if it is all that was signed (ERR_ORDER if not):
 * the checkpoint's file first, so that a process that is killed leaves a
 * journal that does not start before it is whole, then the entries in groups.
 * A store that is there is removed: it is made again at the next start.
 */
int recovery_write(struct recovery *recovery, struct err *err);

/*
 * Goes on without what is missing: writes what was planned, behind it the
 * signed statement of what is lost (by, why, at_us and more of said are the
 * caller's, the rest is filled in), and then the batches that were handed over
 * and have no place any more, in their old order, as received at now_us. Keeps
 * the checkpoint that is not fulfilled as checkpoint.lost-<entries>, and signs
 * anew. One that is killed is done
 * again by another call.
 */
int recovery_reopen(struct recovery *recovery, struct reopening *said,
		    uint64_t now_us, struct err *err);

/*
 * Of a journal that was opened again and is whole: the batches that were handed
 * over only now and have no place in it are put behind it, as received at
 * now_us. *count: how many; 0: there are none, or the journal was never opened
 * again.
 */
int recovery_late(struct recovery *recovery, uint64_t now_us, bool dry,
		  size_t *count, struct err *err);

#endif
