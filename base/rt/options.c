#include "base/rt/options.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct given {
	const struct option_spec *spec;
	const char *value; /* NULL for flags */
};

struct options {
	const struct program_spec *program;
	const struct command_spec *command;
	struct given *given;
	size_t given_count;
	const char **arguments;
	size_t argument_count;
};

/* ---- help ---- */

static void print_option(const struct option_spec *spec)
{
	char left[64];

	(void)snprintf(left, sizeof(left), "--%s%s%s%s", spec->name,
		       spec->value ? " " : "", spec->value ? spec->value : "",
		       spec->type == OPTION_MANY ? "..." : "");
	(void)printf("  %-24s %s\n", left, spec->help);
}

static void help_program(const struct program_spec *program)
{
	(void)printf("%s: %s\n\nUsage: %s COMMAND [OPTIONS]\n\nCommands:\n",
		     program->name, program->summary, program->name);
	for (size_t i = 0; i < program->command_count; i++)
		(void)printf("  %-14s %s\n", program->commands[i].name,
			     program->commands[i].summary);
	(void)printf("\n\"%s COMMAND --help\" shows a command's options and an "
		     "example.\n",
		     program->name);
	(void)printf("\nExit codes: 0 done; 1 failed; 2 the command line or a "
		     "setting is wrong; 3 data\nwere refused; 4 the record is "
		     "broken; 5 not delivered, it waits here and is sent\nwhen "
		     "the collector can be reached.\n");
}

