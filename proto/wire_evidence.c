/* The messages PROVE and EVIDENCE. See evidence.h. */
#include "proto/evidence.h"

#include "proto/wire_scan.h"
#include "tally.pb-c.h"

int evidence_encode_prove(const struct prove *prove, struct strbuf *out,
			  struct err *err)
{
	Tally__Prove to = TALLY__PROVE__INIT;
	struct wire_encoder e;

	wire_encoder_init(&e);
	to.seen_size = prove->seen_size;
	to.size = prove->size;
	to.indexes = prove->indexes;
	to.n_indexes = prove->index_count;
	return wire_encoder_say(&e, WIRE_PROVE, &to.base, out, err);
}

static int check_prove(const struct prove *prove, struct err *err)
{
	if (prove->size == 0 || prove->seen_size > prove->size)
		return err_set(err, ERR_INVALID,
			       "a PROVE asks about no checkpoint");
	for (size_t i = 0; i < prove->index_count; i++)
		if (prove->indexes[i] >= prove->size ||
		    (i && prove->indexes[i] <= prove->indexes[i - 1]))
			return err_set(err, ERR_INVALID,
				       "a PROVE asks for entries out of order, "
				       "or behind its checkpoint");
	return 0;
}

int evidence_decode_prove(struct span body, struct arena *arena,
			  struct prove *out, struct err *err)
{
	const ProtobufCMessage *message;
	const Tally__Prove *from;
	struct prove prove;
	int rc = wire_unpack(&tally__prove__descriptor, body, arena, NULL,
			     &message, err);

	if (rc)
		return rc;
	from = (const Tally__Prove *)message;
	prove = (struct prove){ .seen_size = from->seen_size,
				.size = from->size,
				.indexes = from->indexes,
				.index_count = from->n_indexes };
	rc = check_prove(&prove, err);
	if (!rc)
		*out = prove;
	return rc;
}

static ProtobufCBinaryData span_data(struct span span)
{
	return wire_data(span.data, span.len);
}

int evidence_encode(const struct evidence *evidence, struct strbuf *out,
		    struct err *err)
{
	Tally__Evidence to = TALLY__EVIDENCE__INIT;
	struct wire_encoder e;

	wire_encoder_init(&e);
	to.seen_size = evidence->seen_size;
	to.size = evidence->size;
	to.consistency = span_data(evidence->consistency);
	to.inclusions = wire_list(&e, evidence->inclusion_count,
				  sizeof(Tally__Inclusion));
	to.n_inclusions = to.inclusions ? evidence->inclusion_count : 0;
	for (size_t i = 0; i < to.n_inclusions; i++) {
		tally__inclusion__init(to.inclusions[i]);
		to.inclusions[i]->index = evidence->inclusions[i].index;
		to.inclusions[i]->hashes =
			span_data(evidence->inclusions[i].hashes);
	}
	return wire_encoder_say(&e, WIRE_EVIDENCE, &to.base, out, err);
}

int evidence_decode(struct span body, struct arena *arena, struct evidence *out,
		    struct err *err)
{
	const ProtobufCMessage *message;
	const Tally__Evidence *from;
	struct evidence evidence;
	int rc = wire_unpack(&tally__evidence__descriptor, body, arena, NULL,
			     &message, err);

	if (rc)
		return rc;
	from = (const Tally__Evidence *)message;
	evidence = (struct evidence){
		.seen_size = from->seen_size,
		.size = from->size,
		.consistency = wire_bytes(from->consistency),
		.inclusion_count = from->n_inclusions,
	};
	evidence.inclusions = arena_array(arena, from->n_inclusions + 1,
					  sizeof(*evidence.inclusions));
	if (!evidence.inclusions)
		return err_set(err, ERR_NOMEM, "no memory to decode");
	for (size_t i = 0; i < from->n_inclusions; i++)
		evidence.inclusions[i] = (struct inclusion){
			.index = from->inclusions[i]->index,
			.hashes = wire_bytes(from->inclusions[i]->hashes),
		};
	*out = evidence;
	return 0;
}

int evidence_encode_cosign(const struct cosign *cosign, struct strbuf *out,
			   struct err *err)
{
	Tally__Cosign to = TALLY__COSIGN__INIT;
	struct wire_encoder e;

	wire_encoder_init(&e);
	to.size = cosign->size;
	to.line = span_data(cosign->line);
	return wire_encoder_say(&e, WIRE_COSIGN, &to.base, out, err);
}

int evidence_decode_cosign(struct span body, struct arena *arena,
			   struct cosign *out, struct err *err)
{
	const ProtobufCMessage *message;
	const Tally__Cosign *from;
	int rc = wire_unpack(&tally__cosign__descriptor, body, arena, NULL,
			     &message, err);

	if (rc)
		return rc;
	from = (const Tally__Cosign *)message;
	if (from->line.len > NOTE_LINE_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "a cosignature is too long");
	*out = (struct cosign){ from->size, wire_bytes(from->line) };
	return 0;
}
