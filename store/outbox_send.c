/* The sender's lock, and what is kept of what was sent. */
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

/* ---- what is kept ---- */

static int take_key(void *arg, struct span key, struct span value)
{
	(void)value;
	*(uint64_t *)arg = key.len == 8 ? load_u64(key.data) : 0;
	return 1;
}

struct unreceipted {
	uint64_t sequence; /* 0: none */
	struct err *err;
};

static int find_unreceipted(void *arg, struct span key, struct span value)
{
	struct unreceipted *found = arg;

	if (key.len != 8 || value.len <= HASH_BYTES)
		return outbox_damaged(found->err, "record of a batch");
	if (value.data[HASH_BYTES]) /* as outbox_put_sent writes it */
		return 0;
	found->sequence = load_u64(key.data);
	return 1;
}

/* What is proved has its receipt: it is not looked at again. Nor is what a key
 * before this one has sealed: it cannot be sent any more. */
static int first_unreceipted(struct db_txn *txn, uint64_t base,
			     uint64_t *sequence, struct err *err)
{
	struct unreceipted found = { .err = err };
	struct u64_key from;
	uint64_t proved = 0;
	int rc = outbox_proved_to(txn, &proved, err);

	if (rc)
		return rc;
	from = outbox_key((proved > base ? proved : base) + 1);
	rc = db_scan(txn, OUTBOX_SENT, outbox_key_span(&from), false,
		     find_unreceipted, &found, err);
	*sequence = found.sequence;
	return rc < 0 ? rc : 0;
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
	if (rc >= 0)
		rc = first_unreceipted(txn, chain.base, &chain.unreceipted,
				       err);
	if (rc >= 0)
		rc = outbox_all_proved(txn, &meta, &chain.proved, err);
	db_abort(txn);
	if (rc < 0)
		return rc;
	chain.next = meta.next_sequence - chain.base;
	chain.unreceipted = chain.unreceipted ? chain.unreceipted - chain.base :
						chain.next;
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
