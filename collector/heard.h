/*
 * Which offices have heard of the collector's next session key, while it waits
 * (collector/succeed.h): those that were told in a session and went on with
 * it. DIR/rotation/heard has a line for each, the hash of its key. It is the
 * collector's own book, no part of the record: an office that is missing in it
 * is asked for once too often, and is written into it in its next session.
 */
#ifndef TALLY_COLLECTOR_HEARD_H
#define TALLY_COLLECTOR_HEARD_H

#include <stdbool.h>

#include "base/err.h"
#include "base/intern.h"
#include "proto/hash.h"
#include "store/fold.h"

struct heard {
	bool waits;	    /* a session key does; else nothing is kept */
	struct intern keys; /* hashes */
	char path[4096];
};

/* ERR_IO, ERR_NOMEM. heard_release also after a failure. */
int heard_open(struct heard *heard, const char *dir, struct err *err);
void heard_release(struct heard *heard);

/* Of the hash of an office's key. */
bool heard_has(const struct heard *heard, const struct hash *key);
/* Notes it, in the file too. ERR_IO, ERR_NOMEM. */
int heard_add(struct heard *heard, const struct hash *key, struct err *err);

/* May the office still come with this key, without having heard? */
bool heard_lacks(const struct heard *heard, const struct fold_office *office,
		 uint64_t now_us);

#endif
