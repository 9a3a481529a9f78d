/*
 * A folder that is there as a whole or not at all: it is filled under another
 * name beside its place, synced, and takes its name in the end.
 */
#ifndef TALLY_AUDIT_ASIDE_H
#define TALLY_AUDIT_ASIDE_H

#include <limits.h>
#include <stdio.h>

#include "base/err.h"

struct aside {
	char out[PATH_MAX]; /* its place */
	char dir[PATH_MAX]; /* where it is filled meanwhile; empty: nowhere */
};

/* ERR_EXISTS: its place is taken, by whatever. ERR_INVALID: its place is
 * within source, which is only read. */
int aside_open(struct aside *aside, const char *out, const char *source,
	       struct err *err);
/* A new file in it, to be written; the caller closes it. */
int aside_file(const struct aside *aside, const char *name, FILE **out,
	       struct err *err);
/* Syncs it and gives it its name. */
int aside_take(struct aside *aside, struct err *err);
/* Removes what was not taken. */
void aside_drop(struct aside *aside);

#endif
