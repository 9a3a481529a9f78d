/*
 * Cosignatures: what witnesses put under checkpoints, gathered until enough of
 * them have signed. A pure table: notes and lines go in, the newest note with
 * enough lines comes out. While none are needed that is the newest one that
 * was signed, with what lines there are by then.
 */
#ifndef TALLY_COLLECTOR_COSIGNERS_H
#define TALLY_COLLECTOR_COSIGNERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "store/witnesses.h"

#define COSIGNERS_FILE "cosigned" /* the published note, in a directory */
#define COSIGNERS_NOTES 64 /* that may still be signed; older ones may not */

struct cosigned {
	uint64_t size; /* 0: none */
	char note[NOTE_BYTES_MAX];
	size_t bytes;
	uint32_t by; /* bit i: witness i */
};

struct cosigners {
	struct witnesses witnesses;
	struct cosigned notes[COSIGNERS_NOTES]; /* a ring */
	size_t next;
	struct cosigned published;
};

void cosigners_init(struct cosigners *cosigners,
		    const struct witnesses *witnesses);

/* What was published before a restart; too few lines, and it is not. */
void cosigners_resume(struct cosigners *cosigners, struct span note,
		      uint64_t size);

/* A checkpoint was signed. True: another note is published now. */
bool cosigners_signed(struct cosigners *cosigners, struct span note,
		      uint64_t size);
/*
 * A witness's line under the checkpoint of size; *changed: another note is
 * published now. ERR_NOTFOUND: no checkpoint of that size is known (any more),
 * or the line is by none of the witnesses. ERR_DENIED: it does not hold.
 */
int cosigners_take(struct cosigners *cosigners, uint64_t size, struct span line,
		   bool *changed, struct err *err);

#endif
