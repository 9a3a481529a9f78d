/*
 * Reading one segment, group by group: nothing is handed out before the
 * commit frame behind it was checked. At the end of the last segment it
 * decides whether the bytes after the last commit frame are a write that was
 * cut off (torn, may go) or a group that was committed and is damaged since.
 * Internal to journal_read.c and journal_recover.c.
 */
#ifndef TALLY_STORE_JOURNAL_SCAN_H
#define TALLY_STORE_JOURNAL_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/journal.h"
#include "store/journal_disk.h"
#include "store/journal_format.h"

struct scan {
	const struct journal_disk *disk;
	char *path;
	const char *file; /* the last part of path */
	int fd;		  /* -1: closed */
	struct segment_header header;

	/* Behind the last group that was read */
	uint64_t end;	      /* offset */
	uint64_t next;	      /* index */
	uint64_t entry_bytes; /* of the entries' frames before it */
	uint64_t torn;	      /* bytes that follow, once the end is known */

	/* The group's entries that are not handed out yet, in buf */
	size_t pos, group_end;

	uint8_t *buf; /* the file's bytes from offset at on */
	size_t len, size;
	uint64_t at;
};

void scan_init(struct scan *scan, const struct journal_disk *disk);
void scan_release(struct scan *scan);

/* Opens dir's segment that begins with entry first. */
int scan_open(struct scan *scan, const char *dir, uint64_t first,
	      struct err *err);

/* Opens the same file again, if another stands under its name by now. */
int scan_reopen(struct scan *scan, struct err *err);

/* Goes to a group's begin. */
void scan_goto(struct scan *scan, uint64_t offset, uint64_t index);

/* Goes on to the group of entry index, from the head of one frame to the next:
 * of what is passed nothing is read or checked. Where a head leads nowhere it
 * stops before that group, for scan_group to say what is wrong. */
int scan_skip(struct scan *scan, uint64_t index, struct err *err);

/*
 * 1: a group was read; 0: the end, with torn set. last: no segment follows,
 * so that there may be a torn group.
 */
int scan_group(struct scan *scan, bool last, struct err *err);

/* The group's next entry, leaf not decoded; false: none is left. */
bool scan_entry(struct scan *scan, struct journal_entry *out);

/* Does the segment end with the commit frame of the group before next? Says
 * so without reading it all. */
int scan_check_end(struct scan *scan, uint64_t next, struct err *err);

#endif
