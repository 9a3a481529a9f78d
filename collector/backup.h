/*
 * A backup of a collector's directory, made while it runs, and put back.
 *
 * A backup is a directory like the collector's own, of what was signed by
 * then: the journal up to the newest checkpoint, byte for byte, that
 * checkpoint, settings, card, successions, the list of witnesses, and keys
 * unless they are left out. Store and tree are made again from the journal.
 * It was read back and has the very root that was signed, or there is none.
 *
 * The collector's directory says then how far the newest backup goes
 * (BACKUP_MARK): offices need not keep what is in it ([journal] safe).
 *
 * Where one is put back, the collector does not start before recover or reopen
 * has asked what offices have verified since (RESTORED_MARK).
 */
#ifndef TALLY_COLLECTOR_BACKUP_H
#define TALLY_COLLECTOR_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/hash.h"

#define BACKUP_MARK "backed-up"
#define RESTORED_MARK "restored"

struct backup_facts {
	uint64_t entries, bytes; /* of the journal */
	struct hash root;
};

/*
 * checkpoint: where the last signed one is kept; empty: in the directory. to
 * must not exist; what a crash leaves is called to.unfinished. at_us goes into
 * the mark. ERR_EXISTS; ERR_NOTFOUND: nothing is signed yet, or dir is none;
 * ERR_CORRUPT: the journal is not what was signed.
 */
int backup_make(const char *dir, const char *checkpoint, const char *to,
		bool with_keys, uint64_t at_us, struct backup_facts *out,
		struct err *err);

/* dir must hold no journal; what else is there stays, above all newer keys.
 * ERR_EXISTS: it does; ERR_NOTFOUND: from is no backup; ERR_CORRUPT: it is not
 * what was signed. */
int backup_restore(const char *from, const char *dir, struct backup_facts *out,
		   struct err *err);

/* Entries that are in the newest backup, when it was made, and where: 0: there
 * is none. to: PATH_MAX bytes, or NULL. */
uint64_t backup_marked(const char *dir, uint64_t *at_us, char *to);

/* ERR_ORDER: a backup was put back here, and nobody has asked yet what came
 * after it. */
int backup_check_restored(const char *dir, struct err *err);
/* It was asked. */
int backup_end_restored(const char *dir, struct err *err);

#endif
