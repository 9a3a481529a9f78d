#include "sim/plan.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/sim.h"

#define WATCH_US SIM_S
#define POLL_US (5 * SIM_S)
#define DRAIN_US (3 * SIM_HOUR)
#define SUCCESSIONS "collector/collector.successions"

static bool done, mended, late_enrolled, drained;
static uint64_t mended_us;

/* ---- the world ---- */

static const struct {
	const char *name, *text;
} catalogue[] = {
	{ "settings.csv", "key,value\nstart,2024-01-01\nend,2024-12-31\n"
			  "redact,hrss\n" },
	{ "units.csv", "unit,name_zh,kind\nbaima,白马镇,town\n"
		       "longmen,龙门镇,town\ndongxing,东兴街道,street\n"
		       "hrss,人社局,department\n" },
	{ "targets.csv",
	  "target,name_zh,kind,uom_zh,compare,goal,lead,approve\n"
	  "live.urban-jobs,城镇新增就业,flow,人,>=,5800,hrss,\n"
	  "live.jobless,失业人数,level,人,<=,900,hrss,\n"
	  "rural.roads,农村公路,flow,公里,>=,20,hrss,yes\n" },
	{ "roster.csv",
	  "target,unit,quota\nlive.urban-jobs,baima,3000\n"
	  "live.urban-jobs,longmen,2800\nlive.urban-jobs,hrss,\n"
	  "live.jobless,baima,\nlive.jobless,longmen,\nlive.jobless,hrss,\n"
	  "live.urban-jobs,dongxing,\nlive.jobless,dongxing,\n"
	  "rural.roads,baima,10\nrural.roads,longmen,10\nrural.roads,hrss,\n"
	  "rural.roads,dongxing,\n" },
};

static void write_catalogue(void)
{
	if (mkdir("catalogue", 0700))
		sim_fail("catalogue");
	for (size_t i = 0; i < sizeof(catalogue) / sizeof(catalogue[0]); i++) {
		char path[64];
		FILE *file;

		(void)snprintf(path, sizeof(path), "catalogue/%s",
			       catalogue[i].name);
		file = fopen(path, "w");
		if (!file || fputs(catalogue[i].text, file) < 0 || fclose(file))
			sim_fail("%s", path);
	}
}

/* Long enough for offices to hear of what is lost, or to verify what is there.
 */
static bool is_early(void)
{
	uint64_t wait_us = (sim_operator_has_lost() ? 12 : 2) * SIM_MINUTE;

	return sim.now_us < mended_us + wait_us;
}

static bool all_drained(void)
{
	for (unsigned i = SIM_OFFICE; i < SIM_OFFICE + SIM_OFFICES; i++)
		if (sim_office_is_up(i) && !sim_office_drained(i) &&
		    !sim_office_is_out(i))
			return false;
	return true;
}

static void poll_drained(void *arg)
{
	bool before = drained;

	(void)arg;
	/* Twice: what was said last may still be carried out. */
	drained = mended && !is_early() && late_enrolled &&
		  sim_collector_is_up() && all_drained();
	if (!drained || !before) {
		if (mended && sim.now_us > mended_us + DRAIN_US)
			sim_fail("hours after all was mended, something still "
				 "waits to be delivered");
		sim_after(POLL_US, SIM_NOBODY, poll_drained, NULL);
		return;
	}
	done = true;
	sim_collector_restarts(0);
	sim_collector_end(END_STOP);
}

static void watch(void *arg)
{
	(void)arg;
	sim_office_watch();
	sim_after(WATCH_US, SIM_NOBODY, watch, NULL);
}

/* Until all is delivered; then everything is down. */
static void run_until_drained(void)
{
	done = drained = false;
	sim_after(0, SIM_NOBODY, sim_collector_start, NULL);
	sim_after(WATCH_US, SIM_NOBODY, watch, NULL);
	sim_after(POLL_US, SIM_NOBODY, poll_drained, NULL);
	while (!done && sim_step())
		;
	for (unsigned i = 0; i < SIM_OFFICES; i++)
		sim_office_end(SIM_OFFICE + i, false);
	sim_forget_events();
}

