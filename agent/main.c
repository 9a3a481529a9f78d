/* tally-agent: what an office, and everybody who changes something, runs. */
#include <stdio.h>

#include "agent/commands.h"
#include "base/err.h"
#include "base/rt/process.h"
#include "proto/sign.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off: one option a line */
static const struct option_spec common[] = {
	{ "dir", NULL, OPTION_TEXT, "DIR",
	  "the office's directory (else TALLY_DIR, else "
	  "/var/lib/tally/agent)" },
	{ "clock", NULL, OPTION_TEXT, "FILE",
	  "the simulated clock of a simulated journal" },
	{ "endpoint", NULL, OPTION_TEXT, "ADDRESS",
	  "tcp://HOST:PORT of the collector, instead of the card's (else "
	  "TALLY_ENDPOINT, else agent.ini)" },
	{ "lang", NULL, OPTION_TEXT, "LANG", "en or zh (else the locale's)" },
};

#define WAIT_OPTIONS                                                           \
	{ "wait", NULL, OPTION_FLAG, NULL,                                     \
	  "wait until it is delivered (exit 5: not yet; 1: a person must do "  \
	  "something about it)" },                                             \
	{                                                                      \
		"timeout", NULL, OPTION_TEXT, "SECONDS", "to wait at most, 30" \
	}

#define OUTCOME_OPTIONS                                                      \
	WAIT_OPTIONS,                                                        \
	{                                                                    \
		"json", NULL, OPTION_FLAG, NULL,                             \
			"with --wait: what became of each, an object a line" \
	}

static const struct option_spec found_options[] = {
	{ "collector", NULL, OPTION_TEXT, "CARD",
	  "the card that tally-collector init wrote" },
	{ "out", NULL, OPTION_TEXT, "FILE", "where the founding batch goes" },
	{ "name", NULL, OPTION_TEXT, "TEXT", "the journal's name, for people" },
	{ "zone", NULL, OPTION_TEXT, "ZONE", "where days begin, +08:00" },
	{ "simulated", NULL, OPTION_FLAG, NULL,
	  "the journal runs on a simulated clock" },
	{ "recovery-out", NULL, OPTION_MANY, "FILE",
	  "where a recovery code goes: it can appoint an administrator should "
	  "all their keys be lost" },
	{ "recovery", NULL, OPTION_MANY, "KEY",
	  "public key (Ed25519) with the same power, made elsewhere" },
};

static const struct option_spec enrol_options[] = {
	{ "timeout", NULL, OPTION_TEXT, "SECONDS", "to wait at most, 30" },
};

static const struct option_spec report_options[] = {
	{ "period", NULL, OPTION_TEXT, "P",
	  "2024M06, 2024Q2, 2024H1, 2024, .." },
	{ "unit", NULL, OPTION_TEXT, "U", "id or code; else the office's own" },
	{ "item", NULL, OPTION_TEXT, "I", "of registers: the project's key" },
	{ "na", NULL, OPTION_FLAG, NULL, "not applicable (needs --reason)" },
	{ "reason", NULL, OPTION_TEXT, "T",
	  "for a correction, a late report, not applicable" },
	{ "text", NULL, OPTION_TEXT, "T", "of a narrative" },
	OUTCOME_OPTIONS,
};

static const struct option_spec import_options[] = {
	{ "dry-run", NULL, OPTION_FLAG, NULL, "check only" },
	{ "unchecked", NULL, OPTION_FLAG, NULL,
	  "send what the collector would refuse, too" },
	OUTCOME_OPTIONS,
};

static const struct option_spec status_options[] = {
	{ "json", NULL, OPTION_FLAG, NULL, "an object a line" },
	{ "all", NULL, OPTION_FLAG, NULL,
	  "everything ever delivered or reviewed, too" },
};

static const struct option_spec alarm_options[] = {
	{ "json", NULL, OPTION_FLAG, NULL, "as an object" },
	{ "clear", NULL, OPTION_FLAG, NULL,
	  "once people have looked into it: send again" },
};

static const struct option_spec history_options[] = {
	{ "json", NULL, OPTION_FLAG, NULL, "an object a line" },
};

static const struct option_spec sync_options[] = {
	{ "json", NULL, OPTION_FLAG, NULL,
	  "what became of each, an object a line" },
	{ "timeout", NULL, OPTION_TEXT, "SECONDS", "to wait at most, 30" },
};

