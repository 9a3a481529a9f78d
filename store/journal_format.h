/*
 * The journal's files byte by byte: segment headers, frames, commit frames,
 * and the names of segments. Internal to journal*.c; docs/journal.md has the
 * format in words.
 */
#ifndef TALLY_STORE_JOURNAL_FORMAT_H
#define TALLY_STORE_JOURNAL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "proto/hash.h"
#include "store/journal_disk.h"

#define SEGMENT_VERSION 1
#define SEGMENT_HEADER_BYTES 96
#define SEGMENT_NAME_BYTES 25 /* 20 digits, ".seg", NUL */
/* A segment gets its name once it is whole and synced. */
#define SEGMENT_UNFINISHED "unfinished"

#define FRAME_HEADER_BYTES 16
#define FRAME_ALIGN_BYTES 8
#define COMMIT_INDEX UINT64_MAX
#define COMMIT_PAYLOAD_BYTES 24
#define COMMIT_FRAME_BYTES (FRAME_HEADER_BYTES + COMMIT_PAYLOAD_BYTES)

struct segment_header {
	struct hash id;
	uint64_t first;
	struct hash root; /* over the entries before first */
};

void segment_header_write(const struct segment_header *header,
			  uint8_t out[SEGMENT_HEADER_BYTES]);
/* path is for the error's text. */
int segment_header_read(const uint8_t bytes[SEGMENT_HEADER_BYTES],
			const char *path, struct segment_header *out,
			struct err *err);

void segment_name(uint64_t first, char out[SEGMENT_NAME_BYTES]);
/* dir/name in malloc'ed memory; NULL: none. */
char *segment_path(const char *dir, const char *name);
/* First indexes of dir's segments, rising, malloc'ed. ERR_NOTFOUND if there
 * are none, ERR_CORRUPT if they do not begin with 0. */
int segment_list(const struct journal_disk *disk, const char *dir,
		 uint64_t **firsts, size_t *count, struct err *err);

struct frame {
	uint64_t index;
	struct span payload;
	size_t bytes; /* in the file, padding included */
};

enum frame_state {
	FRAME_WHOLE,
	FRAME_SHORT, /* needs frame.bytes bytes */
	FRAME_BAD,   /* and *why */
};

/* Bytes that a frame takes in a file. */
size_t frame_bytes(size_t payload_bytes);
/* Fills in the header of a frame whose payload stands behind it, and zeros
 * the padding. */
void frame_seal(uint8_t *frame, size_t payload_bytes, uint64_t index);
enum frame_state frame_read(struct span bytes, struct frame *out,
			    const char **why);

struct commit {
	uint64_t first;
	uint32_t count;
	uint64_t bytes; /* of the group's frames */
	uint32_t crc;	/* over them */
};

void commit_write(const struct commit *commit, uint8_t out[COMMIT_FRAME_BYTES]);
/* False: these bytes are not a commit frame. */
bool commit_read(const uint8_t bytes[COMMIT_FRAME_BYTES], struct commit *out);

#endif
