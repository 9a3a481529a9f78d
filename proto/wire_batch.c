/* Batches: statements under one signature. See wire.h and seal.h. */
#include "proto/wire.h"

#include <string.h>

#include "proto/merkle.h"
#include "proto/wire_plain.h"
#include "proto/wire_scan.h"
#include "tally.pb-c.h"

/* What one statement, decoded to compare its texts, may take. */
#define CHECK_ARENA_BYTES (4 * 1024 * 1024)
#define STATEMENT_TEXTS_FIELD 2 /* of tally.proto */

static const uint8_t zero_salt[SALT_BYTES];

static bool all_zero(struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.data[i])
			return false;
	return true;
}

bool wire_text_fits(struct span text)
{
	return text.len <= WIRE_TEXT_BYTES_MAX && wire_is_utf8(text) &&
	       !(text.len && memchr(text.data, 0, text.len));
}

/* ---- decoding ---- */

static int decode_text(const Tally__Text *from, struct text *out,
		       struct err *err)
{
	int rc = wire_fixed(from->salt, "a text's salt", out->salt, SALT_BYTES,
			    err);

	if (rc)
		return rc;
	out->text = wire_bytes(from->text);
	if (out->text.len > WIRE_TEXT_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "a text has more than %d bytes",
			       WIRE_TEXT_BYTES_MAX);
	/* A redacted text is zeros, salt included. */
	if (!wire_text_fits(out->text) &&
	    !(all_zero(out->text) && !memcmp(out->salt, zero_salt, SALT_BYTES)))
		return err_set(err, ERR_INVALID, "a text is not UTF-8 text");
	return 0;
}

static int decode_salt(ProtobufCBinaryData from, struct sealed *out,
		       struct err *err)
{
	int rc = wire_fixed(from, "a statement's salt", out->salt, SALT_BYTES,
			    err);

	/* Its first bytes name it as a base, where zero means none. */
	if (!rc && !memcmp(out->salt, zero_salt, BASE_BYTES))
		return err_set(err, ERR_INVALID,
			       "a statement's salt begins with zeros");
	return rc;
}

static int decode_sealed(const Tally__Sealed *from, struct arena *arena,
			 struct sealed *out, struct err *err)
{
	int rc = decode_salt(from->salt, out, err);

	if (rc)
		return rc;
	out->body = wire_bytes(from->body);
	if (from->n_texts) {
		out->texts =
			arena_array(arena, from->n_texts, sizeof(*out->texts));
		if (!out->texts)
			return err_set(err, ERR_NOMEM,
				       "no memory to decode a batch");
	}
	out->text_count = from->n_texts;
	for (size_t i = 0; i < from->n_texts && !rc; i++)
		rc = decode_text(from->texts[i], &out->texts[i], err);
	return rc;
}

static int decode_header(const struct plain_batch *from, struct batch *out,
			 struct err *err)
{
	int rc = seal_read_header(from->header, &out->header, err);

	if (!rc)
		rc = wire_fixed(
			wire_data(from->signature.data, from->signature.len),
			"a batch's signature", out->signature.bytes,
			SIGNATURE_BYTES, err);
	if (!rc)
		rc = wire_fixed(wire_data(from->key.data, from->key.len),
				"a batch's key", out->key.bytes, SIGN_KEY_BYTES,
				err);
	if (rc)
		return rc;
	if (!out->header.count || out->header.count != from->count)
		return err_set(err, ERR_INVALID,
			       "a batch's header promises %u statements, %zu "
			       "are in it",
			       out->header.count, from->count);
	out->header_bytes = from->header;
	out->name = seal_name(out->header_bytes, &out->signature);
	return 0;
}

/* The header, and room for count statements. */
static int begin_batch(const struct plain_batch *from, struct arena *arena,
		       struct batch *out, struct err *err)
{
	int rc = decode_header(from, out, err);

