/*
 * The file `witnesses` in the directory of a collector, an agent or an
 * auditor: whose cosignatures under checkpoints count there, a verifier key a
 * line as `tally-agent witness` prints it; what follows # is a remark.
 */
#ifndef TALLY_STORE_WITNESSES_H
#define TALLY_STORE_WITNESSES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/note.h"

#define WITNESSES_FILE "witnesses"
#define WITNESSES_MAX 16

struct witnesses {
	struct note_key keys[WITNESSES_MAX];
	size_t count;
	unsigned need; /* so many of them must have signed */
};

/* No file: no witnesses. ERR_INVALID with file and line of what is wrong, or
 * if fewer than need are named. */
int witnesses_read(const char *dir, uint64_t need, struct witnesses *out,
		   struct err *err);

/* Which of them have signed the note: bit i for keys[i]. Lines that do not
 * hold, and notes that do not parse, count for nothing. */
uint32_t witnesses_of(const struct witnesses *witnesses, struct span note);
/* Are those that have signed enough? */
bool witnesses_enough(const struct witnesses *witnesses, uint32_t signers);

#endif
