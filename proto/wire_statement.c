/* Statements: what a body says. See wire.h. */
#include "proto/wire.h"

#include <string.h>

#include "proto/wire_plain.h"
#include "proto/wire_scan.h"
#include "tally.pb-c.h"

static const char *const text_names[] = { "text", "reason", "note" };

/* ---- decoding ---- */

/* First failure wins, so that a list of fields reads as a list. */
struct decoder {
	struct arena *arena;
	struct err *err;
	bool unknown;
	int rc;
};

static void fixed(struct decoder *d, ProtobufCBinaryData field,
		  const char *name, void *out, size_t len)
{
	if (!d->rc)
		d->rc = wire_fixed(field, name, out, len, d->err);
}

static void *array(struct decoder *d, size_t count, size_t size)
{
	void *result;

	if (d->rc || !count)
		return NULL;
	result = arena_array(d->arena, count, size);
	if (!result)
		d->rc = err_set(d->err, ERR_NOMEM,
				"no memory to decode a statement");
	return result;
}

static void decode_collector_keys(struct decoder *d,
				  const Tally__CollectorKeys *from,
				  struct collector_keys *out)
{
	fixed(d, from->checkpoint_key, "a checkpoint key",
	      out->checkpoint_key.bytes, SIGN_KEY_BYTES);
	fixed(d, from->curve_key, "a CURVE key", out->curve_key,
	      CURVE_KEY_BYTES);
}

static void decode_found(struct decoder *d, const Tally__Found *from,
			 struct found *out)
{
	out->name = wire_text(from->name);
	out->rules = from->rules;
	out->zone_minutes = from->zone_minutes;
	out->simulated = from->simulated;
	out->administrators =
		array(d, from->n_administrators, sizeof(*out->administrators));
	out->collectors =
		array(d, from->n_collectors, sizeof(*out->collectors));
	out->recovery_keys =
		array(d, from->n_recovery_keys, sizeof(*out->recovery_keys));
	if (d->rc)
		return;
	out->administrator_count = from->n_administrators;
	out->collector_count = from->n_collectors;
	out->recovery_key_count = from->n_recovery_keys;
	for (size_t i = 0; i < from->n_administrators; i++) {
		const Tally__Administrator *one = from->administrators[i];

		fixed(d, one->key, "an administrator's key",
		      out->administrators[i].key.bytes, SIGN_KEY_BYTES);
		fixed(d, one->curve_key, "an administrator's CURVE key",
		      out->administrators[i].curve_key, CURVE_KEY_BYTES);
	}
	for (size_t i = 0; i < from->n_collectors; i++)
		decode_collector_keys(d, from->collectors[i],
				      &out->collectors[i]);
	for (size_t i = 0; i < from->n_recovery_keys; i++)
		fixed(d, from->recovery_keys[i], "a recovery key",
		      out->recovery_keys[i].bytes, SIGN_KEY_BYTES);
}

static void decode_grant(struct decoder *d, const Tally__Grant *from,
			 struct grant *out)
{
	out->unit = wire_text(from->unit);
	out->units = array(d, from->n_units, sizeof(*out->units));
	if (d->rc)
		return;
	out->unit_count = from->n_units;
	for (size_t i = 0; i < from->n_units; i++)
		out->units[i] = wire_text(from->units[i]);
	for (size_t i = 0; i < from->n_roles; i++) {
		uint32_t role = from->roles[i];

		if (role >= ROLE_REPORTER && role <= ROLE_LAST)
			out->roles |= 1u << role;
		else
			d->unknown = true;
	}
	fixed(d, from->code_key, "a code's key", out->code_key.bytes,
	      SIGN_KEY_BYTES);
	fixed(d, from->code_curve_key, "a code's CURVE key",
	      out->code_curve_key, CURVE_KEY_BYTES);
	out->expires_us = from->expires_us;
	out->until_us = from->until_us;
	out->bytes_a_day = from->bytes_a_day;
	out->statements_a_day = from->statements_a_day;
}

/* Enrol and Rotate have the same four fields. */
static void decode_enrol(struct decoder *d, const ProtobufCBinaryData from[4],
			 struct enrol *out)
{
	fixed(d, from[0], "the authorising key", out->code_key.bytes,
	      SIGN_KEY_BYTES);
	fixed(d, from[1], "a new key", out->key.bytes, SIGN_KEY_BYTES);
	fixed(d, from[2], "a new CURVE key", out->curve_key, CURVE_KEY_BYTES);
	fixed(d, from[3], "an authorisation", out->authorisation.bytes,
	      SIGNATURE_BYTES);
}

