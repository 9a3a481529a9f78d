#include "store/outbox_cell.h"

#include <string.h>

#include "base/bytes.h"

/* ---- writing ---- */

static void add_text(struct strbuf *out, struct span text)
{
	strbuf_add_u32(out, (uint32_t)text.len);
	strbuf_add(out, text.data, text.len);
}

static void add_cells(struct strbuf *out, const struct cell_text *cells,
		      size_t count)
{
	strbuf_add_u32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		add_text(out, cells[i].field);
		add_text(out, cells[i].value);
	}
}

static void add_review(struct strbuf *out, const struct head_review *review)
{
	strbuf_add_u64(out, review->index);
	strbuf_add_u32(out, review->n);
	strbuf_add_u64(out, review->recv_us);
	add_text(out, review->unit);
	add_text(out, review->reason);
}

static void add_head(struct strbuf *out, const struct head *head)
{
	const struct report *report = &head->report;

	strbuf_add(out, head->salt, SALT_BYTES);
	strbuf_add_u64(out, head->index);
	strbuf_add_u32(out, head->n);
	strbuf_add_u64(out, head->recv_us);
	add_text(out, report->target);
	add_text(out, report->unit);
	add_text(out, report->period);
	add_text(out, report->item);
	add_text(out, report->status);
	add_text(out, head->reason);
	add_cells(out, report->cells, report->cell_count);
	add_text(out, head->text);
	add_review(out, &head->review);
	add_text(out, head->before.status);
	add_cells(out, head->before.cells, head->before.cell_count);
	add_review(out, &head->before.review);
}

void cell_record_write(const struct cell_record *record, struct strbuf *out)
{
	strbuf_add_u32(out, (uint32_t)record->pending_count);
	for (size_t i = 0; i < record->pending_count; i++)
		strbuf_add_u64(out, record->pending[i]);
	if (record->is_known)
		add_head(out, &record->known);
}

/* ---- reading ---- */

static struct span read_text(struct reader *reader)
{
	return read_span(reader, read_u32(reader));
}

static int read_cells(struct reader *reader, struct arena *arena,
		      struct cell_text **out, size_t *out_count)
{
	size_t count = read_u32(reader);
	struct cell_text *cells;

	if (reader->failed || count > WIRE_CELLS_MAX)
		return ERR_CORRUPT;
	cells = arena_array(arena, count, sizeof(*cells));
	if (!cells)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++) {
		cells[i].field = read_text(reader);
		cells[i].value = read_text(reader);
	}
	*out = cells;
	*out_count = count;
	return 0;
}

static struct head_review read_review(struct reader *reader)
{
	struct head_review review;

	review.index = read_u64(reader);
	review.n = read_u32(reader);
	review.recv_us = read_u64(reader);
	review.unit = read_text(reader);
	review.reason = read_text(reader);
	return review;
}

static int read_judged(struct reader *reader, struct arena *arena,
		       struct head *out)
{
	int rc;

	out->text = read_text(reader);
	out->review = read_review(reader);
	out->before.status = read_text(reader);
	rc = read_cells(reader, arena, &out->before.cells,
			&out->before.cell_count);
	if (!rc)
		out->before.review = read_review(reader);
	return rc;
}

static int read_head(struct reader *reader, struct arena *arena,
		     struct head *out)
{
	struct report *report = &out->report;
	int rc;

	read_copy(reader, out->salt, SALT_BYTES);
	out->index = read_u64(reader);
	out->n = read_u32(reader);
	out->recv_us = read_u64(reader);
	report->target = read_text(reader);
	report->unit = read_text(reader);
	report->period = read_text(reader);
	report->item = read_text(reader);
	report->status = read_text(reader);
	out->reason = read_text(reader);
	rc = read_cells(reader, arena, &report->cells, &report->cell_count);
	if (!rc && reader_left(reader))
		rc = read_judged(reader, arena, out);
	if (!rc && reader->failed)
		rc = ERR_CORRUPT;
	return rc;
}

int cell_record_read(struct span value, struct arena *arena,
		     struct cell_record *out, struct err *err)
{
	struct cell_record record = { 0 };
	const void *copy = arena_copy(arena, value.data, value.len);
	struct reader reader;
	int rc = copy ? 0 : ERR_NOMEM;

	reader_init(&reader, span_of(copy, copy ? value.len : 0));
	record.pending_count = read_u32(&reader);
	if (!rc && record.pending_count > reader_left(&reader) / 8)
		rc = ERR_CORRUPT;
	if (!rc)
		record.pending = arena_array(arena, record.pending_count + 1,
					     sizeof(*record.pending));
	if (!rc && !record.pending)
		rc = ERR_NOMEM;
	for (size_t i = 0; i < record.pending_count && !rc; i++)
		record.pending[i] = read_u64(&reader);
	record.is_known = !rc && reader_left(&reader) > 0;
	if (record.is_known)
		rc = read_head(&reader, arena, &record.known);
	if (rc == ERR_NOMEM)
		return err_set(err, rc, "no memory for what is known of cells");
	if (rc || reader.failed || reader_left(&reader))
		return err_set(err, ERR_CORRUPT,
			       "the outbox is damaged: what it knows of a cell "
			       "is not as it was written");
	*out = record;
	return 0;
}

/* ---- learning ---- */

static bool is_before(uint64_t index_a, uint32_t n_a, uint64_t index_b,
		      uint32_t n_b)
{
	return index_a < index_b || (index_a == index_b && n_a < n_b);
}

static bool same_review(const struct head_review *a,
			const struct head_review *b)
{
	return a->index == b->index && a->n == b->n;
}

/* Nobody looked up what the new word's texts are. */
static void keep_texts(const struct head *known, struct head *head)
{
	head->reason = known->reason;
	head->text = known->text;
	if (same_review(&known->review, &head->review))
		head->review.reason = known->review.reason;
	if (same_review(&known->before.review, &head->before.review))
		head->before.review.reason = known->before.review.reason;
}

/* Of the same version. */
static void learn_more(const struct head *known, struct head *head)
{
	if (!head->texts)
		keep_texts(known, head);
	/* A slice may be older than the receipt of an own review. */
	if (is_before(head->review.index, head->review.n, known->review.index,
		      known->review.n)) {
		head->report.status = known->report.status;
		head->review = known->review;
	}
}

/* Of a newer one: a receipt does not say what was judged before. */
static void learn_newer(const struct head *known, struct head *head)
{
	if (head->before.status.len)
		return;
	head->before = known->before;
	if (known->review.index)
		head->before = (struct head_before){
			.cells = known->report.cells,
			.cell_count = known->report.cell_count,
			.status = known->report.status,
			.review = known->review,
		};
}

void cell_record_learn(struct cell_record *record, const struct head *head)
{
	const struct head *known = &record->known;
	struct head learnt = *head;

	if (record->is_known) {
		if (is_before(head->index, head->n, known->index, known->n))
			return;
		if (head->index == known->index && head->n == known->n)
			learn_more(known, &learnt);
		else
			learn_newer(known, &learnt);
	}
	record->known = learnt;
	record->is_known = true;
}

void cell_record_review(struct cell_record *record, struct span status,
			const struct head_review *review)
{
	struct head *known = &record->known;

	if (!record->is_known ||
	    is_before(review->index, review->n, known->review.index,
		      known->review.n))
		return;
	known->report.status = status;
	/* A slice may have told who we are. */
	if (same_review(review, &known->review))
		return;
	known->review = *review;
}
