#include <criterion/criterion.h>
#include <criterion/redirect.h>

#include <stdlib.h>
#include <string.h>

#include "base/rt/options.h"

static char got[512];

static int run(const struct options *options)
{
	size_t len = 0;

	for (size_t i = 0; i < options_arguments(options); i++)
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s|",
					options_argument(options, i));
	len += (size_t)snprintf(got + len, sizeof(got) - len, " %s %d",
				options_text(options, "unit") ?
					options_text(options, "unit") :
					"-",
				options_given(options, "json"));
	for (size_t i = 0; i < options_count(options, "files"); i++)
		len += (size_t)snprintf(got + len, sizeof(got) - len, " %s",
					options_value(options, "files", i));
	(void)snprintf(got + len, sizeof(got) - len, " %s",
		       options_dir(options, "/fallback"));
	return EXIT_REFUSED;
}

static const struct option_spec own[] = {
	{ "unit", "u-nit", OPTION_TEXT, "U", "whose" },
	{ "json", NULL, OPTION_FLAG, NULL, "lines" },
	{ "files", NULL, OPTION_MANY, "FILE", "some" },
};
static const struct option_spec common[] = {
	{ "dir", NULL, OPTION_TEXT, "DIR", "where" },
};
static const struct command_spec commands[] = {
	{ "say", "TARGET [VALUE]", 1, 2, "says it", "p say a 1\np say b", own,
	  3, run },
};
static const struct program_spec program = {
	"p", "a program", commands, 1, common, 1,
};

static int call(const char *line)
{
	char copy[512], *argv[32];
	int argc = 0;

	got[0] = '\0';
	(void)snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	return options_run(&program, argc, argv);
}

Test(options, understands_words_in_any_order)
{
	static const struct {
		const char *line, *got;
	} rows[] = {
		{ "p say a", "a| - 0 /fallback" },
		{ "p say a -5", "a|-5| - 0 /fallback" },
		{ "p say --unit baima a 1", "a|1| baima 0 /fallback" },
		{ "p say a --u-nit=x=y --json", "a| x=y 1 /fallback" },
		{ "p say --unit a --unit b c", "c| b 0 /fallback" },
		{ "p say a --files f g --json", "a| - 1 f g /fallback" },
		{ "p say --files f --files=g -- --a", "--a| - 0 f g "
						      "/fallback" },
		{ "p say a --dir /d", "a| - 0 /d" },
	};

	(void)unsetenv("TALLY_DIR");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect_eq(call(rows[i].line), EXIT_REFUSED, "row %zu", i);
		cr_expect_str_eq(got, rows[i].got, "row %zu: %s", i, got);
	}
	(void)setenv("TALLY_DIR", "/env", 1);
	cr_expect_eq(call("p say a"), EXIT_REFUSED);
	cr_expect_str_eq(got, "a| - 0 /env");
}

Test(options, what_is_wrong_is_a_usage_error)
{
	static const char *const rows[] = {
		"p",
		"p sing",
		"p say",
		"p say a b c",
		"p say a --what",
		"p say a -x",
		"p say a --unit",
		"p say a --unit --json",
		"p say a --json=yes",
		"p say a --files",
	};

	cr_redirect_stderr();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect_eq(call(rows[i]), EXIT_USAGE, "row %zu", i);
		cr_expect_str_eq(got, "", "row %zu", i);
	}
}

Test(options, help_shows_options_and_an_example)
{
	cr_redirect_stdout();
	cr_expect_eq(call("p --help"), EXIT_OK);
	cr_expect_eq(call("p say --help"), EXIT_OK);
	(void)fflush(stdout);
	cr_assert_stdout_eq_str(
		"p: a program\n\nUsage: p COMMAND [OPTIONS]\n\nCommands:\n"
		"  say            says it\n\n\"p COMMAND --help\" shows a "
		"command's options and an example.\n\n"
		"Exit codes: 0 done; 1 failed; 2 the command line or a "
		"setting is wrong; 3 data\nwere refused; 4 the record is "
		"broken; 5 not delivered, it waits here and is sent\nwhen "
		"the collector can be reached.\n"
		"p say: says it\n\nUsage: p say TARGET [VALUE] [OPTIONS]\n\n"
		"Options:\n"
		"  --unit U                 whose\n"
		"  --json                   lines\n"
		"  --files FILE...          some\n"
		"  --dir DIR                where\n"
		"  --help                   this text\n\n"
		"Example:\n  p say a 1\n  p say b\n");
}
