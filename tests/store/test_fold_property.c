/*
 * Properties of the fold on generated histories: what is loaded goes on like
 * what never stopped, resends change nothing, and the order in which units
 * arrive changes nothing that is said.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/figure/measure.h"
#include "store/db.h"
#include "store/fold.h"
#include "store/stage.h"
#include "test_dir.h"

#define SEEDS 12
#define STEPS 120
#define HEADS_MAX 512

/* What the generator remembers, to name heads more often right than wrong. */
struct memory {
	char key[96];
	uint8_t salt[SALT_BYTES];
};

struct generator {
	struct stage *stage;
	struct cast *cast;
	uint64_t random;
	struct memory heads[HEADS_MAX];
	size_t head_count;
	struct batch *sent; /* to be sent again */
	size_t sent_count;
};

static unsigned below(struct generator *generator, unsigned limit)
{
	return (unsigned)(stage_random(&generator->random) % limit);
}

static const uint8_t *head_of(struct generator *generator, const char *key)
{
	for (size_t i = 0; i < generator->head_count; i++)
		if (!strcmp(generator->heads[i].key, key))
			return generator->heads[i].salt;
	return NULL;
}

static void remember(struct generator *generator, const char *key,
		     const uint8_t *salt)
{
	struct memory *memory = NULL;

	for (size_t i = 0; i < generator->head_count; i++)
		if (!strcmp(generator->heads[i].key, key))
			memory = &generator->heads[i];
	if (!memory) {
		cr_assert_lt(generator->head_count, HEADS_MAX);
		memory = &generator->heads[generator->head_count++];
		(void)snprintf(memory->key, sizeof(memory->key), "%.95s", key);
	}
	memcpy(memory->salt, salt, SALT_BYTES);
}

/* A report of unit 0 or 1 that is mostly right. */
static void make_report(struct generator *generator, unsigned unit,
			struct said *out, char key[96])
{
	static const char *const units[] = { "baima", "longmen" };
	static const char *const targets[] = { "live.jobs", "live.training",
					       "live.projects", "no.such" };
	static const char *const fields[] = { "", "", "stage", "" };
	static const char *const values[] = {
		"5", "17", "0", "NA", "1.5", "200"
	};
	static const char *const stages[] = { "signed", "started", "lost" };
	unsigned target = below(generator, 20) ? below(generator, 3) : 3;
	struct arena *arena = &generator->stage->arena;
	struct cell_text *cell = arena_alloc(arena, sizeof(*cell));
	struct text_hash *hash = arena_alloc(arena, sizeof(*hash));
	char period[16], item[16] = "";
	const char *value;

	(void)snprintf(period, sizeof(period), "2024M%02u",
		       1 + below(generator, 3));
	if (target == 2)
		(void)snprintf(item, sizeof(item), "p%u", below(generator, 4));
	value = target == 2 ? stages[below(generator, 3)] :
			      values[below(generator, 6)];
	(void)snprintf(key, 96, "%s|%s|%s|%s", targets[target], units[unit],
		       period, item);
	cell->field = span_of_text(fields[target]);
	*out = said_report(targets[target], units[unit],
			   arena_text(arena, period, strlen(period)),
			   arena_text(arena, item, strlen(item)), cell, value,
			   below(generator, 10) ? head_of(generator, key) :
						  NULL);
	if (below(generator, 4))
		said_with_text(out, hash, "reason");
}

static void keep_sent(struct generator *generator, const struct batch *batch)
{
	generator->sent[generator->sent_count++] = *batch;
}

static void send_reports(struct generator *generator, unsigned unit)
{
	struct stage *stage = generator->stage;
	struct actor *actor = unit ? &generator->cast->longmen :
				     &generator->cast->baima;
	struct said said[4];
	char keys[4][96];
	size_t count = 1 + below(generator, 4);
	struct batch batch;

	memset(said, 0, sizeof(said));
	for (size_t i = 0; i < count; i++)
		make_report(generator, unit, &said[i], keys[i]);
	batch = stage_seal(stage, actor, said, count);
	cr_assert_eq(stage_take(stage, &batch), ADMIT_TAKE);
	for (size_t i = 0; i < count; i++)
		if (stage->verdicts[i] == VERDICT_ADMITTED)
			remember(generator, keys[i], said[i].salt);
	keep_sent(generator, &batch);
}

