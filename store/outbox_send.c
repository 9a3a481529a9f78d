/* The sender's side of the outbox: sealing, receipts, what is kept. */
#include "store/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "store/keyfile.h"
#include "store/outbox_parts.h"

/* In a batch beside its statements: header, signature, key, tags. */
#define BATCH_BYTES 512
#define SENT_BYTES (HASH_BYTES + 1 + 8)
#define FORGET_MAX 4096 /* in one transaction */
#define SCRATCH_BYTES ((size_t)64 * 1024 * 1024)

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to send");
}

int outbox_lock_sender(struct outbox *outbox, struct err *err)
{
	if (outbox->sender >= 0)
		return 0;
	return lock_take(outbox->dir, "sender.lock", &outbox->sender, err);
}

static int check_sender(const struct outbox *outbox, struct err *err)
{
	if (outbox->sender >= 0)
		return 0;
	return err_set(err, ERR_LOCKED,
		       "only who holds the sender's lock may seal");
}

/* ---- what is known of a batch ---- */

struct sent {
	struct hash name;
	bool delivered;
	uint64_t index;
	uint64_t *numbers; /* of its items; the arena's */
	size_t count;
};

static int get_sent(struct db_txn *txn, uint64_t sequence, struct arena *arena,
		    struct sent *out, struct err *err)
{
	struct u64_key key = outbox_key(sequence);
	struct sent sent = { 0 };
	struct reader reader;
	struct span value;
	int rc = db_get(txn, OUTBOX_SENT, outbox_key_span(&key), &value, err);

	if (rc)
		return rc;
	if (value.len < SENT_BYTES || (value.len - SENT_BYTES) % 8)
		return err_set(err, ERR_CORRUPT,
			       "the outbox is damaged: batch %llu is not as it "
			       "was written",
			       (unsigned long long)sequence);
	reader_init(&reader, value);
	read_copy(&reader, sent.name.bytes, HASH_BYTES);
	sent.delivered = read_u8(&reader) != 0;
	sent.index = read_u64(&reader);
	sent.count = reader_left(&reader) / 8;
	sent.numbers = arena_array(arena, sent.count, sizeof(*sent.numbers));
	if (!sent.numbers)
		return no_memory(err);
	for (size_t i = 0; i < sent.count; i++)
		sent.numbers[i] = read_u64(&reader);
	*out = sent;
	return 0;
}

static int put_sent(struct db_txn *txn, uint64_t sequence,
		    const struct sent *sent, struct err *err)
{
	size_t len = SENT_BYTES + 8 * sent->count;
	struct u64_key key = outbox_key(sequence);
	uint8_t *bytes = malloc(len);
	struct writer writer;
	int rc;

	if (!bytes)
		return no_memory(err);
	writer_init(&writer, bytes, len);
	write_bytes(&writer, sent->name.bytes, HASH_BYTES);
	write_u8(&writer, sent->delivered);
	write_u64(&writer, sent->index);
	for (size_t i = 0; i < sent->count; i++)
		write_u64(&writer, sent->numbers[i]);
	rc = db_put(txn, OUTBOX_SENT, outbox_key_span(&key),
		    span_of(bytes, len), err);
	free(bytes);
	return rc;
}

/* ---- sealing ---- */

struct gather {
	uint64_t *numbers;
	size_t count, count_max;
	size_t bytes, bytes_max;
};

/* Stops at the first that does not fit: the order of saving is kept. */
static int gather_one(void *arg, struct span key, struct span value)
{
	struct gather *gather = arg;
	size_t bytes;

	if (key.len != 8 || value.len != 4)
		return ERR_CORRUPT;
	bytes = load_u32(value.data);
	if (gather->count == gather->count_max ||
	    bytes > gather->bytes_max - gather->bytes)
		return 1;
	gather->bytes += bytes;
	gather->numbers[gather->count++] = load_u64(key.data);
	return 0;
}

static int gather_waiting(struct db_txn *txn, size_t count_max,
			  size_t bytes_max, struct arena *arena,
			  struct gather *out, struct err *err)
{
	struct gather gather = { .count_max = count_max };
	int rc;

