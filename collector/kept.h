/*
 * What a collector keeps in its directory, opened and brought to one state:
 * lock, keys, journal, store and the fold over them. The journal is the truth:
 * what the store lacks is folded again, and a store that is missing or says
 * something else than the journal is made anew.
 */
#ifndef TALLY_COLLECTOR_KEPT_H
#define TALLY_COLLECTOR_KEPT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "collector/notary.h"
#include "store/db.h"
#include "store/fold.h"
#include "store/journal.h"
#include "store/keyfile.h"

struct kept {
	char dir[PATH_MAX];
	int lock_fd;
	struct keys keys;
	struct journal *journal;
	struct db *db;
	struct fold *fold;
	char checkpoint[PATH_MAX]; /* path of the last signed one */
	struct notary_word last;   /* what it says; size 0: nothing yet */
	uint64_t folded;	   /* entries that had to be folded again */
	bool rebuilt;		   /* the store was made anew */
	bool missing;		   /* because there was none */
	char rebuilt_why[ERR_MSG_BYTES_MAX];
};

/*
 * checkpoint: where the last signed one is kept; empty: in the directory.
 * ERR_LOCKED: another collector has the directory. ERR_NOTFOUND: not made or
 * not founded yet. ERR_CORRUPT: the journal is damaged, or shorter than what
 * was folded. ERR_DENIED: the journal does not name this collector. ERR_ORDER:
 * a backup was put back, and nobody has asked the offices yet.
 */
int kept_open(const char *dir, const char *checkpoint, struct kept *out,
	      struct err *err);
void kept_close(struct kept *kept);

/* Removes a store that is there; the next kept_open makes it anew. */
int kept_remove_store(const char *path, struct err *err);

/* "dir/name"; ERR_LIMIT. */
int kept_path(const char *dir, const char *name, char out[PATH_MAX],
	      struct err *err);
bool kept_has(const char *dir, const char *name);
/* The path of the last signed checkpoint: the one that is named, or, if that
 * is empty, in the directory. */
int kept_checkpoint(const char *dir, const char *named, char out[PATH_MAX],
		    struct err *err);

#endif
