/* What the outbox learns from the collector: receipts, and recalled batches. */
#include "store/outbox.h"

#include "store/outbox_heads.h"
#include "store/outbox_parts.h"

/* ---- receipts ---- */

static int check_receipt(const struct receipt *receipt, size_t count,
			 struct err *err)
{
	if (receipt->verdict_count == count)
		return 0;
	return err_set(err, ERR_INVALID,
		       "the receipt for batch %llu has %zu verdicts for %zu "
		       "statements",
		       (unsigned long long)receipt->sequence,
		       receipt->verdict_count, count);
}

static int deliver_item(struct db_txn *txn, struct outbox_meta *meta,
			struct outbox_item *item, const struct receipt *receipt,
			struct arena *arena, struct err *err)
{
	struct u64_key key = outbox_key(item->number);
	int rc;

	item->delivered = true;
	item->index = receipt->index;
	item->recv_us = receipt->recv_us;
	item->verdict = receipt->verdicts[item->n];
	if (item->verdict)
		meta->counts.refused++;
	else
		meta->counts.delivered++;
	rc = outbox_put_state(txn, item, err);
	if (!rc)
		rc = db_delete(txn, OUTBOX_DOUBT, outbox_key_span(&key), err);
	return rc ? rc : outbox_heads_delivered(txn, item, arena, err);
}

/* The item is as before its receipt, which no longer holds. */
int outbox_take_back(struct db_txn *txn, struct outbox_meta *meta,
		     struct outbox_item *item, struct arena *arena,
		     struct err *err)
{
	int rc;

	if (!item->delivered)
		return outbox_damaged(err, "state of a statement");
	if (item->verdict)
		meta->counts.refused--;
	else
		meta->counts.delivered--;
	meta->counts.sealed++;
	item->delivered = false;
	item->index = item->recv_us = 0;
	item->verdict = 0;
	rc = outbox_put_state(txn, item, err);
	return rc ? rc : outbox_heads_taken_back(txn, item, arena, err);
}

/*
 * A collector that lost what it had not signed yet takes the batch again, at
 * another place, or at the same one at another time. What is proved does not
 * move.
 */
static int moves(struct db_txn *txn, uint64_t sequence,
		 const struct outbox_sent *sent, const struct receipt *receipt,
		 struct arena *arena, bool *out, struct err *err)
{
	struct outbox_item first = { 0 };
	uint64_t proved = 0;
	int rc = outbox_proved_to(txn, &proved, err);

	if (!rc)
		rc = outbox_copy_item(txn, sent->numbers[0], arena, &first,
				      err);
	arena_reset(arena);
	*out = sequence > proved && (receipt->index != first.index ||
				     receipt->recv_us != first.recv_us);
	return rc;
}

static int take_receipt(struct db_txn *txn, struct outbox_meta *meta,
			uint64_t base, const struct receipt *receipt,
			struct arena *numbers, struct arena *scratch,
			bool *changed, struct err *err)
{
	struct outbox_sent sent = { 0 };
	bool again = false;
	int rc = outbox_get_sent(txn, base + receipt->sequence, numbers, &sent,
				 err);

	if (rc == ERR_NOTFOUND)
		return err_set(err, ERR_ORDER,
			       "a receipt for batch %llu, which was never "
			       "sealed here",
			       (unsigned long long)receipt->sequence);
	if (!rc && sent.delivered)
		rc = moves(txn, base + receipt->sequence, &sent, receipt,
			   scratch, &again, err);
	if (rc || (sent.delivered && !again))
		return rc;
	rc = check_receipt(receipt, sent.count, err);
	for (size_t i = 0; i < sent.count && !rc; i++) {
		struct outbox_item item = { 0 };

		rc = outbox_copy_item(txn, sent.numbers[i], scratch, &item,
				      err);
		if (!rc && again)
			rc = outbox_take_back(txn, meta, &item, scratch, err);
		if (!rc)
			rc = deliver_item(txn, meta, &item, receipt, scratch,
					  err);
		meta->counts.sealed--;
		arena_reset(scratch);
	}
	sent.delivered = *changed = true;
	sent.index = receipt->index;
	return rc ? rc :
		    outbox_put_sent(txn, base + receipt->sequence, &sent, err);
}

/* In a transaction that it ends. base: of the receipts' key. */
static int take_receipts(struct db_txn *txn, uint64_t base,
			 const struct receipt *receipts, size_t count,
			 struct err *err)
{
	struct arena numbers, scratch;
	struct outbox_meta meta = { 0 };
	bool changed = false;
	int rc;