	if (count_max > WIRE_STATEMENTS_MAX)
		gather.count_max = WIRE_STATEMENTS_MAX;
	if (bytes_max > WIRE_BATCH_BYTES_MAX)
		bytes_max = WIRE_BATCH_BYTES_MAX;
	if (bytes_max > BATCH_BYTES)
		gather.bytes_max = bytes_max - BATCH_BYTES;
	gather.numbers =
		arena_array(arena, gather.count_max, sizeof(*gather.numbers));
	if (!gather.numbers)
		return no_memory(err);
	rc = db_scan(txn, OUTBOX_WAITING, span_of(NULL, 0), false, gather_one,
		     &gather, err);
	if (rc == ERR_CORRUPT)
		return err_set(err, rc,
			       "the outbox is damaged: what waits is not as it "
			       "was written");
	if (rc < 0)
		return rc;
	if (!gather.count)
		return err_set(err, ERR_NOTFOUND, "nothing waits to be sent");
	*out = gather;
	return 0;
}

/* Marks the items as sealed. */
static int move_sealed(struct db_txn *txn, const struct gather *gather,
		       uint64_t sequence, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < gather->count && !rc; i++) {
		struct u64_key key = outbox_key(gather->numbers[i]);
		const struct outbox_item item = {
			.number = gather->numbers[i],
			.sequence = sequence,
			.n = (uint32_t)i,
		};

		rc = db_delete(txn, OUTBOX_WAITING, outbox_key_span(&key), err);
		if (!rc)
			rc = outbox_put_state(txn, &item, err);
	}
	return rc;
}

/* Keeps the sealed batch and moves the chain's end and the counters on. */
static int keep_batch(struct db_txn *txn, struct outbox_meta *meta,
		      const struct gather *gather, const struct hash *name,
		      struct span batch, struct err *err)
{
	struct u64_key key = outbox_key(meta->next_sequence);
	const struct sent sent = { .name = *name,
				   .numbers = gather->numbers,
				   .count = gather->count };
	int rc = move_sealed(txn, gather, meta->next_sequence, err);

	if (!rc)
		rc = put_sent(txn, meta->next_sequence, &sent, err);
	if (!rc)
		rc = db_put(txn, OUTBOX_BATCH, outbox_key_span(&key), batch,
			    err);
	meta->next_sequence++;
	meta->head = *name;
	meta->counts.waiting -= gather->count;
	meta->counts.sealed += gather->count;
	meta->counts.bytes_waiting -= gather->bytes;
	return rc ? rc : outbox_meta_write(txn, meta, err);
}

static int seal_in(struct db_txn *txn, struct gather *gather,
		   struct seal_header *header, const struct sign_pair *pair,
		   struct strbuf *batch, struct arena *arena, struct err *err)
{
	struct sealed *sealed =
		arena_array(arena, gather->count, sizeof(*sealed));
	struct outbox_meta meta = { 0 };
	struct hash name;
	int rc;

	if (!sealed)
		return no_memory(err);
	rc = outbox_meta_read(txn, &meta, err);
	for (size_t i = 0; i < gather->count && !rc; i++) {
		struct outbox_item item = { 0 };

		rc = outbox_get_item(txn, gather->numbers[i], arena, &item,
				     err);
		if (!rc)
			sealed[i] = item.sealed;
	}
	if (rc)
		return rc;
	header->sequence = meta.next_sequence;
	header->prev = meta.head;
	header->count = (uint32_t)gather->count;
	rc = wire_seal_batch(header, sealed, pair, batch, &name, err);
	if (rc)
		return rc;
	return keep_batch(txn, &meta, gather, &name, strbuf_span(batch), err);
}

