/* The message that tells an office what it needs to know. See talk.h. */
#include "proto/talk.h"

#include <assert.h>

#include "base/bytes.h"
#include "proto/wire_scan.h"
#include "tally.pb-c.h"

/* ---- files ---- */

static struct hash file_hash(const struct slice_file *file)
{
	uint8_t name_len[4], len[4];
	const struct span parts[] = { span_of(name_len, sizeof(name_len)),
				      file->name, span_of(len, sizeof(len)),
				      file->bytes };

	store_u32(name_len, (uint32_t)file->name.len);
	store_u32(len, (uint32_t)file->bytes.len);
	return hash_parts(parts, 4);
}

struct hash talk_files_hash(const struct slice_file *files, size_t count)
{
	struct hash hashes[TALK_FILES_MAX];
	struct span all = span_of(hashes, count * sizeof(*hashes));

	assert(count <= TALK_FILES_MAX);
	for (size_t i = 0; i < count; i++)
		hashes[i] = file_hash(&files[i]);
	return hash_span(all);
}

/* ---- encoding ---- */

static Tally__Cell **encode_cells(struct wire_encoder *e,
				  const struct cell_text *from, size_t count,
				  size_t *encoded)
{
	Tally__Cell **cells = wire_list(e, count, sizeof(Tally__Cell));

	*encoded = cells ? count : 0;
	for (size_t i = 0; i < *encoded; i++) {
		tally__cell__init(cells[i]);
		cells[i]->field = wire_string(e, from[i].field);
		cells[i]->value = wire_string(e, from[i].value);
	}
	return cells;
}

static Tally__HeadReview *encode_review(struct wire_encoder *e,
					const struct head_review *from)
{
	Tally__HeadReview *to;

	if (!from->index)
		return NULL;
	to = wire_array(e, 1, sizeof(*to));
	if (!to)
		return NULL;
	tally__head_review__init(to);
	to->index = from->index;
	to->n = from->n;
	to->recv_us = from->recv_us;
	to->unit = wire_string(e, from->unit);
	to->reason = wire_string(e, from->reason);
	return to;
}

static Tally__HeadBefore *encode_before(struct wire_encoder *e,
					const struct head_before *from)
{
	Tally__HeadBefore *to;

	if (!from->status.len)
		return NULL;
	to = wire_array(e, 1, sizeof(*to));
	if (!to)
		return NULL;
	tally__head_before__init(to);
	to->cells =
		encode_cells(e, from->cells, from->cell_count, &to->n_cells);
	to->status = wire_string(e, from->status);
	to->review = encode_review(e, &from->review);
	return to;
}

static void encode_head(struct wire_encoder *e, const struct head *from,
			Tally__Head *out)
{
	const struct report *report = &from->report;

	tally__head__init(out);
	out->target = wire_string(e, report->target);
	out->unit = wire_string(e, report->unit);
	out->period = wire_string(e, report->period);
	out->item = wire_string(e, report->item);
	out->salt = wire_data(from->salt, SALT_BYTES);
	out->index = from->index;
	out->n = from->n;
	out->recv_us = from->recv_us;
	out->status = wire_string(e, report->status);
	out->reason = wire_string(e, from->reason);
	out->text = wire_string(e, from->text);
	out->cells = encode_cells(e, report->cells, report->cell_count,
				  &out->n_cells);
	out->review = encode_review(e, &from->review);
	out->before = encode_before(e, &from->before);
	out->texts = from->texts;
}

static void encode_roles(struct wire_encoder *e, uint32_t roles,
			 Tally__Slice *out)
{
	out->roles = wire_array(e, ROLE_LAST, sizeof(*out->roles));
	for (uint32_t role = ROLE_REPORTER; out->roles && role <= ROLE_LAST;
	     role++)
		if (roles >> role & 1)
			out->roles[out->n_roles++] = role;
}

int talk_encode_slice(const struct slice *slice, struct strbuf *out,
		      struct err *err)
{
	Tally__Slice to = TALLY__SLICE__INIT;
	struct wire_encoder e;

	wire_encoder_init(&e);
	to.catalogue = slice->catalogue;
	to.files = wire_list(&e, slice->file_count, sizeof(Tally__SliceFile));
	to.n_files = to.files ? slice->file_count : 0;
	for (size_t i = 0; i < to.n_files; i++) {
		tally__slice_file__init(to.files[i]);
		to.files[i]->name = wire_string(&e, slice->files[i].name);
		to.files[i]->bytes = wire_data(slice->files[i].bytes.data,
					       slice->files[i].bytes.len);
	}
	to.heads = wire_list(&e, slice->head_count, sizeof(Tally__Head));
	to.n_heads = to.heads ? slice->head_count : 0;
	for (size_t i = 0; i < to.n_heads; i++)
		encode_head(&e, &slice->heads[i], to.heads[i]);
	to.units = wire_strings(&e, slice->units, slice->unit_count);
	to.n_units = to.units ? slice->unit_count : 0;
	encode_roles(&e, slice->roles, &to);
	to.until_us = slice->until_us;
	to.last = slice->last;
	to.same_files = slice->same_files;
	return wire_encoder_say(&e, WIRE_SLICE, &to.base, out, err);
}

