/* The messages of a session, but for SLICE. See talk.h. */
#include "proto/talk.h"

#include <string.h>

#include "proto/wire_scan.h"
#include "tally.pb-c.h"

/* ---- encoding ---- */

static ProtobufCBinaryData hash_data(const struct hash *hash)
{
	return wire_data(hash->bytes, HASH_BYTES);
}

static ProtobufCBinaryData span_data(struct span span)
{
	return wire_data(span.data, span.len);
}

int talk_encode_hello(const struct hello *hello, struct strbuf *out,
		      struct err *err)
{
	static const struct hash none;
	Tally__Hello to = TALLY__HELLO__INIT;
	struct wire_encoder e;

	wire_encoder_init(&e);
	to.version_min = hello->version_min;
	to.version_max = hello->version_max;
	to.must_understand = wire_strings(&e, hello->must_understand,
					  hello->must_understand_count);
	if (to.must_understand)
		to.n_must_understand = hello->must_understand_count;
	to.next = hello->next;
	to.head = hash_data(&hello->head);
	to.first_kept = hello->first_kept;
	to.last_kept = hello->last_kept;
	to.seen_size = hello->seen_size;
	to.seen_root = hash_data(&hello->seen_root);
	to.program = wire_string(&e, hello->program);
	if (!hash_equal(&hello->catalogue, &none))
		to.catalogue = hash_data(&hello->catalogue);
	return wire_encoder_say(&e, WIRE_HELLO, &to.base, out, err);
}

int talk_encode_welcome(const struct welcome *welcome, struct strbuf *out,
			struct err *err)
{
	ProtobufCBinaryData reopened[REOPENINGS_MAX];
	ProtobufCBinaryData successions[SUCCESSIONS_MAX];
	Tally__Welcome to = TALLY__WELCOME__INIT;
	struct wire_encoder e;

	wire_encoder_init(&e);
	for (size_t i = 0; i < welcome->reopened_count; i++)
		reopened[i] = span_data(welcome->reopened[i]);
	to.reopened = reopened;
	to.n_reopened = welcome->reopened_count;
	for (size_t i = 0; i < welcome->succession_count; i++)
		successions[i] = span_data(welcome->successions[i]);
	to.successions = successions;
	to.n_successions = welcome->succession_count;
	to.version = welcome->version;
	to.wanted = welcome->wanted;
	to.head = hash_data(&welcome->head);
	if (welcome->head_header.len) {
		to.head_header = span_data(welcome->head_header);
		to.head_signature = wire_data(welcome->head_signature.bytes,
					      SIGNATURE_BYTES);
	}
	to.credit_until = welcome->credit_until;
	to.credit_bytes = welcome->credit_bytes;
	to.ping_ms = welcome->ping_ms;
	to.checkpoint = span_data(welcome->checkpoint);
	to.safe = welcome->safe;
	to.catalogue = welcome->catalogue;
	to.zone_minutes = welcome->zone_minutes;
	to.simulated = welcome->simulated;
	to.offices = welcome->offices;
	to.now_us = welcome->now_us;
	return wire_encoder_say(&e, WIRE_WELCOME, &to.base, out, err);
}

int talk_encode_batch(struct span batch, struct strbuf *out, struct err *err)
{
	uint8_t prefix[WIRE_PREFIX_BYTES];

	if (batch.len > WIRE_BATCH_BYTES_MAX)
		return err_set(err, ERR_LIMIT,
			       "a batch has %zu bytes, more than %d", batch.len,
			       WIRE_BATCH_BYTES_MAX);
	wire_write_prefix(prefix, WIRE_BATCH);
	strbuf_add(out, prefix, sizeof(prefix));
	strbuf_add(out, batch.data, batch.len);
	if (out->failed)
		return err_set(err, ERR_NOMEM, "no memory to send a batch");
	return 0;
}

static uint32_t *encode_verdicts(struct wire_encoder *e,
				 const struct receipt *from, size_t *count)
{
	uint32_t *verdicts =
		wire_array(e, from->verdict_count, sizeof(*verdicts));

	*count = verdicts ? from->verdict_count : 0;
	for (size_t i = 0; i < *count; i++)
		verdicts[i] = from->verdicts[i];
	return verdicts;
}

