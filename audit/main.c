/*
 * tally-audit: reads what a collector keeps, offline and without a key, and
 * says whether it is whole, what it adds up to, and whether the live store
 * says the same. It never writes to what it reads.
 */
#include "audit/commands.h"
#include "base/err.h"
#include "base/rt/options.h"
#include "proto/sign.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct option_spec verify_options[] = {
	{ "torn-tail", NULL, OPTION_FLAG, NULL,
	  "bytes after the last commit frame are fine (a crash, or a "
	  "collector that is writing)" },
	{ "card", NULL, OPTION_TEXT, "FILE",
	  "the collector's card: its checkpoint must be signed by that key, or "
	  "one that follows from it" },
	{ "witnesses", NULL, OPTION_TEXT, "DIR",
	  "of those named in DIR/witnesses so many must have signed, too" },
	{ "quorum", NULL, OPTION_TEXT, "K", "how many of them, 1" },
	{ "checkpoint", NULL, OPTION_TEXT, "FILE",
	  "the one that they must have signed; without it, the directory's" },
	{ "json", NULL, OPTION_FLAG, NULL, "the result as one JSON object" },
};

static const struct option_spec replay_options[] = {
	{ "until", NULL, OPTION_TEXT, "SIZE|TIME",
	  "stop after SIZE entries, or after the last one received by TIME "
	  "(2024-06-30, 2024-06-30T18:00)" },
	{ "compare", NULL, OPTION_TEXT, "STORE",
	  "compare with a store (or data directory), table by table, at the "
	  "size it has applied" },
	{ "json", NULL, OPTION_FLAG, NULL, "the result as one JSON object" },
};

static const struct option_spec figures_options[] = {
	{ "catalogue", NULL, OPTION_TEXT, "DIR",
	  "folder of catalogue files, instead of a journal; with one, a "
	  "catalogue to try on the reports so far" },
	{ "reports", NULL, OPTION_MANY, "FILE", "reports, with --catalogue" },
	{ "changes", NULL, OPTION_FLAG, NULL,
	  "only the tasks that the catalogue that is tried would change, old "
	  "and new" },
	{ "counts", NULL, OPTION_FLAG, NULL,
	  "only the first screen: tasks by light, and apart for measured, "
	  "milestone and narrative ones" },
	{ "standings", NULL, OPTION_FLAG, NULL,
	  "units ranked by done and green of what they answer for; with --all "
	  "also on each target" },
	{ "kept", NULL, OPTION_FLAG, NULL,
	  "every closed period: what was seen when it closed, and what is "
	  "said now" },
	{ "cutoff", NULL, OPTION_TEXT, "DAY",
	  "judge the last period closed on this day; without it, the day of "
	  "--known-by or of the journal's last receipt, for files the end of "
	  "the year in settings.csv" },
	{ "period", NULL, OPTION_TEXT, "PERIOD",
	  "cut-off at the end of this period" },
	{ "known-by", "as-of", OPTION_TEXT, "DAY|TIME",
	  "only what had been received by then; without it, everything" },
	{ "all", NULL, OPTION_FLAG, NULL,
	  "also parts, targets without goal, every unit, and the overall "
	  "count" },
	{ "lang", NULL, OPTION_TEXT, "zh|en",
	  "language of the table; without it, the locale's" },
	{ "json", NULL, OPTION_FLAG, NULL, "one JSON object a line" },
};

static const struct option_spec receipt_options[] = {
	{ "lang", NULL, OPTION_TEXT, "zh|en",
	  "language of the answer; without it, the locale's" },
	{ "json", NULL, OPTION_FLAG, NULL, "one JSON object a line" },
};

static const struct option_spec prove_options[] = {
	{ "item", NULL, OPTION_TEXT, "ITEM", "of a register: the item's key" },
	{ "checkpoint", NULL, OPTION_TEXT, "FILE",
	  "prove under this checkpoint; without it, under what witnesses have "
	  "signed, or the collector's last one" },
	{ "out", NULL, OPTION_TEXT, "FILE",
	  "write the proof there; without it, to standard output" },
};