static void code_of(unsigned office, char out[16])
{
	(void)snprintf(out, 16, "code-%u", office);
}

/* The clone is nobody until somebody is cloned. */
static void grant_all(void)
{
	char code[16];

	for (unsigned i = SIM_ADMIN + 1; i < SIM_CLONE; i++) {
		code_of(i, code);
		sim_office_grant(SIM_ADMIN, sim_office_name(i), code);
	}
}

static void enrol(unsigned office)
{
	char code[16];

	code_of(office, code);
	sim_office_enrol(office, code);
	sim_office_start(office);
}

void plan_world(void)
{
	sim_reset(0);
	sim_net_reset();
	sim_disk_forget();
	mended = late_enrolled = true; /* that is for later */
	sim_collector_init();
	sim_office_found(SIM_ADMIN);
	sim_collector_found();
	write_catalogue();
	sim_office_apply(SIM_ADMIN, "catalogue");
	grant_all();
	sim_office_start(SIM_ADMIN);
	run_until_drained();
	for (unsigned i = SIM_ADMIN + 1; i < SIM_LATE; i++)
		enrol(i);
	run_until_drained();
	sim_check_all(SIM_OFFICES);
	sim_operator_keep();
}

/* ---- what offices say ---- */

static unsigned some_office(void)
{
	return SIM_ADMIN + 1 + (unsigned)sim_below(late_enrolled ? 4 : 3);
}

/* Codes lead to the session key that the administrator had a session with. */
static bool grant_again(void)
{
	char code[16];
	bool knows;

	sim_office_end(SIM_ADMIN, false);
	sim_office_follow(SIM_ADMIN, SUCCESSIONS);
	knows = sim_office_knows_curve(SIM_ADMIN);
	if (knows) {
		code_of(SIM_LATE, code);
		(void)unlink(code);
		sim_office_grant(SIM_ADMIN, sim_office_name(SIM_LATE), code);
	}
	sim_office_start(SIM_ADMIN);
	return knows;
}

static void enrol_late(void *arg)
{
	if (late_enrolled)
		return;
	if (sim_operator_has_new_curve() && !grant_again()) {
		sim_after(SIM_MINUTE, SIM_NOBODY, enrol_late, arg);
		return;
	}
	enrol(SIM_LATE);
	late_enrolled = true;
}

static void review(const char *period)
{
	static const char *const words[] = { "approved", "returned" };

	sim_office_review(SIM_OFFICE + 3, "rural.roads",
			  sim_office_name(some_office()), period,
			  words[sim_below(2)]);
}

static void adjust(const char *period)
{
	sim_office_adjust(SIM_OFFICE + 3, "live.urban-jobs",
			  sim_office_name(some_office()), period,
			  sim_chance(700) ? "-3" : NULL);
}

static void report(void *arg)
{
	static const char *const targets[] = { "live.urban-jobs",
					       "live.jobless", "rural.roads" };
	const char *period = sim_chance(700) ? "2024M06" : "2024M05";
	unsigned office = some_office();
	char value[16];

	(void)arg;
	if (sim_chance(150)) {
		review(period);
		return;
	}
	if (sim_chance(70)) {
		adjust(period);
		return;
	}
	/* One in eight is a slip, of which nobody is sure that it is refused:
	 * what corrects it stands on it. */
	(void)snprintf(value, sizeof(value), sim_chance(875) ? "%u" : "%u.25",
		       (unsigned)sim_below(1000));
	if (sim_chance(40))
		period = "2024M11";
	if (sim_office_is_up(SIM_CLONE) && sim_chance(300))
		office = SIM_CLONE;
	sim_office_report(office, targets[sim_below(3)], period, value);
}

/* ---- what happens to them ---- */

static void *office_arg(unsigned office)
{
	return (void *)(uintptr_t)office;
}

