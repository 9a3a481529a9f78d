/*
 * Verification: is every entry of a journal what its office signed, in the
 * order in which it was signed, and is the journal one that every office
 * could have seen? Nothing is decided here; that is replay's part.
 */
#ifndef TALLY_AUDIT_VERIFY_H
#define TALLY_AUDIT_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/chains.h"
#include "audit/reopenings.h"
#include "base/arena.h"
#include "base/err.h"
#include "proto/merkle.h"
#include "store/journal.h"

/* A text that is zeros. */
struct blotted {
	uint64_t entry;
	uint32_t n;
	unsigned text; /* as wire_text_number */
	char file[64];
	uint64_t offset;
};

struct verification {
	/* what was found */
	struct hash journal;
	uint64_t entries, batches, statements, forks, seen;
	uint64_t unknown; /* seen roots of what a reopening says is lost */
	struct reopenings reopenings;
	struct strbuf successions; /* notes, one after the other */
	bool broken; /* a reopening, and since then only successions */
	int zone_minutes;
	uint64_t torn_bytes;
	struct hash root;
	/* the first bad record; what is empty if all is well */
	char file[64];
	uint64_t offset, index;
	char what[ERR_MSG_BYTES_MAX];
	/* texts that are blotted out; who said so is not looked into here */
	struct blotted *blotted;
	size_t blotted_count, blotted_size;
	/* on the way */
	struct frontier frontier;
	struct hash *roots; /* by size */
	size_t roots_size;
	struct chains chains;
	struct arena arena;
	uint64_t recv_us;
};

void verification_init(struct verification *verification);
void verification_release(struct verification *verification);

/*
 * Reads a whole journal. 0: all is well. ERR_CORRUPT: something is bad, and
 * said which. Other errors: it could not be read.
 */
int verification_run(struct verification *verification, const char *dir,
		     bool torn_tail, struct err *err);

#endif