/* ---- decoding ---- */

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to decode a message");
}

static int decode_cells(Tally__Cell **from, size_t count, struct arena *arena,
			struct cell_text **out, size_t *out_count,
			struct err *err)
{
	struct cell_text *cells = NULL;

	if (count) {
		cells = arena_array(arena, count, sizeof(*cells));
		if (!cells)
			return no_memory(err);
	}
	for (size_t i = 0; i < count; i++) {
		cells[i].field = wire_text(from[i]->field);
		cells[i].value = wire_text(from[i]->value);
	}
	*out = cells;
	*out_count = count;
	return 0;
}

/* Entry 0 founds the journal: nobody reviews in it. */
static int decode_review(const Tally__HeadReview *from, struct head_review *out,
			 struct err *err)
{
	if (!from)
		return 0;
	if (!from->index)
		return err_set(err, ERR_INVALID, "a review stands in no entry");
	*out = (struct head_review){
		.index = from->index,
		.n = from->n,
		.recv_us = from->recv_us,
		.unit = wire_text(from->unit),
		.reason = wire_text(from->reason),
	};
	return 0;
}

static int decode_before(const Tally__HeadBefore *from, struct arena *arena,
			 struct head_before *out, struct err *err)
{
	int rc;

	if (!from)
		return 0;
	out->status = wire_text(from->status);
	rc = decode_cells(from->cells, from->n_cells, arena, &out->cells,
			  &out->cell_count, err);
	return rc ? rc : decode_review(from->review, &out->review, err);
}

static int decode_head(const Tally__Head *from, struct arena *arena,
		       struct head *out, struct err *err)
{
	struct report *report = &out->report;
	int rc;

	report->target = wire_text(from->target);
	report->unit = wire_text(from->unit);
	report->period = wire_text(from->period);
	report->item = wire_text(from->item);
	report->status = wire_text(from->status);
	out->index = from->index;
	out->n = from->n;
	out->recv_us = from->recv_us;
	out->reason = wire_text(from->reason);
	out->text = wire_text(from->text);
	out->texts = from->texts;
	rc = decode_cells(from->cells, from->n_cells, arena, &report->cells,
			  &report->cell_count, err);
	if (!rc)
		rc = decode_review(from->review, &out->review, err);
	if (!rc)
		rc = decode_before(from->before, arena, &out->before, err);
	return rc ? rc :
		    wire_fixed(from->salt, "a head's salt", out->salt,
			       SALT_BYTES, err);
}

/* A role of a later program is none of ours. */
static uint32_t decode_roles(const uint32_t *from, size_t count)
{
	uint32_t roles = 0;

	for (size_t i = 0; i < count; i++)
		if (from[i] >= ROLE_REPORTER && from[i] <= ROLE_LAST)
			roles |= 1u << from[i];
	return roles;
}

int talk_decode_slice(struct span body, struct arena *arena, struct slice *out,
		      struct err *err)
{
	const ProtobufCMessage *message;
	const Tally__Slice *from;
	struct slice slice = { 0 };
	int rc = wire_unpack(&tally__slice__descriptor, body, arena, NULL,
			     &message, err);

	if (rc)
		return rc;
	from = (const Tally__Slice *)message;
	slice.catalogue = from->catalogue;
	slice.last = from->last;
	slice.same_files = from->same_files;
	slice.file_count = from->n_files;
	slice.head_count = from->n_heads;
	slice.unit_count = from->n_units;
	slice.until_us = from->until_us;
	slice.roles = decode_roles(from->roles, from->n_roles);
	slice.files = arena_array(arena, from->n_files, sizeof(*slice.files));
	slice.heads = arena_array(arena, from->n_heads, sizeof(*slice.heads));
	if (!slice.files || !slice.heads)
		return no_memory(err);
	for (size_t i = 0; i < from->n_files; i++) {
		slice.files[i].name = wire_text(from->files[i]->name);
		slice.files[i].bytes = wire_bytes(from->files[i]->bytes);
	}
	for (size_t i = 0; i < from->n_heads && !rc; i++)
		rc = decode_head(from->heads[i], arena, &slice.heads[i], err);
	if (!rc)
		rc = wire_names(from->units, from->n_units, arena, &slice.units,
				err);
	if (!rc)
		*out = slice;
	return rc;
}
