/*
 * The journal: the ordered list of everything that was ever said, in segment
 * files that are only appended to. The only truth; all else is derived.
 *
 * A group of entries is appended, then made durable by journal_commit with
 * one write and one fdatasync, then may be folded and acknowledged. Opening
 * recovers: what follows the last valid commit frame of the last segment is
 * cut; damage anywhere else is ERR_CORRUPT that names file and offset.
 * Bytes: docs/journal.md.
 */
#ifndef TALLY_STORE_JOURNAL_H
#define TALLY_STORE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "proto/hash.h"
#include "proto/merkle.h"
#include "proto/reopening.h"
#include "proto/seal.h"
#include "proto/succession.h"
#include "proto/wire.h"

#define JOURNAL_SEGMENT_BYTES (256u * 1024 * 1024)
#define JOURNAL_GROUP_BYTES_MAX (16u * 1024 * 1024)
#define JOURNAL_ENTRY_BYTES_MAX (1024u * 1024) /* leaf and batch */
#define JOURNAL_LEAF_VERSION 1

/* ---- leaves (what the journal's tree hashes) ---- */

enum leaf_kind {
	LEAF_BATCH = 1,
	LEAF_FORK = 2,
	LEAF_STATE = 3,
	LEAF_FORWARD = 4,
	LEAF_REOPENED = 5,
	LEAF_SUCCEEDED = 6
};

struct leaf {
	enum leaf_kind kind;
	uint64_t recv_us;
	/* batch: [0]; fork: the batch that stands and the one that came */
	struct span headers[2]; /* SEAL_HEADER_BYTES each */
	struct signature signatures[2];
	/* state, reopened, succeeded: entries before it, and their root */
	uint64_t applied, rows;
	struct hash root;
	uint32_t rules;
	/* reopened: what was signed and is lost, and the hash of the note that
	 * says so, which stands in the batch's place (proto/reopening.h) */
	uint64_t lost;
	struct hash lost_root, note;
	/* succeeded (proto/succession.h): the collector's keys, applied and
	 * root as the note names them, and its hash */
	struct sign_key from, to;
	uint8_t curve[CURVE_KEY_BYTES];
};

/* Does its entry carry a batch? */
static inline bool leaf_has_batch(const struct leaf *leaf)
{
	return leaf->kind == LEAF_BATCH || leaf->kind == LEAF_FORK;
}

#define LEAF_BYTES_MAX 1024
/* Number of bytes written. */
size_t leaf_encode(const struct leaf *leaf, uint8_t out[LEAF_BYTES_MAX]);
int leaf_decode(struct span bytes, struct leaf *out, struct err *err);

/* The leaf of a reopening, whose note is given. */
struct leaf leaf_reopened(const struct reopening *reopening, struct span note);
/* Reads the note of a reopening's entry, and compares it with the leaf. Says
 * nothing of who signed it. ERR_CORRUPT. */
int leaf_reopening(const struct leaf *leaf, struct span note,
		   struct reopening *out, struct err *err);

/* The same of a succession of the collector's keys; its note's signatures are
 * checked. ERR_CORRUPT. */
struct leaf leaf_succeeded(const struct succession *succession,
			   struct span note);
int leaf_succession(const struct leaf *leaf, struct span note,
		    struct succession *out, struct err *err);

/* ---- writing ---- */

struct journal;

struct journal_disk; /* store/journal_disk.h */

struct journal_options {
	uint64_t segment_bytes;		 /* 0: JOURNAL_SEGMENT_BYTES, the
					    same in every collector */
	uint64_t keep_size;		 /* recovery never cuts below it */
	const struct journal_disk *disk; /* NULL: the real one */
};

/* Makes an empty journal in a directory that exists and holds none. */
int journal_create(const char *dir, const struct hash *id, struct err *err);

/*
 * Opens for appending and recovers. known: a frontier of this journal, so
 * that the leaves before it need not be hashed again; NULL: all are read.
 */
int journal_open(const char *dir, const struct journal_options *options,
		 const struct frontier *known, struct journal **out,
		 struct err *err);
void journal_close(struct journal *journal);

const struct hash *journal_id(const struct journal *journal);
uint64_t journal_size(const struct journal *journal); /* committed entries */
uint64_t journal_cut_bytes(const struct journal *journal); /* by recovery */
const struct frontier *journal_frontier(const struct journal *journal);

/* Adds an entry to the group being collected; *index is its place. batch is
 * the Batch message as received, empty for state entries. ERR_LIMIT when the
 * group is full, or the entry begins a new segment: commit first. */
int journal_append(struct journal *journal, const struct leaf *leaf,
		   struct span batch, uint64_t *index, struct err *err);

/*
 * Writes the group with its commit frame and syncs. ERR_FULL: the group is
 * forgotten, the file is as before, try again when there is room. Any other
 * error: the journal is unusable, exit and open again.
 */
int journal_commit(struct journal *journal, struct err *err);
/* Forgets the group. */
void journal_discard(struct journal *journal);

/*
 * Blots out a text of a committed statement (wire_blot): its segment is written
 * again beside the old one, synced, and takes its name, so that a crash leaves
 * the one or the other. Nothing may be collected meanwhile. *found false:
 * there is no such text, or it was blotted out before; nothing was written.
 * ERR_FULL: nothing happened, try again when there is room. After any other
 * error the journal is unusable. Readers that hold the old file open read on
 * in it until they come to its end, or seek.
 */
int journal_blot(struct journal *journal, uint64_t entry, uint32_t n,
		 struct span text, bool *found, struct err *err);

/* ---- reading ---- */

struct journal_entry {
	uint64_t index;
	struct span leaf_bytes;
	struct leaf leaf;
	struct span batch; /* as received */
	const char *file;  /* name of the segment */
	uint64_t offset;   /* of the frame in it */
};

struct journal_reader;

/* Reads committed entries from index from on, in order. Works on a copy, on
 * a directory that a collector appends to, and read-only. What stands before
 * them in their segment is passed without being checked. */
int journal_read_open(const char *dir, uint64_t from,
		      struct journal_reader **out, struct err *err);
/* 1: *out is the next entry, valid until the next call; 0: the end, for now:
 * what is committed later comes with later calls; ERR_CORRUPT names file and
 * offset. */
int journal_read_next(struct journal_reader *reader, struct journal_entry *out,
		      struct err *err);
const struct hash *journal_read_id(const struct journal_reader *reader);
/* Goes to another entry, as journal_read_open; cheap near what was read
 * before. */
int journal_read_seek(struct journal_reader *reader, uint64_t from,
		      struct err *err);
/* The root that the current segment's header states for the entries before
 * its *first: for those who hash the leaves to compare. */
const struct hash *journal_read_root(const struct journal_reader *reader,
				     uint64_t *first);
/* What of the current segment was not read yet comes from the disk, not from
 * memory that the disk may have failed to take. */
void journal_read_uncached(struct journal_reader *reader);
/* Bytes after the last commit frame, once the end is reached. */
uint64_t journal_read_torn_bytes(const struct journal_reader *reader);
void journal_read_close(struct journal_reader *reader);

#endif