	if (rc)
		return rc;
	out->sealed = arena_array(arena, from->count, sizeof(*out->sealed));
	return out->sealed ?
		       0 :
		       err_set(err, ERR_NOMEM, "no memory to decode a batch");
}

static int decode_plain(const struct plain_batch *from, struct arena *arena,
			struct batch *out, struct err *err)
{
	struct span rest = from->sealed, salt;
	int rc = begin_batch(from, arena, out, err);

	for (size_t i = 0; i < from->count && !rc; i++) {
		struct sealed *sealed = &out->sealed[i];

		(void)plain_next_sealed(&rest, &salt, &sealed->body);
		rc = decode_salt(wire_data(salt.data, salt.len), sealed, err);
	}
	return rc;
}

int wire_unpack_batch(struct span bytes, struct arena *arena, struct batch *out,
		      struct err *err)
{
	const ProtobufCMessage *message;
	const Tally__Batch *from;
	struct plain_batch parts;
	int rc = wire_unpack(&tally__batch__descriptor, bytes, arena, NULL,
			     &message, err);

	if (rc)
		return rc;
	from = (const Tally__Batch *)message;
	parts = (struct plain_batch){ .header = wire_bytes(from->header),
				      .signature = wire_bytes(from->signature),
				      .key = wire_bytes(from->key),
				      .count = from->n_sealed };
	rc = begin_batch(&parts, arena, out, err);
	for (size_t i = 0; i < from->n_sealed && !rc; i++)
		rc = decode_sealed(from->sealed[i], arena, &out->sealed[i],
				   err);
	return rc;
}

int wire_decode_batch(struct span bytes, struct arena *arena, struct batch *out,
		      struct err *err)
{
	struct batch batch = { 0 };
	struct plain_batch plain;
	int rc;

	if (bytes.len > WIRE_BATCH_BYTES_MAX)
		return err_set(err, ERR_LIMIT,
			       "a batch has %zu bytes, more than %d", bytes.len,
			       WIRE_BATCH_BYTES_MAX);
	if (plain_batch(bytes, arena, &plain))
		rc = decode_plain(&plain, arena, &batch, err);
	else
		rc = wire_unpack_batch(bytes, arena, &batch, err);
	if (!rc)
		*out = batch;
	return rc;
}

/* ---- checking ---- */

/* The texts stand in the order of their hashes; *at moves behind the one that
 * the hash is of. */
static enum text_state next_text(const struct sealed *sealed,
				 const struct hash *said, size_t *at)
{
	const struct text *text;
	struct hash hash;

	if (*at == sealed->text_count)
		return TEXT_MISSING;
	text = &sealed->texts[*at];
	hash = hash_text(text->salt, text->text);
	if (hash_equal(&hash, said)) {
		++*at;
		return TEXT_THERE;
	}
	if (memcmp(text->salt, zero_salt, SALT_BYTES) != 0 ||
	    !all_zero(text->text))
		return TEXT_MISSING;
	++*at;
	return TEXT_BLOTTED;
}

static bool texts_match(const struct sealed *sealed,
			const struct text_hash *hashes, size_t count,
			bool redacted_ok)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++)
		if (next_text(sealed, &hashes[i].hash, &at) != TEXT_THERE &&
		    !redacted_ok)
			return false;
	return at == sealed->text_count;
}

enum text_state wire_text_state(const struct sealed *sealed,
				const struct statement *statement, size_t i)
{
	enum text_state state = TEXT_MISSING;
	size_t at = 0;

	for (size_t j = 0; j <= i; j++)
		state = next_text(sealed, &statement->texts[j].hash, &at);
	return state;
}

struct span wire_said_text(const struct sealed *sealed,
			   const struct statement *statement, const char *name)
{
	const struct text_hash *said = statement->texts;
	struct hash hash;

	for (size_t i = 0; i < statement->text_count; i++) {
		if (!span_equal(said[i].name, span_of_text(name)))
			continue;
		for (size_t j = 0; j < sealed->text_count; j++) {
			hash = hash_text(sealed->texts[j].salt,
					 sealed->texts[j].text);
			if (hash_equal(&hash, &said[i].hash))
				return sealed->texts[j].text;
		}
	}
	return span_of(NULL, 0);
}