static const struct option_spec apply_options[] = {
	{ "dry-run", NULL, OPTION_FLAG, NULL,
	  "only check it, and say what it would change" },
	{ "json", NULL, OPTION_FLAG, NULL, "of --dry-run: an object a line" },
	WAIT_OPTIONS,
};

static const struct option_spec grant_options[] = {
	{ "role", NULL, OPTION_MANY, "ROLE",
	  "reporter (default), reviewer, official, admin, witness" },
	{ "units", NULL, OPTION_MANY, "UNIT", "further units it speaks for" },
	{ "expires", NULL, OPTION_TEXT, "DAYS", "the code, 14" },
	{ "until", NULL, OPTION_TEXT, "DAYS|DAY",
	  "the key: for so many days, or up to that day (2025-12-31); else "
	  "for ever" },
	{ "out", NULL, OPTION_TEXT, "FILE",
	  "the code, as a file only you can read" },
	WAIT_OPTIONS,
};

static const struct option_spec revoke_options[] = {
	{ "from", NULL, OPTION_TEXT, "N",
	  "the key's first batch that is suspect, 1; 0: none is" },
	{ "reason", NULL, OPTION_TEXT, "T", "why" },
	WAIT_OPTIONS,
};

static const struct option_spec rotate_options[] = {
	{ "timeout", NULL, OPTION_TEXT, "SECONDS", "to wait at most, 30" },
};

static const struct option_spec review_options[] = {
	{ "list", NULL, OPTION_FLAG, NULL,
	  "write what waits for a review as CSV, to be filled in" },
	{ "file", NULL, OPTION_TEXT, "FILE.csv",
	  "the filled-in list: all reviews or none" },
	{ "dry-run", NULL, OPTION_FLAG, NULL, "with --file: check only" },
	{ "item", NULL, OPTION_TEXT, "I", "of registers: the project's key" },
	{ "reason", NULL, OPTION_TEXT, "T",
	  "why, for the office; a return needs it" },
	{ "version", NULL, OPTION_TEXT, "V",
	  "only if it is still the figure that was seen" },
	OUTCOME_OPTIONS,
};

static const struct option_spec adjust_options[] = {
	{ "name", NULL, OPTION_TEXT, "NAME",
	  "what it is shown as beside the figure" },
	{ "reason", NULL, OPTION_TEXT, "T", "why; always needed" },
	{ "withdraw", NULL, OPTION_FLAG, NULL, "take the adjustment back" },
	{ "version", NULL, OPTION_TEXT, "V",
	  "only if it is still the figure that was seen" },
	OUTCOME_OPTIONS,
};

static const struct option_spec redact_options[] = {
	{ "reason", NULL, OPTION_TEXT, "T", "why; always needed" },
	WAIT_OPTIONS,
};

static const struct option_spec hand_over_options[] = {
	{ "entries", NULL, OPTION_TEXT, "N",
	  "only what was received as entry N of the journal or later" },
};

