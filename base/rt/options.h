/*
 * The command line, from one table: a program has commands, a command has
 * options and arguments. Gives --help with an example each, --version, and
 * exit code 2 with a hint on what cannot be understood.
 *
 *   tally-agent report rural.roads 4.2 --period 2024M06 --unit baima
 *
 * Options may stand anywhere after the command, as --name value or
 * --name=value; "--" ends them. An argument that begins with "-" and a digit
 * is a number, not an option.
 */
#ifndef TALLY_RT_OPTIONS_H
#define TALLY_RT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define OPTIONS_ARGUMENTS_MAX 4096

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,	  /* command line or configuration */
	EXIT_REFUSED = 3, /* data refused */
	EXIT_BROKEN = 4,  /* integrity broken */
	EXIT_OFFLINE = 5, /* other side unreachable, work is queued */
};

enum option_type {
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_MANY, /* text, may be repeated; or several after one --name */
};

struct option_spec {
	const char *name;  /* without dashes */
	const char *alias; /* another name, or NULL */
	enum option_type type;
	const char *value; /* name of the value in the help, "DIR" */
	const char *help;
};

struct options;

struct command_spec {
	const char *name;
	const char
		*arguments; /* in the help, "TARGET (VALUE | FIELD=VALUE...)" */
	size_t arguments_min, arguments_max;
	const char *summary; /* one line */
	const char *example; /* whole command lines, a line each */
	const struct option_spec *options;
	size_t option_count;
	int (*run)(const struct options *options); /* gives the exit code */
};

struct program_spec {
	const char *name;
	const char *summary;
	const struct command_spec *commands;
	size_t command_count;
	/* Options of every command. */
	const struct option_spec *options;
	size_t option_count;
};

/* Parses and runs. Returns the program's exit code. */
int options_run(const struct program_spec *program, int argc, char **argv);

/* ---- for commands; asking for what is not in the table is a bug ---- */

bool options_given(const struct options *options, const char *name);
/* The (last) value, NULL if not given. */
const char *options_text(const struct options *options, const char *name);
size_t options_count(const struct options *options, const char *name);
const char *options_value(const struct options *options, const char *name,
			  size_t i);

size_t options_arguments(const struct options *options);
const char *options_argument(const struct options *options, size_t i);

/* Says "program command: text" and the hint to --help; returns EXIT_USAGE. */
int options_usage(const struct options *options, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The data directory: --dir, else the environment's TALLY_DIR, else fallback.
 * The table must have the option "dir".
 */
const char *options_dir(const struct options *options, const char *fallback);

#endif
