#include "store/outbox.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/keyfile.h"
#include "store/outbox_parts.h"

/* Address space, not disk: the file grows as it is used. */
#define OUTBOX_MAP_BYTES (16ull * 1024 * 1024 * 1024)
#define OUTBOX_VERSION 1
#define META_BYTES (4 + 8 + 8 + HASH_BYTES + 5 * 8)
#define STATE_BYTES (8 + 4 + 1 + 8 + 8 + 2)
/* Tags and lengths around a part, and what is in a batch beside statements. */
#define PART_BYTES 8
#define BATCH_BYTES 512
#define SCRATCH_BYTES ((size_t)64 * 1024 * 1024)
#define VALUE_NAME_BYTES_MAX 200

static const char *const table_names[OUTBOX_TABLES] = {
	[OUTBOX_META] = "meta",	  [OUTBOX_ITEM] = "item",
	[OUTBOX_STATE] = "state", [OUTBOX_WAITING] = "waiting",
	[OUTBOX_SALT] = "salt",	  [OUTBOX_SENT] = "sent",
	[OUTBOX_BATCH] = "batch", [OUTBOX_HEAD] = "head",
	[OUTBOX_VALUE] = "value",
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

/* ---- records ---- */

struct u64_key outbox_key(uint64_t number)
{
	struct u64_key key;

	store_u64(key.bytes, number);
	return key;
}

struct span outbox_key_span(const struct u64_key *key)
{
	return span_of(key->bytes, sizeof(key->bytes));
}

static int damaged(struct err *err, const char *what)
{
	return err_set(err, ERR_CORRUPT,
		       "the outbox is damaged: %s is not as it was written",
		       what);
}

int outbox_meta_read(struct db_txn *txn, struct outbox_meta *out,
		     struct err *err)
{
	struct outbox_meta meta = { .next_number = 1, .next_sequence = 1 };
	struct reader reader;
	struct span value;
	int rc = db_get(txn, OUTBOX_META, span_of_text("meta"), &value, err);

	if (rc == ERR_NOTFOUND) {
		*out = meta;
		return 0;
	}
	if (rc)
		return rc;
	reader_init(&reader, value);
	if (read_u32(&reader) != OUTBOX_VERSION)
		return err_set(err, ERR_CORRUPT,
			       "the outbox was written by another version of "
			       "tally, or is damaged");
	meta.next_number = read_u64(&reader);
	meta.next_sequence = read_u64(&reader);
	read_copy(&reader, meta.head.bytes, HASH_BYTES);
	meta.counts.waiting = read_u64(&reader);
	meta.counts.sealed = read_u64(&reader);
	meta.counts.delivered = read_u64(&reader);
	meta.counts.refused = read_u64(&reader);
	meta.counts.bytes_waiting = read_u64(&reader);
	if (reader.failed || reader_left(&reader))
		return damaged(err, "its state");
	*out = meta;
	return 0;
}

int outbox_meta_write(struct db_txn *txn, const struct outbox_meta *meta,
		      struct err *err)
{
	uint8_t bytes[META_BYTES];
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	write_u32(&writer, OUTBOX_VERSION);
	write_u64(&writer, meta->next_number);
	write_u64(&writer, meta->next_sequence);
	write_bytes(&writer, meta->head.bytes, HASH_BYTES);
	write_u64(&writer, meta->counts.waiting);
	write_u64(&writer, meta->counts.sealed);
	write_u64(&writer, meta->counts.delivered);
	write_u64(&writer, meta->counts.refused);
	write_u64(&writer, meta->counts.bytes_waiting);
	assert(!writer.failed && writer.len == sizeof(bytes));
	return db_put(txn, OUTBOX_META, span_of_text("meta"),
		      span_of(bytes, sizeof(bytes)), err);
}

size_t outbox_bytes(const struct sealed *sealed)
{
	size_t bytes = 3 * PART_BYTES + SALT_BYTES + sealed->body.len;

	for (size_t i = 0; i < sealed->text_count; i++)
		bytes +=
			3 * PART_BYTES + SALT_BYTES + sealed->texts[i].text.len;
	return bytes;
}

static void add_u32(struct strbuf *out, size_t value)
{
	uint8_t bytes[4];

	store_u32(bytes, (uint32_t)value);
	strbuf_add(out, bytes, sizeof(bytes));
}

int outbox_put_content(struct db_txn *txn, const struct outbox_item *item,
		       struct err *err)
{
	const struct sealed *sealed = &item->sealed;
	struct u64_key saved = outbox_key(item->saved_us);
	struct u64_key key = outbox_key(item->number);
	struct strbuf value;
	int rc;

	strbuf_init(&value, 0);
	strbuf_add(&value, saved.bytes, sizeof(saved.bytes));
	strbuf_add(&value, sealed->salt, SALT_BYTES);
	add_u32(&value, sealed->body.len);
	strbuf_add(&value, sealed->body.data, sealed->body.len);
	strbuf_add_char(&value, (char)sealed->text_count);
	for (size_t i = 0; i < sealed->text_count; i++) {
		const struct text *text = &sealed->texts[i];

		strbuf_add(&value, text->salt, SALT_BYTES);
		add_u32(&value, text->text.len);
		strbuf_add(&value, text->text.data, text->text.len);
	}
	if (value.failed)
		rc = err_set(err, ERR_NOMEM, "no memory to save a statement");
	else
		rc = db_put(txn, OUTBOX_ITEM, outbox_key_span(&key),
			    strbuf_span(&value), err);
	strbuf_release(&value);
	return rc;
}

int outbox_put_state(struct db_txn *txn, const struct outbox_item *item,
		     struct err *err)
{
	struct u64_key key = outbox_key(item->number);
	uint8_t bytes[STATE_BYTES];
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	write_u64(&writer, item->sequence);
	write_u32(&writer, item->n);
	write_u8(&writer, item->delivered);
	write_u64(&writer, item->index);
	write_u64(&writer, item->recv_us);
	write_u16(&writer, item->verdict);
	assert(!writer.failed && writer.len == sizeof(bytes));
	return db_put(txn, OUTBOX_STATE, outbox_key_span(&key),
		      span_of(bytes, sizeof(bytes)), err);
}

static int read_content(struct span value, struct arena *arena,
			struct outbox_item *item, struct err *err)
{
	struct sealed *sealed = &item->sealed;
	struct reader reader;

	reader_init(&reader, value);
	item->saved_us = read_u64(&reader);
	read_copy(&reader, sealed->salt, SALT_BYTES);
	sealed->body = read_span(&reader, read_u32(&reader));
	sealed->text_count = read_u8(&reader);
	sealed->texts =
		arena_array(arena, sealed->text_count, sizeof(*sealed->texts));
	if (!sealed->texts)
		return err_set(err, ERR_NOMEM, "no memory to read the outbox");
	for (size_t i = 0; i < sealed->text_count; i++) {
		read_copy(&reader, sealed->texts[i].salt, SALT_BYTES);
		sealed->texts[i].text = read_span(&reader, read_u32(&reader));
	}
	return reader.failed || reader_left(&reader) ?
		       damaged(err, "a statement") :
		       0;
}

static int read_state(struct db_txn *txn, struct outbox_item *item,
		      struct err *err)
{
	struct u64_key key = outbox_key(item->number);
	struct reader reader;
	struct span value;
	int rc = db_get(txn, OUTBOX_STATE, outbox_key_span(&key), &value, err);

	if (rc)
		return rc == ERR_NOTFOUND ? damaged(err, "a state") : rc;
	reader_init(&reader, value);
	item->sequence = read_u64(&reader);
	item->n = read_u32(&reader);
	item->delivered = read_u8(&reader) != 0;
	item->index = read_u64(&reader);
	item->recv_us = read_u64(&reader);
	item->verdict = read_u16(&reader);
	return reader.failed || reader_left(&reader) ? damaged(err, "a state") :
						       0;
}

int outbox_get_item(struct db_txn *txn, uint64_t number, struct arena *arena,
		    struct outbox_item *out, struct err *err)
{
	struct outbox_item item = { .number = number };
	struct u64_key key = outbox_key(number);
	struct span value;
	int rc = db_get(txn, OUTBOX_ITEM, outbox_key_span(&key), &value, err);

	if (!rc)
		rc = read_content(value, arena, &item, err);
	if (!rc)
		rc = read_state(txn, &item, err);
	if (!rc)
		*out = item;
	return rc;
}

static bool copy_span(struct arena *arena, struct span *span)
{
	span->data = arena_copy(arena, span->data, span->len);
	return span->data;
}

int outbox_copy_item(struct db_txn *txn, uint64_t number, struct arena *arena,
		     struct outbox_item *out, struct err *err)
{
	struct outbox_item item = { 0 };
	bool copied;
	int rc = outbox_get_item(txn, number, arena, &item, err);

	if (rc)
		return rc;
	copied = copy_span(arena, &item.sealed.body);
	for (size_t i = 0; i < item.sealed.text_count; i++)
		copied &= copy_span(arena, &item.sealed.texts[i].text);
	if (!copied)
		return err_set(err, ERR_NOMEM, "no memory to read the outbox");
	*out = item;
	return 0;
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
	if (outbox_bytes(sealed) > WIRE_BATCH_BYTES_MAX - BATCH_BYTES)
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

static int save_one(struct db_txn *txn, struct outbox_meta *meta,
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

int outbox_save(struct outbox *outbox, const struct sealed *sealed,
		size_t count, uint64_t saved_us, uint64_t *numbers,
		struct err *err)
{
	struct outbox_meta meta = { 0 };
	struct db_txn *txn;
	struct arena arena;
	uint64_t first;
	int rc = db_begin(outbox->db, true, &txn, err);

	if (rc)
		return rc;
	arena_init(&arena, SCRATCH_BYTES);
	rc = outbox_meta_read(txn, &meta, err);
	first = rc ? 0 : meta.next_number;
	for (size_t i = 0; i < count && !rc; i++) {
		struct outbox_item item = { .number = first + i,
					    .saved_us = saved_us,
					    .sealed = sealed[i] };

		rc = save_one(txn, &meta, &item, &arena, err);
		arena_reset(&arena);
	}
	if (!rc)
		rc = outbox_meta_write(txn, &meta, err);
	if (rc)
		db_abort(txn);
	else
		rc = db_commit(txn, err);
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
	arena_init(&arena, SCRATCH_BYTES);
	rc = replace_one(txn, number, sealed, &arena, err);
	if (rc)
		db_abort(txn);
	else
		rc = db_commit(txn, err);
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
		return damaged(reading->err, "a statement's number");
	item.number = load_u64(key.data);
	rc = read_content(value, &reading->arena, &item, reading->err);
	if (!rc)
		rc = read_state(reading->txn, &item, reading->err);
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
	arena_init(&reading.arena, SCRATCH_BYTES);
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
	if (!rc)
		return db_commit(txn, err);
	db_abort(txn);
	return rc;
}
