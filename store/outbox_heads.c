/*
 * The outbox's index of cells: cell "target|unit|period|item" -> its record,
 * see outbox_cell.h.
 */
#include "store/outbox_heads.h"

#include <string.h>

#include "base/strbuf.h"
#include "store/outbox_cell.h"
#include "store/outbox_parts.h"

#define KEY_BYTES_MAX (4 * (WIRE_NAME_BYTES_MAX + 1))

struct cell_key {
	char text[KEY_BYTES_MAX];
	size_t len;
};

/* ---- keys ---- */

static void catalogue_key(struct cell_key *out)
{
	out->len = sizeof(OUTBOX_CATALOGUE_KEY) - 1;
	memcpy(out->text, OUTBOX_CATALOGUE_KEY, out->len);
}

/* Decoded and encoded reports alike have names within their limit; a head
 * that somebody made up may not. */
static bool report_key(const struct report *report, struct cell_key *out)
{
	const struct span parts[] = { report->target, report->unit,
				      report->period, report->item };

	out->len = 0;
	for (size_t i = 0; i < 4; i++) {
		if (parts[i].len > WIRE_NAME_BYTES_MAX)
			return false;
		if (parts[i].len)
			memcpy(out->text + out->len, parts[i].data,
			       parts[i].len);
		out->len += parts[i].len;
		if (i < 3)
			out->text[out->len++] = '|';
	}
	return true;
}

/* False for statements that are not of a cell. */
static bool statement_key(const struct statement *statement,
			  struct cell_key *out)
{
	if (statement->kind == SAID_REPORT)
		return report_key(&statement->said.report, out);
	if (statement->kind != SAID_CATALOGUE_COMMIT)
		return false;
	catalogue_key(out);
	return true;
}

/* A head without a target is of the catalogue. */
static bool head_key(const struct head *head, struct cell_key *out)
{
	if (head->report.target.len)
		return report_key(&head->report, out);
	catalogue_key(out);
	return true;
}

bool outbox_heads_same(const struct statement *a, const struct statement *b)
{
	struct cell_key of_a, of_b;
	bool has_a = statement_key(a, &of_a);
	bool has_b = statement_key(b, &of_b);

	if (!has_a || !has_b)
		return has_a == has_b && a->kind == b->kind;
	return span_equal(span_of(of_a.text, of_a.len),
			  span_of(of_b.text, of_b.len));
}

/* ---- records ---- */

static int load(struct db_txn *txn, struct span key, struct arena *arena,
		struct cell_record *out, struct err *err)
{
	static const uint8_t nothing[4];
	struct span value;
	int rc = db_get(txn, OUTBOX_HEAD, key, &value, err);

	if (rc && rc != ERR_NOTFOUND)
		return rc;
	if (rc)
		value = span_of(nothing, sizeof(nothing));
	return cell_record_read(value, arena, out, err);
}

/* Writes only what changed. */
static int keep(struct db_txn *txn, struct span key,
		const struct cell_record *record, bool *changed,
		struct err *err)
{
	struct strbuf value;
	struct span before;
	int rc;

	strbuf_init(&value, 0);
	cell_record_write(record, &value);
	if (value.failed) {
		rc = err_set(err, ERR_NOMEM,
			     "no memory for what is known of cells");
		goto out;
	}
	rc = db_get(txn, OUTBOX_HEAD, key, &before, err);
	if (rc && rc != ERR_NOTFOUND)
		goto out;
	if (!rc && span_equal(before, strbuf_span(&value)))
		goto out;
	*changed = true;
	if (!record->pending_count && !record->is_known)
		rc = db_delete(txn, OUTBOX_HEAD, key, err);
	else
		rc = db_put(txn, OUTBOX_HEAD, key, strbuf_span(&value), err);
out:
	strbuf_release(&value);
	return rc;
}

/* ---- what changes them ---- */

int outbox_heads_saved(struct db_txn *txn, uint64_t number,
		       const struct statement *statement, struct arena *arena,
		       struct err *err)
{
	struct cell_record record = { 0 };
	struct cell_key key;
	bool changed;
	int rc;

	if (!statement_key(statement, &key))
		return 0;
	rc = load(txn, span_of(key.text, key.len), arena, &record, err);
	if (rc)
		return rc;
	record.pending[record.pending_count++] = number;
	return keep(txn, span_of(key.text, key.len), &record, &changed, err);
}

/* How an own item looks as a head. Spans as those of sealed and statement. */
static struct head head_of(const struct outbox_item *item,
			   const struct statement *statement)
{
	const struct sealed *sealed = &item->sealed;
	struct head head = { .index = item->index,
			     .n = item->n,
			     .recv_us = item->recv_us,
			     .texts = true };

	if (statement->kind == SAID_REPORT)
		head.report = statement->said.report;
	memcpy(head.salt, sealed->salt, SALT_BYTES);
	head.reason = wire_said_text(sealed, statement, "reason");
	head.text = wire_said_text(sealed, statement, "text");
	return head;
}

