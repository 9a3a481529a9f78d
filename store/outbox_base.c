#include "store/outbox_base.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "store/outbox_heads.h"
#include "store/outbox_parts.h"

int outbox_base_catalogue(struct db_txn *txn, struct arena *arena,
			  uint64_t *number, struct err *err)
{
	return outbox_heads_pending(txn, span_of_text(OUTBOX_CATALOGUE_KEY),
				    arena, number, err);
}

struct wanted {
	uint8_t base[BASE_BYTES];
	uint64_t number;
};

static int first_salt(void *arg, struct span key, struct span value)
{
	struct wanted *wanted = arg;

	if (key.len == SALT_BYTES && value.len == 8 &&
	    !memcmp(key.data, wanted->base, BASE_BYTES))
		wanted->number = load_u64(value.data);
	return 1;
}

/* The item of ours that has this salt; 0: none. */
static int find_item(struct db_txn *txn, const uint8_t base[BASE_BYTES],
		     uint64_t *number, struct err *err)
{
	struct wanted wanted = { .number = 0 };
	int rc;

	memcpy(wanted.base, base, BASE_BYTES);
	rc = db_scan(txn, OUTBOX_SALT, span_of(wanted.base, BASE_BYTES), false,
		     first_salt, &wanted, err);
	*number = wanted.number;
	return rc < 0 ? rc : 0;
}

/* What a walk from an item to what it stands on has come to. */
struct walk {
	const struct outbox_held *held;
	uint64_t number; /* of the item that stands on the base */
	uint8_t base[BASE_BYTES];
	bool has_base;
	bool waits;
	bool moved;
};

static void take_base(struct walk *walk, struct span base)
{
	walk->has_base = base.len == BASE_BYTES;
	if (walk->has_base)
		memcpy(walk->base, base.data, BASE_BYTES);
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

/* Whether what stands on an undelivered item has to wait with it, or for it. */
static int must_wait(struct db_txn *txn, const struct walk *walk,
		     uint64_t number, bool *waits, struct err *err)
{
	const struct outbox_held *held = walk->held;
	struct u64_key key = outbox_key(number);
	struct span value;
	int rc;

	*waits = held->count &&
		 bsearch(&number, held->numbers, held->count,
			 sizeof(*held->numbers), compare_numbers);
	if (*waits)
		return 0;
	rc = db_get(txn, OUTBOX_DOUBT, outbox_key_span(&key), &value, err);
	*waits = !rc;
	return rc == ERR_NOTFOUND ? 0 : rc;
}

/* 1: a step further down; 0: this is what it stands on. */
static int step(struct db_txn *txn, struct walk *walk, struct arena *scratch,
		struct err *err)
{
	struct outbox_item item = { 0 };
	struct statement statement;
	uint64_t number = 0;
	int rc;

	if (!walk->has_base)
		return 0;
	rc = find_item(txn, walk->base, &number, err);
	if (rc || number == 0 || number >= walk->number)
		return rc;
	rc = outbox_get_item(txn, number, scratch, &item, err);
	if (rc)
		return rc;
	if (!item.delivered)
		return must_wait(txn, walk, number, &walk->waits, err);
	if (!item.verdict ||
	    wire_decode_statement(item.sealed.body, scratch, &statement, NULL))
		return 0;
	walk->number = number;
	walk->moved = true;
	take_base(walk, statement.base);
	return 1;
}

static int rewrite(struct statement *statement, const struct walk *walk,
		   struct arena *arena, struct span *body, struct err *err)
{
	struct strbuf bytes;
	const void *copy;
	int rc;

	statement->base = walk->has_base ? span_of(walk->base, BASE_BYTES) :
					   span_of(NULL, 0);
	strbuf_init(&bytes, 0);
	rc = wire_encode_statement(statement, &bytes, err);
	if (!rc) {
		copy = arena_copy(arena, bytes.text, bytes.len);
		*body = span_of(copy, bytes.len);
		if (!copy)
			rc = err_set(err, ERR_NOMEM,
				     "no memory to chain reports anew");
	}
	strbuf_release(&bytes);
	return rc;
}

/* Its parts are kept for one commit at a time. */
static bool is_of_catalogue(const struct statement *statement)
{
	return statement->kind == SAID_CATALOGUE_PART ||
	       statement->kind == SAID_CATALOGUE_COMMIT;
}

int outbox_base_settle(struct db_txn *txn, uint64_t number, uint64_t catalogue,
		       const struct outbox_held *held, struct arena *scratch,
		       struct arena *arena, struct span *body, struct err *err)
{
	struct walk walk = { .held = held, .number = number };
	struct outbox_item item = { 0 };
	struct statement statement;
	int rc = outbox_get_item(txn, number, scratch, &item, err);

	*body = span_of(NULL, 0);
	if (!rc)
		rc = wire_decode_statement(item.sealed.body, scratch,
					   &statement, err);
	if (rc)
		return rc;
	if (catalogue && number > catalogue && is_of_catalogue(&statement))
		return 0;
	take_base(&walk, statement.base);
	do
		rc = step(txn, &walk, scratch, err);
	while (rc == 1);
	if (rc < 0)
		return rc;
	if (walk.waits)
		return 0;
	/* A review is of the version that somebody saw, and of no other. */
	if (walk.moved && statement.kind != SAID_REVIEW)
		rc = rewrite(&statement, &walk, arena, body, err);
	return rc ? rc : 1;
}
