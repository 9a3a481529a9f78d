/* Lines of JSON, member by member. */
#include <criterion/criterion.h>

#include "base/json.h"

Test(json, members_come_with_their_commas)
{
	struct strbuf out;

	strbuf_init(&out, 0);
	json_open(&out);
	json_put_text(&out, "unit", "白马 \"镇\"\n");
	json_put_text(&out, "none", "");
	json_put_text(&out, "missing", NULL);
	json_put_number(&out, "rank", -3);
	json_put_flag(&out, "yes", 1);
	json_put_flag(&out, "no", 0);
	json_put_object(&out, "inner");
	json_put_null(&out, "a");
	json_close(&out);
	json_put_list(&out, "list");
	json_add_text(&out, "x");
	json_add_text(&out, "y");
	json_close_list(&out);
	json_put_object(&out, "empty");
	json_close(&out);
	json_end_line(&out);
	json_open(&out);
	json_end_line(&out);
	cr_expect_str_eq(
		out.text,
		"{\"unit\": \"白马 \\\"镇\\\"\\u000a\", \"none\": null, "
		"\"missing\": null, \"rank\": -3, \"yes\": true, "
		"\"no\": false, \"inner\": {\"a\": null}, "
		"\"list\": [\"x\", \"y\"], \"empty\": {}}\n{}\n");
	strbuf_release(&out);
}

Test(json, an_object_stands_behind_its_key_without_a_comma)
{
	struct strbuf out;

	strbuf_init(&out, 0);
	json_open(&out);
	json_put_number(&out, "a", 1);
	json_put_key(&out, "b");
	json_add_object(&out);
	json_put_number(&out, "c", 2);
	json_close(&out);
	json_put_number(&out, "d", 3);
	json_end_line(&out);
	cr_expect_str_eq(out.text, "{\"a\": 1, \"b\": {\"c\": 2}, \"d\": 3}\n");
	strbuf_release(&out);
}
