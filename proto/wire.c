#include "proto/wire.h"

#include <string.h>

#include "base/bytes.h"
#include "proto/wire_scan.h"

static const char wire_magic[4] = "TLLY";

/* ---- prefix ---- */

void wire_write_prefix(uint8_t out[WIRE_PREFIX_BYTES], enum wire_type type)
{
	struct writer writer;

	writer_init(&writer, out, WIRE_PREFIX_BYTES);
	write_bytes(&writer, wire_magic, sizeof(wire_magic));
	write_u8(&writer, WIRE_MAJOR);
	write_u8(&writer, (uint8_t)type);
	write_u16(&writer, 0);
}

int wire_read_prefix(struct span msg, enum wire_type *type, struct span *body,
		     struct err *err)
{
	struct reader reader;
	struct span magic;
	unsigned major, number, flags;

	if (msg.len > WIRE_MESSAGE_BYTES_MAX)
		return err_set(err, ERR_LIMIT,
			       "a message has %zu bytes, more than %d", msg.len,
			       WIRE_MESSAGE_BYTES_MAX);
	reader_init(&reader, msg);
	magic = read_span(&reader, sizeof(wire_magic));
	major = read_u8(&reader);
	number = read_u8(&reader);
	flags = read_u16(&reader);
	if (reader.failed ||
	    memcmp(magic.data, wire_magic, sizeof(wire_magic)) != 0)
		return err_set(err, ERR_INVALID, "not a message of tally");
	if (major != WIRE_MAJOR)
		return err_set(err, ERR_NOTFOUND,
			       "the message is of protocol version %u, this "
			       "program speaks %d",
			       major, WIRE_MAJOR);
	if (number < WIRE_HELLO || number > WIRE_COSIGN || flags)
		return err_set(err, ERR_INVALID,
			       "message type %u with flags %u is not known",
			       number, flags);
	if (number == WIRE_BATCH && reader_left(&reader) > WIRE_BATCH_BYTES_MAX)
		return err_set(err, ERR_LIMIT,
			       "a batch has %zu bytes, more than %d",
			       reader_left(&reader), WIRE_BATCH_BYTES_MAX);
	*type = (enum wire_type)number;
	*body = read_span(&reader, reader_left(&reader));
	return 0;
}

/* ---- protobuf-c over the arena ---- */

struct memory {
	struct arena *arena;
	bool full;
};

static void *memory_alloc(void *data, size_t size)
{
	struct memory *memory = data;
	void *result = arena_alloc(memory->arena, size);

	if (!result)
		memory->full = true;
	return result;
}

static void memory_free(void *data, void *pointer)
{
	(void)data;
	(void)pointer; /* the arena frees all at once */
}

int wire_unpack(const ProtobufCMessageDescriptor *descriptor, struct span bytes,
		struct arena *arena, bool *unknown,
		const ProtobufCMessage **out, struct err *err)
{
	static const uint8_t none[1];
	struct memory memory = { .arena = arena };
	ProtobufCAllocator allocator = { memory_alloc, memory_free, &memory };
	const ProtobufCMessage *message;
	int rc = wire_scan(descriptor, bytes, unknown, err);

	if (rc)
		return rc;
	message = protobuf_c_message_unpack(descriptor, &allocator, bytes.len,
					    bytes.len ? bytes.data : none);
	if (!message && memory.full)
		return err_set(err, ERR_NOMEM, "no memory to decode a %s",
			       descriptor->short_name);
	if (!message)
		return err_set(err, ERR_INVALID,
			       "%s is not a valid protobuf message",
			       descriptor->short_name);
	*out = message;
	return 0;
}

struct sink {
	ProtobufCBuffer base;
	struct strbuf *out;
};

static void sink_append(ProtobufCBuffer *buffer, size_t len,
			const uint8_t *data)
{
	strbuf_add(((struct sink *)buffer)->out, data, len);
}

/* Cuts out back to what it held before a failure. */
static void cut_back(struct strbuf *out, size_t len)
{
	out->len = len;
	if (out->size)
		out->text[len] = '\0';
}

