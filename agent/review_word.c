#include "agent/review_word.h"

#include <stddef.h>

#include "store/say.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *word, *status;
} words[] = {
	{ "approved", "approved" },
	{ "approve", "approved" },
	{ "通过", "approved" },
	{ "审核通过", "approved" },
	{ "批准", "approved" },
	{ "同意", "approved" },
	{ "returned", "returned" },
	{ "return", "returned" },
	{ "退回", "returned" },
	{ "驳回", "returned" },
	{ "done", "done" },
	{ "完成", "done" },
	{ "green", "green" },
	{ "绿灯", "green" },
	{ "绿", "green" },
	{ "yellow", "yellow" },
	{ "黄灯", "yellow" },
	{ "黄", "yellow" },
	{ "red", "red" },
	{ "红灯", "red" },
	{ "红", "red" },
};

static uint8_t lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
}

static bool is_word(struct span text, const char *word)
{
	struct span wanted = span_of_text(word);

	if (text.len != wanted.len)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (lower(text.data[i]) != wanted.data[i])
			return false;
	return true;
}

const char *review_word_status(struct span word)
{
	for (size_t i = 0; i < COUNT(words); i++)
		if (is_word(word, words[i].word))
			return words[i].status;
	return NULL;
}

struct span review_word_text(enum language language, struct span status)
{
	return say_status(status, language == LANGUAGE_ZH ? LANG_ZH : LANG_EN);
}

bool review_word_returns(struct span status)
{
	return span_equal(status, span_of_text("returned"));
}

bool review_word_lights(struct span status)
{
	static const char *const lights[] = { "done", "green", "yellow",
					      "red" };

	for (size_t i = 0; i < COUNT(lights); i++)
		if (span_equal(status, span_of_text(lights[i])))
			return true;
	return false;
}
