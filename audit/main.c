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
	{ "lang", NULL, OPTION_TEXT, "zh|en",
	  "language of the answer; without it, the locale's" },
	{ "json", NULL, OPTION_FLAG, NULL, "the result as one JSON object" },
};

static const struct option_spec replay_options[] = {
	{ "until", NULL, OPTION_TEXT, "SIZE|TIME",
	  "stop after SIZE entries, or after the last one received by TIME "
	  "(2024-06-30, 2024-06-30T18:00)" },
	{ "compare", NULL, OPTION_TEXT, "STORE",
	  "compare with a store (or data directory), table by table, at the "
	  "size it has applied" },
	{ "state", NULL, OPTION_FLAG, NULL,
	  "keep no rows, and print the root over their links: faster, with "
	  "less memory" },
	{ "lang", NULL, OPTION_TEXT, "zh|en",
	  "language of the answer; without it, the locale's" },
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

static const struct option_spec late_options[] = {
	{ "target", NULL, OPTION_TEXT, "TARGET", "only what is about it" },
	{ "unit", NULL, OPTION_TEXT, "UNIT", "only what is about it" },
	{ "period", NULL, OPTION_TEXT, "PERIOD", "only what is about it" },
	{ "skew", NULL, OPTION_TEXT, "MINUTES",
	  "what clocks may differ by; without it, 5" },
	{ "lang", NULL, OPTION_TEXT, "zh|en",
	  "language of the answer; without it, the locale's" },
	{ "json", NULL, OPTION_FLAG, NULL, "one JSON object a line" },
};

static const struct option_spec diff_options[] = {
	{ "cutoff", NULL, OPTION_TEXT, "DAY",
	  "judge both on this day; without it, that of the last receipt "
	  "before B" },
	{ "period", NULL, OPTION_TEXT, "PERIOD",
	  "cut-off at the end of this period" },
	{ "target", NULL, OPTION_TEXT, "TARGET", "only its figures" },
	{ "unit", NULL, OPTION_TEXT, "UNIT", "only its figures" },
	{ "lang", NULL, OPTION_TEXT, "zh|en",
	  "language of the answer; without it, the locale's" },
	{ "json", NULL, OPTION_FLAG, NULL, "one JSON object a line" },
};

static const struct option_spec export_options[] = {
	{ "csv", NULL, OPTION_FLAG, NULL, "only statements.csv, figures.csv" },
	{ "jsonl", NULL, OPTION_FLAG, NULL,
	  "only statements.jsonl, figures.jsonl" },
	{ "tiles", NULL, OPTION_FLAG, NULL,
	  "only the tree and its leaves as C2SP tlog-tiles, and checkpoint" },
	{ "checkpoint", NULL, OPTION_TEXT, "FILE",
	  "tiles for this checkpoint; without it, what witnesses have signed, "
	  "or the collector's last one" },
	{ "cutoff", NULL, OPTION_TEXT, "DAY",
	  "judge figures on this day; without it, that of the last receipt" },
	{ "period", NULL, OPTION_TEXT, "PERIOD",
	  "cut-off at the end of this period" },
	{ "lang", NULL, OPTION_TEXT, "zh|en",
	  "language of the answer; without it, the locale's" },
	{ "json", NULL, OPTION_FLAG, NULL, "the answer as one JSON object" },
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
		     "tally-audit replay backup/journal --until 2024-06-30\n"
		     "tally-audit replay backup/journal --state",
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
	{ .name = "late",
	  .arguments = "DIR",
	  .arguments_min = 1,
	  .arguments_max = 1,
	  .summary = "late, backdated and clock-skewed statements, and each "
		     "office's sum",
	  .example = "tally-audit late /var/lib/tally/collector\n"
		     "tally-audit late backup/journal --unit baima "
		     "--period 2024M06 --json",
	  .options = late_options,
	  .option_count = COUNT(late_options),
	  .run = command_late },
	{ .name = "diff",
	  .arguments = "DIR A [B]",
	  .arguments_min = 2,
	  .arguments_max = 3,
	  .summary = "which figures changed between two points (SIZE or TIME), "
		     "by whose statement, why",
	  .example = "tally-audit diff /var/lib/tally/collector 12\n"
		     "tally-audit diff backup/journal 12 "
		     "2024-07-05T18:00 --target live.urban-jobs",
	  .options = diff_options,
	  .option_count = COUNT(diff_options),
	  .run = command_diff },
	{ .name = "export",
	  .arguments = "DIR FOLDER",
	  .arguments_min = 2,
	  .arguments_max = 2,
	  .summary = "statements and figures as CSV and JSON lines, the tree "
		     "as C2SP tiles, in a new folder",
	  .example = "tally-audit export /var/lib/tally/collector 2024-export\n"
		     "tally-audit export backup/journal june-csv --csv "
		     "--period 2024M06",
	  .options = export_options,
	  .option_count = COUNT(export_options),
	  .run = command_export },
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