static void start_office(void *arg)
{
	sim_office_start((unsigned)(uintptr_t)arg);
}

static void restore(void *arg)
{
	unsigned office = (unsigned)(uintptr_t)arg;

	sim_office_restore(office);
	if (sim_operator_has_new_curve())
		sim_office_follow(office, SUCCESSIONS);
}

static void uncut(void *arg)
{
	sim_net_cut((unsigned)(uintptr_t)arg, false);
}

static void sound_disk(void *arg)
{
	(void)arg;
	sim_disk_mood(DISK_SOUND);
}

static void quick_net(void *arg)
{
	(void)arg;
	sim_net_slow(false);
}

static void right_clock(void *arg)
{
	sim.actors[(unsigned)(uintptr_t)arg].skew_us = 0;
}

/* Somebody has checked the collector's clock. */
static void confirm_clock(void *arg)
{
	int fd = open("collector/clock-confirmed", O_CREAT | O_WRONLY, 0600);

	(void)arg;
	if (fd >= 0)
		(void)close(fd);
}

static void clone(void *arg)
{
	(void)arg;
	sim_office_clone(some_office());
}

static void revoke_one(void *arg)
{
	unsigned office = some_office();

	(void)arg;
	sim_office_end(SIM_ADMIN, false);
	sim_office_revoke(SIM_ADMIN, office);
	sim_office_start(SIM_ADMIN);
}

static void rotate_office(void *arg)
{
	(void)arg;
	sim_office_rotate(some_office());
}

static void redact(void *arg)
{
	(void)arg;
	sim_office_redact(SIM_OFFICE + 3, some_office());
}

static void keep(void *arg)
{
	(void)arg;
	sim_operator_keep();
}

static void put_back(void *arg)
{
	(void)arg;
	sim_collector_then(sim_operator_put_back);
}

static void change_curve(void *arg)
{
	(void)arg;
	if (!mended)
		sim_collector_then(sim_operator_curve);
}

/* The session key follows when most offices have heard of it. */
static void rotate(void *arg)
{
	(void)arg;
	sim_collector_then(sim_operator_rotate);
	if (sim_chance(700))
		sim_after(sim_between(SIM_MINUTE, 4 * SIM_MINUTE), SIM_NOBODY,
			  change_curve, NULL);
}

static void fail_office(unsigned office)
{
	switch (sim_below(4)) {
	case 0:
		sim_office_end(office, true);
		sim_after(sim_below(SIM_MINUTE), SIM_NOBODY, start_office,
			  office_arg(office));
		return;
	case 1:
	case 2:
		sim_office_keep(office);
		sim_after(sim_below(3 * SIM_MINUTE), SIM_NOBODY, restore,
			  office_arg(office));
		return;
	default:
		sim.actors[office].skew_us =
			(int64_t)sim_below(2 * SIM_HOUR) - (int64_t)SIM_HOUR;
		sim_after(sim_below(5 * SIM_MINUTE), SIM_NOBODY, right_clock,
			  office_arg(office));
		return;
	}
}

static void fail_net(unsigned office)
{
	switch (sim_below(3)) {
	case 0:
		sim_net_break(office);
		return;
	case 1:
		sim_net_cut(office, true);
		sim_after(sim_below(5 * SIM_MINUTE), SIM_NOBODY, uncut,
			  office_arg(office));
		return;
	default:
		sim_net_slow(true);
		sim_after(sim_below(SIM_MINUTE), SIM_NOBODY, quick_net, NULL);
		return;
	}
}

static void fail_disk(void)
{
	switch (sim_below(3)) {
	case 0:
		sim_disk_mood(DISK_FAILS);
		break;
	case 1:
		sim_disk_mood(DISK_FULL);
		break;
	default:
		sim.actors[SIM_COLLECTOR].die_after =
			1 + (unsigned)sim_below(30);
		return;
	}
	sim_after(sim_below(2 * SIM_MINUTE), SIM_NOBODY, sound_disk, NULL);
}

