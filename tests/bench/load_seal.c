/* What offices say: reports of random cells, each based on the one before. */
#include "bench/load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"

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

static uint64_t next_cell(struct cells *cells)
{
	if (!cells->step)
		return draw(&cells->seed) % cells->count;
	cells->at = (cells->at + cells->step) % cells->count;
	return cells->at;
}

static void init_cells(const struct load *load, struct office *office)
{
	const struct load_options *options = &load->options;
	struct cells *cells = &office->cells;

	cells->count = office->unit_count * options->targets * options->periods;
	cells->seed = office->first_unit * 7919 + 1;
	cells->bases = calloc(cells->count, sizeof(*cells->bases));
	if (!cells->bases)
		load_die("cannot seal", "no memory");
}

static struct sealed report(struct load *load, struct office *office)
{
	const struct load_options *options = &load->options;
	struct cells *cells = &office->cells;
	static const uint8_t none[BASE_BYTES];
	uint64_t cell = next_cell(cells);
	uint64_t period = cell % options->periods;
	uint64_t target = cell / options->periods % options->targets;
	uint64_t unit =
		office->first_unit + cell / options->periods / options->targets;
	char names[4][24];
	struct cell_text value = { 0 };
	struct statement statement = { .kind = SAID_REPORT };
	struct sealed sealed;

	(void)snprintf(names[0], sizeof(names[0]), "t%05" PRIu64, target);
	(void)snprintf(names[1], sizeof(names[1]), "u%05" PRIu64, unit);
	(void)snprintf(names[2], sizeof(names[2]), "%04u%c%02u",
		       (unsigned)options->year, *options->period,
		       (unsigned)period + 1);
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

/* The office's next batch; sealed has room for it. */
static struct span seal_next(struct load *load, struct office *office,
			     uint64_t sequence, struct sealed *sealed)
{
	arena_reset(&load->arena);
	for (uint64_t n = 0; n < load->options.batch; n++)
		sealed[n] = report(load, office);
	return load_seal(load, &office->sign, sequence, &office->head, sealed,
			 load->options.batch);
}

static struct sealed *room_for_batch(const struct load *load)
{
	struct sealed *sealed =
		calloc(load->options.batch, sizeof(struct sealed));

	if (!sealed)
		load_die("cannot seal", "no memory");
	return sealed;
}

void load_seal_reports(struct load *load, struct office *office,
		       uint64_t reports)
{
	uint64_t each = load->options.batch;
	uint64_t batch_count = (reports + each - 1) / each;
	struct sealed *sealed = room_for_batch(load);

	init_cells(load, office);
	office->batches = calloc(batch_count, sizeof(*office->batches));
	if (!office->batches)
		load_die("cannot seal", "no memory");
	for (uint64_t i = 0; i < batch_count; i++)
		office->batches[i].bytes =
			seal_next(load, office, 2 + i, sealed);
	office->batch_count = batch_count;
	free(office->cells.bases);
	free(sealed);
}

/* ---- to a file ---- */

/* The cells in an order that jumps about and comes to each of them. */
static uint64_t step_through(uint64_t count)
{
	uint64_t step = count / 3 * 2 + 1, a, b, rest;

	for (;; step++) {
		for (a = count, b = step; b; b = rest) {
			rest = a % b;
			a = b;
		}
		if (a == 1)
			return step;
	}
}

static void write_batch(FILE *out, struct span message)
{
	struct span batch = span_of(message.data + WIRE_PREFIX_BYTES,
				    message.len - WIRE_PREFIX_BYTES);
	uint8_t len[4];

	store_u32(len, (uint32_t)batch.len);
	if (fwrite(len, sizeof(len), 1, out) != 1 ||
	    fwrite(batch.data, batch.len, 1, out) != 1)
		load_die("cannot write", strerror(errno));
}

void load_write_reports(struct load *load)
{
	const struct load_options *options = &load->options;
	FILE *out = fopen(options->out, "wb");
	uint64_t rounds = options->reports / options->offices / options->batch;
	struct sealed *sealed = room_for_batch(load);

	if (!out)
		load_die(options->out, strerror(errno));
	for (uint64_t i = 0; i < options->offices; i++) {
		init_cells(load, &load->offices[i]);
		load->offices[i].cells.step =
			step_through(load->offices[i].cells.count);
	}
	for (uint64_t round = 0; round < rounds; round++) {
		for (uint64_t i = 0; i < options->offices; i++) {
			struct span message = seal_next(load, &load->offices[i],
							2 + round, sealed);

			write_batch(out, message);
			free((void *)(uintptr_t)message.data);
		}
	}
	for (uint64_t i = 0; i < options->offices; i++)
		free(load->offices[i].cells.bases);
	free(sealed);
	if (fclose(out))
		load_die(options->out, strerror(errno));
}
