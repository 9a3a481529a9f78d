/* The promises, checked with the audit's own code where it has them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "audit/compare.h"
#include "audit/replay.h"
#include "audit/verify.h"
#include "proto/checkpoint.h"
#include "sim/sim.h"
#include "store/journal.h"
#include "store/outbox.h"

#define DIR "collector"
#define MEMORY_KIB_MAX (256 * 1024)

static void must(int rc, const struct err *err, const char *what)
{
	if (rc)
		sim_fail("%s: %s", what, err->msg);
}

/* ---- what the journal holds ---- */

struct record {
	struct hash *names; /* of the batch in each entry; zero: none */
	struct hash *roots; /* of the journal before each entry, and at last */
	size_t size;
	size_t firm; /* entries whose places all offices know */
	bool reopened;
};

static size_t firm = SIZE_MAX;

static int compare_salts(const void *a, const void *b)
{
	return memcmp(a, b, SALT_BYTES);
}

static void no_salt_twice(uint8_t (*salts)[SALT_BYTES], size_t count)
{
	qsort(salts, count, SALT_BYTES, compare_salts);
	for (size_t i = 1; i < count; i++)
		if (!memcmp(salts[i - 1], salts[i], SALT_BYTES))
			sim_fail("a statement is in the journal twice");
}

static struct record read_record(void)
{
	struct record record = { .firm = firm };
	uint8_t(*salts)[SALT_BYTES] = NULL;
	struct frontier frontier = { 0 };
	struct journal_reader *reader;
	struct journal_entry entry;
	struct arena arena;
	size_t salt_count = 0;
	struct err err;
	int rc;

	arena_init(&arena, WIRE_ARENA_BYTES);
	frontier_init(&frontier);
	must(journal_read_open(DIR "/journal", 0, &reader, &err), &err,
	     "the journal");
	while ((rc = journal_read_next(reader, &entry, &err)) > 0) {
		struct hash leaf =
			hash_leaf(entry.leaf_bytes, span_of(NULL, 0));
		struct batch batch = { 0 };

		record.names = realloc(record.names,
				       (record.size + 1) * sizeof(struct hash));
		record.roots = realloc(record.roots,
				       (record.size + 2) * sizeof(struct hash));
		arena_reset(&arena);
		if (leaf_has_batch(&entry.leaf))
			must(wire_decode_batch(entry.batch, &arena, &batch,
					       &err),
			     &err, "a batch");
		record.names[record.size] = batch.name;
		record.roots[record.size++] = frontier_root(&frontier);
		frontier_add(&frontier, &leaf);
		record.roots[record.size] = frontier_root(&frontier);
		if (entry.leaf.kind == LEAF_REOPENED) {
			record.reopened = true;
			if (entry.leaf.applied < record.firm)
				record.firm = entry.leaf.applied;
		}
		if (entry.leaf.kind != LEAF_BATCH)
			continue;
		salts = realloc(salts,
				(salt_count + batch.header.count) * SALT_BYTES);
		for (size_t i = 0; i < batch.header.count; i++)
			memcpy(salts[salt_count++], batch.sealed[i].salt,
			       SALT_BYTES);
	}
	must(rc, &err, "the journal");
	no_salt_twice(salts, salt_count);
	free(salts);
	journal_read_close(reader);
	arena_release(&arena);
	return record;
}

static void release_record(struct record *record)
{
	free(record->names);
	free(record->roots);
}

/* ---- receipts ---- */

struct checking {
	const struct record *record;
	const char *office;
	struct outbox *outbox;
	uint64_t base;			   /* batches of the keys before */
	const struct table_reader *tables; /* NULL: it is not the end */
	struct arena arena;
};

static void check_verdict(const struct checking *checking,
			  const struct outbox_item *item,
			  const struct batch *batch)
{
	static uint16_t verdicts[WIRE_STATEMENTS_MAX];
	struct fold_taken taken;
	struct err err = { 0 };

	must(fold_taken(checking->tables, &batch->header.key,
			batch->header.sequence, &taken, verdicts,
			WIRE_STATEMENTS_MAX, &err),
	     &err, "a batch with a receipt is not in the replay");
	if (taken.entry != item->index || taken.recv_us != item->recv_us)
		sim_fail("%s: the receipt of item %llu says another place or "
			 "time than the replay",
			 checking->office, (unsigned long long)item->number);
	if (verdicts[item->n] != item->verdict)
		sim_fail("%s: item %llu was told verdict %u, the replay says "
			 "%u",
			 checking->office, (unsigned long long)item->number,
			 item->verdict, verdicts[item->n]);
}

static int check_item(void *arg, const struct outbox_item *item)
{
	struct checking *checking = arg;
	const struct record *record = checking->record;
	struct batch batch;
	struct span bytes;
	struct err err;

	if (!item->delivered ||
	    (!checking->tables && item->index >= record->firm))
		return 0;
	if (item->index >= record->size)
		sim_fail("%s: item %llu has the receipt %llu, the journal has "
			 "%zu entries",
			 checking->office, (unsigned long long)item->number,
			 (unsigned long long)item->index, record->size);
	arena_reset(&checking->arena);
	/* Items count the batches of all keys. */
	if (outbox_batch(checking->outbox, item->sequence - checking->base,
			 &checking->arena, &bytes, &err))
		return 0; /* recalled: it keeps none */
	must(wire_decode_batch(bytes, &checking->arena, &batch, &err), &err,
	     "a batch in an outbox");
	if (!hash_equal(&batch.name, &record->names[item->index]))
		sim_fail("%s: entry %llu is not the batch that the receipt is "
			 "for",
			 checking->office, (unsigned long long)item->index);
	if (checking->tables)
		check_verdict(checking, item, &batch);
	return 0;
}

