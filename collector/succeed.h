/*
 * The collector's own keys go over to new ones (proto/succession.h), in steps
 * of which each is whole or not there:
 *
 *   DIR/rotation/keys  the new keys
 *   the journal        the succession, signed by both: from here on it is done
 *   DIR/collector.successions  the notes so far, for auditors and offices
 *   DIR/keys/sign      the new key; the old one is gone
 *   DIR/collector.card with it
 *
 * Whatever opens the directory takes the steps behind the entry that are
 * missing. The new CURVE key waits in DIR/rotation until offices have heard of
 * it: sessions go on with the old one until succeed_finish.
 */
#ifndef TALLY_COLLECTOR_SUCCEED_H
#define TALLY_COLLECTOR_SUCCEED_H

#include <stdbool.h>

#include "base/err.h"
#include "collector/notary.h"
#include "proto/succession.h"
#include "store/fold.h"
#include "store/journal.h"
#include "store/keyfile.h"

#define ROTATION_DIR "rotation"
/* Who has heard of the key that waits (collector/heard.h). */
#define SUCCEED_HEARD ROTATION_DIR "/heard"

enum succeed_state {
	SUCCEED_NONE,
	SUCCEED_MADE,  /* new keys that nothing says anything of yet */
	SUCCEED_CURVE, /* only the CURVE key waits */
};

int succeed_state(const char *dir, enum succeed_state *out, struct err *err);

/* The keys of this collector so far, from its file, and notes (may be NULL) as
 * there; without one only its key now. */
int succeed_chain(const char *dir, const struct sign_key *own,
		  struct key_chain *out, struct strbuf *notes, struct err *err);

/* The last signed checkpoint, by these keys: notary_last. */
int succeed_last(const char *dir, const struct sign_key *own, const char *path,
		 struct notary_word *out, struct err *err);

/* Appends the notes of the journal's successions. */
int succeed_notes(const char *journal_dir, const struct fold *fold,
		  struct strbuf *out, struct err *err);

/*
 * Takes what steps are missing. keys: those of the directory, brought up to
 * date. ERR_DENIED: the journal names others, and there are none that go on
 * from them.
 */
int succeed_settle(const char *dir, const char *journal_dir,
		   const struct fold *fold, struct keys *keys, struct err *err);

/* Makes the new keys, or takes those of a rotation that was cut off before
 * its entry. */
int succeed_make(const char *dir, struct keys *out, struct err *err);

/* The new CURVE key takes over, too. ERR_NOTFOUND: none waits. */
int succeed_finish(const char *dir, const struct fold *fold, struct keys *keys,
		   struct err *err);

#endif
