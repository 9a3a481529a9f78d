/* What is wrong with a catalogue, or with any CSV file, in Chinese. */
#ifndef TALLY_PROTO_CATALOGUE_CHINESE_H
#define TALLY_PROTO_CATALOGUE_CHINESE_H

#include "base/strbuf.h"

/* Appends the Chinese of a problem's text; a text that is none of the
 * catalogue's is appended as it is. */
void catalogue_add_chinese(struct strbuf *out, const char *text);

#endif
