#include "base/rt/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
};

#define LEVELS (sizeof(level_names) / sizeof(level_names[0]))

/* One of the two globals that programs are allowed. */
static enum log_level level_min = LOG_INFO;

void log_set_level(enum log_level level)
{
	level_min = level;
}

int log_level_parse(const char *name, enum log_level *out)
{
	for (size_t i = 0; i < LEVELS; i++)
		if (!strcmp(name, level_names[i])) {
			*out = (enum log_level)i;
			return 0;
		}
	return ERR_INVALID;
}

static size_t put_time(char *line, size_t size)
{
	struct timespec now = { 0 };
	struct tm parts = { 0 };
	char day[32];

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &parts);
	(void)strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &parts);
	(void)snprintf(line, size, "time=%s.%03ldZ", day,
		       now.tv_nsec / 1000000);
	return strlen(line);
}

/* One write a line, so that lines of several threads do not mix. */
static void write_line(char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[len] = '\n';
	/* Where the log cannot be written there is nobody to tell. */
	if (write(STDERR_FILENO, line, len + 1) < 0)
		return;
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
	char line[LOG_LINE_BYTES_MAX + 1];
	size_t len;
	va_list ap;

	if (level < level_min)
		return;
	len = put_time(line, LOG_LINE_BYTES_MAX);
	(void)snprintf(line + len, LOG_LINE_BYTES_MAX - len,
		       " level=%s event=%s%s", level_names[level], event,
		       fmt[0] ? " " : "");
	len += strlen(line + len);
	va_start(ap, fmt);
	(void)vsnprintf(line + len, LOG_LINE_BYTES_MAX - len, fmt, ap);
	va_end(ap);
	len += strlen(line + len);
	write_line(line, len);
}

void log_err(enum log_level level, const char *event, const struct err *err)
{
	char text[ERR_MSG_BYTES_MAX];
	size_t i;

	/* Quotes would end the value early. */
	for (i = 0; i + 1 < sizeof(text) && err->msg[i]; i++)
		text[i] = err->msg[i] == '"' ? '\'' : err->msg[i];
	text[i] = '\0';
	log_line(level, event, "error=\"%s\"", text);
}
