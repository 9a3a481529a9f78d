#include "store/journal_format.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "store/crc.h"
#include "store/journal.h"

#define MAGIC "tallyseg"
#define MAGIC_BYTES 8
#define HEADER_CRC_AT 88
#define NAME_DIGITS 20

/* ---- segment headers ---- */

void segment_header_write(const struct segment_header *header,
			  uint8_t out[SEGMENT_HEADER_BYTES])
{
	struct writer writer;

	writer_init(&writer, out, SEGMENT_HEADER_BYTES);
	write_bytes(&writer, MAGIC, MAGIC_BYTES);
	write_u32(&writer, SEGMENT_VERSION);
	write_u32(&writer, 0);
	write_bytes(&writer, header->id.bytes, HASH_BYTES);
	write_u64(&writer, header->first);
	write_bytes(&writer, header->root.bytes, HASH_BYTES);
	write_u32(&writer, crc32c(0, span_of(out, HEADER_CRC_AT)));
	write_u32(&writer, 0);
}

int segment_header_read(const uint8_t bytes[SEGMENT_HEADER_BYTES],
			const char *path, struct segment_header *out,
			struct err *err)
{
	struct segment_header header;
	struct reader reader;
	uint32_t version;

	reader_init(&reader, span_of(bytes, SEGMENT_HEADER_BYTES));
	if (memcmp(read_span(&reader, MAGIC_BYTES).data, MAGIC, MAGIC_BYTES) !=
	    0)
		return err_set(err, ERR_CORRUPT,
			       "%s: offset 0: not a journal segment", path);
	if (load_u32(bytes + HEADER_CRC_AT) !=
		    crc32c(0, span_of(bytes, HEADER_CRC_AT)) ||
	    load_u32(bytes + HEADER_CRC_AT + 4) != 0)
		return err_set(err, ERR_CORRUPT,
			       "%s: offset 0: the segment header is damaged",
			       path);
	version = read_u32(&reader);
	if (version != SEGMENT_VERSION || read_u32(&reader) != 0)
		return err_set(err, ERR_INVALID,
			       "%s: segment format %u, this program knows %u",
			       path, version, SEGMENT_VERSION);
	read_copy(&reader, header.id.bytes, HASH_BYTES);
	header.first = read_u64(&reader);
	read_copy(&reader, header.root.bytes, HASH_BYTES);
	*out = header;
	return 0;
}

/* ---- names ---- */

void segment_name(uint64_t first, char out[SEGMENT_NAME_BYTES])
{
	(void)snprintf(out, SEGMENT_NAME_BYTES, "%020" PRIu64 ".seg", first);
}

static bool parse_name(const char *name, uint64_t *first)
{
	char again[SEGMENT_NAME_BYTES];

	if (strlen(name) != SEGMENT_NAME_BYTES - 1 ||
	    strspn(name, "0123456789") != NAME_DIGITS)
		return false;
	*first = strtoull(name, NULL, 10);
	segment_name(*first, again);
	return strcmp(name, again) == 0;
}

char *segment_path(const char *dir, const char *name)
{
	size_t bytes = strlen(dir) + strlen(name) + 2;
	char *path = malloc(bytes);

	if (path)
		(void)snprintf(path, bytes, "%s/%s", dir, name);
	return path;
}

struct listing {
	uint64_t *firsts;
	size_t count, size;
};

static int add_name(void *arg, const char *name)
{
	struct listing *listing = arg;
	uint64_t first, *grown;

	if (!parse_name(name, &first))
		return 0;
	if (listing->count == listing->size) {
		size_t size = listing->size ? 2 * listing->size : 16;

		grown = realloc(listing->firsts, size * sizeof(*grown));
		if (!grown)
			return ERR_NOMEM;
		listing->firsts = grown;
		listing->size = size;
	}
	listing->firsts[listing->count++] = first;
	return 0;
}

