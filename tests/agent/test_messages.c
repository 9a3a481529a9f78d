#include "agent/messages.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire.h"

#define SPECS_MAX 16

/* The argument that each conversion takes, as "llu", "s", ..; by position. */
static size_t specs_of(const char *format, char out[SPECS_MAX][8])
{
	size_t count = 0;

	for (const char *at = strchr(format, '%'); at; at = strchr(at, '%')) {
		size_t place = count, len;
		char *end;

		at++;
		if (*at == '%') {
			at++;
			continue;
		}
		if (*at >= '1' && *at <= '9' && strchr(at, '$')) {
			place = strtoul(at, &end, 10) - 1;
			cr_assert_eq(*end, '$', "%s", format);
			at = end + 1;
		}
		len = strspn(at, "zl") + 1;
		cr_assert(place < SPECS_MAX && len < 8);
		memcpy(out[place], at, len);
		out[place][len] = '\0';
		at += len;
		count++;
	}
	return count;
}

Test(messages, both_languages_say_everything_with_the_same_arguments)
{
	for (enum message i = 0; i < MESSAGE_COUNT; i++) {
		const char *en = message_text(LANGUAGE_EN, i);
		const char *zh = message_text(LANGUAGE_ZH, i);
		char specs_en[SPECS_MAX][8], specs_zh[SPECS_MAX][8];
		size_t count;

		cr_assert(en && en[0], "message %d", i);
		cr_assert(zh && zh[0], "message %d", i);
		count = specs_of(en, specs_en);
		cr_assert_eq(count, specs_of(zh, specs_zh), "%s", en);
		for (size_t j = 0; j < count; j++)
			cr_expect_str_eq(specs_en[j], specs_zh[j], "%s", en);
	}
}

Test(messages, every_trouble_and_answer_has_words)
{
	for (enum language l = LANGUAGE_EN; l < LANGUAGE_COUNT; l++) {
		for (enum session_state i = SESSION_IDLE; i <= SESSION_READY;
		     i++)
			cr_expect(state_text(l, i)[0], "state %d", i);
		for (enum session_trouble i = TROUBLE_OFFLINE;
		     i < TROUBLE_COUNT; i++)
			cr_expect(trouble_text(l, i, 0)[0], "trouble %d", i);
		for (unsigned i = NACK_BUSY; i <= NACK_GRANT; i++)
			cr_expect(trouble_text(l, TROUBLE_NACK, i)[0],
				  "nack %u", i);
		cr_expect(trouble_text(l, TROUBLE_NACK, 999)[0]);
		for (unsigned i = 0; i < VERDICT_COUNT; i++)
			cr_expect(verdict_advice(l, i)[0], "verdict %u", i);
	}
}

Test(messages, language_comes_from_the_flag_or_the_locale)
{
	unsetenv("LC_ALL");
	unsetenv("LC_MESSAGES");
	unsetenv("LANG");
	cr_expect_eq(language_of(NULL), LANGUAGE_EN);
	setenv("LANG", "zh_CN.UTF-8", 1);
	cr_expect_eq(language_of(NULL), LANGUAGE_ZH);
	setenv("LC_ALL", "C", 1);
	cr_expect_eq(language_of(NULL), LANGUAGE_EN);
	cr_expect_eq(language_of("zh"), LANGUAGE_ZH);
	setenv("LC_ALL", "", 1);
	cr_expect_eq(language_of(NULL), LANGUAGE_ZH, "empty is not set");
}
