/* What the journal holds, and what offices were shown to be in it for good. */
#ifndef TALLY_TESTS_SIM_RECORD_H
#define TALLY_TESTS_SIM_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/hash.h"
#include "proto/wire.h"
#include "store/fold.h"

/* ---- record.c ---- */

/* A statement in a batch that was taken, in the order of the journal. */
struct said {
	uint8_t salt[SALT_BYTES];
	size_t entry;
	uint32_t n;
	enum statement_kind kind;
	uint16_t verdict; /* once it is judged */
	uint64_t recv_us;
	struct hash key; /* of the office */
	uint64_t sequence;
};

struct record {
	struct hash *roots; /* of the journal before each entry, and at last */
	size_t size;
	size_t kept; /* where it was opened again first; SIZE_MAX: nowhere */
	struct said *said;
	size_t said_count;
	size_t reopened, succeeded; /* how often */
};

void record_read(struct record *record);
void record_release(struct record *record);
/* Each statement's verdict, as a replay has it. */
void record_judge(struct record *record, const struct table_reader *tables);
/* NULL: there is none. */
const struct said *record_at(const struct record *record, uint64_t entry,
			     uint32_t n);
/* The next with that salt behind one of them, NULL: the first. */
const struct said *record_find(const struct record *record,
			       const uint8_t salt[SALT_BYTES],
			       const struct said *behind);

/* ---- firm.c ---- */

/* A statement that was acknowledged, and that its office has seen proved to be
 * under a checkpoint: it is there for good. */
struct firm {
	uint8_t salt[SALT_BYTES];
	unsigned office;
	uint64_t index, recv_us;
	uint32_t n;
	uint16_t verdict;
};

void firm_forget(void); /* a new run */
/* One after the other; NULL: there is no more. */
const struct firm *firm_next(size_t *pos);

#endif