static void send_review(struct generator *generator)
{
	struct memory *memory;
	struct said said;
	struct batch batch;
	char key[96], *target, *unit, *period, *item, *rest;

	if (!generator->head_count)
		return;
	memory = &generator->heads[below(generator,
					 (unsigned)generator->head_count)];
	memcpy(key, memory->key, sizeof(key));
	rest = key;
	target = strsep(&rest, "|");
	unit = strsep(&rest, "|");
	period = strsep(&rest, "|");
	item = rest;
	said = said_review(target, unit, period,
			   below(generator, 2) ? "approved" : "returned",
			   memory->salt);
	said.statement.said.review.item = span_of_text(item);
	batch = stage_seal(generator->stage, &generator->cast->hrss, &said, 1);
	cr_assert_eq(stage_take(generator->stage, &batch), ADMIT_TAKE);
	cr_expect_eq(generator->stage->verdicts[0], VERDICT_ADMITTED);
	keep_sent(generator, &batch);
}

static void step(struct generator *generator)
{
	struct stage *stage = generator->stage;
	struct actor code = stage_actor((uint8_t)(200 + below(generator, 40)));
	struct said said;

	stage->now_us += below(generator, 10) * STAGE_HOUR_US;
	switch (below(generator, 12)) {
	case 0:
		send_review(generator);
		break;
	case 1:
		said = said_grant("baima", 1u << ROLE_REPORTER, &code,
				  stage->now_us + STAGE_DAY_US);
		(void)stage_say(stage, &generator->cast->founder, &said);
		break;
	case 2:
		said = (struct said){ .statement.kind = SAID_CATALOGUE_PART };
		said.statement.said.part.set[0] = (uint8_t)below(generator, 2);
		said.statement.said.part.n = below(generator, 3);
		said.statement.said.part.file = span_of_text("units.csv");
		said.statement.said.part.bytes = span_of_text("unit\n");
		(void)stage_say(stage, &generator->cast->founder, &said);
		break;
	case 3:
		(void)stage_catalogue(stage, &generator->cast->founder,
				      stage_files, STAGE_FILES,
				      generator->cast->catalogue);
		break;
	default:
		send_reports(generator, below(generator, 2));
		break;
	}
}

static void generate(struct generator *generator, struct stage *stage,
		     struct cast *cast, uint64_t seed)
{
	stage_open(stage, cast);
	*generator = (struct generator){
		.stage = stage,
		.cast = cast,
		.random = seed,
		.sent = arena_array(&stage->arena, STEPS + 1,
				    sizeof(struct batch)),
	};
	for (size_t i = 0; i < STEPS; i++)
		step(generator);
}

static void expect_equal_readers(struct table_reader left,
				 struct table_reader right, const char *what,
				 uint64_t seed)
{
	struct strbuf text;
	size_t differences = 0;
	struct err err = { 0 };

	strbuf_init(&text, 0);
	cr_assert_eq(tables_compare(&left, &right, &text, &differences, &err),
		     0, "%s", err.msg);
	cr_expect_eq(differences, 0u, "%s, seed %llu: %s", what,
		     (unsigned long long)seed, text.text);
	strbuf_release(&text);
}

static void expect_equal_tables(struct memory_tables *a,
				struct memory_tables *b, const char *what,
				uint64_t seed)
{
	expect_equal_readers(memory_tables_reader(a), memory_tables_reader(b),
			     what, seed);
}

/* Folds entries again into tables, stopping and loading at each stop. */
static void fold_with_stops(const struct stage *from, struct stage *to,
			    struct generator *generator, unsigned stops)
{
	struct table_reader reader;
	struct err err = { 0 };

	stage_init(to);
	for (size_t i = 0; i < from->entry_count; i++) {
		if (stops && below(generator, stops) == 0) {
			uint64_t applied;

			fold_free(to->fold);
			to->fold = fold_new();
			reader = memory_tables_reader(to->tables);
			cr_assert_eq(
				fold_load(to->fold, &reader, &applied, &err), 0,
				"%s", err.msg);
			cr_assert_eq(applied, i);
		}
		stage_apply(to, &from->entries[i]);
	}
}

