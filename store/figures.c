/*
 * The rows in memory. A row costs 88 bytes, two places in tables of numbers,
 * and its share of an item's text: ten million of them fit in 2 GB.
 */
#include "store/figures.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "store/figures_row.h"

#define ROWS_A_CHUNK_BITS 14
#define ROWS_A_CHUNK (1u << ROWS_A_CHUNK_BITS)
#define ROWS_MAX (1u << 30)
#define SLOTS_MIN 64

struct row {
	uint32_t target, unit; /* the figures' own numbers */
	uint32_t item;	       /* INTERN_NONE: none */
	uint32_t version;      /* 0: a place kept while loading */
	struct period period;
	bool returned; /* the head, by its newest review */
	uint8_t base[BASE_BYTES];
	uint64_t returned_us;
	uint64_t entry; /* of the newest change */
	uint32_t n;
	struct hash link;
};

/* Open addressing over rows: row + 1, 0 is empty. */
struct slots {
	uint32_t *at;
	uint32_t size; /* a power of two, or 0 */
	uint32_t used;
};

struct figures {
	struct intern targets, units, items;
	/* Of the catalogue last interned, by its indexes. */
	uint32_t *target_numbers, *unit_numbers;
	size_t target_count, unit_count;
	struct row **chunks;
	uint32_t chunk_count;
	uint32_t row_count;
	struct slots cells;  /* by target, unit, period, item */
	struct slots seen;   /* by target, unit, item: the first row */
	struct strbuf bytes; /* of the row being written */
};

struct figures *figures_new(void)
{
	struct figures *figures = calloc(1, sizeof(*figures));

	if (!figures)
		return NULL;
	intern_init(&figures->targets);
	intern_init(&figures->units);
	intern_init(&figures->items);
	strbuf_init(&figures->bytes, 0);
	return figures;
}

void figures_free(struct figures *figures)
{
	if (!figures)
		return;
	intern_release(&figures->targets);
	intern_release(&figures->units);
	intern_release(&figures->items);
	free(figures->target_numbers);
	free(figures->unit_numbers);
	for (uint32_t i = 0; i < figures->chunk_count; i++)
		free(figures->chunks[i]);
	free(figures->chunks);
	free(figures->cells.at);
	free(figures->seen.at);
	strbuf_release(&figures->bytes);
	free(figures);
}

uint64_t figures_count(const struct figures *figures)
{
	return figures->row_count;
}

/* ---- numbers of targets and units ---- */

static int put_id(struct intern *table, char what, const char *id,
		  struct puts *puts, uint32_t *number)
{
	uint32_t before = table->count;
	uint8_t key[5] = { (uint8_t)what };

	*number = intern_put(table, span_of_text(id));
	if (*number == INTERN_NONE)
		return ERR_NOMEM;
	if (table->count == before)
		return 0;
	store_u32(key + 1, *number);
	return puts_add(puts, TABLE_ID, span_of(key, sizeof(key)),
			span_of_text(id));
}

int figures_intern(struct figures *figures, const struct catalogue *catalogue,
		   struct puts *puts, struct err *err)
{
	uint32_t *targets, *units;
	int rc = 0;

	targets = calloc(catalogue->target_count + 1, sizeof(*targets));
	units = calloc(catalogue->unit_count + 1, sizeof(*units));
	if (!targets || !units) {
		rc = ERR_NOMEM;
		goto out;
	}
	for (size_t i = 0; i < catalogue->target_count && !rc; i++)
		rc = put_id(&figures->targets, 't', catalogue->targets[i].id,
			    puts, &targets[i]);
	for (size_t i = 0; i < catalogue->unit_count && !rc; i++)
		rc = put_id(&figures->units, 'u', catalogue->units[i].id, puts,
			    &units[i]);
	if (rc)
		goto out;
	free(figures->target_numbers);
	free(figures->unit_numbers);
	figures->target_numbers = targets;
	figures->unit_numbers = units;
	figures->target_count = catalogue->target_count;
	figures->unit_count = catalogue->unit_count;
	return 0;

out:
	free(targets);
	free(units);
	return err_set(err, rc, "no memory to number a catalogue's ids");
}

