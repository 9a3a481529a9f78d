#include "proto/lines.h"

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
