/*
 * What an audit reads: where the journal of a directory is, and moments as
 * people write them on the command line.
 */
#ifndef TALLY_AUDIT_SOURCE_H
#define TALLY_AUDIT_SOURCE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* The journal's directory: dir/journal of a data directory, or dir itself. */
int source_journal(const char *dir, char out[PATH_MAX], struct err *err);

/* The store's: dir/store of a data directory, or dir itself. */
void source_store(const char *dir, char out[PATH_MAX]);

/* Digits only: a number of entries. */
bool source_size(const char *text, uint64_t *out);

#endif