bool wire_may_name_texts(struct span body)
{
	return wire_may_hold(body, STATEMENT_TEXTS_FIELD);
}

static int check_texts(const struct sealed *sealed, uint32_t n,
		       struct arena *scratch, bool redacted_ok, struct err *err)
{
	struct statement statement = { 0 };
	int rc;

	/* Most have none, and say so. */
	if (!sealed->text_count && !wire_may_name_texts(sealed->body))
		return 0;
	rc = wire_decode_statement(sealed->body, scratch, &statement, NULL);
	if (rc == ERR_NOMEM)
		return err_set(err, rc, "no memory to check a batch");
	/* A body that says nothing intelligible gets its verdict later; but it
	 * vouches for no text. */
	if (rc && !sealed->text_count)
		return 0;
	if (!rc && texts_match(sealed, statement.texts, statement.text_count,
			       redacted_ok))
		return 0;
	return err_set(err, ERR_DENIED,
		       "the texts of statement %u are not the signed ones", n);
}

int wire_check_batch(struct batch *batch, struct arena *arena, bool redacted_ok,
		     struct err *err)
{
	uint32_t count = batch->header.count;
	struct hash key = sign_key_hash(&batch->key);
	struct arena scratch;
	struct hash *leaves;
	struct hash root;
	int rc = 0;

	if (!hash_equal(&key, &batch->header.key))
		return err_set(err, ERR_DENIED,
			       "the batch's header names another key");
	if (!sign_check(&batch->key, &batch->signature, batch->header_bytes))
		return err_set(err, ERR_DENIED,
			       "the batch's signature is wrong");
	leaves = arena_array(arena, count, sizeof(*leaves));
	if (!leaves)
		return err_set(err, ERR_NOMEM, "no memory to check a batch");
	for (uint32_t i = 0; i < count; i++)
		leaves[i] =
			seal_leaf(batch->sealed[i].salt, batch->sealed[i].body);
	root = merkle_root(leaves, count);
	if (!hash_equal(&root, &batch->header.root))
		return err_set(
			err, ERR_DENIED,
			"the batch's statements are not the signed ones");
	arena_init(&scratch, CHECK_ARENA_BYTES);
	for (uint32_t i = 0; i < count && !rc; i++) {
		rc = check_texts(&batch->sealed[i], i, &scratch, redacted_ok,
				 err);
		arena_reset(&scratch);
	}
	arena_release(&scratch);
	if (!rc)
		batch->leaves = leaves;
	return rc;
}

int wire_decode_said(struct batch *batch, struct arena *arena, struct err *err)
{
	uint32_t count = batch->header.count;
	size_t cap = arena->cap;
	struct statement *list = arena_array(arena, count, sizeof(*list));
	struct statement **said =
		arena_array(arena, count, sizeof(struct statement *));

	if (!list || !said)
		return err_set(err, ERR_NOMEM, "no memory to decode a batch");
	for (uint32_t i = 0; i < count; i++) {
		/* What needs more is malformed for everybody. */
		arena->cap = arena->used + WIRE_ARENA_BYTES;
		if (!wire_decode_statement(batch->sealed[i].body, arena,
					   &list[i], NULL))
			said[i] = &list[i];
	}
	arena->cap = cap;
	batch->said = said;
	return 0;
}

/* ---- sealing ---- */

