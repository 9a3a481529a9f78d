/*
 * A succession: a collector's keys go over to new ones. It is an entry of the
 * journal (its leaf holds the keys and its hash), and a note that offices and
 * auditors are shown, so that who has the first key, from the card, knows each
 * later one:
 *
 *   tally/<journal id, 64 hex>/succession
 *   size <entries before it> <base64 of their root>
 *   after <recv_us of the last of them>
 *   at <microseconds since 1970>
 *   from <the checkpoint key that ends, 64 hex>
 *   to <the one that follows, 64 hex>
 *   curve <the CURVE key that follows, 64 hex>
 *   by <who>
 *   why <text>
 *
 * signed as a checkpoint is, by both. What the old key signs of more entries
 * than *size* is nobody's word any more.
 */
#ifndef TALLY_PROTO_SUCCESSION_H
#define TALLY_PROTO_SUCCESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "proto/checkpoint.h"
#include "proto/hash.h"
#include "proto/reopening.h"
#include "proto/sign.h"

/* In a journal: each is shown to every office. */
#define SUCCESSIONS_MAX 32
/* In the collector's directory: all notes, one after the other. */
#define SUCCESSIONS_FILE "collector.successions"
/* by and why are as a reopening's (reopening_text_fits). */
#define SUCCESSION_BYTES_MAX 2048
#define SUCCESSIONS_BYTES_MAX (SUCCESSIONS_MAX * SUCCESSION_BYTES_MAX)

struct succession {
	struct hash journal;
	uint64_t size;
	struct hash root;
	uint64_t after_us, at_us;
	struct sign_key from, to;
	uint8_t curve[CURVE_KEY_BYTES];
	struct span by, why;
};

/* Appends the note; from and to are those of the pairs. The texts fit. */
void succession_sign(struct succession *succession, const struct sign_pair *old,
		     const struct sign_pair *next, struct strbuf *out);

/* What a note says; spans are the note's. ERR_INVALID: it is none;
 * ERR_DENIED: one of both keys has not signed it. */
int succession_open(struct span note, struct succession *out, struct err *err);

/* Takes the next note off a text that is one after the other; false: there is
 * no more. */
bool succession_next(struct span *rest, struct span *note);

/* ---- the keys that follow from a first one ---- */

struct key_chain {
	struct {
		struct sign_key key;
		uint64_t until;			/* entries; of the last: all */
		uint8_t curve[CURVE_KEY_BYTES]; /* of the first: zeros */
	} links[SUCCESSIONS_MAX + 1];
	size_t count;
};

void key_chain_begin(struct key_chain *chain, const struct sign_key *first);
/*
 * Adds what follows from the last key. 1: it does; 0: the note is of an earlier
 * key of the chain and says what is known, or of a key that is not in it.
 * ERR_DENIED: it is signed by a key of the chain, and is not to be believed.
 * ERR_INVALID: it is none, or not signed by both.
 */
int key_chain_add(struct key_chain *chain, struct span note,
		  struct succession *out, struct err *err);
/* All notes of a text, from the first key of its own if chain is empty. */
int key_chain_add_all(struct key_chain *chain, struct span notes,
		      struct err *err);

/* The key with which the collector signs now. */
const struct sign_key *key_chain_last(const struct key_chain *chain);
bool key_chain_has(const struct key_chain *chain, const struct sign_key *key);

/* As checkpoint_open, by the key that was the collector's at that size. */
int key_chain_open(const struct key_chain *chain, struct span note,
		   struct checkpoint *out, struct err *err);
/*
 * As reopening_check. seen: entries that were verified. What gives up some of
 * these must have been signed before the key went over to another: it may give
 * up no more than that one's place. Else it is enough that its own place is
 * before that; what is signed with the newer key must hold it.
 */
int key_chain_check_reopening(const struct key_chain *chain, struct span note,
			      uint64_t seen, struct err *err);

#endif
