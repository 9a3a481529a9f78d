/*
 * A journal that was opened again, because what was signed is lost: receipts
 * of its lost part no longer hold, and what is known of cells from there is
 * forgotten. What is still kept will be sent again. And one that lost only
 * what was not signed yet.
 */
#include "store/outbox.h"

#include "store/outbox_heads.h"
#include "store/outbox_parts.h"

struct reopening_outbox {
	struct db_txn *txn;
	struct outbox_meta meta;
	struct arena list, scratch;
	uint64_t kept, first_kept;
	uint64_t *sequences; /* that are kept; the list's */
	size_t count;
	uint64_t taken_back;
	struct err *err;
};

static int count_key(void *arg, struct span key, struct span value)
{
	(void)key;
	(void)value;
	++*(size_t *)arg;
	return 0;
}

static int add_key(void *arg, struct span key, struct span value)
{
	struct reopening_outbox *r = arg;

	(void)value;
	if (key.len != 8)
		return outbox_damaged(r->err, "number of a batch");
	r->sequences[r->count++] = load_u64(key.data);
	return 0;
}

static int list_kept(struct reopening_outbox *r)
{
	struct span all = span_of(NULL, 0);
	size_t count = 0;
	int rc = db_scan(r->txn, OUTBOX_BATCH, all, false, count_key, &count,
			 r->err);

	if (rc)
		return rc;
	r->sequences = arena_array(&r->list, count + 1, sizeof(uint64_t));
	if (!r->sequences)
		return err_set(r->err, ERR_NOMEM, "no memory for batches");
	rc = db_scan(r->txn, OUTBOX_BATCH, all, false, add_key, r, r->err);
	r->first_kept = r->count ? r->sequences[0] : 0;
	return rc;
}

static int take_back(struct reopening_outbox *r, uint64_t sequence)
{
	struct outbox_sent sent = { 0 };
	struct arena numbers;
	int rc;

	arena_init(&numbers, OUTBOX_SCRATCH_BYTES);
	rc = outbox_get_sent(r->txn, sequence, &numbers, &sent, r->err);
	if (rc || !sent.delivered || sent.index < r->kept)
		goto out;
	for (size_t i = 0; i < sent.count && !rc; i++) {
		struct outbox_item item = { 0 };

		arena_reset(&r->scratch);
		rc = outbox_copy_item(r->txn, sent.numbers[i], &r->scratch,
				      &item, r->err);
		if (!rc)
			rc = outbox_take_back(r->txn, &r->meta, &item,
					      &r->scratch, r->err);
		r->taken_back++;
	}
	sent.delivered = false;
	sent.index = 0;
	if (!rc)
		rc = outbox_put_sent(r->txn, sequence, &sent, r->err);
out:
	arena_release(&numbers);
	return rc;
}

/* All that is still kept is to be proved anew. */
static int unprove(struct reopening_outbox *r)
{
	struct u64_key mark;
	uint64_t proved = 0;
	int rc = outbox_proved_to(r->txn, &proved, r->err);

	if (rc || !r->first_kept || proved < r->first_kept)
		return rc;
	mark = outbox_key(r->first_kept - 1);
	return db_put(r->txn, OUTBOX_VALUE, span_of_text(OUTBOX_PROVED),
		      outbox_key_span(&mark), r->err);
}

static int forget_value(struct reopening_outbox *r, const char *name)
{
	int rc = db_delete(r->txn, OUTBOX_VALUE, span_of_text(name), r->err);

	return rc == ERR_NOTFOUND ? 0 : rc;
}

static int apply(struct reopening_outbox *r, bool unsees)
{
	int rc = outbox_meta_read(r->txn, &r->meta, r->err);

	if (!rc)
		rc = list_kept(r);
	for (size_t i = 0; i < r->count && !rc; i++)
		rc = take_back(r, r->sequences[i]);
	if (!rc)
		rc = outbox_heads_forget(r->txn, r->kept, &r->list, &r->scratch,
					 r->err);
	if (!rc && unsees)
		rc = unprove(r);
	if (!rc && unsees)
		rc = forget_value(r, OUTBOX_SEEN);
	return rc ? rc : outbox_meta_write(r->txn, &r->meta, r->err);
}

int outbox_reopened(struct outbox *outbox, uint64_t kept, bool unsees,
		    const char *name, struct span value, uint64_t *taken_back,
		    struct err *err)
{
	struct reopening_outbox r = { .kept = kept, .err = err };
	int rc = db_begin(outbox->db, true, &r.txn, err);

	if (rc)
		return rc;
	arena_init(&r.list, OUTBOX_SCRATCH_BYTES);
	arena_init(&r.scratch, OUTBOX_SCRATCH_BYTES);
	rc = apply(&r, unsees);
	if (!rc)
		rc = db_put(r.txn, OUTBOX_VALUE, span_of_text(name), value,
			    err);
	rc = db_finish(r.txn, rc, err);
	arena_release(&r.list);
	arena_release(&r.scratch);
	if (!rc)
		*taken_back = r.taken_back;
	return rc;
}

/* ---- what was not signed yet ---- */

static int take_back_from(struct reopening_outbox *r, uint64_t from)
{
	uint64_t proved = 0, base = 0;
	int rc = outbox_proved_to(r->txn, &proved, r->err);

	if (!rc)
		rc = outbox_base(r->txn, &base, r->err);
	if (!rc)
		rc = outbox_meta_read(r->txn, &r->meta, r->err);
	if (!rc)
		rc = list_kept(r);
	for (size_t i = 0; i < r->count && !rc; i++)
		if (r->sequences[i] >= base + from && r->sequences[i] > proved)
			rc = take_back(r, r->sequences[i]);
	return rc;
}

int outbox_wanted(struct outbox *outbox, uint64_t from, uint64_t *taken_back,
		  struct err *err)
{
	struct reopening_outbox r = { .err = err };
	int rc = db_begin(outbox->db, true, &r.txn, err);

	*taken_back = 0;
	if (rc)
		return rc;
	arena_init(&r.list, OUTBOX_SCRATCH_BYTES);
	arena_init(&r.scratch, OUTBOX_SCRATCH_BYTES);
	rc = take_back_from(&r, from);
	if (!rc && r.taken_back)
		rc = outbox_meta_write(r.txn, &r.meta, err);
	if (!rc && !r.taken_back)
		db_abort(r.txn);
	else
		rc = db_finish(r.txn, rc, err);
	arena_release(&r.list);
	arena_release(&r.scratch);
	if (!rc)
		*taken_back = r.taken_back;
	return rc;
}
