#include "collector/receipts.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "store/fold.h"

#define SLOTS_MIN 1024

struct recent_receipt {
	struct recent_receipt *newer;	  /* in order of index */
	struct recent_receipt *next_slot; /* of the same slot */
	struct hash key;
	struct receipt receipt; /* verdicts NULL: all admitted */
	uint16_t verdicts[];
};

void receipts_init(struct receipts *receipts)
{
	memset(receipts, 0, sizeof(*receipts));
}

void receipts_release(struct receipts *receipts)
{
	receipts_flushed(receipts, UINT64_MAX);
	free(receipts->slots);
	receipts_init(receipts);
}

static struct recent_receipt **slot_of(const struct receipts *receipts,
				       const struct hash *key,
				       uint64_t sequence)
{
	uint64_t mixed =
		(load_u64(key->bytes) ^ sequence) * 0x9e3779b97f4a7c15ull;

	return &receipts->slots[(mixed >> 32) & (receipts->slots_size - 1)];
}

static int grow(struct receipts *receipts)
{
	size_t size = receipts->slots_size ? 2 * receipts->slots_size :
					     SLOTS_MIN;
	struct recent_receipt **slots =
		calloc(size, sizeof(struct recent_receipt *));

	if (!slots)
		return ERR_NOMEM;
	free(receipts->slots);
	receipts->slots = slots;
	receipts->slots_size = size;
	for (struct recent_receipt *r = receipts->oldest; r; r = r->newer) {
		struct recent_receipt **slot =
			slot_of(receipts, &r->key, r->receipt.sequence);

		r->next_slot = *slot;
		*slot = r;
	}
	return 0;
}

static bool all_admitted(const struct receipt *receipt)
{
	for (size_t i = 0; i < receipt->verdict_count; i++)
		if (receipt->verdicts[i] != VERDICT_ADMITTED)
			return false;
	return true;
}

int receipts_add(struct receipts *receipts, const struct hash *key,
		 const struct receipt *receipt)
{
	bool plain = all_admitted(receipt);
	size_t bytes = plain ? 0 : receipt->verdict_count * sizeof(uint16_t);
	struct recent_receipt *recent, **slot;

	if (receipts->count >= receipts->slots_size && grow(receipts))
		return ERR_NOMEM;
	recent = malloc(sizeof(*recent) + bytes);
	if (!recent)
		return ERR_NOMEM;
	*recent = (struct recent_receipt){ .key = *key, .receipt = *receipt };
	recent->receipt.verdicts = plain ? NULL : recent->verdicts;
	if (!plain)
		memcpy(recent->verdicts, receipt->verdicts, bytes);
	slot = slot_of(receipts, key, receipt->sequence);
	recent->next_slot = *slot;
	*slot = recent;
	if (receipts->newest)
		receipts->newest->newer = recent;
	else
		receipts->oldest = recent;
	receipts->newest = recent;
	receipts->count++;
	return 0;
}

void receipts_flushed(struct receipts *receipts, uint64_t applied)
{
	while (receipts->oldest && receipts->oldest->receipt.index < applied) {
		struct recent_receipt *old = receipts->oldest;
		struct recent_receipt **slot =
			slot_of(receipts, &old->key, old->receipt.sequence);

		while (*slot != old)
			slot = &(*slot)->next_slot;
		*slot = old->next_slot;
		receipts->oldest = old->newer;
		if (!receipts->oldest)
			receipts->newest = NULL;
		receipts->count--;
		free(old);
	}
}

static const struct recent_receipt *find_recent(const struct receipts *receipts,
						const struct hash *key,
						uint64_t sequence)
{
	const struct recent_receipt *recent;

	if (!receipts->slots_size)
		return NULL;
	recent = *slot_of(receipts, key, sequence);
	while (recent && (recent->receipt.sequence != sequence ||
			  !hash_equal(&recent->key, key)))
		recent = recent->next_slot;
	return recent;
}

static int find_stored(struct db *db, const struct hash *key, uint64_t sequence,
		       struct arena *arena, struct receipt *out)
{
	struct fold_taken taken;
	struct table_reader reader;
	struct db_txn *txn;
	uint16_t *verdicts =
		arena_array(arena, WIRE_STATEMENTS_MAX, sizeof(uint16_t));
	int rc;

	if (!verdicts)
		return ERR_NOMEM;
	rc = db_begin(db, false, &txn, NULL);
	if (rc)
		return rc;
	reader = store_reader(txn);
	rc = fold_taken(&reader, key, sequence, &taken, verdicts,
			WIRE_STATEMENTS_MAX, NULL);
	db_abort(txn);
	if (rc)
		return rc;
	*out = (struct receipt){ .sequence = sequence,
				 .index = taken.entry,
				 .recv_us = taken.recv_us,
				 .verdicts = verdicts,
				 .verdict_count = taken.count };
	return 0;
}

int receipts_find(const struct receipts *receipts, struct db *db,
		  const struct hash *key, uint64_t sequence,
		  struct arena *arena, struct receipt *out)
{
	const struct recent_receipt *recent =
		find_recent(receipts, key, sequence);
	struct receipt found;

	if (!recent)
		return find_stored(db, key, sequence, arena, out);
	found = recent->receipt;
	found.verdicts =
		arena_array(arena, found.verdict_count, sizeof(uint16_t));
	if (!found.verdicts)
		return ERR_NOMEM;
	if (recent->receipt.verdicts)
		memcpy(found.verdicts, recent->receipt.verdicts,
		       found.verdict_count * sizeof(uint16_t));
	*out = found;
	return 0;
}
