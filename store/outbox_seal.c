/* Sealing what waits as the next batch of the chain. */
#include "store/outbox.h"

#include <string.h>

#include "store/outbox_base.h"
#include "store/outbox_parts.h"

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to send");
}

/* ---- what goes ---- */

struct gather {
	struct db_txn *txn;
	struct arena *arena;  /* for numbers and bodies */
	struct arena scratch; /* for one item */
	uint64_t catalogue;   /* see outbox_base.h */
	struct outbox_held held;
	uint64_t *numbers;
	struct span *bodies; /* empty: as it was saved */
	size_t count, count_max;
	size_t bytes, bytes_max;
	struct err *err;
};

/* Stops at the first that does not fit: the order of saving is kept, but that
 * what must wait for a verdict holds up only what stands on it. */
static int gather_one(void *arg, struct span key, struct span value)
{
	struct gather *gather = arg;
	uint64_t number;
	size_t bytes;
	int rc;

	if (key.len != 8 || value.len != 4)
		return outbox_damaged(gather->err, "what waits");
	bytes = load_u32(value.data);
	if (gather->count == gather->count_max ||
	    bytes > gather->bytes_max - gather->bytes)
		return 1;
	number = load_u64(key.data);
	rc = outbox_base_settle(gather->txn, number, gather->catalogue,
				&gather->held, &gather->scratch, gather->arena,
				&gather->bodies[gather->count], gather->err);
	arena_reset(&gather->scratch);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		gather->held.numbers[gather->held.count++] = number;
		return 0;
	}
	gather->bytes += bytes;
	gather->numbers[gather->count++] = number;
	return 0;
}

static int make_room(struct gather *gather)
{
	struct outbox_meta meta = { 0 };
	int rc = outbox_meta_read(gather->txn, &meta, gather->err);

	if (rc)
		return rc;
	gather->numbers = arena_array(gather->arena, gather->count_max,
				      sizeof(*gather->numbers));
	gather->bodies = arena_array(gather->arena, gather->count_max,
				     sizeof(*gather->bodies));
	gather->held.numbers = arena_array(gather->arena,
					   meta.counts.waiting + 1,
					   sizeof(*gather->held.numbers));
	if (!gather->numbers || !gather->bodies || !gather->held.numbers)
		return no_memory(gather->err);
	return 0;
}

static int gather_waiting(struct gather *gather, size_t bytes_max)
{
	struct err *err = gather->err;
	int rc;

	if (gather->count_max > WIRE_STATEMENTS_MAX)
		gather->count_max = WIRE_STATEMENTS_MAX;
	if (bytes_max > WIRE_BATCH_BYTES_MAX)
		bytes_max = WIRE_BATCH_BYTES_MAX;
	if (bytes_max > OUTBOX_BATCH_BYTES)
		gather->bytes_max = bytes_max - OUTBOX_BATCH_BYTES;
	rc = make_room(gather);
	if (rc)
		return rc;
	arena_init(&gather->scratch, OUTBOX_SCRATCH_BYTES);
	rc = outbox_base_catalogue(gather->txn, &gather->scratch,
				   &gather->catalogue, err);
	if (!rc)
		rc = db_scan(gather->txn, OUTBOX_WAITING, span_of(NULL, 0),
			     false, gather_one, gather, err);
	arena_release(&gather->scratch);
	if (rc < 0)
		return rc;
	if (!gather->count)
		return err_set(err, ERR_NOTFOUND, "nothing waits to be sent");
	return 0;
}

/* ---- what becomes of it ---- */

/* Those whose base is another one now. */
static int put_bodies(const struct gather *gather)
{
	struct arena arena;
	int rc = 0;

	arena_init(&arena, OUTBOX_SCRATCH_BYTES);
	for (size_t i = 0; i < gather->count && !rc; i++) {
		struct outbox_item item = { 0 };

		if (!gather->bodies[i].len)
			continue;
		rc = outbox_copy_item(gather->txn, gather->numbers[i], &arena,
				      &item, gather->err);
		if (rc)
			break;
		item.sealed.body = gather->bodies[i];
		rc = outbox_put_content(gather->txn, &item, gather->err);
		arena_reset(&arena);
	}
	arena_release(&arena);
	return rc;
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

static int seal_in(struct gather *gather, struct seal_header *header,
		   const struct sign_pair *pair, struct strbuf *batch)
{
	struct sealed *sealed =
		arena_array(gather->arena, gather->count, sizeof(*sealed));
	struct db_txn *txn = gather->txn;
	struct outbox_meta meta = { 0 };
	struct err *err = gather->err;
	struct hash name;
	uint64_t base = 0;
	int rc;

	if (!sealed)
		return no_memory(err);
	rc = put_bodies(gather);
	if (!rc)
		rc = outbox_meta_read(txn, &meta, err);
	if (!rc)
		rc = outbox_base(txn, &base, err);
	for (size_t i = 0; i < gather->count && !rc; i++) {
		struct outbox_item item = { 0 };

		rc = outbox_get_item(txn, gather->numbers[i], gather->arena,
				     &item, err);
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
	struct gather gather = { .arena = &scratch,
				 .count_max = count_max,
				 .err = err };
	struct strbuf bytes;
	const void *copy = NULL;
	int rc = outbox_check_sender(outbox, err);

	if (!rc)
		rc = db_begin(outbox->db, true, &gather.txn, err);
	if (rc)
		return rc;
	arena_init(&scratch, OUTBOX_SCRATCH_BYTES);
	strbuf_init(&bytes, 0);
	rc = gather_waiting(&gather, bytes_max);
	if (!rc)
		rc = seal_in(&gather, &filled, pair, &bytes);
	if (!rc) {
		copy = arena_copy(arena, bytes.text, bytes.len);
		if (!copy)
			rc = no_memory(err);
	}
	rc = db_finish(gather.txn, rc, err);
	if (!rc) {
		*batch = span_of(copy, bytes.len);
		*sequence = filled.sequence;
	}
	strbuf_release(&bytes);
	arena_release(&scratch);
	return rc;
}

/* ---- another key ---- */

static int succeed_in(struct db_txn *txn, struct seal_header *header,
		      const struct sign_pair *pair,
		      const struct outbox_item *first, struct arena *arena,
		      struct err *err)
{
	struct outbox_item item = *first;
	struct outbox_meta meta = { 0 };
	struct span body = span_of(NULL, 0); /* as it was saved */
	struct gather gather = { .txn = txn,
				 .arena = arena,
				 .numbers = &item.number,
				 .bodies = &body,
				 .count = 1,
				 .err = err };
	struct strbuf batch;
	bool proved = false;
	int rc = outbox_meta_read(txn, &meta, err);

	if (!rc)
		rc = outbox_all_proved(txn, &meta, &proved, err);
	if (!rc && !proved)
		rc = err_set(err, ERR_ORDER,
			     "batches of the key before are not proved to be "
			     "in the journal yet");
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
	rc = seal_in(&gather, header, pair, &batch);
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