/* ---- rows and how they are found ---- */

static struct row *row_at(const struct figures *figures, uint32_t i)
{
	return &figures->chunks[i >> ROWS_A_CHUNK_BITS][i & (ROWS_A_CHUNK - 1)];
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

static uint64_t hash_seen(const struct row *row)
{
	uint64_t hash = mix(0x7461, (uint64_t)row->target << 32 | row->unit);

	return mix(hash, row->item);
}

static uint64_t hash_cell(const struct row *row)
{
	const struct period *period = &row->period;

	return mix(hash_seen(row), (uint64_t)period->type << 32 |
					   (uint64_t)period->year << 16 |
					   period->index);
}

static bool same_seen(const struct row *a, const struct row *b)
{
	return a->target == b->target && a->unit == b->unit &&
	       a->item == b->item;
}

static bool same_cell(const struct row *a, const struct row *b)
{
	return same_seen(a, b) && a->period.type == b->period.type &&
	       a->period.year == b->period.year &&
	       a->period.index == b->period.index;
}

/* What distinguishes the two tables of numbers. */
struct by {
	uint64_t (*hash)(const struct row *row);
	bool (*same)(const struct row *a, const struct row *b);
};

static const struct by by_cell = { hash_cell, same_cell };
static const struct by by_seen = { hash_seen, same_seen };

/* Where a row like this is, or would be put. */
static uint32_t *slot_of(const struct figures *figures,
			 const struct slots *slots, const struct by *by,
			 const struct row *like)
{
	uint32_t mask = slots->size - 1;
	uint32_t at = (uint32_t)by->hash(like) & mask;

	while (slots->at[at] &&
	       !by->same(row_at(figures, slots->at[at] - 1), like))
		at = (at + 1) & mask;
	return &slots->at[at];
}

static const struct row *find_row(const struct figures *figures,
				  const struct slots *slots,
				  const struct by *by, const struct row *like)
{
	uint32_t found;

	if (!slots->size)
		return NULL;
	found = *slot_of(figures, slots, by, like);
	return found ? row_at(figures, found - 1) : NULL;
}

static int slots_grow(const struct figures *figures, struct slots *slots,
		      const struct by *by)
{
	struct slots grown = { .used = slots->used };

	grown.size = slots->size ? 2 * slots->size : SLOTS_MIN;
	grown.at = calloc(grown.size, sizeof(*grown.at));
	if (!grown.at)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < slots->size; i++)
		if (slots->at[i])
			*slot_of(figures, &grown, by,
				 row_at(figures, slots->at[i] - 1)) =
				slots->at[i];
	free(slots->at);
	*slots = grown;
	return 0;
}

/* Enters row i unless one like it is there. */
static int slots_add(const struct figures *figures, struct slots *slots,
		     const struct by *by, uint32_t i)
{
	uint32_t *slot;

	if (4 * ((uint64_t)slots->used + 1) > 3 * (uint64_t)slots->size &&
	    slots_grow(figures, slots, by))
		return ERR_NOMEM;
	slot = slot_of(figures, slots, by, row_at(figures, i));
	if (!*slot) {
		*slot = i + 1;
		slots->used++;
	}
	return 0;
}

/* Makes places for rows below count. */
static int reserve_rows(struct figures *figures, uint32_t count)
{
	uint32_t wanted = (count + ROWS_A_CHUNK - 1) >> ROWS_A_CHUNK_BITS;
	struct row **chunks;

	if (wanted <= figures->chunk_count)
		return 0;
	chunks = realloc(figures->chunks, wanted * sizeof(struct row *));
	if (!chunks)
		return ERR_NOMEM;
	figures->chunks = chunks;
	while (figures->chunk_count < wanted) {
		struct row *chunk = calloc(ROWS_A_CHUNK, sizeof(*chunk));

		if (!chunk)
			return ERR_NOMEM;
		chunks[figures->chunk_count++] = chunk;
	}
	return 0;
}

