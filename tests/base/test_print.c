#include <criterion/criterion.h>

#include "base/print.h"

Test(print, counts_columns_of_wide_characters)
{
	static const struct {
		const char *text;
		size_t width;
	} rows[] = {
		{ "", 0 },	{ "abc", 3 },	   { "白马镇", 6 },
		{ "≥5", 2 },	{ "（完成）", 8 }, { "~30±0.5", 7 },
		{ "5亿元", 5 }, { "\xff", 1 },	   { "\xe7\x99", 2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(print_width(rows[i].text), rows[i].width,
			     "row %zu: %zu", i, print_width(rows[i].text));
}

Test(print, lines_up_columns_left_and_right_without_blanks_at_the_end)
{
	static const char *const cells[] = { "name", "n", "why", "白马", "12",
					     "",     "b", "",	 "x" };
	struct print_table table;
	struct strbuf out;

	print_table_init(&table, 3, 1u << 1);
	strbuf_init(&out, 0);
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		print_table_add(&table, cells[i]);
	print_table_write(&table, &out);
	cr_expect_str_eq(out.text, "name   n  why\n"
				   "-------------\n"
				   "白马  12\n"
				   "b         x\n");
	strbuf_release(&out);
	print_table_release(&table);
}

Test(print, escapes_json_texts)
{
	struct strbuf out;

	strbuf_init(&out, 0);
	print_json_text(&out, "a\"b\\c\n白\x7f");
	cr_expect_str_eq(out.text, "\"a\\\"b\\\\c\\u000a白\\u007f\"");
	strbuf_release(&out);
}
