/*
 * Files that are copied as a whole: a copy has its name once it is all there
 * and on the disk. What a crash leaves is called NAME.unfinished, and is
 * written over by the next one.
 */
#ifndef TALLY_STORE_COPY_H
#define TALLY_STORE_COPY_H

#include <stdbool.h>

#include "base/err.h"

#define COPY_UNFINISHED ".unfinished"

/* With its mode, in the place of what is there. ERR_NOTFOUND: from is not. */
int copy_file(const char *from, const char *to, struct err *err);

/* Those of from/keys, both at once, as dir/keys; dir is made. ERR_NOTFOUND:
 * from has none. ERR_EXISTS: dir has some: they are never written over. */
int copy_keys(const char *from, const char *dir, struct err *err);

/* Have both the same bytes, or is neither there? */
int copy_is_same(const char *a, const char *b, bool *same, struct err *err);

#endif
