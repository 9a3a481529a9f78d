#include "base/rt/config.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ini.h>

#define KEYS_MAX 64

struct reading {
	const struct config_table *table;
	const char *path;
	char *settings;
	struct strbuf *problems;
	struct err *err;
	FILE *file;
	unsigned line;
	unsigned given[KEYS_MAX]; /* line, 0: not yet */
	bool failed;
};

__attribute__((format(printf, 3, 4))) static void
problem(struct reading *reading, unsigned line, const char *fmt, ...)
{
	char text[ERR_MSG_BYTES_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!reading->failed)
		(void)err_set(reading->err, ERR_INVALID, "%s:%u: %s",
			      reading->path, line, text);
	reading->failed = true;
	if (reading->problems)
		strbuf_addf(reading->problems, "%s:%u: %s\n", reading->path,
			    line, text);
}

/* ---- values ---- */

static const struct unit {
	const char *name;
	uint64_t factor;
} byte_units[] = { { "", 1 },
		   { "K", 1024 },
		   { "M", 1024 * 1024 },
		   { "G", 1024 * 1024 * 1024 },
		   { NULL, 0 } },
  time_units[] = { { "ms", 1 },
		   { "s", 1000 },
		   { "m", 60 * 1000 },
		   { "h", 3600 * 1000 },
		   { NULL, 0 } },
  no_units[] = { { "", 1 }, { NULL, 0 } };

static bool parse_number(const char *text, const struct unit *units,
			 uint64_t *out)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; text[i] >= '0' && text[i] <= '9'; i++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text[i] - '0'),
					   &value))
			return false;
	if (i == 0)
		return false;
	for (; units->name; units++)
		if (!strcmp(text + i, units->name))
			return !__builtin_mul_overflow(value, units->factor,
						       out);
	return false;
}

static bool parse_bool(const char *text, bool *out)
{
	static const char *const yes[] = { "yes", "true", "on" };
	static const char *const no[] = { "no", "false", "off" };

	for (size_t i = 0; i < 3; i++)
		if (!strcmp(text, yes[i]) || !strcmp(text, no[i])) {
			*out = !strcmp(text, yes[i]);
			return true;
		}
	return false;
}

static int set_number(const struct config_key *key, const char *text,
		      const struct unit *units, const char *shape,
		      uint64_t *field, struct err *err)
{
	uint64_t value;

	if (!parse_number(text, units, &value))
		return err_set(err, ERR_INVALID, "%s: %s is not %s", key->name,
			       text[0] ? text : "nothing", shape);
	if (value < key->min || value > key->max)
		return err_set(err, ERR_INVALID,
			       "%s: %s is not between %llu and %llu%s",
			       key->name, text, (unsigned long long)key->min,
			       (unsigned long long)key->max,
			       key->type == CONFIG_TIME ? " ms" : "");
	*field = value;
	return 0;
}

static int set_text(const struct config_key *key, const char *text, char *field,
		    struct err *err)
{
	if (strlen(text) >= key->size)
		return err_set(err, ERR_INVALID,
			       "%s: longer than %zu characters", key->name,
			       key->size - 1);
	(void)snprintf(field, key->size, "%s", text);
	return 0;
}

static int set_value(const struct config_key *key, const char *text,
		     char *settings, struct err *err)
{
	void *field = settings + key->offset;
	int rc = key->check ? key->check(text, err) : 0;

	if (rc)
		return err_context(err, "%s", key->name);
	switch (key->type) {
	case CONFIG_TEXT:
		return set_text(key, text, field, err);
	case CONFIG_NUMBER:
		return set_number(key, text, no_units, "a whole number", field,
				  err);
	case CONFIG_BYTES:
		return set_number(key, text, byte_units,
				  "a number of bytes such as 64M", field, err);
	case CONFIG_TIME:
		return set_number(key, text, time_units,
				  "a time such as 500ms, 30s, 5m or 24h", field,
				  err);
	case CONFIG_BOOL:
		if (parse_bool(text, field))
			return 0;
		return err_set(err, ERR_INVALID, "%s: %s is neither yes nor no",
			       key->name, text[0] ? text : "nothing");
	}
	return ERR_INVALID;
}

