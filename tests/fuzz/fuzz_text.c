/* Small texts that people type or hand on: cards, codes, periods, days,
 * numbers; CSV as such; what offices hand over to a collector; how its keys
 * follow one another. */
#include <assert.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "proto/card.h"
#include "proto/csv.h"
#include "proto/day.h"
#include "proto/decimal.h"
#include "proto/handover.h"
#include "proto/period.h"
#include "proto/reopening.h"
#include "proto/succession.h"

#define ARENA_BYTES (16 * 1024 * 1024)

/* What is printed is read as what it was. */
static void parse_period(struct span text)
{
	char printed[PERIOD_TEXT_BYTES], again[PERIOD_TEXT_BYTES];
	struct period period;
	struct err err;

	if (period_parse(text, &period, &err))
		return;
	period_print(period, printed);
	assert(!period_parse(span_of_text(printed), &period, &err));
	period_print(period, again);
	assert(!strcmp(printed, again));
}

static void parse_handed_over(struct span bytes)
{
	struct handover_reader reader;
	struct handover_batch batch;
	struct err err;

	if (handover_open(bytes, &reader, &err))
		return;
	while (handover_next(&reader, &batch, &err) > 0)
		assert(batch.batch.len <= bytes.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	struct reopening reopening;
	struct key_chain chain = { 0 };
	struct checkpoint checkpoint;
	struct decimal decimal;
	struct arena arena;
	struct card card;
	struct code code;
	struct csv csv;
	struct err err;
	int32_t day;

	arena_init(&arena, ARENA_BYTES);
	(void)csv_parse(text, &arena, &csv, &err);
	(void)card_parse(text, &card, &err);
	(void)code_parse(text, &code, &err);
	(void)decimal_parse(text, &decimal, &err);
	(void)day_parse(text, &day);
	parse_period(text);
	parse_handed_over(text);
	(void)reopening_read(text, &reopening, &err);
	(void)key_chain_add_all(&chain, text, &err);
	(void)key_chain_open(&chain, text, &checkpoint, &err);
	arena_release(&arena);
	return 0;
}
