/*
 * Inside of backups, shared by backup.c (making one), backup_restore.c (putting
 * it back), backup_journal.c (the journal of either) and backup_mark.c (what is
 * noted of them). Nobody else includes it.
 */
#ifndef TALLY_COLLECTOR_BACKUP_PARTS_H
#define TALLY_COLLECTOR_BACKUP_PARTS_H

#include "collector/backup.h"
#include "collector/notary.h"

#define BACKUP_UNFINISHED_JOURNAL "journal.unfinished"

/* Beside journal and keys; NULL is behind the last. Those that are not there
 * are left out. */
extern const char *const backup_files[];

/* The checkpoint at the path, by the keys that lie in keys_dir. ERR_NOTFOUND:
 * there is none. */
int backup_read_last(const char *keys_dir, const char *path,
		     struct notary_word *out, struct err *err);

/* ---- backup_journal.c ---- */

/*
 * Copies what the checkpoint covers, and reads it back. before: the newest
 * backup so far, which the journal must go on from, or NULL. ERR_CORRUPT,
 * ERR_ORDER.
 */
int backup_copy_journal(const char *from, const char *to,
			const struct checkpoint *checkpoint,
			const struct backup_mark *before, struct err *err);
/* ERR_CORRUPT: its first entries are not those of the checkpoint. */
int backup_check_journal(const char *dir, const struct checkpoint *checkpoint,
			 struct err *err);
int backup_measure(const char *dir, uint64_t *bytes, struct err *err);

/* ---- backup_mark.c ---- */

int backup_write_mark(const char *dir, const char *name,
		      const struct backup_mark *mark, struct err *err);
bool backup_read_mark(const char *dir, const char *name,
		      struct backup_mark *out);
/* Of the journal that a checkpoint covers; path must be there. */
int backup_mark_of(const struct checkpoint *checkpoint, const char *path,
		   uint64_t at_us, struct backup_mark *out, struct err *err);

#endif