int wire_pack(const ProtobufCMessage *message, struct span prefix,
	      size_t bytes_max, struct strbuf *out, struct err *err)
{
	struct sink sink = { { sink_append }, out };
	size_t before = out->len;
	bool unknown;
	int rc;

	strbuf_add(out, prefix.data, prefix.len);
	(void)protobuf_c_message_pack_to_buffer(message, &sink.base);
	if (out->failed) {
		cut_back(out, before);
		return err_set(err, ERR_NOMEM, "no memory to encode a %s",
			       message->descriptor->short_name);
	}
	if (out->len - before > bytes_max)
		rc = err_set(err, ERR_LIMIT, "%s has more than %zu bytes",
			     message->descriptor->short_name, bytes_max);
	else
		rc = wire_scan(message->descriptor,
			       span_of(out->text + before + prefix.len,
				       out->len - before - prefix.len),
			       &unknown, err);
	if (rc)
		cut_back(out, before);
	return rc;
}

/* ---- fields ---- */

int wire_fixed(ProtobufCBinaryData field, const char *name, void *out,
	       size_t len, struct err *err)
{
	if (field.len != len)
		return err_set(err, ERR_INVALID, "%s has %zu bytes, not %zu",
			       name, field.len, len);
	memcpy(out, field.data, len);
	return 0;
}

struct span wire_bytes(ProtobufCBinaryData field)
{
	return span_of(field.data, field.len);
}

struct span wire_text(const char *field)
{
	return span_of_text(field);
}

ProtobufCBinaryData wire_data(const void *data, size_t len)
{
	/* protobuf-c's type is not const, but packing only reads. */
	return (ProtobufCBinaryData){ len, (uint8_t *)(uintptr_t)data };
}

/* ---- encoders ---- */

void wire_encoder_init(struct wire_encoder *encoder)
{
	*encoder = (struct wire_encoder){ 0 };
	arena_init(&encoder->arena, WIRE_ARENA_BYTES);
}

int wire_encoder_finish(struct wire_encoder *encoder,
			const ProtobufCMessage *message, struct span prefix,
			size_t bytes_max, struct strbuf *out, struct err *err)
{
	const char *name = message->descriptor->short_name;
	int rc = encoder->rc;

	switch (rc) {
	case 0:
		rc = wire_pack(message, prefix, bytes_max, out, err);
		break;
	case ERR_INVALID:
		rc = err_set(err, rc, "%s holds a text with a NUL", name);
		break;
	default:
		rc = err_set(err, rc, "%s is too large to encode", name);
		break;
	}
	arena_release(&encoder->arena);
	return rc;
}

int wire_encoder_say(struct wire_encoder *encoder, enum wire_type type,
		     const ProtobufCMessage *message, struct strbuf *out,
		     struct err *err)
{
	uint8_t prefix[WIRE_PREFIX_BYTES];

	wire_write_prefix(prefix, type);
	return wire_encoder_finish(encoder, message,
				   span_of(prefix, sizeof(prefix)),
				   WIRE_MESSAGE_BYTES_MAX, out, err);
}

char *wire_string(struct wire_encoder *encoder, struct span text)
{
	static char empty[1];
	char *copy =
		arena_text(&encoder->arena, (const char *)text.data, text.len);

	if (copy && (!text.len || !memchr(text.data, 0, text.len)))
		return copy;
	/* A NUL inside would cut the text off silently. */
	if (!encoder->rc)
		encoder->rc = copy ? ERR_INVALID : ERR_NOMEM;
	return empty;
}

void *wire_array(struct wire_encoder *encoder, size_t count, size_t size)
{
	void *array = NULL;

	if (count)
		array = arena_array(&encoder->arena, count, size);
	if (count && !array && !encoder->rc)
		encoder->rc = ERR_NOMEM;
	return array;
}

void *wire_list(struct wire_encoder *encoder, size_t count, size_t size)
{
	uint8_t *elements = wire_array(encoder, count, size);
	void **list = wire_array(encoder, count, sizeof(*list));

	if (!elements || !list)
		return NULL;
	for (size_t i = 0; i < count; i++)
		list[i] = elements + i * size;
	return list;
}

char **wire_strings(struct wire_encoder *encoder, const struct span *texts,
		    size_t count)
{
	char **strings = wire_array(encoder, count, sizeof(*strings));

	for (size_t i = 0; strings && i < count; i++)
		strings[i] = wire_string(encoder, texts[i]);
	return strings;
}

int wire_names(char **from, size_t count, struct arena *arena,
	       struct span **out, struct err *err)
{
	struct span *names = NULL;

	if (count) {
		names = arena_array(arena, count, sizeof(*names));
		if (!names)
			return err_set(err, ERR_NOMEM,
				       "no memory to decode a message");
	}
	for (size_t i = 0; i < count; i++)
		names[i] = wire_text(from[i]);
	*out = names;
	return 0;
}
