/*
 * What rows mean: the head that admission asks for, the link that every
 * change moves, and the same memory again from the tables.
 */
#include "store/figures.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "store/figures_row.h"
#include "store/figures_rows.h"
#include "store/state.h"

struct figures {
	struct intern targets, units, items;
	/* Of the catalogue last interned, by its indexes. */
	uint32_t *target_numbers, *unit_numbers;
	size_t target_count, unit_count;
	struct rows rows;
	struct state_tree state;
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
	rows_release(&figures->rows);
	state_release(&figures->state);
	strbuf_release(&figures->bytes);
	free(figures);
}

uint64_t figures_count(const struct figures *figures)
{
	return figures->rows.count;
}

static const struct hash *link_of_row(const void *ctx, uint32_t row)
{
	const struct figures *figures = ctx;

	return &rows_at(&figures->rows, row)->link;
}

struct hash figures_state(struct figures *figures)
{
	return state_root(&figures->state, link_of_row, figures);
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

/* ---- what admission asks ---- */

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

static const struct row *find_cell(struct figures *figures, uint32_t target,
				   uint32_t unit, struct period period,
				   struct span item)
{
	struct row like;
	uint32_t i;

	if (!identify(figures, target, unit, period, item, &like))
		return NULL;
	i = rows_find(&figures->rows, &like);
	return i == ROW_NONE ? NULL : rows_at(&figures->rows, i);
}

void figures_expect(const struct figures *figures,
		    const struct figure_expected *list, size_t count)
{
	struct row like[FIGURES_EXPECTED_MAX];
	size_t known = 0;

	static_assert(FIGURES_EXPECTED_MAX <= ROWS_EXPECTED_MAX,
		      "as many at a time");
	for (size_t i = 0; i < count; i++)
		if (identify(figures, list[i].target, list[i].unit,
			     list[i].period, list[i].item, &like[known]))
			known++;
	rows_expect(&figures->rows, like, known);
}

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
	return rows_seen(&figures->rows, &like);
}

struct admit_lookup figures_lookup(struct figures *figures)
{
	return (struct admit_lookup){
		.cell = lookup_cell,
		.item_seen = lookup_item_seen,
		.ctx = figures,
	};
}

bool figures_head(struct figures *figures, uint32_t target, uint32_t unit,
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
	struct row like;
	uint32_t i;
	int rc;

	if (admitted->item.len &&
	    intern_put(&figures->items, admitted->item) == INTERN_NONE)
		return ERR_NOMEM;
	(void)identify(figures, admitted->target, admitted->unit,
		       admitted->period, admitted->item, &like);
	i = rows_find(&figures->rows, &like);
	if (i == ROW_NONE) {
		i = figures->rows.count;
		rc = rows_add(&figures->rows, &like);
		if (rc)
			return rc;
	}
	*out = i;
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
	rc = state_touch(&figures->state, change->ordinal);
	if (rc)
		return rc;
	strbuf_add(bytes, row->link.bytes, HASH_BYTES);
	if (bytes->failed)
		return ERR_NOMEM;
	return puts_add(puts, TABLE_FIGURE, change->figure_key,
			strbuf_span(bytes));
}

/* Of the newest change; what was returned is not adjusted. */
static bool is_return(uint32_t flags, struct span status)
{
	return flags & VERSION_REVIEW &&
	       span_equal(status, span_of_text("returned"));
}

/* What is the same for versions, reviews and adjustments. */
static int change_row(struct figures *figures, const struct admitted *admitted,
		      const struct origin *origin, uint32_t i,
		      struct puts *puts)
{
	struct row *row = rows_at(&figures->rows, i);
	bool mark = admitted->flags & VERSION_MARKS;
	uint8_t key_bytes[FIGURE_KEY_BYTES_MAX];
	struct figure_key key = key_of(figures, row);
	bool first = row->version == 0;
	struct figure_row change = {
		.ordinal = i,
		.version = mark ? row->version : row->version + 1,
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

