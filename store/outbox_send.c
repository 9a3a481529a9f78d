/* The sender's side of the outbox: its lock, sealing, what is kept of it. */
#include "store/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "store/keyfile.h"
#include "store/outbox_parts.h"

#define SENDER_LOCK "sender.lock"
#define FORGET_MAX 4096 /* in one transaction */

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to send");
}

int outbox_lock_sender(struct outbox *outbox, struct err *err)
{
	if (outbox->sender >= 0)
		return 0;
	return lock_take(outbox->dir, SENDER_LOCK, &outbox->sender, err);
}

long outbox_sender(const struct outbox *outbox)
{
	return lock_holder(outbox->dir, SENDER_LOCK);
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
	if (bytes_max > OUTBOX_BATCH_BYTES)
		gather.bytes_max = bytes_max - OUTBOX_BATCH_BYTES;
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
	const struct outbox_sent sent = { .name = *name,
					  .numbers = gather->numbers,
					  .count = gather->count };
	int rc = move_sealed(txn, gather, meta->next_sequence, err);

	if (!rc)
		rc = outbox_put_sent(txn, meta->next_sequence, &sent, err);
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
	uint64_t base = 0;
	int rc;

	if (!sealed)
		return no_memory(err);
	rc = outbox_meta_read(txn, &meta, err);
	if (!rc)
		rc = outbox_base(txn, &base, err);
	for (size_t i = 0; i < gather->count && !rc; i++) {
		struct outbox_item item = { 0 };

		rc = outbox_get_item(txn, gather->numbers[i], arena, &item,
				     err);
		if (!rc)
			sealed[i] = item.sealed;
	}
	if (rc)
		return rc;
	header->sequence = meta.next_sequence - base;
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
	int rc = outbox_check_sender(outbox, err);

	if (!rc)
		rc = db_begin(outbox->db, true, &txn, err);
	if (rc)
		return rc;
	arena_init(&scratch, OUTBOX_SCRATCH_BYTES);
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
	rc = db_finish(txn, rc, err);
	if (!rc) {
		*batch = span_of(copy, bytes.len);
		*sequence = filled.sequence;
	}
	strbuf_release(&bytes);
	arena_release(&scratch);
	return rc;
}

static int succeed_in(struct db_txn *txn, struct seal_header *header,
		      const struct sign_pair *pair,
		      const struct outbox_item *first, struct arena *arena,
		      struct err *err)
{
	struct outbox_item item = *first;
	struct outbox_meta meta = { 0 };
	struct gather gather = { .numbers = &item.number, .count = 1 };
	struct strbuf batch;
	int rc = outbox_meta_read(txn, &meta, err);

	if (!rc && meta.counts.sealed)
		rc = err_set(err, ERR_ORDER,
			     "batches of the key before are not delivered yet");
	if (rc)
		return rc;
	item.number = meta.next_number;
	gather.bytes = outbox_bytes(&item.sealed);
	rc = outbox_set_base(txn, meta.next_sequence - 1, err);
	memset(&meta.head, 0, sizeof(meta.head));
	if (!rc)
		rc = outbox_add(txn, &meta, &item, arena, err);
	if (!rc)
		rc = outbox_meta_write(txn, &meta, err);
	if (rc)
		return rc;
	strbuf_init(&batch, 0);
	rc = seal_in(txn, &gather, header, pair, &batch, arena, err);
	strbuf_release(&batch);
	if (!rc)
		rc = db_put(txn, OUTBOX_VALUE, span_of_text(OUTBOX_ROTATION),
			    span_of_text(OUTBOX_ROTATED), err);
	return rc;
}

int outbox_succeed(struct outbox *outbox, const struct seal_header *header,
		   const struct sign_pair *pair, const struct sealed *first,
		   uint64_t saved_us, struct err *err)
{
	struct outbox_item item = { .saved_us = saved_us, .sealed = *first };
	struct seal_header filled = *header;
	struct arena scratch;
	struct db_txn *txn;
	int rc = outbox_check_sender(outbox, err);

	if (!rc)
		rc = db_begin(outbox->db, true, &txn, err);
	if (rc)
		return rc;
	arena_init(&scratch, OUTBOX_SCRATCH_BYTES);
	rc = succeed_in(txn, &filled, pair, &item, &scratch, err);
	rc = db_finish(txn, rc, err);
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
		rc = outbox_base(txn, &chain.base, err);
	if (!rc)
		rc = db_scan(txn, OUTBOX_BATCH, span_of(NULL, 0), false,
			     take_key, &chain.first_kept, err);
	if (rc >= 0)
		rc = db_scan(txn, OUTBOX_BATCH, span_of(NULL, 0), true,
			     take_key, &chain.last_kept, err);
	db_abort(txn);
	if (rc < 0)
		return rc;
	chain.next = meta.next_sequence - chain.base;
	if (chain.last_kept <= chain.base) {
		chain.first_kept = chain.last_kept = 0;
	} else {
		chain.last_kept -= chain.base;
		chain.first_kept = chain.first_kept > chain.base ?
					   chain.first_kept - chain.base :
					   1;
	}
	chain.head = meta.head;
	*out = chain;
	return 0;
}

