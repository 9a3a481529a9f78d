#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "collector/guard.h"
#include "collector/tokens.h"
#include "test_dir.h"

#define SECOND_US ((uint64_t)1000000)

static char dir[TEST_DIR_BYTES], path[TEST_DIR_BYTES + 16];
static char token[TOKEN_BYTES];
static struct guard *guard;

static void setup(void)
{
	cr_assert_eq(sign_start(NULL), 0);
	test_dir(dir, "guard");
	(void)snprintf(path, sizeof(path), "%s/tokens", dir);
	cr_assert_eq(guard_new(dir, &guard, NULL), 0);
}

static void teardown(void)
{
	guard_free(guard);
	test_dir_remove(dir);
}

static enum guard_word ask(const char *shown, const char *from, uint64_t at_s)
{
	return guard_ask(guard, shown, from, (100 + at_s) * SECOND_US);
}

static void add(const char *name)
{
	cr_assert_eq(tokens_add(dir, name, 0, token, NULL), 0);
}

TestSuite(guard, .init = setup, .fini = teardown);

Test(guard, asks_for_tokens_once_there_are_any)
{
	cr_expect(guard_is_open(guard));
	cr_expect_eq(ask(NULL, "a", 0), GUARD_OPEN);
	add("chen");
	cr_expect_not(guard_is_open(guard));
	cr_expect_eq(ask(NULL, "a", 0), GUARD_STRANGER);
	cr_expect_eq(ask(token, "a", 0), GUARD_KNOWN);
	cr_expect_eq(ask("chen.00", "a", 0), GUARD_STRANGER);
	cr_expect_eq(ask("li.00", "a", 0), GUARD_STRANGER);
	cr_expect_eq(ask("", "a", 0), GUARD_STRANGER);
	cr_assert_eq(tokens_remove(dir, "chen", NULL), 0);
	cr_expect_eq(ask(token, "a", 0), GUARD_STRANGER);
	cr_expect_not(guard_is_open(guard));
	/* Nor does another run that finds a file without names. */
	guard_free(guard);
	cr_assert_eq(guard_new(dir, &guard, NULL), 0);
	cr_expect_not(guard_is_open(guard));
	cr_expect_eq(ask(NULL, "a", 0), GUARD_STRANGER);
}

Test(guard, knows_who_was_known_when_others_are_added)
{
	char chen[TOKEN_BYTES];

	add("chen");
	memcpy(chen, token, sizeof(chen));
	cr_expect_eq(ask(chen, "a", 0), GUARD_KNOWN);
	for (unsigned i = 0; i < 11; i++)
		(void)ask("li.00", "a", 0);
	add("li");
	cr_expect_eq(ask(token, "a", 0), GUARD_WAIT, "li is new there");
	cr_expect_eq(ask(chen, "a", 0), GUARD_KNOWN);
	/* Another one of the same name is another. */
	cr_assert_eq(tokens_remove(dir, "chen", NULL), 0);
	add("chen");
	cr_expect_eq(ask(chen, "b", 0), GUARD_STRANGER);
}

Test(guard, lets_nobody_in_while_the_file_cannot_be_used)
{
	add("chen");
	cr_expect_eq(ask(token, "a", 0), GUARD_KNOWN);
	cr_assert_eq(chmod(path, 0644), 0);
	cr_expect_eq(ask(token, "a", 0), GUARD_STRANGER);
	cr_assert_eq(chmod(path, 0600), 0);
	cr_expect_eq(ask(token, "a", 0), GUARD_KNOWN);
}

Test(guard, bounds_wrong_ones_by_address_and_lets_who_is_known_pass)
{
	unsigned strangers = 0;

	add("chen");
	cr_expect_eq(ask(token, "a", 0), GUARD_KNOWN);
	for (unsigned i = 0; i < 20; i++)
		strangers += ask("chen.00", "a", 0) == GUARD_STRANGER;
	cr_expect_eq(strangers, 10);
	cr_expect_eq(ask("chen.00", "a", 0), GUARD_WAIT);
	cr_expect_eq(ask("li.00", "a", 0), GUARD_WAIT);
	cr_expect_eq(ask(token, "a", 0), GUARD_KNOWN);
	cr_expect_eq(ask("chen.00", "b", 0), GUARD_STRANGER);
	/* One more every two seconds. */
	cr_expect_eq(ask("chen.00", "a", 2), GUARD_STRANGER);
	cr_expect_eq(ask("chen.00", "a", 2), GUARD_WAIT);
}

Test(guard, bounds_slow_hashes_of_all_addresses_together)
{
	unsigned strangers = 0;
	char from[16];

	add("chen");
	for (unsigned i = 0; i < 30; i++) {
		(void)snprintf(from, sizeof(from), "%u", i);
		strangers += ask("chen.00", from, 0) == GUARD_STRANGER;
	}
	cr_expect_eq(strangers, 20);
	cr_expect_eq(ask("chen.00", "z", 1), GUARD_STRANGER);
}

Test(guard, keeps_what_others_have_made)
{
	struct tokens tokens;

	add("chen");
	add("li");
	cr_assert_eq(tokens_read(dir, &tokens, NULL), 0);
	cr_expect_eq(tokens.count, 2);
	cr_expect_not_null(tokens_find(&tokens, span_of_text("chen")));
	cr_expect_null(tokens_find(&tokens, span_of_text("che")));
	tokens_release(&tokens);
	cr_expect_eq(tokens_add(dir, "li", 0, token, NULL), ERR_EXISTS);
	cr_expect_eq(tokens_add(dir, "Li", 0, token, NULL), ERR_INVALID);
	cr_expect_eq(tokens_add(dir, "", 0, token, NULL), ERR_INVALID);
	cr_expect_eq(tokens_remove(dir, "wang", NULL), ERR_NOTFOUND);
}

Test(guard, names_the_line_that_is_none)
{
	struct tokens tokens;
	struct err err = { 0 };
	FILE *file;

	add("chen");
	file = fopen(path, "a");
	cr_assert_not_null(file);
	(void)fputs("li 2024-01-01\n", file);
	(void)fclose(file);
	cr_expect_eq(tokens_read(dir, &tokens, &err), ERR_CORRUPT);
	cr_expect_not_null(strstr(err.msg, "tokens:3:"));
}
