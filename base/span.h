/* A view of bytes that somebody else owns. */
#ifndef TALLY_BASE_SPAN_H
#define TALLY_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *data; /* may be NULL if len is 0 */
	size_t len;
};

static inline struct span span_of(const void *data, size_t len)
{
	return (struct span){ data, len };
}

static inline struct span span_of_text(const char *text)
{
	return (struct span){ (const uint8_t *)text, strlen(text) };
}

/* Names in a list begin alike and are told apart by their ends: these are
 * looked at first. */
static inline bool span_equal(struct span a, struct span b)
{
	if (a.len != b.len || a.len == 0)
		return a.len == b.len;
	return a.data[a.len - 1] == b.data[b.len - 1] &&
	       !memcmp(a.data, b.data, a.len);
}

#endif
