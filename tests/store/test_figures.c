#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "store/figures.h"
#include "store/figures_row.h"
#include "store/stage.h"

/* ---- rows ---- */

static void random_bytes_of(uint64_t *random, void *out, size_t len)
{
	uint8_t *bytes = out;

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(stage_random(random) >> 32);
}

static struct value random_value(uint64_t *random)
{
	static const char text[] = "signed,started;\xe7\xad\xbe\xe7\xba\xa6";
	struct value value = {
		.field = span_of(text, stage_random(random) % 8),
		.kind = (enum value_kind)(1 + stage_random(random) % 4),
	};

	if (value.kind == VALUE_NUMBER || value.kind == VALUE_DAY)
		value.number = (int64_t)stage_random(random);
	if (value.kind == VALUE_NUMBER)
		value.places = (uint8_t)(stage_random(random) % 10);
	if (value.kind == VALUE_TEXT)
		value.text = span_of(text, stage_random(random) % sizeof(text));
	return value;
}

static struct figure_row random_row(uint64_t *random, struct value *values)
{
	struct figure_row row = { 0 };

	row.ordinal = (uint32_t)stage_random(random);
	row.version = (uint32_t)stage_random(random);
	row.entry = stage_random(random);
	row.n = (uint32_t)stage_random(random);
	row.recv_us = stage_random(random);
	random_bytes_of(random, &row.key, sizeof(row.key));
	row.sequence = stage_random(random);
	random_bytes_of(random, row.salt, SALT_BYTES);
	random_bytes_of(random, row.base, BASE_BYTES);
	row.previous_entry = stage_random(random);
	row.previous_n = (uint32_t)stage_random(random);
	row.flags = (uint32_t)stage_random(random);
	row.figure_key = span_of("\0\0\0\1\0\0\0\2\4\7\350\0\3item", 17);
	row.value_count = stage_random(random) % 6;
	row.values = values;
	for (size_t i = 0; i < row.value_count; i++)
		values[i] = random_value(random);
	if (stage_random(random) & 1)
		row.status = span_of_text("approved");
	return row;
}

Test(figures, rows_read_as_they_were_written)
{
	uint64_t random = 42;
	struct arena arena;

	arena_init(&arena, STAGE_ARENA_BYTES);
	for (size_t i = 0; i < 500; i++) {
		struct value values[6] = { 0 };
		struct figure_row row = random_row(&random, values), back;
		struct strbuf bytes, again;

		strbuf_init(&bytes, 0);
		strbuf_init(&again, 0);
		figure_row_write(&row, &bytes);
		cr_assert_eq(figure_row_read(strbuf_span(&bytes), &arena, &back,
					     NULL),
			     0, "row %zu", i);
		cr_expect_eq(back.entry, row.entry, "row %zu", i);
		cr_expect_eq(back.value_count, row.value_count, "row %zu", i);
		cr_expect(span_equal(back.status, row.status), "row %zu", i);
		figure_row_write(&back, &again);
		cr_expect(span_equal(strbuf_span(&bytes), strbuf_span(&again)),
			  "row %zu", i);
		/* Whatever is missing or too much is noticed. */
		for (size_t len = 0; len < bytes.len; len++)
			cr_expect_eq(figure_row_read(span_of(bytes.text, len),
						     NULL, &back, NULL),
				     ERR_CORRUPT, "row %zu len %zu", i, len);
		strbuf_add_char(&bytes, 0);
		cr_expect_eq(
			figure_row_read(strbuf_span(&bytes), NULL, &back, NULL),
			ERR_CORRUPT, "row %zu", i);
		strbuf_release(&bytes);
		strbuf_release(&again);
	}
	arena_release(&arena);
}

Test(figures, keys_order_by_target_unit_and_period)
{
	struct figure_key key = {
		.target = 1,
		.unit = 258,
		.period = { PERIOD_MONTH, 2024, 11 },
		.item = span_of_text("a road"),
	};
	static const uint8_t expected[] = { 0, 0, 0,	1,    0, 0, 1,
					    2, 4, 0x07, 0xe8, 0, 11 };
	uint8_t bytes[FIGURE_KEY_BYTES_MAX];
	struct figure_key back;
	size_t len = figure_key_write(&key, bytes);

	cr_assert_eq(len, sizeof(expected) + 6);
	cr_expect(!memcmp(bytes, expected, sizeof(expected)));
	cr_assert_eq(figure_key_read(span_of(bytes, len), &back, NULL), 0);
	cr_expect_eq(back.unit, 258u);
	cr_expect(span_equal(back.item, key.item));
	cr_expect_eq(figure_key_read(span_of(bytes, 12), &back, NULL),
		     ERR_CORRUPT);
}

/* ---- changes ---- */