static int compare_firsts(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

int segment_list(const struct journal_disk *disk, const char *dir,
		 uint64_t **firsts, size_t *count, struct err *err)
{
	struct listing listing = { NULL, 0, 0 };
	int rc = disk->list(disk->ctx, dir, add_name, &listing);

	if (rc == ERR_NOMEM) {
		err_set(err, rc, "%s: no memory to list segments", dir);
	} else if (rc) {
		rc = errno == ENOENT ? ERR_NOTFOUND : 0;
		if (rc)
			err_set(err, rc, "%s: no such directory", dir);
		else
			rc = err_sys(err, "%s", dir);
	} else if (!listing.count) {
		rc = err_set(err, ERR_NOTFOUND, "%s: no journal is here", dir);
	} else {
		qsort(listing.firsts, listing.count, sizeof(uint64_t),
		      compare_firsts);
		if (listing.firsts[0] != 0)
			rc = err_set(err, ERR_CORRUPT,
				     "%s: the segment of entry 0 is missing",
				     dir);
	}
	if (rc) {
		free(listing.firsts);
		return rc;
	}
	*firsts = listing.firsts;
	*count = listing.count;
	return 0;
}

/* ---- frames ---- */

size_t frame_bytes(size_t payload_bytes)
{
	size_t bytes = FRAME_HEADER_BYTES + payload_bytes;

	return (bytes + FRAME_ALIGN_BYTES - 1) &
	       ~(size_t)(FRAME_ALIGN_BYTES - 1);
}

void frame_seal(uint8_t *frame, size_t payload_bytes, uint64_t index)
{
	size_t used = FRAME_HEADER_BYTES + payload_bytes;

	store_u32(frame, (uint32_t)payload_bytes);
	store_u64(frame + 8, index);
	store_u32(frame + 4, crc32c(0, span_of(frame + 8, 8 + payload_bytes)));
	memset(frame + used, 0, frame_bytes(payload_bytes) - used);
}

enum frame_state frame_read(struct span bytes, struct frame *out,
			    const char **why)
{
	size_t payload_bytes, used;

	out->bytes = FRAME_HEADER_BYTES;
	if (bytes.len < FRAME_HEADER_BYTES)
		return FRAME_SHORT;
	payload_bytes = load_u32(bytes.data);
	out->index = load_u64(bytes.data + 8);
	if (payload_bytes > JOURNAL_ENTRY_BYTES_MAX ||
	    (out->index == COMMIT_INDEX &&
	     payload_bytes != COMMIT_PAYLOAD_BYTES)) {
		*why = "the length of a frame is not possible";
		return FRAME_BAD;
	}
	out->bytes = frame_bytes(payload_bytes);
	if (bytes.len < out->bytes)
		return FRAME_SHORT;
	if (load_u32(bytes.data + 4) !=
	    crc32c(0, span_of(bytes.data + 8, 8 + payload_bytes))) {
		*why = "the checksum of a frame is wrong";
		return FRAME_BAD;
	}
	used = FRAME_HEADER_BYTES + payload_bytes;
	for (size_t i = used; i < out->bytes; i++) {
		if (bytes.data[i]) {
			*why = "the padding of a frame is not zero";
			return FRAME_BAD;
		}
	}
	out->payload = span_of(bytes.data + FRAME_HEADER_BYTES, payload_bytes);
	return FRAME_WHOLE;
}

void commit_write(const struct commit *commit, uint8_t out[COMMIT_FRAME_BYTES])
{
	struct writer writer;

	writer_init(&writer, out + FRAME_HEADER_BYTES, COMMIT_PAYLOAD_BYTES);
	write_u64(&writer, commit->first);
	write_u32(&writer, commit->count);
	write_u64(&writer, commit->bytes);
	write_u32(&writer, commit->crc);
	frame_seal(out, COMMIT_PAYLOAD_BYTES, COMMIT_INDEX);
}

bool commit_read(const uint8_t bytes[COMMIT_FRAME_BYTES], struct commit *out)
{
	struct reader reader;
	struct frame frame;
	const char *why;

	if (load_u64(bytes + 8) != COMMIT_INDEX ||
	    frame_read(span_of(bytes, COMMIT_FRAME_BYTES), &frame, &why) !=
		    FRAME_WHOLE)
		return false;
	reader_init(&reader, frame.payload);
	out->first = read_u64(&reader);
	out->count = read_u32(&reader);
	out->bytes = read_u64(&reader);
	out->crc = read_u32(&reader);
	return true;
}
