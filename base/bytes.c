#include "base/bytes.h"

#include <string.h>

void read_copy(struct reader *reader, void *out, size_t len)
{
	struct span bytes = read_span(reader, len);

	if (reader->failed)
		memset(out, 0, len);
	else if (len)
		memcpy(out, bytes.data, len);
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
