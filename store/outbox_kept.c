/* What the outbox still has of what the collector acknowledged. */
#include "store/outbox.h"

#include "store/outbox_parts.h"

struct visiting {
	struct db_txn *txn;
	struct arena arena;
	uint64_t from;
	int (*visit)(void *arg, const struct outbox_delivered *delivered);
	void *arg;
	struct err *err;
};

static int visit_batch(void *arg, struct span key, struct span value)
{
	struct visiting *visiting = arg;
	struct outbox_delivered delivered = { .batch = value };
	struct outbox_sent sent = { 0 };
	struct outbox_item item = { 0 };
	int rc;

	if (key.len != 8)
		return outbox_damaged(visiting->err, "number of a batch");
	delivered.sequence = load_u64(key.data);
	arena_reset(&visiting->arena);
	rc = outbox_get_sent(visiting->txn, delivered.sequence,
			     &visiting->arena, &sent, visiting->err);
	if (rc)
		return rc;
	if (!sent.delivered || sent.index < visiting->from)
		return 0;
	if (!sent.count)
		return outbox_damaged(visiting->err, "record of a batch");
	/* When it was received is kept with its statements. */
	item.number = sent.numbers[0];
	rc = outbox_read_state(visiting->txn, &item, visiting->err);
	if (rc)
		return rc;
	delivered.index = sent.index;
	delivered.recv_us = item.recv_us;
	return visiting->visit(visiting->arg, &delivered);
}

int outbox_kept(struct outbox *outbox, uint64_t from,
		int (*visit)(void *arg,
			     const struct outbox_delivered *delivered),
		void *arg, struct err *err)
{
	struct visiting visiting = {
		.from = from, .visit = visit, .arg = arg, .err = err
	};
	int rc = db_begin(outbox->db, false, &visiting.txn, err);

	if (rc)
		return rc;
	arena_init(&visiting.arena, OUTBOX_SCRATCH_BYTES);
	rc = db_scan(visiting.txn, OUTBOX_BATCH, span_of(NULL, 0), false,
		     visit_batch, &visiting, err);
	db_abort(visiting.txn);
	arena_release(&visiting.arena);
	return rc;
}
