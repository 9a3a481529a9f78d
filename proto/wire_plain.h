/*
 * What is sent most, read by hand: batches without free texts, and reports.
 * protobuf-c takes several times as long for them. Plain is the form that our
 * own encoder writes: each field once, in order. Whatever is not plain is left
 * to wire_unpack, which also says what is wrong with it; what is plain is
 * decoded to the same (tests/proto/test_wire_plain.c). Not for others than
 * wire*.c.
 */
#ifndef TALLY_PROTO_WIRE_PLAIN_H
#define TALLY_PROTO_WIRE_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "proto/wire.h"

/* Of a copy in the arena. */
struct plain_batch {
	struct span header, signature, key;
	struct span sealed; /* count of them, for plain_next_sealed */
	size_t count;
};

/* False: it is not plain, or the arena is full. */
bool plain_batch(struct span bytes, struct arena *arena,
		 struct plain_batch *out);
/* Takes one off the front of plain_batch.sealed; false: it is not plain. */
bool plain_next_sealed(struct span *sealed, struct span *salt,
		       struct span *body);

/* A report without free texts, all of it in the arena. False as above. */
bool plain_report(struct span body, struct arena *arena, struct statement *out);

/* The same by protobuf-c: as wire_decode_statement and wire_decode_batch, which
 * come here with what is not plain. */
int wire_unpack_statement(struct span body, struct arena *arena,
			  struct statement *out, struct err *err);
int wire_unpack_batch(struct span bytes, struct arena *arena, struct batch *out,
		      struct err *err);

#endif
