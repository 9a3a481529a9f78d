#include "store/heads.h"

#include <string.h>

#include "base/bytes.h"
#include "proto/figure/cell.h"
#include "proto/day.h"
#include "proto/decimal.h"
#include "proto/period.h"
#include "store/figures_catalogue.h"
#include "store/figures_row.h"

/* ---- files ---- */

struct newest {
	uint32_t version;
	struct span bytes;
};

static int take_newest(void *arg, struct span key, struct span value)
{
	struct newest *newest = arg;

	if (key.len != 4)
		return ERR_CORRUPT;
	newest->version = load_u32(key.data);
	newest->bytes = value;
	return 0;
}

int heads_catalogue(const struct table_reader *reader, struct arena *arena,
		    struct heads_catalogue *out, struct err *err)
{
	struct newest newest = { 0 };
	struct catalogue_version read;
	struct heads_catalogue found = { 0 };
	int rc = reader->scan(reader->ctx, TABLE_CATALOGUE, span_of(NULL, 0),
			      take_newest, &newest, err);

	if (rc)
		return rc;
	if (!newest.version)
		return err_set(err, ERR_NOTFOUND, "there is no catalogue");
	rc = catalogue_version_read(newest.bytes, arena, &read, err);
	if (rc)
		return rc;
	found.files = arena_array(arena, read.file_count, sizeof(*found.files));
	if (!found.files)
		return err_set(err, ERR_NOMEM, "no memory for a slice");
	for (size_t i = 0; i < read.file_count; i++)
		found.files[i] = (struct slice_file){
			.name = span_of_text(read.files[i].name),
			.bytes = read.files[i].bytes,
		};
	found.version = newest.version;
	found.file_count = read.file_count;
	found.commit.index = read.origin.entry;
	found.commit.n = read.origin.n;
	found.commit.recv_us = read.origin.recv_us;
	memcpy(found.commit.salt, read.origin.salt, SALT_BYTES);
	*out = found;
	return 0;
}

/* ---- numbers ---- */

void head_ids_init(struct head_ids *ids)
{
	intern_init(&ids->targets);
	intern_init(&ids->units);
}

void head_ids_release(struct head_ids *ids)
{
	intern_release(&ids->targets);
	intern_release(&ids->units);
}

struct loading {
	struct head_ids *ids;
	struct err *err;
};

int head_ids_add(struct head_ids *ids, struct span key, struct span id,
		 struct err *err)
{
	struct intern *table;
	uint32_t number;

	if (key.len != 5)
		return err_set(err, ERR_CORRUPT, "an id's key is damaged");
	table = key.data[0] == 't' ? &ids->targets : &ids->units;
	number = load_u32(key.data + 1);
	if (number < table->count)
		return 0;
	if (intern_put(table, id) != number)
		return err_set(err, ERR_CORRUPT,
			       "the number %u has no id of its own", number);
	return 0;
}

static int load_id(void *arg, struct span key, struct span value)
{
	struct loading *loading = arg;

	return head_ids_add(loading->ids, key, value, loading->err);
}

int head_ids_load(struct head_ids *ids, const struct table_reader *reader,
		  struct err *err)
{
	struct loading loading = { ids, err };

	return reader->scan(reader->ctx, TABLE_ID, span_of(NULL, 0), load_id,
			    &loading, err);
}

/* ---- heads ---- */

int head_place(struct span figure_key, uint32_t *target, uint32_t *unit,
	       struct err *err)
{
	struct figure_key key;
	int rc = figure_key_read(figure_key, &key, err);

	if (rc)
		return rc;
	*target = key.target;
	*unit = key.unit;
	return 0;
}

static int copy_span(struct arena *arena, struct span from, struct span *out)
{
	const uint8_t *copy = arena_copy(arena, from.data, from.len);

	if (!copy)
		return ERR_NOMEM;
	*out = span_of(copy, from.len);
	return 0;
}

