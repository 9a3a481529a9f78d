#include "proto/wire_scan.h"

#include <assert.h>
#include <string.h>

#include "proto/evidence.h"
#include "proto/talk.h"
#include "proto/wire.h"
#include "tally.pb-c.h"

#define FIELDS_MAX 32 /* of one message type */
#define VARINT_BYTES_MAX 10

/* ---- limits ---- */

/* What a field may hold: elements of a repeated one, bytes of a string. */
struct limit {
	const ProtobufCMessageDescriptor *descriptor;
	uint32_t field;
	uint32_t max;
};

/* A repeated field that is not here may not occur; a string that is not here
 * is a name. */
static const struct limit limits[] = {
	{ &tally__batch__descriptor, 4, WIRE_STATEMENTS_MAX },
	{ &tally__sealed__descriptor, 3, WIRE_TEXTS_MAX },
	{ &tally__statement__descriptor, 2, WIRE_TEXTS_MAX },
	{ &tally__found__descriptor, 5, WIRE_FOUNDING_KEYS_MAX },
	{ &tally__found__descriptor, 6, WIRE_FOUNDING_KEYS_MAX },
	{ &tally__found__descriptor, 7, WIRE_FOUNDING_KEYS_MAX },
	{ &tally__grant__descriptor, 2, WIRE_UNITS_MAX },
	{ &tally__grant__descriptor, 3, WIRE_ROLES_MAX },
	{ &tally__cell__descriptor, 2, WIRE_VALUE_BYTES_MAX },
	{ &tally__report__descriptor, 5, WIRE_CELLS_MAX },
	{ &tally__adjust__descriptor, 5, WIRE_CELLS_MAX },
	{ &tally__hello__descriptor, 3, TALK_MUST_UNDERSTAND_MAX },
	{ &tally__receipt__descriptor, 4, WIRE_VERDICTS_MAX },
	{ &tally__ack__descriptor, 2, TALK_RECEIPTS_MAX },
	{ &tally__nack__descriptor, 3, TALK_TEXT_BYTES_MAX },
	{ &tally__welcome__descriptor, 16, REOPENINGS_MAX },
	{ &tally__welcome__descriptor, 17, SUCCESSIONS_MAX },
	{ &tally__recalled__descriptor, 5, WIRE_VERDICTS_MAX },
	{ &tally__head__descriptor, 8, WIRE_TEXT_BYTES_MAX },
	{ &tally__head__descriptor, 9, WIRE_CELLS_MAX },
	{ &tally__head__descriptor, 12, WIRE_TEXT_BYTES_MAX },
	{ &tally__head_review__descriptor, 5, WIRE_TEXT_BYTES_MAX },
	{ &tally__head_before__descriptor, 1, WIRE_CELLS_MAX },
	{ &tally__slice__descriptor, 2, TALK_FILES_MAX },
	{ &tally__slice__descriptor, 3, TALK_HEADS_MAX },
	{ &tally__slice__descriptor, 4, WIRE_UNITS_MAX },
	{ &tally__slice__descriptor, 6, WIRE_ROLES_MAX },
	{ &tally__prove__descriptor, 3, EVIDENCE_INDEXES_MAX },
	{ &tally__evidence__descriptor, 4, EVIDENCE_INDEXES_MAX },
};

static uint32_t limit_of(const ProtobufCMessageDescriptor *descriptor,
			 uint32_t field, uint32_t otherwise)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (limits[i].descriptor == descriptor &&
		    limits[i].field == field)
			return limits[i].max;
	return otherwise;
}

/* ---- bytes ---- */

/* Length of the sequence that begins with byte, 0 if none does. */
static size_t utf8_length(uint8_t byte)
{
	if (byte < 0x80)
		return 1;
	if (byte >= 0xc2 && byte <= 0xdf)
		return 2;
	if ((byte & 0xf0) == 0xe0)
		return 3;
	return byte >= 0xf0 && byte <= 0xf4 ? 4 : 0;
}

bool wire_is_utf8(struct span text)
{
	for (size_t i = 0; i < text.len;) {
		const uint8_t *at = text.data + i;
		size_t len = utf8_length(at[0]);

		if (!len || len > text.len - i)
			return false;
		for (size_t k = 1; k < len; k++)
			if ((at[k] & 0xc0) != 0x80)
				return false;
		/* Overlong forms, surrogates, above U+10FFFF. */
		if ((at[0] == 0xe0 && at[1] < 0xa0) ||
		    (at[0] == 0xed && at[1] > 0x9f) ||
		    (at[0] == 0xf0 && at[1] < 0x90) ||
		    (at[0] == 0xf4 && at[1] > 0x8f))
			return false;
		i += len;
	}
	return true;
}

