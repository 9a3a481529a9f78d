#include "store/copy.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/keyfile.h"
#include "test_dir.h"

struct desk {
	char dir[TEST_DIR_BYTES];
};

static struct desk desk_open(void)
{
	struct desk desk;

	test_dir(desk.dir, "copy");
	return desk;
}

/* "dir/name", in one of a few places that take turns. */
static const char *at(const struct desk *desk, const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, PATH_MAX, "%s/%s", desk->dir, name);
	return path;
}

static void put(const struct desk *desk, const char *name, const char *text,
		unsigned mode)
{
	struct err err = { 0 };

	cr_assert_eq(
		file_replace(at(desk, name), text, strlen(text), mode, &err), 0,
		"%s", err.msg);
}

static void expect(const struct desk *desk, const char *name, const char *text)
{
	char *is = NULL;
	size_t len = 0;

	cr_assert_eq(file_read(at(desk, name), 4096, &is, &len, NULL), 0, "%s",
		     name);
	cr_expect_str_eq(is, text);
	free(is);
}

static unsigned mode_of(const struct desk *desk, const char *name)
{
	struct stat st;

	cr_assert_eq(stat(at(desk, name), &st), 0, "%s", name);
	return st.st_mode & 0777;
}

static bool is_there(const struct desk *desk, const char *name)
{
	return !access(at(desk, name), F_OK);
}

Test(copy, a_file_with_its_mode_in_the_place_of_another)
{
	struct desk desk = desk_open();
	struct err err = { 0 };

	put(&desk, "a", "one", 0600);
	put(&desk, "b", "longer than one", 0644);
	/* Of a copy that was cut off. */
	put(&desk, "b" COPY_UNFINISHED, "half of something longer", 0644);
	cr_assert_eq(copy_file(at(&desk, "a"), at(&desk, "b"), &err), 0, "%s",
		     err.msg);
	expect(&desk, "b", "one");
	cr_expect_eq(mode_of(&desk, "b"), 0600);
	cr_expect(!is_there(&desk, "b" COPY_UNFINISHED));
	cr_expect_eq(copy_file(at(&desk, "none"), at(&desk, "b"), &err),
		     ERR_NOTFOUND);
	expect(&desk, "b", "one");
	test_dir_remove(desk.dir);
}

Test(copy, says_whether_two_are_the_same)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "a", "a", true },	    { "a", "same", true },
		{ "a", "other", false },    { "a", "longer", false },
		{ "a", "none", false },	    { "none", "a", false },
		{ "none", "no", true },	    { "empty", "none", false },
		{ "empty", "empty", true },
	};
	struct desk desk = desk_open();

	put(&desk, "a", "one", 0644);
	put(&desk, "same", "one", 0600);
	put(&desk, "other", "two", 0644);
	put(&desk, "longer", "one more", 0644);
	put(&desk, "empty", "", 0644);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool same = !rows[i].same;

		cr_assert_eq(copy_is_same(at(&desk, rows[i].a),
					  at(&desk, rows[i].b), &same, NULL),
			     0);
		cr_expect_eq(same, rows[i].same, "row %zu", i);
	}
	test_dir_remove(desk.dir);
}

Test(copy, keys_come_both_at_once_and_over_no_others)
{
	struct desk desk = desk_open();
	struct keys keys, copied;
	struct err err = { 0 };

	cr_assert_eq(sign_start(&err), 0);
	cr_assert_eq(dir_make(at(&desk, "from"), &err), 0);
	cr_expect_eq(copy_keys(at(&desk, "from"), at(&desk, "to"), &err),
		     ERR_NOTFOUND);
	cr_expect(!is_there(&desk, "to"));
	cr_assert_eq(keys_create(at(&desk, "from"), &keys, &err), 0, "%s",
		     err.msg);
	/* Of a copy that was cut off. */
	cr_assert_eq(dir_make(at(&desk, "to/keys" COPY_UNFINISHED), &err), 0);
	put(&desk, "to/keys" COPY_UNFINISHED "/sign", "half", 0600);
	cr_assert_eq(copy_keys(at(&desk, "from"), at(&desk, "to"), &err), 0,
		     "%s", err.msg);
	cr_assert_eq(keys_load(at(&desk, "to"), &copied, &err), 0, "%s",
		     err.msg);
	cr_expect_arr_eq(&copied.sign.key, &keys.sign.key, SIGN_KEY_BYTES);
	cr_expect_arr_eq(copied.curve.key, keys.curve.key, CURVE_KEY_BYTES);
	cr_expect_eq(mode_of(&desk, "to/keys"), 0700);
	cr_expect(!is_there(&desk, "to/keys" COPY_UNFINISHED));
	cr_expect_eq(copy_keys(at(&desk, "from"), at(&desk, "to"), &err),
		     ERR_EXISTS);
	/* Of a rotation only the session key may be left. */
	cr_assert_eq(unlink(at(&desk, "from/keys/sign")), 0);
	cr_assert_eq(copy_keys(at(&desk, "from"), at(&desk, "half"), &err), 0);
	cr_expect(is_there(&desk, "half/keys/curve"));
	cr_expect(!is_there(&desk, "half/keys/sign"));
	test_dir_remove(desk.dir);
}
