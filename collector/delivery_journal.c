/*
 * What deliveries take from the journal: batches that an office has lost, and
 * the free texts of statements, which no row of the store repeats.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/rt/log.h"
#include "collector/delivery_parts.h"
#include "proto/talk.h"

#define WANTED_OF_HEAD 3

static int read_entry(struct delivery *delivery, uint64_t index,
		      struct journal_entry *out, struct err *err)
{
	int rc;

	if (!delivery->journal)
		rc = journal_read_open(delivery->journal_dir, index,
				       &delivery->journal, err);
	else
		rc = journal_read_seek(delivery->journal, index, err);
	if (rc)
		return rc;
	rc = journal_read_next(delivery->journal, out, err);
	if (rc == 0)
		return err_set(err, ERR_CORRUPT,
			       "entry %llu is missing in the journal",
			       (unsigned long long)index);
	return rc < 0 ? rc : 0;
}

/* ---- texts ---- */

/* A statement whose texts a head has: NULL where it has none of that name. */
struct wanted {
	uint64_t index;
	uint32_t n;
	struct span *reason, *text;
	struct head *head;
};

static size_t want(struct head *head, struct wanted *out)
{
	struct head_review *reviews[] = { &head->review, &head->before.review };
	size_t count = 1;

	out[0] = (struct wanted){ .index = head->index,
				  .n = head->n,
				  .reason = &head->reason,
				  .text = &head->text,
				  .head = head };
	for (size_t i = 0; i < 2; i++)
		if (reviews[i]->index)
			out[count++] = (struct wanted){
				.index = reviews[i]->index,
				.n = reviews[i]->n,
				.reason = &reviews[i]->reason,
				.head = head,
			};
	return count;
}

static int by_index(const void *left, const void *right)
{
	const struct wanted *a = left, *b = right;

	return (a->index > b->index) - (a->index < b->index);
}

/* A text that could not be sent on (its author made it of zeros, as if it had
 * been redacted) is none. */
static int take_text(struct delivery *delivery, const struct sealed *sealed,
		     const struct statement *statement, const char *name,
		     struct span *out, struct err *err)
{
	struct span text = wire_said_text(sealed, statement, name);
	const void *copy;

	if (!text.len || !wire_text_fits(text))
		return 0;
	copy = arena_copy(&delivery->texts, text.data, text.len);
	if (!copy)
		return err_set(err, ERR_NOMEM, "no memory for texts");
	*out = span_of(copy, text.len);
	return 0;
}

static int take_texts(struct delivery *delivery, const struct batch *batch,
		      const struct wanted *wanted, struct err *err)
{
	const struct sealed *sealed;
	struct statement statement;
	int rc;

	if (wanted->n >= batch->header.count)
		return err_set(err, ERR_CORRUPT,
			       "entry %llu has no statement %u",
			       (unsigned long long)wanted->index, wanted->n);
	sealed = &batch->sealed[wanted->n];
	rc = wire_decode_statement(sealed->body, &delivery->scratch, &statement,
				   err);
	if (!rc)
		rc = take_text(delivery, sealed, &statement, "reason",
			       wanted->reason, err);
	if (!rc && wanted->text)
		rc = take_text(delivery, sealed, &statement, "text",
			       wanted->text, err);
	return rc;
}

/* Those of one entry. */
static int take_entry(struct delivery *delivery, const struct wanted *wanted,
		      size_t count, struct err *err)
{
	struct journal_entry entry;
	struct batch batch;
	int rc = read_entry(delivery, wanted->index, &entry, err);

	arena_reset(&delivery->scratch);
	if (!rc)
		rc = wire_decode_batch(entry.batch, &delivery->scratch, &batch,
				       err);
	for (size_t i = 0; i < count && !rc; i++)
		rc = take_texts(delivery, &batch, &wanted[i], err);
	return rc;
}

/* A journal that cannot be read here is for the audit to judge; offices go on
 * without the texts. */
static void give_up(struct delivery *delivery, const struct wanted *wanted,
		    size_t count, const struct err *err)
{
	log_err(LOG_ERROR, "texts-unreadable", err);
	for (size_t i = 0; i < count; i++)
		wanted[i].head->texts = false;
	journal_read_close(delivery->journal);
	delivery->journal = NULL;
}

void delivery_add_texts(struct delivery *delivery, struct head_found *found,
			size_t count)
{
	struct wanted wanted[WANTED_OF_HEAD * DELIVERY_TEXTS_MAX];
	size_t total = 0;

	assert(count <= DELIVERY_TEXTS_MAX);
	arena_reset(&delivery->texts);
	for (size_t i = 0; i < count; i++) {
		found[i].head.texts = true;
		total += want(&found[i].head, &wanted[total]);
	}
	qsort(wanted, total, sizeof(*wanted), by_index);
	for (size_t i = 0, same; i < total; i += same) {
		struct err err = { 0 };

		for (same = 1; i + same < total; same++)
			if (wanted[i + same].index != wanted[i].index)
				break;
		if (take_entry(delivery, &wanted[i], same, &err))
			give_up(delivery, &wanted[i], same, &err);
	}
}

/* ---- recalled batches ---- */

static int read_taken(struct delivery *delivery,
		      const struct customer *customer, struct fold_taken *taken,
		      uint16_t *verdicts, struct err *err)
{
	struct table_reader reader;
	struct db_txn *txn = NULL;
	int rc = db_begin(delivery->db, false, &txn, err);

	if (rc)
		return rc;
	reader = store_reader(txn);
	rc = fold_taken(&reader, &customer->recall_key, customer->recall_next,
			taken, verdicts, WIRE_STATEMENTS_MAX, err);
	db_abort(txn);
	return rc;
}

int delivery_send_recalled(struct delivery *delivery, struct customer *customer,
			   struct err *err)
{
	struct recalled recalled = { 0 };
	struct journal_entry entry;
	struct fold_taken taken;
	uint16_t *verdicts = arena_array(&delivery->arena, WIRE_STATEMENTS_MAX,
					 sizeof(uint16_t));
	int rc;

	if (!verdicts)
		return err_set(err, ERR_NOMEM, "no memory for a receipt");
	rc = read_taken(delivery, customer, &taken, verdicts, err);
	if (rc == ERR_NOTFOUND) {
		customer->recall_next = customer->recall_end;
		return 0; /* it asks for more than there is */
	}
	if (!rc)
		rc = read_entry(delivery, taken.entry, &entry, err);
	if (rc)
		return rc;
	recalled.receipt = (struct receipt){
		.sequence = customer->recall_next,
		.index = taken.entry,
		.recv_us = taken.recv_us,
		.verdicts = verdicts,
		.verdict_count = taken.count,
	};
	recalled.batch = entry.batch;
	strbuf_clear(&delivery->out);
	rc = talk_encode_recalled(&recalled, &delivery->out, err);
	if (rc)
		return rc;
	if (!delivery->host.send(delivery->host.ctx, customer->route,
				 strbuf_span(&delivery->out)))
		return ERR_LIMIT;
	customer->recall_next++;
	return 0;
}