struct rig {
	struct catalogue *catalogue;
	struct figures *figures;
	struct memory_tables *tables;
	struct puts puts;
	struct arena arena;
};

static struct catalogue *load_files(const struct stage_file *list, size_t count)
{
	struct catalogue_file files[STAGE_FILES];
	struct problems problems;
	struct catalogue *catalogue = NULL;

	for (size_t i = 0; i < count; i++)
		files[i] =
			(struct catalogue_file){ list[i].name,
						 span_of_text(list[i].text) };
	problems_init(&problems);
	cr_assert_eq(catalogue_load(files, count, &catalogue, &problems), 0,
		     "%s", problems.count ? problems.list[0].text : "");
	problems_release(&problems);
	return catalogue;
}

static void rig_open(struct rig *rig)
{
	rig->catalogue = load_files(stage_files, STAGE_FILES);
	rig->figures = figures_new();
	rig->tables = memory_tables_new();
	puts_init(&rig->puts);
	arena_init(&rig->arena, STAGE_ARENA_BYTES);
	cr_assert_eq(
		figures_intern(rig->figures, rig->catalogue, &rig->puts, NULL),
		0);
}

static void rig_close(struct rig *rig)
{
	catalogue_free(rig->catalogue);
	figures_free(rig->figures);
	memory_tables_free(rig->tables);
	puts_release(&rig->puts);
	arena_release(&rig->arena);
}

static struct origin origin_of(uint64_t entry)
{
	struct origin origin = { .entry = entry, .recv_us = 1000 * entry };

	memset(origin.leaf.bytes, (int)entry, HASH_BYTES);
	memset(origin.salt, (int)entry, SALT_BYTES);
	return origin;
}

static struct admitted admitted_of(uint32_t target, uint32_t unit,
				   uint16_t month, struct value *value)
{
	return (struct admitted){
		.target = target,
		.unit = unit,
		.period = { PERIOD_MONTH, 2024, month },
		.values = value,
		.value_count = value ? 1 : 0,
	};
}

static struct span stored(struct rig *rig, enum table table, struct span key)
{
	struct table_reader reader;
	struct span value = { NULL, 0 };

	cr_assert_eq(memory_tables_apply(rig->tables, &rig->puts), 0);
	reader = memory_tables_reader(rig->tables);
	cr_assert_eq(reader.get(reader.ctx, table, key, &value, NULL), 0);
	return value;
}

Test(figures, links_hash_what_was_said_in_order)
{
	static const uint8_t key[] = { 0, 0, 0,	   0,	 0, 0, 0,
				       0, 4, 0x07, 0xe8, 0, 3 };
	struct rig rig;
	struct value value = { .field = span_of_text("value"),
			       .kind = VALUE_NUMBER,
			       .number = 7 };
	struct admitted admitted = admitted_of(0, 0, 3, &value);
	struct origin origin;
	struct hash link = { 0 }, now;
	struct span figure, row, change;
	uint8_t change_key[CHANGE_KEY_BYTES];

	rig_open(&rig);
	for (uint64_t entry = 1; entry <= 4; entry++) {
		origin = origin_of(entry);
		if (entry == 3) {
			admitted.status = span_of_text("returned");
			admitted.flags = VERSION_REVIEW;
			cr_assert_eq(figures_mark(rig.figures, &admitted,
						  &origin, &rig.puts, NULL),
				     0);
			admitted.status = span_of(NULL, 0);
			admitted.flags = 0;
		} else {
			cr_assert_eq(figures_report(rig.figures, &admitted,
						    &origin, &rig.puts, NULL),
				     0);
		}
		figure = stored(&rig, TABLE_FIGURE, span_of(key, sizeof(key)));
		cr_assert_eq(figure_value_split(figure, &row, &now, NULL), 0);
		link = hash_link(&link, &origin.leaf, row);
		cr_expect(hash_equal(&link, &now), "change %d", (int)entry);
		change_key_write(entry, 0, change_key);
		change = stored(&rig, TABLE_CHANGE,
				span_of(change_key, sizeof(change_key)));
		cr_expect(span_equal(change, row), "change %d", (int)entry);
	}
	cr_expect_eq(figures_count(rig.figures), 1u);
	rig_close(&rig);
}

