/* Offices: directories as the commands make them, and the agent's own sender.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/alarm.h"
#include "agent/commands.h"
#include "agent/deliver.h"
#include "agent/desk.h"
#include "agent/follow.h"
#include "agent/office.h"
#include "agent/say.h"
#include "agent/sender.h"
#include "agent/statement.h"
#include "base/rt/options.h"
#include "sim/sim.h"
#include "store/keyfile.h"

static struct sim_office {
	struct office office;
	struct loop *loop;
	struct sender *sender;
	bool up;
} offices[SIM_ACTORS_MAX];

static const char *const names[SIM_ACTORS_MAX] = {
	[SIM_OFFICE] = "admin",	      [SIM_OFFICE + 1] = "baima",
	[SIM_OFFICE + 2] = "longmen", [SIM_OFFICE + 3] = "hrss",
	[SIM_LATE] = "dongxing",      [SIM_CLONE] = "clone",
};

/* Whose key it has; the clone's is another one's. */
static unsigned key_of[SIM_ACTORS_MAX];
static bool is_out[SIM_ACTORS_MAX]; /* by key */
/* How often its key has changed hands, and had when it was copied. */
static unsigned rotations[SIM_ACTORS_MAX], kept_rotations[SIM_ACTORS_MAX];

const char *sim_office_name(unsigned office)
{
	return names[office];
}

/* ---- commands ---- */

static struct office *opened; /* by command_open */

/* What every command begins with, left open. */
static int command_open(const struct options *options)
{
	return office_open(opened, options, OFFICE_EXISTING);
}

static const struct option_spec common[] = {
	{ "dir", NULL, OPTION_TEXT, "DIR", "" },
	{ "clock", NULL, OPTION_TEXT, "FILE", "" },
	{ "endpoint", NULL, OPTION_TEXT, "ADDRESS", "" },
	{ "lang", NULL, OPTION_TEXT, "LANG", "" },
};

static const struct option_spec command_options[] = {
	{ "collector", NULL, OPTION_TEXT, "CARD", "" },
	{ "out", NULL, OPTION_TEXT, "FILE", "" },
	{ "name", NULL, OPTION_TEXT, "TEXT", "" },
	{ "zone", NULL, OPTION_TEXT, "ZONE", "" },
	{ "simulated", NULL, OPTION_FLAG, NULL, "" },
	{ "recovery", NULL, OPTION_MANY, "KEY", "" },
	{ "recovery-out", NULL, OPTION_MANY, "FILE", "" },
	{ "timeout", NULL, OPTION_TEXT, "SECONDS", "" },
	{ "dry-run", NULL, OPTION_FLAG, NULL, "" },
	{ "json", NULL, OPTION_FLAG, NULL, "" },
	{ "wait", NULL, OPTION_FLAG, NULL, "" },
	{ "role", NULL, OPTION_MANY, "ROLE", "" },
	{ "units", NULL, OPTION_MANY, "UNIT", "" },
	{ "expires", NULL, OPTION_TEXT, "DAYS", "" },
	{ "until", NULL, OPTION_TEXT, "DAYS", "" },
	{ "from", NULL, OPTION_TEXT, "N", "" },
	{ "entries", NULL, OPTION_TEXT, "N", "" },
	{ "reason", NULL, OPTION_TEXT, "T", "" },
};

#define ALL_OPTIONS \
	command_options, sizeof(command_options) / sizeof(command_options[0])

static int run_command(unsigned office, const char *const *words)
{
	static const struct command_spec commands[] = {
		{ "found", "", 0, 0, "", "", ALL_OPTIONS, command_found },
		{ "apply", "DIR", 1, 1, "", "", ALL_OPTIONS, command_apply },
		{ "grant", "UNIT", 0, 1, "", "", ALL_OPTIONS, command_grant },
		{ "enrol", "CODE", 1, 1, "", "", ALL_OPTIONS, command_enrol },
		{ "revoke", "KEY", 1, 1, "", "", ALL_OPTIONS, command_revoke },
		{ "rotate", "", 0, 0, "", "", ALL_OPTIONS, command_rotate },
		{ "follow", "FILE", 1, 1, "", "", ALL_OPTIONS, command_follow },
		{ "redact", "ENTRY TEXT", 2, 2, "", "", ALL_OPTIONS,
		  command_redact },
		{ "hand-over", "FILE", 1, 1, "", "", ALL_OPTIONS,
		  command_hand_over },
		{ "open", "", 0, 0, "", "", ALL_OPTIONS, command_open },
	};
	static const struct program_spec program = {
		.name = "tally-agent",
		.commands = commands,
		.command_count = sizeof(commands) / sizeof(commands[0]),
		.options = common,
		.option_count = 4,
	};
	const char *argv[16] = { "tally-agent", words[0], "--dir",
				 names[office], "--lang", "en" };
	unsigned before = sim.actor;
	int count = 6, code;

	for (; words[count - 5]; count++)
		argv[count] = words[count - 5];
	sim.actor = office;
	code = options_run(&program, count, (char **)(uintptr_t)argv);
	sim.actor = before;
	return code;
}