static void help_command(const struct program_spec *program,
			 const struct command_spec *command)
{
	(void)printf(
		"%s %s: %s\n\nUsage: %s %s%s%s%s\n", program->name,
		command->name, command->summary, program->name, command->name,
		command->arguments[0] ? " " : "", command->arguments,
		command->option_count + program->option_count ? " [OPTIONS]" :
								"");
	(void)printf("\nOptions:\n");
	for (size_t i = 0; i < command->option_count; i++)
		print_option(&command->options[i]);
	for (size_t i = 0; i < program->option_count; i++)
		print_option(&program->options[i]);
	(void)printf("  %-24s %s\n", "--help", "this text");
	(void)printf("\nExample:\n");
	for (const char *line = command->example; *line;) {
		size_t len = strcspn(line, "\n");

		(void)printf("  %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
}

static int usage(const struct program_spec *program,
		 const struct command_spec *command, const char *fmt,
		 va_list ap)
{
	(void)fprintf(stderr, "%s%s%s: ", program->name, command ? " " : "",
		      command ? command->name : "");
	(void)vfprintf(stderr, fmt, ap);
	(void)fprintf(stderr, "\n\"%s%s%s --help\" shows how it is used.\n",
		      program->name, command ? " " : "",
		      command ? command->name : "");
	return EXIT_USAGE;
}

__attribute__((format(printf, 3, 4))) static int
wrong(const struct program_spec *program, const struct command_spec *command,
      const char *fmt, ...)
{
	va_list ap;
	int code;

	va_start(ap, fmt);
	code = usage(program, command, fmt, ap);
	va_end(ap);
	return code;
}

int options_usage(const struct options *options, const char *fmt, ...)
{
	va_list ap;
	int code;

	va_start(ap, fmt);
	code = usage(options->program, options->command, fmt, ap);
	va_end(ap);
	return code;
}

/* ---- parsing ---- */

static const struct option_spec *find_in(const struct option_spec *specs,
					 size_t count, const char *name,
					 size_t len)
{
	for (size_t i = 0; i < count; i++) {
		const char *names[2] = { specs[i].name, specs[i].alias };

		for (size_t j = 0; j < 2; j++)
			if (names[j] && strlen(names[j]) == len &&
			    !memcmp(names[j], name, len))
				return &specs[i];
	}
	return NULL;
}

static const struct option_spec *find(const struct options *options,
				      const char *name, size_t len)
{
	const struct option_spec *spec = find_in(options->command->options,
						 options->command->option_count,
						 name, len);

	return spec ? spec :
		      find_in(options->program->options,
			      options->program->option_count, name, len);
}

static bool looks_like_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0' &&
	       !(word[1] >= '0' && word[1] <= '9');
}

static void take(struct options *options, const struct option_spec *spec,
		 const char *value)
{
	options->given[options->given_count++] =
		(struct given){ .spec = spec, .value = value };
}

/* Takes the option at argv[*i] with its values; *i is then the last word. */
static int parse_option(struct options *options, int argc, char **argv, int *i)
{
	const char *name = argv[*i] + 2;
	const char *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_spec *spec;

	if (argv[*i][1] != '-')
		return options_usage(options, "unknown option %s", argv[*i]);
	spec = find(options, name, len);
	if (!spec)
		return options_usage(options, "unknown option --%.*s", (int)len,
				     name);
	if (spec->type == OPTION_FLAG) {
		if (equals)
			return options_usage(options, "--%s takes no value",
					     spec->name);
		take(options, spec, NULL);
		return 0;
	}
	if (equals) {
		take(options, spec, equals + 1);
		return 0;
	}
	if (*i + 1 >= argc || looks_like_option(argv[*i + 1]))
		return options_usage(options, "--%s needs %s", spec->name,
				     spec->value);
	do
		take(options, spec, argv[++*i]);
	while (spec->type == OPTION_MANY && *i + 1 < argc &&
	       !looks_like_option(argv[*i + 1]));
	return 0;
}

static int parse(struct options *options, int argc, char **argv)
{
	const struct command_spec *command = options->command;
	int code = 0;

	for (int i = 0; i < argc && !code; i++) {
		if (!strcmp(argv[i], "--")) {
			for (i++; i < argc; i++)
				options->arguments[options->argument_count++] =
					argv[i];
			break;
		}
		if (looks_like_option(argv[i]))
			code = parse_option(options, argc, argv, &i);
		else
			options->arguments[options->argument_count++] = argv[i];
	}
	if (code)
		return code;
	if (options->argument_count < command->arguments_min)
		return options_usage(options, "needs %s", command->arguments);
	if (options->argument_count > command->arguments_max)
		return options_usage(
			options, "%s is one argument too many",
			options->arguments[command->arguments_max]);
	return 0;
}

static const struct command_spec *
find_command(const struct program_spec *program, const char *name)
{
	for (size_t i = 0; i < program->command_count; i++)
		if (!strcmp(program->commands[i].name, name))
			return &program->commands[i];
	return NULL;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return true;
	return false;
}

static int run_command(const struct program_spec *program,
		       const struct command_spec *command, int argc,
		       char **argv)
{
	struct options options = { .program = program, .command = command };
	size_t words = (size_t)argc + 1;
	int code = EXIT_FAILED;

	if (argc > OPTIONS_ARGUMENTS_MAX)
		return wrong(program, command, "more than %d words",
			     OPTIONS_ARGUMENTS_MAX);
	options.given = calloc(words, sizeof(*options.given));
	options.arguments = calloc(words, sizeof(*options.arguments));
	if (options.given && options.arguments) {
		code = parse(&options, argc, argv);
		if (!code)
			code = command->run(&options);
	}
	free(options.given);
	free(options.arguments);
	return code;
}

int options_run(const struct program_spec *program, int argc, char **argv)
{
	const struct command_spec *command;

	if (argc < 2)
		return wrong(program, NULL, "say which command");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    (!strcmp(argv[1], "help") && argc == 2)) {
		help_program(program);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		(void)printf("%s %s\n", program->name, TALLY_VERSION);
		return EXIT_OK;
	}
	command = find_command(program, argv[1]);
	if (!command)
		return wrong(program, NULL, "unknown command %s", argv[1]);
	if (asks_for_help(argc - 2, argv + 2)) {
		help_command(program, command);
		return EXIT_OK;
	}
	return run_command(program, command, argc - 2, argv + 2);
}

/* ---- for commands ---- */

static const struct option_spec *known(const struct options *options,
				       const char *name)
{
	const struct option_spec *spec = find(options, name, strlen(name));

	assert(spec);
	return spec;
}

size_t options_count(const struct options *options, const char *name)
{
	const struct option_spec *spec = known(options, name);
	size_t count = 0;

	for (size_t i = 0; i < options->given_count; i++)
		count += options->given[i].spec == spec;
	return count;
}

const char *options_value(const struct options *options, const char *name,
			  size_t i)
{
	const struct option_spec *spec = known(options, name);

	for (size_t j = 0; j < options->given_count; j++)
		if (options->given[j].spec == spec && i-- == 0)
			return options->given[j].value;
	return NULL;
}

bool options_given(const struct options *options, const char *name)
{
	return options_count(options, name) > 0;
}

const char *options_text(const struct options *options, const char *name)
{
	size_t count = options_count(options, name);

	return count ? options_value(options, name, count - 1) : NULL;
}

size_t options_arguments(const struct options *options)
{
	return options->argument_count;
}

const char *options_argument(const struct options *options, size_t i)
{
	assert(i < options->argument_count);
	return options->arguments[i];
}

const char *options_dir(const struct options *options, const char *fallback)
{
	const char *dir = options_text(options, "dir");

	if (!dir)
		dir = getenv("TALLY_DIR");
	return dir && dir[0] ? dir : fallback;
}
