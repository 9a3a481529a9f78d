#include "base/err.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

Test(err, says_what_went_wrong_and_returns_the_code)
{
	struct err err = { 0 };

	cr_expect(err_set(&err, ERR_LIMIT, "%d rows", 7) == ERR_LIMIT);
	cr_expect(err.code == ERR_LIMIT && err.sys == 0);
	cr_expect_str_eq(err.msg, "7 rows");
}

Test(err, keeps_errno_and_tells_a_full_disk_apart)
{
	struct err err = { 0 };

	errno = EACCES;
	cr_expect(err_sys(&err, "cannot open %s", "x") == ERR_IO);
	cr_expect(err.sys == EACCES);
	cr_expect(strncmp(err.msg, "cannot open x: ", 15) == 0);
	cr_expect(strstr(err.msg, strerror(EACCES)) != NULL);
	errno = ENOSPC;
	cr_expect(err_sys(&err, "x") == ERR_FULL && err.code == ERR_FULL);
	errno = EDQUOT;
	cr_expect(err_sys(NULL, "x") == ERR_FULL);
}

Test(err, puts_context_before_the_message)
{
	struct err err = { 0 };

	(void)err_set(&err, ERR_INVALID, "blank");
	cr_expect(err_context(&err, "row %d", 3) == ERR_INVALID);
	cr_expect_str_eq(err.msg, "row 3: blank");
}

Test(err, cuts_long_messages_and_needs_no_place_for_them)
{
	struct err err = { 0 };
	char text[2 * ERR_MSG_BYTES_MAX];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	cr_expect(err_set(&err, ERR_IO, "%s", text) == ERR_IO);
	cr_expect(strlen(err.msg) == ERR_MSG_BYTES_MAX - 1);
	cr_expect(err_context(&err, "%s", text) == ERR_IO);
	errno = EIO;
	cr_expect(err_sys(&err, "%s", text) == ERR_IO);
	cr_expect(strlen(err.msg) == ERR_MSG_BYTES_MAX - 1);
	cr_expect(err_set(NULL, ERR_IO, "x") == ERR_IO);
	cr_expect(err_context(NULL, "x") == ERR_INVALID);
}
