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
 * (BACKUP_MARK), of which journal and with which root: offices need not keep
 * what is in it ([journal] safe). A journal that went another way than the
 * newest backup is not that backup's any more.
 *
 * Where one is put back, the collector does not start before recover or reopen
 * has asked what offices have verified since (RESTORED_MARK).
 */
#ifndef TALLY_COLLECTOR_BACKUP_H
#define TALLY_COLLECTOR_BACKUP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/hash.h"
#include "store/tree.h"

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
 * ERR_CORRUPT: the journal is not what was signed. ERR_ORDER: it is another
 * one than that of the newest backup, or has lost some of it and does not say
 * so (collector/recovery.h): whoever takes the new backup for a newer one
 * would throw away the better.
 */
int backup_make(const char *dir, const char *checkpoint, const char *to,
		bool with_keys, uint64_t at_us, struct backup_facts *out,
		struct err *err);

/*
 * dir must hold no journal. What else is there stays: a checkpoint that is as
 * new, and keys, which are those of today: with some there, none of the
 * backup's are taken. One that was cut off is done by another call, of the same
 * backup. ERR_EXISTS: there is a journal, something of another collector, or
 * another backup was begun to be put back; ERR_NOTFOUND: from is no backup;
 * ERR_CORRUPT: it is not what was signed.
 */
int backup_restore(const char *from, const char *dir, struct backup_facts *out,
		   struct err *err);

/* A backup, as it is noted. */
struct backup_mark {
	struct hash journal, root; /* of its entries */
	uint64_t entries, at_us;
	char path[PATH_MAX];
};

/* The newest backup of a collector's directory; false: there is none. */
bool backup_marked(const char *dir, struct backup_mark *out);
/* Is it of the journal whose tree that is? */
bool backup_is_of(const struct backup_mark *mark, struct tree_reader *tree);

/* ERR_ORDER: a backup was put back here, and nobody has asked yet what came
 * after it. */
int backup_check_restored(const char *dir, struct err *err);
/* It was asked. */
int backup_end_restored(const char *dir, struct err *err);

#endif
