/*
 * Making statements: salts, hashes of texts, bodies. Pure but for the random
 * bytes of salts.
 */
#ifndef TALLY_AGENT_STATEMENT_H
#define TALLY_AGENT_STATEMENT_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "proto/wire.h"

/* Free text of a statement: name is text, reason or note. */
struct said_text {
	const char *name;
	struct span text; /* empty: not said */
};

/*
 * The statement as it will be sealed: a fresh salt, the texts with salts of
 * their own, the body with their hashes. All in the arena, which must
 * outlive *out. statement's texts are set by this.
 */
int statement_make(struct statement *statement, const struct said_text *texts,
		   size_t count, struct arena *arena, struct sealed *out,
		   struct err *err);

/* What a report, review or adjustment is of: two with the same place are
 * versions of each other. Adjustments of two names stand beside each other. */
void statement_place(enum statement_kind kind, const struct report *report,
		     struct strbuf *out);

/* The first BASE_BYTES of a salt, pointing into it. */
struct span statement_base(const uint8_t salt[SALT_BYTES]);

#endif
