/* What the commands share. */
#include "collector/commands.h"

#include <stdio.h>

const char *command_dir(const struct options *options)
{
	return options_arguments(options) ? options_argument(options, 0) :
					    options_dir(options, COLLECTOR_DIR);
}

int command_failed(int code, const struct err *err)
{
	(void)fprintf(stderr, "tally-collector: %s\n", err->msg);
	return code;
}

int command_print(const struct strbuf *out)
{
	struct err err = { 0 };

	if (out->failed)
		(void)err_set(&err, ERR_NOMEM, "no memory");
	else if (fwrite(out->text, 1, out->len, stdout) != out->len ||
		 fflush(stdout))
		(void)err_sys(&err, "cannot write");
	return err.code ? command_failed(EXIT_FAILED, &err) : EXIT_OK;
}
