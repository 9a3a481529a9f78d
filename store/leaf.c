/* Leaves of the journal's tree: what of an entry its hash covers. */
#include "store/journal.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"

static void write_sealed(struct writer *writer, const struct leaf *leaf,
			 unsigned i)
{
	assert(leaf->headers[i].len == SEAL_HEADER_BYTES);
	write_bytes(writer, leaf->headers[i].data, SEAL_HEADER_BYTES);
	write_bytes(writer, leaf->signatures[i].bytes, SIGNATURE_BYTES);
}

size_t leaf_encode(const struct leaf *leaf, uint8_t out[LEAF_BYTES_MAX])
{
	struct writer writer;

	writer_init(&writer, out, LEAF_BYTES_MAX);
	write_u8(&writer, JOURNAL_LEAF_VERSION);
	write_u8(&writer, (uint8_t)leaf->kind);
	write_u64(&writer, leaf->recv_us);
	switch (leaf->kind) {
	case LEAF_BATCH:
		write_sealed(&writer, leaf, 0);
		break;
	case LEAF_FORK:
		write_sealed(&writer, leaf, 0);
		write_sealed(&writer, leaf, 1);
		break;
	case LEAF_STATE:
		write_u64(&writer, leaf->applied);
		write_u64(&writer, leaf->rows);
		write_bytes(&writer, leaf->root.bytes, HASH_BYTES);
		write_u32(&writer, leaf->rules);
		break;
	case LEAF_REOPENED:
		write_u64(&writer, leaf->applied);
		write_bytes(&writer, leaf->root.bytes, HASH_BYTES);
		write_u64(&writer, leaf->lost);
		write_bytes(&writer, leaf->lost_root.bytes, HASH_BYTES);
		write_bytes(&writer, leaf->note.bytes, HASH_BYTES);
		break;
	case LEAF_SUCCEEDED:
		write_u64(&writer, leaf->applied);
		write_bytes(&writer, leaf->root.bytes, HASH_BYTES);
		write_bytes(&writer, leaf->from.bytes, SIGN_KEY_BYTES);
		write_bytes(&writer, leaf->to.bytes, SIGN_KEY_BYTES);
		write_bytes(&writer, leaf->curve, CURVE_KEY_BYTES);
		write_bytes(&writer, leaf->note.bytes, HASH_BYTES);
		break;
	case LEAF_FORWARD:
		assert(leaf->kind != LEAF_FORWARD); /* kept for later */
	}
	assert(!writer.failed);
	return writer.len;
}

static void read_sealed(struct reader *reader, struct leaf *leaf, unsigned i)
{
	leaf->headers[i] = read_span(reader, SEAL_HEADER_BYTES);
	read_copy(reader, leaf->signatures[i].bytes, SIGNATURE_BYTES);
}

int leaf_decode(struct span bytes, struct leaf *out, struct err *err)
{
	struct leaf leaf = { .kind = LEAF_BATCH };
	struct reader reader;
	uint8_t version, kind;

	reader_init(&reader, bytes);
	version = read_u8(&reader);
	kind = read_u8(&reader);
	leaf.recv_us = read_u64(&reader);
	if (!reader.failed && version != JOURNAL_LEAF_VERSION)
		return err_set(err, ERR_INVALID,
			       "leaf version %u, this program knows %u",
			       version, JOURNAL_LEAF_VERSION);
	switch (kind) {
	case LEAF_BATCH:
		read_sealed(&reader, &leaf, 0);
		break;
	case LEAF_FORK:
		read_sealed(&reader, &leaf, 0);
		read_sealed(&reader, &leaf, 1);
		break;
	case LEAF_STATE:
		leaf.applied = read_u64(&reader);
		leaf.rows = read_u64(&reader);
		read_copy(&reader, leaf.root.bytes, HASH_BYTES);
		leaf.rules = read_u32(&reader);
		break;
	case LEAF_REOPENED:
		leaf.applied = read_u64(&reader);
		read_copy(&reader, leaf.root.bytes, HASH_BYTES);
		leaf.lost = read_u64(&reader);
		read_copy(&reader, leaf.lost_root.bytes, HASH_BYTES);
		read_copy(&reader, leaf.note.bytes, HASH_BYTES);
		break;
	case LEAF_SUCCEEDED:
		leaf.applied = read_u64(&reader);
		read_copy(&reader, leaf.root.bytes, HASH_BYTES);
		read_copy(&reader, leaf.from.bytes, SIGN_KEY_BYTES);
		read_copy(&reader, leaf.to.bytes, SIGN_KEY_BYTES);
		read_copy(&reader, leaf.curve, CURVE_KEY_BYTES);
		read_copy(&reader, leaf.note.bytes, HASH_BYTES);
		break;
	default: /* the file's numbers, an open set */
		return err_set(err, ERR_INVALID,
			       "leaf kind %u, unknown to this program", kind);
	}
	if (reader.failed || reader_left(&reader))
		return err_set(err, ERR_INVALID,
			       "a leaf of kind %u is not %zu bytes long", kind,
			       bytes.len);
	leaf.kind = (enum leaf_kind)kind;
	*out = leaf;
	return 0;
}

/* ---- reopenings ---- */

struct leaf leaf_reopened(const struct reopening *reopening, struct span note)
{
	return (struct leaf){
		.kind = LEAF_REOPENED,
		.recv_us = reopening->after_us,
		.applied = reopening->kept,
		.root = reopening->kept_root,
		.lost = reopening->lost,
		.lost_root = reopening->lost_root,
		.note = hash_span(note),
	};
}

int leaf_reopening(const struct leaf *leaf, struct span note,
		   struct reopening *out, struct err *err)
{
	struct hash hash = hash_span(note);
	struct reopening read;

	if (!hash_equal(&hash, &leaf->note) ||
	    reopening_read(note, &read, NULL) ||
	    read.after_us != leaf->recv_us || read.kept != leaf->applied ||
	    read.lost != leaf->lost ||
	    !hash_equal(&read.kept_root, &leaf->root) ||
	    !hash_equal(&read.lost_root, &leaf->lost_root))
		return err_set(err, ERR_CORRUPT,
			       "what says that the journal was opened again "
			       "is not what its leaf holds");
	*out = read;
	return 0;
}

/* ---- successions ---- */

struct leaf leaf_succeeded(const struct succession *succession,
			   struct span note)
{
	struct leaf leaf = {
		.kind = LEAF_SUCCEEDED,
		.recv_us = succession->after_us,
		.applied = succession->size,
		.root = succession->root,
		.from = succession->from,
		.to = succession->to,
		.note = hash_span(note),
	};

	memcpy(leaf.curve, succession->curve, CURVE_KEY_BYTES);
	return leaf;
}

int leaf_succession(const struct leaf *leaf, struct span note,
		    struct succession *out, struct err *err)
{
	struct succession read;
	uint8_t is[LEAF_BYTES_MAX], should[LEAF_BYTES_MAX];
	struct leaf made;
	size_t len;

	if (succession_open(note, &read, err))
		return err_context(err, "a succession of the collector's keys");
	made = leaf_succeeded(&read, note);
	made.recv_us = leaf->recv_us;
	len = leaf_encode(&made, should);
	if (leaf_encode(leaf, is) != len || memcmp(is, should, len) != 0)
		return err_set(err, ERR_CORRUPT,
			       "what says that the collector has other keys is "
			       "not what its leaf holds");
	*out = read;
	return 0;
}
