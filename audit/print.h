/*
 * What the program says: errors with its name on stderr, answers on stdout.
 */
#ifndef TALLY_AUDIT_PRINT_H
#define TALLY_AUDIT_PRINT_H

#include "base/strbuf.h"

/* "tally-audit: text" on stderr; returns code. */
int print_failure(int code, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes what is in out to stdout; EXIT_OK, or EXIT_FAILED with a word on
 * stderr if it could not be built or written. */
int print_out(const struct strbuf *out);

#endif
