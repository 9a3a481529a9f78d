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

int command_settings(const char *dir, struct collector_settings *out)
{
	struct strbuf problems;
	struct err err = { 0 };
	int rc;

	strbuf_init(&problems, 0);
	rc = settings_read(dir, out, &problems, &err);
	(void)fputs(problems.text, stderr);
	if (rc && !problems.len)
		(void)command_failed(rc, &err);
	strbuf_release(&problems);
	if (!rc)
		return EXIT_OK;
	return rc == ERR_INVALID ? EXIT_USAGE : EXIT_FAILED;
}
