/*
 * The sequencer gives each batch its place in the one order, makes it durable
 * and has it folded. A small table of functions: nothing else knows which kind
 * of sequencer runs. `local` (sequencer_local.c) orders by arrival in this
 * process's own journal.
 *
 * Admission is the fold's. What is submitted is answered at once with what
 * admission says; what was taken is told through `applied` or `no_room` when
 * the group is settled, in order.
 */
#ifndef TALLY_COLLECTOR_SEQUENCER_H
#define TALLY_COLLECTOR_SEQUENCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/talk.h"
#include "store/fold.h"
#include "store/journal.h"
#include "store/tables.h"

/* What a settled group tells. tag is what was submitted with the batch. */
struct sequencer_told {
	/* Durable and folded. puts grew by what the fold says of it, from
	 * puts_from on; the receipt's verdicts live until the call returns. */
	void (*applied)(void *ctx, void *tag, enum admission admission,
			const struct batch *batch,
			const struct receipt *receipt, size_t puts_from);
	/* Any entry, durable and folded, by its leaf hash; in order. */
	void (*entry)(void *ctx, const struct hash *leaf);
	/* Forgotten: the disk is full. */
	void (*no_room)(void *ctx, void *tag, const struct batch *batch);
	void *ctx;
};

struct sequencer {
	/*
	 * Admits a checked batch, whose memory must live until the group is
	 * settled. bytes as received, needed during the call only. recv_us is
	 * raised to what the order asks for. Settles by itself when the group
	 * is full, the batch must end it, or a state entry goes before it.
	 */
	int (*submit)(void *self, void *tag, const struct batch *batch,
		      struct span bytes, uint64_t recv_us,
		      enum admission *admission, struct err *err);
	/* Writes, syncs, folds and tells the group. An error is the end: exit
	 * without another word, start again. */
	int (*settle)(void *self, struct err *err);
	void (*free)(void *self);
	void *self;
};

/* Owns neither; puts receives what the fold says. */
int sequencer_local_new(struct journal *journal, struct fold *fold,
			struct puts *puts, const struct sequencer_told *told,
			struct sequencer *out, struct err *err);

#endif
