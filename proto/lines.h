/* Lines of signed texts: checkpoints, and what says that a journal was opened
 * again. */
#ifndef TALLY_PROTO_LINES_H
#define TALLY_PROTO_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
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

#endif