void config_defaults(const struct config_table *table, void *settings)
{
	struct err err = { 0 };

	assert(table->count <= KEYS_MAX);
	for (size_t i = 0; i < table->count; i++) {
		int rc = set_value(&table->keys[i], table->keys[i].fallback,
				   settings, &err);

		assert(rc == 0);
	}
}

/* ---- files ---- */

/* As fgets, but counts lines and takes only whole ones. */
static char *next_line(char *text, int size, void *stream)
{
	struct reading *reading = stream;
	char *line = fgets(text, size, reading->file);
	size_t len;
	int c;

	if (!line)
		return NULL;
	reading->line++;
	len = strlen(line);
	if ((len == 0 || line[len - 1] != '\n') && !feof(reading->file)) {
		problem(reading, reading->line, "the line is too long");
		while ((c = fgetc(reading->file)) != EOF && c != '\n')
			continue;
		text[0] = '\0';
	}
	return text;
}

static int on_key(void *user, const char *section, const char *name,
		  const char *value)
{
	struct reading *reading = user;
	const struct config_table *table = reading->table;
	bool section_known = false;
	struct err err = { 0 };

	for (size_t i = 0; i < table->count; i++) {
		const struct config_key *key = &table->keys[i];

		if (strcmp(key->section, section) != 0)
			continue;
		section_known = true;
		if (strcmp(key->name, name) != 0)
			continue;
		if (reading->given[i])
			problem(reading, reading->line,
				"%s is given already in line %u", name,
				reading->given[i]);
		else if (set_value(key, value, reading->settings, &err))
			problem(reading, reading->line, "%s", err.msg);
		reading->given[i] = reading->line;
		return 1;
	}
	if (section_known || !section[0])
		problem(reading, reading->line, "unknown key %s%s%s", name,
			section[0] ? " in section " : "", section);
	else
		problem(reading, reading->line, "unknown section %s (key %s)",
			section, name);
	return 1;
}

static int open_config(const char *path, FILE **out, struct err *err)
{
	FILE *file = fopen(path, "re");
	struct stat st;

	if (!file && errno == ENOENT)
		return err_set(err, ERR_NOTFOUND, "%s does not exist", path);
	if (!file)
		return err_sys(err, "cannot open %s", path);
	if (fstat(fileno(file), &st) || !S_ISREG(st.st_mode) ||
	    st.st_size > CONFIG_FILE_BYTES_MAX) {
		(void)fclose(file);
		return err_set(err, ERR_INVALID,
			       "%s is not a file of at most %d bytes", path,
			       CONFIG_FILE_BYTES_MAX);
	}
	*out = file;
	return 0;
}

int config_read(const struct config_table *table, const char *path,
		void *settings, struct strbuf *problems, struct err *err)
{
	struct reading reading = { .table = table,
				   .path = path,
				   .settings = settings,
				   .problems = problems,
				   .err = err };
	int rc, line;

	config_defaults(table, settings);
	rc = open_config(path, &reading.file, err);
	if (rc)
		return rc;
	line = ini_parse_stream(next_line, &reading, on_key, &reading);
	if (line > 0)
		problem(&reading, (unsigned)line,
			"neither [section] nor key = value");
	else if (line < 0)
		problem(&reading, reading.line, "no memory to read it");
	if (ferror(reading.file)) {
		(void)fclose(reading.file);
		return err_set(err, ERR_IO, "cannot read %s", path);
	}
	(void)fclose(reading.file);
	return reading.failed ? ERR_INVALID : 0;
}

void config_print(const struct config_table *table, struct strbuf *out)
{
	const char *section = "";

	for (size_t i = 0; i < table->count; i++) {
		const struct config_key *key = &table->keys[i];

		if (strcmp(section, key->section) != 0) {
			strbuf_addf(out, "%s[%s]\n", i ? "\n" : "",
				    key->section);
			section = key->section;
		}
		strbuf_addf(out, "# %s\n#%s = %s\n", key->help, key->name,
			    key->fallback);
	}
}
