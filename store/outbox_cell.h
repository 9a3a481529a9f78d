/*
 * What the outbox keeps of a cell: what the collector is known to have, and
 * the numbers of the office's own reports that are not delivered yet, in order
 * of saving. The last of these is the head of the cell; a refused one falls
 * out, and what is before it is the head again. Pure; inside the outbox.
 *
 *   u32 count and u64 numbers; then, if anything is known: salt, u64 index,
 *   u32 n, u64 recv_us, texts target, unit, period, item, status, reason, and
 *   cells; then text, review; then status, cells and review of what was
 *   judged before
 *
 * texts are u32 length and bytes; cells u32 count and two texts each; a review
 * u64 index, u32 n, u64 recv_us, texts unit and reason. Records of before
 * there were reviews in them end behind their cells.
 */
#ifndef TALLY_STORE_OUTBOX_CELL_H
#define TALLY_STORE_OUTBOX_CELL_H

#include "base/strbuf.h"
#include "store/outbox.h"

struct cell_record {
	uint64_t *pending; /* the arena's, with room for one more */
	size_t pending_count;
	bool is_known;
	struct head known;
};

void cell_record_write(const struct cell_record *record, struct strbuf *out);
/* Reads from a copy in the arena, so that the record outlives the next put and
 * the transaction. */
int cell_record_read(struct span value, struct arena *arena,
		     struct cell_record *out, struct err *err);

/* What a slice or a receipt says of the cell: the newer version stays, of one
 * version the newer review, and texts that were once looked up. */
void cell_record_learn(struct cell_record *record, const struct head *head);
/* A review of the version that is known. */
void cell_record_review(struct cell_record *record, struct span status,
			const struct head_review *review);

#endif