static int value_text(const struct value *value, struct arena *arena,
		      struct span *out)
{
	char text[DECIMAL_TEXT_BYTES + DAY_TEXT_BYTES] = "NA";

	switch (value->kind) {
	case VALUE_NUMBER:
		decimal_print((struct decimal){ .units = value->number,
						.places = value->places },
			      text);
		break;
	case VALUE_DAY:
		day_print((int32_t)value->number, text);
		break;
	case VALUE_TEXT:
		return copy_span(arena, value->text, out);
	case VALUE_NA:
		break;
	}
	return copy_span(arena, span_of_text(text), out);
}

/* A version that says one word for the whole cell has no values. */
static const char *whole_word(uint32_t flags)
{
	return flags & (VERSION_NA | VERSION_WITHDRAWN) ? "NA" : NULL;
}

static int fill_cells(const struct figure_row *row, struct arena *arena,
		      struct cell_text **out, size_t *out_count)
{
	const char *word = whole_word(row->flags);
	bool whole = word && !row->value_count;
	size_t count = whole ? 1 : row->value_count;
	struct cell_text *cells = arena_array(arena, count, sizeof(*cells));
	int rc = cells ? 0 : ERR_NOMEM;

	if (!rc && whole)
		rc = copy_span(arena, span_of_text(word), &cells[0].value);
	for (size_t i = 0; i < row->value_count && !rc; i++) {
		rc = copy_span(arena, row->values[i].field, &cells[i].field);
		if (!rc)
			rc = value_text(&row->values[i], arena,
					&cells[i].value);
	}
	if (rc)
		return rc;
	*out = cells;
	*out_count = count;
	return 0;
}

/* A cell's changes, from the newest back. */
struct walk {
	const struct heads *heads;
	struct figure_row row;
	size_t left; /* changes that may still be looked at */
};

/* 1: the change before; 0: there is none, or none that is looked at. */
static int step_back(struct walk *walk)
{
	const struct table_reader *reader = walk->heads->reader;
	struct err *err = walk->heads->err;
	uint8_t key[CHANGE_KEY_BYTES];
	struct span bytes;
	int rc;

	if (walk->row.previous_entry == FIGURE_NO_ENTRY || !walk->left)
		return 0;
	walk->left--;
	change_key_write(walk->row.previous_entry, walk->row.previous_n, key);
	rc = reader->get(reader->ctx, TABLE_CHANGE, span_of(key, sizeof(key)),
			 &bytes, err);
	if (rc == ERR_NOTFOUND)
		return err_set(err, ERR_CORRUPT,
			       "the change before a figure's is missing");
	if (!rc)
		rc = figure_row_read(bytes, walk->heads->arena, &walk->row,
				     err);
	return rc ? rc : 1;
}

/* Back over changes of these kinds, if the walk stands at one. */
static int pass_marks(struct walk *walk, uint32_t marks)
{
	int rc = 1;

	while (rc == 1 && walk->row.flags & marks) {
		walk->left = 1; /* however many there are */
		rc = step_back(walk);
	}
	if (rc == 0)
		return err_set(walk->heads->err, ERR_CORRUPT,
			       "a review's version is missing");
	return rc < 0 ? rc : 0;
}

static int fill_review(const struct figure_row *row, struct arena *arena,
		       struct span *status, struct head_review *out)
{
	*out = (struct head_review){ .index = row->entry,
				     .n = row->n,
				     .recv_us = row->recv_us };
	return copy_span(arena, row->status, status);
}

/* Goes on from the newest version to the review before it, and what that is
 * of. */
static int find_before(struct walk *walk, struct head_found *out)
{
	struct arena *arena = walk->heads->arena;
	struct head_before before = { 0 };
	int rc;

	walk->left = HEADS_CHANGES_MAX;
	do
		rc = step_back(walk);
	while (rc == 1 && !(walk->row.flags & VERSION_REVIEW));
	if (rc != 1)
		return rc;
	if (fill_review(&walk->row, arena, &before.status, &before.review))
		return ERR_NOMEM;
	out->before_reviewer = walk->row.key;
	rc = pass_marks(walk, VERSION_MARKS);
	if (!rc)
		rc = fill_cells(&walk->row, arena, &before.cells,
				&before.cell_count);
	if (!rc)
		out->head.before = before;
	return rc;
}