Test(figures, a_review_moves_the_link_but_not_the_head)
{
	struct rig rig;
	struct admitted admitted = admitted_of(0, 0, 3, NULL);
	struct admit_lookup lookup;
	struct cell_state state;
	struct origin origin = origin_of(1);
	uint8_t head[BASE_BYTES];

	rig_open(&rig);
	lookup = figures_lookup(rig.figures);
	cr_expect_not(figures_head(rig.figures, 0, 0, admitted.period,
				   admitted.item, head));
	cr_expect_eq(
		figures_mark(rig.figures, &admitted, &origin, &rig.puts, NULL),
		ERR_NOTFOUND);
	cr_assert_eq(figures_report(rig.figures, &admitted, &origin, &rig.puts,
				    NULL),
		     0);
	origin = origin_of(2);
	admitted.status = span_of_text("returned");
	admitted.flags = VERSION_REVIEW;
	cr_assert_eq(
		figures_mark(rig.figures, &admitted, &origin, &rig.puts, NULL),
		0);
	cr_assert(figures_head(rig.figures, 0, 0, admitted.period,
			       admitted.item, head));
	cr_expect_eq(head[0], 1);
	state = lookup.cell(lookup.ctx, 0, 0, admitted.period, admitted.item);
	cr_expect(state.has_head && state.head_returned);
	cr_expect_eq(state.returned_us, 2000u);
	origin = origin_of(3);
	admitted.flags = 0;
	cr_assert_eq(figures_report(rig.figures, &admitted, &origin, &rig.puts,
				    NULL),
		     0);
	state = lookup.cell(lookup.ctx, 0, 0, admitted.period, admitted.item);
	cr_expect(state.has_head && !state.head_returned);
	rig_close(&rig);
}

Test(figures, remembers_items_over_periods)
{
	struct rig rig;
	struct admitted admitted = admitted_of(2, 0, 1, NULL);
	struct admit_lookup lookup;
	struct origin origin = origin_of(1);

	rig_open(&rig);
	lookup = figures_lookup(rig.figures);
	admitted.item = span_of_text("road");
	cr_assert_eq(figures_report(rig.figures, &admitted, &origin, &rig.puts,
				    NULL),
		     0);
	cr_expect(lookup.item_seen(lookup.ctx, 2, 0, span_of_text("road")));
	cr_expect_not(lookup.item_seen(lookup.ctx, 2, 1, span_of_text("road")));
	cr_expect_not(lookup.item_seen(lookup.ctx, 1, 0, span_of_text("road")));
	cr_expect_not(lookup.item_seen(lookup.ctx, 2, 0, span_of_text("lane")));
	cr_expect_not(lookup.cell(lookup.ctx, 2, 0,
				  (struct period){ PERIOD_MONTH, 2024, 2 },
				  admitted.item)
			      .has_head);
	rig_close(&rig);
}

Test(figures, cells_come_back_with_versions_and_reviews_in_order)
{
	struct rig rig;
	struct value value = { .field = span_of_text("value"),
			       .kind = VALUE_NUMBER };
	struct admitted admitted = admitted_of(1, 1, 3, &value);
	struct table_reader reader;
	struct cell_source source;
	struct cell_list list;
	const struct cell *cell;

	rig_open(&rig);
	for (uint64_t entry = 1; entry <= 5; entry++) {
		struct origin origin = origin_of(entry);

		value.number = (int64_t)(10 * entry);
		admitted.status =
			span_of_text(entry == 2 ? "returned" : "approved");
		admitted.flags = entry == 2 || entry == 4 ? VERSION_REVIEW : 0;
		cr_assert_eq((entry == 2 || entry == 4 ?
				      figures_mark :
				      figures_report)(rig.figures, &admitted,
						      &origin, &rig.puts, NULL),
			     0);
	}
	cr_assert_eq(memory_tables_apply(rig.tables, &rig.puts), 0);
	reader = memory_tables_reader(rig.tables);
	source = figures_source(&(struct figures_reading){ .reader = &reader });
	cr_assert_eq(source.all(source.ctx, rig.catalogue, 0, &rig.arena, &list,
				NULL),
		     0);
	cr_expect_eq(list.count, 0u);
	cr_assert_eq(source.all(source.ctx, rig.catalogue, 1, &rig.arena, &list,
				NULL),
		     0);
	cr_assert_eq(list.count, 1u);
	cell = &list.cells[0];
	cr_expect_eq(cell->unit, 1u);
	cr_expect_eq(cell->period.index, 3);
	cr_assert_eq(cell->version_count, 3u);
	cr_assert_eq(cell->review_count, 2u);
	cr_expect_eq(cell->versions[0].values[0].number, 10);
	cr_expect_eq(cell->versions[1].values[0].number, 30);
	cr_expect_eq(cell->versions[2].values[0].number, 50);
	cr_expect_eq(cell->versions[0].flags, 0u);
	cr_expect_eq(cell->versions[1].flags, (uint32_t)VERSION_CORRECTION);
	cr_expect_eq(cell->versions[1].recv_us, 3000u);
	cr_expect_eq(cell->reviews[0].version, 0u);
	cr_expect(
		span_equal(cell->reviews[0].status, span_of_text("returned")));
	cr_expect_eq(cell->reviews[1].version, 1u);
	rig_close(&rig);
}

