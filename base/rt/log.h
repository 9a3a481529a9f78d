/*
 * Log lines on stderr, for people and for journald: one line an event,
 * key=value, never a payload or a secret. Only programs log; libraries return
 * errors.
 *
 *   time=2026-07-01T08:00:00.123Z level=info event=ready size=12
 */
#ifndef TALLY_RT_LOG_H
#define TALLY_RT_LOG_H

#include "base/err.h"

#define LOG_LINE_BYTES_MAX 2048

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Lines below level are not written. LOG_INFO unless set. */
void log_set_level(enum log_level level);

/* "debug", "info", "warn", "error"; ERR_INVALID otherwise. */
int log_level_parse(const char *name, enum log_level *out);

/*
 * fmt gives further key=value pairs, "" for none; texts with blanks are put
 * in quotes by the caller. Control characters become '?'.
 */
void log_line(enum log_level level, const char *event, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As log_line, with error="its message" at the end. */
void log_err(enum log_level level, const char *event, const struct err *err);

#endif
