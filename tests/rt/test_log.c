#include <criterion/criterion.h>
#include <criterion/redirect.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/rt/log.h"

/* What is written to stderr while fn runs. */
static size_t capture(void (*fn)(void), char *out, size_t size)
{
	int fds[2], old = dup(STDERR_FILENO);
	ssize_t len;

	cr_assert_eq(pipe(fds), 0);
	cr_assert_geq(dup2(fds[1], STDERR_FILENO), 0);
	fn();
	cr_assert_geq(dup2(old, STDERR_FILENO), 0);
	(void)close(fds[1]);
	len = read(fds[0], out, size - 1);
	out[len > 0 ? len : 0] = '\0';
	return strlen(out);
}

static void say(void)
{
	struct err err = { 0 };

	(void)err_set(&err, ERR_IO, "a \"quoted\"\nthing");
	log_line(LOG_DEBUG, "hidden", "x=%d", 1);
	log_line(LOG_INFO, "ready", "size=%d", 7);
	log_err(LOG_ERROR, "failed", &err);
}

static void say_much(void)
{
	log_line(LOG_WARN, "long", "x=%05000d", 1);
}

Test(log, one_line_an_event_whatever_is_in_it)
{
	char said[8192];

	(void)capture(say, said, sizeof(said));
	cr_expect(strstr(said, "Z level=info event=ready size=7\n"), "%s",
		  said);
	cr_expect(strstr(said, "level=error event=failed error=\"a 'quoted'?"
			       "thing\"\n"),
		  "%s", said);
	cr_expect_null(strstr(said, "hidden"));
	cr_expect_leq(capture(say_much, said, sizeof(said)),
		      LOG_LINE_BYTES_MAX + 1);
	cr_expect_eq(said[strlen(said) - 1], '\n');
}

Test(log, levels_have_names)
{
	enum log_level level;

	cr_expect_eq(log_level_parse("warn", &level), 0);
	cr_expect_eq(level, LOG_WARN);
	cr_expect_eq(log_level_parse("loud", &level), ERR_INVALID);
}
