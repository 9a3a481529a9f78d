#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/verdict.h"

/* Numbers and names are permanent: this table may only grow. */
static const struct {
	unsigned verdict;
	const char *name;
} permanent[] = {
	{ 0, "admitted" },
	{ 1, "too-new" },
	{ 2, "not-your-unit" },
	{ 3, "target-unknown" },
	{ 4, "target-takes-no-reports" },
	{ 5, "period-malformed" },
	{ 6, "period-outside-window" },
	{ 7, "unit-unknown" },
	{ 8, "nothing-to-review" },
	{ 9, "not-in-roster" },
	{ 10, "period-future" },
	{ 11, "item-missing" },
	{ 12, "item-unknown" },
	{ 13, "item-not-yours" },
	{ 14, "item-unexpected" },
	{ 15, "field-unknown" },
	{ 16, "value-malformed" },
	{ 17, "too-many-decimals" },
	{ 18, "overflow" },
	{ 19, "step-unknown" },
	{ 20, "inconsistent" },
	{ 21, "reason-missing" },
	{ 22, "field-missing" },
	{ 23, "negative" },
	{ 24, "above-whole" },
	{ 25, "period-closed" },
	{ 26, "stale" },
	{ 27, "malformed" },
	{ 28, "not-allowed" },
	{ 29, "catalogue-invalid" },
	{ 30, "grant-unknown" },
	{ 31, "grant-used" },
	{ 32, "grant-expired" },
	{ 33, "key-unknown" },
	{ 34, "key-taken" },
	{ 35, "goal-fixed" },
	{ 36, "not-adjustable" },
	{ 37, "nothing-to-adjust" },
	{ 38, "nothing-to-redact" },
};

Test(verdict, names_and_numbers_are_permanent)
{
	size_t count = sizeof(permanent) / sizeof(permanent[0]);

	cr_assert_eq(count, VERDICT_COUNT);
	for (size_t i = 0; i < count; i++)
		cr_expect_str_eq(verdict_name(permanent[i].verdict),
				 permanent[i].name, "row %zu", i);
}

/* Who writes a client in another language has the document alone. */
Test(verdict, the_document_lists_them_all)
{
	FILE *file = fopen(TALLY_SOURCE_DIR "/docs/protocol.md", "r");
	static char text[200000];
	char row[80];
	size_t len;

	cr_assert_not_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	cr_assert_lt(len, sizeof(text) - 1);
	(void)fclose(file);
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		(void)snprintf(row, sizeof(row), "\n| %u | `%s` | ", i,
			       verdict_name(i));
		cr_expect(strstr(text, row), "docs/protocol.md lacks:%s", row);
	}
	(void)snprintf(row, sizeof(row), "\n| %d | `", VERDICT_COUNT);
	cr_expect_null(strstr(text, row), "%s", row);
}

Test(verdict, every_one_says_what_to_do_in_both_languages)
{
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		cr_expect(strlen(verdict_text_en(i)) > 5, "row %u", i);
		cr_expect(strlen(verdict_text_zh(i)) > 5, "row %u", i);
		cr_expect(strncmp(verdict_text_zh(i), "A", 1) > 0, "row %u", i);
	}
}

Test(verdict, numbers_of_newer_programs_are_unknown)
{
	cr_expect_str_eq(verdict_name(VERDICT_COUNT), "unknown");
	cr_expect_str_eq(verdict_name(65535), "unknown");
	cr_expect_neq(strlen(verdict_text_en(65535)), 0);
	cr_expect_neq(strlen(verdict_text_zh(65535)), 0);
}
