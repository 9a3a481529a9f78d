/*
 * Inside the wire codec: the first look at hostile bytes, and the way from
 * them to the generated structs. Not for others than wire*.c.
 *
 * protobuf-c allocates before it judges: 64 KiB of empty submessages become
 * megabytes, a field given twice is merged, strings may hold NUL or anything.
 * So the raw bytes are walked first, against the same descriptors, and only
 * what is well-formed, within the limits of wire.h and free of repetitions is
 * handed on. What is left for the decoders is the length of keys and hashes.
 */
#ifndef TALLY_PROTO_WIRE_SCAN_H
#define TALLY_PROTO_WIRE_SCAN_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "proto/wire.h"

/* Submessages and elements of repeated fields that are not packed, in a
 * message, all levels together. */
#define WIRE_PARTS_MAX 40000
/* Unknown fields in a statement, all levels together. */
#define WIRE_UNKNOWN_MAX 64
#define WIRE_LEVELS_MAX 4

/*
 * Checks bytes against descriptor without allocating. unknown: set if there
 * are fields with unknown numbers; NULL where these are an error.
 */
int wire_scan(const ProtobufCMessageDescriptor *descriptor, struct span bytes,
	      bool *unknown, struct err *err);

/* Is there a field of this number at the top? Also true of what is no message:
 * whoever decodes it finds out. */
bool wire_may_hold(struct span bytes, uint32_t field);

/* Takes a varint off the front; false: there is none. */
bool wire_take_varint(struct span *bytes, uint64_t *out);

/* wire_scan, then protobuf-c with the arena as its allocator. */
int wire_unpack(const ProtobufCMessageDescriptor *descriptor, struct span bytes,
		struct arena *arena, bool *unknown,
		const ProtobufCMessage **out, struct err *err);

/*
 * Appends the message to out, after prefix (may be empty). What wire_scan or
 * bytes_max would refuse is refused here: nothing is sent that the other side
 * must throw away.
 */
int wire_pack(const ProtobufCMessage *message, struct span prefix,
	      size_t bytes_max, struct strbuf *out, struct err *err);

/* Exactly len bytes, or ERR_INVALID that names the field. */
int wire_fixed(ProtobufCBinaryData field, const char *name, void *out,
	       size_t len, struct err *err);

struct span wire_bytes(ProtobufCBinaryData field);
struct span wire_text(const char *field);
ProtobufCBinaryData wire_data(const void *data, size_t len);

/* An encoder's scratch memory; rc is the first thing that went wrong. */
struct wire_encoder {
	struct arena arena;
	int rc;
};

void wire_encoder_init(struct wire_encoder *encoder);
/* Packs unless something went wrong, and releases the encoder. */
int wire_encoder_finish(struct wire_encoder *encoder,
			const ProtobufCMessage *message, struct span prefix,
			size_t bytes_max, struct strbuf *out, struct err *err);

/* The same, as a message with its prefix. */
int wire_encoder_say(struct wire_encoder *encoder, enum wire_type type,
		     const ProtobufCMessage *message, struct strbuf *out,
		     struct err *err);

/* A NUL-terminated copy; an empty text after a failure. */
char *wire_string(struct wire_encoder *encoder, struct span text);
/* Zeroed; NULL after a failure or for no elements. */
void *wire_array(struct wire_encoder *encoder, size_t count, size_t size);
/* As wire_array, and an array of pointers to the elements, which is what
 * protobuf-c wants for repeated submessages. */
void *wire_list(struct wire_encoder *encoder, size_t count, size_t size);
/* A list of texts. */
char **wire_strings(struct wire_encoder *encoder, const struct span *texts,
		    size_t count);

/* A list of texts, decoded: the array is the arena's. ERR_NOMEM. */
int wire_names(char **from, size_t count, struct arena *arena,
	       struct span **out, struct err *err);

bool wire_is_utf8(struct span text);

#endif
