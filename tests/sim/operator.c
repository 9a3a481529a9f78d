/* People at the centre: copies of the collector's directory, what is done when
 * one is put back, and the collector's new keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The office's has the same name. */
#define command_rotate command_rotate_collector
#include "collector/command_rotate.c"
#undef command_rotate
#include "audit/replay.h"
#include "collector/backup.h"
#include "sim/sim.h"

#define DIR "collector"
#define TRIES 4
#define OPTIONS 8		 /* of the operator's commands */
#define UNHEARD_PER_THOUSAND 150 /* of offices, where a checkpoint is left */

static bool new_curve, reopened, was_lost;

static int call(const char *const *words)
{
	static const struct option_spec options[OPTIONS] = {
		{ "from", NULL, OPTION_MANY, "FILES", "" },
		{ "dry-run", NULL, OPTION_FLAG, NULL, "" },
		{ "by", NULL, OPTION_TEXT, "NAME", "" },
		{ "why", NULL, OPTION_TEXT, "TEXT", "" },
		{ "clock", NULL, OPTION_TEXT, "FILE", "" },
		{ "curve", NULL, OPTION_FLAG, NULL, "" },
		{ "anyway", NULL, OPTION_FLAG, NULL, "" },
		{ "json", NULL, OPTION_FLAG, NULL, "" },
	};
	static const struct command_spec commands[] = {
		{ "recover", "[DIR]", 0, 1, "", "", options, OPTIONS,
		  command_recover },
		{ "reopen", "[DIR]", 0, 1, "", "", options, OPTIONS,
		  command_reopen },
		{ "rotate", "[DIR]", 0, 1, "", "", options, OPTIONS,
		  command_rotate_collector },
	};
	static const struct option_spec common[] = {
		{ "dir", NULL, OPTION_TEXT, "DIR", "" },
	};
	static const struct program_spec program = { .name = "tally-collector",
						     .commands = commands,
						     .command_count = 3,
						     .options = common,
						     .option_count = 1 };
	const char *argv[12] = { "tally-collector", words[0], "--dir", DIR };
	unsigned before = sim.actor;
	int count = 4, code;

	for (; words[count - 3]; count++)
		argv[count] = words[count - 3];
	sim.actor = SIM_COLLECTOR;
	code = options_run(&program, count, (char **)(uintptr_t)argv);
	sim.actor = before;
	return code;
}

/* On a disk that is sound but may be switched off: then again. */
static int call_until_done(const char *const *words)
{
	struct sim_actor *actor = &sim.actors[SIM_COLLECTOR];
	int code = EXIT_FAILED;

	sim_disk_mood(DISK_SOUND);
	for (unsigned i = 0; i < TRIES && code == EXIT_FAILED; i++) {
		actor->dead = false;
		actor->die_after = sim_chance(300) && i + 1 < TRIES ?
					   1 + (unsigned)sim_below(60) :
					   0;
		code = call(words);
		if (actor->dead && sim_chance(500))
			sim_disk_power_cut();
		if (actor->dead)
			code = EXIT_FAILED;
	}
	actor->dead = false;
	actor->die_after = 0;
	sim_say("%s: exit %d", words[0], code);
	return code;
}

static void run_shell(const char *command)
{
	if (system(command))
		sim_fail("%s", command);
}

/* ---- copies ---- */

void sim_operator_begin(void)
{
	new_curve = reopened = was_lost = false;
	sim_check_is_whole(true);
}

void sim_operator_keep(void)
{
	struct backup_facts facts;
	struct err err = { 0 };

	run_shell("rm -rf new-copy new-copy.unfinished");
	/* It is no part of what may fail: the disk that it reads is. */
	if (backup_make(DIR, "", "new-copy", true, 0, &facts, &err))
		sim_fail("backup: %s", err.msg);
	sim_say("the collector is backed up, %llu entries",
		(unsigned long long)facts.entries);
	run_shell("rm -rf kept-collector && mv new-copy kept-collector");
}

/* Those that can be reached hand over what they keep. */
static void hear_offices(bool all)
{
	run_shell("rm -rf handed-over && mkdir handed-over");
	for (unsigned i = SIM_OFFICE; i < SIM_OFFICE + SIM_OFFICES; i++) {
		char file[64];

		if (access(sim_office_name(i), F_OK))
			continue;
		if (!all && sim_chance(UNHEARD_PER_THOUSAND)) {
			sim_say("%s is not heard", sim_office_name(i));
			continue;
		}
		(void)snprintf(file, sizeof(file), "handed-over/%s",
			       sim_office_name(i));
		sim_office_hand_over(i, file);
	}
}

