/*
 * What deliveries contain: read from one read transaction of the store, or
 * from the journal, put into messages and sent.
 */
#include <stdlib.h>
#include <string.h>

#include "collector/delivery_parts.h"
#include "proto/talk.h"

/* What a head takes beside its texts. */
#define HEAD_BYTES 128
#define SLICING_HEADS 1024 /* in a message */

/* ---- customers' lists ---- */

static int add_number(uint32_t **numbers, size_t *count, size_t *size,
		      uint32_t number)
{
	if (*count == *size) {
		size_t wanted = *size ? 2 * *size : 4;
		uint32_t *grown = realloc(*numbers, wanted * sizeof(*grown));

		if (!grown)
			return ERR_NOMEM;
		*numbers = grown;
		*size = wanted;
	}
	(*numbers)[(*count)++] = number;
	return 0;
}

int customer_speaks_for(struct customer *customer, uint32_t unit)
{
	return add_number(&customer->units, &customer->unit_count,
			  &customer->units_size, unit);
}

int customer_leads(struct customer *customer, uint32_t target)
{
	return add_number(&customer->targets, &customer->target_count,
			  &customer->targets_size, target);
}

void customer_forget_changes(struct customer *customer)
{
	intern_release(&customer->changed);
	intern_init(&customer->changed);
}

void customer_keep_changes(struct customer *customer, uint64_t flushed)
{
	struct intern old = customer->changed;
	uint32_t kept = 0;

	intern_init(&customer->changed);
	/* Memory for what was there is there again. */
	for (uint32_t i = 0; i < old.count; i++)
		if (customer->changed_at[i] >= flushed &&
		    intern_put(&customer->changed, intern_key(&old, i)) == kept)
			customer->changed_at[kept++] = customer->changed_at[i];
	intern_release(&old);
}

bool customer_has_change(const struct customer *customer, uint64_t flushed)
{
	for (uint32_t i = 0; i < customer->changed.count; i++)
		if (customer->changed_at[i] < flushed)
			return true;
	return false;
}

/* ---- slices ---- */

/* A slice being put together, message by message. */
struct slicing {
	struct delivery *delivery;
	struct customer *customer;
	struct table_reader reader;
	struct err *err;
	struct slice slice;
	struct head heads[SLICING_HEADS];
	size_t bytes; /* of what is in the slice, about */
	size_t sent;
};

/* Sends what has gathered. A session that got a part must get the rest: what
 * cannot be sent then ends it. */
static int send_slice(struct slicing *slicing, bool last)
{
	struct delivery *delivery = slicing->delivery;
	int rc;

	slicing->slice.last = last;
	strbuf_clear(&delivery->out);
	rc = talk_encode_slice(&slicing->slice, &delivery->out, slicing->err);
	if (rc)
		return rc;
	slicing->slice.file_count = slicing->slice.head_count = 0;
	slicing->bytes = 0;
	if (delivery->host.send(delivery->host.ctx, slicing->customer->route,
				strbuf_span(&delivery->out))) {
		slicing->sent++;
		return 0;
	}
	if (slicing->sent)
		delivery->host.lost(delivery->host.ctx,
				    slicing->customer->route);
	return ERR_LIMIT;
}

static int add_file(struct slicing *slicing, struct slice_file file)
{
	/* A file that is longer than a message goes in parts of one name. */
	do {
		struct slice_file part = file;
		int rc;

		if (part.bytes.len > DELIVERY_MESSAGE_BYTES)
			part.bytes.len = DELIVERY_MESSAGE_BYTES;
		if (slicing->bytes + part.bytes.len > DELIVERY_MESSAGE_BYTES) {
			rc = send_slice(slicing, false);
			if (rc)
				return rc;
		}
		slicing->slice.files[slicing->slice.file_count++] = part;
		slicing->bytes += part.bytes.len;
		file.bytes.data += part.bytes.len;
		file.bytes.len -= part.bytes.len;
	} while (file.bytes.len);
	return 0;
}

static size_t head_bytes(const struct head *head)
{
	const struct report *report = &head->report;
	size_t bytes = HEAD_BYTES + report->target.len + report->unit.len +
		       report->item.len;

	for (size_t i = 0; i < report->cell_count; i++)
		bytes += 16 + report->cells[i].field.len +
			 report->cells[i].value.len;
	return bytes;
}

static int put_head(struct slicing *slicing, const struct head *head)
{
	struct slice *slice = &slicing->slice;
	size_t bytes = head_bytes(head);
	int rc;

	if (slice->head_count == SLICING_HEADS ||
	    slicing->bytes + bytes > DELIVERY_MESSAGE_BYTES) {
		rc = send_slice(slicing, false);
		if (rc)
			return rc;
	}
	slicing->heads[slice->head_count++] = *head;
	slicing->bytes += bytes;
	return 0;
}

