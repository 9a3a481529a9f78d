#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->code = code;
	err->sys = 0;
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return code;
}

int err_sys(struct err *err, const char *fmt, ...)
{
	int sys = errno;
	int code = sys == ENOSPC || sys == EDQUOT ? ERR_FULL : ERR_IO;
	va_list ap;
	size_t used;

	if (!err)
		return code;
	err->code = code;
	err->sys = sys;
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	used = strlen(err->msg);
	(void)snprintf(err->msg + used, sizeof(err->msg) - used, ": %s",
		       strerror(sys));
	return code;
}

int err_context(struct err *err, const char *fmt, ...)
{
	char rest[ERR_MSG_BYTES_MAX];
	size_t used;
	va_list ap;

	if (!err)
		return ERR_INVALID;
	memcpy(rest, err->msg, sizeof(rest));
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	used = strlen(err->msg);
	(void)snprintf(err->msg + used, sizeof(err->msg) - used, ": %s", rest);
	return err->code;
}