int talk_encode_ack(const struct ack *ack, struct strbuf *out, struct err *err)
{
	Tally__Ack to = TALLY__ACK__INIT;
	struct wire_encoder e;

	wire_encoder_init(&e);
	to.durable = ack->durable;
	to.receipts = wire_list(&e, ack->receipt_count, sizeof(Tally__Receipt));
	to.n_receipts = to.receipts ? ack->receipt_count : 0;
	for (size_t i = 0; i < to.n_receipts; i++) {
		const struct receipt *from = &ack->receipts[i];

		tally__receipt__init(to.receipts[i]);
		to.receipts[i]->sequence = from->sequence;
		to.receipts[i]->index = from->index;
		to.receipts[i]->recv_us = from->recv_us;
		to.receipts[i]->verdicts =
			encode_verdicts(&e, from, &to.receipts[i]->n_verdicts);
	}
	to.credit_until = ack->credit_until;
	to.credit_bytes = ack->credit_bytes;
	to.safe = ack->safe;
	to.checkpoint = span_data(ack->checkpoint);
	to.catalogue = ack->catalogue;
	return wire_encoder_say(&e, WIRE_ACK, &to.base, out, err);
}

int talk_encode_nack(const struct nack *nack, struct strbuf *out,
		     struct err *err)
{
	Tally__Nack to = TALLY__NACK__INIT;
	struct wire_encoder e;

	wire_encoder_init(&e);
	to.sequence = nack->sequence;
	to.code = (uint32_t)nack->code;
	to.text = wire_string(&e, nack->text);
	to.retry_ms = nack->retry_ms;
	to.wanted = nack->wanted;
	return wire_encoder_say(&e, WIRE_NACK, &to.base, out, err);
}

int talk_encode_recall(const struct recall *recall, struct strbuf *out,
		       struct err *err)
{
	static const struct hash none;
	Tally__Recall to = TALLY__RECALL__INIT;
	struct wire_encoder e;

	wire_encoder_init(&e);
	to.from = recall->from;
	to.count = recall->count;
	if (!hash_equal(&recall->key, &none))
		to.key = hash_data(&recall->key);
	return wire_encoder_say(&e, WIRE_RECALL, &to.base, out, err);
}

int talk_encode_recalled(const struct recalled *recalled, struct strbuf *out,
			 struct err *err)
{
	Tally__Recalled to = TALLY__RECALLED__INIT;
	struct wire_encoder e;

	wire_encoder_init(&e);
	to.sequence = recalled->receipt.sequence;
	to.index = recalled->receipt.index;
	to.recv_us = recalled->receipt.recv_us;
	to.batch = span_data(recalled->batch);
	to.verdicts = encode_verdicts(&e, &recalled->receipt, &to.n_verdicts);
	return wire_encoder_say(&e, WIRE_RECALLED, &to.base, out, err);
}

int talk_encode_ping(enum wire_type type, uint64_t now_us, struct strbuf *out,
		     struct err *err)
{
	Tally__Ping ping = TALLY__PING__INIT;
	Tally__Pong pong = TALLY__PONG__INIT;
	struct wire_encoder e;

	wire_encoder_init(&e);
	ping.now_us = now_us;
	pong.now_us = now_us;
	return wire_encoder_say(&e, type,
				type == WIRE_PING ? &ping.base : &pong.base,
				out, err);
}

/* ---- decoding ---- */

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to decode a message");
}

int talk_decode_hello(struct span body, struct arena *arena, struct hello *out,
		      struct err *err)
{
	const ProtobufCMessage *message;
	const Tally__Hello *from;
	struct hello hello = { 0 };
	int rc = wire_unpack(&tally__hello__descriptor, body, arena, NULL,
			     &message, err);