int outbox_seal(struct outbox *outbox, const struct seal_header *header,
		const struct sign_pair *pair, size_t count_max,
		size_t bytes_max, struct arena *arena, struct span *batch,
		uint64_t *sequence, struct err *err)
{
	struct seal_header filled = *header;
	struct arena scratch;
	struct gather gather = { 0 };
	struct db_txn *txn;
	struct strbuf bytes;
	const void *copy = NULL;
	int rc = check_sender(outbox, err);

	if (!rc)
		rc = db_begin(outbox->db, true, &txn, err);
	if (rc)
		return rc;
	arena_init(&scratch, SCRATCH_BYTES);
	strbuf_init(&bytes, 0);
	rc = gather_waiting(txn, count_max, bytes_max, &scratch, &gather, err);
	if (!rc)
		rc = seal_in(txn, &gather, &filled, pair, &bytes, &scratch,
			     err);
	if (!rc) {
		copy = arena_copy(arena, bytes.text, bytes.len);
		if (!copy)
			rc = no_memory(err);
	}
	if (rc)
		db_abort(txn);
	else
		rc = db_commit(txn, err);
	if (!rc) {
		*batch = span_of(copy, bytes.len);
		*sequence = filled.sequence;
	}
	strbuf_release(&bytes);
	arena_release(&scratch);
	return rc;
}

/* ---- what is kept ---- */

static int take_key(void *arg, struct span key, struct span value)
{
	(void)value;
	*(uint64_t *)arg = key.len == 8 ? load_u64(key.data) : 0;
	return 1;
}

int outbox_chain(struct outbox *outbox, struct outbox_chain *out,
		 struct err *err)
{
	struct outbox_chain chain = { 0 };
	struct outbox_meta meta = { 0 };
	struct db_txn *txn;
	int rc = db_begin(outbox->db, false, &txn, err);

	if (rc)
		return rc;
	rc = outbox_meta_read(txn, &meta, err);
	if (!rc)
		rc = db_scan(txn, OUTBOX_BATCH, span_of(NULL, 0), false,
			     take_key, &chain.first_kept, err);
	if (rc >= 0)
		rc = db_scan(txn, OUTBOX_BATCH, span_of(NULL, 0), true,
			     take_key, &chain.last_kept, err);
	db_abort(txn);
	if (rc < 0)
		return rc;
	chain.next = meta.next_sequence;
	chain.head = meta.head;
	*out = chain;
	return 0;
}

int outbox_batch(struct outbox *outbox, uint64_t sequence, struct arena *arena,
		 struct span *batch, struct err *err)
{
	struct u64_key key = outbox_key(sequence);
	struct db_txn *txn;
	struct span found;
	const void *copy;
	int rc = db_begin(outbox->db, false, &txn, err);

	if (rc)
		return rc;
	rc = db_get(txn, OUTBOX_BATCH, outbox_key_span(&key), &found, err);
	if (!rc) {
		copy = arena_copy(arena, found.data, found.len);
		if (copy)
			*batch = span_of(copy, found.len);
		else
			rc = no_memory(err);
	}
	db_abort(txn);
	return rc;
}

struct forgetting {
	struct db_txn *txn;
	struct arena *arena;
	uint64_t safe;
	uint64_t sequences[FORGET_MAX];
	size_t count;
	struct err *err;
};

static int forget_one(void *arg, struct span key, struct span value)
{
	struct forgetting *forgetting = arg;
	struct sent sent = { 0 };
	uint64_t sequence;
	int rc;

	(void)value;
	if (key.len != 8 || forgetting->count == FORGET_MAX)
		return 1;
	sequence = load_u64(key.data);
	rc = get_sent(forgetting->txn, sequence, forgetting->arena, &sent,
		      forgetting->err);
	if (rc)
		return rc;
	arena_reset(forgetting->arena);
	if (!sent.delivered || sent.index >= forgetting->safe)
		return 1;
	forgetting->sequences[forgetting->count++] = sequence;
	return 0;
}

