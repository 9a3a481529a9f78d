/*
 * Cells for the evaluation, from the tables alone: the rows of a target, and
 * for each the chain of its changes from the newest back to the first.
 */
#include "store/figures.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "store/figures_row.h"

#define CELLS_FIRST 64
#define CHANGES_FIRST 8

struct collecting {
	const struct table_reader *reader;
	const struct suspects *suspects; /* NULL: none */
	const struct catalogue *catalogue;
	const struct target *target;
	struct arena *arena;
	struct err *err;
	uint32_t *units; /* a unit's number -> index in the catalogue */
	size_t unit_count;
	struct cell *cells;
	size_t cell_count, cells_size;
	struct figure_row *changes; /* of one cell, newest first */
	size_t change_count, changes_size;
};

/* ---- numbers ---- */

struct target_search {
	struct span id;
	uint32_t number; /* CATALOGUE_NONE: not found */
};

static int match_target(void *arg, struct span key, struct span value)
{
	struct target_search *search = arg;

	if (key.len == 5 && span_equal(value, search->id))
		search->number = load_u32(key.data + 1);
	return 0;
}

static int map_unit(void *arg, struct span key, struct span value)
{
	struct collecting *collecting = arg;
	uint32_t *units;
	size_t size;

	if (key.len != 5 || load_u32(key.data + 1) != collecting->unit_count)
		return err_set(collecting->err, ERR_CORRUPT,
			       "a unit's number is missing");
	if (!(collecting->unit_count & (collecting->unit_count - 1))) {
		size = collecting->unit_count ? 2 * collecting->unit_count : 1;
		units = realloc(collecting->units, size * sizeof(*units));
		if (!units)
			return err_set(collecting->err, ERR_NOMEM,
				       "no memory for units");
		collecting->units = units;
	}
	/* By id only: a code is no identity. */
	collecting->units[collecting->unit_count++] =
		intern_find(&collecting->catalogue->unit_ids, value);
	return 0;
}

/* ---- one cell ---- */

/* The catalogue's own ids in the place of those in the row: whoever looks for
 * a field finds it by its address. */
static void name_fields(const struct target *target, struct figure_row *change)
{
	for (size_t i = 0; i < change->value_count; i++) {
		struct value *value = &change->values[i];
		const struct field *field =
			catalogue_field(target, value->field);

		if (field)
			value->field.data = (const uint8_t *)field->id;
	}
}

/* Reads a change behind those there are. What it says stays in the tables:
 * they live longer than the cells. */
static int push_change(struct collecting *collecting, struct span bytes)
{
	struct figure_row *change;
	int rc;

	size_t size = collecting->changes_size;
	struct figure_row *changes;

	if (collecting->change_count == size) {
		size = size ? 2 * size : CHANGES_FIRST;
		changes = realloc(collecting->changes, size * sizeof(*changes));
		if (!changes)
			return err_set(collecting->err, ERR_NOMEM,
				       "no memory for a figure's changes");
		collecting->changes = changes;
		collecting->changes_size = size;
	}
	change = &collecting->changes[collecting->change_count++];
	rc = figure_row_read(bytes, collecting->arena, change, collecting->err);
	if (!rc)
		name_fields(collecting->target, change);
	return rc;
}

/* Fills changes, from the newest to the first. */
static int walk_changes(struct collecting *collecting, struct span newest)
{
	const struct table_reader *reader = collecting->reader;
	const struct figure_row *change;
	uint8_t key[CHANGE_KEY_BYTES];
	struct span bytes = newest;
	int rc;

	collecting->change_count = 0;
	for (;;) {
		rc = push_change(collecting, bytes);
		if (rc)
			return rc;
		change = &collecting->changes[collecting->change_count - 1];
		if (change->previous_entry == FIGURE_NO_ENTRY)
			return 0;
		if (change->previous_entry > change->entry ||
		    (change->previous_entry == change->entry &&
		     change->previous_n >= change->n))
			return err_set(collecting->err, ERR_CORRUPT,
				       "the changes of figure %u run forward",
				       change->ordinal);
		change_key_write(change->previous_entry, change->previous_n,
				 key);
		rc = reader->get(reader->ctx, TABLE_CHANGE,
				 span_of(key, sizeof(key)), &bytes,
				 collecting->err);
		if (rc == ERR_NOTFOUND)
			return err_set(
				collecting->err, ERR_CORRUPT,
				"change %llu.%u of figure %u is missing",
				(unsigned long long)change->previous_entry,
				change->previous_n, change->ordinal);
		if (rc)
			return rc;
	}
}

static bool is_suspect(const struct collecting *collecting,
		       const struct figure_row *change)
{
	const struct suspects *suspects = collecting->suspects;

	for (size_t i = 0; suspects && i < suspects->count; i++)
		if (hash_equal(&suspects->list[i].key, &change->key))
			return change->sequence >= suspects->list[i].from;
	return false;
}

static void add_version(const struct collecting *collecting, struct cell *cell,
			const struct figure_row *change)
{
	cell->versions[cell->version_count++] = (struct version){
		.entry = change->entry,
		.n = change->n,
		.recv_us = change->recv_us,
		.flags = change->flags |
			 (is_suspect(collecting, change) ? VERSION_SUSPECT : 0),
		.values = change->values,
		.value_count = change->value_count,
	};
}

static void add_adjustment(const struct collecting *collecting,
			   struct cell *cell, const struct figure_row *change)
{
	cell->adjustments[cell->adjustment_count++] = (struct adjustment){
		.version = change->version - 1,
		.entry = change->entry,
		.n = change->n,
		.recv_us = change->recv_us,
		.name = change->status,
		.values = change->values,
		.value_count = change->value_count,
		.suspect = is_suspect(collecting, change),
	};
}

