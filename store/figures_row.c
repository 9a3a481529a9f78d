#include "store/figures_row.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"

void add_u8(struct strbuf *out, uint8_t value)
{
	strbuf_add(out, &value, 1);
}

void add_u16(struct strbuf *out, uint16_t value)
{
	uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	strbuf_add(out, bytes, sizeof(bytes));
}

void add_u32(struct strbuf *out, uint32_t value)
{
	uint8_t bytes[4];

	store_u32(bytes, value);
	strbuf_add(out, bytes, sizeof(bytes));
}

void add_u64(struct strbuf *out, uint64_t value)
{
	uint8_t bytes[8];

	store_u64(bytes, value);
	strbuf_add(out, bytes, sizeof(bytes));
}

/* ---- keys ---- */

size_t figure_key_write(const struct figure_key *key,
			uint8_t out[FIGURE_KEY_BYTES_MAX])
{
	struct writer writer;

	writer_init(&writer, out, FIGURE_KEY_BYTES_MAX);
	write_u32(&writer, key->target);
	write_u32(&writer, key->unit);
	write_u8(&writer, key->period.type);
	write_u16(&writer, key->period.year);
	write_u16(&writer, key->period.index);
	write_bytes(&writer, key->item.data, key->item.len);
	return writer.failed ? 0 : writer.len;
}

int figure_key_read(struct span bytes, struct figure_key *out, struct err *err)
{
	struct reader reader;
	struct figure_key key;

	reader_init(&reader, bytes);
	key.target = read_u32(&reader);
	key.unit = read_u32(&reader);
	key.period.type = read_u8(&reader);
	key.period.year = read_u16(&reader);
	key.period.index = read_u16(&reader);
	key.item = read_span(&reader, reader_left(&reader));
	if (reader.failed || bytes.len > FIGURE_KEY_BYTES_MAX ||
	    key.period.type < PERIOD_DAY || key.period.type > PERIOD_YEAR)
		return err_set(err, ERR_CORRUPT,
			       "a figure's key is damaged (%zu bytes)",
			       bytes.len);
	*out = key;
	return 0;
}

void change_key_write(uint64_t entry, uint32_t n, uint8_t out[CHANGE_KEY_BYTES])
{
	store_u64(out, entry);
	store_u32(out + 8, n);
}

/* ---- rows ---- */

/*
 * Everything before the figure's key is as long in every row: it is read at
 * its place, since an evaluation reads millions of them, and written there.
 */
enum {
	AT_ORDINAL = 1,
	AT_VERSION = AT_ORDINAL + 4,
	AT_ENTRY = AT_VERSION + 4,
	AT_N = AT_ENTRY + 8,
	AT_RECV = AT_N + 4,
	AT_KEY = AT_RECV + 8,
	AT_SEQUENCE = AT_KEY + HASH_BYTES,
	AT_SALT = AT_SEQUENCE + 8,
	AT_BASE = AT_SALT + SALT_BYTES,
	AT_PREVIOUS_ENTRY = AT_BASE + BASE_BYTES,
	AT_PREVIOUS_N = AT_PREVIOUS_ENTRY + 8,
	AT_FLAGS = AT_PREVIOUS_N + 4,
	ROW_HEAD_BYTES = AT_FLAGS + 4,
};

static void write_value(const struct value *value, struct strbuf *out)
{
	assert(value->field.len <= UINT16_MAX);
	add_u16(out, (uint16_t)value->field.len);
	strbuf_add(out, value->field.data, value->field.len);
	add_u8(out, (uint8_t)value->kind);
	switch (value->kind) {
	case VALUE_NUMBER:
		add_u8(out, value->places);
		add_u64(out, (uint64_t)value->number);
		break;
	case VALUE_DAY:
		add_u64(out, (uint64_t)value->number);
		break;
	case VALUE_TEXT:
		assert(value->text.len <= UINT32_MAX);
		add_u32(out, (uint32_t)value->text.len);
		strbuf_add(out, value->text.data, value->text.len);
		break;
	case VALUE_NA:
		break;
	}
}

