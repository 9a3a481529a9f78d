/*
 * A reopening: the signed statement that a collector's journal goes on although
 * entries that were signed are lost. It is an entry of the journal (its leaf
 * holds its hash), and a note that offices and auditors are shown:
 *
 *   tally/<journal id, 64 hex>/reopened
 *   kept <entries that are kept> <base64 of their root>
 *   lost <entries that were signed> <base64 of their root>
 *   after <recv_us of the last entry that is kept>
 *   at <microseconds since 1970>
 *   by <who>
 *   why <text>
 *   <lines for people: what is missing, and who held what>
 *
 * signed as a checkpoint is. Its first line is not a checkpoint's, so the one
 * is never taken for the other.
 */
#ifndef TALLY_PROTO_REOPENING_H
#define TALLY_PROTO_REOPENING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "proto/hash.h"
#include "proto/note.h"
#include "proto/sign.h"

#define REOPENING_TEXT_BYTES_MAX 400 /* by, why */
#define REOPENINGS_MAX 8	     /* that offices are shown */

struct reopening {
	struct hash journal;
	uint64_t kept; /* and its own entry */
	struct hash kept_root;
	uint64_t lost; /* never below kept */
	struct hash lost_root;
	uint64_t after_us, at_us;
	struct span by, why;
	struct span more; /* whole lines; may be empty */
};

/* Whether a text may be by or why: one line of UTF-8 without control
 * characters, neither empty nor too long. */
bool reopening_text_fits(struct span text);

/* Appends the note, signed. The texts fit. */
void reopening_sign(const struct reopening *reopening,
		    const struct sign_pair *pair, struct strbuf *out);

/* What a note says, whoever signed it; spans are the note's. ERR_INVALID. */
int reopening_read(struct span note, struct reopening *out, struct err *err);
/* Is the note signed by the collector's key? ERR_DENIED if not. */
int reopening_check(struct span note, const struct sign_key *key,
		    struct err *err);

#endif
