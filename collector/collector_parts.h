/*
 * Inside the running collector: its state, and what its files do with it.
 * collector.c starts and stops it; each of the others stands on those below
 * it:
 *
 *   collector_watch.c    what is done from time to time
 *   collector_group.c    groups: drain, settle, acknowledge
 *   collector_host.c     what sessions and the gate ask
 *   collector_deliver.c  what is sent to sessions as the store learns it
 *   collector_blot.c     texts that are to go
 *   collector_state.c    giving up, the clocks, a full disk
 *
 * Not for others than collector*.c.
 */
#ifndef TALLY_COLLECTOR_COLLECTOR_PARTS_H
#define TALLY_COLLECTOR_COLLECTOR_PARTS_H

#include <limits.h>

#include "base/arena.h"
#include "base/rt/clock.h"
#include "base/rt/loop.h"
#include "collector/collector.h"
#include "collector/cosigners.h"
#include "collector/delivery.h"
#include "collector/flusher.h"
#include "collector/gate.h"
#include "collector/heard.h"
#include "collector/kept.h"
#include "collector/notary.h"
#include "collector/quarantine.h"
#include "collector/receipts.h"
#include "collector/sequencer.h"
#include "collector/session.h"
#include "collector/stamp.h"
#include "store/tree.h"

#define COLLECTOR_TICK_MS 1000
#define COLLECTOR_WATCH_MS 100

struct collector {
	const struct collector_settings *settings;
	uint64_t sessions_max; /* the settings', or what descriptors allow */
	int descriptors_max;   /* of the gate; 0: no limit */
	struct kept kept;
	struct clock clock;
	struct stamp stamp;
	struct fold_facts facts;
	struct loop *loop;
	struct gate *gate;
	struct session_table *sessions;
	struct sequencer sequencer;
	struct flusher *flusher;
	struct notary *notary;
	struct cosigners *cosigners;
	struct delivery *delivery;
	struct quarantine *quarantine;
	struct heard heard; /* of the session key that waits */
	struct receipts receipts;
	struct puts puts; /* what was folded since the last flusher_add */
	struct arena arena;
	struct loop_timer tick, watch, deliver;
	struct tree_reader *tree;
	struct notary_word signed_last;
	char journal_dir[PATH_MAX], tree_path[PATH_MAX];
	char cosigned_path[PATH_MAX]; /* the newest with enough cosignatures */
	/* of the group */
	uint64_t now_us, mono_us; /* read together */
	uint64_t stamp_us;	  /* what hindrance found to stamp with */
	uint64_t free_bytes;
	uint32_t catalogue;
	uint64_t ticks;
	uint64_t backed_up; /* entries that are in its newest backup */
	struct strbuf succession_notes;
	struct span successions[SUCCESSIONS_MAX]; /* in succession_notes */
	size_t succession_count;
	struct span reopened[REOPENINGS_MAX]; /* notes, in reopened_notes */
	size_t reopened_count;
	struct arena reopened_notes;
	bool doubt_told, full_told, flush_told, unsigned_told, cosign_told;
	/* connections of which the log has been told, and when it may be told
	 * of more */
	uint64_t endless_told, strange_told, too_many_told, abuse_told_ms;
	bool backup_told;
	bool backlog;
	bool blot_wanted, blot_told; /* redactions that are not carried out */
	uint64_t blot_at;	     /* entries the store must contain first */
	int code;
};

/* ---- collector_watch.c ---- */

void collector_tick(void *arg);	 /* every COLLECTOR_TICK_MS */
void collector_watch(void *arg); /* every COLLECTOR_WATCH_MS */
void collector_signed(void *arg, unsigned events); /* the notary's word */
void collector_log_status(struct collector *c);
/* Another checkpoint is shown to offices from now on. */
void collector_published(struct collector *c);

/* ---- collector_group.c ---- */

struct sequencer_told collector_told(struct collector *c);
/* One group: drain, settle, acknowledge. Returns the messages it took. */
size_t collector_run_group(struct collector *c);

/* ---- collector_host.c ---- */

struct session_host collector_session_host(struct collector *c);
bool collector_admits(void *arg, const uint8_t curve[CURVE_KEY_BYTES]);

/* ---- collector_deliver.c ---- */

struct delivery_host collector_delivery_host(struct collector *c);
void collector_deliver(void *arg); /* when armed */
void collector_flushed(void *arg, unsigned events);
/* Gives up if what sessions wait for could not be noted. */
void collector_check_delivery(struct collector *c, int rc);
/* Soon, but not before what is in the gate by now. */
void collector_deliver_soon(struct collector *c);

/* ---- collector_blot.c ---- */

/* Carries out what the store knows of redactions; blot_wanted stays where the
 * disk is full. Between groups. */
void collector_blot(struct collector *c);
/* Looks through what a batch has put. */
void collector_note_redactions(struct collector *c, size_t puts_from);

/* ---- collector_state.c ---- */

void collector_give_up(struct collector *c, const char *event,
		       const struct err *err);
/*
 * Both clocks at one moment: what passes between the two readings, be it a
 * slow disk or a process that is stopped, would be taken for a clock that was
 * set.
 */
void collector_read_clocks(struct collector *c);
/* How much is free; says so once where it was full and has room again. */
void collector_read_disk(struct collector *c);
void collector_tell_disk_full(struct collector *c); /* once */

#endif
