#include "agent/cells.h"

#include <stdlib.h>
#include <string.h>

#include "agent/review_word.h"

/* Parts with '|' between them; 0 if they are too long to be a cell's. */
static size_t join(char out[CELLS_KEY_BYTES], const struct span *parts,
		   size_t count)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		if (parts[i].len > WIRE_NAME_BYTES_MAX)
			return 0;
		if (i)
			out[len++] = '|';
		if (parts[i].len)
			memcpy(out + len, parts[i].data, parts[i].len);
		len += parts[i].len;
	}
	return len;
}

size_t cells_key(const struct report *report, char out[CELLS_KEY_BYTES])
{
	const struct span parts[] = { report->target, report->unit,
				      report->period, report->item };

	return join(out, parts, 4);
}

static size_t item_of(const struct report *report, char out[CELLS_KEY_BYTES])
{
	const struct span parts[] = { report->target, report->unit,
				      report->item };

	return join(out, parts, 3);
}

static int put(struct cells *cells, const struct report *report,
	       const struct known_cell *as, struct err *err)
{
	char key[CELLS_KEY_BYTES];
	struct known_cell *known;
	uint32_t number;

	number = intern_put(&cells->keys, span_of(key, cells_key(report, key)));
	if (number == INTERN_NONE)
		goto nomem;
	if (number >= cells->known_size) {
		size_t size = cells->known_size ? 2 * cells->known_size : 256;

		known = realloc(cells->known, size * sizeof(*known));
		if (!known)
			goto nomem;
		cells->known = known;
		cells->known_size = size;
	}
	cells->known[number] = *as;
	if (report->item.len &&
	    intern_put(&cells->items, span_of(key, item_of(report, key))) ==
		    INTERN_NONE)
		goto nomem;
	return 0;
nomem:
	return err_set(err, ERR_NOMEM, "no memory for what is known of cells");
}

struct loading {
	struct cells *cells;
	struct err *err;
	int ret;
};

static int visit(void *arg, struct span key, const struct head *head)
{
	struct loading *loading = arg;
	struct known_cell known = {
		.status = review_word_status(head->report.status),
		.reviewed_us = head->review.recv_us,
	};

	(void)key;
	memcpy(known.salt, head->salt, SALT_BYTES);
	loading->ret = put(loading->cells, &head->report, &known, loading->err);
	return loading->ret;
}

int cells_load(struct cells *cells, struct outbox *outbox,
	       const struct catalogue *catalogue, uint64_t now_us,
	       struct err *err)
{
	struct loading loading = { .cells = cells, .err = err };
	struct arena arena;
	int ret;

	memset(cells, 0, sizeof(*cells));
	intern_init(&cells->keys);
	intern_init(&cells->items);
	cells->catalogue = catalogue;
	cells->now_us = now_us;
	arena_init(&arena, CELLS_ARENA_BYTES);
	ret = outbox_heads(outbox, &arena, visit, &loading, err);
	arena_release(&arena);
	return loading.ret ? loading.ret : ret;
}

/* Reviews of what is no longer the head will be stale. */
static void note_review(struct cells *cells, const struct statement *statement)
{
	const struct report *review = &statement->said.review;
	char key[CELLS_KEY_BYTES];
	uint32_t number =
		intern_find(&cells->keys, span_of(key, cells_key(review, key)));
	struct known_cell *known;

	if (number == INTERN_NONE)
		return;
	known = &cells->known[number];
	if (!span_equal(statement->base, span_of(known->salt, BASE_BYTES)))
		return;
	known->status = review_word_status(review->status);
	known->reviewed_us = 0;
	known->review_waits = true;
}

struct noting {
	struct cells *cells;
	struct arena arena;
};

static int visit_item(void *arg, const struct outbox_item *item)
{
	struct noting *noting = arg;
	struct statement statement;

	if (item->delivered)
		return 0;
	arena_reset(&noting->arena);
	if (!wire_decode_statement(item->sealed.body, &noting->arena,
				   &statement, NULL) &&
	    statement.kind == SAID_REVIEW)
		note_review(noting->cells, &statement);
	return 0;
}

int cells_load_reviews(struct cells *cells, struct outbox *outbox,
		       struct err *err)
{
	struct noting noting = { .cells = cells };
	struct outbox_counts counts;
	int ret = outbox_counts(outbox, &counts, err);

	if (ret || counts.waiting + counts.sealed == 0)
		return ret;
	arena_init(&noting.arena, WIRE_ARENA_BYTES);
	ret = outbox_items(outbox, 1, visit_item, &noting, err);
	arena_release(&noting.arena);
	return ret;
}

void cells_release(struct cells *cells)
{
	intern_release(&cells->keys);
	intern_release(&cells->items);
	free(cells->known);
	cells->known = NULL;
}

const struct known_cell *cells_find(const struct cells *cells,
				    const struct report *report)
{
	char key[CELLS_KEY_BYTES];
	uint32_t number =
		intern_find(&cells->keys, span_of(key, cells_key(report, key)));

	return number == INTERN_NONE ? NULL : &cells->known[number];
}

int cells_put(struct cells *cells, const struct report *report,
	      const uint8_t salt[SALT_BYTES], struct err *err)
{
	struct known_cell known = { .status = NULL };

	memcpy(known.salt, salt, SALT_BYTES);
	return put(cells, report, &known, err);
}

static struct report named(const struct cells *cells, uint32_t target,
			   uint32_t unit, const char *period, struct span item)
{
	return (struct report){
		.target = span_of_text(cells->catalogue->targets[target].id),
		.unit = span_of_text(cells->catalogue->units[unit].id),
		.period = span_of_text(period),
		.item = item,
	};
}

/* Where it is not known when it was returned: the benefit of the doubt. */
static struct cell_state ask_cell(void *ctx, uint32_t target, uint32_t unit,
				  struct period period, struct span item)
{
	const struct cells *cells = ctx;
	char text[PERIOD_TEXT_BYTES];
	const struct known_cell *known;
	struct report report;

	period_print(period, text);
	report = named(cells, target, unit, text, item);
	known = cells_find(cells, &report);
	return (struct cell_state){
		.has_head = known != NULL,
		.head_returned = known && known->status &&
				 !strcmp(known->status, "returned"),
		.returned_us = known && known->reviewed_us ?
				       known->reviewed_us :
				       cells->now_us,
		.head_counts_as_report = known != NULL,
	};
}

static bool ask_item(void *ctx, uint32_t target, uint32_t unit,
		     struct span item)
{
	const struct cells *cells = ctx;
	char key[CELLS_KEY_BYTES];
	struct report report = named(cells, target, unit, "", item);

	return intern_find(&cells->items,
			   span_of(key, item_of(&report, key))) != INTERN_NONE;
}

struct admit_lookup cells_lookup(const struct cells *cells)
{
	return (struct admit_lookup){
		.cell = ask_cell,
		.item_seen = ask_item,
		.ctx = (void *)(uintptr_t)cells,
	};
}
