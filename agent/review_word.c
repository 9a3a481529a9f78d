#include "agent/review_word.h"

#include <stddef.h>

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

static const struct {
	const char *status, *chinese;
	bool lights;
} statuses[] = {
	{ "approved", "通过", false }, { "returned", "退回", false },
	{ "done", "完成", true },      { "green", "绿灯", true },
	{ "yellow", "黄灯", true },    { "red", "红灯", true },
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
	for (size_t i = 0; i < COUNT(statuses); i++)
		if (language == LANGUAGE_ZH &&
		    span_equal(status, span_of_text(statuses[i].status)))
			return span_of_text(statuses[i].chinese);
	return status;
}

bool review_word_returns(struct span status)
{
	return span_equal(status, span_of_text("returned"));
}

bool review_word_lights(struct span status)
{
	for (size_t i = 0; i < COUNT(statuses); i++)
		if (span_equal(status, span_of_text(statuses[i].status)))
			return statuses[i].lights;
	return false;
}
