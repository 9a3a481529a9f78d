#include <criterion/criterion.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rt/config.h"
#include "test_dir.h"

struct subject {
	char name[8];
	uint64_t count, bytes, pause_ms;
	bool loud;
};

static int check_name(const char *value, struct err *err)
{
	return strcmp(value, "nobody") ? 0 :
					 err_set(err, ERR_INVALID,
						 "nobody "
						 "is no name");
}

#define FIELD(name) offsetof(struct subject, name)

static const struct config_key keys[] = {
	{ "", "name", CONFIG_TEXT, FIELD(name), 8, 0, 0, "tally", "who",
	  check_name },
	{ "work", "count", CONFIG_NUMBER, FIELD(count), 0, 1, 100, "5", "n",
	  NULL },
	{ "work", "bytes", CONFIG_BYTES, FIELD(bytes), 0, 0, UINT64_MAX, "1K",
	  "b", NULL },
	{ "work", "pause", CONFIG_TIME, FIELD(pause_ms), 0, 0, 3600000, "30s",
	  "t", NULL },
	{ "work", "loud", CONFIG_BOOL, FIELD(loud), 0, 0, 0, "no", "l", NULL },
};

static const struct config_table table = {
	keys,
	sizeof(keys) / sizeof(keys[0]),
};

static char dir[TEST_DIR_BYTES], path[80];

static void write_file(const char *text)
{
	FILE *file;

	test_dir(dir, "config");
	(void)snprintf(path, sizeof(path), "%s/config", dir);
	file = fopen(path, "w");
	cr_assert_not_null(file);
	(void)fputs(text, file);
	(void)fclose(file);
}

static int read_text(const char *text, struct subject *out,
		     struct strbuf *problems)
{
	int rc;

	write_file(text);
	rc = config_read(&table, path, out, problems, NULL);
	(void)unlink(path);
	(void)rmdir(dir);
	return rc;
}

Test(config, what_is_not_given_has_its_default)
{
	struct subject s = { 0 };

	cr_assert_eq(read_text("# nothing\n", &s, NULL), 0);
	cr_expect_str_eq(s.name, "tally");
	cr_expect_eq(s.count, 5);
	cr_expect_eq(s.bytes, 1024);
	cr_expect_eq(s.pause_ms, 30000);
	cr_expect_not(s.loud);
}

Test(config, reads_every_type)
{
	struct subject s = { 0 };

	cr_assert_eq(read_text("name = me\n[work]\ncount=7\nbytes = 3M\n"
			       "pause = 5m ; a while\nloud = yes\n",
			       &s, NULL),
		     0);
	cr_expect_str_eq(s.name, "me");
	cr_expect_eq(s.count, 7);
	cr_expect_eq(s.bytes, 3u << 20);
	cr_expect_eq(s.pause_ms, 300000);
	cr_expect(s.loud);
}

Test(config, a_missing_file_is_not_found_and_leaves_the_defaults)
{
	struct subject s = { 0 };

	cr_expect_eq(config_read(&table, "/nowhere/x.ini", &s, NULL, NULL),
		     ERR_NOTFOUND);
	cr_expect_eq(s.count, 5);
}

Test(config, each_slip_is_named_with_its_line)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "nam = x\n", ":1: unknown key nam" },
		{ "\n\n[wrk]\ncount = 1\n", ":4: unknown section wrk" },
		{ "[work]\nname = x\n", ":2: unknown key name in section" },
		{ "[work]\ncount = 0\n", ":2: count: 0 is not between" },
		{ "[work]\ncount = 101\n", ":2: count: 101 is not between" },
		{ "[work]\ncount = ten\n", ":2: count: ten is not a whole" },
		{ "[work]\ncount =\n", ":2: count: nothing is not" },
		{ "[work]\ncount = -1\n", ":2: count: -1 is not" },
		{ "[work]\ncount = 99999999999999999999\n", ":2: count" },
		{ "[work]\nbytes = 1T\n", ":2: bytes: 1T is not" },
		{ "[work]\npause = 5\n", ":2: pause: 5 is not a time" },
		{ "[work]\nloud = 1\n", ":2: loud: 1 is neither" },
		{ "name = too long a name\n", ":1: name: longer than 7" },
		{ "name = nobody\n", ":1: name: nobody is no name" },
		{ "name = a\nname = b\n", ":2: name is given already in "
					  "line 1" },
		{ "name\n", ":1: neither" },
		{ "[work\n", ":1: neither" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct strbuf problems;
		struct subject s = { 0 };

		strbuf_init(&problems, 0);
		cr_expect_eq(read_text(rows[i].text, &s, &problems),
			     ERR_INVALID, "row %zu", i);
		cr_expect(strstr(problems.text, rows[i].says), "row %zu: %s", i,
			  problems.text);
		cr_expect(!strncmp(problems.text, path, strlen(path)),
			  "row %zu", i);
		strbuf_release(&problems);
	}
}

Test(config, all_slips_are_listed)
{
	struct strbuf problems;
	struct subject s = { 0 };
	char text[600];

	(void)snprintf(text, sizeof(text),
		       "a = 1\nname = %0300d\n[work]\ncount = x\n", 1);
	strbuf_init(&problems, 0);
	cr_expect_eq(read_text(text, &s, &problems), ERR_INVALID);
	cr_expect(strstr(problems.text, ":1: unknown key a\n"));
	cr_expect(strstr(problems.text, ":2: the line is too long\n"));
	cr_expect(strstr(problems.text, ":4: count: x"), "%s", problems.text);
	strbuf_release(&problems);
}

Test(config, what_it_prints_it_reads_as_defaults)
{
	struct strbuf out;
	struct subject s = { 0 };

	strbuf_init(&out, 0);
	config_print(&table, &out);
	cr_expect_eq(read_text(out.text, &s, NULL), 0);
	for (char *at = out.text; (at = strstr(at, "\n#")); at++)
		if (at[2] != ' ')
			memmove(at + 1, at + 2, strlen(at + 2) + 1);
	memmove(out.text, out.text, 1);
	cr_expect_eq(read_text(out.text, &s, NULL), 0, "%s", out.text);
	cr_expect_eq(s.pause_ms, 30000);
	strbuf_release(&out);
}
