/*
 * The inside of a journal that is open for appending. Internal to journal.c
 * (writing) and journal_recover.c (creating and opening).
 */
#ifndef TALLY_STORE_JOURNAL_CORE_H
#define TALLY_STORE_JOURNAL_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/journal.h"
#include "store/journal_disk.h"
#include "store/journal_format.h"

struct journal {
	const struct journal_disk *disk;
	char *dir;
	struct hash id;
	uint64_t segment_bytes; /* of entry frames */

	/* What is committed */
	int fd;			   /* of the last segment */
	uint64_t end;		   /* its length */
	uint64_t entry_bytes;	   /* of the entry frames in it */
	struct frontier committed; /* its size is the journal's */
	uint64_t cut_bytes;

	/* The group being collected */
	uint8_t *group; /* frames, with room for the commit frame */
	size_t group_bytes, group_size;
	uint32_t group_count;
	bool rolls; /* it begins a segment */
	struct frontier pending;

	struct err broken; /* code 0: usable */
};

/*
 * Makes a segment file: its header, then group (may be empty), synced, named
 * and the name synced. *fd is open for writing. ERR_FULL: nothing was made.
 */
int journal_make_segment(const struct journal_disk *disk, const char *dir,
			 const struct segment_header *header, struct span group,
			 int *fd, struct err *err);

#endif
