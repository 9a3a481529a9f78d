/*
 * Bounded reader and writer of bytes, integers big-endian.
 *
 * Both are sticky: after the first access beyond the end, failed is set, reads
 * give zero, writes do nothing. So a format is read or written in one go and
 * checked once.
 */
#ifndef TALLY_BASE_BYTES_H
#define TALLY_BASE_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/span.h"

struct reader {
	const uint8_t *data;
	size_t len;
	size_t pos;
	bool failed;
};

struct writer {
	uint8_t *data;
	size_t cap;
	size_t len;
	bool failed;
};

void writer_init(struct writer *writer, void *data, size_t cap);
void write_u8(struct writer *writer, uint8_t value);
void write_u16(struct writer *writer, uint16_t value);
void write_u32(struct writer *writer, uint32_t value);
void write_u64(struct writer *writer, uint64_t value);
void write_bytes(struct writer *writer, const void *data, size_t len);
void write_zeros(struct writer *writer, size_t len);

void read_copy(struct reader *reader, void *out, size_t len);

/* Single integers in place. */
static inline uint32_t load_u32(const void *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

static inline uint64_t load_u64(const void *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return be64toh(value);
}

static inline void store_u32(void *at, uint32_t value)
{
	value = htobe32(value);
	memcpy(at, &value, sizeof(value));
}

static inline void store_u64(void *at, uint64_t value)
{
	value = htobe64(value);
	memcpy(at, &value, sizeof(value));
}

/* The reader. An evaluation reads millions of rows with it: no calls. */
static inline void reader_init(struct reader *reader, struct span bytes)
{
	*reader = (struct reader){ .data = bytes.data, .len = bytes.len };
}

static inline size_t reader_left(const struct reader *reader)
{
	return reader->failed ? 0 : reader->len - reader->pos;
}

/* Where the next len bytes are; NULL if fewer are left. */
static inline const uint8_t *reader_step(struct reader *reader, size_t len)
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

/* A view into the reader's bytes; len 0 and failed if fewer are left. */
static inline struct span read_span(struct reader *reader, size_t len)
{
	const uint8_t *at = len ? reader_step(reader, len) : NULL;

	return span_of(at, at ? len : 0);
}

static inline uint8_t read_u8(struct reader *reader)
{
	const uint8_t *at = reader_step(reader, 1);

	return at ? *at : 0;
}

static inline uint16_t read_u16(struct reader *reader)
{
	const uint8_t *at = reader_step(reader, 2);

	if (!at)
		return 0;
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t read_u32(struct reader *reader)
{
	const uint8_t *at = reader_step(reader, 4);

	return at ? load_u32(at) : 0;
}

static inline uint64_t read_u64(struct reader *reader)
{
	const uint8_t *at = reader_step(reader, 8);

	return at ? load_u64(at) : 0;
}

#endif