static int fill_place(const struct heads *heads, const struct figure_key *key,
		      struct report *report)
{
	const struct head_ids *ids = heads->ids;
	struct arena *arena = heads->arena;
	char period[PERIOD_TEXT_BYTES];
	int rc;

	if (key->target >= ids->targets.count || key->unit >= ids->units.count)
		return err_set(heads->err, ERR_CORRUPT,
			       "a figure's numbers have no ids");
	period_print(key->period, period);
	rc = copy_span(arena, intern_key(&ids->targets, key->target),
		       &report->target);
	if (!rc)
		rc = copy_span(arena, intern_key(&ids->units, key->unit),
			       &report->unit);
	if (!rc)
		rc = copy_span(arena, span_of_text(period), &report->period);
	return rc ? rc : copy_span(arena, key->item, &report->item);
}

static int fill_head(struct walk *walk, struct head_found *out)
{
	struct arena *arena = walk->heads->arena;
	struct head *head = &out->head;
	int rc = pass_marks(walk, VERSION_ADJUST);

	if (!rc && walk->row.flags & VERSION_REVIEW) {
		rc = fill_review(&walk->row, arena, &head->report.status,
				 &head->review);
		out->reviewer = walk->row.key;
	}
	if (!rc)
		rc = pass_marks(walk, VERSION_MARKS);
	if (!rc)
		rc = fill_cells(&walk->row, arena, &head->report.cells,
				&head->report.cell_count);
	memcpy(head->salt, walk->row.salt, SALT_BYTES);
	head->index = walk->row.entry;
	head->n = walk->row.n;
	head->recv_us = walk->row.recv_us;
	return rc ? rc : find_before(walk, out);
}

int head_read(const struct heads *heads, struct span figure_key,
	      struct head_found *out)
{
	const struct table_reader *reader = heads->reader;
	struct walk walk = { .heads = heads };
	struct head_found found = { 0 };
	struct span value, bytes;
	struct figure_key key;
	struct hash link;
	int rc = figure_key_read(figure_key, &key, heads->err);

	if (!rc)
		rc = reader->get(reader->ctx, TABLE_FIGURE, figure_key, &value,
				 heads->err);
	if (!rc)
		rc = figure_value_split(value, &bytes, &link, heads->err);
	if (!rc)
		rc = figure_row_read(bytes, heads->arena, &walk.row,
				     heads->err);
	if (!rc)
		rc = fill_place(heads, &key, &found.head.report);
	if (!rc)
		rc = fill_head(&walk, &found);
	if (rc == ERR_NOMEM)
		return err_set(heads->err, rc, "no memory for a head");
	if (!rc)
		*out = found;
	return rc;
}

int head_of_change(const struct table_reader *reader, uint64_t entry,
		   uint32_t n, struct span *figure_key, struct err *err)
{
	uint8_t key[CHANGE_KEY_BYTES];
	struct figure_row row;
	struct span bytes;
	int rc;

	change_key_write(entry, n, key);
	rc = reader->get(reader->ctx, TABLE_CHANGE, span_of(key, sizeof(key)),
			 &bytes, err);
	if (!rc)
		rc = figure_row_read(bytes, NULL, &row, err);
	if (!rc)
		*figure_key = row.figure_key;
	return rc;
}

int heads_scan(const struct table_reader *reader, uint32_t target,
	       uint32_t unit,
	       int (*visit)(void *arg, struct span key, struct span value),
	       void *arg, struct err *err)
{
	uint8_t prefix[8];

	store_u32(prefix, target);
	store_u32(prefix + 4, unit);
	return reader->scan(reader->ctx, TABLE_FIGURE,
			    span_of(prefix, unit == INTERN_NONE ? 4 : 8), visit,
			    arg, err);
}
