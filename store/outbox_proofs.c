/* What the outbox knows to be in the journal, by proof. */
#include "store/outbox.h"

#include "store/outbox_parts.h"

int outbox_proved_to(struct db_txn *txn, uint64_t *sequence, struct err *err)
{
	struct span value;
	int rc = db_get(txn, OUTBOX_VALUE, span_of_text(OUTBOX_PROVED), &value,
			err);

	if (rc == ERR_NOTFOUND) {
		*sequence = 0;
		return 0;
	}
	if (!rc && value.len != 8)
		return outbox_damaged(err, "mark of what is proved");
	if (!rc)
		*sequence = load_u64(value.data);
	return rc;
}

int outbox_all_proved(struct db_txn *txn, const struct outbox_meta *meta,
		      bool *out, struct err *err)
{
	uint64_t proved = 0;
	int rc = outbox_proved_to(txn, &proved, err);

	*out = !rc && !meta->counts.sealed && proved + 1 >= meta->next_sequence;
	return rc;
}

/* When it was received is kept with its statements. */
static int read_time(struct db_txn *txn, const struct outbox_sent *sent,
		     uint64_t *recv_us, struct err *err)
{
	struct outbox_item item = { 0 };
	int rc;

	if (!sent->count)
		return outbox_damaged(err, "record of a batch");
	item.number = sent->numbers[0];
	rc = outbox_read_state(txn, &item, err);
	if (!rc)
		*recv_us = item.recv_us;
	return rc;
}

/* 1: *out is it; 0: it has no receipt, or one of size or more. */
static int read_delivered(struct db_txn *txn, uint64_t sequence, uint64_t size,
			  struct arena *arena, struct outbox_delivered *out,
			  struct err *err)
{
	struct outbox_delivered delivered = { .sequence = sequence };
	struct u64_key key = outbox_key(sequence);
	struct outbox_sent sent = { 0 };
	struct span bytes;
	const void *copy;
	int rc = outbox_get_sent(txn, sequence, arena, &sent, err);

	if (rc == ERR_NOTFOUND)
		return 0;
	if (rc)
		return rc;
	if (!sent.delivered || sent.index >= size)
		return 0;
	delivered.index = sent.index;
	rc = read_time(txn, &sent, &delivered.recv_us, err);
	if (!rc)
		rc = db_get(txn, OUTBOX_BATCH, outbox_key_span(&key), &bytes,
			    err);
	if (rc == ERR_NOTFOUND)
		return outbox_damaged(err, "batch that is not proved");
	if (rc)
		return rc;
	copy = arena_copy(arena, bytes.data, bytes.len);
	if (!copy)
		return err_set(err, ERR_NOMEM, "no memory for a batch");
	delivered.batch = span_of(copy, bytes.len);
	*out = delivered;
	return 1;
}

int outbox_unproved(struct outbox *outbox, uint64_t size, size_t count_max,
		    struct arena *arena, struct outbox_delivered **out,
		    size_t *count, struct err *err)
{
	struct outbox_delivered *list =
		arena_array(arena, count_max + 1, sizeof(*list));
	uint64_t proved = 0;
	struct db_txn *txn;
	size_t n = 0;
	int rc;

	if (!list)
		return err_set(err, ERR_NOMEM, "no memory for batches");
	rc = db_begin(outbox->db, false, &txn, err);
	if (rc)
		return rc;
	rc = outbox_proved_to(txn, &proved, err);
	while (!rc && n < count_max) {
		rc = read_delivered(txn, proved + 1 + n, size, arena, &list[n],
				    err);
		if (rc != 1)
			break;
		rc = 0;
		n++;
	}
	db_abort(txn);
	if (rc < 0)
		return rc;
	*out = list;
	*count = n;
	return 0;
}

int outbox_proved(struct outbox *outbox, struct span note, uint64_t sequence,
		  struct err *err)
{
	struct u64_key mark = outbox_key(sequence);
	struct db_txn *txn;
	int rc = db_begin(outbox->db, true, &txn, err);

	if (rc)
		return rc;
	rc = db_put(txn, OUTBOX_VALUE, span_of_text(OUTBOX_SEEN), note, err);
	if (!rc && sequence)
		rc = db_put(txn, OUTBOX_VALUE, span_of_text(OUTBOX_PROVED),
			    outbox_key_span(&mark), err);
	return db_finish(txn, rc, err);
}

int outbox_seen(struct outbox *outbox, struct arena *arena, struct span *note,
		struct err *err)
{
	return outbox_get(outbox, OUTBOX_SEEN, arena, note, err);
}
