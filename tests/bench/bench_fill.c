/*
 * bench-fill: makes a big journal. Reads the batches that bench-load wrote and
 * takes them in as a collector does: admission, sequencer, journal, fold,
 * store; but without network, witnesses and checkpoints. The collector of the
 * directory must not run. What was measured on the way is one JSON line.
 *
 *     bench-fill DIRECTORY < BATCHES
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/bytes.h"
#include "collector/kept.h"
#include "collector/sequencer.h"
#include "proto/sign.h"
#include "proto/wire.h"

#define GROUP_BATCHES 16
#define FLUSH_BYTES ((size_t)64 * 1024 * 1024)

struct filling {
	struct kept kept;
	struct sequencer sequencer;
	struct puts puts;
	struct arena arena; /* of a group */
	struct err err;
	uint64_t batches, statements;
};

_Noreturn static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench-fill: %s: %s\n", what, why);
	exit(1);
}

static void must(struct filling *filling, int rc)
{
	if (rc)
		die("cannot go on", filling->err.msg);
}

static double now_s(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- what the sequencer tells ---- */

static void applied(void *ctx, void *tag, enum admission admission,
		    const struct batch *batch, const struct receipt *receipt,
		    size_t puts_from)
{
	struct filling *filling = ctx;

	(void)tag;
	(void)batch;
	(void)puts_from;
	if (admission != ADMIT_TAKE)
		die("a batch was not taken", admission_name(admission));
	for (size_t i = 0; i < receipt->verdict_count; i++)
		if (receipt->verdicts[i])
			die("a report was refused",
			    verdict_name(receipt->verdicts[i]));
	filling->batches++;
	filling->statements += receipt->verdict_count;
}

static void entry(void *ctx, const struct hash *leaf)
{
	(void)ctx;
	(void)leaf;
}

static void no_room(void *ctx, void *tag, const struct batch *batch)
{
	(void)ctx;
	(void)tag;
	(void)batch;
	die("cannot go on", "the disk is full");
}

/* ---- batches ---- */

static bool read_bytes(void *out, size_t len)
{
	size_t got = fread(out, 1, len, stdin);

	if (got == 0 && feof(stdin))
		return false;
	if (got != len)
		die("cannot read", "a batch is cut off");
	return true;
}

/* The next batch, in the arena; false: the end. */
static bool read_batch(struct filling *filling, struct span *out)
{
	uint8_t len_bytes[4], *bytes;
	size_t len;

	if (!read_bytes(len_bytes, sizeof(len_bytes)))
		return false;
	len = load_u32(len_bytes);
	bytes = len <= WIRE_BATCH_BYTES_MAX ?
			arena_alloc(&filling->arena, len) :
			NULL;
	if (!bytes || !read_bytes(bytes, len))
		die("cannot read", "a batch is too large, or cut off");
	*out = span_of(bytes, len);
	return true;
}

static void take(struct filling *filling, struct span bytes)
{
	struct batch *batch = arena_alloc(&filling->arena, sizeof(*batch));
	uint64_t recv_us = (uint64_t)(now_s(CLOCK_REALTIME) * 1e6);
	enum admission admission;

	if (!batch)
		die("cannot go on", "no memory");
	must(filling,
	     wire_decode_batch(bytes, &filling->arena, batch, &filling->err));
	must(filling,
	     wire_check_batch(batch, &filling->arena, false, &filling->err));
	must(filling, filling->sequencer.submit(filling->sequencer.self, NULL,
						batch, bytes, recv_us,
						&admission, &filling->err));
	if (admission != ADMIT_TAKE)
		die("a batch was not taken", admission_name(admission));
}

static void settle(struct filling *filling, bool last)
{
	must(filling,
	     filling->sequencer.settle(filling->sequencer.self, &filling->err));
	arena_reset(&filling->arena);
	if (!last && filling->puts.bytes.len < FLUSH_BYTES)
		return;
	must(filling,
	     store_commit(filling->kept.db, &filling->puts, &filling->err));
	puts_clear(&filling->puts);
}

static void fill(struct filling *filling)
{
	struct span bytes;
	size_t count = 0;

	while (read_batch(filling, &bytes)) {
		take(filling, bytes);
		if (++count < GROUP_BATCHES)
			continue;
		settle(filling, false);
		count = 0;
	}
	settle(filling, true);
}

/* How long the collector stands still for a state entry, after all of this. */
static double state_ms(const struct filling *filling)
{
	double begun = now_s(CLOCK_MONOTONIC);

	(void)fold_state_leaf(filling->kept.fold);
	return (now_s(CLOCK_MONOTONIC) - begun) * 1e3;
}

int main(int argc, char **argv)
{
	struct filling filling = { 0 };
	const struct sequencer_told told = { .applied = applied,
					     .entry = entry,
					     .no_room = no_room,
					     .ctx = &filling };
	double cpu_s;

	if (argc != 2)
		die("usage", "bench-fill DIRECTORY < BATCHES");
	must(&filling, sign_start(&filling.err));
	arena_init(&filling.arena, SIZE_MAX);
	puts_init(&filling.puts);
	must(&filling, kept_open(argv[1], "", &filling.kept, &filling.err));
	must(&filling,
	     sequencer_local_new(filling.kept.journal, filling.kept.fold,
				 &filling.puts, &told, &filling.sequencer,
				 &filling.err));
	cpu_s = now_s(CLOCK_PROCESS_CPUTIME_ID);
	fill(&filling);
	cpu_s = now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_s;
	(void)printf("{\"batches\": %" PRIu64 ", \"statements\": %" PRIu64
		     ", \"cpu\": %.3f, \"state_ms\": %.1f}\n",
		     filling.batches, filling.statements,
		     cpu_s / (double)filling.statements * 1e6,
		     state_ms(&filling));
	filling.sequencer.free(filling.sequencer.self);
	puts_release(&filling.puts);
	arena_release(&filling.arena);
	kept_close(&filling.kept);
	return 0;
}
