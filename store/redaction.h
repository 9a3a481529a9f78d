/*
 * Redactions: what TABLE_REDACTION says of a text that was to be blotted out.
 * docs/journal.md has the bytes.
 */
#ifndef TALLY_STORE_REDACTION_H
#define TALLY_STORE_REDACTION_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "proto/hash.h"
#include "store/tables.h"

#define REDACTION_FORMAT 1
#define REDACTION_KEY_BYTES 13	 /* u64 entry, u32 n, u8 text */
#define REDACTION_VALUE_BYTES 53 /* u8 format, u64, u32, u64, hash[32] */

struct redaction {
	uint64_t entry; /* whose text */
	uint32_t n;
	unsigned text;	   /* as wire_text_number */
	uint64_t by_entry; /* the statement that says so */
	uint32_t by_n;
	uint64_t recv_us;
	struct hash key; /* of its office */
};

void redaction_write(const struct redaction *redaction,
		     uint8_t key[REDACTION_KEY_BYTES],
		     uint8_t value[REDACTION_VALUE_BYTES]);
int redaction_read(struct span key, struct span value, struct redaction *out,
		   struct err *err); /* ERR_CORRUPT */
/* ERR_NOTFOUND: nobody redacted that text. */
int redaction_find(const struct table_reader *reader, uint64_t entry,
		   uint32_t n, unsigned text, struct redaction *out,
		   struct err *err);
/* Which texts of a statement somebody redacted, 1 << text for each, blotted out
 * already or not: nobody shows them. */
int redaction_texts(const struct table_reader *reader, uint64_t entry,
		    uint32_t n, unsigned *out, struct err *err);

#endif