	if (rc)
		return rc;
	from = (const Tally__Hello *)message;
	hello.version_min = from->version_min;
	hello.version_max = from->version_max;
	hello.must_understand_count = from->n_must_understand;
	hello.next = from->next;
	hello.first_kept = from->first_kept;
	hello.last_kept = from->last_kept;
	hello.seen_size = from->seen_size;
	hello.program = wire_text(from->program);
	rc = wire_names(from->must_understand, from->n_must_understand, arena,
			&hello.must_understand, err);
	if (!rc)
		rc = wire_fixed(from->head, "a head", hello.head.bytes,
				HASH_BYTES, err);
	if (!rc)
		rc = wire_fixed(from->seen_root, "a root",
				hello.seen_root.bytes, HASH_BYTES, err);
	if (!rc && from->catalogue.len)
		rc = wire_fixed(from->catalogue, "a catalogue's hash",
				hello.catalogue.bytes, HASH_BYTES, err);
	if (!rc && !hello.next)
		rc = err_set(err, ERR_INVALID,
			     "sequence numbers start at 1, not 0");
	if (!rc)
		*out = hello;
	return rc;
}

int talk_decode_welcome(struct span body, struct arena *arena,
			struct welcome *out, struct err *err)
{
	const ProtobufCMessage *message;
	const Tally__Welcome *from;
	struct welcome welcome = { 0 };
	int rc = wire_unpack(&tally__welcome__descriptor, body, arena, NULL,
			     &message, err);

	if (rc)
		return rc;
	from = (const Tally__Welcome *)message;
	welcome.version = from->version;
	welcome.wanted = from->wanted;
	welcome.head_header = wire_bytes(from->head_header);
	welcome.credit_until = from->credit_until;
	welcome.credit_bytes = from->credit_bytes;
	welcome.ping_ms = from->ping_ms;
	welcome.checkpoint = wire_bytes(from->checkpoint);
	welcome.safe = from->safe;
	welcome.catalogue = from->catalogue;
	welcome.zone_minutes = from->zone_minutes;
	welcome.simulated = from->simulated;
	welcome.offices = from->offices;
	welcome.now_us = from->now_us;
	welcome.reopened_count = from->n_reopened;
	for (size_t i = 0; i < from->n_reopened; i++)
		welcome.reopened[i] = wire_bytes(from->reopened[i]);
	welcome.succession_count = from->n_successions;
	for (size_t i = 0; i < from->n_successions; i++)
		welcome.successions[i] = wire_bytes(from->successions[i]);
	rc = wire_fixed(from->head, "a head", welcome.head.bytes, HASH_BYTES,
			err);
	if (!rc && from->head_header.len &&
	    from->head_header.len != SEAL_HEADER_BYTES)
		rc = err_set(err, ERR_INVALID,
			     "a head's header has %zu bytes, not %d",
			     from->head_header.len, SEAL_HEADER_BYTES);
	if (!rc && (from->head_header.len || from->head_signature.len))
		rc = wire_fixed(from->head_signature, "a head's signature",
				welcome.head_signature.bytes, SIGNATURE_BYTES,
				err);
	if (!rc && !welcome.wanted)
		rc = err_set(err, ERR_INVALID,
			     "sequence numbers start at 1, not 0");
	if (!rc)
		*out = welcome;
	return rc;
}

static int decode_verdicts(const uint32_t *from, size_t count,
			   struct arena *arena, struct receipt *out,
			   struct err *err)
{
	if (count) {
		out->verdicts =
			arena_array(arena, count, sizeof(*out->verdicts));
		if (!out->verdicts)
			return no_memory(err);
	}
	out->verdict_count = count;
	for (size_t i = 0; i < count; i++) {
		if (from[i] > UINT16_MAX)
			return err_set(err, ERR_INVALID,
				       "there is no verdict %u", from[i]);
		out->verdicts[i] = (uint16_t)from[i];
	}
	return 0;
}

int talk_decode_ack(struct span body, struct arena *arena, struct ack *out,
		    struct err *err)
{
	const ProtobufCMessage *message;
	const Tally__Ack *from;
	struct ack ack = { 0 };
	int rc = wire_unpack(&tally__ack__descriptor, body, arena, NULL,
			     &message, err);

