/* tally-collector: makes what offices say durable and adds it up. */
#include "base/rt/process.h"
#include "collector/commands.h"
#include "proto/sign.h"

static const struct option_spec init_options[] = {
	{ "founding", NULL, OPTION_TEXT, "FILE",
	  "the founding batch, to begin the journal with" },
	{ "endpoint", NULL, OPTION_TEXT, "E",
	  "where offices reach it, tcp://HOST:PORT" },
	{ "lang", NULL, OPTION_TEXT, "zh|en",
	  "language of the answer; without it, the locale's" },
};

static const struct option_spec run_options[] = {
	{ "clock", NULL, OPTION_TEXT, "FILE",
	  "the clock of a simulated journal" },
};

static const struct option_spec recover_options[] = {
	{ "from", NULL, OPTION_MANY, "FILE",
	  "what an office handed over (tally-agent hand-over), or a folder of "
	  "such files" },
	{ "dry-run", NULL, OPTION_FLAG, NULL,
	  "only say what is there and what is missing" },
	{ "json", NULL, OPTION_FLAG, NULL, "what is said as a JSON object" },
};

static const struct option_spec reopen_options[] = {
	{ "from", NULL, OPTION_MANY, "FILE",
	  "what offices handed over, or a folder of such files" },
	{ "by", NULL, OPTION_TEXT, "NAME", "who decides it, for the record" },
	{ "why", NULL, OPTION_TEXT, "TEXT", "what happened, for the record" },
	{ "dry-run", NULL, OPTION_FLAG, NULL, "only say what would be lost" },
	{ "json", NULL, OPTION_FLAG, NULL, "what is said as a JSON object" },
	{ "clock", NULL, OPTION_TEXT, "FILE",
	  "the clock of a simulated journal" },
};

static const struct option_spec rotate_options[] = {
	{ "by", NULL, OPTION_TEXT, "NAME", "who decides it, for the record" },
	{ "why", NULL, OPTION_TEXT, "TEXT", "why, for the record" },
	{ "curve", NULL, OPTION_FLAG, NULL,
	  "now the key of its sessions, too; refused while offices have not "
	  "heard of it" },
	{ "anyway", NULL, OPTION_FLAG, NULL,
	  "with --curve: also then; these need collector.successions "
	  "(tally-agent follow)" },
	{ "json", NULL, OPTION_FLAG, NULL, "the keys as a JSON object" },
	{ "clock", NULL, OPTION_TEXT, "FILE",
	  "the clock of a simulated journal" },
};

static const struct option_spec backup_options[] = {
	{ "without-keys", NULL, OPTION_FLAG, NULL,
	  "leave keys out: they are kept somewhere else" },
	{ "lang", NULL, OPTION_TEXT, "zh|en", "language of what is said" },
};

static const struct option_spec restore_options[] = {
	{ "lang", NULL, OPTION_TEXT, "zh|en", "language of what is said" },
};

static const struct option_spec doctor_options[] = {
	{ "json", NULL, OPTION_FLAG, NULL, "each finding as an object" },
	{ "lang", NULL, OPTION_TEXT, "zh|en", "language of the findings" },
};

static const struct option_spec figures_options[] = {
	{ "json", NULL, OPTION_FLAG, NULL, "one JSON object a line" },
	{ "all", NULL, OPTION_FLAG, NULL,
	  "also parts, units and the overall line" },
	{ "catalogue", NULL, OPTION_TEXT, "NEW_DIR",
	  "a catalogue to try on the reports so far" },
	{ "changes", NULL, OPTION_FLAG, NULL,
	  "only the tasks that the catalogue that is tried would change, old "
	  "and new" },
	{ "counts", NULL, OPTION_FLAG, NULL,
	  "only the first screen: tasks by light, and apart by kind" },
	{ "standings", NULL, OPTION_FLAG, NULL,
	  "units ranked; with --all also on each target" },
	{ "kept", NULL, OPTION_FLAG, NULL,
	  "every closed period: what was seen when it closed, and what is "
	  "said now" },
	{ "cutoff", NULL, OPTION_TEXT, "DAY",
	  "figures of the periods closed by then" },
	{ "period", NULL, OPTION_TEXT, "P", "the cut-off is its last day" },
	{ "known-by", "as-of", OPTION_TEXT, "DAY|TIME",
	  "only what had been received by then" },
	{ "lang", NULL, OPTION_TEXT, "zh|en", "language of the table" },
};

static const struct option_spec offices_options[] = {
	{ "since", NULL, OPTION_TEXT, "MOMENT",
	  "each key's first batch received since then, for revoke --from: "
	  "2024-06-30, or 2024-06-30T18:00" },
	{ "json", NULL, OPTION_FLAG, NULL, "one JSON object a line" },
	{ "lang", NULL, OPTION_TEXT, "zh|en",
	  "language of the answer; without it, the locale's" },
};

static const struct option_spec serve_options[] = {
	{ "listen", NULL, OPTION_TEXT, "HOST:PORT",
	  "127.0.0.1:5780; port 0: any that is free; an address for other "
	  "machines only once there are tokens" },
	{ "dev-assets", NULL, OPTION_TEXT, "WWW",
	  "folder of pages in place of those in the program" },
};

