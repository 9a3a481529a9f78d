/* What is wrong with a catalogue, in Chinese. That no sentence is missing is
 * held by tests/house/test_guides.py. */
#include "proto/catalogue/catalogue_chinese.h"

#include <criterion/criterion.h>

static void expect(const char *text, const char *chinese)
{
	struct strbuf out;

	strbuf_init(&out, 0);
	catalogue_add_chinese(&out, text);
	strbuf_add_char(&out, '\0');
	cr_expect_str_eq(out.text, chinese, "%s", text);
	strbuf_release(&out);
}

Test(catalogue_chinese, sentences)
{
	expect("the file has no rows", "文件没有数据行");
	expect("'42O' is not a number; write digits, for example 5800 or 21.22",
	       "“42O”不是数字；请写数字，如 5800、21.22");
	expect("'x' is not a step of ladder 'works' of target 'city.road'",
	       "“x”不是档次表“works”（目标“city.road”）中的档次");
	expect("the series' period is there already, in row 7; remove one of "
	       "the two",
	       "该系列的期别已在第 7 行出现；请删去其中一行");
	expect("a catalogue has no file of this name", "目录没有这个文件名");
	expect("a catalogue has no file of this name; it is not read",
	       "目录没有这个文件名；不读取该文件");
}

/* What people wrote may look like our own words, or like a hole. */
Test(catalogue_chinese, cells_that_look_like_sentences)
{
	expect("'{}' is not a day; write it like 2024-06-30",
	       "“{}”不是日期；请写作 2024-06-30");
	expect("'' is not a day; write it like 2024-06-30",
	       "“”不是日期；请写作 2024-06-30");
	expect("'the unit' is not a day; write it like 2024-06-30",
	       "“the unit”不是日期；请写作 2024-06-30");
	expect("'x' is not one of: yes' is not one of: no, yes",
	       "“x”不在可填的词之内：yes' is not one of: no, yes");
}

Test(catalogue_chinese, other_texts_stay)
{
	expect("", "");
	expect("the {} is on fire", "the {} is on fire");
	expect("the file has no rows at all", "the file has no rows at all");
}
