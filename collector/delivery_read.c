/*
 * What deliveries contain: read from one read transaction of the store, put
 * into messages and sent.
 *
 * Texts are in the journal alone, and to find an entry takes longer than to
 * read a row. So a whole slice is sent in two parts: at once all heads whose
 * texts nobody asks for, then a few at a time those that were reviewed or wait
 * for a review, with their texts.
 */
#include <stdlib.h>
#include <string.h>

#include "collector/delivery_parts.h"
#include "proto/talk.h"

/* What a head takes beside its texts. */
#define HEAD_BYTES 192
#define SLICING_HEADS 1024  /* in a message */
#define SLICING_PARTS 20000 /* submessages in it */

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

void customer_forget_texts(struct customer *customer)
{
	intern_release(&customer->texts);
	intern_init(&customer->texts);
	customer->texts_next = 0;
}

bool customer_has_texts(const struct customer *customer)
{
	return customer->texts_next < customer->texts.count;
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
	size_t parts;
	size_t sent;
	uint64_t sent_bytes;
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
	slicing->bytes = slicing->parts = 0;
	if (delivery->host.send(delivery->host.ctx, slicing->customer->route,
				strbuf_span(&delivery->out))) {
		slicing->sent++;
		slicing->sent_bytes += delivery->out.len;
		if (last)
			slicing->customer->sent_version = 0;
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

static size_t cells_bytes(const struct cell_text *cells, size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += 16 + cells[i].field.len + cells[i].value.len;
	return bytes;
}

static size_t head_bytes(const struct head *head)
{
	const struct report *report = &head->report;
	const struct head_before *before = &head->before;

	return HEAD_BYTES + report->target.len + report->unit.len +
	       report->item.len + head->reason.len + head->text.len +
	       head->review.unit.len + head->review.reason.len +
	       before->review.unit.len + before->review.reason.len +
	       cells_bytes(report->cells, report->cell_count) +
	       cells_bytes(before->cells, before->cell_count);
}

static int put_head(struct slicing *slicing, const struct head *head)
{
	struct slice *slice = &slicing->slice;
	size_t bytes = head_bytes(head);
	size_t parts = 4 + head->report.cell_count + head->before.cell_count;
	int rc;

	if (slice->head_count == SLICING_HEADS ||
	    slicing->parts + parts > SLICING_PARTS ||
	    slicing->bytes + bytes > DELIVERY_MESSAGE_BYTES) {
		rc = send_slice(slicing, false);
		if (rc)
			return rc;
	}
	slicing->heads[slice->head_count++] = *head;
	slicing->bytes += bytes;
	slicing->parts += parts;
	return 0;
}

/* The hash of the newest catalogue's files; zero: they are too many to be
 * named. */
static struct hash files_hash(struct delivery *delivery,
			      const struct heads_catalogue *newest)
{
	if (delivery->files_version != newest->version) {
		delivery->files = (struct hash){ 0 };
		if (newest->file_count <= TALK_FILES_MAX)
			delivery->files = talk_files_hash(newest->files,
							  newest->file_count);
		delivery->files_version = newest->version;
	}
	return delivery->files;
}

uint64_t delivery_now_ms(const struct delivery *delivery)
{
	return delivery->host.now_ms(delivery->host.ctx);
}

/* Those that the office does not have, nor is being sent. */
static int add_files(struct slicing *slicing,
		     const struct heads_catalogue *newest)
{
	static const struct hash none;
	struct delivery *delivery = slicing->delivery;
	struct customer *customer = slicing->customer;
	struct hash hash = files_hash(delivery, newest);
	int rc = 0;

	customer->held = false;
	if (customer->sent_version == newest->version)
		return 0;
	if (!hash_equal(&hash, &none) && hash_equal(&hash, &customer->files)) {
		slicing->slice.same_files = true;
		return 0;
	}
	customer->held =
		unread_held_ms(&delivery->unread, delivery_now_ms(delivery));
	if (customer->held)
		return ERR_LIMIT;
	for (size_t i = 0; i < newest->file_count && !rc; i++)
		rc = add_file(slicing, newest->files[i]);
	if (rc)
		return rc;
	unread_files(&delivery->unread, delivery_now_ms(delivery));
	customer->files = none;
	customer->sent_version = newest->version;
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
	rc = add_files(slicing, &newest);
	return rc ? rc : put_head(slicing, &newest.commit);
}

/* The unit that a reviewing office sits in, or speaks for. */
static struct span unit_of(const struct delivery *delivery,
			   const struct hash *key)
{
	struct fold_office office;
	struct span unit = { NULL, 0 };

	if (!fold_office(delivery->fold, key, &office))
		return unit;
	if (office.unit.len || !fold_office_unit(delivery->fold, key, 0, &unit))
		return office.unit;
	return unit;
}

static int read_head(struct slicing *slicing, struct span figure_key,
		     struct head_found *out)
{
	const struct delivery *delivery = slicing->delivery;
	const struct heads heads = { .reader = &slicing->reader,
				     .ids = &delivery->ids,
				     .arena = &slicing->delivery->arena,
				     .err = slicing->err };
	int rc = head_read(&heads, figure_key, out);

	if (!rc && out->head.review.index)
		out->head.review.unit = unit_of(delivery, &out->reviewer);
	if (!rc && out->head.before.review.index)
		out->head.before.review.unit =
			unit_of(delivery, &out->before_reviewer);
	return rc;
}

/* It was reviewed, or may be. */
static bool wants_texts(const struct delivery *delivery,
			const struct head *head)
{
	const struct catalogue *catalogue =
		fold_catalogue(delivery->fold, NULL);
	uint32_t target;

	if (head->review.index)
		return true;
	if (!catalogue)
		return false;
	target = catalogue_target(catalogue, head->report.target);
	return target != CATALOGUE_NONE &&
	       (catalogue->targets[target].approve ||
		catalogue->targets[target].kind == KIND_NARRATIVE);
}

static int visit_head(void *arg, struct span key, struct span value)
{
	struct slicing *slicing = arg;
	struct head_found found;
	int rc = read_head(slicing, key, &found);

	(void)value;
	if (rc)
		return rc;
	if (!wants_texts(slicing->delivery, &found.head))
		return put_head(slicing, &found.head);
	if (intern_put(&slicing->customer->texts, key) == INTERN_NONE)
		return err_set(slicing->err, ERR_NOMEM,
			       "no memory for a slice");
	return 0;
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

static int name_office(struct slicing *slicing)
{
	const struct fold *fold = slicing->delivery->fold;
	const struct hash *key = &slicing->customer->key;
	struct slice *slice = &slicing->slice;
	struct fold_office office;

	if (fold_office(fold, key, &office)) {
		slice->roles = office.roles;
		slice->until_us = office.until_us;
	}
	slice->units = arena_array(&slicing->delivery->arena, WIRE_UNITS_MAX,
				   sizeof(struct span));
	if (!slice->units)
		return err_set(slicing->err, ERR_NOMEM, "no memory");
	while (slice->unit_count < WIRE_UNITS_MAX &&
	       fold_office_unit(fold, key, slice->unit_count,
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
	rc = name_office(slicing);
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
	customer_forget_texts(customer);
	rc = send_files(slicing);
	if (!rc)
		rc = send_heads(slicing);
	if (!rc)
		rc = send_slice(slicing, !customer_has_texts(customer));
	db_abort(txn);
	if (!rc && slicing->sent_bytes >= DELIVERY_COUNTED_BYTES) {
		unread_sent(&delivery->unread, &customer->unread,
			    slicing->sent_bytes, delivery_now_ms(delivery));
		delivery->host.ping(delivery->host.ctx, customer->route);
	}
	return rc;
}

/* Sends heads with their texts, at most DELIVERY_TEXTS_MAX of them. */
static int send_with_texts(struct slicing *slicing, const struct span *keys,
			   size_t count, bool last)
{
	struct delivery *delivery = slicing->delivery;
	struct head_found *found =
		arena_array(&delivery->arena, count + 1, sizeof(*found));
	int rc = 0;

	if (!found)
		return err_set(slicing->err, ERR_NOMEM,
			       "no memory for a slice");
	for (size_t i = 0; i < count && !rc; i++)
		rc = read_head(slicing, keys[i], &found[i]);
	if (!rc)
		delivery_add_texts(delivery, found, count);
	for (size_t i = 0; i < count && !rc; i++)
		rc = put_head(slicing, &found[i].head);
	return rc ? rc : send_slice(slicing, last);
}

int delivery_send_changes(struct delivery *delivery, struct customer *customer,
			  uint64_t flushed, struct err *err)
{
	/* A whole slice that is under way has its end still to come. */
	bool last = !customer_has_texts(customer);
	struct span keys[DELIVERY_TEXTS_MAX];
	struct slicing *slicing = NULL;
	struct db_txn *txn = NULL;
	uint32_t version = 0;
	size_t count = 0;
	int rc = begin_slicing(delivery, customer, &slicing, &txn, err);

	if (rc)
		return rc;
	(void)fold_catalogue(delivery->fold, &version);
	slicing->slice.catalogue = version;
	for (uint32_t i = 0; i < customer->changed.count && !rc; i++) {
		if (customer->changed_at[i] >= flushed)
			continue;
		keys[count++] = intern_key(&customer->changed, i);
		if (count < DELIVERY_TEXTS_MAX)
			continue;
		rc = send_with_texts(slicing, keys, count, last);
		count = 0;
	}
	if (!rc && count)
		rc = send_with_texts(slicing, keys, count, last);
	db_abort(txn);
	return rc;
}

int delivery_send_texts(struct delivery *delivery, struct customer *customer,
			struct err *err)
{
	struct span keys[DELIVERY_TEXTS_MAX];
	struct slicing *slicing = NULL;
	struct db_txn *txn = NULL;
	uint32_t version = 0, next = customer->texts_next;
	size_t count = 0;
	int rc = begin_slicing(delivery, customer, &slicing, &txn, err);

	if (rc)
		return rc;
	(void)fold_catalogue(delivery->fold, &version);
	slicing->slice.catalogue = version;
	while (count < DELIVERY_TEXTS_MAX && next < customer->texts.count)
		keys[count++] = intern_key(&customer->texts, next++);
	rc = send_with_texts(slicing, keys, count,
			     next == customer->texts.count);
	db_abort(txn);
	if (rc)
		return rc;
	customer->texts_next = next;
	if (!customer_has_texts(customer))
		customer_forget_texts(customer);
	return 0;
}