static const struct option_spec token_options[] = {
	{ "json", NULL, OPTION_FLAG, NULL, "one JSON object a line" },
};

static const struct option_spec check_options[] = {
	{ "json", NULL, OPTION_FLAG, NULL,
	  "each problem as an object, then whether the file is good" },
};

static const struct option_spec common_options[] = {
	{ "dir", NULL, OPTION_TEXT, "DIR",
	  "data directory (TALLY_DIR, " COLLECTOR_DIR ")" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct command_spec commands[] = {
	{ "init", "[DIR]", 0, 1, "make keys and card, then begin the journal",
	  "tally-collector init /srv/tally --endpoint tcp://10.1.2.3:5724\n"
	  "tally-collector init /srv/tally --founding founding",
	  init_options, COUNT(init_options), command_init },
	{ "run", "[DIR]", 0, 1, "take what offices send",
	  "tally-collector run --dir /srv/tally", run_options,
	  COUNT(run_options), command_run },
	{ "backup", "TO", 1, 1,
	  "copy what is signed, with settings and keys; the collector may run",
	  "tally-collector backup /backup/tally-2024-07-05 --dir /srv/tally",
	  backup_options, COUNT(backup_options), command_backup },
	{ "restore", "FROM", 1, 1,
	  "put a backup back into a directory that has no journal",
	  "tally-collector restore /backup/tally-2024-07-05 --dir "
	  "/srv/tally-new",
	  restore_options, COUNT(restore_options), command_restore },
	{ "recover", "[DIR]", 0, 1,
	  "make a journal whole that lost its end, from what offices hand over",
	  "tally-collector recover --dir /srv/tally --from handed-over "
	  "--dry-run\n"
	  "tally-collector recover --dir /srv/tally --from baima.kept "
	  "hrss.kept",
	  recover_options, COUNT(recover_options), command_recover },
	{ "reopen", "[DIR]", 0, 1,
	  "go on without signed entries that nobody holds any more: what is "
	  "lost is said in the journal, signed, for ever",
	  "tally-collector reopen --dir /srv/tally --from handed-over "
	  "--by \"Li Ming, data office\" --why \"the disk broke, longmen's "
	  "machine is lost too\"",
	  reopen_options, COUNT(reopen_options), command_reopen },
	{ "rotate", "[DIR]", 0, 1,
	  "give the collector new keys, for which the old ones sign in the "
	  "journal; it must not run",
	  "tally-collector rotate --dir /srv/tally --by \"Li Ming, data "
	  "office\" --why \"the key is a year old\"\n"
	  "tally-collector rotate --dir /srv/tally --curve",
	  rotate_options, COUNT(rotate_options), command_rotate },
	{ "figures", "[DIR]", 0, 1, "where the targets stand",
	  "tally-collector figures --dir /srv/tally --cutoff 2024-06-30 "
	  "--json\n"
	  "tally-collector figures --dir /srv/tally --kept --lang zh",
	  figures_options, COUNT(figures_options), command_figures },
	{ "serve", "[DIR]", 0, 1,
	  "the dashboard and the figures over HTTP, to be read only",
	  "tally-collector serve --dir /srv/tally", serve_options,
	  COUNT(serve_options), command_serve },
	{ "token", "(add NAME | list | remove NAME)", 1, 2,
	  "who may look at what serve answers, and from other machines",
	  "tally-collector token add chen --dir /srv/tally\n"
	  "tally-collector token list --dir /srv/tally\n"
	  "tally-collector token remove chen --dir /srv/tally",
	  token_options, COUNT(token_options), command_token },
	{ "offices", "[DIR]", 0, 1,
	  "who reports, by which key, and when it was last heard",
	  "tally-collector offices --dir /srv/tally\n"
	  "tally-collector offices --dir /srv/tally --since 2024-06-30T18:00",
	  offices_options, COUNT(offices_options), command_offices },
	{ "doctor", "[DIR]", 0, 1,
	  "whether all is well with disk, clock, ports, keys and backup, and "
	  "what to do",
	  "tally-collector doctor --dir /srv/tally\n"
	  "tally-collector doctor --dir /srv/tally --json",
	  doctor_options, COUNT(doctor_options), command_doctor },
	{ "check-config", "[DIR]", 0, 1, "check collector.ini",
	  "tally-collector check-config --dir /srv/tally\n"
	  "tally-collector check-config --dir /srv/tally --json",
	  check_options, COUNT(check_options), command_check_config },
};

int main(int argc, char **argv)
{
	static const struct program_spec program = {
		.name = "tally-collector",
		.summary = "makes durable what offices report, and adds it up",
		.commands = commands,
		.command_count = COUNT(commands),
		.options = common_options,
		.option_count = COUNT(common_options),
	};
	struct err err = { 0 };

	process_seclude();
	if (sign_start(&err))
		return command_failed(EXIT_FAILED, &err);
	return options_run(&program, argc, argv);
}
