/*
 * How long an evaluation from LMDB takes: a store with a flow of every unit for
 * every month, evaluated target after target. Not a timed test; the figures in
 * docs/performance.md come from here.
 *
 *     bench-figures [TARGETS [UNITS [MONTHS [ROUNDS]]]]
 *
 * Prints medians with the fastest and the slowest round.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "proto/figure/measure.h"
#include "store/db.h"
#include "store/figures.h"

#define ROUNDS_MAX 1000
#define YEAR 2024

struct bench {
	uint32_t targets, units, months, rounds;
	struct catalogue *catalogue;
	struct db *db;
	char path[64];
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static _Noreturn void give_up(const char *what, const struct err *err)
{
	fprintf(stderr, "bench-figures: %s: %s\n", what, err->msg);
	exit(1);
}

/* ---- the store ---- */

static struct catalogue *make_catalogue(const struct bench *bench)
{
	static const char *const names[] = { "settings.csv", "units.csv",
					     "targets.csv", "roster.csv" };
	struct strbuf texts[4];
	struct catalogue_file files[4];
	struct catalogue *catalogue = NULL;
	struct problems problems;

	for (size_t i = 0; i < 4; i++)
		strbuf_init(&texts[i], 0);
	problems_init(&problems);
	strbuf_addf(&texts[0], "key,value\nstart,%d-01-01\nend,%d-12-31\n",
		    YEAR, YEAR);
	strbuf_addf(&texts[1], "unit,name_zh,kind\n");
	strbuf_addf(&texts[2], "target,name_zh,kind,compare,goal,lead\n");
	strbuf_addf(&texts[3], "target,unit,quota\n");
	for (uint32_t u = 0; u < bench->units; u++)
		strbuf_addf(&texts[1], "unit-%u,镇,town\n", u);
	for (uint32_t t = 0; t < bench->targets; t++) {
		strbuf_addf(&texts[2], "target-%u,任务,flow,>=,%u,unit-0\n", t,
			    bench->units * 1200);
		for (uint32_t u = 0; u < bench->units; u++)
			strbuf_addf(&texts[3], "target-%u,unit-%u,1200\n", t,
				    u);
	}
	for (size_t i = 0; i < 4; i++)
		files[i] = (struct catalogue_file){ names[i],
						    strbuf_span(&texts[i]) };
	if (catalogue_load(files, 4, &catalogue, &problems)) {
		fprintf(stderr, "bench-figures: no catalogue\n");
		exit(1);
	}
	problems_release(&problems);
	for (size_t i = 0; i < 4; i++)
		strbuf_release(&texts[i]);
	return catalogue;
}

/* Every unit's month, as a fold would put it. */
static void put_month(const struct bench *bench, struct figures *figures,
		      uint32_t target, uint32_t month, struct puts *puts)
{
	struct err err = { 0 };

	for (uint32_t unit = 0; unit < bench->units; unit++) {
		struct value value = {
			.field = span_of_text("value"),
			.kind = VALUE_NUMBER,
			.number = (int64_t)month * 100 + unit % 7,
		};
		const struct admitted admitted = {
			.target = target,
			.unit = unit,
			.period = { PERIOD_MONTH, YEAR, (uint16_t)month },
			.values = &value,
			.value_count = 1,
		};
		const struct origin origin = {
			.entry = (uint64_t)target * 12 + month,
			.n = unit,
			.recv_us = 1,
		};

		if (figures_report(figures, &admitted, &origin, puts, &err))
			give_up("report", &err);
	}
}

static void fill(struct bench *bench)
{
	struct figures *figures = figures_new();
	struct err err = { 0 };
	struct puts puts;

	puts_init(&puts);
	if (!figures || figures_intern(figures, bench->catalogue, &puts, &err))
		give_up("ids", &err);
	for (uint32_t target = 0; target < bench->targets; target++) {
		for (uint32_t month = 1; month <= bench->months; month++)
			put_month(bench, figures, target, month, &puts);
		if (store_commit(bench->db, &puts, &err))
			give_up("commit", &err);
		puts_clear(&puts);
	}
	puts_release(&puts);
	figures_free(figures);
}

/* ---- rounds ---- */

