/* What every file of the outbox stands on: its records, as bytes and back. */
#include "store/outbox_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

#define OUTBOX_VERSION 1
#define META_BYTES (4 + 8 + 8 + HASH_BYTES + 5 * 8)
#define STATE_BYTES (8 + 4 + 1 + 8 + 8 + 2)
#define SENT_BYTES (HASH_BYTES + 1 + 8)
/* Tags and lengths around a part. */
#define PART_BYTES 8

int outbox_check_sender(const struct outbox *outbox, struct err *err)
{
	if (outbox->sender >= 0)
		return 0;
	return err_set(err, ERR_LOCKED,
		       "only who holds the sender's lock may seal");
}

/* ---- keys and counters ---- */

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

int outbox_damaged(struct err *err, const char *what)
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
		return outbox_damaged(err, "its state");
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

#define BASE_NAME "base"

int outbox_base(struct db_txn *txn, uint64_t *base, struct err *err)
{
	struct span value;
	int rc =
		db_get(txn, OUTBOX_VALUE, span_of_text(BASE_NAME), &value, err);

	*base = 0;
	if (rc == ERR_NOTFOUND)
		return 0;
	if (!rc && value.len != 8)
		return outbox_damaged(err, "mark of the key's first batch");
	if (!rc)
		*base = load_u64(value.data);
	return rc;
}

int outbox_set_base(struct db_txn *txn, uint64_t base, struct err *err)
{
	struct u64_key value = outbox_key(base);

	return db_put(txn, OUTBOX_VALUE, span_of_text(BASE_NAME),
		      outbox_key_span(&value), err);
}

/* ---- items ---- */

size_t outbox_bytes(const struct sealed *sealed)
{
	size_t bytes = 3 * PART_BYTES + SALT_BYTES + sealed->body.len;

	for (size_t i = 0; i < sealed->text_count; i++)
		bytes +=
			3 * PART_BYTES + SALT_BYTES + sealed->texts[i].text.len;
	return bytes;
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
	strbuf_add_u32(&value, (uint32_t)sealed->body.len);
	strbuf_add(&value, sealed->body.data, sealed->body.len);
	strbuf_add_char(&value, (char)sealed->text_count);
	for (size_t i = 0; i < sealed->text_count; i++) {
		const struct text *text = &sealed->texts[i];

		strbuf_add(&value, text->salt, SALT_BYTES);
		strbuf_add_u32(&value, (uint32_t)text->text.len);
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

int outbox_read_content(struct span value, struct arena *arena,
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
		       outbox_damaged(err, "a statement") :
		       0;
}

int outbox_read_state(struct db_txn *txn, struct outbox_item *item,
		      struct err *err)
{
	struct u64_key key = outbox_key(item->number);
	struct reader reader;
	struct span value;
	int rc = db_get(txn, OUTBOX_STATE, outbox_key_span(&key), &value, err);

	if (rc)
		return rc == ERR_NOTFOUND ? outbox_damaged(err, "a state") : rc;
	reader_init(&reader, value);
	item->sequence = read_u64(&reader);
	item->n = read_u32(&reader);
	item->delivered = read_u8(&reader) != 0;
	item->index = read_u64(&reader);
	item->recv_us = read_u64(&reader);
	item->verdict = read_u16(&reader);
	return reader.failed || reader_left(&reader) ?
		       outbox_damaged(err, "a state") :
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
		rc = outbox_read_content(value, arena, &item, err);
	if (!rc)
		rc = outbox_read_state(txn, &item, err);
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

/* ---- what is known of a batch ---- */

int outbox_get_sent(struct db_txn *txn, uint64_t sequence, struct arena *arena,
		    struct outbox_sent *out, struct err *err)
{
	struct u64_key key = outbox_key(sequence);
	struct outbox_sent sent = { 0 };
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
		return err_set(err, ERR_NOMEM, "no memory to send");
	for (size_t i = 0; i < sent.count; i++)
		sent.numbers[i] = read_u64(&reader);
	*out = sent;
	return 0;
}

int outbox_put_sent(struct db_txn *txn, uint64_t sequence,
		    const struct outbox_sent *sent, struct err *err)
{
	size_t len = SENT_BYTES + 8 * sent->count;
	struct u64_key key = outbox_key(sequence);
	uint8_t *bytes = malloc(len);
	struct writer writer;
	int rc;

	if (!bytes)
		return err_set(err, ERR_NOMEM, "no memory to send");
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