Test(fold_property, going_on_from_the_tables_is_never_having_stopped)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct stage stage, again;
		struct cast cast;
		struct generator generator;
		struct hash root, other;

		generate(&generator, &stage, &cast, seed);
		fold_with_stops(&stage, &again, &generator, 5);
		expect_equal_tables(stage.tables, again.tables, "stops", seed);
		root = fold_root(stage.fold);
		other = fold_root(again.fold);
		cr_expect(hash_equal(&root, &other));
		cr_expect_eq(fold_recv_us(stage.fold),
			     fold_recv_us(again.fold));
		cr_expect_eq(fold_office_count(stage.fold),
			     fold_office_count(again.fold));
		stage_release(&again);
		stage_release(&stage);
	}
}

/* Folds entries into LMDB, a commit for every few, and from there on. */
Test(fold_property, a_store_on_disk_holds_the_same_and_loads)
{
	char dir[TEST_DIR_BYTES], path[TEST_DIR_BYTES + 16];
	struct stage stage, live;
	struct cast cast;
	struct generator generator;
	struct db *db;
	struct db_txn *txn;
	struct err err = { 0 };

	test_dir(dir, "fold");
	(void)snprintf(path, sizeof(path), "%s/store", dir);
	generate(&generator, &stage, &cast, 7);
	stage_init(&live);
	cr_assert_eq(store_open(path, false, &db, &err), 0, "%s", err.msg);
	for (size_t i = 0; i < stage.entry_count; i++) {
		const struct stage_entry *entry = &stage.entries[i];
		struct table_reader reader;
		uint64_t applied;

		cr_assert_eq(fold_apply(live.fold, i, &entry->leaf,
					&entry->leaf_hash,
					stage_batch_of(entry), &live.puts, NULL,
					&err),
			     0, "%s", err.msg);
		if (i % 7 && i + 1 < stage.entry_count)
			continue;
		cr_assert_eq(store_commit(db, &live.puts, &err), 0, "%s",
			     err.msg);
		puts_clear(&live.puts);
		fold_free(live.fold);
		live.fold = fold_new();
		cr_assert_eq(db_begin(db, false, &txn, &err), 0);
		reader = store_reader(txn);
		cr_assert_eq(fold_load(live.fold, &reader, &applied, &err), 0,
			     "%s", err.msg);
		cr_assert_eq(applied, i + 1);
		db_abort(txn);
	}
	cr_assert_eq(db_begin(db, false, &txn, &err), 0);
	expect_equal_readers(memory_tables_reader(stage.tables),
			     store_reader(txn), "on disk", 7);
	db_abort(txn);
	db_close(db);
	test_dir_remove(dir);
	stage_release(&live);
	stage_release(&stage);
}

Test(fold_property, a_loaded_fold_admits_alike)
{
	struct stage stage;
	struct cast cast;
	struct generator generator;
	struct fold *loaded = fold_new();
	struct table_reader reader;
	struct err err = { 0 };
	uint64_t applied;
	bool ends;

	generate(&generator, &stage, &cast, 99);
	reader = memory_tables_reader(stage.tables);
	cr_assert_eq(fold_load(loaded, &reader, &applied, &err), 0, "%s",
		     err.msg);
	for (size_t i = 0; i < generator.sent_count; i++)
		cr_expect_eq(fold_admit(loaded, &generator.sent[i],
					stage.now_us, &ends),
			     ADMIT_DUPLICATE, "batch %zu", i);
	fold_free(loaded);
	stage_release(&stage);
}

Test(fold_property, resends_change_nothing)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct stage stage, again;
		struct cast cast;
		struct generator generator;

		generate(&generator, &stage, &cast, seed);
		fold_with_stops(&stage, &again, &generator, 0);
		for (size_t i = 0; i < generator.sent_count; i++) {
			size_t at = below(&generator,
					  (unsigned)generator.sent_count);

			cr_expect_eq(stage_take(&again, &generator.sent[at]),
				     ADMIT_DUPLICATE);
		}
		expect_equal_tables(stage.tables, again.tables, "resends",
				    seed);
		stage_release(&again);
		stage_release(&stage);
	}
}