/* Units and targets are known by id: a catalogue may name them in another
 * order, or not at all. */
Test(figures, cells_follow_their_ids_into_another_catalogue)
{
	static const struct stage_file other[] = {
		{ "settings.csv",
		  "key,value\nstart,2024-01-01\nend,2024-12-31\n" },
		{ "units.csv", "unit,name_zh,kind\nhrss,人社,department\n"
			       "longmen,龙门,street\n" },
		{ "targets.csv", "target,name_zh,kind,compare,goal,lead\n"
				 "live.new,新,flow,>=,1,hrss\n"
				 "live.jobs,就业,flow,>=,100,hrss\n" },
	};
	struct rig rig;
	struct admitted admitted;
	struct origin origin;
	struct table_reader reader;
	struct cell_source source;
	struct cell_list list;
	struct catalogue *catalogue = load_files(other, 3);

	rig_open(&rig);
	for (uint32_t unit = 0; unit < 2; unit++) {
		origin = origin_of(unit + 1);
		admitted = admitted_of(0, unit, 3, NULL);
		cr_assert_eq(figures_report(rig.figures, &admitted, &origin,
					    &rig.puts, NULL),
			     0);
	}
	cr_assert_eq(memory_tables_apply(rig.tables, &rig.puts), 0);
	reader = memory_tables_reader(rig.tables);
	source = figures_source(&(struct figures_reading){ .reader = &reader });
	cr_assert_eq(
		source.all(source.ctx, catalogue, 0, &rig.arena, &list, NULL),
		0);
	cr_expect_eq(list.count, 0u, "a target never heard of");
	cr_assert_eq(
		source.all(source.ctx, catalogue, 1, &rig.arena, &list, NULL),
		0);
	cr_assert_eq(list.count, 1u, "baima is no unit of it");
	cr_expect_eq(list.cells[0].unit, 1u);
	/* and the figures go on under the same numbers */
	cr_assert_eq(figures_intern(rig.figures, catalogue, &rig.puts, NULL),
		     0);
	cr_expect(
		figures_lookup(rig.figures)
			.cell(rig.figures, 1, 1, admitted.period, admitted.item)
			.has_head);
	catalogue_free(catalogue);
	rig_close(&rig);
}

Test(figures, keeps_rows_apart_when_there_are_many)
{
	struct rig rig;
	struct admitted admitted;
	char item[16];
	uint8_t head[BASE_BYTES];
	struct origin origin;
	const unsigned count = 40000;

	rig_open(&rig);
	for (unsigned i = 0; i < count; i++) {
		int len = snprintf(item, sizeof(item), "i%u", i / 4);

		admitted = admitted_of(2, i & 1, (uint16_t)(1 + (i >> 1 & 1)),
				       NULL);
		admitted.item = span_of(item, (size_t)len);
		origin = origin_of(i + 1);
		memcpy(origin.salt, &i, sizeof(i));
		cr_assert_eq(figures_report(rig.figures, &admitted, &origin,
					    &rig.puts, NULL),
			     0);
		puts_clear(&rig.puts);
	}
	cr_expect_eq(figures_count(rig.figures), count);
	for (unsigned i = 0; i < count; i++) {
		int len = snprintf(item, sizeof(item), "i%u", i / 4);

		admitted = admitted_of(2, i & 1, (uint16_t)(1 + (i >> 1 & 1)),
				       NULL);
		cr_assert(figures_head(rig.figures, 2, i & 1, admitted.period,
				       span_of(item, (size_t)len), head));
		cr_assert(!memcmp(head, &i, sizeof(i)), "row %u", i);
	}
	rig_close(&rig);
}

Test(figures, damaged_tables_are_told_not_believed)
{
	struct rig rig;
	struct admitted admitted = admitted_of(0, 0, 3, NULL);
	struct origin origin = origin_of(1);
	struct figures *loaded = figures_new();
	struct table_reader reader;
	struct err err = { 0 };
	uint8_t key[FIGURE_KEY_BYTES_MAX] = { 0, 0, 0, 9, 0, 0, 0,
					      0, 4, 7, 1, 0, 3 };

	rig_open(&rig);
	cr_assert_eq(figures_report(rig.figures, &admitted, &origin, &rig.puts,
				    NULL),
		     0);
	cr_assert_eq(puts_add(&rig.puts, TABLE_FIGURE, span_of(key, 13),
			      span_of(key, 60)),
		     0);
	cr_assert_eq(memory_tables_apply(rig.tables, &rig.puts), 0);
	reader = memory_tables_reader(rig.tables);
	cr_expect_eq(figures_load(loaded, &reader, &err), ERR_CORRUPT);
	cr_expect(err.msg[0]);
	figures_free(loaded);
	rig_close(&rig);
}