	if (!first && !mark)
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
	row->returned = is_return(admitted->flags, admitted->status);
	row->returned_us = row->returned ? origin->recv_us : 0;
	if (!mark) {
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

int figures_mark(struct figures *figures, const struct admitted *admitted,
		 const struct origin *origin, struct puts *puts,
		 struct err *err)
{
	struct row like;
	uint32_t i = ROW_NONE;
	int rc;

	if (identify(figures, admitted->target, admitted->unit,
		     admitted->period, admitted->item, &like))
		i = rows_find(&figures->rows, &like);
	if (i == ROW_NONE)
		return err_set(err, ERR_NOTFOUND,
			       "there is no version to review or adjust");
	rc = change_row(figures, admitted, origin, i, puts);
	return rc ? err_set(err, rc, "no room for another change") : 0;
}

/* ---- all rows ---- */

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* As their keys are in bytes. */
static int order_rows(const void *ctx, const struct row *a, const struct row *b)
{
	const struct figures *figures = ctx;
	struct figure_key x = key_of(figures, a), y = key_of(figures, b);
	size_t len = x.item.len < y.item.len ? x.item.len : y.item.len;
	int order = ORDER(x.target, y.target);

	if (!order)
		order = ORDER(x.unit, y.unit);
	if (!order)
		order = ORDER(x.period.type, y.period.type);
	if (!order)
		order = ORDER(x.period.year, y.period.year);
	if (!order)
		order = ORDER(x.period.index, y.period.index);
	if (!order && len)
		order = memcmp(x.item.data, y.item.data, len);
	return order ? order : ORDER(x.item.len, y.item.len);
}

int figures_newest(const struct figures *figures,
		   int (*visit)(void *arg, const struct figure_newest *newest),
		   void *arg)
{
	uint8_t key_bytes[FIGURE_KEY_BYTES_MAX], change[CHANGE_KEY_BYTES];
	uint32_t *order = rows_ordered(&figures->rows, order_rows, figures);
	int rc = order ? 0 : ERR_NOMEM;

	for (uint32_t i = 0; i < figures->rows.count && !rc; i++) {
		const struct row *row = rows_at(&figures->rows, order[i]);
		struct figure_key key = key_of(figures, row);
		struct figure_newest newest = { .link = &row->link };

		newest.key =
			span_of(key_bytes, figure_key_write(&key, key_bytes));
		change_key_write(row->entry, row->n, change);
		newest.change = span_of(change, sizeof(change));
		rc = visit(arg, &newest);
	}
	free(order);
	return rc;
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
	if (change.version == 0 || key.target >= figures->targets.count ||
	    key.unit >= figures->units.count ||
	    !span_equal(change.figure_key, key_bytes))
		return err_set(loading->err, ERR_CORRUPT,
			       "the row of figure %u is damaged",
			       change.ordinal);
	if (key.item.len) {
		row.item = intern_put(&figures->items, key.item);
		if (row.item == INTERN_NONE)
			return err_set(loading->err, ERR_NOMEM,
				       "no memory for rows");
	}
	row.target = key.target;
	row.unit = key.unit;
	row.period = key.period;
	row.version = change.version;
	row.entry = change.entry;
	row.n = change.n;
	row.link = link;
	if (change.flags & VERSION_MARKS) {
		memcpy(row.base, change.base, BASE_BYTES);
		row.returned = is_return(change.flags, change.status);
		row.returned_us = row.returned ? change.recv_us : 0;
	} else {
		memcpy(row.base, change.salt, BASE_BYTES);
	}
	rc = rows_place(&figures->rows, change.ordinal, &row);
	if (rc == ERR_NOMEM)
		return err_set(loading->err, rc, "no memory for rows");
	if (rc)
		return err_set(loading->err, ERR_CORRUPT,
			       "two figures have number %u", change.ordinal);
	loading->filled++;
	return 0;
}

int figures_load(struct figures *figures, const struct table_reader *reader,
		 struct err *err)
{
	struct loading loading = { .figures = figures, .err = err };
	struct span all = span_of(NULL, 0);
	int rc;

	assert(figures->rows.count == 0 && figures->targets.count == 0);
	rc = reader->scan(reader->ctx, TABLE_ID, all, load_id, &loading, err);
	if (!rc)
		rc = reader->scan(reader->ctx, TABLE_FIGURE, all, load_row,
				  &loading, err);
	if (rc)
		return rc;
	if (loading.filled != figures->rows.count)
		return err_set(err, ERR_CORRUPT,
			       "%u figures are stored, the last has number %u",
			       loading.filled, figures->rows.count);
	rc = rows_index(&figures->rows);
	for (uint32_t i = 0; !rc && i < figures->rows.count; i++)
		rc = state_touch(&figures->state, i);
	if (rc)
		return err_set(err, ERR_NOMEM, "no memory for rows");
	/* Now rather than in front of the first batch that waits for it. */
	(void)figures_state(figures);
	return 0;
}
