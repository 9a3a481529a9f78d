/* Every message that arrives from outside, statements and batches. */
#include <assert.h>

#include "fuzz/fuzz.h"
#include "proto/evidence.h"
#include "proto/talk.h"
#include "proto/wire.h"

union said {
	struct hello hello;
	struct welcome welcome;
	struct ack ack;
	struct nack nack;
	struct recall recall;
	struct recalled recalled;
	struct slice slice;
	uint64_t now_us;
	struct prove prove;
	struct evidence evidence;
	struct cosign cosign;
};

static void decode_batch(struct span bytes, struct arena *arena)
{
	struct statement statement;
	struct batch batch;
	struct err err;

	if (wire_decode_batch(bytes, arena, &batch, &err))
		return;
	for (size_t i = 0; i < batch.header.count; i++)
		(void)wire_decode_statement(batch.sealed[i].body, arena,
					    &statement, &err);
	(void)wire_check_batch(&batch, arena, true, &err);
}

/* What was understood can be said again, and is understood the same. */
static void decode_statement(struct span body, struct arena *arena)
{
	struct statement statement, again;
	struct strbuf text;
	struct err err;

	if (wire_decode_statement(body, arena, &statement, &err) ||
	    statement.kind == SAID_UNKNOWN)
		return;
	strbuf_init(&text, 0);
	if (!wire_encode_statement(&statement, &text, &err)) {
		assert(!wire_decode_statement(span_of(text.text, text.len),
					      arena, &again, &err));
		assert(again.kind == statement.kind);
	}
	strbuf_release(&text);
}

static void decode_message(enum wire_type type, struct span body,
			   struct arena *arena)
{
	union said said;
	struct err err;

	switch (type) {
	case WIRE_HELLO:
		(void)talk_decode_hello(body, arena, &said.hello, &err);
		break;
	case WIRE_WELCOME:
		(void)talk_decode_welcome(body, arena, &said.welcome, &err);
		break;
	case WIRE_BATCH:
		decode_batch(body, arena);
		break;
	case WIRE_ACK:
		(void)talk_decode_ack(body, arena, &said.ack, &err);
		break;
	case WIRE_NACK:
		(void)talk_decode_nack(body, arena, &said.nack, &err);
		break;
	case WIRE_RECALL:
		(void)talk_decode_recall(body, arena, &said.recall, &err);
		break;
	case WIRE_RECALLED:
		(void)talk_decode_recalled(body, arena, &said.recalled, &err);
		break;
	case WIRE_SLICE:
		(void)talk_decode_slice(body, arena, &said.slice, &err);
		break;
	case WIRE_PING:
	case WIRE_PONG:
		(void)talk_decode_ping(body, arena, &said.now_us, &err);
		break;
	case WIRE_PROVE:
		(void)evidence_decode_prove(body, arena, &said.prove, &err);
		break;
	case WIRE_COSIGN:
		(void)evidence_decode_cosign(body, arena, &said.cosign, &err);
		break;
	case WIRE_EVIDENCE:
		(void)evidence_decode(body, arena, &said.evidence, &err);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_of(data, size), body;
	enum wire_type type;
	struct arena arena;
	struct err err;

	arena_init(&arena, WIRE_ARENA_BYTES);
	if (!wire_read_prefix(input, &type, &body, &err))
		decode_message(type, body, &arena);
	arena_reset(&arena);
	decode_statement(input, &arena);
	arena_release(&arena);
	return 0;
}
