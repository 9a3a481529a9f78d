/*
 * The simulation: several agents and a collector, the real code of both, in
 * one process under a seeded scheduler. Below them stand a simulated clock and
 * loop (core.c), network (net.c, socket.c, gate.c) and disk (disk.c), which
 * take the places of the real modules when this program is linked; flusher.c
 * and notary.c are the collector's own without their threads.
 *
 * One seed is one run: all that is random comes from its dice. Everything runs
 * in one thread, one event after the other, and takes no simulated time.
 */
#ifndef TALLY_TESTS_SIM_SIM_H
#define TALLY_TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rt/loop.h"

#define SIM_MS 1000ull
#define SIM_S (1000 * SIM_MS)
#define SIM_MINUTE (60 * SIM_S)
#define SIM_HOUR (60 * SIM_MINUTE)
#define SIM_BEGIN_US 1720141200000000ull /* 2024-07-05 09:00 +08:00 */

/* Who acts: 0 nobody (what happens to them), 1 the collector, offices. */
#define SIM_NOBODY 0u
#define SIM_COLLECTOR 1u
#define SIM_OFFICE 2u  /* the first */
#define SIM_OFFICES 6u /* administrator, four, and a clone of one */
#define SIM_ADMIN SIM_OFFICE
#define SIM_LATE (SIM_OFFICE + 4) /* enrols on the way */
#define SIM_CLONE (SIM_OFFICE + 5)
#define SIM_ACTORS_MAX 8u

/* Bugs that are planted in what stands below the programs, to see that a run
 * finds them. */
enum sim_bug {
	BUG_NONE,
	BUG_ACK_BEFORE_SYNC,  /* a sync that only says so */
	BUG_FORGETS_RECEIPTS, /* after a restart nothing is a duplicate */
	BUG_OUT_OF_ORDER,     /* of two rows the older one is kept */
	BUG_TORN_TAIL,	      /* the end of a group is not written */
	BUG_STALE_SESSION,    /* an old session of a key goes on */
	BUG_COUNT
};

struct sim_actor {
	bool dead;	    /* nothing it does leaves it any more */
	int64_t skew_us;    /* of its wall clock */
	unsigned die_after; /* calls of its disk; 0: none */
};

struct sim {
	uint64_t seed;
	uint64_t now_us; /* since the beginning */
	uint64_t dice, order;
	unsigned actor;
	struct sim_actor actors[SIM_ACTORS_MAX];
	enum sim_bug bug;
	bool verbose;
	bool over;
};
extern struct sim sim;

/* ---- core.c ---- */

void sim_reset(uint64_t seed);
uint64_t sim_below(uint64_t bound);
bool sim_chance(unsigned per_thousand);
/* Between least and most, microseconds mostly. */
uint64_t sim_between(uint64_t least, uint64_t most);

/* Calls fn later, as that actor. */
void sim_after(uint64_t delay_us, unsigned actor, void (*fn)(void *arg),
	       void *arg);
/* Forgets what was to be called with arg. */
void sim_cancel(const void *arg);
void sim_forget_events(void);
/* The actor's loops return. */
void sim_stop_loops(unsigned actor);
/* A loop's descriptor can be read, after a moment. */
void sim_ready(int fd);
/* The next event; false: there is none, or it is over. */
bool sim_step(void);
/* What the programs say to people is dropped from now on, what sim_say and
 * sim_fail say is not. */
void sim_quiet(void);
/* Tells what happens, where --verbose asks for it. */
void sim_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A promise is broken: says so with the seed, and ends the process. */
void sim_fail(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* ---- disk.c ---- */

enum sim_disk_mood {
	DISK_SOUND,
	DISK_FAILS, /* calls fail now and then, EIO */
	DISK_FULL,  /* what needs room fails, ENOSPC */
};
void sim_disk_mood(enum sim_disk_mood mood);
void sim_disk_forget(void); /* a new run */
/* What was not synced may be lost, sector by sector. */
void sim_disk_power_cut(void);
/* For statvfs. */
bool sim_disk_is_full(void);

/* ---- net.c ---- */

void sim_net_reset(void);
/* Breaks an office's connections; while it is cut off none comes up. */
void sim_net_break(unsigned office);
void sim_net_cut(unsigned office, bool cut);
void sim_net_slow(bool slow);

/* ---- collector.c ---- */

/* Makes DIR "collector" with keys, then its journal of the founding file. */
void sim_collector_init(void);
void sim_collector_found(void);
/* Runs it until it stops or dies, inside the scheduler. */
void sim_collector_start(void *arg);
enum sim_end { END_STOP, END_KILL, END_POWER_CUT };
void sim_collector_end(enum sim_end how);
bool sim_collector_is_up(void);
/* How long until it is started again, from now on; 0: it is not. */
void sim_collector_restarts(uint64_t most_us);

/* ---- office.c ---- */

/* The first administrator founds the journal. */
void sim_office_found(unsigned office);
void sim_office_apply(unsigned office, const char *catalogue);
/* Grants a unit a code, which is left in a file. Of these and revoke: the
 * office is down. */
void sim_office_grant(unsigned office, const char *unit, const char *file);
void sim_office_enrol(unsigned office, const char *file);
void sim_office_revoke(unsigned office, unsigned whom);
/* A copy of its directory begins to send beside it. */
void sim_office_clone(unsigned whom);
/* Its key is revoked, or has forked: not all it says is taken any more. */
bool sim_office_is_out(unsigned office);
void sim_office_start(unsigned office);
void sim_office_end(unsigned office, bool kill);
bool sim_office_is_up(unsigned office);
/* Its directory as it is now is kept, and put back. */
void sim_office_keep(unsigned office);
void sim_office_restore(unsigned office);
/* Saves a figure; the office may be up or not. */
void sim_office_report(unsigned office, const char *target, const char *period,
		       const char *value);
/* Judges what a unit has reported, as far as it is known here. */
void sim_office_review(unsigned office, const char *target, const char *unit,
		       const char *period, const char *status);
/* Starts those again whose sender has ended. */
void sim_office_watch(void);
/* Nothing waits, nothing is without a receipt. Only while it is down. */
bool sim_office_drained(unsigned office);
const char *sim_office_name(unsigned office);
struct outbox *sim_office_outbox(unsigned office); /* NULL: it is down */

/* ---- check.c ---- */

/* Every receipt that an office has is of an entry of the journal, and that
 * entry is its batch. The collector is down. */
void sim_check_receipts(unsigned offices);
/* And verify, replay, store, verdicts, seen checkpoints. All are down. */
void sim_check_all(unsigned offices);

#endif