	if (rc)
		return rc;
	from = (const Tally__Ack *)message;
	ack.durable = from->durable;
	ack.credit_until = from->credit_until;
	ack.credit_bytes = from->credit_bytes;
	ack.safe = from->safe;
	ack.checkpoint = wire_bytes(from->checkpoint);
	ack.catalogue = from->catalogue;
	ack.receipt_count = from->n_receipts;
	if (ack.receipt_count) {
		ack.receipts = arena_array(arena, ack.receipt_count,
					   sizeof(*ack.receipts));
		if (!ack.receipts)
			return no_memory(err);
	}
	for (size_t i = 0; i < ack.receipt_count && !rc; i++) {
		const Tally__Receipt *one = from->receipts[i];

		ack.receipts[i].sequence = one->sequence;
		ack.receipts[i].index = one->index;
		ack.receipts[i].recv_us = one->recv_us;
		rc = decode_verdicts(one->verdicts, one->n_verdicts, arena,
				     &ack.receipts[i], err);
	}
	if (!rc)
		*out = ack;
	return rc;
}

int talk_decode_nack(struct span body, struct arena *arena, struct nack *out,
		     struct err *err)
{
	const ProtobufCMessage *message;
	const Tally__Nack *from;
	int rc = wire_unpack(&tally__nack__descriptor, body, arena, NULL,
			     &message, err);

	if (rc)
		return rc;
	from = (const Tally__Nack *)message;
	if (from->code < NACK_BUSY || from->code > NACK_GRANT)
		return err_set(err, ERR_INVALID,
			       "a NACK has code %u, which is not known",
			       from->code);
	*out = (struct nack){
		.sequence = from->sequence,
		.code = (enum nack_code)from->code,
		.text = wire_text(from->text),
		.retry_ms = from->retry_ms,
		.wanted = from->wanted,
	};
	return 0;
}

int talk_decode_recall(struct span body, struct arena *arena,
		       struct recall *out, struct err *err)
{
	const ProtobufCMessage *message;
	const Tally__Recall *from;
	int rc = wire_unpack(&tally__recall__descriptor, body, arena, NULL,
			     &message, err);

	if (rc)
		return rc;
	from = (const Tally__Recall *)message;
	if (!from->from || !from->count ||
	    from->count > UINT64_MAX - from->from)
		return err_set(err, ERR_INVALID,
			       "a RECALL asks for no batches");
	*out = (struct recall){ .from = from->from, .count = from->count };
	return from->key.len ? wire_fixed(from->key, "a key", out->key.bytes,
					  HASH_BYTES, err) :
			       0;
}

int talk_decode_recalled(struct span body, struct arena *arena,
			 struct recalled *out, struct err *err)
{
	const ProtobufCMessage *message;
	const Tally__Recalled *from;
	struct recalled recalled = { 0 };
	int rc = wire_unpack(&tally__recalled__descriptor, body, arena, NULL,
			     &message, err);

	if (rc)
		return rc;
	from = (const Tally__Recalled *)message;
	if (from->batch.len > WIRE_BATCH_BYTES_MAX)
		return err_set(err, ERR_LIMIT,
			       "a recalled batch has %zu bytes, more than %d",
			       from->batch.len, WIRE_BATCH_BYTES_MAX);
	recalled.receipt.sequence = from->sequence;
	recalled.receipt.index = from->index;
	recalled.receipt.recv_us = from->recv_us;
	recalled.batch = wire_bytes(from->batch);
	rc = decode_verdicts(from->verdicts, from->n_verdicts, arena,
			     &recalled.receipt, err);
	if (!rc)
		*out = recalled;
	return rc;
}

int talk_decode_ping(struct span body, struct arena *arena, uint64_t *now_us,
		     struct err *err)
{
	const ProtobufCMessage *message;
	int rc = wire_unpack(&tally__ping__descriptor, body, arena, NULL,
			     &message, err);

	/* Ping and Pong are alike. */
	if (!rc)
		*now_us = ((const Tally__Ping *)message)->now_us;
	return rc;
}