static void write_head(const struct figure_row *row, uint8_t *at)
{
	at[0] = FIGURE_ROW_FORMAT;
	store_u32(at + AT_ORDINAL, row->ordinal);
	store_u32(at + AT_VERSION, row->version);
	store_u64(at + AT_ENTRY, row->entry);
	store_u32(at + AT_N, row->n);
	store_u64(at + AT_RECV, row->recv_us);
	memcpy(at + AT_KEY, row->key.bytes, HASH_BYTES);
	store_u64(at + AT_SEQUENCE, row->sequence);
	memcpy(at + AT_SALT, row->salt, SALT_BYTES);
	memcpy(at + AT_BASE, row->base, BASE_BYTES);
	store_u64(at + AT_PREVIOUS_ENTRY, row->previous_entry);
	store_u32(at + AT_PREVIOUS_N, row->previous_n);
	store_u32(at + AT_FLAGS, row->flags);
}

void figure_row_write(const struct figure_row *row, struct strbuf *out)
{
	uint8_t head[ROW_HEAD_BYTES];

	assert(row->figure_key.len <= FIGURE_KEY_BYTES_MAX);
	assert(row->value_count <= UINT16_MAX && row->status.len <= UINT8_MAX);
	write_head(row, head);
	strbuf_add(out, head, sizeof(head));
	add_u8(out, (uint8_t)row->figure_key.len);
	strbuf_add(out, row->figure_key.data, row->figure_key.len);
	add_u16(out, (uint16_t)row->value_count);
	for (size_t i = 0; i < row->value_count; i++)
		write_value(&row->values[i], out);
	add_u8(out, (uint8_t)row->status.len);
	strbuf_add(out, row->status.data, row->status.len);
}

/* False if the bytes are no value. */
static bool read_value(struct reader *reader, struct value *out)
{
	struct value value = { .field = read_span(reader, read_u16(reader)) };
	uint8_t kind = read_u8(reader);

	switch (kind) {
	case VALUE_NUMBER:
		value.places = read_u8(reader);
		value.number = (int64_t)read_u64(reader);
		break;
	case VALUE_DAY:
		value.number = (int64_t)read_u64(reader);
		break;
	case VALUE_TEXT:
		value.text = read_span(reader, read_u32(reader));
		break;
	case VALUE_NA:
		break;
	default:
		return false;
	}
	value.kind = (enum value_kind)kind;
	*out = value;
	return !reader->failed;
}

static void read_head(const uint8_t *at, struct figure_row *row)
{
	row->ordinal = load_u32(at + AT_ORDINAL);
	row->version = load_u32(at + AT_VERSION);
	row->entry = load_u64(at + AT_ENTRY);
	row->n = load_u32(at + AT_N);
	row->recv_us = load_u64(at + AT_RECV);
	memcpy(row->key.bytes, at + AT_KEY, HASH_BYTES);
	row->sequence = load_u64(at + AT_SEQUENCE);
	memcpy(row->salt, at + AT_SALT, SALT_BYTES);
	memcpy(row->base, at + AT_BASE, BASE_BYTES);
	row->previous_entry = load_u64(at + AT_PREVIOUS_ENTRY);
	row->previous_n = load_u32(at + AT_PREVIOUS_N);
	row->flags = load_u32(at + AT_FLAGS);
}

int figure_row_read(struct span bytes, struct arena *arena,
		    struct figure_row *out, struct err *err)
{
	struct reader reader;
	struct span head;
	struct value unused;
	size_t count;

	reader_init(&reader, bytes);
	head = read_span(&reader, ROW_HEAD_BYTES);
	if (reader.failed || head.data[0] != FIGURE_ROW_FORMAT)
		goto damaged;
	read_head(head.data, out);
	out->figure_key = read_span(&reader, read_u8(&reader));
	count = read_u16(&reader);
	if (reader.failed)
		goto damaged;
	out->values = NULL;
	out->value_count = 0;
	if (arena && count) {
		out->values = arena_array(arena, count, sizeof(*out->values));
		if (!out->values)
			return err_set(err, ERR_NOMEM, "no memory for a row");
		out->value_count = count;
	}
	for (size_t i = 0; i < count; i++)
		if (!read_value(&reader, arena ? &out->values[i] : &unused))
			goto damaged;
	out->status = read_span(&reader, read_u8(&reader));
	if (reader.failed || reader_left(&reader))
		goto damaged;
	return 0;

damaged:
	return err_set(err, ERR_CORRUPT,
		       "a figure's row is damaged (%zu bytes)", bytes.len);
}

int figure_value_split(struct span value, struct span *row, struct hash *link,
		       struct err *err)
{
	if (value.len < HASH_BYTES)
		return err_set(err, ERR_CORRUPT, "a figure has no link");
	*row = span_of(value.data, value.len - HASH_BYTES);
	if (link)
		memcpy(link->bytes, value.data + row->len, HASH_BYTES);
	return 0;
}