/* Takes a varint off the front. */
bool wire_take_varint(struct span *bytes, uint64_t *out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes->len && i < VARINT_BYTES_MAX; i++) {
		uint8_t byte = bytes->data[i];

		if (i == VARINT_BYTES_MAX - 1 && byte > 1)
			return false;
		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte & 0x80)
			continue;
		*bytes = span_of(bytes->data + i + 1, bytes->len - i - 1);
		*out = value;
		return true;
	}
	return false;
}

static bool take(struct span *bytes, uint64_t len, struct span *out)
{
	if (len > bytes->len)
		return false;
	*out = span_of(bytes->data, (size_t)len);
	*bytes = span_of(bytes->data + len, bytes->len - (size_t)len);
	return true;
}

/* ---- the walk ---- */

struct walk {
	size_t parts;
	size_t unknown;
	bool closed; /* unknown fields are an error */
	struct err *err;
};

/* One level of it. */
struct level {
	const ProtobufCMessageDescriptor *descriptor;
	int depth;
	bool said; /* a member of the oneof was seen */
	uint32_t seen[FIELDS_MAX];
};

struct element {
	uint32_t number;
	uint8_t type;
	uint64_t value;	   /* of a varint */
	struct span bytes; /* of the other types */
};

static int broken(struct walk *walk, const struct level *level)
{
	return err_set(walk->err, ERR_INVALID,
		       "%s is not a valid protobuf message",
		       level->descriptor->short_name);
}

static bool next_element(struct span *bytes, struct element *out)
{
	uint64_t tag, len = 0;

	if (!wire_take_varint(bytes, &tag) || tag > UINT32_MAX || !(tag >> 3))
		return false;
	out->number = (uint32_t)(tag >> 3);
	out->type = (uint8_t)(tag & 7);
	switch (out->type) {
	case PROTOBUF_C_WIRE_TYPE_VARINT:
		return wire_take_varint(bytes, &out->value);
	case PROTOBUF_C_WIRE_TYPE_64BIT:
		return take(bytes, 8, &out->bytes);
	case PROTOBUF_C_WIRE_TYPE_32BIT:
		return take(bytes, 4, &out->bytes);
	case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
		return wire_take_varint(bytes, &len) &&
		       take(bytes, len, &out->bytes);
	default: /* groups, and what no version has */
		return false;
	}
}

bool wire_may_hold(struct span bytes, uint32_t field)
{
	struct element element;

	while (bytes.len)
		if (!next_element(&bytes, &element) || element.number == field)
			return true;
	return false;
}

/* A number that its type can hold, so that no two programs cut it off
 * differently. */
static bool number_fits(ProtobufCType type, uint64_t value)
{
	if (type == PROTOBUF_C_TYPE_BOOL)
		return value <= 1;
	if (type == PROTOBUF_C_TYPE_UINT32 || type == PROTOBUF_C_TYPE_SINT32)
		return value <= UINT32_MAX;
	return type == PROTOBUF_C_TYPE_UINT64;
}

/* How often a field occurs. */
static int count_field(struct walk *walk, struct level *level,
		       const ProtobufCFieldDescriptor *field, uint64_t more)
{
	size_t at = (size_t)(field - level->descriptor->fields);
	uint32_t max = 1;

	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		max = limit_of(level->descriptor, field->id, 0);
	if (more > max - level->seen[at])
		return err_set(walk->err, max > 1 ? ERR_LIMIT : ERR_INVALID,
			       "%s has more than %u \"%s\"",
			       level->descriptor->short_name, max, field->name);
	level->seen[at] += (uint32_t)more;
	if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
		return 0;
	if (level->said)
		return err_set(walk->err, ERR_INVALID,
			       "%s says two things at once",
			       level->descriptor->short_name);
	level->said = true;
	return 0;
}

/* Numbers of a repeated field in their packed form. */
static int scan_packed(struct walk *walk, struct level *level,
		       const ProtobufCFieldDescriptor *field, struct span bytes)
{
	uint64_t count = 0, value;

	while (bytes.len) {
		if (!wire_take_varint(&bytes, &value) ||
		    !number_fits(field->type, value))
			return broken(walk, level);
		count++;
	}
	return count_field(walk, level, field, count);
}

