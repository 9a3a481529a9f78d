#include "collector/settings.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rt/log.h"
#include "base/span.h"
#include "store/witnesses.h"

static int check_bind(const char *value, struct err *err)
{
	return endpoint_check_bind(span_of_text(value), err);
}

static int check_level(const char *value, struct err *err)
{
	enum log_level level;

	if (log_level_parse(value, &level))
		return err_set(err, ERR_INVALID,
			       "%s is not debug, info, warn or error", value);
	return 0;
}

static int check_safe(const char *value, struct err *err)
{
	if (strcmp(value, "backup") != 0 && strcmp(value, "durable") != 0)
		return err_set(err, ERR_INVALID, "%s is not backup or durable",
			       value);
	return 0;
}

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define FIELD(name) offsetof(struct collector_settings, name)

static const struct config_key keys[] = {
	{ "gate", "bind", CONFIG_TEXT, FIELD(bind), ENDPOINT_BYTES_MAX + 1, 0,
	  0, "tcp://*:5724", "where agents connect", check_bind },
	{ "gate", "sessions_max", CONFIG_NUMBER, FIELD(sessions_max), 0, 1,
	  100000, TEXT(SETTINGS_SESSIONS_MAX),
	  "sessions that may be open at once", NULL },
	{ "gate", "credit", CONFIG_BYTES, FIELD(credit_bytes), 0, 1048576,
	  1ull << 40, "1G", "bytes that all agents together may have in flight",
	  NULL },
	{ "gate", "ping", CONFIG_TIME, FIELD(ping_ms), 0, 100, 3600000, "30s",
	  "how often a silent agent gives a sign of life", NULL },
	{ "disk", "reserve", CONFIG_BYTES, FIELD(reserve_bytes), 0, 0,
	  1ull << 50, "64M",
	  "disk space that only administrators' batches may use", NULL },
	{ "journal", "checkpoint", CONFIG_TEXT, FIELD(checkpoint), 1024, 0, 0,
	  "", "file of the last signed checkpoint, best on another disk",
	  NULL },
	{ "journal", "safe", CONFIG_TEXT, FIELD(safe), 16, 0, 0, "backup",
	  "what offices need not keep: what is in a backup, or all that is "
	  "durable",
	  check_safe },
	{ "witness", "need", CONFIG_NUMBER, FIELD(witnesses), 0, 0,
	  WITNESSES_MAX, "0",
	  "of those in the file witnesses, so many must cosign a checkpoint "
	  "before offices are shown it",
	  NULL },
	{ "log", "level", CONFIG_TEXT, FIELD(log_level), 16, 0, 0, "info",
	  "debug, info, warn or error", check_level },
};

const struct config_table settings_table = {
	.keys = keys,
	.count = sizeof(keys) / sizeof(keys[0]),
};

int settings_read(const char *dir, struct collector_settings *out,
		  struct strbuf *problems, struct err *err)
{
	struct collector_settings settings = { 0 };
	char path[PATH_MAX];
	int rc;

	if ((size_t)snprintf(path, sizeof(path), "%s/collector.ini", dir) >=
	    sizeof(path))
		return err_set(err, ERR_LIMIT,
			       "the directory's path is too "
			       "long");
	rc = config_read(&settings_table, path, &settings, problems, err);
	if (rc && rc != ERR_NOTFOUND)
		return rc;
	*out = settings;
	return 0;
}

void settings_print(const char *bind, struct strbuf *out)
{
	struct strbuf rest;

	strbuf_init(&rest, 0);
	config_print(&settings_table, &rest);
	strbuf_add_text(out,
			"# Settings of tally-collector. What is commented out "
			"is the default.\n"
			"# \"tally-collector check-config\" checks this file."
			"\n\n");
	/* The first key is the one that init knows better. */
	strbuf_addf(out, "[gate]\n# %s\nbind = %s\n", keys[0].help, bind);
	strbuf_add_text(out, strstr(rest.text, "#bind") +
				     strcspn(strstr(rest.text, "#bind"), "\n") +
				     1);
	strbuf_release(&rest);
}
