/*
 * Inside a recovery: its state. recovery.c gathers and writes, recovery_plan.c
 * puts in order; not for others.
 */
#ifndef TALLY_COLLECTOR_RECOVERY_PARTS_H
#define TALLY_COLLECTOR_RECOVERY_PARTS_H

#include <limits.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "collector/notary.h"
#include "collector/recovery.h"
#include "collector/succeed.h"
#include "store/keyfile.h"

/* A batch at the place that its office was told. */
struct held {
	uint64_t index, recv_us;
	struct span batch; /* the file's; texts in it may be blotted out */
	struct hash name;  /* the batch's, which texts are no part of */
	size_t file;
	struct hash key;
	uint64_t sequence;
};

struct file {
	char *facts_path, *bytes;
	struct recovery_file facts;
};

/* A checkpoint that this collector signed. */
struct note {
	struct checkpoint checkpoint;
	struct span bytes; /* empty: it is in its own file already */
	const char *source;
	bool succession; /* the bytes are no checkpoint, but name one's root */
};

/* An entry that will follow the journal's. */
struct planned {
	size_t leaf_at, leaf_len; /* in leaves */
	struct span batch;	  /* empty: a state entry */
	bool alone;		  /* in its group */
	bool joins;		  /* the group of the one before it */
};

/* A break that the journal already declares. */
struct declared {
	uint64_t kept, lost;
	struct hash lost_root;
};

struct recovery {
	const char *dir;
	char journal_dir[PATH_MAX], checkpoint[PATH_MAX];
	char own_path[PATH_MAX]; /* of a checkpoint in the directory, where */
	struct notary_word own;	 /* the settings' place has none */
	int lock_fd;
	struct keys keys;
	struct key_chain chain;	   /* the collector's keys so far */
	struct strbuf successions; /* their notes */
	struct hash journal;	   /* its id */
	uint64_t size;		   /* its entries on the disk */
	struct file *files;
	size_t file_count;
	struct held *held; /* by index, once planned */
	size_t held_count, held_room;
	struct note *notes; /* by size, once planned */
	size_t note_count;
	struct note goal;
	struct declared *declared; /* in order */
	size_t declared_count;
	struct strbuf break_note;
	struct fold *fold; /* over the journal and what is planned */
	struct planned *planned;
	size_t planned_count, planned_room;
	struct strbuf leaves;
	struct arena arena; /* one batch */
};

/* Is the break that would be written there already, but not all else? */
bool recovery_has_begun(const struct recovery *recovery);
/* Plans the break, if it is not there yet, and behind it what was handed over
 * and has no place any more, received at now_us. */
int recovery_plan_break(struct recovery *recovery, struct reopening *said,
			uint64_t now_us, struct err *err);
/* As recovery_plan_break behind a break that is there. */
int recovery_plan_late(struct recovery *recovery, uint64_t now_us,
		       struct err *err);
int recovery_add_note(struct recovery *recovery, const char *source,
		      struct span bytes, struct err *err);

#endif
