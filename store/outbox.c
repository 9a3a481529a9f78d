#include "store/outbox.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/keyfile.h"
#include "store/outbox_heads.h"
#include "store/outbox_parts.h"

/* Address space, not disk: the file grows as it is used. */
#define OUTBOX_MAP_BYTES (16ull * 1024 * 1024 * 1024)
#define VALUE_NAME_BYTES_MAX 200

static const char *const table_names[OUTBOX_TABLES] = {
	[OUTBOX_META] = "meta",	  [OUTBOX_ITEM] = "item",
	[OUTBOX_STATE] = "state", [OUTBOX_WAITING] = "waiting",
	[OUTBOX_SALT] = "salt",	  [OUTBOX_DOUBT] = "doubt",
	[OUTBOX_SENT] = "sent",	  [OUTBOX_BATCH] = "batch",
	[OUTBOX_HEAD] = "head",	  [OUTBOX_VALUE] = "value",
};

int outbox_open(const char *dir, struct outbox **out, struct err *err)
{
	const struct db_options options = { .tables = table_names,
					    .table_count = OUTBOX_TABLES,
					    .map_bytes = OUTBOX_MAP_BYTES };
	struct outbox *outbox = calloc(1, sizeof(*outbox));
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s/outbox", dir);
	int rc;

	if (!outbox || !(outbox->dir = strdup(dir))) {
		free(outbox);
		return err_set(err, ERR_NOMEM, "no memory to open an outbox");
	}
	outbox->sender = -1;
	if (len < 0 || len >= PATH_MAX)
		rc = err_set(err, ERR_LIMIT, "path is too long: %s", dir);
	else
		rc = db_open(path, &options, &outbox->db, err);
	if (rc)
		outbox_close(outbox);
	else
		*out = outbox;
	return rc;
}

void outbox_close(struct outbox *outbox)
{
	if (!outbox)
		return;
	db_close(outbox->db);
	if (outbox->sender >= 0)
		(void)close(outbox->sender);
	free(outbox->dir);
	free(outbox);
}

/* ---- saving ---- */

/* What would be thrown back for ever, or block all that comes after it, must
 * not get in. Decodes into the arena. */
static int check_sealed(const struct sealed *sealed, struct arena *arena,
			struct statement *out, struct err *err)
{
	static const uint8_t none[BASE_BYTES];
	struct statement statement;
	int rc = wire_decode_statement(sealed->body, arena, &statement, err);

	if (rc)
		return rc;
	if (statement.kind == SAID_UNKNOWN)
		return err_set(err, ERR_INVALID,
			       "a statement with unknown fields is not saved");
	if (!memcmp(sealed->salt, none, BASE_BYTES))
		return err_set(err, ERR_INVALID,
			       "a statement's salt begins with zeros");
	if (outbox_bytes(sealed) > WIRE_BATCH_BYTES_MAX - OUTBOX_BATCH_BYTES)
		return err_set(err, ERR_LIMIT,
			       "a statement of %zu bytes fits no batch",
			       outbox_bytes(sealed));
	if (sealed->text_count != statement.text_count)
		return err_set(err, ERR_INVALID,
			       "a statement names %zu texts, %zu are with it",
			       statement.text_count, sealed->text_count);
	for (size_t i = 0; i < sealed->text_count; i++) {
		const struct text *text = &sealed->texts[i];
		struct hash hash = hash_text(text->salt, text->text);

		if (text->text.len > WIRE_TEXT_BYTES_MAX)
			return err_set(err, ERR_LIMIT,
				       "a text has more than %d bytes",
				       WIRE_TEXT_BYTES_MAX);
		if (!hash_equal(&hash, &statement.texts[i].hash) ||
		    !wire_text_fits(text->text))
			return err_set(err, ERR_INVALID,
				       "a statement's text is not the one that "
				       "it names, or not UTF-8");
	}
	*out = statement;
	return 0;
}

static int put_waiting(struct db_txn *txn, uint64_t number, size_t bytes,
		       struct err *err)
{
	struct u64_key key = outbox_key(number);
	uint8_t value[4];

