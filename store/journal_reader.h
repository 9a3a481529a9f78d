/*
 * The inside of a journal_reader, for recovery: it reads as everybody does,
 * and then needs to know where it ended. Internal to journal_read.c and
 * journal_recover.c.
 */
#ifndef TALLY_STORE_JOURNAL_READER_H
#define TALLY_STORE_JOURNAL_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/journal.h"
#include "store/journal_disk.h"
#include "store/journal_scan.h"

/* Begins of groups in the current segment, at least MARK_BYTES apart, so that
 * going back is short. */
#define MARK_BYTES (1024u * 1024)

struct mark {
	uint64_t index, offset;
};

struct journal_reader {
	const struct journal_disk *disk;
	char *dir;
	uint64_t *firsts; /* of the segments */
	size_t segment_count;
	size_t current; /* segment in scan */
	uint64_t from;	/* entries before it are not handed out */
	struct hash id;
	struct scan scan;
	struct mark *marks;
	size_t mark_count, mark_size;
};

int journal_reader_open(const struct journal_disk *disk, const char *dir,
			uint64_t from, struct journal_reader **out,
			struct err *err);

#endif
