/*
 * An office as a cosigner: its name and key in notes, and its line under a
 * checkpoint that it has verified.
 */
#ifndef TALLY_AGENT_COSIGNER_H
#define TALLY_AGENT_COSIGNER_H

#include <stdint.h>

#include "base/span.h"
#include "base/strbuf.h"
#include "proto/note.h"
#include "proto/sign.h"

/* tally-witness/ and the first 16 hex digits of the key's hash. */
void cosigner_key(const struct sign_key *key, struct note_key *out);

/* Appends the line under the note's text, with its line feed. ERR_INVALID:
 * not a note. */
int cosigner_line(const struct sign_pair *pair, struct span note,
		  uint64_t now_us, struct strbuf *out, struct err *err);

#endif