	store_u32(value, (uint32_t)bytes);
	return db_put(txn, OUTBOX_WAITING, outbox_key_span(&key),
		      span_of(value, sizeof(value)), err);
}

int outbox_add(struct db_txn *txn, struct outbox_meta *meta,
	       const struct outbox_item *item, struct arena *arena,
	       struct err *err)
{
	struct span salt = span_of(item->sealed.salt, SALT_BYTES);
	struct u64_key number = outbox_key(item->number);
	size_t bytes = outbox_bytes(&item->sealed);
	struct statement statement = { 0 };
	struct span value;
	int rc = check_sealed(&item->sealed, arena, &statement, err);

	if (rc)
		return rc;
	rc = db_get(txn, OUTBOX_SALT, salt, &value, err);
	if (rc != ERR_NOTFOUND)
		return rc ? rc :
			    err_set(err, ERR_EXISTS,
				    "this statement was saved before");
	rc = outbox_put_content(txn, item, err);
	if (!rc)
		rc = outbox_put_state(txn, item, err);
	if (!rc)
		rc = db_put(txn, OUTBOX_SALT, salt, outbox_key_span(&number),
			    err);
	if (!rc)
		rc = put_waiting(txn, item->number, bytes, err);
	if (!rc)
		rc = outbox_heads_saved(txn, item->number, &statement, arena,
					err);
	meta->next_number++;
	meta->counts.waiting++;
	meta->counts.bytes_waiting += bytes;
	return rc;
}

static int put_doubt(struct db_txn *txn, uint64_t number, struct err *err)
{
	struct u64_key key = outbox_key(number);

	return db_put(txn, OUTBOX_DOUBT, outbox_key_span(&key), span_of("", 0),
		      err);
}

int outbox_save(struct outbox *outbox, const struct sealed *sealed,
		size_t count, uint64_t saved_us, uint64_t *numbers,
		struct err *err)
{
	return outbox_save_doubting(outbox, sealed, NULL, count, saved_us,
				    numbers, err);
}

int outbox_save_doubting(struct outbox *outbox, const struct sealed *sealed,
			 const bool *doubts, size_t count, uint64_t saved_us,
			 uint64_t *numbers, struct err *err)
{
	struct outbox_meta meta = { 0 };
	struct db_txn *txn;
	struct arena arena;
	uint64_t first;
	int rc = db_begin(outbox->db, true, &txn, err);

	if (rc)
		return rc;
	arena_init(&arena, OUTBOX_SCRATCH_BYTES);
	rc = outbox_meta_read(txn, &meta, err);
	first = rc ? 0 : meta.next_number;
	for (size_t i = 0; i < count && !rc; i++) {
		struct outbox_item item = { .number = first + i,
					    .saved_us = saved_us,
					    .sealed = sealed[i] };

		rc = outbox_add(txn, &meta, &item, &arena, err);
		if (!rc && doubts && doubts[i])
			rc = put_doubt(txn, item.number, err);
		arena_reset(&arena);
	}
	if (!rc)
		rc = outbox_meta_write(txn, &meta, err);
	rc = db_finish(txn, rc, err);
	arena_release(&arena);
	for (size_t i = 0; i < count && numbers && !rc; i++)
		numbers[i] = first + i;
	return rc;
}

static int replace_one(struct db_txn *txn, uint64_t number,
		       const struct sealed *sealed, struct arena *arena,
		       struct err *err)
{
	struct statement before = { 0 }, after = { 0 };
	struct outbox_meta meta = { 0 };
	struct outbox_item item = { 0 };
	size_t bytes = outbox_bytes(sealed);
	int rc = outbox_copy_item(txn, number, arena, &item, err);

	if (rc)
		return rc;
	if (item.sequence || item.delivered)
		return err_set(err, ERR_NOTFOUND,
			       "the statement was sealed meanwhile");
	rc = check_sealed(sealed, arena, &after, err);
	if (!rc)
		rc = wire_decode_statement(item.sealed.body, arena, &before,
					   err);
	if (!rc)
		rc = outbox_meta_read(txn, &meta, err);
	if (rc)
		return rc;
	if (memcmp(item.sealed.salt, sealed->salt, SALT_BYTES) != 0 ||
	    !outbox_heads_same(&before, &after))
		return err_set(err, ERR_INVALID,
			       "a statement is replaced under its own salt, "
			       "for its own cell");
	meta.counts.bytes_waiting += bytes - outbox_bytes(&item.sealed);
	item.sealed = *sealed;
	rc = outbox_put_content(txn, &item, err);
	if (!rc)
		rc = put_waiting(txn, number, bytes, err);
	return rc ? rc : outbox_meta_write(txn, &meta, err);
}

