/* Lines of signed texts: checkpoints, what says that a journal was opened
 * again, and that its collector has other keys. */
#ifndef TALLY_PROTO_LINES_H
#define TALLY_PROTO_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "base/strbuf.h"
#include "proto/hash.h"

/* The next line without its end; false: there is none. */
bool lines_next(struct span *rest, struct span *line);
/* What follows "<word> " in a line; false: it begins otherwise. */
bool lines_after(struct span line, const char *word, struct span *out);
/* Up to a blank, and what follows it; false: there is none. */
bool lines_part(struct span line, struct span *first, struct span *rest);

/* Decimal digits without leading zeros. */
bool lines_number(struct span text, uint64_t *out);
/* A hash in base64. */
bool lines_hash(struct span text, struct hash *out);

/* Takes the next line, which must be "<word> <number>". */
bool lines_take_number(struct span *text, const char *word, uint64_t *out);
/* "<word> <entries> <base64 of the root over them>" */
bool lines_take_size(struct span *text, const char *word, uint64_t *size,
		     struct hash *root);
/* "<word> <text>" */
bool lines_take_text(struct span *text, const char *word, struct span *out);

/* Appends such lines. */
void lines_add_size(struct strbuf *out, const char *word, uint64_t size,
		    const struct hash *root);
void lines_add_text(struct strbuf *out, const char *word, struct span text);

#endif
