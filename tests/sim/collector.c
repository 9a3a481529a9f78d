/* The collector's life: its own collector_run, started and ended. */
#include "collector/collector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rt/options.h"
#include "collector/commands.h"
#include "collector/founding.h"
#include "sim/sim.h"
#include "store/keyfile.h"

#define DIR "collector"
#define FOUNDING_BYTES_MAX 65536

static bool up;
static enum sim_end end;
static uint64_t restart_us_max;
static void (*then[8])(void);
static size_t then_count;

/* ---- made and founded ---- */

static int run_command(const char *const *words, int count)
{
	static const struct option_spec init_options[] = {
		{ "founding", NULL, OPTION_TEXT, "FILE", "" },
		{ "endpoint", NULL, OPTION_TEXT, "E", "" },
		{ "lang", NULL, OPTION_TEXT, "zh|en", "" },
	};
	static const struct command_spec commands[] = {
		{ "init", "[DIR]", 0, 1, "", "", init_options, 3,
		  command_init },
	};
	static const struct option_spec common[] = {
		{ "dir", NULL, OPTION_TEXT, "DIR", "" },
	};
	static const struct program_spec program = { .name = "tally-collector",
						     .commands = commands,
						     .command_count = 1,
						     .options = common,
						     .option_count = 1 };
	char *argv[8] = { NULL };

	for (int i = 0; i < count; i++)
		argv[i] = (char *)(uintptr_t)words[i];
	return options_run(&program, count, argv);
}

void sim_collector_init(void)
{
	const char *const words[] = { "tally-collector", "init", DIR,
				      "--endpoint", "tcp://127.0.0.1:5724" };

	sim.actor = SIM_COLLECTOR;
	if (run_command(words, 5))
		sim_fail("init failed");
	sim.actor = SIM_NOBODY;
	sim_collector_settings("backup");
}

void sim_collector_settings(const char *safe)
{
	FILE *file = fopen(DIR "/collector.ini", "w");

	if (!file ||
	    fprintf(file,
		    "[gate]\nbind = tcp://127.0.0.1:5724\n"
		    "sessions_max = 32\n[journal]\nsafe = %s\n",
		    safe) < 0 ||
	    fclose(file))
		sim_fail("collector.ini");
}

void sim_collector_found(void)
{
	const char *const words[] = { "tally-collector", "init", DIR,
				      "--founding", "founding" };

	sim.actor = SIM_COLLECTOR;
	if (run_command(words, 5))
		sim_fail("the founding batch was not taken");
	sim.actor = SIM_NOBODY;
}

/* ---- run ---- */

bool sim_collector_is_up(void)
{
	return up;
}

void sim_collector_restarts(uint64_t most_us)
{
	restart_us_max = most_us;
}

void sim_collector_end(enum sim_end how)
{
	if (!up)
		return;
	end = how;
	sim_say("the collector %s", how == END_STOP ? "is stopped" :
				    how == END_KILL ? "is killed" :
						      "loses power");
	sim.actors[SIM_COLLECTOR].dead = how != END_STOP;
	sim_stop_loops(SIM_COLLECTOR);
}

static void do_then(void)
{
	size_t count = then_count;

	then_count = 0;
	for (size_t i = 0; i < count; i++)
		then[i]();
}

void sim_collector_then(void (*fn)(void))
{
	if (then_count == sizeof(then) / sizeof(then[0]))
		return;
	then[then_count++] = fn;
	if (up)
		sim_collector_end(END_STOP);
	else
		do_then();
}

void sim_collector_start(void *arg)
{
	struct collector_settings settings;
	struct strbuf problems;
	struct err err;
	int code;

	(void)arg;
	if (up || sim.over)
		return;
	strbuf_init(&problems, 0);
	if (settings_read(DIR, &settings, &problems, &err))
		sim_fail("collector.ini: %s", err.msg);
	strbuf_release(&problems);
	sim.actor = SIM_COLLECTOR;
	sim.actors[SIM_COLLECTOR].dead = false;
	sim.actors[SIM_COLLECTOR].die_after = 0;
	up = true;
	end = END_STOP;
	sim_say("the collector starts");
	sim.actor = SIM_NOBODY;
	sim_check_receipts(SIM_OFFICES);
	sim.actor = SIM_COLLECTOR;
	code = collector_run(DIR, &settings, NULL);
	up = false;
	sim.actor = SIM_NOBODY;
	sim_say("the collector has ended, exit %d", code);
	if (end == END_POWER_CUT)
		sim_disk_power_cut();
	/* Whatever the disk did, what it holds is no broken journal. */
	if (code == EXIT_BROKEN && !sim.actors[SIM_COLLECTOR].dead)
		sim_fail("the collector says that its record is broken");
	if (code == EXIT_USAGE)
		sim_fail("the collector does not start: exit 2");
	do_then();
	if (restart_us_max)
		sim_after(sim_between(SIM_S, restart_us_max), SIM_NOBODY,
			  sim_collector_start, NULL);
}