static void decode_cells(struct decoder *d, Tally__Cell *const *from,
			 size_t count, struct report *out)
{
	out->cells = array(d, count, sizeof(*out->cells));
	if (d->rc)
		return;
	out->cell_count = count;
	for (size_t i = 0; i < count; i++) {
		out->cells[i].field = wire_text(from[i]->field);
		out->cells[i].value = wire_text(from[i]->value);
	}
}

static void decode_report(struct decoder *d, const Tally__Report *from,
			  struct report *out)
{
	out->target = wire_text(from->target);
	out->unit = wire_text(from->unit);
	out->period = wire_text(from->period);
	out->item = wire_text(from->item);
	decode_cells(d, from->cells, from->n_cells, out);
}

static void decode_adjust(struct decoder *d, const Tally__Adjust *from,
			  struct report *out)
{
	out->target = wire_text(from->target);
	out->unit = wire_text(from->unit);
	out->period = wire_text(from->period);
	out->status = wire_text(from->name);
	decode_cells(d, from->cells, from->n_cells, out);
}

static void decode_redact(const Tally__Redact *from, struct redact *out)
{
	out->entry = from->entry;
	out->n = from->n;
	out->text = wire_text(from->text);
}

static void decode_review(const Tally__Review *from, struct report *out)
{
	out->target = wire_text(from->target);
	out->unit = wire_text(from->unit);
	out->period = wire_text(from->period);
	out->item = wire_text(from->item);
	out->status = wire_text(from->status);
}

static void decode_texts(struct decoder *d, const Tally__Statement *from,
			 struct statement *out)
{
	out->texts = array(d, from->n_texts, sizeof(*out->texts));
	if (d->rc)
		return;
	out->text_count = from->n_texts;
	for (size_t i = 0; i < from->n_texts; i++) {
		bool known = false;

		out->texts[i].name = wire_text(from->texts[i]->name);
		for (size_t k = 0; k < 3; k++)
			known |= span_equal(out->texts[i].name,
					    span_of_text(text_names[k]));
		d->unknown |= !known;
		for (size_t k = 0; k < i; k++)
			if (!d->rc &&
			    span_equal(out->texts[k].name, out->texts[i].name))
				d->rc = err_set(d->err, ERR_INVALID,
						"a statement has two texts of "
						"one name");
		fixed(d, from->texts[i]->hash, "a text's hash",
		      out->texts[i].hash.bytes, HASH_BYTES);
	}
}

static void decode_said(struct decoder *d, const Tally__Statement *from,
			struct statement *out)
{
	out->kind = (enum statement_kind)from->said_case;
	switch (from->said_case) {
	case TALLY__STATEMENT__SAID_FOUND:
		decode_found(d, from->found, &out->said.found);
		break;
	case TALLY__STATEMENT__SAID_GRANT:
		decode_grant(d, from->grant, &out->said.grant);
		break;
	case TALLY__STATEMENT__SAID_ENROL:
		decode_enrol(d,
			     (ProtobufCBinaryData[]){
				     from->enrol->code_key, from->enrol->key,
				     from->enrol->curve_key,
				     from->enrol->authorisation },
			     &out->said.enrol);
		break;
	case TALLY__STATEMENT__SAID_ROTATE:
		decode_enrol(d,
			     (ProtobufCBinaryData[]){
				     from->rotate->old_key, from->rotate->key,
				     from->rotate->curve_key,
				     from->rotate->authorisation },
			     &out->said.rotate);
		break;
	case TALLY__STATEMENT__SAID_REVOKE:
		fixed(d, from->revoke->key, "a revoked key",
		      out->said.revoke.key.bytes, SIGN_KEY_BYTES);
		out->said.revoke.from_sequence = from->revoke->from_sequence;
		break;
	case TALLY__STATEMENT__SAID_RULES:
		out->said.rules = from->rules->version;
		break;
	case TALLY__STATEMENT__SAID_COLLECTOR_KEYS:
		decode_collector_keys(d, from->collector_keys,
				      &out->said.collector_keys);
		break;
	case TALLY__STATEMENT__SAID_CATALOGUE_PART:
		fixed(d, from->catalogue_part->set, "a catalogue's set",
		      out->said.part.set, SALT_BYTES);
		out->said.part.file = wire_text(from->catalogue_part->file);
		out->said.part.n = from->catalogue_part->n;
		out->said.part.bytes = wire_bytes(from->catalogue_part->bytes);
		break;
	case TALLY__STATEMENT__SAID_CATALOGUE_COMMIT:
		fixed(d, from->catalogue_commit->set, "a catalogue's set",
		      out->said.commit.set, SALT_BYTES);
		out->said.commit.parts = from->catalogue_commit->parts;
		fixed(d, from->catalogue_commit->sha256, "a catalogue's hash",
		      out->said.commit.sha256.bytes, HASH_BYTES);
		break;
	case TALLY__STATEMENT__SAID_REPORT:
		decode_report(d, from->report, &out->said.report);
		break;
	case TALLY__STATEMENT__SAID_REVIEW:
		decode_review(from->review, &out->said.review);
		break;
	case TALLY__STATEMENT__SAID_ADJUST:
		decode_adjust(d, from->adjust, &out->said.adjust);
		break;
	case TALLY__STATEMENT__SAID_REDACT:
		decode_redact(from->redact, &out->said.redact);
		break;
	case TALLY__STATEMENT__SAID_CLOSE:
		break;
	case TALLY__STATEMENT__SAID__NOT_SET:
	case _TALLY__STATEMENT__SAID__CASE_IS_INT_SIZE:
		if (!d->rc)
			d->rc = err_set(d->err, ERR_INVALID,
					"a statement says nothing");
		break;
	}
}