	arena_init(&numbers, OUTBOX_SCRATCH_BYTES);
	arena_init(&scratch, OUTBOX_SCRATCH_BYTES);
	rc = outbox_meta_read(txn, &meta, err);
	for (size_t i = 0; i < count && !rc; i++) {
		rc = take_receipt(txn, &meta, base, &receipts[i], &numbers,
				  &scratch, &changed, err);
		arena_reset(&numbers);
	}
	if (!rc && changed) {
		rc = outbox_meta_write(txn, &meta, err);
		if (rc)
			db_abort(txn);
		else
			rc = db_commit(txn, err);
	} else {
		db_abort(txn); /* failed, or nothing that was not known */
	}
	arena_release(&numbers);
	arena_release(&scratch);
	return rc;
}

int outbox_receipts(struct outbox *outbox, const struct receipt *receipts,
		    size_t count, struct err *err)
{
	struct db_txn *txn;
	uint64_t base = 0;
	int rc = db_begin(outbox->db, true, &txn, err);

	if (rc)
		return rc;
	rc = outbox_base(txn, &base, err);
	if (rc) {
		db_abort(txn);
		return rc;
	}
	return take_receipts(txn, base, receipts, count, err);
}

/* ---- of keys before this one ---- */

struct formers {
	struct db_txn *txn;
	uint64_t after, base;
	struct outbox_former found;
	struct arena arena;
	struct err *err;
};

/* Ends behind the last one that follows the first. */
static int add_former(void *arg, struct span key, struct span value)
{
	struct formers *formers = arg;
	struct outbox_former *found = &formers->found;
	struct outbox_sent sent = { 0 };
	struct batch batch;
	uint64_t sequence;
	int rc;

	if (key.len != 8)
		return outbox_damaged(formers->err, "number of a batch");
	sequence = load_u64(key.data);
	if (sequence > formers->base)
		return 1;
	if (sequence <= formers->after)
		return 0;
	arena_reset(&formers->arena);
	rc = outbox_get_sent(formers->txn, sequence, &formers->arena, &sent,
			     formers->err);
	if (!rc && sent.delivered)
		return found->count != 0;
	if (!rc)
		rc = wire_decode_batch(value, &formers->arena, &batch,
				       formers->err);
	if (rc)
		return rc;
	if (!found->count) {
		found->key = batch.header.key;
		found->from = batch.header.sequence;
		found->sequence = sequence;
	} else if (!hash_equal(&found->key, &batch.header.key) ||
		   found->from + found->count != batch.header.sequence) {
		return 1;
	}
	found->count++;
	return 0;
}

int outbox_former(struct outbox *outbox, uint64_t after,
		  struct outbox_former *out, struct err *err)
{
	struct formers formers = { .after = after, .err = err };
	int rc = db_begin(outbox->db, false, &formers.txn, err);

	if (rc)
		return rc;
	arena_init(&formers.arena, OUTBOX_SCRATCH_BYTES);
	rc = outbox_base(formers.txn, &formers.base, err);
	if (!rc && formers.base)
		rc = db_scan(formers.txn, OUTBOX_BATCH, span_of(NULL, 0), false,
			     add_former, &formers, err);
	db_abort(formers.txn);
	arena_release(&formers.arena);
	if (rc < 0)
		return rc;
	if (!formers.found.count)
		return err_set(err, ERR_NOTFOUND, "no batch of a former key");
	*out = formers.found;
	return 0;
}

/* Is it the one that was sealed here? Texts may be blotted out in it. */
static int is_former(struct db_txn *txn, uint64_t sequence, struct span batch,
		     struct err *err)
{
	struct outbox_sent sent = { 0 };
	struct batch told = { 0 };
	struct arena arena;
	int rc;

	arena_init(&arena, OUTBOX_SCRATCH_BYTES);
	rc = outbox_get_sent(txn, sequence, &arena, &sent, err);
	if (!rc)
		rc = wire_decode_batch(batch, &arena, &told, err);
	if (!rc && !hash_equal(&told.name, &sent.name))
		rc = ERR_NOTFOUND;
	arena_release(&arena);
	return rc;
}

int outbox_former_receipt(struct outbox *outbox,
			  const struct outbox_former *former,
			  const struct recalled *recalled, struct err *err)
{
	uint64_t n = recalled->receipt.sequence - former->from;
	struct db_txn *txn;
	int rc = db_begin(outbox->db, true, &txn, err);

	if (rc)
		return rc;
	rc = n < former->count ? is_former(txn, former->sequence + n,
					   recalled->batch, err) :
				 ERR_NOTFOUND;
	if (rc == ERR_NOTFOUND)
		rc = err_set(err, ERR_INVALID,
			     "the collector has another batch of a former key");
	if (rc) {
		db_abort(txn);
		return rc;
	}
	return take_receipts(txn, former->sequence - former->from,
			     &recalled->receipt, 1, err);
}

/* ---- restoring ---- */

/* The item's number by its salt; 0 if it is not here. */
static int find_salt(struct db_txn *txn, const uint8_t salt[SALT_BYTES],
		     uint64_t *number, struct err *err)
{
	struct span value;
	int rc = db_get(txn, OUTBOX_SALT, span_of(salt, SALT_BYTES), &value,
			err);

	if (rc && rc != ERR_NOTFOUND)
		return rc;
	*number = !rc && value.len == 8 ? load_u64(value.data) : 0;
	return 0;
}