static void check_seen(const struct record *record, struct outbox *outbox,
		       struct arena *arena, const char *office, bool final)
{
	struct checkpoint seen;
	struct span note;
	struct err err;

	if (outbox_seen(outbox, arena, &note, &err))
		return;
	must(checkpoint_read(note, &seen, &err), &err, "a checkpoint");
	if (!final && seen.size > record->firm)
		return;
	if (seen.size > record->size ||
	    !hash_equal(&seen.root, &record->roots[seen.size]))
		sim_fail("%s has verified a checkpoint of %llu entries that "
			 "the journal does not have",
			 office, (unsigned long long)seen.size);
}

static void check_office(unsigned office, const struct record *record,
			 const struct table_reader *tables)
{
	/* What a copy of it was told, it was not. */
	bool all = tables && !sim_office_is_out(office);
	struct checking checking = { .record = record,
				     .office = sim_office_name(office),
				     .tables = all ? tables : NULL };
	struct outbox_chain chain;
	struct err err;

	if (access(checking.office, F_OK))
		return; /* not enrolled yet */
	arena_init(&checking.arena, WIRE_ARENA_BYTES);
	checking.outbox = sim_office_outbox(office);
	if (!checking.outbox)
		must(outbox_open(checking.office, &checking.outbox, &err), &err,
		     "an outbox");
	must(outbox_chain(checking.outbox, &chain, &err), &err, "an outbox");
	checking.base = chain.base;
	must(outbox_items(checking.outbox, 1, check_item, &checking, &err),
	     &err, "an outbox");
	check_seen(record, checking.outbox, &checking.arena, checking.office,
		   all);
	if (!sim_office_outbox(office))
		outbox_close(checking.outbox);
	arena_release(&checking.arena);
}

void sim_check_is_whole(bool begins)
{
	struct record record;

	firm = SIZE_MAX;
	if (begins)
		return;
	record = read_record();
	firm = record.size < record.firm ? record.size : record.firm;
	release_record(&record);
}

void sim_check_receipts(unsigned offices)
{
	struct record record = read_record();

	for (unsigned i = 0; i < offices; i++)
		check_office(SIM_OFFICE + i, &record, NULL);
	release_record(&record);
}

/* ---- all of it ---- */

static void check_journal(void)
{
	struct verification verification;
	struct err err = { 0 };
	bool forked = false;

	verification_init(&verification);
	if (verification_run(&verification, DIR "/journal", false, &err))
		sim_fail("verify: entry %llu: %s %s",
			 (unsigned long long)verification.index,
			 verification.what, err.msg);
	for (unsigned i = 0; i < SIM_OFFICES; i++)
		forked |= sim_office_is_out(SIM_OFFICE + i);
	if (verification.forks && !forked)
		sim_fail("an office that was not cloned has forked");
	verification_release(&verification);
}

/* A byte of the disk goes bad: it is found. */
static void check_rot(void)
{
	const char *path = DIR "/journal/00000000000000000000.seg";
	struct verification verification;
	struct err err = { 0 };
	int fd = open(path, O_RDWR | O_CLOEXEC);
	off_t size = lseek(fd, 0, SEEK_END), at;
	uint8_t byte, bad;

	at = (off_t)sim_below((uint64_t)size);
	if (fd < 0 || pread(fd, &byte, 1, at) != 1)
		sim_fail("%s cannot be read", path);
	bad = (uint8_t)(byte ^ 1u << sim_below(8));
	if (pwrite(fd, &bad, 1, at) != 1)
		sim_fail("%s cannot be written", path);
	verification_init(&verification);
	if (!verification_run(&verification, DIR "/journal", false, &err))
		sim_fail("byte %lld of the journal was changed, and nobody "
			 "found it",
			 (long long)at);
	verification_release(&verification);
	if (pwrite(fd, &byte, 1, at) != 1)
		sim_fail("%s cannot be written", path);
	(void)close(fd);
}

static void check_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
	struct rusage usage;

	if (!getrusage(RUSAGE_SELF, &usage) && usage.ru_maxrss > MEMORY_KIB_MAX)
		sim_fail("%ld KiB of memory", usage.ru_maxrss);
#endif
}

static void check_store(void)
{
	struct comparing comparing = { 0 };
	struct replay replay;
	struct err err = { 0 };

	must(replay_init(&replay, true, &err), &err, "replay");
	strbuf_init(&comparing.text, 0);
	must(compare_store(&replay, DIR "/journal", DIR "/store", &comparing,
			   &err),
	     &err, "compare");
	if (comparing.result != AGREES || comparing.behind)
		sim_fail("store and replay disagree: %s, %llu behind",
			 comparing.text.text ? comparing.text.text : "",
			 (unsigned long long)comparing.behind);
	strbuf_release(&comparing.text);
	replay_release(&replay);
}

void sim_check_all(unsigned offices)
{
	const struct replay_until all = { .size = UINT64_MAX };
	struct record record;
	struct table_reader tables;
	struct replay replay;
	struct err err = { 0 };

	check_journal();
	check_store();
	check_rot();
	check_memory();
	record = read_record();
	must(replay_init(&replay, true, &err), &err, "replay");
	must(replay_run(&replay, DIR "/journal", all, &err), &err, "replay");
	tables = replay_reader(&replay);
	for (unsigned i = 0; i < offices; i++)
		check_office(SIM_OFFICE + i, &record, &tables);
	replay_release(&replay);
	release_record(&record);
}
