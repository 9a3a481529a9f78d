/* Blotting out a free text where it stands in a Batch message. See wire.h. */
#include "proto/wire.h"

#include <string.h>

#include "proto/wire_scan.h"

#define FIELD_SEALED 4 /* of Batch */
#define FIELD_TEXTS 3  /* of Sealed */
#define FIELD_SALT 1   /* of Text */
#define FIELD_TEXT 2
#define TYPE_BYTES 2 /* of protobuf: a length and so many bytes */

static const char *const names[] = { NULL, "text", "reason", "note" };

unsigned wire_text_number(struct span name)
{
	for (unsigned i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_equal(name, span_of_text(names[i])))
			return i;
	return 0;
}

const char *wire_text_name(unsigned number)
{
	return number < sizeof(names) / sizeof(names[0]) ? names[number] : NULL;
}

/* The k-th field of that number, all of which are bytes or messages; of bytes
 * that were decoded before. Empty if there are fewer. */
static struct span find_field(struct span message, uint32_t number, size_t k)
{
	while (message.len) {
		uint64_t tag, len;
		struct span field;

		if (!wire_take_varint(&message, &tag) ||
		    !wire_take_varint(&message, &len) ||
		    (tag & 7) != TYPE_BYTES || len > message.len)
			break;
		field = span_of(message.data, (size_t)len);
		message.data += len;
		message.len -= (size_t)len;
		if (tag >> 3 == number && k-- == 0)
			return field;
	}
	return span_of(NULL, 0);
}

/* Which of the sealed texts it is; text_count if it is not there. */
static size_t place_of(const struct sealed *sealed,
		       const struct statement *statement, struct span name)
{
	size_t at = 0;

	for (size_t i = 0; i < statement->text_count; i++) {
		enum text_state state = wire_text_state(sealed, statement, i);

		if (span_equal(statement->texts[i].name, name))
			return state == TEXT_THERE ? at : sealed->text_count;
		at += state != TEXT_MISSING;
	}
	return sealed->text_count;
}

static void wipe(uint8_t *batch, struct span whole, struct span part)
{
	if (part.len)
		memset(batch + (part.data - whole.data), 0, part.len);
}

int wire_blot(uint8_t *batch, size_t len, uint32_t n, struct span name,
	      struct arena *arena, bool *found, struct err *err)
{
	struct span whole = span_of(batch, len), text;
	struct statement statement;
	struct batch decoded;
	size_t k;
	int rc = wire_decode_batch(whole, arena, &decoded, err);

	*found = false;
	if (rc || n >= decoded.header.count ||
	    wire_decode_statement(decoded.sealed[n].body, arena, &statement,
				  NULL))
		return rc;
	k = place_of(&decoded.sealed[n], &statement, name);
	if (k == decoded.sealed[n].text_count)
		return 0;
	text = find_field(find_field(whole, FIELD_SEALED, n), FIELD_TEXTS, k);
	wipe(batch, whole, find_field(text, FIELD_SALT, 0));
	wipe(batch, whole, find_field(text, FIELD_TEXT, 0));
	*found = true;
	return 0;
}