static void fail(void *arg)
{
	(void)arg;
	if (mended)
		return;
	switch (sim_below(8)) {
	case 0:
	case 1:
		sim_collector_end((enum sim_end)sim_below(3));
		return;
	case 2:
	case 3:
		fail_disk();
		return;
	case 4:
	case 5:
		fail_net(some_office());
		return;
	case 6:
		fail_office(some_office());
		return;
	default:
		sim.actors[SIM_COLLECTOR].skew_us =
			(int64_t)sim_below(20 * SIM_MINUTE) -
			(int64_t)(10 * SIM_MINUTE);
		sim_after(sim_below(SIM_MINUTE), SIM_NOBODY, right_clock,
			  office_arg(SIM_COLLECTOR));
		sim_after(sim_below(2 * SIM_MINUTE), SIM_NOBODY, confirm_clock,
			  NULL);
		return;
	}
}

static void mend(void *arg)
{
	(void)arg;
	sim_say("everything is mended");
	mended = true;
	mended_us = sim.now_us;
	sim_disk_mood(DISK_SOUND);
	sim_net_slow(false);
	sim.actors[SIM_COLLECTOR].die_after = 0;
	sim_collector_restarts(5 * SIM_S);
	for (unsigned i = 0; i < SIM_ACTORS_MAX; i++)
		sim.actors[i].skew_us = 0;
	enrol_late(NULL);
	for (unsigned i = 0; i < SIM_OFFICES; i++) {
		sim_net_cut(SIM_OFFICE + i, false);
		if (sim_operator_has_new_curve())
			sim_office_follow(SIM_OFFICE + i, SUCCESSIONS);
		sim_office_start(SIM_OFFICE + i);
	}
	sim_collector_then(sim_operator_late);
	for (unsigned i = 1; i < 60; i++)
		sim_after(i * SIM_MINUTE, SIM_NOBODY, confirm_clock, NULL);
}

/* What happens seldom: each with its chance in a thousand. */
static const struct {
	unsigned chance, times;
	void (*fn)(void *arg);
} seldom[] = {
	{ 150, 1, clone },  { 150, 1, revoke_one },
	{ 250, 2, redact }, { 200, 1, rotate_office },
	{ 200, 2, keep },   { 300, 1, put_back },
	{ 200, 2, rotate }, { 200, 2, change_curve },
};

static void plan_seldom(uint64_t length_us)
{
	/* Offices forget what no copy has: then none may be put back. */
	bool durable = sim_chance(150);

	if (durable)
		sim_collector_settings("durable");
	for (size_t i = 0; i < sizeof(seldom) / sizeof(seldom[0]); i++) {
		if (!sim_chance(seldom[i].chance) ||
		    (durable && seldom[i].fn == put_back))
			continue;
		for (unsigned n = 0; n < seldom[i].times; n++)
			sim_after(sim_below(length_us), SIM_NOBODY,
				  seldom[i].fn, NULL);
	}
}

void plan_run(void)
{
	uint64_t length_us = sim_between(SIM_MINUTE, 10 * SIM_MINUTE);
	uint64_t reports = sim_between(5, 40), faults = sim_between(0, 12);

	mended = late_enrolled = false;
	sim_operator_begin();
	sim_net_reset();
	sim_disk_forget();
	sim_collector_restarts(sim_between(2 * SIM_S, 2 * SIM_MINUTE));
	for (uint64_t i = 0; i < reports; i++)
		sim_after(sim_below(length_us), SIM_NOBODY, report, NULL);
	for (uint64_t i = 0; i < faults; i++)
		sim_after(sim_below(length_us), SIM_NOBODY, fail, NULL);
	sim_after(sim_below(2 * length_us), SIM_NOBODY, enrol_late, NULL);
	plan_seldom(length_us);
	sim_after(length_us, SIM_NOBODY, mend, NULL);
	for (unsigned i = 0; i < SIM_OFFICES; i++)
		sim_office_start(SIM_OFFICE + i);
	run_until_drained();
	sim_check_all(SIM_OFFICES);
}