/* Whoever enrolled or changed the key so shortly before that nobody had
 * verified it, needs a new grant. */
static void give_up_unknown(void)
{
	const struct replay_until all = { .size = UINT64_MAX };
	struct replay replay;
	struct err err = { 0 };

	if (replay_init(&replay, false, &err) ||
	    replay_run(&replay, DIR "/journal", all, &err))
		sim_fail("replay: %s", err.msg);
	for (unsigned i = SIM_OFFICE; i < SIM_OFFICE + SIM_OFFICES; i++) {
		struct fold_office known;
		struct keys keys;
		struct hash hash;

		if (access(sim_office_name(i), F_OK) ||
		    sim_office_is_enrolling(i) ||
		    keys_load(sim_office_name(i), &keys, &err))
			continue;
		hash = sign_key_hash(&keys.sign.key);
		if (!fold_office(replay.fold, &hash, &known))
			sim_office_give_up(i);
	}
	replay_release(&replay);
}

static void reopen(void)
{
	static const char *const words[] = { "reopen",	    "--from",
					     "handed-over", "--by",
					     "somebody",    "--why",
					     "it is lost",  NULL };
	int code = call_until_done(words);

	if (code)
		sim_fail("reopen: exit %d", code);
	reopened = true;
}

void sim_operator_put_back(void)
{
	static const char *const words[] = { "recover", "--from", "handed-over",
					     NULL };
	bool checkpoint = sim_chance(600);
	struct backup_facts facts;
	struct err err = { 0 };
	int code;

	if (access("kept-collector", F_OK))
		return;
	sim_say("the collector's disk is lost, a copy is put back%s",
		checkpoint ? "; the checkpoint lay elsewhere" : "");
	sim_disk_settle();
	was_lost = true;
	/* Of its keys there is always a copy of today. */
	run_shell("rm -rf lost && mv " DIR " lost && mkdir " DIR " && "
		  "for i in keys rotation collector.successions "
		  "collector.card; do [ ! -e lost/$i ] || "
		  "cp -r --preserve=mode lost/$i " DIR "; done");
	if (backup_restore("kept-collector", DIR, &facts, &err))
		sim_fail("restore: %s", err.msg);
	if (checkpoint)
		run_shell("cp --preserve=mode lost/checkpoint " DIR);
	hear_offices(!checkpoint);
	code = call_until_done(words);
	if (code == EXIT_REFUSED)
		reopen();
	else if (code)
		sim_fail("recover: exit %d", code);
	else
		give_up_unknown();
	if (!code)
		sim_count(EVENT_RECOVER);
	sim_disk_settle();
	sim_check_is_whole(false);
}

void sim_operator_late(void)
{
	static const char *const words[] = { "reopen",	    "--from",
					     "handed-over", "--by",
					     "somebody",    "--why",
					     "it is lost",  NULL };
	int code;

	if (!reopened)
		return;
	hear_offices(true);
	code = call_until_done(words);
	if (code)
		sim_fail("reopen, for who is late: exit %d", code);
	sim_disk_settle();
}

/* ---- keys ---- */

void sim_operator_rotate(void)
{
	static const char *const words[] = { "rotate", "--by",	    "somebody",
					     "--why",  "it is old", NULL };
	int code = call_until_done(words);

	/* 3: not all is signed, or the one before is not finished. */
	if (code && code != EXIT_REFUSED)
		sim_fail("rotate: exit %d", code);
}

void sim_operator_curve(void)
{
	static const char *const words[] = { "rotate", "--curve", NULL };
	int code;

	/* Its code leads to the old one; and who has not heard of a break yet,
	 * does not follow. */
	if (sim_office_is_enrolling(SIM_LATE) || reopened)
		return;
	code = call_until_done(words);
	if (code && code != EXIT_REFUSED)
		sim_fail("rotate --curve: exit %d", code);
	new_curve |= !code;
	if (!code)
		sim_count(EVENT_CURVE);
}

bool sim_operator_has_lost(void)
{
	return was_lost;
}

bool sim_operator_has_new_curve(void)
{
	return new_curve;
}
