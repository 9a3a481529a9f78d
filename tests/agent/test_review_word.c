#include "agent/review_word.h"

#include <criterion/criterion.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

Test(review_word, words_of_both_languages_are_understood)
{
	static const struct {
		const char *word, *status;
	} rows[] = {
		{ "approve", "approved" },  { "approved", "approved" },
		{ "Approved", "approved" }, { "APPROVE", "approved" },
		{ "通过", "approved" },	    { "批准", "approved" },
		{ "return", "returned" },   { "returned", "returned" },
		{ "退回", "returned" },	    { "done", "done" },
		{ "完成", "done" },	    { "Green", "green" },
		{ "绿灯", "green" },	    { "yellow", "yellow" },
		{ "黄灯", "yellow" },	    { "red", "red" },
		{ "红灯", "red" },
	};
	static const char *const others[] = {
		"", "approv", "approvedd", "未通过", "不通过", "ok", "gr\0en",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *got =
			review_word_status(span_of_text(rows[i].word));

		cr_assert(got, "%s", rows[i].word);
		cr_expect_str_eq(got, rows[i].status, "%s", rows[i].word);
	}
	for (size_t i = 0; i < COUNT(others); i++)
		cr_expect_null(review_word_status(span_of_text(others[i])),
			       "%s", others[i]);
}

Test(review_word, every_status_is_understood_as_it_is_shown)
{
	static const char *const statuses[] = { "approved", "returned", "done",
						"green",    "yellow",	"red" };

	for (size_t i = 0; i < COUNT(statuses); i++) {
		struct span status = span_of_text(statuses[i]);

		for (enum language l = LANGUAGE_EN; l < LANGUAGE_COUNT; l++) {
			const char *back =
				review_word_status(review_word_text(l, status));

			cr_assert(back, "%s", statuses[i]);
			cr_expect_str_eq(back, statuses[i]);
		}
		cr_expect_eq(review_word_lights(status), i > 1);
		cr_expect_eq(review_word_returns(status), i == 1);
	}
	cr_expect(span_equal(review_word_text(LANGUAGE_ZH, span_of_text("odd")),
			     span_of_text("odd")));
}
