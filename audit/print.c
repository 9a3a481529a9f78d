#include "audit/print.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/rt/options.h"

int print_failure(int code, const char *fmt, ...)
{
	va_list ap;

	(void)fputs("tally-audit: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	return code;
}

int print_out(const struct strbuf *out)
{
	if (out->failed)
		return print_failure(EXIT_FAILED, "no memory");
	if (fwrite(out->text, 1, out->len, stdout) != out->len ||
	    fflush(stdout))
		return print_failure(EXIT_FAILED, "cannot write: %s",
				     "standard output");
	return EXIT_OK;
}
