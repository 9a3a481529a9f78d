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

/* What a run has reached, for the summary: what no seed reaches is not tested.
 */
enum sim_event {
	EVENT_ROTATE, /* an office's key */
	EVENT_REVOKE,
	EVENT_CLONE,
	EVENT_RESTORE, /* an office from a copy */
	EVENT_RECOVER, /* the collector from a copy, made whole */
	EVENT_REOPEN,
	EVENT_SUCCEED, /* the collector's key */
	EVENT_CURVE,   /* its session key */
	EVENT_REDACT,  /* and the text was looked for */
	EVENT_FIRM,    /* statements that had to be there, and were */
	EVENT_COUNT
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
	unsigned counts[EVENT_COUNT];
};
extern struct sim sim;

/* ---- core.c ---- */

void sim_reset(uint64_t seed);
void sim_count(enum sim_event event);
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
/* What the programs say to people is dropped from now on, but for errors with
 * --verbose; what sim_say and sim_fail say is not. */
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
/* All of it is on the disk now, and files may have been put there. */
void sim_disk_settle(void);
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
/* What a person does with its directory: it is stopped for that, and started
 * again. */
void sim_collector_then(void (*fn)(void));
/* What it may be told of itself: "safe" of its journal. */
void sim_collector_settings(const char *safe);

/* ---- operator.c: people at the centre ---- */

void sim_operator_begin(void); /* a new run */
/* A backup is made, while it runs or not. The others are for
 * sim_collector_then. */
void sim_operator_keep(void);
/* It is lost, and put back from what was kept; what offices hand over makes it
 * whole, or it is opened again. */
void sim_operator_put_back(void);
/* Who could not be heard then is heard now. */
void sim_operator_late(void);
/* Its keys go over to new ones; then the session key, too. */
void sim_operator_rotate(void);
void sim_operator_curve(void);
/* Offices may have receipts that do not hold before they have connected. */
bool sim_operator_has_lost(void);
/* Was the session key changed since the beginning? */
bool sim_operator_has_new_curve(void);

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
/* Its key is revoked, or has forked, or is not known any more: not all it says
 * is taken. */
bool sim_office_is_out(unsigned office);
void sim_office_give_up(unsigned office);
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
/* More or less of what was reported, by somebody who may; value NULL: no
 * longer. */
void sim_office_adjust(unsigned office, const char *target, const char *unit,
		       const char *period, const char *value);
/* A reason that an office has given is to go. */
void sim_office_redact(unsigned office, unsigned whose);
/* Its key is to change hands. */
void sim_office_rotate(unsigned office);
/* Hears of the collector's new keys from a file. */
void sim_office_follow(unsigned office, const char *file);
/* Hands over what it keeps, from that entry on. */
void sim_office_hand_over(unsigned office, const char *file);
bool sim_office_is_enrolling(unsigned office);
/* Its last session was with the session key that the collector has now. */
bool sim_office_knows_curve(unsigned office);
/* Starts those again whose sender has ended. */
void sim_office_watch(void);
/* Nothing waits, nothing is without a receipt. Only while it is down. */
bool sim_office_drained(unsigned office);
/* Fails if it has raised one. Only while it is down. */
void sim_office_no_alarm(unsigned office);
const char *sim_office_name(unsigned office);
struct outbox *sim_office_outbox(unsigned office); /* NULL: it is down */

/* ---- check.c ---- */

/* Every receipt that an office has is of a statement of the journal, and that
 * is its own. The collector is down. Offices may not have heard yet of what was
 * lost: it is then looked at in the end. */
void sim_check_receipts(unsigned offices);
/* The journal was made whole: what comes behind it now may have another place
 * than offices were told. 0: a new run. */
void sim_check_is_whole(bool begins);
/* And verify, replay, store, verdicts, seen checkpoints, redactions, alarms,
 * and that nothing that was firm is missing. All are down. */
void sim_check_all(unsigned offices);

#endif