static int send_files(struct slicing *slicing)
{
	struct delivery *delivery = slicing->delivery;
	struct heads_catalogue newest;
	int rc = heads_catalogue(&slicing->reader, &delivery->arena, &newest,
				 slicing->err);

	if (rc == ERR_NOTFOUND)
		return 0; /* no catalogue yet: no files */
	if (rc)
		return rc;
	slicing->slice.catalogue = newest.version;
	slicing->slice.files = arena_array(&delivery->arena, newest.file_count,
					   sizeof(struct slice_file));
	if (!slicing->slice.files)
		return err_set(slicing->err, ERR_NOMEM, "no memory");
	for (size_t i = 0; i < newest.file_count && !rc; i++)
		rc = add_file(slicing, newest.files[i]);
	return rc ? rc : put_head(slicing, &newest.commit);
}

static int add_head(struct slicing *slicing, struct span figure_key)
{
	struct head head;
	int rc = head_read(&slicing->reader, &slicing->delivery->ids,
			   figure_key, &slicing->delivery->arena, &head,
			   slicing->err);

	return rc ? rc : put_head(slicing, &head);
}

static int visit_head(void *arg, struct span key, struct span value)
{
	(void)value;
	return add_head(arg, key);
}

static int send_heads(struct slicing *slicing)
{
	const struct customer *customer = slicing->customer;
	uint32_t targets = slicing->delivery->ids.targets.count;
	int rc = 0;

	for (size_t i = 0; i < customer->unit_count; i++)
		for (uint32_t target = 0; target < targets && !rc; target++)
			rc = heads_scan(&slicing->reader, target,
					customer->units[i], visit_head, slicing,
					slicing->err);
	for (size_t i = 0; i < customer->target_count && !rc; i++)
		rc = heads_scan(&slicing->reader, customer->targets[i],
				INTERN_NONE, visit_head, slicing, slicing->err);
	return rc;
}

static int name_units(struct slicing *slicing)
{
	const struct delivery *delivery = slicing->delivery;
	struct slice *slice = &slicing->slice;

	slice->units = arena_array(&slicing->delivery->arena, WIRE_UNITS_MAX,
				   sizeof(struct span));
	if (!slice->units)
		return err_set(slicing->err, ERR_NOMEM, "no memory");
	while (slice->unit_count < WIRE_UNITS_MAX &&
	       fold_office_unit(delivery->fold, &slicing->customer->key,
				slice->unit_count,
				&slice->units[slice->unit_count]))
		slice->unit_count++;
	return 0;
}

/* What all slices begin with; *txn is to be ended. */
static int begin_slicing(struct delivery *delivery, struct customer *customer,
			 struct slicing **out, struct db_txn **txn,
			 struct err *err)
{
	struct slicing *slicing =
		arena_alloc(&delivery->arena, sizeof(*slicing));
	int rc;

	if (!slicing) {
		(void)err_set(err, ERR_NOMEM, "no memory for a slice");
		return ERR_NOMEM;
	}
	slicing->delivery = delivery;
	slicing->customer = customer;
	slicing->err = err;
	slicing->slice.heads = slicing->heads;
	rc = name_units(slicing);
	if (!rc)
		rc = db_begin(delivery->db, false, txn, err);
	if (rc)
		return rc;
	slicing->reader = store_reader(*txn);
	*out = slicing;
	return 0;
}

int delivery_send_slice(struct delivery *delivery, struct customer *customer,
			struct err *err)
{
	struct slicing *slicing = NULL;
	struct db_txn *txn = NULL;
	int rc = begin_slicing(delivery, customer, &slicing, &txn, err);

	if (rc)
		return rc;
	rc = send_files(slicing);
	if (!rc)
		rc = send_heads(slicing);
	if (!rc)
		rc = send_slice(slicing, true);
	db_abort(txn);
	return rc;
}

int delivery_send_changes(struct delivery *delivery, struct customer *customer,
			  uint64_t flushed, struct err *err)
{
	struct slicing *slicing = NULL;
	struct db_txn *txn = NULL;
	uint32_t version = 0;
	int rc = begin_slicing(delivery, customer, &slicing, &txn, err);

	if (rc)
		return rc;
	(void)fold_catalogue(delivery->fold, &version);
	slicing->slice.catalogue = version;
	for (uint32_t i = 0; i < customer->changed.count && !rc; i++)
		if (customer->changed_at[i] < flushed)
			rc = add_head(slicing,
				      intern_key(&customer->changed, i));
	if (!rc && slicing->slice.head_count)
		rc = send_slice(slicing, true);
	db_abort(txn);
	return rc;
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
	rc = fold_taken(&reader, &customer->key, customer->recall_next, taken,
			verdicts, WIRE_STATEMENTS_MAX, err);
	db_abort(txn);
	return rc;
}

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
