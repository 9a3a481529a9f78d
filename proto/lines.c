#include "proto/lines.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "proto/sign.h"

#define DIGITS_MAX 20

bool lines_next(struct span *rest, struct span *line)
{
	const uint8_t *end = rest->len ? memchr(rest->data, '\n', rest->len) :
					 NULL;

	if (!end)
		return false;
	*line = span_of(rest->data, (size_t)(end - rest->data));
	*rest = span_of(end + 1, rest->len - line->len - 1);
	return true;
}

bool lines_after(struct span line, const char *word, struct span *out)
{
	size_t len = strlen(word);

	if (line.len <= len || memcmp(line.data, word, len) != 0 ||
	    line.data[len] != ' ')
		return false;
	*out = span_of(line.data + len + 1, line.len - len - 1);
	return true;
}

bool lines_part(struct span line, struct span *first, struct span *rest)
{
	const uint8_t *end = line.len ? memchr(line.data, ' ', line.len) : NULL;

	if (!end)
		return false;
	*first = span_of(line.data, (size_t)(end - line.data));
	*rest = span_of(end + 1, line.len - first->len - 1);
	return true;
}

bool lines_number(struct span text, uint64_t *out)
{
	uint64_t number = 0;

	if (text.len == 0 || text.len > DIGITS_MAX ||
	    (text.data[0] == '0' && text.len > 1))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' ||
		    __builtin_mul_overflow(number, 10u, &number) ||
		    __builtin_add_overflow(number, text.data[i] - '0', &number))
			return false;
	}
	*out = number;
	return true;
}

bool lines_hash(struct span text, struct hash *out)
{
	size_t len;

	return !base64_to_bytes(text, out->bytes, HASH_BYTES, &len) &&
	       len == HASH_BYTES;
}

bool lines_take_number(struct span *text, const char *word, uint64_t *out)
{
	struct span line;

	return lines_next(text, &line) && lines_after(line, word, &line) &&
	       lines_number(line, out);
}

bool lines_take_size(struct span *text, const char *word, uint64_t *size,
		     struct hash *root)
{
	struct span line, number, base64;

	return lines_next(text, &line) && lines_after(line, word, &line) &&
	       lines_part(line, &number, &base64) &&
	       lines_number(number, size) && lines_hash(base64, root);
}

bool lines_take_text(struct span *text, const char *word, struct span *out)
{
	struct span line;

	return lines_next(text, &line) && lines_after(line, word, out);
}

void lines_add_size(struct strbuf *out, const char *word, uint64_t size,
		    const struct hash *root)
{
	char base64[BASE64_BYTES(HASH_BYTES)];

	bytes_to_base64(span_of(root->bytes, HASH_BYTES), base64);
	strbuf_addf(out, "%s %" PRIu64 " %s\n", word, size, base64);
}

void lines_add_text(struct strbuf *out, const char *word, struct span text)
{
	strbuf_addf(out, "%s ", word);
	strbuf_add(out, text.data, text.len);
	strbuf_add_char(out, '\n');
}