int outbox_batch(struct outbox *outbox, uint64_t sequence, struct arena *arena,
		 struct span *batch, struct err *err)
{
	struct u64_key key;
	struct db_txn *txn;
	struct span found;
	const void *copy;
	uint64_t base = 0;
	int rc = db_begin(outbox->db, false, &txn, err);

	if (rc)
		return rc;
	rc = outbox_base(txn, &base, err);
	key = outbox_key(base + sequence);
	if (!rc)
		rc = db_get(txn, OUTBOX_BATCH, outbox_key_span(&key), &found,
			    err);
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
	uint64_t safe, proved;
	uint64_t bytes, bytes_max; /* of all that are kept */
	uint64_t sequences[FORGET_MAX];
	size_t count;
	struct err *err;
};

static int add_bytes(void *arg, struct span key, struct span value)
{
	(void)key;
	*(uint64_t *)arg += value.len;
	return 0;
}

static int forget_one(void *arg, struct span key, struct span value)
{
	struct forgetting *forgetting = arg;
	struct outbox_sent sent = { 0 };
	uint64_t sequence;
	int rc;

	if (key.len != 8 || forgetting->count == FORGET_MAX)
		return 1;
	sequence = load_u64(key.data);
	if (sequence > forgetting->proved)
		return 1;
	rc = outbox_get_sent(forgetting->txn, sequence, forgetting->arena,
			     &sent, forgetting->err);
	if (rc)
		return rc;
	arena_reset(forgetting->arena);
	if (!sent.delivered || (sent.index >= forgetting->safe &&
				forgetting->bytes <= forgetting->bytes_max))
		return 1;
	forgetting->bytes -= value.len;
	forgetting->sequences[forgetting->count++] = sequence;
	return 0;
}

static int delete_batches(const struct forgetting *forgetting)
{
	int rc = 0;

	for (size_t i = 0; i < forgetting->count && !rc; i++) {
		struct u64_key key = outbox_key(forgetting->sequences[i]);

		rc = db_delete(forgetting->txn, OUTBOX_BATCH,
			       outbox_key_span(&key), forgetting->err);
	}
	return rc;
}

/* At most FORGET_MAX of them. */
static int forget_some(struct outbox *outbox, struct forgetting *forgetting)
{
	struct err *err = forgetting->err;
	int rc = db_begin(outbox->db, true, &forgetting->txn, err);

	if (rc)
		return rc;
	forgetting->count = 0;
	forgetting->bytes = 0;
	rc = outbox_proved_to(forgetting->txn, &forgetting->proved, err);
	if (!rc)
		rc = db_scan(forgetting->txn, OUTBOX_BATCH, span_of(NULL, 0),
			     false, add_bytes, &forgetting->bytes, err);
	if (!rc)
		rc = db_scan(forgetting->txn, OUTBOX_BATCH, span_of(NULL, 0),
			     false, forget_one, forgetting, err);
	if (rc >= 0)
		rc = delete_batches(forgetting);
	if (!rc && forgetting->count)
		return db_commit(forgetting->txn, err);
	db_abort(forgetting->txn);
	return rc;
}

int outbox_forget(struct outbox *outbox, uint64_t safe, uint64_t bytes_max,
		  struct err *err)
{
	struct forgetting *forgetting = calloc(1, sizeof(*forgetting));
	struct arena arena;
	int rc;

	if (!forgetting)
		return no_memory(err);
	arena_init(&arena, OUTBOX_SCRATCH_BYTES);
	forgetting->arena = &arena;
	forgetting->safe = safe;
	forgetting->bytes_max = bytes_max;
	forgetting->err = err;
	do
		rc = forget_some(outbox, forgetting);
	while (!rc && forgetting->count == FORGET_MAX);
	arena_release(&arena);
	free(forgetting);
	return rc;
}
