#include "proto/wire_plain.h"

#include "proto/wire_scan.h"

/* Tags of fields that are prefixed by their length (tally.proto). */
#define TAG(number) ((uint8_t)((number) << 3 | 2))
#define TAG_REPORT TAG(12)

/* Takes a field off the front if it is this one. */
static bool take(struct span *bytes, uint8_t tag, struct span *out)
{
	struct span rest;
	uint64_t len;

	if (bytes->len < 2 || bytes->data[0] != tag)
		return false;
	rest = span_of(bytes->data + 1, bytes->len - 1);
	if (!wire_take_varint(&rest, &len) || len > rest.len)
		return false;
	*out = span_of(rest.data, (size_t)len);
	*bytes = span_of(rest.data + len, rest.len - (size_t)len);
	return true;
}

/* ---- batches ---- */

bool plain_next_sealed(struct span *sealed, struct span *salt,
		       struct span *body)
{
	struct span one;

	return take(sealed, TAG(4), &one) && take(&one, TAG(1), salt) &&
	       take(&one, TAG(2), body) && !one.len;
}

static bool read_batch(struct span bytes, struct plain_batch *out)
{
	struct plain_batch batch = { .count = 0 };
	struct span rest, salt, body;

	if (!take(&bytes, TAG(1), &batch.header) ||
	    !take(&bytes, TAG(2), &batch.signature) ||
	    !take(&bytes, TAG(3), &batch.key))
		return false;
	batch.sealed = bytes;
	for (rest = bytes; rest.len; batch.count++)
		if (batch.count == WIRE_STATEMENTS_MAX ||
		    !plain_next_sealed(&rest, &salt, &body))
			return false;
	*out = batch;
	return true;
}

static struct span moved(struct span part, struct span from, const uint8_t *to)
{
	return span_of(to + (part.data - from.data), part.len);
}

bool plain_batch(struct span bytes, struct arena *arena,
		 struct plain_batch *out)
{
	struct plain_batch batch;
	const uint8_t *copy;

	if (!read_batch(bytes, &batch))
		return false;
	copy = arena_copy(arena, bytes.data, bytes.len);
	if (!copy)
		return false;
	batch.header = moved(batch.header, bytes, copy);
	batch.signature = moved(batch.signature, bytes, copy);
	batch.key = moved(batch.key, bytes, copy);
	batch.sealed = moved(batch.sealed, bytes, copy);
	*out = batch;
	return true;
}

/* ---- reports ---- */

/* A text field, ASCII, or none: then *out is empty. */
static bool take_text(struct span *bytes, uint8_t tag, size_t bytes_max,
		      struct span *out)
{
	static const uint8_t none[1];

	*out = span_of(none, 0);
	if (!bytes->len || bytes->data[0] != tag)
		return true;
	if (!take(bytes, tag, out) || out->len > bytes_max)
		return false;
	for (size_t i = 0; i < out->len; i++)
		if (!out->data[i] || out->data[i] >= 0x80)
			return false;
	return true;
}

static bool take_cell(struct span *bytes, struct cell_text *out)
{
	struct span cell;

	return take(bytes, TAG(5), &cell) &&
	       take_text(&cell, TAG(1), WIRE_NAME_BYTES_MAX, &out->field) &&
	       take_text(&cell, TAG(2), WIRE_VALUE_BYTES_MAX, &out->value) &&
	       !cell.len;
}

/* cells: NULL, or has room for all that there are. */
static bool take_cells(struct span bytes, struct cell_text *cells,
		       struct report *out)
{
	struct cell_text cell;

	for (out->cell_count = 0; bytes.len; out->cell_count++) {
		if (out->cell_count == WIRE_CELLS_MAX ||
		    !take_cell(&bytes, &cell))
			return false;
		if (cells)
			cells[out->cell_count] = cell;
	}
	out->cells = cells;
	return true;
}

static bool read_report(struct span body, struct cell_text *cells,
			struct statement *out)
{
	struct report *report = &out->said.report;
	struct span said;

	*out = (struct statement){ .kind = SAID_REPORT };
	if (take(&body, TAG(1), &out->base) && out->base.len != BASE_BYTES)
		return false;
	return take(&body, TAG_REPORT, &said) && !body.len &&
	       take_text(&said, TAG(1), WIRE_NAME_BYTES_MAX, &report->target) &&
	       take_text(&said, TAG(2), WIRE_NAME_BYTES_MAX, &report->unit) &&
	       take_text(&said, TAG(3), WIRE_NAME_BYTES_MAX, &report->period) &&
	       take_text(&said, TAG(4), WIRE_NAME_BYTES_MAX, &report->item) &&
	       take_cells(said, cells, report);
}

bool plain_report(struct span body, struct arena *arena, struct statement *out)
{
	struct cell_text *cells = NULL;
	struct statement seen;
	const uint8_t *copy;
	size_t count;

	if (!read_report(body, NULL, &seen))
		return false;
	count = seen.said.report.cell_count;
	if (count)
		cells = arena_array(arena, count, sizeof(*cells));
	copy = arena_copy(arena, body.data, body.len);
	return copy && (cells || !count) &&
	       read_report(span_of(copy, body.len), cells, out);
}
