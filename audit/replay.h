/*
 * A replay: a journal folded again from its first entry into tables of its
 * own. Every batch is proven on the way, and admission must agree that it
 * had its place.
 */
#ifndef TALLY_AUDIT_REPLAY_H
#define TALLY_AUDIT_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/reopenings.h"
#include "base/arena.h"
#include "base/err.h"
#include "proto/verdict.h"
#include "store/fold.h"
#include "store/journal.h"
#include "store/scratch.h"
#include "store/tables.h"

/* Where to stop: whichever comes first. */
struct replay_until {
	uint64_t size;	  /* entries; UINT64_MAX: all */
	const char *time; /* "2024-06-30", see moment_parse; NULL: all */
};

struct replay {
	struct fold *fold;
	bool keeps_tables;
	struct scratch tables;
	struct hash journal;
	uint64_t entries, statements, forks;
	uint64_t verdicts[VERDICT_COUNT];
	uint64_t recv_us; /* of the last entry */
	struct reopenings reopenings;
	bool unsigned_break; /* by no key that was named before it */
	/* on the way */
	uint16_t *room; /* verdicts of one batch */
};

/* keeps_tables: else only the fold is there afterwards, which is faster and
 * writes nothing to the disk. */
int replay_init(struct replay *replay, bool keeps_tables, struct err *err);
void replay_release(struct replay *replay);

/* ERR_CORRUPT: the journal is damaged, or holds what admission would not have
 * taken. ERR_INVALID: this program cannot replay it. */
int replay_run(struct replay *replay, const char *dir,
	       struct replay_until until, struct err *err);

/* Of a replay that has run and keeps its tables; outlived by it. */
struct table_reader replay_reader(const struct replay *replay);

/* East of UTC; 0 before the founding. */
int replay_zone(const struct replay *replay);

#endif