static int scan_text(struct walk *walk, const struct level *level,
		     const ProtobufCFieldDescriptor *field, struct span text)
{
	uint32_t max = WIRE_NAME_BYTES_MAX;

	if (field->label != PROTOBUF_C_LABEL_REPEATED)
		max = limit_of(level->descriptor, field->id, max);
	if (text.len > max)
		return err_set(walk->err, ERR_LIMIT,
			       "%s: \"%s\" is longer than %u bytes",
			       level->descriptor->short_name, field->name, max);
	if (!wire_is_utf8(text) || (text.len && memchr(text.data, 0, text.len)))
		return err_set(walk->err, ERR_INVALID,
			       "%s: \"%s\" is not UTF-8 text",
			       level->descriptor->short_name, field->name);
	return 0;
}

static int scan_message(struct walk *walk,
			const ProtobufCMessageDescriptor *descriptor,
			struct span bytes, int depth);

static int scan_known(struct walk *walk, struct level *level,
		      const ProtobufCFieldDescriptor *field,
		      const struct element *element)
{
	bool prefixed = element->type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
	bool wants_prefix = field->type == PROTOBUF_C_TYPE_STRING ||
			    field->type == PROTOBUF_C_TYPE_BYTES ||
			    field->type == PROTOBUF_C_TYPE_MESSAGE;
	int rc;

	if (!wants_prefix && prefixed &&
	    field->label == PROTOBUF_C_LABEL_REPEATED)
		return scan_packed(walk, level, field, element->bytes);
	if (wants_prefix != prefixed ||
	    (!prefixed && (element->type != PROTOBUF_C_WIRE_TYPE_VARINT ||
			   !number_fits(field->type, element->value))))
		return broken(walk, level);
	rc = count_field(walk, level, field, 1);
	if (rc)
		return rc;
	/* protobuf-c keeps a record of each element that stands alone; numbers
	 * are expected packed. */
	if ((field->label == PROTOBUF_C_LABEL_REPEATED ||
	     field->type == PROTOBUF_C_TYPE_MESSAGE) &&
	    ++walk->parts > WIRE_PARTS_MAX)
		return err_set(walk->err, ERR_LIMIT,
			       "a message has more than %d parts",
			       WIRE_PARTS_MAX);
	if (field->type == PROTOBUF_C_TYPE_STRING)
		return scan_text(walk, level, field, element->bytes);
	if (field->type != PROTOBUF_C_TYPE_MESSAGE)
		return 0;
	return scan_message(walk, field->descriptor, element->bytes,
			    level->depth + 1);
}

static int scan_unknown(struct walk *walk, const struct level *level,
			uint32_t number)
{
	if (walk->closed)
		return err_set(walk->err, ERR_INVALID,
			       "%s has a field %u that this program does not "
			       "know",
			       level->descriptor->short_name, number);
	if (++walk->unknown > WIRE_UNKNOWN_MAX)
		return err_set(walk->err, ERR_LIMIT,
			       "%s has more than %d unknown fields",
			       level->descriptor->short_name, WIRE_UNKNOWN_MAX);
	return 0;
}

/* Its depth is bounded by the schema, where no message contains itself. */
// NOLINTNEXTLINE(misc-no-recursion)
static int scan_message(struct walk *walk,
			const ProtobufCMessageDescriptor *descriptor,
			struct span bytes, int depth)
{
	struct level level = { .descriptor = descriptor, .depth = depth };

	assert(depth < WIRE_LEVELS_MAX && descriptor->n_fields <= FIELDS_MAX);
	while (bytes.len) {
		const ProtobufCFieldDescriptor *field;
		struct element element;
		int rc;

		if (!next_element(&bytes, &element))
			return broken(walk, &level);
		field = protobuf_c_message_descriptor_get_field(descriptor,
								element.number);
		rc = field ? scan_known(walk, &level, field, &element) :
			     scan_unknown(walk, &level, element.number);
		if (rc)
			return rc;
	}
	return 0;
}

int wire_scan(const ProtobufCMessageDescriptor *descriptor, struct span bytes,
	      bool *unknown, struct err *err)
{
	struct walk walk = { .closed = !unknown, .err = err };
	int rc;

	if (bytes.len > WIRE_MESSAGE_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "%s has more than %d bytes",
			       descriptor->short_name, WIRE_MESSAGE_BYTES_MAX);
	rc = scan_message(&walk, descriptor, bytes, 0);
	if (!rc && unknown)
		*unknown = walk.unknown > 0;
	return rc;
}
