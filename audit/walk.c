#include "audit/walk.h"

#include <inttypes.h>

#include "audit/ledger.h"
#include "audit/progress.h"
#include "audit/source.h"
#include "base/arena.h"
#include "store/redaction.h"

struct walking {
	const struct walk *walk;
	struct table_reader tables;
	struct arena batches, statements;
};

/* ---- one statement ---- */

static int take_change(const struct walking *walking, struct walked *walked,
		       struct err *err)
{
	int rc;

	if (walked->receipt.verdict || !say_report(&walked->said))
		return 0;
	rc = figures_change(&walking->tables, walked->receipt.entry,
			    walked->receipt.n, &walked->change, err);
	walked->has_change = rc == 0;
	return rc == ERR_NOTFOUND ? 0 : rc;
}

static int hide_texts(const struct walking *walking, struct walked *walked,
		      struct err *err)
{
	const struct say_receipt *receipt = &walked->receipt;
	const struct sealed *sealed = &receipt->batch->sealed[receipt->n];
	unsigned hidden;
	int rc = redaction_texts(&walking->tables, receipt->entry, receipt->n,
				 &hidden, err);

	for (size_t i = 0; i < walked->said.text_count && !rc; i++) {
		unsigned text = wire_text_number(walked->said.texts[i].name);

		if (hidden & 1u << text ||
		    wire_text_state(sealed, &walked->said, i) != TEXT_BLOTTED)
			continue;
		if (!walking->walk->part)
			return err_set(err, ERR_CORRUPT,
				       "the %s of statement %" PRIu64
				       ".%u is blotted out, and nobody "
				       "redacted it",
				       wire_text_name(text), receipt->entry,
				       receipt->n);
		hidden |= 1u << text;
	}
	walked->receipt.hidden = hidden;
	return rc;
}

static int take_statement(struct walking *walking, struct walked *walked,
			  struct err *err)
{
	struct say_receipt *receipt = &walked->receipt;
	int rc;

	arena_reset(&walking->statements);
	rc = wire_decode_statement(receipt->batch->sealed[receipt->n].body,
				   &walking->statements, &walked->said, NULL);
	if (rc == ERR_NOMEM)
		return err_set(err, rc, "no memory");
	if (rc)
		walked->said = (struct statement){ 0 };
	receipt->said = &walked->said;
	rc = lookup_verdict(&walking->tables, receipt->entry, receipt->n,
			    &receipt->verdict, err);
	if (!rc)
		rc = take_change(walking, walked, err);
	if (!rc)
		rc = hide_texts(walking, walked, err);
	return rc ? rc :
		    walking->walk->statement(walking->walk->arg, walked, err);
}

/* ---- the journal ---- */

static int take_entry(struct walking *walking,
		      const struct journal_entry *entry, struct err *err)
{
	const struct walk *walk = walking->walk;
	struct fold_office office = { 0 };
	struct batch batch;
	int rc = walk->entry ? walk->entry(walk->arg, entry, err) : 0;

	if (rc || entry->leaf.kind != LEAF_BATCH)
		return rc;
	rc = lookup_batch(entry, &walking->batches, &batch, err);
	if (rc)
		return rc == ERR_NOMEM ? rc : ERR_CORRUPT;
	(void)fold_office(walk->replay->fold, &batch.header.key, &office);
	for (uint32_t n = 0; n < batch.header.count && !rc; n++) {
		struct walked walked = {
			.receipt = { .entry = entry->index,
				     .recv_us = entry->leaf.recv_us,
				     .n = n,
				     .batch = &batch,
				     .unit = office.unit },
		};

		rc = take_statement(walking, &walked, err);
	}
	return rc;
}

int walk_run(const struct walk *walk, const char *dir, uint64_t from,
	     struct err *err)
{
	struct walking walking = {
		.walk = walk,
		.tables = replay_reader(walk->replay),
	};
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	struct progress progress;
	int rc = journal_read_open(dir, from, &reader, err);

	if (rc)
		return rc;
	arena_init(&walking.batches, WIRE_ARENA_BYTES);
	arena_init(&walking.statements, WIRE_ARENA_BYTES);
	progress_start(&progress, dir);
	for (uint64_t i = from; i < walk->replay->entries && !rc; i++) {
		rc = journal_read_next(reader, &entry, err);
		if (rc == 0)
			rc = err_set(err, ERR_CORRUPT,
				     "the journal became shorter while it was "
				     "read");
		else if (rc == 1)
			rc = take_entry(&walking, &entry, err);
		if (!rc)
			progress_entry(&progress, &entry);
	}
	progress_end(&progress);
	journal_read_close(reader);
	arena_release(&walking.statements);
	arena_release(&walking.batches);
	return rc;
}

/* ---- which ones ---- */

struct span walked_unit(const struct walked *walked)
{
	const struct report *report = say_report(&walked->said);

	if (walked->has_change)
		return walked->change.unit;
	return report && report->unit.len ? report->unit : walked->receipt.unit;
}

static bool matches(const char *wanted, struct span text)
{
	return !wanted || span_equal(text, span_of_text(wanted));
}

static int has_unit(void *arg, const struct fold_office *office)
{
	return span_equal(office->unit, *(const struct span *)arg);
}

int walk_filter_check(const struct walk_filter *filter,
		      const struct replay *replay, struct err *err)
{
	struct table_reader tables = replay_reader(replay);
	int rc = 0;

	if (filter->target)
		rc = figures_target_known(&tables, span_of_text(filter->target),
					  err);
	if (!rc && filter->unit) {
		struct span unit = span_of_text(filter->unit);

		if (!fold_offices(replay->fold, has_unit, &unit))
			rc = figures_unit_known(&tables, unit, err);
	}
	return rc;
}

bool walk_filter_takes(const struct walk_filter *filter,
		       const struct walked *walked)
{
	const struct report *report = say_report(&walked->said);
	struct period period;

	if (!matches(filter->unit, walked_unit(walked)))
		return false;
	if (filter->target &&
	    (!report || !matches(filter->target, report->target)))
		return false;
	if (!filter->has_period)
		return true;
	return report && !period_parse(report->period, &period, NULL) &&
	       !period_compare(period, filter->period);
}