static const struct option_spec check_options[] = {
	{ "card", NULL, OPTION_TEXT, "FILE",
	  "the collector's card, with its public key" },
	{ "key", NULL, OPTION_TEXT, "KEY",
	  "the public key itself, in hex or as name+id+base64" },
	{ "witnesses", NULL, OPTION_TEXT, "DIR",
	  "one of those named in DIR/witnesses must have signed too" },
	{ "lang", NULL, OPTION_TEXT, "zh|en",
	  "language of the answer; without it, the locale's" },
	{ "json", NULL, OPTION_FLAG, NULL, "the result as one JSON object" },
};

static const struct command_spec commands[] = {
	{ .name = "verify",
	  .arguments = "DIR",
	  .arguments_min = 1,
	  .arguments_max = 1,
	  .summary = "check every frame, hash, chain, signature and seen root",
	  .example = "tally-audit verify /var/lib/tally/collector\n"
		     "tally-audit verify --torn-tail --json backup/journal",
	  .options = verify_options,
	  .option_count = COUNT(verify_options),
	  .run = command_verify },
	{ .name = "replay",
	  .arguments = "DIR",
	  .arguments_min = 1,
	  .arguments_max = 1,
	  .summary = "decide everything again and compare with the store",
	  .example = "tally-audit replay /var/lib/tally/collector "
		     "--compare /var/lib/tally/collector/store\n"
		     "tally-audit replay backup/journal --until 2024-06-30",
	  .options = replay_options,
	  .option_count = COUNT(replay_options),
	  .run = command_replay },
	{ .name = "figures",
	  .arguments = "[DIR]",
	  .arguments_min = 0,
	  .arguments_max = 1,
	  .summary = "every target's figure, plan and light, from a journal or "
		     "from files; what a new catalogue would change of them",
	  .example = "tally-audit figures /var/lib/tally/collector "
		     "--period 2024M06 --known-by 2024-07-10\n"
		     "tally-audit figures --catalogue 2024/ --reports "
		     "reports.csv --cutoff 2024-06-30 --json\n"
		     "tally-audit figures /var/lib/tally/collector "
		     "--catalogue revised/ --changes\n"
		     "tally-audit figures /var/lib/tally/collector --standings "
		     "--period 2024M06",
	  .options = figures_options,
	  .option_count = COUNT(figures_options),
	  .run = command_figures },
	{ .name = "receipt",
	  .arguments = "DIR RECEIPT",
	  .arguments_min = 2,
	  .arguments_max = 2,
	  .summary = "what a receipt was given for, and what became of it",
	  .example = "tally-audit receipt /var/lib/tally/collector 1.0",
	  .options = receipt_options,
	  .option_count = COUNT(receipt_options),
	  .run = command_receipt },
	{ .name = "explain",
	  .arguments = "DIR TARGET UNIT [PERIOD]",
	  .arguments_min = 3,
	  .arguments_max = 4,
	  .summary = "every statement and review behind a unit's figures, "
		     "newest first",
	  .example = "tally-audit explain /var/lib/tally/collector "
		     "live.urban-jobs baima 2024M06",
	  .options = receipt_options,
	  .option_count = COUNT(receipt_options),
	  .run = command_explain },
	{ .name = "prove",
	  .arguments = "DIR (RECEIPT | TARGET UNIT PERIOD)",
	  .arguments_min = 2,
	  .arguments_max = 4,
	  .summary = "a file that proves to others that a statement stands in "
		     "the journal",
	  .example = "tally-audit prove /var/lib/tally/collector "
		     "live.urban-jobs baima 2024M06 --out june.proof",
	  .options = prove_options,
	  .option_count = COUNT(prove_options),
	  .run = command_prove },
	{ .name = "check",
	  .arguments = "PROOF",
	  .arguments_min = 1,
	  .arguments_max = 1,
	  .summary = "check such a file with the collector's public key alone",
	  .example = "tally-audit check june.proof --card collector.card",
	  .options = check_options,
	  .option_count = COUNT(check_options),
	  .run = command_check },
};

static const struct program_spec program = {
	.name = "tally-audit",
	.summary = "checks and replays a collector's journal, offline",
	.commands = commands,
	.command_count = COUNT(commands),
};

int main(int argc, char **argv)
{
	struct err err = { 0 };

	if (sign_start(&err)) {
		(void)fprintf(stderr, "tally-audit: %s\n", err.msg);
		return EXIT_FAILED;
	}
	return options_run(&program, argc, argv);
}
