/* What offices say: reports of random cells, each based on the one before. */
#include "bench/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct sealed load_say(struct load *load, const struct statement *statement)
{
	struct sealed sealed = { 0 };
	struct strbuf body;

	strbuf_init(&body, 0);
	load_must(load, wire_encode_statement(statement, &body, &load->err));
	sealed.body = span_of(arena_copy(&load->arena, body.text, body.len),
			      body.len);
	strbuf_release(&body);
	if (!sealed.body.data)
		load_die("cannot say it", "no memory");
	salt_draw(sealed.salt);
	return sealed;
}

struct span load_seal(struct load *load, const struct sign_pair *by,
		      uint64_t sequence, struct hash *head,
		      const struct sealed *sealed, size_t count)
{
	struct seal_header header = { .journal = load->journal,
				      .sequence = sequence,
				      .prev = *head,
				      .sent_us = (uint64_t)time(NULL) * 1000000,
				      .count = (uint32_t)count };
	struct strbuf batch, message;

	strbuf_init(&batch, 0);
	strbuf_init(&message, 0);
	load_must(load, wire_seal_batch(&header, sealed, by, &batch, head,
					&load->err));
	load_must(load,
		  talk_encode_batch(strbuf_span(&batch), &message, &load->err));
	strbuf_release(&batch);
	if (message.failed)
		load_die("cannot seal", "no memory");
	return strbuf_span(&message);
}

/* xorshift64*: which cell is next. */
static uint64_t draw(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return (x * 2685821657736338717ull) >> 16;
}

/* Where an office's cells stand. */
struct cells {
	uint8_t (*bases)[BASE_BYTES];
	uint64_t count, seed;
};

static struct sealed report(struct load *load, const struct office *office,
			    struct cells *cells)
{
	const struct load_options *options = &load->options;
	static const uint8_t none[BASE_BYTES];
	uint64_t cell = draw(&cells->seed) % cells->count;
	uint64_t month = cell % options->months;
	uint64_t target = cell / options->months % options->targets;
	uint64_t unit =
		office->first_unit + cell / options->months / options->targets;
	char names[4][24];
	struct cell_text value = { 0 };
	struct statement statement = { .kind = SAID_REPORT };
	struct sealed sealed;

	(void)snprintf(names[0], sizeof(names[0]), "t%05" PRIu64, target);
	(void)snprintf(names[1], sizeof(names[1]), "u%05" PRIu64, unit);
	(void)snprintf(names[2], sizeof(names[2]), "%04" PRIu64 "M%02" PRIu64,
		       options->year, month + 1);
	(void)snprintf(names[3], sizeof(names[3]), "%" PRIu64,
		       draw(&cells->seed) % 1000);
	value.value = span_of_text(names[3]);
	statement.said.report = (struct report){
		.target = span_of_text(names[0]),
		.unit = span_of_text(names[1]),
		.period = span_of_text(names[2]),
		.cells = &value,
		.cell_count = 1,
	};
	if (memcmp(cells->bases[cell], none, BASE_BYTES) != 0)
		statement.base = span_of(cells->bases[cell], BASE_BYTES);
	sealed = load_say(load, &statement);
	memcpy(cells->bases[cell], sealed.salt, BASE_BYTES);
	return sealed;
}

void load_seal_reports(struct load *load, struct office *office,
		       uint64_t reports)
{
	const struct load_options *options = &load->options;
	uint64_t batch_count = (reports + options->batch - 1) / options->batch;
	struct sealed *sealed = calloc(options->batch, sizeof(*sealed));
	struct cells cells = { .count = office->unit_count * options->targets *
					options->months,
			       .seed = office->first_unit * 7919 + 1 };

	cells.bases = calloc(cells.count, sizeof(*cells.bases));
	office->batches = calloc(batch_count, sizeof(*office->batches));
	if (!sealed || !cells.bases || !office->batches)
		load_die("cannot seal", "no memory");
	for (uint64_t i = 0; i < batch_count; i++) {
		arena_reset(&load->arena);
		for (uint64_t n = 0; n < options->batch; n++)
			sealed[n] = report(load, office, &cells);
		office->batches[i].bytes = load_seal(load, &office->sign, 2 + i,
						     &office->head, sealed,
						     options->batch);
	}
	office->batch_count = batch_count;
	free(cells.bases);
	free(sealed);
}
