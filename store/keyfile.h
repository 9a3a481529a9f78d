/*
 * Secret keys on disk: keys/sign and keys/curve under a program's directory.
 * Files are 0600 and refused if others can read them, keys/ is 0700 and
 * refused if others can write there; the text is
 * "tally-key/1 <kind> <hex secret seed>\n", kind sign or curve.
 */
#ifndef TALLY_STORE_KEYFILE_H
#define TALLY_STORE_KEYFILE_H

#include "base/err.h"
#include "proto/sign.h"

struct keys {
	struct sign_pair sign;
	struct curve_pair curve;
};

/* Makes dir/keys (0700) with fresh keys, synced. ERR_EXISTS. */
int keys_create(const char *dir, struct keys *out, struct err *err);
/* ERR_NOTFOUND names the file that is missing; ERR_DENIED: modes, or another
 * user's; ERR_CORRUPT: no key. */
int keys_load(const char *dir, struct keys *out, struct err *err);
/* Puts the keys of another directory in the place of dir's, each by a rename,
 * and removes the other directory. Again after a crash goes on with it. */
int keys_replace(const char *dir, const char *from, struct err *err);
/* One of both, of dir/keys. */
int keys_load_sign(const char *dir, struct sign_pair *out, struct err *err);
int keys_load_curve(const char *dir, struct curve_pair *out, struct err *err);
/* As keys_replace of one kind alone, sign or curve; the other directory goes
 * with its last key. */
int keys_take_over(const char *dir, const char *from, const char *kind,
		   struct err *err);
/* Removes keys, also what a crash left of some that were being made, and the
 * directory if nothing else is in it. */
void keys_discard(const char *dir);
void keys_wipe(struct keys *keys);

/* Takes an exclusive lock on dir/lock, held until the process ends or the
 * descriptor is closed. ERR_LOCKED says which process holds it. */
int lock_take(const char *dir, const char *name, int *fd, struct err *err);

/* Who holds it: 0 nobody, the process, or -1 somebody. Looking never stands in
 * the way of one that takes it. */
long lock_holder(const char *dir, const char *name);

/* Makes a directory (0700), and those above it that are not there (0755). */
int dir_make(const char *dir, struct err *err);
/* Removes a directory and the files in it; one that is not there is fine. */
int dir_remove(const char *dir, struct err *err);
/* What was made, renamed or removed in it stays so; above: in the directory
 * that the path lies in. */
int dir_sync(const char *path, struct err *err);
int dir_sync_above(const char *path, struct err *err);

/* Writes a file by a synced temporary and rename; mode as given. */
int file_replace(const char *path, const void *data, size_t len, unsigned mode,
		 struct err *err);
/* Reads a whole file of at most cap bytes into malloc'ed memory. */
int file_read(const char *path, size_t cap, char **out, size_t *len,
	      struct err *err);
/* The same of one that only its user may read: else ERR_DENIED. */
int file_read_private(const char *path, size_t cap, char **out, size_t *len,
		      struct err *err);

#endif