static void must(int code, const char *what)
{
	if (code)
		sim_fail("%s: exit %d", what, code);
}

void sim_office_found(unsigned office)
{
	const char *const words[] = {
		"found", "--collector", "collector/collector.card",
		"--out", "founding",	NULL
	};

	must(run_command(office, words), "found");
}

void sim_office_apply(unsigned office, const char *catalogue)
{
	const char *const words[] = { "apply", catalogue, NULL };

	must(run_command(office, words), "apply");
}

void sim_office_grant(unsigned office, const char *unit, const char *file)
{
	const char *const words[] = { "grant",	  "--role",   "reporter",
				      "--role",	  "reviewer", "--role",
				      "official", "--out",    file,
				      unit,	  NULL };

	must(run_command(office, words), "grant");
}

void sim_office_enrol(unsigned office, const char *file)
{
	const char *words[] = { "enrol", NULL, "--timeout", "0", NULL };
	struct err err;
	char *text;
	size_t len;

	must(file_read(file, 8192, &text, &len, &err), "the code");
	words[1] = text;
	/* 5: it goes on when its sender runs. */
	if (run_command(office, words) != EXIT_OFFLINE)
		sim_fail("enrol");
	free(text);
}

/* ---- one that sends ---- */

bool sim_office_is_out(unsigned office)
{
	return is_out[office == SIM_CLONE ? key_of[SIM_CLONE] : office];
}

void sim_office_give_up(unsigned office)
{
	sim_say("%s needs a new grant", names[office]);
	is_out[office] = true;
}

bool sim_office_is_up(unsigned office)
{
	return offices[office].up;
}

static bool open_office(unsigned office)
{
	const char *const words[] = { "open", NULL };

	opened = &offices[office].office;
	if (!run_command(office, words))
		return true;
	office_close(opened);
	return false;
}

void sim_office_start(unsigned office)
{
	const struct sender_options options = { .log = true };
	struct sim_office *at = &offices[office];
	struct err err;

	if (at->up || access(names[office], F_OK))
		return;
	if (!open_office(office))
		sim_fail("%s cannot be opened", names[office]);
	sim_say("%s starts", names[office]);
	sim.actor = office;
	sim.actors[office].dead = false;
	if (loop_open(&at->loop, &err) ||
	    sender_open(&at->office, at->loop, &options, &at->sender, &err))
		sim_fail("%s: %s", names[office], err.msg);
	sim.actor = SIM_NOBODY;
	at->up = true;
}

void sim_office_end(unsigned office, bool kill)
{
	struct sim_office *at = &offices[office];

	if (!at->up)
		return;
	sim_say("%s %s", names[office], kill ? "is killed" : "is stopped");
	sim.actor = office;
	sim.actors[office].dead = kill;
	sender_close(at->sender);
	loop_close(at->loop);
	office_close(&at->office);
	sim.actor = SIM_NOBODY;
	at->up = false;
}

void sim_office_watch(void)
{
	for (unsigned i = SIM_OFFICE; i < SIM_ACTORS_MAX; i++) {
		if (!offices[i].up || !loop_stopped(offices[i].loop))
			continue;
		sim_say("%s has given up", names[i]);
		sim_office_end(i, false);
		sim_office_start(i);
	}
}

/* ---- what it says ---- */

/* No two are the same, and none is the beginning of another: a text that was
 * redacted can be looked for. */
static const char *some_reason(unsigned office)
{
	static char text[64];
	static unsigned count;

	(void)snprintf(text, sizeof(text), "because of %s %06u", names[office],
		       ++count);
	return text;
}

