#include "base/bytes.h"

#include <string.h>

void reader_init(struct reader *reader, struct span bytes)
{
	*reader = (struct reader){ .data = bytes.data, .len = bytes.len };
}

size_t reader_left(const struct reader *reader)
{
	return reader->failed ? 0 : reader->len - reader->pos;
}

struct span read_span(struct reader *reader, size_t len)
{
	struct span out = { NULL, 0 };

	if (reader->failed || len > reader->len - reader->pos) {
		reader->failed = true;
		return out;
	}
	if (len)
		out = span_of(reader->data + reader->pos, len);
	reader->pos += len;
	return out;
}

void read_copy(struct reader *reader, void *out, size_t len)
{
	struct span bytes = read_span(reader, len);

	if (reader->failed)
		memset(out, 0, len);
	else if (len)
		memcpy(out, bytes.data, len);
}

/* Where the next len bytes are; NULL if fewer are left. */
static const uint8_t *step(struct reader *reader, size_t len)
{
	const uint8_t *at;

	if (reader->failed || len > reader->len - reader->pos) {
		reader->failed = true;
		return NULL;
	}
	at = reader->data + reader->pos;
	reader->pos += len;
	return at;
}

uint8_t read_u8(struct reader *reader)
{
	const uint8_t *at = step(reader, 1);

	return at ? *at : 0;
}

uint16_t read_u16(struct reader *reader)
{
	const uint8_t *at = step(reader, 2);

	if (!at)
		return 0;
	return (uint16_t)(at[0] << 8 | at[1]);
}

uint32_t read_u32(struct reader *reader)
{
	const uint8_t *at = step(reader, 4);

	return at ? load_u32(at) : 0;
}

uint64_t read_u64(struct reader *reader)
{
	const uint8_t *at = step(reader, 8);

	return at ? load_u64(at) : 0;
}

void writer_init(struct writer *writer, void *data, size_t cap)
{
	*writer = (struct writer){ .data = data, .cap = cap };
}

static uint8_t *take(struct writer *writer, size_t len)
{
	uint8_t *at;

	if (writer->failed || len > writer->cap - writer->len) {
		writer->failed = true;
		return NULL;
	}
	at = writer->data + writer->len;
	writer->len += len;
	return at;
}

static void write_integer(struct writer *writer, uint64_t value, size_t len)
{
	uint8_t *at = take(writer, len);

	if (!at)
		return;
	while (len--) {
		at[len] = (uint8_t)value;
		value >>= 8;
	}
}

void write_u8(struct writer *writer, uint8_t value)
{
	write_integer(writer, value, 1);
}

void write_u16(struct writer *writer, uint16_t value)
{
	write_integer(writer, value, 2);
}

void write_u32(struct writer *writer, uint32_t value)
{
	write_integer(writer, value, 4);
}

void write_u64(struct writer *writer, uint64_t value)
{
	write_integer(writer, value, 8);
}

void write_bytes(struct writer *writer, const void *data, size_t len)
{
	uint8_t *at = take(writer, len);

	if (at && len)
		memcpy(at, data, len);
}

void write_zeros(struct writer *writer, size_t len)
{
	uint8_t *at = take(writer, len);

	if (at && len)
		memset(at, 0, len);
}
