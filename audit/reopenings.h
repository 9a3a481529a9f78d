/*
 * The breaks that a journal declares: where it was opened again although what
 * was signed is lost, who did it and why. Offices whose batches follow may
 * have seen roots of the part that was lost, which nobody can compute.
 */
#ifndef TALLY_AUDIT_REOPENINGS_H
#define TALLY_AUDIT_REOPENINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "proto/figure/words.h"
#include "proto/reopening.h"

struct reopenings {
	struct reopened {
		char *note;	       /* a text */
		struct reopening said; /* spans are the note's */
	} * items;
	size_t count, room;
};

/* All zero is an empty list. */
void reopenings_release(struct reopenings *reopenings);
/* Copies the note, which can be read. ERR_NOMEM. */
int reopenings_add(struct reopenings *reopenings, struct span note,
		   struct err *err);

/* May a root of so many entries be one of a part that was lost? ERR_CORRUPT:
 * it is the size that was signed last, and the root is another. */
int reopenings_explain(const struct reopenings *reopenings, uint64_t size,
		       const struct hash *root, bool *explained,
		       struct err *err);

/* Lines for people, in the zone; nothing if there are none. */
void reopenings_print(const struct reopenings *reopenings, int zone_minutes,
		      enum lang lang, struct strbuf *out);
/* ,"reopened":[..] */
void reopenings_print_json(const struct reopenings *reopenings,
			   struct strbuf *out);

#endif
