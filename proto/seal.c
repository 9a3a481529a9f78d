#include "proto/seal.h"

#include <assert.h>

#include "base/bytes.h"

static const char seal_tag[] = "tally-batch/1\n";
#define SEAL_TAG_BYTES (sizeof(seal_tag) - 1)

void salt_draw(uint8_t out[SALT_BYTES])
{
	static const uint8_t none[BASE_BYTES];

	do
		random_bytes(out, SALT_BYTES);
	while (!memcmp(out, none, BASE_BYTES));
}

void seal_write_header(const struct seal_header *header,
		       uint8_t out[SEAL_HEADER_BYTES])
{
	struct writer writer;

	writer_init(&writer, out, SEAL_HEADER_BYTES);
	write_bytes(&writer, seal_tag, SEAL_TAG_BYTES);
	write_bytes(&writer, header->journal.bytes, HASH_BYTES);
	write_bytes(&writer, header->key.bytes, HASH_BYTES);
	write_u64(&writer, header->sequence);
	write_bytes(&writer, header->prev.bytes, HASH_BYTES);
	write_u64(&writer, header->sent_us);
	write_u64(&writer, header->seen_size);
	write_bytes(&writer, header->seen_root.bytes, HASH_BYTES);
	write_u32(&writer, header->count);
	write_bytes(&writer, header->root.bytes, HASH_BYTES);
	assert(!writer.failed && writer.len == SEAL_HEADER_BYTES);
}

int seal_read_header(struct span bytes, struct seal_header *out,
		     struct err *err)
{
	struct seal_header header;
	struct reader reader;
	struct span tag;

	if (bytes.len != SEAL_HEADER_BYTES)
		return err_set(err, ERR_INVALID,
			       "batch header has %zu bytes, not %d", bytes.len,
			       SEAL_HEADER_BYTES);
	reader_init(&reader, bytes);
	tag = read_span(&reader, SEAL_TAG_BYTES);
	if (!span_equal(tag, span_of_text(seal_tag)))
		return err_set(
			err, ERR_INVALID,
			"batch header does not begin with tally-batch/1");
	read_copy(&reader, header.journal.bytes, HASH_BYTES);
	read_copy(&reader, header.key.bytes, HASH_BYTES);
	header.sequence = read_u64(&reader);
	read_copy(&reader, header.prev.bytes, HASH_BYTES);
	header.sent_us = read_u64(&reader);
	header.seen_size = read_u64(&reader);
	read_copy(&reader, header.seen_root.bytes, HASH_BYTES);
	header.count = read_u32(&reader);
	read_copy(&reader, header.root.bytes, HASH_BYTES);
	assert(!reader.failed && !reader_left(&reader));
	if (!header.sequence)
		return err_set(err, ERR_INVALID,
			       "batch sequence numbers start at 1, not 0");
	*out = header;
	return 0;
}

struct hash seal_leaf(const uint8_t salt[SALT_BYTES], struct span body)
{
	return hash_leaf(span_of(salt, SALT_BYTES), body);
}

struct hash seal_name(struct span header, const struct signature *signature)
{
	const struct span parts[] = { header, span_of(signature->bytes,
						      SIGNATURE_BYTES) };

	return hash_parts(parts, 2);
}
