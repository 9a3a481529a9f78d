#include "store/figures_rows.h"

#include <stdlib.h>

#include "base/err.h"

#define ROWS_A_CHUNK_BITS 14
#define ROWS_A_CHUNK (1u << ROWS_A_CHUNK_BITS)
#define SLOTS_MIN 64

void rows_release(struct rows *rows)
{
	for (uint32_t i = 0; i < rows->chunk_count; i++)
		free(rows->chunks[i]);
	free(rows->chunks);
	free(rows->cells.at);
	free(rows->seen.at);
	*rows = (struct rows){ 0 };
}

struct row *rows_at(const struct rows *rows, uint32_t i)
{
	return &rows->chunks[i >> ROWS_A_CHUNK_BITS][i & (ROWS_A_CHUNK - 1)];
}

/* ---- the two tables of numbers ---- */

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

/* What distinguishes the two. */
struct by {
	uint64_t (*hash)(const struct row *row);
	bool (*same)(const struct row *a, const struct row *b);
};

static const struct by by_cell = { hash_cell, same_cell };
static const struct by by_seen = { hash_seen, same_seen };

/* Where a row like this is, or would be put. */
static struct slot *slot_of(const struct rows *rows, const struct slots *slots,
			    const struct by *by, const struct row *like)
{
	uint32_t hash = (uint32_t)by->hash(like);
	uint32_t mask = slots->size - 1, at = hash & mask;

	while (slots->at[at].row &&
	       (slots->at[at].hash != hash ||
		!by->same(rows_at(rows, slots->at[at].row - 1), like)))
		at = (at + 1) & mask;
	return &slots->at[at];
}

uint32_t rows_find(struct rows *rows, const struct row *like)
{
	uint32_t i;

	if (rows->found < rows->count &&
	    same_cell(rows_at(rows, rows->found), like))
		return rows->found;
	if (!rows->cells.size)
		return ROW_NONE;
	/* An empty slot is 0: ROW_NONE is one less. */
	i = slot_of(rows, &rows->cells, &by_cell, like)->row - 1;
	if (i != ROW_NONE)
		rows->found = i;
	return i;
}

void rows_expect(const struct rows *rows, const struct row *like, size_t count)
{
	const struct slots *slots = &rows->cells;
	const struct slot *first[ROWS_EXPECTED_MAX];

	if (!slots->size)
		return;
	for (size_t i = 0; i < count; i++) {
		first[i] = &slots->at[(uint32_t)hash_cell(&like[i]) &
				      (slots->size - 1)];
		__builtin_prefetch(first[i]);
	}
	/* Most are where they are looked for first. */
	for (size_t i = 0; i < count; i++) {
		if (!first[i]->row)
			continue;
		__builtin_prefetch(rows_at(rows, first[i]->row - 1), 1);
		__builtin_prefetch(&rows_at(rows, first[i]->row - 1)->link, 1);
	}
}

bool rows_seen(const struct rows *rows, const struct row *like)
{
	return rows->seen.size &&
	       slot_of(rows, &rows->seen, &by_seen, like)->row;
}

static int slots_grow(struct slots *slots)
{
	struct slots grown = { .used = slots->used };

	grown.size = slots->size ? 2 * slots->size : SLOTS_MIN;
	grown.at = calloc(grown.size, sizeof(*grown.at));
	if (!grown.at)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < slots->size; i++) {
		uint32_t at = slots->at[i].hash & (grown.size - 1);

		if (!slots->at[i].row)
			continue;
		while (grown.at[at].row)
			at = (at + 1) & (grown.size - 1);
		grown.at[at] = slots->at[i];
	}
	free(slots->at);
	*slots = grown;
	return 0;
}

/* Enters row i unless one like it is there. */
static int slots_add(const struct rows *rows, struct slots *slots,
		     const struct by *by, uint32_t i)
{
	const struct row *row = rows_at(rows, i);
	struct slot *slot;

	if (4 * ((uint64_t)slots->used + 1) > 3 * (uint64_t)slots->size &&
	    slots_grow(slots))
		return ERR_NOMEM;
	slot = slot_of(rows, slots, by, row);
	if (!slot->row) {
		*slot = (struct slot){ i + 1, (uint32_t)by->hash(row) };
		slots->used++;
	}
	return 0;
}

/* ---- in order ---- */

struct ordering {
	const struct rows *rows;
	int (*before)(const void *ctx, const struct row *a,
		      const struct row *b);
	const void *ctx;
};

static int compare_numbers(const void *left, const void *right, void *arg)
{
	const uint32_t *a = left, *b = right;
	const struct ordering *ordering = arg;

	return ordering->before(ordering->ctx, rows_at(ordering->rows, *a),
				rows_at(ordering->rows, *b));
}

uint32_t *rows_ordered(const struct rows *rows,
		       int (*before)(const void *ctx, const struct row *a,
				     const struct row *b),
		       const void *ctx)
{
	struct ordering ordering = { rows, before, ctx };
	uint32_t *numbers =
		malloc(((size_t)rows->count + 1) * sizeof(*numbers));

	if (!numbers)
		return NULL;
	for (uint32_t i = 0; i < rows->count; i++)
		numbers[i] = i;
	qsort_r(numbers, rows->count, sizeof(*numbers), compare_numbers,
		&ordering);
	return numbers;
}

/* ---- adding ---- */

/* Makes places for rows below count. */
static int reserve(struct rows *rows, uint32_t count)
{
	uint32_t wanted = (count + ROWS_A_CHUNK - 1) >> ROWS_A_CHUNK_BITS;
	struct row **chunks;

	if (wanted <= rows->chunk_count)
		return 0;
	chunks = realloc(rows->chunks, wanted * sizeof(struct row *));
	if (!chunks)
		return ERR_NOMEM;
	rows->chunks = chunks;
	while (rows->chunk_count < wanted) {
		struct row *chunk = calloc(ROWS_A_CHUNK, sizeof(*chunk));

		if (!chunk)
			return ERR_NOMEM;
		chunks[rows->chunk_count++] = chunk;
	}
	return 0;
}

int rows_add(struct rows *rows, const struct row *row)
{
	uint32_t i = rows->count;

	if (i == ROWS_MAX)
		return ERR_LIMIT;
	if (reserve(rows, i + 1))
		return ERR_NOMEM;
	*rows_at(rows, i) = *row;
	if (slots_add(rows, &rows->cells, &by_cell, i) ||
	    slots_add(rows, &rows->seen, &by_seen, i))
		return ERR_NOMEM;
	rows->count++;
	return 0;
}

int rows_place(struct rows *rows, uint32_t i, const struct row *row)
{
	if (i >= ROWS_MAX)
		return ERR_LIMIT;
	if (reserve(rows, i + 1))
		return ERR_NOMEM;
	if (rows_at(rows, i)->version)
		return ERR_EXISTS;
	*rows_at(rows, i) = *row;
	if (i >= rows->count)
		rows->count = i + 1;
	return 0;
}

int rows_index(struct rows *rows)
{
	for (uint32_t i = 0; i < rows->count; i++)
		if (slots_add(rows, &rows->cells, &by_cell, i) ||
		    slots_add(rows, &rows->seen, &by_seen, i))
			return ERR_NOMEM;
	return 0;
}
