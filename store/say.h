/* What statements say, in words for people and in JSON. */
#ifndef TALLY_STORE_SAY_H
#define TALLY_STORE_SAY_H

#include <stdint.h>

#include "base/strbuf.h"
#include "proto/figure/words.h"
#include "proto/hash.h"
#include "proto/wire.h"
#include "store/lookup.h"

#define SAY_MOMENT_BYTES 40
/* "2024-07-05 09:00:00.000000 +08:00" */
void say_moment(uint64_t us, int zone_minutes, char out[SAY_MOMENT_BYTES]);

/* One line without its end: "report jobs baima 2024M06: 118". Control
 * characters of what an office wrote become blanks. */
void say_statement(const struct statement *said, enum lang lang,
		   struct strbuf *out);
/* Members kind, target, unit, period, item, cells, status. */
void say_statement_json(const struct statement *said, struct strbuf *out);

/* Members receipt, verdict, received_us, sent_us, office, sequence, hash,
 * those above, reason, note, text. verdict: see lookup_verdict. */
void say_found_json(const struct looked_up *found, uint32_t n, unsigned verdict,
		    struct strbuf *out);

/* "english" or "chinese", by lang. */
const char *say_in(enum lang lang, const char *english, const char *chinese);

/* "name":"hex" as a member of an open JSON object. */
void say_hash_json(struct strbuf *out, const char *name,
		   const struct hash *hash);
void say_text_json(struct strbuf *out, const char *name, struct span text);
void say_u64_json(struct strbuf *out, const char *name, uint64_t number);

#endif
