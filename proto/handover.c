#include "proto/handover.h"

#include <string.h>

#include "proto/note.h"
#include "proto/wire.h"

#define MAGIC "tallykpt"
#define MAGIC_BYTES 8
#define VERSION 1

static void add_u32(struct strbuf *out, uint32_t value)
{
	uint8_t bytes[4];

	store_u32(bytes, value);
	strbuf_add(out, bytes, sizeof(bytes));
}

static void add_u64(struct strbuf *out, uint64_t value)
{
	uint8_t bytes[8];

	store_u64(bytes, value);
	strbuf_add(out, bytes, sizeof(bytes));
}

void handover_begin(const struct sign_key *key, uint32_t count,
		    struct span note, struct strbuf *out)
{
	strbuf_add(out, MAGIC, MAGIC_BYTES);
	add_u32(out, VERSION);
	strbuf_add(out, key->bytes, SIGN_KEY_BYTES);
	add_u32(out, count);
	add_u32(out, (uint32_t)note.len);
	strbuf_add(out, note.data, note.len);
}

void handover_add(const struct handover_batch *batch, struct strbuf *out)
{
	add_u64(out, batch->index);
	add_u64(out, batch->recv_us);
	add_u32(out, (uint32_t)batch->batch.len);
	strbuf_add(out, batch->batch.data, batch->batch.len);
}

int handover_open(struct span bytes, struct handover_reader *out,
		  struct err *err)
{
	struct handover_reader opened;
	struct span magic;
	uint32_t version, len;

	reader_init(&opened.reader, bytes);
	magic = read_span(&opened.reader, MAGIC_BYTES);
	version = read_u32(&opened.reader);
	read_copy(&opened.reader, opened.key.bytes, SIGN_KEY_BYTES);
	opened.left = read_u32(&opened.reader);
	len = read_u32(&opened.reader);
	if (opened.reader.failed || memcmp(magic.data, MAGIC, MAGIC_BYTES) != 0)
		return err_set(err, ERR_INVALID,
			       "this is no file of tally-agent hand-over");
	if (version != VERSION)
		return err_set(err, ERR_INVALID,
			       "it is of version %u, this program knows %u",
			       version, VERSION);
	if (len > NOTE_BYTES_MAX)
		return err_set(err, ERR_INVALID,
			       "its checkpoint has %u bytes, more than %u", len,
			       NOTE_BYTES_MAX);
	opened.note = read_span(&opened.reader, len);
	if (opened.reader.failed)
		return err_set(err, ERR_INVALID, "it is cut off");
	*out = opened;
	return 0;
}

int handover_next(struct handover_reader *reader, struct handover_batch *out,
		  struct err *err)
{
	struct handover_batch batch;
	uint32_t len;

	if (!reader->left)
		return reader_left(&reader->reader) ?
			       err_set(err, ERR_INVALID,
				       "something follows its last batch") :
			       0;
	batch.index = read_u64(&reader->reader);
	batch.recv_us = read_u64(&reader->reader);
	len = read_u32(&reader->reader);
	if (!reader->reader.failed && len > WIRE_BATCH_BYTES_MAX)
		return err_set(err, ERR_INVALID,
			       "a batch has %u bytes, more than %d", len,
			       WIRE_BATCH_BYTES_MAX);
	batch.batch = read_span(&reader->reader, len);
	if (reader->reader.failed)
		return err_set(err, ERR_INVALID,
			       "it is cut off: %u batches are missing",
			       reader->left);
	reader->left--;
	*out = batch;
	return 1;
}
