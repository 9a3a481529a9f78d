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

/* "report", "review", .. */
const char *say_kind(enum statement_kind kind, enum lang lang);
/* A reviewer's word as people read it; another status stays as it is. */
struct span say_status(struct span status, enum lang lang);

/* Untrusted text: control characters become blanks. */
void say_plain(struct strbuf *out, struct span text);

/* What it says of a figure; NULL: it says nothing of one. */
const struct report *say_report(const struct statement *said);

/* "2 days 3 h", "12 min", "4 s": the two largest parts, rounded down. */
void say_duration(uint64_t us, enum lang lang, struct strbuf *out);

/* One line without its end: "report jobs baima 2024M06: 118". Control
 * characters of what an office wrote become blanks. */
void say_statement(const struct statement *said, enum lang lang,
		   struct strbuf *out);
/* Members kind, target, unit, period, item, cells, status. */
void say_statement_json(const struct statement *said, struct strbuf *out);

/* A statement and what became of it. */
struct say_receipt {
	uint64_t entry, recv_us;
	uint32_t n;
	uint16_t verdict;
	const struct batch *batch;
	const struct statement *said; /* all zero: it is malformed */
	struct span unit;	      /* that its office sits in, or empty */
	unsigned hidden; /* texts that were redacted: 1 << wire_text_number */
};

/* Lines: what it says, its verdict, both clocks, office, hash, free texts. */
void say_receipt(const struct say_receipt *receipt, int zone_minutes,
		 enum lang lang, struct strbuf *out);
/* The i-th of its texts; empty: it has none, or it was redacted. NULL past the
 * last, else its name. */
const char *say_receipt_text(const struct say_receipt *receipt, size_t i,
			     struct span *out);
/* Opens an object with all of that, which the caller ends. */
void say_receipt_json(const struct say_receipt *receipt, struct strbuf *out);
/* "7.0" */
#define SAY_RECEIPT_BYTES 40
void say_receipt_id(uint64_t entry, uint32_t n, char out[SAY_RECEIPT_BYTES]);

/* "english" or "chinese", by lang. */
const char *say_in(enum lang lang, const char *english, const char *chinese);

/* "name":"hex" as a member of an open JSON object. */
void say_hash_json(struct strbuf *out, const char *name,
		   const struct hash *hash);
void say_text_json(struct strbuf *out, const char *name, struct span text);
void say_u64_json(struct strbuf *out, const char *name, uint64_t number);

#endif
