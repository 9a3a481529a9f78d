/*
 * Where a figure was said: from a target, a unit, a period and an item to the
 * statements behind the cell, newest first.
 */
#include "store/figures.h"

#include "base/bytes.h"
#include "store/figures_row.h"

struct id_search {
	struct span id;
	uint32_t number;
	bool found;
};

static int match_id(void *arg, struct span key, struct span value)
{
	struct id_search *search = arg;

	if (key.len == 5 && span_equal(value, search->id)) {
		search->number = load_u32(key.data + 1);
		search->found = true;
	}
	return 0;
}

static int find_id(const struct table_reader *reader, char kind, struct span id,
		   uint32_t *out, struct err *err)
{
	struct id_search search = { .id = id };
	int rc = reader->scan(reader->ctx, TABLE_ID, span_of(&kind, 1),
			      match_id, &search, err);

	if (!rc && !search.found)
		rc = err_set(err, ERR_NOTFOUND,
			     "no catalogue has had the %s %.*s",
			     kind == 't' ? "target" : "unit", (int)id.len,
			     (const char *)id.data);
	*out = search.number;
	return rc;
}

int figures_target_known(const struct table_reader *reader, struct span target,
			 struct err *err)
{
	uint32_t number;

	return find_id(reader, 't', target, &number, err);
}

int figures_unit_known(const struct table_reader *reader, struct span unit,
		       struct err *err)
{
	uint32_t number;

	return find_id(reader, 'u', unit, &number, err);
}

static int id_of(const struct table_reader *reader, char kind, uint32_t number,
		 struct span *out, struct err *err)
{
	uint8_t key[5] = { (uint8_t)kind };
	int rc;

	store_u32(key + 1, number);
	rc = reader->get(reader->ctx, TABLE_ID, span_of(key, sizeof(key)), out,
			 err);
	return rc == ERR_NOTFOUND ?
		       err_set(err, ERR_CORRUPT,
			       "the id of a figure's target or unit is "
			       "missing") :
		       rc;
}

static int read_change(const struct table_reader *reader, struct span bytes,
		       struct figure_row *row, struct figure_change *out,
		       struct err *err)
{
	struct figure_key cell;
	int rc = figure_row_read(bytes, NULL, row, err);

	if (!rc)
		rc = figure_key_read(row->figure_key, &cell, err);
	if (rc)
		return rc;
	*out = (struct figure_change){
		.entry = row->entry,
		.n = row->n,
		.recv_us = row->recv_us,
		.version = row->version,
		.flags = row->flags,
		.period = cell.period,
		.item = cell.item,
		.has_previous = row->previous_entry != FIGURE_NO_ENTRY,
		.previous_entry = row->previous_entry,
		.previous_n = row->previous_n,
	};
	rc = id_of(reader, 't', cell.target, &out->target, err);
	return rc ? rc : id_of(reader, 'u', cell.unit, &out->unit, err);
}

int figures_change(const struct table_reader *reader, uint64_t entry,
		   uint32_t n, struct figure_change *out, struct err *err)
{
	uint8_t key[CHANGE_KEY_BYTES];
	struct figure_row row;
	struct span bytes;
	int rc;

	change_key_write(entry, n, key);
	rc = reader->get(reader->ctx, TABLE_CHANGE, span_of(key, sizeof(key)),
			 &bytes, err);
	return rc ? rc : read_change(reader, bytes, &row, out, err);
}

/* From the newest change of a cell back to the first. */
static int walk(const struct table_reader *reader, struct span bytes,
		int (*visit)(void *arg, const struct figure_change *change),
		void *arg, struct err *err)
{
	struct figure_change change;
	uint8_t key[CHANGE_KEY_BYTES];
	struct figure_row row;
	int rc;

	for (;;) {
		rc = read_change(reader, bytes, &row, &change, err);
		if (rc)
			return rc;
		rc = visit(arg, &change);
		if (rc || row.previous_entry == FIGURE_NO_ENTRY)
			return rc;
		if (row.previous_entry > row.entry ||
		    (row.previous_entry == row.entry &&
		     row.previous_n >= row.n))
			return err_set(err, ERR_CORRUPT,
				       "the changes of figure %u run forward",
				       row.ordinal);
		change_key_write(row.previous_entry, row.previous_n, key);
		rc = reader->get(reader->ctx, TABLE_CHANGE,
				 span_of(key, sizeof(key)), &bytes, err);
		if (rc)
			return err_set(err, ERR_CORRUPT,
				       "a change of figure %u is missing",
				       row.ordinal);
	}
}

struct walking {
	const struct table_reader *reader;
	const struct period *period;
	int (*visit)(void *arg, const struct figure_change *change);
	void *arg;
	struct err *err;
};

static int walk_row(void *arg, struct span key, struct span value)
{
	const struct walking *walking = arg;
	struct figure_key cell;
	struct hash link;
	struct span row;
	int rc = figure_key_read(key, &cell, walking->err);

	if (rc)
		return rc;
	if (walking->period &&
	    period_compare(cell.period, *walking->period) != 0)
		return 0;
	rc = figure_value_split(value, &row, &link, walking->err);
	return rc ? rc :
		    walk(walking->reader, row, walking->visit, walking->arg,
			 walking->err);
}

int figures_where(const struct table_reader *reader, struct span target,
		  struct span unit, const struct period *period,
		  int (*visit)(void *arg, const struct figure_change *change),
		  void *arg, struct err *err)
{
	struct walking walking = { reader, period, visit, arg, err };
	uint8_t key[FIGURE_KEY_BYTES_MAX];
	struct figure_key cell = { .period = { 1, 0, 0 } };
	int rc = find_id(reader, 't', target, &cell.target, err);

	if (!rc)
		rc = find_id(reader, 'u', unit, &cell.unit, err);
	if (rc)
		return rc;
	(void)figure_key_write(&cell, key);
	return reader->scan(reader->ctx, TABLE_FIGURE, span_of(key, 8),
			    walk_row, &walking, err);
}