static void remove_pending(struct cell_record *record, uint64_t number)
{
	size_t kept = 0;

	for (size_t i = 0; i < record->pending_count; i++)
		if (record->pending[i] != number)
			record->pending[kept++] = record->pending[i];
	record->pending_count = kept;
}

/* An own review that was admitted shows on the version that it judges. */
static int review_delivered(struct db_txn *txn, const struct outbox_item *item,
			    const struct statement *statement,
			    struct arena *arena, struct err *err)
{
	struct head_review review = {
		.index = item->index,
		.n = item->n,
		.recv_us = item->recv_us,
		.reason = wire_said_text(&item->sealed, statement, "reason"),
	};
	struct cell_record record = { 0 };
	struct cell_key key;
	bool changed;
	int rc;

	if (!report_key(&statement->said.review, &key))
		return 0;
	rc = load(txn, span_of(key.text, key.len), arena, &record, err);
	if (rc || !record.is_known ||
	    !span_equal(statement->base,
			span_of(record.known.salt, BASE_BYTES)))
		return rc;
	cell_record_review(&record, statement->said.review.status, &review);
	return keep(txn, span_of(key.text, key.len), &record, &changed, err);
}

int outbox_heads_delivered(struct db_txn *txn, const struct outbox_item *item,
			   struct arena *arena, struct err *err)
{
	struct statement statement = { 0 };
	struct cell_record record = { 0 };
	struct cell_key key;
	bool changed;
	int rc = wire_decode_statement(item->sealed.body, arena, &statement,
				       err);

	if (rc) /* a recalled one may be of a newer program, or broken */
		return rc == ERR_NOMEM ? rc : 0;
	if (statement.kind == SAID_REVIEW && !item->verdict)
		return review_delivered(txn, item, &statement, arena, err);
	if (!statement_key(&statement, &key))
		return 0;
	rc = load(txn, span_of(key.text, key.len), arena, &record, err);
	if (rc)
		return rc;
	remove_pending(&record, item->number);
	/* A slice may have told it before its receipt, and its review too. */
	if (!item->verdict &&
	    !(record.is_known &&
	      !memcmp(record.known.salt, item->sealed.salt, SALT_BYTES))) {
		struct head head = head_of(item, &statement);

		cell_record_learn(&record, &head);
	}
	return keep(txn, span_of(key.text, key.len), &record, &changed, err);
}

/* In order of saving. */
static void add_pending(struct cell_record *record, uint64_t number)
{
	size_t at = record->pending_count++;

	for (; at && record->pending[at - 1] > number; at--)
		record->pending[at] = record->pending[at - 1];
	record->pending[at] = number;
}

int outbox_heads_taken_back(struct db_txn *txn, const struct outbox_item *item,
			    struct arena *arena, struct err *err)
{
	struct statement statement = { 0 };
	struct cell_record record = { 0 };
	struct cell_key key;
	bool changed;
	int rc = wire_decode_statement(item->sealed.body, arena, &statement,
				       err);

	if (rc)
		return rc == ERR_NOMEM ? rc : 0;
	if (!statement_key(&statement, &key))
		return 0;
	rc = load(txn, span_of(key.text, key.len), arena, &record, err);
	if (rc)
		return rc;
	remove_pending(&record, item->number);
	add_pending(&record, item->number);
	if (record.is_known &&
	    !memcmp(record.known.salt, item->sealed.salt, SALT_BYTES))
		record.is_known = false; /* a slice says what is */
	return keep(txn, span_of(key.text, key.len), &record, &changed, err);
}

struct forgotten {
	struct span key;
	struct forgotten *next;
};

struct forgetting_heads {
	uint64_t kept;
	struct arena *list, *scratch;
	struct forgotten *first;
	struct err *err;
};

static int note_head(void *arg, struct span key, struct span value)
{
	struct forgetting_heads *f = arg;
	struct cell_record record = { 0 };
	struct forgotten *one;
	const void *copy;
	int rc;

	arena_reset(f->scratch);
	rc = cell_record_read(value, f->scratch, &record, f->err);
	if (rc || !record.is_known ||
	    (record.known.index < f->kept &&
	     record.known.review.index < f->kept))
		return rc;
	one = arena_alloc(f->list, sizeof(*one));
	copy = arena_copy(f->list, key.data, key.len);
	if (!one || !copy)
		return err_set(f->err, ERR_NOMEM,
			       "no memory for what is known of cells");
	*one = (struct forgotten){ span_of(copy, key.len), f->first };
	f->first = one;
	return 0;
}

