#include "base/json.h"

#include <inttypes.h>

#include "base/print.h"

/* Between two members, or two elements. */
void json_separate(struct strbuf *out)
{
	char last = out->len ? out->text[out->len - 1] : '\n';

	/* A value follows its key as it is: ": ". */
	if (last != '{' && last != '[' && last != '\n' && last != ' ')
		strbuf_add_text(out, ", ");
}

void json_put_key(struct strbuf *out, const char *key)
{
	json_separate(out);
	print_json_text(out, key);
	strbuf_add_text(out, ": ");
}

void json_open(struct strbuf *out)
{
	strbuf_add_char(out, '{');
}

void json_close(struct strbuf *out)
{
	strbuf_add_char(out, '}');
}

void json_end_line(struct strbuf *out)
{
	strbuf_add_text(out, "}\n");
}

void json_put_object(struct strbuf *out, const char *key)
{
	json_put_key(out, key);
	json_open(out);
}

void json_put_list(struct strbuf *out, const char *key)
{
	json_put_key(out, key);
	strbuf_add_char(out, '[');
}

void json_close_list(struct strbuf *out)
{
	strbuf_add_char(out, ']');
}

void json_put_text(struct strbuf *out, const char *key, const char *text)
{
	if (!text || !*text) {
		json_put_null(out, key);
		return;
	}
	json_put_key(out, key);
	print_json_text(out, text);
}

void json_put_number(struct strbuf *out, const char *key, int64_t number)
{
	json_put_key(out, key);
	strbuf_addf(out, "%" PRId64, number);
}

void json_put_flag(struct strbuf *out, const char *key, int flag)
{
	json_put_key(out, key);
	strbuf_add_text(out, flag ? "true" : "false");
}

void json_put_null(struct strbuf *out, const char *key)
{
	json_put_key(out, key);
	strbuf_add_text(out, "null");
}

void json_add_object(struct strbuf *out)
{
	json_separate(out);
	json_open(out);
}

void json_add_text(struct strbuf *out, const char *text)
{
	json_separate(out);
	print_json_text(out, text);
}
