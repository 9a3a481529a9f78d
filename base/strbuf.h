/*
 * Growable buffer of bytes with a terminating NUL. The first failed
 * allocation, or growth past the cap, is sticky: failed is set, and later
 * additions do nothing, so that a text is built in one go and checked once.
 */
#ifndef TALLY_BASE_STRBUF_H
#define TALLY_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct strbuf {
	char *text; /* never NULL after strbuf_init; NUL-terminated */
	size_t len;
	size_t size; /* allocated */
	size_t cap;  /* bytes it may grow to; 0: no cap */
	bool failed;
};

void strbuf_init(struct strbuf *buf, size_t cap_bytes);
void strbuf_clear(struct strbuf *buf);
void strbuf_release(struct strbuf *buf);

void strbuf_add(struct strbuf *buf, const void *data, size_t len);
void strbuf_add_text(struct strbuf *buf, const char *text);
void strbuf_add_char(struct strbuf *buf, char c);
void strbuf_addf(struct strbuf *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Big-endian, as bytes.h reads them. */
void strbuf_add_u32(struct strbuf *buf, uint32_t value);
void strbuf_add_u64(struct strbuf *buf, uint64_t value);

/* The bytes so far, valid until the next change. */
struct span strbuf_span(const struct strbuf *buf);

#endif
