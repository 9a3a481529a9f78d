/* What is wrong with a catalogue, or with any CSV file, in Chinese. */
#ifndef TALLY_PROTO_CATALOGUE_CHINESE_H
#define TALLY_PROTO_CATALOGUE_CHINESE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* A text in both languages; {} stands for what was said in that place, in the
 * same order in both. */
struct sentence {
	const char *en, *zh;
};

/* Appends the Chinese of a text that one of the sentences says; false: none
 * does. */
bool chinese_add(struct strbuf *out, const char *text,
		 const struct sentence *sentences, size_t count);

/* Appends the Chinese of a problem's text; a text that is none of the
 * catalogue's is appended as it is. */
void catalogue_add_chinese(struct strbuf *out, const char *text);

#endif