int outbox_heads_forget(struct db_txn *txn, uint64_t kept, struct arena *list,
			struct arena *scratch, struct err *err)
{
	struct forgetting_heads f = {
		.kept = kept, .list = list, .scratch = scratch, .err = err
	};
	int rc = db_scan(txn, OUTBOX_HEAD, span_of(NULL, 0), false, note_head,
			 &f, err);

	for (const struct forgotten *one = f.first; one && !rc;
	     one = one->next) {
		struct cell_record record = { 0 };
		bool changed;

		arena_reset(scratch);
		rc = load(txn, one->key, scratch, &record, err);
		record.is_known = false;
		if (!rc)
			rc = keep(txn, one->key, &record, &changed, err);
	}
	return rc;
}

int outbox_set_heads(struct outbox *outbox, const struct head *heads,
		     size_t count, struct err *err)
{
	bool changed = false;
	struct db_txn *txn;
	struct arena arena;
	int rc = db_begin(outbox->db, true, &txn, err);

	if (rc)
		return rc;
	arena_init(&arena, OUTBOX_SCRATCH_BYTES);
	for (size_t i = 0; i < count && !rc; i++) {
		struct cell_record record = { 0 };
		struct cell_key key;

		if (heads[i].report.cell_count > WIRE_CELLS_MAX ||
		    !head_key(&heads[i], &key)) {
			rc = err_set(err, ERR_LIMIT,
				     "a head is above the limits of a report");
			break;
		}
		rc = load(txn, span_of(key.text, key.len), &arena, &record,
			  err);
		if (!rc) {
			cell_record_learn(&record, &heads[i]);
			rc = keep(txn, span_of(key.text, key.len), &record,
				  &changed, err);
		}
		arena_reset(&arena);
	}
	arena_release(&arena);
	/* The same slice comes with every session: then nothing is synced. */
	if (!rc && changed)
		return db_commit(txn, err);
	db_abort(txn);
	return rc;
}

/* ---- reading ---- */

int outbox_heads_pending(struct db_txn *txn, struct span key,
			 struct arena *arena, uint64_t *number, struct err *err)
{
	struct cell_record record = { 0 };
	int rc = load(txn, key, arena, &record, err);

	*number = !rc && record.pending_count ? record.pending[0] : 0;
	return rc;
}

static int newest(struct db_txn *txn, const struct cell_record *record,
		  struct arena *arena, struct head *out, struct err *err)
{
	struct statement statement = { 0 };
	struct outbox_item item = { 0 };
	int rc;

	if (!record->pending_count && !record->is_known)
		return err_set(err, ERR_NOTFOUND,
			       "nothing is known of this cell");
	if (!record->pending_count) {
		*out = record->known;
		return 0;
	}
	rc = outbox_copy_item(txn, record->pending[record->pending_count - 1],
			      arena, &item, err);
	if (!rc)
		rc = wire_decode_statement(item.sealed.body, arena, &statement,
					   err);
	if (!rc)
		*out = head_of(&item, &statement);
	return rc;
}

int outbox_head(struct outbox *outbox, struct span key, struct arena *arena,
		struct head *out, struct err *err)
{
	struct cell_record record = { 0 };
	struct db_txn *txn;
	int rc;

	if (!key.len || key.len > KEY_BYTES_MAX)
		return err_set(err, ERR_NOTFOUND,
			       "nothing is known of this cell");
	rc = db_begin(outbox->db, false, &txn, err);
	if (rc)
		return rc;
	rc = load(txn, key, arena, &record, err);
	if (!rc)
		rc = newest(txn, &record, arena, out, err);
	db_abort(txn);
	return rc;
}

struct visiting {
	struct db_txn *txn;
	struct arena *arena;
	int (*visit)(void *arg, struct span key, const struct head *head);
	void *arg;
	struct err *err;
};

static int visit_record(void *arg, struct span key, struct span value)
{
	struct visiting *visiting = arg;
	struct cell_record record = { 0 };
	struct head head;
	int rc;

	if (span_equal(key, span_of_text(OUTBOX_CATALOGUE_KEY)))
		return 0;
	rc = cell_record_read(value, visiting->arena, &record, visiting->err);
	if (!rc)
		rc = newest(visiting->txn, &record, visiting->arena, &head,
			    visiting->err);
	return rc ? rc : visiting->visit(visiting->arg, key, &head);
}

int outbox_heads(struct outbox *outbox, struct arena *arena,
		 int (*visit)(void *arg, struct span key,
			      const struct head *head),
		 void *arg, struct err *err)
{
	struct visiting visiting = {
		.arena = arena, .visit = visit, .arg = arg, .err = err
	};
	int rc = db_begin(outbox->db, false, &visiting.txn, err);

	if (rc)
		return rc;
	rc = db_scan(visiting.txn, OUTBOX_HEAD, span_of(NULL, 0), false,
		     visit_record, &visiting, err);
	db_abort(visiting.txn);
	return rc;
}