static void save(unsigned office, struct entry *entry)
{
	struct sim_office *at = &offices[office];
	struct desk desk = { .lock = -1 };
	bool was_up = at->up;
	uint64_t number;
	struct err err;

	if (!was_up && !open_office(office))
		sim_fail("%s cannot be opened", names[office]);
	sim.actor = office;
	if (desk_open(&desk, &at->office, &err))
		sim_fail("%s: %s", names[office], err.msg);
	/* Its unit is not known before its first session. */
	if (!entry->report.unit.len && !desk.kept.unit_count)
		entry->report.unit = span_of_text(names[office]);
	(void)say_save(&desk, entry, &number);
	desk_close(&desk);
	if (!was_up)
		office_close(&at->office);
	sim.actor = SIM_NOBODY;
}

void sim_office_report(unsigned office, const char *target, const char *period,
		       const char *value)
{
	struct cell_text cell = { .value = span_of_text(value) };
	struct entry entry = { .report = { .target = span_of_text(target),
					   .period = span_of_text(period),
					   .cells = &cell,
					   .cell_count = 1 },
			       .reason = span_of_text(some_reason(office)) };

	save(office, &entry);
}

void sim_office_review(unsigned office, const char *target, const char *unit,
		       const char *period, const char *status)
{
	struct entry entry = { .report = { .target = span_of_text(target),
					   .unit = span_of_text(unit),
					   .period = span_of_text(period),
					   .status = span_of_text(status) },
			       .review = true,
			       .reason = span_of_text(some_reason(office)) };

	save(office, &entry);
}

void sim_office_adjust(unsigned office, const char *target, const char *unit,
		       const char *period, const char *value)
{
	struct cell_text cell = { .value = span_of_text(value ? value : "") };
	struct entry entry = { .report = { .target = span_of_text(target),
					   .unit = span_of_text(unit),
					   .period = span_of_text(period),
					   .cells = &cell,
					   .cell_count = value ? 1 : 0,
					   .status = span_of_text(
						   value ? "counted" : "") },
			       .adjust = true,
			       .reason = span_of_text(some_reason(office)) };

	save(office, &entry);
}

/* ---- what is done with it ---- */

/* While its sender is not there. */
static int call(unsigned office, const char *const *words)
{
	bool was_up = offices[office].up;
	int code;

	sim_office_end(office, false);
	code = run_command(office, words);
	if (was_up)
		sim_office_start(office);
	return code;
}

struct picking {
	uint64_t seen, index;
	uint32_t n;
};

/* Any of them, with the same chance. */
static int pick(void *arg, const struct outbox_item *item)
{
	struct picking *picking = arg;

	if (!item->delivered || !item->sealed.text_count)
		return 0;
	if (!sim_below(++picking->seen)) {
		picking->index = item->index;
		picking->n = item->n;
	}
	return 0;
}

void sim_office_redact(unsigned office, unsigned whose)
{
	struct sim_office *at = &offices[whose];
	struct picking picking = { 0 };
	const char *why = some_reason(office);
	char name[40];
	const char *const words[] = { "redact",	  name, "reason",
				      "--reason", why,	"--timeout",
				      "0",	  NULL };
	struct err err;

	if (!at->up || !offices[office].up)
		return;
	if (outbox_items(at->office.outbox, 1, pick, &picking, &err))
		sim_fail("%s: %s", names[whose], err.msg);
	if (!picking.seen)
		return;
	(void)snprintf(name, sizeof(name), "%llu.%u",
		       (unsigned long long)picking.index, picking.n);
	sim_say("%s: a reason in %s is to go", names[office], name);
	(void)call(office, words);
}

bool sim_office_is_enrolling(unsigned office)
{
	bool was_up = offices[office].up, is;

	if (access(names[office], F_OK))
		return false;
	if (!was_up && !open_office(office))
		sim_fail("%s cannot be opened", names[office]);
	is = offices[office].office.enrolling;
	if (!was_up)
		office_close(&offices[office].office);
	return is;
}

bool sim_office_knows_curve(unsigned office)
{
	const struct office *at = &offices[office].office;
	bool was_up = offices[office].up, knows;
	struct keys keys;
	struct err err;

	if (keys_load("collector", &keys, &err))
		sim_fail("the collector's keys: %s", err.msg);
	if (!was_up && !open_office(office))
		sim_fail("%s cannot be opened", names[office]);
	knows = !follow_read(&offices[office].office, &err) &&
		!memcmp(follow_curve(at, 0), keys.curve.key, CURVE_KEY_BYTES);
	if (!was_up)
		office_close(&offices[office].office);
	return knows;
}