/* A row's identity from the indexes of the catalogue last interned; false if
 * there can be none (an item never heard of). */
static bool identify(const struct figures *figures, uint32_t target,
		     uint32_t unit, struct period period, struct span item,
		     struct row *out)
{
	assert(target < figures->target_count && unit < figures->unit_count);
	*out = (struct row){
		.target = figures->target_numbers[target],
		.unit = figures->unit_numbers[unit],
		.period = period,
		.item = INTERN_NONE,
	};
	if (item.len)
		out->item = intern_find(&figures->items, item);
	return !item.len || out->item != INTERN_NONE;
}

static const struct row *find_cell(const struct figures *figures,
				   uint32_t target, uint32_t unit,
				   struct period period, struct span item)
{
	struct row like;

	if (!identify(figures, target, unit, period, item, &like))
		return NULL;
	return find_row(figures, &figures->cells, &by_cell, &like);
}

/* ---- what admission asks ---- */

static struct cell_state lookup_cell(void *ctx, uint32_t target, uint32_t unit,
				     struct period period, struct span item)
{
	const struct row *row = find_cell(ctx, target, unit, period, item);

	if (!row)
		return (struct cell_state){ 0 };
	return (struct cell_state){
		.has_head = true,
		.head_returned = row->returned,
		.returned_us = row->returned_us,
		.head_counts_as_report = true,
	};
}

static bool lookup_item_seen(void *ctx, uint32_t target, uint32_t unit,
			     struct span item)
{
	const struct figures *figures = ctx;
	struct row like;

	if (!identify(figures, target, unit, (struct period){ 0 }, item, &like))
		return false;
	return find_row(figures, &figures->seen, &by_seen, &like) != NULL;
}

struct admit_lookup figures_lookup(struct figures *figures)
{
	return (struct admit_lookup){
		.cell = lookup_cell,
		.item_seen = lookup_item_seen,
		.ctx = figures,
	};
}

bool figures_head(const struct figures *figures, uint32_t target, uint32_t unit,
		  struct period period, struct span item,
		  uint8_t out[BASE_BYTES])
{
	const struct row *row = find_cell(figures, target, unit, period, item);

	if (row)
		memcpy(out, row->base, BASE_BYTES);
	return row != NULL;
}

/* ---- changes ---- */

/* The row of an admitted statement, made if it is the cell's first. */
static int take_row(struct figures *figures, const struct admitted *admitted,
		    uint32_t *out)
{
	const struct row *found;
	struct row like;
	uint32_t *slot;

	if (admitted->item.len &&
	    intern_put(&figures->items, admitted->item) == INTERN_NONE)
		return ERR_NOMEM;
	(void)identify(figures, admitted->target, admitted->unit,
		       admitted->period, admitted->item, &like);
	found = find_row(figures, &figures->cells, &by_cell, &like);
	if (found) {
		slot = slot_of(figures, &figures->cells, &by_cell, &like);
		*out = *slot - 1;
		return 0;
	}
	if (figures->row_count == ROWS_MAX)
		return ERR_LIMIT;
	if (reserve_rows(figures, figures->row_count + 1))
		return ERR_NOMEM;
	*row_at(figures, figures->row_count) = like;
	if (slots_add(figures, &figures->cells, &by_cell, figures->row_count) ||
	    slots_add(figures, &figures->seen, &by_seen, figures->row_count))
		return ERR_NOMEM;
	*out = figures->row_count++;
	return 0;
}

static struct figure_key key_of(const struct figures *figures,
				const struct row *row)
{
	struct figure_key key = {
		.target = row->target,
		.unit = row->unit,
		.period = row->period,
	};

	if (row->item != INTERN_NONE)
		key.item = intern_key(&figures->items, row->item);
	return key;
}

