#include "base/strbuf.h"

#include <criterion/criterion.h>
#include <string.h>

Test(strbuf, grows_and_stays_terminated)
{
	struct strbuf buf;

	strbuf_init(&buf, 0);
	cr_expect_str_eq(buf.text, "");
	for (int i = 0; i < 5000; i++)
		strbuf_addf(&buf, "%d,", i % 10);
	cr_expect(buf.len == 10000 && strlen(buf.text) == 10000);
	cr_expect(!buf.failed);
	strbuf_release(&buf);
	cr_expect_str_eq(buf.text, "");
}

Test(strbuf, adds_bytes_texts_and_characters)
{
	struct strbuf buf;

	strbuf_init(&buf, 0);
	strbuf_add_text(&buf, "a");
	strbuf_add_char(&buf, 'b');
	strbuf_add(&buf, "cd", 1);
	strbuf_add(&buf, NULL, 0);
	strbuf_addf(&buf, "%s", "");
	strbuf_addf(&buf, "-%03d", 7);
	cr_expect_str_eq(buf.text, "abc-007");
	cr_expect(span_equal(strbuf_span(&buf), span_of_text("abc-007")));
	strbuf_clear(&buf);
	cr_expect(buf.len == 0);
	cr_expect_str_eq(buf.text, "");
	strbuf_add_text(&buf, "again");
	cr_expect_str_eq(buf.text, "again");
	strbuf_release(&buf);
}

Test(strbuf, does_not_grow_past_its_cap)
{
	struct strbuf buf;

	strbuf_init(&buf, 8);
	strbuf_add_text(&buf, "12345678");
	cr_expect(!buf.failed);
	strbuf_add_char(&buf, '9');
	cr_expect(buf.failed && buf.len == 8);
	strbuf_add(&buf, "", 0);
	cr_expect(buf.failed);
	cr_expect_str_eq(buf.text, "12345678");
	strbuf_clear(&buf);
	cr_expect(!buf.failed);
	strbuf_add_text(&buf, "1");
	cr_expect_str_eq(buf.text, "1");
	strbuf_release(&buf);
	strbuf_release(NULL);
}