int outbox_forget(struct outbox *outbox, uint64_t safe, struct err *err)
{
	struct forgetting *forgetting = calloc(1, sizeof(*forgetting));
	struct arena arena;
	size_t count = FORGET_MAX;
	int rc = 0;

	if (!forgetting)
		return no_memory(err);
	arena_init(&arena, SCRATCH_BYTES);
	forgetting->arena = &arena;
	forgetting->safe = safe;
	forgetting->err = err;
	while (count == FORGET_MAX && !rc) {
		rc = db_begin(outbox->db, true, &forgetting->txn, err);
		if (rc)
			break;
		forgetting->count = 0;
		rc = db_scan(forgetting->txn, OUTBOX_BATCH, span_of(NULL, 0),
			     false, forget_one, forgetting, err);
		count = forgetting->count;
		for (size_t i = 0; i < count && rc >= 0; i++) {
			struct u64_key key =
				outbox_key(forgetting->sequences[i]);

			rc = db_delete(forgetting->txn, OUTBOX_BATCH,
				       outbox_key_span(&key), err);
		}
		if (rc < 0 || !count) {
			db_abort(forgetting->txn);
			rc = rc < 0 ? rc : 0;
		} else {
			rc = db_commit(forgetting->txn, err);
		}
	}
	arena_release(&arena);
	free(forgetting);
	return rc;
}

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
	return rc ? rc : outbox_heads_delivered(txn, item, arena, err);
}

static int take_receipt(struct db_txn *txn, struct outbox_meta *meta,
			const struct receipt *receipt, struct arena *numbers,
			struct arena *scratch, struct err *err)
{
	struct sent sent = { 0 };
	int rc = get_sent(txn, receipt->sequence, numbers, &sent, err);

	if (rc == ERR_NOTFOUND)
		return err_set(err, ERR_ORDER,
			       "a receipt for batch %llu, which was never "
			       "sealed here",
			       (unsigned long long)receipt->sequence);
	if (rc || sent.delivered)
		return rc;
	rc = check_receipt(receipt, sent.count, err);
	for (size_t i = 0; i < sent.count && !rc; i++) {
		struct outbox_item item = { 0 };

		rc = outbox_copy_item(txn, sent.numbers[i], scratch, &item,
				      err);
		if (!rc)
			rc = deliver_item(txn, meta, &item, receipt, scratch,
					  err);
		meta->counts.sealed--;
		arena_reset(scratch);
	}
	sent.delivered = true;
	sent.index = receipt->index;
	return rc ? rc : put_sent(txn, receipt->sequence, &sent, err);
}

int outbox_receipts(struct outbox *outbox, const struct receipt *receipts,
		    size_t count, struct err *err)
{
	struct arena numbers, scratch;
	struct outbox_meta meta = { 0 };
	struct db_txn *txn;
	uint64_t sealed;
	int rc = db_begin(outbox->db, true, &txn, err);

	if (rc)
		return rc;
	arena_init(&numbers, SCRATCH_BYTES);
	arena_init(&scratch, SCRATCH_BYTES);
	rc = outbox_meta_read(txn, &meta, err);
	sealed = rc ? 0 : meta.counts.sealed;
	for (size_t i = 0; i < count && !rc; i++) {
		rc = take_receipt(txn, &meta, &receipts[i], &numbers, &scratch,
				  err);
		arena_reset(&numbers);
	}
	if (!rc && meta.counts.sealed != sealed) {
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
	uint64_t sequence = batch->header.sequence;
	struct u64_key key = outbox_key(sequence);
	struct sent sent = { .name = batch->name,
			     .delivered = true,
			     .index = recalled->receipt.index,
			     .count = batch->header.count };
	struct arena numbers;
	struct outbox_meta meta = { 0 };
	int rc = outbox_meta_read(txn, &meta, err);

	if (rc)
		return rc;
	if (sequence != meta.next_sequence ||
	    !hash_equal(&batch->header.prev, &meta.head))
		return err_set(err, ERR_ORDER,
			       "recalled batch %llu does not follow the chain, "
			       "which wants %llu",
			       (unsigned long long)sequence,
			       (unsigned long long)meta.next_sequence);
	arena_init(&numbers, SCRATCH_BYTES);
	sent.numbers = arena_array(&numbers, sent.count, sizeof(*sent.numbers));
	if (!sent.numbers) {
		arena_release(&numbers);
		return no_memory(err);
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
		rc = put_sent(txn, sequence, &sent, err);
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
	int rc = check_sender(outbox, err);

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
	arena_init(&arena, SCRATCH_BYTES);
	rc = restore_in(txn, recalled, batch, &arena, err);
	if (rc)
		db_abort(txn);
	else
		rc = db_commit(txn, err);
	arena_release(&arena);
	return rc;
}