int wire_unpack_statement(struct span body, struct arena *arena,
			  struct statement *out, struct err *err)
{
	struct decoder d = { .arena = arena, .err = err };
	struct statement statement = { 0 };
	const ProtobufCMessage *message;
	const Tally__Statement *from;
	int rc = wire_unpack(&tally__statement__descriptor, body, arena,
			     &d.unknown, &message, err);

	if (rc)
		return rc;
	from = (const Tally__Statement *)message;
	if (from->base_salt.len && from->base_salt.len != BASE_BYTES)
		return err_set(err, ERR_INVALID,
			       "a statement's base has %zu bytes, not %d",
			       from->base_salt.len, BASE_BYTES);
	statement.base = wire_bytes(from->base_salt);
	decode_texts(&d, from, &statement);
	/* What came with unknown fields may mean something else by those that
	 * we know. */
	if (!d.unknown)
		decode_said(&d, from, &statement);
	if (d.rc)
		return d.rc;
	if (d.unknown) {
		memset(&statement.said, 0, sizeof(statement.said));
		statement.kind = SAID_UNKNOWN;
	}
	*out = statement;
	return 0;
}

int wire_decode_statement(struct span body, struct arena *arena,
			  struct statement *out, struct err *err)
{
	return plain_report(body, arena, out) ?
		       0 :
		       wire_unpack_statement(body, arena, out, err);
}

/* ---- encoding ---- */

/* Where the one thing that a statement says is built. */
union said_message {
	Tally__Found found;
	Tally__Grant grant;
	Tally__Enrol enrol;
	Tally__Rotate rotate;
	Tally__Revoke revoke;
	Tally__Rules rules;
	Tally__CollectorKeys collector_keys;
	Tally__CataloguePart part;
	Tally__CatalogueCommit commit;
	Tally__Report report;
	Tally__Review review;
	Tally__Adjust adjust;
	Tally__Redact redact;
	Tally__Close close;
};

static ProtobufCBinaryData key_data(const struct sign_key *key)
{
	return wire_data(key->bytes, SIGN_KEY_BYTES);
}

static void encode_collector_keys(const struct collector_keys *from,
				  Tally__CollectorKeys *out)
{
	tally__collector_keys__init(out);
	out->checkpoint_key = key_data(&from->checkpoint_key);
	out->curve_key = wire_data(from->curve_key, CURVE_KEY_BYTES);
}