int outbox_replace(struct outbox *outbox, uint64_t number,
		   const struct sealed *sealed, struct err *err)
{
	struct db_txn *txn;
	struct arena arena;
	int rc = db_begin(outbox->db, true, &txn, err);

	if (rc)
		return rc;
	arena_init(&arena, OUTBOX_SCRATCH_BYTES);
	rc = replace_one(txn, number, sealed, &arena, err);
	rc = db_finish(txn, rc, err);
	arena_release(&arena);
	return rc;
}

/* ---- reading ---- */

struct reading {
	struct db_txn *txn;
	struct arena arena;
	int (*visit)(void *arg, const struct outbox_item *item);
	void *arg;
	struct err *err;
};

static int visit_item(void *arg, struct span key, struct span value)
{
	struct reading *reading = arg;
	struct outbox_item item = { 0 };
	int rc;

	if (key.len != 8)
		return outbox_damaged(reading->err, "a statement's number");
	item.number = load_u64(key.data);
	rc = outbox_read_content(value, &reading->arena, &item, reading->err);
	if (!rc)
		rc = outbox_read_state(reading->txn, &item, reading->err);
	if (!rc)
		rc = reading->visit(reading->arg, &item);
	arena_reset(&reading->arena);
	return rc;
}

int outbox_items(struct outbox *outbox, uint64_t from,
		 int (*visit)(void *arg, const struct outbox_item *item),
		 void *arg, struct err *err)
{
	struct reading reading = { .visit = visit, .arg = arg, .err = err };
	struct u64_key key = outbox_key(from);
	int rc = db_begin(outbox->db, false, &reading.txn, err);

	if (rc)
		return rc;
	arena_init(&reading.arena, OUTBOX_SCRATCH_BYTES);
	rc = db_scan(reading.txn, OUTBOX_ITEM, outbox_key_span(&key), false,
		     visit_item, &reading, err);
	arena_release(&reading.arena);
	db_abort(reading.txn);
	return rc;
}

int outbox_counts(struct outbox *outbox, struct outbox_counts *out,
		  struct err *err)
{
	struct outbox_meta meta = { 0 };
	struct db_txn *txn;
	int rc = db_begin(outbox->db, false, &txn, err);

	if (rc)
		return rc;
	rc = outbox_meta_read(txn, &meta, err);
	db_abort(txn);
	if (!rc)
		*out = meta.counts;
	return rc;
}

/* ---- small values ---- */

int outbox_get(struct outbox *outbox, const char *name, struct arena *arena,
	       struct span *value, struct err *err)
{
	struct db_txn *txn;
	struct span found;
	void *copy;
	int rc = db_begin(outbox->db, false, &txn, err);

	if (rc)
		return rc;
	rc = db_get(txn, OUTBOX_VALUE, span_of_text(name), &found, err);
	if (!rc) {
		copy = arena_copy(arena, found.data, found.len);
		if (copy)
			*value = span_of(copy, found.len);
		else
			rc = err_set(err, ERR_NOMEM, "no memory to read %s",
				     name);
	}
	db_abort(txn);
	return rc;
}

int outbox_set(struct outbox *outbox, const char *name, struct span value,
	       struct err *err)
{
	struct db_txn *txn;
	size_t len = strlen(name);
	int rc;

	if (!len || len > VALUE_NAME_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "a name has 1 to %d bytes",
			       VALUE_NAME_BYTES_MAX);
	rc = db_begin(outbox->db, true, &txn, err);
	if (rc)
		return rc;
	rc = db_put(txn, OUTBOX_VALUE, span_of(name, len), value, err);
	return db_finish(txn, rc, err);
}
