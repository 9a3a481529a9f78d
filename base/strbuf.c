#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define STRBUF_FIRST_BYTES 256

static char strbuf_empty[1];

void strbuf_init(struct strbuf *buf, size_t cap_bytes)
{
	*buf = (struct strbuf){ .text = strbuf_empty, .cap = cap_bytes };
}

void strbuf_clear(struct strbuf *buf)
{
	buf->len = 0;
	buf->failed = false;
	if (buf->size)
		buf->text[0] = '\0';
}

void strbuf_release(struct strbuf *buf)
{
	if (!buf)
		return;
	if (buf->size)
		free(buf->text);
	*buf = (struct strbuf){ .text = strbuf_empty, .cap = buf->cap };
}

static bool reserve(struct strbuf *buf, size_t more)
{
	size_t size = buf->size ? buf->size : STRBUF_FIRST_BYTES;
	char *text;

	if (buf->failed || more >= SIZE_MAX / 4 - buf->len ||
	    (buf->cap && more > buf->cap - buf->len)) {
		buf->failed = true;
		return false;
	}
	if (buf->len + more < buf->size)
		return true;
	while (size <= buf->len + more)
		size *= 2;
	text = realloc(buf->size ? buf->text : NULL, size);
	if (!text) {
		buf->failed = true;
		return false;
	}
	buf->text = text;
	buf->size = size;
	return true;
}

void strbuf_add(struct strbuf *buf, const void *data, size_t len)
{
	if (!len || !reserve(buf, len))
		return;
	memcpy(buf->text + buf->len, data, len);
	buf->len += len;
	buf->text[buf->len] = '\0';
}

void strbuf_add_text(struct strbuf *buf, const char *text)
{
	strbuf_add(buf, text, strlen(text));
}

void strbuf_add_char(struct strbuf *buf, char c)
{
	strbuf_add(buf, &c, 1);
}

void strbuf_addf(struct strbuf *buf, const char *fmt, ...)
{
	va_list ap, again;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	if (len > 0 && reserve(buf, (size_t)len)) {
		(void)vsnprintf(buf->text + buf->len, (size_t)len + 1, fmt,
				again);
		buf->len += (size_t)len;
	}
	va_end(again);
	va_end(ap);
}

void strbuf_add_u32(struct strbuf *buf, uint32_t value)
{
	uint8_t bytes[4];

	store_u32(bytes, value);
	strbuf_add(buf, bytes, sizeof(bytes));
}

void strbuf_add_u64(struct strbuf *buf, uint64_t value)
{
	uint8_t bytes[8];

	store_u64(bytes, value);
	strbuf_add(buf, bytes, sizeof(bytes));
}

struct span strbuf_span(const struct strbuf *buf)
{
	return span_of(buf->text, buf->len);
}
