/* tally-collector: makes what offices say durable and adds it up. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rt/log.h"
#include "collector/collector.h"
#include "collector/commands.h"
#include "collector/settings.h"
#include "proto/sign.h"

const char *command_dir(const struct options *options)
{
	return options_arguments(options) ? options_argument(options, 0) :
					    options_dir(options, COLLECTOR_DIR);
}

int command_failed(int code, const struct err *err)
{
	(void)fprintf(stderr, "tally-collector: %s\n", err->msg);
	return code;
}

int command_print(const struct strbuf *out)
{
	struct err err = { 0 };

	if (out->failed)
		(void)err_set(&err, ERR_NOMEM, "no memory");
	else if (fwrite(out->text, 1, out->len, stdout) != out->len ||
		 fflush(stdout))
		(void)err_sys(&err, "cannot write");
	return err.code ? command_failed(EXIT_FAILED, &err) : EXIT_OK;
}

/* Exit code; on EXIT_OK the settings are there. */
static int read_settings(const char *dir, struct collector_settings *out)
{
	struct strbuf problems;
	struct err err = { 0 };
	int rc;

	strbuf_init(&problems, 0);
	rc = settings_read(dir, out, &problems, &err);
	(void)fputs(problems.text, stderr);
	if (rc && !problems.len)
		(void)command_failed(rc, &err);
	strbuf_release(&problems);
	if (!rc)
		return EXIT_OK;
	return rc == ERR_INVALID ? EXIT_USAGE : EXIT_FAILED;
}

int command_run(const struct options *options)
{
	const char *dir = command_dir(options);
	struct collector_settings settings;
	enum log_level level = LOG_INFO;
	int code = read_settings(dir, &settings);

	if (code)
		return code;
	if (!log_level_parse(settings.log_level, &level))
		log_set_level(level);
	return collector_run(dir, &settings, options_text(options, "clock"));
}

int command_check_config(const struct options *options)
{
	char path[PATH_MAX];
	const char *dir = command_dir(options);
	struct collector_settings settings;
	int code = read_settings(dir, &settings);

	if (code)
		return code;
	if (access(dir, F_OK)) {
		(void)fprintf(stderr,
			      "tally-collector: there is no directory %s\n",
			      dir);
		return EXIT_USAGE;
	}
	(void)snprintf(path, sizeof(path), "%s/collector.ini", dir);
	(void)fprintf(stderr, "%s: %s\n", path,
		      access(path, F_OK) ? "not there: the defaults hold" :
					   "good");
	return EXIT_OK;
}

static const struct option_spec init_options[] = {
	{ "founding", NULL, OPTION_TEXT, "FILE",
	  "the founding batch, to begin the journal with" },
	{ "endpoint", NULL, OPTION_TEXT, "E",
	  "where offices reach it, tcp://HOST:PORT" },
};

static const struct option_spec run_options[] = {
	{ "clock", NULL, OPTION_TEXT, "FILE",
	  "the clock of a simulated journal" },
};

static const struct option_spec figures_options[] = {
	{ "json", NULL, OPTION_FLAG, NULL, "one JSON object a line" },
	{ "all", NULL, OPTION_FLAG, NULL,
	  "also parts, units and the overall line" },
	{ "cutoff", NULL, OPTION_TEXT, "DAY",
	  "figures of the periods closed by then" },
	{ "period", NULL, OPTION_TEXT, "P", "the cut-off is its last day" },
	{ "known-by", "as-of", OPTION_TEXT, "DAY|TIME",
	  "only what had been received by then" },
	{ "lang", NULL, OPTION_TEXT, "zh|en", "language of the table" },
};

static const struct option_spec offices_options[] = {
	{ "json", NULL, OPTION_FLAG, NULL, "one JSON object a line" },
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
	{ "figures", "[DIR]", 0, 1, "where the targets stand",
	  "tally-collector figures --dir /srv/tally --cutoff 2024-06-30 "
	  "--json",
	  figures_options, COUNT(figures_options), command_figures },
	{ "offices", "[DIR]", 0, 1, "who reports, and when it was last heard",
	  "tally-collector offices --dir /srv/tally", offices_options,
	  COUNT(offices_options), command_offices },
	{ "check-config", "[DIR]", 0, 1, "check collector.ini",
	  "tally-collector check-config --dir /srv/tally", NULL, 0,
	  command_check_config },
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

	if (sign_start(&err))
		return command_failed(EXIT_FAILED, &err);
	return options_run(&program, argc, argv);
}
