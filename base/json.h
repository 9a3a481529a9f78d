/*
 * Lines of JSON, member by member into a text: {"unit": "baima", "rank": 1}.
 * Commas come by themselves. What a program reads is not a person's: keys are
 * in the order of the calls, and nothing is translated.
 */
#ifndef TALLY_BASE_JSON_H
#define TALLY_BASE_JSON_H

#include <stdint.h>

#include "base/strbuf.h"

void json_open(struct strbuf *out); /* { */
void json_close(struct strbuf *out);
void json_end_line(struct strbuf *out); /* closes, and ends the line */

void json_put_object(struct strbuf *out, const char *key); /* opens it */
void json_put_list(struct strbuf *out, const char *key);
void json_close_list(struct strbuf *out);

/* NULL and the empty text: null, a figure without a value. */
void json_put_text(struct strbuf *out, const char *key, const char *text);
void json_put_number(struct strbuf *out, const char *key, int64_t number);
void json_put_flag(struct strbuf *out, const char *key, int flag);
void json_put_null(struct strbuf *out, const char *key);

/* For values that others write: the comma before an element, or a key. */
void json_separate(struct strbuf *out);
void json_put_key(struct strbuf *out, const char *key);

/* An element of a list; the object is opened. */
void json_add_object(struct strbuf *out);
void json_add_text(struct strbuf *out, const char *text);

#endif