static struct evaluation *begin(const struct bench *bench,
				const struct figures_reading *reading)
{
	const struct period last = { PERIOD_MONTH, YEAR,
				     (uint16_t)bench->months };
	const struct evaluation_input input = {
		.catalogue = bench->catalogue,
		.source = figures_source(reading),
		.cutoff = period_end(last, 1),
		.known_by_us = UINT64_MAX,
	};
	struct err err = { 0 };
	struct evaluation *evaluation = evaluation_new(&input, &err);

	if (!evaluation)
		give_up("evaluation", &err);
	return evaluation;
}

/* Seconds for some targets, with the rows of their units or without. */
static double evaluate(const struct bench *bench, uint32_t targets, bool rows)
{
	const struct figure *figure, *list;
	struct evaluation *evaluation;
	struct table_reader reader;
	struct figures_reading reading = { .reader = &reader };
	struct db_txn *txn = NULL;
	struct err err = { 0 };
	double start = now();
	size_t count = 0;

	if (db_begin(bench->db, false, &txn, &err))
		give_up("read", &err);
	reader = store_reader(txn);
	evaluation = begin(bench, &reading);
	for (uint32_t target = 0; target < targets; target++) {
		if (evaluation_target(evaluation, target, &figure, &err))
			give_up("target", &err);
		if (figure->reported != bench->units) {
			fprintf(stderr, "bench-figures: %u of %u reported\n",
				figure->reported, bench->units);
			exit(1);
		}
		if (rows &&
		    evaluation_units(evaluation, target, &list, &count, &err))
			give_up("units", &err);
	}
	evaluation_free(evaluation);
	if (db_finish(txn, 0, &err))
		give_up("read", &err);
	return now() - start;
}

static int order(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static void tell(const char *what, double *times, uint32_t count)
{
	qsort(times, count, sizeof(*times), order);
	printf("%-28s median %9.2f ms, %9.2f to %9.2f ms, %u rounds\n", what,
	       times[count / 2] * 1e3, times[0] * 1e3, times[count - 1] * 1e3,
	       count);
}

/* Interleaved, so that what else runs on the machine troubles all alike. */
static void measure(const struct bench *bench)
{
	static double one[ROUNDS_MAX], one_rows[ROUNDS_MAX], all[ROUNDS_MAX];

	for (uint32_t i = 0; i < bench->rounds; i++) {
		one[i] = evaluate(bench, 1, false);
		one_rows[i] = evaluate(bench, 1, true);
		all[i] = evaluate(bench, bench->targets, false);
	}
	printf("%u targets x %u units x %u months, CPU time\n", bench->targets,
	       bench->units, bench->months);
	tell("one target", one, bench->rounds);
	tell("one target and its units", one_rows, bench->rounds);
	tell("all targets", all, bench->rounds);
}

static uint32_t size_of(int argc, char **argv, int at, uint32_t usual,
			uint32_t max)
{
	unsigned long size = at < argc ? strtoul(argv[at], NULL, 10) : usual;

	if (size >= 1 && size <= max)
		return (uint32_t)size;
	fprintf(stderr, "usage: bench-figures [TARGETS [UNITS [MONTHS "
			"[ROUNDS]]]]\n");
	exit(2);
}

static void clean_up(const struct bench *bench)
{
	static const char *const names[] = { "data.mdb", "lock.mdb" };
	char path[128];

	db_close(bench->db);
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", bench->path,
			       names[i]);
		(void)unlink(path);
	}
	(void)rmdir(bench->path);
	catalogue_free(bench->catalogue);
}

int main(int argc, char **argv)
{
	struct bench bench = {
		.targets = size_of(argc, argv, 1, 100, 100000),
		.units = size_of(argc, argv, 2, 1000, 100000),
		.months = size_of(argc, argv, 3, 12, 12),
		.rounds = size_of(argc, argv, 4, 5, ROUNDS_MAX),
		.path = "/tmp/bench-figures-XXXXXX",
	};
	struct err err = { 0 };

	if (!mkdtemp(bench.path) ||
	    store_open(bench.path, false, &bench.db, &err))
		give_up(bench.path, &err);
	bench.catalogue = make_catalogue(&bench);
	fill(&bench);
	measure(&bench);
	clean_up(&bench);
	return 0;
}