static const struct command_spec commands[] = {
	{ "found", "", 0, 0,
	  "found a journal as its first administrator, offline",
	  "tally-agent found --collector collector.card --out founding --name "
	  "neijiang-2024",
	  found_options, COUNT(found_options), command_found },
	{ "enrol", "CODE", 1, 1,
	  "join with the code that your administrator gave you",
	  "tally-agent enrol tally1aeaa...", enrol_options,
	  COUNT(enrol_options), command_enrol },
	{ "run", "", 0, 0, "keep the connection and send what is saved",
	  "tally-agent run --dir /var/lib/tally/agent", NULL, 0, command_run },
	{ "report", "TARGET (VALUE | FIELD=VALUE...)", 1, 65, "say one figure",
	  "tally-agent report live.urban-jobs 118 --period 2024M03\n"
	  "tally-agent report biz.net-market-entities opened=3600 closed=1350 "
	  "--period 2024M06",
	  report_options, COUNT(report_options), command_report },
	{ "import", "FILE.csv", 1, 1, "say a file of figures, all or none",
	  "tally-agent import june.csv --dry-run\n"
	  "tally-agent import june.csv --wait",
	  import_options, COUNT(import_options), command_import },
	{ "status", "", 0, 0,
	  "what waits, is delivered, was refused or returned and why",
	  "tally-agent status --json", status_options, COUNT(status_options),
	  command_status },
	{ "alarm", "", 0, 0,
	  "what the collector has signed and could not prove",
	  "tally-agent alarm\n"
	  "tally-agent alarm --clear",
	  alarm_options, COUNT(alarm_options), command_alarm },
	{ "witness", "", 0, 0,
	  "the key that this office signs checkpoints with, as a witness",
	  "tally-agent witness", NULL, 0, command_witness },
	{ "follow", "FILE", 1, 1,
	  "believe the collector's new keys, for which the old ones signed: "
	  "its file collector.successions, should it not be reached any more",
	  "tally-agent follow collector.successions", NULL, 0, command_follow },
	{ "hand-over", "FILE", 1, 1,
	  "write what this office keeps into a file, for a collector that has "
	  "lost it",
	  "tally-agent hand-over baima.kept\n"
	  "tally-agent hand-over baima-new.kept --entries 1240",
	  hand_over_options, COUNT(hand_over_options), command_hand_over },
	{ "history", "[TARGET...]", 0, 100,
	  "everything this office said of its targets",
	  "tally-agent history live.urban-jobs", history_options,
	  COUNT(history_options), command_history },
	{ "sync", "", 0, 0, "send everything now and wait for it",
	  "tally-agent sync --timeout 60", sync_options, COUNT(sync_options),
	  command_sync },
	{ "apply", "CATALOGUE_DIR", 1, 1,
	  "make a folder of files the catalogue (administrators)",
	  "tally-agent apply examples/neijiang-2024/catalogue --dry-run",
	  apply_options, COUNT(apply_options), command_apply },
	{ "grant", "[UNIT]", 0, 1,
	  "give a unit a code to enrol with (administrators)",
	  "tally-agent grant baima --role reporter\n"
	  "tally-agent grant hrss --role reporter,reviewer --expires 30",
	  grant_options, COUNT(grant_options), command_grant },
	{ "revoke", "KEY|UNIT", 1, 1,
	  "end a key, or withdraw a unit's codes (administrators)",
	  "tally-agent revoke 5f0c...e1 --from 17 --reason \"laptop stolen\"",
	  revoke_options, COUNT(revoke_options), command_revoke },
	{ "rotate", "", 0, 0,
	  "change this office's key: the old one signs for the new one",
	  "tally-agent rotate --timeout 60", rotate_options,
	  COUNT(rotate_options), command_rotate },
	{ "review", "(WORD TARGET UNIT PERIOD | --list | --file FILE.csv)", 0,
	  4,
	  "judge units' reports: approve, return, done, green, yellow, red "
	  "(reviewers)",
	  "tally-agent review --list > waiting.csv\n"
	  "tally-agent review --file waiting.csv --wait\n"
	  "tally-agent review return rural.village-look baima 2024Q2 --reason "
	  "\"no photographs\"",
	  review_options, COUNT(review_options), command_review },
	{ "adjust", "TARGET UNIT PERIOD (AMOUNT | FIELD=AMOUNT...)", 3, 67,
	  "put the centre's own amount beside a unit's report (officials)",
	  "tally-agent adjust live.urban-jobs baima 2024M06 -20 --name "
	  "\"counted twice\" --reason \"also in longmen's list\"\n"
	  "tally-agent adjust live.urban-jobs baima 2024M06 --withdraw "
	  "--reason \"the list was right\"",
	  adjust_options, COUNT(adjust_options), command_adjust },
	{ "redact", "RECEIPT (text | reason | note)", 2, 2,
	  "have a free text blotted out of the journal for good (officials of "
	  "the unit that settings.csv names)",
	  "tally-agent redact 9.0 text --reason \"names a child\"",
	  redact_options, COUNT(redact_options), command_redact },
};
/* clang-format on */

int main(int argc, char **argv)
{
	static const struct program_spec program = {
		.name = "tally-agent",
		.summary = "an office's side of tally: say figures, send them, "
			   "see what became of them",
		.commands = commands,
		.command_count = COUNT(commands),
		.options = common,
		.option_count = COUNT(common),
	};
	struct err err;

	process_seclude();
	if (sign_start(&err)) {
		(void)fprintf(stderr, "tally-agent: %s\n", err.msg);
		return EXIT_FAILED;
	}
	return options_run(&program, argc, argv);
}