static void encode_found(struct wire_encoder *e, const struct found *from,
			 Tally__Found *out)
{
	tally__found__init(out);
	out->name = wire_string(e, from->name);
	out->rules = from->rules;
	out->zone_minutes = from->zone_minutes;
	out->simulated = from->simulated;
	out->administrators = wire_list(e, from->administrator_count,
					sizeof(Tally__Administrator));
	out->collectors = wire_list(e, from->collector_count,
				    sizeof(Tally__CollectorKeys));
	out->recovery_keys = wire_array(e, from->recovery_key_count,
					sizeof(*out->recovery_keys));
	if (e->rc)
		return;
	out->n_administrators = from->administrator_count;
	out->n_collectors = from->collector_count;
	out->n_recovery_keys = from->recovery_key_count;
	for (size_t i = 0; i < from->administrator_count; i++) {
		const struct administrator *one = &from->administrators[i];

		tally__administrator__init(out->administrators[i]);
		out->administrators[i]->key = key_data(&one->key);
		out->administrators[i]->curve_key =
			wire_data(one->curve_key, CURVE_KEY_BYTES);
	}
	for (size_t i = 0; i < from->collector_count; i++)
		encode_collector_keys(&from->collectors[i], out->collectors[i]);
	for (size_t i = 0; i < from->recovery_key_count; i++)
		out->recovery_keys[i] = key_data(&from->recovery_keys[i]);
}

static void encode_grant(struct wire_encoder *e, const struct grant *from,
			 Tally__Grant *out)
{
	tally__grant__init(out);
	out->unit = wire_string(e, from->unit);
	out->units = wire_strings(e, from->units, from->unit_count);
	out->roles = wire_array(e, ROLE_LAST, sizeof(*out->roles));
	if (e->rc)
		return;
	out->n_units = from->unit_count;
	for (uint32_t role = ROLE_REPORTER; role <= ROLE_LAST; role++)
		if (from->roles >> role & 1)
			out->roles[out->n_roles++] = role;
	out->code_key = key_data(&from->code_key);
	out->code_curve_key = wire_data(from->code_curve_key, CURVE_KEY_BYTES);
	out->expires_us = from->expires_us;
	out->until_us = from->until_us;
	out->bytes_a_day = from->bytes_a_day;
	out->statements_a_day = from->statements_a_day;
}

static void encode_enrol(const struct enrol *from, Tally__Enrol *out)
{
	tally__enrol__init(out);
	out->code_key = key_data(&from->code_key);
	out->key = key_data(&from->key);
	out->curve_key = wire_data(from->curve_key, CURVE_KEY_BYTES);
	out->authorisation =
		wire_data(from->authorisation.bytes, SIGNATURE_BYTES);
}

static void encode_rotate(const struct enrol *from, Tally__Rotate *out)
{
	tally__rotate__init(out);
	out->old_key = key_data(&from->code_key);
	out->key = key_data(&from->key);
	out->curve_key = wire_data(from->curve_key, CURVE_KEY_BYTES);
	out->authorisation =
		wire_data(from->authorisation.bytes, SIGNATURE_BYTES);
}

static Tally__Cell **encode_cells(struct wire_encoder *e,
				  const struct report *from, size_t *count)
{
	Tally__Cell **cells =
		wire_list(e, from->cell_count, sizeof(Tally__Cell));

	if (e->rc)
		return NULL;
	*count = from->cell_count;
	for (size_t i = 0; i < from->cell_count; i++) {
		tally__cell__init(cells[i]);
		cells[i]->field = wire_string(e, from->cells[i].field);
		cells[i]->value = wire_string(e, from->cells[i].value);
	}
	return cells;
}

static void encode_report(struct wire_encoder *e, const struct report *from,
			  Tally__Report *out)
{
	tally__report__init(out);
	out->target = wire_string(e, from->target);
	out->unit = wire_string(e, from->unit);
	out->period = wire_string(e, from->period);
	out->item = wire_string(e, from->item);
	out->cells = encode_cells(e, from, &out->n_cells);
}

static void encode_adjust(struct wire_encoder *e, const struct report *from,
			  Tally__Adjust *out)
{
	tally__adjust__init(out);
	out->target = wire_string(e, from->target);
	out->unit = wire_string(e, from->unit);
	out->period = wire_string(e, from->period);
	out->name = wire_string(e, from->status);
	out->cells = encode_cells(e, from, &out->n_cells);
}

static void encode_review(struct wire_encoder *e, const struct report *from,
			  Tally__Review *out)
{
	tally__review__init(out);
	out->target = wire_string(e, from->target);
	out->unit = wire_string(e, from->unit);
	out->period = wire_string(e, from->period);
	out->item = wire_string(e, from->item);
	out->status = wire_string(e, from->status);
}

