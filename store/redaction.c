#include "store/redaction.h"

#include "base/bytes.h"
#include "proto/wire.h"

static void write_key(uint64_t entry, uint32_t n, unsigned text,
		      uint8_t key[REDACTION_KEY_BYTES])
{
	store_u64(key, entry);
	store_u32(key + 8, n);
	key[12] = (uint8_t)text;
}

void redaction_write(const struct redaction *redaction,
		     uint8_t key[REDACTION_KEY_BYTES],
		     uint8_t value[REDACTION_VALUE_BYTES])
{
	struct writer writer;

	write_key(redaction->entry, redaction->n, redaction->text, key);
	writer_init(&writer, value, REDACTION_VALUE_BYTES);
	write_u8(&writer, REDACTION_FORMAT);
	write_u64(&writer, redaction->by_entry);
	write_u32(&writer, redaction->by_n);
	write_u64(&writer, redaction->recv_us);
	write_bytes(&writer, redaction->key.bytes, HASH_BYTES);
}

int redaction_read(struct span key, struct span value, struct redaction *out,
		   struct err *err)
{
	struct reader reader;

	if (key.len != REDACTION_KEY_BYTES ||
	    value.len != REDACTION_VALUE_BYTES ||
	    value.data[0] != REDACTION_FORMAT || !wire_text_name(key.data[12]))
		return err_set(err, ERR_CORRUPT, "a redaction is damaged");
	*out = (struct redaction){
		.entry = load_u64(key.data),
		.n = load_u32(key.data + 8),
		.text = key.data[12],
	};
	reader_init(&reader, span_of(value.data + 1, value.len - 1));
	out->by_entry = read_u64(&reader);
	out->by_n = read_u32(&reader);
	out->recv_us = read_u64(&reader);
	read_copy(&reader, out->key.bytes, HASH_BYTES);
	return 0;
}

int redaction_find(const struct table_reader *reader, uint64_t entry,
		   uint32_t n, unsigned text, struct redaction *out,
		   struct err *err)
{
	uint8_t key[REDACTION_KEY_BYTES];
	struct span value;
	int rc;

	write_key(entry, n, text, key);
	rc = reader->get(reader->ctx, TABLE_REDACTION,
			 span_of(key, sizeof(key)), &value, err);
	return rc ? rc :
		    redaction_read(span_of(key, sizeof(key)), value, out, err);
}

int redaction_texts(const struct table_reader *reader, uint64_t entry,
		    uint32_t n, unsigned *out, struct err *err)
{
	struct redaction redaction;

	*out = 0;
	for (unsigned text = 1; wire_text_name(text); text++) {
		int rc = redaction_find(reader, entry, n, text, &redaction,
					NULL);

		if (rc && rc != ERR_NOTFOUND)
			return err_set(err, rc, "a redaction is damaged");
		if (!rc)
			*out |= 1u << text;
	}
	return 0;
}