void sim_office_rotate(unsigned office)
{
	const char *const words[] = { "rotate", "--timeout", "0", NULL };
	int code;

	if (access(names[office], F_OK) || sim_office_is_enrolling(office))
		return;
	sim_say("%s makes itself a new key", names[office]);
	code = call(office, words);
	/* It goes on when its sender runs. */
	if (code != EXIT_OFFLINE)
		sim_fail("%s: rotate: exit %d", names[office], code);
	rotations[office]++;
}

void sim_office_follow(unsigned office, const char *file)
{
	const char *const words[] = { "follow", file, NULL };

	if (access(names[office], F_OK) || access(file, F_OK))
		return;
	must(call(office, words), "follow");
}

void sim_office_hand_over(unsigned office, const char *file)
{
	const char *const words[] = { "hand-over", file, NULL };

	must(call(office, words), "hand-over");
}

void sim_office_revoke(unsigned office, unsigned whom)
{
	char key[2 * SIGN_KEY_BYTES + 1];
	const char *const words[] = { "revoke", key, NULL };
	struct keys keys;
	struct err err;

	if (keys_load(names[whom], &keys, &err))
		return; /* not enrolled yet */
	sim_say("%s is revoked", names[whom]);
	is_out[whom] = true;
	bytes_to_hex(span_of(keys.sign.key.bytes, SIGN_KEY_BYTES), key);
	must(run_command(office, words), "revoke");
}

/* ---- copies ---- */

static void copy(const char *from, const char *to)
{
	char command[256];

	(void)snprintf(command, sizeof(command),
		       "rm -rf %s && cp -r --preserve=mode %s %s", to, from,
		       to);
	if (system(command))
		sim_fail("cannot copy %s", from);
}

void sim_office_keep(unsigned office)
{
	char kept[64], path[128];
	bool was_up = offices[office].up;

	(void)snprintf(kept, sizeof(kept), "kept-%s", names[office]);
	sim_office_end(office, false);
	copy(names[office], kept);
	kept_rotations[office] = rotations[office];
	/* A copy that was made while it changed hands has the old one. */
	(void)snprintf(path, sizeof(path), "%s/rotation/keys", kept);
	if (!access(path, F_OK))
		kept_rotations[office] = UINT_MAX;
	if (was_up)
		sim_office_start(office);
}

void sim_office_restore(unsigned office)
{
	char kept[64];
	bool was_up = offices[office].up;

	(void)snprintf(kept, sizeof(kept), "kept-%s", names[office]);
	if (access(kept, F_OK))
		return;
	sim_office_end(office, true);
	sim_say("%s is put back from a copy", names[office]);
	copy(kept, names[office]);
	sim_count(EVENT_RESTORE);
	/* A key that has ended is of no use. */
	is_out[office] |= kept_rotations[office] != rotations[office];
	if (was_up)
		sim_office_start(office);
}

void sim_office_clone(unsigned whom)
{
	if (offices[SIM_CLONE].up || !access(names[SIM_CLONE], F_OK))
		return;
	sim_office_end(whom, true);
	sim_say("%s is cloned", names[whom]);
	copy(names[whom], names[SIM_CLONE]);
	sim_count(EVENT_CLONE);
	key_of[SIM_CLONE] = whom;
	is_out[whom] = true;
	sim_office_start(whom);
	sim_office_start(SIM_CLONE);
}

/* ---- asked ---- */

struct outbox *sim_office_outbox(unsigned office)
{
	return offices[office].up ? offices[office].office.outbox : NULL;
}

static void no_alarm(unsigned office)
{
	struct alarm alarm;

	if (alarm_read(offices[office].office.outbox, &alarm))
		sim_fail("%s has raised an alarm: %u", names[office],
			 (unsigned)alarm.why);
}

void sim_office_no_alarm(unsigned office)
{
	if (access(names[office], F_OK))
		return;
	if (!open_office(office))
		sim_fail("%s cannot be opened", names[office]);
	no_alarm(office);
	office_close(&offices[office].office);
}

bool sim_office_drained(unsigned office)
{
	struct sim_office *at = &offices[office];
	struct outbox_counts counts = { 0 };
	struct err err;
	bool was_up = at->up;

	if (!was_up && !open_office(office))
		sim_fail("%s cannot be opened", names[office]);
	if (outbox_counts(at->office.outbox, &counts, &err))
		sim_fail("%s: %s", names[office], err.msg);
	no_alarm(office);
	if (!was_up)
		office_close(&at->office);
	return counts.waiting + counts.sealed == 0;
}