static int add_mark(struct collecting *collecting, struct cell *cell,
		    const struct figure_row *change)
{
	if (change->version == 0 || change->version > cell->version_count)
		return err_set(collecting->err, ERR_CORRUPT,
			       "change %llu.%u is of no version",
			       (unsigned long long)change->entry, change->n);
	if (change->flags & VERSION_ADJUST) {
		add_adjustment(collecting, cell, change);
		return 0;
	}
	cell->reviews[cell->review_count++] = (struct review_mark){
		.version = change->version - 1,
		.entry = change->entry,
		.n = change->n,
		.recv_us = change->recv_us,
		.status = change->status,
		.suspect = is_suspect(collecting, change),
	};
	return 0;
}

/* Turns the changes walked into the cell, oldest first. */
static int build_cell(struct collecting *collecting, struct cell *cell)
{
	size_t count = collecting->change_count, reviews = 0, adjustments = 0;
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		reviews += !!(collecting->changes[i].flags & VERSION_REVIEW);
		adjustments +=
			!!(collecting->changes[i].flags & VERSION_ADJUST);
	}
	cell->versions = arena_array(collecting->arena,
				     count - reviews - adjustments,
				     sizeof(*cell->versions));
	if (reviews)
		cell->reviews = arena_array(collecting->arena, reviews,
					    sizeof(*cell->reviews));
	if (adjustments)
		cell->adjustments = arena_array(collecting->arena, adjustments,
						sizeof(*cell->adjustments));
	if (!cell->versions || (reviews && !cell->reviews) ||
	    (adjustments && !cell->adjustments))
		return err_set(collecting->err, ERR_NOMEM,
			       "no memory for a cell");
	for (size_t i = count; i-- > 0 && !rc;) {
		const struct figure_row *change = &collecting->changes[i];

		if (change->flags & VERSION_MARKS)
			rc = add_mark(collecting, cell, change);
		else
			add_version(collecting, cell, change);
	}
	return rc;
}

static int push_cell(struct collecting *collecting, const struct cell *cell)
{
	size_t size = collecting->cells_size;
	struct cell *cells;

	if (collecting->cell_count == size) {
		size = size ? 2 * size : CELLS_FIRST;
		cells = realloc(collecting->cells, size * sizeof(*cells));
		if (!cells)
			return err_set(collecting->err, ERR_NOMEM,
				       "no memory for cells");
		collecting->cells = cells;
		collecting->cells_size = size;
	}
	collecting->cells[collecting->cell_count++] = *cell;
	return 0;
}

static int collect_cell(void *arg, struct span key_bytes, struct span value)
{
	struct collecting *collecting = arg;
	struct cell cell = { 0 };
	struct figure_key key;
	struct span bytes;
	int rc;

	rc = figure_key_read(key_bytes, &key, collecting->err);
	if (!rc)
		rc = figure_value_split(value, &bytes, NULL, collecting->err);
	if (rc)
		return rc;
	if (key.unit >= collecting->unit_count)
		return err_set(collecting->err, ERR_CORRUPT,
			       "unit number %u has no id", key.unit);
	cell.unit = collecting->units[key.unit];
	if (cell.unit == CATALOGUE_NONE)
		return 0; /* left the catalogue */
	cell.period = key.period;
	cell.item = key.item;
	rc = walk_changes(collecting, bytes);
	if (!rc)
		rc = build_cell(collecting, &cell);
	return rc ? rc : push_cell(collecting, &cell);
}

/* ---- the source ---- */

static int collect_target(struct collecting *collecting)
{
	const struct table_reader *reader = collecting->reader;
	struct target_search search = {
		.id = span_of_text(collecting->target->id),
		.number = CATALOGUE_NONE,
	};
	uint8_t prefix[4];
	int rc;

	rc = reader->scan(reader->ctx, TABLE_ID, span_of("t", 1), match_target,
			  &search, collecting->err);
	if (rc || search.number == CATALOGUE_NONE)
		return rc;
	rc = reader->scan(reader->ctx, TABLE_ID, span_of("u", 1), map_unit,
			  collecting, collecting->err);
	if (rc)
		return rc;
	store_u32(prefix, search.number);
	return reader->scan(reader->ctx, TABLE_FIGURE,
			    span_of(prefix, sizeof(prefix)), collect_cell,
			    collecting, collecting->err);
}

static int source_all(void *ctx, const struct catalogue *catalogue,
		      uint32_t target, struct arena *arena,
		      struct cell_list *out, struct err *err)
{
	const struct figures_reading *reading = ctx;
	struct collecting collecting = {
		.reader = reading->reader,
		.suspects = reading->suspects,
		.catalogue = catalogue,
		.target = &catalogue->targets[target],
		.arena = arena,
		.err = err,
	};
	struct cell *cells = NULL;
	int rc = collect_target(&collecting);

	if (!rc && collecting.cell_count) {
		cells = arena_copy(arena, collecting.cells,
				   collecting.cell_count * sizeof(*cells));
		if (!cells)
			rc = err_set(err, ERR_NOMEM, "no memory for cells");
	}
	if (!rc) {
		out->cells = cells;
		out->count = collecting.cell_count;
	}
	free(collecting.units);
	free(collecting.cells);
	free(collecting.changes);
	return rc;
}

struct cell_source figures_source(const struct figures_reading *reading)
{
	/* The source never writes through its context. */
	return (struct cell_source){
		.all = source_all,
		.ctx = (void *)(uintptr_t)reading,
	};
}