/* Writes the change under its keys and moves the link. */
static int put_change(struct figures *figures, struct row *row,
		      const struct figure_row *change, const struct hash *leaf,
		      struct puts *puts)
{
	uint8_t key[CHANGE_KEY_BYTES];
	struct strbuf *bytes = &figures->bytes;
	struct span row_bytes;
	int rc;

	strbuf_clear(bytes);
	figure_row_write(change, bytes);
	if (bytes->failed)
		return ERR_NOMEM;
	row_bytes = strbuf_span(bytes);
	change_key_write(change->entry, change->n, key);
	rc = puts_add(puts, TABLE_CHANGE, span_of(key, sizeof(key)), row_bytes);
	if (rc)
		return rc;
	row->link = hash_link(&row->link, leaf, row_bytes);
	strbuf_add(bytes, row->link.bytes, HASH_BYTES);
	if (bytes->failed)
		return ERR_NOMEM;
	return puts_add(puts, TABLE_FIGURE, change->figure_key,
			strbuf_span(bytes));
}

/* What is the same for versions and reviews. */
static int change_row(struct figures *figures, const struct admitted *admitted,
		      const struct origin *origin, uint32_t i,
		      struct puts *puts)
{
	struct row *row = row_at(figures, i);
	bool review = admitted->flags & VERSION_REVIEW;
	uint8_t key_bytes[FIGURE_KEY_BYTES_MAX];
	struct figure_key key = key_of(figures, row);
	bool first = row->version == 0;
	struct figure_row change = {
		.ordinal = i,
		.version = review ? row->version : row->version + 1,
		.entry = origin->entry,
		.n = origin->n,
		.recv_us = origin->recv_us,
		.key = origin->key,
		.sequence = origin->sequence,
		.previous_entry = first ? FIGURE_NO_ENTRY : row->entry,
		.previous_n = first ? FIGURE_NO_N : row->n,
		.flags = admitted->flags,
		.values = admitted->values,
		.value_count = admitted->value_count,
		.status = admitted->status,
	};
	int rc;

	if (!first && !review)
		change.flags |= VERSION_CORRECTION;
	memcpy(change.salt, origin->salt, SALT_BYTES);
	memcpy(change.base, row->base, BASE_BYTES);
	change.figure_key =
		span_of(key_bytes, figure_key_write(&key, key_bytes));
	rc = put_change(figures, row, &change, &origin->leaf, puts);
	if (rc)
		return rc;
	row->entry = origin->entry;
	row->n = origin->n;
	row->returned = review &&
			span_equal(admitted->status, span_of_text("returned"));
	row->returned_us = row->returned ? origin->recv_us : 0;
	if (!review) {
		row->version++;
		memcpy(row->base, origin->salt, BASE_BYTES);
	}
	return 0;
}

int figures_report(struct figures *figures, const struct admitted *admitted,
		   const struct origin *origin, struct puts *puts,
		   struct err *err)
{
	uint32_t i = 0;
	int rc;

	if (admitted->item.len > FIGURE_KEY_BYTES_MAX - FIGURE_KEY_HEAD_BYTES)
		return err_set(err, ERR_LIMIT, "an item's name is too long");
	rc = take_row(figures, admitted, &i);
	if (!rc)
		rc = change_row(figures, admitted, origin, i, puts);
	return rc ? err_set(err, rc, "no room for another figure") : 0;
}

int figures_review(struct figures *figures, const struct admitted *admitted,
		   const struct origin *origin, struct puts *puts,
		   struct err *err)
{
	struct admitted review = *admitted;
	struct row like;
	uint32_t found = 0;
	int rc;

	review.flags |= VERSION_REVIEW;
	if (figures->cells.size &&
	    identify(figures, admitted->target, admitted->unit,
		     admitted->period, admitted->item, &like))
		found = *slot_of(figures, &figures->cells, &by_cell, &like);
	if (!found)
		return err_set(err, ERR_NOTFOUND,
			       "there is no version to review");
	rc = change_row(figures, &review, origin, found - 1, puts);
	return rc ? err_set(err, rc, "no room for another review") : 0;
}

