/* Protobuf written by hand, so that tests can say what no encoder would. */
#ifndef TALLY_TESTS_PROTO_RAW_H
#define TALLY_TESTS_PROTO_RAW_H

#include <stdint.h>

#include "base/span.h"
#include "base/strbuf.h"

static inline void raw_varint(struct strbuf *out, uint64_t value)
{
	while (value >= 0x80) {
		strbuf_add_char(out, (char)(value | 0x80));
		value >>= 7;
	}
	strbuf_add_char(out, (char)value);
}

static inline void raw_number(struct strbuf *out, uint32_t field,
			      uint64_t value)
{
	raw_varint(out, (uint64_t)field << 3);
	raw_varint(out, value);
}

static inline void raw_bytes(struct strbuf *out, uint32_t field,
			     struct span bytes)
{
	raw_varint(out, (uint64_t)field << 3 | 2);
	raw_varint(out, bytes.len);
	strbuf_add(out, bytes.data, bytes.len);
}

/* len bytes of value with, as a field. */
static inline void raw_fill(struct strbuf *out, uint32_t field, size_t len,
			    char with)
{
	raw_varint(out, (uint64_t)field << 3 | 2);
	raw_varint(out, len);
	while (len--)
		strbuf_add_char(out, with);
}

/* A small generator: the same numbers for the same seed. */
static inline uint64_t raw_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static inline size_t raw_below(uint64_t *seed, size_t limit)
{
	return (size_t)(raw_random(seed) % limit);
}

/* Valid UTF-8 of up to letters letters, some of them of several bytes. */
static inline struct span raw_text(uint64_t *seed, struct strbuf *store,
				   size_t letters)
{
	static const char *const some[] = { "a",  "z", "0",  "-",  ".",	 " ",
					    "\n", "é", "内", "江", "𠮷", "|" };
	size_t from = store->len;
	size_t count = raw_below(seed, letters + 1);

	for (size_t i = 0; i < count; i++)
		strbuf_add_text(store, some[raw_below(seed, 12)]);
	return span_of(store->text + from, store->len - from);
}

#endif