/* ---- order of arrival between units ---- */

/* What a target's cells say, whatever the places in the journal. */
static void describe_cells(struct memory_tables *tables, uint32_t target,
			   const struct catalogue *catalogue,
			   struct strbuf *out)
{
	struct table_reader reader = memory_tables_reader(tables);
	struct cell_source source =
		figures_source(&(struct figures_reading){ .reader = &reader });
	struct cell_list list = { 0 };
	struct arena arena;
	struct err err = { 0 };

	arena_init(&arena, STAGE_ARENA_BYTES);
	cr_assert_eq(
		source.all(source.ctx, catalogue, target, &arena, &list, &err),
		0, "%s", err.msg);
	for (size_t i = 0; i < list.count; i++) {
		const struct cell *cell = &list.cells[i];

		strbuf_addf(out, "%u %u.%u %.*s:", cell->unit,
			    cell->period.type, cell->period.index,
			    (int)cell->item.len, (const char *)cell->item.data);
		for (size_t k = 0; k < cell->version_count; k++) {
			const struct version *version = &cell->versions[k];

			strbuf_addf(out, " [%u", version->flags);
			for (size_t v = 0; v < version->value_count; v++)
				strbuf_addf(
					out, " %.*s %d %lld %.*s",
					(int)version->values[v].field.len,
					(const char *)version->values[v]
						.field.data,
					(int)version->values[v].kind,
					(long long)version->values[v].number,
					(int)version->values[v].text.len,
					(const char *)version->values[v]
						.text.data);
			strbuf_add_text(out, "]");
		}
		strbuf_add_text(out, "\n");
	}
	arena_release(&arena);
}

static void describe_figures(struct memory_tables *tables,
			     const struct catalogue *catalogue,
			     struct strbuf *out)
{
	struct table_reader reader = memory_tables_reader(tables);
	struct evaluation_input input = {
		.catalogue = catalogue,
		.source = figures_source(
			&(struct figures_reading){ .reader = &reader }),
		.cutoff = day_from_civil(2024, 2, 29),
		.known_by_us = UINT64_MAX,
		.zone_minutes = 480,
	};
	struct err err = { 0 };
	struct evaluation *evaluation = evaluation_new(&input, &err);

	cr_assert(evaluation, "%s", err.msg);
	cr_assert_eq(evaluation_json(evaluation, true, out, &err), 0, "%s",
		     err.msg);
	evaluation_free(evaluation);
}

/* Reports of both units on one day, in an order that the seed mixes. */
static void play_interleaved(uint64_t seed, uint64_t order, struct strbuf *out)
{
	struct stage stage;
	struct cast cast;
	struct generator generators[2];
	const struct catalogue *catalogue;
	unsigned left[2] = { 20, 20 };

	stage_open(&stage, &cast);
	for (unsigned unit = 0; unit < 2; unit++)
		generators[unit] = (struct generator){
			.stage = &stage,
			.cast = &cast,
			.random = seed + unit,
			.sent = arena_array(&stage.arena, 20,
					    sizeof(struct batch)),
		};
	while (left[0] || left[1]) {
		unsigned unit = (unsigned)(stage_random(&order) & 1);

		if (!left[unit])
			unit = !unit;
		left[unit]--;
		send_reports(&generators[unit], unit);
	}
	catalogue = fold_catalogue(stage.fold, NULL);
	for (uint32_t i = 0; i < catalogue->target_count; i++)
		describe_cells(stage.tables, i, catalogue, out);
	describe_figures(stage.tables, catalogue, out);
	stage_release(&stage);
}

Test(fold_property, order_of_arrival_between_units_changes_no_figure)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct strbuf first, other;

		strbuf_init(&first, 0);
		strbuf_init(&other, 0);
		play_interleaved(seed * 1000, 1, &first);
		cr_expect_gt(first.len, 0u);
		for (uint64_t order = 2; order < 6; order++) {
			strbuf_clear(&other);
			play_interleaved(seed * 1000, order, &other);
			cr_expect_str_eq(first.text, other.text,
					 "seed %llu order %llu",
					 (unsigned long long)seed,
					 (unsigned long long)order);
		}
		strbuf_release(&first);
		strbuf_release(&other);
	}
}