/* ---- loading ---- */

struct loading {
	struct figures *figures;
	struct err *err;
	uint32_t filled;
};

static int load_id(void *arg, struct span key, struct span value)
{
	struct loading *loading = arg;
	struct figures *figures = loading->figures;
	struct intern *table;
	uint32_t number;

	if (key.len != 5 || (key.data[0] != 't' && key.data[0] != 'u'))
		return err_set(loading->err, ERR_CORRUPT,
			       "an id's key is damaged");
	table = key.data[0] == 't' ? &figures->targets : &figures->units;
	number = intern_put(table, value);
	if (number == INTERN_NONE)
		return err_set(loading->err, ERR_NOMEM, "no memory for ids");
	if (number != load_u32(key.data + 1))
		return err_set(loading->err, ERR_CORRUPT,
			       "id number %u is missing or double", number);
	return 0;
}

static int load_row(void *arg, struct span key_bytes, struct span value)
{
	struct loading *loading = arg;
	struct figures *figures = loading->figures;
	struct figure_key key;
	struct figure_row change;
	struct hash link;
	struct span bytes;
	struct row row = { .item = INTERN_NONE };
	int rc;

	rc = figure_key_read(key_bytes, &key, loading->err);
	if (!rc)
		rc = figure_value_split(value, &bytes, &link, loading->err);
	if (!rc)
		rc = figure_row_read(bytes, NULL, &change, loading->err);
	if (rc)
		return rc;
	if (change.ordinal >= ROWS_MAX || change.version == 0 ||
	    key.target >= figures->targets.count ||
	    key.unit >= figures->units.count ||
	    !span_equal(change.figure_key, key_bytes))
		return err_set(loading->err, ERR_CORRUPT,
			       "the row of figure %u is damaged",
			       change.ordinal);
	if (key.item.len)
		row.item = intern_put(&figures->items, key.item);
	if ((key.item.len && row.item == INTERN_NONE) ||
	    reserve_rows(figures, change.ordinal + 1))
		return err_set(loading->err, ERR_NOMEM, "no memory for rows");
	if (row_at(figures, change.ordinal)->version)
		return err_set(loading->err, ERR_CORRUPT,
			       "two figures have number %u", change.ordinal);
	row.target = key.target;
	row.unit = key.unit;
	row.period = key.period;
	row.version = change.version;
	row.entry = change.entry;
	row.n = change.n;
	row.link = link;
	if (change.flags & VERSION_REVIEW) {
		memcpy(row.base, change.base, BASE_BYTES);
		row.returned =
			span_equal(change.status, span_of_text("returned"));
		row.returned_us = row.returned ? change.recv_us : 0;
	} else {
		memcpy(row.base, change.salt, BASE_BYTES);
	}
	*row_at(figures, change.ordinal) = row;
	loading->filled++;
	if (change.ordinal >= figures->row_count)
		figures->row_count = change.ordinal + 1;
	return 0;
}

int figures_load(struct figures *figures, const struct table_reader *reader,
		 struct err *err)
{
	struct loading loading = { .figures = figures, .err = err };
	struct span all = span_of(NULL, 0);
	int rc;

	assert(figures->row_count == 0 && figures->targets.count == 0);
	rc = reader->scan(reader->ctx, TABLE_ID, all, load_id, &loading, err);
	if (!rc)
		rc = reader->scan(reader->ctx, TABLE_FIGURE, all, load_row,
				  &loading, err);
	if (rc)
		return rc;
	if (loading.filled != figures->row_count)
		return err_set(err, ERR_CORRUPT,
			       "%u figures are stored, the last has number %u",
			       loading.filled, figures->row_count);
	for (uint32_t i = 0; i < figures->row_count; i++)
		if (slots_add(figures, &figures->cells, &by_cell, i) ||
		    slots_add(figures, &figures->seen, &by_seen, i))
			return err_set(err, ERR_NOMEM, "no memory for rows");
	return 0;
}
