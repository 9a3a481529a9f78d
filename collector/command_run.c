/* run and check-config: the settings, and what comes of them. */
#include "collector/commands.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/rt/log.h"
#include "collector/collector.h"
#include "collector/settings.h"

int command_run(const struct options *options)
{
	const char *dir = command_dir(options);
	struct collector_settings settings;
	enum log_level level = LOG_INFO;
	int code = command_settings(dir, &settings);

	if (code)
		return code;
	if (!log_level_parse(settings.log_level, &level))
		log_set_level(level);
	return collector_run(dir, &settings, options_text(options, "clock"));
}

/* ---- check-config ---- */

/* line 0: of the whole file. */
static void json_problem(const char *path, unsigned long line, const char *text)
{
	struct strbuf out;

	strbuf_init(&out, 0);
	json_open(&out);
	json_put_text(&out, "file", path);
	if (line)
		json_put_number(&out, "line", (int64_t)line);
	else
		json_put_null(&out, "line");
	json_put_text(&out, "problem", text);
	json_end_line(&out);
	(void)fputs(out.text, stdout);
	strbuf_release(&out);
}

/* Each is "path:line: text". */
static void json_problems(const char *path, char *problems)
{
	char *rest = NULL, *text;

	for (char *one = strtok_r(problems, "\n", &rest); one;
	     one = strtok_r(NULL, "\n", &rest)) {
		unsigned long line = strtoul(one + strlen(path) + 1, &text, 10);

		json_problem(path, line, text + strlen(": "));
	}
}

/* What holds, after the problems if there are any. */
static void json_verdict(const char *path, bool good)
{
	struct strbuf out;

	strbuf_init(&out, 0);
	json_open(&out);
	json_put_text(&out, "file", path);
	json_put_flag(&out, "exists", access(path, F_OK) == 0);
	json_put_flag(&out, "good", good);
	json_end_line(&out);
	(void)fputs(out.text, stdout);
	strbuf_release(&out);
}

static int check_json(const char *dir, const char *path)
{
	struct collector_settings settings;
	struct strbuf problems;
	struct err err = { 0 };
	int rc;

	strbuf_init(&problems, 0);
	rc = settings_read(dir, &settings, &problems, &err);
	if (rc && !problems.len)
		json_problem(path, 0, err.msg);
	else
		json_problems(path, problems.text);
	json_verdict(path, !rc);
	strbuf_release(&problems);
	if (!rc)
		return EXIT_OK;
	return rc == ERR_INVALID ? EXIT_USAGE : EXIT_FAILED;
}

int command_check_config(const struct options *options)
{
	char path[PATH_MAX];
	const char *dir = command_dir(options);
	struct collector_settings settings;
	int code;

	if (access(dir, F_OK)) {
		(void)fprintf(stderr,
			      "tally-collector: there is no directory %s\n",
			      dir);
		return EXIT_USAGE;
	}
	(void)snprintf(path, sizeof(path), "%s/collector.ini", dir);
	if (options_given(options, "json"))
		return check_json(dir, path);
	code = command_settings(dir, &settings);
	if (!code)
		(void)fprintf(stderr, "%s: %s\n", path,
			      access(path, F_OK) ?
				      "not there: the defaults hold" :
				      "good");
	return code;
}