static void encode_sealed(struct wire_encoder *e, const struct sealed *from,
			  Tally__Sealed *out)
{
	tally__sealed__init(out);
	out->salt = wire_data(from->salt, SALT_BYTES);
	out->body = wire_data(from->body.data, from->body.len);
	out->texts = wire_list(e, from->text_count, sizeof(Tally__Text));
	if (e->rc)
		return;
	out->n_texts = from->text_count;
	for (size_t i = 0; i < from->text_count; i++) {
		const struct text *text = &from->texts[i];

		tally__text__init(out->texts[i]);
		out->texts[i]->salt = wire_data(text->salt, SALT_BYTES);
		out->texts[i]->text =
			wire_data(text->text.data, text->text.len);
	}
}

static struct hash root_of(const struct sealed *sealed, size_t count)
{
	struct frontier frontier;

	frontier_init(&frontier);
	for (size_t i = 0; i < count; i++) {
		struct hash leaf = seal_leaf(sealed[i].salt, sealed[i].body);

		frontier_add(&frontier, &leaf);
	}
	return frontier_root(&frontier);
}

int wire_seal_batch(struct seal_header *header, const struct sealed *sealed,
		    const struct sign_pair *pair, struct strbuf *out,
		    struct hash *name, struct err *err)
{
	uint8_t bytes[SEAL_HEADER_BYTES];
	Tally__Batch to = TALLY__BATCH__INIT;
	struct seal_header filled = *header;
	struct signature signature;
	struct wire_encoder e;
	int rc;

	if (!header->count || header->count > WIRE_STATEMENTS_MAX)
		return err_set(err, ERR_LIMIT,
			       "a batch is of 1 to %d statements, not %u",
			       WIRE_STATEMENTS_MAX, header->count);
	filled.key = sign_key_hash(&pair->key);
	filled.root = root_of(sealed, header->count);
	seal_write_header(&filled, bytes);
	signature = sign_message(pair, span_of(bytes, sizeof(bytes)));

	wire_encoder_init(&e);
	to.header = wire_data(bytes, sizeof(bytes));
	to.signature = wire_data(signature.bytes, SIGNATURE_BYTES);
	to.key = wire_data(pair->key.bytes, SIGN_KEY_BYTES);
	to.sealed = wire_list(&e, header->count, sizeof(Tally__Sealed));
	to.n_sealed = to.sealed ? header->count : 0;
	for (size_t i = 0; i < to.n_sealed; i++)
		encode_sealed(&e, &sealed[i], to.sealed[i]);
	rc = wire_encoder_finish(&e, &to.base, span_of(NULL, 0),
				 WIRE_BATCH_BYTES_MAX, out, err);
	if (rc)
		return rc;
	*header = filled;
	*name = seal_name(span_of(bytes, sizeof(bytes)), &signature);
	return 0;
}

/* ---- enrolment ---- */

#define TAG_BYTES_MAX 32

static size_t grant_message(const char *tag, const struct hash *journal,
			    const struct sign_key *key,
			    const uint8_t curve_key[CURVE_KEY_BYTES],
			    uint8_t out[TAG_BYTES_MAX + 96])
{
	size_t len = strnlen(tag, TAG_BYTES_MAX);

	memcpy(out, tag, len);
	memcpy(out + len, journal->bytes, HASH_BYTES);
	memcpy(out + len + 32, key->bytes, SIGN_KEY_BYTES);
	memcpy(out + len + 64, curve_key, CURVE_KEY_BYTES);
	return len + 96;
}

struct signature wire_authorise(const char *tag, const struct hash *journal,
				const struct sign_key *key,
				const uint8_t curve_key[CURVE_KEY_BYTES],
				const struct sign_pair *by)
{
	uint8_t msg[TAG_BYTES_MAX + 96];
	size_t len = grant_message(tag, journal, key, curve_key, msg);

	return sign_message(by, span_of(msg, len));
}

bool wire_authorised(const char *tag, const struct hash *journal,
		     const struct enrol *enrol)
{
	uint8_t msg[TAG_BYTES_MAX + 96];
	size_t len =
		grant_message(tag, journal, &enrol->key, enrol->curve_key, msg);

	return sign_check(&enrol->code_key, &enrol->authorisation,
			  span_of(msg, len));
}
