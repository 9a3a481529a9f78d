/* run and check-config: the settings, and what comes of them. */
#include "collector/commands.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

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

int command_check_config(const struct options *options)
{
	char path[PATH_MAX];
	const char *dir = command_dir(options);
	struct collector_settings settings;
	int code = command_settings(dir, &settings);

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