/* Takes one that waits off the list of what waits: it was sent before the
 * backup that this directory was restored from ends. */
static int claim_waiting(struct db_txn *txn, struct outbox_meta *meta,
			 struct outbox_item *item, struct arena *arena,
			 struct err *err)
{
	struct u64_key key = outbox_key(item->number);
	struct outbox_item before;
	int rc = outbox_copy_item(txn, item->number, arena, &before, err);

	if (rc)
		return rc;
	if (before.sequence || before.delivered)
		return err_set(err, ERR_ORDER,
			       "a statement of the recalled batch was sealed "
			       "here in batch %llu",
			       (unsigned long long)before.sequence);
	item->saved_us = before.saved_us;
	meta->counts.waiting--;
	meta->counts.bytes_waiting -= outbox_bytes(&before.sealed);
	return db_delete(txn, OUTBOX_WAITING, outbox_key_span(&key), err);
}

static int restore_item(struct db_txn *txn, struct outbox_meta *meta,
			struct outbox_item *item, const struct receipt *receipt,
			struct arena *arena, struct err *err)
{
	struct u64_key number;
	int rc = find_salt(txn, item->sealed.salt, &item->number, err);

	if (!rc && item->number) {
		rc = claim_waiting(txn, meta, item, arena, err);
	} else if (!rc) {
		item->number = meta->next_number++;
		number = outbox_key(item->number);
		rc = db_put(txn, OUTBOX_SALT,
			    span_of(item->sealed.salt, SALT_BYTES),
			    outbox_key_span(&number), err);
	}
	if (!rc)
		rc = outbox_put_content(txn, item, err);
	return rc ? rc : deliver_item(txn, meta, item, receipt, arena, err);
}

static int restore_in(struct db_txn *txn, const struct recalled *recalled,
		      const struct batch *batch, struct arena *arena,
		      struct err *err)
{
	struct outbox_sent sent = { .name = batch->name,
				    .delivered = true,
				    .index = recalled->receipt.index,
				    .count = batch->header.count };
	struct arena numbers;
	struct outbox_meta meta = { 0 };
	struct u64_key key;
	uint64_t base = 0, sequence;
	int rc = outbox_meta_read(txn, &meta, err);

	if (!rc)
		rc = outbox_base(txn, &base, err);
	if (rc)
		return rc;
	sequence = base + batch->header.sequence;
	key = outbox_key(sequence);
	if (sequence != meta.next_sequence ||
	    !hash_equal(&batch->header.prev, &meta.head))
		return err_set(err, ERR_ORDER,
			       "recalled batch %llu does not follow the chain, "
			       "which wants %llu",
			       (unsigned long long)batch->header.sequence,
			       (unsigned long long)(meta.next_sequence - base));
	arena_init(&numbers, OUTBOX_SCRATCH_BYTES);
	sent.numbers = arena_array(&numbers, sent.count, sizeof(*sent.numbers));
	if (!sent.numbers) {
		arena_release(&numbers);
		return err_set(err, ERR_NOMEM,
			       "no memory to take a batch back");
	}
	for (size_t i = 0; i < sent.count && !rc; i++) {
		struct outbox_item item = {
			.saved_us = batch->header.sent_us,
			.sealed = batch->sealed[i],
			.sequence = sequence,
			.n = (uint32_t)i,
		};

		rc = restore_item(txn, &meta, &item, &recalled->receipt, arena,
				  err);
		sent.numbers[i] = item.number;
		arena_reset(arena);
	}
	if (!rc)
		rc = outbox_put_sent(txn, sequence, &sent, err);
	if (!rc)
		rc = db_put(txn, OUTBOX_BATCH, outbox_key_span(&key),
			    recalled->batch, err);
	meta.next_sequence++;
	meta.head = batch->name;
	if (!rc)
		rc = outbox_meta_write(txn, &meta, err);
	arena_release(&numbers);
	return rc;
}

int outbox_restore(struct outbox *outbox, const struct recalled *recalled,
		   const struct batch *batch, struct err *err)
{
	struct arena arena;
	struct db_txn *txn;
	int rc = outbox_check_sender(outbox, err);

	if (!rc)
		rc = check_receipt(&recalled->receipt, batch->header.count,
				   err);
	if (!rc && recalled->receipt.sequence != batch->header.sequence)
		rc = err_set(err, ERR_INVALID,
			     "the receipt is not of the recalled batch");
	if (!rc)
		rc = db_begin(outbox->db, true, &txn, err);
	if (rc)
		return rc;
	arena_init(&arena, OUTBOX_SCRATCH_BYTES);
	rc = restore_in(txn, recalled, batch, &arena, err);
	rc = db_finish(txn, rc, err);
	arena_release(&arena);
	return rc;
}