static void encode_catalogue_part(struct wire_encoder *e,
				  const struct catalogue_part *from,
				  Tally__CataloguePart *out)
{
	tally__catalogue_part__init(out);
	out->set = wire_data(from->set, SALT_BYTES);
	out->file = wire_string(e, from->file);
	out->n = from->n;
	out->bytes = wire_data(from->bytes.data, from->bytes.len);
}

static void encode_texts(struct wire_encoder *e, const struct statement *from,
			 Tally__Statement *out)
{
	out->texts = wire_list(e, from->text_count, sizeof(Tally__TextHash));
	if (e->rc)
		return;
	out->n_texts = from->text_count;
	for (size_t i = 0; i < from->text_count; i++) {
		tally__text_hash__init(out->texts[i]);
		out->texts[i]->name = wire_string(e, from->texts[i].name);
		out->texts[i]->hash =
			wire_data(from->texts[i].hash.bytes, HASH_BYTES);
	}
}

/* Kinds that are about keys; the others are in encode_said. */
static void encode_keys(const struct statement *from, union said_message *said)
{
	if (from->kind == SAID_REVOKE) {
		tally__revoke__init(&said->revoke);
		said->revoke.key = key_data(&from->said.revoke.key);
		said->revoke.from_sequence = from->said.revoke.from_sequence;
	} else if (from->kind == SAID_ENROL) {
		encode_enrol(&from->said.enrol, &said->enrol);
	} else {
		encode_rotate(&from->said.rotate, &said->rotate);
	}
}

static void encode_said(struct wire_encoder *e, const struct statement *from,
			union said_message *said)
{
	switch (from->kind) {
	case SAID_FOUND:
		encode_found(e, &from->said.found, &said->found);
		break;
	case SAID_GRANT:
		encode_grant(e, &from->said.grant, &said->grant);
		break;
	case SAID_ENROL:
	case SAID_ROTATE:
	case SAID_REVOKE:
		encode_keys(from, said);
		break;
	case SAID_RULES:
		tally__rules__init(&said->rules);
		said->rules.version = from->said.rules;
		break;
	case SAID_COLLECTOR_KEYS:
		encode_collector_keys(&from->said.collector_keys,
				      &said->collector_keys);
		break;
	case SAID_CATALOGUE_PART:
		encode_catalogue_part(e, &from->said.part, &said->part);
		break;
	case SAID_CATALOGUE_COMMIT:
		tally__catalogue_commit__init(&said->commit);
		said->commit.set = wire_data(from->said.commit.set, SALT_BYTES);
		said->commit.parts = from->said.commit.parts;
		said->commit.sha256 =
			wire_data(from->said.commit.sha256.bytes, HASH_BYTES);
		break;
	case SAID_REPORT:
		encode_report(e, &from->said.report, &said->report);
		break;
	case SAID_REVIEW:
		encode_review(e, &from->said.review, &said->review);
		break;
	case SAID_ADJUST:
		encode_adjust(e, &from->said.adjust, &said->adjust);
		break;
	case SAID_REDACT:
		tally__redact__init(&said->redact);
		said->redact.entry = from->said.redact.entry;
		said->redact.n = from->said.redact.n;
		said->redact.text = wire_string(e, from->said.redact.text);
		break;
	case SAID_CLOSE:
		tally__close__init(&said->close);
		break;
	case SAID_UNKNOWN:
		break;
	}
}

int wire_encode_statement(const struct statement *statement, struct strbuf *out,
			  struct err *err)
{
	Tally__Statement to = TALLY__STATEMENT__INIT;
	union said_message said;
	struct wire_encoder e;

	if (statement->kind < SAID_FOUND || statement->kind >= SAID_UNKNOWN)
		return err_set(err, ERR_INVALID,
			       "a statement of no known kind cannot be sent");
	if (statement->base.len && statement->base.len != BASE_BYTES)
		return err_set(err, ERR_INVALID,
			       "a statement's base has %zu bytes, not %d",
			       statement->base.len, BASE_BYTES);
	wire_encoder_init(&e);
	to.base_salt = wire_data(statement->base.data, statement->base.len);
	encode_texts(&e, statement, &to);
	encode_said(&e, statement, &said);
	/* The kinds have the numbers of the fields, and the members of the
	 * union share one address. */
	to.said_case = (Tally__Statement__SaidCase)statement->kind;
	to.report = &said.report;
	return wire_encoder_finish(&e, &to.base, span_of(NULL, 0),
				   WIRE_BATCH_BYTES_MAX, out, err);
}
